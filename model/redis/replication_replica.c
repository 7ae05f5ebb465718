/* Which master this server follows, and the life of the link to it (reference 2.7 to 2.9, 3.6, 10.5). */
#include <assert.h>
#include <strings.h>

#include "model/redis/own_commands.h"

bool server_is_replica(const struct server *s) {
    return s->link.host != NULL;
}

void link_set_state(struct server *s, enum link_state state) {
    s->link.state = state;
    host_probe(s->host, probe_of_link(state));
    struct happening h = {.kind = R_LINK, .peer = s->link.conn ? s->link.conn->peer : NO_PARTY, .a = state};
    host_note(s->host, &h);
}

/* --- connecting and giving up ------------------------------------------------------------------------------------- */

/* So it says (7.0.15): the resolver's error is no errno. */
static void log_unresolved(struct server *s) {
    host_log(s->host, LOG_WARNING, "Unable to connect to MASTER: Invalid argument");
}

void link_connect(struct server *s) {
    struct master_link *l = &s->link;
    assert(l->host && !l->conn);
    l->conn = host_connect(s->host, l->host, l->port);
    l->conn->user = NULL;
    if (l->conn->unresolved) { /* never begun: the next cron tries again */
        host_close(l->conn);
        l->conn = NULL;
        PROBE(s, CONNECT_FAILED);
        log_unresolved(s);
        return;
    }
    l->last_io = s->unixtime;
    link_set_state(s, LINK_CONNECTING);
    host_log(s->host, LOG_NOTICE, "MASTER <-> REPLICA sync started");
}

static void drop_connection(struct server *s) {
    struct master_link *l = &s->link;
    host_timer_stop(s->host, &l->timer);
    buffer_clear(&l->line);
    if (l->conn) host_close(l->conn);
    l->conn = NULL;
}

bool link_abort(struct server *s) {
    enum link_state state = s->link.state;
    if (state < LINK_CONNECTING || state > LINK_TRANSFER) return false;
    if (state == LINK_TRANSFER) transfer_drop(s);
    drop_connection(s);
    link_set_state(s, LINK_CONNECT);
    return true;
}

void link_retry_now(struct server *s) {
    if (!link_abort(s) || !s->link.host) return;
    host_log(s->host, LOG_NOTICE, "Reconnecting to MASTER %s:%u after failure", s->link.host, (unsigned)s->link.port);
    link_connect(s);
}

static const char *end_as_text(enum conn_end why) {
    switch (why) {
    case CONN_REFUSED:
        return "Connection refused";
    case CONN_TIMED_OUT:
        return "Connection timed out";
    case CONN_RESET:
        return "Connection reset by peer";
    default:
        return "connection lost";
    }
}

void link_closed(struct server *s, enum conn_end why) {
    struct master_link *l = &s->link;
    l->conn = NULL;
    if (l->state == LINK_TRANSFER) {
        transfer_closed(s, end_as_text(why));
        return;
    }
    if (why == CONN_UNRESOLVED) {
        PROBE(s, CONNECT_FAILED);
        log_unresolved(s);
    } else if (l->state == LINK_CONNECTING) {
        PROBE(s, CONNECT_FAILED);
        host_log(s->host, LOG_WARNING, "Error condition on socket for SYNC: %s", end_as_text(why));
    } else {
        if (l->state == LINK_RECEIVE_PSYNC_REPLY)
            PROBE(s, PSYNC_UNANSWERED);
        else
            PROBE(s, HANDSHAKE_BROKEN);
        link_no_answer(s);
        return;
    }
    link_abort(s);
}

/* We do not disconnect our own replicas: most likely we shall go on with a partial resync, and they notice nothing. */
void replication_master_disconnected(struct server *s) {
    struct master_link *l = &s->link;
    l->down_since = s->unixtime;
    link_set_state(s, LINK_CONNECT);
    if (!l->host) return;
    host_log(s->host, LOG_NOTICE, "Reconnecting to MASTER %s:%u", l->host, (unsigned)l->port);
    link_connect(s);
}

/* --- which master ------------------------------------------------------------------------------------------------- */

static void note_role(struct server *s) {
    const char *host = s->link.host ? s->link.host : "";
    struct happening h = {.kind = R_ROLE,
                          .peer = s->link.conn ? s->link.conn->peer : NO_PARTY,
                          .a = !server_is_replica(s),
                          .text = host,
                          .len = (uint32_t)strlen(host)};
    host_note(s->host, &h);
}

static void forget_host(struct server *s) {
    struct master_link *l = &s->link;
    if (l->host) pool_free(s->pool, l->host, strlen(l->host) + 1);
    l->host = NULL;
}

void replication_set_master(struct server *s, struct bytes host, uint16_t port) {
    struct master_link *l = &s->link;
    bool was_master = !server_is_replica(s);
    forget_host(s);
    if (s->master) client_free(s->master);
    blocked_disconnect_all(s);
    l->host = pool_strndup(s->pool, host.at, host.len);
    l->port = port;
    s->config.master_host = pool_strdup(s->pool, l->host);
    s->config.master_port = port;
    /* Our own replicas stay: if we go on partially with the new master, so can they with us. */
    link_abort(s);
    if (was_master) {
        PROBE(s, DEMOTED);
        apply_cache_own_history(s);
    } else {
        PROBE(s, REPOINTED);
    }
    link_set_state(s, LINK_CONNECT);
    host_log(s->host, LOG_NOTICE, "Connecting to MASTER %s:%u", l->host, (unsigned)port);
    link_connect(s);
    note_role(s);
}

void replication_unset_master(struct server *s) {
    if (!server_is_replica(s)) return;
    PROBE(s, PROMOTED);
    forget_host(s);
    s->config.master_host = "";
    s->config.master_port = 0;
    if (s->master) client_free(s->master);
    apply_discard_cached(s);
    link_abort(s);
    replication_shift_id(s);
    /* They learn the new id when they come back, with a partial resync. */
    replication_disconnect_replicas(s);
    link_set_state(s, LINK_NONE);
    s->stream_db = -1;
    s->no_replicas_since = s->unixtime;
    s->link.down_since = 0;
    note_role(s);
    aof_restart_after_sync(s); /* a sync that came to nothing may have switched it off */
}

void replication_boot_role(struct server *s) {
    const struct config *config = &s->config;
    if (config->master_host[0]) {
        s->link.host = pool_strdup(s->pool, config->master_host);
        s->link.port = (uint16_t)config->master_port;
        link_set_state(s, LINK_CONNECT);
    } else {
        PROBE(s, LINK_NONE);
    }
    note_role(s);
}

/* --- REPLICAOF ---------------------------------------------------------------------------------------------------- */

static bool follows_already(const struct server *s, struct bytes host, int64_t port) {
    const struct master_link *l = &s->link;
    return l->host && l->port == port && strlen(l->host) == host.len && strncasecmp(l->host, host.at, host.len) == 0;
}

static void replicate_from(struct client *c, struct bytes host, struct bytes port_word) {
    struct server *s = c->server;
    int64_t port;
    if (c->kind == CLIENT_REPLICA) {
        client_reply_error(c, "ERR Command is not valid when client is a replica.");
    } else if (!resp_parse_number(port_word, &port) || port < 0 || port > UINT16_MAX) {
        client_reply_error(c, "ERR Invalid master port");
    } else if (follows_already(s, host, port)) {
        host_log(s->host, LOG_NOTICE,
                 "REPLICAOF would result into synchronization with the master we are already connected "
                 "with. No operation performed.");
        client_reply_status(c, "OK Already connected to specified master");
    } else {
        replication_set_master(s, host, (uint16_t)port);
        host_log(s->host, LOG_NOTICE, "REPLICAOF %s:%lld enabled (user request from '%s')", s->link.host,
                 (long long)port, client_info(c));
        client_reply_status(c, "OK");
    }
}

void replicaof_command(struct client *c) {
    struct server *s = c->server;
    struct bytes host = own_argument(c, 1), port = own_argument(c, 2);
    if (s->failover.state != FAILOVER_NONE) {
        client_reply_error(c, "ERR REPLICAOF not allowed while failing over.");
        return;
    }
    if (!resp_word_is(host, "no") || !resp_word_is(port, "one")) {
        replicate_from(c, host, port);
        return;
    }
    if (server_is_replica(s)) {
        replication_unset_master(s);
        host_log(s->host, LOG_NOTICE, "MASTER MODE enabled (user request from '%s')", client_info(c));
    }
    client_reply_status(c, "OK");
}
