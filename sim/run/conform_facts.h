/* Facts of a run, the model's or the real one's: who, what, its value as text. Taken as the run goes (log lines,
 * replies) and at its end (fields, expectations), in one order. */
#ifndef SIM_RUN_CONFORM_FACTS_H
#define SIM_RUN_CONFORM_FACTS_H

#include "sim/run/conform_names.h"
#include "sim/run/real.h"
#include "sim/run/recorder.h"
#include "sim/scenario/plan.h"

struct fact {
    const char *subject; /* a node, or the scenario's line */
    const char *name;
    const char *value;
    const char *unlike; /* why it cannot be compared; NULL */
    bool is_list;       /* of lines: log */
};

struct facts {
    struct pool *pool; /* of all texts: outlives the run */
    const struct real *real;
    const struct plan *plan;
    struct fact *items;
    size_t count, room;
    sim_time ended; /* the run came to rest */

    /* while the run goes */
    const struct system *system;
    size_t node_count, console;
    size_t commands_max; /* of a scenario that sends thousands, so many replies are compared */
    struct buffer *logs; /* by node and whom they are about */
    struct buffer text;
    struct recorder recorder;
    /* The real side: the addresses in its requests; NULL: there are none. */
    const struct names *(*names_of)(const struct model *model);
    const struct names *names;
};

/* Begins to take the facts of one run; give facts->recorder to it. */
void facts_begin(struct facts *facts, struct pool *pool, const struct real *real, const struct plan *plan);

/* The fact of that subject and name; NULL if there is none. */
const struct fact *facts_find(const struct facts *facts, const char *subject, const char *name);

#endif
