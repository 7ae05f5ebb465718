/* What replication does once a second, or ten times during a FAILOVER, in the real server's order (reference 1.4). */
#include "model/redis/server.h"

static void check_link_timeouts(struct server *s) {
    struct master_link *l = &s->link;
    if (!l->host) return;
    bool silent = s->unixtime - l->last_io > s->config.repl_timeout;
    if (l->state >= LINK_CONNECTING && l->state < LINK_TRANSFER && silent) {
        PROBE(s, TIMEOUT_HANDSHAKE);
        host_log(s->host, LOG_WARNING, "Timeout connecting to the MASTER...");
        link_retry_now(s);
    }
    if (l->state == LINK_TRANSFER && silent) {
        PROBE(s, TIMEOUT_TRANSFER);
        host_log(s->host, LOG_WARNING,
                 "Timeout receiving bulk data from MASTER... If the problem persists try to set the "
                 "'repl-timeout' parameter in redis.conf to a larger value.");
        link_retry_now(s);
    }
    if (l->state == LINK_CONNECTED && s->unixtime - s->master->last_interaction > s->config.repl_timeout) {
        PROBE(s, TIMEOUT_MASTER);
        host_log(s->host, LOG_WARNING, "MASTER timeout: no data nor PING received...");
        client_free(s->master);
    }
}

static void connect_if_due(struct server *s) {
    struct master_link *l = &s->link;
    if (l->state != LINK_CONNECT) return;
    host_log(s->host, LOG_NOTICE, "Connecting to MASTER %s:%u", l->host, (unsigned)l->port);
    link_connect(s);
}

static void ping_replicas(struct server *s) {
    if (server_is_replica(s) || s->replica_count == 0) return; /* PINGs come from the top of a chain only */
    if (s->repl_cronloops % s->config.repl_ping_replica_period != 0) return;
    if (failover_holds_pings(s)) return;
    PROBE(s, MASTER_PINGED);
    replication_feed_admin(s, (const char *const[]){"ping", NULL});
}

/* A newline keeps the connection of a replica alive that has nothing to read yet. Never in the stream, where it would
 * count (reference 5.6, 5.7). */
static void write_newlines(struct server *s) {
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        enum replica_state state = c->replica.state;
        bool by_socket = save_running(s) && s->save.target == SAVE_TO_SOCKETS;
        if ((c->flags & CLIENT_CLOSING) == 0 &&
            (state == REPLICA_WAIT_BGSAVE_START || (state == REPLICA_WAIT_BGSAVE_END && !by_socket))) {
            PROBE(s, NEWLINE_TO_REPLICA);
            host_write(c->conn, "\n", 1);
        }
    }
}

static void drop_silent_replicas(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->replicas); c; c = next) {
        next = TAILQ_NEXT(c, replicas);
        const struct replica *r = &c->replica;
        int64_t limit = s->config.repl_timeout;
        if (r->state == REPLICA_ONLINE && !r->pre_psync && s->unixtime - r->ack_time > limit) {
            PROBE(s, TIMEOUT_REPLICA);
            host_log(s->host, LOG_WARNING, "Disconnecting timedout replica (streaming sync): %s", replica_name(c));
            client_free(c);
        } else if (r->state == REPLICA_WAIT_BGSAVE_END && r->last_partial_write &&
                   s->unixtime - r->last_partial_write > limit) {
            PROBE(s, TIMEOUT_PIPE);
            host_log(s->host, LOG_WARNING, "Disconnecting timedout replica (full sync): %s", replica_name(c));
            client_free(c);
        }
    }
}

/* Writes made without a backlog do not move the offset. So the history ends with it: a new id (reference 2.13). */
static void free_unused_backlog(struct server *s) {
    int64_t ttl = s->config.repl_backlog_ttl;
    if (server_is_replica(s) || s->replica_count || !s->repl.backlog || ttl == 0) return;
    if (s->unixtime - s->no_replicas_since <= ttl) return;
    PROBE(s, BACKLOG_FREED_TTL);
    replication_free_backlog(s);
    replication_clear_second_id(s);
    replication_new_id(s, ID_BACKLOG_FREED);
    host_log(s->host, LOG_NOTICE, "Replication backlog freed after %lld seconds without connected replicas.",
             (long long)ttl);
}

/* rdb-del-sync-files: the file was made for replicas only, and no replica needs it any more. */
static void remove_sync_file(struct server *s) {
    if (!s->rdb_sync_file_left || s->config.save_point_count || s->aof.state != AOF_OFF) return;
    if (!s->config.rdb_del_sync_files) {
        s->rdb_sync_file_left = false;
        return;
    }
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        enum replica_state state = c->replica.state;
        if (state >= REPLICA_WAIT_BGSAVE_START && state <= REPLICA_SEND_BULK) return;
    }
    PROBE(s, SYNC_FILE_REMOVED);
    host_log(s->host, LOG_NOTICE, "Removing the RDB file used to feed replicas in a persistence-less instance");
    s->rdb_sync_file_left = false;
    host_remove(s->host, s->config.dbfilename);
}

void replication_cron(struct server *s) {
    failover_check(s);
    check_link_timeouts(s);
    connect_if_due(s);
    if (s->master) apply_send_ack(s);
    ping_replicas(s);
    write_newlines(s);
    drop_silent_replicas(s);
    free_unused_backlog(s);
    replication_start_pending_save(s);
    remove_sync_file(s);
    replication_refresh_good_replicas(s);
    s->repl_cronloops++;
}
