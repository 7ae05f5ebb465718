/* A system whose nodes are real server processes: the real side of `detsim conform`.
 *
 * Clients, words and ports are those of the modelled system; a node is a process that sim/run starts, and is looked at
 * through the connection of an observer. */
#ifndef SIM_RUN_CONFORM_BRIDGE_H
#define SIM_RUN_CONFORM_BRIDGE_H

#include "sim/run/real.h"
#include "sim/run/run.h"

/* What is said of a field when a server that runs did not answer in time (it loads, or sleeps). */
#define BRIDGE_UNANSWERED "did not answer the observer in time"

struct bridge_setup {
    const struct system *base;
    const struct real *real;
    const char *program; /* the server's executable */
    const char *folder;  /* where each server gets a folder of its own */
    unsigned block;      /* of loopback addresses: conform_names.h */
    uint16_t first_port; /* real ports are taken from there on */
    sim_time rest_from;  /* the run is not at rest before; */
    sim_time rest_by;    /* and not waited for after that */
    uint64_t number;     /* among the real runs of the scenario: each has phases of its own */
};

/* The system for one run: fills *system, whose create() expects the setup as run_setup's ctx. */
void bridge_system(const struct bridge_setup *setup, struct system *system);

/* The names and addresses of a run that is under way. */
struct names;
const struct names *bridge_names(const struct model *model);

/* Makes the run, its time kept to the clock. False: the environment failed, *problem says how (memory: the pool's). */
bool bridge_run(const struct run_setup *setup, struct run_result *result, const char **problem);

#endif
