/* What commands make the stream carry.
 *
 * A command's effects are collected while it runs and fed when it is over: one command as it is, several wrapped in
 * MULTI .. EXEC, so that replicas see all or nothing (reference 7.7 to 7.9). */
#include <assert.h>

#include "model/redis/server.h"

static bool stream_wanted(const struct server *s) {
    return s->repl.backlog && !server_is_replica(s);
}

bool propagate_wanted(const struct server *s) {
    return s->aof.state != AOF_OFF || stream_wanted(s);
}

void propagate_add(struct server *s, const struct stream_op *op) {
    assert(op->count > 0 && op->db >= 0);
    struct stream_ops *list = &s->ops;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        list->ops = pool_resize(s->pool, list->ops, list->room * sizeof(*list->ops), room * sizeof(*list->ops));
        list->room = room;
    }
    list->ops[list->count++] = *op;
}

void stream_put_select(struct buffer *out, int db, int *selected) {
    if (db == *selected) return;
    char number[21];
    struct bytes words[] = {{"SELECT", 6}, {number, resp_format_number(db, number)}};
    resp_put_request(out, words, 2);
    *selected = db;
}

void stream_put_op(struct buffer *out, const struct stream_op *op, int *selected) {
    stream_put_select(out, op->db, selected);
    if (op->raw.at)
        buffer_put(out, op->raw.at, op->raw.len);
    else
        resp_put_request(out, op->words, op->count);
}

static void feed_many(struct server *s) {
    const struct stream_ops *list = &s->ops;
    bool transaction = list->count > 1, expiry = true;
    buffer_clear(&s->feed);
    if (transaction) buffer_puts(&s->feed, "*1\r\n$5\r\nMULTI\r\n");
    for (size_t i = 0; i < list->count; i++) {
        stream_put_op(&s->feed, &list->ops[i], &s->stream_db);
        expiry = expiry && list->ops[i].expiry;
    }
    if (transaction) buffer_puts(&s->feed, "*1\r\n$4\r\nEXEC\r\n");
    replication_feed(s, buffer_bytes(&s->feed), keyspace_digest(s->ks), expiry ? FEED_EXPIRE : 0);
}

void propagate_flush(struct server *s, struct dataset_digest before) {
    struct stream_ops *list = &s->ops;
    if (list->count == 0) return;
    if (s->aof.state != AOF_OFF) aof_append(s, list);
    /* The command itself may have made this server a replica, or freed its backlog. */
    if (stream_wanted(s)) {
        replication_feed_select(s, list->ops[0].db, before);
        if (list->count == 1 && list->ops[0].raw.at) {
            replication_feed(s, list->ops[0].raw, keyspace_digest(s->ks), 0);
        } else {
            feed_many(s);
        }
    }
    list->count = 0;
}

static void note_change(struct server *s, const struct client *c, unsigned flags) {
    struct dataset_digest after = keyspace_digest(s->ks);
    struct happening h = {.kind = R_WRITE,
                          .peer = c ? c->conn->peer : NO_PARTY,
                          .conn = c ? c->conn->id : 0,
                          .flags = (uint16_t)flags,
                          .a = s->repl.offset,
                          .b = (int64_t)after.low,
                          .c = (int64_t)after.high,
                          .d = c ? (int64_t)c->commands : 0};
    host_note(s->host, &h);
}

void propagate_note_write(struct server *s, const struct client *c) {
    note_change(s, c, 0);
}

void propagate_note_alone(struct server *s, enum write_flag why) {
    assert(server_is_replica(s));
    note_change(s, NULL, why);
}

/* A key was deleted outside any command. */
static void propagate_deletion(struct server *s, int db, struct bytes key, bool lazy, struct dataset_digest before) {
    assert(s->ops.count == 0);
    if (!propagate_wanted(s)) return;
    struct bytes words[] = {lazy ? resp_text("UNLINK") : resp_text("DEL"), key};
    propagate_add(s, &(struct stream_op){.db = db, .words = words, .count = 2, .expiry = true});
    propagate_flush(s, before);
}

void propagate_expired(struct server *s, int db, struct bytes key, struct dataset_digest before) {
    s->stats.expired_keys++;
    propagate_deletion(s, db, key, s->config.lazyfree_lazy_expire, before);
}

void propagate_evicted(struct server *s, int db, struct bytes key, struct dataset_digest before) {
    s->stats.evicted_keys++;
    propagate_deletion(s, db, key, s->config.lazyfree_lazy_eviction, before);
    if (server_is_replica(s))
        propagate_note_alone(s, WRITE_EVICTED);
    else if (!s->repl.backlog)
        propagate_note_write(s, NULL);
}
