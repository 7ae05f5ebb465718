/* The runs as JUnit XML, for build servers: a suite a scenario, a case a run, the failure as its message. */
#include <inttypes.h>
#include <string.h>

#include "reports/formats.h"
#include "reports/groups.h"
#include "reports/readable.h"

static double seconds(int64_t ns) {
    return (double)ns / 1e9;
}

static void put_case(FILE *out, const struct run_row *run) {
    fputs("    <testcase classname=\"", out);
    readable_put(out, READABLE_HTML, run->file, 0);
    fprintf(out, "\" name=\"seed %" PRIu64 "\" time=\"%.6f\"", run->seed, seconds(run->wall_ns));
    if (run->passed) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n      <failure message=\"", out);
    readable_put(out, READABLE_HTML, run->failure, 0);
    fprintf(out, "\">run %" PRId64 ", trace ", run->id);
    readable_put(out, READABLE_HTML, run->trace, 0);
    fputs("</failure>\n    </testcase>\n", out);
}

static void put_suite(FILE *out, const struct evidence *e, const struct group *group) {
    fputs("  <testsuite name=\"", out);
    readable_put(out, READABLE_HTML, group->file, 0);
    fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" time=\"%.6f\">\n", group->runs, group->failed,
            seconds(group->wall_ns));
    for (size_t i = 0; i < e->run_count; i++)
        if (strcmp(e->runs[i].file, group->file) == 0) put_case(out, &e->runs[i]);
    fputs("  </testsuite>\n", out);
}

bool format_junit(FILE *out, struct evidence *e) {
    size_t count;
    const struct group *groups = groups_make(e, &count);

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
    for (size_t i = 0; i < count; i++) put_suite(out, e, &groups[i]);
    fputs("</testsuites>\n", out);
    return true;
}
