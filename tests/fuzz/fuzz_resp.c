/* Fuzzing RESP: a stream of requests means the same however it is cut, words lie inside the bytes given, and what was
 * read can be written and read again. The first byte of the input says where the cuts are. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/redis/resp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding: what a fuzzer stops at. */
static void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "finding: %s\n", what);
    abort();
}

/* Appends the request's words as RESP. */
static void note_request(const struct resp_parser *p, struct buffer *log) {
    resp_put_request(log, p->argv, p->argc);
}

/* Reads all requests of `unread` and drops their bytes; false after an error, which is noted. */
static bool drain(struct resp_parser *p, struct buffer *unread, struct buffer *log) {
    while (unread->len) {
        enum resp_status status = resp_parse(p, buffer_bytes(unread));
        if (status == RESP_MORE) return true;
        if (status == RESP_BAD) {
            buffer_puts(log, p->error);
            return false;
        }
        require(p->used > 0 && p->used <= unread->len, "a request has a length");
        for (size_t i = 0; i < p->argc && !p->is_inline; i++) {
            require(p->argv[i].at >= unread->at && p->argv[i].at + p->argv[i].len <= unread->at + p->used,
                    "a word lies inside its request");
        }
        note_request(p, log);
        buffer_drop(unread, p->used);
    }
    return true;
}

/* Feeds the bytes in pieces of `piece` bytes; 0: all at once. */
static void read_stream(struct pool *pool, struct bytes all, size_t piece, struct buffer *log) {
    struct resp_parser parser;
    struct buffer unread;
    resp_parser_init(&parser, pool);
    buffer_init(&unread, pool);
    buffer_init(log, pool);
    if (piece == 0) piece = all.len;
    for (size_t at = 0; at < all.len;) {
        size_t n = all.len - at < piece ? all.len - at : piece;
        buffer_put(&unread, all.at + at, n);
        at += n;
        if (!drain(&parser, &unread, log)) break;
    }
    buffer_free(&unread);
    resp_parser_free(&parser);
}

static bool same(const struct buffer *a, const struct buffer *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

/* What was noted is itself a stream of requests, and reads as itself (an error's text at its end aside). */
static void read_again(struct pool *pool, const struct buffer *log) {
    struct buffer again;
    if (log->len == 0) return;
    read_stream(pool, buffer_bytes(log), 0, &again);
    require(again.len <= log->len + 64, "a written request reads back");
}

static void measure_replies(struct bytes in) {
    while (in.len) {
        int64_t len = resp_reply_length(in);
        require(len >= -1 && len <= (int64_t)in.len, "a reply lies inside its bytes");
        if (len <= 0) return;
        in.at += len;
        in.len -= (size_t)len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    struct pool *pool = pool_create();
    struct bytes all = {(const char *)data + 1, size - 1};
    struct buffer whole, cut, bytewise;
    read_stream(pool, all, 0, &whole);
    read_stream(pool, all, 1 + data[0], &cut);
    require(same(&whole, &cut), "the cuts do not matter");
    if (size < 2000) {
        read_stream(pool, all, 1, &bytewise);
        require(same(&whole, &bytewise), "bytes one by one mean the same");
    }
    read_again(pool, &whole);
    measure_replies(all);
    int64_t n;
    char text[21];
    if (resp_parse_number(all, &n)) {
        require(resp_format_number(n, text) == all.len && memcmp(text, all.at, all.len) == 0,
                "a number reads as written");
    }
    pool_destroy(pool);
    return 0;
}
