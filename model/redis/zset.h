/* Sorted-set values: a table of members with scores, and their order by score, then by name. */
#ifndef MODEL_REDIS_ZSET_H
#define MODEL_REDIS_ZSET_H

#include "model/redis/score.h"
#include "model/redis/table.h"

struct zset {
    struct table *table;
    uint32_t *order; /* slots of the table, ascending; a sorted array: inserting moves what comes after */
    uint32_t room;
};

struct zset *zset_create(struct pool *pool);
void zset_free(struct pool *pool, struct zset *z);
struct zset *zset_copy(struct pool *pool, const struct zset *z);

static inline uint32_t zset_count(const struct zset *z) {
    return z->table->count;
}
/* The member of this rank, 0 the lowest. */
static inline struct element *zset_at(const struct zset *z, uint32_t rank) {
    return &z->table->elements[z->order[rank]];
}
static inline struct element *zset_find(const struct zset *z, struct bytes name) {
    return table_find(z->table, name);
}
/* Rank of a member that is in. */
uint32_t zset_rank(const struct zset *z, const struct element *e);
/* Adds a member that is not in yet. */
void zset_add(struct pool *pool, struct zset *z, struct bytes name, zscore score);
void zset_set_score(struct zset *z, struct element *e, zscore score);
/* Removes the member; ranks of higher ones go down. */
void zset_remove(struct pool *pool, struct zset *z, struct element *e);
/* Removes ranks from..from+count-1. */
void zset_remove_ranks(struct pool *pool, struct zset *z, uint32_t from, uint32_t count);

/* How many members lie below this lower bound, or within the upper one: ranks [below(min), within(max)) are in. */
uint32_t zset_count_below(const struct zset *z, struct score_bound min);
uint32_t zset_count_within(const struct zset *z, struct score_bound max);

#endif
