/* The pool: blocks keep their contents and do not overlap, whatever the sizes; reset recycles. */
#include "sim/world/pool.h"

#include <stdint.h>

#include "sim/world/chance.h"
#include "tests/unit/tiny_nodes.h"

#define BLOCKS 500

static struct pool *pool;

static void setup(void) {
    pool = pool_create();
}
static void teardown(void) {
    pool_destroy(pool);
}

static const size_t sizes[] = {0,    1,    15,   16,    17,    100,   1023,  1024,   1025,   1279,   1280,    1281,
                               4096, 5000, 9999, 32768, 65535, 65536, 65537, 100000, 300000, 999999, 1048576, 3000000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Whether the first n bytes all are `mark` (an assertion a byte would take longer than the rest of the test). */
static bool all_are(const unsigned char *at, size_t n, unsigned char mark) {
    for (size_t i = 0; i < n; i++)
        if (at[i] != mark) return false;
    return true;
}

START_TEST(blocks_are_aligned_and_apart) {
    unsigned char *blocks[SIZES];
    for (size_t i = 0; i < SIZES; i++) {
        blocks[i] = pool_alloc(pool, sizes[i]);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    size_t sum = 0;
    for (size_t i = 0; i < SIZES; i++) {
        ck_assert(all_are(blocks[i], sizes[i], (unsigned char)(i + 1)));
        sum += sizes[i];
    }
    ck_assert_uint_eq(pool_in_use(pool), sum);
    for (size_t i = 0; i < SIZES; i++) pool_free(pool, blocks[i], sizes[i]);
    ck_assert_uint_eq(pool_in_use(pool), 0);
}
END_TEST

struct held {
    unsigned char *at;
    size_t n;
    unsigned char mark;
};

static size_t some_size(struct chance *c) {
    uint64_t bits = chance_below(c, 19);
    return chance_below(c, (UINT64_C(1) << bits) + 1);
}

START_TEST(random_use_never_mixes_blocks) {
    struct chance c = chance_named((uint64_t)_i, "pool", NULL, NULL, 0);
    struct held held[BLOCKS] = {0};
    for (int step = 0; step < 5000; step++) {
        struct held *h = &held[chance_below(&c, BLOCKS)];
        ck_assert(all_are(h->at, h->n, h->mark));
        size_t n = some_size(&c);
        if (h->at && chance_below(&c, 3) == 0) {
            size_t kept = n < h->n ? n : h->n;
            h->at = pool_resize(pool, h->at, h->n, n);
            ck_assert(all_are(h->at, kept, h->mark));
        } else {
            pool_free(pool, h->at, h->n);
            h->at = pool_alloc(pool, n);
        }
        h->n = n;
        h->mark = (unsigned char)(step + 1);
        memset(h->at, h->mark, n);
    }
    size_t sum = 0;
    for (int i = 0; i < BLOCKS; i++) sum += held[i].n;
    ck_assert_uint_eq(pool_in_use(pool), sum);
}
END_TEST

START_TEST(reset_forgets_and_reuses) {
    int dirty = 0;
    for (int run = 0; run < 50; run++) {
        for (size_t i = 0; i < SIZES; i++) memset(pool_alloc(pool, sizes[i]), run, sizes[i]);
        for (int i = 0; i < 10000; i++) {
            unsigned char *block = pool_zalloc(pool, 48);
            dirty += block[0] | block[47];
            block[0] = block[47] = 1;
        }
        pool_reset(pool);
        ck_assert_uint_eq(pool_in_use(pool), 0);
    }
    ck_assert_int_eq(dirty, 0);
}
END_TEST

START_TEST(texts) {
    ck_assert_str_eq(pool_strdup(pool, "abc"), "abc");
    ck_assert_str_eq(pool_strdup(pool, ""), "");
    ck_assert_str_eq(pool_strndup(pool, "abcdef", 3), "abc");
    ck_assert_str_eq(pool_printf(pool, "%d-%s", 42, "x"), "42-x");
    char *wide = pool_printf(pool, "%5000d", 1);
    ck_assert_uint_eq(strlen(wide), 5000);
}
END_TEST

START_TEST(null_blocks) {
    pool_free(pool, NULL, 10);
    char *b = pool_resize(pool, NULL, 0, 10);
    memset(b, 1, 10);
    ck_assert_uint_eq(pool_in_use(pool), 10);
    pool_destroy(NULL);
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, blocks_are_aligned_and_apart);
    tcase_add_loop_test(t, random_use_never_mixes_blocks, 0, 4);
    tcase_add_test(t, reset_forgets_and_reuses);
    tcase_add_test(t, texts);
    tcase_add_test(t, null_blocks);
}

int main(void) {
    return tiny_main("pool", add);
}
