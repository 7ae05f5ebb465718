/* The life of a connection: accepted, closed, and what it is charged with. */
#include "model/redis/client.h"

#include <assert.h>
#include <stdarg.h>

#include "model/redis/server.h"

struct client *client_create(struct server *s, struct conn *conn) {
    struct client *c = POOL_NEW(s->pool, struct client);
    c->server = s;
    c->conn = conn;
    c->id = ++s->next_client_id;
    c->created = c->last_interaction = s->unixtime;
    if (!s->config.requirepass[0]) c->flags |= CLIENT_AUTHENTICATED;
    resp_parser_init(&c->parser, s->pool);
    buffer_init(&c->query, s->pool);
    buffer_init(&c->out, s->pool);
    buffer_init(&c->multi.bytes, s->pool);
    buffer_init(&c->replica.replay, s->pool);
    conn->user = c;
    TAILQ_INSERT_TAIL(&s->clients, c, all);
    s->client_count++;
    return c;
}

/* Gives up its places in the server's lists. */
static void unlink_client(struct client *c) {
    struct server *s = c->server;
    TAILQ_REMOVE(&s->clients, c, all);
    s->client_count--;
    if (c->flags & CLIENT_PENDING_WRITE) TAILQ_REMOVE(&s->pending_writes, c, pending);
    if (c->flags & CLIENT_CLOSING) TAILQ_REMOVE(&s->closing, c, closing);
    if (c->flags & CLIENT_UNBLOCKED) TAILQ_REMOVE(&s->unblocked, c, unblocked);
    c->flags &= ~(unsigned)(CLIENT_PENDING_WRITE | CLIENT_CLOSING | CLIENT_UNBLOCKED);
    if (s->running.client == c) s->running.client = NULL;
}

static void release(struct client *c) {
    struct pool *pool = c->server->pool;
    resp_parser_free(&c->parser);
    buffer_free(&c->query);
    buffer_free(&c->out);
    buffer_free(&c->multi.bytes);
    buffer_free(&c->replica.replay);
    pool_free(pool, c->multi.words, c->multi.word_room * sizeof(*c->multi.words));
    pool_free(pool, c->multi.commands, c->multi.room * sizeof(*c->multi.commands));
    if (c->name) pool_free(pool, c->name, strlen(c->name) + 1);
    if (c->replica.announced_ip) pool_free(pool, c->replica.announced_ip, strlen(c->replica.announced_ip) + 1);
    pool_free(pool, c, sizeof(*c));
}

void client_free(struct client *c) {
    struct server *s = c->server;
    if (c->flags & CLIENT_READ_BUSY) {
        client_free_async(c);
        return;
    }
    bool was_master = c == s->master;
    assert(c->kind != CLIENT_MASTER || was_master);
    if (was_master) apply_master_lost(c);
    if (c->blocked.why != BLOCKED_NONE) client_forget_block(c);
    unwatch_all(c);
    if (c->kind == CLIENT_REPLICA) replica_gone(c);
    unlink_client(c);
    if (!(c->flags & CLIENT_CONN_OVER)) host_close(c->conn);
    release(c);
    if (was_master) replication_master_disconnected(s);
}

void client_free_async(struct client *c) {
    if (c->flags & CLIENT_CLOSING) return;
    c->flags |= CLIENT_CLOSING;
    TAILQ_INSERT_TAIL(&c->server->closing, c, closing);
}

void client_close_after_reply(struct client *c) {
    c->flags |= CLIENT_CLOSE_AFTER_REPLY;
    client_queue_write(c);
}

void clients_free_closing(struct server *s) {
    struct client *c;
    while ((c = TAILQ_FIRST(&s->closing))) {
        assert(!(c->flags & CLIENT_READ_BUSY));
        client_free(c);
    }
}

const char *client_peer(const struct client *c) {
    struct buffer *text = &c->server->peer_text;
    buffer_clear(text);
    buffer_printf(text, "%s:%u", host_peer_name(c->conn), (unsigned)host_peer_port(c->conn));
    return text->at;
}

const char *client_info(const struct client *c) {
    struct buffer *text = &c->server->peer_text;
    buffer_clear(text);
    client_describe(c, text);
    return text->at;
}

/* --- what it costs ------------------------------------------------------------------------------------------------ */

uint64_t client_output_memory(const struct client *c) {
    uint64_t stream = repl_reader_memory(&c->server->repl, &c->replica.stream);
    return c->kind == CLIENT_REPLICA ? stream : c->out.len - c->out_sent;
}

uint64_t client_memory(const struct client *c) {
    return sizeof(*c) + c->query.room + c->out.room + client_output_memory(c);
}

void client_shrink(struct client *c) {
    enum { KEPT = 64 * 1024 };
    if (c->flags & CLIENT_READ_BUSY) return;
    if (c->query.len == 0 && c->query.room > KEPT) buffer_free(&c->query);
    if (c->out.len == 0 && c->out.room > KEPT) buffer_free(&c->out);
    if (c->query.len == 0 && resp_parser_memory(&c->parser) > KEPT) resp_parser_free(&c->parser);
}

static const struct output_limit *limit_of(const struct client *c) {
    return &c->server->config.limits[c->kind == CLIENT_REPLICA ? LIMIT_REPLICA : LIMIT_NORMAL];
}

/* Whether the output is above a limit; the soft one must be exceeded for more than its seconds (reference 7.5). */
static bool above_limit(struct client *c, int64_t used, int64_t *limit) {
    struct server *s = c->server;
    const struct output_limit *of = limit_of(c);
    *limit = of->hard;
    if (c->kind == CLIENT_REPLICA && of->hard && of->hard < s->config.repl_backlog_size)
        *limit = s->config.repl_backlog_size;
    if (of->hard && used >= *limit) return true;
    if (!of->soft || used < of->soft) {
        c->soft_limit_since = 0;
        return false;
    }
    *limit = of->soft;
    if (!c->soft_limit_since) c->soft_limit_since = s->unixtime;
    return s->unixtime - c->soft_limit_since > of->soft_seconds;
}

static enum probe probe_of_limit(const struct client *c, int64_t limit) {
    if (c->kind != CLIENT_REPLICA) return PROBE_LIMIT_CLIENT;
    return limit == limit_of(c)->soft ? PROBE_LIMIT_SOFT : PROBE_LIMIT_HARD;
}

bool client_check_output_limit(struct client *c) {
    struct server *s = c->server;
    int64_t limit, used = (int64_t)client_output_memory(c);
    if (c->kind == CLIENT_MASTER || used == 0 || (c->flags & CLIENT_CLOSING)) return false;
    if (!above_limit(c, used, &limit)) return false;
    s->stats.client_output_buffer_limit_disconnections++;
    host_probe(s->host, probe_of_limit(c, limit));
    struct happening h = {.kind = R_LIMIT, .peer = c->conn->peer, .conn = c->conn->id, .a = used, .b = limit};
    host_note(s->host, &h);
    host_log(s->host, LOG_WARNING, "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
             client_info(c));
    client_free_async(c);
    return true;
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

/* A master gets no replies: what goes back to it are ACKs only. */
static bool wants_reply(const struct client *c) {
    return c->kind != CLIENT_MASTER;
}

void client_reply_status(struct client *c, const char *status) {
    if (!wants_reply(c)) return;
    buffer_putc(&c->out, '+');
    buffer_puts(&c->out, status);
    buffer_put(&c->out, "\r\n", 2);
}

void client_reply_error(struct client *c, const char *format, ...) {
    struct server *s = c->server;
    struct buffer *text = &s->error_text;
    va_list args;
    va_start(args, format);
    buffer_clear(text);
    buffer_vprintf(text, format, args);
    va_end(args);
    for (size_t i = 0; i < text->len; i++) { /* an argument shown in it must not end the line */
        if (text->at[i] == '\r' || text->at[i] == '\n') text->at[i] = ' ';
    }
    s->stats.total_error_replies++;
    s->running_failed = true;
    s->running_error = text->at;
    if (!wants_reply(c)) return;
    buffer_putc(&c->out, '-');
    buffer_put(&c->out, text->at, text->len);
    buffer_put(&c->out, "\r\n", 2);
}

void client_reply_number(struct client *c, int64_t n) {
    if (wants_reply(c)) resp_put_number(&c->out, n);
}

void client_reply_bulk(struct client *c, struct bytes word) {
    if (wants_reply(c)) resp_put_bulk(&c->out, word);
}

void client_reply_array(struct client *c, size_t count) {
    if (wants_reply(c)) resp_put_array(&c->out, count);
}

void client_reply_nil(struct client *c) {
    if (wants_reply(c)) buffer_puts(&c->out, "$-1\r\n");
}

void client_reply_nil_array(struct client *c) {
    if (wants_reply(c)) buffer_puts(&c->out, "*-1\r\n");
}
