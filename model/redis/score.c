/* Scores. See score.h. */
#include "model/redis/score.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool score_parse(struct bytes b, double *score) {
    char text[256]; /* longer than any number a person or server writes */
    if (b.len == 0 || b.len >= sizeof text) return false;
    memcpy(text, b.at, b.len);
    text[b.len] = 0;
    if (strchr(" \t\n\v\f\r", text[0])) return false;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end != text + b.len || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *score = value;
    return true;
}

size_t score_format(double score, char *into) {
    if (isinf(score)) return (size_t)snprintf(into, SCORE_ROOM, "%s", score > 0 ? "inf" : "-inf");
    return (size_t)snprintf(into, SCORE_ROOM, "%.17g", score);
}

int score_compare(double a, double b) {
    return (a > b) - (a < b);
}

bool score_add(double a, double b, double *sum) {
    double result = a + b;
    if (isnan(result)) return false;
    *sum = result;
    return true;
}

bool score_is_number(double score) {
    return !isnan(score);
}

bool score_is_whole(double score, int64_t *n) {
    const double most = 1e15;
    if (!(score >= -most && score <= most)) return false;
    *n = (int64_t)score;
    return score == (double)*n;
}

double score_of_number(int64_t n) {
    return (double)n;
}

bool score_bound_parse(struct bytes b, struct score_bound *bound) {
    bound->exclusive = b.len > 0 && b.at[0] == '(';
    if (bound->exclusive) b = (struct bytes){b.at + 1, b.len - 1};
    return score_parse(b, &bound->score);
}

bool score_above(double score, struct score_bound min) {
    return min.exclusive ? score > min.score : score >= min.score;
}

bool score_below(double score, struct score_bound max) {
    return max.exclusive ? score < max.score : score <= max.score;
}
