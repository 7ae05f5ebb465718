/* Figures of a run that are counted from what happened.
 *
 * resync_loops: how many full resyncs were turns of a loop. A +FULLRESYNC to a replica is one if the same process of
 * the same master had sent one to the same process of that replica before, the replica was not given another master
 * or role since, and it has not held its last dataset for TALLY_QUIET: it had loaded none since then, or less than
 * TALLY_QUIET ago.
 * refused_writes: how many write commands a server refused for its state (READONLY, NOREPLICAS, MISCONF, OOM,
 * MASTERDOWN, LOADING). */
#ifndef MODEL_CHECK_TALLY_H
#define MODEL_CHECK_TALLY_H

#include "model/check/standing.h"

#define TALLY_QUIET (10 * SIM_SECOND)

struct tally_replica {
    uint16_t master; /* whose +FULLRESYNC was the last; NO_PARTY: none */
    uint32_t master_life, life;
    sim_time loaded; /* when it loaded its dataset; -1: not yet */
};

struct tally {
    const struct standings *standings;
    struct tally_replica *replica;
    uint64_t resync_loops;
    uint64_t refused_writes;
};

void tally_init(struct tally *t, struct pool *pool, const struct standings *s);
void tally_fullresync(struct tally *t, const struct happening *h);
void tally_loaded(struct tally *t, const struct happening *h);
void tally_role(struct tally *t, const struct happening *h);

#endif
