/* Actions: what a line of the timeline does when it fires. */
#ifndef SIM_RUN_ACTIONS_H
#define SIM_RUN_ACTIONS_H

#include "sim/run/state.h"

/* Carries out the action of an `at`, `every` or `when` line; `n` is the number of the firing, from 0. */
void action_fire(struct run *run, const struct statement *st, uint64_t n);

#endif
