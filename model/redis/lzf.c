/* LZF: literals and copies of what came before.
 *
 * A control byte below 32 announces that many + 1 literal bytes. Any other announces a copy: its upper three bits are
 * the length - 2 (7: the next byte adds to it), its lower five and the last byte the distance - 1, high bits first. */
#include "model/redis/lzf.h"

#include <string.h>

enum {
    LITERALS_MAX = 32,
    COPY_MIN = 3,
    COPY_MAX = 264,
    DISTANCE_MAX = 8192,
    HASH_BITS = 12, /* of the table of positions; fewer for short inputs, which must not pay for clearing it */
    SHORT_HASH_BITS = 8,
    SHORT_INPUT = 1024,
    SHORT_LENGTH = 9 /* copies from here on take a byte more */
};

/* Output with a bound. */
struct writer {
    char *at, *end;
};

static bool put(struct writer *w, unsigned byte) {
    if (w->at == w->end) return false;
    *w->at++ = (char)byte;
    return true;
}

static bool put_literals(struct writer *w, const char *from, size_t n) {
    for (size_t piece; n > 0; from += piece, n -= piece) {
        piece = n < LITERALS_MAX ? n : LITERALS_MAX;
        if ((size_t)(w->end - w->at) < piece + 1) return false;
        *w->at++ = (char)(piece - 1);
        memcpy(w->at, from, piece);
        w->at += piece;
    }
    return true;
}

static bool put_copy(struct writer *w, size_t distance, size_t len) {
    unsigned high = (unsigned)(distance - 1) >> 8, low = (unsigned)(distance - 1) & 0xff;
    if (len < SHORT_LENGTH) return put(w, (unsigned)(len - 2) << 5 | high) && put(w, low);
    return put(w, 7u << 5 | high) && put(w, (unsigned)(len - SHORT_LENGTH)) && put(w, low);
}

static uint32_t hash_of(const char *at, unsigned bits) {
    uint32_t three = (uint32_t)(unsigned char)at[0] << 16 | (uint32_t)(unsigned char)at[1] << 8 | (unsigned char)at[2];
    return three * 2654435761u >> (32 - bits);
}

/* How far the bytes at `a` and `b` (later) agree. */
static size_t common(const char *a, const char *b, const char *end) {
    size_t n = 0, most = (size_t)(end - b) < COPY_MAX ? (size_t)(end - b) : COPY_MAX;
    while (n < most && a[n] == b[n]) n++;
    return n;
}

size_t lzf_compress(struct bytes in, char *out, size_t room) {
    uint32_t seen[1 << HASH_BITS]; /* position + 1 of the last three bytes with this hash */
    unsigned bits = in.len < SHORT_INPUT ? SHORT_HASH_BITS : HASH_BITS;
    memset(seen, 0, sizeof *seen << bits);
    struct writer w = {out, out + room};
    size_t at = 0, literals = 0; /* literals: where those begin that were not written yet */
    while (in.len >= COPY_MIN && at <= in.len - COPY_MIN) {
        uint32_t *slot = &seen[hash_of(in.at + at, bits)];
        size_t before = *slot;
        *slot = (uint32_t)at + 1;
        size_t distance = before ? at - (before - 1) : DISTANCE_MAX + 1;
        size_t len = distance <= DISTANCE_MAX ? common(in.at + before - 1, in.at + at, in.at + in.len) : 0;
        if (len < COPY_MIN) {
            at++;
            continue;
        }
        if (!put_literals(&w, in.at + literals, at - literals) || !put_copy(&w, distance, len)) return 0;
        at += len;
        literals = at;
    }
    if (!put_literals(&w, in.at + literals, in.len - literals)) return 0;
    return (size_t)(w.at - out);
}

bool lzf_expand(struct bytes in, char *out, size_t size) {
    const unsigned char *at = (const unsigned char *)in.at, *end = at + in.len;
    size_t done = 0;
    while (at < end) {
        size_t control = *at++;
        if (control < LITERALS_MAX) {
            size_t n = control + 1;
            if ((size_t)(end - at) < n || size - done < n) return false;
            memcpy(out + done, at, n);
            at += n;
            done += n;
            continue;
        }
        size_t len = control >> 5;
        if (len == 7) {
            if (at == end) return false;
            len += *at++;
        }
        len += 2;
        if (at == end) return false;
        size_t distance = ((control & 31) << 8 | *at++) + 1;
        if (distance > done || size - done < len) return false;
        for (; len > 0; len--, done++) out[done] = out[done - distance]; /* may overlap itself */
    }
    return done == size;
}
