/* The machines and processes of a run: made from the plan, started, ended, started again. */
#ifndef SIM_RUN_CLUSTER_H
#define SIM_RUN_CLUSTER_H

#include "sim/run/state.h"

/* Makes the world's parties with their costs, clocks and links, and the model. Nothing runs yet. */
struct cluster *cluster_create(struct run *run);
/* The conf lines in force for a node at time 0. */
const struct setting *cluster_settings(const struct run *run, uint16_t node, size_t *count);
/* Time 0: starts the nodes that are not `off`, the clients and the console. */
void cluster_start(struct run *run);

/* SIGTERM. False if the process is not running, or is ending already. */
bool cluster_terminate(struct run *run, uint16_t party);
/* Starts a process with the node's own settings, changed by `with` (NULL, or no words: unchanged). One that runs is
 * waited for if it is shutting down, else killed first. */
void cluster_restart(struct run *run, uint16_t party, const struct conf_line *with);
/* Starts one with the node's own settings if none runs; false if one does. */
bool cluster_revive(struct run *run, uint16_t party);

/* Called once, when the party's process has ended. */
struct gone_call {
    void (*call)(struct run *run, struct gone_call *self);
    struct gone_call *next;
};
void cluster_when_gone(struct run *run, uint16_t party, struct gone_call *call);
/* How many such calls, and starts that are to follow an end, wait for a process that is not ending: its shutdown was
 * asked for and failed. */
size_t cluster_waits_in_vain(struct run *run);

#endif
