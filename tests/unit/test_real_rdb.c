/* RDB files between the model and a real redis-server 7.0, both ways, judged by DEBUG DIGEST.
 *
 * DETSIM_RDB_DATASETS=1000 makes so many datasets each way: a campaign of some minutes. */
#include <check.h>
#include <errno.h>

#include "model/redis/database.h"
#include "model/redis/rdb.h"
#include "tests/unit/commands_rig.h"
#include "tests/unit/random_commands.h"
#include "tests/unit/real_ask.h"

static struct real_server server;
static struct rig r;
static struct buffer reply;

static void setup(void) {
    static const char *const arguments[] = {"--enable-debug-command", "yes", NULL};
    ck_assert(real_server_start(&server, arguments));
    rig_init(&r);
    buffer_init(&reply, r.pool);
    ask_line(&server, &reply, "DEBUG SET-ACTIVE-EXPIRE 0");
}

static void teardown(void) {
    buffer_free(&reply);
    rig_done(&r);
    real_server_stop(&server);
}

static void dump_path(char *path, size_t room) {
    ck_assert_uint_lt((size_t)snprintf(path, room, "%s/dump.rdb", server.dir), room);
}

/* --- from the model to the real one ----------------------------------------------------------------------------- */

static void write_file(const char *path, const struct rdb_info *info) {
    struct buffer file;
    buffer_init(&file, r.pool);
    struct snapshot *s = snapshot_open(r.ks, 4096);
    struct rdb_writer *w = rdb_writer_open(r.pool, s, info);
    while (rdb_writer_step(w, 10000, &file)) continue;
    rdb_writer_close(w);
    snapshot_close(s);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(file.at, 1, file.len, f), file.len);
    ck_assert_int_eq(fclose(f), 0);
    buffer_free(&file);
}

static void write_dump(const char *path, bool compressed) {
    write_file(path, &(struct rdb_info){.ctime = 1700000000, .uncompressed = !compressed});
}

static void make_data(uint64_t seed) {
    static struct words w;
    struct chance c = chance_named(seed, "real rdb", NULL, NULL, 0);
    r.now_ms = 1900000000000; /* nothing has expired for the real server */
    for (int i = 0; i < 1500; i++) {
        random_command(&w, &c);
        rig_run(&r, w.at, w.count);
    }
    for (int t = DATASET_STRING; t <= DATASET_ZSET; t++) {
        static const char *const names[] = {"S", "L", "H", "E", "Z"};
        keyspace_populate_type(r.ks, 1, (enum dataset_type)t, 5, names[t], draw(&c, 200), 1 + draw(&c, 1000));
    }
}

START_TEST(real_server_loads_what_the_model_wrote) {
    char path[128], command[200], output[4000], expected[64];
    make_data((uint64_t)_i);
    /* Keys with deadlines in the past would go when the real server loads them. */
    keyspace_expire_cycle(r.ks, r.now_ms, 1000, NULL, NULL);
    dump_path(path, sizeof path);
    write_dump(path, _i % 2);
    snprintf(command, sizeof command, "redis-check-rdb %s 2>&1", path);
    real_output(command, output, sizeof output);
    ck_assert_msg(strstr(output, "RDB looks OK") && strstr(output, "Checksum OK"), "%s", output);
    ask_line(&server, &reply, "DEBUG RELOAD NOSAVE");
    ck_assert_str_eq(reply.at, "+OK\r\n");
    ask_line(&server, &reply, "DEBUG DIGEST");
    char hex[41];
    keyspace_debug_digest(r.ks, hex);
    snprintf(expected, sizeof expected, "+%s\r\n", hex);
    ck_assert_str_eq(reply.at, expected);
}
END_TEST

/* --- and back ----------------------------------------------------------------------------------------------------- */

static void on_both(const struct bytes *words, size_t count) {
    ask(&server, &reply, words, count);
    rig_run(&r, words, count);
}

static void line_on_both(const char *format, int n) {
    char line[512];
    snprintf(line, sizeof line, format, n, n, n);
    ask_line(&server, &reply, line);
    ck_assert_int_ne(reply.at[0], '-');
    ck_assert(rig_line(&r, line));
}

/* Values on both sides of every limit at which the real server changes its encoding. */
static void make_shapes(void) {
    for (int i = 0; i < 600; i++) {
        line_on_both("SADD numbers %d", i - 300);
        line_on_both("SADD many %d00000", i);
        line_on_both("HSET wide field:%d value:%d", i);
        line_on_both("ZADD board %d.5 member:%d", i);
        line_on_both("RPUSH long element:%d-%060d", i);
        if (i >= 100) continue;
        line_on_both("SADD wider %d0000000000", i);
        line_on_both("SADD narrow %d", i);
        line_on_both("HSET small field:%d %d", i);
        line_on_both("ZADD small-board %d member:%d", i);
        line_on_both("ZADD fractions %d.1 member:%d", i);
        line_on_both("RPUSH short %d x%d", i);
        line_on_both("SET number:%d %d00", i);
        line_on_both("SET big:%d -%d00000000", i);
    }
    line_on_both("SETRANGE zeros 100000 x", 0);
    line_on_both("SETRANGE plain 20000 x", 0);
    line_on_both("RPUSH node a", 0);
    static const char zeros[20000];
    struct bytes huge = {zeros, sizeof zeros};
    on_both((struct bytes[]){{"RPUSH", 5}, {"node", 4}, huge}, 3); /* too big for a listpack: a plain node */
    on_both((struct bytes[]){{"HSET", 4}, {"wide", 4}, {"huge", 4}, huge}, 4);
    line_on_both("SET with-ttl x EXAT 1999999999", 0);
}

static enum rdb_status load(const char *path, struct keyspace *into) {
    char piece[3000];
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    struct rdb_reader *reader = rdb_reader_open(r.pool, into, 0);
    enum rdb_status status = RDB_MORE;
    for (size_t n; status == RDB_MORE && (n = fread(piece, 1, sizeof piece, f)) > 0;) {
        size_t used;
        status = rdb_reader_feed(reader, (struct bytes){piece, n}, &used);
    }
    if (status != RDB_DONE) printf("%s\n", rdb_reader_error(reader));
    rdb_reader_close(reader);
    fclose(f);
    return status;
}

START_TEST(model_loads_what_the_real_server_wrote) {
    static struct words w;
    char path[128], mine[41], loaded[41];
    struct chance c = chance_named((uint64_t)_i, "to model", NULL, NULL, 0);
    ask_line(&server, &reply, _i % 2 ? "CONFIG SET rdbcompression yes" : "CONFIG SET rdbcompression no");
    make_shapes();
    for (int i = 0; i < 500; i++) {
        random_command(&w, &c);
        if (w.at[0].at[0] == 'F') continue;
        on_both(w.at, w.count);
    }
    ask_line(&server, &reply, "SAVE");
    ck_assert_str_eq(reply.at, "+OK\r\n");
    dump_path(path, sizeof path);
    struct keyspace *copy = keyspace_create(r.pool);
    ck_assert_int_eq(load(path, copy), RDB_DONE);
    keyspace_debug_digest(copy, loaded);
    ask_line(&server, &reply, "DEBUG DIGEST");
    memcpy(mine, reply.at + 1, 40);
    mine[40] = 0;
    ck_assert_str_eq(loaded, mine);
    keyspace_destroy(copy);
}
END_TEST

/* Idle times and frequencies in the file are those that the other side shows. */
START_TEST(uses_of_keys_go_both_ways) {
    bool lfu = _i;
    char path[128];
    struct chance counting = chance_named(1, "counting", NULL, NULL, 0);
    struct access_clock clock = {.frequency = lfu, .decay_time = 1, .chance = &counting};
    access_clock_set(&clock, 1700000000);
    keyspace_set_clock(r.ks, &clock);
    rig_line(&r, "SET k v");
    for (int i = 0; lfu && i < 60; i++) rig_line(&r, "GET k");
    if (!lfu) access_clock_set(&clock, 1700000000 + 1000);
    dump_path(path, sizeof path);
    write_file(path, &(struct rdb_info){.ctime = 1700000000, .with_use = true, .access = clock});
    ask_line(&server, &reply,
             lfu ? "CONFIG SET maxmemory-policy allkeys-lfu" : "CONFIG SET maxmemory-policy allkeys-lru");
    ask_line(&server, &reply, "DEBUG RELOAD NOSAVE");
    ck_assert_str_eq(reply.at, "+OK\r\n");
    ask_line(&server, &reply, lfu ? "OBJECT FREQ k" : "OBJECT IDLETIME k");
    ck_assert_msg(strcmp(reply.at, lfu ? ":65\r\n" : ":1000\r\n") == 0 || strcmp(reply.at, ":1001\r\n") == 0, "%s",
                  reply.at);

    ask_line(&server, &reply, "SAVE");
    struct keyspace *copy = keyspace_create(r.pool);
    keyspace_set_clock(copy, &clock);
    ck_assert_int_eq(load(path, copy), RDB_DONE);
    const struct entry *e = database_find(keyspace_database(copy, 0), resp_text("k"));
    ck_assert_uint_eq((lfu ? access_frequency(&clock, e->access) : access_idle(&clock, e->access)) / 5, lfu ? 13 : 200);
    keyspace_destroy(copy);
}
END_TEST

static int datasets(int usual) {
    const char *wanted = getenv("DETSIM_RDB_DATASETS");
    int n = wanted ? atoi(wanted) : usual;
    return n > 0 ? n : usual;
}

int main(void) {
    if (!real_server_is_installed()) {
        printf("test_real_rdb: left out: no redis-server 7.0 here\n");
        return 0;
    }
    Suite *suite = suite_create("real rdb");
    TCase *tests = tcase_create("against redis-server");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, real_server_loads_what_the_model_wrote, 0, datasets(6));
    tcase_add_loop_test(tests, model_loads_what_the_real_server_wrote, 0, datasets(4));
    tcase_add_loop_test(tests, uses_of_keys_go_both_ways, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
