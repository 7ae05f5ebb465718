/* The index of slots by hash: linear probing, no tombstones. See slot_index.h. */
#include "model/redis/slot_index.h"

#include <assert.h>
#include <string.h>

enum { FIRST_CELLS = 16 };

static uint64_t cell_of(uint64_t hash, uint32_t slot) {
    return (uint64_t)slot_index_tag(hash) << 32 | (slot + 1);
}

/* Where this cell would like to be. */
static uint32_t cell_home(const struct slot_index *index, uint64_t cell) {
    return (uint32_t)(cell >> 32) & index->mask;
}

static void put_cell(struct slot_index *index, uint64_t cell) {
    uint32_t at = cell_home(index, cell);
    while (index->cells[at]) at = (at + 1) & index->mask;
    index->cells[at] = cell;
}

static void grow(struct pool *pool, struct slot_index *index) {
    struct slot_index old = *index;
    uint32_t room = old.cells ? (old.mask + 1) * 2 : FIRST_CELLS;
    assert(room > old.mask);
    index->cells = POOL_ARRAY(pool, uint64_t, room);
    index->mask = room - 1;
    if (!old.cells) return;
    for (uint32_t i = 0; i <= old.mask; i++)
        if (old.cells[i]) put_cell(index, old.cells[i]);
    slot_index_free(pool, &old);
}

void slot_index_free(struct pool *pool, struct slot_index *index) {
    if (index->cells) pool_free(pool, index->cells, ((size_t)index->mask + 1) * sizeof(uint64_t));
    *index = (struct slot_index){0};
}

void slot_index_insert(struct pool *pool, struct slot_index *index, uint64_t hash, uint32_t slot) {
    assert(slot != NO_SLOT);
    /* At most two thirds full: runs stay short. */
    if (!index->cells || (uint64_t)(index->used + 1) * 3 > (uint64_t)(index->mask + 1) * 2) grow(pool, index);
    put_cell(index, cell_of(hash, slot));
    index->used++;
}

/* The place of a cell that is in. */
static uint32_t place_of(const struct slot_index *index, uint64_t cell) {
    assert(index->cells);
    uint32_t at = cell_home(index, cell);
    while (index->cells[at] != cell) {
        assert(index->cells[at] != 0);
        at = (at + 1) & index->mask;
    }
    return at;
}

void slot_index_remove(struct slot_index *index, uint64_t hash, uint32_t slot) {
    uint32_t hole = place_of(index, cell_of(hash, slot));
    /* Cells after the hole move back into it unless that would put them before their home. */
    for (uint32_t at = (hole + 1) & index->mask; index->cells[at]; at = (at + 1) & index->mask) {
        uint32_t home = cell_home(index, index->cells[at]);
        if (((at - home) & index->mask) < ((at - hole) & index->mask)) continue;
        index->cells[hole] = index->cells[at];
        hole = at;
    }
    index->cells[hole] = 0;
    index->used--;
}

void slot_index_renumber(struct slot_index *index, uint64_t hash, uint32_t from, uint32_t to) {
    index->cells[place_of(index, cell_of(hash, from))] = cell_of(hash, to);
}

struct slot_index slot_index_copy(struct pool *pool, const struct slot_index *index) {
    struct slot_index copy = *index;
    if (!index->cells) return copy;
    size_t n = ((size_t)index->mask + 1) * sizeof(uint64_t);
    copy.cells = pool_alloc(pool, n);
    memcpy(copy.cells, index->cells, n);
    return copy;
}
