/* One direction of a connection: segments, arrival, acknowledgement, loss and resending. */
#include <assert.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* a hash state on the stack */
#include <xxhash.h>

#include "sim/world/tcp.h"

#define RESENDS_MOST 15u                  /* tcp_retries2 of Linux: gives up after about 924 s */
#define RTO_MOST     (120 * SIM_SECOND)   /* TCP_RTO_MAX */
#define FAST_RESEND  3u                   /* duplicate acknowledgements that tell of a loss */
#define CHOP_ONE_IN  8u                   /* segments cut at a random byte */
#define CHOP_GAP     (50 * SIM_US)        /* the second part follows within */
#define LOCAL_BUFFER (UINT64_C(4) << 20)  /* socket buffers of a console's connection */
#define RING_LEAST   4096u
#define RING_KEPT    ((size_t)256 << 10)  /* a drained ring above it is given back */

static uint64_t flow_subject(const struct socket *s) {
    return UINT64_C(1) << 40 | (uint64_t)s->tcp->id << 1 | (s == &s->tcp->end[1]);
}

static uint64_t half_buffer(const struct wire *wire) {
    return wire->link.buffer > 2 ? (uint64_t)wire->link.buffer / 2 : 1;
}

/* --- the ring of bytes ------------------------------------------------------------------------------------- */

static void ring_grow(struct pool *pool, struct flow *f, size_t need) {
    size_t room = f->room ? f->room : RING_LEAST, held = f->written - f->read;
    while (room < need) room *= 2;
    char *bytes = pool_alloc(pool, room);
    size_t start = f->room ? (f->read - f->base) & (f->room - 1) : 0;
    size_t piece = f->room - start < held ? f->room - start : held;
    if (held > 0) {
        memcpy(bytes, f->bytes + start, piece);
        memcpy(bytes + piece, f->bytes, held - piece);
    }
    pool_free(pool, f->bytes, f->room);
    f->bytes = bytes;
    f->room = room;
    f->base = f->read;
}

static void ring_release(struct pool *pool, struct flow *f) {
    pool_free(pool, f->bytes, f->room);
    f->bytes = NULL;
    f->room = 0;
}

void flow_put(struct socket *s, const void *bytes, size_t n) {
    struct flow *f = &s->out;
    size_t held = f->written - f->read;
    if (held == 0) f->base = f->written; /* starts at the front again: one piece, warm in the cache */
    if (held + n > f->room) ring_grow(s->tcp->world->pool, f, held + n);
    size_t start = (f->written - f->base) & (f->room - 1);
    size_t piece = f->room - start < n ? f->room - start : n;
    memcpy(f->bytes + start, bytes, piece);
    memcpy(f->bytes, (const char *)bytes + piece, n - piece);
    f->written += n;
}

/* The bytes from `pos`, at most `n`, that lie in one piece. */
static struct bytes ring_piece(const struct flow *f, uint64_t pos, uint64_t n) {
    if (n == 0) return (struct bytes){NULL, 0};
    size_t start = (pos - f->base) & (f->room - 1);
    return (struct bytes){f->bytes + start, f->room - start < n ? f->room - start : (size_t)n};
}

struct bytes flow_peek(const struct flow *f) { return ring_piece(f, f->read, f->arrived - f->read); }

static uint64_t ring_hash(const struct flow *f, uint64_t pos, uint32_t n) {
    struct bytes piece = ring_piece(f, pos, n);
    if (piece.len == n) return XXH3_64bits(piece.at, piece.len);
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, piece.at, piece.len);
    XXH3_64bits_update(&state, f->bytes, n - piece.len);
    return XXH3_64bits_digest(&state);
}

/* --- segments -------------------------------------------------------------------------------------------------- */

static struct segment *segment_new(struct socket *s, uint64_t pos, uint32_t len, uint8_t flags) {
    struct world *w = s->tcp->world;
    struct flow *f = &s->out;
    struct segment *seg = w->spare_segments;
    if (seg)
        w->spare_segments = seg->next;
    else
        seg = pool_alloc(w->pool, sizeof(*seg));
    *seg = (struct segment){.pos = pos, .len = len, .flags = flags};
    if (f->last)
        f->last->next = seg;
    else
        f->first = seg;
    f->last = seg;
    return seg;
}

static void segment_free(struct world *w, struct segment *seg) {
    seg->next = w->spare_segments;
    w->spare_segments = seg;
}

static void segments_free(struct socket *s) {
    struct flow *f = &s->out;
    for (struct segment *seg = f->first, *next; seg; seg = next) {
        next = seg->next;
        segment_free(s->tcp->world, seg);
    }
    f->first = f->last = f->flying_first = f->flying_last = NULL;
}

/* Forgets what the writer knows by now to have arrived. */
static void settle(struct socket *s) {
    struct flow *f = &s->out;
    while (f->first && f->first->state == SEGMENT_ARRIVED && f->first->at <= s->tcp->world->now) {
        struct segment *seg = f->first;
        f->first = seg->next;
        if (!f->first) f->last = NULL;
        segment_free(s->tcp->world, seg);
    }
}

static uint64_t acknowledged(const struct flow *f) { return f->first ? f->first->pos : f->sent; }

static void note_segment(struct socket *s, unsigned kind, const struct segment *seg, uint64_t c) {
    machine_note(socket_machine(socket_peer(s)), (struct happening){.kind = (uint16_t)kind,
                                                                    .peer = s->conn.host->index,
                                                                    .conn = s->tcp->id,
                                                                    .flags = seg->flags,
                                                                    .a = (int64_t)seg->pos,
                                                                    .b = seg->len,
                                                                    .c = (int64_t)c});
}

static void arm_resend(struct socket *s, sim_time from) {
    struct flow *f = &s->out;
    if (f->dead || event_pending(&f->resend)) return;
    sim_time rto = wire_rto(wire_out(s), wire_in(s));
    for (uint32_t i = 0; i < f->resends && rto < RTO_MOST; i++) rto *= 2;
    world_event_at(s->tcp->world, &f->resend, from + (rto < RTO_MOST ? rto : RTO_MOST), flow_subject(s));
}

static void segment_lost(struct socket *s, struct segment *seg) {
    seg->state = SEGMENT_LOST;
    note_segment(s, TRACE_LOST, seg, seg->attempt);
    arm_resend(s, seg->left > s->tcp->world->now ? seg->left : s->tcp->world->now);
}

static void fly(struct socket *s, struct segment *seg, sim_time at) {
    struct flow *f = &s->out;
    f->last_arrival = seg->at = at > f->last_arrival ? at : f->last_arrival;
    seg->state = SEGMENT_FLYING;
    seg->next_flying = NULL;
    if (f->flying_last) {
        f->flying_last->next_flying = seg;
        f->flying_last = seg;
        return;
    }
    f->flying_first = f->flying_last = seg;
    if (s->tcp->local)
        world_event_at_first(s->tcp->world, &f->arrival, seg->at);
    else
        world_event_at(s->tcp->world, &f->arrival, seg->at, flow_subject(s));
}

static void transmit(struct socket *s, struct wire *wire, struct segment *seg, sim_time left) {
    seg->attempt++;
    seg->left = left;
    sim_time arrival = wire_arrival(wire, seg->len, left);
    if (wire_loses(wire))
        segment_lost(s, seg);
    else
        fly(s, seg, arrival);
}

static void send_segment(struct socket *s, uint32_t len, uint8_t flags, sim_time left) {
    struct segment *seg = segment_new(s, s->out.sent, len, flags);
    s->out.sent += len;
    transmit(s, wire_out(s), seg, left);
}

/* --- arrival --------------------------------------------------------------------------------------------------- */

static void wake_at(struct socket *s, sim_time at) {
    struct flow *f = &s->out;
    if (f->dead) return;
    if (event_pending(&f->wake)) {
        if (f->wake.at <= at) return;
        queue_remove(s->tcp->world->queue, &f->wake);
    }
    world_event_at(s->tcp->world, &f->wake, at, flow_subject(s));
}

static void acknowledge(struct socket *s, struct segment *seg) {
    sim_time now = s->tcp->world->now;
    seg->state = SEGMENT_ARRIVED;
    seg->at = now;
    if (s->tcp->local) return;
    struct wire *back = wire_in(s);
    if (back->cut > 0) {
        seg->state = SEGMENT_UNHEARD;
        arm_resend(s, now);
        return;
    }
    seg->at = now + wire_ack_delay(wire_out(s), back);
    if (s->want_write) wake_at(s, seg->at);
}

static void take(struct socket *s, struct socket *reader, struct segment *seg) {
    struct flow *f = &s->out;
    if (seg->len > 0) note_segment(s, TRACE_DELIVER, seg, ring_hash(f, seg->pos, seg->len));
    f->arrived += seg->len;
    s->tcp->world->delivered += seg->len;
    if (seg->flags & SEGMENT_FIN) f->fin_arrived = true;
    f->resends = 0;
    acknowledge(s, seg);
    socket_arrived(reader);
}

/* Came before one that it follows: three of them tell the sender of a loss before its timer does. */
static void hold(struct socket *s, struct segment *seg) {
    struct flow *f = &s->out;
    struct world *w = s->tcp->world;
    seg->state = SEGMENT_HELD;
    if (++f->held != FAST_RESEND || f->dead || wire_in(s)->cut > 0) return;
    sim_time at = w->now + wire_ack_delay(wire_out(s), wire_in(s));
    if (event_pending(&f->resend) && f->resend.at <= at) return;
    queue_remove(w->queue, &f->resend);
    f->fast = true;
    world_event_at(w, &f->resend, at, flow_subject(s));
}

static void arrive_in_order(struct socket *s, struct socket *reader, struct segment *seg) {
    struct flow *f = &s->out;
    take(s, reader, seg);
    for (seg = seg->next; seg && seg->state == SEGMENT_HELD && seg->pos == f->arrived; seg = seg->next) {
        f->held--;
        take(s, reader, seg);
    }
}

static void arrive(struct socket *s, struct segment *seg) {
    struct socket *reader = socket_peer(s);
    bool reader_over = reader->state == SOCKET_GONE || reader->state == SOCKET_ENDED;
    bool network_loses = !s->tcp->local && (wire_out(s)->cut > 0 || !socket_machine(reader)->kernel_up);
    if (network_loses) {
        segment_lost(s, seg);
    } else if (reader_over && seg->len > 0) {
        seg->state = SEGMENT_LOST; /* answered by an RST; should that get lost, this is sent again */
        arm_resend(s, s->tcp->world->now);
        flow_orphan_reset(reader, s->tcp->world->now);
    } else if (reader_over || seg->pos < s->out.arrived) {
        acknowledge(s, seg);
    } else {
        if (reader->state == SOCKET_BORN) {
            reader->state = SOCKET_OPEN;
            socket_tell_later(reader, TELL_ACCEPTED);
        }
        if (seg->pos > s->out.arrived)
            hold(s, seg);
        else
            arrive_in_order(s, reader, seg);
    }
}

static void arrivals(struct socket *s) {
    struct flow *f = &s->out;
    struct world *w = s->tcp->world;
    while (f->flying_first && f->flying_first->at <= w->now) {
        struct segment *seg = f->flying_first;
        f->flying_first = seg->next_flying;
        if (!f->flying_first) f->flying_last = NULL;
        arrive(s, seg);
    }
    if (f->flying_first && !event_pending(&f->arrival)) {
        sim_time at = f->flying_first->at;
        if (s->tcp->local)
            world_event_at_first(w, &f->arrival, at);
        else
            world_event_at(w, &f->arrival, at, flow_subject(s));
    }
    socket_wake(socket_peer(s));
}

static void arrival_due(void *ctx, struct event *e) {
    (void)ctx;
    arrivals(CONTAINER_OF(e, struct socket, out.arrival));
}

/* --- resending ---------------------------------------------------------------------------------------------------- */

static void give_up(struct socket *s) {
    flow_kill(s);
    if (s->state != SOCKET_OPEN) return;
    socket_end(s, CONN_TIMED_OUT);
    socket_wake(s);
}

/* Lost segments that follow one another go out as one, as what lies in a socket does. */
static void merge_following(struct socket *s, struct segment *seg) {
    struct segment *next;
    while ((next = seg->next) && next->state == SEGMENT_LOST && seg->len + next->len <= SEGMENT_MOST) {
        seg->len += next->len;
        seg->flags |= next->flags;
        seg->next = next->next;
        if (s->out.last == next) s->out.last = seg;
        segment_free(s->tcp->world, next);
    }
}

static bool anything_to_resend(const struct flow *f) {
    for (const struct segment *seg = f->first; seg; seg = seg->next)
        if (seg->state == SEGMENT_LOST || seg->state == SEGMENT_UNHEARD) return true;
    return false;
}

static void resend_due(void *ctx, struct event *e) {
    struct world *w = ctx;
    struct socket *s = CONTAINER_OF(e, struct socket, out.resend);
    struct flow *f = &s->out;
    bool fast = f->fast;
    f->fast = false;
    if (!anything_to_resend(f)) return;
    if (!fast && ++f->resends > RESENDS_MOST) {
        give_up(s);
        return;
    }
    struct wire *out = wire_out(s), *back = wire_in(s);
    for (struct segment *seg = f->first; seg; seg = seg->next) {
        if (seg->state == SEGMENT_LOST) {
            merge_following(s, seg);
            transmit(s, out, seg, w->now);
        } else if (seg->state == SEGMENT_UNHEARD && out->cut == 0 && back->cut == 0) {
            seg->state = SEGMENT_ARRIVED; /* what is sent once more is acknowledged once more */
            seg->at = w->now + wire_rto(out, back) / 2;
            if (s->want_write) wake_at(s, seg->at);
        } else if (seg->state == SEGMENT_UNHEARD) {
            arm_resend(s, w->now);
        }
    }
}

/* --- sending ------------------------------------------------------------------------------------------------------- */

static uint64_t window(const struct flow *f, uint64_t half) {
    uint64_t used = f->sent - f->read;
    return used < half ? half - used : 0;
}

/* Sends n bytes, now and then in two parts; returns when the last part left. */
static sim_time send_bytes(struct socket *s, struct wire *wire, uint32_t n, sim_time left) {
    if (n >= 2 && chance_below(&wire->chop, CHOP_ONE_IN) == 0) {
        uint32_t part = 1 + (uint32_t)chance_below(&wire->chop, n - 1);
        send_segment(s, part, 0, left);
        sim_time gap = 1 + (sim_time)chance_below(&wire->chop, CHOP_GAP);
        left += gap;
        s->out.last_arrival += gap;
        n -= part;
    }
    send_segment(s, n, 0, left);
    return left;
}

static void pump_local(struct socket *s, sim_time left) {
    struct flow *f = &s->out;
    bool fin = f->fin_wanted && !f->fin_sent;
    if (f->sent == f->written && !fin) return;
    struct segment *seg = segment_new(s, f->sent, (uint32_t)(f->written - f->sent), fin ? SEGMENT_FIN : 0);
    f->sent = f->written;
    f->fin_sent = fin;
    bool at_once = left == s->tcp->world->now && !f->flying_first;
    fly(s, seg, left);
    if (!at_once) return;
    queue_remove(s->tcp->world->queue, &f->arrival);
    arrivals(s);
}

void flow_pump(struct socket *s, sim_time left) {
    struct flow *f = &s->out;
    if (f->dead) return;
    settle(s);
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
        left = send_bytes(s, wire, n < SEGMENT_MOST ? (uint32_t)n : SEGMENT_MOST, left);
    }
    if (!f->fin_wanted || f->fin_sent) return;
    f->fin_sent = true;
    send_segment(s, 0, SEGMENT_FIN, left);
}

void flow_open(struct socket *s) { send_segment(s, 0, SEGMENT_OPEN, s->tcp->world->now); }

void flow_finish(struct socket *s, sim_time left) {
    s->out.fin_wanted = true;
    flow_pump(s, left);
}

size_t flow_room(struct socket *s) {
    struct flow *f = &s->out;
    settle(s);
    uint64_t limit = s->tcp->local ? LOCAL_BUFFER : half_buffer(wire_out(s));
    uint64_t used = f->written - (s->tcp->local ? f->read : acknowledged(f));
    return used < limit ? (size_t)(limit - used) : 0;
}

/* --- waiting for room ------------------------------------------------------------------------------------------------ */

void flow_await_room(struct socket *s) {
    struct flow *f = &s->out;
    if (s->tcp->local) return; /* its reader tells, at once */
    if (f->first && f->first->state == SEGMENT_ARRIVED) wake_at(s, f->first->at);
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
    if (++f->probes > RESENDS_MOST) {
        give_up(s);
        return;
    }
    sim_time wait = wire_rto(wire_out(s), wire_in(s)) << (f->probes < 10 ? f->probes : 10);
    wake_at(s, s->tcp->world->now + (wait < RTO_MOST ? wait : RTO_MOST));
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
        flow_orphan_reset(reader, w->now);
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
    if (f->read == f->written && f->room > RING_KEPT) ring_release(reader->tcp->world->pool, f);
    if (reader->tcp->local) {
        if (writer->want_write) tell_room(writer);
        return;
    }
    if (!f->blocked) return;
    /* Silly windows are not announced. */
    uint64_t half = half_buffer(wire_out(writer)), least = half / 2 < SEGMENT_MOST ? half / 2 : SEGMENT_MOST;
    if (window(f, half) < least && f->read < f->arrived) return;
    wake_at(writer, machine_departure(socket_machine(reader)) + wire_ack_delay(wire_out(writer), wire_in(writer)));
}

/* --- the end ------------------------------------------------------------------------------------------------------------ */

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

/* Takes the segments out of the flight whose state says that they do not fly. */
static void land_others(struct flow *f) {
    struct segment **link = &f->flying_first;
    f->flying_last = NULL;
    for (struct segment *seg; (seg = *link);) {
        if (seg->state == SEGMENT_FLYING) {
            f->flying_last = seg;
            link = &seg->next_flying;
        } else {
            *link = seg->next_flying;
        }
    }
}

void flow_lose_future(struct socket *s) {
    struct flow *f = &s->out;
    struct segment **link = &f->first, *kept = NULL;
    while (*link && (*link)->left <= s->tcp->world->now) {
        kept = *link;
        link = &kept->next;
    }
    struct segment *future = *link;
    if (!future) return;
    f->sent = f->written = future->pos;
    *link = NULL;
    f->last = kept;
    for (struct segment *seg = future; seg; seg = seg->next) seg->state = SEGMENT_LOST;
    land_others(f);
    if (!f->flying_first) queue_remove(s->tcp->world->queue, &f->arrival);
    for (struct segment *next; future; future = next) {
        next = future->next;
        segment_free(s->tcp->world, future);
    }
}

static void reset_arrives(struct socket *s) {
    struct socket *victim = socket_peer(s);
    if (!s->tcp->local && (wire_out(s)->cut > 0 || !socket_machine(victim)->kernel_up)) return;
    if (victim->state != SOCKET_OPEN && victim->state != SOCKET_BORN && victim->state != SOCKET_CONNECTING) return;
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
    f->arrival.fire = arrival_due;
    f->resend.fire = resend_due;
    f->wake.fire = wake_due;
    f->reset.fire = reset_due;
}

void flow_recycle(struct socket *s) {
    flow_kill(s);
    ring_release(s->tcp->world->pool, &s->out);
}
