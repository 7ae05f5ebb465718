/* The ends of connections: what a node does with them and is told of them. How they end: close.c. */
#include <assert.h>

#include "sim/world/tcp.h"

#define EPHEMERAL_FIRST 32768u /* as on Linux */
#define EPHEMERAL_COUNT 28232u

/* --- making and recycling ------------------------------------------------------------------------------- */

static void socket_init(struct socket *s, struct tcp *t, uint16_t party, uint16_t peer) {
    s->tcp = t;
    s->conn.host = &world_machine(t->world, party)->host;
    s->conn.id = t->id;
    s->conn.peer = peer;
    s->out_wire = wire_get(t->world, party, peer);
    s->in_wire = wire_get(t->world, peer, party);
    flow_init(s);
}

static struct tcp *tcp_new(struct world *w, uint16_t from, uint16_t to, uint16_t port) {
    struct tcp *t = POOL_NEW(w->pool, struct tcp);
    t->world = w;
    t->id = ++w->connections;
    t->port = port;
    t->local = world_machine(w, from)->kind == PARTY_CONSOLE || world_machine(w, to)->kind == PARTY_CONSOLE;
    socket_init(&t->end[0], t, from, to);
    socket_init(&t->end[1], t, to, from);
    return t;
}

void tcp_recycle_ended(struct world *w) {
    struct ring *r;
    while ((r = ring_take_first(&w->ended))) {
        struct tcp *t = CONTAINER_OF(r, struct tcp, ended);
        queue_remove(w->queue, &t->handshake);
        flow_recycle(&t->end[0]);
        flow_recycle(&t->end[1]);
        pool_free(w->pool, t, sizeof(*t));
    }
}

void socket_be_born(struct socket *s) {
    assert(s->state == SOCKET_NONE);
    s->state = SOCKET_BORN;
    ring_add_last(&socket_machine(s)->sockets, &s->of_machine);
}

/* --- becoming ready ------------------------------------------------------------------------------------- */

void socket_tell_later(struct socket *s, unsigned what) {
    s->tell |= (uint8_t)what;
    if (!ring_linked(&s->events)) ring_add_last(&socket_machine(s)->connection_events, &s->events);
}

void socket_wake(struct socket *s) {
    if (!ring_linked(&s->events) && !ring_linked(&s->readable)) return;
    if (s->tcp->local)
        machine_wake_local(socket_machine(s));
    else
        machine_wake(socket_machine(s));
}

void socket_end(struct socket *s, enum conn_end why) {
    struct flow *in = socket_in(s);
    if (s->state == SOCKET_BORN || s->state == SOCKET_LEFT) {
        socket_gone(s);
        return;
    }
    assert(s->state == SOCKET_OPEN || s->state == SOCKET_CONNECTING);
    s->state = SOCKET_ENDED;
    s->why = (uint8_t)why;
    s->want_write = false;
    in->read = in->arrived;
    ring_remove(&s->readable);
    socket_tell_later(s, TELL_CLOSED);
}

/* The peer closed and all it had sent was read. */
static void check_eof(struct socket *s) {
    const struct flow *in = socket_in(s);
    if (s->state == SOCKET_OPEN && in->fin_arrived && in->read == in->arrived) socket_end(s, CONN_EOF);
}

void socket_arrived(struct socket *s) {
    const struct flow *in = socket_in(s);
    if (s->state != SOCKET_OPEN) return;
    if (in->arrived > in->read) {
        if (!s->not_reading && !ring_linked(&s->readable)) ring_add_last(&socket_machine(s)->readables, &s->readable);
    } else {
        check_eof(s);
    }
}

/* --- the node's functions ------------------------------------------------------------------------------- */

bool socket_listened(const struct machine *m, uint16_t port) {
    for (uint32_t i = 0; i < m->port_count; i++)
        if (m->ports[i] == port) return true;
    return false;
}

int socket_listen(struct host *h, uint16_t port) {
    struct machine *m = machine_of(h);
    if (socket_listened(m, port)) return HOST_EIO;
    if (m->port_count == m->port_room) {
        uint32_t room = m->port_room + 4;
        m->ports = pool_resize(m->world->pool, m->ports, m->port_room * sizeof(*m->ports), room * sizeof(*m->ports));
        m->port_room = room;
    }
    m->ports[m->port_count++] = port;
    return 0;
}

struct conn *socket_connect(struct host *h, const char *name, uint16_t port) {
    struct machine *m = machine_of(h);
    struct world *w = m->world;
    uint16_t to = world_find(w, name);
    if (to != NO_PARTY && world_party_kind(w, to) != PARTY_SERVER) to = NO_PARTY; /* clients have no names */
    struct tcp *t = tcp_new(w, h->index, to == NO_PARTY ? h->index : to, port);
    struct socket *s = &t->end[0];
    s->state = SOCKET_CONNECTING;
    s->conn.peer = to;
    s->forked = m->child_count;
    ring_add_last(&m->sockets, &s->of_machine);
    machine_note(m, (struct happening){.kind = TRACE_CONNECT, .peer = to, .conn = t->id, .a = port});
    if (to != NO_PARTY) {
        handshake_begin(t, machine_departure(m));
        return &s->conn;
    }
    s->conn.unresolved = true;
    socket_end(s, CONN_UNRESOLVED);
    socket_wake(s);
    return &s->conn;
}

/* What is written at one instant of a turn leaves as one, at the turn's end. */
static void put_and_send(struct socket *s, const void *bytes, size_t n) {
    struct machine *m = socket_machine(s);
    sim_time left = machine_departure(m);
    if (s->dirty && s->dirty_at != left) flow_pump(s, s->dirty_at);
    flow_put(s, bytes, n);
    s->dirty_at = left;
    if (m->world->turning != m) {
        flow_pump(s, left);
    } else if (!s->dirty) {
        s->dirty = true;
        ring_add_last(&m->writers, &s->writer);
    }
}

void sockets_flush(struct machine *m) {
    struct ring *r;
    while ((r = ring_take_first(&m->writers))) {
        struct socket *s = CONTAINER_OF(r, struct socket, writer);
        s->dirty = false;
        flow_pump(s, s->dirty_at);
    }
}

size_t socket_write(struct conn *c, const void *bytes, size_t n) {
    struct socket *s = socket_of(c);
    assert(s->state != SOCKET_GONE && s->state != SOCKET_LEFT);
    if (s->state == SOCKET_ENDED) return n;
    if (s->state == SOCKET_CONNECTING) {
        s->want_write = n > 0;
        return 0;
    }
    size_t room = flow_room(s), taken = n < room ? n : room;
    if (taken > 0) put_and_send(s, bytes, taken);
    if (taken < n) {
        s->want_write = true;
        flow_await_room(s);
    }
    return taken;
}

struct bytes socket_peek(struct conn *c) {
    struct socket *s = socket_of(c);
    return s->state == SOCKET_OPEN ? flow_peek(socket_in(s)) : (struct bytes){NULL, 0};
}

void socket_consume(struct conn *c, size_t n) {
    struct socket *s = socket_of(c);
    if (n == 0) return;
    assert(s->state == SOCKET_OPEN);
    flow_consume(s, n);
    check_eof(s);
}

void socket_reading(struct conn *c, bool on) {
    struct socket *s = socket_of(c);
    s->not_reading = !on;
    if (!on) {
        ring_remove(&s->readable);
        return;
    }
    socket_arrived(s);
    socket_wake(s);
}

const char *socket_peer_name(const struct conn *c) {
    const struct world *w = machine_of(c->host)->world;
    if (c->peer == NO_PARTY) return "?";
    const struct machine *peer = world_machine(w, c->peer);
    return peer->kind == PARTY_CONSOLE ? "127.0.0.1" : peer->host.name;
}

uint16_t socket_peer_port(const struct conn *c) {
    const struct socket *s = CONTAINER_OF(c, struct socket, conn);
    if (s == &s->tcp->end[0]) return s->tcp->port;
    return (uint16_t)(EPHEMERAL_FIRST + s->tcp->id % EPHEMERAL_COUNT);
}

/* --- a turn's callbacks --------------------------------------------------------------------------------- */

static void tell_closed(struct machine *m, struct socket *s) {
    const struct node_ops *ops = m->host.node_ops;
    enum conn_end why = s->why;
    bool was_made = !(why == CONN_REFUSED || why == CONN_UNRESOLVED || s->tcp->stage != HANDSHAKE_DONE);
    if (was_made)
        socket_note_closed(s, why);
    else
        machine_note(m, (struct happening){.kind = TRACE_REFUSED, .peer = s->conn.peer, .conn = s->conn.id, .a = why});
    if (ops->closed) ops->closed(m->host.node, &s->conn, why);
    if (s->state != SOCKET_GONE) socket_gone(s);
}

/* Each callback may close the connection: it is then gone, but its memory stays until the turn is over. */
static void tell_one(struct machine *m, struct socket *s) {
    const struct node_ops *ops = m->host.node_ops;
    unsigned tell = s->tell;
    s->tell = 0;
    if (tell & TELL_ACCEPTED) {
        s->forked = m->child_count;
        machine_note(m, (struct happening){.kind = TRACE_ACCEPT, .peer = s->conn.peer, .conn = s->conn.id});
        if (ops->accepted) ops->accepted(m->host.node, &s->conn, s->tcp->port);
    }
    if ((tell & TELL_CONNECTED) && s->state != SOCKET_GONE && ops->connected) ops->connected(m->host.node, &s->conn);
    if ((tell & TELL_WRITABLE) && s->state == SOCKET_OPEN && ops->writable) ops->writable(m->host.node, &s->conn);
    if ((tell & TELL_CLOSED) && s->state == SOCKET_ENDED) tell_closed(m, s);
}

void sockets_tell(struct machine *m, struct ring *batch) {
    struct ring *r;
    while (!machine_is_over(m) && (r = ring_take_first(batch))) tell_one(m, CONTAINER_OF(r, struct socket, events));
}

/* A node that read something but left a part is called again next turn; one that read nothing, once more comes. */
void sockets_tell_readable(struct machine *m, struct ring *batch) {
    const struct node_ops *ops = m->host.node_ops;
    struct ring *r;
    while (!machine_is_over(m) && (r = ring_take_first(batch))) {
        struct socket *s = CONTAINER_OF(r, struct socket, readable);
        uint64_t before = socket_in(s)->read;
        if (ops->readable) ops->readable(m->host.node, &s->conn);
        if (socket_in(s)->read > before) socket_arrived(s);
    }
}
