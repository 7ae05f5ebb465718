/* Fractions for INCRBYFLOAT and HINCRBYFLOAT: the real server's 80-bit floating point, computed in whole numbers.
 *
 * x86's long double has 64 bits of mantissa; reading, adding and printing round as it does, to nearest, ties to even,
 * so that the digits are the real server's on every machine. Limits: |x| < 2^127, about 1.7e38; numbers nearer to zero
 * than 10^-60 are zero; no hexadecimal, no infinity: "not a valid float". */
#ifndef MODEL_REDIS_EXTENDED_H
#define MODEL_REDIS_EXTENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/units.h"

/* mantissa * 2^exponent; the mantissa's highest bit is set, unless the number is zero. */
struct extended {
    bool negative;
    uint64_t mantissa;
    int exponent;
};

/* Room for any number as text and a zero. */
#define EXTENDED_ROOM 64

/* Sign, digits, fraction, exponent: "-3.25", "5.0e3", ".5". False if it is none or out of bounds. */
bool extended_parse(struct bytes b, struct extended *x);
/* False if the sum is out of bounds. */
bool extended_add(struct extended a, struct extended b, struct extended *sum);
/* In thousandths, rounded up; false if that does not fit. x is not negative. */
bool extended_to_thousandths(struct extended x, int64_t *n);
/* With 17 decimals, trailing zeros cut off; the length. */
size_t extended_format(struct extended x, char *into);

#endif
