/* Identity and stream: replication ids, offsets, the backlog's life, and feeding (reference 2 and 7). */
#include <assert.h>

#include "model/redis/server.h"

/* --- ids ---------------------------------------------------------------------------------------------------------- */

void replication_note_id(struct server *s, enum id_cause cause) {
    char text[2 * REPLID_LEN + 1];
    memcpy(text, s->replid, REPLID_LEN);
    memcpy(text + REPLID_LEN, s->replid2, REPLID_LEN);
    struct happening h = {.kind = R_ID,
                          .peer = NO_PARTY,
                          .a = s->repl.offset,
                          .b = s->second_replid_offset,
                          .d = cause,
                          .text = text,
                          .len = 2 * REPLID_LEN};
    host_note(s->host, &h);
}

void replication_random_id(struct server *s, char id[REPLID_ROOM]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < REPLID_LEN; i += 8) {
        uint64_t bits = chance_bits(&s->id_chance);
        for (size_t k = 0; k < 8; k++) id[i + k] = digits[(bits >> (4 * k)) & 15];
    }
    id[REPLID_LEN] = 0;
}

void replication_new_id(struct server *s, enum id_cause cause) {
    replication_random_id(s, s->replid);
    replication_note_id(s, cause);
}

void replication_clear_second_id(struct server *s) {
    memset(s->replid2, '0', REPLID_LEN);
    s->replid2[REPLID_LEN] = 0;
    s->second_replid_offset = -1;
}

/* What we have of the old history is a prefix of it up to our offset: the byte after it is the first that may be asked
 * for under the old id. */
void replication_shift_id(struct server *s) {
    memcpy(s->replid2, s->replid, sizeof(s->replid2));
    s->second_replid_offset = s->repl.offset + 1;
    replication_new_id(s, ID_PROMOTED);
    host_log(s->host, LOG_WARNING,
             "Setting secondary replication ID to %s, valid up to offset: %lld. New replication ID is %s", s->replid2,
             (long long)s->second_replid_offset, s->replid);
}

/* --- the backlog's life ------------------------------------------------------------------------------------------- */

void replication_create_backlog(struct server *s, bool new_id) {
    if (s->repl.backlog) return;
    repl_buffer_create_backlog(&s->repl);
    host_probe(s->host, new_id ? PROBE_BACKLOG_CREATED_NEW_ID : PROBE_BACKLOG_CREATED_SAME_ID);
    if (!new_id) return;
    /* Writes made without a backlog did not move the offset: under the old id they would be invisible. */
    replication_clear_second_id(s);
    replication_new_id(s, ID_BACKLOG_CREATED);
    host_log(s->host, LOG_NOTICE, "Replication backlog created, my new replication IDs are '%s' and '%s'", s->replid,
             s->replid2);
}

void replication_free_backlog(struct server *s) {
    assert(TAILQ_EMPTY(&s->replicas));
    repl_buffer_free_backlog(&s->repl);
}

/* --- feeding ------------------------------------------------------------------------------------------------------ */

/* Replicas for whom the stream is kept begin at the new bytes if nothing was pending for them. */
static void install_readers(struct server *s, const struct repl_fed *fed) {
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (!replica_is_fed(c)) continue;
        if (!c->replica.stream.block) repl_reader_start(&c->replica.stream, fed->start);
        if (fed->new_block) client_check_output_limit(c);
    }
}

static void append(struct server *s, struct bytes bytes) {
    int64_t oldest = s->repl.first_byte;
    while (bytes.len) {
        struct repl_fed fed;
        size_t n = repl_buffer_append(&s->repl, bytes, &fed);
        install_readers(s, &fed);
        repl_buffer_settle(&s->repl, &fed);
        bytes.at += n;
        bytes.len -= n;
    }
    if (s->repl.first_byte != oldest) PROBE(s, BACKLOG_TRIMMED);
}

static void queue_writes(struct server *s) {
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (c->replica.stream_ready) client_queue_write(c);
    }
}

/* Two defects lose or repeat the first command that is buffered for a replica during its snapshot. */
static void mark_odd_command(struct server *s, struct bytes bytes) {
    struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        struct replica *r = &c->replica;
        if (r->state != REPLICA_WAIT_BGSAVE_END || r->odd_to) continue;
        r->odd_from = s->repl.offset;
        r->odd_to = s->repl.offset + (int64_t)bytes.len;
        buffer_clear(&r->replay);
        if (defect_on(s, DEFECT_REPLAY_COMMAND_TWICE)) buffer_put(&r->replay, bytes.at, bytes.len);
    }
}

void replication_feed(struct server *s, struct bytes bytes, struct dataset_digest digest, unsigned flags) {
    if (!s->repl.backlog) return;
    bool odd = defect_on(s, DEFECT_DROP_ONE_BUFFERED_COMMAND) || defect_on(s, DEFECT_REPLAY_COMMAND_TWICE);
    if (odd && !(flags & FEED_ADMIN)) mark_odd_command(s, bytes);
    append(s, bytes);
    queue_writes(s);
    struct happening h = {.kind = R_FEED,
                          .peer = NO_PARTY,
                          .flags = (uint16_t)flags,
                          .a = s->repl.offset,
                          .b = (int64_t)digest.low,
                          .c = (int64_t)digest.high,
                          .d = (int64_t)bytes.len,
                          .text = bytes.at,
                          .len = (uint32_t)bytes.len};
    host_note(s->host, &h);
}

void replication_feed_proxy(struct server *s, struct bytes bytes) {
    if (!s->repl.backlog) {
        s->repl.offset += (int64_t)bytes.len;
        return;
    }
    append(s, bytes);
    queue_writes(s);
}

void replication_feed_select(struct server *s, int db, struct dataset_digest before) {
    if (s->stream_db == db) return;
    s->stream_db = db;
    char number[21];
    struct bytes words[] = {{"SELECT", 6}, {number, resp_format_number(db, number)}};
    buffer_clear(&s->feed);
    resp_put_request(&s->feed, words, 2);
    replication_feed(s, buffer_bytes(&s->feed), before, FEED_ADMIN);
}

void replication_feed_admin(struct server *s, const char *const *words) {
    /* WAIT may have asked for a GETACK in the turn in which REPLICAOF came: a replica's stream is its master's. */
    if (!s->repl.backlog || server_is_replica(s)) return;
    struct dataset_digest digest = keyspace_digest(s->ks);
    buffer_clear(&s->feed);
    resp_put_words(&s->feed, words);
    replication_feed(s, buffer_bytes(&s->feed), digest, FEED_ADMIN);
}
