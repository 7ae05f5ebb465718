/* Outcomes as text, JSON and a row of a table. */
#include "sim/run/conform.h"
#include "sim/run/json.h"

size_t conform_count(const struct conform_outcome *outcome, enum conform_verdict verdict) {
    size_t n = 0;
    for (size_t i = 0; i < outcome->fact_count; i++) n += outcome->facts[i].verdict == verdict;
    return n;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

static void put_fact(struct buffer *out, const struct conform_fact *fact) {
    buffer_printf(out, "  %-14s %s  %s: ", conform_verdict_name(fact->verdict), fact->subject, fact->name);
    if (strcmp(fact->model, fact->real) == 0) {
        buffer_puts(out, fact->model);
    } else {
        buffer_printf(out, "model %s, real %s", fact->model, fact->real);
    }
    if (*fact->why) buffer_printf(out, " (%s)", fact->why);
    buffer_putc(out, '\n');
}

void conform_write_text(struct buffer *out, const struct conform_outcome *outcome, bool all) {
    for (size_t i = 0; i < outcome->fact_count; i++) {
        const struct conform_fact *fact = &outcome->facts[i];
        bool bad = fact->verdict == CONFORM_DIFFERS || fact->verdict == CONFORM_UNSTABLE;
        if (all || bad) put_fact(out, fact);
    }
    if (outcome->problem) {
        buffer_printf(out, "TROUBLE %s: %s\n", outcome->scenario, outcome->problem);
    } else if (outcome->not_comparable) {
        buffer_printf(out, "NOT COMPARABLE %s: %s\n", outcome->scenario, outcome->not_comparable);
    } else {
        size_t differ = conform_count(outcome, CONFORM_DIFFERS);
        buffer_printf(out, "%s %s agree=%zu differ=%zu unstable=%zu not-comparable=%zu real=%ux%lld.%llds\n",
                      differ ? "DIFFERS" : "AGREES", outcome->scenario, conform_count(outcome, CONFORM_AGREES), differ,
                      conform_count(outcome, CONFORM_UNSTABLE), conform_count(outcome, CONFORM_NOT_COMPARABLE),
                      outcome->real_runs, (long long)(outcome->real_time / SIM_SECOND),
                      (long long)(outcome->real_time % SIM_SECOND / (100 * SIM_MS)));
    }
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static void put_member(struct json *json, const char *name, const char *text) {
    json_name(json, name);
    json_string(json, text ? text : "");
}

static void put_count(struct json *json, const char *name, uint64_t n) {
    json_name(json, name);
    json_unsigned(json, n);
}

static const char *outcome_name(const struct conform_outcome *outcome) {
    if (outcome->problem) return "trouble";
    if (outcome->not_comparable) return "not comparable";
    return conform_count(outcome, CONFORM_DIFFERS) ? "differs" : "agrees";
}

void conform_write_json(struct buffer *out, const struct conform_outcome *outcome) {
    struct json json;
    json_init(&json, out);
    json_open_object(&json);
    put_member(&json, "scenario", outcome->scenario);
    put_member(&json, "title", outcome->title);
    put_member(&json, "verdict", outcome_name(outcome));
    put_member(&json, "reason", outcome->problem ? outcome->problem : outcome->not_comparable);
    put_count(&json, "real_runs", outcome->real_runs);
    put_count(&json, "real_ns", (uint64_t)outcome->real_time);
    put_count(&json, "agreed", conform_count(outcome, CONFORM_AGREES));
    put_count(&json, "differing", conform_count(outcome, CONFORM_DIFFERS));
    put_count(&json, "unstable", conform_count(outcome, CONFORM_UNSTABLE));
    put_count(&json, "not_comparable", conform_count(outcome, CONFORM_NOT_COMPARABLE));
    json_name(&json, "facts");
    json_open_array(&json);
    for (size_t i = 0; i < outcome->fact_count; i++) {
        const struct conform_fact *fact = &outcome->facts[i];
        json_open_object(&json);
        put_member(&json, "subject", fact->subject);
        put_member(&json, "name", fact->name);
        put_member(&json, "verdict", conform_verdict_name(fact->verdict));
        put_member(&json, "model", fact->model);
        put_member(&json, "real", fact->real);
        put_member(&json, "why", fact->why);
        json_close_object(&json);
    }
    json_close_array(&json);
    json_close_object(&json);
    buffer_putc(out, '\n');
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static void put_cell(struct buffer *out, const char *text) {
    for (; *text; text++) {
        if (*text == '|') buffer_putc(out, '\\');
        buffer_putc(out, *text == '\n' ? ' ' : *text);
    }
}

static void put_explanations(struct buffer *out, const struct conform_outcome *outcome) {
    bool some = false;
    for (size_t i = 0; i < outcome->fact_count; i++) {
        const struct conform_fact *fact = &outcome->facts[i];
        if (fact->verdict != CONFORM_DIFFERS && fact->verdict != CONFORM_UNSTABLE) continue;
        if (some) buffer_puts(out, "<br>");
        some = true;
        buffer_printf(out, "%s: `%s` ", conform_verdict_name(fact->verdict), fact->subject);
        put_cell(out, fact->name);
        buffer_puts(out, ": model ");
        put_cell(out, fact->model);
        buffer_puts(out, ", real ");
        put_cell(out, fact->real);
        if (!*fact->why) continue;
        buffer_puts(out, " (");
        put_cell(out, fact->why);
        buffer_putc(out, ')');
    }
}

void conform_write_head(struct buffer *out) {
    buffer_puts(out,
                "| scenario | compared | agree | differ | not compared | what differs |\n|---|--:|--:|--:|--:|---|\n");
}

void conform_write_row(struct buffer *out, const struct conform_outcome *outcome) {
    buffer_printf(out, "| [%s](../../%s) | ", outcome->title, outcome->scenario);
    if (outcome->problem || outcome->not_comparable) {
        buffer_printf(out, "| | | | %s |\n", outcome->problem ? outcome->problem : outcome->not_comparable);
        return;
    }
    size_t compared = outcome->fact_count - conform_count(outcome, CONFORM_NOT_COMPARABLE);
    size_t agree = conform_count(outcome, CONFORM_AGREES);
    buffer_printf(out, "%zu | %zu | %zu | %zu | ", compared, agree, compared - agree, outcome->fact_count - compared);
    put_explanations(out, outcome);
    buffer_puts(out, " |\n");
}
