#include "sim/run/conform_facts.h"

#include <assert.h>
#include <stdio.h>

#include "sim/run/conform_bridge.h"

#define HASTE  (20 * SIM_MS)
#define MOMENT (500 * SIM_MS)

enum { IDENTITIES_MAX = 26 };

static void add(struct facts *facts, const char *subject, const char *name, const char *value, const char *unlike) {
    if (facts->count == facts->room) {
        size_t room = facts->room ? 2 * facts->room : 64;
        facts->items =
            pool_resize(facts->pool, facts->items, facts->room * sizeof(struct fact), room * sizeof(struct fact));
        facts->room = room;
    }
    facts->items[facts->count++] = (struct fact){.subject = pool_strdup(facts->pool, subject),
                                                 .name = pool_strdup(facts->pool, name),
                                                 .value = pool_strdup(facts->pool, value),
                                                 .unlike = unlike};
}

const struct fact *facts_find(const struct facts *facts, const char *subject, const char *name) {
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->items[i];
        if (strcmp(fact->subject, subject) == 0 && strcmp(fact->name, name) == 0) return fact;
    }
    return NULL;
}

/* --- while the run goes ------------------------------------------------------------------------------------------ */

static void hear_begin(void *ctx, const struct run_identity *identity) {
    struct facts *facts = ctx;
    facts->system = identity->system;
    if (facts->names_of) facts->names = facts->names_of(identity->model);
    facts->node_count = identity->node_count;
    facts->console = identity->party_count - 1;
    size_t logs = identity->node_count * identity->node_count;
    facts->logs = POOL_ARRAY(facts->pool, struct buffer, logs);
    for (size_t i = 0; i < logs; i++) buffer_init(&facts->logs[i], facts->pool);
}

/* Whom a log line is about: the first other node that it names with a port; else the node itself. */
static uint16_t find_peer(const struct facts *facts, uint16_t node, struct bytes message) {
    for (uint16_t i = 0; i < facts->node_count; i++) {
        char named[80];
        size_t len = (size_t)snprintf(named, sizeof named, " %s:", facts->plan->nodes[i].name);
        if (i != node && len < sizeof named && memmem(message.at, message.len, named, len)) return i;
    }
    return node;
}

/* Lines about different peers come in any order. */
static struct buffer *log_about(struct facts *facts, uint16_t node, uint16_t peer) {
    return &facts->logs[node * facts->node_count + peer];
}

static void hear_happening(void *ctx, const struct happening *h) {
    struct facts *facts = ctx;
    if (h->kind != TRACE_LOG || h->node >= facts->node_count) return;
    struct bytes message = {h->text, h->len};
    buffer_clear(&facts->text);
    if (!facts->real->log_fact(message, &facts->text)) return;
    struct buffer *log = log_about(facts, h->node, find_peer(facts, h->node, message));
    buffer_put(log, facts->text.at, facts->text.len);
    buffer_putc(log, '\n');
}

/* "SET k v", and "SET k v (2)" for the second of that node. */
static const char *name_request(struct facts *facts, const char *node, const char *text) {
    const char *name = text;
    for (unsigned n = 2; facts_find(facts, node, name); n++) name = pool_printf(facts->pool, "%s (%u)", text, n);
    return name;
}

/* The timeline's commands: those that the system puts into other names are named as the scenario has them. */
static void hear_op(void *ctx, const struct op_record *op) {
    struct facts *facts = ctx;
    if (op->client != facts->console || op->node >= facts->node_count || facts->count >= facts->commands_max) return;
    const char *node = facts->plan->nodes[op->node].name;
    struct buffer request;
    buffer_init(&request, facts->pool);
    buffer_clear(&facts->text);
    facts->system->op_text(op->wire, facts->names ? &facts->text : &request);
    if (facts->names) names_put_back(facts->names, buffer_bytes(&facts->text), &request);
    const char *unlike = facts->real->unlike_reply(buffer_bytes(&request));
    buffer_clear(&facts->text);
    facts->real->reply_fact(buffer_bytes(&request), &facts->text);
    buffer_clear(&request);
    buffer_puts(&request, facts->text.at);
    buffer_clear(&facts->text);
    if (op->fate == OP_PENDING) {
        unlike = "its reply had not come by the end of the run";
    } else if (op->fate == OP_CLOSED) {
        buffer_puts(&facts->text, "closed");
    } else if (op->reply.len > 0) {
        facts->real->reply_fact(op->reply, &facts->text);
    }
    add(facts, node, name_request(facts, node, request.at), facts->text.len ? facts->text.at : "\"\"", unlike);
}

/* --- at its end -------------------------------------------------------------------------------------------------- */

static const char *field_text(const struct run_result *result, size_t node, const char *name) {
    for (size_t i = 0; i < result->field_count; i++) {
        const struct node_field *field = &result->fields[i];
        if (field->node == node && strcmp(field->name, name) == 0) return field->text;
    }
    return NULL;
}

/* Names drawn at random, in order of appearance. */
struct identities {
    const char *texts[IDENTITIES_MAX];
    size_t count;
};

static const char *letter_of(struct facts *facts, struct identities *known, const char *text, const char *none) {
    size_t i = 0;
    if (none && strcmp(text, none) == 0) return "none";
    while (i < known->count && strcmp(known->texts[i], text) != 0) i++;
    if (i == known->count && i < IDENTITIES_MAX) known->texts[known->count++] = text;
    return i < IDENTITIES_MAX ? pool_printf(facts->pool, "id %c", (char)('A' + i)) : "another id";
}

static void add_fields(struct facts *facts, const struct run_result *result) {
    struct identities known = {.count = 0};
    for (size_t node = 0; node < facts->node_count; node++) {
        for (const struct real_fact *f = facts->real->facts; f->field; f++) {
            const char *text = field_text(result, node, f->field);
            if (text && f->compare == REAL_IDENTITY) text = letter_of(facts, &known, text, f->none);
            add(facts, facts->plan->nodes[node].name, f->field, text ? text : "-", NULL);
        }
    }
}

static bool is_among(const char *const *names, const char *name) {
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

static const char *unlike_field(const struct facts *facts, const struct condition *c) {
    const char *why = facts->real->unlike(c->left.field);
    if (!why && c->right.kind == OPERAND_FIELD) why = facts->real->unlike(c->right.ref.field);
    return why;
}

/* Why an expectation cannot be judged on real servers; NULL: it can. */
static const char *unlike_condition(const struct facts *facts, const struct condition *c) {
    switch (c->kind) {
    case COND_CHECK:
        return is_among(facts->real->checks, c->name) ? NULL : "a promise that is judged inside the model";
    case COND_METRIC:
        return is_among(facts->real->metrics, c->name) ? NULL : "counted inside the model only";
    case COND_FIELD:
        return unlike_field(facts, c);
    case COND_LOG:
        break;
    }
    return NULL;
}

static const struct statement *statement_at(const struct plan *plan, uint32_t line) {
    for (size_t i = 0; i < plan->statement_count; i++) {
        if (plan->statements[i].place.line == line) return &plan->statements[i];
    }
    return NULL;
}

/* A reply that must come within less than the proxy's own time. */
static const char *unlike_haste(const struct command_action *command) {
    return command->has_within && command->within < HASTE ? "the observer's own way takes that long" : NULL;
}

/* What the observer of real servers can miss: a state between two of its questions; one of a server that is busy. */
static const char *unlike_miss(const struct facts *facts, const struct statement *st, const char *got) {
    bool short_look = st->expect == EXPECT_BY && st->until - (st->has_from ? st->from : 0) <= MOMENT;
    if (facts->names && strstr(got, BRIDGE_UNANSWERED)) return "the server " BRIDGE_UNANSWERED;
    return facts->names && short_look ? "asked every few ms: what lasts less is not seen" : NULL;
}

/* Expectations. What a reply must be is judged here; its text was compared already. */
static void add_expectations(struct facts *facts, const struct run_result *result) {
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        const struct statement *st = statement_at(facts->plan, e->line);
        const char *unlike = !st                     ? NULL
                             : st->kind == ST_EXPECT ? unlike_condition(facts, &st->condition)
                                                     : unlike_haste(&st->action.command);
        if (st && st->kind == ST_EXPECT && !e->held && !unlike) unlike = unlike_miss(facts, st, e->got);
        const char *value = e->held ? "held" : pool_printf(facts->pool, "missed: %s", e->got);
        add(facts, pool_printf(facts->pool, "line %u", e->line), e->text, value, unlike);
    }
}

static void add_logs(struct facts *facts) {
    for (uint16_t node = 0; node < facts->node_count; node++) {
        for (uint16_t peer = 0; peer < facts->node_count; peer++) {
            const struct buffer *log = log_about(facts, node, peer);
            const char *name = "log";
            if (peer != node) name = pool_printf(facts->pool, "log about %s", facts->plan->nodes[peer].name);
            add(facts, facts->plan->nodes[node].name, name, log->len ? log->at : "", NULL);
            facts->items[facts->count - 1].is_list = true;
        }
    }
}

static bool hear_end(void *ctx, const struct run_result *result) {
    struct facts *facts = ctx;
    facts->ended = result->sim_ns;
    add_fields(facts, result);
    add_logs(facts);
    add_expectations(facts, result);
    return true;
}

void facts_begin(struct facts *facts, struct pool *pool, const struct real *real, const struct plan *plan) {
    static const struct recorder_ops ops = {
        .begin = hear_begin, .happening = hear_happening, .op = hear_op, .end = hear_end};
    *facts = (struct facts){.pool = pool, .real = real, .plan = plan, .commands_max = 500};
    buffer_init(&facts->text, pool);
    facts->recorder = (struct recorder){&ops, facts};
}
