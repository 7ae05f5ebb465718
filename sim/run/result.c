/* The result of a run. */
#include "sim/run/result.h"

#include <assert.h>

#include "sim/run/conditions.h"
#include "sim/run/expect.h"
#include "sim/run/faults.h"
#include "sim/run/ledger.h"
#include "sim/run/recording.h"

/* --- nodes ------------------------------------------------------------------------------------------- */

struct fields {
    struct run *run;
    uint16_t node;
    struct node_field *items;
    size_t count;
    size_t room;
};

static void take_field(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct fields *fields = ctx;
    struct pool *pool = fields->run->pool;
    if (fields->count == fields->room) {
        size_t room = fields->room ? 2 * fields->room : 128;
        fields->items =
            pool_resize(pool, fields->items, fields->room * sizeof *fields->items, room * sizeof *fields->items);
        fields->room = room;
    }
    fields->items[fields->count++] = (struct node_field){.node = fields->node,
                                                         .name = pool_strdup(pool, name),
                                                         .is_number = value->kind == FIELD_NUMBER,
                                                         .number = value->number,
                                                         .text = pool_strdup(pool, text ? text : "")};
}

static void take_nodes(struct run *run, struct run_result *result) {
    struct fields fields = {.run = run};
    for (; fields.node < run->node_count; fields.node++) {
        run->system->fields_each(run->model, fields.node, take_field, &fields);
    }
    result->fields = fields.items;
    result->field_count = fields.count;
}

/* --- metrics ------------------------------------------------------------------------------------------ */

static void take_metrics(struct run *run, struct run_result *result) {
    const struct metric_word *words = run->system->words->metrics;
    size_t n = 0;
    while (words[n].name) n++;
    struct named_number *metrics = POOL_ARRAY(run->pool, struct named_number, n);
    for (size_t i = 0; i < n; i++) {
        struct field_value value;
        if (words[i].support == NOT_YET || !condition_read_metric(run, words[i].name, &value)) continue;
        if (value.kind != FIELD_NUMBER) continue;
        metrics[result->metric_count++] = (struct named_number){words[i].name, value.number};
    }
    result->metrics = metrics;
}

/* --- probes ------------------------------------------------------------------------------------------- */

static void take_probes(struct run *run, struct run_result *result) {
    struct named_number *probes = POOL_ARRAY(run->pool, struct named_number, run->probe_count);
    for (size_t i = 0; i < run->probe_count; i++) {
        probes[i] = (struct named_number){run->system->probe_names[i], (int64_t)run->probes[i]};
    }
    result->probes = probes;
    result->probe_count = run->probe_count;
}

/* --- checks ------------------------------------------------------------------------------------------- */

static bool is_allowed(const struct run *run, const char *check) {
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        const struct statement *st = &run->plan->statements[i];
        if (st->kind == ST_ALLOW && strcmp(st->name, check) == 0) return true;
    }
    return false;
}

/* The run's own promise. */
static struct check_result judge_settled(const struct ending *ending) {
    if (!ending->unsettled) return (struct check_result){"settled", VERDICT_OK, 0, "", -1};
    return (struct check_result){"settled", VERDICT_VIOLATION, 1, ending->unsettled, ending->at};
}

static void take_checks(struct run *run, const struct ending *ending, struct run_result *result) {
    size_t count = run->system->check_count(run->model);
    struct check_result *checks = POOL_ARRAY(run->pool, struct check_result, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct check_result check = run->system->check_get(run->model, i);
        if (strcmp(check.name, "settled") == 0) continue;
        check.detail = pool_strdup(run->pool, check.detail ? check.detail : "");
        checks[result->check_count++] = check;
    }
    if (ending->settled_judged && !is_allowed(run, "settled")) {
        checks[result->check_count++] = judge_settled(ending);
    }
    result->checks = checks;
}

/* --- the verdict -------------------------------------------------------------------------------------- */

static void fail(struct run_result *result, const char *failure, sim_time at) {
    bool earlier = result->failed_at < 0 || (at >= 0 && at < result->failed_at);
    if (result->passed || earlier) {
        result->failure = failure;
        result->failed_at = at;
    }
    result->passed = false;
}

/* The first failure in time is the run's; a broken promise goes before an expectation that it made miss. */
static void judge(struct run *run, const struct ending *ending, struct run_result *result) {
    result->passed = true;
    result->failed_at = -1;
    for (size_t i = 0; i < result->check_count; i++) {
        const struct check_result *check = &result->checks[i];
        if (check->verdict != VERDICT_VIOLATION) continue;
        fail(result, pool_printf(run->pool, "%s: %s", check->name, check->detail), check->at);
    }
    if (ending->gave_up) fail(result, ending->gave_up, ending->at);
    bool broken = !result->passed;
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *e = &result->expectations[i];
        if (e->held) continue;
        const char *failure = pool_printf(run->pool, "line %u: %s: %s", e->line, e->text, e->got);
        if (!broken) fail(result, failure, e->at);
        result->passed = false;
    }
}

void result_take(struct run *run, const struct ending *ending, struct run_result *result) {
    *result = (struct run_result){.identity = recording_identity(run),
                                  .trace = trace_hash(run->trace),
                                  .events = world_events_fired(run->world),
                                  .sim_ns = ending->at};
    if (!run->setup->no_fields) take_nodes(run, result);
    take_metrics(run, result);
    take_checks(run, ending, result);
    take_probes(run, result);
    result->faults = faults_counts(run, &result->fault_count);
}

void result_finish(struct run *run, const struct ending *ending, struct run_result *result) {
    result->expectations = expectations_results(run, &result->expectation_count);
    result->notes = ledger_notes(run, &result->note_count);
    judge(run, ending, result);
}
