/* Expectations, judged. */
#include "sim/run/expect.h"

#include <assert.h>

#include "sim/run/conditions.h"
#include "sim/run/ledger.h"

enum state {
    BEFORE, /* its first instant has not come */
    WATCHED,
    UNMOVED, /* `by`: held at its first instant already; does it ever change? */
    HELD,
    MISSED
};

struct expectation {
    const struct statement *statement;
    struct watched *watched; /* NULL: a reply */
    enum state state;
    sim_time first; /* the first and the last instant at which it looks; */
    sim_time last;  /* SIM_NEVER: at rest */
    bool defined;   /* `always` from no instant in particular: had a value once */
    sim_time judged;
    struct buffer got;
};

struct expectations {
    struct expectation *items;
    size_t count;
    size_t *of_statement; /* index + 1 of the statement's expectation, 0 for none */
};

static bool statement_expects(const struct statement *st) {
    if (st->kind == ST_EXPECT) return true;
    bool acts = st->kind == ST_AT || st->kind == ST_EVERY || st->kind == ST_WHEN;
    return acts && st->action.kind == ACT_COMMAND && st->action.command.has_reply;
}

/* The instants at which a line looks. `always ... until T` ends before T, as all that lasts until T does. */
static void set_bounds(struct expectation *e) {
    const struct statement *st = e->statement;
    e->first = 0;
    e->last = SIM_NEVER;
    if (st->kind != ST_EXPECT) return;
    switch (st->expect) {
    case EXPECT_END:
        e->first = SIM_NEVER;
        break;
    case EXPECT_AT:
        e->first = e->last = st->until;
        break;
    case EXPECT_BY:
        e->first = st->has_from ? st->from : 0;
        e->last = st->until;
        break;
    case EXPECT_ALWAYS:
        e->first = st->has_from ? st->from : 0;
        if (st->has_until) e->last = st->until - 1;
        break;
    }
}

struct expectations *expectations_create(struct run *run) {
    const struct plan *plan = run->plan;
    struct expectations *all = POOL_NEW(run->pool, struct expectations);
    all->of_statement = POOL_ARRAY(run->pool, size_t, plan->statement_count);
    for (size_t i = 0; i < plan->statement_count; i++) all->count += statement_expects(&plan->statements[i]);
    all->items = POOL_ARRAY(run->pool, struct expectation, all->count);
    size_t n = 0;
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        if (!statement_expects(st)) continue;
        struct expectation *e = &all->items[n++];
        e->statement = st;
        e->judged = -1;
        if (st->kind == ST_EXPECT) e->watched = condition_watch(run, &st->condition);
        buffer_init(&e->got, run->pool);
        set_bounds(e);
        all->of_statement[i] = n;
    }
    return all;
}

static bool is_open(const struct expectation *e) {
    return e->watched && e->state != HELD && e->state != MISSED;
}

sim_time expectations_next(const struct run *run) {
    const struct expectations *all = run->expectations;
    sim_time next = SIM_NEVER;
    for (size_t i = 0; i < all->count; i++) {
        const struct expectation *e = &all->items[i];
        if (!is_open(e)) continue;
        sim_time at = e->state == BEFORE ? e->first : e->last;
        if (at < next) next = at;
    }
    return next;
}

static void decide(struct expectation *e, bool held, sim_time now) {
    assert(e->state != HELD && e->state != MISSED);
    e->state = held ? HELD : MISSED;
    e->judged = now;
}

/* Judges the condition with its reason in `got`. */
static enum truth judge_and_tell(struct run *run, struct expectation *e) {
    buffer_clear(&e->got);
    return condition_judge(run, e->watched, &e->got);
}

static void observe_by(struct run *run, struct expectation *e, sim_time now, bool starts) {
    bool holds = condition_judge(run, e->watched, NULL) == TRUTH_YES;
    if (e->state == UNMOVED) {
        if (!holds) {
            e->state = HELD; /* it did move; held since its first instant all the same */
        } else if (now >= e->last) {
            e->state = HELD;
            ledger_note(run, e->statement, "%s: held already at its first instant and never changed",
                        e->statement->text);
        }
    } else if (holds) {
        judge_and_tell(run, e);
        decide(e, true, now);
        if (starts && now < e->last) e->state = UNMOVED;
    } else if (now >= e->last) {
        judge_and_tell(run, e);
        decide(e, false, now);
    }
}

static void observe_always(struct run *run, struct expectation *e, sim_time now) {
    enum truth truth = condition_judge(run, e->watched, NULL);
    if (truth != TRUTH_UNDEFINED) e->defined = true;
    bool may_wait = truth == TRUTH_UNDEFINED && !e->statement->has_from && !e->defined;
    if (truth != TRUTH_YES && !may_wait) {
        judge_and_tell(run, e);
        decide(e, false, now);
    } else if (now >= e->last) {
        judge_and_tell(run, e);
        decide(e, truth == TRUTH_YES, now);
    }
}

static void observe_one(struct run *run, struct expectation *e, sim_time now) {
    if (!is_open(e) || now < e->first) return;
    bool starts = e->state == BEFORE;
    if (starts && e->statement->expect == EXPECT_ALWAYS && e->last < e->first) { /* an empty span */
        decide(e, true, now);
        return;
    }
    if (starts) e->state = WATCHED;
    switch (e->statement->expect) {
    case EXPECT_AT:
        decide(e, judge_and_tell(run, e) == TRUTH_YES, now);
        break;
    case EXPECT_BY:
        observe_by(run, e, now, starts && now == e->first);
        break;
    case EXPECT_ALWAYS:
        observe_always(run, e, now);
        break;
    case EXPECT_END:
        break;
    }
}

void expectations_observe(struct run *run, sim_time now) {
    struct expectations *all = run->expectations;
    for (size_t i = 0; i < all->count; i++) observe_one(run, &all->items[i], now);
}

void expectation_reply(struct run *run, const struct statement *st, bool held, const char *got, sim_time now) {
    size_t place = run->expectations->of_statement[run_rank(run, st)];
    assert(place > 0);
    struct expectation *e = &run->expectations->items[place - 1];
    if (e->state == MISSED) return; /* of many replies, the first wrong one tells */
    buffer_clear(&e->got);
    buffer_puts(&e->got, got);
    e->state = held ? HELD : MISSED;
    e->judged = now;
}

/* A reply that nobody gave: its command was never sent. */
static void rest_reply(struct expectation *e, sim_time now) {
    if (e->state == HELD || e->state == MISSED) return;
    buffer_puts(&e->got, "the command was never sent");
    decide(e, false, now);
}

static void rest_one(struct run *run, struct expectation *e, sim_time now, bool stopped) {
    enum expect_when when = e->statement->expect;
    if (when == EXPECT_END) {
        decide(e, judge_and_tell(run, e) == TRUTH_YES, now);
    } else if (when == EXPECT_ALWAYS && (stopped || (e->last == SIM_NEVER && e->first <= now))) {
        bool seen = e->state == WATCHED && (e->defined || e->statement->has_from);
        judge_and_tell(run, e);
        if (!seen) buffer_puts(&e->got, ": it was never defined");
        decide(e, seen, now);
    } else if (when == EXPECT_ALWAYS && e->last == SIM_NEVER) {
        e->last = e->first; /* begins after the run came to rest: one look */
    } else if (stopped && e->state == UNMOVED) {
        e->state = HELD;
    } else if (stopped) {
        judge_and_tell(run, e);
        buffer_puts(&e->got, " (the run was stopped before)");
        decide(e, false, now);
    }
}

void expectations_rest(struct run *run, sim_time now, bool stopped) {
    struct expectations *all = run->expectations;
    for (size_t i = 0; i < all->count; i++) {
        struct expectation *e = &all->items[i];
        if (!e->watched) {
            rest_reply(e, now);
        } else if (is_open(e)) {
            rest_one(run, e, now, stopped);
        }
    }
}

bool expectations_waiting(const struct run *run) {
    return expectations_next(run) != SIM_NEVER;
}

static struct expectation_result result_of(const struct expectation *e) {
    return (struct expectation_result){.line = e->statement->place.line,
                                       .text = e->statement->text,
                                       .held = e->state == HELD,
                                       .got = e->got.at ? e->got.at : "",
                                       .at = e->judged};
}

const struct expectation_result *expectations_results(struct run *run, size_t *count) {
    const struct expectations *all = run->expectations;
    struct expectation_result *results = POOL_ARRAY(run->pool, struct expectation_result, all->count);
    for (size_t i = 0; i < all->count; i++) {
        const struct expectation *e = &all->items[i];
        assert(e->state == HELD || e->state == MISSED);
        results[i] = result_of(e);
    }
    *count = all->count;
    return results;
}

const struct expectation_result *expectations_missed(struct run *run, size_t *count) {
    const struct expectations *all = run->expectations;
    struct expectation_result *results = POOL_ARRAY(run->pool, struct expectation_result, all->count);
    *count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].state == MISSED) results[(*count)++] = result_of(&all->items[i]);
    }
    return results;
}
