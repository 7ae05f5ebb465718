/* A client's connection to one server, and the operations that wait for it.
 *
 * Operations queue up while the link connects and are sent in order; replies come in the same order. A link that broke
 * connects again when there is something to send: at once if the server had answered, else after a pause that doubles
 * from LINK_PAUSE_MIN to LINK_PAUSE_MAX. Private to the workload. */
#ifndef MODEL_REDIS_WORKLOAD_LINK_H
#define MODEL_REDIS_WORKLOAD_LINK_H

#include "sim/run/system.h"
#include "sim/world/buffer.h"
#include "sim/world/host.h"

#define LINK_PAUSE_MIN (20 * SIM_MS)
#define LINK_PAUSE_MAX SIM_SECOND

/* One operation between its beginning and its fate. */
struct client_op {
    uint64_t number;
    sim_time due, deadline;
    uint64_t ordinal; /* on its connection, of the command that decides; 0: not sent on any */
    uint32_t conn;    /* that connection's number; 0 likewise */
    uint32_t db;
    uint32_t before;   /* replies that come before the one that decides: of SELECT, MULTI and what is queued */
    bool selects;      /* the first of these is SELECT's */
    bool waits;        /* WAIT's reply follows */
    bool sent;         /* at least once */
    uint32_t commands; /* on the wire, without SELECT and WAIT */
    struct bytes wire; /* kept (the pool's) while it may have to be sent, or sent again; else at == NULL */
};

/* A ring of operations. */
struct op_queue {
    struct client_op *op;
    size_t head, count, room; /* room is a power of two, or 0 */
};

enum client_link_state { CLIENT_LINK_IDLE, CLIENT_LINK_CONNECTING, CLIENT_LINK_UP, CLIENT_LINK_PAUSING };

struct client_link {
    struct workload *workload;
    uint16_t node;
    enum client_link_state state;
    struct conn *conn;
    uint64_t commands;      /* sent on this connection */
    uint32_t db;            /* selected on it; UINT32_MAX: not known */
    struct op_queue flying; /* sent */
    struct op_queue queued; /* not sent */
    struct buffer out;      /* of flying operations, not taken by the socket yet */
    struct buffer in;       /* the beginning of replies that are not complete */
    sim_time wait_until;    /* PAUSING: then it connects again; CONNECTING: then it gives up */
    sim_time pause;         /* the last one; 0: it had an answer since, and connects again at once */
};

/* What the link asks of the workload, and tells it. */
struct link_rules {
    struct pool *pool;
    sim_time timeout;      /* for a connection to be made */
    bool wait_for_link;    /* operations stay queued while the link pauses; else they fail */
    bool retry;            /* those that were sent are sent again */
    int64_t wait_replicas; /* acknowledged by fewer: gave up */
    int64_t wait_ms;
    const char *(*name)(struct workload *w, uint16_t node);
    uint16_t (*port)(struct workload *w, uint16_t node);
    /* An operation has met its fate; reply is "" if there is none. */
    void (*over)(struct workload *w, struct client_link *link, const struct client_op *op, enum op_fate fate,
                 struct bytes reply);
};

/* The number of the connection, and the ordinal there, that an operation gets if it is submitted now; 0 if it is not
 * sent at once. */
uint32_t client_link_foresee(const struct client_link *link, const struct client_op *op, uint64_t *ordinal);

void client_link_init(struct client_link *link, struct workload *w, struct pool *pool, uint16_t node);

/* Takes an operation whose bytes are `wire`: sends it if the link is up, queues it, or fails it. */
void client_link_submit(struct client_link *link, const struct link_rules *rules, struct client_op *op,
                        struct bytes wire);
/* Connects if something waits or `wanted`, sends what is due, gives up what took too long. `host` in its turn. */
void client_link_pump(struct client_link *link, const struct link_rules *rules, struct host *host, bool wanted);
/* When the pump must run again; SIM_NEVER if nothing is pending. */
sim_time client_link_next(const struct client_link *link);

void client_link_connected(struct client_link *link, const struct link_rules *rules);
void client_link_readable(struct client_link *link, const struct link_rules *rules);
/* The connection was lost, or could not be made. */
void client_link_closed(struct client_link *link, const struct link_rules *rules, struct host *host);

static inline bool client_link_is_empty(const struct client_link *link) {
    return link->flying.count == 0 && link->queued.count == 0;
}

#endif
