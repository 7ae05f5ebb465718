/* The result of a run, put together when it is at rest. */
#ifndef SIM_RUN_RESULT_H
#define SIM_RUN_RESULT_H

#include "sim/run/state.h"

/* How the run came to its end. */
struct ending {
    bool at_rest;          /* else stopped by `end`, or given up */
    bool settled_judged;   /* the promise to come to rest was judged: not with `end` */
    const char *unsettled; /* it did not come to rest in time: who waits for what; NULL */
    const char *gave_up;   /* it broke a bound of all runs: which; NULL */
    sim_time at;
};

/* Everything but expectations, notes and verdict: as the world stands now. */
void result_take(struct run *run, const struct ending *ending, struct run_result *result);
/* The rest, once the last expectation is judged. */
void result_finish(struct run *run, const struct ending *ending, struct run_result *result);

#endif
