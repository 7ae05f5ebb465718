/* Patterns with `*` and `?`: one pass, going back only to the last `*`. */
#include "sim/run/wildcard.h"

#include <assert.h>
#include <string.h>

bool wildcard_match(const char *pattern, struct bytes text) {
    assert(pattern != NULL);
    size_t len = strlen(pattern), p = 0, t = 0;
    size_t star = SIZE_MAX, resume = 0; /* after the last `*`: where in the pattern, where in the text to try next */
    while (t < text.len) {
        if (p < len && pattern[p] == '*') {
            star = ++p;
            resume = t;
        } else if (p < len && (pattern[p] == '?' || pattern[p] == text.at[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < len && pattern[p] == '*') p++;
    return p == len;
}
