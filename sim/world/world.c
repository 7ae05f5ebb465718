/* The world: its parties, its time, and the loop that fires events in order. */
#include "sim/world/world.h"

#include <assert.h>
#include <string.h>

#include "sim/world/child.h"
#include "sim/world/machine.h"
#include "sim/world/tcp.h"

const struct host_ops world_host_ops = {
    .listen = socket_listen,
    .connect = socket_connect,
    .write = socket_write,
    .peek = socket_peek,
    .consume = socket_consume,
    .reading = socket_reading,
    .close = socket_close,
    .peer_name = socket_peer_name,
    .peer_port = socket_peer_port,
    .timer_at = machine_timer_at,
    .timer_stop = machine_timer_stop,
    .file_open = disk_open,
    .file_write = disk_write,
    .file_read = disk_read,
    .file_size = disk_size,
    .file_sync = disk_sync,
    .file_write_out = disk_write_out,
    .file_sync_later = disk_sync_later,
    .file_syncing = disk_syncing,
    .file_truncate = disk_truncate,
    .file_close = disk_close,
    .rename = disk_rename,
    .remove = disk_remove,
    .sync_dir = disk_sync_dir,
    .fork = child_fork,
    .child_kill = child_kill,
    .child_reap = child_reap,
    .child_write = child_write,
    .child_peek = child_peek,
    .child_consume = child_consume,
    .child_exit = child_exit,
    .exit = machine_exit,
    .look = machine_look,
};

struct world *world_create(const struct world_setup *setup) {
    struct world *w = POOL_NEW(setup->pool, struct world);
    w->pool = setup->pool;
    w->trace = setup->trace;
    w->seed = setup->seed;
    w->probes = setup->probes;
    w->queue = queue_create(w->pool);
    ties_init(&w->ties, w->pool, w->seed, setup->ties);
    ring_init(&w->local);
    ring_init(&w->ended);
    return w;
}

/* --- parties -------------------------------------------------------------------------------------------- */

static struct machine *machine_new(struct world *w, const struct party_setup *setup) {
    struct machine *m = POOL_NEW(w->pool, struct machine);
    m->world = w;
    m->kind = setup->kind;
    m->setup = *setup;
    m->kernel_up = true;
    m->host = (struct host){.ops = &world_host_ops,
                            .name = pool_strdup(w->pool, setup->name),
                            .pool = w->pool,
                            .trace = w->trace,
                            .costs = &m->setup.costs,
                            .spending = &m->spent,
                            .probes = w->probes,
                            .seed = w->seed,
                            .index = w->count};
    struct ring *heads[] = {&m->connection_events, &m->readables, &m->due_timers,   &m->child_pipes, &m->armed_timers,
                            &m->writers,           &m->sockets,   &m->left_sockets, &m->children};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) ring_init(heads[i]);
    machine_init(m);
    disk_init(m);
    machine_set_clock(m);
    return m;
}

uint16_t world_add(struct world *w, const struct party_setup *setup) {
    assert(setup->name && setup->boot && w->count < NO_PARTY);
    if (w->count == w->room) {
        uint16_t room = (uint16_t)(w->room + 16);
        size_t unit = sizeof(*w->machines);
        w->machines = pool_resize(w->pool, w->machines, w->room * unit, room * unit);
        w->room = room;
    }
    w->machines[w->count] = machine_new(w, setup);
    return w->count++;
}

struct host *world_host(struct world *w, uint16_t party) {
    return &world_machine(w, party)->host;
}

uint16_t world_party_count(const struct world *w) {
    return w->count;
}

uint16_t world_find(const struct world *w, const char *name) {
    for (uint16_t i = 0; i < w->count; i++)
        if (strcmp(w->machines[i]->host.name, name) == 0) return i;
    return NO_PARTY;
}

enum party_kind world_party_kind(const struct world *w, uint16_t party) {
    return world_machine(w, party)->kind;
}

uint64_t world_change_count(const struct world *w) {
    return w->changes;
}

/* --- events --------------------------------------------------------------------------------------------- */

static void insert(struct world *w, struct event *e, sim_time at, uint64_t tie) {
    assert(at >= w->now && e->fire);
    e->at = at;
    e->tie = tie;
    queue_insert(w->queue, e);
}

void world_event_at(struct world *w, struct event *e, sim_time at, uint64_t subject) {
    insert(w, e, at, ties_other(&w->ties, at, subject));
}

void world_event_at_first(struct world *w, struct event *e, sim_time at) {
    insert(w, e, at, ties_local());
}

void world_schedule(struct world *w, struct event *e, sim_time at, uint32_t rank) {
    insert(w, e, at, ties_run(rank));
}

void world_cancel(struct world *w, struct event *e) {
    queue_remove(w->queue, e);
}

sim_time world_now(const struct world *w) {
    return w->now;
}

sim_time world_next(struct world *w) {
    return queue_next(w->queue);
}

uint64_t world_events_fired(const struct world *w) {
    return w->fired;
}

/* What the run does or reads from outside sees clocks that show the present. */
static void set_clocks(struct world *w) {
    for (uint16_t i = 0; i < w->count; i++) machine_set_clock(w->machines[i]);
}

bool world_step(struct world *w) {
    struct event *e = queue_pop(w->queue);
    if (!e) return false;
    assert(e->at >= w->now && !w->turning);
    w->now = e->at;
    w->fired++;
    w->inside = !ties_is_run(e->tie);
    if (!w->inside) set_clocks(w);
    e->fire(w, e);
    w->inside = false;
    if (!ring_empty(&w->ended)) tcp_recycle_ended(w);
    return true;
}

void world_skip_to(struct world *w, sim_time at) {
    assert(at >= w->now && at <= world_next(w));
    w->now = at;
    set_clocks(w);
}

void world_run_local(struct world *w) {
    struct ring *r;
    while ((r = ring_take_first(&w->local))) machine_turn_if_free(CONTAINER_OF(r, struct machine, local));
}
