/* Statements of the timeline: at, every, when, chaos, expect. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* Whether the next word is that keyword; then it is taken, and `has` says so. Once only. */
static bool accept_once(struct cursor *c, const char *keyword, bool *has, bool *good) {
    const struct word *w = cursor_peek(c);
    if (!cursor_accept(c, keyword)) return false;
    assert(w);
    if (*has) {
        reader_fail(c->reader, w->place, NULL, "\"%s\" was given before on this line", keyword);
        *good = false;
    }
    *has = true;
    return true;
}

static bool cursor_duration(struct cursor *c, sim_time *out) {
    return cursor_value(c, "a duration", value_read_duration, out);
}

/* [from T] [until T], in any order. */
static bool read_bounds(struct cursor *c, struct statement *st) {
    bool good = true;
    for (;;) {
        if (accept_once(c, "from", &st->has_from, &good)) {
            good &= cursor_duration(c, &st->from);
        } else if (accept_once(c, "until", &st->has_until, &good)) {
            good &= cursor_duration(c, &st->until);
        } else {
            return good;
        }
    }
}

/* Whether `from` lies before the other bound, which is named `bound` on the line; `place` is where it is reported. */
static bool check_order(struct cursor *c, struct place place, const struct statement *st, const char *bound,
                        bool may_be_equal) {
    assert(st->has_until);
    if (st->from < st->until || (may_be_equal && st->from == st->until)) return true;
    struct buffer text;
    buffer_init(&text, c->reader->pool);
    buffer_printf(&text, "there is no time between `from ");
    value_print_duration(&text, st->from);
    buffer_printf(&text, "` and `%s ", bound);
    value_print_duration(&text, st->until);
    reader_fail(c->reader, place, NULL, "%s`", text.at);
    buffer_free(&text);
    return false;
}

bool read_at(struct cursor *c, struct statement *st) {
    const char *what = "an instant (T, or T1..T2)";
    const struct word *w = cursor_take(c, what);
    if (!w) return false;
    bool good = word_is_value(c, w, what, value_read_time_range(w->text, &st->from, &st->until));
    st->has_from = st->has_until = true;
    return cursor_action(c, &st->action) && good;
}

/* --- every ---------------------------------------------------------------------------------------------------- */

static bool read_times(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_peek(c);
    int64_t n;
    if (!cursor_value(c, "a number of times", value_read_count, &n)) return false;
    st->times = (uint64_t)n;
    return n > 0 || word_is_value(c, w, "a number of times", "it must be above 0");
}

/* [from T] [until T] [times N], in any order. */
static bool read_limits(struct cursor *c, struct statement *st) {
    bool good = read_bounds(c, st);
    while (accept_once(c, "times", &st->has_times, &good)) {
        good &= read_times(c, st);
        good &= read_bounds(c, st);
    }
    return good;
}

/* Whether time passes between two firings, now and then at least. */
static bool spread_moves(const struct spread *s) {
    return s->kind == SPREAD_UNIFORM ? s->b > 0 : s->a > 0;
}

bool read_every(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_peek(c);
    bool good = cursor_time_spread(c, &st->spacing);
    if (good && !spread_moves(&st->spacing)) good = word_is_value(c, w, "a spacing", "it must be above 0");
    const struct word *bounds = cursor_peek(c);
    good &= read_limits(c, st);
    if (good && st->has_until) good = check_order(c, bounds->place, st, "until", false);
    return cursor_action(c, &st->action) && good;
}

/* --- when, chaos ------------------------------------------------------------------------------------------------ */

bool read_when(struct cursor *c, struct statement *st) {
    bool good = cursor_condition(c, &st->condition);
    if (!good) return false;
    bool has_after = false;
    for (;;) {
        if (accept_once(c, "after", &has_after, &good)) {
            good &= cursor_duration(c, &st->after);
        } else if (accept_once(c, "from", &st->has_from, &good)) {
            good &= cursor_duration(c, &st->from);
        } else {
            break;
        }
    }
    return cursor_action(c, &st->action) && good;
}

bool read_chaos(struct cursor *c, struct statement *st) {
    const struct word *bounds = cursor_peek(c);
    bool good = read_bounds(c, st);
    if (!st->has_from || !st->has_until) {
        struct place place = bounds ? bounds->place : c->line->end;
        reader_fail(c->reader, place, NULL, "chaos needs `from T until T` before its faults");
        good = false;
    } else if (good) {
        good = check_order(c, bounds->place, st, "until", false);
    }
    return cursor_faults(c, st) && good;
}

/* --- expect ----------------------------------------------------------------------------------------------------- */

/* by T [from T] */
static bool read_by(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_peek(c);
    st->expect = EXPECT_BY;
    st->has_until = true;
    if (!cursor_duration(c, &st->until)) return false;
    st->has_from = cursor_accept(c, "from");
    if (!st->has_from) return true;
    return cursor_duration(c, &st->from) && check_order(c, w->place, st, "by", true);
}

static bool read_always(struct cursor *c, struct statement *st) {
    const struct word *w = cursor_peek(c);
    st->expect = EXPECT_ALWAYS;
    if (!read_bounds(c, st)) return false;
    return !st->has_until || check_order(c, w->place, st, "until", true);
}

/* When an expectation is judged: at T, by T, always, end; end if it says nothing. */
static bool read_moment(struct cursor *c, struct statement *st) {
    if (cursor_accept(c, "always")) return read_always(c, st);
    if (cursor_accept(c, "by")) return read_by(c, st);
    st->expect = EXPECT_END;
    if (cursor_accept(c, "end")) return true;
    if (!cursor_accept(c, "at")) return true;
    st->expect = EXPECT_AT;
    st->has_from = st->has_until = true;
    bool good = cursor_duration(c, &st->until);
    st->from = st->until;
    return good;
}

bool read_expect(struct cursor *c, struct statement *st) {
    bool good = read_moment(c, st);
    return cursor_condition(c, &st->condition) && cursor_finish(c) && good;
}
