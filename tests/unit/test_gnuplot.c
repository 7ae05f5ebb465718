/* The plots: what samples become, where labels stand, and gnuplot as a child that no name or text can turn. */
#include "reports/gnuplot.h"

#include <check.h>
#include <inttypes.h>

#include "reports/curves.h"
#include "reports/evidence.h"
#include "reports/marks.h"
#include "reports/plots.h"
#include "reports/series.h"
#include "reports/store.h"
#include "reports/svg.h"
#include "sim/world/chance.h"
#include "tests/unit/folder.h"
#include "tests/unit/made_up.h"

static char error[512];
static struct evidence evidence;

static void open_evidence(void) {
    ck_assert_msg(evidence_open(&evidence, db_path, error, sizeof error), "%s", error);
    ck_assert_msg(evidence_read_runs(&evidence, 0), "%s", error);
}

static void tell_story(void) {
    struct recorder_campaign campaign = {db_path, "detsim run", RECORD_OPS, 1, 0, 0};
    struct run_identity identity = made_up_identity("scenarios/cut.scn", 7, 0);
    struct recorder *recorder;

    ck_assert(store_source.begin(&campaign, error, sizeof error));
    recorder = store_source.open(&campaign, error, sizeof error);
    ck_assert_ptr_nonnull(recorder);
    made_up_tell(recorder, &identity);
    ck_assert(made_up_end(recorder, &identity, true));
    store_source.close(recorder);
    open_evidence();
}

static char *read_text(const char *name) {
    static char text[8 << 20];
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

/* --- series ------------------------------------------------------------------------------------------------------ */

/* A database whose one node has `count` samples, 1 ms apart, value(i) each. */
static void one_series(size_t count, int64_t (*value)(size_t i)) {
    struct recorder_campaign campaign = {db_path, "detsim run", RECORD_OPS, 1, 0, 0};
    struct run_identity identity = made_up_identity("a.scn", 1, 0);
    struct recorder *recorder;

    ck_assert(store_source.begin(&campaign, error, sizeof error));
    recorder = store_source.open(&campaign, error, sizeof error);
    recorder->ops->begin(recorder->ctx, &identity);
    for (size_t i = 0; i < count; i++) {
        int64_t values[E_SAMPLES] = {value(i)};
        struct sample_record sample = {(sim_time)i * SIM_MS, E_M, values};

        recorder->ops->sample(recorder->ctx, &sample);
    }
    ck_assert(made_up_end(recorder, &identity, true));
    store_source.close(recorder);
    open_evidence();
}

static int64_t spiky(size_t i) {
    return i == 77777 ? 1000000 : i == 33333 ? -5000 : (int64_t)(i % 7);
}

/* However much is thinned away, peaks stay, times ascend, and the first and last points are there. */
START_TEST(test_thinning_keeps_extremes) {
    struct samples samples;
    const struct series *s;
    int64_t least = 0, greatest = 0;

    one_series(100000, spiky);
    ck_assert(samples_read(&samples, &evidence, 1));
    s = samples_find(&samples, "m", "master_repl_offset");
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_le(s->count, SERIES_POINTS_MOST + 4);
    ck_assert_uint_ge(s->count, SERIES_POINTS_MOST / 2);
    for (size_t i = 0; i < s->count; i++) {
        if (i) ck_assert_int_gt(s->points[i].t, s->points[i - 1].t);
        if (s->points[i].value < least) least = s->points[i].value;
        if (s->points[i].value > greatest) greatest = s->points[i].value;
    }
    ck_assert_int_eq(greatest, 1000000);
    ck_assert_int_eq(least, -5000);
    ck_assert_int_eq(s->points[0].t, 0);
    ck_assert_int_eq(s->points[s->count - 1].t, 99999 * SIM_MS);
    ck_assert_ptr_null(samples_find(&samples, "m", "no such metric"));
    samples_free(&samples);
    evidence_close(&evidence);
}
END_TEST

START_TEST(test_gap_where_node_is_down) {
    struct samples samples;
    const struct series *s;
    int gaps = 0;

    tell_story();
    ck_assert(samples_read(&samples, &evidence, 1));
    s = samples_find(&samples, "r1", "master_repl_offset");
    for (size_t i = 0; i < s->count; i++)
        if (s->points[i].gap) {
            gaps++;
            ck_assert_int_eq(s->points[i].t, 50 * SIM_SECOND);
        }
    ck_assert_int_eq(gaps, 1);
    s = samples_find(&samples, "r2", "master_repl_offset");
    for (size_t i = 0; i < s->count; i++) ck_assert(!s->points[i].gap);
    samples_free(&samples);
    evidence_close(&evidence);
}
END_TEST

/* --- curves ------------------------------------------------------------------------------------------------------ */

START_TEST(test_curves) {
    struct samples samples;
    struct plot plot;

    tell_story();
    ck_assert(samples_read(&samples, &evidence, 1));
    curves_choose(&plot, PLOT_OFFSETS, &samples);
    ck_assert_uint_eq(plot.count, 3);
    ck_assert_str_eq(plot.unit_name, "MB"); /* 60 s at 40 kB/s */
    curves_choose(&plot, PLOT_LAG, &samples);
    ck_assert_uint_eq(plot.count, 2); /* the replicas */
    ck_assert_str_eq(plot.curves[0].label, "r1");
    ck_assert_int_eq(plot.greatest, 636000);
    ck_assert_str_eq(plot.unit_name, "kB");
    curves_choose(&plot, PLOT_BUFFERS, &samples);
    ck_assert_uint_eq(plot.count, 4); /* the master's alone: two figures, and the two limits that are near */
    ck_assert_str_eq(plot.beyond, "m hard limit 268 MB");
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert(strcmp(plot.curves[i].colour, plot.curves[j].colour) != 0 ||
                      plot.curves[i].dash != plot.curves[j].dash);
    curves_choose(&plot, PLOT_MEMORY, &samples);
    ck_assert_uint_eq(plot.count, 2);
    samples_free(&samples);
    evidence_close(&evidence);
}
END_TEST

/* --- marks ------------------------------------------------------------------------------------------------------- */

static void expect_no_overlap(const struct marks *marks, const struct time_axis *axis) {
    for (size_t i = 0; i < marks->count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct mark *a = &marks->items[i], *b = &marks->items[j];
            double a_from = time_axis_at(axis, a->begin), a_to = time_axis_at(axis, a->end);
            double b_from = time_axis_at(axis, b->begin), b_to = time_axis_at(axis, b->end);

            if (a->lane == MARK_NO_LANE || a->lane != b->lane) continue;
            if (a->label_left)
                a_from -= mark_label_width(a);
            else
                a_to += mark_label_width(a);
            if (b->label_left)
                b_from -= mark_label_width(b);
            else
                b_to += mark_label_width(b);
            ck_assert_msg(a_to <= b_from || b_to <= a_from, "%s and %s overlap", a->label, b->label);
        }
}

/* Method: many random sets of faults, crowded and not; no two marks of one lane may overlap with their labels. */
START_TEST(test_marks_never_overlap) {
    const struct time_axis axis = {60 * SIM_SECOND, 76, 790};

    tell_story();
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct chance chance = chance_named(seed, "marks", NULL, NULL, 0);
        struct samples none = {.pool = pool_create()};
        struct marks marks;
        char sql[300];

        db_do(db_path, "DELETE FROM fault");
        for (uint64_t i = 0, count = 1 + chance_below(&chance, 40); i < count; i++) {
            int64_t from = (int64_t)chance_below(&chance, 60000000000);

            snprintf(sql, sizeof sql,
                     "INSERT INTO fault VALUES (1, %" PRIu64 ", %" PRId64 ", %" PRId64 ", 'm', NULL,"
                     " substr('cut m r2 for a while and then some more', 1, %" PRIu64 "))",
                     i, from, from + (int64_t)chance_below(&chance, 20000000000), 1 + chance_below(&chance, 39));
            db_do(db_path, sql);
        }
        ck_assert_msg(marks_read(&marks, &evidence, &evidence.runs[0], &none, &axis), "%s", error);
        ck_assert_int_le(marks.lanes, MARK_LANES_MOST);
        ck_assert_int_ge(marks.lanes, 1);
        expect_no_overlap(&marks, &axis);
        samples_free(&none);
    }
    evidence_close(&evidence);
}
END_TEST

START_TEST(test_snapshots_become_marks) {
    const struct time_axis axis = {60 * SIM_SECOND, 76, 790};
    struct samples samples;
    struct marks marks;
    int snapshots = 0;

    tell_story();
    ck_assert(samples_read(&samples, &evidence, 1));
    ck_assert(marks_read(&marks, &evidence, &evidence.runs[0], &samples, &axis));
    ck_assert_uint_eq(marks.count, 5);
    for (size_t i = 0; i < marks.count; i++) {
        if (marks.items[i].kind != MARK_SNAPSHOT) continue;
        ck_assert_str_eq(marks.items[i].label, "snapshot of m");
        ck_assert_int_eq(marks.items[i].begin, (snapshots ? 33 : 1) * SIM_SECOND);
        ck_assert_int_eq(marks.items[i].end, (snapshots ? 36 : 3) * SIM_SECOND);
        snapshots++;
    }
    ck_assert_int_eq(snapshots, 2);
    samples_free(&samples);
    evidence_close(&evidence);
}
END_TEST

START_TEST(test_failure_becomes_a_mark) {
    const struct time_axis axis = {60 * SIM_SECOND, 76, 790};
    struct samples none = {.pool = pool_create()};
    struct marks marks;

    tell_story();
    evidence.runs[0].passed = false;
    evidence.runs[0].failure = "prefix: r2 diverged from m at offset 10423 and so on";
    evidence.runs[0].failed_ns = 59 * SIM_SECOND;
    ck_assert(marks_read(&marks, &evidence, &evidence.runs[0], &none, &axis));
    ck_assert_int_eq(marks.items[marks.count - 1].kind, MARK_FAILURE);
    ck_assert_str_eq(marks.items[marks.count - 1].label, "FAIL prefix: r2 diverged from m at offset 10…");
    ck_assert_int_eq(marks.items[marks.count - 1].begin, 59 * SIM_SECOND);
    samples_free(&none);
    evidence_close(&evidence);
}
END_TEST

/* Events tell of snapshots too short for any sample, of children that die with their server, of forks that fail. */
START_TEST(test_snapshots_by_events) {
    const struct time_axis axis = {60 * SIM_SECOND, 76, 790};
    struct samples samples;
    struct marks marks;
    int snapshots = 0;

    tell_story();
    db_do(db_path, "INSERT INTO event VALUES (1, 1, 5, 'fork', 'r1', NULL, 'child 1, memory 5, took ns 5'),"
                   "(1, 2, 10, 'fork', 'm', NULL, 'child 1, memory 5, took ns 5'), (1, 3, 20, 'child', 'm', NULL, 'x'),"
                   "(1, 4, 30, 'end', 'r1', NULL, 'crashed'), (1, 5, 40, 'fork', 'm', NULL, 'failed'),"
                   "(1, 6, 50, 'fork', 'r2', NULL, 'child 1, memory 5, took ns 5')");
    ck_assert(samples_read(&samples, &evidence, 1));
    ck_assert(marks_read(&marks, &evidence, &evidence.runs[0], &samples, &axis));
    for (size_t i = 0; i < marks.count; i++) {
        const struct mark *mark = &marks.items[i];

        if (mark->kind != MARK_SNAPSHOT) continue;
        snapshots++;
        ck_assert_int_eq(mark->begin, strstr(mark->label, "r1") ? 5 : strstr(mark->label, "r2") ? 50 : 10);
        ck_assert_int_eq(mark->end, strstr(mark->label, "r1") ? 30 : strstr(mark->label, "r2") ? 60 * SIM_SECOND : 20);
    }
    ck_assert_int_eq(snapshots, 3);
    samples_free(&samples);
    evidence_close(&evidence);
}
END_TEST

/* --- gnuplot ----------------------------------------------------------------------------------------------------- */

static bool have_gnuplot(void) {
    char script[200];

    snprintf(script, sizeof script, "%s/probe.gp", folder);
    folder_write(script, "x = 1\n", 6);
    return gnuplot_run(folder, "probe.gp", error, sizeof error) == GNUPLOT_DONE;
}

START_TEST(test_gnuplot_missing) {
    setenv("PATH", folder, 1);
    ck_assert_int_eq(gnuplot_run(folder, "x.gp", error, sizeof error), GNUPLOT_MISSING);
    ck_assert_ptr_nonnull(strstr(error, "gnuplot-nox"));
}
END_TEST

START_TEST(test_gnuplot_fails) {
    char script[200];

    if (!have_gnuplot()) return;
    snprintf(script, sizeof script, "%s/bad.gp", folder);
    folder_write(script, "plot 'there is no such file'\n", 29);
    ck_assert_int_eq(gnuplot_run(folder, "bad.gp", error, sizeof error), GNUPLOT_FAILED);
    ck_assert_msg(strstr(error, "bad.gp: ") != NULL, "%s", error);
    ck_assert_int_eq(gnuplot_run("/nonexistent", "bad.gp", error, sizeof error), GNUPLOT_FAILED);
}
END_TEST

/* A gnuplot that ends badly is told from one that is missing. */
START_TEST(test_gnuplot_killed) {
    char path[200];

    snprintf(path, sizeof path, "%s/gnuplot", folder);
    folder_write(path, "#!/bin/sh\nkill -SEGV $$\n", 24);
    ck_assert_int_eq(chmod(path, 0755), 0);
    setenv("PATH", folder, 1);
    ck_assert_int_eq(gnuplot_run(folder, "x.gp", error, sizeof error), GNUPLOT_FAILED);
}
END_TEST

START_TEST(test_plots_are_drawn) {
    static const char *const names[] = {"offsets", "lag", "buffers", "memory"};
    struct run_plots plots;
    char name[128];

    if (!have_gnuplot()) return;
    tell_story();
    ck_assert(plots_write_style(folder));
    ck_assert_msg(plots_make(&evidence, &evidence.runs[0], folder, &plots, error, sizeof error), "%s", error);
    ck_assert_msg(plots.outcome == GNUPLOT_DONE, "%s", error);
    ck_assert_uint_eq(plots.count, 4);
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "run-1-%s", names[i]);
        ck_assert_str_eq(plots.plots[i].stem, name);
        snprintf(name, sizeof name, "run-1-%s.png", names[i]);
        ck_assert_int_eq(memcmp(read_text(name), "\x89PNG\r\n\x1a\n", 8), 0);
        snprintf(name, sizeof name, "run-1-%s.svg", names[i]);
        ck_assert_ptr_nonnull(strstr(read_text(name), "cut m r2 for 12s"));
    }
    snprintf(name, sizeof name, "%s/gnuplot.log", folder);
    ck_assert_int_ne(access(name, F_OK), 0); /* it had nothing to complain about */
    evidence_close(&evidence);
}
END_TEST

/* Names and actions that try to run commands, to break out of quotes, to be read as markup or as more script. The
 * database is not written by the store here: a hostile one says what it likes. */
START_TEST(test_hostile_labels) {
    static const char *const texts[] = {
        "`touch pwned`",        "'; system('touch pwned'); x='", "\"`touch pwned`\"",  "a\nset output 'pwned'\n",
        "{/*9 big} ^_x @macro", "\\\\ \\' %s %n $x #c",          "<svg onload=x>&amp;"};
    struct run_plots plots;
    char path[200];

    if (!have_gnuplot()) return;
    tell_story();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *sql =
            sqlite3_mprintf("UPDATE fault SET action = %Q; UPDATE sample SET node = %Q WHERE node = 'r1' OR node NOT IN"
                            " ('m', 'r2'); UPDATE scenario SET file = %Q",
                            texts[i], texts[i], texts[i]);

        db_do(db_path, sql);
        sqlite3_free(sql);
        evidence.run_count = 0;
        ck_assert(evidence_read_runs(&evidence, 0));
        ck_assert(plots_write_style(folder));
        ck_assert(plots_make(&evidence, &evidence.runs[0], folder, &plots, error, sizeof error));
        ck_assert_msg(plots.outcome == GNUPLOT_DONE, "%s: %s", texts[i], error);
        snprintf(path, sizeof path, "%s/pwned", folder);
        ck_assert_msg(access(path, F_OK) != 0, "%s", texts[i]);
        ck_assert_ptr_null(strstr(read_text("run-1-offsets.svg"), "<svg onload"));
    }
    ck_assert_ptr_nonnull(strstr(read_text("run-1-offsets.svg"), "&lt;svg onload=x>&amp;amp;"));
    evidence_close(&evidence);
}
END_TEST

/* --- SVG in a page ----------------------------------------------------------------------------------------------- */

START_TEST(test_svg_inline) {
    static const char svg[] = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 9 9\"><rect fill=\"#ffffff\"/><defs><circle "
                              "id='gpDot'/></defs><path stroke='rgb( 36,  41,  47)'/></svg>\n";
    char path[200], out[2000] = "";
    FILE *page;

    snprintf(path, sizeof path, "%s/a.svg", folder);
    folder_write(path, svg, sizeof svg - 1);
    page = fmemopen(out, sizeof out, "w");
    ck_assert(svg_inline(page, path, "a \"b\" & c"));
    fclose(page);
    ck_assert_str_eq(
        out, "<svg role=\"img\" aria-label=\"a &quot;b&quot; &amp; c\" viewBox=\"0 0 9 9\"><rect fill=\"none\"/>"
             "<path stroke='currentColor'/></svg>\n");
    folder_write(path, svg, 60); /* torn */
    page = fmemopen(out, sizeof out, "w");
    ck_assert(!svg_inline(page, path, ""));
    ck_assert(!svg_inline(page, "/nonexistent.svg", ""));
    fclose(page);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gnuplot");
    TCase *plots = tcase_create("plots");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(plots, folder_setup, folder_teardown);
    tcase_set_timeout(plots, 120);
    tcase_add_test(plots, test_thinning_keeps_extremes);
    tcase_add_test(plots, test_gap_where_node_is_down);
    tcase_add_test(plots, test_curves);
    tcase_add_test(plots, test_marks_never_overlap);
    tcase_add_test(plots, test_snapshots_become_marks);
    tcase_add_test(plots, test_failure_becomes_a_mark);
    tcase_add_test(plots, test_snapshots_by_events);
    tcase_add_test(plots, test_gnuplot_missing);
    tcase_add_test(plots, test_gnuplot_fails);
    tcase_add_test(plots, test_gnuplot_killed);
    tcase_add_test(plots, test_plots_are_drawn);
    tcase_add_test(plots, test_hostile_labels);
    tcase_add_test(plots, test_svg_inline);
    suite_add_tcase(suite, plots);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
