/* Scores of sorted sets: the one place where the model computes with floating point, as the real server does.
 *
 * IEEE doubles with one rounding an operation are the same on every machine; nothing but addition and comparison
 * happens to them. */
#ifndef MODEL_REDIS_SCORE_H
#define MODEL_REDIS_SCORE_H

#include <stdbool.h>

#include "sim/world/units.h"

/* A score. Whoever holds one takes it and gives it back through the functions below. */
typedef double zscore;

/* Room for any score as text and a zero. */
#define SCORE_ROOM 40

/* Reads what strtod reads, wholly: decimal, exponent, hexadecimal, inf; not NaN, no blanks. */
bool score_parse(struct bytes b, zscore *score);
/* As replies and DEBUG DIGEST show it: "%.17g", inf, -inf. The length. */
size_t score_format(zscore score, char *into);
/* -1, 0, 1 */
int score_compare(zscore a, zscore b);
/* False if the sum is not a number. */
bool score_add(zscore a, zscore b, zscore *sum);
bool score_is_number(zscore score);
/* Whether it is a whole number between -10^15 and 10^15; then *n is it. */
bool score_is_whole(zscore score, int64_t *n);
/* A whole number as a score. */
zscore score_of_number(int64_t n);

/* One end of a range of scores: "1.5", "(1.5", "-inf". */
struct score_bound {
    zscore score;
    bool exclusive;
};
bool score_bound_parse(struct bytes b, struct score_bound *bound);
/* Whether a score lies at or above a lower bound; at or below an upper one. */
bool score_above(zscore score, struct score_bound min);
bool score_below(zscore score, struct score_bound max);

#endif
