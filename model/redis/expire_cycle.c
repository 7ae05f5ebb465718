/* The active expire cycle. See expire_cycle.h. */
#include "model/redis/expire_cycle.h"

#include "model/redis/server.h"

enum {
    KEYS_PER_LOOP = 20,  /* and a quarter more for each step of active-expire-effort */
    ACCEPTED_STALE = 10, /* per cent; one less for each step */
    SLOW_SHARE = 25,     /* per cent of the CPU; two more for each step */
    FAST_US = 1000,      /* and a quarter more for each step */
    LOOPS_PER_LOOK = 16, /* at the clock */
    NEW_SHARE = 5        /* per cent that a cycle has in the running mean */
};

struct run {
    struct server *server;
    struct dataset_digest before;
    sim_time cost; /* of a deletion */
    sim_time spent, began, limit;
    uint64_t sampled, expired;
};

static int64_t extra_effort(const struct server *s) {
    return s->config.active_expire_effort - 1;
}

static void tell_expired(void *ctx, int db, struct bytes key) {
    struct run *run = ctx;
    struct server *s = run->server;
    PROBE(s, EXPIRED_IN_CYCLE);
    watch_key_deleted(s, db, key);
    propagate_expired(s, db, key, run->before);
    if (!s->repl.backlog) propagate_note_write(s, NULL);
    run->before = keyspace_digest(s->ks);
    run->spent += run->cost;
    host_spend(s->host, run->cost);
}

/* In simulated time only what was spent has passed; live, the clock has gone on. */
static bool time_is_over(struct run *run) {
    struct host *host = run->server->host;
    host_look(host);
    return run->spent + host_now(host) - run->began > run->limit;
}

/* One database, until few stale keys are left; false if the time is over. */
static bool expire_in(struct run *run, int db) {
    struct server *s = run->server;
    int64_t accepted = ACCEPTED_STALE - extra_effort(s);
    uint32_t keys = (uint32_t)(KEYS_PER_LOOP + KEYS_PER_LOOP / 4 * extra_effort(s));
    struct expiry_look look;
    uint32_t loops = 0;
    do {
        if (keyspace_expires(s->ks, db) == 0) return true;
        look = keyspace_expire_some(s->ks, db, s->mstime, keys, tell_expired, run);
        run->sampled += look.sampled;
        run->expired += look.expired;
        if (++loops % LOOPS_PER_LOOK == 0 && time_is_over(run)) return false;
    } while (look.sampled == 0 || (int64_t)look.expired * 100 / look.sampled > accepted);
    return true;
}

/* Whether no key has expired, which costs less to know here than there. */
static bool is_idle(struct server *s) {
    return keyspace_next_deadline(s->ks) >= s->mstime;
}

static void run_cycle(struct server *s, sim_time limit) {
    struct expire_cycle *cycle = &s->expiring;
    /* To find the key, and to free it. (A real server: 0.75 to 0.83 us of CPU for each of 20,000 and 100,000 keys.) */
    const struct costs *costs = s->host->costs;
    struct run run = {.server = s,
                      .before = keyspace_digest(s->ks),
                      .cost = costs->command_time / 2 + costs->flush_key,
                      .began = host_now(s->host),
                      .limit = limit};
    cycle->behind = false;
    for (int i = 0; i < KEYSPACE_DBS && !cycle->behind; i++) {
        int db = cycle->next_db;
        cycle->next_db = (db + 1) % KEYSPACE_DBS;
        cycle->behind = !expire_in(&run, db);
    }
    if (cycle->behind) s->stats.expired_time_cap_reached_count++;
    uint64_t now_ppm = run.sampled ? run.expired * 1000000 / run.sampled : 0;
    cycle->stale_ppm = (uint32_t)((now_ppm * NEW_SHARE + (uint64_t)cycle->stale_ppm * (100 - NEW_SHARE)) / 100);
    if (pool_in_use(s->scratch)) pool_reset(s->scratch);
}

void expire_cycle_slow(struct server *s) {
    if (!s->active_expire || server_is_paused(s, PAUSE_WRITES)) return;
    if (is_idle(s)) {
        s->expiring.behind = false;
        s->expiring.stale_ppm = s->expiring.stale_ppm / 100 * (100 - NEW_SHARE);
        return;
    }
    run_cycle(s, server_cron_period(s) / 100 * (SLOW_SHARE + 2 * extra_effort(s)));
}

void expire_cycle_fast(struct server *s) {
    struct expire_cycle *cycle = &s->expiring;
    if (!s->active_expire || server_is_replica(s) || server_is_paused(s, PAUSE_WRITES)) return;
    int64_t accepted_ppm = (ACCEPTED_STALE - extra_effort(s)) * 10000;
    if (!cycle->behind && cycle->stale_ppm < accepted_ppm) return;
    sim_time duration = (FAST_US + FAST_US / 4 * extra_effort(s)) * SIM_US, now = host_now(s->host);
    if (now < cycle->last_fast + 2 * duration || is_idle(s)) return;
    cycle->last_fast = now;
    run_cycle(s, duration);
}
