/* The event loop of a live server: libuv says what is ready, and the node has its turn.
 *
 * All work is done in one place, after the poll: the callbacks of libuv only note what is ready. So a turn is what it
 * is in the simulated world: everything that was ready when it began, with one reading of the clocks, then
 * before_sleep. What the node spends beyond the CPU time that it really takes (an asked-for delay) is slept. */
#include "sim/run/live_host.h"

#include <assert.h>
#include <signal.h>
#include <time.h>

#include "sim/run/live_loop.h"

/* --- clocks ------------------------------------------------------------------------------------------------------- */

void live_look(struct host *h) {
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    h->now = (sim_time)uv_hrtime();
    h->wall = (sim_time)wall.tv_sec * SIM_SECOND + wall.tv_nsec;
}

/* The node asked for a delay: DEBUG commands and the like stand still for it. */
static void sleep_what_was_spent(struct live *l) {
    if (l->spent <= 0) return;
    struct timespec rest = {l->spent / SIM_SECOND, l->spent % SIM_SECOND};
    l->spent = 0;
    while (nanosleep(&rest, &rest) != 0) {
    }
}

/* --- timers ------------------------------------------------------------------------------------------------------- */

static void timer_stop(struct host *h, struct host_timer *t) {
    if (!t->armed) return;
    assert(t->host == h);
    (void)h;
    ring_remove(&t->ring);
    t->armed = false;
}

static void timer_at(struct host *h, struct host_timer *t, sim_time at) {
    assert(t->fire);
    timer_stop(h, t);
    t->host = h;
    t->event.at = at;
    t->armed = true;
    ring_add_last(&live_of(h)->timers, &t->ring);
}

/* A node has a handful of timers: they are looked through. */
static sim_time next_timer(const struct live *l) {
    sim_time next = SIM_NEVER;
    for (struct ring *r = l->timers.next; r != &l->timers; r = r->next) {
        const struct host_timer *t = CONTAINER_OF(r, struct host_timer, ring);
        if (t->event.at < next) next = t->event.at;
    }
    return next;
}

/* Those due now, in the order of their instants; one that is armed meanwhile waits for the next turn. */
static void fire_timers(struct live *l) {
    sim_time now = l->host.now;
    struct ring due;
    ring_init(&due);
    for (struct ring *r = l->timers.next, *next; r != &l->timers; r = next) {
        next = r->next;
        struct host_timer *t = CONTAINER_OF(r, struct host_timer, ring);
        if (t->event.at > now) continue;
        struct ring *before = due.prev;
        while (before != &due && CONTAINER_OF(before, struct host_timer, ring)->event.at > t->event.at)
            before = before->prev;
        ring_remove(&t->ring);
        ring_add_last(before->next, &t->ring); /* in front of the one that follows */
    }
    struct ring *r;
    while ((r = ring_take_first(&due))) {
        struct host_timer *t = CONTAINER_OF(r, struct host_timer, ring);
        t->armed = false;
        t->fire(l->host.node, t);
    }
}

/* --- the turn ----------------------------------------------------------------------------------------------------- */

static bool anything_ready(const struct live *l) {
    return !ring_empty(&l->events) || !ring_empty(&l->readables) || !ring_empty(&l->pipes) || l->terminate_due;
}

static void turn_run(struct live *l) {
    struct host *h = &l->host;
    struct ring events, readables, pipes;
    ring_take_all(&l->events, &events);
    ring_take_all(&l->readables, &readables);
    ring_take_all(&l->pipes, &pipes);
    l->turns++;
    live_look(h);
    if (l->terminate_due && h->node_ops->terminate) h->node_ops->terminate(h->node);
    l->terminate_due = false;
    live_tell_events(l, &events);
    live_tell_readables(l, &readables);
    live_tell_pipes(l, &pipes);
    fire_timers(l);
    sleep_what_was_spent(l);
    if (h->node_ops->before_sleep) h->node_ops->before_sleep(h->node);
    sleep_what_was_spent(l);
}

/* --- when the poll ends ------------------------------------------------------------------------------------------- */

static void hurry_on(uv_idle_t *handle) {
    (void)handle; /* that it is active is enough */
}

void live_hurry(struct live *l) {
    uv_idle_start(&l->hurry, hurry_on);
}

/* The alarm ends a poll; the turn is made after it. When it rings before the poll, that poll shall not wait. */
static void alarm_rang(uv_timer_t *handle) {
    struct live *l = handle->data;
    l->alarm_at = SIM_NEVER;
    live_hurry(l);
}

static void set_alarm(struct live *l, sim_time at) {
    if (at == l->alarm_at) return;
    l->alarm_at = at;
    if (at == SIM_NEVER) {
        uv_timer_stop(&l->alarm);
        return;
    }
    uv_update_time(&l->loop);
    sim_time left = at - (sim_time)uv_hrtime();
    uv_timer_start(&l->alarm, alarm_rang, left > 0 ? (uint64_t)((left + SIM_MS - 1) / SIM_MS) : 0, 0);
}

static void after_poll(uv_check_t *handle) {
    struct live *l = handle->data;
    uv_idle_stop(&l->hurry);
    if (anything_ready(l) || next_timer(l) <= (sim_time)uv_hrtime()) turn_run(l);
    live_free_dead(l);
    sim_time next_step = l->exiting ? SIM_NEVER : live_step_children(l);
    if (l->exiting) {
        uv_stop(&l->loop);
        return;
    }
    sim_time next = next_timer(l);
    if (next_step < next) next = next_step;
    if (anything_ready(l) || next <= l->host.now) live_hurry(l);
    set_alarm(l, next);
}

/* --- signals ------------------------------------------------------------------------------------------------------ */

/* Whoever insists gets a process that ends at once. */
static void signal_came(uv_signal_t *handle, int signal) {
    struct live *l = handle->data;
    if (l->terminate_told && signal == SIGINT) {
        l->exiting = true;
        l->exit_code = 1;
    }
    l->terminate_due = l->terminate_told = true;
}

/* --- birth and end ------------------------------------------------------------------------------------------------ */

static void host_exits(struct host *h, int code) {
    struct live *l = live_of(h);
    l->exiting = true;
    l->exit_code = code;
}

static const struct host_ops live_ops = {
    .listen = live_listen,
    .connect = live_connect,
    .write = live_write,
    .peek = live_peek,
    .consume = live_consume,
    .reading = live_reading,
    .close = live_close,
    .peer_name = live_peer_name,
    .peer_port = live_peer_port,
    .timer_at = timer_at,
    .timer_stop = timer_stop,
    .file_open = live_file_open,
    .file_write = live_file_write,
    .file_read = live_file_read,
    .file_size = live_file_size,
    .file_sync = live_file_sync,
    .file_write_out = live_file_write_out,
    .file_sync_later = live_file_sync_later,
    .file_syncing = live_file_syncing,
    .file_truncate = live_file_truncate,
    .file_close = live_file_close,
    .rename = live_rename,
    .remove = live_remove,
    .sync_dir = live_sync_dir,
    .fork = live_fork,
    .child_kill = live_child_kill,
    .child_reap = live_child_reap,
    .child_write = live_child_write,
    .child_peek = live_child_peek,
    .child_consume = live_child_consume,
    .child_exit = live_child_exit,
    .exit = host_exits,
    .look = live_look,
};

static void start_handles(struct live *l) {
    static const int wanted[] = {SIGTERM, SIGINT};
    uv_loop_init(&l->loop);
    uv_check_init(&l->loop, &l->after_poll);
    uv_idle_init(&l->loop, &l->hurry);
    uv_timer_init(&l->loop, &l->alarm);
    l->after_poll.data = l->hurry.data = l->alarm.data = l;
    l->alarm_at = SIM_NEVER;
    uv_check_start(&l->after_poll, after_poll);
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&l->loop, &l->signals[i]);
        l->signals[i].data = l;
        uv_signal_start(&l->signals[i], signal_came, wanted[i]);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

void live_loop_init(struct live *l, const struct costs *costs) {
    struct host *h = &l->host;
    ring_init(&l->timers);
    ring_init(&l->connections);
    ring_init(&l->events);
    ring_init(&l->readables);
    ring_init(&l->listeners);
    ring_init(&l->dead);
    ring_init(&l->children);
    ring_init(&l->pipes);
    h->ops = &live_ops;
    h->name = "live";
    h->pool = l->pool;
    h->costs = costs;
    h->spending = &l->spent;
    live_look(h);
    start_handles(l);
}

void live_loop_run(struct live *l) {
    l->system->serve_boot(&l->plan, &l->host, l->scratch);
    assert(l->host.node_ops);
    if (!l->exiting) {
        live_hurry(l);
        uv_run(&l->loop, UV_RUN_DEFAULT);
    }
}

static void close_handle(uv_handle_t *handle, void *ctx) {
    (void)ctx;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void live_loop_end(struct live *l) {
    live_sockets_end(l);
    uv_walk(&l->loop, close_handle, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&l->loop);
    assert(left == 0);
    (void)left;
}
