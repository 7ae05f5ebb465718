/* Inside the world: forked children. Private to sim/world. */
#ifndef SIM_WORLD_CHILD_H
#define SIM_WORLD_CHILD_H

#include "sim/world/machine.h"

#define PIPE_BYTES 65536u /* capacity of a pipe on Linux */

struct child {
    struct machine *machine;
    const struct child_program *program;
    void *state;
    int64_t number;
    struct event step;      /* the next piece of work, or the end */
    struct ring ring;       /* in machine->children */
    struct ring pipe_ready; /* in machine->child_pipes */
    sim_time spent;         /* in the step that runs */
    sim_time step_left;     /* stalled: what was left until the next step */
    bool fresh;             /* forked in the turn that runs */
    bool exiting;           /* its last step is over, not its CPU time */
    bool blocked;           /* waits for room in the pipe */
    bool stalled;
    bool orphan; /* its parent process is gone */
    bool ended;
    bool end_told;  /* the parent was shown that it ended */
    int signal_due; /* one that came while it was stalled */
    struct child_status status;
    struct child *freed_next;
    uint32_t pipe_start, pipe_len;
    char *pipe; /* PIPE_BYTES, a ring; NULL until first used */
};

struct child *child_fork(struct host *h, const struct child_program *program, void *state, int *error);
void child_kill(struct child *c, int signal);
bool child_reap(struct child *c, struct child_status *status);
size_t child_write(struct child *c, const void *bytes, size_t n);
struct bytes child_peek(struct child *c);
void child_consume(struct child *c, size_t n);
void child_exit(struct child *c, int code);

/* The turn that forked is over at `at`: fresh children begin. */
void children_begin(struct machine *m, sim_time at);
/* The parent process is gone; with power off, so are the children. */
void children_orphan(struct machine *m, bool power);
/* Calls child_readable for a child whose pipe is ready. */
void child_tell(struct child *c);
/* Kills the children for want of memory; false if there were none, not even one killed before that the process
 * did not reap yet (until then the process counts what it copied for it). */
bool children_oom(struct machine *m);
bool children_alive(const struct machine *m);
/* Whether one lives whose number is above `after` and at most `until`. */
bool children_alive_between(const struct machine *m, int64_t after, int64_t until);

#endif
