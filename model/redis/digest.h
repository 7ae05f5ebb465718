/* The running digest: how a key, a value and their parts become numbers that can be summed.
 *
 * Two independent lanes of 64 bits. A sum of such digests depends on what is summed, not on the order, and one part can
 * be taken out again: that keeps the digest of a dataset up to date in O(1) a change. For lists, whose order counts,
 * see list.h. */
#ifndef MODEL_REDIS_DIGEST_H
#define MODEL_REDIS_DIGEST_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "model/redis/keyspace.h"

/* Odd numbers without structure (fractional parts of square roots of primes). */
#define DIGEST_K1 UINT64_C(0x6a09e667f3bcc909)
#define DIGEST_K2 UINT64_C(0xbb67ae8584caa73b)
#define DIGEST_K3 UINT64_C(0x3c6ef372fe94f82b)
#define DIGEST_K4 UINT64_C(0xa54ff53a5f1d36f1)
#define DIGEST_K5 UINT64_C(0x510e527fade682d1)
#define DIGEST_K6 UINT64_C(0x9b05688c2b3e6c1f)

/* The hash by which a key or member is found in an index. */
static inline uint64_t digest_hash(struct bytes b) {
    return XXH3_64bits(b.at, b.len);
}

static inline struct dataset_digest digest_of_bytes(struct bytes b) {
    XXH128_hash_t h = XXH3_128bits_withSeed(b.at, b.len, DIGEST_K6);
    return (struct dataset_digest){h.low64, h.high64};
}

static inline struct dataset_digest digest_of_number(uint64_t n) {
    return (struct dataset_digest){(n + DIGEST_K5) * DIGEST_K1, (n ^ DIGEST_K6) * DIGEST_K2};
}

static inline void digest_add(struct dataset_digest *sum, struct dataset_digest d) {
    sum->low += d.low;
    sum->high += d.high;
}

static inline void digest_sub(struct dataset_digest *sum, struct dataset_digest d) {
    sum->low -= d.low;
    sum->high -= d.high;
}

/* Both halves of the 128-bit product, folded into one. */
static inline uint64_t digest_fold(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A digest of an ordered pair. */
static inline struct dataset_digest digest_pair(struct dataset_digest a, struct dataset_digest b) {
    return (struct dataset_digest){digest_fold(a.low ^ DIGEST_K1, b.low ^ DIGEST_K2),
                                   digest_fold(a.high ^ DIGEST_K3, b.high ^ DIGEST_K4)};
}

#endif
