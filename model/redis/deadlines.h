/* Deadlines of one database's keys: which is due next.
 *
 * A heap with lazy deletion: a changed or removed deadline stays in until it comes to the top or the heap is cleaned;
 * the entry in the slot says whether it is still true. */
#ifndef MODEL_REDIS_DEADLINES_H
#define MODEL_REDIS_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"

struct deadline {
    int64_t when; /* ms since 1970 */
    uint32_t slot;
    uint16_t serial; /* which of the slot's deadlines it is */
};

struct deadlines {
    struct deadline *heap;
    uint32_t count, room;
};

/* Whether this is the deadline that the slot has now. */
typedef bool deadline_true_fn(const void *ctx, struct deadline d);

/* Zero-initialised is valid and empty. */
void deadlines_free(struct pool *pool, struct deadlines *d);
/* Adds one. `live` is how many true ones there are now: when far more are in, the stale ones are thrown out. */
void deadlines_add(struct pool *pool, struct deadlines *d, struct deadline one, uint64_t live,
                   deadline_true_fn *is_true, const void *ctx);
/* The earliest true one (ties: the lowest slot), after removing stale ones before it; false if there is none. */
bool deadlines_first(struct deadlines *d, struct deadline *first, deadline_true_fn *is_true, const void *ctx);

#endif
