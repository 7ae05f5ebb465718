/* Tables of named elements. See table.h. */
#include "model/redis/table.h"

#include <assert.h>

#include "model/redis/accounting.h"
#include "model/redis/digest.h"
#include "model/redis/resp.h"

/* Up to here a look at every hash is cheaper than an index. */
enum { UNINDEXED_MAX = 8 };

/* The limits of the compact encodings, redis.conf's defaults. */
enum { LISTPACK_ENTRIES = 128, LISTPACK_VALUE = 64, INTSET_ENTRIES = 512 };

static struct dataset_digest element_digest(const struct table *t, const struct element *e) {
    struct dataset_digest name = digest_of_bytes(text_bytes(e->name));
    if (t->kind == TABLE_SET) return name;
    if (t->kind == TABLE_HASH) return digest_pair(name, digest_of_bytes(text_bytes(e->value)));
    uint64_t bits;
    memcpy(&bits, &e->score, sizeof bits);
    return digest_pair(name, digest_of_number(bits));
}

/* Adds (sign 1) or takes out (-1) what an element is in the sums. */
static void tally(struct table *t, const struct element *e, int sign) {
    uint64_t packed = accounting_packed(text_bytes(e->name)), loose = accounting_string(e->name->len);
    if (t->kind == TABLE_HASH) {
        packed += accounting_packed(text_bytes(e->value));
        loose += accounting_string(e->value->len);
    } else if (t->kind == TABLE_ZSET) {
        packed += accounting_packed_score(e->score);
    }
    if (sign > 0) {
        digest_add(&t->sum, element_digest(t, e));
        t->packed += packed;
        t->loose += loose;
    } else {
        digest_sub(&t->sum, element_digest(t, e));
        t->packed -= packed;
        t->loose -= loose;
    }
}

/* Notes when a new or changed element makes the real server leave the compact encoding. */
static void note_width(struct table *t, const struct element *e) {
    if (t->kind == TABLE_SET) {
        int64_t n;
        if (t->integers && !resp_parse_number(text_bytes(e->name), &n)) t->integers = false;
        if (!t->integers || t->count > INTSET_ENTRIES) t->wide = true;
        return;
    }
    size_t longest = e->name->len;
    if (t->kind == TABLE_HASH && e->value->len > longest) longest = e->value->len;
    if (longest > LISTPACK_VALUE || t->count > LISTPACK_ENTRIES) t->wide = true;
}

struct table *table_create(struct pool *pool, enum table_kind kind) {
    struct table *t = POOL_NEW(pool, struct table);
    t->kind = kind;
    t->integers = kind == TABLE_SET;
    return t;
}

static void element_free(struct pool *pool, const struct table *t, struct element *e) {
    text_free(pool, e->name);
    if (t->kind == TABLE_HASH) text_free(pool, e->value);
}

void table_free(struct pool *pool, struct table *t) {
    for (uint32_t i = 0; i < t->count; i++) element_free(pool, t, &t->elements[i]);
    if (t->elements) pool_free(pool, t->elements, t->room * sizeof(struct element));
    slot_index_free(pool, &t->index);
    pool_free(pool, t, sizeof *t);
}

struct table *table_copy(struct pool *pool, const struct table *t) {
    struct table *copy = pool_alloc(pool, sizeof *copy);
    *copy = *t;
    copy->index = slot_index_copy(pool, &t->index);
    copy->elements = t->room ? pool_alloc(pool, t->room * sizeof(struct element)) : NULL;
    for (uint32_t i = 0; i < t->count; i++) {
        copy->elements[i] = t->elements[i];
        copy->elements[i].name = text_create(pool, text_bytes(t->elements[i].name));
        if (t->kind == TABLE_HASH) copy->elements[i].value = text_create(pool, text_bytes(t->elements[i].value));
    }
    return copy;
}

struct element *table_find(const struct table *t, struct bytes name) {
    uint64_t hash = digest_hash(name);
    if (!t->index.cells) {
        for (uint32_t i = 0; i < t->count; i++)
            if (t->elements[i].hash == hash && bytes_equal(text_bytes(t->elements[i].name), name))
                return &t->elements[i];
        return NULL;
    }
    uint32_t at = slot_index_begin(hash), slot;
    while ((slot = slot_index_next(&t->index, hash, &at)) != NO_SLOT)
        if (bytes_equal(text_bytes(t->elements[slot].name), name)) return &t->elements[slot];
    return NULL;
}

static void index_element(struct pool *pool, struct table *t, uint32_t slot) {
    if (t->index.cells) {
        slot_index_insert(pool, &t->index, t->elements[slot].hash, slot);
    } else if (t->count > UNINDEXED_MAX) {
        for (uint32_t i = 0; i < t->count; i++) slot_index_insert(pool, &t->index, t->elements[i].hash, i);
    }
}

static struct element *add(struct pool *pool, struct table *t, struct bytes name) {
    if (t->count == t->room) {
        uint32_t room = t->room ? t->room * 2 : 4;
        assert(room > t->room);
        t->elements = pool_resize(pool, t->elements, t->room * sizeof(struct element), room * sizeof(struct element));
        t->room = room;
    }
    struct element *e = &t->elements[t->count++];
    *e = (struct element){.hash = digest_hash(name), .name = text_create(pool, name)};
    index_element(pool, t, t->count - 1);
    return e;
}

static struct element *added(struct table *t, struct element *e) {
    tally(t, e, 1);
    note_width(t, e);
    return e;
}

struct element *table_add_member(struct pool *pool, struct table *t, struct bytes name) {
    assert(t->kind == TABLE_SET);
    return added(t, add(pool, t, name));
}

struct element *table_add_field(struct pool *pool, struct table *t, struct bytes name, struct bytes value) {
    assert(t->kind == TABLE_HASH);
    struct element *e = add(pool, t, name);
    e->value = text_create(pool, value);
    return added(t, e);
}

struct element *table_add_score(struct pool *pool, struct table *t, struct bytes name, zscore score) {
    assert(t->kind == TABLE_ZSET);
    struct element *e = add(pool, t, name);
    e->score = score;
    return added(t, e);
}

void table_set_field(struct pool *pool, struct table *t, struct element *e, struct bytes value) {
    assert(t->kind == TABLE_HASH);
    tally(t, e, -1);
    if (text_fits(e->value, value.len)) {
        text_assign(e->value, value);
    } else {
        struct text *old = e->value;
        e->value = text_create(pool, value);
        text_free(pool, old);
    }
    added(t, e);
}

void table_set_score(struct table *t, struct element *e, zscore score) {
    assert(t->kind == TABLE_ZSET);
    tally(t, e, -1);
    e->score = score;
    tally(t, e, 1);
}

static void move_element(struct table *t, uint32_t from, uint32_t to) {
    if (t->index.cells) slot_index_renumber(&t->index, t->elements[from].hash, from, to);
    t->elements[to] = t->elements[from];
}

void table_remove(struct pool *pool, struct table *t, struct element *e, bool keep_order) {
    assert(t->count > 0);
    uint32_t hole = table_slot(t, e), last = t->count - 1;
    tally(t, e, -1);
    if (t->index.cells) slot_index_remove(&t->index, e->hash, hole);
    element_free(pool, t, e);
    if (keep_order)
        for (; hole < last; hole++) move_element(t, hole + 1, hole);
    else if (hole != last)
        move_element(t, last, hole);
    t->count--;
}
