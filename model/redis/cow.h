/* Copied memory: which pages a fork's parent writes to, as the real server reports it (rdb_last_cow_size).
 *
 * The real server's memory is what counts, not this model's structures. There, blocks of one size lie side by side in
 * the order in which keys were made: the hash buckets, the dict entries, the object headers, the strings. So the block
 * of the n-th slot is taken to lie at n times its size in a region of its own, and the first write to a page of a
 * region costs that page. Measured on redis-server 7.0.15 with 100,000 keys of 100 bytes, as pages a command, while few
 * are touched: SET of a random key 2.9 (entry, header, string), of keys in order 0.05, APPEND 2.0 (header, string),
 * DEL 2.1 (bucket, entry), a new key 1.1 (bucket), EXPIRE 0.05. Collections that change in place cost all their memory
 * once: more than there. What was there at the fork is the most that can be copied.
 *
 * Not counted is what a real fork copies by itself, stack, allocator and buffers of parent and child: 270 KB on an empty
 * server, 420 with 100,000 keys, 530 with 1,000,000, 650 with commands meanwhile. It is no constant, and small where
 * copied memory matters. */
#ifndef MODEL_REDIS_COW_H
#define MODEL_REDIS_COW_H

#include <stdint.h>

#include "sim/world/pool.h"

enum cow_region { COW_BUCKETS, COW_ENTRIES, COW_HEADERS, COW_STRINGS, COW_EXPIRES, COW_REGIONS };

/* Bits of the pages of a region that were written to; grows as needed. */
struct cow_pages {
    uint64_t *bits;
    uint64_t words;
};

struct cow {
    struct pool *pool;
    uint64_t page;   /* bytes of a page */
    uint64_t most;   /* bytes: all there was */
    uint64_t copied; /* bytes, in whole pages */
};

/* Bytes from `offset` of a region were written to. `pages` are those of this region. */
void cow_touch(struct cow *cow, struct cow_pages *pages, uint64_t offset, uint64_t bytes);
/* As many bytes were copied somewhere. */
void cow_add(struct cow *cow, uint64_t bytes);
void cow_pages_free(struct cow *cow, struct cow_pages *pages);

#endif
