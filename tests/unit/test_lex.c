/* The lexer: words, places, quotes, continuations, comments, and what is no text. */
#include <check.h>
#include <stdlib.h>

#include "sim/scenario/lex.h"
#include "sim/world/buffer.h"

static struct pool *pool;
static struct buffer faults; /* "line:column message;" of each fault */

static void setup(void) {
    pool = pool_create();
    buffer_init(&faults, pool);
    buffer_puts(&faults, "");
}

static void teardown(void) {
    pool_destroy(pool);
}

static void note_fault(void *ctx, struct place place, const char *message) {
    ck_assert_ptr_null(ctx);
    buffer_printf(&faults, "%u:%u %s;", place.line, place.column, message);
}

static struct lines lex_bytes(const char *text, size_t len) {
    return lex_file(pool, (struct bytes){text, len}, note_fault, NULL);
}

static struct lines lex(const char *text) {
    return lex_bytes(text, strlen(text));
}

/* All words as `text` and `'text'` where quoted, `|` between words, `\n` behind statements. */
static const char *words_of(struct lines lines) {
    struct buffer out;
    buffer_init(&out, pool);
    buffer_puts(&out, "");
    for (size_t i = 0; i < lines.count; i++) {
        for (size_t k = 0; k < lines.items[i].count; k++) {
            const struct word *w = &lines.items[i].words[k];
            ck_assert_int_eq(w->text.at[w->text.len], 0);
            buffer_printf(&out, "%s%s%s%s", k ? "|" : "", w->quoted ? "'" : "", w->text.at, w->quoted ? "'" : "");
        }
        buffer_putc(&out, '\n');
    }
    return out.at;
}

static const struct {
    const char *text, *words;
} splits[] = {
    {"", ""},
    {"\n \t \n# only a comment\n   # and another", ""},
    {"node m", "node|m\n"},
    {"  node\t m  \nend 5s\n", "node|m\nend|5s\n"},
    {"node m # the master", "node|m\n"},
    {"SET a#b #c d", "SET|a#b\n"},
    {"SET \"#a\" '# b'", "SET|'#a'|'# b'\n"},
    {"node m\r\nnode r\r\n", "node|m\nnode|r\n"},
    {"a\rb", "a|b\n"},
    {"\xef\xbb\xbfnode m", "node|m\n"},
    {"node \\\n  m", "node|m\n"},
    {"node\\\nm", "node|m\n"},
    {"node \\\r\n m", "node|m\n"},
    {"node m \\", "node|m\n"},
    {"node m \\\n\nend 5s", "node|m\nend|5s\n"},
    {"node \\\n\\\n m\nend 1s", "node|m\nend|1s\n"},
    {"node m # not continued \\\nend 5s", "node|m\nend|5s\n"},
    {"node m \\\n# a comment\nend 5s", "node|m\nend|5s\n"},
    {"a\\b c\\ d", "a\\b|c\\|d\n"},
    {"\"a b\" ''", "'a b'|''\n"},
    {"\"a\\\"b\" 'it\\'s' 'a\\nb'", "'a\"b'|'it's'|'a\\nb'\n"},
    {"\"\\n\\r\\t\\a\\b\\\\\\q\"", "'\n\r\t\a\b\\q'\n"},
    {"\"\\x41\\x7A\\xg1\"", "'Azxg1'\n"},
    {"pre\"fix ed\" x", "'prefix ed'|x\n"},
    {"\"a\"\\\n b", "'a'|b\n"},
    {"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xbc|\xe2\x82\xac|\xf0\x9f\x98\x80\n"},
};

START_TEST(splits_words) {
    struct lines lines = lex(splits[_i].text);
    ck_assert_str_eq(words_of(lines), splits[_i].words);
    ck_assert_str_eq(faults.at, "");
}
END_TEST

static const struct {
    const char *text, *faults, *words;
} broken[] = {
    {"a \"b c\nd", "1:3 this quotation is not closed: \" is missing on the line;", "d\n"},
    {"a 'b", "1:3 this quotation is not closed: ' is missing on the line;", ""},
    {"a \"b\\", "1:3 this quotation is not closed: \" is missing on the line;", ""},
    {"a \"b\\\nc\"",
     "1:3 this quotation is not closed: \" is missing on the line;"
     "2:2 this quotation is not closed: \" is missing on the line;",
     ""},
    {"a \"b\"c", "1:6 a blank must follow the closing quote;", ""},
    {"don't", "1:4 this quotation is not closed: ' is missing on the line;", ""},
    {"node a \\ \nnode b", "1:8 a \\ continues the line only at its very end (quote it to mean a backslash);",
     "node|b\n"},
};

START_TEST(reports_faults_and_goes_on) {
    struct lines lines = lex(broken[_i].text);
    ck_assert_str_eq(faults.at, broken[_i].faults);
    ck_assert_str_eq(words_of(lines), broken[_i].words);
}
END_TEST

START_TEST(tells_places_in_bytes) {
    struct lines lines = lex("\xef\xbb\xbfnode m\n\tat  \xc3\xbc x \\\n  y");
    ck_assert_uint_eq(lines.count, 2);
    ck_assert_uint_eq(lines.items[0].words[0].place.column, 4);
    const struct word *w = lines.items[1].words;
    ck_assert_uint_eq(w[0].place.line, 2);
    ck_assert_uint_eq(w[0].place.column, 2);
    ck_assert_uint_eq(w[1].place.column, 6);
    ck_assert_uint_eq(w[2].place.column, 9);
    ck_assert_uint_eq(w[3].place.line, 3);
    ck_assert_uint_eq(w[3].place.column, 3);
    ck_assert_uint_eq(lines.items[1].end.line, 3);
    ck_assert_uint_eq(lines.items[1].end.column, 4);
}
END_TEST

START_TEST(keeps_raw_and_hidden_bytes) {
    struct lines lines = lex("SET \"a\\x00b\"");
    const struct word *w = &lines.items[0].words[1];
    ck_assert_uint_eq(w->text.len, 3);
    ck_assert_mem_eq(w->text.at, "a\0b", 4);
    ck_assert_uint_eq(w->raw.len, 8);
    ck_assert_mem_eq(w->raw.at, "\"a\\x00b\"", 8);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *faults;
} no_text[] = {
    {"node m\nno\0de", 12, "2:3 the file has a zero byte: it is no text;"},
    {"\xff", 1, "1:1 this is no UTF-8 text;"},
    {"ab\xc3", 3, "1:3 this is no UTF-8 text;"},
    {"\xc0\xaf", 2, "1:1 this is no UTF-8 text;"},         /* overlong, two bytes */
    {"\xe0\x80\xaf", 3, "1:1 this is no UTF-8 text;"},     /* three */
    {"\xf0\x80\x80\xaf", 4, "1:1 this is no UTF-8 text;"}, /* four */
    {"\xed\xa0\x80", 3, "1:1 this is no UTF-8 text;"},     /* a surrogate */
    {"\xf4\x90\x80\x80", 4, "1:1 this is no UTF-8 text;"}, /* past the last code point */
    {"\x80", 1, "1:1 this is no UTF-8 text;"},
};

START_TEST(refuses_what_is_no_text) {
    struct lines lines = lex_bytes(no_text[_i].text, no_text[_i].len);
    ck_assert_uint_eq(lines.count, 0);
    ck_assert_str_eq(faults.at, no_text[_i].faults);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lex");
    TCase *tcase = tcase_create("lex");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, splits_words, 0, sizeof(splits) / sizeof(splits[0]));
    tcase_add_loop_test(tcase, reports_faults_and_goes_on, 0, sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tcase, tells_places_in_bytes);
    tcase_add_test(tcase, keeps_raw_and_hidden_bytes);
    tcase_add_loop_test(tcase, refuses_what_is_no_text, 0, sizeof(no_text) / sizeof(no_text[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
