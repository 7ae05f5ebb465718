/* Commands to a real redis-server and their whole replies. Everything is static. */
#ifndef TESTS_UNIT_REAL_ASK_H
#define TESTS_UNIT_REAL_ASK_H

#include <check.h>

#include "model/redis/resp.h"
#include "tests/unit/real_server.h"

static void send_all(int fd, struct bytes b) {
    for (size_t sent = 0; sent < b.len;) {
        ssize_t n = write(fd, b.at + sent, b.len - sent);
        ck_assert_int_gt(n, 0);
        sent += (size_t)n;
    }
}

/* Reads until there is one whole reply at the front of the buffer; its length. */
static size_t read_reply(int fd, struct buffer *in) {
    for (;;) {
        int64_t len = in->len ? resp_reply_length(buffer_bytes(in)) : 0;
        ck_assert_int_ge(len, 0);
        if (len > 0) return (size_t)len;
        char piece[65536];
        ssize_t n = read(fd, piece, sizeof piece);
        ck_assert_int_gt(n, 0);
        buffer_put(in, piece, (size_t)n);
    }
}

/* Sends a command; its whole reply. */
__attribute__((unused)) static void ask(struct real_server *server, struct buffer *reply, const struct bytes *words,
                                        size_t count) {
    buffer_clear(reply);
    struct buffer request;
    buffer_init(&request, reply->pool);
    resp_put_request(&request, words, count);
    send_all(server->socket, buffer_bytes(&request));
    buffer_free(&request);
    ck_assert_uint_eq(read_reply(server->socket, reply), reply->len);
}

/* The same from a line as redis-cli takes it. */
__attribute__((unused)) static void ask_line(struct real_server *server, struct buffer *reply, const char *line) {
    buffer_clear(reply);
    buffer_printf(reply, "%s\r\n", line);
    send_all(server->socket, buffer_bytes(reply)); /* in one piece: else the kernel waits for an acknowledgement */
    buffer_clear(reply);
    read_reply(server->socket, reply);
}

/* A connection that gets the replication stream: SYNC, and the payload skipped; its socket. */
__attribute__((unused)) static int real_attach_replica(const struct real_server *server) {
    struct real_server again = *server;
    ck_assert(real_connect(&again));
    int replica = again.socket;
    send_all(replica, (struct bytes){"SYNC\r\n", 6});
    char c = 0, line[64];
    size_t len = 0;
    while (c != '\n' || len == 0) {
        ck_assert_int_eq(read(replica, &c, 1), 1);
        if (c != '\n' && len < sizeof line - 1) line[len++] = c;
    }
    line[len] = 0;
    ck_assert_int_eq(line[0], '$');
    for (long left = atol(line + 1); left > 0; left--) ck_assert_int_eq(read(replica, &c, 1), 1);
    return replica;
}

#endif
