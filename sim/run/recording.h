/* What the recorders of a run are told while it goes: happenings, operations from call to fate, samples over time. */
#ifndef SIM_RUN_RECORDING_H
#define SIM_RUN_RECORDING_H

#include "sim/run/state.h"

struct recording *recording_create(struct run *run);
/* Before the first happening. The identity lives as long as the run. */
void recording_begin(struct run *run);
const struct run_identity *recording_identity(const struct run *run);

/* The instant of the next sample, SIM_NEVER if nobody wants any. */
sim_time recording_next_sample(const struct run *run);
void recording_sample(struct run *run, sim_time now);

/* The trace is frozen: takes the last sample; operations without a fate end as pending; nothing more is told. */
void recording_stop(struct run *run);

#endif
