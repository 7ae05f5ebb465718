/* Links and their properties, as a statement and as an action have them. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

static const struct {
    const char *name;
    const char *value;
    value_reader *read;
    bool above_zero;
} props[LINK_PROPS] = {
    [LINK_LATENCY] = {"latency", "a duration or a spread", NULL, false},
    [LINK_LOSS] = {"loss", "a share", value_read_share, false},
    [LINK_BANDWIDTH] = {"bandwidth", "a link speed", value_read_link_speed, true},
    [LINK_BUFFER] = {"buffer", "a size", value_read_size, true},
    [LINK_DUPLICATE] = {"duplicate", "a share", value_read_share, false},
    [LINK_REORDER] = {"reorder", "a share", value_read_share, false},
};

const char *link_prop_name(enum link_prop prop) {
    assert(prop < LINK_PROPS);
    return props[prop].name;
}

static enum link_prop find_prop(const struct word *w) {
    unsigned i = 0;
    while (i < LINK_PROPS && !word_is(w, props[i].name)) i++;
    return (enum link_prop)i;
}

static void fail_prop(struct cursor *c, const struct word *w) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (unsigned i = 0; i < LINK_PROPS; i++) nearest_try(&nearest, props[i].name);
    reader_fail(c->reader, w->place, nearest.best,
                "a link has no property \"%.*s\" (latency, loss, bandwidth, buffer, duplicate, reorder)",
                word_shown(w->text), w->text.at);
}

static bool read_value(struct cursor *c, enum link_prop prop, struct link_change *out) {
    if (prop == LINK_LATENCY) return cursor_time_spread(c, &out->latency);
    const struct word *w = cursor_peek(c);
    if (!cursor_value(c, props[prop].value, props[prop].read, &out->value[prop])) return false;
    if (!props[prop].above_zero || out->value[prop] > 0) return true;
    return word_is_value(c, w, props[prop].value, "it must be above 0");
}

/* PROP VALUE, the word PROP taken already. */
static bool read_prop(struct cursor *c, const struct word *w, struct link_change *out) {
    enum link_prop prop = find_prop(w);
    if (prop == LINK_PROPS) {
        fail_prop(c, w);
        if (!cursor_at_end(c)) c->next++; /* its value */
        return false;
    }
    bool again = out->set[prop];
    if (again) reader_fail(c->reader, w->place, NULL, "\"%s\" was given before on this line", props[prop].name);
    out->set[prop] = true;
    bool datagrams_only = prop == LINK_DUPLICATE || prop == LINK_REORDER;
    if (datagrams_only && !c->reader->words->datagrams) {
        reader_note(c->reader, w->place, "%s changes nothing here: it acts on datagrams only", props[prop].name);
    }
    return read_value(c, prop, out) && !again;
}

bool cursor_link(struct cursor *c, struct link_change *out) {
    *out = (struct link_change){.everywhere = cursor_accept(c, "*")};
    if (!out->everywhere && !cursor_ends(c, &out->a, &out->b, &out->one_way)) return false;
    bool good = true;
    size_t count = 0;
    for (const struct word *w = cursor_peek(c); w && !word_is(w, "for"); w = cursor_peek(c), count++) {
        c->next++;
        good &= read_prop(c, w, out);
    }
    if (count > 0) return good;
    const struct word *w = cursor_peek(c);
    reader_fail(c->reader, w ? w->place : c->line->end, NULL, "a property of the link and its value must stand here");
    return false;
}
