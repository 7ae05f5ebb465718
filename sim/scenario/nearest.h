/* The valid word nearest to what a user wrote: candidates are tried one by one, the closest is kept. */
#ifndef SIM_SCENARIO_NEAREST_H
#define SIM_SCENARIO_NEAREST_H

#include "sim/world/units.h"

struct nearest {
    struct bytes word;
    const char *best; /* NULL: none is close */
    unsigned distance;
};

/* The empty word, and words longer than 40 bytes, have no neighbours. */
struct nearest nearest_to(struct bytes word);
/* Keeps the candidate if it is closer than all before: fewer insertions, deletions, replacements and swaps of
 * neighbours, and at most one for each three characters (at least one). Case counts for nothing. */
void nearest_try(struct nearest *n, const char *candidate);

#endif
