/* prefix, digest, lineage, snapshot and stream: each way of being wrong is named, right sequences are silent. */
#include "tests/unit/checks_fixture.h"

/* --- silence --------------------------------------------------------------------------------------------- */

START_TEST(test_a_replica_that_applies_what_its_master_fed_is_right) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    writes(&s, M, 27, 8, 9, 1);
    feed(&s, M, 41, 8, PING, FEED_ADMIN);
    feed(&s, M, 64, 9, INCR, 0);
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R1, 41, 8, PING);
    applies(&s, R1, 64, 9, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_select_is_fed_after_its_command_was_executed) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 14, 8, PING, FEED_ADMIN); /* told with the digest of the command that follows */
    feed(&s, M, 41, 8, SET_A, 0);
    applies(&s, R1, 14, 7, PING);
    applies(&s, R1, 41, 8, SET_A);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_transaction_is_one_step_for_the_replica) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 15, 7, "*1\r\n$5\r\nMULTI\r\n", 0);
    feed(&s, M, 42, 9, SET_A, 0);
    feed(&s, M, 65, 9, INCR, 0);
    feed(&s, M, 79, 9, "*1\r\n$4\r\nEXEC\r\n", 0);
    stage_tell(&s, (struct happening){.kind = R_APPLY, .node = R1, .peer = M, .a = 79, .b = 9, .d = 79},
               "*1\r\n$4\r\nEXEC\r\n");
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_promoted_replica_leads_its_sister_on) {
    struct stage s;
    stage_open(&s);
    stage_trio(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 27, 8, SET_A);
    dies(&s, M); /* r2 has nothing, r1 half of it */
    becomes(&s, R1, true);
    renamed(&s, R1, 27, ID_PROMOTED, ID_N);
    feed(&s, R1, 41, 8, PING, FEED_ADMIN);
    feed(&s, R1, 64, 30, INCR, 0);
    accepts(&s, R1, R2, 5, 1, ID_M);
    renamed(&s, R2, 0, ID_CONTINUE, ID_N);
    goes_on(&s, R2, R1, 5, 0, ID_N);
    applies(&s, R2, 27, 8, SET_A);
    applies(&s, R2, 41, 8, PING);
    applies(&s, R2, 64, 30, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_bytes_in_flight_from_a_dead_master_are_applied) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    dies(&s, M);
    boot(&s, M, 0, 0, false, ID_O);
    feed(&s, M, 27, 4, SET_A, 0); /* another history at the same offset */
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R1, 50, 9, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_resumes_after_it_was_away) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    for (int64_t i = 0; i < 5000; i++) feed(&s, M, 27 + 23 * (i + 1), 100 + i, INCR, 0);
    accepts(&s, M, R1, 6, 28, ID_M);
    goes_on(&s, R1, M, 6, 27, ID_M);
    for (int64_t i = 0; i < 5000; i++) applies(&s, R1, 27 + 23 * (i + 1), 100 + i, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_restarts_from_its_own_file) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    forks(&s, R1, 27, 8, 1);
    saves(&s, R1, 1);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 50, 9, INCR);
    dies(&s, R1);
    boot(&s, R1, 27, 8, true, ID_M);
    becomes(&s, R1, false);
    accepts(&s, M, R1, 4, 28, ID_M);
    goes_on(&s, R1, M, 4, 27, ID_M);
    applies(&s, R1, 50, 9, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

/* FLUSHALL with save points: the empty dataset is saved at the offset from before its bytes. */
START_TEST(test_a_snapshot_in_the_middle_of_a_command) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    struct happening fork = {
        .kind = R_FORK, .node = M, .peer = NO_PARTY, .flags = FORK_IN_COMMAND, .a = 27, .b = 5, .d = 2};
    stage_tell(&s, fork, NULL);
    feed(&s, M, 41, 5, PING, FEED_ADMIN); /* stands for the SELECT in front of it */
    feed(&s, M, 64, 5, INCR, 0);
    applies(&s, R1, 41, 8, PING);
    fork.node = R1;
    fork.a = 41;
    stage_tell(&s, fork, NULL);
    saves(&s, R1, 2);
    dies(&s, R1);
    boot(&s, R1, 41, 5, true, ID_M);
    becomes(&s, R1, false);
    accepts(&s, M, R1, 4, 42, ID_M);
    goes_on(&s, R1, M, 4, 41, ID_M);
    applies(&s, R1, 64, 5, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

/* Its first command and its death come between the promise of a sync and the load. */
START_TEST(test_a_sync_that_outlives_its_master) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    boot(&s, R1, 0, 0, false, ID_N);
    becomes(&s, R1, false);
    forks(&s, M, 0, 7, 1);
    announces(&s, M, R1, R1, 0, 1, ID_M);
    feed(&s, M, 27, 8, SET_A, 0);
    dies(&s, M);
    boot(&s, M, 0, 7, true, ID_M); /* from the file of that sync, and writes something else */
    feed(&s, M, 23, 9, INCR, 0);
    renamed(&s, R1, 0, ID_FULL_SYNC, ID_M);
    loads(&s, R1, M, R1, 0, 7, ID_M);
    applies(&s, R1, 27, 8, SET_A);
    expect_silence(&s);
    applies(&s, R1, 50, 9, INCR);
    expect_verdict(&s, "prefix", VERDICT_VIOLATION, "never wrote that far");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_snapshot_that_outlived_the_process_that_forked_it) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    forks(&s, R1, 27, 8, 1); /* the child renames its file into place; its parent dies before it hears of it */
    dies(&s, R1);
    boot(&s, R1, 27, 8, true, ID_M);
    becomes(&s, R1, false);
    accepts(&s, M, R1, 4, 28, ID_M);
    goes_on(&s, R1, M, 4, 27, ID_M);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 50, 9, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_master_restarts_from_its_file_without_what_has_expired) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    forks(&s, M, 27, 8, 2);
    saves(&s, M, 2);
    dies(&s, M);
    boot(&s, M, 27, 5, true, ID_O); /* 8 without two keys that had expired; it tells of them now */
    accepts(&s, M, R1, 4, 28, ID_M);
    goes_on(&s, R1, M, 4, 27, ID_O);
    feed(&s, M, 50, 5, INCR, FEED_EXPIRE);
    feed(&s, M, 73, 5, INCR, FEED_EXPIRE);
    feed(&s, M, 100, 6, SET_A, 0);
    applies(&s, R1, 50, 7, INCR);
    applies(&s, R1, 73, 5, INCR);
    applies(&s, R1, 100, 6, SET_A);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_chain_follows_its_middle_to_another_master) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    boot(&s, R2, 0, 0, false, ID_O);
    becomes(&s, R2, false);
    forks(&s, R1, 0, 7, 1);
    announces(&s, R1, R2, 8, 0, 1, ID_M);
    loads(&s, R2, R1, 8, 0, 7, ID_M);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R2, 27, 8, SET_A);
    becomes(&s, R1, true); /* promoted; r2 goes on by the new id */
    renamed(&s, R1, 27, ID_PROMOTED, ID_N);
    accepts(&s, R1, R2, 11, 28, ID_M);
    goes_on(&s, R2, R1, 11, 27, ID_N);
    feed(&s, R1, 50, 9, INCR, 0);
    applies(&s, R2, 50, 9, INCR);
    becomes(&s, M, false); /* the old master has nothing more and joins */
    accepts(&s, R1, M, 12, 28, ID_M);
    goes_on(&s, M, R1, 12, 27, ID_N);
    applies(&s, M, 50, 9, INCR);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_that_clients_write_to_is_not_judged_until_its_next_full_sync) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    writes(&s, R1, 0, 99, 3, 1);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 100, SET_A);
    expect_silence(&s);
    sync_from_m(&s, R1, 27, 8, 3);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 50, 10, INCR);
    expect_broken(&s, "prefix", "r1 diverged from m at offset 50");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_promoted_replica_that_clients_wrote_to) {
    struct stage s;
    stage_open(&s);
    stage_trio(&s);
    writes(&s, R1, 0, 99, 3, 1);
    becomes(&s, R1, true);
    renamed(&s, R1, 0, ID_PROMOTED, ID_N);
    accepts(&s, R1, R2, 5, 1, ID_M);
    goes_on(&s, R2, R1, 5, 0, ID_N);
    feed(&s, R1, 27, 100, SET_A, 0);
    applies(&s, R2, 27, 8, SET_A); /* it never had what was written to r1 */
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_snapshot_of_a_replica_that_clients_wrote_to) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    writes(&s, R1, 0, 99, 3, 1);
    boot(&s, R2, 0, 0, false, ID_O);
    becomes(&s, R2, false);
    forks(&s, R1, 0, 99, 1);
    announces(&s, R1, R2, 8, 0, 1, ID_M);
    loads(&s, R2, R1, 8, 0, 99, ID_M);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 100, SET_A);
    applies(&s, R2, 27, 100, SET_A);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_restarts_from_the_file_that_it_received) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    dies(&s, R1);
    boot(&s, R1, 0, 7, true, ID_M);
    becomes(&s, R1, false);
    accepts(&s, M, R1, 4, 1, ID_M);
    goes_on(&s, R1, M, 4, 0, ID_M);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_memory_is_bounded_while_replicas_keep_up) {
    struct stage s;
    stage_open(&s);
    stage_trio(&s);
    for (int64_t i = 1; i <= 300000; i++) {
        feed(&s, M, 23 * i, 100 + i, INCR, 0);
        applies(&s, R1, 23 * i, 100 + i, INCR);
        applies(&s, R2, 23 * i, 100 + i, INCR);
    }
    expect_silence(&s);
    ck_assert_uint_lt(pool_in_use(s.pool), 1000000);
    stage_close(&s);
}
END_TEST

/* --- prefix fires ------------------------------------------------------------------------------------------ */

START_TEST(test_other_data_after_the_same_command) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R1, 50, 10, INCR);
    expect_broken(&s, "prefix",
                  "r1 diverged from m at offset 50 (t=3.204s): applied INCR c:3, as m did, but its dataset is another");
    expect_broken(&s, "digest", "r1 and m have replid aaaaaaaa and offset 50, but their data differs");
    ck_assert_int_eq(verdict_of(&s, "prefix").at, s.now);
    ck_assert(checks_broken(s.checks));
    stage_close(&s);
}
END_TEST

START_TEST(test_a_command_that_was_dropped_is_missed_at_the_next_one) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 23, 8, INCR); /* SET a was lost: the replica counts on from 0 */
    expect_broken(
        &s, "prefix",
        "r1 diverged from m at offset 23 (t=3.204s): applied INCR c:3; at that place of m's stream is SET a 1");
    applies(&s, R1, 46, 8, INCR);
    feed(&s, M, 73, 10, INCR, 0);
    feed(&s, M, 96, 11, INCR, 0);
    applies(&s, R1, 73, 9, INCR);
    applies(&s, R1, 96, 10, INCR);
    ck_assert_uint_eq(verdict_of(&s, "prefix").count, 1); /* what follows is no news */
    ck_assert_uint_eq(verdict_of(&s, "digest").count, 1);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_command_of_equal_length_in_the_place_of_another) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n");
    expect_silence(&s); /* equal data: nothing to say */
    feed(&s, M, 54, 9, SET_A, 0);
    applies(&s, R1, 54, 10, "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n");
    expect_broken(&s, "prefix", "applied SET b 1; at that place of m's stream is SET a 1");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_command_that_is_executed_twice) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 23, 8, INCR, 0);
    applies(&s, R1, 23, 8, INCR);
    stage_tell(&s, (struct happening){.kind = R_APPLY, .node = R1, .peer = M, .a = 23, .b = 9, .d = 0}, INCR);
    expect_broken(&s, "prefix", "r1 diverged from m at offset 23 (t=3.204s): applied INCR c:3");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_snapshot_of_another_instant_than_announced) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    boot(&s, R1, 0, 0, false, ID_N);
    becomes(&s, R1, false);
    feed(&s, M, 27, 8, SET_A, 0);
    forks(&s, M, 27, 8, 1);
    announces(&s, M, R1, 1, 0, 1, ID_M);
    expect_broken(&s, "snapshot", "m announced offset 0 to r1 (t=3.204s), but forked the snapshot at offset 27");
    loads(&s, R1, M, 1, 0, 8, ID_M);
    expect_broken(&s, "prefix",
                  "r1 diverged from m at offset 0 (t=3.204s): loaded the snapshot that m forked at offset 27, which is "
                  "not m's dataset at offset 0");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_snapshot_of_another_dataset_than_forked) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    boot(&s, R1, 0, 0, false, ID_N);
    becomes(&s, R1, false);
    forks(&s, M, 0, 7, 1);
    announces(&s, M, R1, 1, 0, 1, ID_M);
    loads(&s, R1, M, 1, 0, 6, ID_M);
    expect_broken(&s, "snapshot", "r1 loaded a dataset (t=3.204s) that is not the one which m forked at offset 0");
    expect_broken(&s, "prefix", "r1 diverged from m at offset 0");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_gap_beyond_what_is_remembered_is_still_found) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    int64_t n = 1100000; /* more entries than a branch keeps */
    for (int64_t i = 1; i <= n; i++) feed(&s, M, 23 * i, i + 100, INCR, 0);
    applies(&s, R1, 23, 101, INCR);
    applies(&s, R1, 46, 999, INCR); /* wrong, but the history of then is forgotten */
    ck_assert_int_eq(verdict_of(&s, "prefix").verdict, VERDICT_OK);
    stage_tell(&s, (struct happening){.kind = R_APPLY, .node = R1, .a = 23 * n, .b = 998, .d = 23 * (n - 2)}, INCR);
    expect_broken(&s, "prefix", "r1 diverged from m at offset 25300000");
    stage_close(&s);
}
END_TEST

/* --- digest -------------------------------------------------------------------------------------------------- */

START_TEST(test_two_masters_under_one_id) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    boot(&s, R1, 0, 7, false, ID_M); /* started from the other's file, and kept its id */
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, R1, 27, 9, SET_A, 0);
    expect_broken(&s, "digest", "r1 and m have replid aaaaaaaa and offset 27");
    stage_close(&s);
}
END_TEST

START_TEST(test_more_ids_than_are_remembered) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    for (int i = 0; i < 100; i++) {
        char id[41];
        snprintf(id, sizeof id, "%040d", i);
        renamed(&s, M, 27 * i, ID_BACKLOG_CREATED, id);
        feed(&s, M, 27 * (i + 1), 100 + i, SET_A, 0);
    }
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

/* --- lineage ------------------------------------------------------------------------------------------------ */

START_TEST(test_a_partial_resync_into_another_history) {
    struct stage s;
    stage_open(&s);
    stage_trio(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    becomes(&s, R1, true);
    renamed(&s, R1, 27, ID_PROMOTED, ID_N);
    feed(&s, R1, 50, 9, INCR, 0);
    feed(&s, M, 50, 10, INCR, 0); /* the old master did not stop */
    applies(&s, R2, 27, 8, SET_A);
    applies(&s, R2, 50, 10, INCR);
    accepts(&s, R1, R2, 5, 51, ID_M);
    goes_on(&s, R2, R1, 5, 50, ID_N);
    expect_broken(
        &s, "lineage",
        "r1 accepted a partial resync of r2 after offset 50 (t=3.204s), but their histories part at offset 27");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_partial_resync_between_strangers) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 0, false, ID_M);
    boot(&s, R1, 0, 0, false, ID_N);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, R1, 27, 9, SET_A, 0);
    becomes(&s, R1, false);
    accepts(&s, M, R1, 5, 28, ID_N);
    goes_on(&s, R1, M, 5, 27, ID_M);
    expect_broken(&s, "lineage", "but their datasets have no common origin");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_ahead_of_a_master_that_lost_its_tail) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    forks(&s, M, 0, 7, 2);
    saves(&s, M, 2);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    dies(&s, M);
    boot(&s, M, 0, 7, true, ID_M); /* keeps the id: the defect */
    feed(&s, M, 27, 20, SET_A, 0);
    accepts(&s, M, R1, 5, 28, ID_M);
    goes_on(&s, R1, M, 5, 27, ID_M);
    expect_broken(&s, "lineage", "but their histories part at offset 0");
    stage_close(&s);
}
END_TEST

START_TEST(test_writes_made_without_a_backlog_are_skipped) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    writes(&s, M, 0, 8, 9, 1); /* the backlog was freed, the id kept: the offset stands still */
    accepts(&s, M, R1, 5, 1, ID_M);
    goes_on(&s, R1, M, 5, 0, ID_M);
    expect_broken(&s, "lineage", "but made writes at that very offset that its stream does not tell of");
    stage_close(&s);
}
END_TEST

/* --- stream -------------------------------------------------------------------------------------------------- */

START_TEST(test_multi_and_exec_must_alternate) {
    static const char *const multi = "*1\r\n$5\r\nMULTI\r\n", *const exec = "*1\r\n$4\r\nEXEC\r\n";
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    feed(&s, M, 15, 7, multi, 0);
    feed(&s, M, 29, 7, exec, 0);
    expect_silence(&s);
    feed(&s, M, 43, 7, exec, 0);
    expect_broken(&s, "stream", "m fed EXEC without MULTI at offset 43");
    stage_close(&s);

    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    feed(&s, M, 15, 7, multi, 0);
    feed(&s, M, 30, 7, multi, 0);
    expect_broken(&s, "stream", "m fed MULTI inside a MULTI block at offset 30");
    stage_close(&s);

    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    feed(&s, M, 15, 7, multi, 0);
    boot(&s, M, 0, 7, false, ID_M); /* begins anew */
    feed(&s, M, 15, 7, multi, 0);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_command_that_a_replica_refuses) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    writes(&s, R1, 0, 99, 3, 1);
    stage_tell(&s, (struct happening){.kind = R_STREAM_ERROR, .node = R1, .a = 27}, "INCR a: WRONGTYPE");
    expect_silence(&s); /* a writable replica may rightly refuse */
    sync_from_m(&s, R1, 0, 7, 4);
    stage_tell(&s, (struct happening){.kind = R_STREAM_ERROR, .node = R1, .a = 27}, "INCR a: WRONGTYPE");
    expect_broken(&s, "stream",
                  "r1 refused a command of its master's stream at offset 27 (t=3.204s): INCR a: WRONGTYPE");
    stage_close(&s);
}
END_TEST

/* Told once, then it is not judged: neither its data nor the commands that it refuses. */
START_TEST(test_a_replica_that_evicts_by_itself_is_an_anomaly) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    goes_alone(&s, R1, 27, 66, WRITE_EVICTED);
    goes_alone(&s, R1, 27, 67, WRITE_EVICTED);
    feed(&s, M, 50, 9, INCR, 0);
    goes_alone(&s, R1, 27, 67, WRITE_REFUSED);
    applies(&s, R1, 50, 67, INCR);
    stage_tell(&s, (struct happening){.kind = R_STREAM_ERROR, .node = R1, .peer = M, .a = 50}, "INCR c:3: OOM");
    expect_verdict(&s, "prefix", VERDICT_ANOMALY,
                   "r1 left its master's history at offset 27 (t=3.204s): it evicted a key by itself");
    expect_verdict(&s, "stream", VERDICT_OK, "");
    ck_assert_uint_eq(verdict_of(&s, "prefix").count, 1);
    ck_assert(!checks_broken(s.checks));
    stage_close(&s);
}
END_TEST

START_TEST(test_what_is_allowed_is_not_judged) {
    static const char *const allowed[] = {"prefix", "digest"};
    struct stage s;
    stage_open_allowing(&s, allowed, 2);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 9, SET_A);
    ck_assert_ptr_null(verdict_of(&s, "prefix").name);
    ck_assert(!checks_broken(s.checks));
    struct buffer why;
    buffer_init(&why, s.pool);
    ck_assert(!checks_hold(s.checks, "prefix", &why)); /* an `expect` still sees it */
    ck_assert_ptr_nonnull(strstr(why.at, "diverged"));
    stage_close(&s);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_prefix");
    TCase *silent = tcase_create("silence");
    tcase_add_test(silent, test_a_replica_that_applies_what_its_master_fed_is_right);
    tcase_add_test(silent, test_a_select_is_fed_after_its_command_was_executed);
    tcase_add_test(silent, test_a_transaction_is_one_step_for_the_replica);
    tcase_add_test(silent, test_a_promoted_replica_leads_its_sister_on);
    tcase_add_test(silent, test_bytes_in_flight_from_a_dead_master_are_applied);
    tcase_add_test(silent, test_a_replica_resumes_after_it_was_away);
    tcase_add_test(silent, test_a_replica_restarts_from_its_own_file);
    tcase_add_test(silent, test_a_snapshot_in_the_middle_of_a_command);
    tcase_add_test(silent, test_a_sync_that_outlives_its_master);
    tcase_add_test(silent, test_a_snapshot_that_outlived_the_process_that_forked_it);
    tcase_add_test(silent, test_a_master_restarts_from_its_file_without_what_has_expired);
    tcase_add_test(silent, test_a_chain_follows_its_middle_to_another_master);
    tcase_add_test(silent, test_a_replica_that_clients_write_to_is_not_judged_until_its_next_full_sync);
    tcase_add_test(silent, test_a_promoted_replica_that_clients_wrote_to);
    tcase_add_test(silent, test_a_replica_that_evicts_by_itself_is_an_anomaly);
    tcase_add_test(silent, test_a_snapshot_of_a_replica_that_clients_wrote_to);
    tcase_add_test(silent, test_a_replica_restarts_from_the_file_that_it_received);
    tcase_add_test(silent, test_memory_is_bounded_while_replicas_keep_up);
    suite_add_tcase(suite, silent);
    TCase *fires = tcase_create("fires");
    tcase_add_test(fires, test_other_data_after_the_same_command);
    tcase_add_test(fires, test_a_command_that_was_dropped_is_missed_at_the_next_one);
    tcase_add_test(fires, test_a_command_of_equal_length_in_the_place_of_another);
    tcase_add_test(fires, test_a_command_that_is_executed_twice);
    tcase_add_test(fires, test_a_snapshot_of_another_instant_than_announced);
    tcase_add_test(fires, test_a_snapshot_of_another_dataset_than_forked);
    tcase_add_test(fires, test_a_gap_beyond_what_is_remembered_is_still_found);
    tcase_add_test(fires, test_two_masters_under_one_id);
    tcase_add_test(fires, test_more_ids_than_are_remembered);
    tcase_add_test(fires, test_a_partial_resync_into_another_history);
    tcase_add_test(fires, test_a_partial_resync_between_strangers);
    tcase_add_test(fires, test_a_replica_ahead_of_a_master_that_lost_its_tail);
    tcase_add_test(fires, test_writes_made_without_a_backlog_are_skipped);
    tcase_add_test(fires, test_multi_and_exec_must_alternate);
    tcase_add_test(fires, test_a_command_that_a_replica_refuses);
    tcase_add_test(fires, test_what_is_allowed_is_not_judged);
    suite_add_tcase(suite, fires);
    return run_suite(suite);
}
