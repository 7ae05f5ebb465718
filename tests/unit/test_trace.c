/* The trace: every field counts, asking changes nothing, listeners hear what they asked for. */
#include "sim/world/trace.h"

#include <xxhash.h>

#include "tests/unit/tiny_nodes.h"

static struct pool *pool;
static struct trace *t;

static void setup(void) {
    pool = pool_create();
    t = trace_create(pool);
}
static void teardown(void) {
    pool_destroy(pool);
}

static const struct happening plain = {.at = 1,
                                       .kind = 2,
                                       .node = 3,
                                       .peer = 4,
                                       .flags = 5,
                                       .conn = 6,
                                       .len = 4,
                                       .a = 8,
                                       .b = 9,
                                       .c = 10,
                                       .d = 11,
                                       .text = "text"};

/* The hash of some plain happenings, one changed one, and some more. */
static uint64_t hash_with(struct happening changed, int before, int after) {
    struct trace *fresh = trace_create(pool);
    for (int i = 0; i < before + 1 + after; i++) {
        struct happening h = i == before ? changed : plain;
        trace_note(fresh, &h);
    }
    return trace_hash(fresh);
}

START_TEST(every_field_is_hashed) {
    static const int places[] = {0, 63, 64, 100};
    for (size_t p = 0; p < 4; p++) {
        struct happening changed[11];
        for (int i = 0; i < 11; i++) changed[i] = plain;
        changed[0].at++, changed[1].kind++, changed[2].node++, changed[3].peer++, changed[4].flags++;
        changed[5].conn++, changed[6].len--, changed[7].a++, changed[8].b++, changed[9].d++, changed[10].text = "tExt";
        uint64_t hashes[12] = {hash_with(plain, places[p], 70)};
        for (int i = 0; i < 11; i++) {
            hashes[i + 1] = hash_with(changed[i], places[p], 70);
            for (int j = 0; j <= i; j++) ck_assert_uint_ne(hashes[i + 1], hashes[j]);
        }
        ck_assert_uint_eq(hash_with(plain, places[p], 70), hashes[0]);
    }
}
END_TEST

START_TEST(order_and_number_count) {
    struct happening other = plain;
    other.a = 77;
    ck_assert_uint_ne(hash_with(other, 3, 10), hash_with(other, 4, 9));
    for (int n = 0; n < 200; n++) ck_assert_uint_ne(hash_with(plain, n, 0), hash_with(plain, n + 1, 0));
}
END_TEST

START_TEST(asking_changes_nothing) {
    struct trace *asked = trace_create(pool);
    for (int i = 0; i < 300; i++) {
        struct happening h = plain, same = plain;
        h.a = same.a = i;
        trace_note(t, &h);
        trace_note(asked, &same);
        ck_assert_uint_eq(trace_hash(asked), trace_hash(asked));
        ck_assert_uint_eq(h.seq, (uint64_t)i);
    }
    ck_assert_uint_eq(trace_hash(t), trace_hash(asked));
    ck_assert_uint_eq(trace_count(t), 300);
}
END_TEST

static char heard[100];

static void hear_a(void *ctx, const struct happening *h) {
    (void)ctx;
    (void)h;
    strcat(heard, "a");
}

static void hear_b(void *ctx, const struct happening *h) {
    ck_assert_ptr_eq(ctx, &heard);
    ck_assert_uint_ge(h->kind, TRACE_LOG);
    strcat(heard, "b");
}

static void note_kind(unsigned kind) {
    struct happening h = plain;
    h.kind = (uint16_t)kind;
    trace_note(t, &h);
}

START_TEST(listeners_hear_their_kinds_in_order) {
    heard[0] = 0;
    trace_listen(t, 0, TRACE_KINDS - 1, hear_a, NULL);
    trace_listen(t, TRACE_LOG, TRACE_MODEL, hear_b, heard);
    for (int i = 0; i < 6; i++) trace_listen(t, TRACE_TURN, TRACE_TURN, hear_a, NULL);
    note_kind(TRACE_START);
    note_kind(TRACE_LOG);
    note_kind(TRACE_MODEL);
    note_kind(TRACE_KINDS - 1);
    note_kind(TRACE_TURN);
    ck_assert_str_eq(heard, "aababaaaaaaaa");
}
END_TEST

START_TEST(frozen_trace_is_heard_but_not_counted) {
    heard[0] = 0;
    note_kind(TRACE_TURN);
    uint64_t hash = trace_hash(t);
    trace_listen(t, 0, TRACE_KINDS - 1, hear_a, NULL);
    trace_freeze(t);
    struct happening h = plain;
    trace_note(t, &h);
    ck_assert_uint_eq(trace_hash(t), hash);
    ck_assert_uint_eq(trace_count(t), 1);
    ck_assert_str_eq(heard, "a");
    ck_assert_uint_eq(h.seq, 1);
}
END_TEST

START_TEST(kinds_have_names) {
    ck_assert_str_eq(trace_kind_name(TRACE_START), "start");
    ck_assert_str_eq(trace_kind_name(TRACE_TURN), "turn");
    ck_assert_str_eq(trace_kind_name(TRACE_FAULT), "fault");
    ck_assert_str_eq(trace_kind_name(TRACE_OP_REPLY), "op_reply");
    ck_assert_ptr_null(trace_kind_name(TRACE_OP_REPLY + 1));
    ck_assert_ptr_null(trace_kind_name(TRACE_MODEL));
}
END_TEST

/* The hash is a function of the happenings alone: fixed once and for all, on every machine and compiler. */
START_TEST(hash_is_the_same_everywhere) {
    struct happening h = plain;
    trace_note(t, &h);
    unsigned char record[64] = {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0,  6, 0, 0, 0, 4, 0, 0, 0, 8,
                                0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 11};
    uint64_t text = XXH3_64bits("text", 4);
    for (int i = 0; i < 8; i++) record[56 + i] = (unsigned char)(text >> 8 * i);
    ck_assert_uint_eq(trace_hash(t), XXH3_64bits_withSeed(record, 64, 0));
}
END_TEST

static void add(TCase *c) {
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_field_is_hashed);
    tcase_add_test(c, order_and_number_count);
    tcase_add_test(c, asking_changes_nothing);
    tcase_add_test(c, listeners_hear_their_kinds_in_order);
    tcase_add_test(c, frozen_trace_is_heard_but_not_counted);
    tcase_add_test(c, kinds_have_names);
    tcase_add_test(c, hash_is_the_same_everywhere);
}

int main(void) {
    return tiny_main("trace", add);
}
