/* The tree of true histories against a plain list of all that was appended. */
#include "model/check/history.h"

#include <check.h>

#include "sim/world/chance.h"

#define ENTRIES 10000

static struct history open_history(void) {
    struct history h;
    history_init(&h, pool_create());
    return h;
}

static void close_history(struct history *h) {
    pool_destroy(h->pool);
}

/* Appends entries number `from` .. `to` - 1 with offset 10 * (number + 1) and digest 1000 + number. */
static void append_many(struct history *h, struct branch *b, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) history_append(h, b, 10 * (i + 1), 1000 + (uint64_t)i);
}

START_TEST(test_entries_are_found_by_index_and_by_offset) {
    struct history h = open_history();
    struct branch *b = history_begin(&h, (struct position){NULL, 0}, 0, 0, 1);
    append_many(&h, b, 0, ENTRIES);
    struct chance chance = chance_named(1, "test", NULL, NULL, 0);
    for (int i = 0; i < 20000; i++) {
        int64_t n = (int64_t)chance_below(&chance, ENTRIES);
        ck_assert_int_eq(history_at(b, (uint64_t)n)->offset, 10 * (n + 1));
        int64_t between = 10 * n + 1 + (int64_t)chance_below(&chance, 10); /* up to its offset */
        struct position p = history_seek(b, between);
        ck_assert_ptr_eq(p.branch, b);
        ck_assert_uint_eq(p.index, (uint64_t)n + 1);
    }
    ck_assert_uint_eq(history_seek(b, 0).index, 0);
    ck_assert_ptr_null(history_seek(b, 10 * ENTRIES + 1).branch);
    close_history(&h);
}
END_TEST

START_TEST(test_what_is_forgotten_is_gone_and_the_rest_stays) {
    struct history h = open_history();
    struct branch *b = history_begin(&h, (struct position){NULL, 0}, 0, 0, 1);
    append_many(&h, b, 0, ENTRIES);
    history_forget(&h, b, 5000);
    ck_assert_uint_eq(b->first, 5000 / HISTORY_CHUNK * HISTORY_CHUNK);
    ck_assert_ptr_null(history_at(b, b->first - 1));
    ck_assert_int_eq(history_at(b, b->first)->offset, 10 * ((int64_t)b->first + 1));
    int64_t offset;
    uint64_t digest;
    ck_assert(history_state((struct position){b, 0}, &offset, &digest)); /* the base is always known */
    ck_assert(!history_state((struct position){b, 4000}, &offset, &digest));
    append_many(&h, b, ENTRIES, 2 * ENTRIES);
    ck_assert_int_eq(history_at(b, 2 * ENTRIES - 1)->offset, 10 * 2 * ENTRIES);
    history_forget(&h, b, UINT64_MAX);
    history_append(&h, b, 10 * (2 * ENTRIES + 1), 5);
    ck_assert_uint_eq(history_at(b, 2 * ENTRIES)->digest, 5);
    close_history(&h);
}
END_TEST

START_TEST(test_a_branch_keeps_a_bounded_number_of_entries) {
    struct history h = open_history();
    struct branch *b = history_begin(&h, (struct position){NULL, 0}, 0, 0, 1);
    append_many(&h, b, 0, 3 * HISTORY_CHUNK * HISTORY_KEEP);
    ck_assert_uint_le(b->length - b->first, HISTORY_CHUNK * HISTORY_KEEP);
    ck_assert_uint_lt(pool_in_use(h.pool), HISTORY_CHUNK * HISTORY_KEEP * sizeof(struct history_entry) + 65536);
    close_history(&h);
}
END_TEST

/* root 0..100; a leaves it at 40, b at 70; c leaves a at its 10th. */
struct family {
    struct branch *root, *a, *b, *c;
};

static struct family make_family(struct history *h) {
    struct family f;
    f.root = history_begin(h, (struct position){NULL, 0}, 0, 0, 1);
    append_many(h, f.root, 0, 100);
    f.a = history_begin(h, (struct position){f.root, 40}, 1, 400, 2);
    append_many(h, f.a, 40, 60);
    f.b = history_begin(h, (struct position){f.root, 70}, 2, 700, 3);
    append_many(h, f.b, 70, 90);
    f.c = history_begin(h, (struct position){f.a, 10}, 0, 500, 4);
    append_many(h, f.c, 50, 55);
    return f;
}

START_TEST(test_the_way_to_a_branch) {
    struct history h = open_history();
    struct family f = make_family(&h);
    struct branch *child;
    ck_assert_uint_eq(history_way(f.root, f.c, &child), 40);
    ck_assert_ptr_eq(child, f.a);
    ck_assert_uint_eq(history_way(f.a, f.c, &child), 10);
    ck_assert_ptr_eq(child, f.c);
    ck_assert_uint_eq(history_way(f.c, f.c, &child), UINT64_MAX);
    ck_assert_uint_eq(history_way(f.b, f.c, &child), 0);
    ck_assert_ptr_null(child);
    ck_assert_uint_eq(history_way(f.c, f.a, &child), 0);
    ck_assert_ptr_null(child);
    close_history(&h);
}
END_TEST

START_TEST(test_ancestors) {
    struct history h = open_history();
    struct family f = make_family(&h);
    struct position c2 = {f.c, 2};
    ck_assert(history_is_ancestor((struct position){f.root, 40}, c2));
    ck_assert(!history_is_ancestor((struct position){f.root, 41}, c2));
    ck_assert(history_is_ancestor((struct position){f.a, 10}, c2));
    ck_assert(!history_is_ancestor((struct position){f.a, 11}, c2));
    ck_assert(history_is_ancestor(c2, c2));
    ck_assert(!history_is_ancestor((struct position){f.c, 3}, c2));
    ck_assert(!history_is_ancestor(c2, (struct position){f.a, 20}));
    ck_assert(!history_is_ancestor((struct position){f.b, 0}, c2));
    ck_assert(!history_is_ancestor((struct position){NULL, 0}, c2));
    close_history(&h);
}
END_TEST

START_TEST(test_seeking_goes_over_the_branches_of_the_way) {
    struct history h = open_history();
    struct family f = make_family(&h);
    struct position p = history_seek(f.c, 395);
    ck_assert_ptr_eq(p.branch, f.root);
    ck_assert_uint_eq(p.index, 40);
    p = history_seek(f.c, 401); /* root's own entry 41 is not on the way */
    ck_assert_ptr_eq(p.branch, f.a);
    ck_assert_uint_eq(p.index, 1);
    p = history_seek(f.c, 501);
    ck_assert_ptr_eq(p.branch, f.c);
    ck_assert_uint_eq(p.index, 1);
    ck_assert_ptr_null(history_seek(f.c, 551).branch);
    close_history(&h);
}
END_TEST

START_TEST(test_the_last_bytes_of_the_stream_can_be_read) {
    struct history h = open_history();
    struct branch *b = history_begin(&h, (struct position){NULL, 0}, 0, 1000, 1);
    char piece[100], got[300];
    int64_t offset = 1000;
    for (int i = 0; i < 5000; i++) {
        memset(piece, 'a' + i % 26, sizeof piece);
        offset += (int64_t)sizeof piece;
        history_keep_text(&h, b, offset, (struct bytes){piece, sizeof piece});
    }
    ck_assert(history_text(b, offset - 300, offset - 100, got));
    ck_assert_int_eq(got[0], 'a' + 4997 % 26);
    ck_assert_int_eq(got[199], 'a' + 4998 % 26);
    ck_assert(history_text(b, offset - (int64_t)HISTORY_TEXT, offset - (int64_t)HISTORY_TEXT + 10, got));
    ck_assert(!history_text(b, offset - (int64_t)HISTORY_TEXT - 1, offset, got));
    ck_assert(!history_text(b, offset - 10, offset + 1, got));
    offset += 50; /* a gap: nothing before it is left */
    history_keep_text(&h, b, offset + 100, (struct bytes){piece, sizeof piece});
    ck_assert(!history_text(b, offset - 1, offset + 100, got));
    ck_assert(history_text(b, offset, offset + 100, got));
    close_history(&h);
}
END_TEST

START_TEST(test_a_piece_larger_than_the_ring_leaves_nothing) {
    struct history h = open_history();
    struct branch *b = history_begin(&h, (struct position){NULL, 0}, 0, 0, 1);
    char *big = pool_zalloc(h.pool, HISTORY_TEXT + 1);
    char got[8];
    history_keep_text(&h, b, HISTORY_TEXT + 1, (struct bytes){big, HISTORY_TEXT + 1});
    ck_assert(!history_text(b, HISTORY_TEXT - 3, HISTORY_TEXT + 1, got));
    history_keep_text(&h, b, HISTORY_TEXT + 5, (struct bytes){"abcd", 4});
    ck_assert(history_text(b, HISTORY_TEXT + 1, HISTORY_TEXT + 5, got));
    ck_assert_int_eq(memcmp(got, "abcd", 4), 0);
    close_history(&h);
}
END_TEST

START_TEST(test_folded_digests) {
    ck_assert_uint_ne(history_digest_fold(1, 2), history_digest_fold(2, 1));
    ck_assert_uint_ne(history_digest_fold(0, 1), history_digest_fold(1, 0));
    ck_assert_uint_ne(history_digest_fold(HISTORY_NO_DIGEST, 0), HISTORY_NO_DIGEST);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("history");
    TCase *tests = tcase_create("history");
    tcase_add_test(tests, test_entries_are_found_by_index_and_by_offset);
    tcase_add_test(tests, test_what_is_forgotten_is_gone_and_the_rest_stays);
    tcase_add_test(tests, test_a_branch_keeps_a_bounded_number_of_entries);
    tcase_add_test(tests, test_the_way_to_a_branch);
    tcase_add_test(tests, test_ancestors);
    tcase_add_test(tests, test_seeking_goes_over_the_branches_of_the_way);
    tcase_add_test(tests, test_the_last_bytes_of_the_stream_can_be_read);
    tcase_add_test(tests, test_a_piece_larger_than_the_ring_leaves_nothing);
    tcase_add_test(tests, test_folded_digests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
