/* Glob patterns. See glob.h. */
#include "model/redis/glob.h"

/* A position in the pattern and in the text. */
struct place {
    size_t p, t;
};

/* Whether c is in the class that begins after '[' at *p; *p is then behind it. A class without end goes to the end. */
static bool class_has(struct bytes pattern, size_t *p, unsigned char c) {
    size_t i = *p;
    bool negated = i < pattern.len && pattern.at[i] == '^', found = false;
    if (negated) i++;
    for (; i < pattern.len && pattern.at[i] != ']'; i++) {
        if (pattern.at[i] == '\\' && i + 1 < pattern.len) i++;
        unsigned char low = (unsigned char)pattern.at[i], high = low;
        if (i + 2 < pattern.len && pattern.at[i + 1] == '-') {
            high = (unsigned char)pattern.at[i + 2];
            i += 2;
        }
        if (low > high ? c >= high && c <= low : c >= low && c <= high) found = true;
    }
    *p = i < pattern.len ? i + 1 : i;
    return found != negated;
}

/* Matches one character of the text against one item of the pattern, which is not a star. */
static bool match_one(struct bytes pattern, struct bytes text, struct place *at) {
    if (at->p >= pattern.len || at->t >= text.len) return false;
    char item = pattern.at[at->p++], c = text.at[at->t++];
    if (item == '?') return true;
    if (item == '[') return class_has(pattern, &at->p, (unsigned char)c);
    if (item == '\\' && at->p < pattern.len) item = pattern.at[at->p++];
    return item == c;
}

bool string_match(struct bytes pattern, struct bytes text) {
    struct place at = {0, 0}, star = {0, 0};
    bool seen_star = false;
    while (at.t < text.len || at.p < pattern.len) {
        if (at.p < pattern.len && pattern.at[at.p] == '*') {
            at.p++;
            star = at;
            seen_star = true;
            continue;
        }
        if (match_one(pattern, text, &at)) continue;
        /* The last star takes one character more: earlier ones need not be tried again. */
        if (!seen_star || star.t >= text.len) return false;
        star.t++;
        at = star;
    }
    return true;
}
