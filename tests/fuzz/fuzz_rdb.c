/* Any bytes as an RDB file: the reader must refuse or load them, in any pieces, with memory in proportion to the bytes;
 * what it loaded must survive being written and read again. */
#include <assert.h>

#include "model/redis/rdb.h"
#include "sim/world/buffer.h"

/* LZF expands 88 times; an element of a few bytes takes a few blocks. */
enum { MEMORY_BASE = 1 << 16, MEMORY_PER_BYTE = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rdb_status feed(struct rdb_reader *reader, struct bytes in, size_t piece) {
    enum rdb_status status = RDB_MORE;
    for (size_t at = 0, used; status == RDB_MORE && at < in.len; at += used) {
        size_t n = in.len - at < piece ? in.len - at : piece;
        status = rdb_reader_feed(reader, (struct bytes){in.at + at, n}, &used);
        assert(used <= n && (status != RDB_MORE || used == n));
    }
    assert(rdb_reader_error(reader)[0] != 0);
    return status;
}

static void write_and_read_again(struct pool *pool, struct keyspace *ks) {
    struct snapshot *snapshot = snapshot_open(ks, 4096);
    struct rdb_info info = {.ctime = 1};
    struct rdb_writer *writer = rdb_writer_open(pool, snapshot, &info);
    struct buffer file;
    buffer_init(&file, pool);
    while (rdb_writer_step(writer, 500, &file)) continue;
    rdb_writer_close(writer);
    struct keyspace *copy = keyspace_create(pool);
    struct rdb_reader *reader = rdb_reader_open(pool, copy, 0);
    enum rdb_status status = feed(reader, buffer_bytes(&file), file.len);
    assert(status == RDB_DONE);
    struct dataset_digest a = snapshot_digest(snapshot), b = keyspace_digest(copy);
    assert(a.low == b.low && a.high == b.high);
    rdb_reader_close(reader);
    keyspace_destroy(copy);
    snapshot_close(snapshot);
    buffer_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct pool *pool = pool_create();
    struct keyspace *ks = keyspace_create(pool);
    struct rdb_reader *reader = rdb_reader_open(pool, ks, data[0] & 1 ? 1700000000000 : 0);
    feed(reader, (struct bytes){(const char *)data + 1, size - 1}, 1 + (data[0] >> 1));
    assert(pool_in_use(pool) <= MEMORY_BASE + size * MEMORY_PER_BYTE);
    rdb_reader_close(reader);
    write_and_read_again(pool, ks);
    keyspace_destroy(ks);
    assert(pool_in_use(pool) == 0);
    pool_destroy(pool);
    return 0;
}
