/* Results as JSON: one object a run, one a line. */
#include "sim/run/json.h"
#include "sim/run/writer.h"

static const char *verdict_name(enum verdict verdict) {
    static const char *const names[] = {"ok", "anomaly", "violation", "unknown"};
    return names[verdict];
}

static void put_checks(struct json *json, const struct run_result *result) {
    json_name(json, "checks");
    json_open_array(json);
    for (size_t i = 0; i < result->check_count; i++) {
        const struct check_result *check = &result->checks[i];
        json_open_object(json);
        json_name(json, "name");
        json_string(json, check->name);
        json_name(json, "verdict");
        json_string(json, verdict_name(check->verdict));
        json_name(json, "count");
        json_unsigned(json, check->count);
        json_name(json, "detail");
        json_string(json, check->detail);
        json_name(json, "at_ns");
        json_number(json, check->at);
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_expectations(struct json *json, const struct run_result *result) {
    json_name(json, "expectations");
    json_open_array(json);
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        json_open_object(json);
        json_name(json, "line");
        json_unsigned(json, e->line);
        json_name(json, "text");
        json_string(json, e->text);
        json_name(json, "verdict");
        json_string(json, e->held ? "held" : "missed");
        json_name(json, "got");
        json_string(json, e->got);
        json_name(json, "at_ns");
        json_number(json, e->at);
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_nodes(struct json *json, const struct run_result *result) {
    json_name(json, "nodes");
    json_open_object(json);
    size_t i = 0;
    for (uint16_t node = 0; node < result->identity->node_count; node++) {
        json_name(json, result->identity->party_names[node]);
        json_open_object(json);
        for (; i < result->field_count && result->fields[i].node == node; i++) {
            const struct node_field *field = &result->fields[i];
            json_name(json, field->name);
            if (field->is_number) {
                json_number(json, field->number);
            } else {
                json_string(json, field->text);
            }
        }
        json_close_object(json);
    }
    json_close_object(json);
}

static void put_numbers(struct json *json, const char *name, const struct named_number *items, size_t count) {
    json_name(json, name);
    json_open_object(json);
    for (size_t i = 0; i < count; i++) {
        json_name(json, items[i].name);
        json_number(json, items[i].number);
    }
    json_close_object(json);
}

static void put_notes(struct json *json, const struct run_result *result) {
    json_name(json, "notes");
    json_open_array(json);
    for (size_t i = 0; i < result->note_count; i++) json_string(json, result->notes[i]);
    json_close_array(json);
}

static void put_identity(struct json *json, const struct run_identity *identity) {
    json_name(json, "scenario");
    json_string(json, identity->scenario_file);
    json_name(json, "title");
    json_string(json, identity->title);
    json_name(json, "seed");
    json_unsigned(json, identity->seed);
}

static void put_trace(struct json *json, uint64_t trace) {
    char hex[17];
    for (int i = 15; i >= 0; i--, trace >>= 4) hex[i] = "0123456789abcdef"[trace & 15];
    json_name(json, "trace");
    json_bytes(json, (struct bytes){hex, 16});
}

static void put_times(struct json *json, sim_time sim_ns, uint64_t events, int64_t wall_ns) {
    json_name(json, "sim_ns");
    json_number(json, sim_ns);
    json_name(json, "events");
    json_unsigned(json, events);
    json_name(json, "wall_ns");
    json_number(json, wall_ns);
}

static void put_failure(struct json *json, const char *failure, sim_time at) {
    json_name(json, "failure");
    json_string(json, failure);
    json_name(json, "failed_at_ns");
    json_number(json, at);
}

static void write_run(struct buffer *out, const struct run_result *result, bool first) {
    (void)first;
    struct json json;
    json_init(&json, out);
    json_open_object(&json);
    put_identity(&json, result->identity);
    put_trace(&json, result->trace);
    json_name(&json, "verdict");
    json_string(&json, result->passed ? "pass" : "fail");
    if (!result->passed) put_failure(&json, result->failure, result->failed_at);
    put_times(&json, result->sim_ns, result->events, result->wall_ns);
    json_name(&json, "ties");
    json_string(&json, result->ties);
    put_checks(&json, result);
    put_expectations(&json, result);
    put_nodes(&json, result);
    put_numbers(&json, "metrics", result->metrics, result->metric_count);
    put_numbers(&json, "faults", result->faults, result->fault_count);
    put_numbers(&json, "probes", result->probes, result->probe_count);
    put_notes(&json, result);
    json_close_object(&json);
    buffer_putc(out, '\n');
}

/* All members are there, so that a reader of many runs need not ask. */
static void write_lost(struct buffer *out, const struct run_identity *identity, const char *why) {
    struct run_result none = {.identity = identity, .failure = why, .failed_at = -1, .ties = ""};
    struct run_identity nobody = *identity;
    nobody.node_count = 0;
    none.identity = &nobody;
    write_run(out, &none, false);
}

static void write_head(struct buffer *out, uint64_t runs) {
    (void)out;
    (void)runs;
}

static void write_tail(struct buffer *out, const struct campaign_summary *summary) {
    (void)out;
    (void)summary;
}

const struct writer writer_json = {"json", true, write_head, write_run, write_lost, write_tail};
