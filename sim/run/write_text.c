/* Results for people: what failed, in detail; one line a run; a summary of many runs. */
#include "sim/run/writer.h"

static void put_wall(struct buffer *out, int64_t ns) {
    if (ns < 10 * SIM_SECOND) {
        buffer_printf(out, "%lldms", (long long)((ns + SIM_MS / 2) / SIM_MS));
    } else {
        buffer_printf(out, "%lld.%llds", (long long)(ns / SIM_SECOND),
                      (long long)(ns % SIM_SECOND / (SIM_SECOND / 10)));
    }
}

/* Simulated time to the ms: 16.2s. */
static void put_sim(struct buffer *out, sim_time at) {
    writer_put_time(out, (at + SIM_MS / 2) / SIM_MS * SIM_MS);
}

/* When it was, unless the text says so itself. */
static void put_instant(struct buffer *out, const char *text, sim_time at) {
    if (at < 0 || strstr(text, "(t=")) return;
    buffer_puts(out, " (t=");
    writer_put_time(out, at);
    buffer_putc(out, ')');
}

static void put_file(struct buffer *out, const struct run_result *result) {
    writer_put_line(out, result->identity->scenario_file);
}

static void put_checks(struct buffer *out, const struct run_result *result) {
    for (size_t i = 0; i < result->check_count; i++) {
        const struct check_result *check = &result->checks[i];
        if (check->verdict != VERDICT_VIOLATION && check->verdict != VERDICT_UNKNOWN) continue;
        put_file(out, result);
        buffer_printf(out, ": %s: %s: ", check->verdict == VERDICT_UNKNOWN ? "unknown" : "violation", check->name);
        writer_put_line(out, check->detail);
        put_instant(out, check->detail, check->at);
        if (check->count > 1) buffer_printf(out, ", %llu times", (unsigned long long)check->count);
        buffer_putc(out, '\n');
    }
}

static void put_expectations(struct buffer *out, const struct run_result *result) {
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        if (e->held) continue;
        put_file(out, result);
        buffer_printf(out, ":%u: missed: ", e->line);
        writer_put_line(out, e->text);
        buffer_puts(out, "\n    found: ");
        writer_put_line(out, e->got);
        put_instant(out, e->got, e->at);
        buffer_putc(out, '\n');
    }
}

static void put_replay(struct buffer *out, const struct run_identity *identity, sim_time until) {
    buffer_puts(out, "     replay: detsim replay ");
    writer_put_line(out, identity->scenario_file);
    buffer_printf(out, " --seed %llu", (unsigned long long)identity->seed);
    if (until >= 0) {
        buffer_puts(out, " --until ");
        writer_put_time(out, until);
    }
    buffer_putc(out, '\n');
}

static void put_notes(struct buffer *out, const struct run_result *result) {
    for (size_t i = 0; i < result->note_count; i++) {
        put_file(out, result);
        buffer_puts(out, ": note: ");
        writer_put_line(out, result->notes[i]);
        buffer_putc(out, '\n');
    }
}

static void put_name(struct buffer *out, const struct run_identity *identity) {
    writer_put_line(out, identity->scenario_file);
    buffer_printf(out, " seed=%llu", (unsigned long long)identity->seed);
}

static void put_passed(struct buffer *out, const struct run_result *result) {
    buffer_puts(out, " sim=");
    put_sim(out, result->sim_ns);
    buffer_printf(out, " events=%llu wall=", (unsigned long long)result->events);
    put_wall(out, result->wall_ns);
    buffer_putc(out, '\n');
}

static void put_failed(struct buffer *out, const struct run_result *result) {
    buffer_putc(out, ' ');
    writer_put_line(out, result->failure);
    put_instant(out, result->failure, result->failed_at);
    buffer_putc(out, '\n');
    put_replay(out, result->identity, result->failed_at);
}

/* What is to be said in detail comes first: the verdict is a run's last line. */
static void write_run(struct buffer *out, const struct run_result *result, bool first) {
    put_checks(out, result);
    put_expectations(out, result);
    if (first || !result->passed) put_notes(out, result);
    buffer_puts(out, result->passed ? "PASS " : "FAIL ");
    put_name(out, result->identity);
    buffer_printf(out, " trace=%016llx", (unsigned long long)result->trace);
    if (result->passed) {
        put_passed(out, result);
    } else {
        put_failed(out, result);
    }
}

static void write_lost(struct buffer *out, const struct run_identity *identity, const char *why) {
    buffer_puts(out, "FAIL ");
    put_name(out, identity);
    buffer_putc(out, ' ');
    writer_put_line(out, why);
    buffer_putc(out, '\n');
    put_replay(out, identity, -1);
}

static void write_head(struct buffer *out, uint64_t runs) {
    (void)out;
    (void)runs;
}

static void write_tail(struct buffer *out, const struct campaign_summary *s) {
    if (s->runs <= 1 && !s->interrupted) return;
    buffer_printf(out, "%llu runs: %llu passed, %llu failed", (unsigned long long)s->done,
                  (unsigned long long)(s->done - s->failed), (unsigned long long)s->failed);
    if (s->done < s->runs) buffer_printf(out, ", %llu not made", (unsigned long long)(s->runs - s->done));
    buffer_puts(out, " (");
    put_wall(out, s->wall_ns);
    buffer_puts(out, ")\n");
}

const struct writer writer_text = {"text", false, write_head, write_run, write_lost, write_tail};
