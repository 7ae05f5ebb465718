/* UTF-8, as far as writers need it. */
#include "sim/run/utf8.h"

#include <assert.h>
#include <stdint.h>

size_t utf8_length(struct bytes text) {
    assert(text.len > 0);
    const unsigned char *c = (const unsigned char *)text.at;
    if (c[0] < 0x80) return 1;
    size_t len = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4 || text.len < len) return 0;
    uint32_t point = c[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((c[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (c[i] & 0x3fu);
    }
    if (len == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return 0;
    if (len == 4 && (point < 0x10000 || point > 0x10ffff)) return 0;
    return len;
}
