/* A server process: its birth, the callbacks of its event loop, the end of each turn. */
#include "model/redis/server.h"

#include <assert.h>
#include <stdarg.h>

#include "model/redis/own_commands.h"

/* --- time and pauses ---------------------------------------------------------------------------------------------- */

void server_update_time(struct server *s) {
    s->mstime = host_wall_ms(s->host);
    s->unixtime = s->mstime / 1000;
}

/* The strongest pause that is not over. What it held back goes on when it becomes weaker. */
static void update_pause(struct server *s) {
    enum pause_kind strongest = PAUSE_NONE;
    for (size_t i = 0; i < PAUSE_PURPOSES; i++) {
        struct pause *p = &s->pauses[i];
        if (p->until_ms < s->noticed_ms) p->kind = PAUSE_NONE;
        if (p->kind > strongest) strongest = p->kind;
    }
    bool weaker = strongest < s->paused;
    s->paused = strongest;
    if (weaker) blocked_end_pause(s);
}

int64_t server_deadline(const struct server *s, int64_t in_ms) {
    return (int64_t)((uint64_t)s->mstime + (uint64_t)in_ms);
}

void server_pause(struct server *s, enum pause_purpose purpose, enum pause_kind kind, int64_t until_ms) {
    struct pause *p = &s->pauses[purpose];
    if (p->kind != PAUSE_NONE) { /* never weakens one that is in force */
        if (kind < p->kind) kind = p->kind;
        if (until_ms < p->until_ms) until_ms = p->until_ms;
    }
    *p = (struct pause){kind, until_ms};
    update_pause(s);
}

void server_unpause(struct server *s, enum pause_purpose purpose) {
    s->pauses[purpose].kind = PAUSE_NONE;
    update_pause(s);
}

bool server_is_paused(struct server *s, enum pause_kind at_least) {
    if (s->paused == PAUSE_NONE) return false;
    update_pause(s);
    return s->paused >= at_least;
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

enum { PROCESS_BYTES = 860 * 1024 }; /* used_memory of an empty 7.0.15 */

uint64_t server_memory(const struct server *s) {
    uint64_t bytes = PROCESS_BYTES + keyspace_memory(s->ks) + s->repl.memory + s->aof.buffer.room;
    const struct client *c;
    TAILQ_FOREACH(c, &s->clients, all) bytes += sizeof(*c) + c->query.room + c->out.room;
    if (s->loading_ks) bytes += keyspace_memory(s->loading_ks);
    return bytes;
}

static uint64_t memory_now(void *node) {
    return server_memory(node);
}

/* --- the event loop's callbacks ----------------------------------------------------------------------------------- */

/* Protected mode: somebody of another machine, and no password that he would have to know. */
static bool is_stranger(const struct server *s, const struct conn *conn) {
    const char *from = host_peer_name(conn);
    bool here = strncmp(from, "127.", 4) == 0 || strcmp(from, "::1") == 0;
    return s->live && s->config.protected_mode && !here && !s->config.requirepass[0];
}

static const char protected_text[] =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. In this mode connections are only accepted from the loopback interface. If you want to connect "
    "from external computers, set a password (requirepass), or switch it off (protected-mode no).\r\n";

static void refuse(struct conn *conn, const char *why) {
    host_write(conn, why, strlen(why));
    host_close(conn);
}

static void accepted(void *node, struct conn *conn, uint16_t port) {
    struct server *s = node;
    (void)port;
    server_update_time(s);
    if ((int64_t)s->client_count >= s->config.maxclients) {
        s->stats.rejected_connections++;
        refuse(conn, "-ERR max number of clients reached\r\n");
        return;
    }
    if (is_stranger(s, conn)) {
        s->stats.rejected_connections++;
        refuse(conn, protected_text);
        return;
    }
    s->stats.connections_received++;
    client_create(s, conn);
}

static void connected(void *node, struct conn *conn) {
    struct server *s = node;
    server_update_time(s);
    assert(conn == s->link.conn);
    (void)conn;
    link_connected(s);
}

static void readable(void *node, struct conn *conn) {
    struct server *s = node;
    server_update_time(s);
    if (conn->user)
        client_readable(conn->user);
    else if (s->link.state == LINK_TRANSFER)
        transfer_readable(s);
    else
        link_readable(s);
}

static void writable(void *node, struct conn *conn) {
    struct server *s = node;
    struct client *c = conn->user;
    server_update_time(s);
    if (!c || (c->flags & CLIENT_CLOSING)) return;
    if (c->replica.in_pipe && c->replica.last_partial_write)
        payload_pipe_writable(c);
    else
        client_write(c);
}

static void closed(void *node, struct conn *conn, enum conn_end why) {
    struct server *s = node;
    struct client *c = conn->user;
    server_update_time(s);
    if (c) {
        c->flags |= why == CONN_EOF ? CLIENT_CONN_OVER : CLIENT_CONN_OVER | CLIENT_CONN_RESET;
        client_free(c);
    } else if (conn == s->link.conn) {
        link_closed(s, why);
    }
}

static void child_readable(void *node, struct child *child, bool ended) {
    struct server *s = node;
    server_update_time(s);
    bool saves = child == s->save.child;
    if (!saves && child != s->aof.rewrite.child) return;
    if (!saves || s->save.target == SAVE_TO_FILE) { /* its reports */
        host_child_consume(s->host, child, host_child_peek(s->host, child).len);
        return;
    }
    payload_pipe_readable(s);
    if (ended) payload_pipe_ended(s);
}

static void terminate(void *node) {
    struct server *s = node;
    server_update_time(s);
    shutdown_ask(s);
}

/* The end of a turn, in the real server's order (reference 1.2). */
static void before_sleep(void *node) {
    struct server *s = node;
    server_update_time(s);
    if (!s->loading.active) {
        expire_cycle_fast(s);
        if (s->blocked_count) {
            blocked_serve_waits(s);
            blocked_check_timeouts(s);
        }
        blocked_process_unblocked(s);
        if (s->getack_wanted && !server_is_paused(s, PAUSE_WRITES)) {
            s->getack_wanted = false;
            PROBE(s, GETACK_BROADCAST);
            replication_feed_admin(s, (const char *const[]){"REPLCONF", "GETACK", "*", NULL});
        }
        failover_check(s);
    }
    if (s->aof.state != AOF_OFF) aof_flush(s, false);
    if (s->exiting) return;
    clients_write_pending(s);
    clients_free_closing(s);
    if (s->repl.backlog) repl_buffer_trim(&s->repl, 10 * REPL_TRIM_PER_CALL);
}

static const struct node_ops server_ops = {
    .accepted = accepted,
    .connected = connected,
    .readable = readable,
    .writable = writable,
    .closed = closed,
    .before_sleep = before_sleep,
    .child_readable = child_readable,
    .terminate = terminate,
    .memory = memory_now,
};

void server_exit(struct server *s, int code) {
    static const struct node_ops none = {.memory = memory_now};
    s->exiting = true;
    s->host->node_ops = &none;
    host_exit(s->host, code);
}

void server_panic(struct server *s, const char *format, ...) {
    enum { ABORTED = 134 };
    struct buffer text;
    buffer_init(&text, s->pool);
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    host_log(s->host, LOG_WARNING, "!!! Software Failure. Press left mouse button to continue");
    host_log(s->host, LOG_WARNING, "Guru Meditation: %s", text.at);
    buffer_free(&text);
    server_exit(s, ABORTED);
}

/* --- birth -------------------------------------------------------------------------------------------------------- */

static void init_lists(struct server *s) {
    TAILQ_INIT(&s->clients);
    TAILQ_INIT(&s->replicas);
    TAILQ_INIT(&s->pending_writes);
    TAILQ_INIT(&s->closing);
    TAILQ_INIT(&s->unblocked);
    TAILQ_INIT(&s->blocked);
}

static void init_buffers(struct server *s) {
    buffer_init(&s->feed, s->pool);
    buffer_init(&s->path_text, s->pool);
    buffer_init(&s->peer_text, s->pool);
    buffer_init(&s->error_text, s->pool);
    buffer_init(&s->stream_error, s->pool);
    buffer_init(&s->link.line, s->pool);
    buffer_init(&s->link.transfer.early, s->pool);
    s->link.transfer.early_parser = POOL_NEW(s->pool, struct resp_parser);
    resp_parser_init(s->link.transfer.early_parser, s->pool);
}

static void init_aof(struct server *s) {
    struct aof *a = &s->aof;
    aof_manifest_init(&a->manifest, s->pool);
    buffer_init(&a->buffer, s->pool);
    a->db = -1;
    a->last_fsync = s->unixtime;
    a->rewrite.started = a->rewrite.last_time = -1;
    a->rewrite.last_ok = true;
}

static void init_config(struct server *s, const struct server_setup *setup) {
    config_init(&s->config, s->pool);
    for (size_t i = 0; i < setup->setting_count; i++) {
        config_apply(&s->config, setup->settings[i].words, setup->settings[i].word_count);
    }
    s->boot_config = s->config;
    if (!s->live) config_load_rewritten(s);
}

static void init_identity(struct server *s) {
    s->chance = host_chance(s->host, "commands");
    s->id_chance = host_chance(s->host, "ids");
    replication_random_id(s, s->run_id);
    repl_buffer_init(&s->repl, s->pool, s->config.repl_backlog_size);
    s->stream_db = -1;
    memset(s->link.transfer.replid, '0', REPLID_LEN);
    replication_clear_second_id(s);
    replication_new_id(s, ID_BOOT);
    replication_boot_role(s);
}

void server_ready(struct server *s) {
    s->lastsave = s->unixtime;
    host_log(s->host, LOG_NOTICE, "Ready to accept connections");
}

struct server *server_create(struct host *host, const struct server_setup *setup) {
    struct server *s = POOL_NEW(host->pool, struct server);
    s->host = host;
    s->pool = host->pool;
    s->scratch = setup->scratch;
    s->defects = setup->defects;
    s->live = setup->live;
    s->start_time = host_now(host);
    s->active_expire = s->lastbgsave_ok = true;
    s->rdb_save_time_last = -1;
    host->node = s;
    host->node_ops = &server_ops;
    server_update_time(s);
    s->noticed_ms = s->mstime;
    s->no_replicas_since = s->unixtime;
    s->ks = keyspace_create(s->pool);
    init_lists(s);
    init_buffers(s);
    init_aof(s);
    init_config(s, setup);
    own_commands_bind(s);
    eviction_init(s);
    init_identity(s);
    if (setup->populate) setup->populate(setup->ctx, s->ks);
    server_start_cron(s);
    if (host_listen(host, (uint16_t)s->config.port) != 0) {
        host_log(host, LOG_WARNING, "Failed listening on port %lld (TCP), aborting.", (long long)s->config.port);
        server_exit(s, 1);
        return s;
    }
    loading_at_start(s);
    return s;
}
