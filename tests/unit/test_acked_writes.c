/* The figures of a run: acknowledged writes that are lost, turns of a resync loop, refused writes. */
#include "tests/unit/checks_fixture.h"

/* A client's acknowledged write on connection 9. */
static void acked_write(struct stage *s, uint16_t node, int64_t offset, int64_t data, int64_t ordinal) {
    feed(s, node, offset, data, SET_A, 0);
    writes(s, node, offset, data, 9, ordinal);
    replied(s, 9, ordinal, OP_OK);
}

START_TEST(test_what_a_live_master_has_is_not_lost) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    for (int64_t i = 1; i <= 200; i++) acked_write(&s, M, 27 * i, 100 + i, i);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 0);
    stage_close(&s);
}
END_TEST

START_TEST(test_what_a_promoted_replica_has_not_is_lost) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    for (int64_t i = 1; i <= 200; i++) acked_write(&s, M, 27 * i, 100 + i, i);
    for (int64_t i = 1; i <= 130; i++) applies(&s, R1, 27 * i, 100 + i, SET_A);
    dies(&s, M);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 200); /* no live master has anything */
    becomes(&s, R1, true);
    renamed(&s, R1, 27 * 130, ID_PROMOTED, ID_N);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 70);
    acked_write(&s, R1, 27 * 131, 900, 201);
    acked_write(&s, R1, 27 * 132, 901, 202);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 70);
    boot(&s, M, 0, 0, false, ID_O); /* back, empty, and a second master */
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 70);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_master_that_restarts_keeps_what_is_in_its_file) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    for (int64_t i = 1; i <= 10; i++) { /* without a backlog: the offset stands still */
        writes(&s, M, 0, 100 + i, 9, i);
        replied(&s, 9, i, OP_OK);
    }
    forks(&s, M, 0, 110, 1);
    saves(&s, M, 1);
    for (int64_t i = 11; i <= 13; i++) {
        writes(&s, M, 0, 100 + i, 9, i);
        replied(&s, 9, i, OP_OK);
    }
    dies(&s, M);
    boot(&s, M, 0, 110, true, ID_O);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 3);
    stage_close(&s);
}
END_TEST

START_TEST(test_only_acknowledged_writes_count) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    writes(&s, M, 0, 8, 9, 1);
    writes(&s, M, 0, 9, 9, 3); /* 2 was a read */
    writes(&s, M, 0, 10, 9, 4);
    writes(&s, M, 0, 11, 9, 5);
    replied(&s, 9, 1, OP_OK);
    replied(&s, 9, 2, OP_OK);
    replied(&s, 9, 3, OP_ERROR);
    replied(&s, 9, 4, OP_TIMEOUT);
    writes(&s, M, 0, 12, 10, 1); /* another connection, which breaks */
    stage_tell(&s, (struct happening){.kind = TRACE_CLOSED, .node = CLIENT, .peer = M, .conn = 10}, NULL);
    replied(&s, 10, 1, OP_OK);
    writes(&s, M, 0, 13, 10, 2);
    replied(&s, 10, 2, OP_OK);
    expect_silence(&s);
    dies(&s, M);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 1);
    stage_close(&s);
}
END_TEST

START_TEST(test_writes_that_leave_the_data_as_it_was_count_each) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    for (int64_t i = 1; i <= 3; i++) { /* SET of the value that is there */
        writes(&s, M, 0, 7, 9, i);
        replied(&s, 9, i, OP_OK);
    }
    feed(&s, M, 27, 7, SET_A, 0);
    writes(&s, M, 27, 7, 9, 4);
    replied(&s, 9, 4, OP_OK);
    dies(&s, M);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 4);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_demoted_masters_tail_is_lost) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    for (int64_t i = 1; i <= 5; i++) acked_write(&s, M, 27 * i, 100 + i, i);
    becomes(&s, R1, true);
    acked_write(&s, R1, 27, 55, 1);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 0); /* two masters: all is somewhere */
    becomes(&s, M, false);
    forks(&s, R1, 27, 55, 1);
    announces(&s, R1, M, 4, 27, 1, ID_N);
    loads(&s, M, R1, 4, 27, 55, ID_N);
    ck_assert_int_eq(metric_of(&s, "lost_acked_writes"), 5);
    stage_close(&s);
}
END_TEST

START_TEST(test_full_resyncs_that_follow_each_other_are_a_loop) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 0);
    s.now += 9 * SIM_SECOND;
    announces(&s, M, R1, 2, 0, 1, ID_M); /* 9 s after it had loaded */
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 1);
    s.now += 60 * SIM_SECOND;
    announces(&s, M, R1, 3, 0, 1, ID_M); /* it never loaded */
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 2);
    loads(&s, R1, M, 3, 0, 7, ID_M);
    s.now += 10 * SIM_SECOND;
    announces(&s, M, R1, 4, 0, 1, ID_M); /* it was well for 10 s */
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 2);
    boot(&s, R1, 0, 0, false, ID_N);
    announces(&s, M, R1, 5, 0, 1, ID_M); /* it was restarted */
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 2);
    becomes(&s, R1, false);
    announces(&s, M, R1, 6, 0, 1, ID_M); /* it was told to follow m anew */
    ck_assert_int_eq(metric_of(&s, "resync_loops"), 2);
    stage_close(&s);
}
END_TEST

START_TEST(test_refused_writes_are_counted) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    for (int i = 0; i < 3; i++)
        stage_tell(&s, (struct happening){.kind = R_REFUSED, .node = M, .a = REFUSED_NOREPLICAS}, NULL);
    ck_assert_int_eq(metric_of(&s, "refused_writes"), 3);
    struct field_value value;
    ck_assert(!checks_metric(s.checks, "full_syncs", &value)); /* counted by the servers */
    stage_close(&s);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("acked_writes");
    TCase *tests = tcase_create("figures");
    tcase_add_test(tests, test_what_a_live_master_has_is_not_lost);
    tcase_add_test(tests, test_what_a_promoted_replica_has_not_is_lost);
    tcase_add_test(tests, test_a_master_that_restarts_keeps_what_is_in_its_file);
    tcase_add_test(tests, test_only_acknowledged_writes_count);
    tcase_add_test(tests, test_writes_that_leave_the_data_as_it_was_count_each);
    tcase_add_test(tests, test_a_demoted_masters_tail_is_lost);
    tcase_add_test(tests, test_full_resyncs_that_follow_each_other_are_a_loop);
    tcase_add_test(tests, test_refused_writes_are_counted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
