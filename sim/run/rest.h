/* Coming to rest: the timeline is over, clients are done, replies have come, and the system has settled. */
#ifndef SIM_RUN_REST_H
#define SIM_RUN_REST_H

#include "sim/run/state.h"

struct rest *rest_create(struct run *run);

/* Whether the run is at rest. To be asked at the end of an instant; asks the system only if something changed. */
bool rest_reached(struct run *run);
/* Whether the system waits for nothing, now; else `why`, which is emptied first, says who waits for what. What is
 * stopped or out of reach is waited for while the timeline goes on. */
bool rest_system_settled(struct run *run, struct buffer *why);
/* When the run must have come to rest; SIM_NEVER while that cannot be said yet. */
sim_time rest_deadline(struct run *run);
/* At the deadline: what it still waits for, NULL if for nothing but replies that never come. The pool's. */
const char *rest_missing(struct run *run);

#endif
