#include "model/redis/zipf.h"

#include <assert.h>

/* Numbers below are fixed-point: 32 bits for logarithms, 62 bits for powers of two in (0, 1]. */
#define LOG_BITS 32
#define POW_BITS 62

/* log2(k) in 1 / 2^32, by repeated squaring. k > 0. */
static uint64_t log2_fixed(uint64_t k) {
    assert(k > 0);
    unsigned whole = 63u - (unsigned)__builtin_clzll(k);
    unsigned __int128 x = (unsigned __int128)k << (63 - whole); /* in [2^63, 2^64) */
    uint64_t result = (uint64_t)whole << LOG_BITS;
    for (unsigned bit = LOG_BITS; bit-- > 0;) {
        x = x * x >> 63;
        if (x >> 64) {
            x >>= 1;
            result |= UINT64_C(1) << bit;
        }
    }
    return result;
}

/* Square root of x / 2^62 in 1 / 2^62, rounded down. */
static uint64_t sqrt_fixed(uint64_t x) {
    unsigned __int128 square = (unsigned __int128)x << POW_BITS;
    uint64_t root = 0;
    for (unsigned bit = POW_BITS + 1; bit-- > 0;) {
        uint64_t candidate = root | UINT64_C(1) << bit;
        if ((unsigned __int128)candidate * candidate <= square) root = candidate;
    }
    return root;
}

/* 2^-(1/2), 2^-(1/4), ... in 1 / 2^62. */
struct halvings {
    uint64_t power[LOG_BITS];
};

static struct halvings make_halvings(void) {
    struct halvings h;
    uint64_t power = UINT64_C(1) << (POW_BITS - 1); /* 1/2 */
    for (unsigned i = 0; i < LOG_BITS; i++) h.power[i] = power = sqrt_fixed(power);
    return h;
}

/* 2^-x in 1 / 2^62; x in 1 / 2^32. */
static uint64_t pow2_negative(const struct halvings *h, uint64_t x) {
    uint64_t whole = x >> LOG_BITS;
    if (whole >= POW_BITS) return 0;
    unsigned __int128 result = (unsigned __int128)1 << POW_BITS;
    for (unsigned i = 0; i < LOG_BITS; i++) {
        if (x >> (LOG_BITS - 1 - i) & 1) result = result * h->power[i] >> POW_BITS;
    }
    return (uint64_t)(result >> whole);
}

/* (k)^-s in 1 / 2^62. */
static uint64_t weight_of(const struct halvings *h, uint64_t k, uint64_t exponent_ppm) {
    unsigned __int128 x = (unsigned __int128)log2_fixed(k) * exponent_ppm / 1000000;
    return x >> 64 ? 0 : pow2_negative(h, (uint64_t)x);
}

static uint64_t bucket_width(uint64_t first, uint64_t n) {
    uint64_t width = first < 256 ? 1 : first / 256;
    return width < n - first ? width : n - first;
}

void zipf_init(struct zipf *z, struct pool *pool, uint64_t n, uint64_t exponent_ppm) {
    assert(n > 0);
    struct halvings halvings = make_halvings();
    z->count = 0;
    for (uint64_t first = 0; first < n; first += bucket_width(first, n)) z->count++;
    z->bucket = POOL_ARRAY(pool, struct zipf_bucket, z->count + 1);
    /* n weights of at most 2^62 add up to less than 2^63 after this shift; the first is never shifted away. */
    unsigned shift = 64u - (unsigned)__builtin_clzll(n);
    uint64_t total = 0, first = 0;
    for (size_t i = 0; i < z->count; i++) {
        uint64_t width = bucket_width(first, n);
        z->bucket[i] = (struct zipf_bucket){first, total};
        total += (weight_of(&halvings, first + (width - 1) / 2 + 1, exponent_ppm) >> shift) * width;
        first += width;
    }
    z->bucket[z->count] = (struct zipf_bucket){n, total};
    assert(total > 0 && total < UINT64_C(1) << 63);
}

uint64_t zipf_rank(const struct zipf *z, uint64_t bits) {
    uint64_t total = z->bucket[z->count].weight;
    uint64_t at = (uint64_t)((unsigned __int128)bits * total >> 64);
    size_t low = 0, high = z->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z->bucket[middle].weight <= at)
            low = middle;
        else
            high = middle;
    }
    const struct zipf_bucket *b = &z->bucket[low];
    uint64_t width = b[1].first - b->first, weight = b[1].weight - b->weight;
    return b->first + (uint64_t)((unsigned __int128)(at - b->weight) * width / weight);
}
