/* Clients that wait: WAIT, blocking pops, pauses. */
#include <assert.h>

#include "model/redis/server.h"

void client_block(struct client *c, enum blocked_why why, int64_t deadline_ms) {
    struct server *s = c->server;
    assert(c->blocked.why == BLOCKED_NONE && why != BLOCKED_NONE);
    c->blocked.why = why;
    c->blocked.deadline_ms = deadline_ms;
    TAILQ_INSERT_TAIL(&s->blocked, c, blocked.entry);
    s->blocked_count++;
}

void client_forget_block(struct client *c) {
    struct server *s = c->server;
    if (c->blocked.why == BLOCKED_NONE) return;
    if (c->blocked.why == BLOCKED_KEYS) multi_forget(c);
    s->blocked_count--;
    TAILQ_REMOVE(&s->blocked, c, blocked.entry);
    c->blocked.why = BLOCKED_NONE;
}

void client_unblock(struct client *c) {
    client_forget_block(c);
    if (c->flags & CLIENT_UNBLOCKED) return;
    c->flags |= CLIENT_UNBLOCKED;
    TAILQ_INSERT_TAIL(&c->server->unblocked, c, unblocked);
}

void blocked_process_unblocked(struct server *s) {
    struct client *c;
    while ((c = TAILQ_FIRST(&s->unblocked))) {
        TAILQ_REMOVE(&s->unblocked, c, unblocked);
        c->flags &= ~(unsigned)CLIENT_UNBLOCKED;
        client_process_input(c);
    }
}

/* --- WAIT --------------------------------------------------------------------------------------------------------- */

static void answer_wait(struct client *c, int64_t acks, int64_t wanted, int64_t offset) {
    struct happening h = {
        .kind = R_WAIT, .peer = c->conn->peer, .conn = c->conn->id, .a = acks, .b = wanted, .c = offset};
    host_note(c->server->host, &h);
    client_reply_number(c, acks);
    client_queue_write(c);
}

void wait_command(struct client *c) {
    struct server *s = c->server;
    if (server_is_replica(s)) {
        client_reply_error(
            c, "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a "
               "replica is configured to be writable (which is not the default) writes to replicas are just "
               "local and are not propagated.");
        return;
    }
    int64_t wanted, timeout;
    if (!resp_parse_number(s->running.argv[1], &wanted)) {
        client_reply_error(c, "ERR value is not an integer or out of range");
        return;
    }
    if (!resp_parse_number(s->running.argv[2], &timeout)) {
        client_reply_error(c, "ERR timeout is not an integer or out of range");
        return;
    }
    if (timeout < 0) {
        client_reply_error(c, "ERR timeout is negative");
        return;
    }
    /* What counts is what this connection has seen done, not the newest of all (reference 8.6). */
    int64_t acks = replication_count_acks(s, c->woff);
    if (acks >= wanted || (c->flags & CLIENT_IN_MULTI)) {
        PROBE(s, WAIT_AT_ONCE);
        answer_wait(c, acks, wanted, c->woff);
        return;
    }
    PROBE(s, WAIT_BLOCKED);
    client_block(c, BLOCKED_WAIT, timeout ? s->mstime + timeout : 0);
    c->blocked.wait_replicas = wanted;
    c->blocked.wait_offset = c->woff;
    s->getack_wanted = true;
}

void blocked_serve_waits(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
        next = TAILQ_NEXT(c, blocked.entry);
        if (c->blocked.why != BLOCKED_WAIT) continue;
        int64_t acks = replication_count_acks(s, c->blocked.wait_offset);
        if (acks < c->blocked.wait_replicas) continue;
        PROBE(s, WAIT_SERVED);
        answer_wait(c, acks, c->blocked.wait_replicas, c->blocked.wait_offset);
        client_unblock(c);
    }
}

/* --- blocking pops ------------------------------------------------------------------------------------------------ */

void blocked_on_keys(struct client *c, int64_t timeout_ms) {
    struct server *s = c->server;
    s->still_blocked = true;
    if (c->blocked.why == BLOCKED_KEYS) return; /* tried again in vain */
    client_block(c, BLOCKED_KEYS, timeout_ms ? s->mstime + timeout_ms : 0);
    multi_forget(c);
    multi_keep(c, &s->running); /* the command waits where those of a MULTI do */
}

/* Tries the command of a client that waits; true if it was served. */
static bool try_again(struct client *c) {
    struct running r = multi_command_at(c, 0);
    c->server->still_blocked = false;
    dispatch_retry(c, &r);
    if (c->server->still_blocked) return false;
    PROBE(c->server, POP_SERVED);
    client_queue_write(c);
    client_unblock(c);
    return true;
}

/* Offers what was pushed to those who wait, the longest waiting first. */
void blocked_serve_keys(struct server *s) {
    struct client *next;
    bool served = true;
    while (served) {
        served = s->keys_became_ready = false;
        for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
            next = TAILQ_NEXT(c, blocked.entry);
            if (c->blocked.why == BLOCKED_KEYS && try_again(c)) served = true;
        }
        served = served && s->keys_became_ready;
    }
}

/* --- the clock ---------------------------------------------------------------------------------------------------- */

static void time_out(struct client *c) {
    if (c->blocked.why == BLOCKED_WAIT) {
        int64_t acks = replication_count_acks(c->server, c->blocked.wait_offset);
        PROBE(c->server, WAIT_TIMED_OUT);
        answer_wait(c, acks, c->blocked.wait_replicas, c->blocked.wait_offset);
    } else {
        client_reply_nil_array(c);
        client_queue_write(c);
    }
    client_unblock(c);
}

void blocked_end_early(struct client *c, bool with_error) {
    if (!with_error) {
        time_out(c);
        return;
    }
    client_reply_error(c, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
    client_queue_write(c);
    client_unblock(c);
}

void blocked_check_timeouts(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
        next = TAILQ_NEXT(c, blocked.entry);
        if (c->blocked.deadline_ms && c->blocked.deadline_ms < s->mstime) time_out(c);
    }
}

void blocked_disconnect_all(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
        next = TAILQ_NEXT(c, blocked.entry);
        if (c->blocked.why != BLOCKED_WAIT && c->blocked.why != BLOCKED_KEYS) continue;
        PROBE(s, BLOCKED_TURNED_OUT);
        client_reply_error(
            c, "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
        client_unblock(c);
        client_close_after_reply(c);
    }
}

void blocked_end_pause(struct server *s) {
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
        next = TAILQ_NEXT(c, blocked.entry);
        if (c->blocked.why == BLOCKED_PAUSE) client_unblock(c);
    }
}
