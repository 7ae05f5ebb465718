/* What a tap on the wires sees: the model's segments as TCP packets. */
#include "sim/world/tcp.h"

static uint64_t window_of(struct socket *s) {
    const struct flow *in = socket_in(s);
    uint64_t buffer = (uint64_t)wire_in(s)->link.buffer / 2, held = in->arrived - in->read;
    return held < buffer ? buffer - held : 0;
}

/* What has left this end at that time: what is sent may leave later. */
static uint64_t position_at(const struct flow *f, sim_time time) {
    for (const struct segment *seg = f->first; seg; seg = seg->next)
        if (seg->left > time) return seg->pos;
    return f->sent;
}

/* A segment leaves no sooner than those before it, however late they were. */
static sim_time departure(const struct flow *f, uint64_t pos, sim_time left) {
    for (const struct segment *seg = f->first; seg && seg->pos < pos; seg = seg->next)
        if (seg->left > left) left = seg->left;
    return left;
}

void tap_show_bare(struct socket *s, unsigned flags, sim_time left) {
    tap_show(s, flags, position_at(&s->out, left), 0, left);
}

void tap_show(struct socket *s, unsigned flags, uint64_t pos, uint32_t len, sim_time left) {
    const struct packet_tap *tap = s->tcp->world->tap;
    struct socket *peer = socket_peer(s);
    bool first = (flags & PACKET_SYN) || s->tcp->stage != HANDSHAKE_DONE;
    bool answers = !(first && s == &s->tcp->end[0]); /* all but the first SYN acknowledge something */
    bool segment = len > 0 || (flags & PACKET_FIN);
    struct packet p = {.at = segment ? departure(&s->out, pos, left) : left,
                       .from = s->conn.host->index,
                       .to = peer->conn.host->index,
                       .from_port = socket_peer_port(&peer->conn),
                       .to_port = socket_peer_port(&s->conn),
                       .conn = s->tcp->id,
                       .seq = first ? 0 : pos + 1,
                       .window = window_of(s),
                       .flags = flags | (answers ? PACKET_ACK : 0) | (len > 0 ? PACKET_PSH : 0)};
    bool after_fin = s->out.fin_sent && pos == s->out.sent && len == 0 && !(flags & PACKET_FIN);
    if (!first && after_fin) p.seq++;
    if (answers) p.ack = socket_in(s)->arrived + 1 + socket_in(s)->fin_arrived;
    if (len > 0) {
        p.payload[0] = flow_piece(&s->out, pos, len);
        p.payload[1] = flow_piece(&s->out, pos + p.payload[0].len, len - p.payload[0].len);
    }
    tap->packet(tap->ctx, &p);
}

void tap_unsent(struct socket *s) {
    const struct packet_tap *tap = s->tcp->world->tap;
    if (tap) tap->unsent(tap->ctx, s->conn.host->index, s->tcp->id);
}

void world_tap(struct world *w, const struct packet_tap *tap) {
    w->tap = tap;
}
