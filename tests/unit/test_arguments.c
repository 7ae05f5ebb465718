/* Command lines: options, values, operands, and what is wrong with them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/commands/arguments.h"

enum { WORDS_MAX = 16 };

struct read {
    bool flag, text_given;
    const char *text;
    uint64_t count;
    struct seed_range seeds;
    const char *choice;
    const char *operands[WORDS_MAX];
    size_t operand_count;
    char words[512];   /* argv's */
    char message[512]; /* what went to stderr */
};

/* Splits the line at blanks and reads it; stderr is caught. */
static enum arguments_status read_line(struct read *r, const char *line) {
    static const char *const choices[] = {"red", "green", NULL};
    char *argv[WORDS_MAX] = {"x"}, *save = NULL;
    int argc = 1;
    *r = (struct read){.count = 7};
    const struct argument_rule rules[] = {{"--flag", ARGUMENT_FLAG, &r->flag, NULL, NULL},
                                          {"--text", ARGUMENT_TEXT, &r->text, &r->text_given, NULL},
                                          {"--count", ARGUMENT_COUNT, &r->count, NULL, NULL},
                                          {"--seeds", ARGUMENT_SEEDS, &r->seeds, NULL, NULL},
                                          {"--choice", ARGUMENT_CHOICE, &r->choice, NULL, choices},
                                          {.name = NULL}};
    snprintf(r->words, sizeof r->words, "%s", line);
    for (char *w = strtok_r(r->words, " ", &save); w; w = strtok_r(NULL, " ", &save)) argv[argc++] = w;

    FILE *caught = tmpfile();
    int old = dup(2);
    fflush(stderr);
    dup2(fileno(caught), 2);
    enum arguments_status status = arguments_read("detsim x", rules, argc, argv, r->operands, &r->operand_count);
    fflush(stderr);
    dup2(old, 2);
    close(old);
    rewind(caught);
    size_t n = fread(r->message, 1, sizeof r->message - 1, caught);
    r->message[n] = 0;
    fclose(caught);
    return status;
}

static void good(struct read *r, const char *line) {
    enum arguments_status status = read_line(r, line);
    ck_assert_msg(status == ARGUMENTS_OK, "%s: %s", line, r->message);
    ck_assert_str_eq(r->message, "");
}

static void bad(const char *line, const char *part) {
    struct read r;
    ck_assert_msg(read_line(&r, line) == ARGUMENTS_BAD, "%s", line);
    ck_assert_msg(strstr(r.message, part) != NULL, "%s: %s", line, r.message);
}

START_TEST(test_values) {
    struct read r;
    good(&r, "--flag --text hello --count 18446744073709551615 --seeds 3..12 --choice green");
    ck_assert(r.flag && r.text_given);
    ck_assert_str_eq(r.text, "hello");
    ck_assert_uint_eq(r.count, UINT64_MAX);
    ck_assert_uint_eq(r.seeds.first, 3);
    ck_assert_uint_eq(r.seeds.last, 12);
    ck_assert_str_eq(r.choice, "green");
    ck_assert_uint_eq(r.operand_count, 0);
}
END_TEST

START_TEST(test_defaults_stay) {
    struct read r;
    good(&r, "");
    ck_assert(!r.flag && !r.text_given && !r.text);
    ck_assert_uint_eq(r.count, 7);
}
END_TEST

START_TEST(test_operands_mix) {
    struct read r;
    good(&r, "a --count=5 b --text=x=y - -- --flag");
    ck_assert_uint_eq(r.count, 5);
    ck_assert_str_eq(r.text, "x=y");
    ck_assert(!r.flag);
    const char *want[] = {"a", "b", "-", "--flag"};
    ck_assert_uint_eq(r.operand_count, 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(r.operands[i], want[i]);
}
END_TEST

START_TEST(test_help) {
    struct read r;
    ck_assert_int_eq(read_line(&r, "a --help"), ARGUMENTS_HELP);
    ck_assert_int_eq(read_line(&r, "-h"), ARGUMENTS_HELP);
}
END_TEST

START_TEST(test_errors) {
    bad("--flga", "unknown option --flga, did you mean --flag?");
    bad("--zzzzzzzz", "unknown option --zzzzzzzz (");
    bad("-f", "unknown option -f");
    bad("--flag=1", "--flag takes no value");
    bad("--count", "--count needs a value");
    bad("--count x", "--count needs a whole number, not \"x\"");
    bad("--count -1", "--count needs a whole number");
    bad("--count 18446744073709551616", "--count needs a whole number");
    bad("--seeds 5", "two seeds");
    bad("--seeds 9..3", "two seeds");
    bad("--seeds ..3", "two seeds");
    bad("--seeds 1...3", "two seeds");
    bad("--choice blue", "cannot be \"blue\", only red, green");
}
END_TEST

static Suite *make_suite(void) {
    Suite *suite = suite_create("arguments");
    TCase *t = tcase_create("arguments");
    tcase_add_test(t, test_values);
    tcase_add_test(t, test_defaults_stay);
    tcase_add_test(t, test_operands_mix);
    tcase_add_test(t, test_help);
    tcase_add_test(t, test_errors);
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
