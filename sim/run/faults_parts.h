/* Inside the faults: what faults.c, fault_links.c and fault_machines.c share. */
#ifndef SIM_RUN_FAULTS_PARTS_H
#define SIM_RUN_FAULTS_PARTS_H

#include "sim/run/cluster.h"
#include "sim/run/faults.h"
#include "sim/run/links.h"
#include "sim/run/timeline.h"

enum { FAULT_NAMES_MAX = 32 };

/* One directed link that a hold cuts or refuses. */
struct held_link {
    uint16_t from, to;
    bool mended; /* healed before its time */
};

/* A fault that ends by itself. */
struct hold {
    struct deed deed;      /* its end */
    struct gone_call gone; /* crash, power, shutdown: the time runs from the end of the process */
    void (*undo)(struct run *run, struct hold *hold);
    const struct action *action;
    uint32_t rank;
    bool mended;             /* before its time: there is nothing to undo */
    uint16_t party;          /* of a machine's fault */
    uint32_t incarnation;    /* pause: of the process */
    struct held_link *links; /* cut, refuse, isolate, partition */
    size_t link_count;
    struct link_layer layer; /* link properties */
    struct hold *next, *prev;
};

struct machine_state {
    uint32_t paused_for_good; /* incarnation + 1 of a process that was paused without `for` */
    int64_t disk_rate;        /* set without `for`; 0: none */
    bool child_stalled;       /* the last thing done to a child */
};

struct faults {
    struct hold ring; /* the head: holds in force, oldest first */
    struct machine_state *machines;
    struct named_number counts[FAULT_NAMES_MAX];
    size_t count;
};

/* It happened: counts it and tells the trace. */
void fault_struck(struct run *run, const struct strike *strike, uint16_t node, uint16_t peer);
/* It ended: tells the trace. */
void fault_undone(struct run *run, const struct action *action, uint16_t node, uint16_t peer);

/* A new hold, not yet ending. It is freed after undo was called; undo finds it off the ring already. */
struct hold *hold_add(struct run *run, const struct strike *strike, uint16_t party,
                      void (*undo)(struct run *run, struct hold *hold));
/* It ends after the action's `for`, from now. */
void hold_run(struct run *run, struct hold *hold);
/* The next hold after `from` of that kind on that party that is not mended; `from` is the ring's head at first. */
struct hold *hold_find(struct run *run, struct hold *from, enum action_kind kind, uint16_t party);

/* What carries out one kind of action: NULL, or why there was nothing to do. */
typedef const char *strike_fn(struct run *run, const struct strike *strike);
typedef const char *strike_node_fn(struct run *run, const struct strike *strike, uint16_t party);
strike_fn *fault_links_strike(enum action_kind kind);         /* NULL: it is not about links */
strike_node_fn *fault_machines_strike(enum action_kind kind); /* for each node of a list */

#endif
