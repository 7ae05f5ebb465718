/* A run at a moment, as people look at it: every node, what is under way between them, what is broken by then.
 *
 * Taking it ends the run: nothing can be made to happen any more. All memory is the run's pool's. */
#ifndef SIM_RUN_MOMENT_H
#define SIM_RUN_MOMENT_H

#include "sim/run/run.h"
#include "sim/run/tail.h"

struct moment_node {
    uint16_t party;
    bool alive, paused, ending, has_child;
    sim_time busy_until;             /* 0: its CPU is free */
    const struct node_field *fields; /* those of the system's overview; of the watched node all */
    size_t field_count;
};

struct moment_client {
    uint16_t party;
    bool alive, done;
};

/* A link with something to tell. */
struct moment_link {
    uint16_t from, to;
    uint64_t in_flight; /* bytes under way or unread */
    bool cut, refused;
};

struct moment {
    const struct run_identity *identity;
    sim_time at;
    uint64_t count; /* happenings of the trace by then */
    uint64_t trace; /* their hash */
    bool over;      /* the run had ended: by then, or before */
    sim_time ended; /* if it is over: when */
    bool at_rest;   /* likewise: it came to rest by itself */
    bool failed;    /* a promise is broken or an expectation missed by now */
    const struct moment_node *nodes;
    size_t node_count;
    const struct moment_client *clients;
    size_t client_count;
    const struct moment_link *links; /* with something to tell: others are left out */
    size_t link_count;
    const char *waits;                 /* who waits for what, "" if the system has settled */
    const struct check_result *checks; /* those that are not ok */
    size_t check_count;
    const struct expectation_result *missed;
    size_t missed_count;
    const struct tail *tail; /* the last happenings */
};

/* The run stands where run_advance() left it. `watch` is the party of whose fields all are wanted, or NO_PARTY. */
void moment_take(struct run *run, uint16_t watch, const struct tail *tail, struct moment *moment);

/* Appends it as text of at most 100 columns, where no single word is longer. */
void moment_write(const struct moment *moment, struct buffer *out);

#endif
