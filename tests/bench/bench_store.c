/* How fast evidence is written: rows of the event table through the recorder, beside plain single-row inserts of the
 * same rows in the same process, and what a summary costs a run.
 *
 * Method: the same synthetic happenings (deliveries, turns, operations in the mix of a run) are told to the store's
 * recorder at level `events`, in runs of RUN_EVENTS, and inserted by hand with one statement a row; both files in
 * one folder, same page size, WAL. Rates are rows over CPU time, commits included, and over wall time, which other work
 * on the machine blurs; the budget of 500,000 rows/s is judged by the former. */
#include <assert.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reports/store.h"
#include "sim/run/happening.h"
#include "tests/unit/made_up.h"

#define RUN_EVENTS     50000
#define RUNS           20
#define SUMMARY_RUNS   2000
#define SUMMARY_FIELDS 300 /* three nodes with a hundred INFO fields */

/* Seconds of CPU and of wall time. */
struct moment {
    double cpu, wall;
};

static double read_clock(clockid_t clock) {
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct moment now(void) {
    return (struct moment){read_clock(CLOCK_PROCESS_CPUTIME_ID), read_clock(CLOCK_MONOTONIC)};
}

static struct moment since(struct moment start) {
    struct moment end = now();

    return (struct moment){end.cpu - start.cpu, end.wall - start.wall};
}

static const char *const names[] = {"m", "r1", "r2", "load", "console"};

static struct run_identity identity_of(uint64_t number) {
    return (struct run_identity){.scenario_file = "bench.scn",
                                 .scenario_text = "node m\n",
                                 .scenario_len = 7,
                                 .seed = number + 1,
                                 .number = number,
                                 .party_names = names,
                                 .party_count = 5,
                                 .node_count = 3,
                                 .system = &made_up_system};
}

/* The n-th happening of a run: of ten, four deliveries, two turns, two writes, an operation and its reply. */
static struct happening happening_of(uint64_t n) {
    static const uint16_t kinds[] = {TRACE_OP_CALL, TRACE_DELIVER, TRACE_TURN,    MADE_UP_WRITE, TRACE_DELIVER,
                                     TRACE_DELIVER, TRACE_TURN,    MADE_UP_WRITE, TRACE_DELIVER, TRACE_OP_REPLY};
    static const char command[] = "SET load:set:417 abcdefghijklmnop";
    struct happening h = {.at = (sim_time)n * 12345,
                          .seq = n,
                          .kind = kinds[n % 10],
                          .node = (uint16_t)(n % 3),
                          .peer = (uint16_t)((n + 1) % 4),
                          .conn = 3,
                          .a = (int64_t)n * 77,
                          .b = 57};

    if (h.kind == TRACE_OP_CALL || h.kind == TRACE_OP_REPLY) {
        h.text = h.kind == TRACE_OP_CALL ? command : "OK";
        h.len = (uint32_t)strlen(h.text);
        h.b = OP_OK;
    }
    return h;
}

static void remove_database(const char *path) {
    char side[256];

    unlink(path);
    snprintf(side, sizeof side, "%s-wal", path);
    unlink(side);
    snprintf(side, sizeof side, "%s-shm", path);
    unlink(side);
}

static struct recorder *open_store(const char *path, enum record_level level, struct recorder_campaign *campaign) {
    char error[512];
    struct recorder *recorder;

    remove_database(path);
    *campaign = (struct recorder_campaign){path, "bench", level, SUMMARY_RUNS, 0, 0};
    recorder =
        store_source.begin(campaign, error, sizeof error) ? store_source.open(campaign, error, sizeof error) : NULL;
    if (recorder) return recorder;
    fprintf(stderr, "%s\n", error);
    exit(3);
}

static void check(const struct recorder *recorder, bool kept) {
    if (kept) return;
    fprintf(stderr, "%s\n", store_source.problem(recorder));
    exit(3);
}

static struct moment bench_recorder(const char *path) {
    struct recorder_campaign campaign;
    struct recorder *recorder = open_store(path, RECORD_EVENTS, &campaign);
    struct moment start = now();

    for (uint64_t run = 0; run < RUNS; run++) {
        struct run_identity identity = identity_of(run);
        struct run_result result = {.identity = &identity, .passed = true, .failed_at = -1};

        recorder->ops->begin(recorder->ctx, &identity);
        for (uint64_t n = 0; n < RUN_EVENTS; n++) {
            struct happening h = happening_of(n);

            recorder->ops->happening(recorder->ctx, &h);
        }
        check(recorder, recorder->ops->end(recorder->ctx, &result));
    }
    store_source.close(recorder);
    return since(start);
}

static struct moment bench_single_rows(const char *path) {
    struct pool *pool = pool_create();
    struct buffer words;
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    struct moment start;

    remove_database(path);
    buffer_init(&words, pool);
    sqlite3_open(path, &db);
    sqlite3_exec(db,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                 "CREATE TABLE run (id INTEGER PRIMARY KEY) STRICT;"
                 "CREATE TABLE event (run INTEGER NOT NULL REFERENCES run (id), seq INTEGER NOT NULL,"
                 " t INTEGER NOT NULL, kind TEXT NOT NULL, \"from\" TEXT, \"to\" TEXT, detail TEXT,"
                 " PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;",
                 NULL, NULL, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", -1, &insert, NULL);
    start = now();
    for (int run = 1; run <= RUNS; run++) {
        char sql[80];

        snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; INSERT INTO run VALUES (%d)", run);
        sqlite3_exec(db, sql, NULL, NULL, NULL);
        for (uint64_t n = 0; n < RUN_EVENTS; n++) {
            struct happening h = happening_of(n);

            buffer_clear(&words);
            happening_describe(&made_up_system, NULL, &h, &words);
            sqlite3_bind_int64(insert, 1, run);
            sqlite3_bind_int64(insert, 2, (int64_t)n);
            sqlite3_bind_int64(insert, 3, h.at);
            sqlite3_bind_text(insert, 4, happening_kind_name(&made_up_system, h.kind), -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 5, names[happening_from(&h)], -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 6, names[happening_to(&h)], -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 7, words.at, (int)words.len, SQLITE_STATIC);
            sqlite3_step(insert);
            if (sqlite3_reset(insert) != SQLITE_OK) abort();
        }
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    sqlite3_finalize(insert);
    sqlite3_close(db);
    pool_destroy(pool);
    return since(start);
}

static struct moment bench_summary(const char *path) {
    static struct node_field fields[SUMMARY_FIELDS];
    static char field_names[SUMMARY_FIELDS][24];
    static const struct check_result checks[12] = {{"prefix", VERDICT_OK, 0, "", -1}};
    static char check_names[12][24];
    struct check_result named[12];
    struct recorder_campaign campaign;
    struct recorder *recorder = open_store(path, RECORD_SUMMARY, &campaign);
    struct moment start;

    for (int i = 0; i < SUMMARY_FIELDS; i++) {
        snprintf(field_names[i], sizeof field_names[i], "info_field_%d", i % 100);
        fields[i] = (struct node_field){(uint16_t)(i / 100), field_names[i], i % 4 != 0, i * 1000, "a text of INFO"};
    }
    for (int i = 0; i < 12; i++) {
        snprintf(check_names[i], sizeof check_names[i], "check %d", i);
        named[i] = checks[0];
        named[i].name = check_names[i];
    }
    start = now();
    for (uint64_t run = 0; run < SUMMARY_RUNS; run++) {
        struct run_identity identity = identity_of(run);
        struct run_result result = {.identity = &identity,
                                    .passed = true,
                                    .failed_at = -1,
                                    .checks = named,
                                    .check_count = 12,
                                    .fields = fields,
                                    .field_count = SUMMARY_FIELDS};

        recorder->ops->begin(recorder->ctx, &identity);
        check(recorder, recorder->ops->end(recorder->ctx, &result));
    }
    store_source.close(recorder);
    return since(start);
}

int main(void) {
    char folder[] = "/tmp/bench_store_XXXXXX";
    const double rows = (double)RUNS * RUN_EVENTS;
    struct moment recorded, single, summary;

    if (!mkdtemp(folder) || chdir(folder) != 0) {
        perror(folder);
        return 3;
    }
    recorded = bench_recorder("events.db");
    single = bench_single_rows("single.db");
    summary = bench_summary("summary.db");
    printf("events through the recorder  %8.0f rows/s of CPU, %8.0f rows/s of wall time\n", rows / recorded.cpu,
           rows / recorded.wall);
    printf("plain single-row inserts     %8.0f rows/s of CPU, %8.0f rows/s of wall time (recorder: %.2f x)\n",
           rows / single.cpu, rows / single.wall, single.cpu / recorded.cpu);
    printf("summary of a run             %8.0f us of CPU (%d INFO fields, 12 checks): 10 %% of a run of %.1f ms\n",
           summary.cpu / SUMMARY_RUNS * 1e6, SUMMARY_FIELDS, summary.cpu / SUMMARY_RUNS * 1e4);
    remove_database("events.db");
    remove_database("single.db");
    remove_database("summary.db");
    return rmdir(folder) == 0 && rows / recorded.cpu >= 500000 ? 0 : 1;
}
