/* Sorted sets. See zset.h. */
#include "model/redis/zset.h"

#include <assert.h>

/* Whether member a comes before (score, name). */
static bool before(const struct element *a, zscore score, struct bytes name) {
    int order = score_compare(a->score, score);
    return order < 0 || (order == 0 && bytes_compare(text_bytes(a->name), name) < 0);
}

/* How many of the first n in order come before (score, name). */
static uint32_t search(const struct zset *z, uint32_t n, zscore score, struct bytes name) {
    uint32_t low = 0;
    while (low < n) {
        uint32_t middle = low + (n - low) / 2;
        if (before(zset_at(z, middle), score, name))
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

struct zset *zset_create(struct pool *pool) {
    struct zset *z = POOL_NEW(pool, struct zset);
    z->table = table_create(pool, TABLE_ZSET);
    return z;
}

void zset_free(struct pool *pool, struct zset *z) {
    table_free(pool, z->table);
    if (z->order) pool_free(pool, z->order, z->room * sizeof(uint32_t));
    pool_free(pool, z, sizeof *z);
}

struct zset *zset_copy(struct pool *pool, const struct zset *z) {
    struct zset *copy = pool_alloc(pool, sizeof *copy);
    *copy = (struct zset){table_copy(pool, z->table), NULL, z->room};
    if (z->room == 0) return copy;
    copy->order = pool_alloc(pool, z->room * sizeof(uint32_t));
    memcpy(copy->order, z->order, zset_count(z) * sizeof(uint32_t));
    return copy;
}

uint32_t zset_rank(const struct zset *z, const struct element *e) {
    uint32_t rank = search(z, zset_count(z), e->score, text_bytes(e->name));
    assert(zset_at(z, rank) == e);
    return rank;
}

/* Puts a slot into the first n of the order, at its place. */
static void order_put(struct zset *z, uint32_t n, uint32_t slot) {
    const struct element *e = &z->table->elements[slot];
    uint32_t rank = search(z, n, e->score, text_bytes(e->name));
    memmove(&z->order[rank + 1], &z->order[rank], (n - rank) * sizeof(uint32_t));
    z->order[rank] = slot;
}

static void order_take(struct zset *z, uint32_t rank) {
    memmove(&z->order[rank], &z->order[rank + 1], (zset_count(z) - rank - 1) * sizeof(uint32_t));
}

void zset_add(struct pool *pool, struct zset *z, struct bytes name, zscore score) {
    uint32_t n = zset_count(z);
    if (n == z->room) {
        uint32_t room = z->room ? z->room * 2 : 4;
        z->order = pool_resize(pool, z->order, z->room * sizeof(uint32_t), room * sizeof(uint32_t));
        z->room = room;
    }
    table_add_score(pool, z->table, name, score);
    order_put(z, n, n);
}

void zset_set_score(struct zset *z, struct element *e, zscore score) {
    uint32_t slot = table_slot(z->table, e);
    order_take(z, zset_rank(z, e));
    table_set_score(z->table, e, score);
    order_put(z, zset_count(z) - 1, slot);
}

void zset_remove(struct pool *pool, struct zset *z, struct element *e) {
    uint32_t last = zset_count(z) - 1, hole = table_slot(z->table, e);
    order_take(z, zset_rank(z, e));
    if (hole != last) {
        /* The table moves its last element into the hole: its place in the order learns the new slot first. */
        const struct element *moved = &z->table->elements[last];
        z->order[search(z, last, moved->score, text_bytes(moved->name))] = hole;
    }
    table_remove(pool, z->table, e, false);
}

void zset_remove_ranks(struct pool *pool, struct zset *z, uint32_t from, uint32_t count) {
    assert(from + count <= zset_count(z));
    while (count-- > 0) zset_remove(pool, z, zset_at(z, from + count));
}

uint32_t zset_count_below(const struct zset *z, struct score_bound min) {
    uint32_t low = 0, high = zset_count(z);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (score_above(zset_at(z, middle)->score, min))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint32_t zset_count_within(const struct zset *z, struct score_bound max) {
    uint32_t low = 0, high = zset_count(z);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (score_below(zset_at(z, middle)->score, max))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
