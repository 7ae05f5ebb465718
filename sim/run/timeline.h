/* The timeline: what the scenario's lines still have to do, and when it is over.
 *
 * A deed is something that the run itself will do at an instant: a line's firing, the end of a fault, the start of a
 * process. The timeline is over when no deed is pending or awaited and the last instant that a line names is past. */
#ifndef SIM_RUN_TIMELINE_H
#define SIM_RUN_TIMELINE_H

#include "sim/run/state.h"

/* Embedded in what is to be done. Zeroed is valid and not pending. */
struct deed {
    struct event event;
    struct run *run;
    void (*act)(struct run *run, struct deed *self);
};

struct timeline *timeline_create(struct run *run);
/* Time 0: every `at`, `every`, `when` and `chaos` line sets out. */
void timeline_start(struct run *run);

/* Calls act at that instant, before everything else of the instant, in the order of ranks. */
void timeline_add(struct run *run, struct deed *deed, sim_time at, uint32_t rank,
                  void (*act)(struct run *run, struct deed *self));
static inline bool deed_pending(const struct deed *deed) {
    return event_pending(&deed->event);
}
/* Something will follow that has no instant yet (it waits for the end of a process); and now it has come. */
void timeline_await(struct run *run);
void timeline_awaited_came(struct run *run);

/* The end of an instant: fires the `when` lines whose condition holds. True if one of them acts at this same
 * instant, which then is not over. */
bool timeline_conditions(struct run *run);

/* A process that was to end first and lives on, because its shutdown failed, is not waited for. */
bool timeline_over(struct run *run);
/* From when on the run should come to rest: the last deed done or instant named; SIM_NEVER while deeds are pending. */
sim_time timeline_end(const struct run *run);

#endif
