/* What a master hears from its replicas: REPLCONF, acknowledgements, and how many replicas are good (reference 8.4
 * to 8.7). */
#include <assert.h>

#include "model/redis/own_commands.h"

enum { IP_LEN_MAX = 255 };

/* --- REPLCONF ----------------------------------------------------------------------------------------------------- */

static void take_ack(struct client *c, struct bytes word) {
    struct server *s = c->server;
    struct replica *r = &c->replica;
    int64_t offset;
    if (c->kind != CLIENT_REPLICA || !resp_parse_number(word, &offset)) return;
    if (offset > r->ack_offset) r->ack_offset = offset;
    r->ack_time = s->unixtime;
    struct happening h = {.kind = R_ACK, .peer = c->conn->peer, .conn = c->conn->id, .a = offset};
    host_note(s->host, &h);
    /* The ACK may be here before the cron has seen that the snapshot is done. */
    if (save_running(s) && r->state == REPLICA_WAIT_BGSAVE_END) save_check_done(s);
    if (!r->stream_on_ack || r->state != REPLICA_ONLINE) return;
    PROBE(s, REPLICA_LET_GO);
    replica_start_stream(c);
}

static bool take_ip(struct client *c, struct bytes word) {
    struct pool *pool = c->server->pool;
    if (word.len > IP_LEN_MAX) {
        client_reply_error(c, "ERR REPLCONF ip-address provided by replica instance is too long: %zu bytes", word.len);
        return false;
    }
    if (c->replica.announced_ip) pool_free(pool, c->replica.announced_ip, strlen(c->replica.announced_ip) + 1);
    c->replica.announced_ip = word.len ? pool_strndup(pool, word.at, word.len) : NULL;
    return true;
}

static bool take_number(struct client *c, struct bytes word, int64_t low, int64_t high, int64_t *n) {
    if (resp_parse_number(word, n) && *n >= low && *n <= high) return true;
    client_reply_error(c, "ERR value is not an integer or out of range");
    return false;
}

static bool take_option(struct client *c, struct bytes name, struct bytes value) {
    int64_t n;
    if (resp_word_is(name, "listening-port")) {
        if (!take_number(c, value, 0, UINT16_MAX, &n)) return false;
        c->replica.listening_port = (uint16_t)n;
    } else if (resp_word_is(name, "ip-address")) {
        return take_ip(c, value);
    } else if (resp_word_is(name, "capa")) {
        if (resp_word_is(value, "eof"))
            c->replica.capa |= CAPA_EOF;
        else if (resp_word_is(value, "psync2"))
            c->replica.capa |= CAPA_PSYNC2;
    } else if (resp_word_is(name, "rdb-only")) {
        if (!take_number(c, value, 0, 1, &n)) return false;
        c->replica.rdb_only = n == 1;
    } else {
        client_reply_error(c, "ERR Unrecognized REPLCONF option: %.*s", (int)name.len, name.at);
        return false;
    }
    return true;
}

void replconf_command(struct client *c) {
    struct server *s = c->server;
    if (s->running.argc % 2 == 0) {
        client_reply_error(c, "ERR syntax error");
        return;
    }
    for (size_t i = 1; i < s->running.argc; i += 2) {
        struct bytes name = s->running.argv[i], value = s->running.argv[i + 1];
        if (resp_word_is(name, "ack")) {
            take_ack(c, value);
            return;
        }
        if (resp_word_is(name, "getack")) {
            if (server_is_replica(s) && s->master) apply_send_ack(s);
            return;
        }
        if (!take_option(c, name, value)) return;
    }
    client_reply_status(c, "OK");
}

/* --- how many replicas are good ----------------------------------------------------------------------------------- */

void replication_refresh_good_replicas(struct server *s) {
    if (!s->config.min_replicas_to_write || !s->config.min_replicas_max_lag) return;
    int64_t good = 0;
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        int64_t lag = s->unixtime - c->replica.ack_time;
        if (replica_is_online(c) && lag <= s->config.min_replicas_max_lag) good++;
    }
    s->good_replicas = good;
}

bool replication_too_few_replicas(const struct server *s) {
    return !server_is_replica(s) && s->config.min_replicas_to_write && s->config.min_replicas_max_lag &&
           s->good_replicas < s->config.min_replicas_to_write;
}

int64_t replication_count_acks(const struct server *s, int64_t offset) {
    int64_t count = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (replica_is_online(c) && c->replica.ack_offset >= offset) count++;
    }
    return count;
}
