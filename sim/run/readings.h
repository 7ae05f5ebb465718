/* Readings: the values that conditions and commands name with @T, taken when everything of instant T has happened.
 * Taking them changes nothing in the world. */
#ifndef SIM_RUN_READINGS_H
#define SIM_RUN_READINGS_H

#include "sim/run/observed.h"

/* Finds all @T of the plan. */
struct readings *readings_create(struct run *run);

/* The instant of the next reading, SIM_NEVER if there is none left. */
sim_time readings_next(const struct run *run);
/* Takes those of instant `now`; none lies before it. */
void readings_take(struct run *run, sim_time now);

/* What was read for `ref` (which has @T) at one of its nodes; NULL if its instant is not over. */
const struct observed *readings_find(const struct run *run, const struct field_ref *ref, uint16_t party);

#endif
