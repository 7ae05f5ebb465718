/* Reading an RDB file: header, opcodes and keys. See rdb_reader.h. */
#include <assert.h>
#include <stdlib.h>

#include "model/redis/rdb_reader.h"
#include "model/redis/resp.h"

enum { MAGIC_LEN = 9, MAGIC_WORD = 5, CRC_LEN = 8, CRC_SINCE = 5 /* version */ };

static void next_part(struct rdb_reader *r);

/* --- aux fields ------------------------------------------------------------------------------------------- */

static bool is(const struct buffer *b, const char *word) {
    return b->len == strlen(word) && memcmp(b->at, word, b->len) == 0;
}

/* The three replication fields count only together (reference 11.1). */
static void note_replication(struct rdb_reader *r) {
    struct rdb_info *info = &r->info;
    info->has_replication = info->repl_id[0] && info->repl_offset >= 0 && info->stream_db >= 0;
}

static void aux_value(struct rdb_reader *r) {
    struct rdb_info *info = &r->info;
    int64_t n = 0;
    bool number = resp_parse_number(buffer_bytes(&r->text), &n);
    if (is(&r->aux, "repl-id") && r->text.len == sizeof info->repl_id - 1)
        memcpy(info->repl_id, r->text.at, sizeof info->repl_id);
    else if (is(&r->aux, "repl-offset") && number)
        info->repl_offset = n;
    else if (is(&r->aux, "repl-stream-db") && number)
        info->stream_db = n;
    else if (is(&r->aux, "ctime") && number)
        info->ctime = n;
    else if (is(&r->aux, "used-mem") && number)
        info->used_mem = (uint64_t)n;
    else if (is(&r->aux, "aof-base") && number)
        info->aof_base = n != 0;
    note_replication(r);
    next_part(r);
}

static void aux_name(struct rdb_reader *r) {
    buffer_clear(&r->aux);
    buffer_put(&r->aux, r->text.at, r->text.len);
    rdb_want_string(r, aux_value);
}

/* --- keys ------------------------------------------------------------------------------------------------- */

/* Loading on a master drops what has expired; on a replica the master's DEL will come. */
static bool is_dropped(const struct rdb_reader *r) {
    return r->drop_before_ms > 0 && r->deadline != NO_DEADLINE && r->deadline < r->drop_before_ms;
}

void rdb_end_key(struct rdb_reader *r) {
    struct database *db = keyspace_database(r->into, r->db);
    struct bytes key = text_bytes(r->key);
    bool empty = object_count(r->object_type, r->object) == 0;
    if (!empty && !is_dropped(r)) {
        if (database_find(db, key)) {
            rdb_fail_here(r, "RDB has duplicated key '%.*s' in DB %d", (int)key.len, key.at, r->db);
            return;
        }
        struct entry *e = database_add(db, key, r->object_type, r->object);
        if (r->use.kind != USE_UNKNOWN) e->access = access_loaded(db->clock, r->use);
        if (r->deadline != NO_DEADLINE) entry_set_deadline(db, e, r->deadline);
        r->loaded++;
    } else {
        object_free(db->pool, r->object_type, r->object);
        if (!empty) r->expired++;
    }
    r->object_type = OBJECT_NONE;
    text_free(r->pool, r->key);
    r->key = NULL;
    r->deadline = NO_DEADLINE;
    r->use.kind = USE_UNKNOWN;
    next_part(r);
}

static void key_read(struct rdb_reader *r) {
    r->key = text_create(r->pool, buffer_bytes(&r->text));
    rdb_begin_value(r);
}

/* --- opcodes ---------------------------------------------------------------------------------------------- */

static void deadline_ms(struct rdb_reader *r) {
    r->deadline = (int64_t)rdb_little_endian(r, 0, 8);
    next_part(r);
}

static void deadline_s(struct rdb_reader *r) {
    r->deadline = (int64_t)(int32_t)rdb_little_endian(r, 0, 4) * 1000;
    next_part(r);
}

static void idle_read(struct rdb_reader *r) {
    r->use = (struct access_use){USE_IDLE, r->length};
    next_part(r);
}

static void frequency_read(struct rdb_reader *r) {
    r->use = (struct access_use){USE_FREQUENCY, r->fixed[0]};
    next_part(r);
}

static void database_selected(struct rdb_reader *r) {
    if (r->special || r->length >= KEYSPACE_DBS) {
        rdb_fail(
            r, RDB_FAULT_CORRUPT,
            "FATAL: Data file was created with a Redis server configured to handle more than %d databases. Exiting",
            KEYSPACE_DBS);
        return;
    }
    r->db = (int)r->length;
    next_part(r);
}

static void one_of_two_skipped(struct rdb_reader *r) {
    rdb_want_length(r, next_part);
}

static void checksum(struct rdb_reader *r) {
    uint64_t written = rdb_little_endian(r, 0, CRC_LEN);
    if (written != 0 && written != r->crc_before) /* what it should be comes first, as in the real server's words */
        rdb_fail(r, RDB_FAULT_CORRUPT, "Wrong RDB checksum expected: (%llx) but got (%llx). Aborting now.",
                 (unsigned long long)r->crc_before, (unsigned long long)written);
    else
        r->status = RDB_DONE;
}

static void opcode(struct rdb_reader *r) {
    unsigned code = r->fixed[0];
    switch (code) {
    case RDB_EXPIRE_MS:
        rdb_want_fixed(r, 8, deadline_ms);
        return;
    case RDB_EXPIRE_S:
        rdb_want_fixed(r, 4, deadline_s);
        return;
    case RDB_IDLE:
        rdb_want_length(r, idle_read);
        return;
    case RDB_FREQ:
        rdb_want_fixed(r, 1, frequency_read);
        return;
    case RDB_SELECTDB:
        rdb_want_length(r, database_selected);
        return;
    case RDB_RESIZEDB:
        rdb_want_length(r, one_of_two_skipped);
        return;
    case RDB_AUX:
        rdb_want_string(r, aux_name);
        return;
    case RDB_FUNCTION:
        rdb_want_string(r, next_part);
        return; /* a library's code: functions are not simulated */
    case RDB_FUNCTION_OLD:
        rdb_fail_here(r, "Pre-release function format not supported.");
        return;
    case RDB_MODULE_AUX:
        rdb_fail(r, RDB_FAULT_CORRUPT, "The RDB file contains AUX module data I can't load: no matching module");
        return;
    case RDB_EOF:
        if (r->version >= CRC_SINCE)
            rdb_want_fixed(r, CRC_LEN, checksum);
        else
            r->status = RDB_DONE;
        return;
    default:
        r->type = code;
        rdb_want_string(r, key_read);
    }
}

static void next_part(struct rdb_reader *r) {
    rdb_want_fixed(r, 1, opcode);
}

static void magic(struct rdb_reader *r) {
    if (memcmp(r->fixed, "REDIS", MAGIC_WORD) != 0) {
        rdb_fail(r, RDB_FAULT_HEADER, "Wrong signature trying to load DB from file");
        return;
    }
    char digits[MAGIC_LEN - MAGIC_WORD + 1] = {0};
    memcpy(digits, r->fixed + MAGIC_WORD, sizeof digits - 1);
    r->version = atoi(digits);
    if (r->version < 1 || r->version > RDB_VERSION)
        rdb_fail(r, RDB_FAULT_HEADER, "Can't handle RDB format version %d", r->version);
    else
        next_part(r);
}

void rdb_begin(struct rdb_reader *r) {
    r->deadline = NO_DEADLINE;
    r->info.repl_offset = r->info.stream_db = -1;
    rdb_want_fixed(r, MAGIC_LEN, magic);
}
