/* The master's stream on a replica: what was applied, what is kept when the link is lost, ACKs (reference 8). */
#include <assert.h>

#include "model/redis/server.h"

/* --- the stream's client ------------------------------------------------------------------------------------------ */

/* The link's connection becomes the client that executes the stream. */
static void make_master(struct server *s, int64_t offset, int db, bool pre_psync) {
    struct master_link *l = &s->link;
    assert(l->conn && !s->master);
    struct client *c = client_create(s, l->conn);
    l->conn = NULL;
    host_timer_stop(s->host, &l->timer);
    c->kind = CLIENT_MASTER;
    c->flags |= CLIENT_AUTHENTICATED;
    if (pre_psync) c->flags |= CLIENT_PRE_PSYNC;
    c->read_offset = c->applied_offset = offset;
    c->db = db;
    s->master = c;
    l->down_since = 0;
    struct happening h = {.kind = R_LINK, .peer = c->conn->peer, .conn = c->conn->id, .a = LINK_CONNECTED};
    l->state = LINK_CONNECTED;
    PROBE(s, LINK_CONNECTED);
    host_note(s->host, &h);
    host_reading(c->conn, true);
}

void apply_create_master(struct server *s, int64_t offset, int db) {
    make_master(s, offset, db, offset == -1);
}

void apply_resurrect_cached(struct server *s) {
    struct cached_master cached = s->cached;
    assert(cached.present);
    s->cached.present = false;
    PROBE(s, CACHED_RESURRECTED);
    make_master(s, cached.offset, cached.db, cached.pre_psync);
    struct conn *conn = s->master->conn;
    struct happening h = {.kind = R_CONTINUE,
                          .peer = conn->peer,
                          .conn = conn->id,
                          .a = cached.offset,
                          .text = s->replid,
                          .len = REPLID_LEN};
    host_note(s->host, &h);
}

/* --- the cached master -------------------------------------------------------------------------------------------- */

void apply_cache_history(struct server *s, int64_t offset, int db) {
    assert(!s->master && db >= 0 && db < KEYSPACE_DBS);
    s->cached = (struct cached_master){.present = true, .offset = offset, .db = db};
}

void apply_cache_own_history(struct server *s) {
    PROBE(s, CACHED_SYNTHESISED);
    host_log(s->host, LOG_NOTICE,
             "Before turning into a replica, using my own master parameters to synthesize a cached "
             "master: I may be able to synchronize with the new master with just a partial transfer.");
    apply_cache_history(s, s->repl.offset, s->stream_db == -1 ? 0 : s->stream_db);
}

void apply_discard_cached(struct server *s) {
    if (!s->cached.present) return;
    PROBE(s, CACHED_DISCARDED);
    host_log(s->host, LOG_NOTICE, "Discarding previously cached master state.");
    s->cached.present = false;
}

/* What was received and not applied is forgotten, an open MULTI with it: it will be asked for again from the first byte
 * that was not applied. */
void apply_master_lost(struct client *c) {
    struct server *s = c->server;
    assert(c == s->master);
    host_log(s->host, LOG_WARNING, "Connection with master lost.");
    s->master = NULL;
    if (c->flags & CLIENT_IN_MULTI)
        PROBE(s, MULTI_LOST);
    else if (c->query.len)
        PROBE(s, COMMAND_LOST);
    if ((c->flags & CLIENT_PROTOCOL_ERROR) || c->blocked.why != BLOCKED_NONE) {
        PROBE(s, CACHED_NOT_KEPT);
        return;
    }
    PROBE(s, CACHED_KEPT);
    host_log(s->host, LOG_NOTICE, "Caching the disconnected master state.");
    apply_cache_history(s, c->applied_offset, c->db);
    s->cached.pre_psync = c->flags & CLIENT_PRE_PSYNC;
}

/* --- after a command ---------------------------------------------------------------------------------------------- */

/* propagation-error-behavior; a writable replica differs from its master anyway. */
static void panic_if_wanted(struct server *s, const struct running *r) {
    if (s->config.propagation_error_behavior == PROPAGATION_IGNORE || !s->config.replica_read_only) return;
    server_panic(s, "This replica panicked sending an error to its master after processing the command '%s'",
                 r->command ? r->command->name : "<unknown>");
}

void apply_note_failure(struct client *c, const struct running *r) {
    struct server *s = c->server;
    s->stats.unexpected_error_replies++;
    PROBE(s, STREAM_ERROR);
    const char *error = s->running_error ? s->running_error : "";
    bool plain = strncmp(error, "ERR ", 4) == 0; /* most of the real server's plain errors get their ERR later */
    host_log(s->host, LOG_WARNING,
             "== CRITICAL == This replica is sending an error to its master: '%s%s' after processing the "
             "command '%s'",
             plain ? "" : "-", plain ? error + 4 : error, r->command ? r->command->name : "<unknown>");
    panic_if_wanted(s, r);
    if (s->exiting) return;
    buffer_clear(&s->stream_error);
    for (size_t i = 0; i < r->argc && s->stream_error.len < 200; i++) {
        if (i) buffer_putc(&s->stream_error, ' ');
        buffer_put(&s->stream_error, r->argv[i].at, r->argv[i].len < 64 ? r->argv[i].len : 64);
    }
    buffer_printf(&s->stream_error, ": %s", error);
}

static void note_stream_error(struct client *c) {
    struct server *s = c->server;
    struct happening h = {.kind = R_STREAM_ERROR,
                          .peer = c->conn->peer,
                          .conn = c->conn->id,
                          .a = c->applied_offset,
                          .text = s->stream_error.at,
                          .len = (uint32_t)s->stream_error.len};
    host_note(s->host, &h);
    buffer_clear(&s->stream_error);
}

/* SELECT, PING and REPLCONF change no data. */
static bool is_admin(const struct client *c) {
    return c->last_command && !(c->last_command->flags & CMD_WRITE) && c->last_command != c->server->exec;
}

void apply_command_done(struct client *c, struct bytes command) {
    struct server *s = c->server;
    if (c != s->master) return; /* the command made this server a master */
    c->applied_offset += (int64_t)command.len;
    /* Our own replicas and backlog get the very bytes, and only now. */
    replication_feed_proxy(s, command);
    struct dataset_digest digest = keyspace_digest(s->ks);
    struct happening h = {.kind = R_APPLY,
                          .peer = c->conn->peer,
                          .conn = c->conn->id,
                          .flags = is_admin(c) ? FEED_ADMIN : 0,
                          .a = c->applied_offset,
                          .b = (int64_t)digest.low,
                          .c = (int64_t)digest.high,
                          .d = (int64_t)command.len,
                          .text = command.at,
                          .len = (uint32_t)command.len};
    host_note(s->host, &h);
    if (s->stream_error.len) note_stream_error(c);
}

/* --- ACK ---------------------------------------------------------------------------------------------------------- */

/* What GETACK asks for is answered before GETACK's own bytes count as applied. */
void apply_send_ack(struct server *s) {
    struct client *c = s->master;
    if (!c || (c->flags & CLIENT_PRE_PSYNC)) return;
    char offset[21];
    resp_format_number(c->applied_offset, offset);
    resp_put_words(&c->out, (const char *const[]){"REPLCONF", "ACK", offset, NULL});
    client_queue_write(c);
}
