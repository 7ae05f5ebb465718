#include "model/check/acked_writes.h"

#include <assert.h>
#include <string.h>

struct waiting_write {
    uint64_t ordinal;
    struct position at;
};

/* The writes of one connection that wait for their replies, in order: a ring. */
struct waiting_writes {
    size_t head, count, room; /* room is a power of two */
    struct waiting_write *write;
    bool closed; /* by its client: nobody will say more of its writes */
};

void acked_writes_init(struct acked_writes *a, struct standings *s) {
    *a = (struct acked_writes){.standings = s};
}

static struct pool *pool_of(const struct acked_writes *a) {
    return a->standings->history.pool;
}

/* The place of a connection in the table. */
static struct waiting_writes *place_of(struct acked_writes *a, uint32_t conn) {
    if (conn >= a->waiting_room) {
        size_t room = a->waiting_room ? a->waiting_room : 64;
        while (room <= conn) room *= 2;
        size_t old = a->waiting_room * sizeof *a->waiting;
        a->waiting = pool_resize(pool_of(a), a->waiting, old, room * sizeof *a->waiting);
        memset(a->waiting + a->waiting_room, 0, room * sizeof *a->waiting - old);
        a->waiting_room = room;
    }
    return &a->waiting[conn];
}

static void grow(struct pool *pool, struct waiting_writes *w) {
    size_t room = w->room ? 2 * w->room : 16;
    struct waiting_write *bigger = POOL_ARRAY(pool, struct waiting_write, room);
    for (size_t i = 0; i < w->count; i++) bigger[i] = w->write[(w->head + i) & (w->room - 1)];
    pool_free(pool, w->write, w->room * sizeof *w->write);
    w->write = bigger;
    w->room = room;
    w->head = 0;
}

void acked_writes_executed(struct acked_writes *a, uint32_t conn, uint64_t ordinal, struct position at) {
    if (!at.branch || at.index == 0 || conn == 0) return;
    struct waiting_writes *w = place_of(a, conn);
    if (w->closed) return;
    if (w->count == w->room) grow(pool_of(a), w);
    w->write[(w->head + w->count++) & (w->room - 1)] = (struct waiting_write){ordinal, at};
}

static void mark(struct acked_writes *a, struct position at) {
    struct branch *b = at.branch;
    uint64_t entry = at.index - 1;
    size_t word = (size_t)(entry / 64);
    if (word >= b->acked_words) {
        size_t words = b->acked_words ? 2 * b->acked_words : 16;
        while (words <= word) words *= 2;
        size_t old = b->acked_words * sizeof *b->acked;
        b->acked = pool_resize(pool_of(a), b->acked, old, words * sizeof *b->acked);
        memset(b->acked + b->acked_words, 0, words * sizeof *b->acked - old);
        b->acked_words = words;
    }
    b->acked[word] |= UINT64_C(1) << (entry % 64);
}

void acked_writes_replied(struct acked_writes *a, uint32_t conn, uint64_t ordinal, bool ok) {
    if (conn == 0 || conn >= a->waiting_room) return;
    struct waiting_writes *w = &a->waiting[conn];
    struct position at = {NULL, 0};
    while (w->count > 0 && w->write[w->head].ordinal <= ordinal) {
        at = w->write[w->head].at;
        w->head = (w->head + 1) & (w->room - 1);
        w->count--;
    }
    if (!at.branch || !ok) return;
    mark(a, at);
    a->acked++;
}

void acked_writes_closed(struct acked_writes *a, uint32_t conn) {
    if (conn == 0) return;
    struct waiting_writes *w = place_of(a, conn);
    pool_free(pool_of(a), w->write, w->room * sizeof *w->write);
    *w = (struct waiting_writes){.closed = true};
}

/* How many entries of each branch, by its number, are part of what some live master has. */
static uint64_t *survivors(const struct acked_writes *a) {
    const struct standings *s = a->standings;
    uint64_t *kept = POOL_ARRAY(pool_of(a), uint64_t, s->history.branches);
    for (size_t i = 0; i < s->count; i++) {
        const struct standing *n = &s->node[i];
        if (!n->alive || !n->master) continue;
        struct position at = n->at;
        while (at.branch) {
            if (at.index > kept[at.branch->number]) kept[at.branch->number] = at.index;
            at = (struct position){at.branch->parent, at.branch->parent_index};
        }
    }
    return kept;
}

/* Marked entries of b from index `from` on. */
static uint64_t count_from(const struct branch *b, uint64_t from) {
    uint64_t count = 0;
    for (size_t word = (size_t)(from / 64); word < b->acked_words; word++) {
        uint64_t bits = b->acked[word];
        if (word == from / 64) bits &= ~UINT64_C(0) << (from % 64);
        count += (uint64_t)__builtin_popcountll(bits);
    }
    return count;
}

uint64_t acked_writes_lost(const struct acked_writes *a) {
    uint64_t *kept = survivors(a);
    uint64_t lost = 0;
    for (const struct branch *b = a->standings->history.first; b; b = b->next) {
        assert(b->number < a->standings->history.branches);
        lost += count_from(b, kept[b->number]);
    }
    pool_free(pool_of(a), kept, sizeof *kept * a->standings->history.branches);
    return lost;
}
