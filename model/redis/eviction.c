/* Eviction. See eviction.h. */
#include "model/redis/eviction.h"

#include <assert.h>

#include "model/redis/database.h"
#include "model/redis/server.h"

enum {
    LOOK_EVERY = 16, /* keys: between looks at the clock */
    LINEAR_TENACITY = 10,
    ENDLESS_TENACITY = 100
};

/* --- how much ----------------------------------------------------------------------------------------------------- */

uint64_t eviction_not_counted(const struct server *s) {
    enum { BLOCK = 16 * 1024, BLOCK_OVERHEAD = 64 }; /* a block's header and its node in the list */
    uint64_t backlog = (uint64_t)s->config.repl_backlog_size;
    uint64_t counted = backlog + (backlog / BLOCK + 1) * BLOCK_OVERHEAD;
    uint64_t beyond = s->repl.memory > counted ? s->repl.memory - counted : 0;
    return beyond + s->aof.buffer.room;
}

/* Bytes above maxmemory, 0 if there are none. */
static uint64_t excess(const struct server *s) {
    uint64_t used = server_memory(s), most = (uint64_t)s->config.maxmemory;
    if (most == 0 || used <= most) return 0;
    uint64_t aside = eviction_not_counted(s);
    used = used > aside ? used - aside : 0;
    return used > most ? used - most : 0;
}

/* How long one command may be kept waiting: linear up to tenacity 10, then 15 % more for each, without end at 100. */
static sim_time time_limit(const struct server *s) {
    int64_t tenacity = s->config.maxmemory_eviction_tenacity;
    if (tenacity <= LINEAR_TENACITY) return 50 * tenacity * SIM_US;
    if (tenacity >= ENDLESS_TENACITY) return INT64_MAX;
    sim_time limit = 500 * SIM_US;
    for (int64_t i = LINEAR_TENACITY; i < tenacity; i++) limit = limit / 100 * 115;
    return limit;
}

/* A replica leaves it to its master; while writes are paused the dataset stands still; a loading one is not complete.
 */
static bool may_evict(struct server *s) {
    if (s->loading.active || (server_is_replica(s) && s->config.replica_ignore_maxmemory)) return false;
    return !server_is_paused(s, PAUSE_WRITES);
}

/* --- one key ------------------------------------------------------------------------------------------------------ */

/* A command's work, and to choose and free the key. (A real server: 1.5 to 1.9 us of CPU for each of 50,000 keys.) */
static sim_time cost_of_one(const struct server *s) {
    return s->host->costs->command_time + 2 * s->host->costs->flush_key;
}

/* Evicts a key; the bytes that this gives back (less than 0 is possible: hash tables change their size). */
static int64_t evict(struct server *s, int db, struct entry *e) {
    struct dataset_digest before = keyspace_digest(s->ks);
    uint64_t had = keyspace_memory(s->ks);
    struct text *key = text_create(s->scratch, text_bytes(e->key));
    database_remove(keyspace_database(s->ks, db), e);
    host_spend(s->host, cost_of_one(s));
    watch_key_deleted(s, db, text_bytes(key));
    propagate_evicted(s, db, text_bytes(key), before);
    return (int64_t)had - (int64_t)keyspace_memory(s->ks);
}

/* So much may have to be deleted that the replicas would get it too late. */
static void write_to_replicas(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->replicas); c; c = next) {
        next = TAILQ_NEXT(c, replicas);
        if (c->replica.stream_ready && !(c->flags & (CLIENT_CLOSING | CLIENT_WRITE_BLOCKED))) client_write(c);
    }
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

static void run_later(struct server *s) {
    s->eviction.running = true;
    host_timer_at(s->host, &s->eviction.timer, host_now(s->host));
}

static enum eviction_result free_bytes(struct server *s, uint64_t wanted) {
    struct eviction_search search = {s->ks, &s->clock, s->config.maxmemory_policy, s->config.maxmemory_samples};
    if (search.policy == EVICT_NOTHING) return EVICT_FAIL;
    sim_time spent = 0, limit = time_limit(s);
    int64_t freed = 0;
    for (uint64_t keys = 1; freed < (int64_t)wanted; keys++) {
        int db;
        struct entry *e = eviction_pool_next(&s->eviction.pool, &search, &db);
        if (!e) return EVICT_FAIL;
        freed += evict(s, db, e);
        spent += cost_of_one(s);
        if (keys % LOOK_EVERY != 0) continue;
        write_to_replicas(s);
        if (s->config.lazyfree_lazy_eviction && excess(s) == 0) break;
        if (spent <= limit) continue;
        run_later(s);
        break;
    }
    return s->eviction.running ? EVICT_RUNNING : EVICT_OK;
}

/* How long the server had too much, for INFO. */
static void note_result(struct server *s, enum eviction_result result) {
    struct eviction *v = &s->eviction;
    sim_time now = host_now(s->host);
    if (result != EVICT_OK) {
        if (v->exceeded_since < 0) v->exceeded_since = now;
    } else if (v->exceeded_since >= 0) {
        v->exceeded_total += now - v->exceeded_since;
        v->exceeded_since = -1;
    }
}

sim_time eviction_exceeded_now(const struct server *s) {
    return s->eviction.exceeded_since < 0 ? 0 : host_now(s->host) - s->eviction.exceeded_since;
}

enum eviction_result eviction_perform(struct server *s) {
    assert(s->ops.count == 0);
    if (!may_evict(s)) return EVICT_OK;
    uint64_t wanted = excess(s);
    enum eviction_result result = wanted ? free_bytes(s, wanted) : EVICT_OK;
    note_result(s, result);
    if (pool_in_use(s->scratch)) pool_reset(s->scratch);
    return result;
}

static void go_on(void *node, struct host_timer *timer) {
    struct server *s = node;
    (void)timer;
    server_update_time(s);
    if (eviction_perform(s) != EVICT_RUNNING)
        s->eviction.running = false;
    else
        run_later(s);
}

/* --- settings ----------------------------------------------------------------------------------------------------- */

void eviction_configure(struct server *s) {
    struct access_clock *clock = &s->clock;
    clock->frequency = policy_is_lfu(s->config.maxmemory_policy);
    clock->log_factor = s->config.lfu_log_factor;
    clock->decay_time = s->config.lfu_decay_time;
    access_clock_set(clock, s->unixtime);
}

void eviction_limit_changed(struct server *s) {
    if (s->config.maxmemory == 0) return;
    uint64_t used = server_memory(s) - eviction_not_counted(s);
    if (used > (uint64_t)s->config.maxmemory) {
        host_log(s->host, LOG_WARNING,
                 "WARNING: the new maxmemory value set via CONFIG SET (%lld) is smaller than the current memory usage "
                 "(%llu). This will result in key eviction and/or the inability to accept new write commands depending "
                 "on the maxmemory-policy.",
                 (long long)s->config.maxmemory, (unsigned long long)used);
    }
    if (!s->eviction.running) run_later(s);
}

void eviction_init(struct server *s) {
    struct eviction *v = &s->eviction;
    v->access_chance = host_chance(s->host, "access");
    v->sample_chance = host_chance(s->host, "eviction");
    v->exceeded_since = -1;
    v->timer.fire = go_on;
    v->pool = (struct eviction_pool){.memory = s->pool, .chance = &v->sample_chance};
    s->clock.chance = &v->access_chance;
    eviction_configure(s);
    keyspace_set_clock(s->ks, &s->clock);
}
