/* A few modelled servers in a simulated world, driven by a test through struct system alone.
 *
 * Include in one test program; everything is static. Texts come from the rig's pool and live as long as it. */
#ifndef TESTS_UNIT_MODEL_RIG_H
#define TESTS_UNIT_MODEL_RIG_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/redis/system.h"
#include "sim/world/world.h"

enum { RIG_NODES = 4, RIG_LINES = 16, RIG_WORDS = 16, RIG_ALONE = -1, RIG_PROBES = 512 };

struct rig_node {
    const char *name;
    int replicaof;      /* index of a node, or RIG_ALONE */
    const char *conf;   /* lines, each ended by ';'; NULL */
    const char *defect; /* NULL */
    uint64_t keys;      /* of a dataset; 0: none */
};

struct rig {
    struct pool *pool, *scratch;
    struct trace *trace;
    struct world *world;
    const struct system *system;
    struct model *model;
    uint64_t probes[RIG_PROBES]; /* how often the run came by each */
    size_t count;
    struct setting settings[RIG_NODES][RIG_LINES];
    size_t setting_count[RIG_NODES];
    struct host *console;
    struct conn *conn[RIG_NODES];
    struct buffer replies[RIG_NODES]; /* bytes that have come */
    char *pending[RIG_NODES];         /* the command that waits for the connection */
};

/* Words at blanks; '' is the empty one. */
static size_t rig_split(struct rig *rig, const char *text, struct bytes words[RIG_WORDS]) {
    size_t n = 0;
    char *copy = pool_strdup(rig->pool, text), *save = NULL;
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        assert(n < RIG_WORDS);
        words[n++] = (struct bytes){w, strcmp(w, "''") == 0 ? 0 : strlen(w)};
    }
    return n;
}

static void rig_read_conf(struct rig *rig, size_t node, const char *conf) {
    char *copy = pool_strdup(rig->pool, conf), *save = NULL, error[200];
    for (char *line = strtok_r(copy, ";", &save); line; line = strtok_r(NULL, ";", &save)) {
        assert(rig->setting_count[node] < RIG_LINES);
        struct setting *setting = &rig->settings[node][rig->setting_count[node]++];
        struct bytes words[RIG_WORDS];
        setting->word_count = rig_split(rig, line, words);
        struct bytes *kept = POOL_ARRAY(rig->pool, struct bytes, RIG_WORDS);
        memcpy(kept, words, sizeof(words));
        setting->words = kept;
        assert(rig->system->words->conf_check(kept, setting->word_count, error, sizeof(error)));
    }
}

/* --- the console --------------------------------------------------------------------------------------------- */

static void rig_send(struct rig *rig, struct conn *conn, size_t node) {
    struct buffer out;
    struct bytes words[RIG_WORDS];
    buffer_init(&out, rig->pool);
    size_t count = rig_split(rig, rig->pending[node], words);
    rig->system->encode(rig->model, 0, words, count, &out);
    size_t sent = host_write(conn, out.at, out.len);
    assert(sent == out.len);
    (void)sent;
    rig->pending[node] = NULL;
}

static size_t rig_node_of(const struct conn *conn) {
    return (size_t)(uintptr_t)conn->user;
}

static void rig_connected(void *ctx, struct conn *conn) {
    rig_send(ctx, conn, rig_node_of(conn));
}

static void rig_readable(void *ctx, struct conn *conn) {
    struct rig *rig = ctx;
    for (struct bytes b = host_peek(conn); b.len; b = host_peek(conn)) {
        buffer_put(&rig->replies[rig_node_of(conn)], b.at, b.len);
        host_consume(conn, b.len);
    }
}

static void rig_closed(void *ctx, struct conn *conn, enum conn_end why) {
    struct rig *rig = ctx;
    (void)why;
    rig->conn[rig_node_of(conn)] = NULL;
    buffer_clear(&rig->replies[rig_node_of(conn)]);
}

static void rig_boot_console(void *ctx, struct host *host) {
    static const struct node_ops ops = {.connected = rig_connected, .readable = rig_readable, .closed = rig_closed};
    struct rig *rig = ctx;
    rig->console = host;
    host->node = rig;
    host->node_ops = &ops;
}

/* --- making ---------------------------------------------------------------------------------------------------- */

static void rig_boot(void *ctx, struct host *host) {
    struct rig *rig = ctx;
    rig->system->boot(rig->model, host, rig->settings[host->index], rig->setting_count[host->index]);
}

static void rig_gone(void *ctx, struct host *host) {
    struct rig *rig = ctx;
    rig->system->gone(rig->model, host);
}

static void rig_add(struct rig *rig, const char *name, enum party_kind kind) {
    struct party_setup setup = {.name = name, .kind = kind, .costs = costs_default(), .ctx = rig};
    setup.boot = kind == PARTY_SERVER ? rig_boot : rig_boot_console;
    if (kind == PARTY_SERVER) setup.gone = rig_gone;
    uint16_t party = world_add(rig->world, &setup);
    world_clock_set(rig->world, party, INT64_C(1704067200) * SIM_SECOND);
}

static struct option *rig_options(struct rig *rig, const struct word_rule *rule) {
    struct option *option = POOL_NEW(rig->pool, struct option);
    option->rule = rule;
    return option;
}

/* Makes the world, the model and the nodes, all started. */
static void rig_open(struct rig *rig, uint64_t seed, const struct rig_node *nodes, size_t count) {
    *rig = (struct rig){.count = count, .system = redis_system()};
    assert(count <= RIG_NODES);
    rig->pool = pool_create();
    rig->scratch = pool_create();
    rig->trace = trace_create(rig->pool);
    rig->world = world_create(&(struct world_setup){rig->pool, rig->trace, seed, {TIE_RANDOM, 0}, rig->probes});
    struct model_node_setup setups[RIG_NODES] = {0};
    struct model_defect_setup defects[RIG_NODES];
    struct model_dataset_setup datasets[RIG_NODES];
    struct model_setup setup = {.pool = rig->pool, .scratch = rig->scratch, .trace = rig->trace, .seed = seed};
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].conf) rig_read_conf(rig, i, nodes[i].conf);
        setups[i] = (struct model_node_setup){.name = nodes[i].name, .party = (uint16_t)i};
        setups[i].settings = rig->settings[i];
        setups[i].setting_count = rig->setting_count[i];
        buffer_init(&rig->replies[i], rig->pool);
        if (nodes[i].defect) defects[setup.defect_count++] = (struct model_defect_setup){nodes[i].defect, NULL, 0};
        if (nodes[i].keys) {
            struct option *keys = rig_options(rig, rig->system->words->dataset_options);
            keys->number = (int64_t)nodes[i].keys;
            datasets[setup.dataset_count++] = (struct model_dataset_setup){(uint16_t)i, keys, 1};
        }
        if (nodes[i].replicaof == RIG_ALONE) continue;
        struct option *replicaof = rig_options(rig, rig->system->words->node_options);
        replicaof->nodes = POOL_NEW(rig->pool, uint16_t);
        replicaof->nodes[0] = (uint16_t)nodes[i].replicaof;
        replicaof->node_count = 1;
        setups[i].options = replicaof;
        setups[i].option_count = 1;
    }
    setup.nodes = setups;
    setup.node_count = count;
    setup.defects = defects;
    setup.datasets = datasets;
    rig->model = rig->system->create(&setup);
    for (size_t i = 0; i < count; i++) rig_add(rig, nodes[i].name, PARTY_SERVER);
    rig_add(rig, "console", PARTY_CONSOLE);
    world_start(rig->world, (uint16_t)count);
    for (size_t i = 0; i < count; i++) world_start(rig->world, (uint16_t)i);
}

static void rig_close(struct rig *rig) {
    pool_destroy(rig->scratch);
    pool_destroy(rig->pool);
}

/* --- going ------------------------------------------------------------------------------------------------------- */

/* Lets everything up to `at` happen. */
static void rig_run_until(struct rig *rig, sim_time at) {
    while (world_next(rig->world) <= at) {
        if (!world_step(rig->world)) break;
    }
    if (world_now(rig->world) < at) world_skip_to(rig->world, at);
}

/* Runs until the model says that it is settled, at most `patience` longer; whether it came to that. */
__attribute__((unused)) static bool rig_settle(struct rig *rig, sim_time patience, struct buffer *why) {
    bool down[RIG_NODES + 1];
    sim_time limit = world_now(rig->world) + patience;
    for (;;) {
        for (size_t i = 0; i < rig->count; i++) down[i] = !world_alive(rig->world, (uint16_t)i);
        struct rest_view view = {.down = down};
        buffer_clear(why);
        if (rig->system->settled(rig->model, &view, why)) return true;
        sim_time next = world_next(rig->world);
        if (next > limit) return false;
        world_step(rig->world);
    }
}

/* Executes a command at this instant; its reply as it came over the wire, "" if none came within 10 ms. */
static const char *rig_command(struct rig *rig, size_t node, const char *command) {
    buffer_clear(&rig->replies[node]);
    rig->pending[node] = pool_strdup(rig->pool, command);
    if (rig->conn[node]) {
        rig_send(rig, rig->conn[node], node);
    } else {
        uint16_t port = rig->system->port(rig->model, (uint16_t)node);
        rig->conn[node] = host_connect(rig->console, world_host(rig->world, (uint16_t)node)->name, port);
        rig->conn[node]->user = (void *)(uintptr_t)node;
    }
    world_run_local(rig->world);
    sim_time limit = world_now(rig->world) + 10 * SIM_MS;
    while (rig->replies[node].len == 0 && world_next(rig->world) <= limit) world_step(rig->world);
    struct buffer *reply = &rig->replies[node];
    return reply->len ? pool_strndup(rig->pool, reply->at, reply->len) : "";
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

/* A field's text; for an undefined one the reason in `<...>`. */
static const char *rig_field(struct rig *rig, size_t node, const char *name) {
    struct field_value value;
    struct buffer text;
    buffer_init(&text, rig->pool);
    int field = rig->system->field_find(name);
    assert(field >= 0);
    rig->system->field_read(rig->model, (uint16_t)node, field, &value, &text);
    return value.kind == FIELD_UNDEFINED ? pool_printf(rig->pool, "<%s>", value.why) : text.at;
}

__attribute__((unused)) static int64_t rig_number(struct rig *rig, size_t node, const char *name) {
    return strtoll(rig_field(rig, node, name), NULL, 10);
}

#endif
