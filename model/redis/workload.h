/* The `client` lines: workloads as nodes of their own.
 *
 * A client is a process on a host of its own (PARTY_CLIENT) that speaks RESP to the servers over real connections
 * and behaves as a careful client library does: it reconnects with a back-off, fails operations whose connection
 * broke, gives up after `timeout` by closing the connection, and re-sends only where `retry yes` says so. Every
 * operation is told to the trace when it is sent and when its fate is known.
 *
 * What an operation is: one command of the `ops` table, or MULTI, N of them, EXEC with `multi N`; SELECT and WAIT go
 * along where `db` and `wait` ask for them.
 *   TRACE_OP_CALL   node = client, peer = server, conn, a = operation number (from 0, per client), c = the ordinal
 *                   on that connection (from 1) of the command that decides: EXEC of a transaction, else the command
 *                   itself (conn and c are 0 if it cannot be sent at once), d = database; text = the request's bytes,
 *                   without SELECT and WAIT.
 *   TRACE_OP_REPLY  the same for where it was sent at last (0 if it never was), b = enum op_fate, text = the reply's
 *                   bytes (EXEC's for a transaction). With `wait N:D` WAIT's reply follows it, and an operation that
 *                   fewer than N replicas acknowledged ends as OP_TIMEOUT: the client gave up waiting, its effect is
 *                   unknown to it.
 *
 * An operation that is due while the client connects waits for the connection. While it cannot connect, an open loop's
 * operation fails at once (OP_CLOSED); a closed loop's waits, and so does one with `retry yes`, which is also sent
 * again after a connection broke: until `timeout` after it was due. It then ends as OP_TIMEOUT if it was ever sent,
 * else as OP_CLOSED. Of `on NODES` (and `reads NODES`) each operation draws one. */
#ifndef MODEL_REDIS_WORKLOAD_H
#define MODEL_REDIS_WORKLOAD_H

#include "sim/run/system.h"

struct workload;

struct workload_setup {
    struct pool *pool;
    uint64_t seed;
    const struct model_client_setup *client;    /* read during creation only */
    const char *const *node_names;              /* by party index; stay valid during the run */
    uint16_t (*port)(void *ctx, uint16_t node); /* where a node listens; asked at each connect */
    void *ctx;
};

/* The properties of a `client` line. Ends with name == NULL. */
extern const struct word_rule workload_options[];

struct workload *workload_create(const struct workload_setup *setup);

/* Boots the client's process on its host (struct system, boot_client). */
void workload_boot(struct workload *w, struct host *host);

/* start NAME: goes on from now until `until`; stop NAME: sends nothing new. No effect if it is so already. */
void workload_start(struct workload *w);
void workload_stop(struct workload *w);

/* Nothing left to send and no reply awaited. */
bool workload_done(const struct workload *w);

#endif
