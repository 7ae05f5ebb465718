/* The true history of a run: which datasets there ever were, in which order, as nobody in the run can know it.
 *
 * Method: a tree of branches. A branch is begun when a master writes for the first time since it booted, was
 * promoted or loaded a dataset: from then on that node alone appends to it. An entry is one change of the dataset,
 * or one command boundary of the replication stream: the replication offset after it and the digest of the dataset
 * then. So a place in the history has two coordinates: the true position (branch, index), which counts every change
 * and never lies, and the offset, which is what the servers go by: it stands still while a master without backlog
 * writes, and two branches can have equal ones.
 *
 * Cost: appending is O(1), 16 bytes an entry and a copy of the stream's bytes into a ring; a reader that goes on from
 * a position finds the next boundary in O(1) amortised; seeking by offset is a binary search.
 *
 * What it cannot see: digests are folded to 64 bits, so two datasets that differ are taken for equal once in 2^64.
 * Entries that no reader can still reach are given up (history_forget), beyond HISTORY_KEEP an old entry even if one
 * could: a reader that far behind is compared at the first boundary that is left. */
#ifndef MODEL_CHECK_HISTORY_H
#define MODEL_CHECK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/redis/keyspace.h"
#include "sim/world/pool.h"
#include "sim/world/units.h"

/* Entries a chunk, and chunks that a branch keeps at most (16 MiB of entries). */
#define HISTORY_CHUNK 1024u
#define HISTORY_KEEP  1024u
/* The last bytes of a branch's stream that can be shown to people. */
#define HISTORY_TEXT 65536u

struct history_entry {
    int64_t offset;
    uint64_t digest; /* folded; what history_digest_fold makes */
};

/* Entries whose digest says nothing: a boundary at which the master's dataset was ahead of its stream. */
#define HISTORY_NO_DIGEST UINT64_C(0x9e3779b97f4a7c15)

struct branch {
    uint32_t number;
    uint16_t owner;        /* the node that writes it, or wrote it */
    bool foreign_base;     /* its base is not its parent's dataset: the owner had been written to as a replica */
    struct branch *parent; /* NULL for a root */
    uint64_t parent_index; /* where it leaves its parent */
    uint32_t depth;        /* 0 for a root */
    int64_t base_offset;   /* the state at index 0 */
    uint64_t base_digest;
    uint64_t length;              /* entries ever appended */
    uint64_t first;               /* the first that is still kept: a multiple of HISTORY_CHUNK */
    struct history_entry **chunk; /* kept ones, from that of `first` on */
    size_t chunk_room;
    struct history_entry *tail; /* where the next entry goes; NULL: a chunk is needed first */
    char *text;                 /* ring of the stream's last bytes, by offset; NULL if none */
    int64_t text_end;           /* offset after its last byte */
    int64_t text_begin;         /* offset before its first byte */
    uint64_t *acked;            /* bit i: entry i is an acknowledged write (ledger.h); NULL if none */
    size_t acked_words;
    struct branch *next; /* in order of number */
};

/* The state after `index` entries of `branch`. branch NULL: unknown. */
struct position {
    struct branch *branch;
    uint64_t index;
};

struct history {
    struct pool *pool;
    struct branch *first, *last;
    uint32_t branches;
    uint64_t entries; /* appended in all branches */
};

void history_init(struct history *h, struct pool *pool);

/* Begins a branch of `owner` at `from` (branch NULL: a root), with the state that the owner has there. */
struct branch *history_begin(struct history *h, struct position from, uint16_t owner, int64_t offset, uint64_t digest);

/* For history_append: makes room for an entry. */
void history_grow(struct history *h, struct branch *b);

/* Appends an entry: the state after it. */
static inline void history_append(struct history *h, struct branch *b, int64_t offset, uint64_t digest) {
    if (!b->tail) history_grow(h, b);
    *b->tail++ = (struct history_entry){offset, digest};
    b->length++;
    h->entries++;
    if (b->length % HISTORY_CHUNK == 0) b->tail = NULL;
}

/* Keeps the bytes of the stream that end at `offset`, for people. */
void history_keep_text(struct history *h, struct branch *b, int64_t offset, struct bytes text);
/* Bytes of the stream after `from` up to `to`, copied to `into` (room >= to - from); false if they are gone. */
bool history_text(const struct branch *b, int64_t from, int64_t to, char *into);

/* Gives up the chunks of b that lie wholly before index `before`. */
void history_forget(struct history *h, struct branch *b, uint64_t before);

/* The entry at `index`; NULL if it is forgotten. index < length. */
static inline const struct history_entry *history_at(const struct branch *b, uint64_t index) {
    if (index < b->first) return NULL;
    return &b->chunk[(index - b->first) / HISTORY_CHUNK][index % HISTORY_CHUNK];
}

/* Offset and digest of a position; false if its entry is forgotten. */
bool history_state(struct position at, int64_t *offset, uint64_t *digest);

/* How many entries of `b` lie on the way from the root to `target`: UINT64_MAX if b is target itself, the fork's index
 * if b is an ancestor; *child is then the next branch of the way. 0 and NULL if b is not on the way. */
uint64_t history_way(const struct branch *b, struct branch *target, struct branch **child);

/* Whether `a` lies on the way from the root to `b`, b included: everything that made a is part of b. */
bool history_is_ancestor(struct position a, struct position b);

/* The first position on the way to `target`, among those not forgotten, whose offset is at least `offset`; branch NULL
 * if there is none. Slow: a binary search in each branch of the way. */
struct position history_seek(struct branch *target, int64_t offset);

/* The last state on the way from the root to `at` that has this digest; branch NULL if there is none, or what is left of
 * the way begins after it. Slow: looks at each. */
struct position history_seek_digest(struct position at, uint64_t digest);

static inline uint64_t history_digest_fold(uint64_t low, uint64_t high) {
    uint64_t folded = low ^ ((high << 29 | high >> 35) * UINT64_C(0xd6e8feb86659fd93));
    return folded == HISTORY_NO_DIGEST ? folded + 1 : folded;
}

#endif
