/* RESP: requests cut anywhere, hostile ones, replies, numbers. Method: every request is given whole, byte by byte, and
 * cut in two at each place; the words must be the same. */
#include <check.h>
#include <stdlib.h>

#include "model/redis/resp.h"

static struct pool *pool;
static struct resp_parser parser;

static void set_up(void) {
    pool = pool_create();
    resp_parser_init(&parser, pool);
}

static void tear_down(void) {
    resp_parser_free(&parser);
    pool_destroy(pool);
}

#define BYTES(text) ((struct bytes){(text), sizeof(text) - 1})

static void expect_word(size_t i, const char *word, size_t len) {
    ck_assert_uint_lt(i, parser.argc);
    ck_assert_uint_eq(parser.argv[i].len, len);
    ck_assert_mem_eq(parser.argv[i].at, word, len);
}

START_TEST(words_of_an_array) {
    struct bytes in = BYTES("*3\r\n$3\r\nSET\r\n$4\r\na\r\nb\r\n$0\r\n\r\n*1");
    ck_assert_int_eq(resp_parse(&parser, in), RESP_DONE);
    ck_assert_uint_eq(parser.argc, 3);
    ck_assert_uint_eq(parser.used, in.len - 2);
    ck_assert(!parser.is_inline);
    expect_word(0, "SET", 3);
    expect_word(1, "a\r\nb", 4);
    expect_word(2, "", 0);
}
END_TEST

/* The bytes seen so far lie elsewhere at each call: nothing may point into where they were. */
START_TEST(any_pieces) {
    static const char text[] = "*2\r\n$4\r\nECHO\r\n$12\r\nhello\r\nworld\r\n";
    size_t len = sizeof(text) - 1;
    for (size_t cut = 1; cut < len; cut++) {
        char *first = malloc(cut), *all = malloc(len);
        memcpy(first, text, cut);
        ck_assert_int_eq(resp_parse(&parser, (struct bytes){first, cut}), RESP_MORE);
        free(first);
        memcpy(all, text, len);
        ck_assert_int_eq(resp_parse(&parser, (struct bytes){all, len}), RESP_DONE);
        ck_assert_uint_eq(parser.used, len);
        expect_word(0, "ECHO", 4);
        expect_word(1, "hello\r\nworld", 12);
        free(all);
    }
    for (size_t n = 1; n < len; n++) ck_assert_int_eq(resp_parse(&parser, (struct bytes){text, n}), RESP_MORE);
    ck_assert_int_eq(resp_parse(&parser, (struct bytes){text, len}), RESP_DONE);
    expect_word(1, "hello\r\nworld", 12);
}
END_TEST

START_TEST(inline_words) {
    ck_assert_int_eq(resp_parse(&parser, BYTES("set \"a b\\x41\\n\" 'it\\'s' x\"y\"\r\nPING\r\n")), RESP_DONE);
    ck_assert_uint_eq(parser.argc, 4);
    ck_assert(parser.is_inline);
    expect_word(1, "a bA\n", 5);
    expect_word(2, "it's", 4);
    expect_word(3, "xy", 2);
    ck_assert_int_eq(resp_parse(&parser, BYTES("\n")), RESP_DONE);
    ck_assert_uint_eq(parser.argc, 0);
    ck_assert_uint_eq(parser.used, 1);
    ck_assert_int_eq(resp_parse(&parser, BYTES("\r\n")), RESP_DONE);
    ck_assert_uint_eq(parser.used, 2);
    ck_assert_int_eq(resp_parse(&parser, BYTES("PI")), RESP_MORE);
    ck_assert_int_eq(resp_parse(&parser, BYTES("PING\n")), RESP_DONE);
    expect_word(0, "PING", 4);
}
END_TEST

/* The real server looks neither at the byte after a header's \r nor at the two after a word. */
START_TEST(sloppy_line_ends) {
    ck_assert_int_eq(resp_parse(&parser, BYTES("*1\r\n$4\r\nPING\r\n")), RESP_DONE);
    ck_assert(parser.is_canonical);
    const struct bytes sloppy[] = {BYTES("*1\rx$4\r\nPING\r\n"), BYTES("*1\r\n$4\rxPING\r\n"),
                                   BYTES("*1\r\n$4\r\nPINGxx"), BYTES("PING\r\n")};
    for (size_t i = 0; i < sizeof(sloppy) / sizeof(sloppy[0]); i++) {
        ck_assert_int_eq(resp_parse(&parser, sloppy[i]), RESP_DONE);
        expect_word(0, "PING", 4);
        ck_assert(!parser.is_canonical);
        ck_assert_uint_eq(parser.used, sloppy[i].len);
    }
    ck_assert_int_eq(resp_parse(&parser, BYTES("*1\r\n$4\r\nPING\r\n")), RESP_DONE);
    ck_assert(parser.is_canonical);
}
END_TEST

START_TEST(no_words) {
    ck_assert_int_eq(resp_parse(&parser, BYTES("*0\r\n")), RESP_DONE);
    ck_assert_uint_eq(parser.argc, 0);
    ck_assert_int_eq(resp_parse(&parser, BYTES("*-1\r\n")), RESP_DONE);
    ck_assert_uint_eq(parser.argc, 0);
}
END_TEST

static const struct {
    const char *in, *error;
} hostile[] = {
    {"*1\r\n:1\r\n", "expected '$', got ':'"},
    {"*1\r\n$-1\r\n", "invalid bulk length"},
    {"*1\r\n$536870913\r\n", "invalid bulk length"},
    {"*1\r\n$03\r\nabc\r\n", "invalid bulk length"},
    {"*1\r\n$3x\r\nabc\r\n", "invalid bulk length"},
    {"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
    {"*9223372036854775807\r\n", "invalid multibulk length"},
    {"*2147483648\r\n", "invalid multibulk length"},
    {"*x\r\n", "invalid multibulk length"},
    {"*\r\n", "invalid multibulk length"},
    {"GET \"a\r\n", "unbalanced quotes in request"},
    {"GET \"a\"b\r\n", "unbalanced quotes in request"},
    {"GET 'a\r\n", "unbalanced quotes in request"},
};

START_TEST(hostile_requests) {
    const char *in = hostile[_i].in;
    ck_assert_int_eq(resp_parse(&parser, (struct bytes){in, strlen(in)}), RESP_BAD);
    ck_assert_str_eq(parser.error, hostile[_i].error);
    ck_assert_int_eq(resp_parse(&parser, BYTES("*1\r\n$4\r\nPING\r\n")), RESP_DONE); /* the next connection's */
}
END_TEST

START_TEST(endless_lines) {
    size_t len = RESP_INLINE_MAX + 2;
    char *text = malloc(len);
    memset(text, 'a', len);
    ck_assert_int_eq(resp_parse(&parser, (struct bytes){text, len}), RESP_BAD);
    ck_assert_str_eq(parser.error, "too big inline request");
    memset(text, '1', len);
    text[0] = '*';
    ck_assert_int_eq(resp_parse(&parser, (struct bytes){text, len}), RESP_BAD);
    ck_assert_str_eq(parser.error, "too big mbulk count string");
    memcpy(text, "*1\r\n$", 5);
    ck_assert_int_eq(resp_parse(&parser, (struct bytes){text, len}), RESP_MORE);
    free(text);
}
END_TEST

START_TEST(missing_bytes_of_a_word) {
    struct bytes in = BYTES("*1\r\n$100000\r\nabc");
    ck_assert_uint_eq(resp_parser_missing(&parser, 0), 0);
    ck_assert_int_eq(resp_parse(&parser, in), RESP_MORE);
    ck_assert_uint_eq(resp_parser_missing(&parser, in.len), 100000 - 3 + 2);
}
END_TEST

START_TEST(numbers) {
    int64_t n = 7;
    ck_assert(resp_parse_number(BYTES("-9223372036854775808"), &n));
    ck_assert_int_eq(n, INT64_MIN);
    ck_assert(resp_parse_number(BYTES("9223372036854775807"), &n));
    ck_assert_int_eq(n, INT64_MAX);
    ck_assert(resp_parse_number(BYTES("0"), &n));
    ck_assert_int_eq(n, 0);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "-0",
                                      "1a",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "999999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(!resp_parse_number((struct bytes){bad[i], strlen(bad[i])}, &n), "'%s' was taken", bad[i]);
    }
    char text[21];
    ck_assert_uint_eq(resp_format_number(INT64_MIN, text), 20);
    ck_assert_str_eq(text, "-9223372036854775808");
    ck_assert_uint_eq(resp_format_number(0, text), 1);
    ck_assert_str_eq(text, "0");
}
END_TEST

START_TEST(what_is_written_is_read) {
    struct buffer out;
    buffer_init(&out, pool);
    struct bytes words[] = {BYTES("SET"), BYTES("k\r\n"), BYTES("")};
    resp_put_request(&out, words, 3);
    ck_assert_str_eq(out.at, "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n");
    ck_assert_int_eq(resp_parse(&parser, buffer_bytes(&out)), RESP_DONE);
    for (size_t i = 0; i < 3; i++) expect_word(i, words[i].at, words[i].len);
    buffer_clear(&out);
    resp_put_words(&out, (const char *const[]){"REPLCONF", "GETACK", "*", NULL});
    ck_assert_uint_eq(out.len, 37); /* reference 2.2 */
    buffer_free(&out);
}
END_TEST

static const struct {
    const char *in;
    int64_t len;
} replies[] = {
    {"+OK\r\n+", 5},
    {"-ERR x\r\n", 8},
    {":12\r\n", 5},
    {"$-1\r\n", 5},
    {"$3\r\nabc\r\nx", 9},
    {"$3\r\nabc\r", 0},
    {"*2\r\n:1\r\n*1\r\n$0\r\n\r\n", 18},
    {"*2\r\n:1\r\n", 0},
    {"*-1\r\n", 5},
    {"", 0},
    {"+OK", 0},
    {"?", -1},
    {":x\r\n", -1},
    {"$-2\r\n", -1},
    {"+OK\n", -1},
    {"*-2\r\n", -1},
};

START_TEST(reply_lengths) {
    ck_assert_int_eq(resp_reply_length((struct bytes){replies[_i].in, strlen(replies[_i].in)}), replies[_i].len);
}
END_TEST

START_TEST(replies_nested_too_deep) {
    struct buffer in;
    buffer_init(&in, pool);
    for (int i = 0; i < 40; i++) buffer_puts(&in, "*1\r\n");
    buffer_puts(&in, ":1\r\n");
    ck_assert_int_eq(resp_reply_length(buffer_bytes(&in)), -1);
    buffer_free(&in);
}
END_TEST

START_TEST(word_in_any_case) {
    ck_assert(resp_word_is(BYTES("PsYnC"), "psync"));
    ck_assert(!resp_word_is(BYTES("psyn"), "psync"));
    ck_assert(!resp_word_is(BYTES("psyncx"), "psync"));
    ck_assert(!resp_word_is((struct bytes){"psync\0", 6}, "psync"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resp");
    TCase *tests = tcase_create("resp");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, words_of_an_array);
    tcase_add_test(tests, any_pieces);
    tcase_add_test(tests, inline_words);
    tcase_add_test(tests, sloppy_line_ends);
    tcase_add_test(tests, no_words);
    tcase_add_loop_test(tests, hostile_requests, 0, sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_test(tests, endless_lines);
    tcase_add_test(tests, missing_bytes_of_a_word);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_loop_test(tests, reply_lengths, 0, sizeof(replies) / sizeof(replies[0]));
    tcase_add_test(tests, replies_nested_too_deep);
    tcase_add_test(tests, word_in_any_case);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
