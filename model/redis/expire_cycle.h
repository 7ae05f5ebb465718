/* The active expire cycle of a master: deletes expired keys that nobody asks for.
 *
 * As redis-server 7.0.15 does it, by samples: in each cycle and database 20 of the keys with a deadline are looked at,
 * each time the next ones, and again as long as more than a tenth of them had expired. So where few of many keys have
 * expired they stay for a long time (50 of 1,000 for up to 5 s, measured), and so do they on the replicas, which wait
 * for the DEL. The slow cycle, in the cron, may take a quarter of the CPU; when that was not enough, or many stale keys
 * are thought to be left, fast ones of 1 ms follow at the end of turns. */
#ifndef MODEL_REDIS_EXPIRE_CYCLE_H
#define MODEL_REDIS_EXPIRE_CYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/units.h"

struct server;

struct expire_cycle {
    int next_db;
    bool behind;        /* the last one ended because its time was over */
    uint32_t stale_ppm; /* expired ones among the keys that were looked at, a running mean */
    sim_time last_fast; /* when the last fast one began */
};

void expire_cycle_slow(struct server *s);
void expire_cycle_fast(struct server *s);

#endif
