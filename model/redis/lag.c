/* A replica and its master are compared whenever either's offset moves: O(nodes) a happening. */
#include "model/redis/lag.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "model/redis/happenings.h"

struct lag_node {
    uint16_t upstream; /* its master; NO_PARTY */
    bool equal;
    int64_t offset;
    sim_time since; /* when it became unequal, or a replica */
};

struct lag {
    const char *const *names;
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

/* The node that a role change names as master: the happening's text is its host name, empty for a master's own. */
static uint16_t find_master(const struct lag *lag, const struct happening *h) {
    for (uint16_t i = 0; i < lag->node_count; i++) {
        if (strlen(lag->names[i]) == h->len && memcmp(lag->names[i], h->text, h->len) == 0) return i;
    }
    return NO_PARTY;
}

static void set_role(struct lag *lag, const struct happening *h) {
    struct lag_node *node = &lag->node[h->node];
    node->upstream = h->a ? NO_PARTY : find_master(lag, h);
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
        set_role(lag, h);
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

struct lag *lag_create(struct pool *pool, struct trace *trace, const char *const *names, uint16_t node_count) {
    struct lag *lag = pool_zalloc(pool, sizeof(*lag) + sizeof(lag->node[0]) * node_count);
    lag->names = names;
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
