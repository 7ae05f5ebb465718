/* Chance by name.
 *
 * A stream is keyed by the seed, a purpose and names; its n-th draw is a function of key and n alone
 * (counter-based), so no stream depends on how often another was used. Draws are scaled, not rejected:
 * changing a bound or a mean moves a result and never shifts later draws. Integer arithmetic only. */
#ifndef SIM_WORLD_CHANCE_H
#define SIM_WORLD_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/units.h"

struct chance {
    uint64_t key;
    uint64_t draws; /* how many were made */
};

/* The stream of (seed, purpose, a, b, nth). a and b may be NULL; NULL and "" are different names. */
struct chance chance_named(uint64_t seed, const char *purpose, const char *a, const char *b, uint64_t nth);

/* The finaliser behind every draw: a bijection on 64 bits that mixes well (Steele and Vigna's SplitMix64, Stafford's
 * variant 13). */
static inline uint64_t chance_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* 64 fair bits. The counter is mixed before the key is added: no two streams are shifted copies of one another. */
static inline uint64_t chance_bits(struct chance *c) {
    return chance_mix(c->key + chance_mix(++c->draws * UINT64_C(0x9E3779B97F4A7C15)));
}

/* 0 .. n-1, n > 0. */
static inline uint64_t chance_below(struct chance *c, uint64_t n) {
    return (uint64_t)((unsigned __int128)chance_bits(c) * n >> 64);
}
/* True with probability ppm / 1,000,000. */
bool chance_share(struct chance *c, uint32_t ppm);

enum spread_kind { SPREAD_CONSTANT, SPREAD_UNIFORM, SPREAD_EXP, SPREAD_PARETO };

/* How a duration or a size varies (scenario language: spread). */
struct spread {
    enum spread_kind kind;
    int64_t a;     /* the constant, lower bound, mean, or minimum */
    int64_t b;     /* upper bound, inclusive (uniform) */
    int64_t shape; /* pareto: the shape in millionths */
};

/* One value of the spread; never negative, at most 2^62. A constant makes no draw. */
int64_t chance_spread(struct chance *c, const struct spread *s);

static inline struct spread spread_constant(int64_t a) {
    return (struct spread){SPREAD_CONSTANT, a, a, 0};
}

#endif
