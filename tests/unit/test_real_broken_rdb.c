/* Broken RDB files at start: how the real server ends and what it says of them, and what the model's reader finds. */
#include <check.h>

#include "model/redis/rdb.h"
#include "tests/unit/real_ask.h"

static struct pool *pool;
static struct buffer good; /* a file of the real server's */

/* --- files ------------------------------------------------------------------------------------------------------ */

static void read_file(const char *path, struct buffer *into) {
    char piece[4096];
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) buffer_put(into, piece, n);
    fclose(f);
}

static void make_good_file(void) {
    struct real_server server;
    struct buffer reply;
    char path[128];
    static const char *const arguments[] = {"--enable-debug-command", "yes", "--rdbcompression", "no", NULL};
    buffer_init(&reply, pool);
    ck_assert(real_server_start(&server, arguments));
    ask_line(&server, &reply, "DEBUG POPULATE 100 key 100");
    ask_line(&server, &reply, "SAVE");
    ck_assert_str_eq(reply.at, "+OK\r\n");
    snprintf(path, sizeof path, "%s/dump.rdb", server.dir);
    read_file(path, &good);
    real_server_stop(&server);
    buffer_free(&reply);
}

/* --- how they are broken ---------------------------------------------------------------------------------------- */

static const struct breakage {
    const char *name;
    size_t at;   /* the byte to change; 0 the first; from the end if it is above the length */
    int bits;    /* of it, to flip */
    size_t keep; /* bytes of the file; 0: all */
    enum rdb_fault fault;
    const char *said; /* in the real server's log */
} breakages[] = {
    {"a flipped bit in a value", 3000, 1, 0, RDB_FAULT_CORRUPT, "RDB CRC error"},
    {"a flipped bit in the checksum", SIZE_MAX - 2, 4, 0, RDB_FAULT_CORRUPT, "RDB CRC error"},
    {"half a file", 0, 0, 3000, RDB_FAULT_READ, "Unexpected EOF reading RDB file"},
    {"half a header", 0, 0, 5, RDB_FAULT_READ, "Unexpected EOF reading RDB file"},
    {"no checksum", 0, 0, SIZE_MAX - 8, RDB_FAULT_READ, "Unexpected EOF reading RDB file"},
    {"another magic", 0, 1, 0, RDB_FAULT_HEADER, "Fatal error loading the DB: Invalid argument. Exiting."},
    {"version 11", 8, '0' ^ '1', 0, RDB_FAULT_HEADER, "Fatal error loading the DB: Invalid argument. Exiting."},
};

static void make_broken(const struct breakage *b, struct buffer *file) {
    buffer_put(file, good.at, good.len);
    size_t at = b->at > good.len ? good.len + b->at : b->at, keep = b->keep > good.len ? good.len + b->keep : b->keep;
    file->at[at] = (char)(file->at[at] ^ b->bits);
    if (keep > 0) file->len = keep;
}

/* Starts the real server on this file: what it logs until it ends, and its exit status in the last line. */
static void start_real(struct buffer file, char *log, size_t room) {
    char dir[] = "/tmp/detsim-test-XXXXXX", path[128], command[512];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/dump.rdb", dir);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(file.at, 1, file.len, f), file.len);
    fclose(f);
    snprintf(command, sizeof command,
             "timeout 20 redis-server --bind 127.0.0.1 --port %d --dir %s; echo exit $?; rm -r %s", real_free_port(),
             dir, dir);
    real_output(command, log, room);
}

static enum rdb_fault read_in_model(struct buffer file, char *error, size_t room) {
    struct keyspace *ks = keyspace_create(pool);
    struct rdb_reader *reader = rdb_reader_open(pool, ks, 0);
    size_t used;
    ck_assert_int_ne(rdb_reader_feed(reader, buffer_bytes(&file), &used), RDB_DONE);
    enum rdb_fault fault = rdb_reader_fault(reader);
    snprintf(error, room, "%s", rdb_reader_error(reader));
    rdb_reader_close(reader);
    keyspace_destroy(ks);
    return fault;
}

START_TEST(both_say_the_same_of_it) {
    static char log[100000], error[300];
    const struct breakage *b = &breakages[_i];
    struct buffer file;
    pool = pool_create();
    buffer_init(&good, pool);
    buffer_init(&file, pool);
    make_good_file();
    make_broken(b, &file);
    start_real(file, log, sizeof log);
    ck_assert_msg(strstr(log, "\nexit 1\n"), "%s: %s", b->name, log);
    ck_assert_msg(strstr(log, b->said), "%s: %s", b->name, log);
    ck_assert_int_eq(read_in_model(file, error, sizeof error), b->fault);
    ck_assert_msg(strstr(log, error), "%s: the model says: %s\n%s", b->name, error, log);
    pool_destroy(pool);
}
END_TEST

int main(void) {
    if (!real_server_is_installed()) {
        printf("test_real_broken_rdb: left out: no redis-server 7.0 here\n");
        return 0;
    }
    Suite *suite = suite_create("real broken rdb");
    TCase *tests = tcase_create("at start");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, both_say_the_same_of_it, 0, sizeof breakages / sizeof *breakages);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
