/* `detsim replay FILE --seed N`: a run again, stopped at a moment and shown. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim/commands/frame.h"
#include "sim/run/moment.h"
#include "sim/scenario/nearest.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/values.h"

/* How many happenings are shown: of all parties, of the one that is watched. */
enum { LAST = 20, LAST_WATCHED = 40 };

static const char help[] =
    "detsim replay FILE [--seed N] [--until T | --event N] [--watch NODE]\n"
    "\n"
    "Makes a run again, stops it at a moment and shows the whole cluster there: what is broken by then, what\n"
    "happened last, every node with the fields that matter, what is under way on the links, who waits for what.\n"
    "A run stopped on its way is the same run: what led to the moment is what led to the failure.\n"
    "\n"
    "  --seed N      the seed (default: that of the file, else 1)\n"
    "  --until T     stops when everything of that instant has happened: 3.204s, 250ms\n"
    "  --event N     stops after event N (the number after the #, and column seq of a recorded run) and what the\n"
    "                same step brings\n"
    "  --watch NODE  events of that node or client alone, and all its fields\n"
    "\n"
    "Without --until and --event: at the first failure, or at the end if the run does not fail.\n"
    "\n"
    "Examples\n"
    "  detsim replay x.scn --seed 12\n"
    "  detsim replay x.scn --seed 12 --until 3.204s --watch r2\n"
    "  diff <(detsim replay x.scn --event 4000) <(detsim replay x.scn --event 4100)\n"
    "\n"
    "Exit status: 0 nothing had failed at the moment shown, 1 a promise was broken or an expectation missed by\n"
    "then, 2 bad usage or a wrong scenario, 3 the environment failed.\n";

struct options {
    uint64_t seed, event;
    const char *until, *watch;
    bool has_seed, has_event;
};

/* What is to be done. */
struct replay {
    const struct program *program;
    const struct plan *plan;
    uint64_t seed;
    uint16_t watch; /* party or NO_PARTY */
    struct run_moment moment;
};

static enum arguments_status read_options(struct command_call *call) {
    struct options *o = call->options;
    const struct argument_rule rules[] = {
        {"--seed", ARGUMENT_COUNT, &o->seed, &o->has_seed, NULL},
        {"--until", ARGUMENT_TEXT, (void *)&o->until, NULL, NULL},
        {"--event", ARGUMENT_COUNT, &o->event, &o->has_event, NULL},
        {"--watch", ARGUMENT_TEXT, (void *)&o->watch, NULL, NULL},
        {.name = NULL},
    };
    return arguments_read("detsim replay", rules, call->argc, call->argv, call->files, &call->file_count);
}

static const char *wrong_options(struct command_call *call) {
    const struct options *o = call->options;
    if (call->file_count == 0) return "no scenario file was given";
    if (call->file_count > 1) return "one scenario file at a time";
    if (o->until && o->has_event) return "--until and --event exclude each other";
    return NULL;
}

/* --- what the options mean ------------------------------------------------------------------------------------ */

static struct plan *read_plan(const struct program *program, struct pool *pool, const char *name) {
    struct scenario_errors errors;
    struct plan *plan = scenario_read_file(pool, name, program->system->words, &errors);
    if (plan) return plan;
    struct buffer text;
    buffer_init(&text, pool);
    scenario_errors_render(&errors, &text);
    fputs(text.at ? text.at : "", stderr);
    return NULL;
}

static size_t party_count(const struct plan *plan) {
    return plan->node_count + plan->client_count;
}

static bool fail_unknown_party(const struct plan *plan, const char *name) {
    struct nearest nearest = nearest_to((struct bytes){name, strlen(name)});
    fprintf(stderr, "detsim replay: --watch: %s has no node or client \"%s\"", plan->file, name);
    for (uint16_t i = 0; i < party_count(plan); i++) nearest_try(&nearest, plan_party_name(plan, i));
    if (nearest.best) fprintf(stderr, ", did you mean %s?", nearest.best);
    fputs(" (there are:", stderr);
    for (uint16_t i = 0; i < party_count(plan); i++) fprintf(stderr, " %s", plan_party_name(plan, i));
    fputs(")\n", stderr);
    return false;
}

static bool find_watched(struct replay *replay, const char *name) {
    replay->watch = NO_PARTY;
    if (!name) return true;
    for (uint16_t i = 0; i < party_count(replay->plan); i++) {
        if (strcmp(plan_party_name(replay->plan, i), name) == 0) replay->watch = i;
    }
    return replay->watch != NO_PARTY || fail_unknown_party(replay->plan, name);
}

static bool find_moment(struct replay *replay, const struct options *o) {
    replay->moment = (struct run_moment){SIM_NEVER, UINT64_MAX};
    if (o->has_event && o->event < UINT64_MAX) replay->moment.count = o->event + 1;
    if (!o->until) return true;
    const char *wrong = value_read_duration((struct bytes){o->until, strlen(o->until)}, &replay->moment.at);
    if (wrong) fprintf(stderr, "detsim replay: --until: \"%s\" is not a duration: %s\n", o->until, wrong);
    return wrong == NULL;
}

/* --- making the run ------------------------------------------------------------------------------------------- */

static struct run_setup setup_of(const struct replay *replay, struct pool *pool, struct pool *scratch) {
    return (struct run_setup){.plan = replay->plan,
                              .seed = replay->seed,
                              .system = replay->program->system,
                              .pool = pool,
                              .scratch = scratch};
}

/* Sets the moment to that of the run's first failure, if it has one. */
static void find_failure(struct replay *replay, struct pool *pool, struct pool *scratch) {
    struct run_setup setup = setup_of(replay, pool, scratch);
    struct run_result result;
    setup.no_fields = true;
    run_make(&setup, &result);
    if (!result.passed && result.failed_at >= 0) replay->moment.at = result.failed_at;
    pool_reset(pool);
    pool_reset(scratch);
}

static int show(const struct replay *replay, struct pool *pool, struct pool *scratch) {
    struct run_setup setup = setup_of(replay, pool, scratch);
    struct tail *tail = tail_create(pool, replay->watch == NO_PARTY ? LAST : LAST_WATCHED, replay->watch);
    struct recorder *recorder = tail_recorder(tail);
    struct moment moment;
    struct buffer text;
    setup.recorders = &recorder;
    setup.recorder_count = 1;
    setup.no_fields = true;
    struct run *run = run_begin(&setup);
    run_advance(run, &replay->moment);
    moment_take(run, replay->watch, tail, &moment);
    buffer_init(&text, pool);
    moment_write(&moment, &text);
    if (fwrite(text.at, 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        perror("detsim replay: standard output");
        return EXIT_ENVIRONMENT;
    }
    return moment.failed ? EXIT_BROKEN : EXIT_HELD;
}

static int replay_file(struct command_call *call) {
    const struct options *o = call->options;
    struct replay replay = {.program = call->program};
    replay.plan = read_plan(call->program, call->pool, call->files[0]);
    if (!replay.plan) return EXIT_USAGE;
    replay.seed = o->has_seed ? o->seed : replay.plan->seed;
    if (!find_watched(&replay, o->watch) || !find_moment(&replay, o)) return EXIT_USAGE;
    struct pool *pool = pool_create(), *scratch = pool_create();
    if (!o->until && !o->has_event) find_failure(&replay, pool, scratch);
    int status = show(&replay, pool, scratch);
    pool_destroy(pool);
    pool_destroy(scratch);
    return status;
}

int command_replay(const struct program *program, int argc, char **argv) {
    static const struct command_form form = {"detsim replay", help, read_options, wrong_options, replay_file};
    struct options o = {0};
    return command_perform(&form, program, argc, argv, &o);
}
