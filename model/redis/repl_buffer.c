/* The shared blocks of the replication stream. */
#include "model/redis/repl_buffer.h"

#include <assert.h>
#include <string.h>

size_t repl_usable_size(size_t n) {
    assert(n >= 16384);
    unsigned top = 63 - (unsigned)__builtin_clzll(n - 1); /* 2^top < n <= 2^(top+1): four classes lie in between */
    size_t step = (size_t)1 << (top - 2);
    return (n + step - 1) & ~(step - 1);
}

void repl_buffer_init(struct repl_buffer *rb, struct pool *pool, int64_t backlog_size) {
    memset(rb, 0, sizeof(*rb));
    rb->pool = pool;
    rb->backlog_size = backlog_size;
}

void repl_buffer_create_backlog(struct repl_buffer *rb) {
    assert(!rb->backlog && !rb->first);
    rb->backlog = true;
    rb->histlen = 0;
    rb->first_byte = rb->offset + 1;
}

static void drop_first(struct repl_buffer *rb) {
    struct repl_block *b = rb->first;
    assert(b->refs == 0);
    if (rb->index_count && rb->index[rb->index_first] == b) {
        rb->index_first++;
        rb->index_count--;
    }
    rb->first = b->next;
    if (!rb->first) rb->last = NULL;
    rb->block_count--;
    rb->memory -= b->size + REPL_BLOCK_OVERHEAD;
    pool_free(rb->pool, b, sizeof(*b) + b->size);
}

void repl_buffer_free_backlog(struct repl_buffer *rb) {
    if (!rb->backlog) return;
    if (rb->head) rb->head->refs--;
    while (rb->first) drop_first(rb);
    rb->backlog = false;
    rb->head = NULL;
    rb->histlen = 0;
    rb->first_byte = 0;
}

void repl_buffer_resize(struct repl_buffer *rb, int64_t backlog_size) {
    rb->backlog_size = backlog_size;
    if (rb->backlog) repl_buffer_trim(rb, REPL_TRIM_PER_CALL);
}

/* Big enough for the bytes, yet no bigger than a sixteenth of the backlog, so that trimming stays fine-grained. */
static struct repl_block *new_block(struct repl_buffer *rb, size_t needed) {
    size_t limit = (size_t)rb->backlog_size / 16;
    if (limit < REPL_BLOCK_MIN) limit = REPL_BLOCK_MIN;
    if (needed < REPL_BLOCK_MIN) needed = REPL_BLOCK_MIN;
    if (needed > limit) needed = limit;
    size_t size = repl_usable_size(needed + REPL_BLOCK_HEADER) - REPL_BLOCK_HEADER;
    struct repl_block *b = pool_alloc(rb->pool, sizeof(*b) + size);
    *b = (struct repl_block){.offset = rb->offset + 1, .id = rb->next_id++, .size = size};
    if (rb->last)
        rb->last->next = b;
    else
        rb->first = b;
    rb->last = b;
    rb->block_count++;
    rb->memory += size + REPL_BLOCK_OVERHEAD;
    return b;
}

static size_t fill(struct repl_buffer *rb, struct repl_block *b, const char *bytes, size_t len) {
    size_t room = b->size - b->used;
    if (len > room) len = room;
    memcpy(b->bytes + b->used, bytes, len);
    b->used += len;
    rb->offset += (int64_t)len;
    rb->histlen += (int64_t)len;
    return len;
}

size_t repl_buffer_append(struct repl_buffer *rb, struct bytes bytes, struct repl_fed *fed) {
    assert(rb->backlog && bytes.len > 0);
    size_t done = 0;
    *fed = (struct repl_fed){{NULL, 0}, false};
    if (rb->last && rb->last->used < rb->last->size) {
        fed->start = (struct repl_reader){rb->last, rb->last->used};
        done = fill(rb, rb->last, bytes.at, bytes.len);
    }
    if (done < bytes.len) {
        struct repl_block *b = new_block(rb, bytes.len - done);
        fed->new_block = true;
        if (!fed->start.block) fed->start.block = b;
        done += fill(rb, b, bytes.at + done, bytes.len - done);
    }
    return done;
}

static void index_block(struct repl_buffer *rb, struct repl_block *b) {
    if (b->id % REPL_INDEX_EVERY != 0) return;
    if (rb->index_first + rb->index_count == rb->index_room) {
        if (rb->index_first > rb->index_room / 2) {
            memmove(rb->index, rb->index + rb->index_first, rb->index_count * sizeof(struct repl_block *));
        } else {
            size_t room = rb->index_room ? rb->index_room * 2 : 16;
            rb->index = pool_resize(rb->pool, rb->index, rb->index_room * sizeof(struct repl_block *),
                                    room * sizeof(struct repl_block *));
            memmove(rb->index, rb->index + rb->index_first, rb->index_count * sizeof(struct repl_block *));
            rb->index_room = room;
        }
        rb->index_first = 0;
    }
    rb->index[rb->index_first + rb->index_count++] = b;
}

void repl_buffer_settle(struct repl_buffer *rb, const struct repl_fed *fed) {
    if (!rb->head) {
        assert(fed->start.at == 0);
        rb->head = fed->start.block;
        rb->head->refs++;
    }
    if (fed->new_block) index_block(rb, rb->last);
    repl_buffer_trim(rb, REPL_TRIM_PER_CALL);
}

void repl_buffer_trim(struct repl_buffer *rb, size_t blocks) {
    for (; blocks && rb->histlen > rb->backlog_size; blocks--) {
        struct repl_block *b = rb->first;
        if (!b || !b->next || b != rb->head || b->refs != 1) break;
        if (rb->histlen - (int64_t)b->size <= rb->backlog_size) break;
        b->refs--;
        rb->head = b->next;
        rb->head->refs++;
        rb->histlen -= (int64_t)b->size;
        drop_first(rb);
    }
    rb->first_byte = rb->offset - rb->histlen + 1;
}

/* --- readers ------------------------------------------------------------------------------------------------------ */

void repl_reader_start(struct repl_reader *r, struct repl_reader start) {
    assert(!r->block && start.block);
    *r = start;
    r->block->refs++;
}

void repl_reader_copy(struct repl_reader *r, const struct repl_reader *other) {
    assert(!r->block);
    *r = *other;
    if (r->block) r->block->refs++;
}

void repl_reader_stop(struct repl_buffer *rb, struct repl_reader *r) {
    if (!r->block) return;
    r->block->refs--;
    *r = (struct repl_reader){NULL, 0};
    repl_buffer_trim(rb, REPL_TRIM_PER_CALL);
}

/* The last indexed block that begins at or before the offset, or the backlog's head. */
static struct repl_block *seek_from(const struct repl_buffer *rb, int64_t offset) {
    struct repl_block *best = rb->head;
    size_t low = 0, high = rb->index_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct repl_block *b = rb->index[rb->index_first + mid];
        if (b->offset <= offset) {
            if (b->offset > best->offset) best = b;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return best;
}

int64_t repl_reader_seek(struct repl_buffer *rb, struct repl_reader *r, int64_t offset) {
    assert(repl_buffer_has(rb, offset) && !r->block);
    if (rb->histlen == 0) return 0;
    struct repl_block *b = seek_from(rb, offset);
    while (b->next && offset >= b->next->offset) b = b->next;
    repl_reader_start(r, (struct repl_reader){b, (size_t)(offset - b->offset)});
    return rb->offset + 1 - offset;
}

/* Goes on to the next block when this one is used up, giving it back. */
static void move_on(struct repl_buffer *rb, struct repl_reader *r) {
    struct repl_block *next = r->block->next;
    if (!next || r->at < r->block->used) return;
    r->block->refs--;
    next->refs++;
    *r = (struct repl_reader){next, 0};
    repl_buffer_trim(rb, REPL_TRIM_PER_CALL);
}

struct bytes repl_reader_peek(struct repl_buffer *rb, struct repl_reader *r) {
    if (!r->block) return (struct bytes){NULL, 0};
    move_on(rb, r); /* it may have been the last block when we reached its end */
    return (struct bytes){r->block->bytes + r->at, r->block->used - r->at};
}

void repl_reader_advance(struct repl_buffer *rb, struct repl_reader *r, size_t n) {
    assert(r->block && r->at + n <= r->block->used);
    r->at += n;
    move_on(rb, r);
}

uint64_t repl_reader_memory(const struct repl_buffer *rb, const struct repl_reader *r) {
    if (!r->block) return 0;
    uint64_t blocks = rb->last->id - r->block->id + 1;
    uint64_t span = (uint64_t)(rb->last->offset - r->block->offset) + rb->last->size;
    return span + blocks * REPL_BLOCK_OVERHEAD;
}
