/* offsets: the counts of masters and replicas agree, and nobody is ahead of what was written. */
#include "tests/unit/checks_fixture.h"

START_TEST(test_right_counts_are_silent) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    acks(&s, M, R1, 27);
    writes(&s, R1, 27, 99, 3, 1);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 50, 100, INCR); /* data of its own, but its offset counts on */
    acks(&s, M, R1, 50);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_master_that_miscounts_what_it_feeds) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 28, 8, SET_A, 0);
    expect_broken(&s, "offsets", "m fed 27 bytes but its offset went from 0 to 28: SET a 1 (t=3.204s)");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_that_counts_a_newline) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 28, 8, SET_A);
    expect_broken(&s, "offsets", "r1 applied 27 bytes but its offset went from 0 to 28: SET a 1");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_ahead_of_its_master) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R1, 50, 9, INCR);
    expect_broken(&s, "offsets", "r1 is at offset 50, ahead of all that m wrote: INCR c:3");
    expect_broken(&s, "prefix", "r1 diverged from m at offset 50");
    ck_assert_ptr_nonnull(strstr(verdict_of(&s, "prefix").detail, "m never wrote that far"));
    stage_close(&s);
}
END_TEST

START_TEST(test_a_full_sync_that_starts_elsewhere_than_announced) {
    struct stage s;
    stage_open(&s);
    boot(&s, M, 0, 7, false, ID_M);
    boot(&s, R1, 0, 0, false, ID_N);
    becomes(&s, R1, false);
    forks(&s, M, 0, 7, 1);
    announces(&s, M, R1, 1, 0, 1, ID_M);
    loads(&s, R1, M, 1, 14, 7, ID_M);
    expect_broken(&s, "offsets", "r1 starts at offset 14, but m had announced 0");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_full_sync_that_goes_back_within_an_id) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    announces(&s, M, R1, 2, 0, 1, ID_M);
    loads(&s, R1, M, 2, 0, 7, ID_M);
    expect_broken(&s, "offsets", "r1 went back from offset 27 to 0 of replid aaaaaaaa");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_full_sync_to_another_id_may_go_back) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    boot(&s, R2, 0, 5, false, ID_O);
    forks(&s, R2, 0, 5, 1);
    announces(&s, R2, R1, 3, 0, 1, ID_O);
    loads(&s, R1, R2, 3, 0, 5, ID_O);
    acks(&s, M, R1, 27); /* was on its way */
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_full_sync_from_a_replica_that_is_behind_may_go_back) {
    struct stage s;
    stage_open(&s);
    stage_trio(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 27, 8, SET_A);
    applies(&s, R1, 50, 9, INCR);
    applies(&s, R2, 27, 8, SET_A);
    forks(&s, R2, 27, 8, 1);
    announces(&s, R2, R1, 5, 27, 1, ID_M);
    loads(&s, R1, R2, 5, 27, 8, ID_M);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_partial_resync_from_elsewhere_than_applied) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    feed(&s, M, 50, 9, INCR, 0);
    applies(&s, R1, 27, 8, SET_A);
    accepts(&s, M, R1, 4, 51, ID_M);
    goes_on(&s, R1, M, 4, 50, ID_M);
    expect_broken(&s, "offsets", "r1 goes on from offset 50, but had applied 27");
    stage_close(&s);
}
END_TEST

START_TEST(test_an_ack_of_what_was_not_applied) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    acks(&s, M, R1, 27);
    expect_broken(&s, "offsets", "r1 acknowledged offset 27, but never applied more than 0");
    stage_close(&s);
}
END_TEST

START_TEST(test_an_ack_of_more_than_the_master_has) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    boot(&s, R2, 5, 5, false, ID_O);
    acks(&s, R2, R1, 27);
    expect_broken(&s, "offsets", "r1 acknowledged offset 27 to r2, which is at 5");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_demoted_master_acknowledges_what_it_wrote) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 27, 8, SET_A);
    becomes(&s, R1, true);
    becomes(&s, M, false);
    accepts(&s, R1, M, 5, 28, ID_M);
    goes_on(&s, M, R1, 5, 27, ID_N);
    acks(&s, R1, M, 27);
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_that_came_with_sync_is_not_judged) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 23, 8, INCR, 0);
    feed(&s, M, 37, 8, PING, FEED_ADMIN);
    applies(&s, R1, 23, 8, INCR);
    loads(&s, R1, NO_PARTY, 0, -1, 8, ID_M); /* no +FULLRESYNC was told; the id is a leftover */
    applies(&s, R1, 22, 9, INCR);
    applies(&s, R1, 36, 9, PING);
    applies(&s, R1, 37, 9, "\n");
    expect_silence(&s);
    stage_close(&s);
}
END_TEST

START_TEST(test_one_wrong_count_is_one_finding) {
    struct stage s;
    stage_open(&s);
    stage_pair(&s);
    feed(&s, M, 27, 8, SET_A, 0);
    applies(&s, R1, 28, 8, SET_A);
    applies(&s, R1, 60, 8, INCR);
    acks(&s, M, R1, 60);
    ck_assert_uint_eq(verdict_of(&s, "offsets").count, 1);
    stage_close(&s);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_offsets");
    TCase *tests = tcase_create("offsets");
    tcase_add_test(tests, test_right_counts_are_silent);
    tcase_add_test(tests, test_a_master_that_miscounts_what_it_feeds);
    tcase_add_test(tests, test_a_replica_that_counts_a_newline);
    tcase_add_test(tests, test_a_replica_ahead_of_its_master);
    tcase_add_test(tests, test_a_full_sync_that_starts_elsewhere_than_announced);
    tcase_add_test(tests, test_a_full_sync_that_goes_back_within_an_id);
    tcase_add_test(tests, test_a_full_sync_to_another_id_may_go_back);
    tcase_add_test(tests, test_a_full_sync_from_a_replica_that_is_behind_may_go_back);
    tcase_add_test(tests, test_a_partial_resync_from_elsewhere_than_applied);
    tcase_add_test(tests, test_an_ack_of_what_was_not_applied);
    tcase_add_test(tests, test_an_ack_of_more_than_the_master_has);
    tcase_add_test(tests, test_a_demoted_master_acknowledges_what_it_wrote);
    tcase_add_test(tests, test_a_replica_that_came_with_sync_is_not_judged);
    tcase_add_test(tests, test_one_wrong_count_is_one_finding);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
