/* Listpacks, ziplists and intsets. See packed.h. */
#include "model/redis/packed.h"

#include "model/redis/resp.h"

enum {
    LISTPACK_HEADER = 6, /* bytes, count */
    ZIPLIST_HEADER = 10, /* bytes, tail, count */
    INTSET_HEADER = 8,   /* width, count */
    PACK_END = 0xff
};

static uint64_t little_endian(const unsigned char *at, size_t n) {
    uint64_t value = 0;
    while (n-- > 0) value = value << 8 | at[n];
    return value;
}

static uint64_t big_endian(const unsigned char *at, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) value = value << 8 | at[i];
    return value;
}

static int64_t sign_extend(uint64_t value, unsigned bits) {
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)((value ^ sign) - sign);
}

static size_t left(const struct packed *p) {
    return (size_t)(p->end - p->at);
}

bool packed_open(struct packed *p, enum packed_kind kind, struct bytes blob) {
    const unsigned char *at = (const unsigned char *)blob.at;
    *p = (struct packed){.kind = kind, .at = at, .end = at + blob.len};
    if (kind == PACKED_INTSET) {
        if (blob.len < INTSET_HEADER) return false;
        p->width = (uint32_t)little_endian(at, 4);
        p->at += INTSET_HEADER;
        bool known = p->width == 2 || p->width == 4 || p->width == 8;
        return known && little_endian(at + 4, 4) * p->width == left(p);
    }
    size_t header = kind == PACKED_LISTPACK ? LISTPACK_HEADER : ZIPLIST_HEADER;
    if (blob.len < header + 1 || little_endian(at, 4) != blob.len || at[blob.len - 1] != PACK_END) return false;
    p->at += header;
    return true;
}

/* The element is a number of n bytes, little-endian. */
static enum packed_step give_number(struct packed *p, int64_t n, struct bytes *element) {
    *element = (struct bytes){p->number, resp_format_number(n, p->number)};
    return PACKED_ELEMENT;
}

static enum packed_step take_number(struct packed *p, size_t n, struct bytes *element) {
    if (left(p) < n) return PACKED_BAD;
    int64_t value = sign_extend(little_endian(p->at, n), (unsigned)n * 8);
    p->at += n;
    return give_number(p, value, element);
}

static enum packed_step take_string(struct packed *p, uint64_t len, struct bytes *element) {
    if (left(p) < len) return PACKED_BAD;
    *element = (struct bytes){(const char *)p->at, (size_t)len};
    p->at += len;
    return PACKED_ELEMENT;
}

/* --- listpack --------------------------------------------------------------------------------------------- */

static enum packed_step listpack_element(struct packed *p, struct bytes *element) {
    unsigned first = *p->at++;
    if (first < 0x80) return give_number(p, first, element);
    if (first < 0xc0) return take_string(p, first & 0x3f, element);
    if (first < 0xf0) {
        if (left(p) < 1) return PACKED_BAD;
        uint64_t low = (uint64_t)(first & (first < 0xe0 ? 0x1f : 0x0f)) << 8 | *p->at++;
        if (first < 0xe0) return give_number(p, sign_extend(low, 13), element);
        return take_string(p, low, element);
    }
    switch (first) {
    case 0xf0: {
        if (left(p) < 4) return PACKED_BAD;
        uint64_t len = little_endian(p->at, 4);
        p->at += 4;
        return take_string(p, len, element);
    }
    case 0xf1:
        return take_number(p, 2, element);
    case 0xf2:
        return take_number(p, 3, element);
    case 0xf3:
        return take_number(p, 4, element);
    case 0xf4:
        return take_number(p, 8, element);
    default:
        return PACKED_BAD;
    }
}

/* Behind each element stands its length once more, seven bits a byte, for walking backwards. */
static size_t backlen_size(size_t len) {
    size_t size = 1;
    for (; len >= 128; len >>= 7) size++;
    return size;
}

static enum packed_step listpack_next(struct packed *p, struct bytes *element) {
    const unsigned char *begin = p->at;
    enum packed_step step = listpack_element(p, element);
    if (step != PACKED_ELEMENT) return step;
    size_t backlen = backlen_size((size_t)(p->at - begin));
    if (left(p) < backlen) return PACKED_BAD;
    p->at += backlen;
    return PACKED_ELEMENT;
}

/* --- ziplist ---------------------------------------------------------------------------------------------- */

static enum packed_step ziplist_next(struct packed *p, struct bytes *element) {
    /* The length of the element before: one byte, or 0xfe and four. */
    size_t before = *p->at == 0xfe ? 5 : 1;
    if (left(p) < before + 1) return PACKED_BAD;
    p->at += before;
    unsigned first = *p->at++;
    if (first < 0x40) return take_string(p, first, element);
    if (first < 0x80) {
        if (left(p) < 1) return PACKED_BAD;
        uint64_t len = (uint64_t)(first & 0x3f) << 8 | *p->at++;
        return take_string(p, len, element);
    }
    if (first < 0xc0) {
        if (left(p) < 4) return PACKED_BAD;
        uint64_t len = big_endian(p->at, 4);
        p->at += 4;
        return take_string(p, len, element);
    }
    switch (first) {
    case 0xc0:
        return take_number(p, 2, element);
    case 0xd0:
        return take_number(p, 4, element);
    case 0xe0:
        return take_number(p, 8, element);
    case 0xf0:
        return take_number(p, 3, element);
    case 0xfe:
        return take_number(p, 1, element);
    default:
        break;
    }
    if (first < 0xf1 || first > 0xfd) return PACKED_BAD;
    return give_number(p, (int64_t)first - 0xf1, element);
}

enum packed_step packed_next(struct packed *p, struct bytes *element) {
    if (p->kind == PACKED_INTSET) return left(p) == 0 ? PACKED_END : take_number(p, p->width, element);
    if (left(p) == 0) return PACKED_BAD;
    if (*p->at == PACK_END) return left(p) == 1 ? PACKED_END : PACKED_BAD;
    return p->kind == PACKED_LISTPACK ? listpack_next(p, element) : ziplist_next(p, element);
}
