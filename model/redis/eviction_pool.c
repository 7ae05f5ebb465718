/* Choosing keys for eviction. See eviction_pool.h. */
#include "model/redis/eviction_pool.h"

#include <assert.h>
#include <string.h>

#include "model/redis/database.h"

enum { COUNTER_MAX = 255, SAMPLES_MAX = 64 };

static uint64_t merit_of(const struct eviction_search *search, const struct entry *e) {
    if (search->policy == EVICT_VOLATILE_TTL) return UINT64_MAX - (uint64_t)e->deadline;
    if (policy_is_lfu(search->policy)) return COUNTER_MAX - access_frequency(search->clock, e->access);
    return access_idle(search->clock, e->access);
}

/* Where a candidate of this merit belongs, after making room there; -1 if all that are in are better. */
static int make_place(struct eviction_pool *p, uint64_t merit) {
    struct eviction_candidate *best = p->best;
    int k = 0;
    while (k < EVICTION_POOL_SIZE && best[k].key && best[k].merit < merit) k++;
    bool full = best[EVICTION_POOL_SIZE - 1].key;
    if (k == 0 && full) return -1;
    if (k < EVICTION_POOL_SIZE && !best[k].key) return k;
    if (!full) {
        memmove(best + k + 1, best + k, (size_t)(EVICTION_POOL_SIZE - k - 1) * sizeof *best);
        return k;
    }
    k--; /* the worst one falls out */
    text_free(p->memory, best[0].key);
    memmove(best, best + 1, (size_t)k * sizeof *best);
    return k;
}

static void consider(struct eviction_pool *p, const struct eviction_search *search, int db) {
    struct entry *keys[SAMPLES_MAX];
    size_t wanted = (size_t)(search->samples < SAMPLES_MAX ? search->samples : SAMPLES_MAX);
    size_t n =
        database_sample(keyspace_database(search->ks, db), p->chance, policy_is_volatile(search->policy), keys, wanted);
    for (size_t i = 0; i < n; i++) {
        uint64_t merit = merit_of(search, keys[i]);
        int k = make_place(p, merit);
        if (k < 0) continue;
        p->best[k] = (struct eviction_candidate){merit, db, text_create(p->memory, text_bytes(keys[i]->key))};
    }
}

static uint64_t eligible(const struct eviction_search *search, int db) {
    return policy_is_volatile(search->policy) ? keyspace_expires(search->ks, db) : keyspace_size(search->ks, db);
}

/* Takes the best candidate that is still there out of the pool, and those that are gone. */
static struct entry *take_best(struct eviction_pool *p, const struct eviction_search *search, int *db) {
    for (int k = EVICTION_POOL_SIZE - 1; k >= 0; k--) {
        struct eviction_candidate *best = &p->best[k];
        if (!best->key) continue;
        *db = best->db;
        struct entry *e = database_find(keyspace_database(search->ks, *db), text_bytes(best->key));
        text_free(p->memory, best->key);
        *best = (struct eviction_candidate){0, 0, NULL};
        if (e && !(policy_is_volatile(search->policy) && e->deadline == NO_DEADLINE)) return e;
    }
    return NULL;
}

static struct entry *next_best(struct eviction_pool *p, const struct eviction_search *search, int *db) {
    for (;;) {
        bool any = false;
        for (int i = 0; i < KEYSPACE_DBS; i++) {
            if (eligible(search, i) == 0) continue;
            any = true;
            consider(p, search, i);
        }
        if (!any) return NULL;
        struct entry *e = take_best(p, search, db);
        if (e) return e;
    }
}

static struct entry *next_random(struct eviction_pool *p, const struct eviction_search *search, int *db) {
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        p->last_db = (p->last_db + 1) % KEYSPACE_DBS;
        if (eligible(search, p->last_db) == 0) continue;
        struct entry *e;
        size_t n = database_sample(keyspace_database(search->ks, p->last_db), p->chance,
                                   policy_is_volatile(search->policy), &e, 1);
        assert(n == 1);
        (void)n;
        *db = p->last_db;
        return e;
    }
    return NULL;
}

struct entry *eviction_pool_next(struct eviction_pool *p, const struct eviction_search *search, int *db) {
    assert(search->policy != EVICT_NOTHING && search->samples > 0);
    return policy_is_random(search->policy) ? next_random(p, search, db) : next_best(p, search, db);
}
