/* The periodic work of a server (reference 1.1). */
#include <assert.h>

#include "model/redis/expire_cycle.h"
#include "model/redis/local_expiry.h"
#include "model/redis/server.h"

sim_time server_cron_period(const struct server *s) {
    enum { HZ_MIN = 1, HZ_MAX = 500 }; /* what the setting is cut to (CONFIG_MIN_HZ, CONFIG_MAX_HZ) */
    int64_t hz = s->config.hz < HZ_MIN ? HZ_MIN : s->config.hz > HZ_MAX ? HZ_MAX : s->config.hz;
    /* `hz` wins where it was set; else the machine's `cron-period` stands for it. */
    return hz == 10 ? s->host->costs->cron_period : SIM_SECOND / hz;
}

/* --- clients ------------------------------------------------------------------------------------------------------ */

/* `timeout`: who says nothing for longer is closed, but for links of replication and those who wait. True: it is gone.
 */
static bool close_idle(struct server *s, struct client *c) {
    if (!s->config.timeout || c->kind != CLIENT_NORMAL || c->blocked.why != BLOCKED_NONE) return false;
    if (s->unixtime - c->last_interaction <= s->config.timeout) return false;
    host_log(s->host, LOG_VERBOSE, "Closing idle client");
    client_free(c);
    return true;
}

/* Output limits of those whose output does not grow any more, idle ones, and memory that is not needed any more. */
static void clients_cron(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->clients); c; c = next) {
        next = TAILQ_NEXT(c, all);
        if (close_idle(s, c)) continue;
        client_check_output_limit(c);
        client_shrink(c);
    }
}

/* --- the cron ----------------------------------------------------------------------------------------------------- */

static bool is_due(const struct server *s, sim_time every) {
    int64_t loops = every / server_cron_period(s);
    return loops <= 1 || s->cronloops % loops == 0;
}

static void run_cron(struct server *s) {
    s->noticed_ms = s->mstime;
    access_clock_set(&s->clock, s->unixtime);
    clients_cron(s);
    if (server_is_replica(s))
        local_expiry_cycle(s);
    else
        expire_cycle_slow(s);
    aof_rewrite_start_scheduled(s);
    save_cron(s);
    server_is_paused(s, PAUSE_WRITES);
    bool failing_over = s->failover.state != FAILOVER_NONE;
    if (is_due(s, failing_over ? SIM_SECOND / 10 : SIM_SECOND)) replication_cron(s);
    save_start_scheduled(s);
    s->cronloops++;
}

static void cron_due(void *node, struct host_timer *timer) {
    struct server *s = node;
    server_update_time(s);
    if (s->loading.active) {
        s->loading.cron_missed = true;
        shutdown_check_loading(s);
        if (!s->exiting) host_timer_at(s->host, timer, host_now(s->host) + server_cron_period(s));
        return;
    }
    shutdown_check(s);
    if (s->exiting) return;
    run_cron(s);
    host_timer_at(s->host, timer, host_now(s->host) + server_cron_period(s));
}

void server_resume_cron(struct server *s) {
    if (!s->loading.cron_missed) return;
    s->loading.cron_missed = false;
    host_timer_at(s->host, &s->cron_timer, host_now(s->host));
}

void server_start_cron(struct server *s) {
    struct host *h = s->host;
    s->cron_timer.fire = cron_due;
    if (host_now(h) > 0) {
        host_timer_at(h, &s->cron_timer, host_now(h) + SIM_MS);
        return;
    }
    /* At time 0 the server has been up for a while: its crons have run, each server's in a phase of its own. */
    struct chance c = host_chance(h, "uptime");
    sim_time up = SIM_MS + (sim_time)chance_below(&c, (uint64_t)(SIM_SECOND - SIM_MS + 1));
    s->start_time = -up;
    s->cronloops = (up - SIM_MS) / server_cron_period(s) + 1;
    s->repl_cronloops = 1;
    host_timer_at(h, &s->cron_timer, SIM_MS + s->cronloops * server_cron_period(s) - up);
}
