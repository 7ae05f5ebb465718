/* The evidence file: what is told is what stands in it; whole runs or nothing; errors said, never survived silently. */
#include "reports/store.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/folder.h"
#include "tests/unit/made_up.h"

static char error[512];

static struct recorder_campaign begin(enum record_level level, uint64_t runs) {
    struct recorder_campaign campaign = {db_path, "detsim run cut.scn --seeds 1..3", level, runs, 0, 0};

    ck_assert_msg(store_source.begin(&campaign, error, sizeof error), "%s", error);
    return campaign;
}

static struct recorder *open_store(const struct recorder_campaign *campaign) {
    struct recorder *recorder = store_source.open(campaign, error, sizeof error);

    ck_assert_msg(recorder != NULL, "%s", error);
    return recorder;
}

static void tell_run(const struct recorder *recorder, const char *file, uint64_t seed, uint64_t number, bool passed) {
    struct run_identity identity = made_up_identity(file, seed, number);

    made_up_tell(recorder, &identity);
    ck_assert_msg(made_up_end(recorder, &identity, passed), "%s", store_source.problem(recorder));
}

/* One failed run at a level. */
static void one_run(enum record_level level) {
    struct recorder_campaign campaign = begin(level, 1);
    struct recorder *recorder = open_store(&campaign);

    tell_run(recorder, "cut.scn", 7, 0, false);
    store_source.close(recorder);
    ck_assert(store_source.finish(&campaign, false, error, sizeof error));
}

/* --- what is told is what stands there --------------------------------------------------------------------------- */

START_TEST(test_run_is_kept) {
    one_run(RECORD_EVENTS);
    db_expect(
        db_path,
        "SELECT seed || ' ' || verdict || ' ' || trace || ' ' || events || ' ' || sim_ns || ' ' || wall_ns FROM run",
        "7 fail 9f2c41d07be8a31d 48213 60000000000 9000000");
    db_expect(db_path, "SELECT failure || failed_ns FROM run",
              "converged: r2 has offset 12, m has 15 (t=60s)60000000000");
    db_expect(db_path, "SELECT file || title FROM scenario", "cut.scnA cut outgrows the backlog");
    db_expect(db_path, "SELECT text FROM scenario", made_up_scenario);
    db_expect(db_path, "SELECT group_concat(name || kind) FROM (SELECT * FROM party ORDER BY ord)",
              "mnode,r1node,r2node,loadclient,consoleclient");
    db_expect(db_path, "SELECT group_concat(name || ' ' || verdict || ' ' || count) FROM check_result",
              "converged violation 1,prefix ok 0");
    db_expect(db_path, "SELECT line || text || verdict || got || at_ns FROM expectation_result",
              "7expect convergedmissedr2 is not online60000000000");
    db_expect(db_path, "SELECT value FROM node_final WHERE node = 'r2' AND field = 'dbsize'", "4998");
    db_expect(db_path, "SELECT group_concat(DISTINCT typeof(value)) FROM node_final", "text,integer");
    db_expect(db_path, "SELECT value FROM metric WHERE name = 'full_syncs'", "3");
    db_expect(db_path, "SELECT group_concat(kind || count) FROM fault_count", "crash1,cut1,reset1");
    db_expect(db_path, "SELECT group_concat(name || count) FROM probe", "fork-failed0,link-up4,moonshot0");
    db_expect(db_path, "SELECT text FROM note", "line 6 never fired");
    db_expect(db_path, "SELECT command || record || (finished IS NOT NULL) || interrupted FROM campaign",
              "detsim run cut.scn --seeds 1..3events10");
}
END_TEST

START_TEST(test_samples_are_kept) {
    one_run(RECORD_EVENTS);
    /* 601 instants, twelve figures, three nodes; r1 is down for the 50 of them from 45 s to 50 s. */
    db_expect(db_path, "SELECT count(*) FROM sample", "21036");
    db_expect(db_path, "SELECT value FROM sample WHERE t = 30000000000 AND node = 'r2' AND metric = 'lag_bytes'",
              "400000");
    db_expect(db_path, "SELECT count(*) FROM sample WHERE node = 'r1' AND t >= 45000000000 AND t < 50000000000", "0");
}
END_TEST

START_TEST(test_faults_are_paired) {
    one_run(RECORD_EVENTS);
    db_expect(db_path, "SELECT begin_ns || ' ' || end_ns || node || peer FROM fault WHERE action = 'cut m r2 for 12s'",
              "20000000000 32000000000mr2");
    db_expect(db_path, "SELECT begin_ns || ' ' || ifnull(end_ns, 'open') FROM fault WHERE action = 'reset m r1'",
              "55000000000 open");
    db_expect(db_path, "SELECT peer FROM fault WHERE action = 'crash r1 for 5s'", "NULL");
}
END_TEST

START_TEST(test_level_decides) {
    one_run(RECORD_SUMMARY);
    db_expect(db_path, "SELECT count(*) FROM sample", "0");
    db_expect(db_path, "SELECT count(*) FROM event", "0");
    db_expect(db_path, "SELECT count(*) FROM fault WHERE end_ns IS NOT NULL", "2");
    db_expect(db_path, "SELECT count(*) FROM node_final", "6");
    one_run(RECORD_OPS);
    db_expect(db_path, "SELECT count(*) > 0 FROM sample", "1");
    db_expect(db_path, "SELECT count(*) FROM event", "0");
}
END_TEST

START_TEST(test_events_and_ops) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, 1);
    struct recorder *recorder = open_store(&campaign);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);
    struct happening deliver = {
        .at = 5, .seq = 0, .kind = TRACE_DELIVER, .node = E_R1, .peer = E_M, .conn = 3, .a = 100, .b = 20};
    struct happening connect = {
        .at = 6, .seq = 1, .kind = TRACE_CONNECT, .node = E_R1, .peer = E_M, .conn = 4, .a = 6379};
    struct happening write = {.at = 7, .seq = 2, .kind = MADE_UP_WRITE, .node = E_M, .peer = NO_PARTY, .a = 123};
    struct op_record set = {.number = 1,
                            .client = E_LOAD,
                            .node = E_M,
                            .invoke = 10,
                            .done = 30,
                            .fate = OP_OK,
                            .wire = {"SET load:set:1 v", 16},
                            .reply = {"OK", 2}};
    struct op_record lost = {.number = 1, /* of another client's count */
                             .client = E_CONSOLE,
                             .node = E_M,
                             .invoke = 40,
                             .done = -1,
                             .fate = OP_PENDING,
                             .wire = {"PING", 4},
                             .reply = {"", 0}};

    recorder->ops->begin(recorder->ctx, &identity);
    recorder->ops->happening(recorder->ctx, &deliver);
    recorder->ops->happening(recorder->ctx, &connect);
    recorder->ops->happening(recorder->ctx, &write);
    recorder->ops->op(recorder->ctx, &set);
    recorder->ops->op(recorder->ctx, &lost);
    ck_assert(made_up_end(recorder, &identity, true));
    store_source.close(recorder);
    db_expect(db_path, "SELECT t || kind || \"from\" || \"to\" || detail FROM event WHERE seq = 0",
              "5delivermr1conn 3, bytes 100..119");
    db_expect(db_path, "SELECT kind || \"from\" || \"to\" || detail FROM event WHERE seq = 1",
              "connectr1mconn 4, port 6379");
    db_expect(db_path, "SELECT kind || \"from\" || (\"to\" IS NULL) || detail FROM event WHERE seq = 2",
              "writem1offset 123");
    db_expect(
        db_path,
        "SELECT client || node || invoke || \"return\" || command || \"key\" || reply || fate FROM op WHERE ord = 0",
        "loadm1030SET load:set:1 vload:set:1OKok");
    db_expect(
        db_path,
        "SELECT \"return\" IS NULL AND \"key\" IS NULL AND reply IS NULL AND fate = 'pending' FROM op WHERE ord = 1",
        "1");
}
END_TEST

START_TEST(test_same_instant_later_sample_wins) {
    struct recorder_campaign campaign = begin(RECORD_OPS, 1);
    struct recorder *recorder = open_store(&campaign);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);
    int64_t values[E_SAMPLES] = {0};
    struct sample_record sample = {1000, E_M, values};

    recorder->ops->begin(recorder->ctx, &identity);
    values[E_OFFSET] = 1;
    recorder->ops->sample(recorder->ctx, &sample);
    values[E_OFFSET] = 2;
    recorder->ops->sample(recorder->ctx, &sample);
    ck_assert(made_up_end(recorder, &identity, true));
    store_source.close(recorder);
    db_expect(db_path, "SELECT group_concat(value) FROM sample WHERE metric = 'master_repl_offset'", "2");
}
END_TEST

/* Whatever bytes a scenario or a reply holds, the columns are valid UTF-8 TEXT without zero bytes. */
START_TEST(test_any_bytes) {
    static const char text[] = "node m\n# \xff\xfe \xc0\xaf \xed\xa0\x80 \0 gr\xc3\xbc\xc3\x9f \xf4\x90\x80\x80";
    struct recorder_campaign campaign = begin(RECORD_OPS, 1);
    struct recorder *recorder = open_store(&campaign);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);
    struct op_record op = {.number = 1,
                           .client = E_LOAD,
                           .node = E_M,
                           .done = 1,
                           .fate = OP_OK,
                           .wire = {"SET k\0y \x80", 9},
                           .reply = {"\xe2\x82", 2}};

    identity.scenario_text = text;
    identity.scenario_len = sizeof text - 1;
    identity.title = "\xe2\x28\xa1";
    recorder->ops->begin(recorder->ctx, &identity);
    recorder->ops->op(recorder->ctx, &op);
    ck_assert(made_up_end(recorder, &identity, true));
    store_source.close(recorder);
    db_expect(db_path, "SELECT text FROM scenario",
              "node m\n# \\xff\\xfe \\xc0\\xaf \\xed\\xa0\\x80 \\x00 gr\xc3\xbc\xc3\x9f \\xf4\\x90\\x80\\x80");
    db_expect(db_path, "SELECT title FROM scenario", "\\xe2(\\xa1");
    db_expect(db_path, "SELECT command || ' ' || \"key\" || ' ' || reply || typeof(reply) FROM op",
              "SET k\\x00y \\x80 k\\x00y \\xe2\\x82text");
}
END_TEST

START_TEST(test_large_seed) {
    struct recorder_campaign campaign = begin(RECORD_SUMMARY, 1);
    struct recorder *recorder = open_store(&campaign);

    tell_run(recorder, "cut.scn", UINT64_MAX, 0, true);
    store_source.close(recorder);
    db_expect(db_path, "SELECT printf('%u', seed) FROM run", "18446744073709551615");
}
END_TEST

/* --- campaigns, ids, findings, views ----------------------------------------------------------------------------- */

START_TEST(test_ids_follow_numbers) {
    struct recorder_campaign first = begin(RECORD_SUMMARY, 5), second = begin(RECORD_SUMMARY, 5);
    struct recorder *recorder = open_store(&second);

    ck_assert_uint_eq(first.first_run, 1);
    ck_assert_uint_eq(second.first_run, 6);
    tell_run(recorder, "cut.scn", 9, 3, true);
    tell_run(recorder, "cut.scn", 8, 2, true);
    store_source.close(recorder);
    db_expect(db_path, "SELECT group_concat(id || ':' || seed) FROM (SELECT * FROM run ORDER BY id)", "8:8,9:9");
    db_expect(db_path, "SELECT count(*) FROM scenario", "1");
}
END_TEST

START_TEST(test_findings_gather) {
    struct recorder_campaign campaign = begin(RECORD_SUMMARY, 4);
    struct recorder *recorder = open_store(&campaign);

    tell_run(recorder, "cut.scn", 5, 1, false);
    tell_run(recorder, "cut.scn", 3, 0, false);
    tell_run(recorder, "cut.scn", 9, 2, false);
    tell_run(recorder, "cut.scn", 10, 3, true);
    store_source.close(recorder);
    db_expect(
        db_path,
        "SELECT group_concat(kind || ' ' || name || ' ' || runs || ' ' || first_seed || ' ' || last_seed) FROM finding",
        "check converged 3 3 9,expectation expect converged 3 3 9");
}
END_TEST

START_TEST(test_views) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, 2);
    struct recorder *recorder = open_store(&campaign);

    tell_run(recorder, "cut.scn", 7, 0, false);
    store_source.close(recorder);
    recorder = open_store(&campaign);
    tell_run(recorder, "cut.scn", 7, 1, true);
    store_source.close(recorder);
    db_expect(db_path, "SELECT group_concat(run || seed || kind || name) FROM v_failures",
              "17checkconverged,17expectationexpect converged");
    db_expect(db_path, "SELECT lost || ' ' || (acknowledged IS NULL) || faults FROM v_lost_writes WHERE run = 1",
              "2 1cut m r2 for 12s; crash r1 for 5s; reset m r1");
    /* r2 lags most just before its second full sync ends: 35.9 s of 40 kB/s less the 20 s it has. */
    db_expect(db_path, "SELECT worst_lag_bytes || ' ' || worst_ns FROM v_staleness WHERE run = 1 AND node = 'r2'",
              "636000 35900000000");
    db_expect(db_path,
              "SELECT full_syncs || ' ' || partial_syncs || ' ' || (resync_loops IS NULL) FROM v_resyncs WHERE run = 2",
              "3 1 1");
    db_expect(db_path, "SELECT before_run || ' ' || run || ' ' || same_trace || ' ' || same_verdict FROM v_compare",
              "1 2 1 0");
}
END_TEST

/* --- whole runs or nothing --------------------------------------------------------------------------------------- */

START_TEST(test_abandoned_run_leaves_nothing) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, 3);
    struct recorder *recorder = open_store(&campaign);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);

    made_up_tell(recorder, &identity); /* and no end */
    tell_run(recorder, "cut.scn", 2, 1, true);
    identity.number = 2;
    made_up_tell(recorder, &identity);
    store_source.close(recorder);
    db_expect(db_path, "SELECT group_concat(id) FROM run", "2");
    db_expect(db_path, "SELECT group_concat(DISTINCT run) FROM sample", "2");
}
END_TEST

/* sqlite3's own judgement of the file, by its command line tool. */
static void judge_file(void) {
    char command[256], line[256] = "";
    FILE *out;

    snprintf(command, sizeof command, "sqlite3 %s 'PRAGMA integrity_check' 'PRAGMA foreign_key_check'", db_path);
    out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
    ck_assert_str_eq(line, "ok\n");
    ck_assert_msg(fgets(line, sizeof line, out) == NULL, "%s", line);
    ck_assert_int_eq(pclose(out), 0);
}

enum { WORKERS = 4, RUNS_EACH = 12 };

START_TEST(test_workers_write_at_once) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, WORKERS * RUNS_EACH);
    pid_t workers[WORKERS];

    for (unsigned w = 0; w < WORKERS; w++) {
        workers[w] = fork();
        ck_assert_int_ge(workers[w], 0);
        if (workers[w] == 0) {
            struct recorder *recorder = open_store(&campaign);

            for (unsigned i = 0; i < RUNS_EACH; i++)
                tell_run(recorder, w % 2 ? "odd.scn" : "even.scn", i + 1, i * WORKERS + w, true);
            store_source.close(recorder);
            _exit(0);
        }
    }
    for (unsigned w = 0; w < WORKERS; w++) {
        int status;

        ck_assert_int_eq(waitpid(workers[w], &status, 0), workers[w]);
        ck_assert_int_eq(status, 0);
    }
    db_expect(db_path, "SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM run", "48 1 48");
    db_expect(db_path, "SELECT count(*) FROM run WHERE seed != (number / 4) + 1", "0");
    db_expect(db_path, "SELECT count(*) FROM scenario", "2");
    db_expect(db_path, "SELECT group_concat(DISTINCT c) FROM (SELECT count(*) AS c FROM sample GROUP BY run)", "21036");
    judge_file();
}
END_TEST

/* What one whole run leaves in each table, and that every run has it. */
static void expect_whole_runs(void) {
    db_expect(db_path, "SELECT count(*) FROM run WHERE trace = ''", "0");
    db_expect(db_path, "SELECT count(*) FROM run WHERE (SELECT count(*) FROM sample WHERE run = run.id) != 21036", "0");
    db_expect(db_path, "SELECT count(*) FROM run WHERE (SELECT count(*) FROM node_final WHERE run = run.id) != 6", "0");
    db_expect(db_path, "SELECT count(*) FROM run WHERE (SELECT count(*) FROM note WHERE run = run.id) != 1", "0");
    db_expect(db_path, "SELECT count(*) FROM sample WHERE run NOT IN (SELECT id FROM run)", "0");
    judge_file();
}

START_TEST(test_kill_leaves_whole_runs) {
    uint64_t runs = 0;

    for (int round = 0; round < 8; round++) {
        struct recorder_campaign campaign = begin(RECORD_EVENTS, 10000);
        struct timespec pause = {0, 60000000 + round * 113300000};
        pid_t child = fork();
        char *answer;

        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct recorder *recorder = open_store(&campaign);

            for (uint64_t i = 0; i < 10000; i++) tell_run(recorder, "cut.scn", i + 1, i, i % 3 != 0);
            _exit(1); /* so many were not to be done in that time */
        }
        nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        expect_whole_runs();
        answer = db_ask(db_path, "SELECT count(*) FROM run");
        runs = strtoull(answer, NULL, 10);
        free(answer);
    }
    ck_assert_uint_gt(runs, 0); /* else nothing was tested */
}
END_TEST

/* A run larger than memory may hold: its transaction opens early, and still it is whole or nothing. */
static void tell_large_run(const struct recorder *recorder, const struct run_identity *identity, uint64_t events) {
    static char line[4096];
    struct happening log = {.kind = TRACE_LOG, .node = E_M, .peer = NO_PARTY, .text = line, .len = sizeof line};

    memset(line, 'x', sizeof line);
    recorder->ops->begin(recorder->ctx, identity);
    for (log.seq = 0; log.seq < events; log.seq++) recorder->ops->happening(recorder->ctx, &log);
}

#define LARGE_EVENTS (STORE_SPOOL_LIMIT / 4096 + 4000)

START_TEST(test_large_run_is_whole) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, 2);
    struct recorder *recorder = open_store(&campaign);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);
    char expected[32];

    tell_large_run(recorder, &identity, LARGE_EVENTS);
    db_expect(db_path, "SELECT count(*) FROM run", "0"); /* others do not see it yet */
    ck_assert(made_up_end(recorder, &identity, true));
    identity.number = 1;
    tell_large_run(recorder, &identity, LARGE_EVENTS);
    store_source.close(recorder); /* without an end */
    snprintf(expected, sizeof expected, "%zu", LARGE_EVENTS);
    db_expect(db_path, "SELECT count(*) FROM event", expected);
    db_expect(db_path, "SELECT verdict || trace FROM run", "pass9f2c41d07be8a317");
}
END_TEST

/* --- errors ------------------------------------------------------------------------------------------------------ */

static void expect_refused(const char *path, const char *why) {
    struct recorder_campaign campaign = {path, "detsim run", RECORD_SUMMARY, 1, 0, 0};

    ck_assert(!store_source.begin(&campaign, error, sizeof error));
    ck_assert_msg(strstr(error, why) != NULL, "%s", error);
    ck_assert_msg(strstr(error, path) == error, "%s", error);
}

START_TEST(test_not_a_database) {
    char text[5000];

    memset(text, 'a', sizeof text);
    folder_write(db_path, text, sizeof text);
    expect_refused(db_path, "not a database");
}
END_TEST

START_TEST(test_foreign_database) {
    db_do(db_path, "CREATE TABLE run (id INTEGER)");
    expect_refused(db_path, "another program");
    db_expect(db_path, "SELECT count(*) FROM sqlite_schema", "1");
    db_expect(db_path, "PRAGMA journal_mode", "delete");
}
END_TEST

START_TEST(test_newer_database) {
    begin(RECORD_SUMMARY, 1);
    db_do(db_path, "PRAGMA user_version = 99");
    expect_refused(db_path, "newer detsim (schema version 99");
}
END_TEST

/* A file of version 1 has no table for what conform finds. */
START_TEST(test_older_database) {
    begin(RECORD_SUMMARY, 1);
    db_do(db_path, "DROP VIEW v_conform; DROP TABLE conform_fact; PRAGMA user_version = 1");
    struct recorder_campaign campaign = begin(RECORD_SUMMARY, 1);
    const struct conform_fact facts[] = {
        {CONFORM_AGREES, "m", "role", "master", "master", ""},
        {CONFORM_DIFFERS, "line 4", "expect m.sync_full == 1", "held", "missed: 2", "twice"},
    };
    struct conform_outcome outcome = {.scenario = "x.scn", .title = "x", .facts = facts, .fact_count = 2};
    ck_assert_msg(store_source.keep_conform(&campaign, &outcome, error, sizeof error), "%s", error);
    db_expect(db_path, "PRAGMA user_version", "2");
    db_expect(db_path, "SELECT count(*) FROM campaign", "2");
    db_expect(db_path, "SELECT facts || ' ' || agree || ' ' || differ FROM v_conform", "2 1 1");
    db_expect(db_path, "SELECT real FROM conform_fact WHERE verdict = 'differs'", "missed: 2");
    outcome = (struct conform_outcome){.scenario = "y.scn", .title = "y", .not_comparable = "line 3: no such thing"};
    ck_assert_msg(store_source.keep_conform(&campaign, &outcome, error, sizeof error), "%s", error);
    db_expect(db_path, "SELECT why FROM conform_fact WHERE scenario = 'y.scn'", "line 3: no such thing");
}
END_TEST

START_TEST(test_no_such_folder) {
    expect_refused("/nonexistent-folder/results.db", "unable to open");
}
END_TEST

START_TEST(test_empty_file_becomes_ours) {
    folder_write(db_path, "", 0);
    begin(RECORD_SUMMARY, 1);
    db_expect(db_path, "PRAGMA user_version", "2");
    db_expect(db_path, "PRAGMA application_id", "1684370547"); /* "dets" */
    db_expect(db_path, "PRAGMA journal_mode", "wal");
    db_expect(db_path,
              "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND"
              " name NOT LIKE 'sqlite_%'",
              "0");
}
END_TEST

START_TEST(test_locked) {
    struct recorder_campaign campaign = begin(RECORD_SUMMARY, 2);
    struct recorder *recorder = store_open(&campaign, 50, error, sizeof error);
    struct run_identity identity = made_up_identity("cut.scn", 1, 0);
    sqlite3 *other = NULL;

    ck_assert_ptr_nonnull(recorder);
    ck_assert_str_eq(store_source.problem(recorder), "");
    ck_assert_int_eq(sqlite3_open(db_path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    made_up_tell(recorder, &identity);
    ck_assert(!made_up_end(recorder, &identity, true));
    ck_assert_ptr_nonnull(strstr(store_source.problem(recorder), "locked"));
    sqlite3_close(other);
    store_source.close(recorder);
    db_expect(db_path, "SELECT count(*) FROM run", "0");
}
END_TEST

/* Where the file may not grow, writing fails as on a full disk. Done in a child: the limit stays with the process. */
START_TEST(test_disk_full) {
    struct recorder_campaign campaign = begin(RECORD_EVENTS, 1000);
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct rlimit limit = {4 << 20, 4 << 20};
        struct recorder *recorder = open_store(&campaign);
        bool kept = true;

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (uint64_t i = 0; i < 1000 && kept; i++) {
            struct run_identity identity = made_up_identity("cut.scn", i + 1, i);

            made_up_tell(recorder, &identity);
            kept = made_up_end(recorder, &identity, true);
        }
        _exit(!kept && store_source.problem(recorder)[0] ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_whole_runs();
    db_expect(db_path, "SELECT count(*) > 0 FROM run", "1");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store");
    TCase *contents = tcase_create("contents"), *whole = tcase_create("whole"), *errors = tcase_create("errors");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(contents, folder_setup, folder_teardown);
    tcase_add_checked_fixture(whole, folder_setup, folder_teardown);
    tcase_add_checked_fixture(errors, folder_setup, folder_teardown);
    tcase_set_timeout(contents, 60);
    tcase_set_timeout(whole, 120);
    tcase_set_timeout(errors, 60);
    tcase_add_test(contents, test_run_is_kept);
    tcase_add_test(contents, test_samples_are_kept);
    tcase_add_test(contents, test_faults_are_paired);
    tcase_add_test(contents, test_level_decides);
    tcase_add_test(contents, test_events_and_ops);
    tcase_add_test(contents, test_same_instant_later_sample_wins);
    tcase_add_test(contents, test_any_bytes);
    tcase_add_test(contents, test_large_seed);
    tcase_add_test(contents, test_ids_follow_numbers);
    tcase_add_test(contents, test_findings_gather);
    tcase_add_test(contents, test_views);
    tcase_add_test(whole, test_abandoned_run_leaves_nothing);
    tcase_add_test(whole, test_workers_write_at_once);
    tcase_add_test(whole, test_kill_leaves_whole_runs);
    tcase_add_test(whole, test_large_run_is_whole);
    tcase_add_test(errors, test_not_a_database);
    tcase_add_test(errors, test_foreign_database);
    tcase_add_test(errors, test_newer_database);
    tcase_add_test(errors, test_older_database);
    tcase_add_test(errors, test_no_such_folder);
    tcase_add_test(errors, test_empty_file_becomes_ours);
    tcase_add_test(errors, test_locked);
    tcase_add_test(errors, test_disk_full);
    suite_add_tcase(suite, contents);
    suite_add_tcase(suite, whole);
    suite_add_tcase(suite, errors);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
