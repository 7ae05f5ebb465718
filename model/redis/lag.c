/* A replica and its master are compared whenever either's offset moves: O(nodes) a happening. */
#include "model/redis/lag.h"

#include <assert.h>
#include <stdbool.h>

#include "model/redis/happenings.h"

struct lag_node {
    uint16_t upstream; /* its master; NO_PARTY */
    bool equal;
    int64_t offset;
    sim_time since; /* when it became unequal, or a replica */
};

struct lag {
    uint16_t node_count;
    struct lag_node node[];
};

static void judge(struct lag *lag, uint16_t r, sim_time now) {
    struct lag_node *node = &lag->node[r];
    if (node->upstream == NO_PARTY) return;
    bool equal = node->offset == lag->node[node->upstream].offset;
    if (node->equal && !equal) node->since = now;
    node->equal = equal;
}

static void set_upstream(struct lag *lag, const struct happening *h, uint16_t upstream) {
    struct lag_node *node = &lag->node[h->node];
    node->upstream = upstream < lag->node_count ? upstream : NO_PARTY;
    node->equal = false;
    node->since = h->at;
    judge(lag, h->node, h->at);
}

static void set_offset(struct lag *lag, const struct happening *h) {
    lag->node[h->node].offset = h->a;
    judge(lag, h->node, h->at);
    for (uint16_t r = 0; r < lag->node_count; r++) {
        if (lag->node[r].upstream == h->node) judge(lag, r, h->at);
    }
}

static void hear(void *ctx, const struct happening *h) {
    struct lag *lag = ctx;
    assert(h->node < lag->node_count);
    switch (h->kind) {
    case R_ROLE:
        set_upstream(lag, h, h->a ? NO_PARTY : h->peer);
        break;
    case R_BOOT:
    case R_FEED:
    case R_APPLY:
    case R_ID:
    case R_LOADED:
    case R_CONTINUE:
        set_offset(lag, h);
        break;
    default:
        break;
    }
}

struct lag *lag_create(struct pool *pool, struct trace *trace, uint16_t node_count) {
    struct lag *lag = pool_zalloc(pool, sizeof(*lag) + sizeof(lag->node[0]) * node_count);
    lag->node_count = node_count;
    for (uint16_t i = 0; i < node_count; i++) lag->node[i].upstream = NO_PARTY;
    trace_listen(trace, R_BOOT, R_ROLE, hear, lag);
    return lag;
}

sim_time lag_time(const struct lag *lag, uint16_t node, sim_time now) {
    assert(node < lag->node_count);
    const struct lag_node *n = &lag->node[node];
    return n->equal ? 0 : now - n->since;
}
