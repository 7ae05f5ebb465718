/* The machines and processes of a run. */
#include "sim/run/cluster.h"

#include <assert.h>

#include "sim/run/console.h"
#include "sim/run/costs.h"
#include "sim/run/links.h"
#include "sim/run/timeline.h"

/* 2024-01-01 00:00:00 UTC. */
#define WALL_START (INT64_C(1704067200) * SIM_SECOND)

struct settings {
    const struct setting *items;
    size_t count;
};

struct machine {
    struct settings own;  /* the conf lines in force for it */
    struct settings next; /* of the process that starts next, and while it runs */
    bool starting;        /* a start is due: `start` is pending, or waits for the end of the process */
    struct deed start;
    struct gone_call *gone_calls;
};

struct cluster {
    struct machine *machines; /* by party: nodes only */
};

/* --- processes ---------------------------------------------------------------------------------- */

static void boot_node(void *ctx, struct host *host) {
    struct run *run = ctx;
    const struct settings *settings = &run->cluster->machines[host->index].next;
    run->system->boot(run->model, host, settings->items, settings->count);
}

static void boot_client(void *ctx, struct host *host) {
    struct run *run = ctx;
    run->system->boot_client(run->model, host);
}

static void do_start(struct run *run, struct deed *deed) {
    struct machine *machine = CONTAINER_OF(deed, struct machine, start);
    uint16_t party = (uint16_t)(machine - run->cluster->machines);
    machine->starting = false;
    world_start(run->world, party);
}

/* The process is over. What follows is done by events: this may be in the middle of the world's work. */
static void node_gone(void *ctx, struct host *host) {
    struct run *run = ctx;
    struct machine *machine = &run->cluster->machines[host->index];
    run->system->gone(run->model, host);
    if (machine->starting && !deed_pending(&machine->start)) {
        timeline_awaited_came(run);
        timeline_add(run, &machine->start, world_now(run->world), 0, do_start);
    }
    struct gone_call *calls = machine->gone_calls;
    machine->gone_calls = NULL;
    while (calls) {
        struct gone_call *call = calls;
        calls = call->next;
        call->call(run, call);
    }
}

void cluster_when_gone(struct run *run, uint16_t party, struct gone_call *call) {
    struct machine *machine = &run->cluster->machines[party];
    assert(world_alive(run->world, party));
    call->next = machine->gone_calls;
    machine->gone_calls = call;
}

static bool is_ending(struct run *run, uint16_t party) {
    if (world_ending(run->world, party)) return true;
    return run->system->ending && run->system->ending(run->model, party);
}

size_t cluster_waits_in_vain(struct run *run) {
    size_t count = 0;
    for (uint16_t i = 0; i < run->node_count; i++) {
        if (!world_alive(run->world, i) || is_ending(run, i)) continue;
        for (const struct gone_call *c = run->cluster->machines[i].gone_calls; c; c = c->next) count++;
        if (run->cluster->machines[i].starting) count++;
    }
    return count;
}

bool cluster_terminate(struct run *run, uint16_t party) {
    return !is_ending(run, party) && world_terminate(run->world, party);
}

/* --- settings ------------------------------------------------------------------------------------- */

static struct settings settings_from(struct run *run, const struct conf_line *lines, size_t count) {
    struct setting *items = POOL_ARRAY(run->pool, struct setting, count);
    for (size_t i = 0; i < count; i++) items[i] = (struct setting){lines[i].words, lines[i].word_count};
    return (struct settings){items, count};
}

static bool same_word(struct bytes a, struct bytes b) {
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static bool merges_by_first(const struct run *run, struct bytes name) {
    const struct directive *d = run->system->words->directives;
    for (; d && d->name; d++) {
        if (same_word((struct bytes){d->name, strlen(d->name)}, name)) return d->merge == MERGE_BY_FIRST;
    }
    return false;
}

/* Whether `with` takes the place of a line: the same directive, for the same class where it has classes. */
static bool replaces(const struct run *run, const struct conf_line *with, const struct setting *line) {
    if (!same_word(with->words[0], line->words[0])) return false;
    bool by_first = merges_by_first(run, with->words[0]) && with->word_count > 1 && line->word_count > 1;
    return !by_first || same_word(with->words[1], line->words[1]);
}

static struct settings settings_with(struct run *run, const struct settings *own, const struct conf_line *with) {
    if (!with || with->word_count == 0) return *own;
    struct setting *items = POOL_ARRAY(run->pool, struct setting, own->count + 1);
    size_t n = 0;
    for (size_t i = 0; i < own->count; i++) {
        if (!replaces(run, with, &own->items[i])) items[n++] = own->items[i];
    }
    items[n++] = (struct setting){with->words, with->word_count};
    return (struct settings){items, n};
}

/* --- starting again ------------------------------------------------------------------------------- */

void cluster_restart(struct run *run, uint16_t party, const struct conf_line *with) {
    struct machine *machine = &run->cluster->machines[party];
    bool waits = world_alive(run->world, party) && is_ending(run, party);
    if (!waits && world_alive(run->world, party)) world_crash(run->world, party);
    machine->next = settings_with(run, &machine->own, with);
    if (waits) {
        if (!machine->starting) timeline_await(run);
        machine->starting = true;
    } else {
        world_start(run->world, party);
    }
}

bool cluster_revive(struct run *run, uint16_t party) {
    struct machine *machine = &run->cluster->machines[party];
    if (world_alive(run->world, party)) return false;
    machine->next = machine->own;
    return world_start(run->world, party);
}

/* --- making ----------------------------------------------------------------------------------------- */

static uint16_t add_party(struct run *run, const char *name, enum party_kind kind, world_boot_fn *boot,
                          const struct costs *costs) {
    struct party_setup setup = {.name = name,
                                .kind = kind,
                                .costs = *costs,
                                .boot = boot,
                                .gone = kind == PARTY_SERVER ? node_gone : NULL,
                                .ctx = run};
    return world_add(run->world, &setup);
}

static bool names_party(const struct party_set *set, uint16_t party) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->party[i] == party) return true;
    }
    return false;
}

/* A name or a list wins over a glob, a glob over `*`; among equals the later line. */
static struct costs costs_of(const struct run *run, uint16_t node) {
    struct costs costs = costs_default();
    for (unsigned rank = 0; rank <= 2; rank++) {
        for (size_t i = 0; i < run->plan->statement_count; i++) {
            const struct statement *st = &run->plan->statements[i];
            if (st->kind != ST_COST || st->nodes.rank != rank || !names_party(&st->nodes, node)) continue;
            costs_set(&costs, st->name, &st->value);
        }
    }
    return costs;
}

static void add_parties(struct run *run) {
    const struct plan *plan = run->plan;
    struct costs costs;
    for (size_t i = 0; i < plan->node_count; i++) {
        costs = costs_of(run, (uint16_t)i);
        add_party(run, plan->nodes[i].name, PARTY_SERVER, boot_node, &costs);
    }
    costs = costs_default();
    for (size_t i = 0; i < plan->client_count; i++) {
        add_party(run, plan->clients[i].name, PARTY_CLIENT, boot_client, &costs);
    }
    uint16_t console = add_party(run, CONSOLE_NAME, PARTY_CONSOLE, console_boot, &costs);
    assert(console == run->console_party);
    (void)console;
}

static void set_clocks(struct run *run) {
    struct chance chance = chance_named(run->seed, "wall clock", NULL, NULL, 0);
    sim_time wall = WALL_START + (sim_time)chance_below(&chance, (uint64_t)SIM_SECOND);
    for (uint16_t i = 0; i <= run->console_party; i++) world_clock_set(run->world, i, wall);
}

static bool is_usual(const struct spread *latency) {
    return latency->a == 0 && latency->b == 0;
}

static void set_links(struct run *run) {
    struct link_change *usual = POOL_NEW(run->pool, struct link_change);
    *usual = (struct link_change){.everywhere = true, .latency = run->setup->latency};
    usual->set[LINK_LATENCY] = true;
    if (!is_usual(&usual->latency)) links_add(run, POOL_NEW(run->pool, struct link_layer), usual);
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        const struct statement *st = &run->plan->statements[i];
        if (st->kind == ST_LINK) links_add(run, POOL_NEW(run->pool, struct link_layer), &st->link);
    }
}

struct cluster *cluster_create(struct run *run) {
    struct cluster *cluster = POOL_NEW(run->pool, struct cluster);
    cluster->machines = POOL_ARRAY(run->pool, struct machine, run->node_count);
    for (uint16_t i = 0; i < run->node_count; i++) {
        size_t count = 0;
        const struct conf_line *lines = plan_conf(run->plan, i, run->pool, &count);
        cluster->machines[i].own = settings_from(run, lines, count);
        cluster->machines[i].next = cluster->machines[i].own;
    }
    add_parties(run);
    set_clocks(run);
    set_links(run);
    return cluster;
}

const struct setting *cluster_settings(const struct run *run, uint16_t node, size_t *count) {
    const struct settings *own = &run->cluster->machines[node].own;
    *count = own->count;
    return own->items;
}

void cluster_start(struct run *run) {
    world_start(run->world, run->console_party);
    for (uint16_t i = 0; i < run->node_count; i++) {
        if (!run->plan->nodes[i].statement->off) world_start(run->world, i);
    }
    for (uint16_t i = run->node_count; i < run->party_count; i++) world_start(run->world, i);
}
