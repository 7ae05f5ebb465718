/* A tiny system for testing the run: counters that speak a line protocol. It shares no word with the real model: what
 * passes here passes for any system.
 *
 * A request is its words and a line end; a reply is one of "+text", "!error", ":number", "_" (nil), "*N" and N replies,
 * each with a line end. Commands:
 *   SET N · ADD N · GET · ECHO word · FAIL · NIL · PAIR a b · QUIT (closes) · EXIT (the process ends)
 *   SPEND MS (CPU) · LATER MS word (a reply after that time) · NEVER (no reply) · UNREST MS (not settled until then)
 *   BREAK (breaks the check `sane`) · ABORT (kills the program that runs the test) · DRIFT (is not deterministic) */
#ifndef TESTS_UNIT_ECHO_SYSTEM_H
#define TESTS_UNIT_ECHO_SYSTEM_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/run.h"
#include "sim/run/system.h"
#include "sim/scenario/scenario.h"

enum { ECHO_NODES = 8, ECHO_CLIENTS = 4, ECHO_CONNS = 16, ECHO_PORT = 7 };

struct echo_conn {
    struct echo_node *node;
    struct conn *conn;
    struct host_timer later;
    char word[64];
};

struct echo_node {
    struct model *model;
    struct host *host;
    struct host_timer cron;
    uint16_t party;
    bool up;
    int64_t value;
    int64_t greeting; /* of its conf */
    sim_time unrest_until;
    struct echo_conn conns[ECHO_CONNS];
};

struct echo_client {
    struct model *model;
    struct host *host;
    struct host_timer timer;
    struct model_client_setup setup;
    int64_t left, gap;
    bool started, awaiting;
    uint64_t ops;
    struct conn *conn;
};

struct model {
    struct pool *pool;
    struct trace *trace;
    size_t node_count;
    struct echo_node nodes[ECHO_NODES];
    const char *names[ECHO_NODES];
    struct echo_client clients[ECHO_CLIENTS];
    bool broken;
    sim_time broken_at;
    int64_t commands;
    bool finished, finished_at_rest;
};

/* What differs from run to run: the sin that --twice must find. */
static int64_t echo_static_counter;

static inline struct model *echo_create(const struct model_setup *setup) {
    struct model *m = POOL_NEW(setup->pool, struct model);
    m->pool = setup->pool;
    m->trace = setup->trace;
    m->node_count = setup->node_count;
    m->broken_at = -1;
    ck_assert(setup->node_count <= ECHO_NODES && setup->client_count <= ECHO_CLIENTS);
    for (size_t i = 0; i < setup->node_count; i++) m->names[i] = setup->nodes[i].name;
    for (size_t i = 0; i < setup->client_count; i++) {
        struct echo_client *c = &m->clients[setup->clients[i].party - setup->node_count];
        c->model = m;
        c->setup = setup->clients[i];
        c->gap = SIM_MS;
        for (size_t o = 0; o < c->setup.option_count; o++) {
            const struct option *option = &c->setup.options[o];
            if (strcmp(option->rule->name, "times") == 0) c->left = option->number;
            if (strcmp(option->rule->name, "gap") == 0) c->gap = option->number;
        }
    }
    for (size_t i = 0; i < setup->dataset_count; i++) m->nodes[setup->datasets[i].party].value = 100;
    return m;
}

static inline void echo_finish(struct model *m, bool at_rest) {
    ck_assert(!m->finished);
    m->finished = true;
    m->finished_at_rest = at_rest;
}

static inline void echo_reply(struct echo_conn *c, const char *line) {
    host_write(c->conn, line, strlen(line));
    host_write(c->conn, "\n", 1);
}

static inline void echo_later_fires(void *node, struct host_timer *timer) {
    (void)node;
    struct echo_conn *c = CONTAINER_OF(timer, struct echo_conn, later);
    if (c->conn) echo_reply(c, c->word);
}

static inline void echo_note(struct echo_node *n, int64_t a) {
    struct happening h = {.kind = TRACE_MODEL, .peer = NO_PARTY, .a = a};
    host_note(n->host, &h);
}

static inline void echo_execute(struct echo_conn *c, char *line) {
    struct echo_node *n = c->node;
    char *save = NULL, *word[4] = {0}, out[256];
    for (int i = 0; i < 4 && (word[i] = strtok_r(i == 0 ? line : NULL, " ", &save)); i++) continue;
    const char *name = word[0] ? word[0] : "", *a = word[1] ? word[1] : "", *b = word[2] ? word[2] : "";
    host_spend(n->host, 10 * SIM_US);
    n->model->commands++;
    snprintf(out, sizeof out, "+OK");
    if (strcmp(name, "SET") == 0 || strcmp(name, "ADD") == 0) {
        n->value = atoll(a) + (name[0] == 'A' ? n->value : 0);
        host_log(n->host, LOG_NOTICE, "value is %lld", (long long)n->value);
        echo_note(n, n->value);
        if (name[0] == 'A') snprintf(out, sizeof out, ":%lld", (long long)n->value);
    } else if (strcmp(name, "GET") == 0) {
        snprintf(out, sizeof out, ":%lld", (long long)n->value);
    } else if (strcmp(name, "ECHO") == 0) {
        snprintf(out, sizeof out, "+%s", a);
    } else if (strcmp(name, "PAIR") == 0) {
        snprintf(out, sizeof out, "*2\n+%s\n+%s", a, b);
    } else if (strcmp(name, "NIL") == 0) {
        snprintf(out, sizeof out, "_");
    } else if (strcmp(name, "SPEND") == 0) {
        host_spend(n->host, atoll(a) * SIM_MS);
    } else if (strcmp(name, "LATER") == 0) {
        snprintf(c->word, sizeof c->word, "+%s", b);
        c->later.fire = echo_later_fires;
        host_timer_at(n->host, &c->later, host_now(n->host) + atoll(a) * SIM_MS);
        return;
    } else if (strcmp(name, "NEVER") == 0) {
        return;
    } else if (strcmp(name, "QUIT") == 0) {
        host_close(c->conn);
        c->conn = NULL;
        return;
    } else if (strcmp(name, "EXIT") == 0) {
        host_exit(n->host, 0);
    } else if (strcmp(name, "UNREST") == 0) {
        n->unrest_until = host_now(n->host) + atoll(a) * SIM_MS;
    } else if (strcmp(name, "BREAK") == 0) {
        n->model->broken = true;
        n->model->broken_at = host_now(n->host);
    } else if (strcmp(name, "ABORT") == 0) {
        abort();
    } else if (strcmp(name, "DRIFT") == 0) {
        echo_note(n, ++echo_static_counter);
    } else {
        snprintf(out, sizeof out, "!ERR no %s here", name);
    }
    echo_reply(c, out);
}

static inline void echo_accepted(void *node, struct conn *conn, uint16_t port) {
    struct echo_node *n = node;
    (void)port;
    for (size_t i = 0; i < ECHO_CONNS; i++) {
        if (n->conns[i].conn) continue;
        n->conns[i] = (struct echo_conn){.node = n, .conn = conn};
        conn->user = &n->conns[i];
        return;
    }
    host_reset(conn);
}

static inline void echo_readable(void *node, struct conn *conn) {
    struct echo_conn *c = conn->user;
    (void)node;
    while (c->conn) {
        struct bytes in = host_peek(conn);
        const char *end = in.len ? memchr(in.at, '\n', in.len) : NULL;
        char line[512];
        if (!end) return;
        size_t len = (size_t)(end - in.at);
        ck_assert(len < sizeof line);
        memcpy(line, in.at, len);
        line[len] = 0;
        host_consume(conn, len + 1);
        echo_execute(c, line);
    }
}

static inline void echo_closed(void *node, struct conn *conn, enum conn_end why) {
    struct echo_conn *c = conn->user;
    (void)node;
    (void)why;
    if (c->later.armed) host_timer_stop(c->node->host, &c->later);
    c->conn = NULL;
}

static inline void echo_cron(void *node, struct host_timer *timer) {
    struct echo_node *n = node;
    host_timer_at(n->host, timer, host_now(n->host) + n->host->costs->cron_period);
}

static inline void echo_terminate(void *node) {
    struct echo_node *n = node;
    host_exit(n->host, 0);
}

static inline uint64_t echo_memory(void *node) {
    (void)node;
    return 1 << 20;
}

static const struct node_ops echo_node_ops = {.accepted = echo_accepted,
                                              .readable = echo_readable,
                                              .closed = echo_closed,
                                              .terminate = echo_terminate,
                                              .memory = echo_memory};

static inline void echo_boot(struct model *m, struct host *host, const struct setting *settings, size_t count) {
    struct echo_node *n = &m->nodes[host->index];
    int64_t value = host->incarnation == 0 ? n->value : 0;
    *n = (struct echo_node){.model = m, .host = host, .party = host->index, .up = true, .value = value};
    for (size_t i = 0; i < count; i++) {
        if (strncmp(settings[i].words[0].at, "greeting", 8) == 0) n->greeting = atoll(settings[i].words[1].at);
    }
    host->node = n;
    host->node_ops = &echo_node_ops;
    host_listen(host, ECHO_PORT);
    n->cron.fire = echo_cron;
    host_timer_at(host, &n->cron, host_now(host) + host->costs->cron_period);
    host_log(host, LOG_NOTICE, "up");
}

static inline void echo_gone(struct model *m, struct host *host) {
    m->nodes[host->index].up = false;
    m->nodes[host->index].value = 0;
}

/* --- clients: ADD 1, `times` times, one each `gap`, one at a time ------------------------------------------ */

static inline void echo_client_sends(void *node, struct host_timer *timer) {
    struct echo_client *c = node;
    struct happening h = {.kind = TRACE_OP_CALL, .peer = c->setup.nodes[0], .a = (int64_t)c->ops, .c = 1};
    if (c->left <= 0 || !c->conn) return;
    h.conn = c->conn->id;
    h.text = "ADD 1\n";
    h.len = 6;
    host_note(c->host, &h);
    host_write(c->conn, "ADD 1\n", 6);
    c->awaiting = true;
    c->left--;
    if (c->left > 0) host_timer_at(c->host, timer, host_now(c->host) + c->gap);
}

static inline void echo_client_connected(void *node, struct conn *conn) {
    struct echo_client *c = node;
    (void)conn;
    host_timer_at(c->host, &c->timer, host_now(c->host));
}

static inline void echo_client_readable(void *node, struct conn *conn) {
    struct echo_client *c = node;
    struct bytes in = host_peek(conn);
    const char *end = in.len ? memchr(in.at, '\n', in.len) : NULL;
    if (!end) return;
    struct happening h = {.kind = TRACE_OP_REPLY,
                          .peer = c->setup.nodes[0],
                          .a = (int64_t)c->ops++,
                          .b = OP_OK,
                          .c = 1,
                          .conn = conn->id,
                          .text = in.at,
                          .len = (uint32_t)(end - in.at + 1)};
    host_note(c->host, &h);
    host_consume(conn, (size_t)(end - in.at + 1));
    c->awaiting = false;
}

static inline void echo_client_closed(void *node, struct conn *conn, enum conn_end why) {
    struct echo_client *c = node;
    (void)conn;
    (void)why;
    c->conn = NULL;
    c->left = 0;
    c->awaiting = false;
}

static const struct node_ops echo_client_ops = {
    .connected = echo_client_connected, .readable = echo_client_readable, .closed = echo_client_closed};

static inline void echo_boot_client(struct model *m, struct host *host) {
    struct echo_client *c = &m->clients[host->index - m->node_count];
    c->host = host;
    c->timer.fire = echo_client_sends;
    host->node = c;
    host->node_ops = &echo_client_ops;
    c->conn = host_connect(host, m->names[c->setup.nodes[0]], ECHO_PORT);
}

static inline struct echo_client *echo_client(struct model *m, uint16_t party) {
    return &m->clients[party - m->node_count];
}

static inline void echo_client_start(struct model *m, uint16_t party) {
    echo_client(m, party)->left += 1;
    host_timer_at(echo_client(m, party)->host, &echo_client(m, party)->timer, echo_client(m, party)->host->now);
}

static inline void echo_client_stop(struct model *m, uint16_t party) {
    echo_client(m, party)->left = 0;
}

static inline bool echo_client_done(struct model *m, uint16_t party) {
    return echo_client(m, party)->left == 0 && !echo_client(m, party)->awaiting;
}

/* --- commands ------------------------------------------------------------------------------------------------ */

static inline void echo_encode(struct model *model, uint16_t party, const struct bytes *words, size_t count,
                               struct buffer *out) {
    (void)model;
    (void)party;
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buffer_putc(out, ' ');
        buffer_put(out, words[i].at, words[i].len);
    }
    buffer_putc(out, '\n');
}

static inline int64_t echo_decode(struct pool *pool, struct bytes in, struct reply *reply) {
    const char *end = in.len ? memchr(in.at, '\n', in.len) : NULL;
    if (!end) return 0;
    int64_t used = end - in.at + 1;
    *reply = (struct reply){.kind = REPLY_TEXT, .text = {in.at + 1, (size_t)used - 2}};
    switch (in.at[0]) {
    case '+':
        return used;
    case '!':
        reply->kind = REPLY_ERROR;
        return used;
    case ':':
        reply->kind = REPLY_NUMBER;
        return used;
    case '_':
        reply->kind = REPLY_NIL;
        return used;
    case '*':
        break;
    default:
        return -1;
    }
    reply->kind = REPLY_ARRAY;
    reply->count = (size_t)atoll(in.at + 1);
    reply->items = POOL_ARRAY(pool, struct reply, reply->count);
    for (size_t i = 0; i < reply->count; i++) {
        struct bytes rest = {in.at + used, in.len - (size_t)used};
        int64_t n = echo_decode(pool, rest, &reply->items[i]);
        if (n <= 0) return n;
        used += n;
    }
    return used;
}

static inline uint16_t echo_port(struct model *m, uint16_t party) {
    (void)m;
    (void)party;
    return ECHO_PORT;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

static const char *const echo_fields[] = {"alive", "value", "secret", "age", "state", "greeting", NULL};

static inline int echo_field_find(const char *name) {
    for (int i = 0; echo_fields[i]; i++) {
        if (strcmp(echo_fields[i], name) == 0) return i;
    }
    return -1;
}

static inline bool echo_field_known(const char *name) {
    return echo_field_find(name) >= 0;
}

static inline void echo_field_read(struct model *m, uint16_t party, int field, struct field_value *value,
                                   struct buffer *text) {
    struct echo_node *n = &m->nodes[party];
    *value = (struct field_value){.kind = FIELD_NUMBER};
    if (n->up) host_look(n->host);
    if (field == 0) {
        value->number = n->up;
    } else if (!n->up || (field == 2 && n->value == 0)) {
        buffer_printf(text, "%s has no field %s", m->names[party], echo_fields[field]);
        *value = (struct field_value){.kind = FIELD_UNDEFINED, .why = text->at};
        return;
    } else if (field == 1 || field == 2) {
        value->number = n->value;
    } else if (field == 3) { /* ms since time 0 */
        value->number = host_now(n->host) / SIM_MS;
        value->unit = SIM_MS;
    } else if (field == 5) {
        value->number = n->greeting;
    } else {
        value->kind = FIELD_TEXT;
        buffer_puts(text, n->value < 0 ? "minus" : n->value > 0 ? "plus" : "zero");
        return;
    }
    buffer_printf(text, "%lld", (long long)value->number);
}

static inline void echo_fields_each(struct model *m, uint16_t party,
                                    void (*each)(void *ctx, const char *name, const struct field_value *value,
                                                 const char *text),
                                    void *ctx) {
    for (int i = 0; echo_fields[i]; i++) {
        struct buffer text;
        struct field_value value;
        buffer_init(&text, m->pool);
        echo_field_read(m, party, i, &value, &text);
        if (value.kind != FIELD_UNDEFINED) each(ctx, echo_fields[i], &value, text.at);
        buffer_free(&text);
    }
}

static inline bool echo_metric_read(struct model *m, const char *name, struct field_value *value) {
    *value = (struct field_value){.kind = FIELD_NUMBER, .number = m->commands};
    return strcmp(name, "commands") == 0;
}

static inline bool echo_check_holds(struct model *m, const char *name, struct buffer *why) {
    (void)name;
    if (m->broken) buffer_puts(why, "it was told to break");
    return !m->broken;
}

static inline size_t echo_check_count(struct model *m) {
    ck_assert(m->finished);
    return 1;
}

static inline struct check_result echo_check_get(struct model *m, size_t i) {
    (void)i;
    if (!m->broken) return (struct check_result){"sane", VERDICT_OK, 0, "", -1};
    return (struct check_result){"sane", VERDICT_VIOLATION, 1, "it was told to break", m->broken_at};
}

static inline bool echo_broken(struct model *m) {
    return m->broken;
}

static inline bool echo_settled(struct model *m, const struct rest_view *view, struct buffer *why) {
    for (size_t i = 0; i < m->node_count; i++) {
        struct echo_node *n = &m->nodes[i];
        if (view->down[i] || !n->up) continue;
        host_look(n->host);
        if (host_now(n->host) >= n->unrest_until) continue;
        buffer_printf(why, "%s is restless", m->names[i]);
        return false;
    }
    return true;
}

static const char *const echo_sample_names[] = {"value", NULL};

static inline bool echo_sample(struct model *m, uint16_t party, int64_t *out) {
    out[0] = m->nodes[party].value;
    return m->nodes[party].up;
}

static inline const char *echo_happening_name(unsigned kind) {
    return kind == TRACE_MODEL ? "value" : NULL;
}

static inline void echo_happening_text(struct model *m, const struct happening *h, struct buffer *out) {
    (void)m;
    buffer_printf(out, "value %lld", (long long)h->a);
}

static inline void echo_op_text(struct bytes wire, struct buffer *out) {
    buffer_put(out, wire.at, wire.len);
}

static inline struct bytes echo_op_key(struct bytes wire) {
    return (struct bytes){wire.at, 0};
}

/* --- words -------------------------------------------------------------------------------------------------- */

static inline bool echo_conf_check(const struct bytes *words, size_t count, char *error, size_t room) {
    (void)words;
    if (count == 2) return true;
    snprintf(error, room, "one value is needed");
    return false;
}

static inline bool echo_command_check(const struct bytes *words, size_t count, char *error, size_t room) {
    (void)words;
    (void)error;
    (void)room;
    return count > 0;
}

static const struct word_rule echo_no_options[] = {{.name = NULL}};
static const struct word_rule echo_dataset_options[] = {{"keys", FORM_COUNT, NULL, SUPPORTED}, {.name = NULL}};
static const struct word_rule echo_client_options[] = {
    {"times", FORM_COUNT, NULL, SUPPORTED}, {"gap", FORM_DURATION, NULL, SUPPORTED}, {.name = NULL}};
static const struct directive echo_directives[] = {
    {"greeting", MERGE_LAST, SUPPORTED, NULL}, {"old-greeting", MERGE_LAST, NO_EFFECT, NULL}, {.name = NULL}};
static const struct command_word echo_commands[] = {
    {"SET", SUPPORTED},   {"ADD", SUPPORTED},   {"GET", SUPPORTED},    {"ECHO", SUPPORTED},  {"FAIL", SUPPORTED},
    {"NIL", SUPPORTED},   {"PAIR", SUPPORTED},  {"QUIT", SUPPORTED},   {"EXIT", SUPPORTED},  {"SPEND", SUPPORTED},
    {"LATER", SUPPORTED}, {"NEVER", SUPPORTED}, {"UNREST", SUPPORTED}, {"BREAK", SUPPORTED}, {"ABORT", SUPPORTED},
    {"DRIFT", SUPPORTED}, {.name = NULL}};
static const struct defect_word echo_defects[] = {{"mute", "says nothing", "nowhere", "sane"}, {.name = NULL}};
static const struct check_word echo_checks[] = {
    {"sane", SUPPORTED, false, false}, {"settled", SUPPORTED, false, true}, {.name = NULL}};
static const struct metric_word echo_metrics[] = {
    {"commands", SUPPORTED}, {"events", SUPPORTED}, {"errors", SUPPORTED}, {"bytes_sent", SUPPORTED}, {.name = NULL}};

static const struct vocabulary echo_words = {.node_options = echo_no_options,
                                             .dataset_options = echo_dataset_options,
                                             .client_options = echo_client_options,
                                             .directives = echo_directives,
                                             .commands = echo_commands,
                                             .defects = echo_defects,
                                             .checks = echo_checks,
                                             .metrics = echo_metrics,
                                             .conf_check = echo_conf_check,
                                             .command_check = echo_command_check,
                                             .field_known = echo_field_known,
                                             .fields = echo_fields};

static const struct system echo_system = {.name = "echo",
                                          .words = &echo_words,
                                          .create = echo_create,
                                          .finish = echo_finish,
                                          .boot = echo_boot,
                                          .gone = echo_gone,
                                          .boot_client = echo_boot_client,
                                          .client_start = echo_client_start,
                                          .client_stop = echo_client_stop,
                                          .client_done = echo_client_done,
                                          .encode = echo_encode,
                                          .decode = echo_decode,
                                          .port = echo_port,
                                          .field_find = echo_field_find,
                                          .field_read = echo_field_read,
                                          .fields_each = echo_fields_each,
                                          .metric_read = echo_metric_read,
                                          .check_holds = echo_check_holds,
                                          .check_count = echo_check_count,
                                          .check_get = echo_check_get,
                                          .broken = echo_broken,
                                          .settled = echo_settled,
                                          .sample_names = echo_sample_names,
                                          .sample = echo_sample,
                                          .happening_name = echo_happening_name,
                                          .happening_text = echo_happening_text,
                                          .op_text = echo_op_text,
                                          .op_key = echo_op_key};

/* --- making runs in tests --------------------------------------------------------------------------------- */

/* Pools of one test, reset by each run. */
struct echo_rig {
    struct pool *plan_pool, *pool, *scratch;
    struct plan *plan;
    struct run_result result;
};

static inline struct plan *echo_read(struct pool *pool, const char *text) {
    struct scenario_errors errors;
    struct plan *plan = scenario_read(pool, "test.scn", (struct bytes){text, strlen(text)}, &echo_words, &errors);
    if (!plan) {
        struct buffer out;
        buffer_init(&out, pool);
        scenario_errors_render(&errors, &out);
        ck_abort_msg("%s", out.at);
    }
    return plan;
}

static inline struct run_setup echo_setup(struct echo_rig *rig, uint64_t seed) {
    return (struct run_setup){
        .plan = rig->plan, .seed = seed, .system = &echo_system, .pool = rig->pool, .scratch = rig->scratch};
}

static inline void echo_open(struct echo_rig *rig, const char *text) {
    rig->plan_pool = pool_create();
    rig->pool = pool_create();
    rig->scratch = pool_create();
    rig->plan = echo_read(rig->plan_pool, text);
}

static inline void echo_close(struct echo_rig *rig) {
    pool_destroy(rig->plan_pool);
    pool_destroy(rig->pool);
    pool_destroy(rig->scratch);
}

/* Makes one run of the text; the result lives until echo_close. */
static inline const struct run_result *echo_run(struct echo_rig *rig, const char *text, uint64_t seed) {
    echo_open(rig, text);
    struct run_setup setup = echo_setup(rig, seed);
    run_make(&setup, &rig->result);
    return &rig->result;
}

/* The expectation of that line. */
static inline const struct expectation_result *echo_expectation(const struct run_result *r, uint32_t line) {
    for (size_t i = 0; i < r->expectation_count; i++) {
        if (r->expectations[i].line == line) return &r->expectations[i];
    }
    ck_abort_msg("no expectation on line %u", line);
    return NULL;
}

static inline int64_t echo_fault(const struct run_result *r, const char *name) {
    for (size_t i = 0; i < r->fault_count; i++) {
        if (strcmp(r->faults[i].name, name) == 0) return r->faults[i].number;
    }
    return 0;
}

static inline int64_t echo_metric(const struct run_result *r, const char *name) {
    for (size_t i = 0; i < r->metric_count; i++) {
        if (strcmp(r->metrics[i].name, name) == 0) return r->metrics[i].number;
    }
    ck_abort_msg("no metric %s", name);
    return 0;
}

/* Whether a note has that text in it. */
static inline bool echo_has_note(const struct run_result *r, const char *part) {
    for (size_t i = 0; i < r->note_count; i++) {
        if (strstr(r->notes[i], part)) return true;
    }
    return false;
}

#endif
