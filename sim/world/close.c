/* How connections end: close(2), the end of a process, the end of the power.
 *
 * A forked child has a copy of every descriptor that its parent has open, and the kernel ends a connection only when
 * the last copy is closed. What a process closes while such a child lives is therefore left, not ended: its peer hears
 * nothing, the kernel still takes what the peer sends, up to the buffers, and FIN or RST goes out when the last of the
 * children ends. Children close their copies of listening sockets at once, as the usual forking server does. Two things
 * are simpler than in a kernel: a connection that is still being made is given up at once, and so is a console's, so
 * that whoever speaks to a machine after a crash speaks to the process that lives there now. */
#include <assert.h>

#include "sim/world/child.h"
#include "sim/world/tcp.h"

/* --- nobody holds it any more --------------------------------------------------------------------------- */

static bool nobody_holds(const struct socket *s) {
    return s->state == SOCKET_GONE || s->state == SOCKET_NONE;
}

/* The node is told nothing of it any more. */
static void let_go_of_node(struct socket *s) {
    s->want_write = false;
    s->tell = 0;
    ring_remove(&s->of_machine);
    ring_remove(&s->events);
    ring_remove(&s->readable);
    ring_remove(&s->writer);
}

void socket_gone(struct socket *s) {
    struct tcp *t = s->tcp;
    s->state = SOCKET_GONE;
    let_go_of_node(s);
    struct socket *peer = socket_peer(s);
    bool never_made = t->stage != HANDSHAKE_DONE || s->out.dead;
    if (peer->state == SOCKET_BORN && never_made) socket_gone(peer); /* its node never heard of it */
    flow_reader_vanished(peer);
    if (!nobody_holds(peer) || t->released) return;
    t->released = true;
    ring_add_last(&t->world->ended, &t->ended);
}

/* --- close(2) ------------------------------------------------------------------------------------------- */

/* The kernel's part of the last close(2): FIN behind what was written, or RST if something lies unread. */
static void close_open(struct socket *s, bool reset, sim_time left) {
    const struct flow *in = socket_in(s);
    if (reset || in->arrived > in->read)
        flow_orphan_reset(s, left);
    else
        flow_finish(s, left);
}

void socket_note_closed(struct socket *s, enum conn_end why) {
    machine_note(socket_machine(s),
                 (struct happening){.kind = TRACE_CLOSED, .peer = s->conn.peer, .conn = s->conn.id, .a = why});
}

/* Takes the socket from its process. Whatever the process arranged for it goes on: bytes it wrote leave. */
static void leave_to_children(struct socket *s, bool reset, sim_time left) {
    struct machine *m = socket_machine(s);
    s->state = SOCKET_LEFT;
    s->reset_due = reset;
    s->left_at = left;
    s->forked_until = m->child_count;
    let_go_of_node(s);
    ring_add_last(&m->left_sockets, &s->of_machine);
}

/* close(2) of an open socket: it ends, unless a living child was forked while it was open. */
static void close_by_process(struct socket *s, bool reset, sim_time left) {
    const struct machine *m = socket_machine(s);
    if (s->dirty) flow_pump(s, s->dirty_at);
    s->dirty = false;
    if (!s->tcp->local && children_alive_between(m, s->forked, m->child_count)) {
        leave_to_children(s, reset, left);
        return;
    }
    close_open(s, reset, left);
    socket_gone(s);
}

void sockets_let_go(struct machine *m) {
    sim_time now = machine_departure(m);
    for (struct ring *r = m->left_sockets.next, *next; r != &m->left_sockets; r = next) {
        next = r->next;
        struct socket *s = CONTAINER_OF(r, struct socket, of_machine);
        assert(s->state == SOCKET_LEFT);
        if (children_alive_between(m, s->forked, s->forked_until)) continue;
        close_open(s, s->reset_due, now > s->left_at ? now : s->left_at);
        socket_gone(s);
    }
}

void socket_close(struct conn *c, bool reset) {
    struct socket *s = socket_of(c);
    assert(s->state != SOCKET_GONE && s->state != SOCKET_LEFT);
    if (s->state == SOCKET_CONNECTING) queue_remove(s->tcp->world->queue, &s->tcp->handshake);
    socket_note_closed(s, CONN_OPEN);
    if (s->state == SOCKET_OPEN)
        close_by_process(s, reset, machine_departure(socket_machine(s)));
    else
        socket_gone(s);
}

/* --- everything at once --------------------------------------------------------------------------------- */

/* A process ends: its kernel closes what it held. A connection that waits to be accepted belongs to the listening
 * socket, which no child keeps. */
static void end_one(struct socket *s) {
    sim_time now = s->tcp->world->now;
    bool open = s->state == SOCKET_OPEN,
         never_accepted = s->state == SOCKET_BORN || (open && (s->tell & TELL_ACCEPTED));
    segments_lose_future(s);
    queue_remove(s->tcp->world->queue, &s->tcp->handshake);
    if (open && !never_accepted) {
        close_by_process(s, false, now);
        return;
    }
    if (never_accepted) close_open(s, true, now);
    socket_gone(s);
}

/* Without power nothing at all is sent; only consoles, which are at the machine, see what happened. */
static void lose_power(struct socket *s) {
    segments_lose_future(s);
    if (!s->tcp->local)
        flow_abandon(s);
    else if (s->state == SOCKET_OPEN)
        close_open(s, s->tell & TELL_ACCEPTED, s->tcp->world->now);
    queue_remove(s->tcp->world->queue, &s->tcp->handshake);
    socket_gone(s);
}

void sockets_end_all(struct machine *m) {
    while (!ring_empty(&m->sockets)) end_one(CONTAINER_OF(m->sockets.next, struct socket, of_machine));
}

void sockets_lose_power(struct machine *m) {
    while (!ring_empty(&m->sockets)) lose_power(CONTAINER_OF(m->sockets.next, struct socket, of_machine));
    while (!ring_empty(&m->left_sockets)) lose_power(CONTAINER_OF(m->left_sockets.next, struct socket, of_machine));
}
