/* Append-only files between the model and a real redis-server 7.0, both ways, judged by DEBUG DIGEST and
 * redis-check-aof. */
#include <check.h>
#include <dirent.h>
#include <sys/stat.h>

#include "tests/unit/model_rig.h"
#include "tests/unit/real_ask.h"

#define AOF_DIR "appendonlydir"

static struct rig rig;
static struct real_server server;
static struct buffer reply;

static void setup(void) {
    rig.pool = NULL;
    ck_assert(real_server_make_dir(&server));
}

static void teardown(void) {
    if (rig.pool) rig_close(&rig);
    real_server_stop(&server);
}

static void open_model(const char *conf) {
    rig_open(&rig, 1, (struct rig_node[]){{.name = "m", .replicaof = RIG_ALONE, .conf = conf}}, 1);
    buffer_init(&reply, rig.pool);
}

/* It fsyncs nothing: with everysec it keeps in its buffer what it acknowledges while an fsync runs. */
static void run_real(const char *const *arguments) {
    const char *all[16] = {"--appendonly", "yes", "--enable-debug-command", "yes", "--appendfsync", "no"};
    for (size_t n = 6; arguments && *arguments; arguments++) all[n++] = *arguments;
    ck_assert(real_server_run(&server, all));
    /* It answers before it has loaded everything, DEBUG DIGEST too; not PING. */
    for (int i = 0; i < 500; i++) {
        ask_line(&server, &reply, "PING");
        if (strcmp(reply.at, "+PONG\r\n") == 0) return;
        usleep(10000);
    }
    ck_abort_msg("still loading: %s", reply.at);
}

/* --- the same commands for both ---------------------------------------------------------------------------------- */

static const char *const commands[] = {
    "SET a 1",
    "SET long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "INCRBYFLOAT a 0.25",
    "RPUSH l 1 2 3 four",
    "LPOP l",
    "SADD s a b c 17",
    "SREM s a",
    "SPOP s 3", /* all of them: the model's chance is another */
    "SADD ints 1 2 3",
    "HSET h f v g 12",
    "HINCRBYFLOAT h g 0.5",
    "ZADD z 1.5 a -inf b 0.1 c",
    "ZINCRBY z 0.2 c",
    "PEXPIREAT a 4000000000000",
    "SET e v PXAT 4000000000001",
    "SET nx v NX",
    "SET nx w NX",
    "SELECT 5",
    "SET in5 x",
    "MULTI",
    "SET q 1",
    "SELECT 3",
    "RPUSH w a b",
    "GET q",
    "EXEC",
    "MULTI",
    "GET q",
    "EXEC",
    "SELECT 0",
    "GETDEL long",
    "COPY s s2",
    "DEL nothing",
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void run_in_model(const char *suffix) {
    for (size_t i = 0; i < COMMANDS; i++) rig_command(&rig, 0, commands[i]);
    for (int i = 0; i < 150; i++) rig_command(&rig, 0, pool_printf(rig.pool, "RPUSH big%s %d", suffix, i));
    rig_command(&rig, 0, pool_printf(rig.pool, "SET after%s 1", suffix));
}

static void run_in_real(const char *suffix) {
    char line[64];
    for (size_t i = 0; i < COMMANDS; i++) ask_line(&server, &reply, commands[i]);
    for (int i = 0; i < 150; i++) {
        snprintf(line, sizeof line, "RPUSH big%s %d", suffix, i);
        ask_line(&server, &reply, line);
    }
    snprintf(line, sizeof line, "SET after%s 1", suffix);
    ask_line(&server, &reply, line);
}

static const char *real_digest(void) {
    ask_line(&server, &reply, "DEBUG DIGEST");
    return pool_strndup(rig.pool, reply.at, reply.len);
}

/* --- files between them ------------------------------------------------------------------------------------------ */

static void path_of(char *path, size_t room, const char *name) {
    ck_assert_uint_lt((size_t)snprintf(path, room, "%s/" AOF_DIR "/%s", server.dir, name), room);
}

static void model_to_folder(const char *name) {
    struct bytes b = world_disk_read(rig.world, 0, pool_printf(rig.pool, AOF_DIR "/%s", name));
    char path[256];
    if (!b.at) return;
    path_of(path, sizeof path, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b.at, 1, b.len, f), b.len);
    ck_assert_int_eq(fclose(f), 0);
}

static void all_to_folder(void) {
    char path[256];
    static const char *const kinds[] = {"base.rdb", "base.aof", "incr.aof"};
    path_of(path, sizeof path, "");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    model_to_folder("appendonly.aof.manifest");
    for (int n = 1; n < 6; n++) {
        for (size_t k = 0; k < 3; k++) model_to_folder(pool_printf(rig.pool, "appendonly.aof.%d.%s", n, kinds[k]));
    }
}

/* Replaces the files of the model's disk. */
static void all_to_model(void) {
    char path[256], name[300];
    path_of(path, sizeof path, "");
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        char *bytes = malloc(1 << 20);
        path_of(path, sizeof path, e->d_name);
        FILE *f = fopen(path, "rb");
        ck_assert_ptr_nonnull(f);
        size_t n = fread(bytes, 1, 1 << 20, f);
        fclose(f);
        snprintf(name, sizeof name, AOF_DIR "/%s", e->d_name);
        world_disk_write(rig.world, 0, name, (struct bytes){bytes, n});
        free(bytes);
    }
    closedir(dir);
}

/* --- from the model to the real one ------------------------------------------------------------------------------ */

static const char *const model_confs[] = {
    "appendonly yes",
    "appendonly yes;appendfsync always;aof-use-rdb-preamble no",
    "appendonly yes;aof-use-rdb-preamble no;aof-timestamp-enabled yes",
    "appendonly yes;appendfsync no;aof-timestamp-enabled yes;aof-disable-auto-gc yes",
};

static void check_files(void) {
    char command[300], output[4000], path[256];
    path_of(path, sizeof path, "appendonly.aof.manifest");
    snprintf(command, sizeof command, "redis-check-aof %s 2>&1", path);
    real_output(command, output, sizeof output);
    ck_assert_msg(strstr(output, "All AOF files and manifest are valid") != NULL, "%s", output);
}

static void expect_real_loads(void) {
    const char *digest = rig_command(&rig, 0, "DEBUG DIGEST");
    all_to_folder();
    check_files();
    run_real(NULL);
    ck_assert_str_eq(real_digest(), digest);
}

START_TEST(real_server_loads_what_the_model_appended) {
    open_model(model_confs[_i]);
    run_in_model("1");
    rig_run_until(&rig, 3 * SIM_SECOND);
    expect_real_loads();
}
END_TEST

START_TEST(real_server_loads_what_the_model_rewrote) {
    open_model(model_confs[_i]);
    run_in_model("1");
    rig_command(&rig, 0, "DEBUG POPULATE 3000");
    ck_assert_str_eq(rig_command(&rig, 0, "BGREWRITEAOF"), "+Background append only file rewriting started\r\n");
    rig_command(&rig, 0, "SET during 1");
    rig_run_until(&rig, 2 * SIM_SECOND);
    ck_assert_int_eq(rig_number(&rig, 0, "aof_rewrite_in_progress"), 0);
    run_in_model("2");
    rig_run_until(&rig, 4 * SIM_SECOND);
    expect_real_loads();
}
END_TEST

/* A failed rewrite leaves more than one incremental file. */
START_TEST(real_server_loads_many_parts) {
    open_model("appendonly yes");
    for (int i = 1; i <= 3; i++) {
        run_in_model(pool_printf(rig.pool, "%d", i));
        rig_command(&rig, 0, "BGREWRITEAOF");
        ck_assert(world_child_kill(rig.world, 0, 9));
        rig_run_until(&rig, i * SIM_SECOND);
    }
    ck_assert_str_eq(rig_field(&rig, 0, "aof_last_bgrewrite_status"), "err");
    expect_real_loads();
}
END_TEST

/* --- from the real one to the model ------------------------------------------------------------------------------ */

static const char *const real_arguments[][5] = {
    {NULL},
    {"--aof-use-rdb-preamble", "no", NULL},
    {"--aof-timestamp-enabled", "yes", NULL},
    {"--aof-disable-auto-gc", "yes", NULL},
};

static void expect_model_loads(void) {
    const char *digest = real_digest();
    real_server_kill(&server);
    ck_assert(world_crash(rig.world, 0));
    all_to_model();
    ck_assert(world_start(rig.world, 0));
    rig_run_until(&rig, world_now(rig.world) + SIM_SECOND);
    ck_assert_str_eq(rig_command(&rig, 0, "DEBUG DIGEST"), digest);
}

START_TEST(model_loads_what_the_real_server_appended) {
    open_model("appendonly yes");
    run_real(real_arguments[_i]);
    run_in_real("1");
    expect_model_loads();
}
END_TEST

START_TEST(model_loads_what_the_real_server_rewrote) {
    open_model("appendonly yes");
    run_real(real_arguments[_i]);
    run_in_real("1");
    ask_line(&server, &reply, "BGREWRITEAOF");
    for (int i = 0; i < 100; i++) {
        ask_line(&server, &reply, "INFO persistence");
        if (strstr(reply.at, "aof_rewrite_in_progress:0")) break;
        usleep(50000);
    }
    run_in_real("2");
    expect_model_loads();
}
END_TEST

/* --- the bytes themselves ---------------------------------------------------------------------------------------- */

/* Nothing expires by the clock and nothing is drawn: both append the same bytes. */
START_TEST(both_append_the_same_bytes) {
    char path[256], theirs[20000];
    open_model("appendonly yes");
    run_real(NULL);
    run_in_model("1");
    run_in_real("1");
    rig_run_until(&rig, 2 * SIM_SECOND);
    path_of(path, sizeof path, "appendonly.aof.1.incr.aof");
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(theirs, 1, sizeof theirs, f);
    fclose(f);
    struct bytes ours = world_disk_read(rig.world, 0, AOF_DIR "/appendonly.aof.1.incr.aof");
    ck_assert_str_eq(pool_strndup(rig.pool, ours.at, ours.len), pool_strndup(rig.pool, theirs, n));
    ck_assert_int_eq(rig_number(&rig, 0, "aof_current_size"), (int64_t)n);
}
END_TEST

int main(void) {
    if (!real_server_is_installed()) {
        puts("no redis-server 7.0: left out");
        return 0;
    }
    enum { CONFS = sizeof(model_confs) / sizeof(model_confs[0]), SETUPS = 4 };
    Suite *suite = suite_create("real aof");
    TCase *tc = tcase_create("real aof");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, real_server_loads_what_the_model_appended, 0, CONFS);
    tcase_add_loop_test(tc, real_server_loads_what_the_model_rewrote, 0, CONFS);
    tcase_add_test(tc, real_server_loads_many_parts);
    tcase_add_loop_test(tc, model_loads_what_the_real_server_appended, 0, SETUPS);
    tcase_add_loop_test(tc, model_loads_what_the_real_server_rewrote, 0, SETUPS);
    tcase_add_test(tc, both_append_the_same_bytes);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
