/* Reading an RDB file: from pieces of bytes to numbers, lengths and strings. See rdb_reader.h.
 *
 * Strings grow as their bytes arrive: a length that lies costs nothing. */
#include "model/redis/rdb_reader.h"

#include <assert.h>
#include <stdio.h>

#include "model/redis/lzf.h"
#include "model/redis/resp.h"

/* --- errors ----------------------------------------------------------------------------------------------- */

static void fail_with(struct rdb_reader *r, enum rdb_fault fault, const char *prefix, const char *format,
                      va_list args) {
    if (r->status == RDB_BAD) return;
    struct buffer text;
    buffer_init(&text, r->pool);
    buffer_puts(&text, prefix);
    buffer_vprintf(&text, format, args);
    r->error = pool_strdup(r->pool, text.at);
    r->fault = fault;
    buffer_free(&text);
    r->status = RDB_BAD;
}

void rdb_fail(struct rdb_reader *r, enum rdb_fault fault, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail_with(r, fault, "", format, args);
    va_end(args);
}

void rdb_fail_here(struct rdb_reader *r, const char *format, ...) {
    char prefix[80];
    snprintf(prefix, sizeof prefix, "Internal error in RDB reading offset %llu -> ", (unsigned long long)r->position);
    va_list args;
    va_start(args, format);
    fail_with(r, RDB_FAULT_CORRUPT, prefix, format, args);
    va_end(args);
}

/* --- a few bytes ------------------------------------------------------------------------------------------ */

uint64_t rdb_little_endian(const struct rdb_reader *r, size_t at, size_t n) {
    assert(at + n <= r->fixed_len);
    uint64_t value = 0;
    while (n-- > 0) value = value << 8 | r->fixed[at + n];
    return value;
}

static uint64_t big_endian(const struct rdb_reader *r, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) value = value << 8 | r->fixed[i];
    return value;
}

void rdb_want_fixed(struct rdb_reader *r, size_t n, rdb_then_fn *then) {
    assert(n > 0 && n <= RDB_FIXED_MAX && r->body_left == 0);
    r->fixed_len = 0;
    r->fixed_wanted = n;
    r->crc_before = r->crc;
    r->then = then;
}

/* --- lengths ---------------------------------------------------------------------------------------------- */

static void give_length(struct rdb_reader *r, uint64_t length) {
    r->length = length;
    r->special = false;
    r->length_then(r);
}

static void length_14(struct rdb_reader *r) {
    give_length(r, (r->length << 8) | r->fixed[0]);
}

static void length_32(struct rdb_reader *r) {
    give_length(r, big_endian(r, 4));
}

static void length_64(struct rdb_reader *r) {
    give_length(r, big_endian(r, 8));
}

static void length_first(struct rdb_reader *r) {
    unsigned first = r->fixed[0];
    r->length = first & 0x3f;
    switch (first >> 6) {
    case RDB_LEN_6:
        give_length(r, r->length);
        return;
    case RDB_LEN_14:
        rdb_want_fixed(r, 1, length_14);
        return;
    case RDB_LEN_SPECIAL:
        r->special = true;
        r->length_then(r);
        return;
    default:
        break;
    }
    if (first == RDB_LEN_32)
        rdb_want_fixed(r, 4, length_32);
    else if (first == RDB_LEN_64)
        rdb_want_fixed(r, 8, length_64);
    else
        rdb_fail_here(r, "Unknown length encoding %u in rdbLoadLen()", first);
}

void rdb_want_length(struct rdb_reader *r, rdb_then_fn *then) {
    r->length_then = then;
    rdb_want_fixed(r, 1, length_first);
}

/* --- strings ---------------------------------------------------------------------------------------------- */

/* `then` is called when n more bytes are in r->text or r->packed. */
static void want_body(struct rdb_reader *r, uint64_t n, rdb_then_fn *then) {
    r->fixed_wanted = 0;
    r->body_left = n;
    r->then = then;
    if (n == 0) then(r);
}

static void string_number(struct rdb_reader *r) {
    int64_t n = (int64_t)rdb_little_endian(r, 0, r->fixed_len);
    if (r->fixed_len == 1) n = (int8_t)n;
    if (r->fixed_len == 2) n = (int16_t)n;
    if (r->fixed_len == 4) n = (int32_t)n;
    char text[21];
    buffer_put(&r->text, text, resp_format_number(n, text));
    r->string_then(r);
}

static void string_expand(struct rdb_reader *r) {
    buffer_reserve(&r->text, (size_t)r->expanded);
    if (!lzf_expand(buffer_bytes(&r->packed), r->text.at, (size_t)r->expanded)) {
        rdb_fail_here(r, "Invalid LZF compressed string");
        return;
    }
    r->text.len = (size_t)r->expanded;
    r->text.at[r->text.len] = 0;
    buffer_clear(&r->packed);
    r->string_then(r);
}

static void string_expanded_length(struct rdb_reader *r) {
    uint64_t compressed = r->expanded; /* the first of the two lengths */
    r->expanded = r->length;
    bool possible = !r->special && compressed > 0 && compressed <= TEXT_MAX && r->length <= TEXT_MAX;
    if (!possible || r->length > compressed * LZF_RATIO_MAX) {
        rdb_fail_here(r, "Invalid LZF compressed string");
        return;
    }
    want_body(r, compressed, string_expand);
}

static void string_compressed_length(struct rdb_reader *r) {
    r->expanded = r->length;
    if (r->special)
        rdb_fail_here(r, "Invalid LZF compressed string");
    else
        rdb_want_length(r, string_expanded_length);
}

static void string_done(struct rdb_reader *r) {
    r->string_then(r);
}

static void string_length(struct rdb_reader *r) {
    if (!r->special && r->length > TEXT_MAX) {
        /* Measured: no memory for it is to the real server what a file is that ends too early. */
        rdb_fail(r, RDB_FAULT_READ, "A string of %llu bytes is too long", (unsigned long long)r->length);
    } else if (!r->special) {
        want_body(r, r->length, string_done);
    } else if (r->length <= RDB_INT32) {
        rdb_want_fixed(r, (size_t)1 << r->length, string_number);
    } else if (r->length == RDB_LZF) {
        rdb_want_length(r, string_compressed_length);
    } else {
        rdb_fail_here(r, "Unknown RDB string encoding type %llu", (unsigned long long)r->length);
    }
}

void rdb_want_string(struct rdb_reader *r, rdb_then_fn *then) {
    buffer_clear(&r->text);
    r->string_then = then;
    rdb_want_length(r, string_length);
}

/* --- the door --------------------------------------------------------------------------------------------- */

struct rdb_reader *rdb_reader_open(struct pool *pool, struct keyspace *into, int64_t drop_before_ms) {
    assert(keyspace_total(into) == 0);
    struct rdb_reader *r = POOL_NEW(pool, struct rdb_reader);
    r->pool = pool;
    r->into = into;
    r->drop_before_ms = drop_before_ms;
    r->status = RDB_MORE;
    buffer_init(&r->text, pool);
    buffer_init(&r->packed, pool);
    buffer_init(&r->aux, pool);
    buffer_reserve(&r->text, 0);
    rdb_begin(r);
    return r;
}

/* Takes as much as is awaited and there. */
static size_t take(struct rdb_reader *r, const char *at, size_t n) {
    if (r->body_left > 0) {
        if (n > r->body_left) n = (size_t)r->body_left;
        /* A compressed string is collected apart: its expanded form goes to r->text. */
        buffer_put(r->then == string_expand ? &r->packed : &r->text, at, n);
        r->body_left -= n;
    } else {
        if (n > r->fixed_wanted - r->fixed_len) n = r->fixed_wanted - r->fixed_len;
        memcpy(r->fixed + r->fixed_len, at, n);
        r->fixed_len += n;
    }
    r->crc = rdb_crc64(r->crc, at, n);
    r->position += n;
    return n;
}

enum rdb_status rdb_reader_feed(struct rdb_reader *r, struct bytes bytes, size_t *used) {
    *used = 0;
    while (r->status == RDB_MORE && *used < bytes.len) {
        *used += take(r, bytes.at + *used, bytes.len - *used);
        bool complete = r->body_left == 0 && (r->fixed_wanted == 0 || r->fixed_len == r->fixed_wanted);
        if (complete) r->then(r);
    }
    return r->status;
}

const char *rdb_reader_error(const struct rdb_reader *r) {
    return r->error ? r->error : "Short read or OOM loading DB. Unrecoverable error, aborting now.";
}

enum rdb_fault rdb_reader_fault(const struct rdb_reader *r) {
    return r->error ? r->fault : RDB_FAULT_READ;
}

const struct rdb_info *rdb_reader_info(const struct rdb_reader *r) {
    return &r->info;
}

uint64_t rdb_reader_keys_loaded(const struct rdb_reader *r) {
    return r->loaded;
}

uint64_t rdb_reader_keys_expired(const struct rdb_reader *r) {
    return r->expired;
}

void rdb_reader_close(struct rdb_reader *r) {
    struct pool *values = keyspace_database(r->into, 0)->pool;
    if (r->object_type != OBJECT_NONE) object_free(values, r->object_type, r->object);
    text_free(r->pool, r->name);
    text_free(r->pool, r->key);
    buffer_free(&r->text);
    buffer_free(&r->packed);
    buffer_free(&r->aux);
    if (r->error) pool_free(r->pool, r->error, strlen(r->error) + 1);
    pool_free(r->pool, r, sizeof *r);
}
