/* One run's model: its nodes and clients, and who answers for them. */
#include "model/redis/system.h"

#include <assert.h>

#include "model/check/checks.h"
#include "model/redis/dataset.h"
#include "model/redis/defects.h"
#include "model/redis/fields.h"
#include "model/redis/happening_text.h"
#include "model/redis/lag.h"
#include "model/redis/model.h"
#include "model/redis/requests.h"
#include "model/redis/serve.h"
#include "model/redis/server.h"
#include "model/redis/vocabulary.h"
#include "model/redis/workload.h"

enum { DEFAULT_PORT = 6379 };

/* --- looking ------------------------------------------------------------------------------------------------------ */

const struct server *model_look(const struct model *model, uint16_t party) {
    assert(party < model->node_count);
    const struct model_node *node = &model->nodes[party];
    if (node->server) host_look(node->host);
    return node->server;
}

uint16_t model_upstream(const struct model *model, const struct server *s) {
    if (!s->link.host) return NO_PARTY;
    for (uint16_t i = 0; i < model->node_count; i++) {
        const struct model_node *node = &model->nodes[i];
        if (node->port == s->link.port && strcmp(node->name, s->link.host) == 0) return i;
    }
    return NO_PARTY;
}

/* What the checkers see of a node (node_look_fn). */
static bool look_for_checks(void *ctx, uint16_t party, struct node_look *look) {
    const struct model *model = ctx;
    const struct server *s = model_look(model, party);
    if (!s) return false;
    bool cut_off = model->nodes[party].cut_off; /* then both ends may still take their link for up */
    *look = (struct node_look){
        .loading = server_is_loading(s),
        .master = !s->link.host,
        .upstream = model_upstream(model, s),
        .link_up = model_link_is_up(model, party) && !cut_off,
        .master_cut_off = cut_off,
        .replid = s->replid,
        .offset = s->repl.offset,
        .digest = keyspace_digest(s->ks),
    };
    return true;
}

/* --- making ---------------------------------------------------------------------------------------------------------
 */

/* The port of the last `port` line, else the one given. */
static uint16_t read_port(const struct setting *settings, size_t count, uint16_t port) {
    for (size_t i = 0; i < count; i++) {
        int64_t n;
        const struct setting *line = &settings[i];
        if (line->word_count != 2 || !resp_word_is(line->words[0], "port")) continue;
        if (resp_parse_number(line->words[1], &n)) port = (uint16_t)n;
    }
    return port;
}

static uint16_t read_replicaof(const struct model_node_setup *setup) {
    for (size_t i = 0; i < setup->option_count; i++) {
        const struct option *option = &setup->options[i];
        if (strcmp(option->rule->name, "replicaof") == 0 && option->node_count == 1) return option->nodes[0];
    }
    return NO_PARTY;
}

static void create_nodes(struct model *model, const struct model_setup *setup) {
    model->node_count = (uint16_t)setup->node_count;
    model->nodes = POOL_ARRAY(model->pool, struct model_node, setup->node_count);
    model->names = POOL_ARRAY(model->pool, const char *, setup->node_count);
    model->digests = POOL_ARRAY(model->pool, struct digest_cache, setup->node_count);
    for (size_t i = 0; i < setup->node_count; i++) {
        const struct model_node_setup *from = &setup->nodes[i];
        assert(from->party == i);
        model->nodes[i].name = model->names[i] = from->name;
        model->nodes[i].replicaof = read_replicaof(from);
        model->nodes[i].port = read_port(from->settings, from->setting_count, DEFAULT_PORT);
    }
}

static void take_datasets(struct model *model, const struct model_setup *setup) {
    struct model_dataset_setup *datasets = POOL_ARRAY(model->pool, struct model_dataset_setup, setup->dataset_count);
    for (size_t i = 0; i < setup->dataset_count; i++) {
        assert(setup->datasets[i].party < model->node_count);
        datasets[i] = setup->datasets[i];
        model->nodes[datasets[i].party].dataset = &datasets[i];
    }
}

static void switch_defects(struct model *model, const struct model_setup *setup) {
    for (size_t i = 0; i < setup->defect_count; i++) {
        const struct model_defect_setup *from = &setup->defects[i];
        int defect = defect_find(from->name);
        assert(defect >= 0 && "the scenario was checked against the catalogue");
        size_t count = from->nodes ? from->node_count : model->node_count;
        for (size_t n = 0; n < count; n++) {
            uint16_t party = from->nodes ? from->nodes[n] : (uint16_t)n;
            model->nodes[party].defects |= UINT64_C(1) << defect;
        }
    }
}

static uint16_t port_of(void *ctx, uint16_t party) {
    const struct model *model = ctx;
    assert(party < model->node_count);
    return model->nodes[party].port;
}

static void create_clients(struct model *model, const struct model_setup *setup) {
    model->client_count = (uint16_t)setup->client_count;
    model->clients = POOL_ARRAY(model->pool, struct workload *, setup->client_count);
    for (size_t i = 0; i < setup->client_count; i++) {
        assert(setup->clients[i].party == model->node_count + i);
        struct workload_setup workload = {
            .pool = model->pool,
            .seed = setup->seed,
            .client = &setup->clients[i],
            .node_names = model->names,
            .port = port_of,
            .ctx = model,
        };
        model->clients[i] = workload_create(&workload);
    }
}

static struct model *create(const struct model_setup *setup) {
    assert(setup->node_count > 0 && setup->scratch && setup->scratch != setup->pool);
    struct model *model = POOL_NEW(setup->pool, struct model);
    model->pool = setup->pool;
    model->scratch = setup->scratch;
    model->trace = setup->trace;
    create_nodes(model, setup);
    take_datasets(model, setup);
    switch_defects(model, setup);
    struct checks_setup checks = {
        .pool = setup->pool,
        .trace = setup->trace,
        .names = model->names,
        .node_count = setup->node_count,
        .allowed = setup->allowed,
        .allowed_count = setup->allowed_count,
        .look = look_for_checks,
        .ctx = model,
    };
    model->checks = checks_create(&checks);
    model->lag = lag_create(setup->pool, setup->trace, model->names, model->node_count);
    create_clients(model, setup);
    return model;
}

static void finish(struct model *model, bool at_rest) {
    checks_finish(model->checks, at_rest);
}

/* --- servers --------------------------------------------------------------------------------------------------------
 */

static void populate(void *ctx, struct keyspace *ks) {
    dataset_fill(ctx, ks);
}

/* `replicaof NAME` of a `node` line is a line of its conf; those in the file come after it. */
static struct setting *settings_of(struct model *model, const struct model_node *node, const struct setting *settings,
                                   size_t *count) {
    bool replica = node->replicaof != NO_PARTY;
    struct setting *all = POOL_ARRAY(model->pool, struct setting, *count + replica);
    if (replica) {
        const struct model_node *master = &model->nodes[node->replicaof];
        struct bytes *words = POOL_ARRAY(model->pool, struct bytes, 3);
        words[0] = resp_text("replicaof");
        words[1] = resp_text(master->name);
        words[2] = resp_text(pool_printf(model->pool, "%u", master->port));
        all[0] = (struct setting){words, 3};
    }
    memcpy(all + replica, settings, sizeof(*settings) * *count);
    *count += replica;
    return all;
}

static void boot(struct model *model, struct host *host, const struct setting *settings, size_t count) {
    struct model_node *node = &model->nodes[host->index];
    assert(host->index < model->node_count && !node->server);
    node->host = host;
    node->port = read_port(settings, count, DEFAULT_PORT);
    struct server_setup setup = {
        .scratch = model->scratch,
        .settings = settings_of(model, node, settings, &count),
        .defects = node->defects,
    };
    setup.setting_count = count;
    if (node->dataset && host->incarnation == 0) {
        setup.populate = populate;
        setup.ctx = (void *)(uintptr_t)node->dataset;
    }
    node->server = server_create(host, &setup);
}

static void gone(struct model *model, struct host *host) {
    struct model_node *node = &model->nodes[host->index];
    if (!node->server) return; /* it ended before its first turn */
    node->full_syncs += node->server->stats.sync_full;
    node->partial_syncs += node->server->stats.sync_partial_ok;
    node->server = NULL;
}

static bool ending(struct model *model, uint16_t party) {
    const struct server *s = model->nodes[party].server;
    return s && (s->shutdown.asked || s->shutdown.waiting);
}

static uint16_t port(struct model *model, uint16_t party) {
    return port_of(model, party);
}

/* --- clients --------------------------------------------------------------------------------------------------------
 */

static struct workload *client_of(struct model *model, uint16_t party) {
    assert(party >= model->node_count && party < model->node_count + model->client_count);
    return model->clients[party - model->node_count];
}

static void boot_client(struct model *model, struct host *host) {
    workload_boot(client_of(model, host->index), host);
}

static void client_start(struct model *model, uint16_t party) {
    workload_start(client_of(model, party));
}

static void client_stop(struct model *model, uint16_t party) {
    workload_stop(client_of(model, party));
}

static bool client_done(struct model *model, uint16_t party) {
    return workload_done(client_of(model, party));
}

/* --- figures and verdicts -------------------------------------------------------------------------------------------
 */

/* The sum over all nodes of what the processes that are over counted, and those that run. */
static int64_t count_syncs(const struct model *model, bool full) {
    uint64_t sum = 0;
    for (uint16_t i = 0; i < model->node_count; i++) {
        const struct model_node *node = &model->nodes[i];
        sum += full ? node->full_syncs : node->partial_syncs;
        if (node->server) sum += full ? node->server->stats.sync_full : node->server->stats.sync_partial_ok;
    }
    return (int64_t)sum;
}

static bool metric_read(struct model *model, const char *name, struct field_value *value) {
    bool full = strcmp(name, "full_syncs") == 0;
    if (!full && strcmp(name, "partial_syncs") != 0) return checks_metric(model->checks, name, value);
    *value = (struct field_value){.kind = FIELD_NUMBER, .number = count_syncs(model, full)};
    return true;
}

static bool check_holds(struct model *model, const char *name, struct buffer *why) {
    return checks_hold(model->checks, name, why);
}

static size_t check_count(struct model *model) {
    return checks_count(model->checks);
}

static struct check_result check_get(struct model *model, size_t i) {
    return checks_get(model->checks, i);
}

static bool broken(struct model *model) {
    return checks_broken(model->checks);
}

/* --- the table ------------------------------------------------------------------------------------------------------
 */

static const struct system redis = {
    .name = "redis",
    .words = &redis_vocabulary,
    .create = create,
    .finish = finish,
    .boot = boot,
    .gone = gone,
    .ending = ending,
    .boot_client = boot_client,
    .client_start = client_start,
    .client_stop = client_stop,
    .client_done = client_done,
    .encode = requests_encode,
    .decode = requests_decode,
    .port = port,
    .field_find = fields_find,
    .field_read = fields_read,
    .fields_each = fields_each,
    .overview_fields = fields_overview,
    .metric_read = metric_read,
    .check_holds = check_holds,
    .check_count = check_count,
    .check_get = check_get,
    .broken = broken,
    .settled = model_settled,
    .sample_names = samples_names,
    .sample = samples_take,
    .probe_names = probe_names,
    .happening_name = happening_name,
    .happening_text = happening_text,
    .op_text = requests_text,
    .op_key = requests_key,
    .serve_help = serve_help,
    .serve_configure = serve_configure,
    .serve_boot = serve_boot,
    .serve_log_line = serve_log_line,
};

const struct system *redis_system(void) {
    return &redis;
}
