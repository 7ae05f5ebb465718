/* Values: each form read exactly or refused with its reason, printed so that it reads back, and globs. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sim/scenario/nearest.h"
#include "sim/scenario/values.h"
#include "sim/world/glob.h"

static struct pool *pool;
static struct buffer out;

static void setup(void) {
    pool = pool_create();
    buffer_init(&out, pool);
    buffer_puts(&out, "");
}

static void teardown(void) {
    pool_destroy(pool);
}

static struct bytes bytes_of(const char *text) {
    return (struct bytes){text, strlen(text)};
}

typedef const char *read_fn(struct bytes text, int64_t *value);
typedef void print_fn(struct buffer *b, int64_t value);

/* --- one number ------------------------------------------------------------------------------------------------- */

static void print_count(struct buffer *b, int64_t value) {
    buffer_printf(b, "%" PRId64, value);
}

/* `printed` NULL: as written. */
static const struct {
    read_fn *read;
    print_fn *print;
    const char *text;
    int64_t value;
    const char *printed;
} good[] = {
    {value_read_count, print_count, "0", 0, NULL},
    {value_read_count, print_count, "007", 7, "7"},
    {value_read_count, print_count, "1152921504606846976", INT64_C(1) << 60, NULL},
    {value_read_integer, print_count, "-12", -12, NULL},
    {value_read_integer, print_count, "+12", 12, "12"},
    {value_read_millionths, value_print_millionths, "0.99", 990000, NULL},
    {value_read_millionths, value_print_millionths, "1.500", 1500000, "1.5"},
    {value_read_millionths, value_print_millionths, "0.000001", 1, NULL},
    {value_read_duration, value_print_duration, "0", 0, NULL},
    {value_read_duration, value_print_duration, "0s", 0, "0"},
    {value_read_duration, value_print_duration, "250us", 250000, NULL},
    {value_read_duration, value_print_duration, "20ms", 20000000, NULL},
    {value_read_duration, value_print_duration, "1.5s", 1500000000, NULL},
    {value_read_duration, value_print_duration, "1500ms", 1500000000, "1.5s"},
    {value_read_duration, value_print_duration, "3.204117001s", 3204117001, NULL},
    {value_read_duration, value_print_duration, "2m", 120000000000, NULL},
    {value_read_duration, value_print_duration, "90s", 90000000000, NULL},
    {value_read_duration, value_print_duration, "1h", 3600000000000, NULL},
    {value_read_duration, value_print_duration, "0.5h", 1800000000000, "30m"},
    {value_read_duration, value_print_duration, "0.001us", 1, NULL},
    {value_read_duration, value_print_duration, "0.0000000010s", 1, "0.001us"},
    {value_read_duration, value_print_duration, "5MS", 5000000, "5ms"},
    {value_read_signed_duration, value_print_duration, "-5s", -5000000000, NULL},
    {value_read_size, value_print_size, "512", 512, NULL},
    {value_read_size, value_print_size, "64kb", 65536, NULL},
    {value_read_size, value_print_size, "1mb", 1048576, NULL},
    {value_read_size, value_print_size, "1024kb", 1048576, "1mb"},
    {value_read_size, value_print_size, "2gb", INT64_C(2147483648), NULL},
    {value_read_size, value_print_size, "64k", 64000, "64000"},
    {value_read_size, value_print_size, "1m", 1000000, NULL},
    {value_read_size, value_print_size, "1g", 1000000000, NULL},
    {value_read_size, value_print_size, "1MB", 1048576, "1mb"},
    {value_read_size, value_print_size, "12b", 12, "12"},
    {value_read_size, value_print_size, "0", 0, NULL},
    {value_read_rate, value_print_rate, "500/s", 500000, NULL},
    {value_read_rate, value_print_rate, "0.1/s", 100, NULL},
    {value_read_rate, value_print_rate, "0.05/s", 50, NULL},
    {value_read_rate, value_print_rate, "0.001/s", 1, NULL},
    {value_read_byte_rate, value_print_byte_rate, "100mb/s", 104857600, NULL},
    {value_read_byte_rate, value_print_byte_rate, "1000/s", 1000, NULL},
    {value_read_byte_rate, value_print_byte_rate, "1.5kb/s", 1536, "1536/s"},
    {value_read_link_speed, value_print_link_speed, "1gbit", 125000000, NULL},
    {value_read_link_speed, value_print_link_speed, "0.1gbit", 12500000, "100mbit"},
    {value_read_link_speed, value_print_link_speed, "56kbit", 7000, "7000/s"},
    {value_read_link_speed, value_print_link_speed, "100mb/s", 104857600, NULL},
    {value_read_share, value_print_share, "0.5%", 5000, NULL},
    {value_read_share, value_print_share, "0.0001%", 1, NULL},
    {value_read_share, value_print_share, "100%", 1000000, NULL},
    {value_read_share, value_print_share, "0%", 0, NULL},
};

START_TEST(reads_and_prints) {
    int64_t value = -1;
    ck_assert_ptr_null(good[_i].read(bytes_of(good[_i].text), &value));
    ck_assert_int_eq(value, good[_i].value);
    good[_i].print(&out, value);
    ck_assert_str_eq(out.at, good[_i].printed ? good[_i].printed : good[_i].text);
    int64_t again = -1;
    ck_assert_ptr_null(good[_i].read(buffer_bytes(&out), &again));
    ck_assert_int_eq(again, value);
}
END_TEST

static const struct {
    read_fn *read;
    const char *text;
    const char *why; /* a part of the reason */
} bad[] = {
    {value_read_count, "", "empty"},
    {value_read_count, "-1", "negative"},
    {value_read_count, "1.5", "whole number"},
    {value_read_count, "1.", "digit must follow"},
    {value_read_count, "x", "digit"},
    {value_read_count, "12x", "whole number"},
    {value_read_count, "1152921504606846977", "too large"},
    {value_read_count, "18446744073709551616", "too large"},
    {value_read_integer, "--1", "digit"},
    {value_read_integer, "+", "empty"},
    {value_read_millionths, "0.0000001", "six decimals"},
    {value_read_millionths, "1.5x", "decimal"},
    {value_read_duration, "20", "needs a unit"},
    {value_read_duration, "1ns", "unit must be"},
    {value_read_duration, "5 s", "unit must be"},
    {value_read_duration, ".5s", "digit"},
    {value_read_duration, "0.0001us", "nanosecond"},
    {value_read_duration, "1.5.5s", "unit must be"},
    {value_read_duration, "400000h", "too large"},
    {value_read_duration, "99999999999999999999h", "too large"},
    {value_read_duration, "0.00000000000000000000000000001s", "nanosecond"},
    {value_read_duration, "0.99999999999999999999999999999s", "digits"},
    {value_read_duration, "-1s", "negative"},
    {value_read_size, "1.5mb", "whole number"},
    {value_read_size, "1tb", "unit must be"},
    {value_read_size, "64 kb", "unit must be"},
    {value_read_size, "2000000000gb", "too large"},
    {value_read_rate, "500", "/s"},
    {value_read_rate, "500/m", "/s"},
    {value_read_rate, "0/s", "above 0"},
    {value_read_rate, "0.0005/s", "0.001"},
    {value_read_rate, "1000000001/s", "above 1000000000/s"},
    {value_read_rate, "-1/s", "negative"},
    {value_read_byte_rate, "100mb", "/s"},
    {value_read_byte_rate, "0mb/s", "above 0"},
    {value_read_byte_rate, "0.0001kb/s", "whole number of bytes"},
    {value_read_byte_rate, "1gbit/s", "unit must be"},
    {value_read_link_speed, "100", "unit must be"},
    {value_read_link_speed, "0gbit", "above 0"},
    {value_read_share, "0.5", "%"},
    {value_read_share, "101%", "100%"},
    {value_read_share, "0.00005%", "0.0001%"},
    {value_read_share, "5%%", "%"},
};

START_TEST(refuses_with_a_reason) {
    int64_t value;
    const char *why = bad[_i].read(bytes_of(bad[_i].text), &value);
    ck_assert_msg(why && strstr(why, bad[_i].why), "%s: %s", bad[_i].text, why ? why : "(accepted)");
}
END_TEST

START_TEST(reads_seeds_of_64_bits) {
    uint64_t seed;
    ck_assert_ptr_null(value_read_seed(bytes_of("18446744073709551615"), &seed));
    ck_assert(seed == UINT64_MAX);
    ck_assert_ptr_nonnull(value_read_seed(bytes_of("18446744073709551616"), &seed));
    ck_assert_ptr_nonnull(value_read_seed(bytes_of("0x10"), &seed));
}
END_TEST

/* --- spreads and ranges ---------------------------------------------------------------------------------------------
 */

static const struct {
    bool sizes;
    const char *text;
    struct spread spread;
} spreads[] = {
    {false, "5ms", {SPREAD_CONSTANT, 5000000, 5000000, 0}},
    {false, "1ms..5ms", {SPREAD_UNIFORM, 1000000, 5000000, 0}},
    {false, "0..5ms", {SPREAD_UNIFORM, 0, 5000000, 0}},
    {false, "1.5ms..2.5ms", {SPREAD_UNIFORM, 1500000, 2500000, 0}},
    {false, "exp:5ms", {SPREAD_EXP, 5000000, 0, 0}},
    {false, "pareto:5ms:1.5", {SPREAD_PARETO, 5000000, 0, 1500000}},
    {true, "16", {SPREAD_CONSTANT, 16, 16, 0}},
    {true, "1kb..1mb", {SPREAD_UNIFORM, 1024, 1048576, 0}},
    {true, "exp:100", {SPREAD_EXP, 100, 0, 0}},
    {true, "pareto:64kb:0.5", {SPREAD_PARETO, 65536, 0, 500000}},
};

START_TEST(reads_spreads) {
    struct spread s;
    struct bytes text = bytes_of(spreads[_i].text);
    bool sizes = spreads[_i].sizes;
    ck_assert_ptr_null(sizes ? value_read_size_spread(text, &s) : value_read_time_spread(text, &s));
    ck_assert_int_eq(s.kind, spreads[_i].spread.kind);
    ck_assert_int_eq(s.a, spreads[_i].spread.a);
    if (s.kind != SPREAD_EXP && s.kind != SPREAD_PARETO) ck_assert_int_eq(s.b, spreads[_i].spread.b);
    ck_assert_int_eq(s.shape, spreads[_i].spread.shape);
    if (sizes) {
        value_print_size_spread(&out, &s);
    } else {
        value_print_time_spread(&out, &s);
    }
    ck_assert_str_eq(out.at, spreads[_i].text);
}
END_TEST

static const char *const bad_spreads[] = {"",
                                          "5",
                                          "5ms..1ms",
                                          "1ms..",
                                          "..5ms",
                                          "1ms...5ms",
                                          "exp:",
                                          "exp:5",
                                          "pareto:5ms",
                                          "pareto:5ms:",
                                          "pareto:5ms:0",
                                          "pareto:5ms:1001",
                                          "pareto::1.5",
                                          "gauss:5ms",
                                          "exp:1ms..5ms",
                                          "exp:exp:5ms",
                                          "1ms..2ms..3ms"};

START_TEST(refuses_spreads) {
    struct spread s;
    ck_assert_ptr_nonnull(value_read_time_spread(bytes_of(bad_spreads[_i]), &s));
}
END_TEST

START_TEST(reads_ranges) {
    int64_t low, high;
    ck_assert_ptr_null(value_read_count_range(bytes_of("3"), &low, &high));
    ck_assert(low == 3 && high == 3);
    ck_assert_ptr_null(value_read_count_range(bytes_of("0..15"), &low, &high));
    ck_assert(low == 0 && high == 15);
    ck_assert_ptr_nonnull(value_read_count_range(bytes_of("5..1"), &low, &high));
    ck_assert_ptr_null(value_read_time_range(bytes_of("1.5s..2s"), &low, &high));
    ck_assert(low == 1500000000 && high == 2000000000);
    ck_assert_ptr_nonnull(value_read_time_range(bytes_of("1s..2"), &low, &high));
    ck_assert_ptr_null(value_read_count_time(bytes_of("2:100ms"), &low, &high));
    ck_assert(low == 2 && high == 100000000);
    ck_assert_ptr_null(value_read_count_time(bytes_of("1:0"), &low, &high));
    ck_assert_ptr_nonnull(value_read_count_time(bytes_of("1"), &low, &high));
    ck_assert_ptr_nonnull(value_read_count_time(bytes_of("1:5"), &low, &high));
}
END_TEST

static const struct {
    sim_time at;
    const char *text;
} seconds[] = {
    {0, "0s"},          {3204000000, "3.204s"},   {16200000000, "16.2s"}, {1, "0s"}, {499999, "0s"}, {500000, "0.001s"},
    {1999600000, "2s"}, {3600000000000, "3600s"}, {-1500000000, "-1.5s"},
};

START_TEST(prints_seconds_for_people) {
    value_print_seconds(&out, seconds[_i].at);
    ck_assert_str_eq(out.at, seconds[_i].text);
}
END_TEST

/* --- globs and near words --------------------------------------------------------------------------------------- */

static const struct {
    const char *pattern, *text;
    bool matches;
} globs[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"r*", "r12", true},
    {"r*", "m", false},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"*ab", "aab", true},
    {"*aab", "aaab", true},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[c-a]x", "bx", true},
    {"[^a-c]x", "dx", true},
    {"[^a-c]x", "ax", false},
    {"[ab", "b", true},
    {"[a\\]]", "]", true},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"a\\", "a\\", true},
    {"EXECABORT*NOREPLICAS*", "EXECABORT Transaction discarded because of: NOREPLICAS Not enough", true},
    {"Abc", "abc", false},
    {"a**b", "ab", true},
    {"[", "", false},
    {"[]", "a", false},
};

START_TEST(matches_globs) {
    ck_assert_int_eq(glob_match(bytes_of(globs[_i].pattern), bytes_of(globs[_i].text)), globs[_i].matches);
}
END_TEST

/* Many stars that all fail at the end: the naive way needs 2^30 steps and more. */
START_TEST(matches_hostile_globs_quickly) {
    char pattern[200], text[4000];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i + 1 < sizeof(pattern); i += 2) memcpy(pattern + i, "*a", 2);
    pattern[sizeof(pattern) - 1] = 'b';
    ck_assert(!glob_match((struct bytes){pattern, sizeof(pattern)}, (struct bytes){text, sizeof(text)}));
}
END_TEST

static const struct {
    const char *word;
    const char *best;
} near[] = {
    {"convergd", "converged"},
    {"CONVERGED", "converged"},
    {"ofsets", "offsets"},
    {"prefxi", "prefix"},
    {"r3", "r1"},
    {"something-else", NULL},
    {"", NULL},
    {"x", NULL},
};

START_TEST(finds_the_nearest_word) {
    static const char *const words[] = {"converged", "prefix", "offsets", "r1", "m"};
    struct nearest n = nearest_to(bytes_of(near[_i].word));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) nearest_try(&n, words[i]);
    if (near[_i].best) {
        ck_assert_str_eq(n.best, near[_i].best);
    } else {
        ck_assert_ptr_null(n.best);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("values");
    TCase *tcase = tcase_create("values");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, reads_and_prints, 0, sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tcase, refuses_with_a_reason, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, reads_seeds_of_64_bits);
    tcase_add_loop_test(tcase, reads_spreads, 0, sizeof(spreads) / sizeof(spreads[0]));
    tcase_add_loop_test(tcase, refuses_spreads, 0, sizeof(bad_spreads) / sizeof(bad_spreads[0]));
    tcase_add_test(tcase, reads_ranges);
    tcase_add_loop_test(tcase, prints_seconds_for_people, 0, sizeof(seconds) / sizeof(seconds[0]));
    tcase_add_loop_test(tcase, matches_globs, 0, sizeof(globs) / sizeof(globs[0]));
    tcase_add_test(tcase, matches_hostile_globs_quickly);
    tcase_add_loop_test(tcase, finds_the_nearest_word, 0, sizeof(near) / sizeof(near[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
