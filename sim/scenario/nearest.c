/* Edit distance (optimal string alignment) over short words. */
#include "sim/scenario/nearest.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 40 };

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Rows of the classic table: `now` is filled from the one before and, for swaps, the one before that. */
static void fill_row(const char *a, size_t i, const char *b, size_t len, const unsigned *before2,
                     const unsigned *before, unsigned *now) {
    now[0] = (unsigned)i;
    for (size_t j = 1; j <= len; j++) {
        char x = lower(a[i - 1]), y = lower(b[j - 1]);
        unsigned d = least(before[j] + 1, now[j - 1] + 1);
        d = least(d, before[j - 1] + (x != y));
        bool swapped = i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y;
        now[j] = swapped ? least(d, before2[j - 2] + 1) : d;
    }
}

static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    assert(a_len <= LONGEST && b_len <= LONGEST);
    unsigned rows[3][LONGEST + 1];
    for (size_t j = 0; j <= b_len; j++) rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) fill_row(a, i, b, b_len, rows[(i + 1) % 3], rows[(i - 1) % 3], rows[i % 3]);
    return rows[a_len % 3][b_len];
}

struct nearest nearest_to(struct bytes word) {
    size_t allowed = word.len / 3 > 1 ? word.len / 3 : 1;
    return (struct nearest){word, NULL, (unsigned)allowed + 1};
}

void nearest_try(struct nearest *n, const char *candidate) {
    size_t len = strlen(candidate);
    if (n->word.len == 0 || n->word.len > LONGEST || len > LONGEST) return;
    unsigned distance = edit_distance(n->word.at, n->word.len, candidate, len);
    if (distance >= n->distance) return;
    if (distance >= len && distance >= n->word.len) return; /* nothing in common */
    n->best = candidate;
    n->distance = distance;
}
