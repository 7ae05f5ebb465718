/* maxmemory: what a server does when it uses more memory than it may (redis-server 7.0.15's evict.c).
 *
 * Before each command, and in turns of its own when there was too much to do for one command, keys are evicted until
 * the memory that counts is below maxmemory. Each goes into the stream as a DEL (lazyfree-lazy-eviction: UNLINK) of its
 * own, before the command and never in a transaction. */
#ifndef MODEL_REDIS_EVICTION_H
#define MODEL_REDIS_EVICTION_H

#include "model/redis/eviction_pool.h"

#include "sim/world/host.h"

struct server;

struct eviction {
    struct chance access_chance; /* of the LFU counters */
    struct chance sample_chance;
    struct eviction_pool pool;
    struct host_timer timer; /* goes on with what a command has left */
    bool running;            /* it is armed */
    sim_time exceeded_since; /* ns, -1: memory is not exceeded */
    sim_time exceeded_total; /* ns, in former times */
};

enum eviction_result {
    EVICT_OK,
    EVICT_RUNNING, /* there is more to do, and it will be done */
    EVICT_FAIL     /* there is too much, and nothing that may be evicted */
};

void eviction_init(struct server *s);
/* maxmemory, its policy or the LFU settings may have changed. */
void eviction_configure(struct server *s);
/* CONFIG SET gave maxmemory another value: frees memory at the next turn. */
void eviction_limit_changed(struct server *s);
/* Frees what must be freed now. */
enum eviction_result eviction_perform(struct server *s);
/* For how long the server has had too much memory, ns. */
sim_time eviction_exceeded_now(const struct server *s);
/* Bytes of the process's memory that do not count: replication buffers beyond what the backlog is meant to have. */
uint64_t eviction_not_counted(const struct server *s);

#endif
