/* Links: latency, bandwidth, loss, cuts and refusals of each directed pair of machines. */
#include <assert.h>
#include <string.h>

#include "sim/world/tcp.h"

#define RTO_LEAST (200 * SIM_MS) /* TCP_RTO_MIN of Linux */

struct link link_default(void) {
    return (struct link){
        /* One way within a data centre. */
        .latency = {SPREAD_UNIFORM, 100 * SIM_US, 200 * SIM_US, 0},
        .bandwidth = INT64_C(1250000000), /* 10 gbit/s */
        /* A stopped peer swallowed 3.8 to 4.0 MB on loopback (replication reference 18). */
        .buffer = INT64_C(4) << 20,
    };
}

static struct wire *wire_new(struct world *w, uint16_t a, uint16_t b) {
    struct wire *wire = POOL_NEW(w->pool, struct wire);
    const char *from = world_machine(w, a)->host.name, *to = world_machine(w, b)->host.name;
    wire->link = link_default();
    struct chance root = chance_named(w->seed, "link", from, to, 0);
    wire->latency.key = chance_bits(&root);
    wire->loss.key = chance_bits(&root);
    wire->chop.key = chance_bits(&root);
    wire->acks.key = chance_bits(&root);
    return wire;
}

struct wire *wire_get(struct world *w, uint16_t a, uint16_t b) {
    struct machine *m = world_machine(w, a);
    assert(b < w->count);
    if (b >= m->wire_room) {
        uint16_t room = w->count;
        m->wires = pool_resize(w->pool, m->wires, m->wire_room * sizeof(*m->wires), room * sizeof(*m->wires));
        memset(m->wires + m->wire_room, 0, (size_t)(room - m->wire_room) * sizeof(*m->wires));
        m->wire_room = room;
    }
    if (!m->wires[b]) m->wires[b] = wire_new(w, a, b);
    return m->wires[b];
}

bool wire_loses(struct wire *wire) {
    return wire->cut > 0 || (wire->link.loss_ppm > 0 && chance_share(&wire->loss, wire->link.loss_ppm));
}

sim_time wire_arrival(struct wire *wire, uint32_t bytes, sim_time left) {
    if (wire->free_at > left) left = wire->free_at;
    wire->free_at = left + host_transfer_time(bytes, wire->link.bandwidth);
    return wire->free_at + chance_spread(&wire->latency, &wire->link.latency);
}

sim_time wire_ack_delay(struct wire *wire, struct wire *back) {
    return chance_spread(&wire->acks, &back->link.latency);
}

/* A latency that is seldom exceeded. */
static sim_time long_latency(const struct spread *s) {
    if (s->kind == SPREAD_UNIFORM) return s->b;
    return s->kind == SPREAD_CONSTANT ? s->a : 3 * s->a;
}

sim_time wire_rto(const struct wire *out, const struct wire *back) {
    sim_time rto = 2 * (long_latency(&out->link.latency) + long_latency(&back->link.latency));
    return rto < RTO_LEAST ? RTO_LEAST : rto;
}

/* --- the run's hands on links --------------------------------------------------------------------------- */

struct link *world_link(struct world *w, uint16_t a, uint16_t b) {
    return &wire_get(w, a, b)->link;
}

void world_cut(struct world *w, uint16_t a, uint16_t b, int by) {
    struct wire *wire = wire_get(w, a, b);
    wire->cut = wire->cut + by > 0 ? wire->cut + by : 0; /* a heal may have come first */
}

bool world_is_cut(const struct world *w, uint16_t a, uint16_t b) {
    const struct machine *m = world_machine(w, a);
    return b < m->wire_room && m->wires[b] && m->wires[b]->cut > 0;
}

bool world_is_refused(const struct world *w, uint16_t a, uint16_t b) {
    const struct machine *m = world_machine(w, a);
    return b < m->wire_room && m->wires[b] && m->wires[b]->refused > 0;
}

void world_refuse(struct world *w, uint16_t a, uint16_t b, int by) {
    struct wire *wire = wire_get(w, a, b);
    bool before = wire->refused > 0;
    wire->refused = wire->refused + by > 0 ? wire->refused + by : 0;
    if (!before && wire->refused > 0) world_reset(w, a, b);
}

/* Both ends learn of it at once: whoever resets a connection in the middle tells both. */
static void reset_both(struct tcp *t) {
    for (int i = 0; i < 2; i++) {
        struct socket *s = &t->end[i];
        flow_kill(s);
        if (s->state != SOCKET_OPEN && s->state != SOCKET_BORN && s->state != SOCKET_LEFT) continue;
        tap_bare(socket_peer(s), PACKET_RST, t->world->now);
        socket_end(s, CONN_RESET);
        socket_wake(s);
    }
}

static unsigned reset_sockets(struct machine *m, uint16_t peer) {
    unsigned count = 0;
    for (struct ring *r = m->sockets.next, *next; r != &m->sockets; r = next) {
        next = r->next;
        struct socket *s = CONTAINER_OF(r, struct socket, of_machine);
        if (s->conn.peer != peer || s->state != SOCKET_OPEN || s->tcp->local) continue;
        reset_both(s->tcp);
        count++;
        next = m->sockets.next; /* a born end may have left the ring; what was reset is not open any more */
    }
    return count;
}

unsigned world_reset(struct world *w, uint16_t a, uint16_t b) {
    return reset_sockets(world_machine(w, a), b) + reset_sockets(world_machine(w, b), a);
}

bool world_heal(struct world *w, uint16_t a, uint16_t b) {
    struct wire *there = wire_get(w, a, b), *back = wire_get(w, b, a);
    bool changed = there->cut || there->refused || back->cut || back->refused;
    there->cut = there->refused = back->cut = back->refused = 0;
    return changed;
}

uint64_t world_in_flight(const struct world *w, uint16_t a, uint16_t b) {
    const struct machine *m = world_machine(w, b);
    uint64_t bytes = 0;
    for (struct ring *r = m->sockets.next; r != &m->sockets; r = r->next) {
        struct socket *s = CONTAINER_OF(r, struct socket, of_machine);
        if (s->conn.peer == a) bytes += socket_in(s)->written - socket_in(s)->read;
    }
    return bytes;
}

uint64_t world_bytes_delivered(const struct world *w) {
    return w->delivered;
}
