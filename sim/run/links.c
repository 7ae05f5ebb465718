/* The links' properties, layer by layer. */
#include "sim/run/links.h"

#include <assert.h>

struct links {
    struct link_layer ring; /* the head: the oldest layer is ring.next */
};

struct links *links_create(struct run *run) {
    struct links *links = POOL_NEW(run->pool, struct links);
    links->ring.next = links->ring.prev = &links->ring;
    return links;
}

static bool touches(const struct link_change *change, uint16_t from, uint16_t to) {
    if (change->everywhere || (change->a == from && change->b == to)) return true;
    return !change->one_way && change->a == to && change->b == from;
}

static void lay_on(const struct link_change *change, struct link *link) {
    if (change->set[LINK_LATENCY]) link->latency = change->latency;
    if (change->set[LINK_LOSS]) link->loss_ppm = (uint32_t)change->value[LINK_LOSS];
    if (change->set[LINK_BANDWIDTH]) link->bandwidth = change->value[LINK_BANDWIDTH];
    if (change->set[LINK_BUFFER]) link->buffer = change->value[LINK_BUFFER];
    if (change->set[LINK_DUPLICATE]) link->duplicate_ppm = (uint32_t)change->value[LINK_DUPLICATE];
    if (change->set[LINK_REORDER]) link->reorder_ppm = (uint32_t)change->value[LINK_REORDER];
}

static void lay_on_pair(struct run *run, const struct link_change *change, uint16_t from, uint16_t to) {
    lay_on(change, world_link(run->world, from, to));
}

/* All layers again, from the bottom. */
static void lay_all(struct run *run, const struct link_change *unused, uint16_t from, uint16_t to) {
    (void)unused;
    struct link link = link_default();
    const struct link_layer *ring = &run->links->ring;
    for (const struct link_layer *l = ring->next; l != ring; l = l->next) {
        if (touches(l->change, from, to)) lay_on(l->change, &link);
    }
    *world_link(run->world, from, to) = link;
}

typedef void pair_fn(struct run *run, const struct link_change *change, uint16_t from, uint16_t to);

/* Does something with every directed link that a change is about. */
static void each_pair(struct run *run, const struct link_change *change, pair_fn *pair) {
    if (!change->everywhere) {
        pair(run, change, change->a, change->b);
        if (!change->one_way) pair(run, change, change->b, change->a);
        return;
    }
    for (uint16_t from = 0; from < run->party_count; from++) {
        for (uint16_t to = 0; to < run->party_count; to++) {
            if (from != to) pair(run, change, from, to);
        }
    }
}

void links_add(struct run *run, struct link_layer *layer, const struct link_change *change) {
    struct link_layer *ring = &run->links->ring;
    layer->change = change;
    layer->next = ring;
    layer->prev = ring->prev;
    layer->prev->next = layer;
    ring->prev = layer;
    each_pair(run, change, lay_on_pair);
}

void links_remove(struct run *run, struct link_layer *layer) {
    assert(layer->next && layer->prev);
    layer->prev->next = layer->next;
    layer->next->prev = layer->prev;
    each_pair(run, layer->change, lay_all);
}
