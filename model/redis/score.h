/* Scores of sorted sets: the one place where the model computes with floating point, as the real server does.
 *
 * IEEE doubles with one rounding an operation are the same on every machine; nothing but addition and comparison
 * happens to them. */
#ifndef MODEL_REDIS_SCORE_H
#define MODEL_REDIS_SCORE_H

#include <stdbool.h>

#include "sim/world/units.h"

/* Room for any score as text and a zero. */
#define SCORE_ROOM 40

/* Reads what strtod reads, wholly: decimal, exponent, hexadecimal, inf; not NaN, no blanks. */
bool score_parse(struct bytes b, double *score);
/* As replies and DEBUG DIGEST show it: "%.17g", inf, -inf. The length. */
size_t score_format(double score, char *into);
/* -1, 0, 1 */
int score_compare(double a, double b);
/* False if the sum is not a number. */
bool score_add(double a, double b, double *sum);
bool score_is_number(double score);
/* A whole number as a score. */
double score_of_number(int64_t n);

/* One end of a range of scores: "1.5", "(1.5", "-inf". */
struct score_bound {
    double score;
    bool exclusive;
};
bool score_bound_parse(struct bytes b, struct score_bound *bound);
/* Whether a score lies at or above a lower bound; at or below an upper one. */
bool score_above(double score, struct score_bound min);
bool score_below(double score, struct score_bound max);

#endif
