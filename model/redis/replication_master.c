/* The master's side of a replica: what it asks for, and what it gets (reference 4). */
#include <assert.h>
#include <strings.h>

#include "model/redis/own_commands.h"

const char *replica_name(const struct client *c) {
    struct buffer *text = &c->server->peer_text;
    buffer_clear(text);
    if (c->flags & CLIENT_CONN_RESET && !c->replica.announced_ip) {
        buffer_printf(text, "client id #%llu", (unsigned long long)c->id);
        return text->at;
    }
    buffer_puts(text, c->replica.announced_ip ? c->replica.announced_ip : host_peer_name(c->conn));
    if (c->replica.listening_port)
        buffer_printf(text, ":%u", (unsigned)c->replica.listening_port);
    else
        buffer_puts(text, ":<unknown-replica-port>");
    return text->at;
}

void replica_set_state(struct client *c, enum replica_state state) {
    c->replica.state = state;
    host_probe(c->server->host, probe_of_replica(state));
    struct happening h = {.kind = R_REPLICA, .peer = c->conn->peer, .a = state, .conn = c->conn->id};
    host_note(c->server->host, &h);
}

bool replica_is_online(const struct client *c) {
    return c->replica.state == REPLICA_ONLINE;
}

bool replica_is_fed(const struct client *c) {
    const struct replica *r = &c->replica;
    if (r->rdb_only || (c->flags & CLIENT_CLOSING)) return false;
    if (r->state == REPLICA_ONLINE) return true;
    if (defect_on(c->server, DEFECT_SKIP_BUFFERING_DURING_SNAPSHOT)) return false;
    return r->state == REPLICA_WAIT_BGSAVE_END || r->state == REPLICA_SEND_BULK;
}

static void add_replica(struct client *c, enum replica_state state) {
    struct server *s = c->server;
    assert(c->kind == CLIENT_NORMAL && !c->replica.stream.block);
    c->kind = CLIENT_REPLICA;
    TAILQ_INSERT_TAIL(&s->replicas, c, replicas);
    s->replica_count++;
    replica_set_state(c, state);
}

static void remove_replica(struct client *c) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    repl_reader_stop(&s->repl, &r->stream);
    if (r->in_pipe) payload_leave_pipe(c);
    if (r->rdb) host_file_close(s->host, r->rdb);
    r->rdb = NULL;
    r->stream_ready = false;
    TAILQ_REMOVE(&s->replicas, c, replicas);
    s->replica_count--;
    replica_set_state(c, REPLICA_NONE);
    /* From now on the backlog's time to live runs. */
    if (s->replica_count == 0) s->no_replicas_since = s->unixtime;
    replication_refresh_good_replicas(s);
}

bool replication_snapshot_is_awaited(const struct server *s, const struct client *but) {
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (c != but && c->replica.state == REPLICA_WAIT_BGSAVE_END) return true;
    }
    return false;
}

void replica_gone(struct client *c) {
    struct server *s = c->server;
    host_log(s->host, LOG_WARNING, "Connection with replica %s lost.", replica_name(c));
    bool useless = c->replica.state == REPLICA_WAIT_BGSAVE_END && save_running(s) && s->save.target == SAVE_TO_FILE &&
                   s->config.save_point_count == 0 && !replication_snapshot_is_awaited(s, c);
    remove_replica(c);
    /* With save points the file is wanted for itself (reference 4.13). */
    if (!useless) return;
    PROBE(s, CHILD_USELESS);
    save_kill(s);
}

void replication_disconnect_replicas(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->replicas); c; c = next) {
        next = TAILQ_NEXT(c, replicas);
        client_free(c);
    }
}

/* --- PSYNC, partial ----------------------------------------------------------------------------------------------- */

static bool same_id(struct bytes asked, const char *id) {
    return asked.len == REPLID_LEN && strncasecmp(asked.at, id, REPLID_LEN) == 0;
}

/* Whether we share the history under the id that is asked for, up to that byte (reference 2.6). */
static bool history_matches(struct client *c, struct bytes asked, int64_t offset) {
    struct server *s = c->server;
    if (same_id(asked, s->replid)) return true;
    if (same_id(asked, s->replid2)) {
        if (offset <= s->second_replid_offset) return true;
        PROBE(s, PSYNC_PAST_REPLID2);
        host_log(s->host, LOG_NOTICE,
                 "Partial resynchronization not accepted: Requested offset for second ID was %lld, but I "
                 "can reply up to %lld",
                 (long long)offset, (long long)s->second_replid_offset);
    } else if (asked.len && asked.at[0] == '?') {
        PROBE(s, PSYNC_NO_ID);
        host_log(s->host, LOG_NOTICE, "Full resync requested by replica %s", replica_name(c));
    } else {
        PROBE(s, PSYNC_ID_UNKNOWN);
        host_log(s->host, LOG_NOTICE,
                 "Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '%.*s', "
                 "my replication IDs are '%s' and '%s')",
                 (int)asked.len, asked.at, s->replid, s->replid2);
    }
    return false;
}

static bool backlog_reaches(struct client *c, int64_t offset) {
    struct server *s = c->server;
    if (repl_buffer_has(&s->repl, offset)) return true;
    if (!s->repl.backlog)
        PROBE(s, PSYNC_NO_BACKLOG);
    else
        host_probe(s->host, offset < s->repl.first_byte ? PROBE_PSYNC_BELOW : PROBE_PSYNC_ABOVE);
    host_log(s->host, LOG_NOTICE,
             "Unable to partial resync with replica %s for lack of backlog (Replica request was: %lld).",
             replica_name(c), (long long)offset);
    if (offset > s->repl.offset) {
        host_log(s->host, LOG_WARNING,
                 "Warning: replica %s tried to PSYNC with an offset that is greater than the master "
                 "replication offset.",
                 replica_name(c));
    }
    return false;
}

/* Straight to the socket: the output buffers belong to the stream from now on. False: it did not fit. */
static bool write_line(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool write_line(struct client *c, const char *format, ...) {
    struct buffer *line = &c->server->feed;
    va_list args;
    va_start(args, format);
    buffer_clear(line);
    buffer_vprintf(line, format, args);
    va_end(args);
    c->server->stats.net_output_bytes += line->len;
    return host_write(c->conn, line->at, line->len) == line->len;
}

static void note_psync(struct client *c, enum redis_happening kind, struct bytes asked, int64_t offset) {
    struct happening h = {.kind = (uint16_t)kind,
                          .peer = c->conn->peer,
                          .conn = c->conn->id,
                          .a = offset,
                          .text = asked.at,
                          .len = (uint32_t)asked.len};
    host_note(c->server->host, &h);
}

/* The stream goes on where the replica left it. No SELECT is forced: it remembers its database (reference 4.3). */
static bool try_partial(struct client *c, struct bytes asked, int64_t offset) {
    struct server *s = c->server;
    if (!history_matches(c, asked, offset) || !backlog_reaches(c, offset)) return false;
    note_psync(c, R_PSYNC_OK, asked, offset);
    host_probe(s->host, same_id(asked, s->replid) ? PROBE_PSYNC_BY_REPLID : PROBE_PSYNC_BY_REPLID2);
    add_replica(c, REPLICA_ONLINE);
    c->replica.ack_time = s->unixtime;
    c->replica.stream_ready = true;
    bool told =
        c->replica.capa & CAPA_PSYNC2 ? write_line(c, "+CONTINUE %s\r\n", s->replid) : write_line(c, "+CONTINUE\r\n");
    if (!told) {
        client_free_async(c);
        return true;
    }
    int64_t pending = repl_reader_seek(&s->repl, &c->replica.stream, offset);
    client_queue_write(c);
    host_log(s->host, LOG_NOTICE,
             "Partial resynchronization request from %s accepted. Sending %lld bytes of backlog starting "
             "from offset %lld.",
             replica_name(c), (long long)pending, (long long)offset);
    replication_refresh_good_replicas(s);
    return true;
}

/* --- PSYNC, full -------------------------------------------------------------------------------------------------- */

bool replica_send_fullresync(struct client *c, int64_t offset) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    if (defect_on(s, DEFECT_FULLRESYNC_OFFSET_AT_REQUEST)) offset = r->offset_at_request;
    r->psync_initial_offset = offset;
    replica_set_state(c, REPLICA_WAIT_BGSAVE_END);
    /* The snapshot says which database the stream is in only for itself: the next write must say it anew. */
    s->stream_db = -1;
    struct happening h = {.kind = R_FULLRESYNC,
                          .peer = c->conn->peer,
                          .conn = c->conn->id,
                          .a = offset,
                          .d = (int64_t)s->save.number,
                          .text = s->replid,
                          .len = REPLID_LEN};
    host_note(s->host, &h);
    if (r->pre_psync || write_line(c, "+FULLRESYNC %s %lld\r\n", s->replid, (long long)offset)) return true;
    client_free_async(c);
    return false;
}

/* A replica for whom the running disk snapshot's writes are being kept, and whose payload we could read too. */
static struct client *find_companion(struct client *c) {
    struct client *other;
    TAILQ_FOREACH(other, &c->server->replicas, replicas) {
        if (other->replica.state == REPLICA_WAIT_BGSAVE_END && (!other->replica.rdb_only || c->replica.rdb_only)) break;
    }
    if (!other) {
        PROBE(c->server, ATTACH_NO_COMPANION);
        return NULL;
    }
    if ((c->replica.capa & other->replica.capa) == other->replica.capa) return other;
    PROBE(c->server, ATTACH_CAPABILITIES);
    return NULL;
}

/* Attaches to the running disk snapshot, with the stream from its fork on (reference 4.6). */
static void try_attach(struct client *c) {
    struct server *s = c->server;
    struct client *companion = find_companion(c);
    if (!companion) {
        host_log(s->host, LOG_NOTICE,
                 "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");
        return;
    }
    PROBE(s, ATTACHED);
    if (!c->replica.rdb_only) repl_reader_copy(&c->replica.stream, &companion->replica.stream);
    replica_send_fullresync(c, companion->replica.psync_initial_offset);
    host_log(s->host, LOG_NOTICE, "Waiting for end of BGSAVE for SYNC");
}

/* No fork, no snapshot. A save to sockets has answered FULLRESYNC before it forks, so that the error comes in place of
 * the payload; a save to a file answers after it, so that the error comes in place of FULLRESYNC (measured on 7.0.15).
 */
static void turn_away(struct client *c, bool sockets) {
    struct server *s = c->server;
    PROBE(s, SYNC_TURNED_AWAY);
    if (sockets) {
        s->stream_db = -1;
        if (!c->replica.pre_psync) write_line(c, "+FULLRESYNC %s %lld\r\n", s->replid, (long long)s->repl.offset);
    }
    remove_replica(c);
    c->kind = CLIENT_NORMAL;
    client_reply_error(c, "ERR BGSAVE failed, replication can't continue");
    client_close_after_reply(c);
}

/* The replicas' RDB can be had straight from the child if all can find its end. */
static bool start_save(struct server *s, unsigned capa) {
    bool sockets = s->config.repl_diskless_sync && (capa & CAPA_EOF);
    host_log(s->host, LOG_NOTICE, "Starting BGSAVE for SYNC with target: %s", sockets ? "replicas sockets" : "disk");
    host_probe(s->host, sockets ? PROBE_SYNC_FORK_SOCKETS : PROBE_SYNC_FORK_DISK);
    bool started = save_start(s, sockets ? SAVE_TO_SOCKETS : SAVE_TO_FILE, true);
    if (started && !sockets && s->config.rdb_del_sync_files) s->rdb_sync_file_left = true;
    struct client *next;
    if (!started) host_log(s->host, LOG_WARNING, "BGSAVE for replication failed");
    for (struct client *c = TAILQ_FIRST(&s->replicas); c; c = next) {
        next = TAILQ_NEXT(c, replicas);
        if (c->replica.state != REPLICA_WAIT_BGSAVE_START) continue;
        if (started) {
            c->replica.in_pipe = sockets;
            replica_send_fullresync(c, s->save.forked_offset);
            continue;
        }
        turn_away(c, sockets);
    }
    return started;
}

static void begin_full(struct client *c) {
    struct server *s = c->server;
    s->stats.sync_full++;
    add_replica(c, REPLICA_WAIT_BGSAVE_START);
    if (s->replica_count == 1) replication_create_backlog(s, true);
    c->replica.offset_at_request = s->repl.offset;
    if (save_running(s) && s->save.target == SAVE_TO_FILE) {
        try_attach(c);
    } else if (save_running(s)) {
        PROBE(s, ATTACH_SOCKETS);
        host_log(s->host, LOG_NOTICE, "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC");
    } else if (s->config.repl_diskless_sync && (c->replica.capa & CAPA_EOF) && s->config.repl_diskless_sync_delay) {
        /* Others may come meanwhile and share it. */
        PROBE(s, SAVE_DELAYED);
        host_log(s->host, LOG_NOTICE, "Delay next BGSAVE for diskless SYNC");
    } else if (server_has_child(s)) {
        host_log(s->host, LOG_NOTICE,
                 "No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed");
    } else {
        start_save(s, c->replica.capa);
    }
}

/* Why a PSYNC or SYNC cannot be served now; NULL if it can. */
static const char *sync_refusal(const struct client *c) {
    const struct server *s = c->server;
    if (s->failover.state != FAILOVER_NONE) {
        PROBE(s, FAILOVER_REFUSES_PSYNC);
        return "NOMASTERLINK Can't SYNC while failing over";
    }
    if (server_is_replica(s) && s->link.state != LINK_CONNECTED) {
        PROBE(s, PSYNC_NO_MASTER_LINK);
        return "NOMASTERLINK Can't SYNC while not connected with my master";
    }
    if (c->out_sent == c->out.len) return NULL;
    PROBE(s, PSYNC_PENDING_OUTPUT);
    return "ERR SYNC and PSYNC are invalid with pending output";
}

void psync_command(struct client *c) {
    struct server *s = c->server;
    if (c->kind == CLIENT_REPLICA) return;
    bool failover = s->running.argc > 3 && resp_word_is(own_argument(c, 3), "failover") &&
                    !resp_word_is(own_argument(c, 0), "sync");
    if (failover && !failover_accept(c, own_argument(c, 1))) return;
    const char *refusal = sync_refusal(c);
    if (refusal) {
        client_reply_error(c, "%s", refusal);
        return;
    }
    host_log(s->host, LOG_NOTICE, "Replica %s asks for synchronization", replica_name(c));
    if (resp_word_is(own_argument(c, 0), "sync")) {
        PROBE(s, SYNC_COMMAND);
        c->replica.pre_psync = true; /* sends no ACKs, so expect none */
    } else {
        struct bytes asked = own_argument(c, 1);
        int64_t offset;
        if (!resp_parse_number(own_argument(c, 2), &offset)) {
            host_log(s->host, LOG_WARNING, "Replica %s asks for synchronization but with a wrong offset",
                     replica_name(c));
            client_reply_error(c, "ERR value is not an integer or out of range");
            return;
        }
        if (try_partial(c, asked, offset)) {
            s->stats.sync_partial_ok++;
            return;
        }
        note_psync(c, R_PSYNC_REFUSED, asked, offset);
        if (asked.len == 0 || asked.at[0] != '?') s->stats.sync_partial_err++;
    }
    begin_full(c);
}

/* --- snapshots for those who wait --------------------------------------------------------------------------------- */

void replication_start_pending_save(struct server *s) {
    if (server_has_child(s)) return;
    int64_t waiting = 0, longest = 0;
    unsigned capa = CAPA_EOF | CAPA_PSYNC2;
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (c->replica.state != REPLICA_WAIT_BGSAVE_START) continue;
        int64_t idle = s->unixtime - c->last_interaction;
        if (idle > longest) longest = idle;
        capa &= c->replica.capa;
        waiting++;
    }
    int64_t enough = s->config.repl_diskless_sync_max_replicas;
    bool full = enough > 0 && waiting >= enough;
    bool due = !s->config.repl_diskless_sync || full || longest >= s->config.repl_diskless_sync_delay;
    if (!waiting || !due) return;
    if (full) PROBE(s, BATCH_FULL);
    start_save(s, capa);
}

void replication_save_done(struct server *s, bool ok, bool to_disk) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->replicas); c; c = next) {
        next = TAILQ_NEXT(c, replicas);
        if (c->replica.state != REPLICA_WAIT_BGSAVE_END || (c->flags & CLIENT_CLOSING)) continue;
        c->replica.in_pipe = false;
        c->replica.last_partial_write = 0;
        if (!ok) {
            PROBE(s, SYNC_SAVE_FAILED);
            client_free_async(c);
            host_log(s->host, LOG_WARNING, "SYNC failed. BGSAVE child returned an error");
        } else if (to_disk) {
            payload_begin_file(c);
        } else {
            host_log(s->host, LOG_NOTICE,
                     "Streamed RDB transfer with replica %s succeeded (socket). Waiting for REPLCONF ACK "
                     "from slave to enable streaming",
                     replica_name(c));
            PROBE(s, REPLICA_WITHHELD);
            c->replica.stream_on_ack = true;
            replica_put_online(c);
        }
    }
}

void replica_put_online(struct client *c) {
    struct server *s = c->server;
    if (c->replica.rdb_only) {
        replica_set_state(c, REPLICA_RDB_TRANSMITTED);
        host_log(s->host, LOG_NOTICE, "RDB transfer completed, rdb only replica (%s) should be disconnected asap",
                 replica_name(c));
        client_free_async(c);
        return;
    }
    c->replica.ack_time = s->unixtime; /* prevents a false timeout */
    replica_set_state(c, REPLICA_ONLINE);
    replication_refresh_good_replicas(s);
    host_log(s->host, LOG_NOTICE, "Synchronization with replica %s succeeded", replica_name(c));
    if (!c->replica.stream_on_ack) replica_start_stream(c);
}

void replica_start_stream(struct client *c) {
    assert(c->replica.state == REPLICA_ONLINE && !c->replica.stream_ready);
    c->replica.stream_on_ack = false;
    c->replica.stream_ready = true;
    client_queue_write(c);
}
