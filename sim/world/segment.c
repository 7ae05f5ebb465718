/* Segments: ranges of a flow's bytes on their way; arrival, acknowledgement, loss and resending. */
#include "sim/world/tcp.h"

#define RESENDS_MOST 15u /* tcp_retries2 of Linux: gives up after about 924 s */
#define FAST_RESEND  3u  /* duplicate acknowledgements that tell of a loss */

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

void segments_free(struct socket *s) {
    struct flow *f = &s->out;
    for (struct segment *seg = f->first, *next; seg; seg = next) {
        next = seg->next;
        segment_free(s->tcp->world, seg);
    }
    f->first = f->last = f->flying_first = f->flying_last = NULL;
}

/* Forgets what the writer knows by now to have arrived. */
void segments_settle(struct socket *s) {
    struct flow *f = &s->out;
    while (f->first && f->first->state == SEGMENT_ARRIVED && f->first->at <= s->tcp->world->now) {
        struct segment *seg = f->first;
        f->first = seg->next;
        if (!f->first) f->last = NULL;
        segment_free(s->tcp->world, seg);
    }
}

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
    tap_packet(s, seg->flags & SEGMENT_FIN ? PACKET_FIN : 0, seg->pos, seg->len, left);
    sim_time arrival = wire_arrival(wire, seg->len, left);
    if (wire_loses(wire))
        segment_lost(s, seg);
    else
        fly(s, seg, arrival);
}

void segment_send(struct socket *s, uint32_t len, uint8_t flags, sim_time left) {
    struct segment *seg = segment_new(s, s->out.sent, len, flags);
    s->out.sent += len;
    transmit(s, wire_out(s), seg, left);
}

/* --- arrival -------------------------------------------------------------------------------------------- */

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
    if (s->want_write) flow_wake_at(s, seg->at);
}

static void take(struct socket *s, struct socket *reader, struct segment *seg) {
    struct flow *f = &s->out;
    if (seg->len > 0) note_segment(s, TRACE_DELIVER, seg, flow_hash(f, seg->pos, seg->len));
    f->arrived += seg->len;
    s->tcp->world->delivered += seg->len;
    if (seg->flags & SEGMENT_FIN) f->fin_arrived = true;
    if (!(seg->flags & SEGMENT_OPEN)) tap_bare(reader, 0, s->tcp->world->now);
    f->resends = 0;
    acknowledge(s, seg);
    socket_arrived(reader);
}

/* Came before one that it follows: three of them tell the sender of a loss before its timer does. */
static void hold(struct socket *s, struct segment *seg) {
    struct flow *f = &s->out;
    struct world *w = s->tcp->world;
    seg->state = SEGMENT_HELD;
    tap_bare(socket_peer(s), 0, w->now);
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

void segment_send_local(struct socket *s, uint32_t len, uint8_t flags, sim_time left) {
    bool at_once = left == s->tcp->world->now && !s->out.flying_first;
    struct segment *seg = segment_new(s, s->out.sent, len, flags);
    s->out.sent += len;
    tap_packet(s, flags & SEGMENT_FIN ? PACKET_FIN : 0, seg->pos, len, left);
    fly(s, seg, left);
    if (!at_once) return;
    queue_remove(s->tcp->world->queue, &s->out.arrival);
    arrivals(s);
}

/* --- resending ------------------------------------------------------------------------------------------ */

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
        flow_give_up(s);
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
            if (s->want_write) flow_wake_at(s, seg->at);
        } else if (seg->state == SEGMENT_UNHEARD) {
            arm_resend(s, w->now);
        }
    }
}

/* --- the end -------------------------------------------------------------------------------------------- */

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

void segments_lose_future(struct socket *s) {
    struct flow *f = &s->out;
    tap_unsent(s);
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

void segments_init(struct socket *s) {
    s->out.arrival.fire = arrival_due;
    s->out.resend.fire = resend_due;
}
