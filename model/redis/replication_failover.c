/* FAILOVER: a master hands its role to one of its replicas (reference 12).
 *
 * It stops writes, waits until a replica has all of its stream, becomes that replica's replica, and asks it with PSYNC
 * ... FAILOVER to become the master. Whatever goes wrong after the first step makes it a master again, under a new id.
 * Order of the checks, wordings and what ends what are those of 7.0.15, measured. */
#include <assert.h>
#include <strings.h>

#include "model/redis/own_commands.h"
#include "model/redis/probes.h"

/* --- the state ---------------------------------------------------------------------------------------------------- */

const char *failover_state_word(const struct server *s) {
    switch (s->failover.state) {
    case FAILOVER_WAIT_FOR_SYNC:
        return "waiting-for-sync";
    case FAILOVER_IN_PROGRESS:
        return "failover-in-progress";
    case FAILOVER_NONE:
        break;
    }
    return "no-failover";
}

bool failover_holds_pings(struct server *s) {
    return s->failover.end_ms && server_is_paused(s, PAUSE_WRITES);
}

static void set_target(struct server *s, const char *host, size_t len, uint16_t port) {
    assert(!s->failover.host);
    s->failover.host = pool_strndup(s->pool, host, len);
    s->failover.port = port;
}

static void forget(struct server *s) {
    struct failover *f = &s->failover;
    if (f->host) pool_free(s->pool, f->host, strlen(f->host) + 1);
    *f = (struct failover){.state = FAILOVER_NONE};
    server_unpause(s, PAUSE_BY_FAILOVER);
}

void failover_done(struct server *s) {
    assert(s->failover.state == FAILOVER_IN_PROGRESS);
    PROBE(s, FAILOVER_DONE);
    forget(s);
}

void failover_abort(struct server *s, const char *why) {
    const struct failover *f = &s->failover;
    if (f->state == FAILOVER_NONE) return;
    if (f->host)
        host_log(s->host, LOG_NOTICE, "FAILOVER to %s:%u aborted: %s", f->host, (unsigned)f->port, why);
    else
        host_log(s->host, LOG_NOTICE, "FAILOVER to any replica aborted: %s", why);
    if (f->state == FAILOVER_IN_PROGRESS) {
        PROBE(s, FAILOVER_TAKEN_BACK);
        replication_unset_master(s);
    }
    forget(s);
}

/* --- progress ----------------------------------------------------------------------------------------------------- */

static const char *address_of(const struct client *replica) {
    return replica->replica.announced_ip ? replica->replica.announced_ip : host_peer_name(replica->conn);
}

static const struct client *find_replica(const struct server *s, struct bytes host, int64_t port) {
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        const char *address = address_of(c);
        if (strlen(address) == host.len && strncasecmp(address, host.at, host.len) == 0 &&
            c->replica.listening_port == port)
            break;
    }
    return c;
}

/* Whether it has all of the stream. Nobody asks whether it is online: before the first byte a replica that waits for
 * its snapshot counts, too. */
static bool is_synced(const struct server *s, const struct client *replica) {
    return replica->replica.ack_offset == s->repl.offset;
}

static const struct client *find_synced(const struct server *s) {
    const struct client *c;
    if (s->failover.host) {
        c = find_replica(s, resp_text(s->failover.host), s->failover.port);
        return c && is_synced(s, c) ? c : NULL;
    }
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (is_synced(s, c)) break;
    }
    return c;
}

/* Goes over: from here on this server is a replica of the target, with its own history as cached master. */
static void hand_over(struct server *s, const char *how) {
    struct failover *f = &s->failover;
    assert(f->host && f->state == FAILOVER_WAIT_FOR_SYNC);
    f->state = FAILOVER_IN_PROGRESS;
    host_log(s->host, LOG_NOTICE, how, f->host, (unsigned)f->port);
    replication_set_master(s, resp_text(f->host), f->port);
}

static void time_over(struct server *s) {
    if (s->failover.force) {
        PROBE(s, FAILOVER_FORCED);
        hand_over(s, "FAILOVER to %s:%u time out exceeded, failing over.");
    } else {
        PROBE(s, FAILOVER_TIMED_OUT);
        failover_abort(s, "Replica never caught up before timeout");
    }
}

void failover_check(struct server *s) {
    struct failover *f = &s->failover;
    if (f->state != FAILOVER_WAIT_FOR_SYNC) return;
    if (f->end_ms && f->end_ms <= s->noticed_ms) {
        time_over(s);
        return;
    }
    const struct client *synced = find_synced(s);
    if (!synced) return;
    if (!f->host) {
        const char *address = address_of(synced);
        set_target(s, address, strlen(address), synced->replica.listening_port);
    }
    PROBE(s, FAILOVER_HANDED_OVER);
    hand_over(s, "Failover target %s:%u is synced, failing over.");
}

/* --- the target's side -------------------------------------------------------------------------------------------- */

/* Why it stays what it is; NULL if it takes over. */
static const char *target_refusal(const struct server *s, struct bytes asked) {
    if (!server_is_replica(s)) return "ERR PSYNC FAILOVER can't be sent to a master.";
    bool same = asked.len == REPLID_LEN && strncasecmp(asked.at, s->replid, REPLID_LEN) == 0;
    return same ? NULL : "ERR PSYNC FAILOVER replid must match my replid.";
}

bool failover_accept(struct client *c, struct bytes asked) {
    struct server *s = c->server;
    host_log(s->host, LOG_WARNING, "Failover request received for replid %.*s.", (int)asked.len, asked.at);
    const char *no = target_refusal(s, asked);
    if (no) {
        PROBE(s, FAILOVER_REFUSED);
        client_reply_error(c, "%s", no);
        return false;
    }
    PROBE(s, FAILOVER_ACCEPTED);
    replication_unset_master(s);
    host_log(s->host, LOG_NOTICE, "MASTER MODE enabled (failover request from '%s')", client_info(c));
    return true;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

struct options {
    struct bytes host; /* at == NULL: any replica */
    int64_t port;
    int64_t timeout_ms; /* 0: none */
    bool force;
};

static bool read_number(struct client *c, struct bytes word, int64_t *n) {
    if (resp_parse_number(word, n)) return true;
    client_reply_error(c, "ERR value is not an integer or out of range");
    return false;
}

/* Each option once, in any order; the first mistake is told. */
static bool read_options(struct client *c, struct options *o) {
    const struct running *r = &c->server->running;
    for (size_t i = 1; i < r->argc; i++) {
        struct bytes word = r->argv[i];
        if (resp_word_is(word, "timeout") && i + 1 < r->argc && o->timeout_ms == 0) {
            if (!read_number(c, r->argv[++i], &o->timeout_ms)) return false;
            if (o->timeout_ms <= 0) {
                client_reply_error(c, "ERR FAILOVER timeout must be greater than 0");
                return false;
            }
        } else if (resp_word_is(word, "to") && i + 2 < r->argc && !o->host.at) {
            o->host = r->argv[i + 1];
            if (!read_number(c, r->argv[i + 2], &o->port)) return false;
            i += 2;
        } else if (resp_word_is(word, "force") && !o->force) {
            o->force = true;
        } else {
            client_reply_error(c, "ERR syntax error");
            return false;
        }
    }
    return true;
}

/* Why it cannot be begun; NULL if it can. */
static const char *refusal(const struct server *s, const struct options *o) {
    if (s->failover.state != FAILOVER_NONE) return "ERR FAILOVER already in progress.";
    if (server_is_replica(s)) return "ERR FAILOVER is not valid when server is a replica.";
    if (s->replica_count == 0) return "ERR FAILOVER requires connected replicas.";
    if (o->force && (!o->timeout_ms || !o->host.at))
        return "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
    if (!o->host.at) return NULL;
    const struct client *target = find_replica(s, o->host, o->port);
    if (!target) return "ERR FAILOVER target HOST and PORT is not a replica.";
    return replica_is_online(target) ? NULL : "ERR FAILOVER target replica is not online.";
}

static void begin(struct server *s, const struct options *o) {
    struct failover *f = &s->failover;
    PROBE(s, FAILOVER_REQUESTED);
    if (o->host.at) {
        set_target(s, o->host.at, o->host.len, (uint16_t)o->port);
        host_log(s->host, LOG_NOTICE, "FAILOVER requested to %s:%u.", f->host, (unsigned)f->port);
    } else {
        host_log(s->host, LOG_NOTICE, "FAILOVER requested to any replica.");
    }
    if (o->timeout_ms) f->end_ms = server_deadline(s, o->timeout_ms);
    f->force = o->force;
    f->state = FAILOVER_WAIT_FOR_SYNC;
    server_pause(s, PAUSE_BY_FAILOVER, PAUSE_WRITES, INT64_MAX);
}

void failover_command(struct client *c) {
    struct server *s = c->server;
    if (s->running.argc == 2 && resp_word_is(own_argument(c, 1), "abort")) {
        if (s->failover.state == FAILOVER_NONE) {
            client_reply_error(c, "ERR No failover in progress.");
            return;
        }
        failover_abort(s, "Failover manually aborted");
        client_reply_status(c, "OK");
        return;
    }
    struct options o = {.timeout_ms = 0};
    if (!read_options(c, &o)) return;
    const char *no = refusal(s, &o);
    if (no) {
        client_reply_error(c, "%s", no);
        return;
    }
    begin(s, &o);
    client_reply_status(c, "OK");
}
