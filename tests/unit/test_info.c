/* INFO and ROLE beside the real server: the same fields, in the same order and format, in the same situations.
 *
 * Method: a real master and replica on loopback and a modelled pair are brought into the same situation; of each
 * section the names and the shapes of the values (digits, ids and addresses made alike) are compared. */
#include <check.h>

#include "model/redis/info.h"
#include "tests/unit/model_rig.h"
#include "tests/unit/real_server.h"

/* What the real server shows of its machine, or of what the model does not have. */
static const char *const absent[] = {
    /* a child does not report its progress to its parent */
    "current_fork_perc",
    "current_save_keys_processed",
    "current_save_keys_total",
    /* rates by sampling, and CPU time */
    "instantaneous_ops_per_sec",
    "instantaneous_input_kbps",
    "instantaneous_output_kbps",
    "instantaneous_input_repl_kbps",
    "instantaneous_output_repl_kbps",
    "expire_cycle_cpu_milliseconds",
    /* client eviction, pub/sub, MIGRATE, defragmentation, client tracking, I/O threads: not modelled */
    "evicted_clients",
    "pubsub_channels",
    "pubsub_patterns",
    "pubsubshard_channels",
    "migrate_cached_sockets",

    "active_defrag_hits",
    "active_defrag_misses",
    "active_defrag_key_hits",
    "active_defrag_key_misses",
    "total_active_defrag_time",
    "current_active_defrag_time",
    "tracking_total_keys",
    "tracking_total_items",
    "tracking_total_prefixes",
    "dump_payload_sanitizations",
    "io_threaded_reads_processed",
    "io_threaded_writes_processed",
    "reply_buffer_shrinks",
    "reply_buffer_expands",
    NULL,
};

static bool is_absent(const char *line) {
    for (size_t i = 0; absent[i]; i++) {
        size_t len = strlen(absent[i]);
        if (strncmp(line, absent[i], len) == 0 && line[len] == ':') return true;
    }
    return false;
}

/* A line with what may differ made alike: numbers become #, ids @, addresses *. */
static void put_shape(char *out, const char *line) {
    const char *value = strchr(line, ':') + 1;
    out += sprintf(out, "%.*s", (int)(value - line), line);
    if (strncmp(line, "master_host:", 12) == 0) value = "*";
    for (const char *c = value; *c;) {
        if (strspn(c, "0123456789abcdef") == 40) {
            *out++ = '@';
            c += 40;
        } else if (strncmp(c, "ip=", 3) == 0) {
            out += sprintf(out, "ip=*");
            c += strcspn(c, ",");
        } else if ((*c == '-' && c[1] >= '0' && c[1] <= '9') || (*c >= '0' && *c <= '9')) {
            *out++ = '#';
            c += 1 + strspn(c + 1, "0123456789");
        } else {
            *out++ = *c++;
        }
    }
    *out = '\0';
}

/* A section's lines in shape, one below the other. */
static void section_shape(const char *info, const char *title, char *out, size_t room) {
    char begin[40];
    snprintf(begin, sizeof(begin), "# %s\r\n", title);
    const char *at = strstr(info, begin);
    size_t used = 0;
    out[0] = '\0';
    ck_assert_msg(at != NULL, "no section %s in: %s", title, info);
    for (at += strlen(begin); *at && *at != '\r'; at = strstr(at, "\r\n") + 2) {
        char line[500], shape[1000];
        snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\r"), at);
        if (is_absent(line) || !strchr(line, ':')) continue;
        put_shape(shape, line);
        used += (size_t)snprintf(out + used, room - used, "%s\n", shape);
        ck_assert_uint_lt(used, room);
    }
}

static void compare_info(const char *real, const char *model) {
    static const char *const sections[] = {"Replication", "Persistence", "Stats", "Keyspace"};
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        char expected[8000], found[8000];
        section_shape(real, sections[i], expected, sizeof(expected));
        section_shape(model, sections[i], found, sizeof(found));
        ck_assert_str_eq(found, expected);
    }
}

/* --- two pairs in one situation --------------------------------------------------------------------------------------
 */

static const struct rig_node nodes[] = {
    {.name = "m", .replicaof = RIG_ALONE, .conf = "repl-diskless-sync-delay 0;save ''"},
    {.name = "r", .replicaof = 0, .conf = "save ''"},
};

static void ask_both(struct rig *rig, size_t node, struct real_server *real) {
    char *text = real_server_ask(real, "INFO");
    compare_info(text, rig_command(rig, node, "INFO"));
    free(text);
}

static void start_real_replica(struct real_server *replica, const struct real_server *master) {
    char of[40];
    snprintf(of, sizeof(of), "127.0.0.1 %d", master->port);
    const char *const arguments[] = {"--replicaof", of, NULL};
    ck_assert(real_server_start(replica, arguments));
}

/* Waits at most 10 s until the server's INFO has the text. */
static void await_real(struct real_server *r, const char *text) {
    for (int i = 0; i < 200; i++) {
        char *info = real_server_ask(r, "INFO");
        bool found = strstr(info, text) != NULL;
        free(info);
        if (found) return;
    }
    ck_abort_msg("the real server did not get to %s", text);
}

START_TEST(a_lone_master_shows_what_the_real_one_shows) {
    struct rig rig;
    struct real_server real;
    if (!real_server_is_installed()) return;
    rig_open(&rig, 1, nodes, 1);
    rig_run_until(&rig, SIM_SECOND);
    ck_assert(real_server_start(&real, NULL));
    ask_both(&rig, 0, &real);
    rig_command(&rig, 0, "SETEX k 100 v");
    free(real_server_ask(&real, "SETEX k 100 v"));
    ask_both(&rig, 0, &real);
    char *role = real_server_ask(&real, "ROLE");
    ck_assert_str_eq(rig_command(&rig, 0, "ROLE"), role);
    free(role);
    real_server_stop(&real);
    rig_close(&rig);
}
END_TEST

START_TEST(a_pair_shows_what_the_real_pair_shows) {
    struct rig rig;
    struct buffer why;
    struct real_server master, replica;
    if (!real_server_is_installed()) return;
    const char *const arguments[] = {"--repl-diskless-sync-delay", "0", NULL};
    ck_assert(real_server_start(&master, arguments));
    start_real_replica(&replica, &master);
    await_real(&replica, "master_link_status:up");
    rig_open(&rig, 1, nodes, 2);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, 3 * SIM_SECOND);
    ck_assert_msg(rig_settle(&rig, 10 * SIM_SECOND, &why), "%s", why.at);
    rig_command(&rig, 0, "SET k v");
    free(real_server_ask(&master, "SET k v"));
    rig_run_until(&rig, world_now(rig.world) + 2 * SIM_SECOND);
    await_real(&master, "state=online");
    await_real(&replica, "db0:keys=1");
    ask_both(&rig, 0, &master);
    ask_both(&rig, 1, &replica);

    real_server_stop(&master);
    await_real(&replica, "master_link_status:down");
    world_crash(rig.world, 0);
    rig_run_until(&rig, world_now(rig.world) + SIM_SECOND);
    ask_both(&rig, 1, &replica);
    real_server_stop(&replica);
    rig_close(&rig);
}
END_TEST

/* The replica waits for a snapshot that takes about two seconds. */
START_TEST(a_pair_in_sync_shows_what_the_real_pair_shows) {
    static const struct rig_node slow[] = {
        {.name = "m",
         .replicaof = RIG_ALONE,
         .conf = "repl-diskless-sync no;rdb-key-save-delay 1000;save ''",
         .keys = 2000},
        {.name = "r", .replicaof = 0, .conf = "save ''"},
    };
    struct rig rig;
    struct real_server master, replica;
    if (!real_server_is_installed()) return;
    const char *const arguments[] = {
        "--repl-diskless-sync", "no", "--rdb-key-save-delay", "1000", "--enable-debug-command", "yes", NULL};
    ck_assert(real_server_start(&master, arguments));
    free(real_server_ask(&master, "DEBUG POPULATE 2000"));
    start_real_replica(&replica, &master);
    rig_open(&rig, 1, slow, 2);
    rig_run_until(&rig, 1500 * SIM_MS);
    await_real(&replica, "master_sync_in_progress:1");
    ask_both(&rig, 1, &replica);
    ask_both(&rig, 0, &master);
    real_server_stop(&master);
    real_server_stop(&replica);
    rig_close(&rig);
}
END_TEST

/* --- formats ---------------------------------------------------------------------------------------------------------
 */

static void keep_text(void *ctx, const char *name, const struct field_value *value, const char *text) {
    (void)name;
    (void)value;
    snprintf(ctx, 40, "%s", text);
}

/* Pairs that a real server showed, or that C's printf gives. */
START_TEST(bytes_for_people_are_written_as_the_real_server_does) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } pairs[] = {
        {0, "0B"},
        {1023, "1023B"},
        {1024, "1.00K"},
        {965520, "942.89K"},
        {984176, "961.11K"},
        {12443648, "11.87M"},
        {25276510208, "23.54G"},
        {1048575, "1024.00K"},
        {1048576, "1.00M"},
        {128 * 1024 + 5, "128.00K"},
        {UINT64_C(3) << 40, "3.00T"},
    };
    struct pool *pool = pool_create();
    struct buffer scratch;
    char text[40];
    buffer_init(&scratch, pool);
    struct info_out out = {INFO_ALL, &scratch, keep_text, text};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        info_human(&out, INFO_used_memory_human, pairs[i].bytes);
        ck_assert_str_eq(text, pairs[i].text);
    }
    info_percent(&out, INFO_master_sync_perc, 1, 3);
    ck_assert_str_eq(text, "33.33");
    info_percent(&out, INFO_master_sync_perc, 5, 0);
    ck_assert_str_eq(text, "0.00");
    info_percent(&out, INFO_master_sync_perc, 1048576, 1048576);
    ck_assert_str_eq(text, "100.00");
    pool_destroy(pool);
}
END_TEST

START_TEST(sections_are_chosen_by_name) {
    struct rig rig;
    rig_open(&rig, 1, nodes, 1);
    rig_run_until(&rig, SIM_SECOND);
    const char *all = rig_command(&rig, 0, "INFO");
    const char *one = rig_command(&rig, 0, "INFO rePlication");
    const char *two = rig_command(&rig, 0, "INFO keyspace server");
    ck_assert_ptr_nonnull(strstr(all, "# Server\r\n"));
    ck_assert_ptr_nonnull(strstr(one, "\r\n# Replication\r\nrole:master\r\n"));
    ck_assert_ptr_null(strstr(one, "# Server"));
    ck_assert_ptr_nonnull(strstr(two, "\r\n\r\n# Keyspace\r\n"));
    ck_assert(strstr(two, "# Server") < strstr(two, "# Keyspace"));
    ck_assert_str_eq(rig_command(&rig, 0, "INFO nosuch"), "$0\r\n\r\n");
    rig_close(&rig);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("info");
    TCase *beside = tcase_create("beside the real server"), *formats = tcase_create("formats");
    tcase_add_test(beside, a_lone_master_shows_what_the_real_one_shows);
    tcase_add_test(beside, a_pair_shows_what_the_real_pair_shows);
    tcase_add_test(beside, a_pair_in_sync_shows_what_the_real_pair_shows);
    tcase_set_timeout(beside, 60);
    tcase_add_test(formats, bytes_for_people_are_written_as_the_real_server_does);
    tcase_add_test(formats, sections_are_chosen_by_name);
    suite_add_tcase(suite, beside);
    suite_add_tcase(suite, formats);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
