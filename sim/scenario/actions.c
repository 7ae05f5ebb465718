/* Actions: what a timeline line does. One function a form, chosen by the first word. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* --- parts that several have -------------------------------------------------------------------------------------- */

/* [for D] */
static bool read_for(struct cursor *c, struct action *out) {
    out->has_for = cursor_accept(c, "for");
    return !out->has_for || cursor_value(c, "a duration", value_read_duration, &out->duration);
}

static bool read_nodes(struct cursor *c, struct action *out) {
    return cursor_nodes(c, &out->a);
}

static bool read_nodes_for(struct cursor *c, struct action *out) {
    bool good = cursor_nodes(c, &out->a);
    return read_for(c, out) && good;
}

static bool read_ends(struct cursor *c, struct action *out) {
    return cursor_ends(c, &out->from, &out->to, &out->one_way);
}

static bool read_ends_for(struct cursor *c, struct action *out) {
    return read_ends(c, out) && read_for(c, out);
}

/* A word out of `choices`, which ends with name == NULL; the action's kind is what it stands for. */
struct verb_choice {
    const char *name;
    enum action_kind kind;
};

static bool fail_choice(struct cursor *c, const struct word *w, const struct verb_choice *choices) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    for (size_t i = 0; choices[i].name; i++) {
        nearest_try(&nearest, choices[i].name);
        buffer_printf(&list, "%s%s", i > 0 ? ", " : "", choices[i].name);
    }
    reader_fail(c->reader, w->place, nearest.best, "\"%.*s\" is none of: %s", word_shown(w->text), w->text.at, list.at);
    buffer_free(&list);
    return false;
}

static bool read_choice(struct cursor *c, const struct verb_choice *choices, struct action *out) {
    const struct word *w = cursor_take(c, "what to do to it");
    if (!w) return false;
    for (size_t i = 0; choices[i].name; i++) {
        if (!word_is(w, choices[i].name)) continue;
        out->kind = choices[i].kind;
        return true;
    }
    return fail_choice(c, w, choices);
}

/* --- one function a form ------------------------------------------------------------------------------------------ */

static bool read_restart(struct cursor *c, struct action *out) {
    bool good = cursor_nodes(c, &out->a);
    if (!cursor_accept(c, "with")) return good;
    return cursor_setting(c, &out->with) && good;
}

static bool read_isolate(struct cursor *c, struct action *out) {
    return cursor_party(c, "a node or a client", WANT_PARTY, &out->a) && read_for(c, out);
}

static bool groups_meet(const struct party_set *a, const struct party_set *b, uint16_t *party) {
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            *party = a->party[i];
            if (a->party[i] == b->party[j]) return true;
        }
    }
    return false;
}

static bool read_partition(struct cursor *c, struct action *out) {
    bool first = cursor_group(c, &out->a);
    const struct word *w = cursor_peek(c);
    if (!cursor_group(c, &out->b) || !first) return false;
    uint16_t both;
    if (groups_meet(&out->a, &out->b, &both)) {
        reader_fail(c->reader, w->place, NULL, "\"%s\" is in both groups", plan_party_name(c->reader->plan, both));
        return false;
    }
    return read_for(c, out);
}

static bool read_heal(struct cursor *c, struct action *out) {
    out->everything = cursor_accept(c, "*");
    return out->everything || read_ends(c, out);
}

static bool read_link(struct cursor *c, struct action *out) {
    bool good = cursor_link(c, &out->link);
    out->from = out->link.a;
    out->to = out->link.b;
    out->one_way = out->link.one_way;
    out->everything = out->link.everywhere;
    return good && read_for(c, out);
}

static bool read_child(struct cursor *c, struct action *out) {
    static const struct verb_choice choices[] = {
        {"kill", ACT_CHILD_KILL}, {"stall", ACT_CHILD_STALL}, {"resume", ACT_CHILD_RESUME}, {NULL, ACT_COMMAND}};
    return cursor_party(c, "a node", WANT_NODE, &out->a) && read_choice(c, choices, out);
}

static bool read_fork(struct cursor *c, struct action *out) {
    static const struct verb_choice choices[] = {{"fail", ACT_FORK_FAIL}, {NULL, ACT_COMMAND}};
    return cursor_party(c, "a node", WANT_NODE, &out->a) && read_choice(c, choices, out) && read_for(c, out);
}

/* slow:RATE, the present word. */
static bool read_slow(struct cursor *c, struct action *out) {
    const struct word *w = cursor_take(c, "slow:RATE");
    struct bytes rate = {w->text.at + 5, w->text.len - 5};
    out->kind = ACT_DISK_SLOW;
    const char *why = value_read_byte_rate(rate, &out->number);
    if (!why) return read_for(c, out);
    reader_fail(c->reader, word_place(w, 5), NULL, "\"%.*s\" is not a rate of bytes: %s", word_shown(rate), rate.at,
                why);
    return false;
}

static bool read_file(struct cursor *c, struct action *out) {
    const struct word *w = cursor_take(c, "the name of a file");
    if (!w || !(out->file = word_string(c, w))) return false;
    if (w->text.len == 0) return word_is_value(c, w, "the name of a file", "it is empty");
    if (out->kind != ACT_DISK_FLIP) return true;
    out->number = -1;
    return !cursor_accept(c, "at") || cursor_value(c, "an offset in bytes", value_read_count, &out->number);
}

static bool read_disk(struct cursor *c, struct action *out) {
    static const struct verb_choice choices[] = {
        {"full", ACT_DISK_FULL}, {"error", ACT_DISK_ERROR},    {"ok", ACT_DISK_OK}, {"remove", ACT_DISK_REMOVE},
        {"flip", ACT_DISK_FLIP}, {"slow:RATE", ACT_DISK_SLOW}, {NULL, ACT_COMMAND}};
    if (!cursor_party(c, "a node", WANT_NODE, &out->a)) return false;
    const struct word *w = cursor_peek(c);
    if (w && w->text.len >= 5 && memcmp(w->text.at, "slow:", 5) == 0) return read_slow(c, out);
    if (!read_choice(c, choices, out)) return false;
    if (out->kind == ACT_DISK_SLOW) return word_is_value(c, w, "a rate of bytes", "write slow:1mb/s");
    if (out->kind == ACT_DISK_REMOVE || out->kind == ACT_DISK_FLIP) return read_file(c, out);
    return read_for(c, out);
}

static bool read_drift(struct cursor *c, struct action *out) {
    const struct word *w = cursor_peek(c);
    const char *what = "a drift in parts per million";
    if (!cursor_value(c, what, value_read_integer, &out->number)) return false;
    if (out->number > -PPM_ONE && out->number < PPM_ONE) return true;
    return word_is_value(c, w, what, "it must lie between -1000000 and 1000000");
}

static bool read_clock(struct cursor *c, struct action *out) {
    static const struct verb_choice choices[] = {
        {"jump", ACT_CLOCK_JUMP}, {"drift", ACT_CLOCK_DRIFT}, {NULL, ACT_COMMAND}};
    if (!cursor_party(c, "a node", WANT_NODE, &out->a) || !read_choice(c, choices, out)) return false;
    if (out->kind == ACT_CLOCK_DRIFT) return read_drift(c, out);
    return cursor_value(c, "a duration", value_read_signed_duration, &out->number);
}

static bool read_client(struct cursor *c, struct action *out) {
    return cursor_party(c, "a client", WANT_CLIENT, &out->a);
}

/* --- which is which ------------------------------------------------------------------------------------------------
 */

struct verb {
    const char *name;
    enum action_kind kind; /* child, disk, clock: settled by the form */
    bool (*read)(struct cursor *c, struct action *out);
};

static const struct verb verbs[] = {
    {"crash", ACT_CRASH, read_nodes_for},
    {"power", ACT_POWER, read_nodes_for},
    {"shutdown", ACT_SHUTDOWN, read_nodes_for},
    {"restart", ACT_RESTART, read_restart},
    {"pause", ACT_PAUSE, read_nodes_for},
    {"resume", ACT_RESUME, read_nodes},
    {"cut", ACT_CUT, read_ends_for},
    {"refuse", ACT_REFUSE, read_ends_for},
    {"reset", ACT_RESET, read_ends},
    {"isolate", ACT_ISOLATE, read_isolate},
    {"partition", ACT_PARTITION, read_partition},
    {"heal", ACT_HEAL, read_heal},
    {"link", ACT_LINK, read_link},
    {"child", ACT_CHILD_KILL, read_child},
    {"fork", ACT_FORK_FAIL, read_fork},
    {"disk", ACT_DISK_FULL, read_disk},
    {"clock", ACT_CLOCK_JUMP, read_clock},
    {"start", ACT_START, read_client},
    {"stop", ACT_STOP, read_client},
};

enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *find_verb(const struct word *w) {
    for (size_t i = 0; i < VERBS; i++) {
        if (word_is(w, verbs[i].name)) return &verbs[i];
    }
    return NULL;
}

static bool is_command(const struct word *w) {
    return !w->quoted && memchr(w->text.at, '>', w->text.len) != NULL;
}

bool word_begins_action(const struct word *w) {
    return is_command(w) || find_verb(w) != NULL;
}

static bool fail_verb(struct cursor *c, const struct word *w) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (size_t i = 0; i < VERBS; i++) nearest_try(&nearest, verbs[i].name);
    reader_fail(c->reader, w->place, nearest.best, "\"%.*s\" begins no action (a fault, or `NODE> COMMAND`)",
                word_shown(w->text), w->text.at);
    return false;
}

bool cursor_action(struct cursor *c, struct action *out) {
    size_t first = c->next;
    const struct word *w = cursor_take(c, "an action");
    if (!w) return false;
    *out = (struct action){.place = w->place};
    bool good;
    const struct verb *verb = find_verb(w);
    if (is_command(w)) {
        c->next = first;
        good = cursor_command(c, out);
    } else if (verb) {
        out->kind = verb->kind;
        good = verb->read(c, out);
    } else {
        return fail_verb(c, w);
    }
    out->text = cursor_text(c, first);
    return good && cursor_finish(c);
}
