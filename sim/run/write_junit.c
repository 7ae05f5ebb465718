/* Results as JUnit XML: one test case a run. */
#include "sim/run/utf8.h"
#include "sim/run/writer.h"

/* Text in XML 1.0, where most control characters cannot be written at all: they become \xHH. */
static void put_xml(struct buffer *out, const char *text) {
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];
        size_t n = utf8_length((struct bytes){text + i, len - i});
        if (n == 0 || (c < 0x20 && c != '\n') || c == 0x7f) {
            buffer_printf(out, "\\x%02x", c);
            i++;
            continue;
        }
        switch (c) {
        case '&':
            buffer_puts(out, "&amp;");
            break;
        case '<':
            buffer_puts(out, "&lt;");
            break;
        case '>':
            buffer_puts(out, "&gt;");
            break;
        case '"':
            buffer_puts(out, "&quot;");
            break;
        case '\n':
            buffer_puts(out, "&#10;");
            break;
        default:
            buffer_put(out, text + i, n);
        }
        i += n;
    }
}

/* The head cannot know how many will fail: counts stand on no element, readers count for themselves. */
static void write_head(struct buffer *out, uint64_t runs) {
    buffer_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buffer_printf(out, "<testsuites name=\"detsim\">\n<testsuite name=\"detsim run\" tests=\"%llu\">\n",
                  (unsigned long long)runs);
}

static void open_case(struct buffer *out, const struct run_identity *identity, int64_t wall_ns) {
    buffer_puts(out, "<testcase classname=\"");
    put_xml(out, identity->scenario_file);
    buffer_printf(out, "\" name=\"seed %llu\" time=\"%lld.%03lld\"", (unsigned long long)identity->seed,
                  (long long)(wall_ns / SIM_SECOND), (long long)(wall_ns % SIM_SECOND / SIM_MS));
}

static void put_failure(struct buffer *out, const char *failure) {
    buffer_puts(out, "><failure message=\"");
    put_xml(out, failure);
    buffer_puts(out, "\">");
}

static void write_run(struct buffer *out, const struct run_result *result, bool first) {
    (void)first;
    open_case(out, result->identity, result->wall_ns);
    if (result->passed) {
        buffer_puts(out, "/>\n");
        return;
    }
    put_failure(out, result->failure);
    for (size_t i = 0; i < result->check_count; i++) {
        if (result->checks[i].verdict != VERDICT_VIOLATION) continue;
        buffer_printf(out, "%s: ", result->checks[i].name);
        put_xml(out, result->checks[i].detail);
        buffer_putc(out, '\n');
    }
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        if (e->held) continue;
        buffer_printf(out, "line %u: ", e->line);
        put_xml(out, e->text);
        buffer_puts(out, ": ");
        put_xml(out, e->got);
        buffer_putc(out, '\n');
    }
    buffer_puts(out, "</failure></testcase>\n");
}

static void write_lost(struct buffer *out, const struct run_identity *identity, const char *why) {
    open_case(out, identity, 0);
    put_failure(out, why);
    buffer_puts(out, "</failure></testcase>\n");
}

static void write_tail(struct buffer *out, const struct campaign_summary *summary) {
    (void)summary;
    buffer_puts(out, "</testsuite>\n</testsuites>\n");
}

const struct writer writer_junit = {"junit", false, write_head, write_run, write_lost, write_tail};
