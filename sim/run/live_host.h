/* Inside the live world. Private to sim/run/live*.
 *
 * One process, one node, one thread. libuv tells what became ready; after each poll one *turn* runs, as in the
 * simulated world: the node's callbacks for all that is ready, then before_sleep, then a step of each child. */
#ifndef SIM_RUN_LIVE_HOST_H
#define SIM_RUN_LIVE_HOST_H

#include <uv.h>

#include "sim/run/system.h"

enum { LIVE_READ_BYTES = 16 * 1024 }; /* of one read(2); what the node reads of a connection in one turn at most */

struct live_conn;

struct live {
    struct host host;
    const struct system *system;
    struct serve_plan plan;
    struct pool *pool, *scratch;
    uv_loop_t loop;
    uv_check_t after_poll;
    uv_idle_t hurry; /* while it is active the poll does not wait */
    uv_timer_t alarm;
    uv_signal_t signals[2];
    sim_time alarm_at; /* SIM_NEVER: not set */
    struct ring timers;
    sim_time spent; /* in the turn, or the child's step, that runs */
    uint64_t turns;
    bool terminate_due, terminate_told;
    bool exiting;
    int exit_code;

    /* --- sockets --- */
    struct ring connections, events, readables, listeners;
    struct ring dead;          /* connections that nobody needs, to be freed between turns */
    uint32_t connection_count; /* ever made */
    struct live_conn *reading; /* whose bytes lie in `room` */
    size_t room_at, room_len;
    char room[LIVE_READ_BYTES];

    /* --- files and children --- */
    int folder;
    char *below; /* the folder in it that files were made in; NULL: none */
    struct ring children, pipes;
    struct child *stepping;

    /* --- log --- */
    int log;
    struct buffer line;
};

static inline struct live *live_of(const struct host *h) {
    return CONTAINER_OF(h, struct live, host);
}

/* A turn comes soon: the poll shall not wait. */
void live_hurry(struct live *l);
/* Sets the host's clocks. */
void live_look(struct host *h);

/* --- live_socket.c ------------------------------------------------------------------------------------------------ */

int live_listen(struct host *h, uint16_t port);
struct conn *live_connect(struct host *h, const char *name, uint16_t port);
size_t live_write(struct conn *c, const void *bytes, size_t n);
struct bytes live_peek(struct conn *c);
void live_consume(struct conn *c, size_t n);
void live_reading(struct conn *c, bool on);
void live_close(struct conn *c, bool reset);
const char *live_peer_name(const struct conn *c);
uint16_t live_peer_port(const struct conn *c);
/* The callbacks for what became ready before this turn. */
void live_tell_events(struct live *l, struct ring *batch);
void live_tell_readables(struct live *l, struct ring *batch);
void live_free_dead(struct live *l);
/* The process ends. */
void live_sockets_end(struct live *l);

/* --- live_file.c -------------------------------------------------------------------------------------------------- */

struct file *live_file_open(struct host *h, const char *name, enum file_mode mode, int *error);
int64_t live_file_write(struct file *f, const void *bytes, size_t n);
int64_t live_file_read(struct file *f, uint64_t offset, void *into, size_t n);
int64_t live_file_size(const struct file *f);
int live_file_sync(struct file *f);
void live_file_write_out(struct file *f);
void live_file_sync_later(struct file *f);
int live_file_syncing(const struct file *f);
int live_file_truncate(struct file *f, uint64_t size);
void live_file_close(struct file *f);
int live_rename(struct host *h, const char *from, const char *to);
int live_remove(struct host *h, const char *name);
int live_sync_dir(struct host *h);

/* --- live_child.c ------------------------------------------------------------------------------------------------- */

struct child *live_fork(struct host *h, const struct child_program *program, void *state, int *error);
void live_child_kill(struct child *c, int signal);
bool live_child_reap(struct child *c, struct child_status *status);
size_t live_child_write(struct child *c, const void *bytes, size_t n);
struct bytes live_child_peek(struct child *c);
void live_child_consume(struct child *c, size_t n);
void live_child_exit(struct child *c, int code);
/* Tells the node of pipes that are ready. */
void live_tell_pipes(struct live *l, struct ring *batch);
/* One step of every child whose time has come; the next instant at which one wants a step. */
sim_time live_step_children(struct live *l);

/* --- live_log.c --------------------------------------------------------------------------------------------------- */

/* Opens the log of the plan. False: errno says why. */
bool live_log_open(struct live *l);
void live_log_close(struct live *l);

#endif
