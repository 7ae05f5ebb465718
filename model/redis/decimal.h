/* Decimal fractions for INCRBYFLOAT and HINCRBYFLOAT, exact, in whole numbers.
 *
 * The real server adds 80-bit floats and prints 17 decimals without trailing zeros. Here a number is a count of
 * 10^-17, so sums are exact: the two agree wherever 64 bits of mantissa hold the number to 17 decimals (about
 * |x| < 10 with many decimals, and whole or short fractions far beyond, where the real result rounds to the same digits).
 * Limits: |x| < 10^20; digits behind the 17th are rounded half up; no hexadecimal, no infinity: "not a valid float". */
#ifndef MODEL_REDIS_DECIMAL_H
#define MODEL_REDIS_DECIMAL_H

#include <stdbool.h>

#include "sim/world/units.h"

__extension__ typedef __int128 decimal; /* in units of 10^-17 */

#define DECIMAL_ROOM 48

/* Sign, digits, fraction, exponent: "-3.25", "5.0e3", ".5". False if it is none or out of bounds. */
bool decimal_parse(struct bytes b, decimal *d);
/* False if the sum is out of bounds. */
bool decimal_add(decimal a, decimal b, decimal *sum);
/* Without trailing zeros; the length. */
size_t decimal_format(decimal d, char *into);

#endif
