/* Collecting and rendering errors of scenario files. */
#include "sim/scenario/errors.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    SHOWN_BEFORE = 90, /* bytes of a long line before the caret, and */
    SHOWN_AFTER = 60,  /* behind it */
    LONGEST_MESSAGE = 1000
};

static bool is_control(char c) {
    return (unsigned char)c < ' ' || c == 0x7f;
}

void scenario_errors_init(struct scenario_errors *errors, struct pool *pool, const char *file) {
    *errors = (struct scenario_errors){.pool = pool, .file = file};
}

static struct scenario_error *new_error(struct scenario_errors *errors) {
    if (errors->count == errors->room) {
        size_t room = errors->room ? errors->room * 2 : 8;
        errors->items = pool_resize(errors->pool, errors->items, errors->room * sizeof(*errors->items),
                                    room * sizeof(*errors->items));
        errors->room = room;
    }
    return &errors->items[errors->count++];
}

void scenario_errors_add(struct scenario_errors *errors, struct place place, const char *near, const char *format,
                         va_list args) {
    struct buffer text;
    buffer_init(&text, errors->pool);
    buffer_vprintf(&text, format, args);
    assert(text.len > 0);
    if (text.len > LONGEST_MESSAGE) {
        text.len = LONGEST_MESSAGE;
        buffer_puts(&text, "...");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (is_control(text.at[i])) text.at[i] = '?';
    }
    char *message = pool_strdup(errors->pool, text.at);
    buffer_free(&text);
    *new_error(errors) = (struct scenario_error){place, message, near};
}

static int by_place(const void *left, const void *right) {
    const struct scenario_error *a = left, *b = right;
    if (a->place.line != b->place.line) return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column) return a->place.column < b->place.column ? -1 : 1;
    return strcmp(a->message, b->message);
}

void scenario_errors_sort(struct scenario_errors *errors) {
    if (errors->count > 1) qsort(errors->items, errors->count, sizeof(*errors->items), by_place);
}

/* Appends the line's bytes from..to as people can see them, each control character as one `?`. */
static void show_bytes(struct buffer *out, struct bytes line, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        char c = line.at[i];
        buffer_putc(out, is_control(c) && c != '\t' ? '?' : c);
    }
}

/* Blanks as wide as the line's bytes from..to: tabs stay tabs, a UTF-8 character is one. */
static void show_blanks(struct buffer *out, struct bytes line, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        bool inside_character = ((unsigned char)line.at[i] & 0xc0) == 0x80;
        if (!inside_character) buffer_putc(out, line.at[i] == '\t' ? '\t' : ' ');
    }
}

/* Moves an index back to where its UTF-8 character begins. */
static size_t character_start(struct bytes line, size_t i) {
    while (i > 0 && i < line.len && ((unsigned char)line.at[i] & 0xc0) == 0x80) i--;
    return i;
}

static void show_line(struct buffer *out, const struct scenario_error *e, struct bytes line) {
    size_t caret = e->place.column > 0 ? e->place.column - 1 : 0;
    if (caret > line.len) caret = line.len;
    size_t from = caret > SHOWN_BEFORE ? character_start(line, caret - SHOWN_BEFORE) : 0;
    size_t to = line.len - caret > SHOWN_AFTER ? character_start(line, caret + SHOWN_AFTER) : line.len;
    buffer_puts(out, from > 0 ? "    ..." : "    ");
    show_bytes(out, line, from, to);
    buffer_puts(out, to < line.len ? "...\n" : "\n");
    buffer_puts(out, from > 0 ? "       " : "    ");
    show_blanks(out, line, from, caret);
    buffer_putc(out, '^');
    if (e->near) buffer_printf(out, " did you mean \"%s\"?", e->near);
    buffer_putc(out, '\n');
}

/* Walks through a text line by line. */
struct line_walk {
    struct bytes text;
    size_t start; /* of the present line */
    uint32_t number;
};

/* The line of that number, without its end; the walk goes forward only. */
static struct bytes walk_to(struct line_walk *walk, uint32_t number) {
    assert(number >= walk->number);
    const char *text = walk->text.at;
    for (; walk->number < number && walk->start < walk->text.len; walk->number++) {
        const char *newline = memchr(text + walk->start, '\n', walk->text.len - walk->start);
        walk->start = newline ? (size_t)(newline - text) + 1 : walk->text.len;
    }
    if (walk->start == walk->text.len) return (struct bytes){"", 0};
    const char *newline = memchr(text + walk->start, '\n', walk->text.len - walk->start);
    size_t end = newline ? (size_t)(newline - text) : walk->text.len;
    if (end > walk->start && text[end - 1] == '\r') end--;
    return (struct bytes){text + walk->start, end - walk->start};
}

void scenario_errors_render(const struct scenario_errors *errors, struct buffer *out) {
    struct line_walk walk = {errors->source, 0, 1};
    for (size_t i = 0; i < errors->count; i++) {
        const struct scenario_error *e = &errors->items[i];
        if (e->place.line == 0) {
            buffer_printf(out, "%s: %s\n", errors->file, e->message);
            continue;
        }
        buffer_printf(out, "%s:%" PRIu32 ":%" PRIu32 ": %s\n", errors->file, e->place.line, e->place.column,
                      e->message);
        show_line(out, e, walk_to(&walk, e->place.line));
    }
    if (errors->more) buffer_printf(out, "%s: there are more errors, which are not shown\n", errors->file);
}
