/* When keys were used: the 24 bits that each entry keeps for eviction, as redis-server 7.0.15 keeps them in its
 * objects.
 *
 * Under an LFU policy: the minute (16 bits) and a logarithmic counter of uses (8 bits) that decays; under any other the
 * second of the last use. One clock serves a server's keyspaces; it moves with the server's cron. */
#ifndef MODEL_REDIS_ACCESS_H
#define MODEL_REDIS_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/chance.h"

struct access_clock {
    uint32_t now;   /* what a key has that is used now (LFU: a new key) */
    bool frequency; /* LFU */
    bool frozen;    /* a child lives: uses leave no trace, so that they copy no memory */
    int64_t log_factor;
    int64_t decay_time; /* minutes for which the counter loses one; 0: never */
    struct chance *chance;
};

/* Sets `now` from the wall clock, s since 1970. */
void access_clock_set(struct access_clock *c, int64_t unixtime);
/* The stamp of a key (LFU) that is used now. */
uint32_t access_counted(const struct access_clock *c, uint32_t stamp);
/* LFU: the counter, decayed up to now. 0..255. */
uint32_t access_frequency(const struct access_clock *c, uint32_t stamp);
/* LRU: how long it was not used, s. */
uint32_t access_idle(const struct access_clock *c, uint32_t stamp);

/* What an RDB file says of a key's use. */
struct access_use {
    enum { USE_UNKNOWN, USE_IDLE, USE_FREQUENCY } kind;
    uint64_t n; /* s idle, or the LFU counter */
};
/* The stamp of a key that was loaded with it; that of a new one if it is not what the policy goes by. */
uint32_t access_loaded(const struct access_clock *c, struct access_use use);

/* A key is looked up. */
static inline void access_note(const struct access_clock *c, uint32_t *stamp) {
    if (c->frozen) return;
    *stamp = c->frequency ? access_counted(c, *stamp) : c->now;
}

#endif
