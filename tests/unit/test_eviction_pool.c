/* Which keys eviction takes, without a server: samples, the pool of candidates, the stamps of use. */
#include <check.h>

#include "model/redis/database.h"
#include "model/redis/eviction_pool.h"
#include "tests/unit/commands_rig.h"

static struct rig r;
static struct access_clock clock_;
static struct eviction_pool pool;
static struct chance sampling, counting;

static void open_rig(void) {
    rig_init(&r);
    sampling = chance_named(1, "sampling", NULL, NULL, 0);
    counting = chance_named(1, "counting", NULL, NULL, 0);
    clock_ = (struct access_clock){.log_factor = 10, .decay_time = 1, .chance = &counting};
    access_clock_set(&clock_, 1700000000);
    keyspace_set_clock(r.ks, &clock_);
    pool = (struct eviction_pool){.memory = r.pool, .chance = &sampling};
}

static void close_rig(void) {
    for (int i = 0; i < EVICTION_POOL_SIZE; i++)
        if (pool.best[i].key) text_free(r.pool, pool.best[i].key);
    rig_done(&r);
}

static void line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void line(const char *format, ...) {
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ck_assert(rig_line(&r, text));
}

/* The name of the key that goes next, which is deleted; "" if there is none. */
static const char *next_gone(int64_t policy, int64_t samples) {
    static char name[100];
    int db;
    struct eviction_search search = {r.ks, &clock_, policy, samples};
    struct entry *e = eviction_pool_next(&pool, &search, &db);
    if (!e) return "";
    snprintf(name, sizeof(name), "%d:%.*s", db, (int)e->key->len, e->key->at);
    database_remove(keyspace_database(r.ks, db), e);
    return name;
}

/* --- samples ------------------------------------------------------------------------------------------------------ */

START_TEST(samples_are_different_keys) {
    struct entry *keys[64];
    for (int i = 0; i < 100; i++) line("SET k%d v", i);
    for (int round = 0; round < 200; round++) {
        size_t n = database_sample(keyspace_database(r.ks, 0), &sampling, false, keys, 20);
        ck_assert_uint_eq(n, 20);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < i; k++) ck_assert_ptr_ne(keys[i], keys[k]);
    }
}
END_TEST

START_TEST(the_only_key_is_found) {
    struct entry *keys[5];
    for (int i = 0; i < 5000; i++) line("SET k%d v EX 100", i);
    for (int i = 0; i < 4999; i++) line("DEL k%d", i);
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_eq(database_sample(keyspace_database(r.ks, 0), &sampling, i % 2, keys, 5), 1);
        ck_assert(bytes_equal(text_bytes(keys[0]->key), resp_text("k4999")));
    }
    line("PERSIST k4999");
    ck_assert_uint_eq(database_sample(keyspace_database(r.ks, 0), &sampling, true, keys, 5), 0);
    ck_assert_uint_eq(database_sample(keyspace_database(r.ks, 1), &sampling, false, keys, 5), 0);
}
END_TEST

/* 1,000 keys with a deadline, of which 50 have expired: one round of 20 keys each time finds them all. */
START_TEST(expiry_comes_to_every_key_in_a_round) {
    for (int i = 0; i < 1000; i++) line("SET k%d v PX %d", i, i % 20 == 7 ? 100 : 100000);
    struct expiry_look look = {0, 0};
    uint32_t expired = 0, looks = 0;
    while (expired < 50 && looks < 52) {
        look = keyspace_expire_some(r.ks, 0, r.now_ms + 200, 20, NULL, NULL);
        ck_assert_uint_eq(look.sampled, 20);
        expired += look.expired;
        looks++;
    }
    ck_assert_uint_eq(expired, 50);
    ck_assert_uint_gt(looks, 40); /* and not those that expire first before the others */
    ck_assert_uint_eq(keyspace_total(r.ks), 950);
}
END_TEST

/* --- policies ----------------------------------------------------------------------------------------------------- */

START_TEST(ttl_takes_what_expires_first) {
    line("SET never v");
    line("SET c v EX 30");
    line("SET a v EX 10");
    line("SELECT 2");
    line("SET b v EX 20");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 5), "0:a");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 5), "2:b");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 5), "0:c");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 5), "");
    ck_assert_uint_eq(keyspace_total(r.ks), 1);
}
END_TEST

START_TEST(candidates_that_are_gone_are_passed_over) {
    for (int i = 0; i < 10; i++) line("SET k%d v EX %d", i, 10 + i);
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 10), "0:k0");
    line("DEL k1");
    line("PERSIST k2");
    line("RENAME k3 other");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 10), "0:other");
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_TTL, 10), "0:k4");
}
END_TEST

START_TEST(lru_takes_what_was_not_used) {
    for (int i = 0; i < 10; i++) line("SET k%d v", i);
    access_clock_set(&clock_, 1700000010);
    for (int i = 0; i < 10; i++)
        if (i != 3) line("GET k%d", i);
    access_clock_set(&clock_, 1700000020);
    line("SET k7 w");
    line("TYPE k3"); /* no use */
    ck_assert_str_eq(next_gone(EVICT_ALLKEYS_LRU, 10), "0:k3");
    for (int i = 0; i < 8; i++) ck_assert_str_ne(next_gone(EVICT_ALLKEYS_LRU, 10), "0:k7");
    ck_assert_str_eq(next_gone(EVICT_ALLKEYS_LRU, 10), "0:k7");
}
END_TEST

/* Half of the keys were used later. With 5 samples and the pool hardly any of those goes. */
START_TEST(five_samples_and_a_pool_are_nearly_lru) {
    for (int i = 0; i < 1000; i++) line("SET k%d v", i);
    access_clock_set(&clock_, 1700000100);
    for (int i = 0; i < 1000; i += 2) line("GET k%d", i);
    int wrong = 0;
    for (int i = 0; i < 300; i++) wrong += atoi(next_gone(EVICT_ALLKEYS_LRU, 5) + 3) % 2 == 0;
    ck_assert_int_le(wrong, 6);
}
END_TEST

START_TEST(random_policies_take_the_databases_in_turn) {
    for (int db = 0; db < 6; db += 2) {
        line("SELECT %d", db);
        for (int i = 0; i < 5; i++) line("SET k%d v", i);
    }
    int of[6] = {0};
    for (int i = 0; i < 9; i++) of[*next_gone(EVICT_ALLKEYS_RANDOM, 5) - '0']++;
    for (int db = 0; db < 6; db += 2) ck_assert_int_eq(of[db], 3);
    ck_assert_str_eq(next_gone(EVICT_VOLATILE_RANDOM, 5), "");
}
END_TEST

/* --- stamps ------------------------------------------------------------------------------------------------------- */

/* The counter after so many uses, mean of some keys. */
static uint32_t mean_count(int uses) {
    enum { KEYS = 200 };
    uint32_t sum = 0;
    for (int k = 0; k < KEYS; k++) {
        uint32_t stamp = clock_.now;
        for (int i = 0; i < uses; i++) stamp = access_counted(&clock_, stamp);
        sum += access_frequency(&clock_, stamp);
    }
    return sum / KEYS;
}

/* The table in redis.conf: 10 after 100 hits, 18 after 1,000 with lfu-log-factor 10; 18 and 49 with 1. */
START_TEST(frequencies_grow_as_the_documentation_says) {
    clock_.frequency = true;
    access_clock_set(&clock_, 1700000000);
    ck_assert_uint_eq(access_frequency(&clock_, clock_.now), 5);
    ck_assert_int_le(abs((int)mean_count(100) - 10), 1);
    ck_assert_int_le(abs((int)mean_count(1000) - 18), 2);
    clock_.log_factor = 1;
    ck_assert_int_le(abs((int)mean_count(100) - 18), 1);
    ck_assert_int_le(abs((int)mean_count(1000) - 49), 2);
    clock_.log_factor = 0;
    ck_assert_uint_eq(mean_count(1000), 255);
}
END_TEST

START_TEST(frequencies_decay_by_the_minute) {
    clock_.frequency = true;
    access_clock_set(&clock_, 1700000000);
    uint32_t stamp = clock_.now + 15; /* 20 */
    access_clock_set(&clock_, 1700000000 + 7 * 60);
    ck_assert_uint_eq(access_frequency(&clock_, stamp), 13);
    clock_.decay_time = 3;
    ck_assert_uint_eq(access_frequency(&clock_, stamp), 18);
    clock_.decay_time = 0;
    ck_assert_uint_eq(access_frequency(&clock_, stamp), 20);
    clock_.decay_time = 1;
    access_clock_set(&clock_, 1700000000 + 3600);
    ck_assert_uint_eq(access_frequency(&clock_, stamp), 0);
    access_clock_set(&clock_, 1700000000 + 65536 * 60 + 120); /* 16 bits of minutes */
    ck_assert_uint_eq(access_frequency(&clock_, stamp), 18);
}
END_TEST

START_TEST(idle_times_go_round_with_24_bits) {
    uint32_t stamp = clock_.now;
    access_clock_set(&clock_, 1700000000 + 12345);
    ck_assert_uint_eq(access_idle(&clock_, stamp), 12345);
    access_clock_set(&clock_, 1700000000 + (1 << 24) + 5);
    ck_assert_uint_eq(access_idle(&clock_, stamp), 5);
}
END_TEST

START_TEST(what_a_file_tells_of_use_is_taken_if_it_fits_the_policy) {
    uint32_t idle = access_loaded(&clock_, (struct access_use){USE_IDLE, 77});
    ck_assert_uint_eq(access_idle(&clock_, idle), 77);
    ck_assert_uint_eq(access_loaded(&clock_, (struct access_use){USE_FREQUENCY, 77}), clock_.now);
    clock_.frequency = true;
    access_clock_set(&clock_, 1700000000);
    ck_assert_uint_eq(access_frequency(&clock_, access_loaded(&clock_, (struct access_use){USE_FREQUENCY, 77})), 77);
    ck_assert_uint_eq(access_loaded(&clock_, (struct access_use){USE_IDLE, 77}), clock_.now);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("eviction_pool");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, samples_are_different_keys);
    tcase_add_test(tests, the_only_key_is_found);
    tcase_add_test(tests, expiry_comes_to_every_key_in_a_round);
    tcase_add_test(tests, ttl_takes_what_expires_first);
    tcase_add_test(tests, candidates_that_are_gone_are_passed_over);
    tcase_add_test(tests, lru_takes_what_was_not_used);
    tcase_add_test(tests, five_samples_and_a_pool_are_nearly_lru);
    tcase_add_test(tests, random_policies_take_the_databases_in_turn);
    tcase_add_test(tests, frequencies_grow_as_the_documentation_says);
    tcase_add_test(tests, frequencies_decay_by_the_minute);
    tcase_add_test(tests, idle_times_go_round_with_24_bits);
    tcase_add_test(tests, what_a_file_tells_of_use_is_taken_if_it_fits_the_policy);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
