/* Buffers against what plain strings give. */
#include "sim/world/buffer.h"

#include "tests/unit/tiny_nodes.h"

static struct pool *pool;
static struct buffer b;

static void setup(void) {
    pool = pool_create();
    buffer_init(&b, pool);
}
static void teardown(void) {
    pool_destroy(pool);
}

START_TEST(grows_byte_by_byte) {
    int unterminated = 0, wrong = 0;
    for (int i = 0; i < 100000; i++) {
        buffer_putc(&b, (char)('a' + i % 26));
        unterminated += b.at[b.len] != 0;
    }
    for (int i = 0; i < 100000; i++) wrong += b.at[i] != 'a' + i % 26;
    ck_assert_int_eq(unterminated + wrong, 0);
    ck_assert_uint_eq(buffer_bytes(&b).len, 100000);
    buffer_free(&b);
    ck_assert_uint_eq(pool_in_use(pool), 0);
    buffer_puts(&b, "again");
    ck_assert_str_eq(b.at, "again");
}
END_TEST

START_TEST(holds_any_byte) {
    buffer_put(&b, "a\0b", 3);
    buffer_put(&b, "", 0);
    buffer_putc(&b, 0);
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(b.at, "a\0b\0", 5);
}
END_TEST

/* Every length around the room, so that both the fitting and the growing print are met at their edge. */
START_TEST(prints_at_every_length) {
    for (int n = 0; n < 300; n++) {
        buffer_free(&b);
        buffer_puts(&b, "head:");
        buffer_printf(&b, "%0*d", n, 7);
        buffer_printf(&b, "%s", ";");
        ck_assert_uint_eq(b.len, 5 + (n < 1 ? 1u : (unsigned)n) + 1);
        ck_assert_mem_eq(b.at, "head:", 5);
        ck_assert_str_eq(b.at + b.len - 2, "7;");
    }
}
END_TEST

START_TEST(drops_and_clears) {
    buffer_clear(&b);
    buffer_drop(&b, 0);
    buffer_puts(&b, "one two");
    buffer_drop(&b, 4);
    ck_assert_str_eq(b.at, "two");
    buffer_drop(&b, 3);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_str_eq(b.at, "");
    buffer_puts(&b, "x");
    buffer_clear(&b);
    ck_assert_str_eq(b.at, "");
}
END_TEST

START_TEST(reserve_keeps_contents) {
    buffer_puts(&b, "kept");
    buffer_reserve(&b, 1 << 20);
    ck_assert_uint_ge(b.room, (1 << 20) + 5);
    ck_assert_str_eq(b.at, "kept");
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, grows_byte_by_byte);
    tcase_add_test(t, holds_any_byte);
    tcase_add_test(t, prints_at_every_length);
    tcase_add_test(t, drops_and_clears);
    tcase_add_test(t, reserve_keeps_contents);
}

int main(void) {
    return tiny_main("buffer", add);
}
