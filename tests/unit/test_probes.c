/* Probes: every state has one, every name is one of a kind, and runs count what they come by.
 *
 * The states are read off the header itself: one that is added there without a probe fails here. */
#include <check.h>
#include <ctype.h>
#include <stdio.h>

#include "model/redis/probes.h"
#include "model/redis/server.h"
#include "sim/run/sums.h"
#include "tests/unit/model_rig.h"

enum { STATES_MAX = 40, NAME_ROOM = 64, HEADER_ROOM = 65536 };

/* --- the table ---------------------------------------------------------------------------------------------------- */

static bool is_probe(const char *name) {
    for (size_t i = 0; i < PROBE_COUNT; i++) {
        if (strcmp(probe_names[i], name) == 0) return true;
    }
    return false;
}

START_TEST(names_are_words_and_unique) {
    for (size_t i = 0; i < PROBE_COUNT; i++) {
        ck_assert_ptr_nonnull(probe_names[i]);
        ck_assert_uint_eq(strspn(probe_names[i], "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(probe_names[i]));
        for (size_t k = 0; k < i; k++) ck_assert_str_ne(probe_names[i], probe_names[k]);
    }
    ck_assert_ptr_null(probe_names[PROBE_COUNT]);
}
END_TEST

/* The enumerators of `enum NAME {` in replication.h, in order, as probes are called: LINK_NONE is link-none. */
static size_t read_states(const char *name, char states[STATES_MAX][NAME_ROOM]) {
    char text[HEADER_ROOM], begin[NAME_ROOM];
    FILE *file = fopen(TESTS_DIR "/../model/redis/replication.h", "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    snprintf(begin, sizeof(begin), "enum %s {", name);
    const char *at = strstr(text, begin);
    ck_assert_ptr_nonnull(at);
    size_t count = 0, len = 0;
    for (at += strlen(begin); *at != '}'; at++) {
        if (at[0] == '/' && at[1] == '*')
            at = strstr(at, "*/") + 1;
        else if (isupper((unsigned char)*at) || (*at == '_' && len))
            states[count][len++] = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
        else if (len) {
            states[count++][len] = 0;
            len = 0;
        }
    }
    if (len) states[count++][len] = 0;
    return count;
}

START_TEST(every_state_has_a_probe) {
    char states[STATES_MAX][NAME_ROOM];
    size_t links = read_states("link_state", states);
    ck_assert_uint_eq(links, LINK_CONNECTED + 1);
    for (size_t i = 0; i < links; i++) {
        ck_assert_msg(is_probe(states[i]), "no probe %s", states[i]);
        ck_assert_str_eq(probe_names[probe_of_link((enum link_state)i)], states[i]);
    }
    size_t replicas = read_states("replica_state", states);
    ck_assert_uint_eq(replicas, REPLICA_RDB_TRANSMITTED + 1);
    for (size_t i = 0; i < replicas; i++) {
        ck_assert_msg(is_probe(states[i]), "no probe %s", states[i]);
        ck_assert_str_eq(probe_names[probe_of_replica((enum replica_state)i)], states[i]);
    }
}
END_TEST

/* --- a run's counters --------------------------------------------------------------------------------------------- */

/* What a first full resync comes by, and what it does not. */
START_TEST(a_first_sync_is_counted) {
    static const enum probe once[] = {
        PROBE_LINK_CONNECTING,
        PROBE_LINK_RECEIVE_PING_REPLY,
        PROBE_LINK_SEND_HANDSHAKE,
        PROBE_LINK_SEND_PSYNC,
        PROBE_LINK_RECEIVE_PSYNC_REPLY,
        PROBE_LINK_TRANSFER,
        PROBE_LINK_CONNECTED,
        PROBE_PSYNC_NO_ID,
        PROBE_REPLICA_WAIT_BGSAVE_START,
        PROBE_REPLICA_SEND_BULK,
        PROBE_REPLICA_WAIT_BGSAVE_END,
        PROBE_REPLICA_ONLINE,
        PROBE_REPLY_FULL,
        PROBE_BACKLOG_CREATED_NEW_ID,
        PROBE_BACKLOG_CREATED_SAME_ID,
        PROBE_SYNC_FORK_DISK,
        PROBE_LOAD_DISK,
    };
    static const enum probe never[] = {PROBE_PSYNC_BY_REPLID,  PROBE_LINK_RECEIVE_AUTH_REPLY,
                                       PROBE_REPLICA_WITHHELD, PROBE_SYNC_FORK_SOCKETS,
                                       PROBE_PROMOTED,         PROBE_FORK_FAILED};
    static const struct rig_node nodes[] = {{"m", RIG_ALONE, "repl-diskless-sync no", NULL, 10},
                                            {"r", 0, NULL, NULL, 0}};
    struct rig rig;
    rig_open(&rig, 1, nodes, 2);
    rig_run_until(&rig, 3 * SIM_SECOND);
    ck_assert_str_eq(rig_field(&rig, 1, "master_link_status"), "up");
    for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
        ck_assert_msg(rig.probes[once[i]] == 1, "%s: %llu", probe_names[once[i]],
                      (unsigned long long)rig.probes[once[i]]);
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        ck_assert_msg(rig.probes[never[i]] == 0, "%s", probe_names[never[i]]);
    ck_assert_str_eq(rig_command(&rig, 1, "replicaof no one"), "+OK\r\n");
    ck_assert_uint_eq(rig.probes[PROBE_PROMOTED], 1);
    rig_close(&rig);
}
END_TEST

/* --- many runs ---------------------------------------------------------------------------------------------------- */

/* What a worker says of a run; the second time in another order, as faults come. */
START_TEST(runs_add_up) {
    const struct named_number faults[] = {{"crash", 2}, {"cut", 1}};
    const struct named_number swapped[] = {{"cut", 4}, {"pause", 1}, {"crash", 1}};
    const struct named_number probes[] = {{"up", 1}, {"down", 0}, {"moon", 0}};
    const struct named_number later[] = {{"up", 2}, {"down", 7}, {"moon", 0}};
    struct run_result first = {.faults = faults, .fault_count = 2, .probes = probes, .probe_count = 3};
    struct run_result second = {.faults = swapped, .fault_count = 3, .probes = later, .probe_count = 3};
    struct pool *pool = pool_create();
    struct sums sums;
    struct buffer text;
    buffer_init(&text, pool);
    sums_init(&sums, pool);
    sums_put(&text, &first);
    sums_add(&sums, buffer_bytes(&text));
    buffer_clear(&text);
    sums_put(&text, &second);
    sums_add(&sums, buffer_bytes(&text));
    buffer_clear(&text);
    sums_write(&sums, &text);
    ck_assert_str_eq(text.at, "faults                                       runs        times\n"
                              "  crash                                         2            3\n"
                              "  cut                                           2            5\n"
                              "  pause                                         1            1\n"
                              "probes                                       runs        times\n"
                              "  up                                            2            3\n"
                              "  down                                          1            7\n"
                              "never (1):\n"
                              "  moon\n");
    pool_destroy(pool);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("probes");
    TCase *cases = tcase_create("probes");
    tcase_add_test(cases, names_are_words_and_unique);
    tcase_add_test(cases, every_state_has_a_probe);
    tcase_add_test(cases, a_first_sync_is_counted);
    tcase_add_test(cases, runs_add_up);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
