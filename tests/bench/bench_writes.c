/* Replicated writes: how many a second of real time, on one core, in the simulated world.
 *
 * Method: one master, two replicas and a client that keeps PIPELINE commands in flight, until every write was
 * acknowledged and applied by both replicas. The white-box checkers and the trace hash are on, as in every run; then
 * the same with nobody listening to the trace (the model listens to a trace of its own that stays silent). The figures
 * are the medians of several runs each, in CPU time: what else the machine does is not measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/redis/probes.h"
#include "model/redis/system.h"
#include "model/redis/workload.h"
#include "sim/world/world.h"

#define RUNS_MAX 99
#define NODES    3
#define PIPELINE 100
#define START    (3 * SIM_SECOND) /* the replicas are online by then */
#define LIMIT    (600 * SIM_SECOND)

static const char *const names[] = {"m", "r1", "r2"};

struct bench {
    const struct system *system;
    struct pool *pool, *scratch;
    struct trace *trace;
    struct world *world;
    struct model *model;
};

struct figures {
    double ns_per_write, events_per_second, events_per_write, happenings_per_write;
};

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *why) {
    fprintf(stderr, "bench_writes: %s\n", why);
    exit(1);
}

/* --- the cluster --------------------------------------------------------------------------------------------- */

static struct bytes words[][2] = {{{"save", 4}, {"", 0}}, {{"repl-diskless-sync-delay", 24}, {"0", 1}}};
static const struct setting settings[] = {{words[0], 2}, {words[1], 2}};

static void boot_server(void *ctx, struct host *host) {
    struct bench *b = ctx;
    b->system->boot(b->model, host, settings, 2);
}

static void boot_client(void *ctx, struct host *host) {
    struct bench *b = ctx;
    b->system->boot_client(b->model, host);
}

static const struct word_rule *rule_of(const struct word_rule *table, const char *name) {
    while (table->name && strcmp(table->name, name) != 0) table++;
    if (!table->name) die("an option is missing in the vocabulary");
    return table;
}

static void add_parties(struct bench *b) {
    for (size_t i = 0; i < NODES; i++)
        world_add(b->world,
                  &(struct party_setup){
                      .name = names[i], .kind = PARTY_SERVER, .costs = costs_default(), .boot = boot_server, .ctx = b});
    world_add(b->world,
              &(struct party_setup){
                  .name = "load", .kind = PARTY_CLIENT, .costs = costs_default(), .boot = boot_client, .ctx = b});
    for (uint16_t i = 0; i <= NODES; i++) world_clock_set(b->world, i, INT64_C(1704067200) * SIM_SECOND);
}

static void make_model(struct bench *b, struct trace *listened, int64_t writes) {
    static const uint16_t master[] = {0};
    const struct vocabulary *v = b->system->words;
    struct option follows = {
        .rule = rule_of(v->node_options, "replicaof"), .nodes = (uint16_t *)(uintptr_t)master, .node_count = 1};
    struct model_node_setup nodes[NODES];
    for (uint16_t i = 0; i < NODES; i++)
        nodes[i] = (struct model_node_setup){.name = names[i],
                                             .party = i,
                                             .options = &follows,
                                             .option_count = i > 0,
                                             .settings = settings,
                                             .setting_count = 2};
    const struct option load[] = {{.rule = rule_of(v->client_options, "think"), .spread = spread_constant(0)},
                                  {.rule = rule_of(v->client_options, "pipeline"), .number = PIPELINE},
                                  {.rule = rule_of(v->client_options, "from"), .number = START},
                                  {.rule = rule_of(v->client_options, "times"), .number = writes}};
    struct model_client_setup client = {.name = "load",
                                        .party = NODES,
                                        .nodes = master,
                                        .node_count = 1,
                                        .options = load,
                                        .option_count = 4,
                                        .timeline_end = LIMIT};
    b->model = b->system->create(&(struct model_setup){.pool = b->pool,
                                                       .scratch = b->scratch,
                                                       .trace = listened,
                                                       .seed = 1,
                                                       .nodes = nodes,
                                                       .node_count = NODES,
                                                       .clients = &client,
                                                       .client_count = 1});
}

static int64_t field(struct bench *b, uint16_t party, const char *name) {
    struct buffer text;
    buffer_init(&text, b->pool);
    struct field_value value;
    b->system->field_read(b->model, party, b->system->field_find(name), &value, &text);
    buffer_free(&text);
    return value.kind == FIELD_NUMBER ? value.number : -1;
}

/* --- one run --------------------------------------------------------------------------------------------------- */

static void run_until(struct bench *b, sim_time until) {
    while (world_next(b->world) <= until) world_step(b->world);
}

/* Runs until the client is done and the replicas have all of it. */
static void run_load(struct bench *b) {
    while (!b->system->client_done(b->model, NODES)) {
        if (world_next(b->world) > LIMIT) die("the client is not done in time");
        for (int i = 0; i < 1000 && world_next(b->world) <= LIMIT; i++) world_step(b->world);
    }
    run_until(b, world_now(b->world) + 2 * SIM_SECOND);
    int64_t offset = field(b, 0, "master_repl_offset");
    for (uint16_t i = 1; i < NODES; i++)
        if (field(b, i, "master_repl_offset") != offset) die("a replica is behind");
    if (b->system->broken(b->model)) die(b->system->check_get(b->model, 0).detail);
}

static void note_state(struct bench *b, uint64_t *events, uint64_t *happenings) {
    *events = world_events_fired(b->world);
    *happenings = trace_count(b->trace);
}

static struct figures measure(bool checked, int64_t writes) {
    struct bench b = {.system = redis_system(), .pool = pool_create(), .scratch = pool_create()};
    b.trace = trace_create(b.pool);
    b.world = world_create(
        &(struct world_setup){b.pool, b.trace, 1, {TIE_RANDOM, 0}, POOL_ARRAY(b.pool, uint64_t, PROBE_COUNT)});
    add_parties(&b);
    make_model(&b, checked ? b.trace : trace_create(b.pool), writes);
    for (uint16_t i = 0; i <= NODES; i++) world_start(b.world, i);
    run_until(&b, START - 1);
    uint64_t events, happenings, events_after, happenings_after;
    note_state(&b, &events, &happenings);
    double start = cpu_seconds();
    run_load(&b);
    double took = cpu_seconds() - start;
    note_state(&b, &events_after, &happenings_after);
    double n = (double)writes;
    struct figures f = {.ns_per_write = took * 1e9 / n,
                        .events_per_second = (double)(events_after - events) / took,
                        .events_per_write = (double)(events_after - events) / n,
                        .happenings_per_write = (double)(happenings_after - happenings) / n};
    pool_destroy(b.scratch);
    pool_destroy(b.pool);
    return f;
}

static int faster(const void *a, const void *b) {
    double x = ((const struct figures *)a)->ns_per_write, y = ((const struct figures *)b)->ns_per_write;
    return (x > y) - (x < y);
}

static struct figures report(const char *what, struct figures *runs, size_t count) {
    qsort(runs, count, sizeof *runs, faster);
    struct figures f = runs[count / 2];
    printf("%-14s %9.0f writes/s  %6.0f ns/write  %9.0f events/s  %.2f events/write  %.2f happenings/write\n", what,
           1e9 / f.ns_per_write, f.ns_per_write, f.events_per_second, f.events_per_write, f.happenings_per_write);
    return f;
}

int main(int argc, char **argv) {
    int64_t writes = argc > 1 ? strtoll(argv[1], NULL, 10) : 500000;
    int64_t runs = argc > 2 ? strtoll(argv[2], NULL, 10) : 5;
    if (writes <= 0 || runs <= 0 || runs > RUNS_MAX) die("usage: bench_writes [WRITES [RUNS]]");
    struct figures checked[RUNS_MAX], plain[RUNS_MAX];
    for (int64_t i = 0; i < runs; i++) { /* in turn: both see the same machine */
        checked[i] = measure(true, writes);
        plain[i] = measure(false, writes);
    }
    printf("1 master, 2 replicas, SET of 16 bytes, %d in flight, %lld writes, median of %lld runs, one core\n",
           PIPELINE, (long long)writes, (long long)runs);
    struct figures with = report("checkers on", checked, (size_t)runs);
    struct figures without = report("checkers off", plain, (size_t)runs);
    printf("checkers cost  %.1f %%\n", (with.ns_per_write / without.ns_per_write - 1) * 100);
    return 0;
}
