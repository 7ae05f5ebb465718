#include "sim/run/conform_bridge.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/run/conform_parts.h"
#include "sim/run/state.h"

/* How old a reading may be for expectations, and while the run waits to be at rest. */
#define FRESH       (2 * SIM_MS)
#define FRESH_QUIET (40 * SIM_MS)
/* The servers must be at rest so long, on top of what the model took. */
#define QUIET_FOR (300 * SIM_MS)
/* The clock and log files are looked at so often. */
enum { TICK_MS = 5 };
/* At the end a check may be asked so often, so far apart. */
enum { LAST_LOOKS = 25, LAST_LOOK_NS = 20000000 };

/* --- clock, problems
 * -------------------------------------------------------------------------------------------------- */

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

/* --- making
 * ---------------------------------------------------------------------------------------------------------------- */

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

/* --- servers
 * ------------------------------------------------------------------------------------------------------------ */

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

/* Servers have been up for different times when time begins, as in the model: their crons are out of phase. */
static void wait_for_phase(struct model *model) {
    uint64_t ns = chance_below(&model->phases, (uint64_t)SIM_SECOND / (model->node_count + 1u) * 2);
    struct timespec pause = {(time_t)(ns / (uint64_t)SIM_SECOND), (long)(ns % (uint64_t)SIM_SECOND)};
    nanosleep(&pause, NULL);
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
        wait_for_phase(model);
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

/* What it has counted, as far as it still says. */
static void keep_counts(struct model *model, uint16_t party) {
    const struct real *real = model->setup->real;
    for (uint16_t i = 0; i < model->node_count; i++) model->view[i] = NULL;
    model->view[party] = hand_read(&model->nodes[party], false, 0);
    struct readings_view view = {model->view,       model->names.nodes, model->names.model_ports,
                                 model->node_count, reading_find,       NULL};
    for (size_t i = 0; real->metrics[i] && model->view[party]; i++) {
        model->ended[i] += real->metric(&view, real->metrics[i]);
    }
}

static void gone(struct model *model, struct host *host) {
    struct stand_in *node = &model->nodes[host->index];
    keep_counts(model, host->index);
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

/* --- the modelled system's own parts
 * -------------------------------------------------------------------------------------- */

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

/* --- reading
 * --------------------------------------------------------------------------------------------------------------- */

static struct readings_view look(struct model *model, sim_time age) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        model->view[i] = model->nodes[i].host ? hand_read(&model->nodes[i], false, age) : NULL;
    }
    return (struct readings_view){model->view,       model->names.nodes, model->names.model_ports,
                                  model->node_count, reading_find,       NULL};
}

static bool is_number(const char *text, int64_t *n) {
    char *end;
    size_t len = strlen(text);
    if (len == 0 || len > 19) return false;
    *n = strtoll(text, &end, 10);
    return *end == '\0';
}

static void set_number(struct field_value *value, struct buffer *text, int64_t n) {
    value->kind = FIELD_NUMBER;
    value->number = n;
    buffer_printf(text, "%lld", (long long)n);
}

/* What a server said of the field. */
static void read_said(struct model *model, struct stand_in *node, const char *name, struct field_value *value,
                      struct buffer *text) {
    bool all = model->setup->real->is_expensive(name);
    const struct reading *reading = hand_read(node, all, FRESH);
    const char *said = reading ? reading_find(reading, name) : NULL;
    if (!said) return;
    value->unit = model->setup->real->unit(name);
    value->kind = is_number(said, &value->number) ? FIELD_NUMBER : FIELD_TEXT;
    buffer_puts(text, said);
}

static void read_named(struct model *model, uint16_t party, const char *name, struct field_value *value,
                       struct buffer *text) {
    struct stand_in *node = &model->nodes[party];
    int64_t n;
    *value = (struct field_value){.kind = FIELD_UNDEFINED};
    if (strcmp(name, "alive") == 0) {
        set_number(value, text, node->host != NULL);
    } else if (node->host) {
        struct readings_view view = look(model, FRESH);
        if (model->setup->real->across(&view, party, name, &n)) {
            set_number(value, text, n);
        } else {
            read_said(model, node, name, value, text);
        }
    }
    if (value->kind != FIELD_UNDEFINED) return;
    bool answers = !node->host || hand_read(node, false, FRESH) != NULL;
    buffer_printf(text, "%s %s", node->name, answers ? "has no such field: " : BRIDGE_UNANSWERED);
    if (answers) buffer_puts(text, name);
    value->why = text->at;
}

static void field_read(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text) {
    char room[32];
    read_named(model, party, model->setup->real->field_name(field, room, sizeof room), value, text);
}

static void fields_each(struct model *model, uint16_t party,
                        void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                        void *ctx) {
    static const char *const ours[] = {"dbsize", "digest", "alive", "lag_bytes", NULL};
    struct stand_in *node = &model->nodes[party];
    const struct reading *reading = node->host ? hand_read(node, false, FRESH) : NULL;
    struct field_value value;
    struct buffer text;
    buffer_init(&text, model->pool);
    for (size_t i = 0; reading && i < reading->count; i++) {
        const char *said = reading_value(reading, i);
        value = (struct field_value){.kind = FIELD_TEXT};
        if (is_number(said, &value.number)) value.kind = FIELD_NUMBER;
        each(ctx, reading_name(reading, i), &value, said);
    }
    for (size_t i = 0; ours[i]; i++) {
        if (reading && reading_find(reading, ours[i])) continue;
        buffer_clear(&text);
        read_named(model, party, ours[i], &value, &text);
        if (value.kind != FIELD_UNDEFINED) each(ctx, ours[i], &value, text.at);
    }
    buffer_free(&text);
}

static bool is_among(const char *const *names, const char *name) {
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* What the processes that are over had counted is kept by metric. */
static int64_t *ended_count(struct model *model, const char *name) {
    const char *const *names = model->setup->real->metrics;
    size_t i = 0;
    while (strcmp(names[i], name) != 0) i++;
    return &model->ended[i];
}

static bool metric_read(struct model *model, const char *name, struct field_value *value) {
    const struct real *real = model->setup->real;
    *value = (struct field_value){.kind = FIELD_UNDEFINED, .why = "it is known to the model only"};
    if (!is_among(real->metrics, name)) return true;
    struct readings_view view = look(model, FRESH);
    *value = (struct field_value){.kind = FIELD_NUMBER};
    value->number = real->metric(&view, name) + *ended_count(model, name);
    return true;
}

/* Servers are asked one after the other: what moves on in between seems not to be equal. At the end there is time to
 * look again. */
static bool check_holds(struct model *model, const char *name, struct buffer *why) {
    const struct real *real = model->setup->real;
    if (!is_among(real->checks, name)) {
        buffer_puts(why, "it is judged inside the model only");
        return false;
    }
    size_t told = why->len;
    for (int looks = model->over ? LAST_LOOKS : 1;; looks--) {
        struct timespec pause = {0, LAST_LOOK_NS};
        struct readings_view view = look(model, model->over ? 0 : FRESH);
        bool holds = real->check(&view, name, why);
        if (holds || looks <= 1) return holds;
        why->len = told;
        nanosleep(&pause, NULL);
    }
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

/* --- rest
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool settled(struct model *model, const struct rest_view *rest, struct buffer *why) {
    sim_time now = bridge_now(model);
    if (now < model->setup->rest_from) {
        buffer_puts(why, "the model came to rest later");
        return false;
    }
    if (now > model->setup->rest_by) return true;
    if (model->asked_quiet < 0 || now - model->asked_quiet > FRESH_QUIET) {
        struct readings_view view = look(model, FRESH_QUIET);
        view.rest = rest;
        model->asked_quiet = now;
        bool quiet = model->setup->real->settled(&view, why);
        if (!quiet)
            model->quiet_since = -1;
        else if (model->quiet_since < 0)
            model->quiet_since = now;
    }
    if (model->quiet_since >= 0 && now - model->quiet_since >= QUIET_FOR) return true;
    if (why->len == 0) buffer_puts(why, "at rest for a moment only");
    return false;
}

/* --- the table
 * --------------------------------------------------------------------------------------------------------------- */

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
    system->field_read = field_read;
    system->fields_each = fields_each;
    system->metric_read = metric_read;
    system->check_holds = check_holds;
    system->check_count = check_count;
    system->check_get = check_get;
    system->broken = broken;
    system->settled = settled;
    system->sample_names = NULL;
    system->sample = NULL;
}

const struct names *bridge_names(const struct model *model) {
    return &model->names;
}

/* --- the loop
 * ------------------------------------------------------------------------------------------------------------------ */

static void time_is_up(uv_timer_t *timer) {
    (void)timer;
}

/* Waits until a socket is ready, or at most to `until`. */
static void wait_outside(struct model *model, sim_time until) {
    sim_time now = bridge_now(model);
    sim_time wait = until > now ? until - now : 0;
    uint64_t ms = wait > TICK_MS * SIM_MS ? TICK_MS : (uint64_t)((wait + SIM_MS - 1) / SIM_MS);
    uv_update_time(&model->loop);
    /* It repeats: one that fired before libuv polls would leave nothing to wake it. */
    uv_timer_start(&model->timer, time_is_up, ms, 1);
    uv_run(&model->loop, ms > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

/* What has changed without a socket's saying so. */
static void look_around(struct model *model) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        struct stand_in *node = &model->nodes[i];
        stand_in_set_gates(node);
        if (node->host) stand_in_wake(node);
    }
}

static void begin_time(struct model *model, struct run *run) {
    wait_for_phase(model);
    for (uint16_t i = 0; i < model->node_count; i++) process_skip_log(&model->nodes[i]);
    clock_gettime(CLOCK_MONOTONIC, &model->zero);
    model->world = run->world;
}

static void end_all(struct model *model) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        stand_in_close(&model->nodes[i]);
        process_kill(&model->nodes[i]);
    }
    uv_close((uv_handle_t *)&model->timer, NULL);
    uv_run(&model->loop, UV_RUN_DEFAULT);
    uv_loop_close(&model->loop);
    pool_destroy(model->asking);
}

bool bridge_run(const struct run_setup *setup, struct run_result *result, const char **problem) {
    struct run *run = run_begin(setup);
    struct model *model = run->model;
    begin_time(model, run);
    while (model->problem[0] == '\0') {
        look_around(model);
        sim_time now = bridge_now(model);
        if (!run_advance(run, &(struct run_moment){now, UINT64_MAX})) break;
        wait_outside(model, world_next(run->world));
    }
    *problem = model->problem[0] ? pool_strdup(setup->pool, model->problem) : NULL;
    if (!*problem) run_finish(run, result);
    end_all(model);
    return !*problem;
}
