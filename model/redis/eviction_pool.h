/* The best candidates for eviction that sampling has found so far.
 *
 * As in redis-server 7.0.15: each time a key is wanted, a few keys of each database are looked at, and the 16 best of
 * all that were ever looked at are remembered, by name; the best of those that are still there goes. */
#ifndef MODEL_REDIS_EVICTION_POOL_H
#define MODEL_REDIS_EVICTION_POOL_H

#include "model/redis/keyspace.h"

struct entry;

/* maxmemory-policy, in the order of its words in config.c. */
enum eviction_policy {
    EVICT_VOLATILE_LRU,
    EVICT_VOLATILE_LFU,
    EVICT_VOLATILE_RANDOM,
    EVICT_VOLATILE_TTL,
    EVICT_ALLKEYS_LRU,
    EVICT_ALLKEYS_LFU,
    EVICT_ALLKEYS_RANDOM,
    EVICT_NOTHING
};

static inline bool policy_is_volatile(int64_t policy) {
    return policy <= EVICT_VOLATILE_TTL;
}
static inline bool policy_is_lfu(int64_t policy) {
    return policy == EVICT_VOLATILE_LFU || policy == EVICT_ALLKEYS_LFU;
}
/* LRU or LFU. */
static inline bool policy_orders_by_use(int64_t policy) {
    return policy_is_lfu(policy) || policy == EVICT_VOLATILE_LRU || policy == EVICT_ALLKEYS_LRU;
}
static inline bool policy_is_random(int64_t policy) {
    return policy == EVICT_VOLATILE_RANDOM || policy == EVICT_ALLKEYS_RANDOM;
}

enum { EVICTION_POOL_SIZE = 16 };

struct eviction_candidate {
    uint64_t merit; /* the higher, the sooner it goes */
    int db;
    struct text *key; /* NULL: none */
};

struct eviction_pool {
    struct pool *memory;
    struct chance *chance;
    struct eviction_candidate best[EVICTION_POOL_SIZE]; /* by merit, the highest last; empty ones at the end */
    int last_db;                                        /* of the random policies, which take the databases in turn */
};

/* What to look for. */
struct eviction_search {
    struct keyspace *ks;
    const struct access_clock *clock;
    int64_t policy; /* enum eviction_policy, not EVICT_NOTHING */
    int64_t samples;
};

/* The key that goes next, and its database; NULL if there is none that may. */
struct entry *eviction_pool_next(struct eviction_pool *p, const struct eviction_search *search, int *db);

#endif
