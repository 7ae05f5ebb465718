/* Statements: one function a keyword; those of the timeline are in timeline.c. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* --- the head ----------------------------------------------------------------------------------------------------- */

static bool read_title(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_take(c, "a title");
    if (!w || !(st->name = word_string(c, w))) return false;
    c->reader->plan->title = st->name;
    if (cursor_at_end(c)) return true;
    reader_fail(c->reader, cursor_peek(c)->place, NULL, "the title is one word: put it in quotes");
    return false;
}

static bool read_model(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_take(c, "the name of a model");
    if (!w || !(st->name = word_string(c, w))) return false;
    const char *model = c->reader->words->model;
    if (!model || strcmp(st->name, model) == 0) return cursor_finish(c);
    reader_fail(c->reader, w->place, model, "no model named \"%.*s\" (models: %s)", word_shown(w->text), w->text.at,
                model);
    return false;
}

static bool read_seed(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_take(c, "a seed");
    if (!w || !word_is_value(c, w, "a seed", value_read_seed(w->text, &st->seed))) return false;
    c->reader->plan->seed = st->seed;
    c->reader->plan->has_seed = true;
    return cursor_finish(c);
}

/* A duration above 0 for the rest of the line. */
static bool read_span(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_peek(c);
    if (!cursor_value(c, "a duration", value_read_duration, &st->duration)) return false;
    if (st->duration == 0) return word_is_value(c, w, "a duration", "it must be above 0");
    return cursor_finish(c);
}

static bool read_settle(struct cursor *c, struct statement *st) {
    if (!read_span(c, st)) return false;
    c->reader->plan->settle = st->duration;
    return true;
}

static bool read_end(struct cursor *c, struct statement *st) {
    if (!read_span(c, st)) return false;
    c->reader->plan->end = st->duration;
    c->reader->plan->has_end = true;
    return true;
}

/* --- nodes and clients -------------------------------------------------------------------------------------------- */

/* The parties that a declaring line names. A name that could not be declared was reported then. */
static bool read_names(struct cursor *c, bool clients, struct party_set *out) {
    struct plan *plan = c->reader->plan;
    size_t first = c->next;
    out->party = POOL_ARRAY(c->reader->pool, uint16_t, c->line->count);
    const struct word *w = cursor_peek(c);
    for (; w && !(clients ? word_is(w, "on") : parties_ends_names(c->reader, w)); w = cursor_peek(c)) {
        size_t from = clients ? plan->node_count : 0, to = plan->node_count + (clients ? plan->client_count : 0);
        size_t i = from;
        while (i < to && !bytes_equal(w->text, plan_party_name(plan, (uint16_t)i))) i++;
        if (i < to) out->party[out->count++] = (uint16_t)i;
        c->next++;
    }
    out->text = cursor_text(c, first);
    out->rank = 2;
    if (c->next > first) return true;
    reader_fail(c->reader, w ? w->place : c->line->end, NULL, "the name of a %s must stand here",
                clients ? "client" : "node");
    return false;
}

/* A node cannot be what its own line says it follows. */
static bool check_not_itself(struct cursor *c, const struct statement *st) {
    for (size_t i = 0; i < st->option_count; i++) {
        const struct option *o = &st->options[i];
        for (size_t k = 0; o->rule->form == FORM_NODE && k < st->nodes.count; k++) {
            if (o->nodes[0] != st->nodes.party[k]) continue;
            reader_fail(c->reader, st->place, NULL, "\"%s %s\" means the node itself", o->rule->name, o->text);
            return false;
        }
    }
    return true;
}

/* NAME... then the properties; `off` stands before or behind them. */
static bool read_node(struct cursor *c, struct statement *st) {
    bool good = read_names(c, false, &st->nodes);
    struct line rest = *c->line;
    st->off = cursor_accept(c, "off");
    if (!st->off && rest.count > c->next && word_is(&rest.words[rest.count - 1], "off")) {
        rest.count--;
        st->off = true;
    }
    struct cursor options = {c->reader, &rest, c->next};
    good &= cursor_options(&options, c->reader->words->node_options, "a node", &st->options, &st->option_count);
    return good && check_not_itself(c, st);
}

/* Whether `from` (by default 0) lies before `until` where the options have it. */
static bool check_span(struct cursor *c, const struct statement *st) {
    const struct option *from = NULL, *until = NULL;
    for (size_t i = 0; i < st->option_count; i++) {
        const struct option *o = &st->options[i];
        if (o->rule->form != FORM_DURATION) continue;
        if (strcmp(o->rule->name, "from") == 0) from = o;
        if (strcmp(o->rule->name, "until") == 0) until = o;
    }
    if (!until || (from ? from->number : 0) < until->number) return true;
    reader_fail(c->reader, st->place, NULL, "there is no time between `from %s` and `until %s`",
                from ? from->text : "0", until->text);
    return false;
}

static bool read_client(struct cursor *c, struct statement *st) {
    bool good = read_names(c, true, &st->clients);
    if (!cursor_accept(c, "on")) {
        reader_fail(c->reader, c->line->end, NULL, "`on NODES` is missing behind the names");
        return false;
    }
    good &= cursor_nodes(c, &st->nodes);
    good &= cursor_options(c, c->reader->words->client_options, "a client", &st->options, &st->option_count);
    return good && check_span(c, st);
}

/* --- what they are like ------------------------------------------------------------------------------------------- */

static bool read_conf(struct cursor *c, struct statement *st) {
    bool good = cursor_nodes(c, &st->nodes);
    return cursor_setting(c, &st->conf) && good;
}

static const struct word_rule *find_cost(struct cursor *c, const struct word *w) {
    for (const struct word_rule *rule = cost_rules; rule->name; rule++) {
        if (word_is(w, rule->name)) return rule;
    }
    struct nearest nearest = reader_nearest(c->reader, w->text);
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    for (const struct word_rule *rule = cost_rules; rule->name; rule++) {
        nearest_try(&nearest, rule->name);
        buffer_printf(&list, "%s%s", rule > cost_rules ? ", " : "", rule->name);
    }
    reader_fail(c->reader, w->place, nearest.best, "no cost named \"%.*s\" (%s)", word_shown(w->text), w->text.at,
                list.at);
    buffer_free(&list);
    return NULL;
}

/* A machine without memory, or whose periodic work never lets time pass, is none. */
static bool must_be_positive(const char *cost) {
    return strcmp(cost, "memory") == 0 || strcmp(cost, "cron-period") == 0;
}

static bool read_cost(struct cursor *c, struct statement *st) {
    bool good = cursor_nodes(c, &st->nodes);
    const struct word *w = cursor_take(c, "the name of a cost");
    const struct word_rule *rule = w ? find_cost(c, w) : NULL;
    if (!rule) return false;
    st->name = rule->name;
    const struct word *value = cursor_peek(c);
    if (!cursor_option_value(c, rule, &st->value)) return false;
    if (must_be_positive(rule->name) && st->value.number == 0) {
        good = word_is_value(c, value, "possible here", "it must be above 0");
    }
    return cursor_finish(c) && good;
}

static bool read_dataset(struct cursor *c, struct statement *st) {
    const struct word_rule *rules = c->reader->words->dataset_options;
    bool good = cursor_party(c, "a node", WANT_NODE, &st->nodes);
    if (!good && cursor_at_end(c)) return false;
    good &= cursor_options(c, rules, "a dataset", &st->options, &st->option_count);
    if (!good) return false;
    for (size_t i = 0; i < st->option_count; i++) {
        if (st->options[i].rule == &rules[0]) return true;
    }
    reader_fail(c->reader, c->line->end, NULL, "\"%s\" is missing: how many there are", rules[0].name);
    return false;
}

static bool find_defect(struct cursor *c, const struct word *w) {
    const struct defect_word *defects = c->reader->words->defects;
    for (const struct defect_word *d = defects; d->name; d++) {
        if (bytes_equal(w->text, d->name)) return true;
    }
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (const struct defect_word *d = defects; d->name; d++) nearest_try(&nearest, d->name);
    reader_fail(c->reader, w->place, nearest.best, "no defect named \"%.*s\"", word_shown(w->text), w->text.at);
    return false;
}

static bool read_defect(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_take(c, "the name of a defect");
    if (!w) return false;
    bool good = find_defect(c, w);
    st->name = w->text.at;
    if (cursor_accept(c, "on")) good &= cursor_nodes(c, &st->nodes);
    return cursor_finish(c) && good;
}

static bool read_allow(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_take(c, "the name of a check");
    if (!w) return false;
    st->name = w->text.at;
    const struct check_word *checks = c->reader->words->checks;
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (const struct check_word *check = checks; check->name; check++) {
        if (bytes_equal(w->text, check->name)) return cursor_finish(c);
        nearest_try(&nearest, check->name);
    }
    reader_fail(c->reader, w->place, nearest.best, "no check named \"%.*s\"", word_shown(w->text), w->text.at);
    return false;
}

static bool read_link(struct cursor *c, struct statement *st) {
    return cursor_link(c, &st->link) && cursor_finish(c);
}

/* --- which is which ----------------------------------------------------------------------------------------------- */

static const struct keyword {
    const char *name;
    enum statement_kind kind;
    bool (*read)(struct cursor *c, struct statement *st);
    bool once; /* at most one of them in a file */
} keywords[] = {
    {"scenario", ST_SCENARIO, read_title, true},
    {"model", ST_MODEL, read_model, true},
    {"seed", ST_SEED, read_seed, true},
    {"settle", ST_SETTLE, read_settle, true},
    {"end", ST_END, read_end, true},
    {"node", ST_NODE, read_node, false},
    {"conf", ST_CONF, read_conf, false},
    {"cost", ST_COST, read_cost, false},
    {"dataset", ST_DATASET, read_dataset, false},
    {"defect", ST_DEFECT, read_defect, false},
    {"allow", ST_ALLOW, read_allow, false},
    {"link", ST_LINK, read_link, false},
    {"client", ST_CLIENT, read_client, false},
    {"at", ST_AT, read_at, false},
    {"every", ST_EVERY, read_every, false},
    {"when", ST_WHEN, read_when, false},
    {"chaos", ST_CHAOS, read_chaos, false},
    {"expect", ST_EXPECT, read_expect, false},
};

enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

static bool fail_keyword(struct reader *r, const struct word *w) {
    if (word_begins_action(w)) {
        reader_fail(r, w->place, NULL, "an action needs `at T`, `every SPREAD` or `when CONDITION` before it");
        return false;
    }
    struct nearest nearest = reader_nearest(r, w->text);
    for (size_t i = 0; i < KEYWORDS; i++) nearest_try(&nearest, keywords[i].name);
    reader_fail(r, w->place, nearest.best, "no statement begins with \"%.*s\"", word_shown(w->text), w->text.at);
    return false;
}

static bool check_once(struct reader *r, const struct statement *st) {
    for (const struct statement *other = r->plan->statements; other < st; other++) {
        if (other->kind != st->kind) continue;
        reader_fail(r, st->place, NULL, "\"%s\" was given before, in line %u", keywords[st->kind].name,
                    other->place.line);
        return false;
    }
    return true;
}

bool read_statement(struct reader *r, const struct line *line, struct statement *st) {
    assert(line->count > 0);
    const struct word *w = &line->words[0];
    const struct keyword *keyword = keywords;
    while (keyword < keywords + KEYWORDS && !word_is(w, keyword->name)) keyword++;
    if (keyword == keywords + KEYWORDS) return fail_keyword(r, w);
    *st = (struct statement){.kind = keyword->kind, .place = w->place};
    assert(keyword == &keywords[keyword->kind]);
    struct cursor c = {r, line, 1};
    bool good = keyword->read(&c, st);
    if (keyword->once) good &= check_once(r, st);
    c.next = line->count;
    st->text = cursor_text(&c, 0);
    return good;
}
