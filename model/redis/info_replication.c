/* What a server says of its replication: INFO's section, and ROLE. */
#include <inttypes.h>

#include "model/redis/info.h"
#include "model/redis/server.h"

/* --- as a replica -------------------------------------------------------------------------------------------- */

/* Stream bytes received and applied; 1 without a master that was ever reached (reference 15). */
static void stream_offsets(const struct server *s, int64_t *read, int64_t *applied) {
    *read = *applied = 1;
    if (s->master) {
        *read = s->master->read_offset;
        *applied = s->master->applied_offset;
    } else if (s->cached.present) {
        *read = *applied = s->cached.offset;
    }
}

static void tell_transfer(const struct server *s, int64_t now, struct info_out *out) {
    const struct transfer *t = &s->link.transfer;
    info_number(out, INFO_master_sync_total_bytes, t->size);
    info_number(out, INFO_master_sync_read_bytes, t->received);
    info_number(out, INFO_master_sync_left_bytes, t->size - t->received);
    if (t->size < 0) {
        info_text(out, INFO_master_sync_perc, "-0.00"); /* as the real server prints 0 / -1 */
    } else {
        info_percent(out, INFO_master_sync_perc, t->received, t->size);
    }
    info_number(out, INFO_master_sync_last_io_seconds_ago, now - s->link.last_io);
}

static void tell_master(const struct server *s, int64_t now, struct info_out *out) {
    bool up = s->link.state == LINK_CONNECTED;
    int64_t read, applied;
    stream_offsets(s, &read, &applied);
    info_text(out, INFO_master_host, s->link.host);
    info_number(out, INFO_master_port, s->link.port);
    info_text(out, INFO_master_link_status, up ? "up" : "down");
    info_number(out, INFO_master_last_io_seconds_ago, s->master ? now - s->master->last_interaction : -1);
    info_number(out, INFO_master_sync_in_progress, s->link.state == LINK_TRANSFER);
    info_number(out, INFO_slave_read_repl_offset, read);
    info_number(out, INFO_slave_repl_offset, applied);
    if (s->link.state == LINK_TRANSFER) tell_transfer(s, now, out);
    if (!up) info_number(out, INFO_master_link_down_since_seconds, s->link.down_since ? now - s->link.down_since : -1);
    info_number(out, INFO_slave_priority, s->config.replica_priority);
    info_number(out, INFO_slave_read_only, s->config.replica_read_only);
    info_number(out, INFO_replica_announced, s->config.replica_announced);
}

/* --- as a master ----------------------------------------------------------------------------------------------- */

/* NULL: not shown. */
static const char *replica_state_word(enum replica_state state) {
    switch (state) {
    case REPLICA_WAIT_BGSAVE_START:
    case REPLICA_WAIT_BGSAVE_END:
        return "wait_bgsave";
    case REPLICA_SEND_BULK:
        return "send_bulk";
    case REPLICA_ONLINE:
        return "online";
    case REPLICA_NONE:
    case REPLICA_RDB_TRANSMITTED:
        break;
    }
    return NULL;
}

static const char *replica_host(const struct client *c) {
    if (c->replica.announced_ip) return c->replica.announced_ip;
    return c->conn ? host_peer_name(c->conn) : "?";
}

static void tell_replicas(const struct server *s, int64_t now, struct info_out *out) {
    int number = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        const char *state = replica_state_word(c->replica.state);
        if (!state) continue;
        int64_t lag = c->replica.state == REPLICA_ONLINE ? now - c->replica.ack_time : 0;
        info_numbered(out, INFO_SLAVE + number, "ip=%s,port=%d,state=%s,offset=%" PRId64 ",lag=%" PRId64,
                      replica_host(c), c->replica.listening_port, state, c->replica.ack_offset, lag);
        number++;
    }
}

void info_replication_section(const struct server *s, struct info_out *out) {
    int64_t now = host_wall_ms(s->host) / 1000;
    info_text(out, INFO_role, s->link.host ? "slave" : "master");
    if (s->link.host) tell_master(s, now, out);
    info_count(out, INFO_connected_slaves, s->replica_count);
    if (s->config.min_replicas_to_write && s->config.min_replicas_max_lag) {
        info_number(out, INFO_min_slaves_good_slaves, s->good_replicas);
    }
    tell_replicas(s, now, out);
    info_text(out, INFO_master_failover_state, failover_state_word(s));
    info_text(out, INFO_master_replid, s->replid);
    info_text(out, INFO_master_replid2, s->replid2);
    info_number(out, INFO_master_repl_offset, s->repl.offset);
    info_number(out, INFO_second_repl_offset, s->second_replid_offset);
    info_number(out, INFO_repl_backlog_active, s->repl.backlog);
    info_number(out, INFO_repl_backlog_size, s->config.repl_backlog_size);
    info_number(out, INFO_repl_backlog_first_byte_offset, s->repl.backlog ? s->repl.first_byte : 0);
    info_number(out, INFO_repl_backlog_histlen, s->repl.backlog ? s->repl.histlen : 0);
}

/* --- ROLE -------------------------------------------------------------------------------------------------------- */

static const char *link_word(enum link_state state) {
    switch (state) {
    case LINK_NONE:
        return "none";
    case LINK_CONNECT:
        return "connect";
    case LINK_CONNECTING:
        return "connecting";
    case LINK_TRANSFER:
        return "sync";
    case LINK_CONNECTED:
        return "connected";
    default:
        return "handshake";
    }
}

static void reply_decimal(struct client *c, int64_t n) {
    char digits[21];
    client_reply_bulk(c, (struct bytes){digits, resp_format_number(n, digits)});
}

static void role_of_master(struct client *c) {
    const struct server *s = c->server;
    const struct client *r;
    size_t online = 0;
    TAILQ_FOREACH(r, &s->replicas, replicas) online += r->replica.state == REPLICA_ONLINE;
    client_reply_array(c, 3);
    client_reply_bulk(c, resp_text("master"));
    client_reply_number(c, s->repl.offset);
    client_reply_array(c, online);
    TAILQ_FOREACH(r, &s->replicas, replicas) {
        if (r->replica.state != REPLICA_ONLINE) continue;
        client_reply_array(c, 3);
        client_reply_bulk(c, resp_text(replica_host(r)));
        reply_decimal(c, r->replica.listening_port);
        reply_decimal(c, r->replica.ack_offset);
    }
}

void role_command(struct client *c) {
    const struct server *s = c->server;
    if (!s->link.host) {
        role_of_master(c);
        return;
    }
    client_reply_array(c, 5);
    client_reply_bulk(c, resp_text("slave"));
    client_reply_bulk(c, resp_text(s->link.host));
    client_reply_number(c, s->link.port);
    client_reply_bulk(c, resp_text(link_word(s->link.state)));
    client_reply_number(c, s->master ? s->master->applied_offset : -1);
}
