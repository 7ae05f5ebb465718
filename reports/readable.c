/* Figures and texts as people read them. */
#include "reports/readable.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "sim/run/utf8.h"

/* A number with at most three digits that matter: "9", "9.1", "16.2", "250". */
static void put_short(char *into, double n, const char *unit) {
    int decimals = n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
    int len = snprintf(into, READABLE_ROOM, "%.*f", decimals, n);

    while (decimals && len > 1 && into[len - 1] == '0') len--;
    if (decimals && into[len - 1] == '.') len--;
    snprintf(into + len, READABLE_ROOM - (size_t)len, "%s", unit);
}

const char *readable_duration(char *into, int64_t ns) {
    double n = (double)(ns < 0 ? 0 : ns);

    if (ns == 0)
        snprintf(into, READABLE_ROOM, "0s");
    else if (n < 1e3)
        put_short(into, n, "ns");
    else if (n < 1e6)
        put_short(into, n / 1e3, "us");
    else if (n < 1e9)
        put_short(into, n / 1e6, "ms");
    else if (n < 600e9)
        put_short(into, n / 1e9, "s");
    else if (n < 3600e9)
        snprintf(into, READABLE_ROOM, "%" PRId64 "m %" PRId64 "s", ns / 60000000000, ns / 1000000000 % 60);
    else
        snprintf(into, READABLE_ROOM, "%" PRId64 "h %" PRId64 "m", ns / 3600000000000, ns / 60000000000 % 60);
    return into;
}

const char *readable_count(char *into, int64_t n) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
    char *to = into;

    if (n < 0) *to++ = '-';
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = 0;
    return into;
}

const char *readable_bytes(char *into, int64_t bytes) {
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB"};
    double n = (double)bytes;
    int unit = 0;

    while (n >= 1000 && unit < 4) {
        n /= 1000;
        unit++;
    }
    put_short(into, n, units[unit]);
    return into;
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

/* C0 but for newline and tab, DEL, and C1 (which is 0xC2 0x80..0x9F in UTF-8). */
static bool is_control(const char *at, size_t len) {
    unsigned char c = (unsigned char)at[0];

    if (len == 1) return c < 0x20 || c == 0x7F;
    return len == 2 && c == 0xC2 && (unsigned char)at[1] < 0xA0;
}

static const char *html_entity(char c) {
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* What stands for an ASCII character in a form; NULL: itself. */
static const char *stand_in(enum readable_form form, char c) {
    switch (form) {
    case READABLE_HTML:
        return html_entity(c);
    case READABLE_JSON:
        return c == '"'    ? "\\\""
               : c == '\\' ? "\\\\"
               : c == '\n' ? "\\n"
               : c == '\t' ? "\\t"
               : c == '\r' ? "\\r"
                           : NULL;
    case READABLE_CSV:
        return c == '"' ? "\"\"" : NULL;
    default:
        return NULL;
    }
}

static void put_escaped(FILE *out, enum readable_form form, const char *at, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (form == READABLE_JSON && !(at[i] & 0x80))
            fprintf(out, "\\u%04x", (unsigned char)at[i]);
        else
            fprintf(out, form == READABLE_JSON ? "\\\\x%02x" : "\\x%02x", (unsigned char)at[i]);
    }
}

static void put_char(FILE *out, enum readable_form form, const char *at, size_t len, bool newlines) {
    const char *other = len == 1 ? stand_in(form, *at) : NULL;

    if (other)
        fputs(other, out);
    else if (*at == '\n' && newlines)
        fputc('\n', out);
    else if (*at == '\t' && len == 1)
        fputc(form == READABLE_HTML ? '\t' : ' ', out);
    else if (is_control(at, len) && !(form == READABLE_JSON && len > 1))
        put_escaped(out, form, at, len);
    else
        fwrite(at, 1, len, out);
}

void readable_put(FILE *out, enum readable_form form, const char *text, size_t most) {
    size_t n = text ? strlen(text) : 0;
    bool newlines = form == READABLE_HTML || (form == READABLE_PLAIN && most == 0);

    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((struct bytes){text + i, n - i});

        if (most && i + (len ? len : 1) > most) {
            fputs("…", out);
            return;
        }
        if (len)
            put_char(out, form, text + i, len, newlines);
        else
            put_escaped(out, form, text + i, 1);
        i += len ? len : 1;
    }
}

size_t readable_width(const char *text) {
    size_t n = text ? strlen(text) : 0;
    size_t width = 0;

    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((struct bytes){text + i, n - i});

        width += len && (!is_control(text + i, len) || text[i] == '\t') ? 1 : 4 * (len ? len : 1);
        i += len ? len : 1;
    }
    return width;
}

void readable_label(char *label, size_t room, const char *text) {
    size_t n = strlen(text), len = 0;

    for (size_t i = 0; i < n;) {
        size_t step = utf8_length((struct bytes){text + i, n - i});

        if (len + (step ? step : 1) + sizeof "…" > room) {
            memcpy(label + len, "…", sizeof "…");
            return;
        }
        if (step > 1 || (step == 1 && text[i] >= ' ' && text[i] != 0x7f)) {
            memcpy(label + len, text + i, step);
            len += step;
        } else {
            label[len++] = '?';
        }
        i += step ? step : 1;
    }
    label[len] = 0;
}
