/* The trace: everything that happens in a run, once.
 *
 * A happening is hashed into the run's trace hash, then shown to those who asked for its kind (checkers,
 * recorder, the field readers). Two runs of one seed must make equal hashes; --twice compares them and
 * names the first happening that differs. Listeners watch: they change nothing in the world. */
#ifndef SIM_WORLD_TRACE_H
#define SIM_WORLD_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

#define NO_PARTY UINT16_MAX

/* Kinds of happening. The world's own come first; a model has TRACE_MODEL.. for its own. */
enum trace_kind {
    TRACE_START,    /* a process started on `node`: a = incarnation */
    TRACE_END,      /* a process ended: a = enum process_end */
    TRACE_PAUSE,    /* a = 1 stopped, 0 continued */
    TRACE_CONNECT,  /* `node` asks `peer` for a connection: conn, a = port */
    TRACE_ACCEPT,   /* `node` has it: conn */
    TRACE_REFUSED,  /* `node` was refused by `peer`: a = enum conn_end */
    TRACE_CLOSED,   /* `node`'s end of conn ended: a = enum conn_end; CONN_OPEN: `node` closed it itself */
    TRACE_DELIVER,  /* bytes arrived at `node` from `peer`: conn, a = stream position, b = length, c = hash */
    TRACE_LOST,     /* a segment `peer` -> `node` was lost: conn, a = position, b = length, c = attempt; both: flags
                       1 = the handshake's last packet, 2 = with a FIN */
    TRACE_TIMER,    /* a timer of `node` fired */
    TRACE_TURN,     /* `node` ran one turn of its loop: a = CPU time spent in ns */
    TRACE_FORK,     /* a = child number, b = memory in bytes, c = time it took in ns; a = -1: failed */
    TRACE_CHILD,    /* a child of `node` ended: a = child number, b = exit status, c = signal */
    TRACE_FILE,     /* a file of `node` changed: a = enum file_change, b = size; text = name */
    TRACE_FAULT,    /* the scenario or chaos did something to `node` (and `peer`): a = kind, b = 1 begun, 0 undone;
                       text = the action's words */
    TRACE_LOG,      /* a log line of `node`: a = level, text */
    TRACE_OP_CALL,  /* client or console `node` sent an operation to `peer`: a = operation number; text = command */
    TRACE_OP_REPLY, /* its fate: a = operation number, b = enum op_fate; text = reply */
    TRACE_MODEL = 32,
    TRACE_KINDS = 96
};

/* What changed a file. A write adds c = hash of the bytes written. */
enum file_change { FILE_CREATED, FILE_WRITTEN, FILE_SYNCED, FILE_RENAMED, FILE_REMOVED, FILE_DAMAGED };

struct happening {
    sim_time at;
    uint64_t seq;   /* its number in the run, from 0 */
    uint16_t kind;
    uint16_t node;  /* index of the party it happened to, or NO_PARTY */
    uint16_t peer;  /* index of the other party, or NO_PARTY */
    uint16_t flags; /* 0 unless the kind says otherwise */
    uint32_t conn;  /* number of the connection in the run, 0 for none */
    uint32_t len;
    int64_t a, b, c, d;
    const char *text; /* len bytes, or NULL; valid during the call only */
};

typedef void trace_hear_fn(void *ctx, const struct happening *h);

struct trace;

struct trace *trace_create(struct pool *pool);

/* Adds a listener for the kinds from `first` to `last`. Listeners are called in the order they were added. */
void trace_listen(struct trace *t, unsigned first, unsigned last, trace_hear_fn *hear, void *ctx);

/* Records a happening: gives it its number, hashes it, shows it. `at` and all fields but seq are the caller's. */
void trace_note(struct trace *t, struct happening *h);

/* From now on nothing is hashed or counted; listeners still hear. For time that only expectations ask for. */
void trace_freeze(struct trace *t);

/* The hash over all happenings so far. */
uint64_t trace_hash(struct trace *t);
/* How many happenings were hashed. */
uint64_t trace_count(const struct trace *t);

/* The name of a world kind ("deliver"), NULL for a model's. */
const char *trace_kind_name(unsigned kind);

#endif
