/* RDB files: a writer that goes through a snapshot piece by piece, and a reader that takes bytes in any pieces.
 *
 * Writes version 10 with CRC64 as redis-server 7.0 loads it; reads versions up to 10 (reference sections
 * 16.2 to 16.7). */
#ifndef MODEL_REDIS_RDB_H
#define MODEL_REDIS_RDB_H

#include "model/redis/access.h"
#include "model/redis/keyspace.h"

/* The aux fields that replication uses. */
struct rdb_info {
    bool has_replication; /* the next three are present (repl-id, repl-offset, repl-stream-db) */
    char repl_id[41];
    int64_t repl_offset;
    int64_t stream_db;
    int64_t ctime; /* s since 1970 */
    uint64_t used_mem;
    bool aof_base;
    bool uncompressed;          /* for the writer: rdbcompression no */
    bool with_use;              /* for the writer: tell when keys were used, */
    struct access_clock access; /* by this clock */
};

struct rdb_writer;

/* The writer reads the snapshot, which stays the caller's. */
struct rdb_writer *rdb_writer_open(struct pool *pool, struct snapshot *snapshot, const struct rdb_info *info);
/* Appends up to about `bytes` more bytes to out; false when that was the end (CRC included). */
bool rdb_writer_step(struct rdb_writer *w, size_t bytes, struct buffer *out);
/* How many keys were begun. */
uint64_t rdb_writer_keys_saved(const struct rdb_writer *w);
/* Bytes that compression made the output shorter by: they cost the writer's time nevertheless. */
uint64_t rdb_writer_bytes_spared(const struct rdb_writer *w);
void rdb_writer_close(struct rdb_writer *w);

enum rdb_status { RDB_MORE, RDB_DONE, RDB_BAD };

struct rdb_reader;

/* Fills `into`, which must be empty. Keys expired before drop_before_ms are not loaded (0: all are), but counted. */
struct rdb_reader *rdb_reader_open(struct pool *pool, struct keyspace *into, int64_t drop_before_ms);
/* Takes bytes; *used says how many (all, unless the end or an error came first). */
enum rdb_status rdb_reader_feed(struct rdb_reader *r, struct bytes bytes, size_t *used);
/* After RDB_BAD: what is wrong and at which byte, in the real server's wording where it has one. After RDB_MORE: what
 * it is if the bytes end here. */
const char *rdb_reader_error(const struct rdb_reader *r);
/* What kind of error it is: it decides whether the server survives. */
enum rdb_fault {
    RDB_FAULT_HEADER, /* not a file of a version that can be read: nothing was loaded */
    RDB_FAULT_READ,   /* it ends too early, or goes on with something unknown */
    RDB_FAULT_CORRUPT /* it contradicts itself: checksum, duplicates, packed values */
};
enum rdb_fault rdb_reader_fault(const struct rdb_reader *r);
const struct rdb_info *rdb_reader_info(const struct rdb_reader *r);
uint64_t rdb_reader_keys_loaded(const struct rdb_reader *r);
uint64_t rdb_reader_keys_expired(const struct rdb_reader *r);
/* What was loaded stays in the keyspace, whether or not the end was reached. */
void rdb_reader_close(struct rdb_reader *r);

/* CRC64 of reference section 16.3; start with 0. */
uint64_t rdb_crc64(uint64_t crc, const void *bytes, size_t n);

#endif
