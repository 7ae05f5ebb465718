/* A dataset as the commands that make it: a base file with `aof-use-rdb-preamble no`. See aof.h. */
#include <assert.h>

#include "model/redis/list.h"
#include "model/redis/resp.h"
#include "model/redis/server.h"
#include "model/redis/snapshot.h"
#include "model/redis/zset.h"

enum { ITEMS_PER_COMMAND = 64 }; /* AOF_REWRITE_ITEMS_PER_CMD */

struct aof_text {
    struct pool *pool;
    struct snapshot *snapshot;
    struct snapshot_cursor cursor;
    bool db_begun;
    uint64_t keys;
    struct entry entry; /* the key that is being written */
    bool in_key;
    uint32_t next; /* its first element that is not */
};

struct aof_text *aof_text_open(struct pool *pool, struct snapshot *snapshot) {
    struct aof_text *t = POOL_NEW(pool, struct aof_text);
    t->pool = pool;
    t->snapshot = snapshot;
    return t;
}

void aof_text_close(struct aof_text *t) {
    pool_free(t->pool, t, sizeof(*t));
}

uint64_t aof_text_keys(const struct aof_text *t) {
    return t->keys;
}

static void put_element(const struct aof_text *t, struct buffer *out, uint32_t i) {
    const union object value = t->entry.value;
    switch (t->entry.type) {
    case OBJECT_LIST:
        resp_put_bulk(out, list_at(value.list, i));
        break;
    case OBJECT_SET:
        resp_put_bulk(out, text_bytes(value.table->elements[i].name));
        break;
    case OBJECT_HASH:
        resp_put_bulk(out, text_bytes(value.table->elements[i].name));
        resp_put_bulk(out, text_bytes(value.table->elements[i].value));
        break;
    case OBJECT_ZSET: {
        const struct element *e = &value.zset->table->elements[i];
        char score[SCORE_ROOM];
        resp_put_bulk(out, (struct bytes){score, score_format(e->score, score)});
        resp_put_bulk(out, text_bytes(e->name));
        break;
    }
    default:
        assert(false && "a collection");
    }
}

/* The next elements, at most ITEMS_PER_COMMAND of them, as one command. */
static void put_elements(struct aof_text *t, struct buffer *out) {
    static const char *const commands[OBJECT_TYPES] = {
        [OBJECT_LIST] = "RPUSH", [OBJECT_SET] = "SADD", [OBJECT_ZSET] = "ZADD", [OBJECT_HASH] = "HMSET"};
    bool pairs = t->entry.type == OBJECT_HASH || t->entry.type == OBJECT_ZSET;
    uint32_t left = (uint32_t)object_count(t->entry.type, t->entry.value) - t->next;
    uint32_t n = left < ITEMS_PER_COMMAND ? left : ITEMS_PER_COMMAND;
    resp_put_array(out, 2 + (size_t)n * (pairs ? 2 : 1));
    resp_put_bulk(out, resp_text(commands[t->entry.type]));
    resp_put_bulk(out, text_bytes(t->entry.key));
    for (uint32_t i = 0; i < n; i++) put_element(t, out, t->next + i);
    t->next += n;
    t->in_key = n < left;
}

static void put_deadline(const struct aof_text *t, struct buffer *out) {
    char text[21];
    struct bytes words[] = {resp_text("PEXPIREAT"), text_bytes(t->entry.key), {text, 0}};
    words[2].len = resp_format_number(t->entry.deadline, text);
    resp_put_request(out, words, 3);
}

static void put_value(struct aof_text *t, struct buffer *out) {
    if (t->entry.type == OBJECT_STRING) {
        struct bytes words[] = {resp_text("SET"), text_bytes(t->entry.key), text_bytes(t->entry.value.text)};
        resp_put_request(out, words, 3);
        t->in_key = false;
    } else {
        put_elements(t, out);
    }
    if (!t->in_key && t->entry.deadline != NO_DEADLINE) put_deadline(t, out);
}

static void put_select(const struct aof_text *t, struct buffer *out) {
    char text[21];
    struct bytes words[] = {resp_text("SELECT"), {text, resp_format_number(t->cursor.db, text)}};
    resp_put_request(out, words, 2);
}

/* Goes on to the next key, selecting its database first; false when there is none. */
static bool next_key(struct aof_text *t, struct buffer *out) {
    for (; t->cursor.db < KEYSPACE_DBS; t->cursor.db++, t->cursor.slot = 0, t->db_begun = false) {
        const struct entry *e = snapshot_next(t->snapshot, &t->cursor);
        if (!e) continue;
        if (!t->db_begun) put_select(t, out);
        t->db_begun = true;
        t->entry = *e;
        t->next = 0;
        t->in_key = true;
        t->keys++;
        return true;
    }
    return false;
}

bool aof_text_step(struct aof_text *t, size_t bytes, struct buffer *out) {
    size_t begin = out->len;
    while (out->len - begin < bytes) {
        if (!t->in_key && !next_key(t, out)) return false;
        put_value(t, out);
    }
    return true;
}
