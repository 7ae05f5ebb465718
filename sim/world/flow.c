/* One direction of a connection: what the windows let out, who waits for room, how it ends. */
#include <assert.h>

#include "sim/world/tcp.h"

#define PROBES_MOST  15u                 /* window probes in a row, as many as resends */
#define CHOP_ONE_IN  8u                  /* segments cut at a random byte */
#define CHOP_GAP     (50 * SIM_US)       /* the second part follows within */
#define LOCAL_BUFFER (UINT64_C(4) << 20) /* socket buffers of a console's connection */

static uint64_t half_buffer(const struct wire *wire) {
    return wire->link.buffer > 2 ? (uint64_t)wire->link.buffer / 2 : 1;
}

/* --- sending --------------------------------------------------------------------------------------------- */

static uint64_t window(const struct flow *f, uint64_t half) {
    uint64_t used = f->sent - f->read;
    return used < half ? half - used : 0;
}

/* Sends n bytes, now and then in two parts. Both are in the kernel's hands at once, and outlive the process together:
 * the second part only takes longer on its way. */
static void send_bytes(struct socket *s, struct wire *wire, uint32_t n, sim_time left) {
    if (n >= 2 && chance_below(&wire->chop, CHOP_ONE_IN) == 0) {
        uint32_t part = 1 + (uint32_t)chance_below(&wire->chop, n - 1);
        segment_send(s, part, 0, left);
        s->out.last_arrival += 1 + (sim_time)chance_below(&wire->chop, CHOP_GAP);
        n -= part;
    }
    segment_send(s, n, 0, left);
}

static void pump_local(struct socket *s, sim_time left) {
    struct flow *f = &s->out;
    bool fin = f->fin_wanted && !f->fin_sent;
    if (f->sent == f->written && !fin) return;
    uint32_t len = (uint32_t)(f->written - f->sent);
    f->fin_sent |= fin;
    segment_send_local(s, len, fin ? SEGMENT_FIN : 0, left);
}

void flow_pump(struct socket *s, sim_time left) {
    struct flow *f = &s->out;
    if (f->dead) return;
    segments_settle(s);
    if (s->tcp->local) {
        pump_local(s, left);
        return;
    }
    struct wire *wire = wire_out(s);
    uint64_t half = half_buffer(wire);
    while (f->sent < f->written) {
        uint64_t n = window(f, half);
        f->blocked = n == 0;
        if (f->blocked) return;
        if (n > f->written - f->sent) n = f->written - f->sent;
        send_bytes(s, wire, n < SEGMENT_MOST ? (uint32_t)n : SEGMENT_MOST, left);
    }
    if (!f->fin_wanted || f->fin_sent) return;
    f->fin_sent = true;
    segment_send(s, 0, SEGMENT_FIN, left);
}

void flow_open(struct socket *s) {
    segment_send(s, 0, SEGMENT_OPEN, s->tcp->world->now);
}

void flow_finish(struct socket *s, sim_time left) {
    s->out.fin_wanted = true;
    flow_pump(s, left);
}

size_t flow_room(struct socket *s) {
    struct flow *f = &s->out;
    segments_settle(s);
    uint64_t limit = s->tcp->local ? LOCAL_BUFFER : half_buffer(wire_out(s));
    uint64_t used = f->written - (s->tcp->local ? f->read : segments_acknowledged(f));
    return used < limit ? (size_t)(limit - used) : 0;
}

/* --- waiting for room ------------------------------------------------------------------------------------ */

void flow_wake_at(struct socket *s, sim_time at) {
    struct flow *f = &s->out;
    if (f->dead) return;
    if (event_pending(&f->wake)) {
        if (f->wake.at <= at) return;
        queue_remove(s->tcp->world->queue, &f->wake);
    }
    world_event_at(s->tcp->world, &f->wake, at, flow_subject(s));
}

void flow_await_room(struct socket *s) {
    struct flow *f = &s->out;
    if (s->tcp->local) return; /* its reader tells, at once */
    if (f->first && f->first->state == SEGMENT_ARRIVED) flow_wake_at(s, f->first->at);
}

/* The kernel tells of room once a third of the buffer is free. */
static void tell_room(struct socket *s) {
    uint64_t limit = s->tcp->local ? LOCAL_BUFFER : half_buffer(wire_out(s));
    if (flow_room(s) >= (limit + 2) / 3) {
        s->want_write = false;
        socket_tell_later(s, TELL_WRITABLE);
        socket_wake(s);
    } else {
        flow_await_room(s);
    }
}

/* Probes a receiver that says nothing, at growing intervals, until it is given up. */
static void probe_later(struct socket *s) {
    struct flow *f = &s->out;
    if (++f->probes > PROBES_MOST) {
        flow_give_up(s);
        return;
    }
    tap_bare(s, 0, s->tcp->world->now);
    sim_time wait = wire_rto(wire_out(s), wire_in(s)) << (f->probes < 10 ? f->probes : 10);
    flow_wake_at(s, s->tcp->world->now + (wait < RTO_MOST ? wait : RTO_MOST));
}

void flow_reader_vanished(struct socket *s) {
    if (s->out.blocked && !s->out.dead) probe_later(s);
}

/* An acknowledgement or a window update is back, or it is time to ask for one. */
static void wake_due(void *ctx, struct event *e) {
    struct world *w = ctx;
    struct socket *s = CONTAINER_OF(e, struct socket, out.wake), *reader = socket_peer(s);
    struct flow *f = &s->out;
    bool silent = wire_in(s)->cut > 0 || !socket_machine(reader)->kernel_up;
    if (silent) {
        probe_later(s);
        return;
    }
    if (f->blocked && reader->state == SOCKET_GONE) {
        flow_orphan_reset(reader, w->now); /* should it get lost, the next probe is answered again */
        probe_later(s);
        return;
    }
    f->probes = 0;
    flow_pump(s, w->now);
    if (s->want_write) tell_room(s);
}

void flow_consume(struct socket *reader, size_t n) {
    struct socket *writer = socket_peer(reader);
    struct flow *f = &writer->out;
    assert(n <= f->arrived - f->read);
    f->read += n;
    if (f->read == f->written) flow_drained(reader->tcp->world->pool, f);
    if (reader->tcp->local) {
        if (writer->want_write) tell_room(writer);
        return;
    }
    if (!f->blocked) return;
    /* Silly windows are not announced. */
    uint64_t half = half_buffer(wire_out(writer)), least = half / 2 < SEGMENT_MOST ? half / 2 : SEGMENT_MOST;
    if (window(f, half) < least && f->read < f->arrived) return;
    sim_time left = machine_departure(socket_machine(reader));
    tap_bare(reader, 0, left);
    flow_wake_at(writer, left + wire_ack_delay(wire_out(writer), wire_in(writer)));
}

/* --- the end -------------------------------------------------------------------------------------------- */

void flow_abandon(struct socket *s) {
    struct queue *q = s->tcp->world->queue;
    struct flow *f = &s->out;
    f->dead = true;
    f->written = f->sent;
    queue_remove(q, &f->resend);
    queue_remove(q, &f->wake);
}

void flow_kill(struct socket *s) {
    struct flow *f = &s->out;
    flow_abandon(s);
    queue_remove(s->tcp->world->queue, &f->arrival);
    queue_remove(s->tcp->world->queue, &f->reset);
    segments_free(s);
    f->sent = f->written = f->arrived;
}

void flow_give_up(struct socket *s) {
    flow_kill(s);
    if (s->state != SOCKET_OPEN && s->state != SOCKET_LEFT) return;
    socket_end(s, CONN_TIMED_OUT);
    socket_wake(s);
}

static void reset_arrives(struct socket *s) {
    struct socket *victim = socket_peer(s);
    if (!s->tcp->local && (wire_out(s)->cut > 0 || !socket_machine(victim)->kernel_up)) return;
    if (victim->state == SOCKET_NONE || victim->state == SOCKET_ENDED || victim->state == SOCKET_GONE) return;
    flow_kill(victim);
    socket_end(victim, CONN_RESET);
    socket_wake(victim);
}

static void reset_due(void *ctx, struct event *e) {
    (void)ctx;
    reset_arrives(CONTAINER_OF(e, struct socket, out.reset));
}

void flow_orphan_reset(struct socket *s, sim_time left) {
    struct flow *f = &s->out;
    struct world *w = s->tcp->world;
    flow_abandon(s);
    if (event_pending(&f->reset)) return;
    tap_bare(s, PACKET_RST, left);
    if (s->tcp->local) {
        world_event_at_first(w, &f->reset, left);
        return;
    }
    struct wire *wire = wire_out(s);
    sim_time at = wire_arrival(wire, 0, left);
    if (wire_loses(wire)) return;
    world_event_at(w, &f->reset, at > f->last_arrival ? at : f->last_arrival, flow_subject(s));
}

void flow_init(struct socket *s) {
    struct flow *f = &s->out;
    segments_init(s);
    f->wake.fire = wake_due;
    f->reset.fire = reset_due;
}

void flow_recycle(struct socket *s) {
    flow_kill(s);
    flow_release_bytes(s->tcp->world->pool, &s->out);
}
