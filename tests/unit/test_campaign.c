/* Campaigns: order of the output, lost workers, interruption, runs made twice, forms of output. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/campaign.h"
#include "sim/run/json.h"
#include "sim/run/twice.h"
#include "sim/run/utf8.h"
#include "tests/unit/echo_system.h"

#define QUICK "node a\nclient c on a times 5\nat 5ms..50ms a> SET 5\nexpect a.alive == 1\n"

struct outcome {
    int status;
    char *out, *messages;
};

/* Makes a campaign over texts, each with seeds 1..last. */
static struct outcome make(const char *const *texts, size_t count, uint64_t last, struct campaign campaign) {
    struct outcome outcome;
    struct campaign_file files[4];
    struct pool *pool = pool_create();
    size_t out_len, messages_len;
    ck_assert_uint_le(count, 4);
    for (size_t i = 0; i < count; i++) files[i] = (struct campaign_file){echo_read(pool, texts[i]), 1, last};
    campaign.system = &echo_system;
    campaign.files = files;
    campaign.file_count = count;
    if (campaign.jobs == 0) campaign.jobs = 1;
    if (!campaign.writer) campaign.writer = &writer_text;
    campaign.out = open_memstream(&outcome.out, &out_len);
    campaign.messages = open_memstream(&outcome.messages, &messages_len);
    outcome.status = campaign_make(&campaign);
    fclose(campaign.out);
    fclose(campaign.messages);
    pool_destroy(pool);
    return outcome;
}

static void drop(struct outcome *outcome) {
    free(outcome->out);
    free(outcome->messages);
}

/* Takes the wall times out of JSON: nothing else may differ. */
static void strip_wall(char *text) {
    static const char mark[] = "\"wall_ns\":";
    char *to = text;
    for (const char *from = text; *from;) {
        bool found = strncmp(from, mark, strlen(mark)) == 0;
        *to++ = *from++;
        if (!found) continue;
        from += strlen(mark) - 1;
        while (*from >= '0' && *from <= '9') from++;
    }
    *to = 0;
}

static size_t count_of(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) n++;
    return n;
}

/* --- order ---------------------------------------------------------------------------------------------- */

START_TEST(test_output_does_not_depend_on_jobs) {
    static const char *const texts[] = {QUICK, "node a\nat 1s..2s a> GET => 1\n"};
    struct outcome one = make(texts, 2, 60, (struct campaign){.jobs = 1, .writer = &writer_json});
    struct outcome four = make(texts, 2, 60, (struct campaign){.jobs = 4, .writer = &writer_json});
    ck_assert_int_eq(one.status, 1);
    ck_assert_int_eq(four.status, 1);
    ck_assert_uint_eq(count_of(one.out, "\n"), 120);
    strip_wall(one.out);
    strip_wall(four.out);
    ck_assert_str_eq(one.out, four.out);
    drop(&one);
    drop(&four);
}
END_TEST

START_TEST(test_all_passed) {
    static const char *const texts[] = {QUICK};
    struct outcome o = make(texts, 1, 5, (struct campaign){.jobs = 2});
    ck_assert_int_eq(o.status, 0);
    ck_assert_uint_eq(count_of(o.out, "PASS test.scn seed="), 5);
    ck_assert_ptr_nonnull(strstr(o.out, "5 runs: 5 passed, 0 failed"));
    ck_assert_str_eq(o.messages, "");
    drop(&o);
}
END_TEST

START_TEST(test_lines_of_the_contract) {
    static const char *const texts[] = {"node a\nat 1500ms a> SET 3\nexpect at 2s a.value == 4\n"};
    struct outcome o = make(texts, 1, 1, (struct campaign){.jobs = 1});
    ck_assert_int_eq(o.status, 1);
    ck_assert_ptr_nonnull(strstr(o.out, "FAIL test.scn seed=1 trace="));
    ck_assert_ptr_nonnull(strstr(o.out, " line 3: expect at 2s a.value == 4: 3 (t=2s)\n"
                                        "     replay: detsim replay test.scn --seed 1 --until 2s\n"));
    ck_assert_ptr_nonnull(strstr(o.out, "test.scn:3: missed: expect at 2s a.value == 4\n    found: 3 (t=2s)\n"));
    drop(&o);
    static const char *const good[] = {"node a\nat 1500ms a> SET 3\n"};
    o = make(good, 1, 1, (struct campaign){.jobs = 1});
    ck_assert_ptr_nonnull(strstr(o.out, " sim=1.5s events="));
    ck_assert_ptr_nonnull(strstr(o.out, "ms\n"));
    ck_assert_uint_eq(count_of(o.out, "\n"), 1);
    drop(&o);
}
END_TEST

/* --- accidents ------------------------------------------------------------------------------------------ */

START_TEST(test_crashed_worker_is_one_failed_run) {
    static const char *const texts[] = {"node a\nat 1s a> ABORT\n", QUICK};
    struct outcome o = make(texts, 2, 6, (struct campaign){.jobs = 2});
    ck_assert_int_eq(o.status, 1);
    ck_assert_uint_eq(count_of(o.out, "FAIL test.scn seed="), 6);
    ck_assert_uint_eq(count_of(o.out, "the worker process crashed: signal 6"), 6);
    ck_assert_uint_eq(count_of(o.out, "PASS test.scn seed="), 6);
    ck_assert_ptr_nonnull(strstr(o.out, "12 runs: 6 passed, 6 failed"));
    drop(&o);
}
END_TEST

static bool source_begin(struct recorder_campaign *campaign, char *error, size_t room) {
    (void)error;
    (void)room;
    ck_assert_uint_eq(campaign->run_count, 3);
    return true;
}

static struct recorder *source_open(const struct recorder_campaign *campaign, char *error, size_t room) {
    (void)campaign;
    snprintf(error, room, "the disk is full");
    return NULL;
}

static bool source_finish(const struct recorder_campaign *campaign, bool interrupted, char *error, size_t room) {
    (void)campaign;
    (void)error;
    (void)room;
    return interrupted;
}

START_TEST(test_environment_trouble_is_status_3) {
    static const char *const texts[] = {QUICK};
    const struct recorder_source source = {.begin = source_begin, .open = source_open, .finish = source_finish};
    struct outcome o = make(texts, 1, 3, (struct campaign){.jobs = 2, .recorders = &source});
    ck_assert_int_eq(o.status, 3);
    ck_assert_uint_eq(count_of(o.messages, "detsim: the disk is full"), 1);
    drop(&o);
}
END_TEST

START_TEST(test_interrupted_in_order) {
    /* Runs of many events each: the signal comes long before the last one. */
    static const char *const texts[] = {"node a\nevery 1ms a> ADD 1\nend 4s\n"};
    pid_t self = getpid(), child = fork();
    if (child == 0) {
        usleep(300000);
        kill(self, SIGINT);
        _exit(0);
    }
    struct outcome o = make(texts, 1, 100000, (struct campaign){.jobs = 2, .options = " --twice"});
    waitpid(child, NULL, 0);
    ck_assert_int_eq(o.status, 3);
    size_t passed = count_of(o.out, "PASS ");
    ck_assert_uint_gt(passed, 0);
    ck_assert_uint_lt(passed, 100000);
    ck_assert_ptr_nonnull(strstr(o.out, "not made"));
    ck_assert_ptr_nonnull(strstr(o.messages, "detsim run test.scn --seeds "));
    ck_assert_ptr_nonnull(strstr(o.messages, "..100000 --twice\n"));
    drop(&o);
}
END_TEST

/* --- twice ---------------------------------------------------------------------------------------------- */

START_TEST(test_twice_holds_for_a_good_system) {
    static const char *const texts[] = {QUICK};
    struct outcome o = make(texts, 1, 10, (struct campaign){.jobs = 2, .twice = true});
    ck_assert_int_eq(o.status, 0);
    drop(&o);
}
END_TEST

START_TEST(test_twice_names_the_first_difference) {
    static const char *const texts[] = {"node a\nat 1s a> SET 77\nat 2s a> DRIFT\nat 3s a> DRIFT\n"};
    struct outcome o = make(texts, 1, 2, (struct campaign){.jobs = 1, .twice = true});
    ck_assert_int_eq(o.status, 1);
    ck_assert_uint_eq(count_of(o.out, "FAIL "), 2);
    /* Not the one at 3 s, and with both values. */
    ck_assert_ptr_nonnull(strstr(o.out, "two runs of this seed differ, first at #"));
    ck_assert_ptr_nonnull(strstr(o.out, "t=2s value a: value "));
    ck_assert_ptr_nonnull(strstr(o.out, "the other time #"));
    ck_assert_ptr_nonnull(strstr(o.out, "--until 2s\n"));
    ck_assert_uint_eq(count_of(o.out, "t=3s"), 0);
    drop(&o);
}
END_TEST

/* --- forms ----------------------------------------------------------------------------------------------- */

START_TEST(test_json_is_safe) {
    struct pool *pool = pool_create();
    struct buffer out;
    struct json json;
    static const char odd[] = "q\"b\\n\nt\t\x01 \xff\xc3\xa9\xc3(\xed\xa0\x80\xf0\x9f\x98\x80\x7f";
    buffer_init(&out, pool);
    json_init(&json, &out);
    json_open_object(&json);
    json_name(&json, "a");
    json_string(&json, odd);
    json_name(&json, "b");
    json_open_array(&json);
    json_number(&json, INT64_MIN);
    json_unsigned(&json, UINT64_MAX);
    json_close_array(&json);
    json_name(&json, "c");
    json_bytes(&json, (struct bytes){"\0x", 2});
    json_close_object(&json);
    ck_assert_str_eq(
        out.at,
        "{\"a\":\"q\\\"b\\\\n\\nt\\t\\u0001 \\\\xff\xc3\xa9\\\\xc3(\\\\xed\\\\xa0\\\\x80\xf0\x9f\x98\x80\\u007f\","
        "\"b\":[-9223372036854775808,18446744073709551615],\"c\":\"\\u0000x\"}");
    pool_destroy(pool);
}
END_TEST

START_TEST(test_utf8) {
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},        {"\xc3\xa9", 2},     {"\xe2\x82\xac", 3},     {"\xf0\x9f\x98\x80", 4}, {"\xc0\x80", 0},
        {"\xc1\xbf", 0}, {"\xe0\x80\x80", 0}, {"\xf0\x80\x80\x80", 0}, {"\xed\xbf\xbf", 0},     {"\xf4\x90\x80\x80", 0},
        {"\xe2\x82", 0}, {"\x80", 0},         {"\xf8\x88\x80\x80", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_uint_eq(utf8_length((struct bytes){cases[i].text, strlen(cases[i].text)}), cases[i].length);
    }
}
END_TEST

START_TEST(test_json_has_the_members) {
    static const char *const texts[] = {"node a\nat 1s a> SET 3\nat 2s crash a for 1s\nexpect a.value == 7\n"};
    static const char *const members[] = {
        "\"scenario\":\"test.scn\"",
        "\"seed\":1",
        "\"trace\":\"",
        "\"verdict\":\"fail\"",
        "\"sim_ns\":",
        "\"events\":",
        "\"wall_ns\":",
        "\"checks\":[{\"name\":\"sane\",\"verdict\":\"ok\",\"count\":0,\"detail\":\"\"",
        "\"expectations\":[{\"line\":4,\"text\":\"expect a.value == 7\",\"verdict\":\"missed\"",
        "\"got\":\"0\",\"at_ns\":",
        "\"nodes\":{\"a\":{\"alive\":1,\"value\":0,",
        "\"metrics\":{\"commands\":1,",
        "\"faults\":{\"crash\":1}",
        "\"notes\":[]"};
    struct outcome o = make(texts, 1, 1, (struct campaign){.writer = &writer_json});
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        ck_assert_msg(strstr(o.out, members[i]) != NULL, "%s is not in %s", members[i], o.out);
    }
    drop(&o);
}
END_TEST

START_TEST(test_tap_and_junit) {
    static const char *const texts[] = {QUICK, "node a\nat 1s a> ECHO \"<&>\" => x\n"};
    struct outcome tap = make(texts, 2, 2, (struct campaign){.writer = &writer_tap});
    ck_assert_int_eq(strncmp(tap.out, "TAP version 13\n1..4\nok 1 - test.scn seed=1 trace=", 47), 0);
    ck_assert_ptr_nonnull(strstr(tap.out, "\nnot ok 3 - test.scn seed=1 "));
    ck_assert_ptr_nonnull(strstr(tap.out, "\nnot ok 4 - "));
    struct outcome junit = make(texts, 2, 2, (struct campaign){.writer = &writer_junit});
    ck_assert_uint_eq(count_of(junit.out, "<testcase "), 4);
    ck_assert_uint_eq(count_of(junit.out, "<failure "), 2);
    ck_assert_ptr_nonnull(strstr(junit.out, "&lt;&amp;&gt;"));
    ck_assert_ptr_null(strstr(junit.out, "<&>"));
    drop(&tap);
    drop(&junit);
}
END_TEST

START_TEST(test_numbers_of_runs) {
    const struct campaign_file files[] = {{NULL, 5, 7}, {NULL, 10, 10}, {NULL, 0, 1}};
    struct campaign c = {.files = files, .file_count = 3};
    ck_assert_uint_eq(campaign_size(&c), 6);
    struct campaign_run run = campaign_run_at(&c, 2);
    ck_assert_uint_eq(run.seed, 7);
    ck_assert(!run.first);
    run = campaign_run_at(&c, 3);
    ck_assert_uint_eq(run.seed, 10);
    ck_assert(run.first);
    ck_assert_uint_eq(campaign_run_at(&c, 5).seed, 1);
    const struct campaign_file all[] = {{NULL, 0, UINT64_MAX}};
    c = (struct campaign){.files = all, .file_count = 1};
    ck_assert_uint_eq(campaign_size(&c), UINT64_MAX);
}
END_TEST

static Suite *make_suite(void) {
    Suite *suite = suite_create("campaign");
    TCase *t = tcase_create("campaign");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_output_does_not_depend_on_jobs);
    tcase_add_test(t, test_all_passed);
    tcase_add_test(t, test_lines_of_the_contract);
    tcase_add_test(t, test_crashed_worker_is_one_failed_run);
    tcase_add_test(t, test_environment_trouble_is_status_3);
    tcase_add_test(t, test_interrupted_in_order);
    tcase_add_test(t, test_twice_holds_for_a_good_system);
    tcase_add_test(t, test_twice_names_the_first_difference);
    tcase_add_test(t, test_json_is_safe);
    tcase_add_test(t, test_utf8);
    tcase_add_test(t, test_json_has_the_members);
    tcase_add_test(t, test_tap_and_junit);
    tcase_add_test(t, test_numbers_of_runs);
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
