/* The arithmetic of 80-bit floats. See extended.h. */
#include "model/redis/extended.h"

#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    MANTISSA_BITS = 64,
    VALUE_BITS_MAX = 127, /* |x| < 2^127 */
    SIGNIFICANT = 38,     /* decimal digits that are read exactly: they fit in 128 bits */
    POWER_MAX = 60,       /* of ten */
    PLACES = 17
};

static int highest_bit(uint128 n) {
    uint64_t high = (uint64_t)(n >> 64), low = (uint64_t)n;
    assert(n != 0);
    return high ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll(low);
}

/* n * 2^exponent, and a bit more if `sticky`, rounded to 64 bits; false if it is out of bounds. */
static bool round_to(uint128 n, int exponent, bool sticky, bool negative, struct extended *x) {
    *x = (struct extended){0};
    if (n == 0) return true;
    int excess = highest_bit(n) + 1 - MANTISSA_BITS;
    if (excess <= 0) {
        *x = (struct extended){negative, (uint64_t)n << -excess, exponent + excess};
    } else {
        uint128 half = (uint128)1 << (excess - 1), rest = n & ((half << 1) - 1);
        uint128 kept = n >> excess;
        if (rest > half || (rest == half && (sticky || kept & 1))) kept++;
        if (kept >> MANTISSA_BITS) kept >>= 1, excess++; /* it rounded up to the next power of two */
        *x = (struct extended){negative, (uint64_t)kept, exponent + excess};
    }
    return x->exponent + MANTISSA_BITS <= VALUE_BITS_MAX;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

/* A natural number of any size up to what a quotient of 38 digits and 10^60 needs, in limbs from the lowest. */
enum { LIMBS = 16 };
struct natural {
    uint32_t limb[LIMBS];
};

static struct natural natural_of(uint128 n) {
    struct natural x = {{(uint32_t)n, (uint32_t)(n >> 32), (uint32_t)(n >> 64), (uint32_t)(n >> 96)}};
    return x;
}

static void multiply(struct natural *x, uint32_t by) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)x->limb[i] * by;
        x->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    assert(carry == 0);
}

static int compare(const struct natural *a, const struct natural *b) {
    for (int i = LIMBS - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] > b->limb[i] ? 1 : -1;
    return 0;
}

static void subtract(struct natural *a, const struct natural *b) {
    int64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        borrow += (int64_t)a->limb[i] - b->limb[i];
        a->limb[i] = (uint32_t)borrow;
        borrow >>= 32; /* -1 or 0 */
    }
    assert(borrow == 0);
}

/* numerator / denominator, rounded: the quotient's bits one by one, until there are more than enough. */
static bool divide(struct natural numerator, struct natural denominator, bool negative, struct extended *x) {
    enum { BITS = MANTISSA_BITS + 2 };
    int exponent = 0;
    while (compare(&numerator, &denominator) >= 0) multiply(&denominator, 2), exponent++;
    uint128 quotient = 0;
    for (int bits = 0; bits < BITS;) {
        multiply(&numerator, 2);
        exponent--;
        bool one = compare(&numerator, &denominator) >= 0;
        if (one) subtract(&numerator, &denominator);
        quotient = quotient << 1 | one;
        if (quotient) bits++;
    }
    static const struct natural zero;
    return round_to(quotient, exponent, compare(&numerator, &zero) != 0, negative, x);
}

/* A reader over the text. */
struct scan {
    const char *at, *end;
};

static bool take(struct scan *s, char c) {
    if (s->at == s->end || *s->at != c) return false;
    s->at++;
    return true;
}

static bool is_digit(const struct scan *s) {
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* "e-3": its value, 0 if there is none; false if it is malformed. */
static bool take_exponent(struct scan *s, int *exponent) {
    enum { ENOUGH = 10000 };
    *exponent = 0;
    if (!take(s, 'e') && !take(s, 'E')) return true;
    bool negative = take(s, '-');
    if (!negative) take(s, '+');
    if (!is_digit(s)) return false;
    for (; is_digit(s); s->at++)
        if (*exponent < ENOUGH) *exponent = *exponent * 10 + (*s->at - '0');
    if (negative) *exponent = -*exponent;
    return true;
}

/* Digits and at most one point: the significant digits as a number, and its power of ten. */
static bool take_digits(struct scan *s, uint128 *digits, int *power) {
    bool any = false, point = false;
    int count = 0;
    *digits = 0;
    *power = 0;
    for (;; s->at++) {
        if (!point && s->at < s->end && *s->at == '.') {
            point = true;
            continue;
        }
        if (!is_digit(s)) return any;
        any = true;
        bool keep = count < SIGNIFICANT;
        if (keep) *digits = *digits * 10 + (uint128)(unsigned)(*s->at - '0');
        if (*digits > 0) count++;
        *power += !keep - point;
    }
}

bool extended_parse(struct bytes b, struct extended *x) {
    struct scan s = {b.at, b.at + b.len};
    bool negative = take(&s, '-');
    if (!negative) take(&s, '+');
    uint128 digits;
    int power, exponent;
    if (!take_digits(&s, &digits, &power) || !take_exponent(&s, &exponent) || s.at != s.end) return false;
    power += exponent;
    *x = (struct extended){0};
    if (digits == 0 || power < -POWER_MAX) return true;
    if (power > POWER_MAX) return false;
    struct natural numerator = natural_of(digits), denominator = natural_of(1);
    for (; power > 0; power--) multiply(&numerator, 10);
    for (; power < 0; power++) multiply(&denominator, 10);
    return divide(numerator, denominator, negative, x);
}

/* --- adding ----------------------------------------------------------------------------------------------- */

bool extended_add(struct extended a, struct extended b, struct extended *sum) {
    if (a.mantissa == 0 || b.mantissa == 0) {
        *sum = a.mantissa ? a : b;
        return true;
    }
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.mantissa < b.mantissa)) {
        struct extended larger = b;
        b = a;
        a = larger;
    }
    /* The larger with 62 bits of room below; what the smaller has below those only matters as not being zero. */
    enum { ROOM = 62 };
    int shift = a.exponent - b.exponent;
    uint128 high = (uint128)a.mantissa << ROOM, low = (uint128)b.mantissa << ROOM;
    bool sticky = shift > 127 || (low & (((uint128)1 << shift) - 1)) != 0;
    low = shift > 127 ? 0 : low >> shift;
    bool subtracting = a.negative != b.negative;
    uint128 n = subtracting ? high - low - sticky : high + low;
    return round_to(n, a.exponent - ROOM, sticky, a.negative, sum);
}

bool extended_to_thousandths(struct extended x, int64_t *n) {
    assert(!x.negative);
    uint128 product = (uint128)x.mantissa * 1000;
    if (x.mantissa != 0 && x.exponent > 0) return false;
    int shift = -x.exponent;
    uint128 whole = shift > 127 ? 0 : product >> shift;
    bool rest = shift > 127 ? product != 0 : (whole << shift) != product;
    if (whole >= INT64_MAX) return false;
    *n = (int64_t)whole + rest;
    return true;
}

/* --- printing --------------------------------------------------------------------------------------------- */

/* n / 2^shift, to nearest, ties to even. */
static uint128 shift_right(uint128 n, int shift) {
    if (shift > 127) return 0;
    uint128 half = (uint128)1 << (shift - 1), rest = n & ((half << 1) - 1), kept = n >> shift;
    return kept + (rest > half || (rest == half && kept & 1));
}

/* Digits of n, at least `least` of them, lowest first. */
static size_t reversed_digits(uint128 n, size_t least, char *into) {
    size_t count = 0;
    for (; n > 0 || count < least; n /= 10) into[count++] = (char)('0' + (int)(n % 10));
    return count;
}

size_t extended_format(struct extended x, char *into) {
    enum { SCALE_POWER = PLACES };
    uint128 scale = 1;
    for (int i = 0; i < SCALE_POWER; i++) scale *= 10;
    char reversed[EXTENDED_ROOM];
    size_t count, places = 0, len = 0;
    if (x.exponent >= 0) {
        count = reversed_digits((uint128)x.mantissa << x.exponent, 1, reversed);
    } else {
        places = PLACES;
        count = reversed_digits(shift_right(x.mantissa * scale, -x.exponent), PLACES + 1, reversed);
    }
    size_t cut = 0;
    while (cut < places && reversed[cut] == '0') cut++;
    bool zero = count - cut == 1 && reversed[cut] == '0';
    if (x.negative && !zero) into[len++] = '-';
    for (size_t i = count; i > cut; i--) {
        into[len++] = reversed[i - 1];
        if (i - 1 == places && places > cut) into[len++] = '.';
    }
    into[len] = 0;
    return len;
}
