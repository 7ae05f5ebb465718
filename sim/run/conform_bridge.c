#include "sim/run/conform_bridge.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/run/conform_parts.h"

/* --- clock, problems --------------------------------------------------------------------------------------------- */

void bridge_fail(struct model *model, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (model->problem[0] == '\0') vsnprintf(model->problem, sizeof model->problem, format, args);
    va_end(args);
}

sim_time bridge_now(const struct model *model) {
    struct timespec now;
    if (!model->world) return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - model->zero.tv_sec) * SIM_SECOND + (now.tv_nsec - model->zero.tv_nsec);
}

/* --- making ------------------------------------------------------------------------------------------------------ */

/* A real port for each one of the scenario: nodes have addresses of their own, so they may share it. */
static void set_ports(struct model *model) {
    struct names *names = &model->names;
    uint16_t next = model->setup->first_port;
    for (uint16_t i = 0; i < model->node_count; i++) {
        names->model_ports[i] = model->inner ? model->setup->base->port(model->inner, i) : 0;
        for (uint16_t j = 0; j < i; j++) {
            if (names->model_ports[j] == names->model_ports[i]) names->real_ports[i] = names->real_ports[j];
        }
        if (names->real_ports[i] == 0) names->real_ports[i] = next++;
    }
}

static void hear_pause(void *ctx, const struct happening *h) {
    struct model *model = ctx;
    if (h->node >= model->node_count) return;
    struct stand_in *node = &model->nodes[h->node];
    if (h->a != 0) { /* what it would say while it cannot */
        hand_read(node, false, 0);
        hand_read(node, true, 0);
    }
    node->paused = h->a != 0;
    if (node->pid > 0) kill(node->pid, node->paused ? SIGSTOP : SIGCONT);
}

static struct model *create(const struct model_setup *from) {
    struct model *model = POOL_NEW(from->pool, struct model);
    model->setup = from->ctx;
    model->pool = from->pool;
    model->asking = pool_create();
    model->phases = chance_named(from->seed, "real phases", NULL, NULL, model->setup->number);
    model->from = from;
    model->node_count = (uint16_t)from->node_count;
    model->inner = model->setup->base->create(from);
    model->names = (struct names){.block = model->setup->block, .node_count = from->node_count};
    model->names.nodes = POOL_ARRAY(model->pool, const char *, from->node_count);
    model->names.model_ports = POOL_ARRAY(model->pool, uint16_t, from->node_count);
    model->names.real_ports = POOL_ARRAY(model->pool, uint16_t, from->node_count);
    for (size_t i = 0; i < from->node_count; i++) model->names.nodes[i] = from->nodes[i].name;
    set_ports(model);
    struct model_setup *kept = POOL_NEW(model->pool, struct model_setup);
    *kept = *from;
    model->from = kept;
    uv_loop_init(&model->loop);
    uv_timer_init(&model->loop, &model->timer);
    model->view = POOL_ARRAY(model->pool, const struct reading *, from->node_count);
    size_t metrics = 0;
    while (model->setup->real->metrics[metrics]) metrics++;
    model->ended = POOL_ARRAY(model->pool, int64_t, metrics);
    model->quiet_since = model->asked_quiet = -1;
    model->nodes = POOL_ARRAY(model->pool, struct stand_in, from->node_count);
    for (uint16_t i = 0; i < model->node_count; i++) stand_in_init(&model->nodes[i], model, i);
    trace_listen(from->trace, TRACE_PAUSE, TRACE_PAUSE, hear_pause, model);
    return model;
}

/* What servers said is old now; of one that is stopped it is the newest there is. */
static void forget_readings(struct model *model) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        struct stand_in *node = &model->nodes[i];
        if (!node->paused) node->quick.taken = node->full.taken = -1;
    }
}

static void finish(struct model *model, bool at_rest) {
    (void)at_rest;
    model->over = true;
    forget_readings(model);
}

/* --- servers ----------------------------------------------------------------------------------------------------- */

/* Data that is there at time 0, and counters at 0. */
static bool prepare(struct stand_in *node) {
    struct model *model = node->model;
    const struct real *real = model->setup->real;
    struct buffer wire;
    size_t replies = 0;
    buffer_init(&wire, model->pool);
    for (size_t i = 0; i < model->from->dataset_count; i++) {
        const struct model_dataset_setup *dataset = &model->from->datasets[i];
        if (dataset->party == node->party) replies += real->populate(dataset, &wire);
    }
    replies += real->begin(&wire);
    bool good = hand_tell(node, buffer_bytes(&wire), replies);
    buffer_free(&wire);
    return good;
}

static void boot(struct model *model, struct host *host, const struct setting *settings, size_t count) {
    struct stand_in *node = &model->nodes[host->index];
    node->host = host;
    node->settings = settings;
    node->setting_count = count;
    host->node = node;
    host->node_ops = &stand_in_ops;
    host_listen(host, model->names.model_ports[node->party]);
    node->exited = false;
    if (model->world) {
        stand_in_set_gates(node); /* its first attempt to connect comes at once */
    } else {
        bridge_wait_for_phase(model);
    }
    if (!process_start(node) && !node->exited) {
        bridge_fail(model, "%s: the server %s could not be started", node->name, model->setup->program);
    } else if (!model->world && !node->exited && !prepare(node)) {
        bridge_fail(model, "%s: the server does not answer", node->name);
    } else if (!model->world && node->exited) {
        bridge_fail(model, "%s: the server ended at once: is its conf right? (%s)", node->name, node->folder);
    }
    if (node->exited) host_timer_at(host, &node->wake, 0);
}

static void gone(struct model *model, struct host *host) {
    struct stand_in *node = &model->nodes[host->index];
    bridge_keep_counts(model, host->index);
    process_kill(node);
    process_read_log(node);
    stand_in_close(node);
    node->quick.taken = node->full.taken = -1;
    node->wake.armed = false;
    node->host = NULL;
}

static bool ending(struct model *model, uint16_t party) {
    return model->nodes[party].terminating;
}

static bool child_signal(struct model *model, uint16_t party, int signal) {
    return process_signal_child(&model->nodes[party], signal);
}

static bool file_remove(struct model *model, uint16_t party, const char *name) {
    const struct stand_in *node = &model->nodes[party];
    return node->folder && remove(pool_printf(model->pool, "%s/%s", node->folder, name)) == 0;
}

static const struct outside_faults outside = {child_signal, file_remove};

/* --- the modelled system's own parts ----------------------------------------------------------------------------- */

static void boot_client(struct model *model, struct host *host) {
    model->setup->base->boot_client(model->inner, host);
}

static void client_start(struct model *model, uint16_t party) {
    model->setup->base->client_start(model->inner, party);
}

static void client_stop(struct model *model, uint16_t party) {
    model->setup->base->client_stop(model->inner, party);
}

static bool client_done(struct model *model, uint16_t party) {
    return model->setup->base->client_done(model->inner, party);
}

static uint16_t port(struct model *model, uint16_t party) {
    return model->names.model_ports[party];
}

static void put_back(struct model *model, struct pool *pool, struct reply *reply) {
    names_put_back_reply(&model->names, pool, reply);
}

/* Names in commands become the addresses that this node knows. What it said before is old now. */
static void encode(struct model *model, uint16_t party, const struct bytes *words, size_t count, struct buffer *out) {
    struct names *names = &model->names;
    struct bytes *copy = POOL_ARRAY(model->pool, struct bytes, count);
    char ip[NAMES_IP_ROOM], digits[8];
    memcpy(copy, words, count * sizeof *copy);
    int at = model->setup->real->host_word(words, count);
    uint16_t to = at < 0 ? NO_PARTY : names_find(names, words[at]);
    if (to != NO_PARTY) {
        names_ip(names, party, to, ip);
        copy[at] = (struct bytes){ip, strlen(ip)};
        snprintf(digits, sizeof digits, "%u", names->model_ports[to]);
        bool same = words[at + 1].len == strlen(digits) && memcmp(words[at + 1].at, digits, words[at + 1].len) == 0;
        snprintf(digits, sizeof digits, "%u", names->real_ports[to]);
        if (same) copy[at + 1] = (struct bytes){digits, strlen(digits)};
    }
    model->setup->base->encode(model->inner, party, copy, count, out);
    pool_free(model->pool, copy, count * sizeof *copy);
    forget_readings(model);
}

static size_t check_count(struct model *model) {
    (void)model;
    return 0;
}

static struct check_result check_get(struct model *model, size_t i) {
    (void)model;
    (void)i;
    assert(false && "no checks on the real side");
    return (struct check_result){0};
}

static bool broken(struct model *model) {
    return model->problem[0] != '\0';
}

/* --- the table --------------------------------------------------------------------------------------------------- */

void bridge_system(const struct bridge_setup *setup, struct system *system) {
    *system = *setup->base;
    system->create = create;
    system->finish = finish;
    system->boot = boot;
    system->outside = &outside;
    system->gone = gone;
    system->ending = ending;
    system->boot_client = boot_client;
    system->client_start = client_start;
    system->client_stop = client_stop;
    system->client_done = client_done;
    system->encode = encode;
    system->put_back = put_back;
    system->port = port;
    system->field_read = bridge_field_read;
    system->fields_each = bridge_fields_each;
    system->metric_read = bridge_metric_read;
    system->check_holds = bridge_check_holds;
    system->check_count = check_count;
    system->check_get = check_get;
    system->broken = broken;
    system->settled = bridge_settled;
    system->sample_names = NULL;
    system->sample = NULL;
}

const struct names *bridge_names(const struct model *model) {
    return &model->names;
}
