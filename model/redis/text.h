/* Text: a growable string of bytes in a pool. String values, list elements, fields and members are texts.
 *
 * A text remembers how many bytes its block has room for, so that a small value is overwritten in place. */
#ifndef MODEL_REDIS_TEXT_H
#define MODEL_REDIS_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

/* The longest string the real server takes (proto-max-bulk-len's default). */
#define TEXT_MAX (512u * 1024 * 1024)

struct text {
    uint32_t len;
    uint32_t room; /* bytes that fit in `at` */
    char at[];
};

static inline struct bytes text_bytes(const struct text *t) {
    return (struct bytes){t->at, t->len};
}

static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Like memcmp, a shorter one before its continuation: the order of BYLEX and of members with equal scores. */
int bytes_compare(struct bytes a, struct bytes b);

/* b.len is at most TEXT_MAX. */
struct text *text_create(struct pool *pool, struct bytes b);
void text_free(struct pool *pool, struct text *t);
/* Makes room for `len` bytes in all, in place where they fit; what was there stays, `len` is not changed. */
struct text *text_reserve(struct pool *pool, struct text *t, size_t len);

/* Whether b can replace the contents in place without wasting much of the block. */
static inline bool text_fits(const struct text *t, size_t len) {
    return len <= t->room && t->room <= 4 * len + 64;
}

static inline void text_assign(struct text *t, struct bytes b) {
    if (b.len) memmove(t->at, b.at, b.len);
    t->len = (uint32_t)b.len;
}

#endif
