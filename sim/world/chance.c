/* Chance by name: keys from hashed names, draws from a mixed counter, spreads in fixed point.
 *
 * Logarithm and power are series in integers, so that every machine draws the same numbers: Q40 (40 fractional
 * bits) for exponents, which is far finer than the nanoseconds and bytes that come out. */
#include "sim/world/chance.h"

#include <assert.h>
#include <endian.h>
#include <string.h>
#include <xxhash.h>

#define LARGEST (INT64_C(1) << 62)
#define Q       40
#define LN2_Q62 UINT64_C(3196577161300663915) /* ln 2 * 2^62, rounded */
#define NO_NAME UINT64_C(0x9E3779B97F4A7C15)  /* in place of the hash of a name */

typedef unsigned __int128 u128;

/* NULL and every text, "" included, have hashes of their own; the length is part of the hash. */
static uint64_t name_hash(const char *name) {
    if (!name) return htole64(NO_NAME);
    size_t n = strlen(name);
    return htole64(XXH3_64bits_withSeed(name, n, n + 1));
}

struct chance chance_named(uint64_t seed, const char *purpose, const char *a, const char *b, uint64_t nth) {
    assert(purpose);
    uint64_t parts[5] = {htole64(seed), name_hash(purpose), name_hash(a), name_hash(b), htole64(nth)};
    return (struct chance){.key = XXH3_64bits(parts, sizeof(parts))};
}

bool chance_share(struct chance *c, uint32_t ppm) {
    return chance_below(c, PPM_ONE) < ppm;
}

/* ln(m / 2^63) in Q62 for m in [2^63, 2^64): 2 artanh((m-1)/(m+1)), shifted to |z| <= 0.172 by halving above
 * sqrt 2. Nine terms leave an error below 2^-45. */
static int64_t ln_mantissa_q62(uint64_t m) {
    const uint64_t sqrt2_q63 = UINT64_C(13043817825332782212);
    bool halved = m > sqrt2_q63;
    u128 one = (u128)1 << (halved ? 64 : 63);
    __int128 above = (__int128)m - (__int128)one;
    int64_t z = (int64_t)(above * ((__int128)1 << 62) / (__int128)(one + m));
    int64_t square = (int64_t)((__int128)z * z >> 62);
    int64_t sum = 0, power = z;
    for (int term = 1; term <= 17; term += 2) {
        sum += power / term;
        power = (int64_t)((__int128)power * square >> 62);
    }
    return 2 * sum + (halved ? (int64_t)LN2_Q62 : 0);
}

/* -ln(u) in Q40 for a fair u in (0, 1]: an exponential variate of mean 1; at most 64 ln 2 = 44.4. */
static uint64_t exponential_q40(struct chance *c) {
    uint64_t bits = chance_bits(c);
    if (bits == 0) bits = 1;
    int shift = __builtin_clzll(bits);
    int64_t fraction = ln_mantissa_q62(bits << shift); /* of [1, 2) */
    u128 whole = (u128)(unsigned)(shift + 1) * LN2_Q62;
    u128 value = whole - (u128)(uint64_t)fraction;
    return (uint64_t)(value >> (62 - Q));
}

/* e^f in Q62 for f in [0, ln 2), f in Q62, by its series. */
static uint64_t exp_fraction_q62(uint64_t f) {
    u128 term = (u128)1 << 62, sum = 0;
    for (unsigned n = 1; term > 0 && n <= 24; n++) {
        sum += term;
        term = (term * f >> 62) / n;
    }
    return (uint64_t)sum;
}

/* a * e^x for x in Q40, at most LARGEST. */
static int64_t scale_by_exp(int64_t a, u128 x_q40) {
    u128 x_q62 = x_q40 << (62 - Q);
    u128 doublings = x_q62 / LN2_Q62;
    if (a == 0) return 0;
    if (doublings > 62) return LARGEST;
    u128 value = (u128)(uint64_t)a * exp_fraction_q62((uint64_t)(x_q62 - doublings * LN2_Q62)) >> 62;
    if (value > (u128)LARGEST >> doublings) return LARGEST;
    return (int64_t)(value << doublings);
}

static int64_t at_most_largest(u128 value) {
    return value > (u128)LARGEST ? LARGEST : (int64_t)value;
}

int64_t chance_spread(struct chance *c, const struct spread *s) {
    assert(s->a >= 0);
    switch (s->kind) {
    case SPREAD_CONSTANT:
        return at_most_largest((u128)(uint64_t)s->a);
    case SPREAD_UNIFORM:
        assert(s->b >= s->a);
        return at_most_largest((u128)(uint64_t)s->a + chance_below(c, (uint64_t)(s->b - s->a) + 1));
    case SPREAD_EXP:
        return at_most_largest((u128)(uint64_t)s->a * exponential_q40(c) >> Q);
    case SPREAD_PARETO:
        assert(s->shape > 0);
        return scale_by_exp(s->a, (u128)exponential_q40(c) * PPM_ONE / (u128)(uint64_t)s->shape);
    }
    __builtin_unreachable();
}
