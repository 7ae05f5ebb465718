/* Reading histories: what lines mean, and what is said of wrong ones. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "model/check/judge_history.h"

static struct pool *pool;
static struct buffer said, picture;

static void setup(void) {
    pool = pool_create();
    buffer_init(&said, pool);
    buffer_init(&picture, pool);
}

static void teardown(void) {
    pool_destroy(pool);
}

static enum judge_verdict judge(const char *text, const char *format, const char *model) {
    struct judge_request request = {.pool = pool,
                                    .file = "h",
                                    .text = {text, strlen(text)},
                                    .format = format,
                                    .model = model,
                                    .said = &said,
                                    .picture = &picture};
    buffer_clear(&said);
    buffer_clear(&picture);
    return history_judge()->judge(&request);
}

static void expect_error(const char *text, const char *format, const char *error) {
    ck_assert_int_eq(judge(text, format, NULL), JUDGE_WRONG_INPUT);
    ck_assert_str_eq(said.at, error);
}

#define J "INFO  jepsen.util - "

START_TEST(jepsen_results_mean_what_they_mean) {
    /* A write that timed out may have taken effect, or not; its slot is not the next process's. */
    const char *maybe = J "0\t:invoke\t:write\t1\n" J "0\t:info\t:write\t:timed-out\n";
    char text[1000];
    snprintf(text, sizeof text, "%s" J "5 :invoke :read nil\n" J "5 :ok :read 1\n", maybe);
    ck_assert_int_eq(judge(text, NULL, NULL), JUDGE_OK);
    snprintf(text, sizeof text, "%s" J "5 :invoke :read nil\n" J "5 :ok :read nil\n", maybe);
    ck_assert_int_eq(judge(text, NULL, NULL), JUDGE_OK);
    snprintf(text, sizeof text, "%s" J "5 :invoke :read nil\n" J "5 :ok :read 2\n", maybe);
    ck_assert_int_eq(judge(text, NULL, NULL), JUDGE_VIOLATION);
    /* A read that timed out says nothing. */
    ck_assert_int_eq(judge(J "1 :invoke :read nil\n" J "1 :fail :read :timed-out\n", NULL, NULL), JUDGE_OK);
    ck_assert_ptr_nonnull(strstr(said.at, "operations=0"));
    /* A cas that failed compared: with nil nothing is equal, so this one ran on nil; this one did not run on 1. */
    ck_assert_int_eq(judge(J "1 :invoke :cas [1 2]\n" J "1 :fail :cas [1 2]\n", NULL, NULL), JUDGE_OK);
    ck_assert_int_eq(judge(J "1 :invoke :write 1\n" J "1 :ok :write 1\n" J "1 :invoke :cas [1 2]\n" J
                             "1 :fail :cas [1 2]\n",
                           NULL, NULL),
                     JUDGE_VIOLATION);
    ck_assert_ptr_nonnull(strstr(said.at, "  process 1      lines 3 to 4:  cas 1 2 (it was another value)\n"));
}
END_TEST

START_TEST(jsonl_is_judged_by_key) {
    const char *text = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"a\",\"value\":1}\n"
                       "{\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"key\":\"a\",\"value\":1}\n"
                       "\n"
                       "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"b\"}\r\n"
                       "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"key\":\"b\",\"value\":null}\n"
                       "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"key\":\"a\"}\n"
                       "{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"key\":\"a\",\"value\":1.0}\n";
    /* 1 and 1.0 are two values; b is another register. */
    ck_assert_int_eq(judge(text, NULL, NULL), JUDGE_VIOLATION);
    ck_assert_ptr_nonnull(strstr(said.at, "objects=2"));
    ck_assert_ptr_nonnull(strstr(said.at, "on key \"a\""));
    ck_assert_ptr_nonnull(strstr(said.at, "lines 6 to 7:  read 1.0"));
    ck_assert_ptr_nonnull(strstr(picture.at, "read 1.0"));
}
END_TEST

START_TEST(a_failed_write_did_not_take_place) {
    const char *fail = "{\"process\":0,\"type\":\"invoke\",\"f\":\"put\",\"value\":\"v\"}\n"
                       "{\"process\":0,\"type\":\"fail\",\"f\":\"put\"}\n"
                       "{\"process\":0,\"type\":\"invoke\",\"f\":\"get\"}\n"
                       "{\"process\":0,\"type\":\"ok\",\"f\":\"get\",\"value\":\"v\"}\n";
    ck_assert_int_eq(judge(fail, "jsonl", "kv"), JUDGE_VIOLATION);
}
END_TEST

START_TEST(pictures_are_safe) {
    const char *text =
        "{\"process\":0,\"type\":\"invoke\",\"f\":\"get\",\"key\":\"<script>\"}\n"
        "{\"process\":0,\"type\":\"ok\",\"f\":\"get\",\"key\":\"<script>\",\"value\":\"<\\u0001&\\\"\"}\n";
    ck_assert_int_eq(judge(text, "jsonl", "kv"), JUDGE_VIOLATION);
    ck_assert_ptr_nonnull(strstr(picture.at, "&lt;?&amp;&quot;"));
    ck_assert_ptr_null(strstr(picture.at, "<script"));
}
END_TEST

START_TEST(errors_have_their_place) {
    expect_error("{:process 0, :type :invoke, :f :get, :key \"a\", :value nil}\n{:process x", NULL,
                 "h:2:11: expected a number, found \"x\"\n");
    expect_error("{:process 0, :type :began, :f :get, :key \"a\", :value nil}", NULL,
                 "h:1:21: expected invoke, ok, fail or info, found \"began, :f :get, :key \"a\", :value nil}\"\n");
    expect_error("{:process 0, :type :ok, :f :get, :key \"a", NULL,
                 "h:1:39: expected a string that ends, found \"\"a\"\n");
    expect_error("{:process 0, :type :ok, :f :get, :key \"a\", :value \"v\"}", NULL,
                 "h:1:1: process 0 ends an operation that it has not invoked\n");
    expect_error(J "0 :invoke :write 1\n" J "0 :invoke :read nil\n", NULL,
                 "h:2:1: process 0 invokes an operation while another one of it is open\n");
    expect_error(J "0 :invoke :write 1\n" J "0 :ok :read 1\n", NULL,
                 "h:2:1: process 0 ends another operation than it has invoked\n");
    expect_error(J "0 :invoke :write nil\n", NULL,
                 "h:1:1: process 0 invokes an operation without saying what it writes\n");
    expect_error(J "0 :invoke :cas [1 2", NULL, "h:1:40: expected ], found the end of the line\n");
    expect_error("{\"process\":0,\"type\":\"invoke\",\"f\":\"pop\"}", "jsonl",
                 "h:1:1: expected \"f\": \"read\", \"write\" or \"cas\" (--model register), found "
                 "\"{\"process\":0,\"type\":\"invoke\",\"f\":\"pop\"}\"\n");
    expect_error("[1]", "jsonl", "h:1:1: expected a JSON object on one line, found \"[1]\"\n");
}
END_TEST

START_TEST(formats_are_told_apart) {
    ck_assert_int_eq(ops_guess_format((struct bytes){"{:process", 9}), OPS_PORCUPINE);
    ck_assert_int_eq(ops_guess_format((struct bytes){"\n {\"f\"", 6}), OPS_JSONL);
    ck_assert_int_eq(ops_guess_format((struct bytes){"INFO", 4}), OPS_JEPSEN);
    ck_assert_int_eq(ops_guess_format((struct bytes){"", 0}), OPS_JEPSEN);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("ops log");
    TCase *tests = tcase_create("reading");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, jepsen_results_mean_what_they_mean);
    tcase_add_test(tests, jsonl_is_judged_by_key);
    tcase_add_test(tests, a_failed_write_did_not_take_place);
    tcase_add_test(tests, pictures_are_safe);
    tcase_add_test(tests, errors_have_their_place);
    tcase_add_test(tests, formats_are_told_apart);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
