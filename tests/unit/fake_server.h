/* A server that answers as a test wants, and a client workload against it, in a simulated world. */
#ifndef TESTS_UNIT_FAKE_SERVER_H
#define TESTS_UNIT_FAKE_SERVER_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/redis/resp.h"
#include "model/redis/workload.h"
#include "model/redis/workload_ops.h"
#include "sim/world/world.h"

#define FAKES    3
#define SEEN_MAX 20000
#define OPS_MAX  20000

/* A request as it came: words joined by blanks. */
struct seen {
    sim_time at;
    uint16_t node;
    uint32_t conn;
    const char *words;
};

/* An operation as the trace tells it. */
struct told {
    sim_time called, over;
    uint32_t call_conn, conn;
    int64_t call_ordinal, ordinal, db;
    uint16_t node;
    int fate; /* -1: pending */
    const char *wire, *reply;
};

struct fake {
    struct play *play;
    struct host *host;
    struct buffer in[64]; /* by connection, a few at most */
    struct conn *conn[64];
    bool in_multi;
    uint32_t queued;
};

struct play {
    struct pool *pool;
    struct trace *trace;
    struct world *world;
    struct fake fake[FAKES];
    struct workload *client;
    uint16_t client_party;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    struct told told[OPS_MAX];
    size_t told_count;
    size_t accepted; /* connections */

    /* how the servers behave */
    bool silent;       /* never answers */
    bool bytewise;     /* answers byte by byte, a write each */
    const char *reply; /* instead of +OK for a command that is none of the special ones */
    const char *select_reply;
    int64_t wait_reply;
    size_t reset_after; /* resets a connection at this request, once; 0: never */
};

static const char *const fake_names[] = {"m", "r1", "r2"};

/* --- the server ------------------------------------------------------------------------------------------ */

static inline void fake_write(struct fake *f, struct conn *conn, const char *text) {
    size_t n = strlen(text);
    if (!f->play->bytewise) {
        host_write(conn, text, n);
        return;
    }
    for (size_t i = 0; i < n; i++) host_write(conn, text + i, 1);
}

static inline void fake_answer(struct fake *f, struct conn *conn, const char *words) {
    struct play *p = f->play;
    char text[128];
    if (strncmp(words, "SELECT", 6) == 0) {
        fake_write(f, conn, p->select_reply ? p->select_reply : "+OK\r\n");
    } else if (strncmp(words, "WAIT", 4) == 0) {
        snprintf(text, sizeof text, ":%lld\r\n", (long long)p->wait_reply);
        fake_write(f, conn, text);
    } else if (strcmp(words, "MULTI") == 0) {
        f->in_multi = true;
        f->queued = 0;
        fake_write(f, conn, "+OK\r\n");
    } else if (strcmp(words, "EXEC") == 0) {
        f->in_multi = false;
        snprintf(text, sizeof text, "*%u\r\n", f->queued);
        fake_write(f, conn, text);
        for (uint32_t i = 0; i < f->queued; i++) fake_write(f, conn, "$3\r\nx\ny\r\n");
    } else if (f->in_multi) {
        f->queued++;
        fake_write(f, conn, "+QUEUED\r\n");
    } else {
        fake_write(f, conn, p->reply ? p->reply : "+OK\r\n");
    }
}

static inline void fake_request(struct fake *f, struct conn *conn, const struct resp_parser *parser) {
    struct play *p = f->play;
    struct buffer words;
    buffer_init(&words, p->pool);
    for (size_t i = 0; i < parser->argc; i++) {
        if (i > 0) buffer_putc(&words, ' ');
        buffer_put(&words, parser->argv[i].at, parser->argv[i].len);
    }
    ck_assert_uint_lt(p->seen_count, SEEN_MAX);
    p->seen[p->seen_count++] = (struct seen){host_now(f->host), f->host->index, conn->id, words.at};
    if (!p->silent) fake_answer(f, conn, words.at);
}

static inline size_t fake_slot(struct fake *f, struct conn *conn) {
    for (size_t i = 0; i < 64; i++) {
        if (f->conn[i] == conn) return i;
    }
    ck_abort_msg("an unknown connection");
}

static inline void fake_accepted(void *node, struct conn *conn, uint16_t port) {
    struct fake *f = node;
    (void)port;
    size_t i = 0;
    while (i < 64 && f->conn[i]) i++;
    ck_assert_uint_lt(i, 64);
    f->conn[i] = conn;
    buffer_init(&f->in[i], f->play->pool);
    f->play->accepted++;
}

static inline void fake_readable(void *node, struct conn *conn) {
    struct fake *f = node;
    size_t slot = fake_slot(f, conn);
    struct buffer *in = &f->in[slot];
    for (struct bytes b; (b = host_peek(conn)).len > 0; host_consume(conn, b.len)) buffer_put(in, b.at, b.len);
    struct resp_parser parser;
    resp_parser_init(&parser, f->play->pool);
    while (in->len > 0 && resp_parse(&parser, buffer_bytes(in)) == RESP_DONE) {
        if (f->play->reset_after && f->play->seen_count + 1 == f->play->reset_after) {
            f->play->reset_after = 0;
            f->conn[slot] = NULL;
            host_reset(conn);
            return;
        }
        fake_request(f, conn, &parser);
        buffer_drop(in, parser.used);
        resp_parser_reset(&parser);
    }
    resp_parser_free(&parser);
}

static inline void fake_closed(void *node, struct conn *conn, enum conn_end why) {
    struct fake *f = node;
    (void)why;
    f->conn[fake_slot(f, conn)] = NULL;
}

static const struct node_ops fake_ops = {.accepted = fake_accepted, .readable = fake_readable, .closed = fake_closed};

static inline void fake_boot(void *ctx, struct host *host) {
    struct fake *f = ctx;
    f->host = host;
    host->node = f;
    host->node_ops = &fake_ops;
    ck_assert_int_eq(host_listen(host, 6379), 0);
}

/* --- the trace -------------------------------------------------------------------------------------------- */

static inline void hear_call(void *ctx, const struct happening *h) {
    struct play *p = ctx;
    ck_assert_int_eq(h->a, (int64_t)p->told_count);
    ck_assert_uint_lt(p->told_count, OPS_MAX);
    p->told[p->told_count++] = (struct told){.called = h->at,
                                             .over = -1,
                                             .call_conn = h->conn,
                                             .call_ordinal = h->c,
                                             .db = h->d,
                                             .node = h->peer,
                                             .fate = -1,
                                             .wire = pool_strndup(p->pool, h->text, h->len)};
}

static inline void hear_reply(void *ctx, const struct happening *h) {
    struct play *p = ctx;
    ck_assert_int_lt(h->a, (int64_t)p->told_count);
    struct told *t = &p->told[h->a];
    ck_assert_int_eq(t->fate, -1); /* one fate each */
    t->fate = (int)h->b;
    t->over = h->at;
    t->conn = h->conn;
    t->ordinal = h->c;
    t->reply = pool_strndup(p->pool, h->text, h->len);
}

/* --- a client line ------------------------------------------------------------------------------------------ */

static inline const struct word_rule *rule_named(const char *name) {
    for (const struct word_rule *r = workload_options; r->name; r++) {
        if (strcmp(r->name, name) == 0) return r;
    }
    ck_abort_msg("no option %s", name);
}

static inline struct option count_option(const char *name, int64_t number) {
    return (struct option){.rule = rule_named(name), .number = number};
}

static inline struct option spread_option(const char *name, struct spread spread) {
    return (struct option){.rule = rule_named(name), .spread = spread};
}

static inline struct option rate_option(int64_t per_second, bool exponential) {
    return (struct option){.rule = rule_named("rate"), .number = per_second * 1000, .exponential = exponential};
}

static inline size_t op_index(const char *name) {
    for (size_t i = 0; workload_op_names[i]; i++) {
        if (strcmp(workload_op_names[i], name) == 0) return i;
    }
    ck_abort_msg("no operation %s", name);
}

/* "set:3,get:1"; at most eight of them in one test. */
static inline struct option ops_option(const char *text) {
    static uint32_t kept[8][64];
    static size_t used;
    uint32_t *weights = kept[used++ % 8];
    memset(weights, 0, sizeof kept[0]);
    char name[32];
    unsigned weight;
    for (const char *at = text; at; at = strchr(at, ','), at = at ? at + 1 : NULL) {
        ck_assert_int_eq(sscanf(at, "%31[a-z]:%u", name, &weight), 2);
        weights[op_index(name)] = weight;
    }
    return (struct option){.rule = rule_named("ops"), .weights = weights};
}

static inline uint16_t fake_port(void *ctx, uint16_t node) {
    (void)ctx;
    (void)node;
    return 6379;
}

static inline void boot_client(void *ctx, struct host *host) {
    workload_boot(((struct play *)ctx)->client, host);
}

struct play_line {
    const struct option *options;
    size_t option_count;
    const uint16_t *nodes;
    size_t node_count;
    uint64_t seed;
};

/* `end` is when the timeline is over. */
static inline struct play *play_open(const struct play_line *line, sim_time end) {
    static const uint16_t first[] = {0};
    struct play *p = calloc(1, sizeof *p);
    p->pool = pool_create();
    p->trace = trace_create(p->pool);
    p->wait_reply = 2;
    p->world = world_create(&(struct world_setup){p->pool, p->trace, 1, {TIE_FIFO, 0}, NULL});
    for (uint16_t i = 0; i < FAKES; i++) {
        p->fake[i].play = p;
        world_add(p->world, &(struct party_setup){.name = fake_names[i],
                                                  .kind = PARTY_SERVER,
                                                  .costs = costs_default(),
                                                  .boot = fake_boot,
                                                  .ctx = &p->fake[i]});
    }
    struct model_client_setup client = {.name = "c",
                                        .party = FAKES,
                                        .nodes = line->nodes ? line->nodes : first,
                                        .node_count = line->nodes ? line->node_count : 1,
                                        .options = line->options,
                                        .option_count = line->option_count,
                                        .timeline_end = end};
    p->client = workload_create(&(struct workload_setup){p->pool, line->seed, &client, fake_names, fake_port, NULL});
    p->client_party = world_add(
        p->world, &(struct party_setup){
                      .name = "c", .kind = PARTY_CLIENT, .costs = costs_default(), .boot = boot_client, .ctx = p});
    trace_listen(p->trace, TRACE_OP_CALL, TRACE_OP_CALL, hear_call, p);
    trace_listen(p->trace, TRACE_OP_REPLY, TRACE_OP_REPLY, hear_reply, p);
    return p;
}

static inline void play_start_server(struct play *p, uint16_t node) {
    ck_assert(world_start(p->world, node));
}

static inline void play_start_all(struct play *p) {
    for (uint16_t i = 0; i < FAKES; i++) play_start_server(p, i);
    ck_assert(world_start(p->world, p->client_party));
}

static inline void play_until(struct play *p, sim_time until) {
    for (int steps = 0; world_next(p->world) <= until; steps++) {
        ck_assert_int_lt(steps, 5000000);
        world_step(p->world);
    }
    world_skip_to(p->world, until);
}

static inline void play_close(struct play *p) {
    pool_destroy(p->pool);
    free(p);
}

static inline size_t fates(const struct play *p, int fate) {
    size_t n = 0;
    for (size_t i = 0; i < p->told_count; i++) n += p->told[i].fate == fate;
    return n;
}

#endif
