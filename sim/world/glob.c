/* Glob matching with one point of return: only the latest `*` can need more, whatever came before it. */
#include "sim/world/glob.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

static bool in_range(unsigned char c, unsigned char from, unsigned char to) {
    return from <= to ? c >= from && c <= to : c >= to && c <= from;
}

/* Whether the class that begins at pattern[*at] == '[' holds c; *at moves past it. */
static bool match_class(struct bytes pattern, size_t *at, unsigned char c) {
    size_t i = *at + 1;
    bool negated = i < pattern.len && pattern.at[i] == '^';
    if (negated) i++;
    bool found = false;
    while (i < pattern.len && pattern.at[i] != ']') {
        if (pattern.at[i] == '\\' && i + 1 < pattern.len) {
            i++;
            found |= (unsigned char)pattern.at[i] == c;
        } else if (i + 2 < pattern.len && pattern.at[i + 1] == '-') {
            found |= in_range(c, (unsigned char)pattern.at[i], (unsigned char)pattern.at[i + 2]);
            i += 2;
        } else {
            found |= (unsigned char)pattern.at[i] == c;
        }
        i++;
    }
    *at = i < pattern.len ? i + 1 : i;
    return found != negated;
}

/* Whether the one-byte element at pattern[*at] takes c; *at moves past it where it does. */
static bool match_one(struct bytes pattern, size_t *at, char c) {
    char p = pattern.at[*at];
    if (p == '[') return match_class(pattern, at, (unsigned char)c);
    if (p == '\\' && *at + 1 < pattern.len) {
        if (pattern.at[*at + 1] != c) return false;
        *at += 2;
        return true;
    }
    *at += 1;
    return p == '?' || p == c;
}

bool glob_match(struct bytes pattern, struct bytes text) {
    const size_t none = SIZE_MAX;
    size_t p = 0, t = 0, star = none, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        if (p < pattern.len && match_one(pattern, &p, text.at[t])) {
            t++;
            continue;
        }
        if (star == none) return false;
        p = star; /* let the latest star take one byte more */
        t = ++star_text;
    }
    while (p < pattern.len && pattern.at[p] == '*') p++;
    assert(p <= pattern.len);
    return p == pattern.len;
}

bool glob_is(struct bytes word) {
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] == '*' || word.at[i] == '?' || word.at[i] == '[' || word.at[i] == '\\') return true;
    }
    return false;
}
