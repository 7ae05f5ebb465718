/* Tables: the elements of hash, set and sorted-set values, found by name.
 *
 * Elements lie densely in an array, in order of insertion; that order is what iteration shows. Removal keeps it
 * while the table is small (as the real server's listpacks do) and moves the last element into the hole later. */
#ifndef MODEL_REDIS_TABLE_H
#define MODEL_REDIS_TABLE_H

#include "model/redis/keyspace.h"
#include "model/redis/score.h"
#include "model/redis/slot_index.h"
#include "model/redis/text.h"

enum table_kind { TABLE_SET, TABLE_HASH, TABLE_ZSET };

struct element {
    uint64_t hash;
    struct text *name;
    union {
        struct text *value; /* of a hash; NULL in a set */
        zscore score;       /* of a sorted set */
    };
};

struct table {
    struct element *elements;
    uint32_t count, room;
    enum table_kind kind;
    bool wide;               /* outgrew the compact encoding; never goes back, as in the real server */
    bool integers;           /* a set of nothing but integers so far */
    struct slot_index index; /* used once there are more than a handful */
    struct dataset_digest sum;
    uint64_t packed; /* bytes as listpack entries */
    uint64_t loose;  /* bytes as separate strings */
};

struct table *table_create(struct pool *pool, enum table_kind kind);
void table_free(struct pool *pool, struct table *t);
struct table *table_copy(struct pool *pool, const struct table *t);

/* NULL if there is none. Valid until the table changes. */
struct element *table_find(const struct table *t, struct bytes name);
/* Adds an element whose name is not in yet. `value` is for hashes, `score` for sorted sets. */
struct element *table_add_member(struct pool *pool, struct table *t, struct bytes name);
struct element *table_add_field(struct pool *pool, struct table *t, struct bytes name, struct bytes value);
struct element *table_add_score(struct pool *pool, struct table *t, struct bytes name, zscore score);
void table_set_field(struct pool *pool, struct table *t, struct element *e, struct bytes value);
void table_set_score(struct table *t, struct element *e, zscore score);
/* Removes an element. keep_order: the rest keeps its order even if that costs O(n). Slots after it (or the last
 * one, if the order is not kept) get other numbers. */
void table_remove(struct pool *pool, struct table *t, struct element *e, bool keep_order);

/* Small tables keep their order on removal: as many as fit in the real server's listpack. */
#define TABLE_ORDERED_MAX 128

static inline uint32_t table_slot(const struct table *t, const struct element *e) {
    return (uint32_t)(e - t->elements);
}

#endif
