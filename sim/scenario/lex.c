/* The lexer: see lex.h for the rules. */
#include "sim/scenario/lex.h"

#include <assert.h>
#include <string.h>

#include "sim/world/buffer.h"

struct lexer {
    struct pool *pool;
    struct bytes text;
    size_t at;
    struct place place;     /* of text.at[at] */
    struct buffer spelling; /* of the word being read */
    struct word *words;     /* of the statement being read */
    size_t count, room;
    bool faulty; /* the statement being read has a fault */
    lex_report *report;
    void *ctx;
};

static bool more(const struct lexer *lx) {
    return lx->at < lx->text.len;
}

/* The byte `ahead` of the present one; 0 behind the end (the text itself holds no zero byte). */
static char look(const struct lexer *lx, size_t ahead) {
    return lx->at + ahead < lx->text.len ? lx->text.at[lx->at + ahead] : 0;
}

static void step(struct lexer *lx) {
    assert(more(lx));
    if (lx->text.at[lx->at++] == '\n') {
        lx->place.line++;
        lx->place.column = 1;
    } else {
        lx->place.column++;
    }
}

static bool at_line_end(const struct lexer *lx) {
    return !more(lx) || look(lx, 0) == '\n' || (look(lx, 0) == '\r' && look(lx, 1) == '\n');
}

/* How many bytes a continuation takes here: a backslash and the end of the line. 0: none is here. */
static size_t continuation(const struct lexer *lx) {
    if (look(lx, 0) != '\\') return 0;
    if (look(lx, 1) == '\n') return 2;
    if (look(lx, 1) == '\r' && look(lx, 2) == '\n') return 3;
    return lx->at + 1 == lx->text.len ? 1 : 0;
}

static void fault(struct lexer *lx, struct place place, const char *message) {
    lx->faulty = true;
    lx->report(lx->ctx, place, message);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Blanks and continuations. */
static void skip_blanks(struct lexer *lx) {
    for (;;) {
        size_t n = continuation(lx);
        if (n == 0 && !at_line_end(lx) && is_blank(look(lx, 0))) n = 1;
        if (n == 0) return;
        for (; n > 0; n--) step(lx);
    }
}

static void skip_comment(struct lexer *lx) {
    while (!at_line_end(lx)) step(lx);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* What `\c` stands for in "...". */
static char escaped(char c) {
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'a':
        return '\a';
    case 'b':
        return '\b';
    default:
        return c;
    }
}

/* One escape of "...": the backslash is the present byte, and something follows it on the line. */
static void read_escape(struct lexer *lx) {
    assert(look(lx, 0) == '\\' && lx->at + 1 < lx->text.len);
    step(lx);
    char c = look(lx, 0);
    int high = hex_digit(look(lx, 1)), low = high < 0 ? -1 : hex_digit(look(lx, 2));
    if (c == 'x' && high >= 0 && low >= 0) {
        step(lx);
        step(lx);
        c = (char)(high * 16 + low);
    } else {
        c = escaped(c);
    }
    step(lx);
    buffer_putc(&lx->spelling, c);
}

/* A quotation, from its opening quote to behind its closing one. */
static void read_quotation(struct lexer *lx) {
    struct place open = lx->place;
    char quote = look(lx, 0);
    assert(quote == '"' || quote == '\'');
    step(lx);
    while (!at_line_end(lx) && look(lx, 0) != quote) {
        char next = look(lx, 1);
        bool line_goes_on = lx->at + 1 < lx->text.len && next != '\n';
        if (look(lx, 0) == '\\' && quote == '"' && line_goes_on) {
            read_escape(lx);
        } else {
            if (look(lx, 0) == '\\' && next == '\'') step(lx); /* in '...' */
            buffer_putc(&lx->spelling, look(lx, 0));
            step(lx);
        }
    }
    if (at_line_end(lx)) {
        fault(lx, open,
              quote == '"' ? "this quotation is not closed: \" is missing on the line"
                           : "this quotation is not closed: ' is missing on the line");
        return;
    }
    step(lx);
    if (!at_line_end(lx) && !is_blank(look(lx, 0)) && continuation(lx) == 0) {
        fault(lx, lx->place, "a blank must follow the closing quote");
    }
}

static struct word *new_word(struct lexer *lx) {
    if (lx->count == lx->room) {
        size_t room = lx->room ? lx->room * 2 : 16;
        lx->words = pool_resize(lx->pool, lx->words, lx->room * sizeof(*lx->words), room * sizeof(*lx->words));
        lx->room = room;
    }
    return &lx->words[lx->count++];
}

static void read_word(struct lexer *lx) {
    struct place place = lx->place;
    size_t start = lx->at;
    bool quoted = false;
    buffer_clear(&lx->spelling);
    while (!at_line_end(lx) && !is_blank(look(lx, 0)) && continuation(lx) == 0) {
        if (look(lx, 0) == '"' || look(lx, 0) == '\'') {
            quoted = true;
            read_quotation(lx);
        } else {
            buffer_putc(&lx->spelling, look(lx, 0));
            step(lx);
        }
    }
    size_t len = lx->spelling.len;
    char *text = pool_strndup(lx->pool, "", 0);
    if (len > 0) {
        text = pool_alloc(lx->pool, len + 1);
        memcpy(text, lx->spelling.at, len);
        text[len] = 0;
    }
    struct bytes raw = {lx->text.at + start, lx->at - start};
    *new_word(lx) = (struct word){place, raw, {text, len}, quoted};
}

/* A lone backslash followed by blanks looks like a continuation and is none. */
static void check_last_word(struct lexer *lx) {
    assert(lx->count > 0);
    const struct word *last = &lx->words[lx->count - 1];
    if (last->raw.len == 1 && last->raw.at[0] == '\\') {
        fault(lx, last->place, "a \\ continues the line only at its very end (quote it to mean a backslash)");
    }
}

/* Reads one statement, its end of line included. False: the line had no words, or a fault. */
static bool read_statement(struct lexer *lx, struct line *out) {
    lx->words = NULL;
    lx->count = lx->room = 0;
    lx->faulty = false;
    struct place end = lx->place;
    for (skip_blanks(lx); !at_line_end(lx); skip_blanks(lx)) {
        if (look(lx, 0) == '#') {
            skip_comment(lx);
            break;
        }
        read_word(lx);
        end = lx->place;
    }
    if (lx->count > 0) check_last_word(lx);
    while (more(lx) && look(lx, 0) != '\n') step(lx);
    if (more(lx)) step(lx);
    *out = (struct line){lx->words, lx->count, end};
    return lx->count > 0 && !lx->faulty;
}

/* --- what is text ------------------------------------------------------------------------------------------- */

size_t lex_utf8_length(struct bytes text, size_t i) {
    const unsigned char *s = (const unsigned char *)text.at + i;
    size_t left = text.len - i;
    if (s[0] < 0x80) return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len > left) return 0;
    for (size_t k = 1; k < len; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool too_high = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || too_high ? 0 : len;
}

/* Whether all of it is UTF-8 without zero bytes; if not, the first bad byte is reported. */
static bool check_text(struct lexer *lx) {
    struct place place = {1, 1};
    for (size_t i = 0; i < lx->text.len;) {
        size_t len = lex_utf8_length(lx->text, i);
        bool zero = lx->text.at[i] == 0;
        if (len == 0 || zero) {
            fault(lx, place, zero ? "the file has a zero byte: it is no text" : "this is no UTF-8 text");
            return false;
        }
        place.column += (uint32_t)len;
        if (lx->text.at[i] == '\n') place = (struct place){place.line + 1, 1};
        i += len;
    }
    return true;
}

/* A byte order mark at the start, as some editors write it, is no word. */
static void skip_byte_order_mark(struct lexer *lx) {
    if (lx->text.len >= 3 && memcmp(lx->text.at, "\xef\xbb\xbf", 3) == 0) {
        lx->at = 3;
        lx->place.column = 4;
    }
}

struct lines lex_file(struct pool *pool, struct bytes text, lex_report *report, void *ctx) {
    struct lexer lx = {.pool = pool, .text = text, .place = {1, 1}, .report = report, .ctx = ctx};
    struct lines lines = {NULL, 0};
    size_t room = 0;
    if (!check_text(&lx)) return lines;
    buffer_init(&lx.spelling, pool);
    skip_byte_order_mark(&lx);
    while (more(&lx)) {
        struct line line;
        if (!read_statement(&lx, &line)) continue;
        if (lines.count == room) {
            size_t grown = room ? room * 2 : 32;
            lines.items = pool_resize(pool, lines.items, room * sizeof(line), grown * sizeof(line));
            room = grown;
        }
        lines.items[lines.count++] = line;
    }
    buffer_free(&lx.spelling);
    return lines;
}
