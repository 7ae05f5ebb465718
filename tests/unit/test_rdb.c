/* RDB files: what is written can be read, in any pieces; what is broken is refused. Against a real server:
 * test_real_rdb.c. */
#include <check.h>

#include "model/redis/lzf.h"
#include "model/redis/packed.h"
#include "model/redis/rdb.h"
#include "tests/unit/commands_rig.h"
#include "tests/unit/random_commands.h"

static struct rig r;

static void setup(void) {
    rig_init(&r);
}

static void teardown(void) {
    rig_done(&r);
}

static const struct rdb_info replicated = {.has_replication = true,
                                           .repl_id = "0123456789abcdef0123456789abcdef01234567",
                                           .repl_offset = 123456789012,
                                           .stream_db = 3,
                                           .ctime = 1700000000,
                                           .used_mem = 1000000};

/* The keyspace as a file, written in steps of about `step` bytes. */
static void write_file(const struct rdb_info *info, size_t step, struct buffer *out) {
    struct snapshot *s = snapshot_open(r.ks, 4096);
    struct rdb_writer *w = rdb_writer_open(r.pool, s, info);
    buffer_clear(out);
    bool more = true;
    while (more) {
        size_t before = out->len;
        more = rdb_writer_step(w, step, out);
        ck_assert_uint_gt(out->len, before);
    }
    rdb_writer_close(w);
    snapshot_close(s);
}

struct outcome {
    enum rdb_status status;
    uint64_t loaded, expired;
    size_t used;
    char error[300];
    struct rdb_info info;
    char digest[41];
};

/* Reads a file in random pieces of at most `most` bytes. */
static struct outcome read_file(struct bytes file, size_t most, int64_t drop_before_ms) {
    struct chance c = chance_named(1, "pieces", NULL, NULL, 0);
    struct keyspace *ks = keyspace_create(r.pool);
    struct rdb_reader *reader = rdb_reader_open(r.pool, ks, drop_before_ms);
    struct outcome o = {.status = RDB_MORE};
    while (o.status == RDB_MORE && o.used < file.len) {
        size_t n = 1 + draw(&c, most), used;
        if (n > file.len - o.used) n = file.len - o.used;
        o.status = rdb_reader_feed(reader, (struct bytes){file.at + o.used, n}, &used);
        if (o.status == RDB_MORE && used != n) ck_abort_msg("took %zu of %zu bytes", used, n);
        o.used += used;
    }
    snprintf(o.error, sizeof o.error, "%s", rdb_reader_error(reader));
    o.loaded = rdb_reader_keys_loaded(reader);
    o.expired = rdb_reader_keys_expired(reader);
    o.info = *rdb_reader_info(reader);
    keyspace_debug_digest(ks, o.digest);
    rdb_reader_close(reader);
    keyspace_destroy(ks);
    return o;
}

static struct outcome read_bytes(const void *bytes, size_t n) {
    return read_file((struct bytes){bytes, n}, 1 << 20, 0);
}

#define READ(literal) read_bytes(literal, sizeof(literal) - 1)

/* --- there and back ------------------------------------------------------------------------------------------- */

START_TEST(there_and_back) {
    static struct words w;
    struct buffer file;
    struct chance c = chance_named((uint64_t)_i, "rdb", NULL, NULL, 0);
    buffer_init(&file, r.pool);
    for (int i = 0; i < 800; i++) {
        random_command(&w, &c);
        rig_run(&r, w.at, w.count);
    }
    keyspace_populate_type(r.ks, 7, DATASET_HASH, 3, "big", 100, 500);
    struct rdb_info info = replicated;
    info.uncompressed = _i % 2;
    write_file(&info, 1 + draw(&c, 5000), &file);
    struct outcome o = read_file(buffer_bytes(&file), _i % 3 ? 50 : 1, 0);
    char digest[41];
    keyspace_debug_digest(r.ks, digest);
    ck_assert_int_eq(o.status, RDB_DONE);
    ck_assert_uint_eq(o.used, file.len);
    ck_assert_uint_eq(o.loaded, keyspace_total(r.ks));
    ck_assert_str_eq(o.digest, digest);
    ck_assert(o.info.has_replication);
    ck_assert_str_eq(o.info.repl_id, replicated.repl_id);
    ck_assert_int_eq(o.info.repl_offset, replicated.repl_offset);
    ck_assert_int_eq(o.info.stream_db, replicated.stream_db);
    ck_assert_int_eq(o.info.ctime, replicated.ctime);
    ck_assert_uint_eq(o.info.used_mem, replicated.used_mem);
    buffer_free(&file);
}
END_TEST

/* The order of the steps makes no difference to the bytes. */
START_TEST(steps_do_not_show) {
    struct buffer a, b;
    buffer_init(&a, r.pool);
    buffer_init(&b, r.pool);
    keyspace_populate_type(r.ks, 0, DATASET_ZSET, 5, "z", 0, 100);
    keyspace_populate(r.ks, 2, 100, "key", 50);
    write_file(&replicated, 1, &a);
    write_file(&replicated, 1 << 20, &b);
    ck_assert_uint_eq(a.len, b.len);
    ck_assert_int_eq(memcmp(a.at, b.at, a.len), 0);
    buffer_free(&a);
    buffer_free(&b);
}
END_TEST

START_TEST(expired_keys_are_dropped_where_wanted) {
    struct buffer file;
    buffer_init(&file, r.pool);
    rig_line(&r, "SET a x PXAT 1700000000001");
    rig_line(&r, "SET b x PXAT 1800000000000");
    rig_line(&r, "SET c x");
    write_file(&replicated, 100, &file);
    struct outcome kept = read_file(buffer_bytes(&file), 100, 0);
    ck_assert_uint_eq(kept.loaded, 3);
    struct outcome same_time = read_file(buffer_bytes(&file), 100, 1700000000001);
    ck_assert_uint_eq(same_time.loaded, 3);
    struct outcome dropped = read_file(buffer_bytes(&file), 100, 1700000000002);
    ck_assert_int_eq(dropped.status, RDB_DONE);
    ck_assert_uint_eq(dropped.loaded, 2);
    ck_assert_uint_eq(dropped.expired, 1);
    buffer_free(&file);
}
END_TEST

/* --- files made by hand ------------------------------------------------------------------------------------------ */

#define NO_CRC "\0\0\0\0\0\0\0\0"

START_TEST(crc) {
    ck_assert_uint_eq(rdb_crc64(0, "123456789", 9), UINT64_C(0xe9c6d914c4b8d9ca)); /* reference 16.3 */
    ck_assert_uint_eq(rdb_crc64(rdb_crc64(0, "1234", 4), "56789", 5), UINT64_C(0xe9c6d914c4b8d9ca));
}
END_TEST

START_TEST(smallest_file) {
    struct outcome o = READ("REDIS0010\xff" NO_CRC); /* reference 16.7 */
    ck_assert_int_eq(o.status, RDB_DONE);
    ck_assert_uint_eq(o.used, 18);
    ck_assert(!o.info.has_replication);
    o = READ("REDIS0003\xff"); /* no CRC before version 5 */
    ck_assert_int_eq(o.status, RDB_DONE);
    o = READ("REDIS0010\xff" NO_CRC "REPLCONF"); /* what follows is not the file's */
    ck_assert_uint_eq(o.used, 18);
}
END_TEST

/* Each type as it may lie in a file, and the commands that make the same value. */
static const struct by_hand {
    const char *name;
    const char *entry; /* type, key k, value */
    size_t len;
    const char *commands[4];
} by_hand[] = {
#define ENTRY(name, bytes, ...)                                                                                        \
    {                                                                                                                  \
        name, bytes, sizeof(bytes) - 1, {                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
    ENTRY("string",
          "\x00\x01k\x03"
          "abc",
          "SET k abc"),
    ENTRY("14-bit length",
          "\x00\x01k\x40\x03"
          "abc",
          "SET k abc"),
    ENTRY("32-bit length",
          "\x00\x01k\x80\0\0\0\x03"
          "abc",
          "SET k abc"),
    ENTRY("64-bit length",
          "\x00\x01k\x81\0\0\0\0\0\0\0\x03"
          "abc",
          "SET k abc"),
    ENTRY("8-bit number", "\x00\x01k\xc0\xfe", "SET k -2"),
    ENTRY("16-bit number", "\x00\x01k\xc1\x00\x80", "SET k -32768"),
    ENTRY("32-bit number", "\x00\x01k\xc2\x15\xcd\x5b\x07", "SET k 123456789"),
    ENTRY("compressed",
          "\x00\x01k\xc3\x05\x0a\x00"
          "a\xe0\x00"
          "\x00",
          "SET k aaaaaaaaaa"),
    ENTRY("list",
          "\x01\x01k\x02\x01"
          "a\xc0\x07",
          "RPUSH k a 7"),
    ENTRY("set",
          "\x02\x01k\x02\x01"
          "a\x01"
          "b",
          "SADD k a b"),
    ENTRY("zset with text",
          "\x03\x01k\x03\x01"
          "a\x03"
          "1.5\x01"
          "b\xfe\x01"
          "c\xff",
          "ZADD k 1.5 a inf b -inf c"),
    ENTRY("hash",
          "\x04\x01k\x01\x01"
          "f\x01v",
          "HSET k f v"),
    ENTRY("zset",
          "\x05\x01k\x01\x01"
          "a\0\0\0\0\0\0\xf8\x3f",
          "ZADD k 1.5 a"),
    ENTRY("intset of 16 bits", "\x0b\x01k\x0c\x02\0\0\0\x02\0\0\0\xff\xff\x2c\x01", "SADD k -1 300"),
    ENTRY("intset of 32 bits", "\x0b\x01k\x0c\x04\0\0\0\x01\0\0\0\x00\x00\x01\x00", "SADD k 65536"),
    ENTRY("intset of 64 bits", "\x0b\x01k\x10\x08\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0", "SADD k 4294967296"),
    /* bytes 15, 2 elements: "f" 81 'f' 2, 7-bit 5 */
    ENTRY("hash in a listpack",
          "\x10\x01k\x0c\x0c\0\0\0\x02\0\x81"
          "f\x02\x05\x01\xff",
          "HSET k f 5"),
    ENTRY("numbers in a listpack", "\x10\x01k\x0b\x0b\0\0\0\x02\0\x05\x01\x06\x01\xff", "HSET k 5 6"),
    ENTRY("zset in a listpack",
          "\x11\x01k\x0c\x0c\0\0\0\x02\0\x81"
          "m\x02\x05\x01\xff",
          "ZADD k 5 m"),
    /* 13-bit -2, 16-bit 5000, 24-bit -3, 32-bit 2^30, 64-bit 2^40, in a quicklist of one packed and one plain node */
    ENTRY("quicklist 2",
          "\x12\x01k\x02\x02\x23\x23\0\0\0\x05\0\xdf\xfe\x02\xf1\x88\x13\x03\xf2\xfd\xff\xff\x04\xf3\0\0\0\x40\x05"
          "\xf4\0\0\0\0\0\x01\0\0\x09\xff\x01\x03"
          "end",
          "RPUSH k -2 5000 -3 1073741824 1099511627776 end"),
    ENTRY("12-bit string",
          "\x12\x01k\x01\x02\x0c\x0c\0\0\0\x01\0\xe0\x02"
          "ab\x04\xff",
          "RPUSH k ab"),
    /* ziplists: bytes, tail, count; each with the length before it */
    ENTRY("list in a ziplist",
          "\x0a\x01k\x10\x10\0\0\0\x0d\0\0\0\x02\0\0\x01"
          "a\x03\xf2\xff",
          "RPUSH k a 1"),
    ENTRY("hash in a ziplist",
          "\x0d\x01k\x11\x11\0\0\0\x0d\0\0\0\x02\0\0\x01"
          "f\x03\xfe\xfb\xff",
          "HSET k f -5"),
    ENTRY("zset in a ziplist",
          "\x0c\x01k\x13\x13\0\0\0\x0d\0\0\0\x02\0\0\x01"
          "m\x03\x03"
          "2.5\xff",
          "ZADD k 2.5 m"),
    ENTRY("quicklist",
          "\x0e\x01k\x01\x12\x12\0\0\0\x0a\0\0\0\x02\0\0\xc0\x2c\x01\x04\x01"
          "z\xff",
          "RPUSH k 300 z"),
    ENTRY("14-bit string in a ziplist",
          "\x0a\x01k\x0f\x0f\0\0\0\x0a\0\0\0\x01\0\0\x40\x01"
          "a\xff",
          "RPUSH k a"),
    ENTRY("empty list",
          "\x01\x01k\x00\x00\x01j\x01"
          "a",
          "SET j a"),
    ENTRY("deadline in s",
          "\xfd\x00\x65\xcd\x6d\x00\x01k\x01"
          "a",
          "SET k a EXAT 1842177280"),
    ENTRY("hints",
          "\xf8\x05\xf9\x07\x00\x01k\x01"
          "a",
          "SET k a"),
    ENTRY("sizes and unknown aux",
          "\xfb\x01\x00\xfa\x03"
          "abc\x03"
          "def\x00\x01k\x01"
          "a",
          "SET k a"),
    ENTRY("function library",
          "\xf5\x05"
          "hello\x00\x01k\x01"
          "a",
          "SET k a"),
#undef ENTRY
};

START_TEST(entries_by_hand) {
    const struct by_hand *h = &by_hand[_i];
    struct buffer file;
    buffer_init(&file, r.pool);
    buffer_puts(&file, "REDIS0010");
    buffer_put(&file, h->entry, h->len);
    buffer_put(&file, "\xff" NO_CRC, 9);
    for (int i = 0; i < 4 && h->commands[i]; i++) ck_assert(rig_line(&r, h->commands[i]));
    char digest[41];
    keyspace_debug_digest(r.ks, digest);
    for (size_t most = 1; most < 100; most += 98) {
        struct outcome o = read_file(buffer_bytes(&file), most, 0);
        ck_assert_msg(o.status == RDB_DONE, "%s: %s", h->name, o.error);
        ck_assert_msg(strcmp(o.digest, digest) == 0, "%s: other data", h->name);
    }
    buffer_free(&file);
}
END_TEST

/* --- what is refused ------------------------------------------------------------------------------------------------
 */

static const struct refused {
    const char *bytes;
    size_t len;
    const char *error; /* its beginning, in the real server's words */
} refused[] = {
#define REFUSED(bytes, error)                                                                                          \
    { bytes, sizeof(bytes) - 1, error }
    REFUSED("RADIS0010\xff", "Wrong signature trying to load DB from file"),
    REFUSED("REDIS0011\xff", "Can't handle RDB format version 11"),
    REFUSED("REDIS0000\xff", "Can't handle RDB format version 0"),
    REFUSED("REDISabcd\xff", "Can't handle RDB format version 0"),
    REFUSED("REDIS0010\xff\x01\0\0\0\0\0\0\0", "Wrong RDB checksum expected: (eb7ea789fe37fda9) but got (1)"),
    REFUSED("REDIS0010\x08\x01k", "Internal error in RDB reading offset 12 -> Unknown RDB encoding type 8"),
    REFUSED("REDIS0010\x0f\x01k", "Internal error in RDB reading offset 12 -> Unknown RDB encoding type 15"),
    REFUSED("REDIS0010\xf6", "Internal error in RDB reading offset 10 -> Pre-release function format not supported."),
    REFUSED("REDIS0010\xf7", "The RDB file contains AUX module data I can't load: no matching module"),
    REFUSED("REDIS0010\xfe\x10",
            "FATAL: Data file was created with a Redis server configured to handle more than 16 databases"),
    REFUSED("REDIS0010\x00\x01k\x01"
            "a\x00\x01k\x01"
            "b",
            "Internal error in RDB reading offset 19 -> RDB has duplicated key 'k' in DB 0"),
    REFUSED("REDIS0010\x02\x01k\x02\x01"
            "a\x01"
            "a",
            "Internal error in RDB reading offset 17 -> Duplicate set members detected"),
    REFUSED("REDIS0010\x04\x01k\x02\x01"
            "a\x01"
            "b\x01"
            "a\x01"
            "b",
            "Internal error in RDB reading offset 21 -> Duplicate hash fields detected"),
    REFUSED("REDIS0010\x05\x01k\x01\x01"
            "a\0\0\0\0\0\0\xf8\x7f",
            "Internal error in RDB reading offset 23 -> Zset with NAN score detected"),
    REFUSED("REDIS0010\x03\x01k\x01\x01"
            "a\xfd",
            "Internal error in RDB reading offset 16 -> Zset with NAN score detected"),
    REFUSED("REDIS0010\x00\x82", "Internal error in RDB reading offset 11 -> Unknown length encoding 130"),
    REFUSED("REDIS0010\x00\xc4", "Internal error in RDB reading offset 11 -> Unknown RDB string encoding type 4"),
    REFUSED("REDIS0010\x01\x01k\xc0", "Internal error in RDB reading offset 13 -> Bad number of elements"),
    /* hostile sizes */
    REFUSED("REDIS0010\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xff", "A string of 9223372036854775807"),
    REFUSED("REDIS0010\x00\x01k\xc3\x04\x80\x1f\xff\xff\xff",
            "Internal error in RDB reading offset 19 -> Invalid LZF compressed string"),
    REFUSED("REDIS0010\x00\x01k\xc3\x05\x0b\x00"
            "a\xe0\x00\x00",
            "Internal error in RDB reading offset 20 -> Invalid LZF compressed string"),
    /* damaged compact encodings */
    REFUSED("REDIS0010\x0b\x01k\x0c\x03\0\0\0\x02\0\0\0\xff\xff\x2c\x01",
            "Internal error in RDB reading offset 25 -> set integrity check failed."),
    REFUSED("REDIS0010\x0b\x01k\x0c\x02\0\0\0\x03\0\0\0\xff\xff\x2c\x01",
            "Internal error in RDB reading offset 25 -> set integrity check failed."),
    REFUSED("REDIS0010\x10\x01k\x0c\x0c\0\0\0\x02\0\x8a"
            "f\x02\x05\x01\xff",
            "Internal error in RDB reading offset 25 -> hash integrity check failed."),
    REFUSED("REDIS0010\x10\x01k\x09\x09\0\0\0\x01\0\x05\x01\xff",
            "Internal error in RDB reading offset 22 -> hash integrity check failed."),
    REFUSED("REDIS0010\x0a\x01k\x0c\x0c\0\0\0\x0a\0\0\0\x01\0\xfe\xff",
            "Internal error in RDB reading offset 25 -> list integrity check failed."),
    REFUSED("REDIS0010\x12\x01k\x01\x03",
            "Internal error in RDB reading offset 14 -> Quicklist integrity check failed."),
#undef REFUSED
};

START_TEST(refusals) {
    const struct refused *f = &refused[_i];
    for (size_t most = 1; most < 100; most += 98) {
        struct outcome o = read_file((struct bytes){f->bytes, f->len}, most, 0);
        ck_assert_msg(o.status == RDB_BAD, "%s: status %d", f->error, o.status);
        ck_assert_msg(strncmp(o.error, f->error, strlen(f->error)) == 0, "expected: %s\nfound: %s", f->error, o.error);
    }
}
END_TEST

/* A length may promise what it likes: memory follows the bytes that come. */
START_TEST(promises_cost_nothing) {
    static const char file[] = "REDIS0010\x00\x80\x1f\xff\xff\xf0"
                               "abc";
    static const char elements[] = "REDIS0010\x01\x01k\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                                   "a";
    size_t before = pool_in_use(r.pool);
    struct keyspace *ks = keyspace_create(r.pool);
    for (int i = 0; i < 2; i++) {
        struct rdb_reader *reader = rdb_reader_open(r.pool, ks, 0);
        struct bytes in = i ? (struct bytes){elements, sizeof elements - 1} : (struct bytes){file, sizeof file - 1};
        size_t used;
        ck_assert_int_eq(rdb_reader_feed(reader, in, &used), RDB_MORE);
        ck_assert_uint_lt(pool_in_use(r.pool), before + 100000);
        rdb_reader_close(reader);
    }
    keyspace_destroy(ks);
    ck_assert_uint_eq(pool_in_use(r.pool), before);
}
END_TEST

/* A file cut anywhere is unfinished; a file with any one bit wrong is refused, by its structure or by the checksum.
 * (The version's last digits apart: below version 5 there is no checksum.) */
START_TEST(no_damage_goes_unnoticed) {
    struct buffer file;
    buffer_init(&file, r.pool);
    rig_line(&r, "SET a xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx PXAT 1800000000000");
    rig_line(&r, "RPUSH l a b 12345");
    rig_line(&r, "SADD s 1 b");
    rig_line(&r, "HSET h f v");
    rig_line(&r, "ZADD z 1.5 m");
    write_file(&replicated, 100, &file);
    for (size_t n = 0; n < file.len; n++) {
        struct outcome o = read_bytes(file.at, n);
        ck_assert_int_eq(o.status, RDB_MORE);
        ck_assert_str_eq(o.error, "Short read or OOM loading DB. Unrecoverable error, aborting now.");
    }
    enum { MAGIC = 9 };
    for (size_t bit = MAGIC * 8; bit < file.len * 8; bit++) {
        file.at[bit / 8] = (char)(file.at[bit / 8] ^ 1 << bit % 8);
        if (read_bytes(file.at, file.len).status == RDB_DONE) ck_abort_msg("bit %zu of byte %zu", bit % 8, bit / 8);
        file.at[bit / 8] = (char)(file.at[bit / 8] ^ 1 << bit % 8);
    }
    ck_assert_int_eq(read_bytes(file.at, file.len).status, RDB_DONE);
    buffer_free(&file);
}
END_TEST

/* --- LZF ---------------------------------------------------------------------------------------------------------- */

START_TEST(lzf_there_and_back) {
    static char in[40000], out[41000], back[40000];
    struct chance c = chance_named(1, "lzf", NULL, NULL, 0);
    for (int round = 0; round < 300; round++) {
        size_t n = draw(&c, round < 200 ? 300 : sizeof in), letters = 1 + draw(&c, 20);
        for (size_t i = 0; i < n; i++) in[i] = (char)('a' + draw(&c, letters));
        size_t period = 1 + draw(&c, 50);
        if (draw(&c, 2))
            for (size_t i = period; i < n; i++) in[i] = in[i - period];
        size_t size = lzf_compress((struct bytes){in, n}, out, sizeof out);
        if (n > 0) ck_assert_uint_gt(size, 0);
        ck_assert(lzf_expand((struct bytes){out, size}, back, n));
        ck_assert(n == 0 || memcmp(in, back, n) == 0);
        ck_assert_uint_le(n, size * LZF_RATIO_MAX);
        if (size > 1) {
            ck_assert(!lzf_expand((struct bytes){out, size}, back, n - 1));
            ck_assert(!lzf_expand((struct bytes){out, size - 1}, back, n));
            ck_assert_uint_eq(lzf_compress((struct bytes){in, n}, out, size - 1), 0);
        }
    }
}
END_TEST

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void) {
    Suite *suite = suite_create("rdb");
    TCase *tests = tcase_create("rdb");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, there_and_back, 0, 10);
    tcase_add_test(tests, steps_do_not_show);
    tcase_add_test(tests, expired_keys_are_dropped_where_wanted);
    tcase_add_test(tests, crc);
    tcase_add_test(tests, smallest_file);
    tcase_add_loop_test(tests, entries_by_hand, 0, COUNT_OF(by_hand));
    tcase_add_loop_test(tests, refusals, 0, COUNT_OF(refused));
    tcase_add_test(tests, promises_cost_nothing);
    tcase_add_test(tests, no_damage_goes_unnoticed);
    tcase_add_test(tests, lzf_there_and_back);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
