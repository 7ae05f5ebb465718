/* chaos lines: faults that strike at random. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

static const char *const fault_names[FAULT_KINDS] = {
    [FAULT_CUT] = "cut",
    [FAULT_REFUSE] = "refuse",
    [FAULT_RESET] = "reset",
    [FAULT_ISOLATE] = "isolate",
    [FAULT_CRASH] = "crash",
    [FAULT_POWER] = "power",
    [FAULT_PAUSE] = "pause",
    [FAULT_CHILD_KILL] = "child-kill",
    [FAULT_FORK_FAIL] = "fork-fail",
    [FAULT_DISK_FULL] = "disk-full",
    [FAULT_CLOCK_JUMP] = "clock-jump",
    [FAULT_SLOW_LINK] = "slow-link",
};

const char *fault_kind_name(enum fault_kind kind) {
    return kind < FAULT_KINDS ? fault_names[kind] : NULL;
}

/* Whether the fault is over at once, so that there is nothing to undo. */
static bool is_momentary(enum fault_kind kind) {
    return kind == FAULT_RESET || kind == FAULT_CHILD_KILL;
}

static bool find_fault(struct cursor *c, const struct word *w, enum fault_kind *out) {
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        if (!word_is(w, fault_names[i])) continue;
        *out = (enum fault_kind)i;
        return true;
    }
    struct nearest nearest = reader_nearest(c->reader, w->text);
    struct buffer list;
    buffer_init(&list, c->reader->pool);
    for (unsigned i = 0; i < FAULT_KINDS; i++) {
        nearest_try(&nearest, fault_names[i]);
        buffer_printf(&list, "%s%s", i > 0 ? " " : "", fault_names[i]);
    }
    reader_fail(c->reader, w->place, nearest.best, "\"%.*s\" is no fault (%s)", word_shown(w->text), w->text.at,
                list.at);
    buffer_free(&list);
    return false;
}

/* FAULT RATE [for SPREAD], the word FAULT taken already. */
static bool read_fault(struct cursor *c, const struct word *w, struct chaos_fault *out) {
    assert(c->next > 0 && &c->line->words[c->next - 1] == w);
    size_t first = c->next - 1;
    *out = (struct chaos_fault){.duration = {SPREAD_EXP, SIM_SECOND, 0, 0}};
    bool good = find_fault(c, w, &out->kind);
    good &= cursor_value(c, "a rate", value_read_rate, &out->rate);
    out->has_for = cursor_accept(c, "for");
    if (out->has_for) {
        good &= cursor_time_spread(c, &out->duration);
        if (good && is_momentary(out->kind)) {
            reader_note(c->reader, w->place, "%s is over at once: `for` changes nothing", fault_names[out->kind]);
        }
    }
    out->text = cursor_text(c, first);
    return good;
}

bool cursor_faults(struct cursor *c, struct statement *st) {
    st->faults = POOL_ARRAY(c->reader->pool, struct chaos_fault, c->line->count);
    const struct word *w = cursor_take(c, "a fault and its rate");
    bool good = w != NULL;
    while (w) {
        good &= read_fault(c, w, &st->faults[st->fault_count++]);
        w = cursor_at_end(c) ? NULL : cursor_take(c, "a fault");
    }
    return good;
}
