/* Parsing and writing RESP. */
#include "model/redis/resp.h"

#include <assert.h>
#include <stdio.h>

enum { NO_BULK = -1, NO_ARRAY = -1, UNKNOWN = -1 };

void resp_parser_init(struct resp_parser *p, struct pool *pool) {
    memset(p, 0, sizeof(*p));
    p->pool = pool;
    p->bulk_max = RESP_BULK_MAX;
    buffer_init(&p->line, pool);
    resp_parser_reset(p);
}

void resp_parser_free(struct resp_parser *p) {
    pool_free(p->pool, p->argv, p->room * sizeof(*p->argv));
    pool_free(p->pool, p->slices, p->room * sizeof(*p->slices));
    buffer_free(&p->line);
    p->argv = NULL;
    p->slices = NULL;
    p->room = 0;
    resp_parser_reset(p);
}

void resp_parser_reset(struct resp_parser *p) {
    p->argc = 0;
    p->used = 0;
    p->at = 0;
    p->words_left = NO_ARRAY;
    p->bulk_len = NO_BULK;
}

static void make_room(struct resp_parser *p, size_t words) {
    if (words <= p->room) return;
    size_t room = p->room ? p->room * 2 : 8;
    while (room < words) room *= 2;
    p->argv = pool_resize(p->pool, p->argv, p->room * sizeof(*p->argv), room * sizeof(*p->argv));
    p->slices = pool_resize(p->pool, p->slices, p->room * sizeof(*p->slices), room * sizeof(*p->slices));
    p->room = room;
}

static enum resp_status broken(struct resp_parser *p, const char *error) {
    resp_parser_reset(p);
    p->error = error;
    return RESP_BAD;
}

static enum resp_status broken_word(struct resp_parser *p, char got) {
    snprintf(p->error_text, sizeof(p->error_text), "expected '$', got '%c'", got);
    return broken(p, p->error_text);
}

/* The request is complete: words by position become words by address. */
static enum resp_status complete(struct resp_parser *p, const char *base) {
    for (size_t i = 0; i < p->argc; i++) p->argv[i] = (struct bytes){base + p->slices[i].at, p->slices[i].len};
    p->used = p->at;
    p->at = 0;
    p->words_left = NO_ARRAY;
    p->bulk_len = NO_BULK;
    return RESP_DONE;
}

bool resp_parse_number(struct bytes text, int64_t *n) {
    size_t i = 0;
    bool negative = text.len > 0 && text.at[0] == '-';
    if (negative) i = 1;
    if (i == text.len || text.len > 20) return false;
    if (text.at[i] == '0') {
        *n = 0;
        return text.len == 1;
    }
    uint64_t value = 0, limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.at[i] - '0';
        if (digit > 9 || value > (limit - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *n = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

size_t resp_format_number(int64_t n, char text[21]) {
    char digits[20];
    size_t count = 0;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    size_t len = 0;
    if (n < 0) text[len++] = '-';
    while (count) text[len++] = digits[--count];
    text[len] = 0;
    return len;
}

/* A header of up to three digits with its line end, which nearly all are: the byte after it, or NULL. */
static inline const char *short_header(const char *at, const char *end, int64_t *n) {
    if (end - at < 6) return NULL;
    unsigned first = (unsigned)at[1] - '0', second = (unsigned)at[2] - '0', third = (unsigned)at[3] - '0';
    const char *line_end = at + 2;
    if (first > 9) return NULL;
    *n = first;
    if (second <= 9 && first > 0) {
        *n = *n * 10 + second;
        line_end++;
        if (third <= 9) {
            *n = *n * 10 + third;
            line_end++;
        }
    }
    return line_end[0] == '\r' && line_end[1] == '\n' ? line_end + 2 : NULL;
}

/* A header line: its number, INT64_MIN if it is none. The real server ends the line at the first \r and skips the byte
 * after it unseen. */
static enum resp_status read_header(struct resp_parser *p, struct bytes in, int64_t *n, const char *too_big) {
    const char *next = short_header(in.at + p->at, in.at + in.len, n);
    if (next) {
        p->at = (size_t)(next - in.at);
        return RESP_DONE;
    }
    size_t from = p->at + 1;
    const char *end = memchr(in.at + from, '\r', in.len - from);
    if (!end) return in.len - p->at > RESP_INLINE_MAX ? broken(p, too_big) : RESP_MORE;
    if (end + 1 == in.at + in.len) return RESP_MORE;
    size_t len = (size_t)(end - (in.at + from));
    if (!resp_parse_number((struct bytes){in.at + from, len}, n)) *n = INT64_MIN;
    p->is_canonical = p->is_canonical && end[1] == '\n';
    p->at = from + len + 2;
    return RESP_DONE;
}

/* A plain line of words, as a person types it. */
static enum resp_status parse_inline(struct resp_parser *p, struct bytes in) {
    const char *end = in.len > p->at ? memchr(in.at + p->at, '\n', in.len - p->at) : NULL;
    const char *zero =
        in.len > p->at ? memchr(in.at + p->at, 0, (size_t)((end ? end : in.at + in.len) - (in.at + p->at))) : NULL;
    if (!end || zero) { /* the real server looks for the line's end with strchr(3): a zero byte hides it for ever */
        if (in.len > RESP_INLINE_MAX) return broken(p, "too big inline request");
        p->at = zero ? (size_t)(zero - in.at) : in.len;
        return RESP_MORE;
    }
    size_t len = (size_t)(end - in.at);
    p->used = len + 1;
    if (len && in.at[len - 1] == '\r') len--;
    make_room(p, len / 2 + 1);
    buffer_clear(&p->line);
    buffer_reserve(&p->line, len); /* empty words have a place, too */
    int64_t words = resp_split_line((struct bytes){in.at, len}, &p->line, p->slices, p->room);
    if (words < 0) return broken(p, "unbalanced quotes in request");
    p->argc = (size_t)words;
    for (size_t i = 0; i < p->argc; i++) {
        p->argv[i] = (struct bytes){p->line.at + p->slices[i].at, p->slices[i].len};
    }
    p->at = 0;
    p->is_inline = true;
    return RESP_DONE;
}

static enum resp_status parse_words(struct resp_parser *p, struct bytes in) {
    while (p->words_left > 0) {
        if (p->bulk_len == NO_BULK) {
            if (p->at >= in.len) return RESP_MORE;
            if (in.at[p->at] != '$') return broken_word(p, in.at[p->at]);
            int64_t len;
            enum resp_status status = read_header(p, in, &len, "too big bulk count string");
            if (status != RESP_DONE) return status;
            if (len < 0 || len > p->bulk_max) return broken(p, "invalid bulk length");
            if (p->stranger && len > RESP_STRANGER_BULK_MAX) return broken(p, "unauthenticated bulk length");
            p->bulk_len = len;
        }
        if (in.len - p->at < (size_t)p->bulk_len + 2) return RESP_MORE;
        if (p->argc == p->room) make_room(p, p->argc + 1);
        p->slices[p->argc++] = (struct resp_slice){p->at, (size_t)p->bulk_len};
        p->at += (size_t)p->bulk_len + 2;
        if (memcmp(in.at + p->at - 2, "\r\n", 2) != 0) p->is_canonical = false;
        p->bulk_len = NO_BULK;
        p->words_left--;
    }
    return complete(p, in.at);
}

enum resp_status resp_parse(struct resp_parser *p, struct bytes in) {
    if (in.len == 0) return RESP_MORE;
    if (p->words_left == NO_ARRAY) {
        p->is_inline = in.at[0] != '*';
        p->is_canonical = !p->is_inline;
        if (p->at == 0) p->argc = 0;
        if (p->is_inline) return parse_inline(p, in);
        int64_t count;
        enum resp_status status = read_header(p, in, &count, "too big mbulk count string");
        if (status != RESP_DONE) return status;
        if (count > RESP_WORDS_MAX || count == INT64_MIN) return broken(p, "invalid multibulk length");
        if (p->stranger && count > RESP_STRANGER_WORDS_MAX) return broken(p, "unauthenticated multibulk length");
        p->words_left = count > 0 ? count : 0;
    }
    return parse_words(p, in);
}

size_t resp_parser_missing(const struct resp_parser *p, size_t have) {
    if (p->bulk_len == NO_BULK) return 0;
    size_t end = p->at + (size_t)p->bulk_len + 2;
    return end > have ? end - have : 0;
}

/* --- inline words ------------------------------------------------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The escape after a backslash at line.at[*at]; *at moves to its last character. */
static char unescape(struct bytes line, size_t *at) {
    size_t i = *at + 1;
    if (line.at[i] == 'x' && i + 2 < line.len && hex_digit(line.at[i + 1]) >= 0 && hex_digit(line.at[i + 2]) >= 0) {
        *at = i + 2;
        return (char)(hex_digit(line.at[i + 1]) * 16 + hex_digit(line.at[i + 2]));
    }
    *at = i;
    switch (line.at[i]) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return line.at[i];
    }
}

/* One word from line.at[*at]; false: its quotes do not close, or something follows the closing one. */
static bool split_word(struct bytes line, size_t *at, struct buffer *text) {
    char quote = 0;
    size_t i = *at;
    for (; i < line.len; i++) {
        char c = line.at[i];
        if (!quote && is_blank(c)) break;
        if (quote && c == quote) {
            *at = i + 1;
            return *at >= line.len || is_blank(line.at[*at]);
        }
        if (!quote && (c == '"' || c == '\'')) {
            quote = c;
            continue;
        }
        if (quote == '"' && c == '\\' && i + 1 < line.len)
            c = unescape(line, &i);
        else if (quote == '\'' && c == '\\' && i + 1 < line.len && line.at[i + 1] == '\'')
            c = line.at[++i];
        buffer_putc(text, c);
    }
    *at = i;
    return quote == 0;
}

int64_t resp_split_line(struct bytes line, struct buffer *text, struct resp_slice *slices, size_t room) {
    size_t words = 0, at = 0;
    for (;;) {
        while (at < line.len && is_blank(line.at[at])) at++;
        if (at >= line.len) return (int64_t)words;
        size_t start = text->len;
        if (!split_word(line, &at, text)) return -1;
        assert(words < room);
        slices[words++] = (struct resp_slice){start, text->len - start};
    }
}

/* --- encoding ----------------------------------------------------------------------------------------------------- */

static void put_header(struct buffer *out, char mark, int64_t n) {
    char text[24];
    text[0] = mark;
    size_t len = 1 + resp_format_number(n, text + 1);
    text[len++] = '\r';
    text[len++] = '\n';
    buffer_put(out, text, len);
}

void resp_put_array(struct buffer *out, size_t count) {
    put_header(out, '*', (int64_t)count);
}

void resp_put_bulk(struct buffer *out, struct bytes word) {
    put_header(out, '$', (int64_t)word.len);
    buffer_put(out, word.at, word.len);
    buffer_put(out, "\r\n", 2);
}

void resp_put_number(struct buffer *out, int64_t n) {
    put_header(out, ':', n);
}

void resp_put_request(struct buffer *out, const struct bytes *words, size_t count) {
    resp_put_array(out, count);
    for (size_t i = 0; i < count; i++) resp_put_bulk(out, words[i]);
}

void resp_put_words(struct buffer *out, const char *const *words) {
    size_t count = 0;
    while (words[count]) count++;
    resp_put_array(out, count);
    for (size_t i = 0; i < count; i++) resp_put_bulk(out, resp_text(words[i]));
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

/* The line at in.at[from], with its mark: its length with the line end, 0 if incomplete; *n its number if asked for. */
static int64_t line_length(struct bytes in, size_t from, int64_t *n) {
    const char *end = memchr(in.at + from, '\n', in.len - from);
    if (!end) return in.len - from > RESP_INLINE_MAX ? UNKNOWN : 0;
    size_t len = (size_t)(end - in.at) - from;
    if (len < 2 || end[-1] != '\r') return UNKNOWN;
    if (n && !resp_parse_number((struct bytes){in.at + from + 1, len - 2}, n)) return UNKNOWN;
    return (int64_t)len + 1;
}

static int64_t bulk_length(struct bytes in, size_t from) {
    int64_t n, line = line_length(in, from, &n);
    if (line <= 0) return line;
    if (n == -1) return line;
    if (n < 0 || n > RESP_BULK_MAX) return UNKNOWN;
    int64_t all = line + n + 2;
    return (int64_t)(in.len - from) < all ? 0 : all;
}

static int64_t reply_length(struct bytes in, size_t from, unsigned depth) {
    if (from >= in.len) return 0;
    switch (in.at[from]) {
    case '+':
    case '-':
        return line_length(in, from, NULL);
    case ':': {
        int64_t n;
        return line_length(in, from, &n);
    }
    case '$':
        return bulk_length(in, from);
    case '*':
        break;
    default:
        return UNKNOWN;
    }
    int64_t count, len = line_length(in, from, &count);
    if (len <= 0) return len;
    if (count < -1 || depth >= 32) return UNKNOWN;
    for (int64_t i = 0; i < count; i++) {
        int64_t item = reply_length(in, from + (size_t)len, depth + 1);
        if (item <= 0) return item;
        len += item;
    }
    return len;
}

int64_t resp_reply_length(struct bytes in) {
    return reply_length(in, 0, 0);
}

bool resp_word_is(struct bytes word, const char *lower_case) {
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (c != lower_case[i] || c == 0) return false;
    }
    return lower_case[word.len] == 0;
}
