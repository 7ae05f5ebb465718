/* One run's section of the page: verdict, plots, checks, expectations, faults, nodes, figures, scenario. */
#include "reports/page_run.h"

#include <inttypes.h>
#include <string.h>

#include "reports/readable.h"
#include "reports/svg.h"

/* A scenario text longer than this is cut on the page. */
#define SCENARIO_MOST ((size_t)256 << 10)

void page_put(FILE *page, const char *text) {
    readable_put(page, READABLE_HTML, text, 0);
}

/* Also the class of a style: a word of the database's own CHECK lists, or else of somebody who made it up. */
void page_put_verdict(FILE *page, const char *verdict) {
    fputs("<span class=\"verdict ", page);
    page_put(page, verdict);
    fputs("\">", page);
    page_put(page, verdict);
    fputs("</span>", page);
}

/* --- tables that come row by row --------------------------------------------------------------------------------- */

/* A table that begins with its first row: what has no rows leaves no trace on the page. */
struct table {
    FILE *page;
    const char *heading; /* an <h3>, NULL for none */
    const char *head;    /* the <th> cells */
    bool begun;
    evidence_row_fn *cells;
};

static void put_row(void *ctx, sqlite3_stmt *row) {
    struct table *table = ctx;

    if (!table->begun) {
        if (table->heading) fprintf(table->page, "<h3>%s</h3>\n", table->heading);
        fprintf(table->page, "<div class=\"wide\"><table><thead><tr>%s</tr></thead><tbody>\n", table->head);
        table->begun = true;
    }
    fputs("<tr>", table->page);
    table->cells(table->page, row);
    fputs("</tr>\n", table->page);
}

static bool put_table(FILE *page, struct evidence *e, int64_t run, const char *heading, const char *head,
                      evidence_row_fn *cells, const char *sql) {
    struct table table = {page, heading, head, false, cells};

    if (!evidence_each(e, sql, run, put_row, &table)) return false;
    if (table.begun) fputs("</tbody></table></div>\n", page);
    return true;
}

static void put_cell(FILE *page, const char *class, const char *text) {
    fprintf(page, "<td class=\"%s\">", class);
    page_put(page, text);
    fputs("</td>", page);
}

static void put_instant(FILE *page, sqlite3_stmt *row, int column) {
    char words[READABLE_ROOM];

    put_cell(page, "n",
             sqlite3_column_type(row, column) == SQLITE_NULL
                 ? ""
                 : readable_duration(words, sqlite3_column_int64(row, column)));
}

static void check_cells(void *ctx, sqlite3_stmt *row) {
    FILE *page = ctx;

    fputs("<td>", page);
    page_put_verdict(page, evidence_text(row, 1));
    fputs("</td>", page);
    put_cell(page, "word", evidence_text(row, 0));
    put_cell(page, "n", sqlite3_column_int64(row, 2) ? evidence_text(row, 2) : "");
    put_instant(page, row, 4);
    put_cell(page, "long", evidence_text(row, 3));
}

static void expectation_cells(void *ctx, sqlite3_stmt *row) {
    FILE *page = ctx;

    fputs("<td>", page);
    page_put_verdict(page, evidence_text(row, 2));
    fputs("</td>", page);
    put_cell(page, "n", evidence_text(row, 0));
    put_cell(page, "long mono", evidence_text(row, 1));
    put_cell(page, "long mono", evidence_text(row, 3));
    put_instant(page, row, 4);
}

static void fault_cells(void *ctx, sqlite3_stmt *row) {
    FILE *page = ctx;

    put_instant(page, row, 0);
    put_instant(page, row, 1);
    put_cell(page, "long mono", evidence_text(row, 2));
}

static void figure_cells(void *ctx, sqlite3_stmt *row) {
    char words[READABLE_ROOM];

    put_cell(ctx, "word mono", evidence_text(row, 0));
    put_cell(ctx, "n", readable_count(words, sqlite3_column_int64(row, 1)));
}

/* --- nodes at the end: one column a node ------------------------------------------------------------------------- */

#define NODES_SHOWN 12

struct node_table {
    FILE *page;
    char names[NODES_SHOWN][48];
    size_t nodes;
    size_t omitted;
    char field[64]; /* whose row is open */
    size_t cells;   /* of that row */
};

static void name_node(void *ctx, sqlite3_stmt *row) {
    struct node_table *table = ctx;

    if (table->nodes == NODES_SHOWN)
        table->omitted++;
    else
        snprintf(table->names[table->nodes++], sizeof table->names[0], "%s", evidence_text(row, 0));
}

static void pad_row(struct node_table *table, size_t cells) {
    for (; table->cells < cells; table->cells++) fputs("<td></td>", table->page);
}

static void close_row(struct node_table *table) {
    if (!table->field[0]) return;
    pad_row(table, table->nodes);
    fputs("</tr>\n", table->page);
}

static void node_cell(void *ctx, sqlite3_stmt *row) {
    struct node_table *table = ctx;
    const char *field = evidence_text(row, 0);
    size_t node = 0;

    if (strncmp(table->field, field, sizeof table->field - 1) != 0) {
        close_row(table);
        snprintf(table->field, sizeof table->field, "%s", field);
        table->cells = 0;
        fputs("<tr>", table->page);
        put_cell(table->page, "word mono", field);
    }
    while (node < table->nodes && strcmp(table->names[node], evidence_text(row, 1)) != 0) node++;
    if (node == table->nodes || node < table->cells) return;
    pad_row(table, node);
    put_cell(table->page, "mono", evidence_text(row, 2));
    table->cells = node + 1;
}

static bool put_nodes(FILE *page, struct evidence *e, int64_t run) {
    struct node_table table = {.page = page};

    if (!evidence_each(e, "SELECT name FROM party WHERE run = ?1 AND kind = 'node' ORDER BY ord", run, name_node,
                       &table))
        return false;
    if (table.nodes == 0) return true;
    fputs("<h3>Nodes at the end</h3>\n<div class=\"wide\"><table><thead><tr><th>field</th>", page);
    for (size_t i = 0; i < table.nodes; i++) {
        fputs("<th>", page);
        page_put(page, table.names[i]);
        fputs("</th>", page);
    }
    fputs("</tr></thead><tbody>\n", page);
    /* What people look at first, in this order; the database has all of INFO. */
    if (!evidence_each(e,
                       "WITH shown (place, name) AS (VALUES (1, 'alive'), (2, 'role'), (3, 'master_replid'),"
                       " (4, 'master_repl_offset'), (5, 'slave_repl_offset'), (6, 'lag_bytes'),"
                       " (7, 'master_link_status'), (8, 'connected_slaves'), (9, 'dbsize'), (10, 'digest'),"
                       " (11, 'sync_full'), (12, 'sync_partial_ok'), (13, 'sync_partial_err'),"
                       " (14, 'rdb_last_bgsave_status'), (15, 'rdb_last_cow_size'), (16, 'repl_backlog_size'),"
                       " (17, 'used_memory'))"
                       " SELECT field, node, value FROM node_final JOIN shown ON shown.name = field"
                       " WHERE run = ?1 ORDER BY place, ord",
                       run, node_cell, &table))
        return false;
    close_row(&table);
    fputs("</tbody></table></div>\n", page);
    if (table.omitted) fprintf(page, "<p class=\"quiet small\">and %zu more nodes</p>\n", table.omitted);
    return true;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

static void put_scenario(void *ctx, sqlite3_stmt *row) {
    FILE *page = ctx;

    fputs("<details><summary>The scenario</summary><pre>", page);
    readable_put(page, READABLE_HTML, evidence_text(row, 0), SCENARIO_MOST);
    fputs("</pre></details>\n", page);
}

static void put_note(void *ctx, sqlite3_stmt *row) {
    FILE *page = ctx;

    fputs("<p class=\"small\">Note: ", page);
    page_put(page, evidence_text(row, 0));
    fputs("</p>\n", page);
}

static void put_figure(FILE *page, const struct plot_file *plot, const char *folder) {
    char path[4400];

    snprintf(path, sizeof path, "%s/%s.svg", folder, plot->stem);
    fputs("<figure><div class=\"canvas\">", page);
    if (!svg_inline(page, path, plot->title)) fputs("<p class=\"quiet\">This plot was not drawn.</p>", page);
    fputs("</div><figcaption>", page);
    page_put(page, plot->remark);
    fprintf(page,
            " Files: <a href=\"plots/%s.png\">PNG</a>, <a href=\"plots/%s.svg\">SVG</a>, "
            "<a href=\"plots/%s.dat\">data</a>.</figcaption></figure>\n",
            plot->stem, plot->stem, plot->stem);
}

static void put_plots(FILE *page, const struct run_plots *plots, const char *folder, const char *said) {
    if (plots->count == 0) {
        fprintf(page, "<p class=\"quiet\">%s</p>\n", plots->why_none);
        return;
    }
    if (plots->outcome != GNUPLOT_DONE) {
        fputs("<p class=\"quiet\">No plots: ", page);
        page_put(page, said);
        fputs("</p>\n", page);
        return;
    }
    for (size_t i = 0; i < plots->count; i++) put_figure(page, &plots->plots[i], folder);
}

static void put_heading(FILE *page, const struct run_row *run) {
    char sim[READABLE_ROOM], wall[READABLE_ROOM], events[READABLE_ROOM];

    fprintf(page, "<section class=\"run\" id=\"run-%" PRId64 "\">\n<h2>", run->id);
    page_put(page, run->title[0] ? run->title : run->file);
    fputs("</h2>\n<p>", page);
    page_put_verdict(page, run->passed ? "pass" : "fail");
    fputs(" <span class=\"quiet\"><span class=\"mono\">", page);
    page_put(page, run->file);
    fprintf(page, "</span> · seed %" PRIu64 " · run %" PRId64 " · trace <span class=\"mono\">", run->seed, run->id);
    page_put(page, run->trace);
    fprintf(page, "</span> · %s simulated · %s events · %s</span></p>\n", readable_duration(sim, run->sim_ns),
            readable_count(events, run->events), readable_duration(wall, run->wall_ns));
    if (run->passed) return;
    fputs("<div class=\"failure\"><p>", page);
    page_put(page, run->failure);
    fputs("</p></div>\n", page);
}

bool page_put_run(FILE *page, struct evidence *e, const struct run_row *run, const struct run_plots *plots,
                  const char *folder, const char *said) {
    put_heading(page, run);
    put_plots(page, plots, folder, said);
    if (!put_table(page, e, run->id, "Expectations",
                   "<th></th><th class=\"n\">line</th><th>expected</th><th>got</th><th class=\"n\">judged at</th>",
                   expectation_cells,
                   "SELECT line, text, verdict, got, at_ns FROM expectation_result WHERE run = ?1 ORDER BY ord") ||
        !put_table(page, e, run->id, "Checks",
                   "<th></th><th>check</th><th class=\"n\">count</th><th class=\"n\">first at</th><th>detail</th>",
                   check_cells, "SELECT name, verdict, count, detail, at_ns FROM check_result WHERE run = ?1") ||
        !put_table(page, e, run->id, "Faults", "<th class=\"n\">from</th><th class=\"n\">until</th><th>what</th>",
                   fault_cells,
                   "SELECT begin_ns, end_ns, action FROM fault WHERE run = ?1 ORDER BY begin_ns, ord LIMIT 100") ||
        !put_nodes(page, e, run->id) ||
        !put_table(page, e, run->id, "Figures of the run", "<th>metric</th><th class=\"n\">value</th>", figure_cells,
                   "SELECT name, value FROM metric WHERE run = ?1") ||
        !evidence_each(e, "SELECT text FROM note WHERE run = ?1 ORDER BY ord", run->id, put_note, page) ||
        !evidence_each(e, "SELECT scenario.text FROM run JOIN scenario ON scenario.id = run.scenario WHERE run.id = ?1",
                       run->id, put_scenario, page))
        return false;
    fputs("</section>\n", page);
    return true;
}
