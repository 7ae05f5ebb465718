/* What the parts of one run share. Only sim/run's own files include it.
 *
 * Each part owns one of the pointers below and is created in the order in which they stand. */
#ifndef SIM_RUN_STATE_H
#define SIM_RUN_STATE_H

#include "sim/run/run.h"
#include "sim/world/world.h"

struct run {
    const struct run_setup *setup;
    const struct plan *plan;
    const struct system *system;
    struct pool *pool;
    uint64_t seed;
    sim_time horizon; /* the last instant that a line names, a client's `until` included */

    struct trace *trace;
    struct world *world;
    struct tie_policy ties;
    uint16_t node_count;
    uint16_t party_count; /* nodes and clients; the console's index is just past them */
    uint16_t console_party;
    struct model *model;
    uint64_t *probes; /* counters by the system's numbers */
    size_t probe_count;

    struct ledger *ledger;         /* what happened to the scenario's lines, for the notes */
    struct links *links;           /* layers of changed properties */
    struct cluster *cluster;       /* processes: boot, restart, what they wait for */
    struct faults *faults;         /* what is in force, and how many there were */
    struct console *console;       /* connections of the timeline's commands */
    struct readings *readings;     /* values at @T */
    struct conditions *conditions; /* what is being watched */
    struct timeline *timeline;     /* what the lines still have to do */
    struct expectations *expectations;
    struct rest *rest;
    struct recording *recording; /* recorders and what they are told */
    struct loop *loop;           /* how far it has gone, and how it ended */

    uint64_t errors;  /* error replies that no `=>` asked for */
    uint64_t changes; /* of the run's own making that a condition can see */
    bool at_rest;     /* the trace is frozen: only expectations still look */
};

/* The order of a statement among the lines of one instant. */
static inline uint32_t run_rank(const struct run *run, const struct statement *st) {
    return (uint32_t)(st - run->plan->statements);
}

/* Equal numbers: nothing that a condition can see has changed, unless by time alone. */
static inline uint64_t run_change_count(const struct run *run) {
    return world_change_count(run->world) + run->changes;
}

#endif
