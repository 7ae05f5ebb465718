/* Text: see text.h. */
#include "model/redis/text.h"

#include <assert.h>

/* Blocks are whole multiples of 16 bytes, header included: the pool hands out no less anyway. */
static size_t text_block(size_t len) {
    return (sizeof(struct text) + len + 15) & ~(size_t)15;
}

int bytes_compare(struct bytes a, struct bytes b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.at, b.at, common) : 0;
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

struct text *text_create(struct pool *pool, struct bytes b) {
    assert(b.len <= TEXT_MAX);
    size_t block = text_block(b.len);
    struct text *t = pool_alloc(pool, block);
    t->len = (uint32_t)b.len;
    t->room = (uint32_t)(block - sizeof(struct text));
    if (b.len) memcpy(t->at, b.at, b.len);
    return t;
}

void text_free(struct pool *pool, struct text *t) {
    if (t) pool_free(pool, t, sizeof(struct text) + t->room);
}

struct text *text_reserve(struct pool *pool, struct text *t, size_t len) {
    assert(len <= TEXT_MAX);
    if (len <= t->room) return t;
    /* As sdsMakeRoomFor does: twice what is needed, up to 1 MB more. */
    size_t block = text_block(len + (len < 1024 * 1024 ? len : 1024 * 1024));
    t = pool_resize(pool, t, sizeof(struct text) + t->room, block);
    t->room = (uint32_t)(block - sizeof(struct text));
    return t;
}
