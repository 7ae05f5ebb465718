/* Replies to the timeline's commands. */
#include "sim/run/reply.h"

#include <assert.h>

#include "sim/run/wildcard.h"
#include "sim/scenario/values.h"

int64_t reply_read(const struct system *system, struct model *model, struct pool *pool, struct bytes bytes,
                   struct reply *reply) {
    int64_t used = system->decode(pool, bytes, reply);
    if (used > 0 && system->put_back) system->put_back(model, pool, reply);
    return used;
}

void reply_describe(const struct reply *reply, struct buffer *out) {
    if (reply->kind == REPLY_NIL) {
        buffer_puts(out, "(nil)");
    } else if (reply->kind == REPLY_ARRAY) {
        buffer_putc(out, '[');
        for (size_t i = 0; i < reply->count; i++) {
            if (i > 0) buffer_putc(out, ',');
            reply_describe(&reply->items[i], out);
        }
        buffer_putc(out, ']');
    } else if (reply->text.len > 0) {
        buffer_put(out, reply->text.at, reply->text.len);
    }
}

static bool matches_number(const struct reply_pattern *pattern, const struct reply *reply) {
    int64_t n;
    if (reply->kind == REPLY_NIL || reply->kind == REPLY_ARRAY) return false;
    if (value_read_integer(reply->text, &n) != NULL) return false;
    switch (pattern->op) {
    case CMP_EQ:
        return n == pattern->number;
    case CMP_NE:
        return n != pattern->number;
    case CMP_LT:
        return n < pattern->number;
    case CMP_LE:
        return n <= pattern->number;
    case CMP_GT:
        return n > pattern->number;
    case CMP_GE:
        return n >= pattern->number;
    case CMP_GLOB:
        break;
    }
    assert(false && "a number pattern without an order");
    return false;
}

static bool matches_array(const struct reply_pattern *pattern, const struct reply *reply, struct buffer *scratch) {
    if (reply->kind != REPLY_ARRAY || reply->count != pattern->count) return false;
    for (size_t i = 0; i < reply->count; i++) {
        if (!reply_matches(&pattern->items[i], &reply->items[i], scratch)) return false;
    }
    return true;
}

bool reply_matches(const struct reply_pattern *pattern, const struct reply *reply, struct buffer *scratch) {
    switch (pattern->kind) {
    case PATTERN_GLOB:
        buffer_clear(scratch);
        reply_describe(reply, scratch);
        return wildcard_match(pattern->glob, buffer_bytes(scratch));
    case PATTERN_NIL:
        return reply->kind == REPLY_NIL;
    case PATTERN_NUMBER:
        return matches_number(pattern, reply);
    case PATTERN_ARRAY:
        return matches_array(pattern, reply, scratch);
    case PATTERN_CLOSED:
        return false;
    }
    assert(false && "a pattern of no kind");
    return false;
}
