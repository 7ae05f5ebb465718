/* The node's door to its world: what a modelled process may ask of the machine it runs on.
 *
 * A node is a sans-IO state machine: it never blocks, never looks at a real clock or socket. It is called
 * through struct node_ops and answers through the functions below. The same node runs in the simulated
 * world (sim/world) and on real sockets (sim/run/live): the two differ in struct host_ops only.
 *
 * A process is one thread with an event loop. The world collects what became ready (bytes, connections,
 * timers), and when the host's CPU is free runs one *turn*: the callbacks of all that is ready, then
 * before_sleep. Time stands still inside a turn; host_spend() says how much CPU the work takes, what the
 * turn writes leaves the host that much later, and the next turn begins no sooner. */
#ifndef SIM_WORLD_HOST_H
#define SIM_WORLD_HOST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/world/chance.h"
#include "sim/world/cost.h"
#include "sim/world/pool.h"
#include "sim/world/queue.h"
#include "sim/world/ring.h"
#include "sim/world/trace.h"
#include "sim/world/units.h"

struct host;
struct child;
struct file;

/* Why a connection ended or was not made. */
enum conn_end {
    CONN_OPEN = 0,
    CONN_EOF,        /* the peer closed; everything it had sent was read */
    CONN_RESET,      /* reset by the peer or by the network; unread bytes are gone */
    CONN_REFUSED,    /* nobody listens there, or the network refuses */
    CONN_UNRESOLVED, /* no host of that name */
    CONN_TIMED_OUT   /* the kernel gave up: retransmissions or SYNs unanswered */
};

/* One node's end of a connection. The world owns it; the node may hold the pointer until it called
 * host_close/host_reset or its `closed` callback returned. */
struct conn {
    struct host *host; /* whose end this is */
    void *user;        /* the node's own pointer */
    uint32_t id;       /* number of the connection in the run, equal at both ends */
    uint16_t peer;     /* party index of the other side */
    bool unresolved;   /* host_connect() knows already that no host has that name: only `closed` follows */
};

/* A timer. The node embeds it; the world links it. Zero-initialised is valid and not armed. */
struct host_timer {
    struct event event; /* the world's, as are the next two */
    struct ring ring;
    struct host *host;
    bool armed; /* readable by the node */
    void (*fire)(void *node, struct host_timer *timer);
};

/* How a child ended, as waitpid(2) tells. */
struct child_status {
    int exit_code; /* if signal is 0 */
    int signal;    /* 9, 15, 10 ..., 0: exited by itself */
};

/* What a forked child does. It runs beside its parent, step by step, on its own CPU. */
struct child_program {
    const char *name;
    /* One bounded piece of work (at most 64 KiB of output); what it spends with host_spend() and file
     * functions is its own time. True: call again after that time. False: the child has exited, with the
     * code it gave to child_exit() (else 0). */
    bool (*step)(void *state, struct child *self);
    /* The process is gone, whatever ended it: release what the state holds. */
    void (*drop)(void *state, struct child *self);
};

/* What the world calls. Every callback may use all host functions. NULL callbacks are skipped. */
struct node_ops {
    void (*accepted)(void *node, struct conn *conn, uint16_t port);
    void (*connected)(void *node, struct conn *conn); /* a host_connect succeeded */
    /* Bytes (or more bytes) are there: host_peek/host_consume. Called again next turn while any are left unread,
     * unless reading was switched off. */
    void (*readable)(void *node, struct conn *conn);
    /* There is room again after host_write took less than offered. */
    void (*writable)(void *node, struct conn *conn);
    /* The connection is over, or could not be made: `why` is never CONN_OPEN. Not called after host_close. */
    void (*closed)(void *node, struct conn *conn, enum conn_end why);
    /* The end of each turn: flush outputs, free what was marked. */
    void (*before_sleep)(void *node);
    /* A child wrote to its pipe, or closed it by ending (child_peek then gives 0 bytes, ended is true). */
    void (*child_readable)(void *node, struct child *child, bool ended);
    /* SIGTERM. */
    void (*terminate)(void *node);
    /* Bytes of memory the process uses now (O(1)): for fork's price and the OOM killer. */
    uint64_t (*memory)(void *node);
};

enum file_mode { FILE_READ, FILE_CREATE /* truncates */, FILE_APPEND };

/* Errors of files and fork, as negative results. */
enum host_errno { HOST_ENOENT = -2, HOST_EIO = -5, HOST_ENOMEM = -12, HOST_ENOSPC = -28 };

enum log_level { LOG_DEBUG, LOG_VERBOSE, LOG_NOTICE, LOG_WARNING };

/* The two worlds' implementations of the door. */
struct host_ops {
    int (*listen)(struct host *host, uint16_t port);
    struct conn *(*connect)(struct host *host, const char *name, uint16_t port);
    size_t (*write)(struct conn *conn, const void *bytes, size_t n);
    struct bytes (*peek)(struct conn *conn);
    void (*consume)(struct conn *conn, size_t n);
    void (*reading)(struct conn *conn, bool on);
    void (*close)(struct conn *conn, bool reset);
    const char *(*peer_name)(const struct conn *conn);
    uint16_t (*peer_port)(const struct conn *conn);
    void (*timer_at)(struct host *host, struct host_timer *timer, sim_time at);
    void (*timer_stop)(struct host *host, struct host_timer *timer);
    struct file *(*file_open)(struct host *host, const char *name, enum file_mode mode, int *error);
    int64_t (*file_write)(struct file *file, const void *bytes, size_t n);
    int64_t (*file_read)(struct file *file, uint64_t offset, void *into, size_t n);
    int64_t (*file_size)(const struct file *file);
    int (*file_sync)(struct file *file);
    void (*file_write_out)(struct file *file);
    void (*file_sync_later)(struct file *file);
    int (*file_syncing)(const struct file *file);
    int (*file_truncate)(struct file *file, uint64_t size);
    void (*file_close)(struct file *file);
    int (*rename)(struct host *host, const char *from, const char *to);
    int (*remove)(struct host *host, const char *name);
    int (*sync_dir)(struct host *host);
    struct child *(*fork)(struct host *host, const struct child_program *program, void *state, int *error);
    void (*child_kill)(struct child *child, int signal);
    bool (*child_reap)(struct child *child, struct child_status *status);
    size_t (*child_write)(struct child *child, const void *bytes, size_t n);
    struct bytes (*child_peek)(struct child *child);
    void (*child_consume)(struct child *child, size_t n);
    void (*child_exit)(struct child *child, int code);
    void (*exit)(struct host *host, int code);
    void (*look)(struct host *host); /* NULL: the clocks are always right */
};

/* A machine and the process on it. The world fills it; nodes read it through the functions below. */
struct host {
    const struct host_ops *ops;
    const struct node_ops *node_ops; /* set by the node when it boots */
    void *node;                      /* likewise */
    const char *name;
    struct pool *pool; /* where the node's memory comes from; it need not be given back at a crash */
    struct trace *trace;
    const struct costs *costs;
    sim_time now;       /* monotonic ns, fixed during a turn */
    sim_time wall;      /* wall clock, ns since 1970 at `now`; jumps and drifts */
    sim_time *spending; /* the meter that host_spend feeds: the turn's, or the running child's */
    uint64_t *probes;   /* the run's counters, by the system's numbers (sim/run/system.h); NULL: not counted */
    uint64_t seed;
    uint16_t index;       /* party index in the run */
    uint32_t incarnation; /* 0 for the first process, +1 for each restart */
};

/* --- time and CPU ------------------------------------------------------------------------------ */

/* Monotonic time in ns: that of the turn; the same for everything done in one turn. */
static inline sim_time host_now(const struct host *h) {
    return h->now;
}
/* The node's own wall clock, in ns, us and ms since 1970. */
static inline sim_time host_wall_ns(const struct host *h) {
    return h->wall;
}
static inline int64_t host_wall_us(const struct host *h) {
    return h->wall / SIM_US;
}
static inline int64_t host_wall_ms(const struct host *h) {
    return h->wall / SIM_MS;
}
/* Takes d ns of CPU (in a child's step: the child's). */
static inline void host_spend(struct host *h, sim_time d) {
    *h->spending += d;
}
/* ns that `bytes` take at `rate` bytes a second; rate > 0, exact to the ns, no overflow below 2^63 ns. */
sim_time host_transfer_time(int64_t bytes, int64_t rate);

/* Calls timer->fire in a turn at or after `at`. Arming an armed timer moves it. */
static inline void host_timer_at(struct host *h, struct host_timer *t, sim_time at) {
    h->ops->timer_at(h, t, at);
}
static inline void host_timer_stop(struct host *h, struct host_timer *t) {
    h->ops->timer_stop(h, t);
}

/* --- network ------------------------------------------------------------------------------------ */

/* Listens on a port; 0, or HOST_EIO if it is taken. */
static inline int host_listen(struct host *h, uint16_t port) {
    return h->ops->listen(h, port);
}
/* Begins to connect; `connected` or `closed` follows in a later turn. Never NULL. */
static inline struct conn *host_connect(struct host *h, const char *name, uint16_t port) {
    return h->ops->connect(h, name, port);
}
/* Gives bytes to the kernel; returns how many fitted in the send buffer. After less than n, `writable` is called
 * once there is room. Writing to a connection whose peer has reset it takes the bytes and drops them. */
static inline size_t host_write(struct conn *c, const void *bytes, size_t n) {
    return c->host->ops->write(c, bytes, n);
}
/* The unread bytes that lie in one piece (there may be more after them). Valid until consume or the turn's end. */
static inline struct bytes host_peek(struct conn *c) {
    return c->host->ops->peek(c);
}
static inline void host_consume(struct conn *c, size_t n) {
    c->host->ops->consume(c, n);
}
/* Switches `readable` off and on (bytes wait in the socket meanwhile; EOF and reset are still told). On by default. */
static inline void host_reading(struct conn *c, bool on) {
    c->host->ops->reading(c, on);
}
/* Orderly end: what was written is still delivered, then the peer sees CONN_EOF. The pointer is dead afterwards. */
static inline void host_close(struct conn *c) {
    c->host->ops->close(c, false);
}
/* Abrupt end: the peer sees CONN_RESET and loses what it has not read. */
static inline void host_reset(struct conn *c) {
    c->host->ops->close(c, true);
}
/* The peer's host name (127.0.0.1: a console, on this machine itself), and its port (an ephemeral one for the side that
 * connected). */
static inline const char *host_peer_name(const struct conn *c) {
    return c->host->ops->peer_name(c);
}
static inline uint16_t host_peer_port(const struct conn *c) {
    return c->host->ops->peer_port(c);
}

/* --- files: names are relative to the process's folder ------------------------------------------- */

/* Names are flat but for one '/': in `FOLDER/NAME` the folder is there as soon as a file is created in it. */

/* NULL and *error (HOST_ENOENT, HOST_ENOSPC, HOST_EIO) if it cannot be opened. */
static inline struct file *host_file_open(struct host *h, const char *name, enum file_mode mode, int *error) {
    return h->ops->file_open(h, name, mode, error);
}
/* Bytes written, fewer than n when the disk fills up, or an error. They go into the kernel's memory: it takes no time. */
static inline int64_t host_file_write(struct host *h, struct file *f, const void *b, size_t n) {
    return h->ops->file_write(f, b, n);
}
/* Bytes read (0 at the end) or an error. */
static inline int64_t host_file_read(struct host *h, struct file *f, uint64_t off, void *into, size_t n) {
    return h->ops->file_read(f, off, into, n);
}
static inline int64_t host_file_size(struct host *h, const struct file *f) {
    return h->ops->file_size(f);
}
/* Lets the disk begin to take what was written; waits for nothing and promises nothing (sync_file_range). */
static inline void host_file_write_out(struct host *h, struct file *f) {
    h->ops->file_write_out(f);
}
/* fsync: waits until the disk has it all; 0 or HOST_EIO. */
static inline int host_file_sync(struct host *h, struct file *f) {
    return h->ops->file_sync(f);
}
/* Begins an fsync of what is written so far, by a thread of the process: nobody waits for it, but for those who write to
 * the file before it is over. It goes on when the file is closed. */
static inline void host_file_sync_later(struct host *h, struct file *f) {
    h->ops->file_sync_later(f);
}
enum { HOST_SYNCING = 1 };
/* HOST_SYNCING while such an fsync runs, else how the last one ended: 0 or HOST_EIO. */
static inline int host_file_syncing(struct host *h, const struct file *f) {
    return h->ops->file_syncing(f);
}
/* Cuts a file, open for writing, to its first `size` bytes (at most what it has): 0 or HOST_EIO. */
static inline int host_file_truncate(struct host *h, struct file *f, uint64_t size) {
    return h->ops->file_truncate(f, size);
}
static inline void host_file_close(struct host *h, struct file *f) {
    h->ops->file_close(f);
}
/* Open files keep their contents under rename and remove, as on a real disk. */
static inline int host_rename(struct host *h, const char *from, const char *to) {
    return h->ops->rename(h, from, to);
}
static inline int host_remove(struct host *h, const char *name) {
    return h->ops->remove(h, name);
}
/* Makes renames and removals durable, in all folders of the process. */
static inline int host_sync_dir(struct host *h) {
    return h->ops->sync_dir(h);
}

/* --- children ------------------------------------------------------------------------------------ */

/* Forks; spends fork_per_gb for the node's memory. NULL and *error = HOST_ENOMEM if it fails; `state` is then
 * still the caller's. The child's first step runs as soon as the turn that forked is over. */
static inline struct child *host_fork(struct host *h, const struct child_program *p, void *state, int *error) {
    return h->ops->fork(h, p, state, error);
}
static inline void host_child_kill(struct host *h, struct child *c, int signal) {
    (void)h;
    h->ops->child_kill(c, signal);
}
/* waitpid(WNOHANG): true once the child has ended; then *status is filled and the pointer is dead. */
static inline bool host_child_reap(struct host *h, struct child *c, struct child_status *status) {
    return h->ops->child_reap(c, status);
}
/* The child's side: writes into the 64 KiB pipe to its parent; less than n: the pipe is full, and the next step
 * comes when the parent has read. */
static inline size_t host_child_write(struct host *h, struct child *c, const void *b, size_t n) {
    return h->ops->child_write(c, b, n);
}
/* The parent's side of the pipe. */
static inline struct bytes host_child_peek(struct host *h, struct child *c) {
    return h->ops->child_peek(c);
}
static inline void host_child_consume(struct host *h, struct child *c, size_t n) {
    h->ops->child_consume(c, n);
}
/* Called in a step that will return false: the exit code. */
static inline void host_child_exit(struct host *h, struct child *c, int code) {
    h->ops->child_exit(c, code);
}

/* Sets the host's clocks to the present, for those who look at its process from outside: between turns they stand
 * where the last turn began. */
static inline void host_look(struct host *h) {
    if (h->ops->look) h->ops->look(h);
}

/* Ends this process in an orderly way after the current turn (exit(3)): outputs written so far are delivered. The node is
 * not called any more, before_sleep of this turn included. */
static inline void host_exit(struct host *h, int code) {
    h->ops->exit(h, code);
}

/* --- chance, log, trace --------------------------------------------------------------------------- */

/* A stream of this host's own for a purpose. Each process incarnation has streams of its own. */
struct chance host_chance(const struct host *h, const char *purpose);

/* One log line, without time and newline, in the words of the real server. */
void host_log(struct host *h, enum log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The run came by the system's probe of this number: counted, not told, not hashed. */
static inline void host_probe(struct host *h, unsigned number) {
    if (h->probes) h->probes[number]++;
}

/* Tells the trace of a happening of the model's own (kind >= TRACE_MODEL); time and node are filled in. */
static inline void host_note(struct host *h, struct happening *happening) {
    happening->at = h->now;
    happening->node = h->index;
    trace_note(h->trace, happening);
}

#endif
