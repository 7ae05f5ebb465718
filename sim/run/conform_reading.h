/* Readings: what a real server said of itself at one time, by name. */
#ifndef SIM_RUN_CONFORM_READING_H
#define SIM_RUN_CONFORM_READING_H

#include "sim/run/real.h"

struct reading {
    struct buffer text; /* name, zero, value, zero, ... */
    size_t *starts;     /* of names */
    size_t count, room;
    sim_time taken; /* real time of the run; -1: never */
};

void reading_init(struct reading *reading, struct pool *pool);
void reading_clear(struct reading *reading);
/* The text of a field; NULL if the server did not show it. */
const char *reading_find(const struct reading *reading, const char *name);
reading_add_fn reading_add;
const char *reading_name(const struct reading *reading, size_t i);
const char *reading_value(const struct reading *reading, size_t i);

#endif
