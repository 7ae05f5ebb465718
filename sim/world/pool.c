/* Memory of one run: bump allocation from big chunks, and a free list for each size class.
 *
 * Small blocks (up to 64 KiB) are rounded up to their class and recycled through its free list. Large ones are
 * mallocs of their own, linked so that a reset finds them; given-back large blocks are kept for reuse up to a
 * bound. Nothing here depends on addresses: two runs of one seed only ever see contents. */
#include "sim/world/pool.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POOL_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_CHECKED 1
#endif
#endif
#ifndef POOL_CHECKED
#define POOL_CHECKED 0
#endif

#define ALIGNMENT   16u
#define CHUNK_BYTES ((size_t)1 << 20)
#define SMALL_LIMIT ((size_t)64 << 10)
#define FINE_LIMIT  1024u /* classes are 16 bytes apart up to here, then four to a doubling */
#define CLASS_COUNT (FINE_LIMIT / ALIGNMENT + 6 * 4)
#define CACHE_BOUND ((size_t)32 << 20) /* bytes of given-back large blocks kept for reuse */

struct free_block {
    struct free_block *next;
};

struct chunk {
    struct chunk *next;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

/* In front of each large block (of every block under AddressSanitizer). */
struct large {
    _Alignas(ALIGNMENT) struct large *next;
    struct large *prev;
    size_t room;
};

struct pool {
    struct free_block *free[CLASS_COUNT];
    unsigned char *at, *end; /* what is left of the current chunk */
    struct chunk *chunks;    /* all, in order of creation */
    struct chunk *current;
    struct large used; /* heads of rings */
    struct large cached;
    size_t cached_bytes;
    size_t in_use;
};

static _Noreturn void die_of_memory(size_t wanted) {
    fprintf(stderr, "detsim: out of memory (%zu bytes wanted)\n", wanted);
    exit(3);
}

/* --- large blocks --------------------------------------------------------------------------------------- */

static void ring_init(struct large *head) {
    head->next = head->prev = head;
}

static void ring_add(struct large *head, struct large *l) {
    l->next = head->next;
    l->prev = head;
    head->next->prev = l;
    head->next = l;
}

static void ring_remove(struct large *l) {
    l->prev->next = l->next;
    l->next->prev = l->prev;
}

/* Large blocks grow in steps of a quarter of their size, so that a cached one fits a similar need. */
static size_t large_room(size_t n) {
    if (POOL_CHECKED) return n;
    size_t step = (size_t)1 << (62 - __builtin_clzll((unsigned long long)n | 1));
    step = step / 2 < 4096 ? 4096 : step / 2;
    return (n + step - 1) / step * step;
}

static struct large *cache_take(struct pool *pool, size_t room) {
    for (struct large *l = pool->cached.next; l != &pool->cached; l = l->next) {
        if (l->room != room) continue;
        ring_remove(l);
        pool->cached_bytes -= room;
        return l;
    }
    return NULL;
}

static void *large_alloc(struct pool *pool, size_t n) {
    if (n > PTRDIFF_MAX / 2) die_of_memory(n);
    size_t room = large_room(n);
    struct large *l = cache_take(pool, room);
    if (!l) l = malloc(sizeof(*l) + room);
    if (!l) die_of_memory(room);
    l->room = room;
    ring_add(&pool->used, l);
    return l + 1;
}

static void large_free(struct pool *pool, struct large *l) {
    ring_remove(l);
    if (POOL_CHECKED || pool->cached_bytes + l->room > CACHE_BOUND) {
        free(l);
        return;
    }
    ring_add(&pool->cached, l);
    pool->cached_bytes += l->room;
}

/* A big block grows where it lies, or is moved by the kernel without a copy. */
static void *large_grow(struct pool *pool, void *block, size_t n) {
    if (n > PTRDIFF_MAX / 2) die_of_memory(n);
    struct large *l = (struct large *)block - 1;
    size_t room = large_room(n);
    ring_remove(l);
    l = realloc(l, sizeof(*l) + room);
    if (!l) die_of_memory(room);
    l->room = room;
    ring_add(&pool->used, l);
    return l + 1;
}

static void ring_free(struct large *head) {
    for (struct large *l = head->next, *next; l != head; l = next) {
        next = l->next;
        free(l);
    }
    ring_init(head);
}

/* --- small blocks --------------------------------------------------------------------------------------- */

static unsigned size_class(size_t n) {
    if (n <= FINE_LIMIT) return n == 0 ? 0 : (unsigned)((n - 1) / ALIGNMENT);
    unsigned doubling = 63u - (unsigned)__builtin_clzll((unsigned long long)(n - 1)); /* 2^doubling < n */
    unsigned quarter = (unsigned)((n - 1) >> (doubling - 2)) & 3u;
    return FINE_LIMIT / ALIGNMENT + (doubling - 10) * 4 + quarter;
}

static size_t class_room(unsigned class) {
    if (class < FINE_LIMIT / ALIGNMENT) return ((size_t) class + 1) * ALIGNMENT;
    unsigned step = class - FINE_LIMIT / ALIGNMENT;
    return ((size_t)5 + step % 4) << (step / 4 + 8);
}

/* The next chunk: one that a reset left over, or a new one. What was left of the current one is wasted. */
static void next_chunk(struct pool *pool) {
    struct chunk **link = pool->current ? &pool->current->next : &pool->chunks;
    if (!*link) {
        *link = malloc(sizeof(struct chunk) + CHUNK_BYTES);
        if (!*link) die_of_memory(CHUNK_BYTES);
        (*link)->next = NULL;
    }
    pool->current = *link;
    pool->at = pool->current->bytes;
    pool->end = pool->at + CHUNK_BYTES;
}

static void *small_alloc(struct pool *pool, size_t n) {
    unsigned class = size_class(n);
    struct free_block *b = pool->free[class];
    if (b) {
        pool->free[class] = b->next;
        return b;
    }
    size_t room = class_room(class);
    if ((size_t)(pool->end - pool->at) < room) next_chunk(pool);
    void *block = pool->at;
    pool->at += room;
    return block;
}

static void small_free(struct pool *pool, void *block, size_t n) {
    struct free_block *b = block;
    unsigned class = size_class(n);
    b->next = pool->free[class];
    pool->free[class] = b;
}

static bool is_large(size_t n) {
    return POOL_CHECKED || n > SMALL_LIMIT;
}

/* --- public --------------------------------------------------------------------------------------------- */

struct pool *pool_create(void) {
    struct pool *pool = calloc(1, sizeof(*pool));
    if (!pool) die_of_memory(sizeof(*pool));
    ring_init(&pool->used);
    ring_init(&pool->cached);
    return pool;
}

void pool_reset(struct pool *pool) {
    while (pool->used.next != &pool->used) large_free(pool, pool->used.next);
    memset(pool->free, 0, sizeof(pool->free));
    pool->current = NULL;
    pool->at = pool->end = NULL;
    pool->in_use = 0;
}

void pool_destroy(struct pool *pool) {
    if (!pool) return;
    ring_free(&pool->used);
    ring_free(&pool->cached);
    for (struct chunk *c = pool->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(pool);
}

void *pool_alloc(struct pool *pool, size_t n) {
    pool->in_use += n;
    return is_large(n) ? large_alloc(pool, n) : small_alloc(pool, n);
}

void *pool_zalloc(struct pool *pool, size_t n) {
    void *block = pool_alloc(pool, n);
    memset(block, 0, n);
    return block;
}

void *pool_resize(struct pool *pool, void *block, size_t old, size_t n) {
    if (!block) return pool_alloc(pool, n);
    bool stays = is_large(old) ? is_large(n) && ((struct large *)block - 1)->room >= n && n > old / 4
                               : !is_large(n) && size_class(old) == size_class(n);
    if (stays && !POOL_CHECKED) {
        pool->in_use += n - old;
        return block;
    }
    if (!POOL_CHECKED && old > CACHE_BOUND && n > old) {
        pool->in_use += n - old;
        return large_grow(pool, block, n);
    }
    void *moved = pool_alloc(pool, n);
    memcpy(moved, block, old < n ? old : n);
    pool_free(pool, block, old);
    return moved;
}

void pool_free(struct pool *pool, void *block, size_t n) {
    if (!block) return;
    assert(pool->in_use >= n);
    pool->in_use -= n;
    if (is_large(n)) {
        struct large *l = (struct large *)block - 1;
        assert(l->room >= n); /* a wrong size would break the free lists */
        large_free(pool, l);
    } else {
        small_free(pool, block, n);
    }
}

char *pool_strndup(struct pool *pool, const char *s, size_t n) {
    char *copy = pool_alloc(pool, n + 1);
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *pool_strdup(struct pool *pool, const char *s) {
    return pool_strndup(pool, s, strlen(s));
}

char *pool_printf(struct pool *pool, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(n >= 0);
    char *text = pool_alloc(pool, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

size_t pool_in_use(const struct pool *pool) {
    return pool->in_use;
}
