/* Append-only files of the model: start-up from whole, torn and damaged ones, fsync policies, switching on and off.
 *
 * Log lines, offsets and replies are those of a redis-server 7.0.15 that was given the same files and commands. */
#include <check.h>

#include "model/redis/aof_manifest.h"
#include "tests/unit/model_rig.h"

#define INCR "appendonlydir/appendonly.aof.1.incr.aof"
#define BASE "appendonlydir/appendonly.aof.1.base.rdb"

static struct rig rig;
static struct buffer logs; /* all lines of m, each with its end */

static void hear_log(void *ctx, const struct happening *h) {
    (void)ctx;
    buffer_put(&logs, h->text, h->len);
    buffer_putc(&logs, '\n');
}

static void open_model(const char *conf) {
    rig_open(&rig, 1, (struct rig_node[]){{.name = "m", .replicaof = RIG_ALONE, .conf = conf}}, 1);
    buffer_init(&logs, rig.pool);
    trace_listen(rig.trace, TRACE_LOG, TRACE_LOG, hear_log, NULL);
}

static void teardown(void) {
    rig_close(&rig);
}

static void run_for(sim_time d) {
    rig_run_until(&rig, world_now(rig.world) + d);
}

static void expect_reply(const char *command, const char *reply) {
    ck_assert_str_eq(rig_command(&rig, 0, command), reply);
}

static bool logged(const char *text) {
    return logs.at && strstr(logs.at, text) != NULL;
}

static void crash(void) {
    ck_assert(world_crash(rig.world, 0));
}

/* Starts it again; whether it stays up. */
static bool start(void) {
    ck_assert(world_start(rig.world, 0));
    run_for(SIM_SECOND);
    return world_alive(rig.world, 0);
}

static struct bytes file(const char *name) {
    return world_disk_read(rig.world, 0, name);
}

static void cut(const char *name, size_t bytes) {
    struct bytes b = file(name);
    ck_assert_uint_gt(b.len, bytes);
    const char *copy = pool_strndup(rig.pool, b.at, b.len);
    world_disk_write(rig.world, 0, name, (struct bytes){copy, b.len - bytes});
}

static void append(const char *name, const char *text) {
    struct bytes b = file(name);
    const char *whole = pool_printf(rig.pool, "%.*s%s", (int)b.len, b.at, text);
    world_disk_write(rig.world, 0, name, (struct bytes){whole, strlen(whole)});
}

/* --- start-up ------------------------------------------------------------------------------------------------------
 */

/* SET a 1 (with its SELECT 50 bytes), then MULTI, SET q 1, SET w 2, EXEC. */
static void write_transaction(const char *conf) {
    open_model(conf);
    expect_reply("SET a 1", "+OK\r\n");
    rig_command(&rig, 0, "MULTI");
    rig_command(&rig, 0, "SET q 1");
    rig_command(&rig, 0, "SET w 2");
    rig_command(&rig, 0, "EXEC");
    run_for(2 * SIM_SECOND);
    ck_assert_uint_eq(file(INCR).len, 133);
    crash();
}

static const struct {
    size_t cut_off;     /* bytes */
    const char *log;    /* NULL: none */
    size_t size;        /* of the file afterwards */
    int64_t keys_later; /* after one more SET and a restart */
} torn[] = {
    {0, NULL, 133, 4},
    {3, "!!! Truncating the AOF appendonly.aof.1.incr.aof at offset 119 !!!", 119, 1},
    {14, "!!! Truncating the AOF appendonly.aof.1.incr.aof at offset 50 !!!", 50, 2},
    {20, "!!! Truncating the AOF appendonly.aof.1.incr.aof at offset 92 !!!", 92, 1},
    {68, "!!! Truncating the AOF appendonly.aof.1.incr.aof at offset 50 !!!", 50, 2},
};

/* A tail that is torn between two commands of a transaction is cut off with it. One that is torn inside a command
 * leaves the open MULTI in the file, and what is acknowledged and fsynced later is lost with it at the next start: so
 * does the real server. */
START_TEST(torn_tails_are_cut_off) {
    write_transaction("appendonly yes;appendfsync always");
    if (torn[_i].cut_off) cut(INCR, torn[_i].cut_off);
    ck_assert(start());
    if (torn[_i].log) {
        ck_assert(logged("!!! Warning: short read while loading the AOF file appendonly.aof.1.incr.aof!!!"));
        ck_assert_msg(logged(torn[_i].log), "%s", logs.at);
        ck_assert(logged("AOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled"));
    }
    ck_assert_uint_eq(file(INCR).len, torn[_i].size);
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), torn[_i].cut_off ? 1 : 3);
    expect_reply("SET new 1", "+OK\r\n");
    crash();
    ck_assert(start());
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), torn[_i].keys_later);
}
END_TEST

START_TEST(a_torn_tail_keeps_it_down_if_so_configured) {
    write_transaction("appendonly yes;aof-load-truncated no");
    cut(INCR, 3);
    ck_assert(!start());
    ck_assert(
        logged("Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a "
               "backup of your AOF file"));
    ck_assert_uint_eq(file(INCR).len, 130);
}
END_TEST

static const struct {
    const char *file;
    const char *added;
    const char *log;
} damaged[] = {
    {INCR, "garbage\r\n", "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup"},
    {INCR, "*2\r\n+3\r\nget\r\n", "Bad file format reading the append only file appendonly.aof.1.incr.aof"},
    {INCR, "*0\r\n", "Bad file format reading the append only file appendonly.aof.1.incr.aof"},
    {INCR, "*1\r\n$7\r\nnosuchc\r\n",
     "Unknown command 'nosuchc' reading the append only file appendonly.aof.1.incr.aof"},
    {"appendonlydir/appendonly.aof.manifest", "file x seq\n", "Invalid AOF manifest file format"},
    {"appendonlydir/appendonly.aof.manifest", "file a.1.incr.aof seq 1 type i\n",
     "Found a non-monotonic sequence number"},
    {"appendonlydir/appendonly.aof.manifest", "file b seq 2 type b\n", "Found duplicate base file information"},
    {"appendonlydir/appendonly.aof.manifest", "file a/b seq 2 type i\n", "File can't be a path, just a filename"},
    {"appendonlydir/appendonly.aof.manifest", "file b seq 2 type x\n", "Unknown AOF file type"},
    {"appendonlydir/appendonly.aof.manifest", "file gone seq 2 type i\n",
     "Unable to obtain the AOF file gone length. stat: No such file or directory"},
};

START_TEST(damage_keeps_it_down) {
    write_transaction("appendonly yes;appendfsync always");
    append(damaged[_i].file, damaged[_i].added);
    ck_assert(!start());
    ck_assert_msg(logged(damaged[_i].log), "%s", logs.at);
}
END_TEST

START_TEST(a_torn_base_keeps_it_down) {
    write_transaction("appendonly yes");
    cut(BASE, 3);
    ck_assert(!start());
    ck_assert(logged("Short read or OOM loading DB. Unrecoverable error, aborting now."));
}
END_TEST

/* What fails is told and passed over; annotations are skipped; an empty base counts as one of nothing. */
START_TEST(strange_files_that_load) {
    write_transaction("appendonly yes");
    append(INCR, "*3\r\n$5\r\nlpush\r\n$1\r\na\r\n$1\r\nx\r\n#TS:123\r\n");
    world_disk_write(rig.world, 0, BASE, (struct bytes){"", 0});
    ck_assert(start());
    ck_assert(logged("== CRITICAL == This server is sending an error to its AOF-loading-client: '-WRONGTYPE Operation "
                     "against a key holding the wrong kind of value' after processing the command 'lpush'"));
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), 3);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_base_size"), 0);
}
END_TEST

/* Manifests as a whole, with nothing else there but two single files of an older version: in the server's directory
 * with key a, in the folder with b and c. */
static const struct {
    const char *manifest;
    bool in_folder, outside; /* where appendonly.aof is */
    int64_t keys;            /* -1: it stays down */
    const char *log;
} manifests[] = {
    {"file appendonly.aof seq 1 type b\n\n", true, false, -1, "Invalid AOF manifest file format"},
    {"filx appendonly.aof seq 1 type b\n", true, false, -1, "Invalid AOF manifest file format"},
    {"file appendonly.aof seq 1 type b newkey\n", true, false, -1, "Invalid AOF manifest file format"},
    {"", true, false, -1, "Found an empty AOF manifest"},
    {NULL, true, false, -1, "The AOF manifest file contains too long line"},
    {"file appendonly.aof seq 1 type b\n", false, false, -1,
     "Unable to obtain the AOF file appendonly.aof length. stat: No such file or directory"},
    {"file appendonly.aof seq 1 type b newkey newvalue\n", true, false, 2, "Creating AOF incr file"},
    {"file appendonly.aof seq 1 type b\n", false, true, 1, "Successfully migrated an old-style AOF file"},
    {"file appendonly.aof seq 1 type b\n", true, true, 2, "DB loaded from base file appendonly.aof"},
};

static void put_file(const char *name, const char *text) {
    world_disk_write(rig.world, 0, name, (struct bytes){text, strlen(text)});
}

START_TEST(manifests_are_read_strictly) {
    char too_long[2000];
    memset(too_long, '0', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = 0;
    open_model("appendonly yes");
    crash();
    ck_assert(world_disk_remove(rig.world, 0, INCR) && world_disk_remove(rig.world, 0, BASE));
    put_file("appendonlydir/appendonly.aof.manifest", manifests[_i].manifest ? manifests[_i].manifest : too_long);
    if (manifests[_i].outside) put_file("appendonly.aof", "*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n1\r\n");
    if (manifests[_i].in_folder)
        put_file("appendonlydir/appendonly.aof", "*5\r\n$4\r\nmset\r\n$1\r\nb\r\n$1\r\n1\r\n$1\r\nc\r\n$1\r\n1\r\n");
    ck_assert_int_eq(start(), manifests[_i].keys >= 0);
    ck_assert_msg(logged(manifests[_i].log), "%s", logs.at);
    if (manifests[_i].keys < 0) return;
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), manifests[_i].keys);
    ck_assert_int_eq(file("appendonly.aof").at != NULL, manifests[_i].in_folder && manifests[_i].outside);
}
END_TEST

START_TEST(without_a_manifest_it_begins_anew) {
    write_transaction("appendonly yes");
    ck_assert(world_disk_remove(rig.world, 0, "appendonlydir/appendonly.aof.manifest"));
    ck_assert(start());
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), 0);
    ck_assert(logged("Creating AOF base file appendonly.aof.1.base.rdb on server start"));
}
END_TEST

START_TEST(an_old_single_file_is_taken_over) {
    write_transaction("appendonly yes");
    struct bytes b = file(INCR);
    world_disk_write(rig.world, 0, "appendonly.aof", (struct bytes){pool_strndup(rig.pool, b.at, b.len), b.len});
    ck_assert(world_disk_remove(rig.world, 0, "appendonlydir/appendonly.aof.manifest"));
    ck_assert(start());
    ck_assert(
        logged("Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory (appendonlydir)."));
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), 3);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_base_size"), 133);
    ck_assert_str_eq(file("appendonlydir/appendonly.aof.manifest").at,
                     "file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
}
END_TEST

/* Nothing is dropped while it loads, neither from the base nor by the commands: the cron deletes afterwards. */
START_TEST(expired_keys_are_loaded) {
    open_model("appendonly yes;appendfsync always");
    expect_reply("SET soon v PX 500", "+OK\r\n");
    expect_reply("SET stays v", "+OK\r\n");
    crash();
    run_for(SIM_SECOND);
    ck_assert(start());
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), 1);
    ck_assert_int_eq(rig_number(&rig, 0, "expired_keys"), 1);
    ck_assert_ptr_nonnull(strstr(file(INCR).at, "DEL\r\n$4\r\nsoon"));
}
END_TEST

/* --- what is appended, and when ------------------------------------------------------------------------------------
 */

START_TEST(only_changes_are_appended) {
    open_model("appendonly yes");
    rig_command(&rig, 0, "PING");
    rig_command(&rig, 0, "PUBLISH c m");
    rig_command(&rig, 0, "GET a");
    rig_command(&rig, 0, "SET a 1 XX");
    ck_assert_uint_eq(file(INCR).len, 0);
    rig_command(&rig, 0, "FLUSHALL");
    ck_assert_str_eq(file(INCR).at, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$8\r\nFLUSHALL\r\n");
}
END_TEST

/* A large buffer is given back when it was written; with the file off there is none (seen: 8, 112, 8, and 0 when off).
 */
START_TEST(its_buffer_is_memory) {
    open_model("appendonly yes");
    expect_reply(pool_printf(rig.pool, "SET big %0*d", 100000, 0), "+OK\r\n");
    ck_assert_int_lt(rig_number(&rig, 0, "mem_aof_buffer"), 4000);
    expect_reply("SET a 1", "+OK\r\n");
    ck_assert_int_gt(rig_number(&rig, 0, "mem_aof_buffer"), 0);
    ck_assert_int_eq(rig_number(&rig, 0, "mem_not_counted_for_evict"), rig_number(&rig, 0, "mem_aof_buffer"));
    expect_reply("CONFIG SET appendonly no", "+OK\r\n");
    ck_assert_int_eq(rig_number(&rig, 0, "mem_aof_buffer"), 0);
}
END_TEST

/* The fsync is the server's own time with `always`, a thread's with `everysec`, nobody's with `no`. */
START_TEST(fsync_policies_cost_what_they_say) {
    static const char *const confs[] = {"appendonly yes;appendfsync always", "appendonly yes;appendfsync everysec",
                                        "appendonly yes;appendfsync no"};
    sim_time took[3];
    for (int i = 0; i < 3; i++) {
        open_model(confs[i]);
        run_for(10 * SIM_MS);
        sim_time fsync = world_host(rig.world, 0)->costs->fsync_time.a, before = world_now(rig.world);
        expect_reply("SET a 1", "+OK\r\n");
        took[i] = world_busy_until(rig.world, 0) - before;
        ck_assert(i == 0 ? took[i] >= fsync : took[i] < fsync);
        if (i < 2) rig_close(&rig);
    }
}
END_TEST

/* --- on and off -----------------------------------------------------------------------------------------------------
 */

START_TEST(it_is_switched_on_by_a_rewrite) {
    open_model("save ''");
    expect_reply("SET a 1", "+OK\r\n");
    expect_reply("CONFIG SET rdb-key-save-delay 100000", "+OK\r\n");
    expect_reply("CONFIG SET appendonly yes", "+OK\r\n");
    expect_reply("SET b 1", "+OK\r\n");
    ck_assert_int_eq(rig_number(&rig, 0, "aof_enabled"), 1);
    expect_reply("SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n");
    ck_assert(logged("Writing initial AOF, can't exit."));
    ck_assert_str_eq(file("appendonlydir/temp-appendonly.aof.incr").at,
                     "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n");
    run_for(2 * SIM_SECOND);
    ck_assert_ptr_null(file("appendonlydir/temp-appendonly.aof.incr").at);
    ck_assert_str_eq(file("appendonlydir/appendonly.aof.manifest").at,
                     "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
    expect_reply("CONFIG SET appendonly no", "+OK\r\n");
    ck_assert_int_eq(rig_number(&rig, 0, "aof_enabled"), 0);
    expect_reply("SET c 1", "+OK\r\n");
    ck_assert_uint_eq(file(INCR).len, 23 + 27);
}
END_TEST

/* One child at a time, and none from inside a transaction; switching off kills it. */
START_TEST(a_rewrite_waits_for_its_turn) {
    static const char scheduled[] = "+Background append only file rewriting scheduled\r\n";
    open_model("appendonly yes;save '';rdb-key-save-delay 1000000");
    expect_reply("SET a 1", "+OK\r\n");
    expect_reply("BGSAVE", "+Background saving started\r\n");
    expect_reply("BGREWRITEAOF", scheduled);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_scheduled"), 1);
    run_for(500 * SIM_MS);
    ck_assert(world_child_kill(rig.world, 0, 9));
    run_for(300 * SIM_MS);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_in_progress"), 1);
    expect_reply("CONFIG SET appendonly no", "+OK\r\n");
    ck_assert(logged("Killing running AOF rewrite child: "));
    run_for(300 * SIM_MS);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_in_progress"), 0);
    rig_command(&rig, 0, "MULTI");
    rig_command(&rig, 0, "BGREWRITEAOF");
    expect_reply("EXEC", pool_printf(rig.pool, "*1\r\n%s", scheduled));
}
END_TEST

/* With the file off a rewrite still makes a base, and the incremental files are of the past. */
START_TEST(a_rewrite_works_while_it_is_off) {
    open_model("appendonly yes");
    expect_reply("SET a 1", "+OK\r\n");
    expect_reply("CONFIG SET appendonly no", "+OK\r\n");
    expect_reply("BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    run_for(SIM_SECOND);
    ck_assert_str_eq(file("appendonlydir/appendonly.aof.manifest").at, "file appendonly.aof.2.base.rdb seq 2 type b\n");
    ck_assert_ptr_null(file(INCR).at);
}
END_TEST

/* Three in a row: then it waits a minute, and asked for by hand it does not. */
START_TEST(repeated_failures_are_put_off) {
    open_model("appendonly yes;save '';auto-aof-rewrite-min-size 1;auto-aof-rewrite-percentage 1;"
               "rdb-key-save-delay 1000000");
    expect_reply("SET a 1", "+OK\r\n");
    for (int i = 1; i <= 3; i++) {
        run_for(500 * SIM_MS);
        ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_in_progress"), 1);
        ck_assert(world_child_kill(rig.world, 0, 9));
        run_for(100 * SIM_MS);
        ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrites_consecutive_failures"), i);
    }
    static const char limit[] = "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in 1 "
                                "minutes";
    run_for(50 * SIM_SECOND);
    ck_assert(logged(limit));
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_in_progress"), 0);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrites"), 3);
    ck_assert_str_eq(rig_field(&rig, 0, "aof_last_bgrewrite_status"), "err");
    expect_reply("BGREWRITEAOF", "+Background append only file rewriting started\r\n");
    run_for(5 * SIM_SECOND);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrites_consecutive_failures"), 0);
}
END_TEST

static void add(TCase *t, size_t torn_count, size_t damaged_count) {
    tcase_add_loop_test(t, torn_tails_are_cut_off, 0, (int)torn_count);
    tcase_add_test(t, a_torn_tail_keeps_it_down_if_so_configured);
    tcase_add_loop_test(t, damage_keeps_it_down, 0, (int)damaged_count);
    tcase_add_test(t, a_torn_base_keeps_it_down);
    tcase_add_test(t, strange_files_that_load);
    tcase_add_loop_test(t, manifests_are_read_strictly, 0, sizeof(manifests) / sizeof(manifests[0]));
    tcase_add_test(t, its_buffer_is_memory);
    tcase_add_test(t, without_a_manifest_it_begins_anew);
    tcase_add_test(t, an_old_single_file_is_taken_over);
    tcase_add_test(t, expired_keys_are_loaded);
    tcase_add_test(t, only_changes_are_appended);
    tcase_add_test(t, fsync_policies_cost_what_they_say);
    tcase_add_test(t, it_is_switched_on_by_a_rewrite);
    tcase_add_test(t, a_rewrite_waits_for_its_turn);
    tcase_add_test(t, a_rewrite_works_while_it_is_off);
    tcase_add_test(t, repeated_failures_are_put_off);
}

int main(void) {
    Suite *suite = suite_create("aof");
    TCase *t = tcase_create("aof");
    tcase_add_checked_fixture(t, NULL, teardown);
    add(t, sizeof(torn) / sizeof(torn[0]), sizeof(damaged) / sizeof(damaged[0]));
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
