/* Checking and escaping of bytes that should be UTF-8. */
#include "reports/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static bool continues(unsigned char c) {
    return (c & 0xC0) == 0x80;
}

/* The second byte's bounds after a given first byte are what excludes overlong forms, surrogates and values past
 * U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second) {
    switch (first) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED:
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return continues(second);
    }
}

size_t text_char_length(const char *bytes, size_t n) {
    const unsigned char *c = (const unsigned char *)bytes;
    size_t want;

    assert(n > 0);
    if (c[0] < 0x80) return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4) return 0;
    want = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    if (n < want || !second_fits(c[0], c[1])) return 0;
    for (size_t i = 2; i < want; i++)
        if (!continues(c[i])) return 0;
    return want;
}

/* How many bytes at the front are plain ASCII without a zero: nearly all text is, so eight at a time. */
static size_t plain_prefix(const char *bytes, size_t n) {
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint64_t word;

        memcpy(&word, bytes + i, 8);
        /* A byte is >= 0x80, or becomes so by borrowing 1 from zero. */
        if ((word | (word - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) break;
    }
    while (i < n && bytes[i] && !(bytes[i] & 0x80)) i++;
    return i;
}

/* The length of the clean character at bytes[i], 0 if there is none. */
static size_t clean_length(const char *bytes, size_t i, size_t n) {
    return bytes[i] ? text_char_length(bytes + i, n - i) : 0;
}

bool text_is_clean(const char *bytes, size_t n) {
    size_t i = 0;

    while (i < n) {
        size_t step = plain_prefix(bytes + i, n - i);

        if (!step) step = clean_length(bytes, i, n);
        if (!step) return false;
        i += step;
    }
    return true;
}

size_t text_escaped_length(const char *bytes, size_t n) {
    size_t length = 0;

    for (size_t i = 0; i < n;) {
        size_t step = clean_length(bytes, i, n);

        length += step ? step : 4;
        i += step ? step : 1;
    }
    return length;
}

void text_escape(char *into, const char *bytes, size_t n) {
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < n;) {
        size_t step = clean_length(bytes, i, n);

        if (step) {
            memcpy(into, bytes + i, step);
            into += step;
            i += step;
            continue;
        }
        *into++ = '\\';
        *into++ = 'x';
        *into++ = hex[(unsigned char)bytes[i] >> 4];
        *into++ = hex[(unsigned char)bytes[i] & 15];
        i++;
    }
}
