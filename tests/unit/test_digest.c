/* The running digest: a function of the dataset alone. */
#include <check.h>

#include "model/redis/list.h"
#include "model/redis/rdb.h"
#include "tests/unit/commands_rig.h"
#include "tests/unit/random_commands.h"

static bool digests_equal(struct dataset_digest a, struct dataset_digest b) {
    return a.low == b.low && a.high == b.high;
}

/* Loads what the keyspace holds into a new one: equal contents, another history. */
static struct keyspace *reload(struct rig *r) {
    struct buffer file;
    buffer_init(&file, r->pool);
    struct snapshot *s = snapshot_open(r->ks, 4096);
    struct rdb_writer *w = rdb_writer_open(r->pool, s, &(struct rdb_info){.ctime = 1});
    while (rdb_writer_step(w, 4096, &file)) continue;
    rdb_writer_close(w);
    snapshot_close(s);
    struct keyspace *copy = keyspace_create(r->pool);
    struct rdb_reader *reader = rdb_reader_open(r->pool, copy, 0);
    size_t used;
    ck_assert_int_eq(rdb_reader_feed(reader, buffer_bytes(&file), &used), RDB_DONE);
    rdb_reader_close(reader);
    buffer_free(&file);
    return copy;
}

/* Sum over the deadlines, weighed: what DEBUG DIGEST leaves out. */
static uint64_t deadlines_of(const struct keyspace *ks) {
    uint64_t sum = 0;
    for (int db = 0; db < KEYSPACE_DBS; db++) sum = sum * 31 + (uint64_t)keyspace_avg_ttl(ks, db, 0);
    return sum;
}

struct seen {
    char debug[41];
    uint64_t deadlines;
    struct dataset_digest digest;
};

/* Method: after each of many random commands, two descriptions of the dataset: the running digest, and DEBUG DIGEST
 * (computed anew from everything) with the deadlines. Over all pairs of instants the ones must be equal just when the
 * others are. Few keys and values, so that states return often. */
START_TEST(equal_just_when_the_data_are) {
    enum { STATES = 1500 };
    static struct seen seen[STATES];
    /* clang-format off */
    static const char *const lines[] = {
        "SET a 1",      "SET a 2",        "SET b 1",      "DEL a",       "DEL b",        "RPUSH l x",   "RPUSH l y",  "LPUSH l x",
        "LPUSH l y",    "LPOP l",         "RPOP l",       "LSET l 0 x",  "LSET l -1 y",  "LREM l 1 x",  "LREM l -1 y", "LTRIM l 0 3",
        "LINSERT l BEFORE x y", "LINSERT l AFTER y x", "RPOPLPUSH l l", "LTRIM l 1 -2",  "HSET h f 1",  "HSET h f 2", "HSET h g 1",
        "HDEL h f",     "HDEL h g",       "SADD s 1",     "SADD s x",    "SREM s 1",     "SREM s x",    "ZADD z 1 m",  "ZADD z 2 m",
        "ZADD z 1 n",   "ZREM z m",       "ZREM z n",     "PEXPIREAT a 1800000000000",   "PEXPIREAT a 1900000000000", "PERSIST a",
        "MOVE a 1",     "SWAPDB 0 1",     "RENAME a b",   "RENAME b a",  "COPY a c REPLACE", "DEL c",    "APPEND a 1", "SETRANGE a 0 2",
        "DEL l",        "DEL h s z",      "SADD a 1",     "LPUSH h f"};
    /* clang-format on */
    struct rig r;
    struct chance c = chance_named((uint64_t)_i, "digest", NULL, NULL, 0);
    rig_init(&r);
    int equal = 0;
    for (int i = 0; i < STATES; i++) {
        rig_line(&r, lines[draw(&c, sizeof lines / sizeof *lines)]);
        if (draw(&c, 100) == 0) keyspace_flush(r.ks, -1);
        seen[i].digest = keyspace_digest(r.ks);
        seen[i].deadlines = deadlines_of(r.ks);
        keyspace_debug_digest(r.ks, seen[i].debug);
        for (int j = 0; j < i; j++) {
            bool same = seen[i].deadlines == seen[j].deadlines && strcmp(seen[i].debug, seen[j].debug) == 0;
            if (same != digests_equal(seen[i].digest, seen[j].digest)) ck_abort_msg("states %d and %d", j, i);
            equal += same;
        }
    }
    ck_assert_int_gt(equal, STATES); /* else nothing was tested */
    rig_done(&r);
}
END_TEST

/* The same with all commands, against a copy that got its data by loading. */
START_TEST(history_does_not_matter) {
    static struct words w;
    struct rig r;
    struct chance c = chance_named((uint64_t)_i, "history", NULL, NULL, 0);
    rig_init(&r);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 60; i++) {
            random_command(&w, &c);
            rig_run(&r, w.at, w.count);
        }
        struct keyspace *copy = reload(&r);
        char mine[41], other[41];
        keyspace_debug_digest(r.ks, mine);
        keyspace_debug_digest(copy, other);
        ck_assert_str_eq(mine, other);
        ck_assert(digests_equal(keyspace_digest(r.ks), keyspace_digest(copy)));
        keyspace_destroy(copy);
    }
    rig_done(&r);
}
END_TEST

/* Lists: random changes beside a plain array; after each the digest is that of a list pushed together anew. */
START_TEST(list_digest_is_of_the_contents) {
    enum { MOST = 40 };
    struct pool *pool = pool_create();
    struct list *l = list_create(pool);
    struct chance c = chance_named(1, "list", NULL, NULL, 0);
    char now[MOST];
    uint32_t n = 0;
    for (int step = 0; step < 3000; step++) {
        char e = (char)('a' + draw(&c, 3));
        uint32_t i = (uint32_t)draw(&c, n + 1);
        switch (n == MOST ? 6 : n == 0 ? draw(&c, 2) : draw(&c, 7)) {
        case 0:
            list_push(pool, l, (struct bytes){&e, 1}, true);
            memmove(now + 1, now, n++);
            now[0] = e;
            break;
        case 1:
            list_push(pool, l, (struct bytes){&e, 1}, false);
            now[n++] = e;
            break;
        case 2:
            text_free(pool, list_pop(l, true));
            memmove(now, now + 1, --n);
            break;
        case 3:
            text_free(pool, list_pop(l, false));
            n--;
            break;
        case 4:
            list_insert(pool, l, i, (struct bytes){&e, 1});
            memmove(now + i + 1, now + i, n++ - i);
            now[i] = e;
            break;
        case 5:
            i %= n;
            list_set(pool, l, i, (struct bytes){&e, 1});
            now[i] = e;
            break;
        default:
            list_keep(pool, l, n / 4, n / 2);
            memmove(now, now + n / 4, n / 2);
            n /= 2;
            break;
        }
        struct list *fresh = list_create(pool);
        for (uint32_t j = 0; j < n; j++) list_push(pool, fresh, (struct bytes){&now[j], 1}, false);
        ck_assert_uint_eq(l->count, n);
        for (uint32_t j = 0; j < n; j++)
            if (list_at(l, j).at[0] != now[j]) ck_abort_msg("element %u at step %d", j, step);
        ck_assert(digests_equal(l->digest, fresh->digest));
        ck_assert_uint_eq(l->packed, fresh->packed);
        list_free(pool, fresh);
    }
    list_free(pool, l);
    ck_assert_uint_eq(pool_in_use(pool), 0);
    pool_destroy(pool);
}
END_TEST

/* One and the same text as key, value, element, field, member: all different. */
START_TEST(shapes_differ) {
    static const char *const lines[] = {"SET x x",
                                        "RPUSH x x",
                                        "SADD x x",
                                        "HSET x x x",
                                        "ZADD x 0 x",
                                        "RPUSH x x x",
                                        "HSET x x \"\"",
                                        "SET \"\" x",
                                        "SET x \"\"",
                                        "ZADD x 0 \"\"",
                                        "SADD x \"\"",
                                        "RPUSH x \"\"",
                                        "RPUSH x \"\" \"\"",
                                        "SET x x PXAT 1800000000000",
                                        "SET x x PXAT 1800000000001",
                                        "SELECT 1",
                                        "ZADD x 1 x"};
    enum { COUNT = sizeof lines / sizeof *lines };
    struct dataset_digest d[COUNT];
    for (int i = 0; i < COUNT; i++) {
        struct rig r;
        rig_init(&r);
        rig_line(&r, lines[i]);
        if (strcmp(lines[i], "SELECT 1") == 0) rig_line(&r, "SET x x");
        d[i] = keyspace_digest(r.ks);
        for (int j = 0; j < i; j++) ck_assert(d[i].low != d[j].low && d[i].high != d[j].high);
        rig_done(&r);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, equal_just_when_the_data_are, 0, 3);
    tcase_add_loop_test(tests, history_does_not_matter, 0, 4);
    tcase_add_test(tests, list_digest_is_of_the_contents);
    tcase_add_test(tests, shapes_differ);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
