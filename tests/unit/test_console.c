/* The timeline's commands: connections, substitution, replies and their patterns. */
#include "tests/unit/echo_system.h"

#include "sim/run/reply.h"
#include "sim/run/wildcard.h"

/* Runs the text, which must pass. */
static void passes(const char *text) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, text, 1);
    ck_assert_msg(r->passed, "%s\n%s", text, r->failure);
    echo_close(&rig);
}

/* Runs the text; the expectation of `line` must be missed with that `got`, all others held. */
static void misses(const char *text, uint32_t line, const char *got) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, text, 1);
    ck_assert_msg(!r->passed, "%s", text);
    for (size_t i = 0; i < r->expectation_count; i++) {
        const struct expectation_result *e = &r->expectations[i];
        ck_assert_msg(e->held == (e->line != line), "%s: %s", e->text, e->got);
        if (e->line == line) ck_assert_str_eq(e->got, got);
    }
    echo_close(&rig);
}

START_TEST(test_replies_match) {
    passes("node a\nat 1s a> ECHO hello => hello\nat 1s a@b> ECHO hello => h*o\nat 1s a@c> ECHO hello => h?llo\n"
           "at 1s a@d> ADD 7 => 7\nat 1s a@e> ECHO 7 => >=7\nat 1s a@f> NIL => (nil)\nat 1s a@g> PAIR 1 2 => [1,2]\n"
           "at 1s a@h> PAIR x 20 => [*,>19]\nat 1s a@i> FAIL => ERR*FAIL*\nat 1s a@j> PAIR x y => *\n"
           "at 1s a@k> ECHO 7 => !=8\nat 1s a@l> ECHO 7 => <8\n");
}
END_TEST

START_TEST(test_replies_mismatch) {
    misses("node a\nat 1s a> ECHO hello => hell\n", 2, "hello");
    misses("node a\nat 1s a> ECHO hello => ell*\n", 2, "hello");
    misses("node a\nat 1s a> NIL => 0\n", 2, "(nil)");
    misses("node a\nat 1s a> ECHO x => (nil)\n", 2, "x");
    misses("node a\nat 1s a> PAIR 1 2 => [1]\n", 2, "[1,2]");
    misses("node a\nat 1s a> PAIR 1 2 => [1,3]\n", 2, "[1,2]");
    misses("node a\nat 1s a> ECHO x => >0\n", 2, "x");
    misses("node a\nat 1s a> ECHO 5 => >5\n", 2, "5");
    misses("node a\nat 1s a> FAIL => OK\n", 2, "ERR no FAIL here");
    misses("node a\nat 1s a> ECHO x => closed\n", 2, "x");
}
END_TEST

START_TEST(test_executed_at_the_instant) {
    passes("node a\nat 1s a> SET 5\nexpect at 1s a.value == 5\n");
}
END_TEST

START_TEST(test_next_command_waits_for_the_reply) {
    /* The second one waits 500 ms for the first one's reply; another connection does not. */
    passes("node a\nat 1s a> LATER 500 done => done\nat 1s a> ADD 1 => 101\nat 1.2s a@x> ADD 100 => 100\n"
           "expect at 1.4s a.value == 100\nexpect at 1.6s a.value == 101\n");
}
END_TEST

START_TEST(test_within) {
    passes("node a\nat 1s a> LATER 500 done => done within 600ms\n");
    misses("node a\nat 1s a> LATER 500 done => done within 400ms\n", 2, "done after 0.500000000s");
}
END_TEST

START_TEST(test_reply_that_never_comes) {
    misses("node a\nsettle 2s\nat 1s a> NEVER => OK\nat 1s a@x> GET => 0\n", 3, "no reply");
    misses("node a\nsettle 2s\nat 1s a> NEVER\nat 2s a> GET => 0\n", 4, "not sent");
}
END_TEST

START_TEST(test_command_without_opinion_holds_nobody_up) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nat 1s a> NEVER\n", 1);
    ck_assert(r->passed);
    ck_assert_int_eq(r->sim_ns, SIM_SECOND);
    echo_close(&rig);
}
END_TEST

START_TEST(test_closed_and_opened_anew) {
    passes("node a\nat 1s a> QUIT => closed\nat 2s a> GET => 0\n");
    /* What waits behind the pending one is closed with it. */
    passes(
        "node a\nat 1s a> LATER 5000 x => closed\nat 1s a> GET => closed\nat 2s crash a for 1s\nat 4s a> GET => 0\n");
}
END_TEST

START_TEST(test_down_node_refuses) {
    passes("node a off\nat 1s a> GET => closed\nat 2s restart a\nat 3s a> GET => 0\n");
}
END_TEST

START_TEST(test_power_loss_closes) {
    passes("node a\nat 1s a> LATER 5000 x => closed\nat 2s power a for 1s\nat 4s a> GET => 0\n");
}
END_TEST

START_TEST(test_commands_wait_at_a_stopped_node) {
    passes("node a\nat 1s pause a for 2s\nat 1.5s a> ADD 1 => 1\nat 1.6s a@x> ADD 1 => 2 within 2s\n"
           "expect at 2.9s a.value == 0\nexpect at 3.1s a.value == 2\n");
}
END_TEST

START_TEST(test_cuts_do_not_reach_the_console) {
    passes("node a b\nlink * latency 100ms\nat 1s isolate a\nat 2s a> ADD 1 => 1 within 1ms\n");
}
END_TEST

START_TEST(test_substitution) {
    passes("node a b\nat 1s a> SET 40\nat 2s b> SET {a.value} => OK\nat 3s b@x> ECHO v{b.value+2}w => v42w\n"
           "at 4s a> SET 7\nat 5s b> ECHO {a.value@1s}-{a.value} => 40-7\nat 6s b> ECHO {3*x}{1*-}{n} => xxx-0\n"
           "at 7s b> ECHO {}{z => {}{z\n");
}
END_TEST

START_TEST(test_substitution_at_the_instant_of_sending) {
    /* The second command waits for the first one's reply, and reads the value then. */
    passes("node a b\nat 1s a> LATER 1000 x\nat 1s a> ECHO {b.value} => 5\nat 1.5s b> SET 5\n");
}
END_TEST

START_TEST(test_undefined_substitution_is_not_sent) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nat 1s a> SET {a.secret}\nat 2s a> ECHO {a.secret} => x\n", 1);
    ck_assert(!r->passed);
    ck_assert_str_eq(echo_expectation(r, 3)->got, "a has no field secret");
    ck_assert(echo_has_note(r, "line 2: at 1s a> SET {a.secret}: did nothing: a has no field secret"));
    ck_assert_int_eq(echo_metric(r, "commands"), 0);
    echo_close(&rig);
}
END_TEST

START_TEST(test_errors_are_counted) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig, "node a\nevery 1s from 1s times 3 a> FAIL\nat 9s a> FAIL => ERR*\nexpect run.errors == 3\n", 1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_metric(r, "errors"), 3);
    echo_close(&rig);
}
END_TEST

START_TEST(test_one_wrong_reply_of_many_tells) {
    misses("node a\nevery 1s from 1s times 5 a> ADD 1 => <=3\n", 2, "4");
}
END_TEST

START_TEST(test_never_sent_is_missed) {
    misses("node a\nwhen a.value == 5 a> GET => 5\n", 2, "the command was never sent");
}
END_TEST

/* --- patterns themselves ------------------------------------------------------------------------------------ */

static bool wild(const char *pattern, const char *text) {
    return wildcard_match(pattern, (struct bytes){text, strlen(text)});
}

START_TEST(test_wildcards) {
    ck_assert(wild("", ""));
    ck_assert(!wild("", "a"));
    ck_assert(wild("*", ""));
    ck_assert(wild("a*b*c", "a1b2b3c"));
    ck_assert(!wild("a*b*c", "a1b2b3"));
    ck_assert(wild("**a", "a"));
    ck_assert(!wild("?", ""));
    ck_assert(wild("[a]\\", "[a]\\"));
    ck_assert(wildcard_match("a?c", (struct bytes){"a\0c", 3}));
    /* Quadratic at worst: a pattern made to blow up does not. */
    char text[4001];
    memset(text, 'a', 4000);
    text[4000] = 0;
    ck_assert(!wild("*a*a*a*a*a*a*a*a*a*a*b", text));
}
END_TEST

static Suite *make_suite(void) {
    Suite *suite = suite_create("console");
    TCase *t = tcase_create("console");
    tcase_add_test(t, test_replies_match);
    tcase_add_test(t, test_replies_mismatch);
    tcase_add_test(t, test_executed_at_the_instant);
    tcase_add_test(t, test_next_command_waits_for_the_reply);
    tcase_add_test(t, test_within);
    tcase_add_test(t, test_reply_that_never_comes);
    tcase_add_test(t, test_command_without_opinion_holds_nobody_up);
    tcase_add_test(t, test_closed_and_opened_anew);
    tcase_add_test(t, test_down_node_refuses);
    tcase_add_test(t, test_power_loss_closes);
    tcase_add_test(t, test_commands_wait_at_a_stopped_node);
    tcase_add_test(t, test_cuts_do_not_reach_the_console);
    tcase_add_test(t, test_substitution);
    tcase_add_test(t, test_substitution_at_the_instant_of_sending);
    tcase_add_test(t, test_undefined_substitution_is_not_sent);
    tcase_add_test(t, test_errors_are_counted);
    tcase_add_test(t, test_one_wrong_reply_of_many_tells);
    tcase_add_test(t, test_never_sent_is_missed);
    tcase_add_test(t, test_wildcards);
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
