/* Writing an RDB file from a snapshot, a piece at a time. See rdb.h. */
#include <assert.h>

#include "model/redis/lzf.h"
#include "model/redis/rdb.h"
#include "model/redis/rdb_format.h"
#include "model/redis/resp.h"
#include "model/redis/snapshot.h"

enum {
    COMPRESS_FROM = 21, /* shorter strings are not worth it */
    INT_TEXT_MAX = 11   /* the longest number that fits in 32 bits */
};

struct rdb_writer {
    struct pool *pool;
    struct snapshot *snapshot;
    struct rdb_info info;
    uint64_t crc;
    bool begun; /* the header was written */
    bool ended;
    uint64_t keys;   /* begun */
    uint64_t spared; /* bytes, by compression */
    struct snapshot_cursor cursor;
    bool db_begun; /* the cursor's database was announced */
    /* The value being written; type OBJECT_NONE between keys. */
    enum object_type type;
    union object value;
    uint32_t next; /* its next element */
    struct buffer scratch;
};

/* --- lengths and strings ------------------------------------------------------------------------------------ */

static void put_byte(struct buffer *out, unsigned byte) {
    buffer_putc(out, (char)byte);
}

static void put_little_endian(struct buffer *out, uint64_t value, size_t n) {
    for (; n > 0; n--, value >>= 8) put_byte(out, (unsigned)(value & 0xff));
}

static void put_big_endian(struct buffer *out, uint64_t value, size_t n) {
    while (n-- > 0) put_byte(out, (unsigned)(value >> (8 * n) & 0xff));
}

static void put_length(struct buffer *out, uint64_t n) {
    if (n < 1 << 6) {
        put_byte(out, (unsigned)n);
    } else if (n < 1 << 14) {
        put_big_endian(out, n | RDB_LEN_14 << 14, 2);
    } else if (n <= UINT32_MAX) {
        put_byte(out, RDB_LEN_32);
        put_big_endian(out, n, 4);
    } else {
        put_byte(out, RDB_LEN_64);
        put_big_endian(out, n, 8);
    }
}

/* A string that is a number of up to 32 bits takes 2, 3 or 5 bytes. */
static bool put_as_number(struct buffer *out, struct bytes b) {
    int64_t n;
    if (b.len > INT_TEXT_MAX || !resp_parse_number(b, &n) || n < INT32_MIN || n > INT32_MAX) return false;
    enum rdb_encoding e = n >= INT8_MIN && n <= INT8_MAX     ? RDB_INT8
                          : n >= INT16_MIN && n <= INT16_MAX ? RDB_INT16
                                                             : RDB_INT32;
    put_byte(out, RDB_LEN_SPECIAL << 6 | e);
    put_little_endian(out, (uint64_t)n, (size_t)1 << e);
    return true;
}

/* Compressed if that saves at least four bytes, as the real server does. */
static bool put_compressed(struct rdb_writer *w, struct buffer *out, struct bytes b) {
    if (w->info.uncompressed || b.len < COMPRESS_FROM) return false;
    buffer_clear(&w->scratch);
    buffer_reserve(&w->scratch, b.len);
    size_t size = lzf_compress(b, w->scratch.at, b.len - 4);
    if (size == 0) return false;
    put_byte(out, RDB_LEN_SPECIAL << 6 | RDB_LZF);
    put_length(out, size);
    put_length(out, b.len);
    buffer_put(out, w->scratch.at, size);
    w->spared += b.len - size;
    return true;
}

static void put_string(struct rdb_writer *w, struct buffer *out, struct bytes b) {
    if (put_as_number(out, b) || put_compressed(w, out, b)) return;
    put_length(out, b.len);
    buffer_put(out, b.at, b.len);
}

/* --- the parts of a file ------------------------------------------------------------------------------------ */

static void put_aux(struct rdb_writer *w, struct buffer *out, const char *name, struct bytes value) {
    put_byte(out, RDB_AUX);
    put_string(w, out, resp_text(name));
    put_string(w, out, value);
}

static void put_aux_number(struct rdb_writer *w, struct buffer *out, const char *name, int64_t n) {
    char text[21];
    size_t len = resp_format_number(n, text);
    put_aux(w, out, name, (struct bytes){text, len});
}

static void put_header(struct rdb_writer *w, struct buffer *out) {
    buffer_printf(out, "REDIS%04d", RDB_VERSION);
    put_aux(w, out, "redis-ver", resp_text("7.0.15"));
    put_aux_number(w, out, "redis-bits", 64);
    put_aux_number(w, out, "ctime", w->info.ctime);
    put_aux_number(w, out, "used-mem", (int64_t)w->info.used_mem);
    if (w->info.has_replication) {
        put_aux_number(w, out, "repl-stream-db", w->info.stream_db);
        put_aux(w, out, "repl-id", resp_text(w->info.repl_id));
        put_aux_number(w, out, "repl-offset", w->info.repl_offset);
    }
    put_aux_number(w, out, "aof-base", w->info.aof_base);
}

static void put_database_header(const struct rdb_writer *w, struct buffer *out) {
    put_byte(out, RDB_SELECTDB);
    put_length(out, (uint64_t)w->cursor.db);
    put_byte(out, RDB_RESIZEDB);
    put_length(out, snapshot_size(w->snapshot, w->cursor.db));
    put_length(out, snapshot_expires(w->snapshot, w->cursor.db));
}

static enum rdb_type rdb_type_of(enum object_type type) {
    static const enum rdb_type types[OBJECT_TYPES] = {RDB_STRING, RDB_STRING, RDB_LIST, RDB_SET, RDB_ZSET, RDB_HASH};
    assert(type != OBJECT_NONE && type < OBJECT_TYPES);
    return types[type];
}

static void put_use(const struct rdb_writer *w, struct buffer *out, const struct entry *e) {
    const struct access_clock *clock = &w->info.access;
    if (clock->frequency) {
        put_byte(out, RDB_FREQ);
        put_byte(out, access_frequency(clock, e->access));
    } else {
        put_byte(out, RDB_IDLE);
        put_length(out, access_idle(clock, e->access));
    }
}

/* Everything of a key up to its first element; the elements follow in later calls. */
static void begin_key(struct rdb_writer *w, struct buffer *out, const struct entry *e) {
    if (e->deadline != NO_DEADLINE) {
        put_byte(out, RDB_EXPIRE_MS);
        put_little_endian(out, (uint64_t)e->deadline, 8);
    }
    if (w->info.with_use) put_use(w, out, e);
    put_byte(out, rdb_type_of(e->type));
    put_string(w, out, text_bytes(e->key));
    w->type = e->type;
    w->value = e->value;
    w->next = 0;
    if (e->type != OBJECT_STRING) put_length(out, object_count(e->type, e->value));
}

static void put_element(struct rdb_writer *w, struct buffer *out) {
    uint32_t i = w->next;
    switch (w->type) {
    case OBJECT_STRING:
        put_string(w, out, text_bytes(w->value.text));
        break;
    case OBJECT_LIST:
        put_string(w, out, list_at(w->value.list, i));
        break;
    case OBJECT_SET:
        put_string(w, out, text_bytes(w->value.table->elements[i].name));
        break;
    case OBJECT_HASH:
        put_string(w, out, text_bytes(w->value.table->elements[i].name));
        put_string(w, out, text_bytes(w->value.table->elements[i].value));
        break;
    case OBJECT_ZSET: {
        const struct element *e = &w->value.zset->table->elements[i];
        uint64_t bits;
        memcpy(&bits, &e->score, sizeof bits);
        put_string(w, out, text_bytes(e->name));
        put_little_endian(out, bits, 8);
        break;
    }
    default:
        assert(false && "a value");
    }
    w->next++;
}

/* --- one piece after the other ------------------------------------------------------------------------------- */

/* Goes on to the next key, announcing its database first; false when there is none. */
static bool next_key(struct rdb_writer *w, struct buffer *out) {
    for (; w->cursor.db < KEYSPACE_DBS; w->cursor.db++, w->cursor.slot = 0, w->db_begun = false) {
        const struct entry *e = snapshot_next(w->snapshot, &w->cursor);
        if (!e) continue;
        if (!w->db_begun) put_database_header(w, out);
        w->db_begun = true;
        w->keys++;
        begin_key(w, out, e);
        return true;
    }
    return false;
}

/* Writes the next small part; false when all are written but the CRC. */
static bool put_part(struct rdb_writer *w, struct buffer *out) {
    if (!w->begun) {
        put_header(w, out);
        w->begun = true;
    } else if (w->type != OBJECT_NONE) {
        put_element(w, out);
        if (w->next == object_count(w->type, w->value)) w->type = OBJECT_NONE;
    } else if (!next_key(w, out)) {
        put_byte(out, RDB_EOF);
        return false;
    }
    return true;
}

struct rdb_writer *rdb_writer_open(struct pool *pool, struct snapshot *snapshot, const struct rdb_info *info) {
    struct rdb_writer *w = POOL_NEW(pool, struct rdb_writer);
    w->pool = pool;
    w->snapshot = snapshot;
    w->info = *info;
    buffer_init(&w->scratch, pool);
    return w;
}

bool rdb_writer_step(struct rdb_writer *w, size_t bytes, struct buffer *out) {
    assert(!w->ended);
    size_t begin = out->len;
    bool more = true;
    while (more && out->len - begin < bytes) more = put_part(w, out);
    w->crc = rdb_crc64(w->crc, out->at + begin, out->len - begin);
    if (!more) put_little_endian(out, w->crc, 8);
    w->ended = !more;
    return more;
}

uint64_t rdb_writer_keys_saved(const struct rdb_writer *w) {
    return w->keys;
}

uint64_t rdb_writer_bytes_spared(const struct rdb_writer *w) {
    return w->spared;
}

void rdb_writer_close(struct rdb_writer *w) {
    buffer_free(&w->scratch);
    pool_free(w->pool, w, sizeof *w);
}
