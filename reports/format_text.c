/* The runs as plain text. */
#include <inttypes.h>
#include <string.h>

#include "reports/formats.h"
#include "reports/groups.h"
#include "reports/reached.h"
#include "reports/readable.h"

/* So many runs are listed one by one, and so many failures; past it the groups and findings tell. */
#define RUNS_LISTED     60
#define FAILURES_LISTED 20
#define FILE_WIDTH_MOST 60
#define DETAIL_MOST     300

static void put_padded(FILE *out, const char *text, size_t width) {
    size_t used = readable_width(text);

    readable_put(out, READABLE_PLAIN, text, 400);
    for (; used < width; used++) fputc(' ', out);
}

static size_t file_width(const struct evidence *e) {
    size_t width = strlen("scenario");

    for (size_t i = 0; i < e->run_count; i++) {
        size_t w = readable_width(e->runs[i].file);

        if (w > width) width = w;
    }
    return width < FILE_WIDTH_MOST ? width : FILE_WIDTH_MOST;
}

static size_t failed_count(const struct evidence *e) {
    size_t failed = 0;

    for (size_t i = 0; i < e->run_count; i++) failed += !e->runs[i].passed;
    return failed;
}

/* --- by scenario ------------------------------------------------------------------------------------------------- */

static void put_group(FILE *out, const struct group *g, size_t width) {
    char full[RANGE_ROOM], partial[RANGE_ROOM], events[READABLE_ROOM], sim[READABLE_ROOM], wall[READABLE_ROOM];
    char seed[READABLE_ROOM] = "-";
    int64_t runs = (int64_t)g->runs;

    if (g->first_failed) snprintf(seed, sizeof seed, "%" PRIu64, g->first_failed->seed);
    put_padded(out, g->file, width);
    fprintf(out, "  %6zu  %6zu  %6zu  %17s  %10s  %13s  %8s  %12s  %8s\n", g->runs, g->runs - g->failed, g->failed,
            seed, range_words(full, g->full_syncs), range_words(partial, g->partial_syncs),
            readable_duration(sim, g->sim_ns / runs), readable_count(events, g->events / runs),
            readable_duration(wall, g->wall_ns / runs));
}

static void put_groups(FILE *out, const struct group *groups, size_t count, size_t width) {
    put_padded(out, "scenario", width);
    fprintf(out, "  %6s  %6s  %6s  %17s  %10s  %13s  %8s  %12s  %8s\n", "runs", "passed", "failed", "first failed seed",
            "full syncs", "partial syncs", "sim/run", "events/run", "wall/run");
    for (size_t i = 0; i < count; i++) put_group(out, &groups[i], width);
}

/* --- what failed ------------------------------------------------------------------------------------------------- */

static void put_finding(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;

    fputs("  ", out);
    readable_put(out, READABLE_PLAIN, evidence_text(row, 0), DETAIL_MOST);
    fprintf(out, ": %s ", evidence_text(row, 1));
    readable_put(out, READABLE_PLAIN, evidence_text(row, 2), DETAIL_MOST);
    fprintf(out, "\n      %lld of its runs, seeds %" PRIu64 " to %" PRIu64 "; with the first: ",
            (long long)sqlite3_column_int64(row, 3), (uint64_t)sqlite3_column_int64(row, 4),
            (uint64_t)sqlite3_column_int64(row, 5));
    readable_put(out, READABLE_PLAIN, evidence_text(row, 6), DETAIL_MOST);
    fputc('\n', out);
}

static void put_failed_run(FILE *out, const struct run_row *run) {
    fputs("  FAIL ", out);
    readable_put(out, READABLE_PLAIN, run->file, DETAIL_MOST);
    fprintf(out, " seed=%" PRIu64 " run=%" PRId64 " ", run->seed, run->id);
    readable_put(out, READABLE_PLAIN, run->failure, DETAIL_MOST);
    fputc('\n', out);
}

static bool put_failures(FILE *out, struct evidence *e, size_t failed) {
    size_t listed = 0;

    if (failed == 0) return true;
    fputs("\nwhat failed\n", out);
    if (!evidence_each(e,
                       "SELECT file, CASE kind WHEN 'check' THEN 'broke' WHEN 'expectation' THEN 'missed'"
                       " ELSE 'had a' END, name, sum(runs), min(first_seed), max(last_seed), detail FROM finding"
                       " WHERE ?1 = 0 GROUP BY file, kind, name ORDER BY min(id) LIMIT 200",
                       0, put_finding, out))
        return false;
    fputs("\nfailed runs\n", out);
    for (size_t i = 0; i < e->run_count && listed < FAILURES_LISTED; i++) {
        if (e->runs[i].passed) continue;
        put_failed_run(out, &e->runs[i]);
        listed++;
    }
    if (failed > listed) fprintf(out, "  and %zu more: --format csv lists all\n", failed - listed);
    return true;
}

/* --- run by run -------------------------------------------------------------------------------------------------- */

/* A number of syncs, "-" where nothing is known. */
static const char *sync_words(char *into, int64_t n) {
    if (n < 0) return "-";
    return readable_count(into, n);
}

static void put_run(FILE *out, const struct run_row *run, size_t width) {
    char sim[READABLE_ROOM], wall[READABLE_ROOM], events[READABLE_ROOM], full[READABLE_ROOM], partial[READABLE_ROOM];

    fprintf(out, "%6" PRId64 "  %s  ", run->id, run->passed ? "PASS" : "FAIL");
    put_padded(out, run->file, width);
    fprintf(out, "  %8" PRIu64 "  ", run->seed);
    put_padded(out, run->trace, 16);
    fprintf(out, "  %8s  %12s  %8s  %5s  %8s\n", readable_duration(sim, run->sim_ns),
            readable_count(events, run->events), readable_duration(wall, run->wall_ns),
            sync_words(full, run->full_syncs), sync_words(partial, run->partial_syncs));
}

static void put_runs(FILE *out, const struct evidence *e, size_t width) {
    if (e->run_count > RUNS_LISTED) {
        fprintf(out, "\n%zu runs are too many to list here: --format csv lists all, --run ID shows one\n",
                e->run_count);
        return;
    }
    fprintf(out, "\n%6s  %-4s  ", "run", "");
    put_padded(out, "scenario", width);
    fprintf(out, "  %8s  %-16s  %8s  %12s  %8s  %5s  %8s\n", "seed", "trace", "sim", "events", "wall", "full",
            "partial");
    for (size_t i = 0; i < e->run_count; i++) put_run(out, &e->runs[i], width);
}

bool format_text(FILE *out, struct evidence *e) {
    size_t group_count;
    const struct group *groups = groups_make(e, &group_count);
    size_t failed = failed_count(e);
    size_t width = file_width(e);

    readable_put(out, READABLE_PLAIN, e->path, 400);
    if (e->run_count == 0) {
        fputs(": no runs\n", out);
        return true;
    }
    fprintf(out, ": %zu run%s of %zu scenario%s, %zu passed, %zu failed\n\n", e->run_count,
            e->run_count == 1 ? "" : "s", group_count, group_count == 1 ? "" : "s", e->run_count - failed, failed);
    put_groups(out, groups, group_count, width);
    if (!put_failures(out, e, failed)) return false;
    put_runs(out, e, width);
    return reached_put_text(out, e);
}

/* --- one run in full --------------------------------------------------------------------------------------------- */

static void put_instant(FILE *out, sqlite3_stmt *row, int column) {
    char t[READABLE_ROOM];

    if (sqlite3_column_type(row, column) != SQLITE_NULL)
        fprintf(out, " (t=%s)", readable_duration(t, sqlite3_column_int64(row, column)));
}

static void put_check(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;

    fprintf(out, "  %-9s  ", evidence_text(row, 1));
    readable_put(out, READABLE_PLAIN, evidence_text(row, 0), DETAIL_MOST);
    if (evidence_text(row, 2)[0]) {
        fputs(": ", out);
        readable_put(out, READABLE_PLAIN, evidence_text(row, 2), 2000);
        put_instant(out, row, 3);
    }
    fputc('\n', out);
}

static void put_expectation(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;

    fprintf(out, "  %-9s  line %lld: ", evidence_text(row, 2), (long long)sqlite3_column_int64(row, 0));
    readable_put(out, READABLE_PLAIN, evidence_text(row, 1), 2000);
    if (evidence_text(row, 3)[0]) {
        fputs("  got ", out);
        readable_put(out, READABLE_PLAIN, evidence_text(row, 3), 2000);
    }
    put_instant(out, row, 4);
    fputc('\n', out);
}

static void put_fault(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;
    char from[READABLE_ROOM], to[READABLE_ROOM];

    fprintf(out, "  %9s", readable_duration(from, sqlite3_column_int64(row, 0)));
    if (sqlite3_column_type(row, 1) == SQLITE_NULL)
        fprintf(out, " %12s  ", "");
    else
        fprintf(out, " to %9s  ", readable_duration(to, sqlite3_column_int64(row, 1)));
    readable_put(out, READABLE_PLAIN, evidence_text(row, 2), DETAIL_MOST);
    fputc('\n', out);
}

static void put_figure(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;
    char n[READABLE_ROOM];

    fputs("  ", out);
    put_padded(out, evidence_text(row, 0), 32);
    fprintf(out, "  %16s\n", readable_count(n, sqlite3_column_int64(row, 1)));
}

static void put_note(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;

    fputs("  ", out);
    readable_put(out, READABLE_PLAIN, evidence_text(row, 0), 2000);
    fputc('\n', out);
}

/* A part of a run's text: its heading stands only where there are rows. */
struct part {
    const char *heading, *sql;
    evidence_row_fn *row;
};

static const struct part parts[] = {
    {"checks", "SELECT name, verdict, detail, at_ns FROM check_result WHERE run = ?1", put_check},
    {"expectations", "SELECT line, text, verdict, got, at_ns FROM expectation_result WHERE run = ?1 ORDER BY ord",
     put_expectation},
    {"faults", "SELECT begin_ns, end_ns, action FROM fault WHERE run = ?1 ORDER BY ord LIMIT 200", put_fault},
    {"figures", "SELECT name, value FROM metric WHERE run = ?1", put_figure},
    {"probes", "SELECT name, count FROM probe WHERE run = ?1 AND count > 0", put_figure},
    {"notes", "SELECT text FROM note WHERE run = ?1 ORDER BY ord", put_note},
};

struct part_ctx {
    FILE *out;
    const struct part *part;
    bool begun;
};

static void put_part_row(void *ctx, sqlite3_stmt *row) {
    struct part_ctx *c = ctx;

    if (!c->begun) fprintf(c->out, "\n%s\n", c->part->heading);
    c->begun = true;
    c->part->row(c->out, row);
}

bool format_run_text(FILE *out, struct evidence *e, const struct run_row *run) {
    char sim[READABLE_ROOM], wall[READABLE_ROOM], events[READABLE_ROOM];

    fputs(run->passed ? "PASS " : "FAIL ", out);
    readable_put(out, READABLE_PLAIN, run->file, 400);
    fprintf(out, " seed=%" PRIu64 " run=%" PRId64 " trace=", run->seed, run->id);
    readable_put(out, READABLE_PLAIN, run->trace, 40);
    fprintf(out, " sim=%s events=%s wall=%s\n", readable_duration(sim, run->sim_ns),
            readable_count(events, run->events), readable_duration(wall, run->wall_ns));
    if (run->title[0]) {
        readable_put(out, READABLE_PLAIN, run->title, 400);
        fputc('\n', out);
    }
    if (!run->passed) {
        readable_put(out, READABLE_PLAIN, run->failure, 2000);
        fputc('\n', out);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct part_ctx c = {out, &parts[i], false};

        if (!evidence_each(e, parts[i].sql, run->id, put_part_row, &c)) return false;
    }
    return true;
}
