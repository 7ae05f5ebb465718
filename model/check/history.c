#include "model/check/history.h"

#include <assert.h>
#include <string.h>

void history_init(struct history *h, struct pool *pool) {
    *h = (struct history){.pool = pool};
}

struct branch *history_begin(struct history *h, struct position from, uint16_t owner, int64_t offset, uint64_t digest) {
    struct branch *b = POOL_NEW(h->pool, struct branch);
    b->number = h->branches++;
    b->owner = owner;
    b->parent = from.branch;
    b->parent_index = from.index;
    b->depth = from.branch ? from.branch->depth + 1 : 0;
    b->base_offset = offset;
    b->base_digest = digest;
    b->text_begin = b->text_end = offset;
    assert(!from.branch || from.index <= from.branch->length);
    if (h->last)
        h->last->next = b;
    else
        h->first = b;
    h->last = b;
    return b;
}

static size_t kept_chunks(const struct branch *b) {
    return (size_t)((b->length - b->first + HISTORY_CHUNK - 1) / HISTORY_CHUNK);
}

void history_grow(struct history *h, struct branch *b) {
    assert(b->length % HISTORY_CHUNK == 0);
    if (kept_chunks(b) == HISTORY_KEEP) history_forget(h, b, b->first + HISTORY_CHUNK);
    size_t kept = kept_chunks(b);
    if (kept == b->chunk_room) {
        size_t room = b->chunk_room ? 2 * b->chunk_room : 4;
        b->chunk = pool_resize(h->pool, b->chunk, b->chunk_room * sizeof *b->chunk, room * sizeof *b->chunk);
        b->chunk_room = room;
    }
    b->chunk[kept] = pool_alloc(h->pool, HISTORY_CHUNK * sizeof **b->chunk);
    b->tail = b->chunk[kept];
}

void history_forget(struct history *h, struct branch *b, uint64_t before) {
    size_t kept = kept_chunks(b), drop = 0;
    while (drop < kept && b->first + HISTORY_CHUNK <= before && b->first + HISTORY_CHUNK <= b->length) {
        pool_free(h->pool, b->chunk[drop++], HISTORY_CHUNK * sizeof **b->chunk);
        b->first += HISTORY_CHUNK;
    }
    if (drop) memmove(b->chunk, b->chunk + drop, (kept - drop) * sizeof *b->chunk);
}

/* --- the stream's last bytes ------------------------------------------------------------------------- */

/* Copies n bytes between the ring, from the place of offset `at` on, and a plain buffer. */
static void ring_copy(char *ring, int64_t at, char *plain, size_t n, bool into_ring) {
    size_t start = (size_t)((uint64_t)at % HISTORY_TEXT);
    size_t head = n < HISTORY_TEXT - start ? n : HISTORY_TEXT - start;
    if (into_ring) {
        memcpy(ring + start, plain, head);
        memcpy(ring, plain + head, n - head);
    } else {
        memcpy(plain, ring + start, head);
        memcpy(plain + head, ring, n - head);
    }
}

void history_keep_text(struct history *h, struct branch *b, int64_t offset, struct bytes text) {
    if (text.len > HISTORY_TEXT || offset - (int64_t)text.len != b->text_end) b->text_begin = offset;
    b->text_end = offset;
    if (text.len > HISTORY_TEXT) return;
    if (!b->text) b->text = pool_alloc(h->pool, HISTORY_TEXT);
    if (b->text_begin == offset) b->text_begin = offset - (int64_t)text.len;
    if (offset - b->text_begin > (int64_t)HISTORY_TEXT) b->text_begin = offset - (int64_t)HISTORY_TEXT;
    ring_copy(b->text, offset - (int64_t)text.len, (char *)(uintptr_t)text.at, text.len, true);
}

bool history_text(const struct branch *b, int64_t from, int64_t to, char *into) {
    if (from < b->text_begin || to > b->text_end || from > to) return false;
    if (from < to) ring_copy(b->text, from, into, (size_t)(to - from), false);
    return true;
}

/* --- places ------------------------------------------------------------------------------------------- */

bool history_state(struct position at, int64_t *offset, uint64_t *digest) {
    const struct branch *b = at.branch;
    assert(b && at.index <= b->length);
    *offset = b->base_offset;
    *digest = b->base_digest;
    if (at.index == 0) return true;
    const struct history_entry *e = history_at(b, at.index - 1);
    if (!e) return false;
    *offset = e->offset;
    *digest = e->digest;
    return true;
}

uint64_t history_way(const struct branch *b, struct branch *target, struct branch **child) {
    *child = NULL;
    if (b == target) return UINT64_MAX;
    struct branch *t = target;
    while (t->depth > b->depth + 1) t = t->parent;
    if (t->depth != b->depth + 1 || t->parent != b) return 0;
    *child = t;
    return t->parent_index;
}

bool history_is_ancestor(struct position a, struct position b) {
    if (!a.branch || !b.branch) return false;
    if (a.branch == b.branch) return a.index <= b.index;
    struct branch *child;
    uint64_t limit = history_way(a.branch, b.branch, &child);
    return child && a.index <= limit;
}

/* The first index of b, below `limit`, whose entry's offset is at least `offset`; limit if there is none. */
static uint64_t seek_in_branch(const struct branch *b, uint64_t limit, int64_t offset) {
    uint64_t low = b->first, high = limit;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (history_at(b, middle)->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct position history_seek(struct branch *target, int64_t offset) {
    struct position found = {NULL, 0};
    uint64_t limit = target->length;
    for (struct branch *b = target; b; limit = b->parent_index, b = b->parent) {
        uint64_t at = limit > b->first ? seek_in_branch(b, limit, offset) : limit;
        if (at < limit) found = (struct position){b, at + 1};
        if (b->base_offset < offset) break;
        found = (struct position){b, 0};
    }
    return found;
}

struct position history_seek_digest(struct position at, uint64_t digest) {
    for (; at.branch; at = (struct position){at.branch->parent, at.branch->parent_index}) {
        for (; at.index > 0; at.index--) {
            const struct history_entry *e = history_at(at.branch, at.index - 1);
            if (!e) return (struct position){NULL, 0};
            if (e->digest == digest) return at;
        }
        if (at.branch->base_digest == digest) return at;
    }
    return at;
}
