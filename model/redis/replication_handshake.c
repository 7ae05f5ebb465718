/* The handshake of a replica with its master (reference 3).
 *
 * The real server reads and writes its lines synchronously, for at most 5 s each; here a line that stays incomplete for
 * so long fails the attempt in the same way, without standing still meanwhile. */
#include <assert.h>
#include <strings.h>

#include "model/redis/server.h"

enum { LINE_MAX = 1024 }; /* longer ones are cut, as the real server's line buffer does it */

#define REJECTED "Failover target rejected psync request"

#define LINE_TIMEOUT (5 * SIM_SECOND) /* repl_syncio_timeout */

/* --- lines -------------------------------------------------------------------------------------------------------- */

void link_no_answer(struct server *s) {
    bool psync = s->link.state == LINK_RECEIVE_PSYNC_REPLY;
    /* It names no error that it knows of, whatever happened. */
    host_log(s->host, LOG_WARNING, "Failed to read response from the server: Success");
    host_log(s->host, LOG_WARNING, "%s",
             psync ? "Master did not reply to PSYNC, will try later"
                   : "Master did not respond to command during SYNC handshake");
    if (psync && s->failover.state == FAILOVER_IN_PROGRESS)
        failover_abort(s, REJECTED);
    else
        link_abort(s);
}

static void line_timed_out(void *node, struct host_timer *timer) {
    struct server *s = node;
    (void)timer;
    server_update_time(s);
    if (s->link.state == LINK_TRANSFER) {
        transfer_read_timed_out(s);
        return;
    }
    PROBE(s, TIMEOUT_LINE);
    link_no_answer(s);
}

void link_arm_timer(struct server *s, sim_time after) {
    s->link.timer.fire = line_timed_out;
    host_timer_at(s->host, &s->link.timer, host_now(s->host) + after);
}

bool link_read_line(struct server *s) {
    struct master_link *l = &s->link;
    for (;;) {
        struct bytes piece = host_peek(l->conn);
        if (piece.len == 0) break;
        const char *end = memchr(piece.at, '\n', piece.len);
        size_t n = end ? (size_t)(end - piece.at) + 1 : piece.len;
        size_t keep = l->line.len + n > LINE_MAX ? LINE_MAX - l->line.len : n;
        buffer_put(&l->line, piece.at, keep);
        host_consume(l->conn, n);
        s->stats.net_repl_input_bytes += n;
        if (!end) continue;
        while (l->line.len && (l->line.at[l->line.len - 1] == '\n' || l->line.at[l->line.len - 1] == '\r'))
            l->line.len--;
        l->line.at[l->line.len] = 0;
        host_timer_stop(s->host, &l->timer);
        return true;
    }
    if (l->line.len && !l->timer.armed) link_arm_timer(s, LINE_TIMEOUT);
    return false;
}

static bool line_begins(const struct server *s, const char *text) {
    return strncmp(s->link.line.at, text, strlen(text)) == 0;
}

/* --- what we say -------------------------------------------------------------------------------------------------- */

static void say(struct server *s, const char *const *words) {
    struct buffer *out = &s->feed;
    buffer_clear(out);
    resp_put_words(out, words);
    host_write(s->link.conn, out->at, out->len);
}

static void say_identity(struct server *s) {
    const struct config *config = &s->config;
    if (config->masterauth[0] && config->masteruser[0]) {
        say(s, (const char *const[]){"AUTH", config->masteruser, config->masterauth, NULL});
    } else if (config->masterauth[0]) {
        say(s, (const char *const[]){"AUTH", config->masterauth, NULL});
    }
    char port[21];
    resp_format_number(config->replica_announce_port ? config->replica_announce_port : config->port, port);
    say(s, (const char *const[]){"REPLCONF", "listening-port", port, NULL});
    if (config->replica_announce_ip[0]) {
        say(s, (const char *const[]){"REPLCONF", "ip-address", config->replica_announce_ip, NULL});
    }
    say(s, (const char *const[]){"REPLCONF", "capa", "eof", "capa", "psync2", NULL});
}

static void say_psync(struct server *s) {
    char offset[21] = "-1";
    const char *id = "?";
    s->link.transfer.initial_offset = -1;
    if (s->cached.present) {
        id = s->replid;
        resp_format_number(s->cached.offset + 1, offset);
        host_log(s->host, LOG_NOTICE, "Trying a partial resynchronization (request %s:%s).", id, offset);
    } else {
        host_log(s->host, LOG_NOTICE, "Partial resynchronization not possible (no cached master)");
    }
    bool failover = s->failover.state == FAILOVER_IN_PROGRESS;
    say(s, (const char *const[]){"PSYNC", id, offset, failover ? "FAILOVER" : NULL, NULL});
}

/* --- the answer to PSYNC ------------------------------------------------------------------------------------------ */

static void take_fullresync(struct server *s) {
    struct transfer *t = &s->link.transfer;
    PROBE(s, REPLY_FULL);
    const char *id = strchr(s->link.line.at, ' ');
    const char *offset = id ? strchr(id + 1, ' ') : NULL;
    if (!offset || offset - (id + 1) != REPLID_LEN) {
        host_log(s->host, LOG_WARNING, "Master replied with wrong +FULLRESYNC syntax.");
        memset(t->replid, '0', REPLID_LEN);
    } else {
        memcpy(t->replid, id + 1, REPLID_LEN);
        if (!resp_parse_number(resp_text(offset + 1), &t->initial_offset)) t->initial_offset = 0;
        host_log(s->host, LOG_NOTICE, "Full resync from master: %s:%lld", t->replid, (long long)t->initial_offset);
    }
    transfer_begin(s);
}

/* Under a new id our old one becomes the second; our replicas must hear of it, so they have to come anew. */
static void adopt_id(struct server *s, const char *id) {
    PROBE(s, REPLY_CONTINUE_NEW_ID);
    if (s->replica_count) PROBE(s, SUB_REPLICAS_TOLD);
    host_log(s->host, LOG_NOTICE, "Master replication ID changed to %.40s", id);
    memcpy(s->replid2, s->replid, sizeof(s->replid2));
    s->second_replid_offset = s->repl.offset + 1;
    memcpy(s->replid, id, REPLID_LEN);
    replication_note_id(s, ID_CONTINUE);
    replication_disconnect_replicas(s);
}

static void take_continue(struct server *s) {
    const char *line = s->link.line.at;
    PROBE(s, REPLY_CONTINUE);
    host_log(s->host, LOG_NOTICE, "Successful partial resynchronization with master.");
    if (strlen(line) == strlen("+CONTINUE ") + REPLID_LEN && memcmp(line + 10, s->replid, REPLID_LEN) != 0) {
        adopt_id(s, line + 10);
    }
    apply_resurrect_cached(s);
    replication_create_backlog(s, false);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
}

static void log_unexpected(struct server *s) {
    if (line_begins(s, "-ERR")) {
        host_log(s->host, LOG_NOTICE, "Master does not support PSYNC or is in error state (reply: %s)",
                 s->link.line.at);
    } else {
        host_log(s->host, LOG_WARNING, "Unexpected reply to PSYNC from master: %s", s->link.line.at);
    }
}

static void fall_back_to_sync(struct server *s) {
    PROBE(s, SYNC_FALLBACK);
    host_log(s->host, LOG_NOTICE, "Retrying with SYNC...");
    host_write(s->link.conn, "SYNC\r\n", 6);
    transfer_begin(s);
}

static void take_psync_reply(struct server *s) {
    if (s->link.line.len == 0) { /* keep-alive: the answer comes with the fork */
        PROBE(s, REPLY_KEEP_ALIVE);
        return;
    }
    bool failover = s->failover.state == FAILOVER_IN_PROGRESS;
    if (line_begins(s, "+FULLRESYNC")) {
        if (failover) failover_done(s);
        take_fullresync(s);
        return;
    }
    if (line_begins(s, "+CONTINUE") && s->cached.present) {
        take_continue(s);
        if (failover) failover_done(s);
        return;
    }
    bool later = line_begins(s, "-NOMASTERLINK") || line_begins(s, "-LOADING");
    if (later) {
        PROBE(s, REPLY_TRY_LATER);
        host_log(s->host, LOG_NOTICE, "Master is currently unable to PSYNC but should be in the future: %s",
                 s->link.line.at);
    } else {
        log_unexpected(s);
    }
    if (failover)
        failover_abort(s, REJECTED);
    else if (later)
        link_abort(s);
    else
        fall_back_to_sync(s);
}

/* --- state by state ----------------------------------------------------------------------------------------------- */

void link_connected(struct server *s) {
    host_log(s->host, LOG_NOTICE, "Non blocking connect for SYNC fired the event.");
    s->link.last_io = s->unixtime;
    link_set_state(s, LINK_RECEIVE_PING_REPLY);
    say(s, (const char *const[]){"PING", NULL});
}

static void take_ping_reply(struct server *s) {
    if (s->link.line.at[0] != '+' && !line_begins(s, "-NOAUTH") && !line_begins(s, "-NOPERM") &&
        !line_begins(s, "-ERR operation not permitted")) {
        PROBE(s, PING_REFUSED);
        host_log(s->host, LOG_WARNING, "Error reply to PING from master: '%s'", s->link.line.at);
        link_abort(s);
        return;
    }
    host_log(s->host, LOG_NOTICE, "Master replied to PING, replication can continue...");
    link_set_state(s, LINK_SEND_HANDSHAKE);
    say_identity(s);
    link_set_state(s, s->config.masterauth[0] ? LINK_RECEIVE_AUTH_REPLY : LINK_RECEIVE_PORT_REPLY);
}

static void take_auth_reply(struct server *s) {
    if (s->link.line.at[0] == '-') {
        PROBE(s, AUTH_REFUSED);
        host_log(s->host, LOG_WARNING, "Unable to AUTH to MASTER: %s", s->link.line.at);
        link_abort(s);
        return;
    }
    link_set_state(s, LINK_RECEIVE_PORT_REPLY);
}

/* A master may not know an option: that is no reason to give up. */
static void take_option_reply(struct server *s, const char *option, enum link_state next) {
    if (s->link.line.at[0] == '-') {
        host_log(s->host, LOG_NOTICE, "(Non critical) Master does not understand REPLCONF %s: %s", option,
                 s->link.line.at);
    }
    link_set_state(s, next);
}

static void take_line(struct server *s) {
    switch (s->link.state) {
    case LINK_RECEIVE_PING_REPLY:
        take_ping_reply(s);
        break;
    case LINK_RECEIVE_AUTH_REPLY:
        take_auth_reply(s);
        break;
    case LINK_RECEIVE_PORT_REPLY:
        take_option_reply(s, "listening-port",
                          s->config.replica_announce_ip[0] ? LINK_RECEIVE_IP_REPLY : LINK_RECEIVE_CAPA_REPLY);
        break;
    case LINK_RECEIVE_IP_REPLY:
        take_option_reply(s, "ip-address", LINK_RECEIVE_CAPA_REPLY);
        break;
    case LINK_RECEIVE_CAPA_REPLY:
        take_option_reply(s, "capa", LINK_SEND_PSYNC);
        say_psync(s);
        link_set_state(s, LINK_RECEIVE_PSYNC_REPLY);
        break;
    case LINK_RECEIVE_PSYNC_REPLY:
        take_psync_reply(s);
        break;
    default:
        assert(false && "no line is awaited in this state");
    }
}

void link_readable(struct server *s) {
    struct master_link *l = &s->link;
    struct conn *conn = l->conn;
    l->last_io = s->unixtime;
    /* As many lines as are there: each state takes one. */
    while (l->conn == conn && l->state != LINK_TRANSFER) {
        buffer_reserve(&l->line, 1);
        if (!link_read_line(s)) return;
        take_line(s);
        buffer_clear(&l->line);
    }
}
