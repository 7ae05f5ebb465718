/* Chance: streams by name, distributions, scaling.
 *
 * Method: bounds are five standard deviations of what theory gives for fair draws, so a right generator fails
 * less than once in a million and a biased one always. Draws are functions of names, so a result never changes. */
#include "sim/world/chance.h"

#include <math.h>

#include "tests/unit/tiny_nodes.h"

#define DRAWS 200000

static struct chance stream(const char *name) {
    return chance_named(42, "test", name, NULL, 0);
}

START_TEST(streams_have_names) {
    const struct chance streams[] = {
        chance_named(1, "a", NULL, NULL, 0), chance_named(2, "a", NULL, NULL, 0), chance_named(1, "b", NULL, NULL, 0),
        chance_named(1, "a", "", NULL, 0),   chance_named(1, "a", NULL, "", 0),   chance_named(1, "a", "", "", 0),
        chance_named(1, "a", "x", "y", 0),   chance_named(1, "a", "y", "x", 0),   chance_named(1, "a", "xy", "", 0),
        chance_named(1, "a", "", "xy", 0),   chance_named(1, "ax", "y", NULL, 0), chance_named(1, "a", "xy", NULL, 0),
        chance_named(1, "a", NULL, NULL, 1), chance_named(1, "", "a", NULL, 0),   chance_named(1, "", NULL, "a", 0),
    };
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        for (size_t j = 0; j < i; j++) ck_assert_uint_ne(streams[i].key, streams[j].key);
    struct chance again = chance_named(1, "a", "x", "y", 0);
    ck_assert_uint_eq(again.key, streams[6].key);
}
END_TEST

START_TEST(nth_draw_depends_on_key_and_n_alone) {
    struct chance c = stream("n"), late = stream("n");
    uint64_t draws[100];
    for (int i = 0; i < 100; i++) draws[i] = chance_bits(&c);
    late.draws = 57;
    ck_assert_uint_eq(chance_bits(&late), draws[57]);
    for (int i = 0; i < 100; i++)
        for (int j = 0; j < i; j++) ck_assert_uint_ne(draws[i], draws[j]);
}
END_TEST

START_TEST(every_bit_is_fair_and_independent_of_its_neighbours) {
    struct chance c = stream("bits");
    uint64_t ones[64] = {0}, repeats[64] = {0}, last = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t bits = chance_bits(&c);
        for (int b = 0; b < 64; b++) {
            ones[b] += bits >> b & 1;
            repeats[b] += ~(bits ^ last) >> b & 1;
        }
        last = bits;
    }
    double sigma = sqrt(DRAWS / 4.0);
    for (int b = 0; b < 64; b++) {
        ck_assert_double_lt(fabs((double)ones[b] - DRAWS / 2.0), 5 * sigma);
        ck_assert_double_lt(fabs((double)repeats[b] - DRAWS / 2.0), 5 * sigma);
    }
}
END_TEST

/* Streams whose keys differ little must not be shifted or scaled copies of one another. */
START_TEST(streams_are_independent) {
    for (uint64_t nth = 0; nth < 20; nth++) {
        struct chance a = chance_named(7, "s", NULL, NULL, nth), b = chance_named(7, "s", NULL, NULL, nth + 1);
        struct chance shifted = a;
        shifted.key += 0x9E3779B97F4A7C15u; /* SplitMix's own step: a shifted copy there */
        uint64_t first = chance_bits(&shifted);
        int equal_bits = 0;
        for (int i = 0; i < 1000; i++) {
            uint64_t bits = chance_bits(&a);
            ck_assert_uint_ne(bits, first);
            equal_bits += __builtin_popcountll(~(bits ^ chance_bits(&b)));
        }
        ck_assert_double_lt(fabs(equal_bits - 32000.0), 5 * sqrt(16000.0));
    }
}
END_TEST

START_TEST(below_is_uniform) {
    struct chance c = stream("below");
    unsigned counts[10] = {0};
    for (int i = 0; i < DRAWS; i++) counts[chance_below(&c, 10)]++;
    for (int i = 0; i < 10; i++) ck_assert_double_lt(fabs(counts[i] - DRAWS / 10.0), 5 * sqrt(DRAWS * 0.09));
    ck_assert_uint_eq(chance_below(&c, 1), 0);
    for (int i = 0; i < 100; i++) ck_assert_uint_lt(chance_below(&c, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(shares) {
    struct chance c = stream("share");
    unsigned hits = 0, wrong = 0;
    for (int i = 0; i < DRAWS; i++) {
        hits += chance_share(&c, 50000);
        wrong += chance_share(&c, 0) || !chance_share(&c, PPM_ONE);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_double_lt(fabs(hits - DRAWS * 0.05), 5 * sqrt(DRAWS * 0.05 * 0.95));
}
END_TEST

static int64_t draws[DRAWS];

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void draw_sorted(struct spread s, const char *name) {
    struct chance c = stream(name);
    for (int i = 0; i < DRAWS; i++) draws[i] = chance_spread(&c, &s);
    qsort(draws, DRAWS, sizeof(draws[0]), ascending);
}

/* The empirical distribution stays near the true one (Kolmogorov and Smirnov; 2.2 / sqrt(n): one in ten thousand). */
static void check_distribution(double (*below)(double x)) {
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) worst = fmax(worst, fabs(below((double)draws[i]) - (i + 0.5) / DRAWS));
    ck_assert_double_lt(worst, 2.2 / sqrt(DRAWS));
}

static double uniform_below(double x) {
    return (x - 1000000) / 4000000;
}
static double exp_below(double x) {
    return 1 - exp(-x / 5e6);
}
static double pareto_below(double x) {
    return 1 - pow(x / 1e6, -1.5);
}

START_TEST(uniform_spread) {
    draw_sorted((struct spread){SPREAD_UNIFORM, 1000000, 5000000, 0}, "uniform");
    check_distribution(uniform_below);
    ck_assert_int_ge(draws[0], 1000000);
    ck_assert_int_le(draws[DRAWS - 1], 5000000);
}
END_TEST

START_TEST(uniform_bounds_are_inclusive) {
    struct chance c = stream("inclusive");
    struct spread s = {SPREAD_UNIFORM, 3, 5, 0}, all = {SPREAD_UNIFORM, 0, INT64_MAX - 1, 0};
    unsigned seen[6] = {0};
    for (int i = 0; i < 300; i++) seen[chance_spread(&c, &s)]++;
    for (int i = 3; i <= 5; i++) ck_assert_uint_gt(seen[i], 50);
    for (int i = 0; i < 300; i++) ck_assert_int_le(chance_spread(&c, &all), INT64_C(1) << 62);
}
END_TEST

START_TEST(exponential_spread) {
    draw_sorted((struct spread){SPREAD_EXP, 5000000, 0, 0}, "exp");
    check_distribution(exp_below);
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) sum += (double)draws[i];
    ck_assert_double_lt(fabs(sum / DRAWS - 5e6), 5 * 5e6 / sqrt(DRAWS));
}
END_TEST

START_TEST(pareto_spread) {
    draw_sorted((struct spread){SPREAD_PARETO, 1000000, 0, 1500000}, "pareto");
    check_distribution(pareto_below);
    ck_assert_int_ge(draws[0], 1000000);
}
END_TEST

/* The logarithm behind it, against libm: same bits, same value to a billionth. */
START_TEST(exponential_is_minus_ln) {
    struct chance c = stream("ln"), bits = stream("ln");
    struct spread s = {SPREAD_EXP, INT64_C(1) << 40, 0, 0};
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        double want = -log((double)chance_bits(&bits) / 18446744073709551616.0);
        double got = (double)chance_spread(&c, &s) / (double)(INT64_C(1) << 40);
        worst = fmax(worst, fabs(got - want) / (1 + want));
    }
    ck_assert_double_lt(worst, 1e-9);
}
END_TEST

START_TEST(constants_draw_nothing) {
    struct chance c = stream("constant");
    struct spread s = spread_constant(77);
    ck_assert_int_eq(chance_spread(&c, &s), 77);
    ck_assert_uint_eq(c.draws, 0);
}
END_TEST

/* Changing a number moves a draw in proportion and shifts no later one. */
START_TEST(draws_are_scaled) {
    struct chance one = stream("scale"), ten = stream("scale");
    struct spread small = {SPREAD_EXP, 1000000, 0, 0}, large = {SPREAD_EXP, 10000000, 0, 0};
    for (int i = 0; i < 10000; i++) {
        int64_t a = chance_spread(&one, &small), b = chance_spread(&ten, &large);
        ck_assert_int_le(10 * a, b);
        ck_assert_int_ge(10 * (a + 1), b);
    }
    ck_assert_uint_eq(one.draws, ten.draws);
    struct chance low = stream("m"), high = stream("m");
    for (int i = 0; i < 10000; i++) {
        bool rare = chance_share(&low, 100000), often = chance_share(&high, 200000);
        ck_assert(!rare || often);
    }
}
END_TEST

START_TEST(extreme_spreads_stay_in_range) {
    struct chance c = stream("extreme");
    const struct spread all[] = {{SPREAD_EXP, INT64_MAX, 0, 0},
                                 {SPREAD_EXP, 0, 0, 0},
                                 {SPREAD_EXP, 1, 0, 0},
                                 {SPREAD_PARETO, INT64_MAX, 0, 1},
                                 {SPREAD_PARETO, 1, 0, 1},
                                 {SPREAD_PARETO, 0, 0, 1},
                                 {SPREAD_PARETO, 1, 0, 100000000},
                                 {SPREAD_CONSTANT, INT64_MAX, 0, 0},
                                 {SPREAD_UNIFORM, INT64_MAX, INT64_MAX, 0}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (int n = 0; n < 2000; n++) {
            int64_t v = chance_spread(&c, &all[i]);
            ck_assert_int_ge(v, 0);
            ck_assert_int_le(v, INT64_C(1) << 62);
        }
}
END_TEST

START_TEST(mix_is_a_bijection_that_mixes) {
    for (int bit = 0; bit < 64; bit++) {
        unsigned flips = 0;
        for (uint64_t x = 1; x <= 1000; x++)
            flips += (unsigned)__builtin_popcountll(chance_mix(x * 77) ^ chance_mix(x * 77 ^ UINT64_C(1) << bit));
        ck_assert_double_lt(fabs(flips - 32000.0), 2000);
    }
}
END_TEST

static void add(TCase *t) {
    tcase_add_test(t, streams_have_names);
    tcase_add_test(t, nth_draw_depends_on_key_and_n_alone);
    tcase_add_test(t, every_bit_is_fair_and_independent_of_its_neighbours);
    tcase_add_test(t, streams_are_independent);
    tcase_add_test(t, below_is_uniform);
    tcase_add_test(t, shares);
    tcase_add_test(t, uniform_spread);
    tcase_add_test(t, uniform_bounds_are_inclusive);
    tcase_add_test(t, exponential_spread);
    tcase_add_test(t, pareto_spread);
    tcase_add_test(t, exponential_is_minus_ln);
    tcase_add_test(t, constants_draw_nothing);
    tcase_add_test(t, draws_are_scaled);
    tcase_add_test(t, extreme_spreads_stay_in_range);
    tcase_add_test(t, mix_is_a_bijection_that_mixes);
}

int main(void) {
    return tiny_main("chance", add);
}
