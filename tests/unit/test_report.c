/* `detsim report`: the forms say what the database holds, safely; bad usage and hostile files end with a message and
 * the contract's exit status. */
#include "reports/report.h"

#include <check.h>
#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "reports/readable.h"
#include "reports/store.h"
#include "tests/unit/folder.h"
#include "tests/unit/made_up.h"

static char output[1 << 20], errors[8192];

static void slurp(const char *path, char *into, size_t room) {
    FILE *file = fopen(path, "r");
    size_t n;

    ck_assert_msg(file != NULL, "%s", path);
    n = fread(into, 1, room - 1, file);
    into[n] = 0;
    fclose(file);
}

/* A path in the test's folder; the last one made. */
static const char *in_folder(const char *name) {
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Sends a stream into a file; the descriptor to give back. */
static int divert(FILE *stream, const char *name) {
    int kept, file;

    fflush(stream);
    kept = dup(fileno(stream));
    file = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert(kept >= 0 && file >= 0 && dup2(file, fileno(stream)) >= 0);
    close(file);
    return kept;
}

static void restore(FILE *stream, int kept) {
    fflush(stream);
    clearerr(stream);
    dup2(kept, fileno(stream));
    close(kept);
}

/* Runs `report` with up to six more arguments; the exit status. `output` and `errors` are what it said. */
static int report(const char *a, const char *b, const char *c, const char *d, const char *e, const char *f) {
    const char *wanted[] = {"report", a, b, c, d, e, f};
    char words[7][256];
    char *argv[8];
    int argc = 0, status, out, err;

    for (size_t i = 0; i < 7 && wanted[i]; i++) {
        snprintf(words[argc], sizeof words[0], "%s", wanted[i]);
        argv[argc] = words[argc];
        argc++;
    }
    argv[argc] = NULL;
    out = divert(stdout, "stdout");
    err = divert(stderr, "stderr");
    status = report_main(argc, argv);
    restore(stderr, err);
    restore(stdout, out);
    slurp(in_folder("stdout"), output, sizeof output);
    slurp(in_folder("stderr"), errors, sizeof errors);
    return status;
}

static int report_db(const char *a, const char *b, const char *c, const char *d) {
    return report(db_path, a, b, c, d, NULL);
}

static void expect_output(const char *part) {
    ck_assert_msg(strstr(output, part) != NULL, "no \"%s\" in:\n%s", part, output);
}

static void expect_error(int status, int expected, const char *part) {
    ck_assert_msg(status == expected, "status %d, expected %d: %s", status, expected, errors);
    ck_assert_msg(strstr(errors, part) != NULL, "no \"%s\" in: %s", part, errors);
}

/* --- databases to report on -------------------------------------------------------------------------------------- */

static struct recorder *store_at(const char *path, enum record_level level, uint64_t runs) {
    static char error[512];
    struct recorder_campaign campaign = {path, "detsim run", level, runs, 0, 0};
    struct recorder *recorder;

    ck_assert_msg(store_source.begin(&campaign, error, sizeof error), "%s", error);
    recorder = store_source.open(&campaign, error, sizeof error);
    ck_assert_msg(recorder != NULL, "%s", error);
    return recorder;
}

static void tell_run(const struct recorder *recorder, const char *file, uint64_t seed, uint64_t number, bool passed) {
    struct run_identity identity = made_up_identity(file, seed, number);

    made_up_tell(recorder, &identity);
    ck_assert_msg(made_up_end(recorder, &identity, passed), "%s", store_source.problem(recorder));
}

/* Runs 1 and 2 of a.scn with seeds 1 and 2, both passed; runs 3 and 4 of b.scn, of which seed 2 failed. */
static void four_runs(enum record_level level) {
    struct recorder *recorder = store_at(db_path, level, 4);

    tell_run(recorder, "a.scn", 1, 0, true);
    tell_run(recorder, "a.scn", 2, 1, true);
    tell_run(recorder, "b.scn", 1, 2, true);
    tell_run(recorder, "b.scn", 2, 3, false);
    store_source.close(recorder);
}

/* A run whose every text is an attack on some form. */
static const char hostile[] =
    "<script>alert('x')</script>\"&]]>\n\x1b[31m`touch pwned`$(touch pwned)=cmd|' /C calc'!A0,\xff";

static void hostile_run(void) {
    struct recorder *recorder = store_at(db_path, RECORD_EVENTS, 1);
    struct run_identity identity = made_up_identity(hostile, 1, 0);
    const struct check_result check = {hostile, VERDICT_VIOLATION, 1, hostile, 5};
    const struct expectation_result expectation = {1, hostile, false, hostile, 5};
    const struct node_field field = {E_M, hostile, false, 0, hostile};
    const char *const note = hostile;
    const struct named_number number = {hostile, 3};
    struct happening fault = made_up_fault(1000, true, E_M, E_R1, hostile);
    struct run_result result = {.identity = &identity,
                                .failure = hostile,
                                .failed_at = 5,
                                .sim_ns = 1000000,
                                .checks = &check,
                                .check_count = 1,
                                .expectations = &expectation,
                                .expectation_count = 1,
                                .fields = &field,
                                .field_count = 1,
                                .metrics = &number,
                                .metric_count = 1,
                                .faults = &number,
                                .fault_count = 1,
                                .probes = &number,
                                .probe_count = 1,
                                .notes = &note,
                                .note_count = 1};
    int64_t values[E_SAMPLES] = {5, 4, 3, 2, 1, 1, 1, 1, 1, 1};
    const struct sample_record sample = {500, E_M, values};

    identity.title = hostile;
    identity.scenario_text = hostile;
    identity.scenario_len = sizeof hostile - 1;
    recorder->ops->begin(recorder->ctx, &identity);
    recorder->ops->happening(recorder->ctx, &fault);
    recorder->ops->sample(recorder->ctx, &sample);
    ck_assert_msg(recorder->ops->end(recorder->ctx, &result), "%s", store_source.problem(recorder));
    store_source.close(recorder);
}

/* --- forms ------------------------------------------------------------------------------------------------------- */

START_TEST(test_text) {
    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 0);
    expect_output("4 runs of 2 scenarios, 3 passed, 1 failed\n");
    expect_output(
        "b.scn: broke converged\n      1 of its runs, seeds 2 to 2; with the first: r2 has offset 12, m has 15\n");
    expect_output("FAIL b.scn seed=2 run=4 converged: r2 has offset 12, m has 15 (t=60s)\n");
    expect_output(
        "     2  PASS  a.scn            2  9f2c41d07be8a318       60s        48,213       9ms      3         1\n");
    expect_output("  fork-failed                                    1               1\n"
                  "  link-up                                        4              16\n\n"
                  "probes that no run reached\n  moonshot\n");
    ck_assert_str_eq(errors, "");
}
END_TEST

START_TEST(test_text_of_a_run) {
    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(report_db("--run", "4", NULL, NULL), 0);
    expect_output("FAIL b.scn seed=2 run=4 trace=9f2c41d07be8a318 sim=60s events=48,213 wall=9ms\n");
    expect_output("  violation  converged: r2 has offset 12, m has 15 (t=60s)\n  ok         prefix\n");
    expect_output("  missed     line 7: expect converged  got r2 is not online (t=60s)\n");
    expect_output("        20s to       32s  cut m r2 for 12s\n");
    expect_output("probes\n  link-up                                          4\n\n");
    expect_output("notes\n  line 6 never fired\n");
}
END_TEST

/* Thousands of runs are gathered, not listed. */
START_TEST(test_text_of_many) {
    struct recorder *recorder = store_at(db_path, RECORD_SUMMARY, 3000);

    for (uint64_t i = 0; i < 3000; i++) tell_run(recorder, "a.scn", i + 1, i, i % 100 != 41);
    store_source.close(recorder);
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 0);
    expect_output("3000 runs of 1 scenario, 2970 passed, 30 failed");
    expect_output("30 of its runs, seeds 42 to 2942;");
    expect_output("  and 10 more: --format csv lists all\n");
    expect_output("3000 runs are too many to list here");
    ck_assert_uint_lt(strlen(output), 4000);
}
END_TEST

/* JSON is judged by another reader: SQLite's. */
static char *json_ask(const char *line, const char *path) {
    sqlite3 *db = NULL;
    sqlite3_stmt *ask = NULL;
    char *answer;

    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT CASE WHEN json_valid(?1) THEN json_extract(?1, ?2) ELSE 'invalid' END",
                                        -1, &ask, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(ask, 1, line, -1, SQLITE_STATIC);
    sqlite3_bind_text(ask, 2, path, -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(ask), SQLITE_ROW);
    answer = strdup(sqlite3_column_text(ask, 0) ? (const char *)sqlite3_column_text(ask, 0) : "NULL");
    sqlite3_finalize(ask);
    sqlite3_close(db);
    return answer;
}

static void expect_json(const char *line, const char *path, const char *expected) {
    char *answer = json_ask(line, path);

    ck_assert_msg(strcmp(answer, expected) == 0, "%s: got %s, expected %s in %s", path, answer, expected, line);
    free(answer);
}

START_TEST(test_json) {
    char *line, *rest = output;
    int lines = 0;

    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(report_db("--format", "json", NULL, NULL), 0);
    while ((line = strsep(&rest, "\n")) && *line) {
        lines++;
        if (lines != 4) continue;
        expect_json(line, "$.scenario", "b.scn");
        expect_json(line, "$.seed", "2");
        expect_json(line, "$.trace", "9f2c41d07be8a318");
        expect_json(line, "$.verdict", "fail");
        expect_json(line, "$.sim_ns", "60000000000");
        expect_json(line, "$.checks[0].verdict", "violation");
        expect_json(line, "$.checks[0].at_ns", "60000000000");
        expect_json(line, "$.expectations[0].got", "r2 is not online");
        expect_json(line, "$.nodes.r2.dbsize", "4998");
        expect_json(line, "$.nodes.r1.role", "slave");
        expect_json(line, "$.metrics.full_syncs", "3");
        expect_json(line, "$.faults.cut", "1");
        expect_json(line, "$.notes[0]", "line 6 never fired");
    }
    ck_assert_int_eq(lines, 4);
}
END_TEST

START_TEST(test_csv) {
    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(report_db("--format", "csv", NULL, NULL), 0);
    expect_output(
        "4,\"b.scn\",\"A cut outgrows the backlog\",2,fail,\"9f2c41d07be8a318\",60000000000,48213,9000000,3,1,"
        "60000000000,\"converged: r2 has offset 12, m has 15 (t=60s)\"\r\n");
}
END_TEST

START_TEST(test_junit) {
    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(report_db("--format", "junit", NULL, NULL), 0);
    expect_output("<testsuite name=\"b.scn\" tests=\"2\" failures=\"1\" time=\"0.018000\">");
    expect_output("<failure message=\"converged: r2 has offset 12, m has 15 (t=60s)\">run 4");
}
END_TEST

START_TEST(test_no_runs) {
    struct recorder *recorder = store_at(db_path, RECORD_SUMMARY, 1);

    store_source.close(recorder);
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 0);
    expect_output("no runs");
    ck_assert_int_eq(report_db("-o", in_folder("out"), NULL, NULL), 0);
}
END_TEST

/* --- the page ---------------------------------------------------------------------------------------------------- */

static char page[4 << 20];

static void make_page(const char *run) {
    ck_assert_msg(report_db("-o", in_folder("out"), run ? "--run" : NULL, run) == 0, "%s", errors);
    slurp(in_folder("out/index.html"), page, sizeof page);
}

START_TEST(test_page) {
    four_runs(RECORD_OPS);
    make_page(NULL);
    ck_assert_ptr_nonnull(strstr(page, "id=\"run-1\"")); /* a.scn: its first */
    ck_assert_ptr_null(strstr(page, "id=\"run-2\""));
    ck_assert_ptr_nonnull(strstr(page, "id=\"run-4\"")); /* b.scn: the one that failed */
    ck_assert_ptr_nonnull(strstr(page, "<span class=\"verdict violation\">violation</span>"));
    ck_assert_ptr_nonnull(strstr(page, "at 20s cut m r2 for 12s"));
    ck_assert_ptr_null(strstr(page, "src=\"http")); /* nothing from elsewhere */
    slurp(in_folder("out/report.txt"), output, sizeof output);
    expect_output("4 runs of 2 scenarios");
}
END_TEST

START_TEST(test_page_of_a_run) {
    four_runs(RECORD_OPS);
    make_page("2");
    ck_assert_ptr_nonnull(strstr(page, "id=\"run-2\""));
    ck_assert_ptr_null(strstr(page, "id=\"run-1\""));
}
END_TEST

START_TEST(test_page_without_samples) {
    four_runs(RECORD_SUMMARY);
    make_page(NULL);
    ck_assert_ptr_nonnull(strstr(page, "No samples were recorded"));
}
END_TEST

START_TEST(test_page_without_gnuplot) {
    four_runs(RECORD_OPS);
    setenv("PATH", folder, 1);
    make_page(NULL);
    ck_assert_ptr_nonnull(strstr(errors, "gnuplot-nox"));
    ck_assert_ptr_nonnull(strstr(page, "No plots: gnuplot is missing"));
    ck_assert_int_eq(access(in_folder("out/plots/run-1-offsets.dat"), R_OK), 0);
}
END_TEST

/* --- hostile texts ----------------------------------------------------------------------------------------------- */

static void expect_no_control(const char *text) {
    for (const char *c = text; *c; c++)
        ck_assert_msg(!iscntrl((unsigned char)*c) || *c == '\n' || *c == '\r', "control character %d", *c);
}

START_TEST(test_hostile_texts) {
    hostile_run();
    make_page(NULL);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_nonnull(strstr(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;]]&gt;"));
    ck_assert_ptr_null(strchr(page, 0x1b));
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 0);
    expect_no_control(output);
    ck_assert_int_eq(report_db("--run", "1", NULL, NULL), 0);
    expect_no_control(output);
    ck_assert_int_eq(report_db("--format", "json", NULL, NULL), 0);
    output[strcspn(output, "\n")] = 0;
    expect_json(output, "$.failure",
                "<script>alert('x')</script>\"&]]>\n\x1b[31m`touch pwned`$(touch pwned)=cmd|' /C calc'!A0,\\xff");
    ck_assert_int_eq(report_db("--format", "junit", NULL, NULL), 0);
    expect_no_control(output);
    ck_assert_ptr_null(strstr(output, "<script"));
    ck_assert_int_ne(access(in_folder("out/plots/pwned"), F_OK), 0);
    ck_assert_int_ne(access("pwned", F_OK), 0);
}
END_TEST

START_TEST(test_csv_formula) {
    struct recorder *recorder = store_at(db_path, RECORD_SUMMARY, 1);

    tell_run(recorder, "=1+1,\"x\".scn", 1, 0, true);
    store_source.close(recorder);
    ck_assert_int_eq(report_db("--format", "csv", NULL, NULL), 0);
    expect_output("\r\n1,\"'=1+1,\"\"x\"\".scn\",");
}
END_TEST

/* --- bad usage and bad files ------------------------------------------------------------------------------------- */

START_TEST(test_usage) {
    four_runs(RECORD_SUMMARY);
    expect_error(report(NULL, NULL, NULL, NULL, NULL, NULL), 2, "which database");
    expect_error(report_db("--format", "pdf", NULL, NULL), 2, "unknown format \"pdf\"");
    expect_error(report_db("--run", "x", NULL, NULL), 2, "--run wants");
    expect_error(report_db("--run", "0", NULL, NULL), 2, "--run wants");
    expect_error(report_db("--run", "99", NULL, NULL), 2, "there is no run 99");
    expect_error(report_db("--compare", "other.db", NULL, NULL), 2, "not there yet");
    expect_error(report_db("--frobnicate", NULL, NULL, NULL), 2, "unknown option --frobnicate");
    expect_error(report_db("--run", NULL, NULL, NULL), 2, "wants a value");
    expect_error(report_db("second.db", NULL, NULL, NULL), 2, "one database at a time");
    expect_error(report_db("--format", "html", NULL, NULL), 2, "-o DIR");
    ck_assert_int_eq(report("--help", NULL, NULL, NULL, NULL, NULL), 0);
    expect_output("detsim report results.db -o report");
}
END_TEST

START_TEST(test_unwritable) {
    four_runs(RECORD_SUMMARY);
    expect_error(report_db("-o", "/proc/nowhere/report", NULL, NULL), 3, "/proc/nowhere/report: ");
    folder_write(in_folder("file"), "x", 1);
    expect_error(report_db("-o", in_folder("file"), NULL, NULL), 3, "file");
    ck_assert_int_eq(access("/dev/full", W_OK), 0);
    symlink("/dev/full", in_folder("report.csv"));
    expect_error(report_db("-o", folder, "--format", "csv"), 3, "No space left");
}
END_TEST

START_TEST(test_not_ours) {
    char junk[3000];

    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "unable to open");
    memset(junk, 0x5a, sizeof junk);
    folder_write(db_path, junk, sizeof junk);
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "not a database");
    folder_write(db_path, "", 0);
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "empty database");
    db_do(db_path, "CREATE TABLE run (id)");
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "another program");
    expect_error(report(folder, NULL, NULL, NULL, NULL, NULL), 2, "a folder");
}
END_TEST

START_TEST(test_schema_tampered) {
    four_runs(RECORD_SUMMARY);
    db_do(db_path, "PRAGMA user_version = 3");
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "newer detsim");
    db_do(db_path, "PRAGMA user_version = 2; PRAGMA foreign_keys = OFF; DROP TABLE metric");
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "no table \"metric\"");
    /* A view that never ends, in the table's place. */
    db_do(db_path, "CREATE VIEW metric AS WITH RECURSIVE c (run) AS (SELECT 1 UNION ALL SELECT run FROM c)"
                   " SELECT run, 'full_syncs' AS name, 1 AS value FROM c");
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "no table \"metric\"");
    db_do(db_path, "DROP VIEW metric; CREATE TABLE metric (x)");
    expect_error(report_db(NULL, NULL, NULL, NULL), 2, "no such column");
}
END_TEST

/* Tables of the right names with any types in them: read as far as it goes, never a crash. */
START_TEST(test_wrong_types) {
    four_runs(RECORD_OPS);
    db_do(db_path,
          "PRAGMA foreign_keys = OFF; ALTER TABLE run RENAME TO kept; ALTER TABLE sample RENAME TO kept_sample;"
          "CREATE TABLE run (id, campaign, scenario, number, seed, verdict, trace, events, sim_ns, wall_ns,"
          " failure, failed_ns, version);"
          "INSERT INTO run SELECT id, campaign, scenario, number, x'00ff', 7, NULL, 'many', -5, 1e300,"
          " zeroblob(100000), 'x', 1 FROM kept;"
          "CREATE TABLE sample (run, t, node, metric, value);"
          "INSERT INTO sample SELECT run, 'x', NULL, metric, x'ff' FROM kept_sample LIMIT 200;"
          "INSERT INTO sample SELECT run, 9223372036854775807, node, metric, -9223372036854775808 FROM kept_sample"
          " LIMIT 40;"
          "INSERT INTO sample SELECT run, -9223372036854775808, node, metric, 9223372036854775807 FROM kept_sample"
          " LIMIT 40");
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 0);
    ck_assert_int_eq(report_db("--format", "json", NULL, NULL), 0);
    ck_assert_int_eq(report_db("-o", in_folder("out"), NULL, NULL), 0);
}
END_TEST

/* Damaged files: every 97th byte turned over, one after the other. Whatever comes, it ends with a status and, if that
 * is not 0, a message. */
START_TEST(test_damage) {
    static char bytes[4 << 20];
    FILE *file;
    size_t n;

    four_runs(RECORD_SUMMARY);
    file = fopen(db_path, "rb");
    ck_assert_ptr_nonnull(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ck_assert_uint_gt(n, 4096);
    for (size_t i = 0; i < n; i += 97 * (1 + i / 4096)) {
        int status;

        bytes[i] = (char)~bytes[i];
        folder_write(db_path, bytes, n);
        bytes[i] = (char)~bytes[i];
        status = report_db("--format", i % 2 ? "json" : "text", NULL, NULL);
        ck_assert_msg(status == 0 || (status == 2 && errors[0]), "byte %zu: status %d", i, status);
    }
    folder_write(db_path, bytes, n / 2);
    ck_assert_int_eq(report_db(NULL, NULL, NULL, NULL), 2);
}
END_TEST

START_TEST(test_locked) {
    sqlite3 *other = NULL;

    four_runs(RECORD_SUMMARY);
    ck_assert_int_eq(sqlite3_open(db_path, &other), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM note", NULL, NULL, NULL),
        SQLITE_OK);
    expect_error(report_db(NULL, NULL, NULL, NULL), 3, "locked");
    sqlite3_close(other);
}
END_TEST

/* --- figures ----------------------------------------------------------------------------------------------------- */

START_TEST(test_readable) {
    static const struct {
        int64_t ns;
        const char *words;
    } durations[] = {{0, "0s"},
                     {7, "7ns"},
                     {999, "999ns"},
                     {1500, "1.5us"},
                     {9000000, "9ms"},
                     {16200000000, "16.2s"},
                     {60000000000, "60s"},
                     {599000000000, "599s"},
                     {600000000000, "10m 0s"},
                     {3725000000000, "1h 2m"},
                     {3204000000, "3.2s"}};
    char words[READABLE_ROOM];

    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        ck_assert_str_eq(readable_duration(words, durations[i].ns), durations[i].words);
    ck_assert_str_eq(readable_count(words, 0), "0");
    ck_assert_str_eq(readable_count(words, 999), "999");
    ck_assert_str_eq(readable_count(words, -1234567), "-1,234,567");
    ck_assert_str_eq(readable_count(words, INT64_MIN), "-9,223,372,036,854,775,808");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report");
    TCase *forms = tcase_create("forms");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(forms, folder_setup, folder_teardown);
    tcase_set_timeout(forms, 120);
    tcase_add_test(forms, test_text);
    tcase_add_test(forms, test_text_of_a_run);
    tcase_add_test(forms, test_text_of_many);
    tcase_add_test(forms, test_json);
    tcase_add_test(forms, test_csv);
    tcase_add_test(forms, test_junit);
    tcase_add_test(forms, test_no_runs);
    tcase_add_test(forms, test_page);
    tcase_add_test(forms, test_page_of_a_run);
    tcase_add_test(forms, test_page_without_samples);
    tcase_add_test(forms, test_page_without_gnuplot);
    tcase_add_test(forms, test_hostile_texts);
    tcase_add_test(forms, test_csv_formula);
    tcase_add_test(forms, test_usage);
    tcase_add_test(forms, test_unwritable);
    tcase_add_test(forms, test_not_ours);
    tcase_add_test(forms, test_schema_tampered);
    tcase_add_test(forms, test_wrong_types);
    tcase_add_test(forms, test_damage);
    tcase_add_test(forms, test_locked);
    tcase_add_test(forms, test_readable);
    suite_add_tcase(suite, forms);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
