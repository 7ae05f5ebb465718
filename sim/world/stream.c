/* The bytes of a flow: one ring from the writer's host_write to the reader's host_consume. */
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* a hash state on the stack */
#include <xxhash.h>

#include "sim/world/tcp.h"

#define RING_LEAST 4096u
#define RING_KEPT  ((size_t)256 << 10) /* a drained ring above it is given back */

static void ring_grow(struct pool *pool, struct flow *f, size_t need) {
    size_t room = f->room ? f->room : RING_LEAST, held = f->written - f->read;
    while (room < need) room *= 2;
    char *bytes = pool_alloc(pool, room);
    size_t start = f->room ? (f->read - f->base) & (f->room - 1) : 0;
    size_t piece = f->room - start < held ? f->room - start : held;
    if (held > 0) {
        memcpy(bytes, f->bytes + start, piece);
        memcpy(bytes + piece, f->bytes, held - piece);
    }
    pool_free(pool, f->bytes, f->room);
    f->bytes = bytes;
    f->room = room;
    f->base = f->read;
}

void flow_release_bytes(struct pool *pool, struct flow *f) {
    pool_free(pool, f->bytes, f->room);
    f->bytes = NULL;
    f->room = 0;
}

void flow_put(struct socket *s, const void *bytes, size_t n) {
    struct flow *f = &s->out;
    size_t held = f->written - f->read;
    if (held == 0) f->base = f->written; /* starts at the front again: one piece, warm in the cache */
    if (held + n > f->room) ring_grow(s->tcp->world->pool, f, held + n);
    size_t start = (f->written - f->base) & (f->room - 1);
    size_t piece = f->room - start < n ? f->room - start : n;
    memcpy(f->bytes + start, bytes, piece);
    memcpy(f->bytes, (const char *)bytes + piece, n - piece);
    f->written += n;
}

struct bytes flow_piece(const struct flow *f, uint64_t pos, uint64_t n) {
    if (n == 0) return (struct bytes){NULL, 0};
    size_t start = (pos - f->base) & (f->room - 1);
    return (struct bytes){f->bytes + start, f->room - start < n ? f->room - start : (size_t)n};
}

struct bytes flow_peek(const struct flow *f) {
    return flow_piece(f, f->read, f->arrived - f->read);
}

uint64_t flow_hash(const struct flow *f, uint64_t pos, uint32_t n) {
    struct bytes piece = flow_piece(f, pos, n);
    if (piece.len == n) return XXH3_64bits(piece.at, piece.len);
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, piece.at, piece.len);
    XXH3_64bits_update(&state, f->bytes, n - piece.len);
    return XXH3_64bits_digest(&state);
}

void flow_drained(struct pool *pool, struct flow *f) {
    if (f->room > RING_KEPT) flow_release_bytes(pool, f);
}
