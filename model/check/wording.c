#include "model/check/wording.h"

#include "model/redis/resp.h"

static bool is_plain(struct bytes word) {
    if (word.len == 0) return false;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '\'') return false;
    }
    return true;
}

/* Appends up to `room` bytes of a word, quoted if it has to be. */
static void put_word(struct buffer *out, struct bytes word, size_t room) {
    bool plain = is_plain(word);
    size_t shown = word.len < room ? word.len : room;
    if (!plain) buffer_putc(out, '"');
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)word.at[i];
        if (c == '"' || c == '\\')
            buffer_printf(out, "\\%c", c);
        else if (c < ' ' || c > '~')
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_putc(out, (char)c);
    }
    if (!plain) buffer_putc(out, '"');
    if (shown < word.len) buffer_puts(out, "...");
}

size_t wording_command(struct buffer *out, struct bytes resp) {
    struct resp_parser parser;
    resp_parser_init(&parser, out->pool);
    size_t used = 0;
    if (resp_parse(&parser, resp) == RESP_DONE && parser.argc > 0) {
        size_t start = out->len;
        for (size_t i = 0; i < parser.argc && out->len - start < WORDING_COMMAND_MAX; i++) {
            if (i > 0) buffer_putc(out, ' ');
            put_word(out, parser.argv[i], WORDING_COMMAND_MAX / 2);
        }
        used = parser.used;
    } else {
        put_word(out, resp, WORDING_COMMAND_MAX / 2);
    }
    resp_parser_free(&parser);
    return used;
}

void wording_time(struct buffer *out, sim_time at) {
    buffer_printf(out, "%lld.%03llds", (long long)(at / SIM_SECOND), (long long)(at % SIM_SECOND / SIM_MS));
}
