/* When a client begins operations.
 *
 * Open loop: batches of `pipeline` operations at instants that depend on nothing but the rate, each 1/rate times the
 * batch apart, or as far apart at random with that mean. Closed loop: `pipeline` workers, each of which begins an
 * operation, waits for its end, thinks, and goes on. */
#ifndef MODEL_REDIS_WORKLOAD_SCHEDULE_H
#define MODEL_REDIS_WORKLOAD_SCHEDULE_H

#include "model/redis/workload_plan.h"
#include "sim/world/chance.h"
#include "sim/world/pool.h"

/* Instants at which workers go on, the earliest first: a binary heap with room for all workers. */
struct waking {
    sim_time *at;
    size_t count;
};

struct schedule {
    const struct workload_plan *plan;
    struct chance chance;
    bool running;   /* not stopped */
    bool begun;     /* it counts from `anchor` */
    sim_time begin; /* when it begins; -1: as soon as it is asked */
    sim_time anchor;
    uint64_t ops;      /* begun in all */
    uint64_t batches;  /* open loop: over, since the anchor */
    sim_time next_due; /* open loop: of the batch that is next or under way */
    uint32_t left;     /* open loop: operations of that batch not begun */
    uint32_t ready;    /* closed loop: workers that go on now */
    uint32_t busy;     /* closed loop: workers whose operation is under way */
    struct waking waking;
};

void schedule_init(struct schedule *s, struct pool *pool, const struct workload_plan *plan, struct chance chance);

/* Goes on from now (unless it runs), or begins nothing more. */
void schedule_start(struct schedule *s);
void schedule_stop(struct schedule *s);

/* Begins one operation if one is due: *due is when it was. False: nothing is due now. */
bool schedule_take(struct schedule *s, sim_time now, sim_time *due);
/* An operation is over, whatever its fate. */
void schedule_op_over(struct schedule *s, sim_time now);

/* When schedule_take has something to give, not before `now`; SIM_NEVER: nothing more, unless an operation ends. */
sim_time schedule_next(const struct schedule *s, sim_time now);

#endif
