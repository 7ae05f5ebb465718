/* Decimal fractions. See decimal.h. */
#include "model/redis/decimal.h"

#include <assert.h>

enum { PLACES = 17, WHOLE_PLACES = 20, EXPONENT_MAX = 1000 };

static decimal power_of_ten(int n) {
    decimal p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

static decimal bound(void) {
    return power_of_ten(PLACES + WHOLE_PLACES);
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

static bool digit(const struct scan *s) {
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* "e-3": its value, 0 if there is none; false if it is malformed. */
static bool take_exponent(struct scan *s, int *exponent) {
    *exponent = 0;
    if (!take(s, 'e') && !take(s, 'E')) return true;
    bool negative = take(s, '-');
    if (!negative) take(s, '+');
    if (!digit(s)) return false;
    while (digit(s)) {
        if (*exponent < EXPONENT_MAX) *exponent = *exponent * 10 + (*s->at - '0');
        s->at++;
    }
    if (negative) *exponent = -*exponent;
    return true;
}

/* Digits and at most one point: the first 38 significant digits, and where the point lies after them. */
static bool take_digits(struct scan *s, decimal *digits, int *places) {
    bool any = false, point = false;
    enum { SIGNIFICANT = 37 };
    int count = 0;
    *digits = 0;
    *places = 0;
    for (;; s->at++) {
        if (s->at < s->end && *s->at == '.' && !point) {
            point = true;
        } else if (digit(s)) {
            any = true;
            bool keep = count < SIGNIFICANT;
            if (keep) *digits = *digits * 10 + (*s->at - '0');
            if (keep && *digits > 0) count++;
            if (keep && point) --*places;
            if (!keep && !point) ++*places;
        } else {
            return any;
        }
    }
}

/* digits * 10^shift, rounded half up; false beyond the bound. */
static bool scale(decimal digits, int shift, decimal *d) {
    if (digits == 0) {
        *d = 0;
        return true;
    }
    for (; shift > 0; shift--) {
        if (digits >= bound() / 10) return false;
        digits *= 10;
    }
    if (shift < -(PLACES + WHOLE_PLACES + 1)) digits = 0;
    if (shift < 0 && digits > 0) digits = (digits / power_of_ten(-shift - 1) + 5) / 10;
    *d = digits;
    return digits < bound();
}

bool decimal_parse(struct bytes b, decimal *d) {
    struct scan s = {b.at, b.at + b.len};
    bool negative = take(&s, '-');
    if (!negative) take(&s, '+');
    decimal digits;
    int places, exponent;
    if (!take_digits(&s, &digits, &places) || !take_exponent(&s, &exponent) || s.at != s.end) return false;
    if (!scale(digits, places + exponent + PLACES, d)) return false;
    if (negative) *d = -*d;
    return true;
}

bool decimal_add(decimal a, decimal b, decimal *sum) {
    *sum = a + b; /* both are far below 2^126 */
    return *sum < bound() && *sum > -bound();
}

size_t decimal_format(decimal d, char *into) {
    char reversed[DECIMAL_ROOM];
    size_t count = 0, len = 0, places = PLACES;
    bool negative = d < 0;
    if (negative) d = -d;
    while (places > 0 && d % 10 == 0) d /= 10, places--;
    do {
        if (count > 0 && count == places) reversed[count++] = '.', places = DECIMAL_ROOM;
        reversed[count++] = (char)('0' + (int)(d % 10));
        d /= 10;
    } while (d > 0 || (places < DECIMAL_ROOM && places > 0 && count <= places));
    assert(count < DECIMAL_ROOM - 1);
    if (negative) into[len++] = '-';
    while (count > 0) into[len++] = reversed[--count];
    into[len] = 0;
    return len;
}
