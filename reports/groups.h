/* Runs gathered by scenario file: what there is to say when there are thousands. */
#ifndef REPORTS_GROUPS_H
#define REPORTS_GROUPS_H

#include "reports/evidence.h"

#define RANGE_ROOM 80

struct range {
    int64_t least, most; /* least > most: nothing was counted */
};

struct group {
    const char *file, *title;
    size_t runs, failed;
    const struct run_row *first_failed; /* the one with the lowest seed; NULL if none */
    const struct run_row *first;
    struct range full_syncs, partial_syncs;
    int64_t sim_ns, events, wall_ns; /* sums */
};

/* The groups in the order in which their files first appear; memory is e->pool's. */
struct group *groups_make(struct evidence *e, size_t *count);

/* Adds a group's counts and sums to a total. */
void group_add(struct group *total, const struct group *group);

/* "3", "1 to 4", or "-" if there is nothing. `into` has RANGE_ROOM bytes. */
const char *range_words(char *into, struct range range);

#endif
