/* Reading a scenario: lines to words, names first, then every statement, then what concerns the whole file. */
#include "sim/scenario/scenario.h"

#include <assert.h>

#include "sim/scenario/reader.h"

#define DEFAULT_SETTLE (60 * SIM_SECOND)

static void report_lexical(void *ctx, struct place place, const char *message) {
    reader_fail(ctx, place, NULL, "%s", message);
}

/* Nodes of all lines first, so that a line may use a name that a later one declares. */
static void declare_parties(struct reader *r, const struct lines *lines) {
    size_t names = 0;
    for (size_t i = 0; i < lines->count; i++) names += lines->items[i].count;
    size_t nodes = names < MAX_NODES ? names : MAX_NODES, clients = names < MAX_CLIENTS ? names : MAX_CLIENTS;
    r->plan->nodes = POOL_ARRAY(r->pool, struct plan_node, nodes);
    r->plan->clients = POOL_ARRAY(r->pool, struct plan_client, clients);
    for (size_t i = 0; i < lines->count; i++) {
        if (word_is(&lines->items[i].words[0], "node")) parties_declare(r, &lines->items[i], false);
    }
    for (size_t i = 0; i < lines->count; i++) {
        if (word_is(&lines->items[i].words[0], "client")) parties_declare(r, &lines->items[i], true);
    }
}

static void read_statements(struct reader *r, const struct lines *lines) {
    struct plan *plan = r->plan;
    size_t room = 0;
    for (size_t i = 0; i < lines->count && !r->errors->more; i++) {
        if (plan->statement_count == room) {
            size_t grown = room ? room * 2 : 32, size = sizeof(struct statement);
            plan->statements = pool_resize(r->pool, plan->statements, room * size, grown * size);
            room = grown;
        }
        if (read_statement(r, &lines->items[i], &plan->statements[plan->statement_count])) plan->statement_count++;
    }
}

/* Which statement declares each party: known once the statements have their final place. */
static void find_declarations(struct plan *plan) {
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        for (size_t k = 0; st->kind == ST_NODE && k < st->nodes.count; k++) {
            plan->nodes[st->nodes.party[k]].statement = st;
        }
        for (size_t k = 0; k < st->clients.count; k++) {
            struct plan_client *client = &plan->clients[st->clients.party[k] - plan->node_count];
            client->statement = st;
            client->ordinal = (uint32_t)k;
        }
    }
}

static struct plan *new_plan(struct pool *pool, const char *file_name, struct bytes text,
                             const struct vocabulary *words) {
    struct plan *plan = POOL_NEW(pool, struct plan);
    plan->file = pool_strdup(pool, file_name);
    plan->words = words;
    plan->title = "";
    plan->seed = 1;
    plan->settle = DEFAULT_SETTLE;
    plan->source = text;
    return plan;
}

struct plan *scenario_read(struct pool *pool, const char *file_name, struct bytes text, const struct vocabulary *words,
                           struct scenario_errors *errors) {
    assert(words && words->node_options && words->dataset_options && words->client_options);
    struct plan *plan = new_plan(pool, file_name, text, words);
    scenario_errors_init(errors, pool, plan->file);
    errors->source = text;
    struct reader r = {.pool = pool, .words = words, .errors = errors, .plan = plan};
    struct lines lines = lex_file(pool, text, report_lexical, &r);
    declare_parties(&r, &lines);
    read_statements(&r, &lines);
    if (plan->node_count == 0 && errors->count == 0) {
        reader_fail(&r, (struct place){1, 1}, NULL, "the scenario declares no node (node NAME...)");
    }
    plan_check(&r);
    scenario_errors_sort(errors);
    if (errors->count > 0) return NULL;
    assert(plan->statement_count == lines.count);
    find_declarations(plan);
    plan_name_streams(pool, plan);
    return plan;
}
