/* A growable run of bytes in a pool. Always followed by one zero byte, so that text can be used as a C string. */
#ifndef SIM_WORLD_BUFFER_H
#define SIM_WORLD_BUFFER_H

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

struct buffer {
    struct pool *pool;
    char *at;
    size_t len;
    size_t room; /* bytes allocated, the zero included */
};

void buffer_init(struct buffer *b, struct pool *pool);
/* Gives the memory back; the buffer is empty and usable again. */
void buffer_free(struct buffer *b);
/* Makes room for `more` bytes and their zero; what was there stays. */
void buffer_reserve(struct buffer *b, size_t more);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *b, const char *format, va_list args);
/* Drops the first n bytes. */
void buffer_drop(struct buffer *b, size_t n);

static inline void buffer_put(struct buffer *b, const void *bytes, size_t n) {
    if (b->room - b->len <= n) buffer_reserve(b, n);
    memcpy(b->at + b->len, bytes, n);
    b->len += n;
    b->at[b->len] = 0;
}

static inline void buffer_puts(struct buffer *b, const char *s) {
    buffer_put(b, s, strlen(s));
}

static inline void buffer_putc(struct buffer *b, char c) {
    buffer_put(b, &c, 1);
}

static inline void buffer_clear(struct buffer *b) {
    b->len = 0;
    if (b->at) b->at[0] = 0;
}

static inline struct bytes buffer_bytes(const struct buffer *b) {
    return (struct bytes){b->at, b->len};
}

#endif
