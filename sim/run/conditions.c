/* Conditions, judged. */
#include "sim/run/conditions.h"

#include <assert.h>

#include "sim/run/readings.h"
#include "sim/run/wildcard.h"

struct watched {
    const struct condition *condition;
    int left_field;
    int right_field;
    uint64_t log_lines; /* that matched so far */
    struct watched *next_log;
};

struct conditions {
    struct observed left, right; /* reused by every judgement */
    struct watched *logs;
};

static bool set_has(const struct party_set *set, uint16_t party) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->party[i] == party) return true;
    }
    return false;
}

static void hear_log(void *ctx, const struct happening *h) {
    struct conditions *all = ctx;
    for (struct watched *w = all->logs; w; w = w->next_log) {
        struct bytes line = {h->text, h->len};
        if (set_has(&w->condition->nodes, h->node) && wildcard_match(w->condition->glob, line)) w->log_lines++;
    }
}

struct conditions *conditions_create(struct run *run) {
    struct conditions *all = POOL_NEW(run->pool, struct conditions);
    observed_init(&all->left, run->pool);
    observed_init(&all->right, run->pool);
    trace_listen(run->trace, TRACE_LOG, TRACE_LOG, hear_log, all);
    return all;
}

struct watched *condition_watch(struct run *run, const struct condition *condition) {
    struct watched *w = POOL_NEW(run->pool, struct watched);
    w->condition = condition;
    w->left_field = w->right_field = -1;
    if (condition->kind == COND_FIELD) w->left_field = run->system->field_find(condition->left.field);
    if (condition->kind != COND_CHECK && condition->right.kind == OPERAND_FIELD) {
        w->right_field = run->system->field_find(condition->right.ref.field);
    }
    if (condition->kind == COND_LOG) {
        w->next_log = run->conditions->logs;
        run->conditions->logs = w;
    }
    return w;
}

bool condition_read_metric(struct run *run, const char *name, struct field_value *value) {
    *value = (struct field_value){.kind = FIELD_NUMBER};
    if (run->system->metric_read(run->model, name, value)) return true;
    if (strcmp(name, "events") == 0) {
        value->number = (int64_t)world_events_fired(run->world);
    } else if (strcmp(name, "bytes_sent") == 0) {
        value->number = (int64_t)world_bytes_delivered(run->world);
    } else if (strcmp(name, "errors") == 0) {
        value->number = (int64_t)run->errors;
    } else {
        return false;
    }
    return true;
}

/* The value of NODE.FIELD[@T][+N] at one node. */
static void read_ref(struct run *run, const struct field_ref *ref, int field, uint16_t party, struct observed *into) {
    if (ref->at_set) {
        const struct observed *taken = readings_find(run, ref, party);
        if (!taken) {
            observed_undefine(into, "its instant is not over yet");
            return;
        }
        observed_copy(taken, into);
    } else {
        observed_read(run, party, field, into);
    }
    observed_add(into, ref->plus);
}

static void describe(const struct watched *w, const struct observed *left, const struct observed *right,
                     struct buffer *got) {
    buffer_puts(got, left->kind == FIELD_UNDEFINED ? left->why : left->text.at ? left->text.at : "");
    if (w->condition->right.kind != OPERAND_FIELD) return;
    buffer_printf(got, ", %s: %s", w->condition->right.text,
                  right->kind == FIELD_UNDEFINED ? right->why
                  : right->text.at               ? right->text.at
                                                 : "");
}

/* Compares what stands in the two scratch values. */
static enum truth compare_sides(struct run *run, const struct watched *w, struct buffer *got) {
    const struct observed *left = &run->conditions->left, *right = &run->conditions->right;
    if (got) describe(w, left, right, got);
    if (left->kind == FIELD_UNDEFINED || right->kind == FIELD_UNDEFINED) return TRUTH_UNDEFINED;
    return observed_compare(left, w->condition->op, right) ? TRUTH_YES : TRUTH_NO;
}

/* The left value stands; the right one is a literal or the field of one node. */
static enum truth judge_right(struct run *run, const struct watched *w, struct buffer *got) {
    const struct operand *operand = &w->condition->right;
    if (operand->kind == OPERAND_FIELD) {
        read_ref(run, &operand->ref, w->right_field, operand->ref.nodes.party[0], &run->conditions->right);
    } else {
        observed_from_operand(operand, &run->conditions->right);
    }
    return compare_sides(run, w, got);
}

static enum truth judge_field(struct run *run, const struct watched *w, struct buffer *got) {
    const struct field_ref *ref = &w->condition->left;
    if (!ref->all) {
        read_ref(run, ref, w->left_field, ref->nodes.party[0], &run->conditions->left);
        return judge_right(run, w, got);
    }
    enum truth truth = TRUTH_UNDEFINED;
    size_t live = 0;
    for (size_t i = 0; i < ref->nodes.count; i++) {
        uint16_t party = ref->nodes.party[i];
        if (!world_alive(run->world, party)) continue;
        live++;
        read_ref(run, ref, w->left_field, party, &run->conditions->left);
        if (got) buffer_clear(got);
        truth = judge_right(run, w, got);
        if (truth == TRUTH_YES) continue;
        if (got) buffer_printf(got, " (%s)", plan_party_name(run->plan, party));
        return truth;
    }
    if (got && live == 0) buffer_puts(got, "no node is alive");
    return truth;
}

static enum truth judge_number(struct run *run, const struct watched *w, const struct field_value *found,
                               struct buffer *got) {
    struct observed *left = &run->conditions->left;
    left->kind = found->kind;
    left->number = found->number;
    left->unit = found->unit;
    left->is_text = false;
    left->why = found->why ? found->why : "undefined";
    buffer_clear(&left->text);
    if (found->kind == FIELD_NUMBER) buffer_printf(&left->text, "%lld", (long long)found->number);
    return judge_right(run, w, got);
}

static enum truth judge_check(struct run *run, const char *name, struct buffer *got) {
    if (strcmp(name, "settled") == 0) {
        if (!run->at_rest && got) buffer_puts(got, "the run is not at rest");
        return run->at_rest ? TRUTH_YES : TRUTH_NO;
    }
    struct buffer *why = &run->conditions->left.text;
    buffer_clear(why);
    bool holds = run->system->check_holds(run->model, name, why);
    if (got) buffer_puts(got, holds ? "it holds" : why->len ? why->at : "it does not hold");
    return holds ? TRUTH_YES : TRUTH_NO;
}

enum truth condition_judge(struct run *run, struct watched *w, struct buffer *got) {
    struct field_value found = {.kind = FIELD_NUMBER};
    switch (w->condition->kind) {
    case COND_CHECK:
        return judge_check(run, w->condition->name, got);
    case COND_FIELD:
        return judge_field(run, w, got);
    case COND_METRIC:
        if (!condition_read_metric(run, w->condition->name, &found)) {
            found = (struct field_value){.kind = FIELD_UNDEFINED, .why = "nobody counts it"};
        }
        return judge_number(run, w, &found, got);
    case COND_LOG:
        found.number = (int64_t)w->log_lines;
        return judge_number(run, w, &found, got);
    }
    assert(false && "a condition of no kind");
    return TRUTH_UNDEFINED;
}
