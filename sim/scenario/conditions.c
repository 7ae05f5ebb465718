/* Conditions: a check, a field or a metric compared with a value, a count of log lines. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* --- references to fields ------------------------------------------------------------------------------------- */

static bool is_field_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_time_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.';
}

/* NODE.FIELD[@T][+N] cut into its parts; at.len and plus.len are 0 where they are missing. */
struct ref_parts {
    struct bytes node, field, at, plus;
};

static struct bytes take_while(struct bytes *text, bool (*is)(char c)) {
    size_t n = 0;
    while (n < text->len && is(text->at[n])) n++;
    struct bytes taken = {text->at, n};
    *text = (struct bytes){text->at + n, text->len - n};
    return taken;
}

/* False: the text has not that shape. */
static bool cut_ref(struct bytes text, struct ref_parts *out) {
    *out = (struct ref_parts){.node = text};
    const char *dot = text.len ? memchr(text.at, '.', text.len) : NULL;
    if (!dot) return false;
    out->node.len = (size_t)(dot - text.at);
    bool all = bytes_equal(out->node, "*");
    if (!all && !word_is_name(out->node)) return false;
    text = (struct bytes){dot + 1, text.len - out->node.len - 1};
    out->field = take_while(&text, is_field_char);
    if (out->field.len == 0) return false;
    if (text.len > 1 && text.at[0] == '@') {
        text = (struct bytes){text.at + 1, text.len - 1};
        out->at = take_while(&text, is_time_char);
        if (out->at.len == 0) return false;
    }
    if (text.len > 1 && (text.at[0] == '+' || text.at[0] == '-')) {
        out->plus = text;
        return true;
    }
    return text.len == 0;
}

static bool node_exists(const struct plan *plan, struct bytes name) {
    for (size_t i = 0; i < plan->node_count; i++) {
        if (bytes_equal(name, plan->nodes[i].name)) return true;
    }
    return false;
}

static bool read_field_name(struct cursor *c, struct bytes field, struct place place, struct field_ref *out) {
    const struct vocabulary *words = c->reader->words;
    out->field = pool_strndup(c->reader->pool, field.at, field.len);
    if (words->field_known(out->field)) return true;
    struct nearest nearest = reader_nearest(c->reader, field);
    for (size_t i = 0; words->fields[i]; i++) nearest_try(&nearest, words->fields[i]);
    reader_fail(c->reader, place, nearest.best, "no field named \"%.*s\"", word_shown(field), field.at);
    return false;
}

static bool read_ref_node(struct cursor *c, struct bytes node, struct place place, struct field_ref *out) {
    assert(node.len > 0);
    out->all = bytes_equal(node, "*");
    size_t count = out->all ? c->reader->plan->node_count : 1;
    out->nodes = (struct party_set){.text = pool_strndup(c->reader->pool, node.at, node.len),
                                    .count = count,
                                    .rank = out->all ? 0 : 2,
                                    .party = POOL_ARRAY(c->reader->pool, uint16_t, count)};
    if (!out->all) return party_find(c, node, place, WANT_NODE, out->nodes.party);
    for (size_t i = 0; i < count; i++) out->nodes.party[i] = (uint16_t)i;
    return true;
}

static bool is_good(struct cursor *c, struct bytes text, struct place place, const char *what, const char *why) {
    if (why) reader_fail(c->reader, place, NULL, "\"%.*s\" is not %s: %s", word_shown(text), text.at, what, why);
    return why == NULL;
}

/* The place of a part of the word. */
static struct place part_place(const struct word *w, size_t offset, struct bytes text, struct bytes part) {
    return word_place(w, offset + (size_t)(part.at - text.at));
}

static bool read_parts(struct cursor *c, const struct word *w, size_t offset, struct bytes text,
                       const struct ref_parts *parts, struct field_ref *out) {
    assert(text.at == w->text.at + offset && offset + text.len <= w->text.len);
    *out = (struct field_ref){.place = word_place(w, offset)};
    bool good = read_ref_node(c, parts->node, out->place, out);
    good &= read_field_name(c, parts->field, part_place(w, offset, text, parts->field), out);
    if (parts->at.len > 0) {
        struct place place = part_place(w, offset, text, parts->at);
        out->at_set = true;
        good &= is_good(c, parts->at, place, "a duration", value_read_duration(parts->at, &out->at));
    }
    if (parts->plus.len > 0) {
        struct place place = part_place(w, offset, text, parts->plus);
        good &= is_good(c, parts->plus, place, "a number", value_read_integer(parts->plus, &out->plus));
    }
    return good;
}

enum field_read read_field_ref(struct cursor *c, const struct word *w, size_t offset, struct bytes text,
                               struct field_ref *out) {
    struct ref_parts parts;
    if (!cut_ref(text, &parts)) return FIELD_IS_NONE;
    bool known = node_exists(c->reader->plan, parts.node) || bytes_equal(parts.node, "*");
    if (!known) {
        /* A word like the name of a file is none of ours; one with a field's name means a node that is not there. */
        char *field = pool_strndup(c->reader->pool, parts.field.at, parts.field.len);
        if (!c->reader->words->field_known(field)) return FIELD_IS_NONE;
    }
    return read_parts(c, w, offset, text, &parts, out) ? FIELD_IS_READ : FIELD_IS_WRONG;
}

/* --- the right side ------------------------------------------------------------------------------------------- */

static const char *const compare_texts[] = {[CMP_EQ] = "==", [CMP_NE] = "!=", [CMP_LT] = "<",  [CMP_LE] = "<=",
                                            [CMP_GT] = ">",  [CMP_GE] = ">=", [CMP_GLOB] = "~"};

#define COMPARES (sizeof(compare_texts) / sizeof(compare_texts[0]))

const char *compare_text(enum compare op) {
    assert((size_t)op < COMPARES);
    return compare_texts[op];
}

static bool find_compare(const struct word *w, enum compare *out) {
    for (unsigned i = 0; i < COMPARES; i++) {
        if (!word_is(w, compare_texts[i])) continue;
        *out = (enum compare)i;
        return true;
    }
    return false;
}

static bool cursor_compare(struct cursor *c, enum compare *out) {
    const struct word *w = cursor_take(c, "a comparison (== != < <= > >= ~)");
    if (!w) return false;
    if (find_compare(w, out)) return true;
    reader_fail(c->reader, w->place, word_is(w, "=") ? "==" : NULL, "\"%.*s\" is no comparison (== != < <= > >= ~)",
                word_shown(w->text), w->text.at);
    return false;
}

static bool begins_number(struct bytes text) {
    size_t i = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+') ? 1 : 0;
    return i < text.len && text.at[i] >= '0' && text.at[i] <= '9';
}

static bool all_digits(struct bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') return false;
    }
    return true;
}

/* A number, a size or a duration; text if it is none. */
static void read_number(struct bytes text, struct operand *out) {
    bool integer = !value_read_integer(text, &out->number);
    bool size = integer || !value_read_size(text, &out->number);
    bool duration = !value_read_signed_duration(text, &out->duration);
    if (!size && !duration) return;
    out->kind = OPERAND_NUMBER;
    out->is_duration = duration && !size;
    out->is_either = duration && size && !integer;
    if (out->is_duration) out->number = out->duration;
    if (!out->is_either) out->duration = 0;
}

/* A value that is neither quoted nor a field. */
static bool read_operand_word(struct cursor *c, const struct word *w, bool must_be_number, struct operand *out) {
    out->kind = OPERAND_TEXT;
    if (begins_number(w->text)) {
        if (all_digits(w->text) && value_read_integer(w->text, &out->number)) {
            return word_is_value(c, w, "a number", "it is too large (quote it to mean text)");
        }
        read_number(w->text, out);
    }
    if (!must_be_number || out->kind == OPERAND_NUMBER) return true;
    return word_is_value(c, w, "a number, a size or a duration", "only == != and ~ compare text");
}

static bool cursor_operand(struct cursor *c, enum compare op, struct operand *out) {
    const struct word *w = cursor_take(c, "a value to compare with");
    if (!w) return false;
    *out = (struct operand){.kind = OPERAND_TEXT, .quoted = w->quoted, .text = word_string(c, w)};
    if (!out->text) return false;
    if (op == CMP_GLOB) return true;
    bool must_be_number = op != CMP_EQ && op != CMP_NE;
    if (w->quoted) {
        return !must_be_number ||
               word_is_value(c, w, "a number", "a quoted value is text: only == != and ~ compare it");
    }
    enum field_read ref = read_field_ref(c, w, 0, w->text, &out->ref);
    if (ref == FIELD_IS_NONE) return read_operand_word(c, w, must_be_number, out);
    out->kind = OPERAND_FIELD;
    if (ref == FIELD_IS_READ && out->ref.all) {
        return word_is_value(c, w, "a value", "on this side it must be the field of one node");
    }
    return ref == FIELD_IS_READ;
}

/* --- the four kinds --------------------------------------------------------------------------------------------- */

static bool read_comparison(struct cursor *c, struct condition *out) {
    return cursor_compare(c, &out->op) && cursor_operand(c, out->op, &out->right);
}

static void fail_metric(struct reader *r, struct place place, struct bytes name) {
    struct nearest nearest = reader_nearest(r, name);
    for (const struct metric_word *m = r->words->metrics; m->name; m++) nearest_try(&nearest, m->name);
    reader_fail(r, place, nearest.best, "no metric named \"%.*s\"", word_shown(name), name.at);
}

static bool read_metric(struct cursor *c, const struct word *w, struct condition *out) {
    struct reader *r = c->reader;
    struct bytes name = {w->text.at + 4, w->text.len - 4};
    out->kind = COND_METRIC;
    out->name = pool_strndup(r->pool, name.at, name.len);
    const struct metric_word *m = r->words->metrics;
    while (m->name && !bytes_equal(name, m->name)) m++;
    if (!m->name) {
        fail_metric(r, word_place(w, 4), name);
    } else if (m->support == NOT_YET) {
        reader_fail(r, w->place, NULL, "the metric \"%s\" is not simulated yet", m->name);
    }
    bool known = m->name && m->support != NOT_YET;
    return read_comparison(c, out) && known;
}

static bool read_field(struct cursor *c, const struct word *w, struct condition *out) {
    struct ref_parts parts;
    out->kind = COND_FIELD;
    if (!cut_ref(w->text, &parts)) {
        reader_fail(c->reader, w->place, NULL, "\"%.*s\" is not NODE.FIELD, with @T and +N or -N behind it or not",
                    word_shown(w->text), w->text.at);
        return false;
    }
    bool good = read_parts(c, w, 0, w->text, &parts, &out->left);
    return read_comparison(c, out) && good;
}

static bool read_log(struct cursor *c, const struct word *w, struct condition *out) {
    out->kind = COND_LOG;
    c->next--; /* back to the node's name */
    bool good = cursor_party(c, "a node", WANT_NODE, &out->nodes);
    assert(&c->line->words[c->next - 1] == w);
    c->next++; /* log */
    const struct word *glob = cursor_take(c, "a pattern of the log line");
    if (!glob || !(out->glob = word_string(c, glob))) return false;
    out->op = CMP_GE;
    out->right = (struct operand){.kind = OPERAND_NUMBER, .text = "1", .number = 1};
    const struct word *op = cursor_peek(c);
    if (!op || !find_compare(op, &out->op)) return good;
    c->next++;
    const struct word *number = cursor_take(c, "a number of log lines");
    if (!number || !word_is_value(c, number, "a number", value_read_count(number->text, &out->right.number)))
        return false;
    out->right.text = number->text.at;
    if (out->op == CMP_GLOB) return word_is_value(c, op, "a comparison of numbers", "it compares text");
    return good;
}

static bool fail_check(struct cursor *c, const struct word *w) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (const struct check_word *check = c->reader->words->checks; check->name; check++)
        nearest_try(&nearest, check->name);
    reader_fail(c->reader, w->place, nearest.best,
                "\"%.*s\" is no condition: a check, NODE.FIELD OP VALUE, run.METRIC OP VALUE or NODE log PATTERN",
                word_shown(w->text), w->text.at);
    return false;
}

static bool read_check(struct cursor *c, const struct word *w, struct condition *out) {
    out->kind = COND_CHECK;
    out->name = w->text.at;
    const struct check_word *check = c->reader->words->checks;
    while (check->name && !bytes_equal(w->text, check->name)) check++;
    if (!check->name) return fail_check(c, w);
    if (check->support != NOT_YET) return true;
    reader_fail(c->reader, w->place, NULL, "the check \"%s\" is not simulated yet", check->name);
    return false;
}

/* `m.role==master`: the comparison must be a word of its own. */
static bool is_glued(struct cursor *c, const struct word *w) {
    size_t at = 0;
    while (at < w->text.len && !memchr("=<>!~", w->text.at[at], 5)) at++;
    if (at == w->text.len || w->quoted) return false;
    reader_fail(c->reader, word_place(w, at), NULL, "\"%.*s\": blanks must stand around the comparison",
                word_shown(w->text), w->text.at);
    return true;
}

static bool read_kind(struct cursor *c, struct condition *out) {
    const struct word *w = cursor_take(c, "a condition");
    if (!w || is_glued(c, w)) return false;
    if (w->text.len > 4 && memcmp(w->text.at, "run.", 4) == 0) return read_metric(c, w, out);
    if (memchr(w->text.at, '.', w->text.len)) return read_field(c, w, out);
    const struct word *next = cursor_peek(c);
    return next && word_is(next, "log") ? read_log(c, w, out) : read_check(c, w, out);
}

bool cursor_condition(struct cursor *c, struct condition *out) {
    size_t first = c->next;
    *out = (struct condition){.kind = COND_CHECK};
    if (!read_kind(c, out)) return false;
    out->text = cursor_text(c, first);
    return true;
}
