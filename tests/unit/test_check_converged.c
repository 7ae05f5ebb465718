/* converged: by the letter when asked, as a promise only at rest and only where it can be kept. */
#include "tests/unit/checks_fixture.h"

static void look_equal(struct stage *s) {
    s->look[M] =
        (struct node_look){.master = true, .upstream = NO_PARTY, .replid = ID_M, .offset = 27, .digest = {8, 0}};
    s->look[R1] = s->look[R2] =
        (struct node_look){.upstream = M, .link_up = true, .replid = ID_M, .offset = 27, .digest = {8, 0}};
}

static void open_equal(struct stage *s) {
    stage_open(s);
    stage_trio(s);
    look_equal(s);
}

static void expect_not(struct stage *s, const char *part) {
    struct buffer why;
    buffer_init(&why, s->pool);
    ck_assert(!checks_hold(s->checks, "converged", &why));
    ck_assert_msg(strstr(why.at, part) != NULL, "said: %s\nexpected: %s", why.at, part);
}

static void expect_holds(struct stage *s) {
    struct buffer why;
    buffer_init(&why, s->pool);
    ck_assert_msg(checks_hold(s->checks, "converged", &why), "%s", why.at ? why.at : "");
}

START_TEST(test_equal_nodes_have_converged) {
    struct stage s;
    open_equal(&s);
    expect_holds(&s);
    ck_assert_ptr_null(verdict_of(&s, "converged").name); /* not judged before the end */
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_OK, "");
    stage_close(&s);
}
END_TEST

START_TEST(test_stopped_by_the_clock_it_is_not_judged) {
    struct stage s;
    open_equal(&s);
    s.look[R1].offset = 0;
    checks_finish(s.checks, false);
    ck_assert_ptr_null(verdict_of(&s, "converged").name);
    stage_close(&s);
}
END_TEST

struct difference {
    void (*make)(struct stage *s);
    const char *says;
};

static void other_offset(struct stage *s) {
    s->look[R1].offset = 13;
}
static void other_data(struct stage *s) {
    s->look[R1].digest.high = 1;
}
static void other_id(struct stage *s) {
    s->look[R1].replid = ID_N;
}
static void link_down(struct stage *s) {
    s->look[R1].link_up = false;
}
static void loading(struct stage *s) {
    s->look[R1].loading = true;
}

static const struct difference differences[] = {
    {other_offset, "r1 is at offset 13, m at 27"},
    {other_data, "r1 and m are at offset 27 but their data differs"},
    {other_id, "r1 has replid bbbbbbbb, m has aaaaaaaa"},
    {link_down, "r1 is not online at m"},
    {loading, "r1 is not online at m (loading)"},
};

START_TEST(test_each_difference_breaks_it) {
    const struct difference *d = &differences[_i];
    struct stage s;
    open_equal(&s);
    d->make(&s);
    expect_not(&s, d->says);
    checks_finish(s.checks, true);
    expect_broken(&s, "converged", d->says);
    ck_assert_uint_eq(verdict_of(&s, "converged").count, 1);
    ck_assert_int_eq(verdict_of(&s, "converged").at, s.now);
    stage_close(&s);
}
END_TEST

START_TEST(test_a_node_that_is_down_is_passed_over) {
    struct stage s;
    open_equal(&s);
    s.down[R1] = true;
    s.look[R1].offset = 3;
    expect_holds(&s);
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_OK, "");
    stage_close(&s);
}
END_TEST

START_TEST(test_without_its_master_a_replica_is_not_to_blame) {
    struct stage s;
    open_equal(&s);
    s.down[M] = true;
    s.look[R1].link_up = s.look[R2].link_up = false;
    expect_not(&s, "r1 follows m, which is down"); /* by the letter */
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_OK, "");
    stage_close(&s);
}
END_TEST

START_TEST(test_cut_off_for_good_a_replica_is_not_to_blame) {
    struct stage s;
    open_equal(&s);
    s.look[R1].link_up = false;
    s.look[R1].master_cut_off = true;
    s.look[R2].upstream = R1; /* behind a replica that cannot serve it */
    s.look[R2].link_up = false;
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_OK, "");
    stage_close(&s);
}
END_TEST

START_TEST(test_behind_a_lost_master_those_who_are_online_must_be_equal) {
    struct stage s;
    open_equal(&s);
    s.down[M] = true;
    s.look[R1].link_up = false;
    s.look[R2].upstream = R1;
    s.look[R2].offset = 3;
    checks_finish(s.checks, true);
    expect_broken(&s, "converged", "r2 is at offset 3, r1 at 27");
    stage_close(&s);
}
END_TEST

START_TEST(test_replicas_of_each_other_are_to_blame) {
    struct stage s;
    open_equal(&s);
    s.look[R1] = (struct node_look){.upstream = R2, .replid = ID_M};
    s.look[R2] = (struct node_look){.upstream = R1, .replid = ID_M};
    checks_finish(s.checks, true);
    expect_broken(&s, "converged", "r1 is not online at r2");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_master_that_is_no_node) {
    struct stage s;
    open_equal(&s);
    s.look[R1].upstream = NO_PARTY;
    s.look[R1].link_up = false;
    expect_not(&s, "r1 has a master that is no node of this run");
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_OK, "");
    stage_close(&s);
}
END_TEST

START_TEST(test_a_replica_that_clients_wrote_to_and_that_was_promoted) {
    struct stage s;
    open_equal(&s);
    writes(&s, R1, 0, 99, 3, 1);
    becomes(&s, R1, true);
    s.down[M] = true;
    s.look[R1] =
        (struct node_look){.master = true, .upstream = NO_PARTY, .replid = ID_M, .offset = 27, .digest = {9, 0}};
    s.look[R2].upstream = R1;
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_ANOMALY,
                   "r2 and r1 are at offset 27 but their data differs: clients wrote");
    stage_close(&s);
}
END_TEST

START_TEST(test_data_that_clients_wrote_to_a_replica_is_an_anomaly) {
    struct stage s;
    open_equal(&s);
    writes(&s, R1, 27, 99, 3, 1);
    s.look[R1].digest.low = 99;
    expect_not(&s, "their data differs");
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_ANOMALY, "r1 and m are at offset 27 but their data differs: clients wrote");
    ck_assert(!checks_broken(s.checks));
    stage_close(&s);
}
END_TEST

/* The setting asks for it, so it is no violation; and it is not called a client's doing. */
START_TEST(test_a_replica_that_keeps_to_its_own_limit_is_an_anomaly) {
    static const struct {
        enum write_flag why;
        const char *part;
    } ways[] = {
        {WRITE_EVICTED, "their data differs: a replica evicted keys by itself (replica-ignore-maxmemory no)"},
        {WRITE_REFUSED, "their data differs: a replica refused its master's writes for want of memory"},
    };
    struct stage s;
    open_equal(&s);
    goes_alone(&s, R1, 27, 99, ways[_i].why);
    s.look[R1].digest.low = 99;
    checks_finish(s.checks, true);
    expect_verdict(&s, "converged", VERDICT_ANOMALY, ways[_i].part);
    ck_assert(!checks_broken(s.checks));
    stage_close(&s);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_converged");
    TCase *tests = tcase_create("converged");
    tcase_add_test(tests, test_equal_nodes_have_converged);
    tcase_add_test(tests, test_stopped_by_the_clock_it_is_not_judged);
    tcase_add_loop_test(tests, test_each_difference_breaks_it, 0, (int)(sizeof differences / sizeof *differences));
    tcase_add_test(tests, test_a_node_that_is_down_is_passed_over);
    tcase_add_test(tests, test_without_its_master_a_replica_is_not_to_blame);
    tcase_add_test(tests, test_cut_off_for_good_a_replica_is_not_to_blame);
    tcase_add_test(tests, test_behind_a_lost_master_those_who_are_online_must_be_equal);
    tcase_add_test(tests, test_replicas_of_each_other_are_to_blame);
    tcase_add_test(tests, test_a_master_that_is_no_node);
    tcase_add_test(tests, test_a_replica_that_clients_wrote_to_and_that_was_promoted);
    tcase_add_test(tests, test_data_that_clients_wrote_to_a_replica_is_an_anomaly);
    tcase_add_loop_test(tests, test_a_replica_that_keeps_to_its_own_limit_is_an_anomaly, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
