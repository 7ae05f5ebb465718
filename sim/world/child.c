/* Forked children: processes with a clock, a pipe and a death of their own. */
#include "sim/world/child.h"

#include <assert.h>
#include <signal.h>

#include "sim/world/tcp.h"

#define GIB        (INT64_C(1) << 30)
#define STEP_LEAST SIM_US /* a step takes some time: two children of one instant both get on */
#define WRITE_ROOM 4096u  /* PIPE_BUF: a writer is woken when so much fits */

static uint64_t subject(const struct child *c) {
    return UINT64_C(1) << 41 | (uint64_t)c->machine->host.index << 24 | ((uint64_t)c->number & 0xFFFFFF);
}

static void step_at(struct child *c, sim_time at) {
    world_event_at(c->machine->world, &c->step, at, subject(c));
}

static void pipe_ready(struct child *c) {
    if (!c->orphan && !ring_linked(&c->pipe_ready)) ring_add_last(&c->machine->child_pipes, &c->pipe_ready);
}

static void child_free(struct child *c) {
    struct pool *pool = c->machine->world->pool;
    queue_remove(c->machine->world->queue, &c->step);
    ring_remove(&c->ring);
    ring_remove(&c->pipe_ready);
    pool_free(pool, c->pipe, PIPE_BYTES);
    pool_free(pool, c, sizeof(*c));
}

/* --- life and death ------------------------------------------------------------------------------------- */

static void child_end(struct child *c) {
    struct machine *m = c->machine;
    queue_remove(m->world->queue, &c->step);
    c->ended = true;
    disk_close_all(m, c);
    machine_note(
        m, (struct happening){
               .kind = TRACE_CHILD, .peer = NO_PARTY, .a = c->number, .b = c->status.exit_code, .c = c->status.signal});
    if (c->program->drop) c->program->drop(c->state, c);
    pipe_ready(c);
    sockets_let_go(m);
}

/* The child's own CPU and clock while it steps; the host's are given back afterwards. */
static bool run_step(struct child *c) {
    struct machine *m = c->machine;
    sim_time *meter = m->host.spending;
    c->spent = 0;
    m->host.spending = &c->spent;
    m->stepping = c;
    machine_set_clock(m);
    bool goes_on = c->program->step(c->state, c);
    m->stepping = NULL;
    m->host.spending = meter;
    return goes_on;
}

static void step_due(void *ctx, struct event *event) {
    struct world *w = ctx;
    struct child *c = CONTAINER_OF(event, struct child, step);
    struct machine *m = c->machine;
    if (c->exiting) {
        child_end(c);
    } else {
        c->blocked = false;
        bool goes_on = run_step(c);
        sim_time took = c->spent > STEP_LEAST ? c->spent : STEP_LEAST;
        c->exiting = !goes_on;
        if (c->orphan && c->pipe_len > 0) { /* wrote to a pipe that nobody reads */
            c->status = (struct child_status){.signal = SIGPIPE};
            child_end(c);
        } else if (!c->blocked || c->exiting) {
            step_at(c, w->now + took);
        } else {
            c->step_left = took;
        }
    }
    if (c->orphan && c->ended)
        child_free(c);
    else if (ring_linked(&c->pipe_ready))
        machine_wake(m);
}

/* What fork() copies, and what it costs the parent. */
static sim_time fork_time(const struct machine *m, uint64_t memory) {
    return (sim_time)((__int128)memory * m->setup.costs.fork_per_gb / GIB);
}

struct child *child_fork(struct host *h, const struct child_program *program, void *state, int *error) {
    struct machine *m = machine_of(h);
    struct pool *pool = m->world->pool;
    uint64_t memory = m->host.node_ops->memory ? m->host.node_ops->memory(m->host.node) : 0;
    assert(m->world->turning == m);
    if (m->fork_failing > 0 || memory > (uint64_t)m->setup.costs.memory) {
        machine_note(m, (struct happening){.kind = TRACE_FORK, .peer = NO_PARTY, .a = -1, .b = (int64_t)memory});
        if (error) *error = HOST_ENOMEM;
        return NULL;
    }
    struct child *c = POOL_NEW(pool, struct child);
    *c = (struct child){.machine = m, .program = program, .state = state, .number = ++m->child_count, .fresh = true};
    c->step.fire = step_due;
    ring_add_last(&m->children, &c->ring);
    sim_time took = fork_time(m, memory);
    host_spend(h, took);
    machine_note(
        m, (struct happening){.kind = TRACE_FORK, .peer = NO_PARTY, .a = c->number, .b = (int64_t)memory, .c = took});
    return c;
}

void children_begin(struct machine *m, sim_time at) {
    for (struct ring *r = m->children.next; r != &m->children; r = r->next) {
        struct child *c = CONTAINER_OF(r, struct child, ring);
        if (c->fresh && !c->ended) step_at(c, at);
        c->fresh = false;
    }
}

void child_exit(struct child *c, int code) {
    c->status.exit_code = code;
}

/* A stopped process takes no signal but SIGKILL until it continues. */
void child_kill(struct child *c, int signal) {
    if (c->ended) return;
    if (c->stalled && signal != SIGKILL) {
        c->signal_due = signal;
        return;
    }
    c->status = (struct child_status){.signal = signal};
    child_end(c);
}

bool child_reap(struct child *c, struct child_status *status) {
    if (!c->ended) return false;
    *status = c->status;
    child_free(c);
    return true;
}

void children_orphan(struct machine *m, bool power) {
    for (struct ring *r = m->children.next, *next; r != &m->children; r = next) {
        next = r->next;
        struct child *c = CONTAINER_OF(r, struct child, ring);
        ring_remove(&c->pipe_ready);
        bool was_blocked = c->blocked && !c->orphan;
        c->orphan = true;
        if (power || was_blocked) child_kill(c, power ? SIGKILL : SIGPIPE);
        if (c->ended) child_free(c);
    }
}

bool children_oom(struct machine *m) {
    bool found = false;
    for (struct ring *r = m->children.next, *next; r != &m->children; r = next) {
        next = r->next;
        struct child *c = CONTAINER_OF(r, struct child, ring);
        child_kill(c, SIGKILL);
        found = true;
        if (c->orphan) child_free(c);
    }
    return found;
}

bool children_alive_between(const struct machine *m, int64_t after, int64_t until) {
    for (struct ring *r = m->children.next; r != &m->children; r = r->next) {
        const struct child *c = CONTAINER_OF(r, struct child, ring);
        if (!c->ended && c->number > after && c->number <= until) return true;
    }
    return false;
}

bool children_alive(const struct machine *m) {
    return children_alive_between(m, 0, m->child_count);
}

/* --- the pipe -------------------------------------------------------------------------------------------- */

size_t child_write(struct child *c, const void *bytes, size_t n) {
    struct pool *pool = c->machine->world->pool;
    assert(c->machine->stepping == c);
    if (!c->pipe) c->pipe = pool_alloc(pool, PIPE_BYTES);
    uint32_t room = PIPE_BYTES - c->pipe_len, taken = n < room ? (uint32_t)n : room;
    uint32_t end = (c->pipe_start + c->pipe_len) % PIPE_BYTES;
    uint32_t piece = PIPE_BYTES - end < taken ? PIPE_BYTES - end : taken;
    memcpy(c->pipe + end, bytes, piece);
    memcpy(c->pipe, (const char *)bytes + piece, taken - piece);
    c->pipe_len += taken;
    c->blocked = taken < n;
    if (taken > 0) pipe_ready(c);
    return taken;
}

struct bytes child_peek(struct child *c) {
    uint32_t piece = PIPE_BYTES - c->pipe_start < c->pipe_len ? PIPE_BYTES - c->pipe_start : c->pipe_len;
    return (struct bytes){c->pipe ? c->pipe + c->pipe_start : NULL, piece};
}

void child_consume(struct child *c, size_t n) {
    assert(n <= c->pipe_len);
    c->pipe_start = (c->pipe_start + (uint32_t)n) % PIPE_BYTES;
    c->pipe_len -= (uint32_t)n;
    bool more_to_tell = c->pipe_len > 0 || (c->ended && !c->end_told);
    if (n > 0 && more_to_tell) pipe_ready(c);
    bool fits = PIPE_BYTES - c->pipe_len >= WRITE_ROOM;
    if (!c->blocked || !fits || c->stalled || event_pending(&c->step)) return;
    sim_time now = machine_departure(c->machine);
    step_at(c, now > c->step.at + c->step_left ? now : c->step.at + c->step_left);
}

/* The node may reap the child in the callback: nothing of it is touched afterwards. */
void child_tell(struct child *c) {
    struct machine *m = c->machine;
    bool over = c->ended && c->pipe_len == 0;
    if (over) c->end_told = true;
    if (m->host.node_ops->child_readable) m->host.node_ops->child_readable(m->host.node, c, over);
}

/* --- the run's hands on children ------------------------------------------------------------------------- */

static struct child *living_child(struct machine *m) {
    struct child *orphan = NULL;
    for (struct ring *r = m->children.next; r != &m->children; r = r->next) {
        struct child *c = CONTAINER_OF(r, struct child, ring);
        if (c->ended) continue;
        if (!c->orphan) return c;
        if (!orphan) orphan = c;
    }
    return orphan;
}

bool world_has_child(const struct world *w, uint16_t party) {
    return children_alive(world_machine(w, party));
}

bool world_child_kill(struct world *w, uint16_t party, int signal) {
    struct machine *m = world_machine(w, party);
    struct child *c = living_child(m);
    if (!c) return false;
    child_kill(c, signal);
    if (c->orphan && c->ended)
        child_free(c);
    else if (ring_linked(&c->pipe_ready))
        machine_wake(m);
    return true;
}

bool world_child_stall(struct world *w, uint16_t party) {
    struct child *c = living_child(world_machine(w, party));
    if (!c || c->stalled) return false;
    c->stalled = true;
    if (!event_pending(&c->step)) return true; /* it waits for its pipe */
    c->step_left = c->step.at - w->now;
    queue_remove(w->queue, &c->step);
    return true;
}

bool world_child_resume(struct world *w, uint16_t party) {
    struct machine *m = world_machine(w, party);
    struct child *c = living_child(m);
    if (!c || !c->stalled) return false;
    c->stalled = false;
    if (c->signal_due) {
        child_kill(c, c->signal_due);
        machine_wake(m);
    } else if (!c->blocked || PIPE_BYTES - c->pipe_len >= WRITE_ROOM) {
        step_at(c, w->now + c->step_left);
    }
    return true;
}

void world_fork_failing(struct world *w, uint16_t party, int by) {
    world_machine(w, party)->fork_failing += by;
    assert(world_machine(w, party)->fork_failing >= 0);
}
