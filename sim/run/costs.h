/* `cost` lines become the costs of a machine. */
#ifndef SIM_RUN_COSTS_H
#define SIM_RUN_COSTS_H

#include "sim/scenario/vocabulary.h"
#include "sim/world/cost.h"

/* Sets the cost of that name; the reader knows no other names than those of struct costs. */
void costs_set(struct costs *costs, const char *name, const struct option *value);

#endif
