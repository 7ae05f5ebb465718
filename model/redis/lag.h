/* Since when a replica has been behind its master.
 *
 * Listens to the trace: an offset that moves on one side can end or begin equality. Identity is not asked for: a
 * replica of another history that happens to stand at the same offset counts as equal, as it does in lag_bytes. */
#ifndef MODEL_REDIS_LAG_H
#define MODEL_REDIS_LAG_H

#include "sim/world/trace.h"

struct lag;

/* Starts listening; memory is the pool's. The nodes' names stay valid. */
struct lag *lag_create(struct pool *pool, struct trace *trace, const char *const *names, uint16_t node_count);

/* ns since the replica last equalled its master's offset, or since it became its replica; 0 while it is equal. */
sim_time lag_time(const struct lag *lag, uint16_t node, sim_time now);

#endif
