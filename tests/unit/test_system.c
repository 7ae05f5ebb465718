/* The model through struct system: a master and its replicas in a simulated world, from boot to rest. */
#include <check.h>

#include "tests/unit/model_rig.h"

static const struct rig_node pair[] = {
    {.name = "m", .replicaof = RIG_ALONE, .conf = "repl-diskless-sync no;save ''"},
    {.name = "r", .replicaof = 0, .conf = "save ''"},
};

static void settle(struct rig *rig) {
    struct buffer why;
    buffer_init(&why, rig->pool);
    ck_assert_msg(rig_settle(rig, 20 * SIM_SECOND, &why), "%s", why.at);
}

static int64_t metric(struct rig *rig, const char *name) {
    struct field_value value;
    ck_assert(rig->system->metric_read(rig->model, name, &value));
    return value.number;
}

/* --- a pair ------------------------------------------------------------------------------------------------------- */

START_TEST(a_replica_gets_dataset_and_stream) {
    struct rig rig;
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, 100 * SIM_MS);
    ck_assert_str_eq(rig_command(&rig, 0, "SET before 1"), "+OK\r\n");
    ck_assert_str_eq(rig_field(&rig, 0, "master_repl_offset"), "0"); /* nobody listens: nothing is counted */
    rig_run_until(&rig, 3 * SIM_SECOND);
    settle(&rig);
    ck_assert_str_eq(rig_field(&rig, 1, "master_link_status"), "up");
    ck_assert_str_eq(rig_command(&rig, 0, "INCR n"), ":1\r\n");
    ck_assert_str_eq(rig_command(&rig, 0, "RPUSH l a b"), ":2\r\n");
    ck_assert_int_gt(rig_number(&rig, 1, "lag_bytes"), 0);
    settle(&rig);
    ck_assert_str_eq(rig_command(&rig, 1, "GET n"), "$1\r\n1\r\n");
    ck_assert_str_eq(rig_command(&rig, 1, "GET before"), "$1\r\n1\r\n");
    ck_assert_str_eq(rig_field(&rig, 1, "digest"), rig_field(&rig, 0, "digest"));
    ck_assert_str_eq(rig_field(&rig, 1, "master_repl_offset"), rig_field(&rig, 0, "master_repl_offset"));
    ck_assert_str_eq(rig_field(&rig, 1, "master_replid"), rig_field(&rig, 0, "master_replid"));
    ck_assert_int_eq(rig_number(&rig, 1, "dbsize"), 3);
    ck_assert_int_eq(rig_number(&rig, 1, "lag_bytes"), 0);
    ck_assert_int_eq(rig_number(&rig, 1, "lag_time"), 0);
    ck_assert_int_eq(rig_number(&rig, 0, "sync_full"), 1);
    ck_assert_int_eq(metric(&rig, "full_syncs"), 1);
    rig_close(&rig);
}
END_TEST

/* The expected digest is that of a real redis-server 7.0.15 after the same command. */
START_TEST(the_digest_field_is_the_commands) {
    struct rig rig;
    rig_open(&rig, 1, pair, 1);
    rig_run_until(&rig, SIM_SECOND);
    ck_assert_str_eq(rig_field(&rig, 0, "digest"), "0000000000000000000000000000000000000000");
    rig_command(&rig, 0, "SET before 1");
    const char *reply = rig_command(&rig, 0, "DEBUG DIGEST");
    ck_assert_int_eq(reply[0], '+');
    ck_assert_int_eq(strncmp(reply + 1, rig_field(&rig, 0, "digest"), 40), 0);
    ck_assert_str_eq(rig_field(&rig, 0, "digest"), "ff46cee48d4756382fb3824c60b37834605409e2");
    rig_close(&rig);
}
END_TEST

START_TEST(a_dataset_is_there_at_time_0) {
    const struct rig_node nodes[] = {{.name = "m", .replicaof = RIG_ALONE, .keys = 100}};
    struct rig rig;
    rig_open(&rig, 1, nodes, 1);
    rig_run_until(&rig, SIM_MS);
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), 100);
    ck_assert_str_eq(rig_command(&rig, 0, "GET key:99"), "$8\r\nvalue:99\r\n");
    rig_close(&rig);
}
END_TEST

/* --- fields that are not there --------------------------------------------------------------------------------------
 */

START_TEST(undefined_fields_say_why) {
    struct rig rig;
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, SIM_SECOND);
    ck_assert_str_eq(rig_field(&rig, 0, "master_link_status"), "<m has no field master_link_status (role master)>");
    ck_assert_str_eq(rig_field(&rig, 0, "lag_bytes"), "<m has no field lag_bytes (role master)>");
    ck_assert_str_eq(rig_field(&rig, 0, "slave3"), "<m has no field slave3 (role master)>");
    ck_assert_str_eq(rig_field(&rig, 0, "db0"), "<m has no field db0 (role master)>");
    world_crash(rig.world, 0);
    ck_assert_str_eq(rig_field(&rig, 0, "alive"), "0");
    ck_assert_str_eq(rig_field(&rig, 0, "role"), "<m has no field role (down)>");
    ck_assert_str_eq(rig_field(&rig, 0, "digest"), "<m has no field digest (down)>");
    ck_assert_str_eq(rig_field(&rig, 1, "lag_bytes"), "<r has no field lag_bytes (its master m is down)>");
    ck_assert_str_eq(rig_field(&rig, 1, "alive"), "1");
    rig_close(&rig);
}
END_TEST

struct counted {
    size_t fields;
    bool alive_only;
};

static void count_field(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct counted *c = ctx;
    ck_assert(value->kind != FIELD_UNDEFINED && text);
    c->fields++;
    c->alive_only = strcmp(name, "alive") == 0;
}

START_TEST(a_node_that_is_down_has_only_alive) {
    struct rig rig;
    struct counted c = {0};
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, SIM_SECOND);
    rig.system->fields_each(rig.model, 0, count_field, &c);
    ck_assert_uint_gt(c.fields, 60);
    world_crash(rig.world, 0);
    c = (struct counted){0};
    rig.system->fields_each(rig.model, 0, count_field, &c);
    ck_assert_uint_eq(c.fields, 1);
    ck_assert(c.alive_only);
    rig_close(&rig);
}
END_TEST

/* Reading all fields and reading each one by name give the same. */
static void compare_field(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct rig *rig = ctx;
    ck_assert_str_eq(rig_field(rig, 1, name), text);
    if (value->kind == FIELD_NUMBER) ck_assert_int_eq(value->number, rig_number(rig, 1, name));
}

START_TEST(all_forms_of_a_field_agree) {
    struct rig rig;
    rig_open(&rig, 1, pair, 2);
    for (sim_time at = 0; at < 3 * SIM_SECOND; at += 333 * SIM_MS) {
        rig_run_until(&rig, at);
        rig.system->fields_each(rig.model, 1, compare_field, &rig);
    }
    rig_close(&rig);
}
END_TEST

/* --- rest ------------------------------------------------------------------------------------------------------------
 */

START_TEST(a_replica_on_its_way_is_waited_for) {
    struct rig rig;
    struct buffer why;
    bool down[RIG_NODES] = {false};
    struct rest_view view = {.down = down};
    rig_open(&rig, 1, pair, 2);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, 0);
    ck_assert(!rig.system->settled(rig.model, &view, &why));
    ck_assert_ptr_nonnull(strstr(why.at, "r: link to m is "));
    world_crash(rig.world, 0);
    buffer_clear(&why);
    ck_assert(rig.system->settled(rig.model, &view, &why)); /* its master is down */
    rig_close(&rig);
}
END_TEST

static bool never_reachable(void *ctx, uint16_t a, uint16_t b) {
    (void)ctx;
    return a != b;
}

START_TEST(a_replica_cut_off_for_good_is_not_waited_for) {
    struct rig rig;
    struct buffer why;
    bool down[RIG_NODES] = {false};
    struct rest_view view = {.down = down, .unreachable = never_reachable};
    rig_open(&rig, 1, pair, 2);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, SIM_MS);
    ck_assert(rig.system->settled(rig.model, &view, &why));
    rig_close(&rig);
}
END_TEST

static const struct rig_node chain[] = {
    {.name = "m", .replicaof = RIG_ALONE, .conf = "repl-diskless-sync no;port 7000"},
    {.name = "mid", .replicaof = 0, .conf = "repl-diskless-sync no"},
    {.name = "leaf", .replicaof = 1},
};

static bool m_is_cut_off(void *ctx, uint16_t a, uint16_t b) {
    (void)ctx;
    return a == 0 || b == 0;
}

/* leaf can reach mid, but mid has no link of its own and answers every PSYNC with -NOMASTERLINK. */
START_TEST(a_replica_of_a_stranded_one_is_not_waited_for) {
    struct rig rig;
    struct buffer why;
    bool down[RIG_NODES] = {false};
    struct rest_view view = {.down = down, .unreachable = m_is_cut_off};
    rig_open(&rig, 1, chain, 3);
    buffer_init(&why, rig.pool);
    world_cut(rig.world, 0, 1, 1);
    world_cut(rig.world, 1, 0, 1);
    rig_run_until(&rig, 3 * SIM_SECOND);
    ck_assert_msg(rig.system->settled(rig.model, &view, &why), "%s", why.at);
    view.unreachable = NULL;
    ck_assert(!rig.system->settled(rig.model, &view, &why));
    ck_assert_ptr_nonnull(strstr(why.at, "mid: link to m is connecting"));
    rig_close(&rig);
}
END_TEST

/* Names and ports are followed: m listens on 7000, and its replica finds it there. */
START_TEST(a_chain_comes_to_rest_with_equal_data) {
    struct rig rig;
    rig_open(&rig, 1, chain, 3);
    ck_assert_uint_eq(rig.system->port(rig.model, 0), 7000);
    rig_run_until(&rig, SIM_SECOND);
    settle(&rig);
    rig_command(&rig, 0, "SADD s a b c");
    settle(&rig);
    ck_assert_str_eq(rig_field(&rig, 1, "master_port"), "7000");
    ck_assert_str_eq(rig_field(&rig, 2, "digest"), rig_field(&rig, 0, "digest"));
    ck_assert_int_eq(rig_number(&rig, 2, "lag_bytes"), 0);
    ck_assert_int_eq(metric(&rig, "full_syncs"), 2);
    rig_close(&rig);
}
END_TEST

static bool every_child_is_stalled(void *ctx, uint16_t party) {
    (void)ctx;
    (void)party;
    return true;
}

START_TEST(a_snapshot_is_waited_for_unless_its_child_is_stopped_for_good) {
    struct rig rig;
    struct buffer why;
    struct rest_view view = {0}, stalled = {.child_stalled = every_child_is_stalled};
    const struct rig_node nodes[] = {
        {.name = "m", .replicaof = RIG_ALONE, .conf = "rdb-key-save-delay 10000;save ''", .keys = 100}};
    rig_open(&rig, 1, nodes, 1);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, SIM_SECOND);
    ck_assert(rig.system->settled(rig.model, &view, &why));
    ck_assert_str_eq(rig_command(&rig, 0, "BGSAVE"), "+Background saving started\r\n");
    ck_assert(!rig.system->settled(rig.model, &view, &why));
    ck_assert_str_eq(why.at, "m: a snapshot is being saved");
    ck_assert(rig.system->settled(rig.model, &stalled, &why));
    rig_run_until(&rig, 3 * SIM_SECOND);
    ck_assert(rig.system->settled(rig.model, &view, &why));
    ck_assert_int_eq(rig_number(&rig, 0, "rdb_saves"), 1);
    rig_close(&rig);
}
END_TEST

/* lag_time counts from the instant at which the master went ahead, whatever follows. */
START_TEST(lag_time_counts_from_the_last_equality) {
    struct rig rig;
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, 3 * SIM_SECOND);
    settle(&rig);
    world_cut(rig.world, 0, 1, 1);
    sim_time began = world_now(rig.world);
    rig_command(&rig, 0, "SET a 1");
    ck_assert_int_gt(rig_number(&rig, 1, "lag_bytes"), 0);
    rig_run_until(&rig, began + SIM_SECOND);
    rig_command(&rig, 0, "SET b 1");
    rig_run_until(&rig, began + 2 * SIM_SECOND);
    ck_assert_int_eq(rig_number(&rig, 1, "lag_time"), 2 * SIM_SECOND);
    world_cut(rig.world, 0, 1, -1);
    settle(&rig);
    ck_assert_int_eq(rig_number(&rig, 1, "lag_time"), 0);
    rig_close(&rig);
}
END_TEST

/* --- samples, syncs of processes that are over, traces ---------------------------------------------------------------
 */

START_TEST(samples_have_one_value_a_name) {
    struct rig rig;
    int64_t values[64];
    size_t names = 0;
    while (redis_system()->sample_names[names]) names++;
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, 3 * SIM_SECOND);
    for (size_t i = 0; i < 64; i++) values[i] = INT64_MIN;
    ck_assert(rig.system->sample(rig.model, 0, values));
    for (size_t i = 0; i < 64; i++) ck_assert((values[i] != INT64_MIN) == (i < names));
    ck_assert_str_eq(redis_system()->sample_names[0], "master_repl_offset");
    ck_assert_int_eq(values[0], rig_number(&rig, 0, "master_repl_offset"));
    world_crash(rig.world, 0);
    ck_assert(!rig.system->sample(rig.model, 0, values));
    rig_close(&rig);
}
END_TEST

START_TEST(full_syncs_outlive_the_process) {
    struct rig rig;
    rig_open(&rig, 1, pair, 2);
    rig_run_until(&rig, 3 * SIM_SECOND);
    settle(&rig);
    ck_assert_int_eq(metric(&rig, "full_syncs"), 1);
    world_crash(rig.world, 0);
    ck_assert_int_eq(metric(&rig, "full_syncs"), 1);
    world_start(rig.world, 0);
    rig_run_until(&rig, 8 * SIM_SECOND);
    settle(&rig);
    ck_assert_int_eq(metric(&rig, "full_syncs") + metric(&rig, "partial_syncs"), 2);
    rig_close(&rig);
}
END_TEST

static uint64_t trace_of_a_run(uint64_t seed) {
    struct rig rig;
    rig_open(&rig, seed, pair, 2);
    rig_run_until(&rig, 2 * SIM_SECOND);
    rig_command(&rig, 0, "INCR n");
    rig_run_until(&rig, 4 * SIM_SECOND);
    uint64_t hash = trace_hash(rig.trace);
    rig_close(&rig);
    return hash;
}

START_TEST(same_seed_same_trace) {
    ck_assert_uint_eq(trace_of_a_run(7), trace_of_a_run(7));
    ck_assert_uint_ne(trace_of_a_run(7), trace_of_a_run(8));
}
END_TEST

static void check_results(struct rig *rig) {
    rig->system->finish(rig->model, true);
    ck_assert_uint_gt(rig->system->check_count(rig->model), 2);
    for (size_t i = 0; i < rig->system->check_count(rig->model); i++) {
        struct check_result result = rig->system->check_get(rig->model, i);
        ck_assert_msg(result.verdict == VERDICT_OK, "%s: %s", result.name, result.detail);
    }
}

START_TEST(a_run_without_faults_keeps_all_promises) {
    struct rig rig;
    struct buffer why;
    rig_open(&rig, 3, pair, 2);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, 3 * SIM_SECOND);
    for (int i = 0; i < 50; i++) {
        rig_command(&rig, 0, "APPEND a x");
        rig_command(&rig, 0, "LPUSH l 1");
        rig_run_until(&rig, world_now(rig.world) + SIM_MS);
    }
    settle(&rig);
    ck_assert_msg(rig.system->check_holds(rig.model, "converged", &why), "%s", why.at);
    ck_assert(!rig.system->broken(rig.model));
    check_results(&rig);
    rig_close(&rig);
}
END_TEST

/* --- words for people ------------------------------------------------------------------------------------------------
 */

static const char *op_text(struct rig *rig, const char *wire, size_t len) {
    struct buffer out;
    buffer_init(&out, rig->pool);
    buffer_puts(&out, "");
    redis_system()->op_text((struct bytes){wire, len}, &out);
    return out.at;
}

START_TEST(requests_are_shown_as_redis_cli_takes_them) {
    struct rig rig = {.pool = pool_create()};
#define TEXT(wire) op_text(&rig, wire, sizeof(wire) - 1)
    ck_assert_str_eq(TEXT("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), "GET k");
    ck_assert_str_eq(TEXT("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na\0b\r\n"), "SET \"\" \"a\\x00b\"");
    ck_assert_str_eq(TEXT("*2\r\n$3\r\nGET\r\n$3\r\na \"\r\n"), "GET \"a \\\"\"");
    ck_assert_str_eq(TEXT("*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n"), "MULTI; INCR k");
    ck_assert_str_eq(TEXT("*2\r\n$3\r\nGET\r\n$9\r\ncut off"), "GET");
    ck_assert_str_eq(TEXT("garbage"), "");
    ck_assert_str_eq(TEXT(""), "");
#undef TEXT
    pool_destroy(rig.pool);
}
END_TEST

START_TEST(an_operation_is_about_its_first_key) {
#define KEY(wire) redis_system()->op_key((struct bytes){wire, sizeof(wire) - 1})
    struct bytes key = KEY("*2\r\n$3\r\nGET\r\n$2\r\nkk\r\n");
    ck_assert(key.len == 2 && memcmp(key.at, "kk", 2) == 0);
    key = KEY(
        "*1\r\n$5\r\nMULTI\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n");
    ck_assert(key.len == 1 && key.at[0] == 'n');
    ck_assert_uint_eq(KEY("*1\r\n$4\r\nPING\r\n").len, 0);
    ck_assert_uint_eq(KEY("nonsense").len, 0);
#undef KEY
}
END_TEST

START_TEST(replies_are_read_in_any_pieces) {
    static const char wire[] = "*4\r\n:12\r\n$-1\r\n*1\r\n+OK\r\n$2\r\nab\r\n-ERR no\r\n";
    struct pool *pool = pool_create();
    struct reply reply;
    size_t array = sizeof(wire) - 1 - 9;
    for (size_t n = 0; n < array; n++) {
        ck_assert_int_eq(redis_system()->decode(pool, (struct bytes){wire, n}, &reply), 0);
    }
    ck_assert_int_eq(redis_system()->decode(pool, (struct bytes){wire, sizeof(wire) - 1}, &reply), (int64_t)array);
    ck_assert(reply.kind == REPLY_ARRAY && reply.count == 4);
    ck_assert(reply.items[0].kind == REPLY_NUMBER && memcmp(reply.items[0].text.at, "12", 2) == 0);
    ck_assert(reply.items[1].kind == REPLY_NIL);
    ck_assert(reply.items[2].kind == REPLY_ARRAY && reply.items[2].items[0].kind == REPLY_TEXT);
    ck_assert(reply.items[3].kind == REPLY_TEXT && reply.items[3].text.len == 2);
    ck_assert_int_eq(redis_system()->decode(pool, (struct bytes){wire + array, 9}, &reply), 9);
    ck_assert(reply.kind == REPLY_ERROR && reply.text.len == 6);
    ck_assert_int_eq(redis_system()->decode(pool, (struct bytes){"\nhello", 6}, &reply), -1);
    pool_destroy(pool);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("system");
    TCase *runs = tcase_create("runs"), *words = tcase_create("words");
    tcase_add_test(runs, a_replica_gets_dataset_and_stream);
    tcase_add_test(runs, the_digest_field_is_the_commands);
    tcase_add_test(runs, a_dataset_is_there_at_time_0);
    tcase_add_test(runs, undefined_fields_say_why);
    tcase_add_test(runs, a_node_that_is_down_has_only_alive);
    tcase_add_test(runs, all_forms_of_a_field_agree);
    tcase_add_test(runs, a_replica_on_its_way_is_waited_for);
    tcase_add_test(runs, a_replica_cut_off_for_good_is_not_waited_for);
    tcase_add_test(runs, a_replica_of_a_stranded_one_is_not_waited_for);
    tcase_add_test(runs, a_chain_comes_to_rest_with_equal_data);
    tcase_add_test(runs, a_snapshot_is_waited_for_unless_its_child_is_stopped_for_good);
    tcase_add_test(runs, lag_time_counts_from_the_last_equality);
    tcase_add_test(runs, samples_have_one_value_a_name);
    tcase_add_test(runs, full_syncs_outlive_the_process);
    tcase_add_test(runs, same_seed_same_trace);
    tcase_add_test(runs, a_run_without_faults_keeps_all_promises);
    tcase_add_test(words, requests_are_shown_as_redis_cli_takes_them);
    tcase_add_test(words, an_operation_is_about_its_first_key);
    tcase_add_test(words, replies_are_read_in_any_pieces);
    suite_add_tcase(suite, runs);
    suite_add_tcase(suite, words);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
