/* The inside of the RDB reader.
 *
 *   rdb_reader.c   takes bytes in any pieces and makes numbers, lengths and strings of them
 *   rdb_load.c     the file's parts: header, opcodes, keys
 *   rdb_value.c    values of each type
 *
 * The reader always waits for one thing, said by a want_ function together with what to do when it is there. */
#ifndef MODEL_REDIS_RDB_READER_H
#define MODEL_REDIS_RDB_READER_H

#include "model/redis/database.h"
#include "model/redis/packed.h"
#include "model/redis/rdb.h"
#include "model/redis/rdb_format.h"
#include "sim/world/buffer.h"

typedef void rdb_then_fn(struct rdb_reader *r);

enum { RDB_FIXED_MAX = 256 };

struct rdb_reader {
    struct pool *pool;
    struct keyspace *into;
    int64_t drop_before_ms;
    enum rdb_status status;
    char *error;
    enum rdb_fault fault; /* its kind */
    struct rdb_info info;
    uint64_t loaded, expired;
    uint64_t position;   /* bytes taken */
    uint64_t crc;        /* over them */
    uint64_t crc_before; /* over those before the fixed bytes that are being collected */

    /* --- what is awaited --- */
    unsigned char fixed[RDB_FIXED_MAX]; /* a few bytes */
    size_t fixed_len, fixed_wanted;
    uint64_t body_left; /* or the rest of a string */
    rdb_then_fn *then;  /* goes on with what was collected last */
    rdb_then_fn *length_then, *string_then;
    bool special; /* the last length was none but announced an enum rdb_encoding */
    uint64_t length;
    uint64_t expanded;    /* size of a compressed string when expanded */
    struct buffer text;   /* the last string */
    struct buffer packed; /* its compressed form */

    /* --- where we are in the file --- */
    int version;
    int db;
    int64_t deadline;      /* of the next key */
    struct access_use use; /* likewise */
    unsigned type;         /* enum rdb_type */
    struct text *key;
    struct buffer aux;

    /* --- the value that is being built --- */
    enum object_type object_type; /* OBJECT_NONE: none */
    union object object;
    uint64_t left;      /* elements, or nodes of a quicklist, to come */
    struct text *name;  /* of the element whose value or score comes next */
    uint64_t container; /* of a quicklist node */
};

/* --- rdb_reader.c ----------------------------------------------------------------------------------------- */

void rdb_want_fixed(struct rdb_reader *r, size_t n, rdb_then_fn *then);
void rdb_want_length(struct rdb_reader *r, rdb_then_fn *then);
void rdb_want_string(struct rdb_reader *r, rdb_then_fn *then);
/* Gives up; the first reason stays. */
void rdb_fail(struct rdb_reader *r, enum rdb_fault fault, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for bytes that make no sense: with their position, as the real server says it. */
void rdb_fail_here(struct rdb_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* n of the fixed bytes from `at` as a number. */
uint64_t rdb_little_endian(const struct rdb_reader *r, size_t at, size_t n);

/* --- rdb_load.c ------------------------------------------------------------------------------------------- */

void rdb_begin(struct rdb_reader *r);
/* The value is complete: puts the key into the keyspace and goes on with the next part. */
void rdb_end_key(struct rdb_reader *r);

/* --- rdb_value.c ------------------------------------------------------------------------------------------ */

/* Reads a value of r->type; rdb_end_key() is called when it is there. */
void rdb_begin_value(struct rdb_reader *r);

#endif
