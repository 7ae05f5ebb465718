/* Names: declaring nodes and clients, and finding them where a statement means them. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/world/glob.h"

/* --- which words are names ---------------------------------------------------------------------------------- */

/* Words of the language that stand where a name could. */
static const char *const reserved[] = {"run", "on", "off", "at", "by", "end", "always", NULL};

bool parties_reserve(const struct reader *r, struct bytes text) {
    for (size_t i = 0; reserved[i]; i++) {
        if (bytes_equal(text, reserved[i])) return true;
    }
    for (const struct word_rule *rule = r->words->node_options; rule->name; rule++) {
        if (bytes_equal(text, rule->name)) return true;
    }
    return false;
}

bool parties_ends_names(const struct reader *r, const struct word *w) {
    if (w->quoted) return false;
    if (bytes_equal(w->text, "off")) return true;
    for (const struct word_rule *rule = r->words->node_options; rule->name; rule++) {
        if (bytes_equal(w->text, rule->name)) return true;
    }
    return false;
}

/* --- the parties there are ------------------------------------------------------------------------------------ */

static size_t party_count(const struct plan *plan) {
    return plan->node_count + plan->client_count;
}

static bool find_name(const struct plan *plan, struct bytes name, uint16_t *out) {
    for (size_t i = 0; i < party_count(plan); i++) {
        if (!bytes_equal(name, plan_party_name(plan, (uint16_t)i))) continue;
        *out = (uint16_t)i;
        return true;
    }
    return false;
}

/* Which parties a name may mean: indexes from..to. */
static void wanted_range(const struct plan *plan, enum party_wanted wanted, size_t *from, size_t *to) {
    *from = wanted == WANT_CLIENT ? plan->node_count : 0;
    *to = wanted == WANT_NODE ? plan->node_count : party_count(plan);
}

static void list_names(const struct plan *plan, const char *title, size_t from, size_t to, struct buffer *out) {
    enum { SHOWN = 12 };
    buffer_puts(out, title);
    for (size_t i = from; i < to && i < from + SHOWN; i++) {
        buffer_printf(out, "%s%s", i > from ? ", " : "", plan_party_name(plan, (uint16_t)i));
    }
    if (to - from > SHOWN) buffer_printf(out, " and %zu more", to - from - SHOWN);
}

/* What there is to choose from: "nodes: m, r". */
static void list_wanted(const struct plan *plan, enum party_wanted wanted, struct buffer *out) {
    size_t nodes = plan->node_count, all = party_count(plan);
    bool show_nodes = wanted != WANT_CLIENT;
    bool show_clients = wanted == WANT_CLIENT || (wanted == WANT_PARTY && all > nodes);
    if (show_nodes && nodes == 0) buffer_puts(out, "the file declares no node");
    if (show_nodes && nodes > 0) list_names(plan, "nodes: ", 0, nodes, out);
    if (!show_clients) return;
    if (show_nodes) buffer_puts(out, "; ");
    if (all == nodes) buffer_puts(out, "the file declares no client");
    if (all > nodes) list_names(plan, "clients: ", nodes, all, out);
}

static const char *wanted_text(enum party_wanted wanted) {
    return wanted == WANT_CLIENT ? "client" : "node";
}

static void fail_unknown(struct cursor *c, struct bytes name, struct place place, enum party_wanted wanted) {
    const struct plan *plan = c->reader->plan;
    struct nearest nearest = reader_nearest(c->reader, name);
    size_t from, to;
    wanted_range(plan, wanted, &from, &to);
    for (size_t i = from; i < to; i++) nearest_try(&nearest, plan_party_name(plan, (uint16_t)i));
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    list_wanted(plan, wanted, &list);
    reader_fail(c->reader, place, nearest.best, "no %s named \"%.*s\" (%s)", wanted_text(wanted), word_shown(name),
                name.at, list.at);
    buffer_free(&list);
}

bool party_find(struct cursor *c, struct bytes name, struct place place, enum party_wanted wanted, uint16_t *out) {
    const struct plan *plan = c->reader->plan;
    if (!find_name(plan, name, out)) {
        fail_unknown(c, name, place, wanted);
        return false;
    }
    bool is_node = *out < plan->node_count;
    if (wanted == WANT_PARTY || is_node == (wanted == WANT_NODE)) return true;
    reader_fail(c->reader, place, NULL, "\"%.*s\" is a %s: a %s must stand here", word_shown(name), name.at,
                is_node ? "node" : "client", wanted_text(wanted));
    return false;
}

/* --- declaring ------------------------------------------------------------------------------------------------ */

static void add_party(struct reader *r, const char *name, bool client) {
    struct plan *plan = r->plan;
    if (client) {
        plan->clients[plan->client_count++] = (struct plan_client){.name = name};
    } else {
        plan->nodes[plan->node_count++] = (struct plan_node){.name = name};
    }
}

static void declare(struct reader *r, const struct word *w, bool client) {
    const char *kind = client ? "client" : "node";
    uint16_t other;
    if (!word_is_name(w->text)) {
        reader_fail(r, w->place, NULL, "\"%.*s\" is not a name: a letter or _, then letters, digits, _ and -",
                    word_shown(w->text), w->text.at);
    } else if (parties_reserve(r, w->text)) {
        reader_fail(r, w->place, NULL, "a %s cannot be named \"%s\": the language uses that word", kind, w->text.at);
    } else if (find_name(r->plan, w->text, &other)) {
        const char *what = other < r->plan->node_count ? "node" : "client";
        reader_fail(r, w->place, NULL, "there is a %s named \"%s\" already", what, w->text.at);
    } else if ((client ? r->plan->client_count : r->plan->node_count) == (client ? MAX_CLIENTS : MAX_NODES)) {
        reader_fail(r, w->place, NULL, "a scenario has at most %d %ss", client ? MAX_CLIENTS : MAX_NODES, kind);
    } else {
        add_party(r, w->text.at, client);
    }
}

/* Whether the word is nearly one that ends the names of a `node` line: what follows it is no name then. */
static bool is_misspelt(struct reader *r, const struct word *w) {
    struct nearest nearest = reader_nearest(r, w->text);
    for (const struct word_rule *rule = r->words->node_options; rule->name; rule++) nearest_try(&nearest, rule->name);
    if (!nearest.best) return false;
    reader_fail(r, w->place, nearest.best, "\"%s\" is neither a name that is free nor a property of a node",
                w->text.at);
    return true;
}

void parties_declare(struct reader *r, const struct line *line, bool clients) {
    assert(line->count > 0);
    for (size_t i = 1; i < line->count; i++) {
        const struct word *w = &line->words[i];
        uint16_t other;
        if (clients ? word_is(w, "on") : parties_ends_names(r, w)) break;
        bool again = i + 1 < line->count && find_name(r->plan, line->words[i + 1].text, &other);
        if (!clients && i > 1 && again && is_misspelt(r, w)) break;
        declare(r, w, clients);
    }
}

/* --- sets ------------------------------------------------------------------------------------------------------- */

/* Which parties a word means, as marks by index. */
struct marks {
    bool party[MAX_NODES + MAX_CLIENTS];
};

static void set_from_marks(struct cursor *c, const struct marks *marks, struct party_set *out) {
    size_t all = party_count(c->reader->plan);
    assert(all <= MAX_NODES + MAX_CLIENTS);
    out->count = 0;
    for (size_t i = 0; i < all; i++) out->count += marks->party[i];
    out->party = POOL_ARRAY(c->reader->pool, uint16_t, out->count);
    size_t n = 0;
    for (size_t i = 0; i < all; i++) {
        if (marks->party[i]) out->party[n++] = (uint16_t)i;
    }
}

/* A name or names joined by commas, from byte `offset` of the word. */
static bool mark_list(struct cursor *c, const struct word *w, size_t offset, struct bytes list,
                      enum party_wanted wanted, struct marks *marks) {
    bool good = true;
    size_t start = 0;
    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && list.at[i] != ',') continue;
        uint16_t party;
        struct bytes name = {list.at + start, i - start};
        if (party_find(c, name, word_place(w, offset + start), wanted, &party)) {
            marks->party[party] = true;
        } else {
            good = false;
        }
        start = i + 1;
    }
    return good;
}

static bool mark_glob(struct cursor *c, const struct word *w, struct marks *marks) {
    const struct plan *plan = c->reader->plan;
    assert(glob_is(w->text));
    if (memchr(w->text.at, ',', w->text.len)) {
        reader_fail(c->reader, w->place, NULL, "\"%s\": a list has names only, a glob stands alone", w->text.at);
        return false;
    }
    bool any = false;
    for (size_t i = 0; i < plan->node_count; i++) {
        marks->party[i] = glob_match(w->text, (struct bytes){plan->nodes[i].name, strlen(plan->nodes[i].name)});
        any |= marks->party[i];
    }
    if (any) return true;
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    list_wanted(plan, WANT_NODE, &list);
    reader_fail(c->reader, w->place, NULL, "no node matches \"%s\" (%s)", w->text.at, list.at);
    buffer_free(&list);
    return false;
}

bool word_nodes(struct cursor *c, const struct word *w, struct party_set *out) {
    struct marks marks = {{false}};
    *out = (struct party_set){.text = word_string(c, w)};
    if (!out->text) return false;
    bool glob = glob_is(w->text);
    out->rank = !glob ? 2 : bytes_equal(w->text, "*") ? 0 : 1;
    bool good = glob ? mark_glob(c, w, &marks) : mark_list(c, w, 0, w->text, WANT_NODE, &marks);
    set_from_marks(c, &marks, out);
    return good;
}

bool cursor_nodes(struct cursor *c, struct party_set *out) {
    const struct word *w = cursor_take(c, "a node (a name, names joined by commas, a glob or *)");
    return w && word_nodes(c, w, out);
}

bool cursor_party(struct cursor *c, const char *what, enum party_wanted wanted, struct party_set *out) {
    const struct word *w = cursor_take(c, what);
    uint16_t party;
    if (!w || !party_find(c, w->text, w->place, wanted, &party)) return false;
    *out = (struct party_set){.text = w->text.at, .count = 1, .rank = 2};
    out->party = POOL_ARRAY(c->reader->pool, uint16_t, 1);
    out->party[0] = party;
    return true;
}

bool cursor_group(struct cursor *c, struct party_set *out) {
    const struct word *w = cursor_take(c, "a group {A,B}");
    if (!w) return false;
    if (w->text.len < 2 || w->text.at[0] != '{' || w->text.at[w->text.len - 1] != '}') {
        reader_fail(c->reader, w->place, NULL,
                    "\"%.*s\" is not a group: it must be names joined by commas in braces, "
                    "without blanks ({m,r1})",
                    word_shown(w->text), w->text.at);
        return false;
    }
    struct marks marks = {{false}};
    struct bytes inside = {w->text.at + 1, w->text.len - 2};
    if (!mark_list(c, w, 1, inside, WANT_PARTY, &marks)) return false;
    *out = (struct party_set){.text = pool_strndup(c->reader->pool, inside.at, inside.len), .rank = 2};
    set_from_marks(c, &marks, out);
    return true;
}

/* The place of `->` in the word; its length if there is none. */
static size_t find_arrow(struct bytes text) {
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] == '-' && text.at[i + 1] == '>') return i;
    }
    return text.len;
}

bool cursor_ends(struct cursor *c, uint16_t *from, uint16_t *to, bool *one_way) {
    const struct word *a = cursor_take(c, "a link (A B, or A->B)");
    if (!a) return false;
    size_t arrow = find_arrow(a->text);
    *one_way = arrow < a->text.len;
    const struct word *b = *one_way ? a : cursor_take(c, "the other end of the link");
    if (!b) return false;
    struct bytes first = {a->text.at, arrow}, second = b->text;
    size_t second_at = *one_way ? arrow + 2 : 0;
    second = (struct bytes){b->text.at + second_at, b->text.len - second_at};
    bool good = party_find(c, first, a->place, WANT_PARTY, from);
    good &= party_find(c, second, word_place(b, second_at), WANT_PARTY, to);
    if (!good) return false;
    if (*from != *to) return true;
    reader_fail(c->reader, b->place, NULL, "a link needs two different ends");
    return false;
}
