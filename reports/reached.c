/* Probes of a whole evidence file. */
#include "reports/reached.h"

#include "reports/page_run.h"
#include "reports/readable.h"

enum { NAME_MOST = 60, NAMES_A_LINE = 4 };

/* A campaign's first run has a row for each probe there is, so a sum of 0 is a probe that nothing reached. */
static const char reached_sql[] = "SELECT name, sum(count > 0), sum(count) FROM probe WHERE ?1 = 0 GROUP BY name"
                                  " HAVING sum(count) > 0 ORDER BY name";
static const char never_sql[] = "SELECT name FROM probe WHERE ?1 = 0 GROUP BY name HAVING sum(count) = 0 ORDER BY name";

struct section {
    FILE *out;
    size_t rows;
};

/* --- as text ------------------------------------------------------------------------------------------------------ */

static void text_row(void *ctx, sqlite3_stmt *row) {
    struct section *s = ctx;
    char runs[READABLE_ROOM], times[READABLE_ROOM];

    if (s->rows++ == 0) fprintf(s->out, "\n%-36s  %12s  %14s\n", "probes", "runs", "times");
    fputs("  ", s->out);
    readable_put(s->out, READABLE_PLAIN, evidence_text(row, 0), NAME_MOST);
    for (size_t used = readable_width(evidence_text(row, 0)); used < 34; used++) fputc(' ', s->out);
    fprintf(s->out, "  %12s  %14s\n", readable_count(runs, sqlite3_column_int64(row, 1)),
            readable_count(times, sqlite3_column_int64(row, 2)));
}

static void text_never(void *ctx, sqlite3_stmt *row) {
    struct section *s = ctx;

    if (s->rows == 0) fputs("\nprobes that no run reached", s->out);
    fputs(s->rows++ % NAMES_A_LINE == 0 ? "\n  " : ", ", s->out);
    readable_put(s->out, READABLE_PLAIN, evidence_text(row, 0), NAME_MOST);
}

bool reached_put_text(FILE *out, struct evidence *e) {
    struct section hit = {out, 0}, never = {out, 0};

    if (!evidence_each(e, reached_sql, 0, text_row, &hit) || !evidence_each(e, never_sql, 0, text_never, &never))
        return false;
    if (never.rows) fputc('\n', out);
    return true;
}

/* --- as a part of the page ---------------------------------------------------------------------------------------- */

static void html_row(void *ctx, sqlite3_stmt *row) {
    struct section *s = ctx;
    char runs[READABLE_ROOM], times[READABLE_ROOM];

    if (s->rows++ == 0)
        fputs("<h2>Probes</h2>\n<details>\n<summary>what the runs came by</summary>\n<p class=\"quiet small\">States, "
              "decisions and rare "
              "branches of the modelled system.</p>\n<div class=\"wide\"><table><thead><tr><th>probe</th>"
              "<th class=\"n\">runs</th><th class=\"n\">times</th></tr></thead><tbody>\n",
              s->out);
    fputs("<tr><td class=\"mono\">", s->out);
    page_put(s->out, evidence_text(row, 0));
    fprintf(s->out, "</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
            readable_count(runs, sqlite3_column_int64(row, 1)), readable_count(times, sqlite3_column_int64(row, 2)));
}

static void html_never(void *ctx, sqlite3_stmt *row) {
    struct section *s = ctx;

    fputs(s->rows++ ? ", " : "<p>No run reached: <span class=\"mono\">", s->out);
    page_put(s->out, evidence_text(row, 0));
}

bool reached_put_html(FILE *out, struct evidence *e) {
    struct section hit = {out, 0}, never = {out, 0};

    if (!evidence_each(e, reached_sql, 0, html_row, &hit)) return false;
    if (hit.rows == 0) return true;
    fputs("</tbody></table></div>\n", out);
    if (!evidence_each(e, never_sql, 0, html_never, &never)) return false;
    if (never.rows) fputs("</span></p>\n", out);
    fputs("</details>\n", out);
    return true;
}
