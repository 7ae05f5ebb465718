/* The trace: packs every happening into a record of 64 bytes, folds the records block by block into a rolling
 * hash, and shows the happening to those who listen for its kind. */
#include "sim/world/trace.h"

#include <assert.h>
#include <endian.h>
#include <xxhash.h>

#define BLOCK_RECORDS 64u

/* What is hashed of a happening, in little-endian words: no padding, no address. The number of the happening is
 * its position; the text is there by its hash. */
struct record {
    uint64_t words[8];
};

struct listener {
    trace_hear_fn *hear;
    void *ctx;
};

/* The listeners of one kind, in the order they were added. */
struct audience {
    struct listener *listeners;
    uint32_t count, room;
};

struct trace {
    struct record block[BLOCK_RECORDS];
    uint32_t filled;
    bool frozen;
    uint64_t folded; /* hash of all full blocks, chained */
    uint64_t hashed; /* happenings that were hashed */
    uint64_t shown;  /* happenings that were numbered: hashed ones and those after the freeze */
    struct pool *pool;
    struct audience audience[TRACE_KINDS];
};

struct trace *trace_create(struct pool *pool) {
    struct trace *t = POOL_NEW(pool, struct trace);
    t->pool = pool;
    return t;
}

static void audience_add(struct trace *t, struct audience *a, struct listener l) {
    if (a->count == a->room) {
        uint32_t room = a->room ? 2 * a->room : 4;
        a->listeners = pool_resize(t->pool, a->listeners, a->room * sizeof(l), room * sizeof(l));
        a->room = room;
    }
    a->listeners[a->count++] = l;
}

void trace_listen(struct trace *t, unsigned first, unsigned last, trace_hear_fn *hear, void *ctx) {
    assert(first <= last && last < TRACE_KINDS && hear);
    for (unsigned kind = first; kind <= last; kind++) audience_add(t, &t->audience[kind], (struct listener){hear, ctx});
}

static uint64_t fold(const struct trace *t, uint32_t records) {
    return XXH3_64bits_withSeed(t->block, records * sizeof(struct record), t->folded);
}

static struct record pack(const struct happening *h) {
    uint64_t who = h->kind | (uint64_t)h->node << 16 | (uint64_t)h->peer << 32 | (uint64_t)h->flags << 48;
    uint64_t text = h->text && h->len > 0 ? XXH3_64bits(h->text, h->len) : 0;
    return (struct record){{htole64((uint64_t)h->at), htole64(who), htole64(h->conn | (uint64_t)h->len << 32),
                            htole64((uint64_t)h->a), htole64((uint64_t)h->b), htole64((uint64_t)h->c),
                            htole64((uint64_t)h->d), htole64(text)}};
}

void trace_note(struct trace *t, struct happening *h) {
    assert(h->kind < TRACE_KINDS);
    h->seq = t->shown++;
    if (!t->frozen) {
        t->hashed++;
        t->block[t->filled++] = pack(h);
        if (t->filled == BLOCK_RECORDS) {
            t->folded = fold(t, BLOCK_RECORDS);
            t->filled = 0;
        }
    }
    const struct audience *a = &t->audience[h->kind];
    for (uint32_t i = 0; i < a->count; i++) a->listeners[i].hear(a->listeners[i].ctx, h);
}

void trace_freeze(struct trace *t) {
    t->frozen = true;
}

/* Asking folds a copy: it changes no later answer. */
uint64_t trace_hash(struct trace *t) {
    return t->filled ? fold(t, t->filled) : t->folded;
}

uint64_t trace_count(const struct trace *t) {
    return t->hashed;
}

const char *trace_kind_name(unsigned kind) {
    static const char *const names[] = {"start",  "end",     "pause", "connect", "accept",  "refused",
                                        "closed", "deliver", "lost",  "timer",   "turn",    "fork",
                                        "child",  "file",    "fault", "log",     "op_call", "op_reply"};
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}
