/* Requests are read without memory of their own; replies become trees in the caller's pool. */
#include "model/redis/requests.h"

#include <assert.h>

#include "model/redis/command.h"
#include "model/redis/resp.h"

enum { WORD_SHOWN = 64 /* bytes of a long word that are shown */ };

void requests_encode(struct model *model, uint16_t party, const struct bytes *words, size_t count, struct buffer *out) {
    (void)model; /* names are addresses here */
    (void)party;
    resp_put_request(out, words, count);
}

/* --- requests: read without memory, from bytes that the model's own side wrote ------------------------------------ */

/* A header line `mark N \r\n` at the front: true and removed if it is there in whole. */
static bool take_header(struct bytes *in, char mark, int64_t *n) {
    const char *end = in->len > 3 && in->at[0] == mark ? memchr(in->at, '\r', in->len - 1) : NULL;
    if (!end || !resp_parse_number((struct bytes){in->at + 1, (size_t)(end - in->at) - 1}, n)) return false;
    size_t used = (size_t)(end - in->at) + 2;
    *in = (struct bytes){in->at + used, in->len - used};
    return true;
}

static bool take_word(struct bytes *in, struct bytes *word) {
    int64_t len;
    if (!take_header(in, '$', &len) || len < 0 || (uint64_t)len + 2 > in->len) return false;
    *word = (struct bytes){in->at, (size_t)len};
    *in = (struct bytes){in->at + len + 2, in->len - (size_t)len - 2};
    return true;
}

/* Bytes that must be shown as escapes, or that would end the word. */
static bool is_plain(struct bytes word) {
    if (word.len == 0) return false;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];
        if (c <= ' ' || c >= 127 || c == '"' || c == '\\' || c == '\'') return false;
    }
    return true;
}

static void put_quoted(struct buffer *out, struct bytes word) {
    buffer_putc(out, '"');
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];
        if (c == '"' || c == '\\') {
            buffer_putc(out, '\\');
            buffer_putc(out, (char)c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            buffer_puts(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else if (c < ' ' || c >= 127) {
            buffer_printf(out, "\\x%02x", c);
        } else {
            buffer_putc(out, (char)c);
        }
    }
    buffer_putc(out, '"');
}

static void put_word(struct buffer *out, struct bytes word) {
    struct bytes shown = {word.at, word.len > WORD_SHOWN ? WORD_SHOWN : word.len};
    if (is_plain(shown)) {
        buffer_put(out, shown.at, shown.len);
    } else {
        put_quoted(out, shown);
    }
    if (shown.len < word.len) buffer_printf(out, "...(%zu bytes)", word.len);
}

void requests_text(struct bytes wire, struct buffer *out) {
    int64_t count;
    for (size_t requests = 0; take_header(&wire, '*', &count); requests++) {
        if (requests) buffer_puts(out, "; ");
        struct bytes word;
        for (int64_t i = 0; i < count && take_word(&wire, &word); i++) {
            if (i) buffer_putc(out, ' ');
            put_word(out, word);
        }
    }
}

struct bytes requests_key(struct bytes wire) {
    int64_t count;
    while (take_header(&wire, '*', &count)) {
        int key_at = 0;
        struct bytes word;
        for (int64_t i = 0; i < count && take_word(&wire, &word); i++) {
            const struct command *command = i == 0 ? command_find(word) : NULL;
            if (command) key_at = command->first_key;
            if (key_at > 0 && i == key_at) return word;
        }
    }
    return (struct bytes){NULL, 0};
}

/* --- replies --------------------------------------------------------------------------------------------------------
 */

static void decode_array(struct pool *pool, struct bytes *in, int64_t count, struct reply *reply);

/* The value at the front of `in`, which is known to be complete and well formed. */
static void decode_value(struct pool *pool, struct bytes *in, struct reply *reply) {
    char mark = in->at[0];
    const char *end = memchr(in->at, '\n', in->len);
    assert(end && end[-1] == '\r');
    struct bytes line = {in->at + 1, (size_t)(end - in->at) - 2};
    int64_t n = 0;
    *in = (struct bytes){end + 1, in->len - (size_t)(end - in->at) - 1};
    if (mark == '+' || mark == '-' || mark == ':') {
        reply->kind = mark == '+' ? REPLY_TEXT : mark == '-' ? REPLY_ERROR : REPLY_NUMBER;
        reply->text = line;
        return;
    }
    if (!resp_parse_number(line, &n)) assert(false);
    if (n < 0) {
        reply->kind = REPLY_NIL;
    } else if (mark == '$') {
        *reply = (struct reply){.kind = REPLY_TEXT, .text = {in->at, (size_t)n}};
        *in = (struct bytes){in->at + n + 2, in->len - (size_t)n - 2};
    } else {
        decode_array(pool, in, n, reply);
    }
}

static void decode_array(struct pool *pool, struct bytes *in, int64_t count, struct reply *reply) {
    reply->kind = REPLY_ARRAY;
    reply->count = (size_t)count;
    reply->items = POOL_ARRAY(pool, struct reply, count);
    for (int64_t i = 0; i < count; i++) decode_value(pool, in, &reply->items[i]);
}

int64_t requests_decode(struct pool *pool, struct bytes bytes, struct reply *reply) {
    int64_t length = resp_reply_length(bytes);
    if (length <= 0) return length;
    /* Texts are copied once, so that the reply outlives the bytes it was read from. */
    struct bytes copy = {pool_strndup(pool, bytes.at, (size_t)length), (size_t)length};
    *reply = (struct reply){.kind = REPLY_NIL};
    decode_value(pool, &copy, reply);
    assert(copy.len == 0);
    return length;
}
