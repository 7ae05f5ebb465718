/* `detsim conform FILE...`: scenarios in the model and on real servers, and what agrees. */
#include <stdio.h>
#include <string.h>

#include "sim/commands/frame.h"
#include "sim/run/conform.h"
#include "sim/scenario/scenario.h"

enum { JOBS_MAX = 32, RUNS_MAX = 32 };

static const char help[] =
    "detsim conform FILE... [--server PATH] [--repeat N] [--jobs N] [--db FILE]\n"
    "                       [--format text|json|table] [--all]\n"
    "\n"
    "Runs each scenario in the model and on real servers (started on loopback in a temporary folder, with the\n"
    "simulated network as the proxy between them), and compares facts: fields of every node at the end, who shares\n"
    "an id, replies, expectations, the landmarks of the logs in their order.\n"
    "\n"
    "The model runs in several worlds: the scenario's lines draw the same in all, phases and delays do not. A fact\n"
    "agrees if the real value is one of the model's; it is not comparable if it depends on phases and delays.\n"
    "\n"
    "  --server PATH   the server to start (default: the one of the PATH)\n"
    "  --seed N        the seed (default: that of the file, else 1)\n"
    "  --repeat N      runs the real side N times: what differs there from run to run is unstable (default: 1)\n"
    "  --confirm N     runs it up to N times more where a fact differs (default: 2)\n"
    "  --worlds N      runs of the model (default: 16)\n"
    "  --jobs N        scenarios at a time; their time is spent waiting (default: 4)\n"
    "  --port N        real ports are taken from there on (default: 22400)\n"
    "  --db FILE       records the facts in an SQLite file (table conform_fact)\n"
    "  --format F      text, json (one object a line) or table (a row of Markdown a scenario)\n"
    "  --all           text: every fact, not only those that differ\n"
    "  --keep          leaves the servers' folders, with their logs, and says where they are\n"
    "\n"
    "Examples\n"
    "  detsim conform scenarios/resync/partial-resync.scn --all\n"
    "  detsim conform scenarios/*/*.scn --jobs 8 --format json | jq -r 'select(.verdict == \"differs\") | .scenario'\n"
    "\n"
    "What real servers cannot be made to do (a failing fork, a torn disk) is said, and that scenario not run.\n"
    "Exit status: 0 no fact differs, 1 one does, again and again, 2 bad usage or a wrong scenario, 3 the environment\n"
    "failed.\n";

struct options {
    struct conform_setup setup;
    uint64_t seed, port;
    bool has_seed;
    const char *format, *db;
    bool all;
};

struct output {
    const struct options *options;
    struct pool *pool;
    const struct recorder_source *recorders; /* NULL: nothing is recorded */
    struct recorder_campaign record;
    bool head_is_out;
    bool differs, trouble;
};

static enum arguments_status read_options(struct command_call *call) {
    struct options *o = call->options;
    static const char *const formats[] = {"text", "json", "table", NULL};
    const struct argument_rule rules[] = {
        {"--server", ARGUMENT_TEXT, (void *)&o->setup.server, NULL, NULL},
        {"--seed", ARGUMENT_COUNT, &o->seed, &o->has_seed, NULL},
        {"--repeat", ARGUMENT_COUNT, &o->setup.repeat, NULL, NULL},
        {"--confirm", ARGUMENT_COUNT, &o->setup.confirm, NULL, NULL},
        {"--worlds", ARGUMENT_COUNT, &o->setup.worlds, NULL, NULL},
        {"--jobs", ARGUMENT_COUNT, &o->setup.jobs, NULL, NULL},
        {"--port", ARGUMENT_COUNT, &o->port, NULL, NULL},
        {"--db", ARGUMENT_TEXT, (void *)&o->db, NULL, NULL},
        {"--format", ARGUMENT_CHOICE, (void *)&o->format, NULL, formats},
        {"--all", ARGUMENT_FLAG, &o->all, NULL, NULL},
        {"--keep", ARGUMENT_FLAG, &o->setup.keep, NULL, NULL},
        {.name = NULL},
    };
    return arguments_read("detsim conform", rules, call->argc, call->argv, call->files, &call->file_count);
}

static const char *wrong_options(struct command_call *call) {
    const struct options *o = call->options;
    if (call->file_count == 0) return "no scenario file was given";
    if (o->setup.jobs < 1 || o->setup.jobs > JOBS_MAX) return "--jobs must lie between 1 and 32";
    if (o->setup.repeat < 1 || o->setup.repeat + o->setup.confirm > RUNS_MAX) {
        return "--repeat must be at least 1, and at most 32 together with --confirm";
    }
    if (o->setup.worlds < 1 || o->setup.worlds > RUNS_MAX) return "--worlds must lie between 1 and 32";
    if (o->port < 1024 || o->port > 65000) return "--port must lie between 1024 and 65000";
    return NULL;
}

static const struct plan **read_files(const struct program *program, struct pool *pool, const char *const *names,
                                      size_t count) {
    const struct plan **plans = POOL_ARRAY(pool, const struct plan *, count);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct scenario_errors errors;
        plans[i] = scenario_read_file(pool, names[i], program->system->words, &errors);
        if (plans[i]) continue;
        struct buffer text;
        buffer_init(&text, pool);
        scenario_errors_render(&errors, &text);
        fputs(text.at ? text.at : "", stderr);
        good = false;
    }
    return good ? plans : NULL;
}

/* What cannot be kept is said once. */
static void keep(struct output *output, const struct conform_outcome *outcome) {
    char error[512];
    if (!output->recorders || output->recorders->keep_conform(&output->record, outcome, error, sizeof error)) return;
    fprintf(stderr, "detsim conform: %s\n", error);
    output->recorders = NULL;
    output->trouble = true;
}

static bool begin_record(struct output *output, const struct program *program, const char *command, size_t count) {
    char error[512];
    if (!output->options->db) return true;
    output->record = (struct recorder_campaign){
        .path = output->options->db, .command = command, .level = RECORD_SUMMARY, .run_count = count};
    output->recorders = program->recorders;
    if (output->recorders->begin(&output->record, error, sizeof error)) return true;
    fprintf(stderr, "detsim conform: %s\n", error);
    return false;
}

static void finish_record(struct output *output, bool interrupted) {
    char error[512];
    if (!output->recorders || output->recorders->finish(&output->record, interrupted, error, sizeof error)) return;
    fprintf(stderr, "detsim conform: %s\n", error);
    output->trouble = true;
}

static void tell(void *ctx, const struct conform_outcome *outcome) {
    struct output *output = ctx;
    const struct options *o = output->options;
    struct buffer text;
    buffer_init(&text, output->pool);
    if (strcmp(o->format, "json") == 0) {
        conform_write_json(&text, outcome);
    } else if (strcmp(o->format, "table") == 0) {
        if (!output->head_is_out) conform_write_head(&text);
        output->head_is_out = true;
        conform_write_row(&text, outcome);
    } else {
        conform_write_text(&text, outcome, o->all);
    }
    fputs(text.at, stdout);
    fflush(stdout);
    buffer_free(&text);
    keep(output, outcome);
    if (outcome->problem) output->trouble = true;
    if (conform_count(outcome, CONFORM_DIFFERS) > 0) output->differs = true;
}

static int conform_files(struct command_call *call) {
    struct options *o = call->options;
    size_t count = call->file_count;
    const struct plan **plans = read_files(call->program, call->pool, call->files, count);
    if (!plans) return EXIT_USAGE;
    struct output output = {.options = o, .pool = call->pool};
    o->setup.system = call->program->system;
    o->setup.real = call->program->real;
    o->setup.first_port = (uint16_t)o->port;
    if (o->has_seed) o->setup.seed = &o->seed;
    if (!begin_record(&output, call->program, arguments_text(call->pool, call->argc, call->argv), count))
        return EXIT_ENVIRONMENT;
    bool done = conform_all(&o->setup, plans, count, tell, &output);
    finish_record(&output, !done);
    if (!done) fputs("detsim conform: ended before all was compared; the servers are ended\n", stderr);
    return !done || output.trouble ? EXIT_ENVIRONMENT : output.differs ? EXIT_BROKEN : EXIT_HELD;
}

int command_conform(const struct program *program, int argc, char **argv) {
    static const struct command_form form = {"detsim conform", help, read_options, wrong_options, conform_files};
    struct options o = {.setup = {.repeat = 1, .confirm = 2, .worlds = 16, .jobs = 4}, .port = 22400, .format = "text"};
    return command_perform(&form, program, argc, argv, &o);
}
