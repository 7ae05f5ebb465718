/* The runs as CSV, for spreadsheets: RFC 4180, every text quoted. */
#include <inttypes.h>

#include "reports/formats.h"
#include "reports/readable.h"

/* A spreadsheet would run a text that begins like a formula: such a text gets a leading apostrophe, which it hides. */
static void put_text(FILE *out, const char *text) {
    char first = text[0];

    fputc('"', out);
    if (first == '=' || first == '+' || first == '-' || first == '@') fputc('\'', out);
    readable_put(out, READABLE_CSV, text, 0);
    fputc('"', out);
}

/* Empty where nothing is known (-1). */
static void put_known(FILE *out, int64_t n) {
    if (n >= 0) fprintf(out, "%" PRId64, n);
    fputc(',', out);
}

bool format_csv(FILE *out, struct evidence *e) {
    fputs("run,scenario,title,seed,verdict,trace,sim_ns,events,wall_ns,full_syncs,partial_syncs,failed_ns,failure\r\n",
          out);
    for (size_t i = 0; i < e->run_count; i++) {
        const struct run_row *run = &e->runs[i];

        fprintf(out, "%" PRId64 ",", run->id);
        put_text(out, run->file);
        fputc(',', out);
        put_text(out, run->title);
        fprintf(out, ",%" PRIu64 ",%s,", run->seed, run->passed ? "pass" : "fail");
        put_text(out, run->trace);
        fprintf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",", run->sim_ns, run->events, run->wall_ns);
        put_known(out, run->full_syncs);
        put_known(out, run->partial_syncs);
        put_known(out, run->failed_ns);
        put_text(out, run->failure);
        fputs("\r\n", out);
    }
    return true;
}
