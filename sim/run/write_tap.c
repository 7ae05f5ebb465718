/* Results as TAP 13: one test a run. */
#include "sim/run/writer.h"

static void write_head(struct buffer *out, uint64_t runs) {
    buffer_printf(out, "TAP version 13\n1..%llu\n", (unsigned long long)runs);
}

/* A description must not hold `#`, which begins a directive. */
static void put_description(struct buffer *out, const char *text) {
    size_t before = out->len;
    writer_put_line(out, text);
    for (size_t i = before; i < out->len; i++) {
        if (out->at[i] == '#') out->at[i] = '_';
    }
}

static void put_test(struct buffer *out, bool passed, const struct run_identity *identity) {
    buffer_printf(out, "%s %llu - ", passed ? "ok" : "not ok", (unsigned long long)identity->number + 1);
    put_description(out, identity->scenario_file);
    buffer_printf(out, " seed=%llu", (unsigned long long)identity->seed);
}

static void put_diagnostic(struct buffer *out, const char *text) {
    buffer_puts(out, "# ");
    writer_put_line(out, text);
    buffer_putc(out, '\n');
}

static void write_run(struct buffer *out, const struct run_result *result, bool first) {
    (void)first;
    put_test(out, result->passed, result->identity);
    buffer_printf(out, " trace=%016llx\n", (unsigned long long)result->trace);
    if (!result->passed) put_diagnostic(out, result->failure);
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        if (e->held) continue;
        buffer_printf(out, "# line %u missed: ", e->line);
        writer_put_line(out, e->text);
        buffer_puts(out, ", found: ");
        writer_put_line(out, e->got);
        buffer_putc(out, '\n');
    }
}

static void write_lost(struct buffer *out, const struct run_identity *identity, const char *why) {
    put_test(out, false, identity);
    buffer_putc(out, '\n');
    put_diagnostic(out, why);
}

static void write_tail(struct buffer *out, const struct campaign_summary *summary) {
    if (summary->interrupted) buffer_puts(out, "Bail out! interrupted\n");
}

const struct writer writer_tap = {"tap", false, write_head, write_run, write_lost, write_tail};
