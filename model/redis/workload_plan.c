#include "model/redis/workload_plan.h"

#include <assert.h>
#include <string.h>

#include "model/redis/keyspace.h"
#include "model/redis/workload.h"
#include "model/redis/workload_ops.h"

static const char *const yes_no[] = {"yes", "no", NULL};

/* The order of workload_options. */
enum {
    OPT_RATE,
    OPT_THINK,
    OPT_FROM,
    OPT_UNTIL,
    OPT_TIMES,
    OPT_OPS,
    OPT_KEYS,
    OPT_SKEW,
    OPT_VALUE,
    OPT_PIPELINE,
    OPT_TIMEOUT,
    OPT_RETRY,
    OPT_DB,
    OPT_READS,
    OPT_WAIT,
    OPT_MULTI,
    OPT_COUNT
};

const struct word_rule workload_options[] = {
    [OPT_RATE] = {"rate", FORM_RATE_OR_EXP, NULL, SUPPORTED},
    [OPT_THINK] = {"think", FORM_SPREAD, NULL, SUPPORTED},
    [OPT_FROM] = {"from", FORM_DURATION, NULL, SUPPORTED},
    [OPT_UNTIL] = {"until", FORM_DURATION, NULL, SUPPORTED},
    [OPT_TIMES] = {"times", FORM_COUNT, NULL, SUPPORTED},
    [OPT_OPS] = {"ops", FORM_WEIGHTS, workload_op_names, SUPPORTED},
    [OPT_KEYS] = {"keys", FORM_COUNT, NULL, SUPPORTED},
    [OPT_SKEW] = {"skew", FORM_SKEW, NULL, SUPPORTED},
    [OPT_VALUE] = {"value", FORM_SIZE_SPREAD, NULL, SUPPORTED},
    [OPT_PIPELINE] = {"pipeline", FORM_COUNT, NULL, SUPPORTED},
    [OPT_TIMEOUT] = {"timeout", FORM_DURATION, NULL, SUPPORTED},
    [OPT_RETRY] = {"retry", FORM_CHOICE, yes_no, SUPPORTED},
    [OPT_DB] = {"db", FORM_RANGE, NULL, SUPPORTED},
    [OPT_READS] = {"reads", FORM_NODES, NULL, SUPPORTED},
    [OPT_WAIT] = {"wait", FORM_COUNT_TIME, NULL, SUPPORTED},
    [OPT_MULTI] = {"multi", FORM_COUNT, NULL, SUPPORTED},
    [OPT_COUNT] = {NULL, FORM_WORDS, NULL, NOT_YET},
};

static size_t op_count(void) {
    size_t n = 0;
    while (workload_op_names[n]) n++;
    return n;
}

static uint64_t at_least(int64_t number, uint64_t least) {
    return number < (int64_t)least ? least : (uint64_t)number;
}

static uint32_t db_number(int64_t db) {
    return (uint32_t)(db < 0 ? 0 : db >= KEYSPACE_DBS ? KEYSPACE_DBS - 1 : db);
}

static void set_defaults(struct workload_plan *plan, struct pool *pool, const struct model_client_setup *setup) {
    *plan = (struct workload_plan){
        .rate = 1000 * 1000,
        .until = setup->timeline_end,
        .times = UINT64_MAX,
        .keys = 1000,
        .skew = SKEW_UNIFORM,
        .value = spread_constant(16),
        .pipeline = 1,
        .timeout = 5 * SIM_SECOND,
        .nodes = setup->nodes,
        .node_count = setup->node_count,
        .readers = setup->nodes,
        .reader_count = setup->node_count,
    };
    plan->weights = POOL_ARRAY(pool, uint32_t, op_count());
    plan->weights[0] = 1; /* set */
}

/* Where no line says when the work ends, a number of operations does: an empty timeline is no end. */
static void open_end(struct workload_plan *plan, const struct model_client_setup *setup) {
    bool has_until = false;
    for (size_t i = 0; i < setup->option_count; i++)
        has_until |= setup->options[i].rule - workload_options == OPT_UNTIL;
    if (!has_until && plan->times != UINT64_MAX && setup->timeline_end == 0) plan->until = SIM_NEVER;
}

static void take_option(struct workload_plan *plan, const struct option *o) {
    switch (o->rule - workload_options) {
    case OPT_RATE:
        plan->rate = o->number;
        plan->exponential = o->exponential;
        break;
    case OPT_THINK:
        plan->closed_loop = true;
        plan->think = o->spread;
        break;
    case OPT_FROM:
        plan->from = o->number;
        break;
    case OPT_UNTIL:
        plan->until = o->number;
        break;
    case OPT_TIMES:
        plan->times = at_least(o->number, 0);
        break;
    case OPT_OPS:
        memcpy(plan->weights, o->weights, op_count() * sizeof *plan->weights);
        break;
    case OPT_KEYS:
        plan->keys = at_least(o->number, 1);
        break;
    case OPT_SKEW:
        plan->skew = (enum skew_kind)o->number;
        plan->skew_ppm = at_least(o->number2, 0);
        break;
    case OPT_VALUE:
        plan->value = o->spread;
        break;
    case OPT_PIPELINE:
        plan->pipeline = (uint32_t)at_least(o->number, 1);
        break;
    case OPT_TIMEOUT:
        plan->timeout = o->number;
        break;
    case OPT_RETRY:
        plan->retry = o->number == 0;
        break;
    case OPT_DB:
        plan->db_low = db_number(o->number);
        plan->db_high = db_number(o->number2);
        break;
    case OPT_READS:
        plan->readers = o->nodes;
        plan->reader_count = o->node_count;
        break;
    case OPT_WAIT:
        plan->wait_replicas = o->number;
        plan->wait_time = o->number2;
        break;
    case OPT_MULTI:
        plan->multi = (uint32_t)at_least(o->number, 0);
        break;
    default:
        assert(false); /* an option of another table */
    }
}

void workload_plan_read(struct workload_plan *plan, struct pool *pool, const struct model_client_setup *setup) {
    set_defaults(plan, pool, setup);
    for (size_t i = 0; i < setup->option_count; i++) take_option(plan, &setup->options[i]);
    open_end(plan, setup);
    if (plan->db_high < plan->db_low) plan->db_high = plan->db_low;
    assert(plan->node_count > 0 && plan->reader_count > 0);
}
