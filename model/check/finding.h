/* What one checker found: how often, and the first time in words. */
#ifndef MODEL_CHECK_FINDING_H
#define MODEL_CHECK_FINDING_H

#include "sim/run/system.h"

struct finding {
    struct pool *pool;
    const char *name;
    bool judged;          /* something was compared, or will be: the result counts */
    enum verdict verdict; /* the worst so far */
    uint64_t count;       /* how often the worst happened */
    const char *detail;   /* the first of these */
    sim_time at;
};

void finding_init(struct finding *f, struct pool *pool, const char *name);

/* Counts one; the first of a worse verdict replaces what was said. `detail` is copied where it is kept. The order of
 * verdicts is ok, unknown, anomaly, violation. */
void finding_add(struct finding *f, enum verdict verdict, sim_time at, const char *detail);

#endif
