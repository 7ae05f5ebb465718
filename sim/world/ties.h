/* Ties: how events of one instant are ordered. Private to sim/world.
 *
 * Three classes: the run's own events by rank, then deliveries over local connections, then all others by the
 * policy. Under every policy two events of one subject (a host, one direction of a connection) keep their order. */
#ifndef SIM_WORLD_TIES_H
#define SIM_WORLD_TIES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"
#include "sim/world/world.h"

struct ties {
    enum tie_kind kind;
    uint64_t seed;
    uint64_t decided;  /* pct: events ordered so far */
    uint64_t *changes; /* pct: the counts at which a subject falls to the lowest priority, ascending */
    uint64_t *lowered; /* pct: the subjects that fell, in this order */
    unsigned depth, fallen;
};

void ties_init(struct ties *ties, struct pool *pool, uint64_t seed, struct tie_policy policy);

/* The queue's tie number for an event of the run, a local delivery, any other event. */
static inline uint64_t ties_run(uint32_t rank) {
    return rank;
}
static inline uint64_t ties_local(void) {
    return UINT64_C(1) << 62;
}
uint64_t ties_other(struct ties *ties, sim_time at, uint64_t subject);
/* Whether an event is one of the run's own. */
static inline bool ties_is_run(uint64_t tie) {
    return tie < UINT64_C(1) << 62;
}

#endif
