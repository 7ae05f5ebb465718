/* What the modelled system is told of a plan. */
#include "sim/run/model_setup.h"

#include "sim/run/cluster.h"

static size_t count_kind(const struct plan *plan, enum statement_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < plan->statement_count; i++) n += plan->statements[i].kind == kind;
    return n;
}

static void add_nodes(struct run *run, struct model_setup *setup) {
    const struct plan *plan = run->plan;
    struct model_node_setup *nodes = POOL_ARRAY(run->pool, struct model_node_setup, plan->node_count);
    for (size_t i = 0; i < plan->node_count; i++) {
        const struct statement *st = plan->nodes[i].statement;
        nodes[i] = (struct model_node_setup){.name = plan->nodes[i].name,
                                             .party = (uint16_t)i,
                                             .starts_off = st->off,
                                             .options = st->options,
                                             .option_count = st->option_count};
        nodes[i].settings = cluster_settings(run, (uint16_t)i, &nodes[i].setting_count);
    }
    setup->nodes = nodes;
    setup->node_count = plan->node_count;
}

static void add_clients(struct run *run, struct model_setup *setup) {
    const struct plan *plan = run->plan;
    struct model_client_setup *clients = POOL_ARRAY(run->pool, struct model_client_setup, plan->client_count);
    sim_time end = plan_timeline_end(plan);
    if (plan->has_end) end = plan->end;
    for (size_t i = 0; i < plan->client_count; i++) {
        const struct statement *st = plan->clients[i].statement;
        clients[i] = (struct model_client_setup){.name = plan->clients[i].name,
                                                 .party = (uint16_t)(plan->node_count + i),
                                                 .nodes = st->nodes.party,
                                                 .node_count = st->nodes.count,
                                                 .options = st->options,
                                                 .option_count = st->option_count,
                                                 .timeline_end = end,
                                                 .stream_nth = st->stream.nth};
    }
    setup->clients = clients;
    setup->client_count = plan->client_count;
}

static void add_datasets_and_defects(struct run *run, struct model_setup *setup) {
    const struct plan *plan = run->plan;
    struct model_dataset_setup *datasets =
        POOL_ARRAY(run->pool, struct model_dataset_setup, count_kind(plan, ST_DATASET));
    struct model_defect_setup *defects = POOL_ARRAY(run->pool, struct model_defect_setup, count_kind(plan, ST_DEFECT));
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        if (st->kind == ST_DATASET) {
            datasets[setup->dataset_count++] =
                (struct model_dataset_setup){st->nodes.party[0], st->options, st->option_count};
        } else if (st->kind == ST_DEFECT) {
            bool everywhere = st->nodes.count == 0;
            defects[setup->defect_count++] = (struct model_defect_setup){st->name, everywhere ? NULL : st->nodes.party,
                                                                         everywhere ? 0 : st->nodes.count};
        }
    }
    setup->datasets = datasets;
    setup->defects = defects;
}

/* `allow` lines, and the checks that expectations and conditions name. */
static void add_checks(struct run *run, struct model_setup *setup) {
    const struct plan *plan = run->plan;
    const char **allowed = POOL_ARRAY(run->pool, const char *, plan->statement_count);
    const char **expected = POOL_ARRAY(run->pool, const char *, plan->statement_count);
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        bool judges = st->kind == ST_EXPECT || st->kind == ST_WHEN;
        if (st->kind == ST_ALLOW) allowed[setup->allowed_count++] = st->name;
        if (judges && st->condition.kind == COND_CHECK) expected[setup->expected_check_count++] = st->condition.name;
    }
    setup->allowed = allowed;
    setup->expected_checks = expected;
}

struct model *model_from_plan(struct run *run) {
    struct model_setup setup = {.pool = run->pool,
                                .scratch = run->setup->scratch,
                                .trace = run->trace,
                                .seed = run->seed,
                                .ctx = run->setup->ctx};
    add_nodes(run, &setup);
    add_clients(run, &setup);
    add_datasets_and_defects(run, &setup);
    add_checks(run, &setup);
    return run->system->create(&setup);
}
