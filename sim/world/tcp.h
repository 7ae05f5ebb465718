/* Inside the world: TCP connections over lossy, directed links. Private to sim/world.
 *
 * What is modelled: the handshake, segments cut at any byte, serialisation by bandwidth, latency, order, loss with
 * fast retransmit and RTO back-off, receive windows and send buffers, FIN, RST, orphans, half-open ends, giving up,
 * children that keep open what their parent closed.
 * What is not: congestion windows, MTU, loss of single acknowledgements (the next one covers them anyway).
 *
 * Both directions of a connection are flows. A flow's bytes lie in one ring from the writer's host_write to the
 * reader's host_consume; segments are ranges of positions in it, so no byte is copied on its way. */
#ifndef SIM_WORLD_TCP_H
#define SIM_WORLD_TCP_H

#include "sim/world/machine.h"

#define SEGMENT_MOST 65536u             /* bytes that leave in one piece: as segmentation offload takes them */
#define RTO_MOST     (120 * SIM_SECOND) /* TCP_RTO_MAX of Linux */

/* A directed link between two machines. */
struct wire {
    struct link link;
    int cut, refused;
    sim_time free_at; /* the sender's interface is taken until then */
    struct chance latency, loss, chop, acks;
};

enum segment_state {
    SEGMENT_FLYING,  /* arrives at `at` */
    SEGMENT_LOST,    /* to be sent again */
    SEGMENT_HELD,    /* arrived before one that it follows */
    SEGMENT_ARRIVED, /* its acknowledgement is back at `at` */
    SEGMENT_UNHEARD  /* arrived, but the acknowledgement was lost */
};

enum { SEGMENT_OPEN = 1 /* the handshake's last packet */, SEGMENT_FIN = 2 };

struct segment {
    uint64_t pos;
    uint32_t len;
    uint8_t state;
    uint8_t flags;
    uint16_t attempt;
    sim_time left; /* when it left the sender */
    sim_time at;
    struct segment *next;        /* in order of position */
    struct segment *next_flying; /* in order of arrival */
};

/* One direction of a connection. Positions count bytes since its beginning. */
struct flow {
    uint64_t written, sent, arrived, read;
    char *bytes; /* the ring; the byte of position p is at (p - base) % room */
    uint64_t base;
    size_t room;                  /* 0 or a power of two */
    struct segment *first, *last; /* sent and not known to have arrived */
    struct segment *flying_first, *flying_last;
    sim_time last_arrival; /* order is kept: no segment arrives before it */
    struct event arrival;  /* of flying_first */
    struct event resend;   /* RTO or fast retransmit */
    struct event wake;     /* acknowledgement or window update that the writer waits for */
    struct event reset;    /* an RST on its way */
    uint32_t resends;      /* in a row without progress */
    uint32_t probes;       /* likewise, for window updates lost in a cut */
    uint32_t held;         /* segments behind a lost one that arrived */
    bool blocked;          /* bytes wait for the receiver's window */
    bool fin_wanted, fin_sent, fin_arrived;
    bool fast; /* the pending resend is a fast retransmit */
    bool dead; /* nothing more is sent or sent again */
};

enum socket_state {
    SOCKET_NONE,       /* the accepting end before the SYN arrived */
    SOCKET_CONNECTING, /* SYN sent */
    SOCKET_BORN,       /* SYN received, not yet acknowledged */
    SOCKET_OPEN,
    SOCKET_ENDED, /* over; the node is to be told */
    SOCKET_LEFT,  /* closed by its process, kept open by children that inherited it: the kernel takes what comes */
    SOCKET_GONE   /* nobody holds it any more */
};

enum { TELL_ACCEPTED = 1, TELL_CONNECTED = 2, TELL_WRITABLE = 4, TELL_CLOSED = 8 };

/* One end of a connection. */
struct socket {
    struct conn conn;
    struct tcp *tcp;
    struct flow out;
    uint8_t state;
    uint8_t tell; /* what the node is to be told next turn */
    uint8_t why;  /* enum conn_end, when ENDED */
    bool not_reading;
    bool want_write;   /* host_write took less than offered */
    bool dirty;        /* bytes were written that did not leave yet */
    bool reset_due;    /* LEFT: it ends with an RST */
    sim_time dirty_at; /* when they leave */
    struct ring of_machine /* among its sockets, or its left ones */, events, readable, writer;
    struct wire *out_wire, *in_wire;
    uint32_t forked;       /* the machine's forks before its process got it, */
    uint32_t forked_until; /* LEFT: and until it closed it; who was forked between inherited it */
    sim_time left_at;      /* LEFT: when its process closed it */
};

enum handshake { HANDSHAKE_WAITING, HANDSHAKE_SYN, HANDSHAKE_SYN_ACK, HANDSHAKE_REFUSAL, HANDSHAKE_DONE };

struct tcp {
    struct world *world;
    struct socket end[2]; /* 0 connects, 1 accepts */
    uint32_t id;
    uint16_t port;
    bool local;    /* a console's: no delay, no loss */
    bool released; /* in world->ended */
    struct ring ended;
    uint8_t stage; /* enum handshake */
    uint8_t syns;  /* sent */
    sim_time began;
    struct event handshake;
};

static inline struct socket *socket_of(struct conn *c) {
    return CONTAINER_OF(c, struct socket, conn);
}
static inline struct socket *socket_peer(struct socket *s) {
    return s == &s->tcp->end[0] ? &s->tcp->end[1] : &s->tcp->end[0];
}
static inline struct flow *socket_in(struct socket *s) {
    return &socket_peer(s)->out;
}
static inline struct machine *socket_machine(const struct socket *s) {
    return machine_of(s->conn.host);
}

/* --- wire.c: links -------------------------------------------------------------------------------------- */

struct wire *wire_get(struct world *w, uint16_t a, uint16_t b);
/* The link that carries what this end sends; what it receives. */
static inline struct wire *wire_out(const struct socket *s) {
    return s->out_wire;
}
static inline struct wire *wire_in(const struct socket *s) {
    return s->in_wire;
}
/* Whether the network loses a packet now; when one that leaves at `left` arrives (bandwidth and latency drawn). */
bool wire_loses(struct wire *wire);
sim_time wire_arrival(struct wire *wire, uint32_t bytes, sim_time left);
/* When the acknowledgement of what came over `wire` is back, from now. */
sim_time wire_ack_delay(struct wire *wire, struct wire *back);
/* The first retransmission timeout. */
sim_time wire_rto(const struct wire *out, const struct wire *back);

/* --- stream.c, segment.c, flow.c ------------------------------------------------------------------------ */

/* Functions that take a socket mean its `out` flow. */

/* Appends bytes, n <= flow_room. */
void flow_put(struct socket *s, const void *bytes, size_t n);
/* The unread bytes in one piece; the hash of n bytes from a position, wherever they lie. */
struct bytes flow_peek(const struct flow *f);
uint64_t flow_hash(const struct flow *f, uint64_t pos, uint32_t n);
/* Bytes from `pos`, at most n, that lie in one piece. */
struct bytes flow_piece(const struct flow *f, uint64_t pos, uint64_t n);
/* All was read; the ring is not needed any more. */
void flow_drained(struct pool *pool, struct flow *f);
void flow_release_bytes(struct pool *pool, struct flow *f);

void segments_init(struct socket *s);
/* Sends the next `len` bytes; the same on one machine, where nothing is lost or late. */
void segment_send(struct socket *s, uint32_t len, uint8_t flags, sim_time left);
void segment_send_local(struct socket *s, uint32_t len, uint8_t flags, sim_time left);
/* Forgets what the writer knows by now to have arrived; how far that is. */
void segments_settle(struct socket *s);
static inline uint64_t segments_acknowledged(const struct flow *f) {
    return f->first ? f->first->pos : f->sent;
}
/* What would have left after now never does. */
void segments_lose_future(struct socket *s);
void segments_free(struct socket *s);

void flow_init(struct socket *s);
/* Bytes that host_write can take now. */
size_t flow_room(struct socket *s);
/* Sends what the window allows. */
void flow_pump(struct socket *s, sim_time left);
/* The handshake's last packet; FIN behind the last byte. */
void flow_open(struct socket *s);
void flow_finish(struct socket *s, sim_time left);
/* Arranges for TELL_WRITABLE; an acknowledgement or window update is back at `at`. */
void flow_await_room(struct socket *s);
void flow_wake_at(struct socket *s, sim_time at);
/* Takes n bytes out of the reader's incoming flow. */
void flow_consume(struct socket *reader, size_t n);
/* The reader's end is gone: whoever waits for its window asks. */
void flow_reader_vanished(struct socket *s);
/* The kernel gives up resending: the connection timed out. */
void flow_give_up(struct socket *s);
/* Sends an RST; what is on its way still arrives. */
void flow_orphan_reset(struct socket *s, sim_time left);
/* Nothing more is sent, what flies arrives; nothing arrives any more; its memory is given back. */
void flow_abandon(struct socket *s);
void flow_kill(struct socket *s);
void flow_recycle(struct socket *s);

/* The subject of a flow's events for the tie policy. */
static inline uint64_t flow_subject(const struct socket *s) {
    return UINT64_C(1) << 40 | (uint64_t)s->tcp->id << 1 | (s == &s->tcp->end[1]);
}

/* --- socket.c ------------------------------------------------------------------------------------------- */

struct conn *socket_connect(struct host *h, const char *name, uint16_t port);
int socket_listen(struct host *h, uint16_t port);
size_t socket_write(struct conn *c, const void *bytes, size_t n);
struct bytes socket_peek(struct conn *c);
void socket_consume(struct conn *c, size_t n);
void socket_reading(struct conn *c, bool on);
const char *socket_peer_name(const struct conn *c);
uint16_t socket_peer_port(const struct conn *c);

/* The node is to be told `what` next turn; the caller wakes the machine. */
void socket_tell_later(struct socket *s, unsigned what);
/* The connection is over at this end: the caller wakes the machine. */
void socket_end(struct socket *s, enum conn_end why);
/* Bytes or a FIN arrived: readable or EOF. */
void socket_arrived(struct socket *s);
void socket_wake(struct socket *s);

/* A turn's callbacks for connections. */
void sockets_tell(struct machine *m, struct ring *batch);
void sockets_tell_readable(struct machine *m, struct ring *batch);
/* The end of a turn: what was written leaves. */
void sockets_flush(struct machine *m);
/* Whether somebody on the machine listens on the port. */
bool socket_listened(const struct machine *m, uint16_t port);
/* The accepting end comes into being. */
void socket_be_born(struct socket *s);
/* Gives back the connections that nobody holds. */
void tcp_recycle_ended(struct world *w);

/* --- close.c -------------------------------------------------------------------------------------------- */

void socket_close(struct conn *c, bool reset);
void socket_note_closed(struct socket *s, enum conn_end why);
/* Neither the node nor a child holds it any more. */
void socket_gone(struct socket *s);
/* A child ended: what the process had closed and no child keeps open any more ends now. */
void sockets_let_go(struct machine *m);
/* The process is over; the machine's power is gone. */
void sockets_end_all(struct machine *m);
void sockets_lose_power(struct machine *m);

/* --- tap.c: packets shown to whoever looks; each costs nothing if nobody does -------------------------------- */

void tap_show(struct socket *s, unsigned flags, uint64_t pos, uint32_t len, sim_time left);
void tap_show_bare(struct socket *s, unsigned flags, sim_time left);

/* A packet from this end: flags besides ACK, and a range of its flow. */
static inline void tap_packet(struct socket *s, unsigned flags, uint64_t pos, uint32_t len, sim_time left) {
    if (s->tcp->world->tap) tap_show(s, flags, pos, len, left);
}
/* One without bytes: an acknowledgement, a reset. */
static inline void tap_bare(struct socket *s, unsigned flags, sim_time left) {
    if (s->tcp->world->tap) tap_show_bare(s, flags, left);
}
/* What was to leave this end after now never does. */
void tap_unsent(struct socket *s);

/* --- handshake.c ---------------------------------------------------------------------------------------- */

void handshake_begin(struct tcp *t, sim_time left);

#endif
