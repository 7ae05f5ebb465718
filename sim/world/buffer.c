/* A growable run of bytes in a pool. */
#include "sim/world/buffer.h"

#include <assert.h>
#include <stdio.h>

#define FIRST_ROOM 64u

void buffer_init(struct buffer *b, struct pool *pool) {
    *b = (struct buffer){.pool = pool};
}

void buffer_free(struct buffer *b) {
    pool_free(b->pool, b->at, b->room);
    buffer_init(b, b->pool);
}

void buffer_reserve(struct buffer *b, size_t more) {
    assert(more < PTRDIFF_MAX / 2 - b->len);
    size_t need = b->len + more + 1;
    if (need <= b->room) return;
    size_t room = b->room ? b->room : FIRST_ROOM;
    while (room < need) room *= 2;
    b->at = pool_resize(b->pool, b->at, b->room, room);
    b->room = room;
    b->at[b->len] = 0;
}

void buffer_vprintf(struct buffer *b, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(b->at ? b->at + b->len : NULL, b->room - b->len, format, args);
    assert(n >= 0);
    if ((size_t)n >= b->room - b->len) { /* it did not fit: once more, with room */
        buffer_reserve(b, (size_t)n);
        vsnprintf(b->at + b->len, b->room - b->len, format, again);
    }
    b->len += (size_t)n;
    va_end(again);
}

void buffer_printf(struct buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    buffer_vprintf(b, format, args);
    va_end(args);
}

void buffer_drop(struct buffer *b, size_t n) {
    assert(n <= b->len);
    if (n == 0) return;
    b->len -= n;
    memmove(b->at, b->at + n, b->len + 1);
}
