/* Taking words from a statement, and telling what is wrong with them. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

void reader_fail(struct reader *r, struct place place, const char *near, const char *format, ...) {
    assert(place.line > 0 && place.column > 0);
    r->errors->more = r->errors->count >= MAX_ERRORS;
    if (r->errors->more) return;
    va_list args;
    va_start(args, format);
    scenario_errors_add(r->errors, place, near, format, args);
    va_end(args);
}

struct nearest reader_nearest(const struct reader *r, struct bytes word) {
    bool full = r->errors->count >= MAX_ERRORS;
    return nearest_to(full ? (struct bytes){"", 0} : word);
}

void reader_note(struct reader *r, struct place place, const char *format, ...) {
    struct plan *plan = r->plan;
    struct buffer text;
    buffer_init(&text, r->pool);
    buffer_printf(&text, "line %" PRIu32 ": ", place.line);
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    if (plan->note_count == r->note_room) {
        size_t room = r->note_room ? r->note_room * 2 : 8;
        plan->notes =
            pool_resize(r->pool, plan->notes, r->note_room * sizeof(*plan->notes), room * sizeof(*plan->notes));
        r->note_room = room;
    }
    plan->notes[plan->note_count++] = pool_strdup(r->pool, text.at);
    buffer_free(&text);
}

/* --- words ---------------------------------------------------------------------------------------------------- */

bool bytes_equal(struct bytes a, const char *b) {
    return a.len == strlen(b) && memcmp(a.at, b, a.len) == 0;
}

bool word_is(const struct word *w, const char *keyword) {
    return !w->quoted && bytes_equal(w->text, keyword);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool word_is_name(struct bytes text) {
    if (text.len == 0 || !is_letter(text.at[0])) return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.at[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
    }
    return true;
}

struct place word_place(const struct word *w, size_t offset) {
    assert(offset <= w->text.len);
    if (w->quoted) return w->place;
    return (struct place){w->place.line, w->place.column + (uint32_t)offset};
}

int word_shown(struct bytes text) {
    return text.len > 60 ? 60 : (int)text.len;
}

const char *word_string(struct cursor *c, const struct word *w) {
    if (!memchr(w->text.at, 0, w->text.len)) return w->text.at;
    reader_fail(c->reader, w->place, NULL, "a zero byte cannot stand here");
    return NULL;
}

bool word_is_value(struct cursor *c, const struct word *w, const char *what, const char *why) {
    if (!why) return true;
    reader_fail(c->reader, w->place, NULL, "\"%.*s\" is not %s: %s", word_shown(w->text), w->text.at, what, why);
    return false;
}

/* --- the cursor ------------------------------------------------------------------------------------------------- */

bool cursor_at_end(const struct cursor *c) {
    assert(c->next <= c->line->count);
    return c->next == c->line->count;
}

const struct word *cursor_peek(const struct cursor *c) {
    return cursor_at_end(c) ? NULL : &c->line->words[c->next];
}

const struct word *cursor_take(struct cursor *c, const char *what) {
    if (!cursor_at_end(c)) return &c->line->words[c->next++];
    reader_fail(c->reader, c->line->end, NULL, "%s is missing at the end of the line", what);
    return NULL;
}

bool cursor_accept(struct cursor *c, const char *keyword) {
    const struct word *w = cursor_peek(c);
    if (!w || !word_is(w, keyword)) return false;
    c->next++;
    return true;
}

bool cursor_finish(const struct cursor *c) {
    const struct word *w = cursor_peek(c);
    if (!w) return true;
    reader_fail(c->reader, w->place, NULL, "unexpected \"%.*s\": the statement is complete before it",
                word_shown(w->text), w->text.at);
    return false;
}

const char *cursor_text(const struct cursor *c, size_t from) {
    assert(from <= c->next);
    struct buffer text;
    buffer_init(&text, c->reader->pool);
    for (size_t i = from; i < c->next; i++) {
        if (i > from) buffer_putc(&text, ' ');
        buffer_put(&text, c->line->words[i].raw.at, c->line->words[i].raw.len);
    }
    char *copy = pool_strndup(c->reader->pool, text.at ? text.at : "", text.len);
    buffer_free(&text);
    return copy;
}

bool cursor_value(struct cursor *c, const char *what, value_reader *read, int64_t *out) {
    const struct word *w = cursor_take(c, what);
    return w && word_is_value(c, w, what, read(w->text, out));
}

bool cursor_time_spread(struct cursor *c, struct spread *out) {
    const char *what = "a duration or a spread";
    const struct word *w = cursor_take(c, what);
    return w && word_is_value(c, w, what, value_read_time_spread(w->text, out));
}
