/* One modelled server in a simulated world, and a test that speaks bytes with it: as its clients, as a hand-made
 * replica, or as a hand-made master on port 7000 of the host "t".
 *
 * Include in one test program; everything is static. */
#ifndef TESTS_UNIT_WIRE_RIG_H
#define TESTS_UNIT_WIRE_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/redis/server.h"
#include "sim/world/world.h"

enum { WIRES = 16, SETTINGS = 16, WORDS = 8 };

/* One connection between the test and the server. */
struct wire {
    struct conn *conn; /* NULL: closed, or not there */
    bool up, closed;
    struct buffer got; /* all that came and was not taken by the test */
};

struct wire_rig {
    struct pool *pool, *scratch;
    struct trace *trace;
    struct world *world;
    struct server *server;
    struct host *test;
    struct setting settings[SETTINGS];
    size_t setting_count;
    struct wire wires[WIRES];
    size_t wire_count;
    size_t accepted; /* wires that the server opened, in order: the newest is `from_server` */
    struct wire *from_server;
};

static struct wire_rig rig;

static inline struct wire *wire_new(struct conn *conn) {
    ck_assert_uint_lt(rig.wire_count, WIRES);
    struct wire *w = &rig.wires[rig.wire_count++];
    w->conn = conn;
    buffer_init(&w->got, rig.pool);
    conn->user = w;
    return w;
}

static inline void wire_accepted(void *node, struct conn *conn, uint16_t port) {
    (void)node;
    ck_assert_uint_eq(port, 7000);
    rig.from_server = wire_new(conn);
    rig.from_server->up = true;
    rig.accepted++;
}

static inline void wire_connected(void *node, struct conn *conn) {
    (void)node;
    ((struct wire *)conn->user)->up = true;
}

static inline void wire_readable(void *node, struct conn *conn) {
    struct wire *w = conn->user;
    (void)node;
    for (struct bytes b = host_peek(conn); b.len; b = host_peek(conn)) {
        buffer_put(&w->got, b.at, b.len);
        host_consume(conn, b.len);
    }
}

static inline void wire_closed(void *node, struct conn *conn, enum conn_end why) {
    struct wire *w = conn->user;
    (void)node;
    (void)why;
    w->conn = NULL;
    w->closed = true;
}

static inline void wire_boot_test(void *ctx, struct host *host) {
    static const struct node_ops ops = {
        .accepted = wire_accepted, .connected = wire_connected, .readable = wire_readable, .closed = wire_closed};
    (void)ctx;
    rig.test = host;
    host->node = &rig;
    host->node_ops = &ops;
    host_listen(host, 7000);
}

static inline void wire_boot_server(void *ctx, struct host *host) {
    (void)ctx;
    struct server_setup setup = {.scratch = rig.scratch, .settings = rig.settings, .setting_count = rig.setting_count};
    rig.server = server_create(host, &setup);
}

/* Lines of redis.conf, each ended by ';'; '' is the empty word. */
static inline void wire_settings(const char *conf) {
    rig.setting_count = 0;
    char *copy = pool_strdup(rig.pool, conf), *save = NULL;
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save)) {
        struct bytes *words = POOL_ARRAY(rig.pool, struct bytes, WORDS);
        size_t n = 0;
        char *rest = NULL;
        for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
            words[n++] = resp_text(strcmp(word, "''") == 0 ? "" : word);
        }
        rig.settings[rig.setting_count++] = (struct setting){words, n};
    }
}

static inline uint16_t wire_add(const char *name, world_boot_fn *boot) {
    struct party_setup setup = {.name = name, .kind = PARTY_SERVER, .costs = costs_default(), .boot = boot};
    uint16_t party = world_add(rig.world, &setup);
    world_clock_set(rig.world, party, INT64_C(1704067200) * SIM_SECOND);
    return party;
}

/* The server is party 0, named "m"; the test is party 1, named "t". */
static inline void wire_open_rig(const char *conf) {
    memset(&rig, 0, sizeof(rig));
    rig.pool = pool_create();
    rig.scratch = pool_create();
    rig.trace = trace_create(rig.pool);
    rig.world = world_create(&(struct world_setup){rig.pool, rig.trace, 1, {TIE_FIFO, 0}, NULL});
    wire_settings(conf);
    uint16_t server = wire_add("m", wire_boot_server), test = wire_add("t", wire_boot_test);
    world_start(rig.world, test);
    world_start(rig.world, server);
}

static inline void wire_close_rig(void) {
    pool_destroy(rig.scratch);
    pool_destroy(rig.pool);
}

/* Lets time pass. */
static inline void run_for(sim_time d) {
    sim_time until = world_now(rig.world) + d;
    while (world_next(rig.world) <= until) world_step(rig.world);
    world_skip_to(rig.world, until);
}

/* Lets time pass until something is true; fails after `limit`. */
#define RUN_UNTIL(condition, limit)                                                                                    \
    do {                                                                                                               \
        sim_time until_ = world_now(rig.world) + (limit);                                                              \
        while (!(condition)) {                                                                                         \
            ck_assert_msg(world_next(rig.world) <= until_, "not within %s: %s", #limit, #condition);                   \
            world_step(rig.world);                                                                                     \
        }                                                                                                              \
    } while (0)

/* --- talking ------------------------------------------------------------------------------------------------------ */

static inline struct wire *dial(void) {
    struct wire *w = wire_new(host_connect(rig.test, "m", 6379));
    RUN_UNTIL(w->up, SIM_SECOND);
    return w;
}

static inline void say_bytes(struct wire *w, const void *bytes, size_t n) {
    ck_assert_ptr_nonnull(w->conn);
    ck_assert_uint_eq(host_write(w->conn, bytes, n), n);
}

/* A literal, zero bytes in it included. */
#define SAY(wire, literal) say_bytes(wire, "" literal, sizeof(literal) - 1)

/* Words at blanks, as a request. */
static inline void say(struct wire *w, const char *line) {
    struct buffer out;
    struct bytes words[WORDS * 2];
    size_t n = 0;
    char *copy = pool_strdup(rig.pool, line), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) words[n++] = resp_text(word);
    buffer_init(&out, rig.pool);
    resp_put_request(&out, words, n);
    say_bytes(w, out.at, out.len);
}

/* The next bytes that come must be these. */
static inline void expect_bytes(struct wire *w, const char *text, size_t len) {
    RUN_UNTIL(w->got.len >= len || w->closed, 3 * SIM_SECOND);
    ck_assert_msg(w->got.len >= len && memcmp(w->got.at, text, len) == 0, "expected \"%s\", came \"%s\"", text,
                  w->got.len ? w->got.at : "");
    buffer_drop(&w->got, len);
}

static inline void expect_text(struct wire *w, const char *text) {
    expect_bytes(w, text, strlen(text));
}

/* A request, and the whole reply. */
static inline void ask(struct wire *w, const char *line, const char *reply) {
    say(w, line);
    expect_text(w, reply);
}

/* Nothing comes for that long. */
static inline void expect_silence(struct wire *w, sim_time d) {
    run_for(d);
    ck_assert_msg(w->got.len == 0, "silence was expected, came \"%s\"", w->got.at);
}

/* A line without its end. */
static inline const char *take_line(struct wire *w) {
    const char *end = NULL;
    RUN_UNTIL((end = w->got.len ? strstr(w->got.at, "\r\n") : NULL) || w->closed, 3 * SIM_SECOND);
    ck_assert_ptr_nonnull(end);
    char *line = pool_strndup(rig.pool, w->got.at, (size_t)(end - w->got.at));
    buffer_drop(&w->got, strlen(line) + 2);
    return line;
}

static inline void expect_closed(struct wire *w, sim_time limit) {
    if (!w->closed) RUN_UNTIL(w->closed, limit);
}

static inline void hang_up(struct wire *w) {
    host_close(w->conn);
    w->conn = NULL;
    w->closed = true;
}

#endif
