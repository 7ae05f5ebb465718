/* The timeline: `at`, `every` and `when` lines. */
#include "sim/run/timeline.h"

#include <assert.h>

#include "sim/run/actions.h"
#include "sim/run/chaos.h"
#include "sim/run/cluster.h"
#include "sim/run/conditions.h"
#include "sim/run/ledger.h"

struct at_line {
    struct deed deed;
    const struct statement *statement;
};

struct every_line {
    struct deed deed;
    const struct statement *statement;
    struct chance chance;
    uint64_t fired;
};

struct when_line {
    struct deed deed; /* first: it begins to look; then: it acts */
    const struct statement *statement;
    struct watched *watched;
    bool looking;
    struct when_line *next;
};

struct timeline {
    size_t pending;
    size_t awaited;
    sim_time last; /* the last deed done, or instant named */
    struct when_line *whens, **whens_tail;
    uint64_t seen; /* the change count when the conditions were judged last */
};

struct timeline *timeline_create(struct run *run) {
    struct timeline *timeline = POOL_NEW(run->pool, struct timeline);
    timeline->whens_tail = &timeline->whens;
    timeline->seen = UINT64_MAX;
    timeline->last = plan_timeline_end(run->plan);
    return timeline;
}

static void fire_deed(void *ctx, struct event *event) {
    (void)ctx;
    struct deed *deed = CONTAINER_OF(event, struct deed, event);
    struct timeline *timeline = deed->run->timeline;
    assert(timeline->pending > 0);
    timeline->pending--;
    if (event->at > timeline->last) timeline->last = event->at;
    deed->act(deed->run, deed);
}

void timeline_add(struct run *run, struct deed *deed, sim_time at, uint32_t rank,
                  void (*act)(struct run *run, struct deed *self)) {
    assert(!deed_pending(deed));
    deed->run = run;
    deed->act = act;
    deed->event.fire = fire_deed;
    run->timeline->pending++;
    world_schedule(run->world, &deed->event, at, rank);
}

void timeline_await(struct run *run) {
    run->timeline->awaited++;
}

void timeline_awaited_came(struct run *run) {
    assert(run->timeline->awaited > 0);
    run->timeline->awaited--;
}

/* --- lines ------------------------------------------------------------------------------------------ */

static void act_at(struct run *run, struct deed *deed) {
    action_fire(run, CONTAINER_OF(deed, struct at_line, deed)->statement, 0);
}

static struct chance chance_of(const struct run *run, const struct statement *st) {
    return chance_named(run->seed, st->stream.purpose, st->stream.names, NULL, st->stream.nth);
}

static void start_at(struct run *run, const struct statement *st) {
    struct at_line *line = POOL_NEW(run->pool, struct at_line);
    line->statement = st;
    sim_time at = st->from;
    if (st->until > st->from) {
        struct chance chance = chance_of(run, st);
        at += (sim_time)chance_below(&chance, (uint64_t)(st->until - st->from) + 1);
    }
    timeline_add(run, &line->deed, at, run_rank(run, st), act_at);
}

static bool every_goes_on(const struct every_line *line, sim_time at) {
    const struct statement *st = line->statement;
    if (st->has_times && line->fired >= st->times) return false;
    return !st->has_until || at < st->until;
}

static void act_every(struct run *run, struct deed *deed) {
    struct every_line *line = CONTAINER_OF(deed, struct every_line, deed);
    sim_time now = world_now(run->world);
    uint64_t n = line->fired++;
    int64_t gap = chance_spread(&line->chance, &line->statement->spacing);
    sim_time next = now + (gap > 0 ? gap : 1); /* time passes: a drawn gap of 0 would never end */
    if (every_goes_on(line, next)) timeline_add(run, deed, next, run_rank(run, line->statement), act_every);
    action_fire(run, line->statement, n);
}

static void start_every(struct run *run, const struct statement *st) {
    struct every_line *line = POOL_NEW(run->pool, struct every_line);
    line->statement = st;
    line->chance = chance_of(run, st);
    sim_time from = st->has_from ? st->from : 0;
    if (every_goes_on(line, from)) timeline_add(run, &line->deed, from, run_rank(run, st), act_every);
}

/* --- when ------------------------------------------------------------------------------------------- */

static void look(struct run *run, struct deed *deed) {
    CONTAINER_OF(deed, struct when_line, deed)->looking = true;
    run->changes++; /* so that this instant's end is looked at */
}

static void act_when(struct run *run, struct deed *deed) {
    action_fire(run, CONTAINER_OF(deed, struct when_line, deed)->statement, 0);
}

static void start_when(struct run *run, const struct statement *st) {
    struct timeline *timeline = run->timeline;
    struct when_line *line = POOL_NEW(run->pool, struct when_line);
    line->statement = st;
    line->watched = condition_watch(run, &st->condition);
    *timeline->whens_tail = line;
    timeline->whens_tail = &line->next;
    timeline_add(run, &line->deed, st->has_from ? st->from : 0, run_rank(run, st), look);
}

bool timeline_conditions(struct run *run) {
    struct timeline *timeline = run->timeline;
    bool acts_now = false;
    if (!timeline->whens || timeline->seen == run_change_count(run)) return false;
    timeline->seen = run_change_count(run);
    for (struct when_line *line = timeline->whens; line; line = line->next) {
        if (!line->looking || condition_judge(run, line->watched, NULL) != TRUTH_YES) continue;
        line->looking = false;
        acts_now |= line->statement->after == 0;
        timeline_add(run, &line->deed, world_now(run->world) + line->statement->after, run_rank(run, line->statement),
                     act_when);
    }
    return acts_now;
}

/* --- the whole -------------------------------------------------------------------------------------- */

void timeline_start(struct run *run) {
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        const struct statement *st = &run->plan->statements[i];
        switch (st->kind) {
        case ST_AT:
            start_at(run, st);
            break;
        case ST_EVERY:
            start_every(run, st);
            break;
        case ST_WHEN:
            start_when(run, st);
            break;
        case ST_CHAOS:
            chaos_start(run, st);
            break;
        default:
            break;
        }
    }
}

bool timeline_over(struct run *run) {
    const struct timeline *timeline = run->timeline;
    if (timeline->pending > 0 || world_now(run->world) < timeline->last) return false;
    return timeline->awaited == 0 || timeline->awaited == cluster_waits_in_vain(run);
}

sim_time timeline_end(const struct run *run) {
    return run->timeline->pending > 0 ? SIM_NEVER : run->timeline->last;
}
