/* The RDB on its way to the replicas (reference 4.9, 5.4, 5.5).
 *
 * By disk: the finished file, framed by its length, at the speed of each replica's socket; the stream follows at
 * once. Diskless: what the child writes into its pipe goes to all replicas of the batch piece by piece, and the next
 * piece is read when the last of them has taken this one: the slowest paces all. */
#include <assert.h>
#include <inttypes.h>

#include "model/redis/server.h"

enum { PIECE = 16 * 1024 }; /* PROTO_IOBUF_LEN */

/* --- from a file -------------------------------------------------------------------------------------------------- */

/* A defect: what was buffered during the snapshot goes before the payload. */
static void put_stream_first(struct client *c) {
    struct repl_buffer *rb = &c->server->repl;
    struct bytes piece;
    while ((piece = repl_reader_peek(rb, &c->replica.stream)).len) {
        buffer_put(&c->out, piece.at, piece.len);
        repl_reader_advance(rb, &c->replica.stream, piece.len);
    }
}

bool payload_begin_file(struct client *c) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    int error = 0;
    r->rdb = host_file_open(s->host, s->config.dbfilename, FILE_READ, &error);
    if (!r->rdb) {
        PROBE(s, SYNC_FILE_GONE);
        host_log(s->host, LOG_WARNING, "SYNC failed. Can't open/stat DB after BGSAVE: %s",
                 error == HOST_ENOENT ? "No such file or directory" : "Input/output error");
        client_free_async(c);
        return false;
    }
    r->rdb_at = 0;
    r->rdb_size = host_file_size(s->host, r->rdb);
    replica_set_state(c, REPLICA_SEND_BULK);
    if (defect_on(s, DEFECT_BUFFER_BEFORE_RDB)) put_stream_first(c);
    buffer_printf(&c->out, "$%" PRId64 "\r\n", r->rdb_size);
    client_queue_write(c);
    return true;
}

static void end_file(struct client *c) {
    host_file_close(c->server->host, c->replica.rdb);
    c->replica.rdb = NULL;
    replica_put_online(c);
}

bool payload_send_file(struct client *c) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    char piece[PIECE];
    while (r->rdb_at < r->rdb_size) {
        int64_t n = host_file_read(s->host, r->rdb, (uint64_t)r->rdb_at, piece, sizeof(piece));
        if (n <= 0) {
            PROBE(s, SYNC_FILE_GONE);
            host_log(s->host, LOG_WARNING, "Read error sending DB to replica: %s",
                     n == 0 ? "premature EOF" : "Input/output error");
            client_free_async(c);
            return true;
        }
        size_t written = host_write(c->conn, piece, (size_t)n);
        host_spend(s->host, s->host->costs->socket_time);
        s->stats.net_repl_output_bytes += written;
        s->stats.net_output_bytes += written;
        r->rdb_at += (int64_t)written;
        if ((int64_t)written < n) return false;
    }
    end_file(c);
    return true;
}

/* --- straight from the child -------------------------------------------------------------------------------------- */

/* One replica takes what it can of the rest of the piece. */
static void give_piece(struct client *c, struct bytes piece) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    size_t n = host_write(c->conn, piece.at + r->pipe_sent, piece.len - r->pipe_sent);
    host_spend(s->host, s->host->costs->socket_time);
    r->pipe_sent += n;
    s->stats.net_repl_output_bytes += n;
    s->stats.net_output_bytes += n;
    r->last_partial_write = 0;
    if (r->pipe_sent == piece.len) return;
    PROBE(s, PIPE_BLOCKED);
    r->last_partial_write = s->unixtime;
}

/* Gives a piece to the whole batch; how many replicas have not taken all of it. False: nobody is left. */
static bool give_all(struct server *s, struct bytes piece) {
    unsigned alive = 0;
    s->save.pipe_writing = 0;
    s->save.pipe_piece = piece.len;
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (!c->replica.in_pipe || (c->flags & CLIENT_CLOSING)) continue;
        alive++;
        c->replica.pipe_sent = 0;
        give_piece(c, piece);
        if (c->replica.last_partial_write) s->save.pipe_writing++;
    }
    return alive > 0;
}

static unsigned count_batch(const struct server *s) {
    unsigned n = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) n += c->replica.in_pipe && !(c->flags & CLIENT_CLOSING);
    return n;
}

void payload_pipe_readable(struct server *s) {
    struct save *save = &s->save;
    if (save->target != SAVE_TO_SOCKETS || save->pipe_ended) return;
    while (save->pipe_writing == 0) {
        struct bytes piece = host_child_peek(s->host, save->child);
        if (piece.len == 0) return;
        if (piece.len > PIECE) piece.len = PIECE;
        if (!give_all(s, piece)) {
            PROBE(s, PIPE_DESERTED);
            host_log(s->host, LOG_WARNING, "Diskless rdb transfer, last replica dropped, killing fork child.");
            save_kill(s);
            return;
        }
        if (save->pipe_writing == 0) host_child_consume(s->host, save->child, piece.len);
    }
}

void payload_pipe_ended(struct server *s) {
    struct save *save = &s->save;
    if (save->target != SAVE_TO_SOCKETS || save->pipe_ended) return;
    save->pipe_ended = true;
    host_log(s->host, LOG_NOTICE, "Diskless rdb transfer, done reading from pipe, %u replicas still up.",
             count_batch(s));
}

/* The piece is through once the last replica that still wrote has taken it, or left. */
static void one_less_writing(struct server *s) {
    struct save *save = &s->save;
    assert(save->pipe_writing > 0);
    if (--save->pipe_writing > 0) return;
    host_child_consume(s->host, save->child, save->pipe_piece);
    payload_pipe_readable(s);
}

void payload_pipe_writable(struct client *c) {
    struct server *s = c->server;
    if (!save_running(s) || !c->replica.last_partial_write) return;
    struct bytes piece = host_child_peek(s->host, s->save.child);
    assert(piece.len >= s->save.pipe_piece);
    piece.len = s->save.pipe_piece;
    give_piece(c, piece);
    if (!c->replica.last_partial_write) one_less_writing(s);
}

void payload_leave_pipe(struct client *c) {
    struct server *s = c->server;
    bool was_writing = c->replica.last_partial_write != 0;
    c->replica.in_pipe = false;
    c->replica.last_partial_write = 0;
    if (!save_running(s) || s->save.target != SAVE_TO_SOCKETS) return;
    /* That nobody is left is noticed when the child's next piece comes. */
    if (was_writing) one_less_writing(s);
}
