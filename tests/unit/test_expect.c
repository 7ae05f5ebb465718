/* Expectations: when they look, what they compare, and what they say. */
#include "tests/unit/echo_system.h"

/* The value of a goes 0, 1 at 1 s, 2 at 2 s, ... 9 at 9 s. */
#define COUNTING "node a b\nevery 1s from 1s times 9 a> ADD 1\n"

/* One expectation after COUNTING, on line 3. */
static const struct expectation_result *judge(struct echo_rig *rig, const char *expect) {
    char text[512];
    snprintf(text, sizeof text, COUNTING "%s\n", expect);
    return echo_expectation(echo_run(rig, text, 1), 3);
}

static void held(const char *expect) {
    struct echo_rig rig;
    const struct expectation_result *e = judge(&rig, expect);
    ck_assert_msg(e->held, "%s: %s", expect, e->got);
    ck_assert(rig.result.passed);
    echo_close(&rig);
}

static void missed(const char *expect, const char *got, sim_time at) {
    struct echo_rig rig;
    const struct expectation_result *e = judge(&rig, expect);
    ck_assert_msg(!e->held, "%s", expect);
    ck_assert_str_eq(e->got, got);
    ck_assert_int_eq(e->at, at);
    ck_assert(!rig.result.passed);
    echo_close(&rig);
}

START_TEST(test_end_is_the_default) {
    held("expect a.value == 9");
    held("expect end a.value == 9");
    missed("expect a.value == 8", "9", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_at_is_the_end_of_the_instant) {
    held("expect at 5s a.value == 5");
    missed("expect at 4.999s a.value == 5", "4", 4999 * SIM_MS);
}
END_TEST

START_TEST(test_by) {
    held("expect by 5s a.value == 3");
    held("expect by 5s from 5s a.value == 5");
    missed("expect by 4.999s a.value == 5", "4", 4999 * SIM_MS);
    missed("expect by 9s from 4s a.value == 3", "9", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_by_that_never_moved_is_reported) {
    struct echo_rig rig;
    const struct expectation_result *e = judge(&rig, "expect by 5s from 500ms b.value == 0");
    ck_assert(e->held);
    ck_assert_int_eq(e->at, 500 * SIM_MS);
    ck_assert(echo_has_note(&rig.result, "held already at its first instant"));
    echo_close(&rig);
    e = judge(&rig, "expect by 5s from 500ms a.value == 0"); /* moves at 1 s */
    ck_assert(e->held);
    ck_assert(!echo_has_note(&rig.result, "held already at its first instant"));
    echo_close(&rig);
}
END_TEST

START_TEST(test_always) {
    held("expect always a.value >= 0");
    held("expect always until 5s a.value < 5");
    missed("expect always until 5.001s a.value < 5", "5", 5 * SIM_SECOND);
    held("expect always from 5s a.value >= 5");
    missed("expect always from 4.999s a.value >= 5", "4", 4999 * SIM_MS);
    missed("expect always from 2s until 8s a.value != 4", "4", 4 * SIM_SECOND);
}
END_TEST

START_TEST(test_always_begins_when_defined) {
    held("expect always a.secret >= 1");
    missed("expect always from 500ms a.secret >= 1", "a has no field secret", 500 * SIM_MS);
    missed("expect always b.secret >= 1", "b has no field secret: it was never defined", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_undefined_never_holds) {
    missed("expect b.secret == 0", "b has no field secret", 9 * SIM_SECOND);
    missed("expect b.secret != 0", "b has no field secret", 9 * SIM_SECOND);
    missed("expect a.value == b.secret", "9, b.secret: b has no field secret", 9 * SIM_SECOND);
    missed("expect a.value != b.secret", "9, b.secret: b has no field secret", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_readings) {
    held("expect a.value@3s == 3");
    held("expect a.value == a.value@3s+6");
    held("expect a.value@3s == a.value@5s-2");
    held("expect at 5s a.value@4.999s == 4");
    missed("expect a.value == a.value@3s", "9, a.value@3s: 3", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_text_and_numbers) {
    held("expect a.state == plus");
    held("expect a.state ~ p*s");
    held("expect a.state != zero");
    held("expect a.value ~ ?");
    held("expect a.value == \"9\"");
    missed("expect a.value == \"09\"", "9", 9 * SIM_SECOND);
    missed("expect a.state > 5", "plus", 9 * SIM_SECOND);
    missed("expect a.value == nine", "9", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_times_and_sizes) {
    held("expect at 5s a.age == 5s");
    held("expect at 5s a.age == 5000");
    held("expect at 2m a.age == 2m"); /* a duration here, where the field is a time */
    held("expect a.value < 1kb");
    missed("expect at 5s a.age < 4999ms", "5000", 5 * SIM_SECOND);
}
END_TEST

START_TEST(test_every_live_node) {
    held("expect *.value <= 9");
    missed("expect *.value == 9", "0 (b)", 9 * SIM_SECOND);
    held("expect *.alive == 1");
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a b\nat 1s a> SET 5\nat 2s crash b\nexpect *.value == 5\n", 1);
    ck_assert_msg(r->passed, "%s", r->failure);
    echo_close(&rig);
    r = echo_run(&rig, "node a off\nexpect *.alive == 1\n", 1);
    ck_assert_str_eq(echo_expectation(r, 2)->got, "no node is alive");
    ck_assert(!r->passed);
    echo_close(&rig);
}
END_TEST

START_TEST(test_down_node_has_only_alive) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig, "node a off\nexpect a.alive == 0\nexpect a.value == 0\nexpect at 1s a.value@1s == 0\n", 1);
    ck_assert(echo_expectation(r, 2)->held);
    ck_assert_str_eq(echo_expectation(r, 3)->got, "a has no field value");
    ck_assert(!echo_expectation(r, 4)->held);
    echo_close(&rig);
}
END_TEST

START_TEST(test_metrics_and_checks) {
    held("expect run.commands == 9");
    held("expect at 5s run.commands == 5");
    held("expect sane");
    held("expect settled");
    held("expect always sane");
    missed("expect at 5s settled", "the run is not at rest", 5 * SIM_SECOND);
    missed("expect run.errors > 0", "0", 9 * SIM_SECOND);
}
END_TEST

START_TEST(test_logs) {
    held("expect a log \"value is ?\" == 9");
    held("expect a log \"value is 4\"");
    held("expect at 3s a log value* == 3");
    missed("expect b log value*", "0", 9 * SIM_SECOND);
    missed("expect a log \"value is\"", "0", 9 * SIM_SECOND); /* the whole line */
}
END_TEST

START_TEST(test_check_with_reason) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig, "node a\nat 1s a> BREAK\nexpect sane\nexpect always until 1s sane\n", 1);
    ck_assert_str_eq(echo_expectation(r, 3)->got, "it was told to break");
    ck_assert(echo_expectation(r, 4)->held);
    echo_close(&rig);
}
END_TEST

START_TEST(test_results_stand_in_the_files_order) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig, "node a\nexpect a.alive == 1\nat 1s a> GET => 0\nexpect at 500ms a.value == 0\n", 1);
    ck_assert_uint_eq(r->expectation_count, 3);
    for (uint32_t i = 0; i < 3; i++) ck_assert_uint_eq(r->expectations[i].line, i + 2);
    ck_assert_str_eq(r->expectations[0].text, "expect a.alive == 1");
    ck_assert_str_eq(r->expectations[1].text, "at 1s a> GET => 0");
    ck_assert_str_eq(r->expectations[1].got, "0");
    echo_close(&rig);
}
END_TEST

START_TEST(test_first_missed_expectation_is_the_failure) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nexpect at 3s a.value == 1\nexpect at 2s a.value == 1\n", 1);
    ck_assert_str_eq(r->failure, "line 3: expect at 2s a.value == 1: 0");
    ck_assert_int_eq(r->failed_at, 2 * SIM_SECOND);
    echo_close(&rig);
}
END_TEST

static Suite *make_suite(void) {
    Suite *suite = suite_create("expect");
    TCase *t = tcase_create("expect");
    tcase_add_test(t, test_end_is_the_default);
    tcase_add_test(t, test_at_is_the_end_of_the_instant);
    tcase_add_test(t, test_by);
    tcase_add_test(t, test_by_that_never_moved_is_reported);
    tcase_add_test(t, test_always);
    tcase_add_test(t, test_always_begins_when_defined);
    tcase_add_test(t, test_undefined_never_holds);
    tcase_add_test(t, test_readings);
    tcase_add_test(t, test_text_and_numbers);
    tcase_add_test(t, test_times_and_sizes);
    tcase_add_test(t, test_every_live_node);
    tcase_add_test(t, test_down_node_has_only_alive);
    tcase_add_test(t, test_metrics_and_checks);
    tcase_add_test(t, test_logs);
    tcase_add_test(t, test_check_with_reason);
    tcase_add_test(t, test_results_stand_in_the_files_order);
    tcase_add_test(t, test_first_missed_expectation_is_the_failure);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(make_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
