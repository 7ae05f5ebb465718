/* Forked children of a live server.
 *
 * There is no fork(2): a child's state belongs to the model, which looks into it from the parent's side as well, and
 * what it saves is a frozen dataset that costs nothing to take. So a child is run step by step between the turns: a
 * step is bounded (64 KiB of output), and whoever waits for the server is served before the next one. */
#include <assert.h>
#include <signal.h>

#include "sim/run/live_host.h"

#define PIPE_BYTES 65536u /* as in the simulated world, and on Linux */
#define WRITE_ROOM 4096u  /* PIPE_BUF: a writer goes on when so much fits */

struct child {
    struct live *live;
    const struct child_program *program;
    void *state;
    struct ring ring;       /* in live->children */
    struct ring pipe_ready; /* in live->pipes */
    sim_time next_step;
    bool blocked; /* waits for room in the pipe */
    bool ended, end_told;
    struct child_status status;
    uint32_t pipe_start, pipe_len;
    char pipe[PIPE_BYTES];
};

static void pipe_ready(struct child *c) {
    if (!ring_linked(&c->pipe_ready)) ring_add_last(&c->live->pipes, &c->pipe_ready);
    live_hurry(c->live);
}

struct child *live_fork(struct host *h, const struct child_program *program, void *state, int *error) {
    struct live *l = live_of(h);
    (void)error; /* it cannot fail */
    struct child *c = POOL_NEW(l->pool, struct child);
    c->live = l;
    c->program = program;
    c->state = state;
    c->next_step = h->now;
    ring_add_last(&l->children, &c->ring);
    return c;
}

static void end(struct child *c) {
    c->ended = true;
    if (c->program->drop) c->program->drop(c->state, c);
    pipe_ready(c);
}

void live_child_exit(struct child *c, int code) {
    c->status.exit_code = code;
}

void live_child_kill(struct child *c, int signal) {
    if (c->ended) return;
    c->status = (struct child_status){.signal = signal};
    end(c);
}

bool live_child_reap(struct child *c, struct child_status *status) {
    if (!c->ended) return false;
    *status = c->status;
    ring_remove(&c->ring);
    ring_remove(&c->pipe_ready);
    pool_free(c->live->pool, c, sizeof(*c));
    return true;
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

/* What a child spends is a delay that was asked for: its next step comes so much later. */
static void step(struct child *c) {
    struct live *l = c->live;
    l->spent = 0;
    l->stepping = c;
    live_look(&l->host);
    bool goes_on = c->program->step(c->state, c);
    l->stepping = NULL;
    c->next_step = l->host.now + l->spent;
    l->spent = 0;
    if (!goes_on) end(c);
}

static bool waits(const struct child *c) {
    return c->ended || c->blocked;
}

sim_time live_step_children(struct live *l) {
    sim_time next_step = SIM_NEVER;
    for (struct ring *r = l->children.next, *next; r != &l->children; r = next) {
        next = r->next;
        struct child *c = CONTAINER_OF(r, struct child, ring);
        if (!waits(c) && c->next_step <= (sim_time)uv_hrtime()) step(c);
        if (!waits(c) && c->next_step < next_step) next_step = c->next_step;
    }
    return next_step;
}

/* --- the pipe ----------------------------------------------------------------------------------------------------- */

size_t live_child_write(struct child *c, const void *bytes, size_t n) {
    assert(c->live->stepping == c);
    uint32_t room = PIPE_BYTES - c->pipe_len, taken = n < room ? (uint32_t)n : room;
    uint32_t at = (c->pipe_start + c->pipe_len) % PIPE_BYTES;
    uint32_t piece = PIPE_BYTES - at < taken ? PIPE_BYTES - at : taken;
    memcpy(c->pipe + at, bytes, piece);
    memcpy(c->pipe, (const char *)bytes + piece, taken - piece);
    c->pipe_len += taken;
    c->blocked = taken < n;
    if (taken > 0) pipe_ready(c);
    return taken;
}

struct bytes live_child_peek(struct child *c) {
    uint32_t piece = PIPE_BYTES - c->pipe_start < c->pipe_len ? PIPE_BYTES - c->pipe_start : c->pipe_len;
    return (struct bytes){c->pipe + c->pipe_start, piece};
}

void live_child_consume(struct child *c, size_t n) {
    assert(n <= c->pipe_len);
    c->pipe_start = (c->pipe_start + (uint32_t)n) % PIPE_BYTES;
    c->pipe_len -= (uint32_t)n;
    if (n > 0 && (c->pipe_len > 0 || (c->ended && !c->end_told))) pipe_ready(c);
    if (!c->blocked || PIPE_BYTES - c->pipe_len < WRITE_ROOM) return;
    c->blocked = false;
    live_hurry(c->live);
}

/* The node may reap the child in the callback: nothing of it is touched afterwards. */
void live_tell_pipes(struct live *l, struct ring *batch) {
    struct ring *r;
    while ((r = ring_take_first(batch))) {
        struct child *c = CONTAINER_OF(r, struct child, pipe_ready);
        bool over = c->ended && c->pipe_len == 0;
        if (over) c->end_told = true;
        if (l->host.node_ops->child_readable) l->host.node_ops->child_readable(l->host.node, c, over);
    }
}
