/* JSON, written straight into a buffer. */
#include "sim/run/json.h"

#include <assert.h>

#include "sim/run/utf8.h"

void json_init(struct json *json, struct buffer *out) {
    *json = (struct json){.out = out};
}

/* What stands before a value. */
static void begin_value(struct json *json) {
    if (!json->after_name && json->some[json->depth]) buffer_putc(json->out, ',');
    json->some[json->depth] = true;
    json->after_name = false;
}

static void open_level(struct json *json, char bracket) {
    begin_value(json);
    buffer_putc(json->out, bracket);
    assert(json->depth + 1 < JSON_DEPTH_MAX);
    json->some[++json->depth] = false;
}

static void close_level(struct json *json, char bracket) {
    assert(json->depth > 0 && !json->after_name);
    json->depth--;
    buffer_putc(json->out, bracket);
}

void json_open_object(struct json *json) {
    open_level(json, '{');
}

void json_close_object(struct json *json) {
    close_level(json, '}');
}

void json_open_array(struct json *json) {
    open_level(json, '[');
}

void json_close_array(struct json *json) {
    close_level(json, ']');
}

static void put_escaped(struct buffer *out, unsigned char c) {
    switch (c) {
    case '"':
        buffer_puts(out, "\\\"");
        break;
    case '\\':
        buffer_puts(out, "\\\\");
        break;
    case '\n':
        buffer_puts(out, "\\n");
        break;
    case '\r':
        buffer_puts(out, "\\r");
        break;
    case '\t':
        buffer_puts(out, "\\t");
        break;
    default:
        if (c < 0x20 || c == 0x7f) {
            buffer_printf(out, "\\u%04x", c);
        } else {
            buffer_putc(out, (char)c);
        }
    }
}

static void put_text(struct buffer *out, struct bytes text) {
    for (size_t i = 0; i < text.len;) {
        size_t n = utf8_length((struct bytes){text.at + i, text.len - i});
        if (n == 0) {
            buffer_printf(out, "\\\\x%02x", (unsigned char)text.at[i++]);
        } else if (n == 1) {
            put_escaped(out, (unsigned char)text.at[i++]);
        } else {
            buffer_put(out, text.at + i, n);
            i += n;
        }
    }
}

void json_bytes(struct json *json, struct bytes text) {
    begin_value(json);
    buffer_putc(json->out, '"');
    put_text(json->out, text);
    buffer_putc(json->out, '"');
}

void json_string(struct json *json, const char *text) {
    json_bytes(json, (struct bytes){text, strlen(text)});
}

void json_name(struct json *json, const char *name) {
    assert(!json->after_name);
    json_string(json, name);
    buffer_putc(json->out, ':');
    json->after_name = true;
}

void json_number(struct json *json, int64_t n) {
    begin_value(json);
    buffer_printf(json->out, "%lld", (long long)n);
}

void json_unsigned(struct json *json, uint64_t n) {
    begin_value(json);
    buffer_printf(json->out, "%llu", (unsigned long long)n);
}
