/* The real server's memory. See accounting.h. */
#include "model/redis/accounting.h"

#include "model/redis/list.h"
#include "model/redis/resp.h"

enum {
    ROBJ = ACCOUNTING_HEADER,
    DICT = 64,               /* struct dict */
    SHARED_INTEGERS = 10000, /* 0..9999 are shared objects */
    LISTPACK_HEADER = 7,     /* with its end byte */
    INTSET_HEADER = 8,
    QUICKLIST = 48,
    QUICKLIST_NODE = 32,
    QUICKLIST_FILL = 8192, /* list-max-listpack-size -2 */
    ZSET = 16,
    SKIPLIST = 32 + 528, /* header node with 32 levels */
    SKIPLIST_NODE = 48   /* 24 bytes and 16 for each of 4/3 levels, in size classes */
};

uint64_t accounting_block(uint64_t n) {
    if (n <= 128) return (n + 15) & ~UINT64_C(15);
    /* Four classes for each power of two. */
    uint64_t step = UINT64_C(1) << (63 - __builtin_clzll(n - 1) - 2);
    return (n + step - 1) & ~(step - 1);
}

uint64_t accounting_string(uint64_t len) {
    uint64_t header = len < 32 ? 1 : len < 256 ? 3 : len < 65536 ? 5 : 9;
    return accounting_block(header + len + 1);
}

static uint64_t packed_number(int64_t n) {
    if (n >= 0 && n <= 127) return 2;
    if (n >= -4096 && n <= 4095) return 3;
    if (n >= INT16_MIN && n <= INT16_MAX) return 4;
    if (n >= -8388608 && n <= 8388607) return 5;
    if (n >= INT32_MIN && n <= INT32_MAX) return 6;
    return 10;
}

uint64_t accounting_packed(struct bytes b) {
    int64_t n;
    if (resp_parse_number(b, &n)) return packed_number(n);
    uint64_t body = b.len < 64 ? 1 + b.len : b.len < 4096 ? 2 + b.len : 5 + b.len;
    return body + (body < 128 ? 1 : body < 16384 ? 2 : body < 2097152 ? 3 : 4);
}

uint64_t accounting_packed_score(zscore score) {
    enum { SEVENTEEN_DIGITS = 20 };
    int64_t whole;
    return score_is_whole(score, &whole) ? packed_number(whole) : SEVENTEEN_DIGITS;
}

uint64_t accounting_buckets(uint64_t n) {
    if (n == 0) return 0;
    return n <= 4 ? 4 * 8 : (UINT64_C(1) << (64 - __builtin_clzll(n - 1))) * 8;
}

uint64_t accounting_key(uint64_t len) {
    return ACCOUNTING_DICT_ENTRY + accounting_string(len);
}

uint64_t accounting_text(struct bytes b) {
    int64_t n;
    if (resp_parse_number(b, &n)) return n >= 0 && n < SHARED_INTEGERS ? 0 : ROBJ;
    if (accounting_is_embedded(b.len)) return accounting_block(ROBJ + 3 + b.len + 1);
    return ROBJ + accounting_string(b.len);
}

uint64_t accounting_list(const struct list *l) {
    uint64_t nodes = l->packed / QUICKLIST_FILL + 1;
    uint64_t share = l->packed / nodes;
    return ROBJ + QUICKLIST + nodes * (QUICKLIST_NODE + accounting_block(LISTPACK_HEADER + share));
}

/* An intset's numbers are as wide as its widest; the mean width of the packed form tells which. */
static uint64_t intset(const struct table *t) {
    uint64_t mean = t->count ? t->packed / t->count : 0;
    uint64_t width = mean <= 4 ? 2 : mean <= 6 ? 4 : 8;
    return accounting_block(INTSET_HEADER + width * t->count);
}

uint64_t accounting_table(const struct table *t) {
    if (!t->wide && t->kind == TABLE_SET) return ROBJ + intset(t);
    if (!t->wide) return ROBJ + accounting_block(LISTPACK_HEADER + t->packed);
    uint64_t dict = DICT + accounting_buckets(t->count) + t->loose + t->count * (uint64_t)ACCOUNTING_DICT_ENTRY;
    if (t->kind == TABLE_ZSET) dict += ZSET + SKIPLIST + t->count * (uint64_t)SKIPLIST_NODE;
    return ROBJ + dict;
}
