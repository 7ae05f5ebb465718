/* Making a connection: SYN, SYN-ACK or refusal, retries, giving up. */
#include <assert.h>

#include "sim/world/tcp.h"

#define SYN_TIMEOUT SIM_SECOND /* doubles with each retry: at 1, 3, 7, 15, 31, 63 s */
#define SYNS_MOST   7u         /* tcp_syn_retries 6 of Linux: gives up after 127 s */

static uint64_t subject(const struct tcp *t) {
    return UINT64_C(1) << 40 | (uint64_t)t->id << 1;
}

static void at_stage(struct tcp *t, enum handshake stage, sim_time at) {
    t->stage = (uint8_t)stage;
    world_event_at(t->world, &t->handshake, at, subject(t));
}

static void await_retry(struct tcp *t) {
    sim_time at = t->began + SYN_TIMEOUT * ((INT64_C(1) << t->syns) - 1);
    sim_time now = t->world->now;
    at_stage(t, HANDSHAKE_WAITING, at > now ? at : now);
}

static void note_lost(struct tcp *t, int to) {
    machine_note(
        socket_machine(&t->end[to]),
        (struct happening){.kind = TRACE_LOST, .peer = t->end[!to].conn.host->index, .conn = t->id, .c = t->syns});
}

/* Sends a packet of the handshake to end `to`; lost, it waits for the next SYN. */
static void send_packet(struct tcp *t, int to, enum handshake stage, sim_time left) {
    struct wire *wire = wire_out(&t->end[!to]);
    tap_packet(&t->end[!to], stage == HANDSHAKE_REFUSAL ? PACKET_RST : PACKET_SYN, 0, 0, left);
    sim_time at = wire_arrival(wire, 0, left);
    if (wire_loses(wire)) {
        note_lost(t, to);
        await_retry(t);
    } else {
        at_stage(t, stage, at);
    }
}

static void send_syn(struct tcp *t, sim_time left) {
    t->syns++;
    send_packet(t, 1, HANDSHAKE_SYN, left);
}

static void fail(struct tcp *t, enum conn_end why) {
    socket_end(&t->end[0], why);
    socket_wake(&t->end[0]);
}

static bool accepts(struct tcp *t) {
    const struct machine *m = socket_machine(&t->end[1]);
    bool refused = !t->local && wire_out(&t->end[0])->refused > 0;
    bool ended = t->end[1].state == SOCKET_GONE; /* its process died while the answer was on its way */
    return m->process != PROCESS_NONE && socket_listened(m, t->port) && !refused && !ended;
}

static void syn_arrives(struct tcp *t) {
    sim_time now = t->world->now;
    if (!accepts(t)) {
        send_packet(t, 0, HANDSHAKE_REFUSAL, now);
        return;
    }
    if (t->end[1].state == SOCKET_NONE) socket_be_born(&t->end[1]);
    send_packet(t, 0, HANDSHAKE_SYN_ACK, now);
}

static void syn_ack_arrives(struct tcp *t) {
    struct socket *s = &t->end[0];
    t->stage = HANDSHAKE_DONE;
    s->state = SOCKET_OPEN;
    flow_open(s);
    socket_tell_later(s, s->want_write ? TELL_CONNECTED | TELL_WRITABLE : TELL_CONNECTED);
    s->want_write = false;
    socket_wake(s);
}

static void handshake_due(void *ctx, struct event *e) {
    (void)ctx;
    struct tcp *t = CONTAINER_OF(e, struct tcp, handshake);
    if (t->stage == HANDSHAKE_WAITING) {
        if (t->syns == SYNS_MOST)
            fail(t, CONN_TIMED_OUT);
        else
            send_syn(t, t->world->now);
        return;
    }
    int to = t->stage == HANDSHAKE_SYN ? 1 : 0;
    if (wire_out(&t->end[!to])->cut > 0) {
        note_lost(t, to);
        await_retry(t);
    } else if (t->stage == HANDSHAKE_SYN) {
        syn_arrives(t);
    } else if (t->stage == HANDSHAKE_SYN_ACK) {
        syn_ack_arrives(t);
    } else {
        fail(t, CONN_REFUSED);
    }
}

/* On one machine both ends know at once. */
static void connect_local(struct tcp *t) {
    tap_packet(&t->end[0], PACKET_SYN, 0, 0, t->world->now);
    if (!accepts(t)) {
        tap_packet(&t->end[1], PACKET_RST, 0, 0, t->world->now);
        fail(t, CONN_REFUSED);
        return;
    }
    tap_packet(&t->end[1], PACKET_SYN, 0, 0, t->world->now);
    struct socket *client = &t->end[0], *server = &t->end[1];
    t->stage = HANDSHAKE_DONE;
    socket_be_born(server);
    client->state = server->state = SOCKET_OPEN;
    tap_bare(client, 0, t->world->now);
    socket_tell_later(server, TELL_ACCEPTED);
    socket_tell_later(client, TELL_CONNECTED);
    socket_wake(client);
    socket_wake(server);
}

void handshake_begin(struct tcp *t, sim_time left) {
    assert(t->end[0].state == SOCKET_CONNECTING);
    t->began = left;
    t->handshake.fire = handshake_due;
    if (t->local)
        connect_local(t);
    else
        send_syn(t, left);
}
