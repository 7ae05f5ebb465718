/* The event queue: a ladder (Tang, Goh and Thng 2005) of array buckets over a sorted bottom.
 *
 * From far to near: `top` takes events behind the last rung in any order; each rung divides a span of time into
 * buckets of equal width (a power of two), rung r+1 dividing one bucket of rung r; the bottom holds what lies
 * before the next unopened bucket. When the bottom is empty the next bucket is opened: a small one is sorted into
 * `run`, a big one becomes a rung of its own, and one that cannot be divided (one instant) becomes a heap. Events
 * that are inserted before the bottom's limit go to the heap `late`, which becomes a rung when it grows.
 *
 * Places hold entries of 16 bytes rather than links, so that moving events between them reads memory in order and
 * never waits for an event's own cache line; an event knows its place and its index there, for removal. */
#include "sim/world/queue.h"

#include <assert.h>
#include <string.h>

#define RUN_MOST      48u  /* entries that are sorted at once instead of being divided */
#define LATE_MOST     256u /* entries of the heap beyond which it becomes a rung, if its time can be divided */
#define RUNGS         8u
#define BUCKETS_LEAST 16u
#define BUCKETS_MOST  4096u /* of the first rung: the line of each bucket then stays in the second-level cache */
#define BUCKETS_LOWER 1024u /* of every further rung */
#define INLINE        3u    /* entries in a bucket's own cache line */

enum place { PLACE_NONE, PLACE_TOP, PLACE_RUN, PLACE_LATE, PLACE_RUNG };
#define PLACE_RUNG_SHIFT 16 /* place = (PLACE_RUNG + rung) << 16 | bucket */

struct entry {
    uint64_t at;
    struct event *event;
};

struct bucket {
    struct entry *entries; /* own, or a block of the pool's */
    uint32_t count, room;
    struct entry own[INLINE];
};

struct rung {
    struct bucket *buckets;
    uint32_t room;    /* buckets allocated */
    uint32_t count;   /* buckets in use */
    uint32_t next;    /* first unopened bucket */
    uint32_t pending; /* events in unopened buckets */
    unsigned shift;   /* log2 of a bucket's width in ns */
    uint64_t start;   /* of bucket 0 */
    uint64_t opened;  /* start of bucket `next` */
    uint64_t end;     /* events at or after it belong further up */
};

/* A list of entries. */
struct vector {
    struct entry *entries;
    uint32_t count, room;
};

struct queue {
    struct pool *pool;
    uint64_t limit;     /* events before it belong to the bottom */
    uint64_t top_start; /* events at or after it belong to the top */
    struct vector run;  /* sorted, last first; removed events leave NULL */
    struct vector late; /* 4-ary heap */
    struct vector top;
    unsigned depth; /* rungs in use */
    size_t length;
    uint64_t seq;
    sim_time popped; /* time of the last popped event */
    struct rung rungs[RUNGS];
};

static bool entry_before(const struct entry *a, const struct entry *b) {
    if (a->at != b->at) return a->at < b->at;
    if (a->event->tie != b->event->tie) return a->event->tie < b->event->tie;
    return a->event->seq < b->event->seq;
}

static void entry_place(struct entry *slot, struct entry e, uint32_t place, uint32_t index) {
    *slot = e;
    e.event->place = place;
    e.event->index = index;
}

/* --- vectors and buckets -------------------------------------------------------------------------------- */

static void vector_reserve(struct queue *q, struct vector *v, uint32_t room) {
    if (room <= v->room) return;
    uint32_t grown = v->room ? v->room : 64;
    while (grown < room) grown *= 2;
    v->entries = pool_resize(q->pool, v->entries, v->room * sizeof(struct entry), grown * sizeof(struct entry));
    v->room = grown;
}

static void vector_add(struct queue *q, struct vector *v, struct entry e, uint32_t place) {
    if (v->count == v->room) vector_reserve(q, v, v->count + 1);
    entry_place(&v->entries[v->count], e, place, v->count);
    v->count++;
}

/* The last entry takes the place of the removed one. */
static void vector_remove(struct vector *v, uint32_t index) {
    assert(index < v->count);
    v->count--;
    if (index == v->count) return;
    v->entries[index] = v->entries[v->count];
    v->entries[index].event->index = index;
}

static void bucket_grow(struct queue *q, struct bucket *b) {
    uint32_t room = b->room == INLINE ? 16 : 2 * b->room;
    struct entry *grown = pool_alloc(q->pool, room * sizeof(struct entry));
    memcpy(grown, b->entries, b->count * sizeof(struct entry));
    if (b->entries != b->own) pool_free(q->pool, b->entries, b->room * sizeof(struct entry));
    b->entries = grown;
    b->room = room;
}

static void bucket_clear(struct queue *q, struct bucket *b) {
    if (b->entries != b->own) pool_free(q->pool, b->entries, b->room * sizeof(struct entry));
    b->entries = b->own;
    b->room = INLINE;
    b->count = 0;
}

static inline void rung_add(struct queue *q, unsigned level, struct entry e) {
    struct rung *r = &q->rungs[level];
    uint32_t i = (uint32_t)((e.at - r->start) >> r->shift);
    assert(i >= r->next && i < r->count);
    struct bucket *b = &r->buckets[i];
    if (b->count == b->room) bucket_grow(q, b);
    entry_place(&b->entries[b->count], e, (PLACE_RUNG + level) << PLACE_RUNG_SHIFT | i, b->count);
    b->count++;
    r->pending++;
}

static void bucket_remove(struct queue *q, const struct event *e) {
    struct rung *r = &q->rungs[(e->place >> PLACE_RUNG_SHIFT) - PLACE_RUNG];
    struct bucket *b = &r->buckets[e->place & ((1u << PLACE_RUNG_SHIFT) - 1)];
    struct vector v = {b->entries, b->count, b->room};
    vector_remove(&v, e->index);
    b->count = v.count;
    r->pending--;
}

/* --- the heap of late events ---------------------------------------------------------------------------- */

static void heap_put(struct vector *v, uint32_t i, struct entry e) {
    entry_place(&v->entries[i], e, PLACE_LATE << PLACE_RUNG_SHIFT, i);
}

static void heap_up(struct vector *v, uint32_t i, struct entry e) {
    while (i > 0 && entry_before(&e, &v->entries[(i - 1) / 4])) {
        heap_put(v, i, v->entries[(i - 1) / 4]);
        i = (i - 1) / 4;
    }
    heap_put(v, i, e);
}

static uint32_t heap_least_child(const struct vector *v, uint32_t i) {
    uint32_t least = 4 * i + 1, end = least + 4 < v->count ? least + 4 : v->count;
    for (uint32_t c = least + 1; c < end; c++)
        if (entry_before(&v->entries[c], &v->entries[least])) least = c;
    return least;
}

static void heap_down(struct vector *v, uint32_t i, struct entry e) {
    while (4 * (uint64_t)i + 1 < v->count) {
        uint32_t least = heap_least_child(v, i);
        if (!entry_before(&v->entries[least], &e)) break;
        heap_put(v, i, v->entries[least]);
        i = least;
    }
    heap_put(v, i, e);
}

static void heap_add(struct queue *q, struct entry e) {
    vector_reserve(q, &q->late, q->late.count + 1);
    heap_up(&q->late, q->late.count++, e);
}

static void heap_remove(struct vector *v, uint32_t index) {
    assert(index < v->count);
    struct entry last = v->entries[--v->count];
    if (index == v->count) return;
    if (index > 0 && entry_before(&last, &v->entries[(index - 1) / 4]))
        heap_up(v, index, last);
    else
        heap_down(v, index, last);
}

static void heap_build(struct queue *q, const struct entry *entries, uint32_t count) {
    assert(q->late.count == 0);
    vector_reserve(q, &q->late, count);
    for (uint32_t i = 0; i < count; i++) heap_put(&q->late, i, entries[i]);
    q->late.count = count;
    for (uint32_t i = count / 4 + 1; i-- > 0;)
        if (i < count) heap_down(&q->late, i, q->late.entries[i]);
}

/* --- rungs ---------------------------------------------------------------------------------------------- */

static unsigned log2_up(uint64_t n) {
    return n <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(n - 1);
}

static void rung_reserve(struct queue *q, struct rung *r, uint32_t count) {
    if (count <= r->room) return;
    pool_free(q->pool, r->buckets, r->room * sizeof(struct bucket)); /* all empty */
    r->buckets = pool_alloc(q->pool, count * sizeof(struct bucket));
    r->room = count;
    for (uint32_t i = 0; i < count; i++) {
        r->buckets[i].entries = r->buckets[i].own;
        r->buckets[i].count = 0;
        r->buckets[i].room = INLINE;
    }
}

/* A new lowest rung over [start, end) for about `count` events; the bottom then ends where it starts. */
static void rung_begin(struct queue *q, uint64_t start, uint64_t end, uint32_t count) {
    assert(q->depth < RUNGS && start < end);
    struct rung *r = &q->rungs[q->depth];
    uint32_t most = q->depth == 0 ? BUCKETS_MOST : BUCKETS_LOWER;
    uint32_t wanted = count < BUCKETS_LEAST ? BUCKETS_LEAST : count > most ? most : count;
    unsigned span = log2_up(end - start), wide = log2_up(wanted);
    r->shift = span > wide ? span - wide : 0;
    r->count = (uint32_t)((end - start - 1) >> r->shift) + 1;
    rung_reserve(q, r, r->count);
    r->start = r->opened = start;
    r->end = end;
    r->next = r->pending = 0;
    q->depth++;
    q->limit = start;
}

static void spread(struct queue *q, const struct entry *entries, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].event) rung_add(q, q->depth - 1, entries[i]);
}

/* Sorts a few entries into the run, last first. */
static void run_fill(struct queue *q, const struct entry *entries, uint32_t count) {
    struct vector *run = &q->run;
    vector_reserve(q, run, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && entry_before(&run->entries[at - 1], &entries[i]); at--)
            run->entries[at] = run->entries[at - 1];
        run->entries[at] = entries[i];
    }
    run->count = count;
    for (uint32_t i = 0; i < count; i++)
        entry_place(&run->entries[i], run->entries[i], PLACE_RUN << PLACE_RUNG_SHIFT, i);
}

/* Makes the events of [start, end) the bottom, or a rung if there are too many to sort. */
static void open_span(struct queue *q, const struct entry *entries, uint32_t count, uint64_t start, uint64_t end) {
    assert(q->run.count == 0 && q->late.count == 0);
    if (count > RUN_MOST && end - start > 1 && q->depth < RUNGS) {
        rung_begin(q, start, end, count);
        spread(q, entries, count);
        return;
    }
    q->limit = end;
    if (count <= RUN_MOST)
        run_fill(q, entries, count);
    else
        heap_build(q, entries, count);
}

static void open_next_bucket(struct queue *q, struct rung *r) {
    while (r->buckets[r->next].count == 0) r->next++;
    struct bucket *b = &r->buckets[r->next];
    uint64_t start = r->start + ((uint64_t)r->next << r->shift);
    uint64_t width = UINT64_C(1) << r->shift;
    uint64_t end = r->end - start > width ? start + width : r->end;
    r->pending -= b->count;
    r->next++;
    r->opened = end;
    open_span(q, b->entries, b->count, start, end);
    bucket_clear(q, b);
}

static void open_top(struct queue *q) {
    uint64_t first = UINT64_MAX, last = 0;
    for (uint32_t i = 0; i < q->top.count; i++) {
        uint64_t at = q->top.entries[i].at;
        if (at < first) first = at;
        if (at > last) last = at;
    }
    q->top_start = last + 1;
    open_span(q, q->top.entries, q->top.count, first, last + 1);
    q->top.count = 0;
}

/* Opens buckets until the bottom has an event. The queue is not empty. */
static void fill_bottom(struct queue *q) {
    while (q->run.count + q->late.count == 0) {
        while (q->depth > 0 && q->rungs[q->depth - 1].pending == 0) q->limit = q->rungs[--q->depth].end;
        if (q->depth > 0)
            open_next_bucket(q, &q->rungs[q->depth - 1]);
        else
            open_top(q);
    }
}

/* Too many late events to be a heap: the bottom becomes a rung, unless it is a single instant. */
static void divide_bottom(struct queue *q) {
    uint64_t start = (uint64_t)q->popped, end = q->limit;
    if (end - start <= 1 || q->depth == RUNGS) return;
    struct vector late = q->late;
    q->late = (struct vector){NULL, 0, 0};
    rung_begin(q, start, end, late.count);
    spread(q, late.entries, late.count);
    spread(q, q->run.entries, q->run.count);
    q->run.count = 0;
    pool_free(q->pool, late.entries, late.room * sizeof(struct entry));
}

/* --- public --------------------------------------------------------------------------------------------- */

struct queue *queue_create(struct pool *pool) {
    struct queue *q = POOL_NEW(pool, struct queue);
    q->pool = pool;
    return q;
}

static void insert_below_top(struct queue *q, struct entry e) {
    unsigned level = q->depth;
    while (level > 0 && e.at >= q->rungs[level - 1].end) level--;
    assert(level > 0);
    rung_add(q, level - 1, e);
}

void queue_insert(struct queue *q, struct event *event) {
    assert(!event_pending(event) && event->at >= q->popped);
    struct entry e = {(uint64_t)event->at, event};
    event->seq = q->seq++;
    q->length++;
    if (e.at >= q->top_start)
        vector_add(q, &q->top, e, PLACE_TOP << PLACE_RUNG_SHIFT);
    else if (q->depth > 0 && e.at >= q->rungs[0].opened)
        rung_add(q, 0, e);
    else if (e.at >= q->limit)
        insert_below_top(q, e);
    else {
        heap_add(q, e);
        if (q->late.count > LATE_MOST) divide_bottom(q);
    }
}

void queue_remove(struct queue *q, struct event *e) {
    if (!event_pending(e)) return;
    switch (e->place >> PLACE_RUNG_SHIFT) {
    case PLACE_TOP:
        vector_remove(&q->top, e->index);
        break;
    case PLACE_RUN:
        q->run.entries[e->index].event = NULL;
        break;
    case PLACE_LATE:
        heap_remove(&q->late, e->index);
        break;
    default:
        bucket_remove(q, e);
    }
    e->place = PLACE_NONE;
    q->length--;
}

/* Whether the next event is the last of the run (else the first of the heap). The queue is not empty. */
static bool next_is_in_run(struct queue *q) {
    for (;;) {
        while (q->run.count > 0 && !q->run.entries[q->run.count - 1].event) q->run.count--;
        if (q->run.count + q->late.count > 0) break;
        fill_bottom(q);
    }
    if (q->late.count == 0) return true;
    return q->run.count > 0 && entry_before(&q->run.entries[q->run.count - 1], &q->late.entries[0]);
}

struct event *queue_pop(struct queue *q) {
    if (q->length == 0) return NULL;
    struct event *e;
    if (next_is_in_run(q)) {
        e = q->run.entries[--q->run.count].event;
    } else {
        e = q->late.entries[0].event;
        heap_remove(&q->late, 0);
    }
    assert(e->at >= q->popped);
    q->popped = e->at;
    e->place = PLACE_NONE;
    q->length--;
    return e;
}

sim_time queue_next(struct queue *q) {
    if (q->length == 0) return SIM_NEVER;
    if (next_is_in_run(q)) return (sim_time)q->run.entries[q->run.count - 1].at;
    return (sim_time)q->late.entries[0].at;
}

size_t queue_length(const struct queue *q) {
    return q->length;
}
