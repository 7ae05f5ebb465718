/* What the parts of the real side share. Only conform_*.c include it.
 *
 * On the real side a run is a run like any other: the same timeline, faults, network, clients and expectations, with
 * the world's time kept to that of the clock. Only a node is not a modelled server but a *stand-in* for a real process:
 * what the process sends goes into the world's connections, what arrives there goes to the process. So the world's
 * network is the proxy between the servers, and cuts, refusals and delays are the same on both sides. */
#ifndef SIM_RUN_CONFORM_PARTS_H
#define SIM_RUN_CONFORM_PARTS_H

#include <sys/types.h>
#include <uv.h>

#include "sim/run/conform_bridge.h"
#include "sim/run/conform_names.h"
#include "sim/run/conform_reading.h"
#include "sim/world/world.h"

/* One side of the run's connections that is not the world's: a socket watched for us by libuv. */
struct watch {
    uv_poll_t poll;
    int fd; /* -1: closed */
    bool readable, writable;
    struct stand_in *owner;
};

/* A connection of the world joined to a socket of a real server. */
struct joint {
    struct watch watch;
    struct conn *conn;
    bool joined;           /* the world's connection is made */
    struct buffer pending; /* read from the socket, not taken by the world yet */
    struct joint *next;
};

/* Where a server finds a peer: listens while the peer can be reached. */
struct gate {
    struct watch watch;
    uint16_t to;
};

struct stand_in {
    struct model *model;
    uint16_t party;
    const char *name;
    struct host *host; /* NULL: no process */
    const struct setting *settings;
    size_t setting_count;
    const char *folder;
    struct buffer conf; /* as it was written last */
    pid_t pid;          /* 0: none */
    bool exited;        /* by itself; its stand-in ends with its next turn */
    bool terminating, paused;
    struct host_timer wake;
    struct joint *joints;
    struct gate *gates; /* by peer */
    int log;            /* -1 */
    struct buffer log_text;
    int hand; /* our own connection; -1 */
    struct reading quick, full;
};

struct model {
    const struct bridge_setup *setup;
    struct pool *pool;
    struct pool *asking; /* of one question */
    struct model *inner; /* clients, words and ports are the modelled system's */
    struct world *world; /* NULL before time 0 */
    const struct model_setup *from;
    struct stand_in *nodes;
    uint16_t node_count;
    struct names names;
    uv_loop_t loop;
    uv_timer_t timer;
    struct chance phases;
    struct timespec zero; /* the clock's time 0 of the run */
    const struct reading **view;
    sim_time quiet_since; /* real time; -1: not quiet */
    sim_time asked_quiet;
    bool over;         /* finish() was called */
    int64_t *ended;    /* by metric: what processes that are over had counted */
    char problem[200]; /* the environment failed */
};

void bridge_fail(struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Real time since time 0 in ns; 0 before. */
sim_time bridge_now(const struct model *model);

/* --- conform_fields.c: struct system's functions that look at nodes -------------------------------------------------
 */

void bridge_field_read(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text);
void bridge_fields_each(struct model *model, uint16_t party,
                        void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                        void *ctx);
bool bridge_metric_read(struct model *model, const char *name, struct field_value *value);
bool bridge_check_holds(struct model *model, const char *name, struct buffer *why);
bool bridge_settled(struct model *model, const struct rest_view *rest, struct buffer *why);
/* A process ends: keeps what it has counted, as far as it still says. */
void bridge_keep_counts(struct model *model, uint16_t party);

/* --- conform_loop.c ---------------------------------------------------------------------------------------------- */

/* Waits for a time drawn for this node: servers have been up for different times when time begins, as in the model, so
 * that their crons are out of phase. */
void bridge_wait_for_phase(struct model *model);

/* --- conform_process.c: the process and its files ------------------------------------------------------------------
 */

/* Starts the server in its folder and waits until it listens. */
bool process_start(struct stand_in *node);
void process_kill(struct stand_in *node);
/* Whether it has ended by itself; told once. */
bool process_has_ended(struct stand_in *node);
bool process_signal_child(struct stand_in *node, int signal);
/* Gives new lines of its log to the world. */
void process_read_log(struct stand_in *node);
/* Forgets what is in the log by now. */
void process_skip_log(struct stand_in *node);

/* --- conform_stand_in.c: its sockets and the world's connections ---------------------------------------------------
 */

extern const struct node_ops stand_in_ops;
void stand_in_init(struct stand_in *node, struct model *model, uint16_t party);
/* Has it look at what is ready in a turn of its own. */
void stand_in_wake(struct stand_in *node);
/* Its process is over: closes all its sockets. */
void stand_in_close(struct stand_in *node);
/* Opens gates to peers that can be reached and closes the others. */
void stand_in_set_gates(struct stand_in *node);

/* --- conform_hand.c: our own connection to a server ------------------------------------------------------------------
 */

/* The newest reading; NULL: it does not answer and never did. `all`: the expensive fields, too. `age`: how old it may
 * be, in ns. */
const struct reading *hand_read(struct stand_in *node, bool all, sim_time age);
/* Sends commands and waits for that many replies. */
bool hand_tell(struct stand_in *node, struct bytes wire, size_t replies);
void hand_close(struct stand_in *node);
/* A socket connected to the node's server, from the address by which it knows `from` (NO_PARTY: none in particular);
 * -1: refused. */
int hand_connect(const struct stand_in *node, uint16_t from);

#endif
