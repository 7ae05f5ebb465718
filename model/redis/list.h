/* List values: a ring of texts, with a digest that depends on the elements and their order alone.
 *
 * The digest is the polynomial h(0) + h(1) B + ... + h(n-1) B^(n-1), modulo 2^64 in each lane, with h(i) the digest of
 * element i counted from the head, and B odd and so invertible: pushes and pops at both ends and LSET cost O(1);
 * changes in the middle compute it anew. */
#ifndef MODEL_REDIS_LIST_H
#define MODEL_REDIS_LIST_H

#include "model/redis/keyspace.h"
#include "model/redis/text.h"

struct list {
    struct text **ring; /* `room` places, a power of two */
    uint32_t room;
    uint32_t head; /* place of element 0 */
    uint32_t count;
    struct dataset_digest digest;
    struct dataset_digest power; /* B^count */
    uint64_t packed;             /* bytes as listpack entries, for the accounting */
};

struct list *list_create(struct pool *pool);
void list_free(struct pool *pool, struct list *l);
struct list *list_copy(struct pool *pool, const struct list *l);

/* Element i from the head, i < count. Valid until the list changes. */
static inline struct bytes list_at(const struct list *l, uint32_t i) {
    return text_bytes(l->ring[(l->head + i) & (l->room - 1)]);
}

void list_push(struct pool *pool, struct list *l, struct bytes b, bool at_head);
/* Removes the element at an end of a list that is not empty; the text is now the caller's. */
struct text *list_pop(struct list *l, bool at_head);
/* Replaces element i. */
void list_set(struct pool *pool, struct list *l, uint32_t i, struct bytes b);
/* Inserts before element i, i <= count. O(n). */
void list_insert(struct pool *pool, struct list *l, uint32_t i, struct bytes b);
/* Keeps elements from..from+count-1. */
void list_keep(struct pool *pool, struct list *l, uint32_t from, uint32_t count);
/* Removes up to `limit` elements equal to b, searched from the tail if `backward`; how many. O(n). */
uint32_t list_remove_equal(struct pool *pool, struct list *l, struct bytes b, uint32_t limit, bool backward);

#endif
