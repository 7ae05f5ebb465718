/* Two or three tiny nodes for tests of the world: they connect, echo, collect what arrives, and count what they
 * are told. Tests drive them from outside, between events. */
#ifndef TESTS_UNIT_TINY_NODES_H
#define TESTS_UNIT_TINY_NODES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world/buffer.h"
#include "sim/world/host.h"
#include "sim/world/world.h"

#define TINY_PORT  7000
#define TINY_NODES 3

struct tiny {
    struct host *host;
    bool up;
    bool echo;         /* writes back what it reads */
    bool lazy;         /* reads nothing */
    size_t bite;       /* reads at most so many bytes a call; 0: all */
    sim_time spend;    /* CPU for each readable call */
    struct buffer got; /* all that was read, of all connections */
    struct conn *last; /* the last connection accepted or connected */
    sim_time last_at;  /* when something was read last */
    unsigned accepted, connected, closed, writable, pieces, turns, terminated, boots;
    enum conn_end why; /* of the last that closed */
    sim_time closed_at;
    struct host_timer timer;
    sim_time period; /* of the timer; 0: once */
    unsigned ticks;
    sim_time tick_at, tick_wall;
    uint64_t memory;
    /* children */
    struct child *child;
    struct buffer from_child;
    unsigned child_ends;
    bool reap;       /* reaps as soon as it is told */
    bool leave_pipe; /* reads nothing from the pipe */
    struct child_status status;
    void (*in_turn)(struct tiny *t); /* called once in the next turn's before_sleep */
};

struct tiny_world {
    struct pool *pool;
    struct trace *trace;
    struct world *world;
    struct tiny node[TINY_NODES];
};

static inline void tiny_accepted(void *node, struct conn *conn, uint16_t port) {
    struct tiny *t = node;
    ck_assert_uint_eq(port, TINY_PORT);
    t->accepted++;
    t->last = conn;
}

static inline void tiny_connected(void *node, struct conn *conn) {
    struct tiny *t = node;
    t->connected++;
    t->last = conn;
}

static inline void tiny_readable(void *node, struct conn *conn) {
    struct tiny *t = node;
    t->pieces++;
    host_spend(t->host, t->spend);
    while (!t->lazy) {
        struct bytes b = host_peek(conn);
        if (t->bite && b.len > t->bite) b.len = t->bite;
        if (b.len == 0) break;
        buffer_put(&t->got, b.at, b.len);
        if (t->echo) ck_assert_uint_eq(host_write(conn, b.at, b.len), b.len);
        host_consume(conn, b.len);
        t->last_at = host_now(t->host);
        if (t->bite) break;
    }
}

static inline void tiny_writable(void *node, struct conn *conn) {
    struct tiny *t = node;
    (void)conn;
    t->writable++;
}

static inline void tiny_closed(void *node, struct conn *conn, enum conn_end why) {
    struct tiny *t = node;
    ck_assert_int_ne(why, CONN_OPEN);
    t->closed++;
    t->why = why;
    t->closed_at = host_now(t->host);
    if (t->last == conn) t->last = NULL;
}

static inline void tiny_before_sleep(void *node) {
    struct tiny *t = node;
    t->turns++;
    void (*once)(struct tiny *) = t->in_turn;
    t->in_turn = NULL;
    if (once) once(t);
}

static inline void tiny_child_readable(void *node, struct child *child, bool ended) {
    struct tiny *t = node;
    struct bytes b;
    while (!t->leave_pipe && (b = host_child_peek(t->host, child)).len > 0) {
        buffer_put(&t->from_child, b.at, b.len);
        host_child_consume(t->host, child, b.len);
    }
    if (!ended) return;
    t->child_ends++;
    if (t->reap && host_child_reap(t->host, child, &t->status)) t->child = NULL;
}

static inline void tiny_terminate(void *node) {
    struct tiny *t = node;
    t->terminated++;
    host_spend(t->host, t->spend);
    host_exit(t->host, 0);
}

static inline uint64_t tiny_memory(void *node) {
    return ((struct tiny *)node)->memory;
}

static inline void tiny_tick(void *node, struct host_timer *timer) {
    struct tiny *t = node;
    ck_assert(!timer->armed);
    t->ticks++;
    t->tick_at = host_now(t->host);
    t->tick_wall = host_wall_ns(t->host);
    if (t->period) host_timer_at(t->host, timer, host_now(t->host) + t->period);
}

static const struct node_ops tiny_ops = {.accepted = tiny_accepted,
                                         .connected = tiny_connected,
                                         .readable = tiny_readable,
                                         .writable = tiny_writable,
                                         .closed = tiny_closed,
                                         .before_sleep = tiny_before_sleep,
                                         .child_readable = tiny_child_readable,
                                         .terminate = tiny_terminate,
                                         .memory = tiny_memory};

static inline void tiny_boot(void *ctx, struct host *host) {
    struct tiny *t = ctx;
    t->host = host;
    t->up = true;
    t->boots++;
    t->timer = (struct host_timer){.fire = tiny_tick};
    host->node = t;
    host->node_ops = &tiny_ops;
    ck_assert_int_eq(host_listen(host, TINY_PORT), 0);
}

static inline void tiny_gone(void *ctx, struct host *host) {
    struct tiny *t = ctx;
    (void)host;
    t->up = false;
    t->last = NULL;
}

/* Nodes a, b, c: a is a client if `client_a`. Started at 0. */
static inline void tiny_setup_as(struct tiny_world *tw, uint64_t seed, enum tie_kind ties, enum party_kind first) {
    static const char *const names[TINY_NODES] = {"a", "b", "c"};
    memset(tw, 0, sizeof(*tw));
    tw->pool = pool_create();
    tw->trace = trace_create(tw->pool);
    struct world_setup setup = {tw->pool, tw->trace, seed, {ties, 3}, NULL};
    tw->world = world_create(&setup);
    for (uint16_t i = 0; i < TINY_NODES; i++) {
        buffer_init(&tw->node[i].got, tw->pool);
        buffer_init(&tw->node[i].from_child, tw->pool);
        struct party_setup party = {.name = names[i],
                                    .kind = i == 0 ? first : PARTY_SERVER,
                                    .costs = costs_default(),
                                    .boot = tiny_boot,
                                    .gone = tiny_gone,
                                    .ctx = &tw->node[i]};
        ck_assert_uint_eq(world_add(tw->world, &party), i);
    }
    for (uint16_t i = 0; i < TINY_NODES; i++) ck_assert(world_start(tw->world, i));
}

static inline void tiny_setup(struct tiny_world *tw, uint64_t seed) {
    tiny_setup_as(tw, seed, TIE_RANDOM, PARTY_SERVER);
}

static inline void tiny_teardown(struct tiny_world *tw) {
    pool_destroy(tw->pool);
}

/* Runs until `at`; time stands there afterwards. */
static inline void tiny_run_to(struct tiny_world *tw, sim_time at) {
    while (world_next(tw->world) <= at) world_step(tw->world);
    world_skip_to(tw->world, at);
}

static inline void tiny_run_for(struct tiny_world *tw, sim_time d) {
    tiny_run_to(tw, world_now(tw->world) + d);
}

/* A connection from node `from` to node `to`, made within 10 ms; returns from's end. */
static inline struct conn *tiny_connect(struct tiny_world *tw, int from, int to) {
    static const char *const names[TINY_NODES] = {"a", "b", "c"};
    struct conn *c = host_connect(tw->node[from].host, names[to], TINY_PORT);
    tiny_run_for(tw, 10 * SIM_MS);
    ck_assert_ptr_eq(tw->node[from].last, c);
    ck_assert_ptr_nonnull(tw->node[to].last);
    return c;
}

/* Bytes that tell their own position. */
static inline void tiny_pattern(char *into, size_t n, uint64_t from) {
    for (size_t i = 0; i < n; i++) into[i] = (char)((from + i) * 2654435761u >> 13);
}

static inline void tiny_check_pattern(const char *bytes, size_t n) {
    size_t good = 0;
    while (good < n && bytes[good] == (char)(good * 2654435761u >> 13)) good++;
    ck_assert_msg(good == n, "byte %zu of %zu is not the one that was written", good, n);
}

static inline int tiny_main(const char *name, void (*add)(TCase *)) {
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 60);
    add(t);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

#endif
