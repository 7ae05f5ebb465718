/* A heap of deadlines. See deadlines.h. */
#include "model/redis/deadlines.h"

#include <assert.h>

enum { FIRST_ROOM = 16, STALE_ALLOWED = 64 };

static bool earlier(struct deadline a, struct deadline b) {
    return a.when < b.when || (a.when == b.when && a.slot < b.slot);
}

static void sift_up(struct deadlines *d, uint32_t i, struct deadline one) {
    for (; i > 0 && earlier(one, d->heap[(i - 1) / 2]); i = (i - 1) / 2) d->heap[i] = d->heap[(i - 1) / 2];
    d->heap[i] = one;
}

static void sift_down(struct deadlines *d, uint32_t i, struct deadline one) {
    for (uint32_t child; (child = 2 * i + 1) < d->count; i = child) {
        if (child + 1 < d->count && earlier(d->heap[child + 1], d->heap[child])) child++;
        if (!earlier(d->heap[child], one)) break;
        d->heap[i] = d->heap[child];
    }
    d->heap[i] = one;
}

static void drop_first(struct deadlines *d) {
    assert(d->count > 0);
    struct deadline last = d->heap[--d->count];
    if (d->count > 0) sift_down(d, 0, last);
}

/* Throws out stale ones and makes a heap of the rest. */
static void clean(struct deadlines *d, deadline_true_fn *is_true, const void *ctx) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->count; i++)
        if (is_true(ctx, d->heap[i])) d->heap[kept++] = d->heap[i];
    d->count = kept;
    for (uint32_t i = kept / 2; i-- > 0;) sift_down(d, i, d->heap[i]);
}

void deadlines_free(struct pool *pool, struct deadlines *d) {
    if (d->heap) pool_free(pool, d->heap, d->room * sizeof *d->heap);
    *d = (struct deadlines){0};
}

void deadlines_add(struct pool *pool, struct deadlines *d, struct deadline one, uint64_t live,
                   deadline_true_fn *is_true, const void *ctx) {
    if (d->count > 2 * live + STALE_ALLOWED) clean(d, is_true, ctx);
    if (d->count == d->room) {
        uint32_t room = d->room ? d->room * 2 : FIRST_ROOM;
        d->heap = pool_resize(pool, d->heap, d->room * sizeof one, room * sizeof one);
        d->room = room;
    }
    d->count++;
    sift_up(d, d->count - 1, one);
}

bool deadlines_first(struct deadlines *d, struct deadline *first, deadline_true_fn *is_true, const void *ctx) {
    while (d->count > 0 && !is_true(ctx, d->heap[0])) drop_first(d);
    if (d->count == 0) return false;
    *first = d->heap[0];
    return true;
}
