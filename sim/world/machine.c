/* The process on a machine: its life, its event loop, its timers, its wall clock. */
#include "sim/world/machine.h"

#include <assert.h>

#include "sim/world/child.h"
#include "sim/world/tcp.h"

void machine_note(struct machine *m, struct happening h) {
    h.at = m->world->now;
    h.node = m->host.index;
    trace_note(m->world->trace, &h);
}

/* --- clocks --------------------------------------------------------------------------------------------- */

static sim_time wall_at(const struct machine *m, sim_time now) {
    sim_time passed = now - m->wall_since;
    sim_time drifted = m->wall_ppm == 0 ? 0 : (sim_time)((__int128)passed * m->wall_ppm / PPM_ONE);
    return m->wall_base + passed + drifted;
}

void machine_set_clock(struct machine *m) {
    m->host.now = m->world->now;
    m->host.wall = wall_at(m, m->host.now);
}

void machine_look(struct host *h) {
    machine_set_clock(machine_of(h));
}

void world_clock_set(struct world *w, uint16_t party, sim_time wall) {
    struct machine *m = world_machine(w, party);
    m->wall_base = wall;
    m->wall_since = 0;
    machine_set_clock(m);
}

void world_clock_jump(struct world *w, uint16_t party, sim_time d) {
    struct machine *m = world_machine(w, party);
    m->wall_base += d;
    machine_set_clock(m);
}

void world_clock_drift(struct world *w, uint16_t party, int64_t ppm) {
    struct machine *m = world_machine(w, party);
    m->wall_base = wall_at(m, w->now);
    m->wall_since = w->now;
    m->wall_ppm = ppm;
}

/* --- timers --------------------------------------------------------------------------------------------- */

static void timer_due(void *ctx, struct event *event) {
    (void)ctx;
    struct host_timer *t = CONTAINER_OF(event, struct host_timer, event);
    struct machine *m = machine_of(t->host);
    ring_remove(&t->ring);
    ring_add_last(&m->due_timers, &t->ring);
    machine_wake(m);
}

void machine_timer_stop(struct host *h, struct host_timer *t) {
    if (!t->armed) return;
    assert(t->host == h);
    queue_remove(machine_of(h)->world->queue, &t->event);
    ring_remove(&t->ring);
    t->armed = false;
}

void machine_timer_at(struct host *h, struct host_timer *t, sim_time at) {
    struct machine *m = machine_of(h);
    assert(t->fire);
    machine_timer_stop(h, t);
    t->host = h;
    t->event.fire = timer_due;
    t->armed = true;
    ring_add_last(&m->armed_timers, &t->ring);
    world_event_at(m->world, &t->event, at > m->world->now ? at : m->world->now, machine_subject(m));
}

static void stop_timers(struct machine *m, struct ring *timers) {
    while (!ring_empty(timers)) machine_timer_stop(&m->host, CONTAINER_OF(timers->next, struct host_timer, ring));
}

/* --- the event loop ------------------------------------------------------------------------------------- */

static bool anything_ready(const struct machine *m) {
    return !ring_empty(&m->connection_events) || !ring_empty(&m->readables) || !ring_empty(&m->due_timers) ||
           !ring_empty(&m->child_pipes) || m->boot_due || m->terminate_due;
}

/* CPU time counts on servers only. */
static sim_time time_spent(const struct machine *m) {
    return m->kind == PARTY_SERVER ? m->spent : 0;
}

sim_time machine_departure(const struct machine *m) {
    return m->world->now + (m->world->turning == m ? time_spent(m) : 0);
}

static void fire_timers(struct machine *m, struct ring *due) {
    struct ring *r;
    while (!machine_is_over(m) && (r = ring_take_first(due))) {
        struct host_timer *t = CONTAINER_OF(r, struct host_timer, ring);
        t->armed = false;
        machine_note(m, (struct happening){.kind = TRACE_TIMER, .peer = NO_PARTY});
        t->fire(m->host.node, t);
    }
}

static void tell_children(struct machine *m, struct ring *ready) {
    struct ring *r;
    while (!machine_is_over(m) && (r = ring_take_first(ready))) child_tell(CONTAINER_OF(r, struct child, pipe_ready));
}

/* The OOM killer: the child first, then the process itself. Memory that nobody copies grows slowly: without a child
 * a look at each timer is often enough. */
static void check_memory(struct machine *m, bool timers_fired) {
    const struct node_ops *ops = m->host.node_ops;
    bool due = timers_fired || !ring_empty(&m->children);
    if (!due || m->kind != PARTY_SERVER || !ops->memory) return;
    if (ops->memory(m->host.node) <= (uint64_t)m->setup.costs.memory) return;
    if (!children_oom(m)) m->doomed = true;
}

/* What is left of a batch that a killed process did not get to; it goes the way of the rest at the end. */
static void put_back(struct ring *head, struct ring *batch) {
    struct ring *r;
    while ((r = ring_take_first(batch))) ring_add_last(head, r);
}

/* Calls the node for all that was ready when the turn began: what becomes ready meanwhile waits for the next. */
static void dispatch(struct machine *m) {
    struct ring events, readables, children, timers;
    bool timers_due = !ring_empty(&m->due_timers);
    ring_take_all(&m->connection_events, &events);
    ring_take_all(&m->readables, &readables);
    ring_take_all(&m->child_pipes, &children);
    ring_take_all(&m->due_timers, &timers);
    const struct node_ops *ops = m->host.node_ops;
    if (m->terminate_due && ops->terminate) ops->terminate(m->host.node);
    m->terminate_due = false;
    sockets_tell(m, &events);
    sockets_tell_readable(m, &readables);
    tell_children(m, &children);
    fire_timers(m, &timers);
    if (!machine_is_over(m) && ops->before_sleep) ops->before_sleep(m->host.node);
    check_memory(m, timers_due);
    put_back(&m->due_timers, &timers);
    put_back(&m->child_pipes, &children);
    put_back(&m->connection_events, &events);
    put_back(&m->readables, &readables);
}

static void boot(struct machine *m) {
    m->boot_due = false;
    m->setup.boot(m->setup.ctx, &m->host);
    assert(m->host.node_ops);
}

static void turn_end(struct machine *m) {
    struct world *w = m->world;
    sockets_flush(m);
    m->busy_until = w->now + time_spent(m);
    children_begin(m, m->busy_until);
    w->changes++;
    m->last_turn = w->now;
    machine_note(m, (struct happening){.kind = TRACE_TURN, .peer = NO_PARTY, .a = m->spent});
    w->turning = NULL;
    if (m->doomed)
        machine_end(m, END_OOM);
    else if (m->process == PROCESS_EXITING && m->busy_until == w->now)
        machine_end(m, END_EXIT);
    else if (m->process == PROCESS_EXITING || anything_ready(m))
        world_event_at(w, &m->turn, m->busy_until, machine_subject(m));
}

static void turn_run(struct machine *m) {
    struct world *w = m->world;
    assert(!w->turning && m->process == PROCESS_RUNNING && !m->paused && m->busy_until <= w->now);
    queue_remove(w->queue, &m->turn);
    w->turning = m;
    m->spent = 0;
    machine_set_clock(m);
    if (m->boot_due) boot(m);
    dispatch(m);
    turn_end(m);
}

static void turn_due(void *ctx, struct event *event) {
    struct world *w = ctx;
    struct machine *m = CONTAINER_OF(event, struct machine, turn);
    if (m->process == PROCESS_NONE || m->paused) return;
    if (m->busy_until > w->now)
        world_event_at(w, &m->turn, m->busy_until, machine_subject(m));
    else if (m->process == PROCESS_EXITING)
        machine_end(m, END_EXIT);
    else
        turn_run(m);
}

void machine_init(struct machine *m) {
    m->turn.fire = turn_due;
}

/* Whether a turn is to be arranged for what became ready: it is not when one comes anyway. */
static bool needs_turn(const struct machine *m) {
    return m->process == PROCESS_RUNNING && !m->paused && m->world->turning != m && !event_pending(&m->turn);
}

void machine_wake(struct machine *m) {
    struct world *w = m->world;
    if (!needs_turn(m)) return;
    if (m->busy_until > w->now)
        world_event_at(w, &m->turn, m->busy_until, machine_subject(m));
    else if (w->inside && !w->turning)
        turn_run(m);
    else
        world_event_at(w, &m->turn, w->now, machine_subject(m));
}

void machine_wake_local(struct machine *m) {
    struct world *w = m->world;
    if (!ring_linked(&m->local)) ring_add_last(&w->local, &m->local);
    if (!needs_turn(m)) return;
    if (m->busy_until > w->now)
        world_event_at(w, &m->turn, m->busy_until, machine_subject(m));
    else
        world_event_at_first(w, &m->turn, w->now);
}

void machine_turn_if_free(struct machine *m) {
    bool free_now = m->process == PROCESS_RUNNING && !m->paused && m->busy_until <= m->world->now;
    if (free_now && anything_ready(m)) turn_run(m);
}

void machine_exit(struct host *h, int code) {
    struct machine *m = machine_of(h);
    (void)code; /* nobody waits for it */
    assert(m->world->turning == m);
    m->process = PROCESS_EXITING;
}

/* --- start, end, pause ---------------------------------------------------------------------------------- */

bool world_start(struct world *w, uint16_t party) {
    struct machine *m = world_machine(w, party);
    if (m->process != PROCESS_NONE) return false;
    assert(!w->turning);
    if (m->started) m->host.incarnation++;
    m->started = m->kernel_up = m->boot_due = true;
    m->process = PROCESS_RUNNING;
    m->paused = m->doomed = m->terminate_due = false;
    m->busy_until = w->now;
    machine_note(m, (struct happening){.kind = TRACE_START, .peer = NO_PARTY, .a = m->host.incarnation});
    turn_run(m);
    return true;
}

bool machine_end(struct machine *m, enum process_end how) {
    struct world *w = m->world;
    if (m->process == PROCESS_NONE) return false;
    assert(!w->turning);
    m->process = PROCESS_NONE;
    m->boot_due = m->terminate_due = m->paused = false;
    if (how == END_POWER) m->kernel_up = false;
    queue_remove(w->queue, &m->turn);
    stop_timers(m, &m->armed_timers);
    stop_timers(m, &m->due_timers);
    if (how == END_POWER)
        sockets_lose_power(m);
    else
        sockets_end_all(m);
    m->port_count = 0;
    children_orphan(m, how == END_POWER);
    disk_close_all(m, NULL);
    if (how == END_POWER) disk_lose_power(m);
    w->changes++;
    machine_note(m, (struct happening){.kind = TRACE_END, .peer = NO_PARTY, .a = how});
    if (m->setup.gone) m->setup.gone(m->setup.ctx, &m->host);
    m->host.node = NULL;
    m->host.node_ops = NULL;
    return true;
}

bool world_crash(struct world *w, uint16_t party) {
    return machine_end(world_machine(w, party), END_CRASH);
}

bool world_power(struct world *w, uint16_t party) {
    return machine_end(world_machine(w, party), END_POWER);
}

bool world_terminate(struct world *w, uint16_t party) {
    struct machine *m = world_machine(w, party);
    if (m->process != PROCESS_RUNNING) return false;
    m->terminate_due = true;
    machine_wake(m);
    return true;
}

bool world_pause(struct world *w, uint16_t party) {
    struct machine *m = world_machine(w, party);
    if (m->process == PROCESS_NONE || m->paused) return false;
    m->paused = true;
    m->paused_since = w->now;
    queue_remove(w->queue, &m->turn);
    machine_note(m, (struct happening){.kind = TRACE_PAUSE, .peer = NO_PARTY, .a = 1});
    return true;
}

/* A stopped process computes nothing: what CPU time was left of its turn is left still. */
bool world_resume(struct world *w, uint16_t party) {
    struct machine *m = world_machine(w, party);
    if (m->process == PROCESS_NONE || !m->paused) return false;
    m->paused = false;
    if (m->busy_until > m->paused_since) m->busy_until += w->now - m->paused_since;
    machine_note(m, (struct happening){.kind = TRACE_PAUSE, .peer = NO_PARTY, .a = 0});
    if (m->process == PROCESS_EXITING)
        world_event_at(w, &m->turn, m->busy_until, machine_subject(m));
    else if (anything_ready(m))
        machine_wake(m);
    return true;
}

bool world_alive(const struct world *w, uint16_t party) {
    return world_machine(w, party)->process != PROCESS_NONE;
}

bool world_ending(const struct world *w, uint16_t party) {
    const struct machine *m = world_machine(w, party);
    return m->process == PROCESS_EXITING || (m->process == PROCESS_RUNNING && m->terminate_due);
}

bool world_paused(const struct world *w, uint16_t party) {
    return world_machine(w, party)->paused;
}

sim_time world_busy_until(const struct world *w, uint16_t party) {
    return world_machine(w, party)->busy_until;
}

sim_time world_last_turn(const struct world *w, uint16_t party) {
    return world_machine(w, party)->last_turn;
}
