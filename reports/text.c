/* Checking and escaping of bytes that should be UTF-8. */
#include "reports/text.h"

#include <stdint.h>
#include <string.h>

#include "sim/run/utf8.h"

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
    return bytes[i] ? utf8_length((struct bytes){bytes + i, n - i}) : 0;
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
