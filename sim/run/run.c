/* One run, from the plan to the verdict.
 *
 * Time goes from instant to instant. Everything of an instant happens; then `when` lines may act; then those who only
 * look (expectations, readings, samples) look, now and at the instants of their own before the next event. */
#include "sim/run/run.h"

#include <assert.h>
#include <time.h>

#include "sim/run/cluster.h"
#include "sim/run/conditions.h"
#include "sim/run/console.h"
#include "sim/run/expect.h"
#include "sim/run/faults.h"
#include "sim/run/ledger.h"
#include "sim/run/links.h"
#include "sim/run/model_setup.h"
#include "sim/run/readings.h"
#include "sim/run/recording.h"
#include "sim/run/rest.h"
#include "sim/run/result.h"
#include "sim/run/timeline.h"

/* How often the pool's size is looked at, in instants. */
enum { MEMORY_EVERY = 256 };

/* Progress of the loop. */
struct loop {
    struct run_limits limits;
    uint64_t seen;           /* the change count when expectations looked last */
    uint64_t instant_events; /* fired since time passed */
    uint64_t instants;
    bool instant_over; /* `when` lines and rest were judged for the instant of the last event */
    bool over;
    sim_time rested;      /* when it was at rest first; -1: it was not */
    struct ending ending; /* once it is over */
};

/* --- making -------------------------------------------------------------------------------------------- */

/* Ties are broken at random in most runs: first in, first out hides races, and priorities find rare ones. */
static struct tie_policy draw_ties(uint64_t seed) {
    struct chance chance = chance_named(seed, "tie policy", NULL, NULL, 0);
    switch (chance_below(&chance, 4)) {
    case 0:
        return (struct tie_policy){TIE_FIFO, 0};
    case 1:
        return (struct tie_policy){TIE_PCT, 1 + (unsigned)chance_below(&chance, 3)};
    default:
        return (struct tie_policy){TIE_RANDOM, 0};
    }
}

static sim_time find_horizon(const struct plan *plan) {
    sim_time horizon = plan_timeline_end(plan);
    for (size_t i = 0; i < plan->client_count; i++) {
        const struct statement *st = plan->clients[i].statement;
        for (size_t o = 0; o < st->option_count; o++) {
            const struct option *option = &st->options[o];
            bool is_until = strcmp(option->rule->name, "until") == 0 && option->rule->form == FORM_DURATION;
            if (is_until && option->number > horizon) horizon = option->number;
        }
    }
    return plan->has_end ? plan->end : horizon;
}

static uint64_t seed_of_world(const struct run_setup *setup) {
    if (setup->other_world == 0) return setup->seed;
    struct chance chance = chance_named(setup->seed, "other world", NULL, NULL, setup->other_world);
    return chance_bits(&chance);
}

static struct run *create(const struct run_setup *setup) {
    struct run *run = POOL_NEW(setup->pool, struct run);
    run->setup = setup;
    run->plan = setup->plan;
    run->system = setup->system;
    run->pool = setup->pool;
    run->seed = setup->seed;
    run->horizon = find_horizon(run->plan);
    run->node_count = (uint16_t)run->plan->node_count;
    run->party_count = (uint16_t)(run->plan->node_count + run->plan->client_count);
    run->console_party = run->party_count;
    uint64_t world_seed = seed_of_world(setup);
    run->ties = draw_ties(world_seed);
    run->trace = trace_create(run->pool);
    run->probe_count = system_probe_count(run->system);
    run->probes = POOL_ARRAY(run->pool, uint64_t, run->probe_count + 1);
    run->world = world_create(&(struct world_setup){run->pool, run->trace, world_seed, run->ties, run->probes});
    run->ledger = ledger_create(run);
    run->links = links_create(run);
    run->cluster = cluster_create(run);
    run->model = model_from_plan(run);
    run->faults = faults_create(run);
    run->console = console_create(run);
    run->conditions = conditions_create(run);
    run->readings = readings_create(run);
    run->timeline = timeline_create(run);
    run->expectations = expectations_create(run);
    run->rest = rest_create(run);
    run->recording = recording_create(run);
    return run;
}

/* --- looking -------------------------------------------------------------------------------------------- */

static sim_time earlier(sim_time a, sim_time b) {
    return a < b ? a : b;
}

/* The next instant at which somebody wants to look although nothing may happen then. */
static sim_time next_look(const struct run *run) {
    sim_time next = earlier(readings_next(run), expectations_next(run));
    return earlier(next, recording_next_sample(run));
}

/* Everything of this instant has happened. */
static void look(struct run *run, struct loop *loop) {
    sim_time now = world_now(run->world);
    bool changed = loop->seen != run_change_count(run);
    loop->seen = run_change_count(run);
    if (readings_next(run) <= now) readings_take(run, now);
    if (changed || expectations_next(run) <= now) expectations_observe(run, now);
    if (recording_next_sample(run) <= now) recording_sample(run, now);
}

/* Looks at the instants before `until` at which nothing happens. */
static void look_before(struct run *run, struct loop *loop, sim_time until) {
    for (sim_time at = next_look(run); at < until; at = next_look(run)) {
        world_skip_to(run->world, at);
        look(run, loop);
    }
}

/* Time passes up to `at`, where nothing happens. */
static void pass_to(struct run *run, struct loop *loop, sim_time at) {
    look_before(run, loop, at);
    if (world_now(run->world) < at) world_skip_to(run->world, at);
    look(run, loop);
}

/* --- going ---------------------------------------------------------------------------------------------- */

/* Why the run must be given up; NULL if it need not. */
static const char *broken_bound(struct run *run, struct loop *loop) {
    if (world_events_fired(run->world) > loop->limits.events) return "given up: too many events for one run";
    if (loop->instant_events > loop->limits.instant_events) return "given up: time does not pass any more";
    if (loop->instants % MEMORY_EVERY == 0 && pool_in_use(run->pool) > loop->limits.memory) {
        return "given up: too much memory for one run";
    }
    return NULL;
}

/* The last instant that the run may reach. */
static sim_time last_instant(struct run *run) {
    return run->plan->has_end ? run->plan->end : rest_deadline(run);
}

/* The run is at rest at this instant; whether it goes on for a while all the same. */
static bool lingers_on(struct run *run, struct loop *loop) {
    if (run->setup->lingers == 0) return false;
    if (loop->rested < 0) loop->rested = world_now(run->world);
    return expectations_waiting(run) || world_now(run->world) < loop->rested + run->setup->lingers;
}

/* Everything of an instant has happened. True if the run is over: at rest. */
static bool end_instant(struct run *run, struct loop *loop) {
    loop->instants++;
    loop->instant_events = 0;
    look(run, loop);
    if (run->plan->has_end || !rest_reached(run) || lingers_on(run, loop)) return false;
    loop->ending = (struct ending){.at_rest = true, .settled_judged = true, .at = world_now(run->world)};
    return true;
}

/* Nothing more happens up to `last`, the last instant of the run. */
static void end_late(struct run *run, struct loop *loop, sim_time last) {
    bool judged = !run->plan->has_end;
    assert(last != SIM_NEVER);
    pass_to(run, loop, last);
    loop->ending = (struct ending){.settled_judged = judged, .at = last};
    if (!judged) return;
    loop->ending.unsettled = rest_missing(run);
    loop->ending.at_rest = loop->ending.unsettled == NULL;
}

/* Where the loop stands after passing the time to the next event. */
enum passage { PASSED, AGAIN /* `when` lines act at this instant */, STOPPED, OVER };

/* The instant of the last event is over: time passes to the next, to `stop` or to the end, whatever comes first. Done
 * again after a stop it judges nothing twice: a run that was stopped goes on as if it had not been. */
static enum passage pass_time(struct run *run, struct loop *loop, sim_time next, sim_time stop) {
    if (!loop->instant_over) {
        if (timeline_conditions(run)) return AGAIN;
        loop->instant_over = true;
        if (end_instant(run, loop)) return OVER;
    }
    sim_time last = last_instant(run);
    if (stop < next && stop < last) {
        if (stop > world_now(run->world)) pass_to(run, loop, stop);
        return STOPPED;
    }
    if (next > last) {
        end_late(run, loop, last);
        return OVER;
    }
    look_before(run, loop, next);
    return PASSED;
}

bool run_advance(struct run *run, const struct run_moment *to) {
    struct loop *loop = run->loop;
    while (!loop->over) {
        if (trace_count(run->trace) >= to->count) return true;
        sim_time next = world_next(run->world);
        if (next > world_now(run->world)) {
            enum passage passage = pass_time(run, loop, next, to->at);
            if (passage == AGAIN) continue;
            if (passage == STOPPED) return true;
            loop->over = passage == OVER;
            if (loop->over) break;
        }
        const char *bound = broken_bound(run, loop);
        if (bound) {
            loop->ending = (struct ending){.gave_up = bound, .at = world_now(run->world)};
            loop->over = true;
            break;
        }
        loop->instant_over = false;
        loop->instant_events++;
        world_step(run->world);
    }
    return false;
}

/* The run is at rest, but expectations lie later: the world goes on until they are judged. */
static void go_on(struct run *run, struct loop *loop) {
    while (expectations_waiting(run)) {
        sim_time next = world_next(run->world);
        if (next > world_now(run->world)) {
            loop->instants++;
            loop->instant_events = 0;
            look(run, loop);
            look_before(run, loop, next);
            if (next == SIM_NEVER) return;
        }
        if (broken_bound(run, loop)) return;
        loop->instant_events++;
        world_step(run->world);
    }
}

/* --- the whole ------------------------------------------------------------------------------------------- */

static struct run_limits limits_of(const struct run_setup *setup) {
    struct run_limits limits = setup->limits;
    if (limits.events == 0) limits.events = RUN_EVENTS_MAX;
    if (limits.instant_events == 0) limits.instant_events = RUN_INSTANT_EVENTS_MAX;
    if (limits.memory == 0) limits.memory = RUN_MEMORY_MAX;
    return limits;
}

static int64_t wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SIM_SECOND + now.tv_nsec;
}

static const char *ties_text(struct run *run) {
    if (run->ties.kind == TIE_PCT) return pool_printf(run->pool, "pct:%u", run->ties.depth);
    return run->ties.kind == TIE_FIFO ? "fifo" : "random";
}

bool run_is_over(const struct run *run) {
    return run->loop->over;
}

struct run *run_begin(const struct run_setup *setup) {
    struct run *run = create(setup);
    run->loop = POOL_NEW(run->pool, struct loop);
    run->loop->limits = limits_of(setup);
    run->loop->seen = UINT64_MAX;
    run->loop->rested = -1;
    if (setup->capture) capture_attach(setup->capture, run->world);
    recording_begin(run);
    cluster_start(run);
    timeline_start(run);
    return run;
}

void run_finish(struct run *run, struct run_result *result) {
    const struct ending *ending = &run->loop->ending;
    assert(run->loop->over);
    trace_freeze(run->trace);
    run->at_rest = ending->at_rest;
    recording_stop(run);
    run->system->finish(run->model, ending->at_rest);
    result_take(run, ending, result);
    result->ties = ties_text(run);
    console_rest(run);
    bool stopped = run->plan->has_end || ending->gave_up;
    expectations_rest(run, ending->at, stopped);
    go_on(run, run->loop);
    expectations_rest(run, world_now(run->world), true);
    result_finish(run, ending, result);
}

void run_make(const struct run_setup *setup, struct run_result *result) {
    int64_t began = wall_now();
    struct run *run = run_begin(setup);
    bool stopped = run_advance(run, &(struct run_moment){SIM_NEVER, UINT64_MAX});
    assert(!stopped);
    (void)stopped;
    run_finish(run, result);
    result->wall_ns = wall_now() - began;
}

bool run_keep(const struct run_setup *setup, const struct run_result *result) {
    bool kept = true;
    for (size_t i = 0; i < setup->recorder_count; i++) {
        const struct recorder *r = setup->recorders[i];
        if (r->ops->end) kept &= r->ops->end(r->ctx, result);
    }
    return kept;
}
