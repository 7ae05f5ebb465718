/* Bytes in and out: one read of a socket a turn, the requests in it, and what leaves at the turn's end. */
#include <assert.h>

#include "model/redis/server.h"

enum { READ_SIZE = 16 * 1024 }; /* PROTO_IOBUF_LEN */

/* --- reading ------------------------------------------------------------------------------------------------------ */

static bool may_go_on(const struct client *c) {
    return !(c->flags & (CLIENT_CLOSING | CLIENT_CLOSE_AFTER_REPLY)) && c->blocked.why == BLOCKED_NONE &&
           !c->server->exiting;
}

static void protocol_error(struct client *c, const char *what) {
    enum log_level level = c->kind == CLIENT_MASTER ? LOG_WARNING : LOG_VERBOSE;
    host_log(c->server->host, level, "Protocol error (%s) from client: %s.", what, client_info(c));
    c->flags |= CLIENT_PROTOCOL_ERROR;
    if (c->kind == CLIENT_NORMAL) {
        client_reply_error(c, "ERR Protocol error: %s", what);
        client_close_after_reply(c);
    } else {
        client_free_async(c);
    }
}

/* One request that was parsed. False: it was not taken, and must be offered again. */
static bool take_request(struct client *c, struct bytes raw) {
    struct resp_parser *p = &c->parser;
    if (p->argc == 0) {
        /* A newline from a replica that loads: it lives (reference 5.6). */
        if (c->kind == CLIENT_REPLICA) c->replica.ack_time = c->server->unixtime;
        return true;
    }
    if (p->is_inline && c->kind == CLIENT_MASTER) {
        protocol_error(c, "Master using the inline protocol. Desync?");
        return true;
    }
    if (!p->is_canonical) raw.at = NULL;
    return dispatch_request(c, p->argv, p->argc, raw);
}

/* Executes the requests from in.at[at] on; returns how many bytes are done with. Of a master's stream these are the
 * applied ones: an open MULTI stays in the buffer, counted by query_at (reference 7.10). */
static size_t execute(struct client *c, struct bytes in, size_t at) {
    size_t applied = 0;
    c->parser.bulk_max = c->server->config.proto_max_bulk_len;
    while (at < in.len && may_go_on(c)) {
        struct bytes rest = {in.at + at, in.len - at};
        c->parser.stranger = !(c->flags & CLIENT_AUTHENTICATED);
        enum resp_status status = resp_parse(&c->parser, rest);
        if (status == RESP_MORE) break;
        if (status == RESP_BAD) {
            protocol_error(c, c->parser.error);
            break;
        }
        size_t used = c->parser.used;
        bool empty = c->parser.argc == 0;
        if (!take_request(c, (struct bytes){rest.at, used}) || c->server->exiting) break;
        at += used;
        if (c->kind == CLIENT_MASTER && !empty && !(c->flags & CLIENT_IN_MULTI)) {
            apply_command_done(c, (struct bytes){in.at + applied, at - applied});
            applied = at;
        }
    }
    if (c->kind != CLIENT_MASTER) return at;
    c->query_at = at - applied;
    return applied;
}

/* Takes a piece that was read: in place if nothing is left over from before. */
static void take_piece(struct client *c, struct bytes piece) {
    if (c->query.len == 0) {
        size_t used = execute(c, piece, 0);
        if (used < piece.len) buffer_put(&c->query, piece.at + used, piece.len - used);
        return;
    }
    buffer_put(&c->query, piece.at, piece.len);
    if (!may_go_on(c)) return;
    size_t used = execute(c, buffer_bytes(&c->query), c->query_at);
    buffer_drop(&c->query, used);
}

void client_process_input(struct client *c) {
    if (c->query.len == 0 || !may_go_on(c)) return;
    c->flags |= CLIENT_READ_BUSY;
    size_t used = execute(c, buffer_bytes(&c->query), c->query_at);
    buffer_drop(&c->query, used);
    c->flags &= ~(unsigned)CLIENT_READ_BUSY;
}

static void count_input(struct client *c, size_t n) {
    struct server *s = c->server;
    c->last_interaction = s->unixtime;
    s->stats.net_input_bytes += n;
    if (c->kind != CLIENT_MASTER) return;
    c->read_offset += (int64_t)n;
    s->stats.net_repl_input_bytes += n;
}

/* client-query-buffer-limit: what is read and not yet split into words. A master may say what it wants. */
static void check_query_limit(struct client *c, size_t unparsed) {
    struct server *s = c->server;
    if (c->kind == CLIENT_MASTER || (c->flags & CLIENT_CLOSING)) return;
    if ((int64_t)unparsed <= s->config.client_query_buffer_limit) return;
    host_log(s->host, LOG_WARNING, "Closing client that reached max query buffer length: %s", client_info(c));
    client_free_async(c);
}

void client_readable(struct client *c) {
    struct server *s = c->server;
    size_t unparsed = c->query.len - c->parser.at;
    size_t budget = resp_parser_missing(&c->parser, c->query.len - c->query_at);
    if (budget < READ_SIZE) budget = READ_SIZE;
    assert(!(c->flags & (CLIENT_READ_BUSY | CLIENT_CONN_OVER)));
    s->stats.total_reads++;
    host_spend(s->host, s->host->costs->socket_time);
    c->flags |= CLIENT_READ_BUSY;
    while (budget) {
        struct bytes piece = host_peek(c->conn);
        if (piece.len == 0) break;
        if (piece.len > budget) piece.len = budget;
        count_input(c, piece.len);
        unparsed += piece.len;
        check_query_limit(c, unparsed);
        if (!(c->flags & (CLIENT_CLOSING | CLIENT_CLOSE_AFTER_REPLY))) take_piece(c, piece);
        host_consume(c->conn, piece.len);
        budget -= piece.len;
    }
    c->flags &= ~(unsigned)CLIENT_READ_BUSY;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* At the head, as the real server does: replicas, which are fed after a command's reply was queued, are written to
 * before its client (reference 1.3). */
void client_queue_write(struct client *c) {
    if (c->flags & (CLIENT_PENDING_WRITE | CLIENT_CLOSING | CLIENT_WRITE_BLOCKED)) return;
    c->flags |= CLIENT_PENDING_WRITE;
    TAILQ_INSERT_HEAD(&c->server->pending_writes, c, pending);
}

/* Writes what is put together for it. False: the socket is full. */
static bool write_out(struct client *c) {
    size_t n = c->out.len - c->out_sent;
    if (n == 0) return true;
    size_t written = host_write(c->conn, c->out.at + c->out_sent, n);
    c->server->stats.net_output_bytes += written;
    c->out_sent += written;
    if (written < n) return false;
    buffer_clear(&c->out);
    c->out_sent = 0;
    return true;
}

/* Defects that tamper with one command of what was buffered: how much may be sent before it is their turn. */
static size_t odd_piece(struct client *c, size_t len) {
    struct replica *r = &c->replica;
    int64_t sent = r->stream.block->offset + (int64_t)r->stream.at - 1;
    if (sent >= r->odd_to) {
        r->odd_to = 0;
        if (r->replay.len == 0) return len;
        buffer_put(&c->out, r->replay.at, r->replay.len);
        buffer_clear(&r->replay);
        return 0;
    }
    int64_t stop = !r->replay.len && sent < r->odd_from ? r->odd_from : r->odd_to;
    if (!r->replay.len && sent >= r->odd_from) {
        size_t skipped = (size_t)(r->odd_to - sent) < len ? (size_t)(r->odd_to - sent) : len;
        repl_reader_advance(&c->server->repl, &r->stream, skipped);
        return 0;
    }
    return stop - sent < (int64_t)len ? (size_t)(stop - sent) : len;
}

/* Writes the stream straight from the shared blocks. False: the socket is full. */
static bool write_stream(struct client *c) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    for (;;) {
        if (!write_out(c)) return false;
        struct bytes piece = repl_reader_peek(&s->repl, &r->stream);
        if (piece.len == 0 && !repl_reader_done(&r->stream)) { /* its block was full, and the last one, until now */
            repl_reader_advance(&s->repl, &r->stream, 0);
            continue;
        }
        if (r->odd_to && r->stream.block) {
            piece.len = odd_piece(c, piece.len);
            if (piece.len == 0 && !repl_reader_done(&r->stream)) continue;
        }
        if (piece.len == 0) return write_out(c);
        size_t written = host_write(c->conn, piece.at, piece.len);
        repl_reader_advance(&s->repl, &r->stream, written);
        s->stats.net_output_bytes += written;
        s->stats.net_repl_output_bytes += written;
        if (written < piece.len) return false;
    }
}

/* In the order in which a replica must get it: what was said to it, the file, the stream. */
static bool write_all(struct client *c) {
    if (!write_out(c)) return false;
    if (c->replica.state == REPLICA_SEND_BULK && !payload_send_file(c)) return false;
    return !c->replica.stream_ready || write_stream(c);
}

bool client_write(struct client *c) {
    struct server *s = c->server;
    c->flags &= ~(unsigned)CLIENT_WRITE_BLOCKED;
    s->stats.total_writes++;
    host_spend(s->host, s->host->costs->socket_time);
    bool all = write_all(c);
    if (!all) c->flags |= CLIENT_WRITE_BLOCKED;
    /* Our own ACKs are no sign that the master lives. */
    if (c->kind != CLIENT_MASTER) c->last_interaction = s->unixtime;
    if (all && (c->flags & CLIENT_CLOSE_AFTER_REPLY)) {
        client_free_async(c);
        return false;
    }
    return true;
}

void clients_write_pending(struct server *s) {
    struct client *c;
    while ((c = TAILQ_FIRST(&s->pending_writes))) {
        TAILQ_REMOVE(&s->pending_writes, c, pending);
        c->flags &= ~(unsigned)CLIENT_PENDING_WRITE;
        if (!(c->flags & CLIENT_CLOSING)) client_write(c);
    }
}
