/* What the modelled system is told of a plan. */
#ifndef SIM_RUN_MODEL_SETUP_H
#define SIM_RUN_MODEL_SETUP_H

#include "sim/run/state.h"

/* Makes the model of a run whose parties and trace are there. */
struct model *model_from_plan(struct run *run);

#endif
