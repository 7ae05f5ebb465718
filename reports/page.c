/* The report's page: totals, scenarios, what failed, runs, then the chosen runs in full. */
#include "reports/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/formats.h"
#include "reports/groups.h"
#include "reports/page_run.h"
#include "reports/plots.h"
#include "reports/reached.h"
#include "reports/readable.h"

extern const char embedded_page_css[]; /* reports/page.css */

/* So many runs stand in the page's table; all of them are in the CSV. */
#define RUNS_SHOWN 200

/* So many scenarios are shown in full: past it the page grows too heavy to read. */
#define SCENARIOS_SHOWN 40

#define PATH_ROOM 4200

struct page {
    FILE *out;
    struct evidence *e;
    const char *folder;
    char plots[PATH_ROOM]; /* the folder of the plots */
    int64_t only;
    const struct group *groups;
    size_t group_count;
};

static bool fail(struct evidence *e, const char *path) {
    snprintf(e->error, e->error_room, "%s: %s", path, strerror(errno));
    e->status = 3;
    return false;
}

static bool make_folder(struct evidence *e, const char *path) {
    return mkdir(path, 0777) == 0 || errno == EEXIST || fail(e, path);
}

/* --- the top ----------------------------------------------------------------------------------------------------- */

static void put_tile(FILE *out, const char *class, const char *figure, const char *what) {
    fprintf(out, "<li class=\"%s\"><b>%s</b>%s</li>\n", class, figure, what);
}

static void put_tiles(const struct page *p) {
    char words[READABLE_ROOM];
    struct group all = {0};
    int64_t runs, failed;

    for (size_t i = 0; i < p->group_count; i++) group_add(&all, &p->groups[i]);
    runs = (int64_t)all.runs;
    failed = (int64_t)all.failed;
    fputs("<ul class=\"tiles\">\n", p->out);
    put_tile(p->out, "", readable_count(words, (int64_t)p->group_count),
             p->group_count == 1 ? "scenario" : "scenarios");
    put_tile(p->out, "", readable_count(words, runs), runs == 1 ? "run" : "runs");
    put_tile(p->out, "", readable_count(words, runs - failed), "passed");
    put_tile(p->out, failed ? "failed" : "", readable_count(words, failed), "failed");
    put_tile(p->out, "", readable_duration(words, all.sim_ns), "simulated");
    put_tile(p->out, "", readable_duration(words, all.wall_ns), "of computing");
    fputs("</ul>\n", p->out);
}

static void put_top(const struct page *p) {
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>detsim report: ",
          p->out);
    page_put(p->out, p->e->path);
    fprintf(p->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>detsim report</h1>\n<p class=\"quiet\">",
            embedded_page_css);
    page_put(p->out, p->e->path);
    fputs(" · detsim " DETSIM_VERSION " · <a href=\"report.txt\">as plain text</a></p>\n", p->out);
    put_tiles(p);
}

/* --- scenarios --------------------------------------------------------------------------------------------------- */

/* The run of a group that the page shows in full. */
static const struct run_row *chosen_run(const struct group *g) {
    return g->first_failed ? g->first_failed : g->first;
}

static void put_group(const struct page *p, const struct group *g, bool linked) {
    char full[RANGE_ROOM], partial[RANGE_ROOM], events[READABLE_ROOM], sim[READABLE_ROOM], wall[READABLE_ROOM];
    int64_t runs = (int64_t)g->runs;

    fputs("<tr><td>", p->out);
    page_put_verdict(p->out, g->failed ? "fail" : "pass");
    fputs("</td><td class=\"name\">", p->out);
    if (linked) fprintf(p->out, "<a href=\"#run-%" PRId64 "\">", chosen_run(g)->id);
    page_put(p->out, g->title[0] ? g->title : g->file);
    if (linked) fputs("</a>", p->out);
    fputs("<br><span class=\"quiet small mono\">", p->out);
    page_put(p->out, g->file);
    fprintf(p->out, "</span></td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">", g->runs, g->failed);
    if (g->first_failed) fprintf(p->out, "%" PRIu64, g->first_failed->seed);
    fprintf(p->out,
            "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td>"
            "<td class=\"n\">%s</td></tr>\n",
            range_words(full, g->full_syncs), range_words(partial, g->partial_syncs),
            readable_duration(sim, g->sim_ns / runs), readable_count(events, g->events / runs),
            readable_duration(wall, g->wall_ns / runs));
}

static void put_groups(const struct page *p) {
    fputs(
        "<h2>Scenarios</h2>\n<div class=\"wide\"><table><thead><tr><th></th><th>scenario</th><th class=\"n\">runs</th>"
        "<th class=\"n\">failed</th><th class=\"n\">first failed</th><th class=\"n\">full syncs</th>"
        "<th class=\"n\">partial syncs</th><th class=\"n\">simulated</th><th class=\"n\">events</th>"
        "<th class=\"n\">wall time</th></tr></thead><tbody>\n",
        p->out);
    for (size_t i = 0; i < p->group_count; i++) put_group(p, &p->groups[i], i < SCENARIOS_SHOWN);
    fputs("</tbody></table></div>\n<p class=\"quiet small\">Simulated time, events and wall time: means over a "
          "scenario's "
          "runs.</p>\n",
          p->out);
}

/* --- what failed, and all runs ----------------------------------------------------------------------------------- */

static void put_finding(void *ctx, sqlite3_stmt *row) {
    FILE *out = ctx;

    fputs("<tr><td class=\"name mono\">", out);
    page_put(out, evidence_text(row, 0));
    fprintf(out, "</td><td class=\"long\">%s <span class=\"mono\">", evidence_text(row, 1));
    page_put(out, evidence_text(row, 2));
    fprintf(out,
            "</span></td><td class=\"n\">%lld</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
            "</td><td class=\"long\">",
            (long long)sqlite3_column_int64(row, 3), (uint64_t)sqlite3_column_int64(row, 4),
            (uint64_t)sqlite3_column_int64(row, 5));
    readable_put(out, READABLE_HTML, evidence_text(row, 6), 1000);
    fputs("</td></tr>\n", out);
}

static bool put_findings(const struct page *p) {
    bool any = false;

    for (size_t i = 0; i < p->group_count; i++) any = any || p->groups[i].failed;
    if (!any) return true;
    fputs(
        "<h2>What failed</h2>\n<div class=\"wide\"><table><thead><tr><th>scenario</th><th>what</th><th class=\"n\">runs"
        "</th><th class=\"n\">first seed</th><th class=\"n\">last seed</th><th>with the first seed</th></tr></thead>"
        "<tbody>\n",
        p->out);
    if (!evidence_each(p->e,
                       "SELECT file, CASE kind WHEN 'check' THEN 'broke' WHEN 'expectation' THEN 'missed'"
                       " ELSE 'had a' END, name, sum(runs), min(first_seed), max(last_seed), detail FROM finding"
                       " WHERE ?1 = 0 GROUP BY file, kind, name ORDER BY min(id) LIMIT 200",
                       0, put_finding, p->out))
        return false;
    fputs("</tbody></table></div>\n", p->out);
    return true;
}

static void put_run_row(FILE *out, const struct run_row *run) {
    char sim[READABLE_ROOM], wall[READABLE_ROOM], events[READABLE_ROOM];

    fprintf(out, "<tr><td class=\"n\">%" PRId64 "</td><td>", run->id);
    page_put_verdict(out, run->passed ? "pass" : "fail");
    fputs("</td><td class=\"name mono\">", out);
    page_put(out, run->file);
    fprintf(out, "</td><td class=\"n\">%" PRIu64 "</td><td class=\"mono\">", run->seed);
    page_put(out, run->trace);
    fprintf(out, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">",
            readable_duration(sim, run->sim_ns), readable_count(events, run->events),
            readable_duration(wall, run->wall_ns));
    if (run->full_syncs >= 0) fprintf(out, "%" PRId64, run->full_syncs);
    fputs("</td><td class=\"n\">", out);
    if (run->partial_syncs >= 0) fprintf(out, "%" PRId64, run->partial_syncs);
    fputs("</td><td class=\"long\">", out);
    readable_put(out, READABLE_HTML, run->failure, 500);
    fputs("</td></tr>\n", out);
}

/* Failed runs first where not all fit. */
static void put_runs(const struct page *p) {
    const struct evidence *e = p->e;
    bool all = e->run_count <= RUNS_SHOWN;
    size_t shown = 0;

    fprintf(p->out,
            "<h2>Runs</h2>\n<details%s><summary>%zu runs</summary>\n<div class=\"wide\"><table><thead><tr>"
            "<th class=\"n\">run</th><th></th><th>scenario</th><th class=\"n\">seed</th><th>trace</th>"
            "<th class=\"n\">simulated</th><th class=\"n\">events</th><th class=\"n\">wall time</th>"
            "<th class=\"n\">full</th><th class=\"n\">partial</th><th>failure</th></tr></thead><tbody>\n",
            e->run_count <= 12 ? " open" : "", e->run_count);
    for (int pass = 0; pass < (all ? 1 : 2); pass++)
        for (size_t i = 0; i < e->run_count && shown < RUNS_SHOWN; i++) {
            if (!all && e->runs[i].passed != (pass == 1)) continue;
            put_run_row(p->out, &e->runs[i]);
            shown++;
        }
    fputs("</tbody></table></div>\n", p->out);
    if (!all)
        fprintf(p->out, "<p class=\"quiet small\">%zu of %zu runs; all of them: detsim report DB --format csv</p>\n",
                shown, e->run_count);
    fputs("</details>\n", p->out);
}

/* --- the runs in full -------------------------------------------------------------------------------------------- */

static bool put_chosen(struct page *p, const struct run_row *run, char *told, size_t told_room) {
    struct run_plots plots;
    char said[512] = "";

    if (!plots_make(p->e, run, p->plots, &plots, said, sizeof said)) return false;
    if (plots.count && plots.outcome != GNUPLOT_DONE && strcmp(told, said) != 0) {
        fprintf(stderr, "detsim report: %s\n", said);
        snprintf(told, told_room, "%s", said); /* once is enough */
    }
    return page_put_run(p->out, p->e, run, &plots, p->plots, said);
}

static bool put_chosen_runs(struct page *p) {
    char told[512] = "";

    if (p->only) return put_chosen(p, p->groups[0].first, told, sizeof told);
    for (size_t i = 0; i < p->group_count && i < SCENARIOS_SHOWN; i++)
        if (!put_chosen(p, chosen_run(&p->groups[i]), told, sizeof told)) return false;
    if (p->group_count > SCENARIOS_SHOWN)
        fprintf(p->out,
                "<p class=\"quiet\">The first %d of %zu scenarios are shown in full; --run ID shows any run.</p>\n",
                SCENARIOS_SHOWN, p->group_count);
    return true;
}

static bool put_body(struct page *p) {
    put_top(p);
    if (p->group_count == 0) {
        fputs("<p>No run was recorded here.</p>\n", p->out);
    } else if (p->only) {
        if (!put_chosen_runs(p)) return false;
    } else {
        put_groups(p);
        if (!put_findings(p)) return false;
        put_runs(p);
        if (!reached_put_html(p->out, p->e)) return false;
        if (!put_chosen_runs(p)) return false;
    }
    fputs("</body>\n</html>\n", p->out);
    return true;
}

static bool write_text(struct page *p) {
    char path[PATH_ROOM];
    FILE *out;
    bool good;

    snprintf(path, sizeof path, "%s/report.txt", p->folder);
    out = fopen(path, "w");
    if (!out) return fail(p->e, path);
    good = p->only && p->e->run_count ? format_run_text(out, p->e, &p->e->runs[0]) : format_text(out, p->e);
    if (ferror(out) | (fclose(out) != 0)) return fail(p->e, path);
    return good;
}

bool page_write(struct evidence *e, const char *folder, int64_t only) {
    struct page page = {.e = e, .folder = folder, .only = only};
    char path[PATH_ROOM];
    bool good;

    snprintf(path, sizeof path, "%s/index.html", folder);
    snprintf(page.plots, sizeof page.plots, "%s/plots", folder);
    if (!make_folder(e, folder) || !make_folder(e, page.plots)) return false;
    if (!plots_write_style(page.plots)) return fail(e, page.plots);
    page.groups = groups_make(e, &page.group_count);
    page.out = fopen(path, "w");
    if (!page.out) return fail(e, path);
    good = put_body(&page);
    if (ferror(page.out) | (fclose(page.out) != 0)) return fail(e, path);
    return good && write_text(&page);
}
