/* One scenario: the model in several worlds, real servers, and the comparison. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/run/conform.h"
#include "sim/run/conform_bridge.h"
#include "sim/run/conform_facts.h"
#include "sim/run/conform_folder.h"

enum { VALUES_MAX = 64, RUNS_MAX = 64, FEW_VALUES = 3 };

/* The real side takes its time: it may rest so much later than the model. */
#define REST_GRACE (3 * SIM_SECOND)

/* Both sides go on for a while when they are at rest: what was under way then comes out. */
#define LINGERS (2 * SIM_SECOND)

/* Between real servers a byte makes three ways through the kernel, and waits for us: as much as in half of the worlds.
 * The simulated links add little to that. */
#define SLOW_LINKS ((struct spread){SPREAD_UNIFORM, 200 * SIM_US, 3 * SIM_MS, 0})
#define FAST_LINKS ((struct spread){SPREAD_CONSTANT, 10 * SIM_US, 0, 0})

struct scenario_run {
    const struct conform_setup *setup;
    const struct plan *plan;
    struct pool *pool; /* of facts and outcome */
    struct pool *run_pool, *scratch;
    unsigned block;
    uint64_t seed;
    sim_time first_end, last_end; /* of the model's worlds */
    struct facts *model, *real;
    size_t model_count, real_count;
};

/* --- what real servers cannot be made to do ---------------------------------------------------------------------- */

static const char *impossible_link(const struct link_change *link) {
    return link->set[LINK_BUFFER] ? "the socket buffers of a real server are the kernel's" : NULL;
}

static const char *impossible_action(const struct action *action) {
    switch (action->kind) {
    case ACT_LINK:
        return impossible_link(&action->link);
    case ACT_POWER:
        return "power loss: a process cannot lose what the kernel has";
    case ACT_FORK_FAIL:
        return "fork() cannot be made to fail from outside";
    case ACT_DISK_FULL:
    case ACT_DISK_ERROR:
    case ACT_DISK_SLOW:
    case ACT_DISK_OK:
        return "the disk of a real server is the machine's";
    case ACT_DISK_FLIP:
        return "which byte is damaged depends on the writer's format";
    case ACT_CLOCK_JUMP:
    case ACT_CLOCK_DRIFT:
        return "real servers share the machine's clock";
    default:
        return NULL;
    }
}

enum { WORDS_MAX = 16 };

/* A command as far as its words stand in the file. */
static const char *unlike_command(const struct real *real, const struct command_action *command) {
    struct bytes words[WORDS_MAX];
    size_t count = command->word_count < WORDS_MAX ? command->word_count : WORDS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct command_part *part = &command->words[i];
        bool known = part->count == 1 && part->pieces[0].kind == PIECE_TEXT;
        words[i] = known ? part->pieces[0].text : (struct bytes){"", 0};
    }
    return real->unlike_line(words, count);
}

static const char *impossible(const struct real *real, const struct statement *st) {
    switch (st->kind) {
    case ST_CONF:
        return real->unlike_line(st->conf.words, st->conf.word_count);
    case ST_LINK:
        return impossible_link(&st->link);
    case ST_COST:
        return "the costs of a real machine are its own";
    case ST_DEFECT:
        return "real servers have no switch for bugs";
    case ST_CHAOS:
        return "chaos strikes by what it finds at an instant, which is never twice the same";
    case ST_AT:
    case ST_EVERY:
    case ST_WHEN:
        if (st->action.kind == ACT_COMMAND) return unlike_command(real, &st->action.command);
        return impossible_action(&st->action);
    default:
        return NULL;
    }
}

static const char *find_impossible(struct scenario_run *run) {
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        const struct statement *st = &run->plan->statements[i];
        const char *why = impossible(run->setup->real, st);
        if (why) return pool_printf(run->pool, "line %u: %s", st->place.line, why);
    }
    return NULL;
}

/* --- the model's side -------------------------------------------------------------------------------------------- */

static struct run_setup setup_of(struct scenario_run *run, const struct system *system, struct recorder **recorder) {
    return (struct run_setup){.plan = run->plan,
                              .seed = run->seed,
                              .system = system,
                              .pool = run->run_pool,
                              .scratch = run->scratch,
                              .recorders = recorder,
                              .recorder_count = 1,
                              .lingers = LINGERS};
}

static void reset_pools(struct scenario_run *run) {
    pool_reset(run->run_pool);
    pool_reset(run->scratch);
}

static void run_model(struct scenario_run *run, uint64_t world) {
    struct facts *facts = &run->model[run->model_count++];
    facts_begin(facts, run->pool, run->setup->real, run->plan);
    struct recorder *recorder = &facts->recorder;
    struct run_setup setup = setup_of(run, run->setup->system, &recorder);
    struct run_result result;
    setup.other_world = world;
    if (world % 2 == 1) setup.latency = SLOW_LINKS;
    run_make(&setup, &result);
    run_keep(&setup, &result);
    if (facts->ended > run->last_end) run->last_end = facts->ended;
    if (run->model_count == 1 || facts->ended < run->first_end) run->first_end = facts->ended;
    reset_pools(run);
}

/* --- the real side ----------------------------------------------------------------------------------------------- */

/* Gives NULL, or what failed. */
static const char *run_real(struct scenario_run *run) {
    char *folder = pool_printf(run->pool, "%s/XXXXXX", run->setup->folder);
    if (!mkdtemp(folder)) return "no folder could be made";
    struct facts *facts = &run->real[run->real_count];
    facts_begin(facts, run->pool, run->setup->real, run->plan);
    facts->names_of = bridge_names;
    struct recorder *recorder = &facts->recorder;
    struct system system;
    struct bridge_setup bridge = {.base = run->setup->system,
                                  .real = run->setup->real,
                                  .program = run->setup->server ? run->setup->server : run->setup->real->program,
                                  .folder = folder,
                                  .block = 1 + run->block,
                                  .first_port = run->setup->first_port,
                                  .rest_from = run->first_end,
                                  .rest_by = run->last_end + REST_GRACE,
                                  .number = run->real_count};
    bridge_system(&bridge, &system);
    struct run_setup setup = setup_of(run, &system, &recorder);
    setup.ctx = &bridge;
    setup.latency = FAST_LINKS;
    setup.lingers = 1; /* the model's rest has it in it */
    struct run_result result;
    const char *problem = NULL;
    if (bridge_run(&setup, &result, &problem)) {
        run_keep(&setup, &result);
        run->real_count++;
    } else {
        problem = pool_strdup(run->pool, problem);
    }
    reset_pools(run);
    if (run->setup->keep) {
        fprintf(stderr, "%s: %s\n", run->plan->file, folder);
    } else {
        folder_remove(folder);
    }
    return problem;
}

/* --- comparing --------------------------------------------------------------------------------------------------- */

struct values {
    const char *texts[VALUES_MAX];
    size_t count;
};

static bool has_value(const struct values *values, const char *text) {
    for (size_t i = 0; i < values->count; i++) {
        if (strcmp(values->texts[i], text) == 0) return true;
    }
    return false;
}

static struct values take_values(const struct facts *sides, size_t count, const struct fact *fact) {
    struct values values = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct fact *found = facts_find(&sides[i], fact->subject, fact->name);
        const char *text = found ? found->value : "-";
        if (values.count < VALUES_MAX && !has_value(&values, text)) values.texts[values.count++] = text;
    }
    return values;
}

static const char *join(struct pool *pool, const struct values *values) {
    struct buffer text;
    buffer_init(&text, pool);
    for (size_t i = 0; i < values->count && i < FEW_VALUES; i++) {
        buffer_printf(&text, "%s%s", i ? " or " : "", values->texts[i]);
    }
    if (values->count > FEW_VALUES) buffer_printf(&text, " or ... (%zu values)", values->count);
    return text.at ? text.at : "";
}

/* The first line in which two lists differ. */
static const char *first_difference(struct pool *pool, const char *ours, const char *theirs) {
    for (unsigned line = 1;; line++) {
        size_t a = strcspn(ours, "\n"), b = strcspn(theirs, "\n");
        if (a != b || memcmp(ours, theirs, a) != 0) {
            return pool_printf(pool, "landmark %u: the model has \"%.*s\", the real server \"%.*s\"", line,
                               (int)(a ? a : 3), a ? ours : "end", (int)(b ? b : 3), b ? theirs : "end");
        }
        if (ours[a] == '\0' || theirs[b] == '\0') return "";
        ours += a + 1;
        theirs += b + 1;
    }
}

static size_t count_lines(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

static void show_values(struct scenario_run *run, const struct fact *fact, const struct values *model,
                        const struct values *real, struct conform_fact *into) {
    if (!fact->is_list) {
        into->model = join(run->pool, model);
        into->real = join(run->pool, real);
        return;
    }
    into->model = pool_printf(run->pool, "%zu landmarks", count_lines(model->texts[0]));
    into->real = pool_printf(run->pool, "%zu landmarks", count_lines(real->texts[0]));
    if (!has_value(model, real->texts[0])) into->why = first_difference(run->pool, model->texts[0], real->texts[0]);
}

static bool any_value_in(const struct values *among, const struct values *values, bool all) {
    for (size_t i = 0; i < values->count; i++) {
        if (has_value(among, values->texts[i]) != all) return !all;
    }
    return all;
}

/* Whether each real value is near one of the model's; then how, in words; else NULL. */
static const char *is_near(const struct scenario_run *run, const struct fact *fact, const struct values *model,
                           const struct values *real) {
    const char *how = NULL;
    for (size_t i = 0; i < real->count; i++) {
        bool found = has_value(model, real->texts[i]);
        for (size_t j = 0; j < model->count && !found; j++) {
            const char *near = run->setup->real->near(fact->name, model->texts[j], real->texts[i]);
            if (near) how = near;
            found = near != NULL;
        }
        if (!found) return NULL;
    }
    return how;
}

static void judge(struct scenario_run *run, const struct fact *fact, struct conform_fact *into) {
    struct values model = take_values(run->model, run->model_count, fact);
    struct values real = take_values(run->real, run->real_count, fact);
    *into = (struct conform_fact){.subject = fact->subject, .name = fact->name, .why = ""};
    const char *near;
    show_values(run, fact, &model, &real, into);
    const struct fact *theirs = facts_find(&run->real[run->real_count - 1], fact->subject, fact->name);
    const char *unlike = !fact->unlike && theirs ? theirs->unlike : fact->unlike;
    if (unlike) {
        into->verdict = CONFORM_NOT_COMPARABLE;
        into->why = unlike;
    } else if (any_value_in(&model, &real, true)) {
        into->verdict = CONFORM_AGREES;
        into->why = "";
    } else if ((near = is_near(run, fact, &model, &real)) != NULL) {
        into->verdict = CONFORM_AGREES;
        into->why = near;
    } else if (model.count > FEW_VALUES) {
        into->verdict = CONFORM_NOT_COMPARABLE;
        into->why = pool_printf(run->pool, "it depends on phases and delays: %zu values in %zu worlds of the model",
                                model.count, run->model_count);
    } else if (any_value_in(&model, &real, false)) {
        into->verdict = CONFORM_UNSTABLE;
    } else {
        into->verdict = real.count > 1 ? CONFORM_UNSTABLE : CONFORM_DIFFERS;
    }
}

static bool is_new(const struct scenario_run *run, const struct fact *fact) {
    return facts_find(&run->model[0], fact->subject, fact->name) == NULL;
}

static void compare(struct scenario_run *run, struct conform_outcome *outcome) {
    const struct facts *model = &run->model[0], *real = &run->real[0];
    struct conform_fact *facts = POOL_ARRAY(run->pool, struct conform_fact, model->count + real->count);
    outcome->fact_count = 0;
    for (size_t i = 0; i < model->count; i++) judge(run, &model->items[i], &facts[outcome->fact_count++]);
    for (size_t i = 0; i < real->count; i++) {
        if (is_new(run, &real->items[i])) judge(run, &real->items[i], &facts[outcome->fact_count++]);
    }
    outcome->facts = facts;
    outcome->real_runs = (unsigned)run->real_count;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void compare_sides(struct scenario_run *run, struct conform_outcome *outcome) {
    const struct conform_setup *setup = run->setup;
    for (uint64_t i = 0; i < setup->worlds; i++) run_model(run, i);
    uint64_t runs = setup->repeat;
    for (uint64_t i = 0; i < runs && i < RUNS_MAX; i++) {
        outcome->problem = run_real(run);
        if (outcome->problem) return;
        outcome->real_time += run->real[i].ended;
        compare(run, outcome);
        bool differs = conform_count(outcome, CONFORM_DIFFERS) > 0;
        if (i + 1 == runs && differs && runs < setup->repeat + setup->confirm) runs++;
    }
}

void conform_one(const struct conform_setup *setup, const struct plan *plan, unsigned block, struct pool *pool,
                 struct conform_outcome *outcome) {
    assert(setup->worlds >= 1 && setup->worlds <= RUNS_MAX && setup->repeat >= 1);
    struct scenario_run run = {.setup = setup,
                               .plan = plan,
                               .pool = pool,
                               .run_pool = pool_create(),
                               .scratch = pool_create(),
                               .block = block,
                               .seed = setup->seed ? *setup->seed : plan->seed,
                               .model = POOL_ARRAY(pool, struct facts, RUNS_MAX),
                               .real = POOL_ARRAY(pool, struct facts, RUNS_MAX)};
    *outcome = (struct conform_outcome){.scenario = plan->file, .title = plan->title ? plan->title : ""};
    outcome->not_comparable = find_impossible(&run);
    if (!outcome->not_comparable) compare_sides(&run, outcome);
    pool_destroy(run.run_pool);
    pool_destroy(run.scratch);
}
