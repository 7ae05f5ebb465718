/* `detsim run FILE...`: scenario files in, verdicts out. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/commands/frame.h"
#include "sim/run/campaign.h"
#include "sim/scenario/scenario.h"

/* More runs than that in one call cannot be kept track of. */
#define RUNS_MAX UINT64_C(1000000000)

enum { JOBS_MAX = 1024 };

static const char help[] =
    "detsim run FILE... [--seed N | --seeds A..B] [--jobs N] [--db FILE] [--record LEVEL]\n"
    "                   [--format text|json|tap|junit] [--twice] [--probes] [--pcap FILE] [--quiet]\n"
    "\n"
    "Runs each scenario file and judges it: what the system promises, and what the file expects.\n"
    "\n"
    "  --seed N        the seed (default: that of the file, else 1)\n"
    "  --seeds A..B    every seed from A to B\n"
    "  --jobs N        worker processes (default: one for each CPU); the output does not depend on it\n"
    "  --db FILE       records the runs in an SQLite file, which `detsim report` reads\n"
    "  --record LEVEL  how much of each run: summary, ops or events (default: events)\n"
    "  --format F      text, json (one object a line), tap or junit\n"
    "  --twice         makes every run twice and compares; names the first event that differs\n"
    "  --pcap FILE     one run only: its traffic as pcapng, for Wireshark and tshark\n"
    "  --probes        shows at the end which faults struck and which states, decisions and rare branches of the\n"
    "                  system the runs came by (runs, times), and which they never did; with --format text\n"
    "  --quiet         no progress on stderr\n"
    "\n"
    "Examples\n"
    "  detsim run scenarios/resync/partial-resync.scn\n"
    "  detsim run scenarios/*/*.scn --seeds 1..200 --twice\n"
    "  detsim run x.scn --seed 12 --db x.db && detsim report x.db -o report\n"
    "  detsim run x.scn --seeds 1..1000 --format json | jq -r 'select(.verdict == \"fail\") | .seed'\n"
    "\n"
    "A line a run; above it what failed and where in the file, below it how to see that again:\n"
    "  PASS scenarios/partial-resync.scn seed=7 trace=9f2c41d07be8a316 sim=16.2s events=48213 wall=9ms\n"
    "  FAIL x.scn seed=12 trace=... prefix: r2 diverged from m at offset 10423 (t=3.204s): ...\n"
    "\n"
    "Ctrl-C ends in order: what is done is printed and recorded, and how to go on is said.\n"
    "Exit status: 0 everything held, 1 a promise was broken or an expectation missed, 2 bad usage or a wrong\n"
    "scenario (then nothing was run), 3 the environment failed.\n";

struct options {
    uint64_t seed;
    struct seed_range seeds;
    bool has_seed, has_seeds;
    uint64_t jobs;
    const char *db;
    const char *record;
    const char *format;
    const char *pcap;
    bool twice;
    bool probes;
    bool quiet;
};

static enum arguments_status read_options(struct command_call *call) {
    struct options *o = call->options;
    static const char *const formats[] = {"text", "json", "tap", "junit", NULL};
    static const char *const levels[] = {"summary", "ops", "events", NULL};
    const struct argument_rule rules[] = {
        {"--seed", ARGUMENT_COUNT, &o->seed, &o->has_seed, NULL},
        {"--seeds", ARGUMENT_SEEDS, &o->seeds, &o->has_seeds, NULL},
        {"--jobs", ARGUMENT_COUNT, &o->jobs, NULL, NULL},
        {"--db", ARGUMENT_TEXT, &o->db, NULL, NULL},
        {"--record", ARGUMENT_CHOICE, &o->record, NULL, levels},
        {"--format", ARGUMENT_CHOICE, &o->format, NULL, formats},
        {"--pcap", ARGUMENT_TEXT, &o->pcap, NULL, NULL},
        {"--twice", ARGUMENT_FLAG, &o->twice, NULL, NULL},
        {"--probes", ARGUMENT_FLAG, &o->probes, NULL, NULL},
        {"--quiet", ARGUMENT_FLAG, &o->quiet, NULL, NULL},
        {.name = NULL},
    };
    return arguments_read("detsim run", rules, call->argc, call->argv, call->files, &call->file_count);
}

/* What only several options together show. */
static const char *wrong_options(struct command_call *call) {
    const struct options *o = call->options;
    if (call->file_count == 0) return "no scenario file was given";
    if (o->has_seed && o->has_seeds) return "--seed and --seeds exclude each other";
    if (o->jobs < 1 || o->jobs > JOBS_MAX) return "--jobs must lie between 1 and 1024";
    if (o->probes && strcmp(o->format, "text") != 0)
        return "--probes goes with --format text: json has them in each run";
    return NULL;
}

static enum record_level level_of(const char *name) {
    if (strcmp(name, "summary") == 0) return RECORD_SUMMARY;
    return strcmp(name, "ops") == 0 ? RECORD_OPS : RECORD_EVENTS;
}

/* Reads all files; prints every error of every file. NULL if there was one. */
static struct campaign_file *read_files(const struct program *program, struct pool *pool, const struct options *o,
                                        const char *const *names, size_t count) {
    struct campaign_file *files = POOL_ARRAY(pool, struct campaign_file, count);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct scenario_errors errors;
        files[i].plan = scenario_read_file(pool, names[i], program->system->words, &errors);
        if (!files[i].plan) {
            struct buffer text;
            buffer_init(&text, pool);
            scenario_errors_render(&errors, &text);
            fputs(text.at ? text.at : "", stderr);
            good = false;
            continue;
        }
        uint64_t seed = o->has_seed ? o->seed : files[i].plan->seed;
        files[i].first_seed = o->has_seeds ? o->seeds.first : seed;
        files[i].last_seed = o->has_seeds ? o->seeds.last : seed;
    }
    return good ? files : NULL;
}

/* The options that a continuation needs again. */
static const char *options_text(struct pool *pool, const struct options *o) {
    struct buffer text;
    buffer_init(&text, pool);
    buffer_printf(&text, " --jobs %llu --format %s", (unsigned long long)o->jobs, o->format);
    if (o->db) buffer_printf(&text, " --db %s --record %s", o->db, o->record);
    if (o->twice) buffer_puts(&text, " --twice");
    if (o->pcap) buffer_printf(&text, " --pcap %s", o->pcap);
    if (o->probes) buffer_puts(&text, " --probes");
    if (o->quiet) buffer_puts(&text, " --quiet");
    return text.at;
}

static const char *wrong_size(const struct campaign *campaign) {
    uint64_t runs = campaign_size(campaign);
    if (runs > RUNS_MAX) return "that is more than 1,000,000,000 runs";
    if (runs > 1 && campaign->pcap) return "--pcap captures the traffic of one run: give one file and one seed";
    return NULL;
}

static int make_campaign(const struct program *program, const struct options *o, struct pool *pool,
                         struct campaign *campaign) {
    campaign->system = program->system;
    campaign->jobs = (unsigned)o->jobs;
    campaign->writer = writer_find(o->format);
    campaign->twice = o->twice;
    campaign->sums = o->probes;
    campaign->quiet = o->quiet;
    campaign->pcap = o->pcap;
    campaign->options = options_text(pool, o);
    campaign->out = stdout;
    campaign->messages = stderr;
    if (o->db) campaign->recorders = program->recorders;
    const char *wrong = wrong_size(campaign);
    if (wrong) {
        fprintf(stderr, "detsim run: %s\n", wrong);
        return EXIT_USAGE;
    }
    return campaign_make(campaign);
}

static uint64_t cpu_count(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (uint64_t)n;
}

static int run_files(struct command_call *call) {
    const struct options *o = call->options;
    struct campaign_file *files = read_files(call->program, call->pool, o, call->files, call->file_count);
    if (!files) return EXIT_USAGE;
    struct campaign campaign = {.files = files, .file_count = call->file_count};
    campaign.record = (struct recorder_campaign){
        .path = o->db, .command = arguments_text(call->pool, call->argc, call->argv), .level = level_of(o->record)};
    return make_campaign(call->program, o, call->pool, &campaign);
}

int command_run(const struct program *program, int argc, char **argv) {
    static const struct command_form form = {"detsim run", help, read_options, wrong_options, run_files};
    struct options o = {.jobs = cpu_count(), .record = "events", .format = "text"};
    return command_perform(&form, program, argc, argv, &o);
}
