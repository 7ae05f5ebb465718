/* Values of fields, and how two of them compare. */
#include "sim/run/observed.h"

#include <assert.h>
#include <stdarg.h>

#include "sim/run/wildcard.h"

void observed_init(struct observed *v, struct pool *pool) {
    *v = (struct observed){.kind = FIELD_UNDEFINED, .why = ""};
    buffer_init(&v->text, pool);
}

static void observed_clear(struct observed *v) {
    struct buffer text = v->text;
    buffer_clear(&text);
    *v = (struct observed){.kind = FIELD_UNDEFINED, .why = "", .text = text};
}

void observed_read(struct run *run, uint16_t party, int field, struct observed *into) {
    struct field_value found = {.kind = FIELD_UNDEFINED, .why = ""};
    observed_clear(into);
    run->system->field_read(run->model, party, field, &found, &into->text);
    into->kind = found.kind;
    into->number = found.number;
    into->unit = found.unit;
    into->why = found.why ? found.why : "undefined";
}

void observed_copy(const struct observed *from, struct observed *into) {
    observed_clear(into);
    into->kind = from->kind;
    into->number = from->number;
    into->unit = from->unit;
    into->either = from->either;
    into->duration = from->duration;
    into->is_text = from->is_text;
    buffer_put(&into->text, from->text.at ? from->text.at : "", from->text.len);
    /* The reason may stand in the other's text, which is its own. */
    into->why = from->why == from->text.at ? into->text.at : from->why;
}

void observed_undefine(struct observed *v, const char *format, ...) {
    va_list args;
    observed_clear(v);
    va_start(args, format);
    buffer_vprintf(&v->text, format, args);
    va_end(args);
    v->why = v->text.at;
}

void observed_add(struct observed *v, int64_t n) {
    if (n == 0 || v->kind == FIELD_UNDEFINED) return;
    if (v->kind == FIELD_TEXT) {
        observed_undefine(v, "it is no number");
        return;
    }
    if (__builtin_add_overflow(v->number, n, &v->number)) v->number = n > 0 ? INT64_MAX : INT64_MIN;
    buffer_clear(&v->text);
    buffer_printf(&v->text, "%lld", (long long)v->number);
}

void observed_from_operand(const struct operand *operand, struct observed *into) {
    assert(operand->kind != OPERAND_FIELD);
    observed_clear(into);
    into->kind = operand->kind == OPERAND_NUMBER && !operand->quoted ? FIELD_NUMBER : FIELD_TEXT;
    into->number = operand->number;
    into->unit = operand->is_duration ? 1 : 0;
    into->either = operand->is_either;
    into->duration = operand->duration;
    into->is_text = operand->quoted;
    buffer_puts(&into->text, operand->text);
}

/* A decimal number in millionths: -12, 1.05. False if the text is none, or too big. */
static bool parse_decimal(struct bytes text, __int128 *millionths) {
    size_t i = text.len > 0 && text.at[0] == '-' ? 1 : 0;
    size_t digits = 0, fraction = 0;
    bool point = false;
    __int128 n = 0;
    for (; i < text.len; i++) {
        if (text.at[i] == '.' && !point) {
            point = true;
        } else if (text.at[i] < '0' || text.at[i] > '9' || digits >= 30) {
            return false;
        } else {
            digits++;
            if (point && ++fraction > 6) continue;
            n = n * 10 + (text.at[i] - '0');
        }
    }
    for (; fraction < 6; fraction++) n *= 10;
    *millionths = text.at[0] == '-' ? -n : n;
    return digits > 0;
}

/* The value as a number in millionths, scaled to ns if `as_time`. */
static bool observed_number(const struct observed *v, bool as_time, __int128 *millionths) {
    if (v->is_text) return false;
    if (v->kind == FIELD_TEXT) return v->text.len > 0 && parse_decimal(buffer_bytes(&v->text), millionths);
    *millionths = (__int128)v->number * 1000000;
    if (as_time) *millionths = v->either ? (__int128)v->duration * 1000000 : *millionths * v->unit;
    return true;
}

static bool compare_order(__int128 a, enum compare op, __int128 b) {
    switch (op) {
    case CMP_EQ:
        return a == b;
    case CMP_NE:
        return a != b;
    case CMP_LT:
        return a < b;
    case CMP_LE:
        return a <= b;
    case CMP_GT:
        return a > b;
    case CMP_GE:
        return a >= b;
    case CMP_GLOB:
        break;
    }
    return false;
}

static bool same_text(const struct observed *a, const struct observed *b) {
    return a->text.len == b->text.len && (a->text.len == 0 || memcmp(a->text.at, b->text.at, a->text.len) == 0);
}

bool observed_compare(const struct observed *a, enum compare op, const struct observed *b) {
    assert(a->kind != FIELD_UNDEFINED && b->kind != FIELD_UNDEFINED);
    __int128 left, right;
    if (op == CMP_GLOB) return wildcard_match(b->text.at ? b->text.at : "", buffer_bytes(&a->text));
    bool as_time = a->unit != 0 && (b->unit != 0 || b->either);
    if (observed_number(a, as_time, &left) && observed_number(b, as_time, &right))
        return compare_order(left, op, right);
    if (op == CMP_EQ) return same_text(a, b);
    return op == CMP_NE && !same_text(a, b);
}
