/* Finds slots by hash: an open-addressing table of slot numbers.
 *
 * The things that are indexed lie elsewhere, in slots numbered from 0; the index keeps 32 bits of each hash
 * beside the number, so that growing needs no look at them. It is never walked in its own order: whoever iterates
 * goes by slot. */
#ifndef MODEL_REDIS_SLOT_INDEX_H
#define MODEL_REDIS_SLOT_INDEX_H

#include <stdint.h>

#include "sim/world/pool.h"

#define NO_SLOT UINT32_MAX

struct slot_index {
    uint64_t *cells; /* tag in the high half, slot + 1 in the low one; 0 is empty. NULL while nothing is in */
    uint32_t mask;
    uint32_t used;
};

/* Zero-initialised is valid and empty. */
void slot_index_free(struct pool *pool, struct slot_index *index);
/* Puts a slot in that is not in yet. */
void slot_index_insert(struct pool *pool, struct slot_index *index, uint64_t hash, uint32_t slot);
/* Takes a slot out that is in under this hash. */
void slot_index_remove(struct slot_index *index, uint64_t hash, uint32_t slot);
/* Changes the number of a slot that is in. */
void slot_index_renumber(struct slot_index *index, uint64_t hash, uint32_t from, uint32_t to);
/* A copy with memory of its own. */
struct slot_index slot_index_copy(struct pool *pool, const struct slot_index *index);

static inline uint32_t slot_index_tag(uint64_t hash) {
    return (uint32_t)(hash >> 32);
}

/* Where a search for `hash` begins: the *at of slot_index_next. */
static inline uint32_t slot_index_begin(uint64_t hash) {
    return slot_index_tag(hash);
}

/* The next slot that may have this hash, NO_SLOT when there is no more. */
static inline uint32_t slot_index_next(const struct slot_index *index, uint64_t hash, uint32_t *at) {
    if (!index->cells) return NO_SLOT;
    for (;;) {
        uint64_t cell = index->cells[(*at)++ & index->mask];
        if (cell == 0) return NO_SLOT;
        if (cell >> 32 == slot_index_tag(hash)) return (uint32_t)cell - 1;
    }
}

#endif
