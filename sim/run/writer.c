/* What the forms of output share. */
#include "sim/run/writer.h"

#include <assert.h>
#include <stdio.h>

#include "sim/run/utf8.h"

const struct writer *writer_find(const char *name) {
    static const struct writer *const all[] = {&writer_text, &writer_json, &writer_tap, &writer_junit};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i]->name, name) == 0) return all[i];
    }
    return NULL;
}

void writer_put_time(struct buffer *out, sim_time at) {
    assert(at >= 0);
    buffer_printf(out, "%lld", (long long)(at / SIM_SECOND));
    char fraction[16];
    int n = snprintf(fraction, sizeof fraction, ".%09d", (int)(at % SIM_SECOND));
    while (n > 0 && fraction[n - 1] == '0') n--;
    if (n > 1) buffer_put(out, fraction, (size_t)n);
    buffer_putc(out, 's');
}

void writer_put_line(struct buffer *out, const char *text) {
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)text[i];
        size_t n = utf8_length((struct bytes){text + i, len - i});
        if (c == '\n') {
            buffer_puts(out, "\\n");
            i++;
        } else if (n == 0 || c < 0x20 || c == 0x7f) {
            buffer_printf(out, "\\x%02x", c);
            i++;
        } else {
            buffer_put(out, text + i, n);
            i += n;
        }
    }
}
