/* Properties: a word of a table and a value in the form that the table says. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

const struct word_rule cost_rules[] = {
    {"fork-per-gb", FORM_DURATION, NULL, SUPPORTED},  {"cow-page", FORM_SIZE, NULL, SUPPORTED},
    {"save-rate", FORM_BYTE_RATE, NULL, SUPPORTED},   {"load-rate", FORM_BYTE_RATE, NULL, SUPPORTED},
    {"save-key", FORM_DURATION, NULL, SUPPORTED},     {"load-key", FORM_DURATION, NULL, SUPPORTED},
    {"flush-key", FORM_DURATION, NULL, SUPPORTED},    {"socket-time", FORM_DURATION, NULL, SUPPORTED},
    {"command-time", FORM_DURATION, NULL, SUPPORTED}, {"disk-rate", FORM_BYTE_RATE, NULL, SUPPORTED},
    {"fsync-time", FORM_SPREAD, NULL, SUPPORTED},     {"memory", FORM_SIZE, NULL, SUPPORTED},
    {"cron-period", FORM_DURATION, NULL, SUPPORTED},  {NULL, FORM_WORDS, NULL, NOT_YET},
};

/* --- values of several parts ---------------------------------------------------------------------------------- */

static const char *read_skew(struct bytes text, struct option *out) {
    out->number = SKEW_UNIFORM;
    if (bytes_equal(text, "uniform")) return NULL;
    out->number = SKEW_SEQ;
    if (bytes_equal(text, "seq")) return NULL;
    out->number = SKEW_ZIPF;
    if (text.len < 5 || memcmp(text.at, "zipf:", 5) != 0) return "it must be uniform, seq or zipf:0.99";
    const char *why = value_read_millionths((struct bytes){text.at + 5, text.len - 5}, &out->number2);
    if (why) return why;
    bool sane = out->number2 > 0 && out->number2 <= 10 * MILLION;
    return sane ? NULL : "its parameter must be above 0 and at most 10";
}

static const char *read_positive(struct bytes text, int64_t *out) {
    const char *why = value_read_count(text, out);
    return !why && *out == 0 ? "it must be above 0" : why;
}

static const char *read_rate_or_exp(struct bytes text, struct option *out) {
    out->exponential = text.len >= 4 && memcmp(text.at, "exp:", 4) == 0;
    if (out->exponential) text = (struct bytes){text.at + 4, text.len - 4};
    return value_read_rate(text, &out->number);
}

static size_t choice_count(const struct word_rule *rule) {
    size_t n = 0;
    while (rule->choices[n]) n++;
    return n;
}

static void fail_choice(struct cursor *c, struct place place, const struct word_rule *rule, struct bytes text) {
    struct nearest nearest = reader_nearest(c->reader, text);
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    for (size_t i = 0; rule->choices[i]; i++) {
        nearest_try(&nearest, rule->choices[i]);
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", rule->choices[i]);
    }
    reader_fail(c->reader, place, nearest.best, "\"%.*s\" is none of the choices of \"%s\": %s", word_shown(text),
                text.at, rule->name, list.at ? list.at : "");
    buffer_free(&list);
}

static bool find_choice(struct cursor *c, struct place place, const struct word_rule *rule, struct bytes text,
                        int64_t *out) {
    for (size_t i = 0; rule->choices[i]; i++) {
        if (!bytes_equal(text, rule->choices[i])) continue;
        *out = (int64_t)i;
        return true;
    }
    fail_choice(c, place, rule, text);
    return false;
}

/* One `name:N` at byte `offset` of the word. */
static bool read_weight(struct cursor *c, const struct word *w, size_t offset, struct bytes item,
                        const struct word_rule *rule, struct option *out) {
    struct place place = word_place(w, offset);
    const char *colon = memchr(item.at, ':', item.len);
    size_t name_len = colon ? (size_t)(colon - item.at) : item.len;
    int64_t choice, weight;
    if (!find_choice(c, place, rule, (struct bytes){item.at, name_len}, &choice)) return false;
    const char *why = "a colon and a weight must follow the name (set:6)";
    if (colon) why = value_read_count((struct bytes){colon + 1, item.len - name_len - 1}, &weight);
    if (!why && (weight == 0 || weight > 1000000)) why = "a weight must lie between 1 and 1000000";
    if (!why && out->weights[choice] > 0) why = "it was given before";
    if (why) {
        reader_fail(c->reader, place, NULL, "\"%.*s\" is not a weight: %s", word_shown(item), item.at, why);
        return false;
    }
    out->weights[choice] = (uint32_t)weight;
    return true;
}

static bool read_weights(struct cursor *c, const struct word *w, const struct word_rule *rule, struct option *out) {
    assert(rule->choices);
    out->weights = POOL_ARRAY(c->reader->pool, uint32_t, choice_count(rule));
    bool good = true;
    size_t start = 0;
    for (size_t i = 0; i <= w->text.len; i++) {
        if (i < w->text.len && w->text.at[i] != ',') continue;
        struct bytes item = {w->text.at + start, i - start};
        good &= read_weight(c, w, start, item, rule, out);
        start = i + 1;
    }
    return good;
}

/* --- one value ------------------------------------------------------------------------------------------------ */

/* How a word of each form reads, where it reads without the reader's help. */
static const char *read_plain(enum value_form form, struct bytes text, struct option *out) {
    switch (form) {
    case FORM_COUNT:
        return read_positive(text, &out->number);
    case FORM_SIZE:
        return value_read_size(text, &out->number);
    case FORM_SIZE_SPREAD:
        return value_read_size_spread(text, &out->spread);
    case FORM_DURATION:
        return value_read_duration(text, &out->number);
    case FORM_SPREAD:
        return value_read_time_spread(text, &out->spread);
    case FORM_RATE:
        return value_read_rate(text, &out->number);
    case FORM_RATE_OR_EXP:
        return read_rate_or_exp(text, out);
    case FORM_BYTE_RATE:
        return value_read_byte_rate(text, &out->number);
    case FORM_LINK_SPEED:
        return value_read_link_speed(text, &out->number);
    case FORM_SHARE:
        return value_read_share(text, &out->number);
    case FORM_RANGE:
        return value_read_count_range(text, &out->number, &out->number2);
    case FORM_COUNT_TIME:
        return value_read_count_time(text, &out->number, &out->number2);
    case FORM_SKEW:
        return read_skew(text, out);
    default:
        assert(false); /* the forms that need the reader's help */
        return NULL;
    }
}

/* What a form is called in an error. */
static const char *form_name(enum value_form form) {
    static const char *const names[] = {
        [FORM_NODE] = "a node",
        [FORM_NODES] = "a node (a name, names joined by commas, a glob or *)",
        [FORM_COUNT] = "a number",
        [FORM_SIZE] = "a size",
        [FORM_SIZE_SPREAD] = "a size or a spread of sizes",
        [FORM_DURATION] = "a duration",
        [FORM_SPREAD] = "a duration or a spread",
        [FORM_RATE] = "a rate",
        [FORM_RATE_OR_EXP] = "a rate",
        [FORM_BYTE_RATE] = "a rate of bytes",
        [FORM_LINK_SPEED] = "a link speed",
        [FORM_SHARE] = "a share",
        [FORM_CHOICE] = "one of the choices",
        [FORM_WEIGHTS] = "a list of weights",
        [FORM_RANGE] = "a number or a range N..M",
        [FORM_COUNT_TIME] = "a number and a duration (1:100ms)",
        [FORM_SKEW] = "a skew (uniform, seq or zipf:0.99)",
        [FORM_WORDS] = "a value",
    };
    return names[form];
}

static bool read_words(struct cursor *c, struct option *out) {
    size_t count = c->line->count - c->next;
    out->words = POOL_ARRAY(c->reader->pool, struct bytes, count);
    while (!cursor_at_end(c)) out->words[out->word_count++] = cursor_take(c, "a word")->text;
    return true;
}

static bool read_parties(struct cursor *c, const struct word *w, enum value_form form, struct option *out) {
    struct party_set set;
    if (form == FORM_NODES) {
        if (!word_nodes(c, w, &set)) return false;
        out->nodes = set.party;
        out->node_count = set.count;
        return true;
    }
    out->nodes = POOL_ARRAY(c->reader->pool, uint16_t, 1);
    out->node_count = 1;
    return party_find(c, w->text, w->place, WANT_NODE, out->nodes);
}

bool cursor_option_value(struct cursor *c, const struct word_rule *rule, struct option *out) {
    *out = (struct option){.rule = rule};
    size_t first = c->next;
    const struct word *w = cursor_take(c, form_name(rule->form));
    if (!w) return false;
    out->text = cursor_text(c, first);
    switch (rule->form) {
    case FORM_NODE:
    case FORM_NODES:
        return read_parties(c, w, rule->form, out);
    case FORM_CHOICE:
        return find_choice(c, w->place, rule, w->text, &out->number);
    case FORM_WEIGHTS:
        return read_weights(c, w, rule, out);
    case FORM_WORDS:
        c->next = first;
        return read_words(c, out);
    default:
        return word_is_value(c, w, form_name(rule->form), read_plain(rule->form, w->text, out));
    }
}

/* --- a list of them --------------------------------------------------------------------------------------------- */

static const struct word_rule *find_rule(const struct word_rule *rules, const struct word *w) {
    for (const struct word_rule *rule = rules; rule->name; rule++) {
        if (word_is(w, rule->name)) return rule;
    }
    return NULL;
}

/* Reports a word that is no property, and moves on to the next that is one: the rest is read, too. */
static void skip_unknown(struct cursor *c, const struct word_rule *rules, const struct word *w, const char *what) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    for (const struct word_rule *rule = rules; rule->name; rule++) {
        nearest_try(&nearest, rule->name);
        buffer_printf(&list, "%s%s", rule > rules ? ", " : "", rule->name);
    }
    reader_fail(c->reader, w->place, nearest.best, "%s has no property \"%.*s\" (%s)", what, word_shown(w->text),
                w->text.at, list.at ? list.at : "");
    buffer_free(&list);
    while (!cursor_at_end(c) && !find_rule(rules, cursor_peek(c))) c->next++;
}

static bool check_use(struct cursor *c, const struct word *w, const struct word_rule *rule, const struct option *before,
                      size_t count) {
    if (rule->support == NOT_YET) {
        reader_fail(c->reader, w->place, NULL, "\"%s\" is not simulated yet", rule->name);
        return false;
    }
    if (rule->support == NO_EFFECT) reader_note(c->reader, w->place, "%s changes nothing here", rule->name);
    for (size_t i = 0; i < count; i++) {
        if (before[i].rule != rule) continue;
        reader_fail(c->reader, w->place, NULL, "\"%s\" was given before on this line", rule->name);
        return false;
    }
    return true;
}

bool cursor_options(struct cursor *c, const struct word_rule *rules, const char *what, struct option **options,
                    size_t *count) {
    bool good = true;
    assert(rules);
    *options = POOL_ARRAY(c->reader->pool, struct option, c->line->count);
    *count = 0;
    while (!cursor_at_end(c)) {
        const struct word *w = cursor_take(c, "a property");
        const struct word_rule *rule = find_rule(rules, w);
        if (!rule) {
            skip_unknown(c, rules, w, what);
            good = false;
            continue;
        }
        good &= check_use(c, w, rule, *options, *count);
        if (cursor_option_value(c, rule, &(*options)[*count])) {
            (*count)++;
        } else {
            good = false;
        }
    }
    return good;
}
