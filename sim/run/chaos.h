/* Chaos: faults that strike at random instants, on random targets. */
#ifndef SIM_RUN_CHAOS_H
#define SIM_RUN_CHAOS_H

#include "sim/run/state.h"

/* Time 0: each fault of the line sets out on its own. */
void chaos_start(struct run *run, const struct statement *st);

#endif
