/* What a `client` line asks for, with the defaults of the language filled in. */
#ifndef MODEL_REDIS_WORKLOAD_PLAN_H
#define MODEL_REDIS_WORKLOAD_PLAN_H

#include "sim/run/system.h"

struct workload_plan {
    bool closed_loop;    /* think D; else rate R */
    struct spread think; /* ns between a reply and the next operation */
    int64_t rate;        /* operations in 1,000 s */
    bool exponential;
    sim_time from, until;
    uint64_t times;
    uint32_t *weights; /* one for each of workload_op_names */
    uint64_t keys;
    enum skew_kind skew;
    uint64_t skew_ppm;
    struct spread value; /* bytes */
    uint32_t pipeline;
    sim_time timeout;
    bool retry;
    uint32_t db_low, db_high;
    const uint16_t *nodes, *readers; /* readers: where reads go; the same as nodes unless `reads` says otherwise */
    size_t node_count, reader_count;
    int64_t wait_replicas; /* 0: no WAIT */
    sim_time wait_time;
    uint32_t multi; /* commands in a transaction; 0: none */
};

void workload_plan_read(struct workload_plan *plan, struct pool *pool, const struct model_client_setup *setup);

#endif
