/* The recorder's door: what happened, as it happens, for those who keep or show it.
 *
 * One run calls, in this order: begin, then happening / op / sample as they come, then end. All pointers are
 * valid during the call only. A recorder never influences the run. */
#ifndef SIM_RUN_RECORDER_H
#define SIM_RUN_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/run/system.h"
#include "sim/world/trace.h"

enum record_level { RECORD_SUMMARY, RECORD_OPS, RECORD_EVENTS };

struct run_identity {
    const char *scenario_file;
    const char *scenario_text; /* the whole file */
    size_t scenario_len;
    const char *title;
    uint64_t seed;
    uint64_t number; /* of the run in its campaign, from 0: (file, seed) order, whatever the number of jobs */
    const char *const *party_names; /* nodes, clients, consoles */
    size_t party_count;
    size_t node_count;
    const struct system *system;
    struct model *model;
};

struct op_record {
    uint64_t number; /* of its client's operations, from 0 */
    uint16_t client; /* party */
    uint16_t node;   /* whom it was sent to */
    sim_time invoke;
    sim_time done; /* -1: never */
    enum op_fate fate;
    struct bytes wire;  /* the request's bytes */
    struct bytes reply; /* as text for people */
};

struct sample_record {
    sim_time at;
    uint16_t node;
    const int64_t *values; /* one for each of system->sample_names */
};

struct expectation_result {
    uint32_t line;
    const char *text;
    bool held;
    const char *got;
    sim_time at; /* when it was judged; -1: never */
};

struct named_number {
    const char *name;
    int64_t number;
};

struct node_field {
    uint16_t node;
    const char *name;
    bool is_number;
    int64_t number;
    const char *text;
};

struct run_result {
    const struct run_identity *identity;
    bool passed;
    uint64_t trace;
    uint64_t events; /* fired */
    sim_time sim_ns;
    int64_t wall_ns;
    const char *ties;    /* how events of one instant were ordered: fifo, random, pct:D */
    const char *failure; /* first failure as one line for people; NULL if passed */
    sim_time failed_at;  /* -1 */
    const struct check_result *checks;
    size_t check_count;
    const struct expectation_result *expectations;
    size_t expectation_count;
    const struct node_field *fields; /* grouped by node, in INFO's order, then dbsize, digest, alive, lag_bytes */
    size_t field_count;
    const struct named_number *metrics;
    size_t metric_count;
    const struct named_number *faults; /* kind -> how many really happened */
    size_t fault_count;
    const struct named_number *probes; /* all of the system's, in its order -> how often the run came by */
    size_t probe_count;
    const char *const *notes;
    size_t note_count;
};

struct recorder_ops {
    void (*begin)(void *ctx, const struct run_identity *identity);
    void (*happening)(void *ctx, const struct happening *h); /* NULL below RECORD_EVENTS */
    void (*op)(void *ctx, const struct op_record *op);       /* NULL below RECORD_OPS; called when its fate is known */
    void (*sample)(void *ctx, const struct sample_record *sample); /* NULL below RECORD_OPS */
    /* TRACE_FAULT only; NULL at RECORD_EVENTS, where `happening` hears of faults. May be NULL. */
    void (*fault)(void *ctx, const struct happening *h);
    /* False: it could not be kept (disk full, database locked): exit status 3. */
    bool (*end)(void *ctx, const struct run_result *result);
};

struct recorder {
    const struct recorder_ops *ops;
    void *ctx;
};

/* --- a scenario beside real servers (sim/run/conform.h) ------------------------------------------------------------
 */

enum conform_verdict {
    CONFORM_AGREES,
    CONFORM_DIFFERS,
    CONFORM_UNSTABLE,      /* it differs, but the real servers do not agree with themselves either */
    CONFORM_NOT_COMPARABLE /* `why` says why */
};

static inline const char *conform_verdict_name(enum conform_verdict verdict) {
    static const char *const names[] = {"agrees", "differs", "unstable", "not comparable"};
    return names[verdict];
}

struct conform_fact {
    enum conform_verdict verdict;
    const char *subject; /* a node, or "line N" */
    const char *name;    /* a field, a command, "log", an expectation */
    const char *model;   /* what came out; several values are joined by " or " */
    const char *real;
    const char *why; /* "" */
};

/* What one scenario came to. */
struct conform_outcome {
    const char *scenario; /* file */
    const char *title;
    const char *problem;        /* the environment failed; NULL */
    const char *not_comparable; /* the whole scenario, and why; NULL */
    const struct conform_fact *facts;
    size_t fact_count;
    unsigned real_runs;
    sim_time real_time;
};

/* --- campaigns -----------------------------------------------------------------------------------------------------
 */

/* One call of `run` or `fuzz`: the runs that belong together. */
struct recorder_campaign {
    const char *path;    /* --db */
    const char *command; /* the command line, as people would type it again */
    enum record_level level;
    uint64_t run_count; /* at most so many runs: numbers 0 .. run_count-1 */
    uint64_t id;        /* begin fills these two: the campaign's own number, */
    uint64_t first_run; /* and the id of run number 0; run n has first_run + n, whatever the number of jobs */
};

/* Where recorders come from: how a command in sim/ reaches a store that it does not know (sim/detsim.c joins them).
 * The parent begins the campaign before it forks; each worker process opens its own recorder after the fork; the
 * parent finishes the campaign when all workers are gone. Errors are one line for people in `error`; the caller
 * exits with status 3. */
struct recorder_source {
    bool (*begin)(struct recorder_campaign *campaign, char *error, size_t error_room);
    struct recorder *(*open)(const struct recorder_campaign *campaign, char *error, size_t error_room);
    /* Why end() was false; "" if nothing went wrong. Valid until close. */
    const char *(*problem)(const struct recorder *recorder);
    void (*close)(struct recorder *recorder);
    bool (*finish)(const struct recorder_campaign *campaign, bool interrupted, char *error, size_t error_room);
    /* Keeps what became of one scenario; the parent calls it between begin and finish. */
    bool (*keep_conform)(const struct recorder_campaign *campaign, const struct conform_outcome *outcome, char *error,
                         size_t error_room);
};

#endif
