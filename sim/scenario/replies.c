/* Patterns of replies: what may stand behind `=>`. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

enum { DEEPEST = 16 };

static const struct {
    const char *text;
    enum compare op;
} comparisons[] = {{">=", CMP_GE}, {"<=", CMP_LE}, {"!=", CMP_NE}, {">", CMP_GT}, {"<", CMP_LT}};

static bool looks_like_number(struct bytes text) {
    size_t i = text.len > 0 && text.at[0] == '-' ? 1 : 0;
    if (i == text.len) return false;
    for (; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') return false;
    }
    return true;
}

/* >=N and its like. False: it is something else; *why is the reason if its number is no good. */
static bool read_number(struct bytes text, struct reply_pattern *out, const char **why) {
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        size_t len = strlen(comparisons[i].text);
        if (text.len <= len || memcmp(text.at, comparisons[i].text, len) != 0) continue;
        struct bytes number = {text.at + len, text.len - len};
        if (!looks_like_number(number)) continue;
        out->kind = PATTERN_NUMBER;
        out->op = comparisons[i].op;
        *why = value_read_integer(number, &out->number);
        return true;
    }
    return false;
}

/* Where the bracket that opens at text[0] closes; text.len if it does not. A backslash hides the next byte. */
static size_t closing_bracket(struct bytes text) {
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\') {
            i++;
        } else if (text.at[i] == '[') {
            depth++;
        } else if (text.at[i] == ']' && --depth == 0) {
            return i;
        }
    }
    return text.len;
}

/* The end of the item that begins at `from`: a comma outside inner brackets, or the end of the text. */
static size_t item_end(struct bytes text, size_t from) {
    size_t depth = 0, i = from;
    for (; i < text.len; i++) {
        if (text.at[i] == '\\' && i + 1 < text.len) {
            i++;
        } else if (text.at[i] == '[') {
            depth++;
        } else if (text.at[i] == ']' && depth > 0) {
            depth--;
        } else if (text.at[i] == ',' && depth == 0) {
            break;
        }
    }
    return i;
}

static const char *read_pattern(struct pool *pool, struct bytes text, unsigned depth, struct reply_pattern *out);

/* The items of an array, without its brackets. */
static const char *read_items(struct pool *pool, struct bytes text, unsigned depth, struct reply_pattern *out) {
    assert(depth <= DEEPEST);
    out->kind = PATTERN_ARRAY;
    if (text.len == 0) return NULL;
    if (depth == DEEPEST) return "it is nested too deeply";
    size_t count = 0;
    for (size_t at = 0; at <= text.len; at = item_end(text, at) + 1) count++;
    out->items = POOL_ARRAY(pool, struct reply_pattern, count);
    for (size_t at = 0; at <= text.len;) {
        size_t end = item_end(text, at);
        struct bytes item = {text.at + at, end - at};
        const char *why = read_pattern(pool, item, depth + 1, &out->items[out->count++]);
        if (why) return why;
        at = end + 1;
    }
    return NULL;
}

/* `closed` means a whole reply only: depth 0. */
static const char *read_pattern(struct pool *pool, struct bytes text, unsigned depth, struct reply_pattern *out) {
    const char *why = NULL;
    *out = (struct reply_pattern){.kind = PATTERN_GLOB};
    out->glob = pool_strndup(pool, text.at, text.len);
    if (bytes_equal(text, "(nil)")) {
        out->kind = PATTERN_NIL;
    } else if (depth == 0 && bytes_equal(text, "closed")) {
        out->kind = PATTERN_CLOSED;
    } else if (text.len > 0 && text.at[0] == '[') {
        size_t close = closing_bracket(text);
        if (close == text.len) return "its [ is not closed";
        if (close == text.len - 1) return read_items(pool, (struct bytes){text.at + 1, close - 1}, depth, out);
    } else if (read_number(text, out, &why)) {
        return why;
    }
    return NULL;
}

bool word_reply_pattern(struct cursor *c, const struct word *w, struct reply_pattern *out) {
    return word_is_value(c, w, "a pattern of a reply", read_pattern(c->reader->pool, w->text, 0, out));
}
