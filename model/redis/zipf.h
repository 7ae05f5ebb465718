/* Zipf-distributed ranks, in integers: rank k of n is drawn with a probability proportional to 1 / (k + 1)^s.
 *
 * Ranks are gathered in buckets whose width grows with the rank (at most 1/256 of it), uniform inside a bucket: exact
 * for the first 256 ranks, within 0.4 % beyond, a few thousand entries for any n. A draw is a binary search. */
#ifndef MODEL_REDIS_ZIPF_H
#define MODEL_REDIS_ZIPF_H

#include <stddef.h>
#include <stdint.h>

#include "sim/world/pool.h"

struct zipf_bucket {
    uint64_t first;  /* rank */
    uint64_t weight; /* of all ranks before the bucket, in parts of the last entry's */
};

struct zipf {
    struct zipf_bucket *bucket; /* the last one is the end: rank n and the total weight */
    size_t count;               /* without the end */
};

/* n > 0 ranks, exponent in millionths. */
void zipf_init(struct zipf *z, struct pool *pool, uint64_t n, uint64_t exponent_ppm);

/* The rank that 64 fair bits stand for. */
uint64_t zipf_rank(const struct zipf *z, uint64_t bits);

#endif
