/* List values. See list.h. */
#include "model/redis/list.h"

#include <assert.h>

#include "model/redis/accounting.h"
#include "model/redis/digest.h"

/* B of each lane and its inverse modulo 2^64; 3 or 5 modulo 8, so that the powers repeat as late as possible. */
#define BASE_LOW     UINT64_C(0x9e3779b97f4a7c15)
#define INVERSE_LOW  UINT64_C(0xf1de83e19937733d)
#define BASE_HIGH    UINT64_C(0xd1b54a32d192ed03)
#define INVERSE_HIGH UINT64_C(0x06106ccfa448e5ab)

static void digest_times(struct dataset_digest *d, uint64_t low, uint64_t high) {
    d->low *= low;
    d->high *= high;
}

/* B^n in both lanes. */
static struct dataset_digest power_of(uint32_t n) {
    struct dataset_digest result = {1, 1}, square = {BASE_LOW, BASE_HIGH};
    for (; n; n >>= 1) {
        if (n & 1) digest_times(&result, square.low, square.high);
        digest_times(&square, square.low, square.high);
    }
    return result;
}

/* h(i) B^i, given B^i. */
static struct dataset_digest term(struct bytes b, struct dataset_digest power) {
    struct dataset_digest d = digest_of_bytes(b);
    digest_times(&d, power.low, power.high);
    return d;
}

static struct text **place(const struct list *l, uint32_t i) {
    return &l->ring[(l->head + i) & (l->room - 1)];
}

static void recount(struct list *l) {
    l->digest = (struct dataset_digest){0, 0};
    l->power = (struct dataset_digest){1, 1};
    l->packed = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        digest_add(&l->digest, term(list_at(l, i), l->power));
        digest_times(&l->power, BASE_LOW, BASE_HIGH);
        l->packed += accounting_packed(list_at(l, i));
    }
}

static void make_room(struct pool *pool, struct list *l) {
    if (l->count < l->room) return;
    uint32_t room = l->room ? l->room * 2 : 4;
    assert(room > l->room);
    struct text **ring = pool_alloc(pool, room * sizeof *ring);
    for (uint32_t i = 0; i < l->count; i++) ring[i] = *place(l, i);
    if (l->ring) pool_free(pool, l->ring, l->room * sizeof *ring);
    l->ring = ring;
    l->room = room;
    l->head = 0;
}

struct list *list_create(struct pool *pool) {
    struct list *l = POOL_NEW(pool, struct list);
    l->power = (struct dataset_digest){1, 1};
    return l;
}

void list_free(struct pool *pool, struct list *l) {
    for (uint32_t i = 0; i < l->count; i++) text_free(pool, *place(l, i));
    if (l->ring) pool_free(pool, l->ring, l->room * sizeof(struct text *));
    pool_free(pool, l, sizeof *l);
}

struct list *list_copy(struct pool *pool, const struct list *l) {
    struct list *copy = pool_alloc(pool, sizeof *copy);
    *copy = *l;
    copy->head = 0;
    copy->ring = l->room ? pool_alloc(pool, l->room * sizeof(struct text *)) : NULL;
    for (uint32_t i = 0; i < l->count; i++) copy->ring[i] = text_create(pool, list_at(l, i));
    return copy;
}

void list_push(struct pool *pool, struct list *l, struct bytes b, bool at_head) {
    make_room(pool, l);
    if (at_head) {
        digest_times(&l->digest, BASE_LOW, BASE_HIGH);
        digest_add(&l->digest, digest_of_bytes(b));
        l->head = (l->head - 1) & (l->room - 1);
        l->ring[l->head] = text_create(pool, b);
    } else {
        digest_add(&l->digest, term(b, l->power));
        *place(l, l->count) = text_create(pool, b);
    }
    digest_times(&l->power, BASE_LOW, BASE_HIGH);
    l->packed += accounting_packed(b);
    l->count++;
}

struct text *list_pop(struct list *l, bool at_head) {
    assert(l->count > 0);
    struct text *t = *place(l, at_head ? 0 : l->count - 1);
    digest_times(&l->power, INVERSE_LOW, INVERSE_HIGH);
    if (at_head) {
        digest_sub(&l->digest, digest_of_bytes(text_bytes(t)));
        digest_times(&l->digest, INVERSE_LOW, INVERSE_HIGH);
        l->head = (l->head + 1) & (l->room - 1);
    } else {
        digest_sub(&l->digest, term(text_bytes(t), l->power));
    }
    l->packed -= accounting_packed(text_bytes(t));
    l->count--;
    return t;
}

void list_set(struct pool *pool, struct list *l, uint32_t i, struct bytes b) {
    assert(i < l->count);
    struct dataset_digest power = power_of(i);
    struct text *old = *place(l, i);
    digest_sub(&l->digest, term(text_bytes(old), power));
    l->packed -= accounting_packed(text_bytes(old));
    *place(l, i) = text_create(pool, b);
    digest_add(&l->digest, term(b, power));
    l->packed += accounting_packed(b);
    text_free(pool, old);
}

void list_insert(struct pool *pool, struct list *l, uint32_t i, struct bytes b) {
    assert(i <= l->count);
    make_room(pool, l);
    for (uint32_t at = l->count++; at > i; at--) *place(l, at) = *place(l, at - 1);
    *place(l, i) = text_create(pool, b);
    recount(l);
}

void list_keep(struct pool *pool, struct list *l, uint32_t from, uint32_t count) {
    assert(from + count <= l->count);
    while (l->count > from + count) text_free(pool, list_pop(l, false));
    while (l->count > count) text_free(pool, list_pop(l, true));
}

uint32_t list_remove_equal(struct pool *pool, struct list *l, struct bytes b, uint32_t limit, bool backward) {
    uint32_t removed = 0;
    for (uint32_t n = 0; n < l->count && removed < limit; n++) {
        struct text **at = place(l, backward ? l->count - 1 - n : n);
        if (!bytes_equal(text_bytes(*at), b)) continue;
        text_free(pool, *at);
        *at = NULL;
        removed++;
    }
    if (removed == 0) return 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->count; i++)
        if (*place(l, i)) *place(l, kept++) = *place(l, i);
    l->count = kept;
    recount(l);
    return removed;
}
