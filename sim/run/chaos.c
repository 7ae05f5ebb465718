/* Chaos: each fault of a `chaos` line strikes at exponentially distributed instants, on a target drawn among those it
 * can strike, for a drawn time. Instants, targets and times are drawn from streams of their own: changing one of them
 * leaves the others as they are. */
#include "sim/run/chaos.h"

#include <assert.h>

#include "sim/run/faults.h"
#include "sim/run/ledger.h"
#include "sim/run/timeline.h"

struct chaos_line {
    struct deed deed;
    const struct statement *statement;
    const struct chaos_fault *fault;
    struct chance gaps, targets, durations, sizes;
};

/* A machine, or a pair of parties. */
struct target {
    uint16_t a, b;
};

struct targets {
    struct target *items;
    size_t count;
};

static bool strikes_links(enum fault_kind kind) {
    return kind == FAULT_CUT || kind == FAULT_REFUSE || kind == FAULT_RESET || kind == FAULT_SLOW_LINK;
}

static bool can_strike(const struct run *run, enum fault_kind kind, uint16_t a, uint16_t b) {
    const struct world *w = run->world;
    switch (kind) {
    case FAULT_CUT:
        return !world_is_cut(w, a, b) && !world_is_cut(w, b, a);
    case FAULT_REFUSE:
        return !world_is_refused(w, a, b);
    case FAULT_PAUSE:
        return world_alive(w, a) && !world_paused(w, a);
    case FAULT_CHILD_KILL:
        return world_has_child(w, a);
    case FAULT_RESET:
    case FAULT_SLOW_LINK:
    case FAULT_DISK_FULL:
    case FAULT_CLOCK_JUMP:
        return true;
    default:
        return world_alive(w, a);
    }
}

static struct targets find_targets(struct run *run, enum fault_kind kind) {
    bool links = strikes_links(kind);
    size_t n = run->node_count, all = run->party_count;
    struct targets found = {POOL_ARRAY(run->pool, struct target, links ? n * all : n), 0};
    for (uint16_t a = 0; a < n; a++) {
        if (!links && can_strike(run, kind, a, NO_PARTY)) found.items[found.count++] = (struct target){a, NO_PARTY};
        for (uint16_t b = (uint16_t)(a + 1); links && b < all; b++) {
            if (can_strike(run, kind, a, b)) found.items[found.count++] = (struct target){a, b};
        }
    }
    return found;
}

static void free_targets(struct run *run, enum fault_kind kind, struct targets *targets) {
    size_t room = strikes_links(kind) ? (size_t)run->node_count * run->party_count : run->node_count;
    pool_free(run->pool, targets->items, room * sizeof *targets->items);
}

static enum action_kind action_of(enum fault_kind kind) {
    static const enum action_kind kinds[FAULT_KINDS] = {[FAULT_CUT] = ACT_CUT,
                                                        [FAULT_REFUSE] = ACT_REFUSE,
                                                        [FAULT_RESET] = ACT_RESET,
                                                        [FAULT_ISOLATE] = ACT_ISOLATE,
                                                        [FAULT_CRASH] = ACT_CRASH,
                                                        [FAULT_POWER] = ACT_POWER,
                                                        [FAULT_PAUSE] = ACT_PAUSE,
                                                        [FAULT_CHILD_KILL] = ACT_CHILD_KILL,
                                                        [FAULT_FORK_FAIL] = ACT_FORK_FAIL,
                                                        [FAULT_DISK_FULL] = ACT_DISK_FULL,
                                                        [FAULT_CLOCK_JUMP] = ACT_CLOCK_JUMP,
                                                        [FAULT_SLOW_LINK] = ACT_LINK};
    return kinds[kind];
}

/* A slow link: a hundred times less bandwidth than it had, and a latency between LAN and another continent. */
static void slow_down(struct run *run, struct action *action) {
    const struct link *link = world_link(run->world, action->from, action->to);
    action->link = (struct link_change){.a = action->from, .b = action->to};
    action->link.set[LINK_LATENCY] = action->link.set[LINK_BANDWIDTH] = true;
    action->link.latency = (struct spread){SPREAD_UNIFORM, 10 * SIM_MS, 200 * SIM_MS, 0};
    action->link.value[LINK_BANDWIDTH] = link->bandwidth > 6400000 ? link->bandwidth / 100 : 64000;
}

/* The fault on that target as if a line of the timeline said so; lives as long as the run: it is undone later. */
static struct action *make_action(struct run *run, struct chaos_line *line, const struct target *target) {
    struct action *action = POOL_NEW(run->pool, struct action);
    const char *name = fault_kind_name(line->fault->kind);
    action->kind = action_of(line->fault->kind);
    action->place = line->statement->place;
    action->from = target->a;
    action->to = target->b;
    action->a.party = POOL_NEW(run->pool, uint16_t);
    action->a.party[0] = target->a;
    action->a.count = 1;
    action->has_for = line->fault->kind != FAULT_RESET && line->fault->kind != FAULT_CHILD_KILL;
    action->duration = chance_spread(&line->durations, &line->fault->duration);
    const char *a = plan_party_name(run->plan, target->a);
    action->text = target->b == NO_PARTY
                       ? pool_printf(run->pool, "chaos %s %s", name, a)
                       : pool_printf(run->pool, "chaos %s %s %s", name, a, plan_party_name(run->plan, target->b));
    if (line->fault->kind == FAULT_SLOW_LINK) slow_down(run, action);
    if (line->fault->kind == FAULT_CLOCK_JUMP) {
        struct spread size = {SPREAD_EXP, 30 * SIM_SECOND, 0, 0};
        action->number = chance_spread(&line->sizes, &size);
        if (chance_below(&line->sizes, 2) == 0) action->number = -action->number;
    }
    return action;
}

/* Strikes one target; where that finds nothing to do (a pair without connections), the next ones are tried. */
static void strike(struct run *run, struct chaos_line *line) {
    struct targets targets = find_targets(run, line->fault->kind);
    const char *idle = "there was nothing to strike";
    ledger_fired(run, line->statement);
    size_t first = (size_t)chance_below(&line->targets, targets.count > 0 ? targets.count : 1);
    for (size_t i = 0; idle && i < targets.count; i++) {
        struct strike s = {.action = make_action(run, line, &targets.items[(first + i) % targets.count]),
                           .rank = run_rank(run, line->statement),
                           .name = fault_kind_name(line->fault->kind)};
        idle = faults_strike(run, &s);
    }
    if (idle) ledger_idle(run, line->statement, idle);
    free_targets(run, line->fault->kind, &targets);
}

static void schedule(struct run *run, struct chaos_line *line, sim_time from);

static void act_chaos(struct run *run, struct deed *deed) {
    struct chaos_line *line = CONTAINER_OF(deed, struct chaos_line, deed);
    strike(run, line);
    schedule(run, line, world_now(run->world));
}

/* The next strike, if it comes before the line's end. */
static void schedule(struct run *run, struct chaos_line *line, sim_time from) {
    /* Rates count per 1,000 s: the mean gap in ns. */
    struct spread gap = {SPREAD_EXP, 1000 * SIM_SECOND / line->fault->rate, 0, 0};
    sim_time next = from + chance_spread(&line->gaps, &gap) + 1;
    if (next >= line->statement->until) return;
    timeline_add(run, &line->deed, next, run_rank(run, line->statement), act_chaos);
}

static struct chance stream(const struct run *run, const struct chaos_fault *fault, const char *what) {
    return chance_named(run->seed, fault->stream.purpose, fault->stream.names, what, fault->stream.nth);
}

void chaos_start(struct run *run, const struct statement *st) {
    for (size_t i = 0; i < st->fault_count; i++) {
        struct chaos_line *line = POOL_NEW(run->pool, struct chaos_line);
        line->statement = st;
        line->fault = &st->faults[i];
        assert(line->fault->rate > 0);
        line->gaps = stream(run, line->fault, "gap");
        line->targets = stream(run, line->fault, "target");
        line->durations = stream(run, line->fault, "duration");
        line->sizes = stream(run, line->fault, "size");
        schedule(run, line, st->has_from ? st->from : 0);
    }
}
