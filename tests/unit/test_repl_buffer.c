/* The replication buffer. Method: a model of the stream as one flat array, with the real server's figures where they
 * are known (reference 18); readers must see exactly the bytes of the array from their offset on. */
#include <check.h>
#include <stdlib.h>

#include "model/redis/repl_buffer.h"
#include "sim/world/buffer.h"
#include "sim/world/chance.h"

enum { KB = 1024, BLOCK = 20440 };

static struct pool *pool;
static struct repl_buffer rb;
static struct buffer flat; /* every byte fed; the byte of offset n is flat.at[n - 1] */

static void set_up(void) {
    pool = pool_create();
    repl_buffer_init(&rb, pool, 1024 * KB);
    buffer_init(&flat, pool);
    repl_buffer_create_backlog(&rb);
}

static void tear_down(void) {
    pool_destroy(pool);
}

/* Feeds n bytes of a recognisable pattern; readers that stand nowhere begin with them. */
static void feed(size_t n, struct repl_reader **readers, size_t reader_count) {
    size_t from = flat.len;
    for (size_t i = 0; i < n; i++) buffer_putc(&flat, (char)((from + i) * 31 % 251));
    struct bytes rest = {flat.at + from, n};
    while (rest.len) {
        struct repl_fed fed;
        size_t taken = repl_buffer_append(&rb, rest, &fed);
        for (size_t i = 0; i < reader_count; i++) {
            if (!readers[i]->block) repl_reader_start(readers[i], fed.start);
        }
        repl_buffer_settle(&rb, &fed);
        rest.at += taken;
        rest.len -= taken;
    }
}

static void feed_alone(size_t n) {
    feed(n, NULL, 0);
}

/* Reads up to `most` bytes and compares them with the stream from *offset on. */
static size_t read_and_compare(struct repl_reader *r, int64_t *offset, size_t most) {
    size_t done = 0;
    while (done < most) {
        struct bytes piece = repl_reader_peek(&rb, r);
        if (piece.len == 0) break;
        if (piece.len > most - done) piece.len = most - done;
        ck_assert_mem_eq(piece.at, flat.at + *offset - 1, piece.len);
        repl_reader_advance(&rb, r, piece.len);
        *offset += (int64_t)piece.len;
        done += piece.len;
    }
    return done;
}

START_TEST(usable_sizes_are_jemallocs) {
    ck_assert_uint_eq(repl_usable_size(16384), 16384);
    ck_assert_uint_eq(repl_usable_size(16384 + REPL_BLOCK_HEADER), 20480);
    ck_assert_uint_eq(repl_usable_size(20480), 20480);
    ck_assert_uint_eq(repl_usable_size(20481), 24576);
    ck_assert_uint_eq(repl_usable_size(32768), 32768);
    ck_assert_uint_eq(repl_usable_size(32769), 40960);
    ck_assert_uint_eq(repl_usable_size(65576), 81920);
}
END_TEST

START_TEST(an_empty_backlog_begins_at_the_next_byte) {
    ck_assert_int_eq(rb.first_byte, 1);
    ck_assert_int_eq(rb.histlen, 0);
    ck_assert(repl_buffer_has(&rb, 1));
    ck_assert(!repl_buffer_has(&rb, 0));
    ck_assert(!repl_buffer_has(&rb, 2));
    struct repl_reader r = {NULL, 0};
    ck_assert_int_eq(repl_reader_seek(&rb, &r, 1), 0);
    ck_assert_ptr_null(r.block);
}
END_TEST

START_TEST(the_psync_window_is_inclusive) {
    feed_alone(100);
    ck_assert(repl_buffer_has(&rb, 1));
    ck_assert(repl_buffer_has(&rb, 101));
    ck_assert(!repl_buffer_has(&rb, 102));
    struct repl_reader r = {NULL, 0};
    ck_assert_int_eq(repl_reader_seek(&rb, &r, 101), 0);
    ck_assert(repl_reader_done(&r));
    feed_alone(5);
    int64_t offset = 101;
    ck_assert_uint_eq(read_and_compare(&r, &offset, 1000), 5);
    repl_reader_stop(&rb, &r);
}
END_TEST

START_TEST(a_reader_starts_with_what_is_fed_next) {
    struct repl_reader r = {NULL, 0}, *readers[] = {&r};
    feed_alone(BLOCK - 10);
    feed(30, readers, 1); /* 10 bytes fill the block, 20 begin the next */
    ck_assert_uint_eq(rb.block_count, 2);
    int64_t offset = BLOCK - 10 + 1;
    ck_assert_uint_eq(read_and_compare(&r, &offset, 1000), 30);
    repl_reader_stop(&rb, &r);
}
END_TEST

/* The end of a full block, reached while it was the last one, is not the end of the stream. */
START_TEST(a_reader_goes_on_in_a_later_block) {
    struct repl_reader r = {NULL, 0}, *readers[] = {&r};
    int64_t offset = 1;
    feed(BLOCK, readers, 1);
    ck_assert_uint_eq(read_and_compare(&r, &offset, SIZE_MAX), BLOCK);
    ck_assert(repl_reader_done(&r));
    feed_alone(7);
    ck_assert(!repl_reader_done(&r));
    ck_assert_uint_eq(read_and_compare(&r, &offset, SIZE_MAX), 7);
    repl_reader_stop(&rb, &r);
}
END_TEST

/* "Limit `replica 1mb 0 0` hits when the 52nd block is taken: omem 1066208 each time." */
START_TEST(a_replica_is_charged_whole_blocks) {
    struct repl_reader r = {NULL, 0}, *readers[] = {&r};
    feed(1, readers, 1);
    ck_assert_uint_eq(repl_reader_memory(&rb, &r), BLOCK + REPL_BLOCK_OVERHEAD);
    while (rb.block_count < 52) feed_alone(1000);
    ck_assert_uint_eq(repl_reader_memory(&rb, &r), 1066208);
    repl_reader_stop(&rb, &r);
    ck_assert_uint_eq(repl_reader_memory(&rb, &r), 0);
}
END_TEST

/* "histlen with a 16 KB setting was 18-34 KB": more than the setting remains when the first block goes. */
START_TEST(history_is_kept_by_whole_blocks) {
    repl_buffer_resize(&rb, 16 * KB);
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 2000; i++) {
        feed_alone(97);
        if (i < 1000) continue;
        if (rb.histlen < least) least = rb.histlen;
        if (rb.histlen > most) most = rb.histlen;
        ck_assert_int_eq(rb.first_byte + rb.histlen, rb.offset + 1);
    }
    ck_assert_int_gt(least, 16 * KB);
    ck_assert_int_le(most, 16 * KB + BLOCK + 97);
    ck_assert_int_gt(most, 30 * KB);
}
END_TEST

START_TEST(a_slow_reader_keeps_history_for_all) {
    repl_buffer_resize(&rb, 16 * KB);
    struct repl_reader slow = {NULL, 0}, *readers[] = {&slow};
    feed(10, readers, 1);
    feed_alone(300 * KB);
    ck_assert(repl_buffer_has(&rb, 1));
    struct repl_reader other = {NULL, 0};
    ck_assert_int_eq(repl_reader_seek(&rb, &other, 1), rb.offset);
    int64_t offset = 1;
    ck_assert_uint_eq(read_and_compare(&other, &offset, 1000 * KB), 300 * KB + 10);
    repl_reader_stop(&rb, &other);
    repl_reader_stop(&rb, &slow);
    ck_assert_int_le(rb.histlen, 16 * KB + BLOCK);
    ck_assert(!repl_buffer_has(&rb, 1));
}
END_TEST

START_TEST(big_commands_get_blocks_of_a_sixteenth) {
    feed_alone(1); /* backlog 1 MB: blocks of at most 64 KB and slack */
    feed_alone(300 * KB);
    size_t size = 0;
    for (struct repl_block *b = rb.first; b; b = b->next) size = b->size > size ? b->size : size;
    ck_assert_uint_eq(size, 81920 - REPL_BLOCK_HEADER);
    repl_buffer_free_backlog(&rb);
    repl_buffer_init(&rb, pool, 16 * KB);
    buffer_clear(&flat);
    repl_buffer_create_backlog(&rb);
    feed_alone(300 * KB);
    for (struct repl_block *b = rb.first; b; b = b->next) ck_assert_uint_eq(b->size, BLOCK);
}
END_TEST

START_TEST(attaching_copies_the_place) {
    struct repl_reader first = {NULL, 0}, *readers[] = {&first}, second = {NULL, 0};
    feed(50, readers, 1);
    repl_reader_copy(&second, &first);
    int64_t offset = 1;
    ck_assert_uint_eq(read_and_compare(&first, &offset, 1000), 50);
    offset = 1;
    ck_assert_uint_eq(read_and_compare(&second, &offset, 1000), 50);
    struct repl_reader nowhere = {NULL, 0}, third = {NULL, 0};
    repl_reader_copy(&third, &nowhere);
    ck_assert_ptr_null(third.block);
    repl_reader_stop(&rb, &first);
    repl_reader_stop(&rb, &second);
}
END_TEST

START_TEST(freeing_the_backlog_gives_all_memory_back) {
    size_t before = pool_in_use(pool);
    struct repl_buffer other;
    repl_buffer_init(&other, pool, 16 * KB);
    other.offset = 4711;
    repl_buffer_create_backlog(&other);
    ck_assert_int_eq(other.first_byte, 4712);
    struct repl_fed fed;
    repl_buffer_append(&other, (struct bytes){"abc", 3}, &fed);
    repl_buffer_settle(&other, &fed);
    repl_buffer_free_backlog(&other);
    ck_assert_uint_eq(other.memory, 0);
    ck_assert_int_eq(other.offset, 4714);
    pool_free(pool, other.index, other.index_room * sizeof(*other.index));
    ck_assert_uint_eq(pool_in_use(pool), before);
}
END_TEST

/* Readers come, read and go at random while commands of all sizes are fed. */
START_TEST(random_readers) {
    enum { READERS = 5 };
    struct chance c = chance_named((uint64_t)_i, "test", NULL, NULL, 0);
    struct repl_reader readers[READERS] = {{NULL, 0}};
    int64_t offsets[READERS] = {0};
    bool attached[READERS] = {false};
    repl_buffer_resize(&rb, (int64_t)(16 * KB + chance_below(&c, 200 * KB)));
    for (int step = 0; step < 3000; step++) {
        size_t i = chance_below(&c, READERS);
        switch (chance_below(&c, 4)) {
        case 0: {
            struct repl_reader *waiting[READERS];
            size_t count = 0;
            for (size_t k = 0; k < READERS; k++) {
                if (attached[k]) waiting[count++] = &readers[k];
            }
            feed(1 + chance_below(&c, chance_below(&c, 10) ? 200 : 60 * KB), waiting, count);
            break;
        }
        case 1:
            if (attached[i]) break;
            attached[i] = true;
            offsets[i] = rb.first_byte + (int64_t)chance_below(&c, (uint64_t)rb.histlen + 1);
            ck_assert_int_eq(repl_reader_seek(&rb, &readers[i], offsets[i]), rb.offset + 1 - offsets[i]);
            break;
        case 2:
            if (attached[i] && readers[i].block) read_and_compare(&readers[i], &offsets[i], chance_below(&c, 40 * KB));
            break;
        default:
            if (!attached[i] || chance_below(&c, 5)) break;
            repl_reader_stop(&rb, &readers[i]);
            attached[i] = false;
        }
        ck_assert_int_eq(rb.first_byte + rb.histlen, rb.offset + 1);
        ck_assert_ptr_eq(rb.head, rb.first);
    }
    for (size_t i = 0; i < READERS; i++) {
        if (!attached[i]) continue;
        if (readers[i].block) read_and_compare(&readers[i], &offsets[i], SIZE_MAX);
        ck_assert_int_eq(offsets[i], rb.offset + 1);
        repl_reader_stop(&rb, &readers[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("repl_buffer");
    TCase *tests = tcase_create("repl_buffer");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, usable_sizes_are_jemallocs);
    tcase_add_test(tests, an_empty_backlog_begins_at_the_next_byte);
    tcase_add_test(tests, the_psync_window_is_inclusive);
    tcase_add_test(tests, a_reader_starts_with_what_is_fed_next);
    tcase_add_test(tests, a_reader_goes_on_in_a_later_block);
    tcase_add_test(tests, a_replica_is_charged_whole_blocks);
    tcase_add_test(tests, history_is_kept_by_whole_blocks);
    tcase_add_test(tests, a_slow_reader_keeps_history_for_all);
    tcase_add_test(tests, big_commands_get_blocks_of_a_sixteenth);
    tcase_add_test(tests, attaching_copies_the_place);
    tcase_add_test(tests, freeing_the_backlog_gives_all_memory_back);
    tcase_add_loop_test(tests, random_readers, 0, 20);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
