/* Faults: what the scenario and chaos do to machines and links, and how it ends.
 *
 * A fault with `for` is a hold: it keeps its effect until its time, and holds of one thing overlap: it lasts until the
 * last has ended. `heal`, `resume` and `disk ... ok` void the holds of what they mend. */
#ifndef SIM_RUN_FAULTS_H
#define SIM_RUN_FAULTS_H

#include "sim/run/state.h"

struct faults *faults_create(struct run *run);

/* One carrying out of an action that is a fault, or mends one. */
struct strike {
    const struct action *action; /* must live as long as the run */
    uint32_t rank;               /* of its line */
    const char *name;            /* under which it is counted; NULL: the kind's own */
};

/* Whether faults_strike knows this kind of action: all but commands, `start` and `stop`. */
bool faults_know(enum action_kind kind);
/* Carries it out. NULL, or why there was nothing to do (static). */
const char *faults_strike(struct run *run, const struct strike *strike);

/* Whether the party's child is stopped by a fault. */
bool faults_child_stalled(const struct run *run, uint16_t party);

/* How many of each kind really happened, kinds without any left out; memory is the pool's. */
const struct named_number *faults_counts(struct run *run, size_t *count);

#endif
