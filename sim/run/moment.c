/* A run at a moment. */
#include "sim/run/moment.h"

#include <assert.h>

#include "sim/run/expect.h"
#include "sim/run/recording.h"
#include "sim/run/rest.h"
#include "sim/run/state.h"
#include "sim/run/wildcard.h"

/* --- nodes ------------------------------------------------------------------------------------------------ */

struct collecting {
    struct run *run;
    uint16_t node;
    bool all;
    struct node_field *items;
    size_t count, room;
};

static bool is_in_overview(const struct system *system, const char *name) {
    const char *const *patterns = system->overview_fields;
    for (size_t i = 0; patterns && patterns[i]; i++) {
        if (wildcard_match(patterns[i], (struct bytes){name, strlen(name)})) return true;
    }
    return !patterns;
}

static void take_field(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct collecting *c = ctx;
    struct pool *pool = c->run->pool;
    if (!c->all && !is_in_overview(c->run->system, name)) return;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        c->items = pool_resize(pool, c->items, c->room * sizeof *c->items, room * sizeof *c->items);
        c->room = room;
    }
    c->items[c->count++] = (struct node_field){.node = c->node,
                                               .name = pool_strdup(pool, name),
                                               .is_number = value->kind == FIELD_NUMBER,
                                               .number = value->number,
                                               .text = pool_strdup(pool, text ? text : "")};
}

static struct moment_node take_node(struct run *run, uint16_t party, bool all) {
    const struct world *w = run->world;
    struct collecting c = {.run = run, .node = party, .all = all};
    struct moment_node node = {.party = party, .alive = world_alive(w, party)};
    if (node.alive) {
        sim_time busy = world_busy_until(w, party);
        node.paused = world_paused(w, party);
        node.ending = world_ending(w, party);
        node.has_child = world_has_child(w, party);
        node.busy_until = busy > world_now(w) ? busy : 0;
        run->system->fields_each(run->model, party, take_field, &c);
    }
    node.fields = c.items;
    node.field_count = c.count;
    return node;
}

static void take_parties(struct run *run, uint16_t watch, struct moment *moment) {
    struct moment_node *nodes = POOL_ARRAY(run->pool, struct moment_node, run->node_count);
    for (uint16_t i = 0; i < run->node_count; i++) nodes[i] = take_node(run, i, i == watch);
    moment->nodes = nodes;
    moment->node_count = run->node_count;
    size_t count = (size_t)(run->party_count - run->node_count);
    struct moment_client *clients = POOL_ARRAY(run->pool, struct moment_client, count);
    for (size_t i = 0; i < count; i++) {
        uint16_t party = (uint16_t)(run->node_count + i);
        clients[i] =
            (struct moment_client){party, world_alive(run->world, party), run->system->client_done(run->model, party)};
    }
    moment->clients = clients;
    moment->client_count = count;
}

/* --- links -------------------------------------------------------------------------------------------------- */

/* Appends a link that has something to tell. `links` may be NULL: then it is only counted. */
static void take_link(struct run *run, uint16_t from, uint16_t to, struct moment_link *links, size_t *count) {
    struct moment_link link = {.from = from,
                               .to = to,
                               .in_flight = world_in_flight(run->world, from, to),
                               .cut = world_is_cut(run->world, from, to),
                               .refused = world_is_refused(run->world, from, to)};
    if (link.in_flight == 0 && !link.cut && !link.refused) return;
    if (links) links[*count] = link;
    ++*count;
}

static size_t walk_links(struct run *run, struct moment_link *links) {
    size_t count = 0;
    for (uint16_t from = 0; from < run->party_count; from++) {
        for (uint16_t to = 0; to < run->party_count; to++) {
            if (from != to) take_link(run, from, to, links, &count);
        }
    }
    return count;
}

static void take_links(struct run *run, struct moment *moment) {
    struct moment_link *links = POOL_ARRAY(run->pool, struct moment_link, walk_links(run, NULL));
    moment->link_count = walk_links(run, links);
    moment->links = links;
}

/* --- what is broken ----------------------------------------------------------------------------------------- */

static void add_check(struct moment *moment, struct check_result *checks, const struct check_result *check) {
    if (check->verdict == VERDICT_OK) return;
    checks[moment->check_count++] = *check;
    if (check->verdict == VERDICT_VIOLATION) moment->failed = true;
}

/* The run goes on no further: what its checks have found so far. */
static void judge_so_far(struct run *run, struct moment *moment) {
    run->system->finish(run->model, false);
    size_t count = run->system->check_count(run->model);
    struct check_result *checks = POOL_ARRAY(run->pool, struct check_result, count);
    for (size_t i = 0; i < count; i++) {
        struct check_result check = run->system->check_get(run->model, i);
        add_check(moment, checks, &check);
    }
    moment->checks = checks;
    moment->at = world_now(run->world);
    moment->count = trace_count(run->trace);
    moment->trace = trace_hash(run->trace);
}

static void judge_whole(struct run *run, struct moment *moment) {
    struct run_result result;
    run_finish(run, &result);
    struct check_result *checks = POOL_ARRAY(run->pool, struct check_result, result.check_count);
    for (size_t i = 0; i < result.check_count; i++) add_check(moment, checks, &result.checks[i]);
    moment->checks = checks;
    moment->over = true;
    moment->ended = result.sim_ns;
    moment->at_rest = run->at_rest;
    moment->failed = !result.passed;
    moment->at = world_now(run->world);
    moment->count = trace_count(run->trace);
    moment->trace = result.trace;
}

void moment_take(struct run *run, uint16_t watch, const struct tail *tail, struct moment *moment) {
    *moment = (struct moment){.identity = recording_identity(run), .tail = tail};
    if (run_is_over(run)) {
        judge_whole(run, moment);
    } else {
        judge_so_far(run, moment);
    }
    moment->missed = expectations_missed(run, &moment->missed_count);
    if (moment->missed_count > 0) moment->failed = true;
    struct buffer waits;
    buffer_init(&waits, run->pool);
    moment->waits = rest_system_settled(run, &waits) ? "" : waits.len > 0 ? waits.at : "something still changes";
    take_parties(run, watch, moment);
    take_links(run, moment);
    assert(moment->identity);
}
