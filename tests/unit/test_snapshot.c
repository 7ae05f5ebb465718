/* Snapshots: the dataset of one instant, whatever happens afterwards. */
#include <check.h>

#include "model/redis/database.h"
#include "model/redis/rdb.h"
#include "tests/unit/commands_rig.h"
#include "tests/unit/random_commands.h"

enum { PAGE = 4096 };

static const struct rdb_info plain = {.ctime = 1};

/* Everything the snapshot holds, as an RDB file. */
static void dump(struct pool *pool, struct snapshot *s, struct buffer *out) {
    struct rdb_writer *w = rdb_writer_open(pool, s, &plain);
    buffer_clear(out);
    while (rdb_writer_step(w, 1000, out)) continue;
    rdb_writer_close(w);
}

static void run_some(struct rig *r, struct chance *c, int count) {
    static struct words w;
    for (int i = 0; i < count; i++) {
        random_command(&w, c);
        rig_run(r, w.at, w.count);
    }
}

/* Things that commands do not do. */
static void disturb(struct rig *r, struct keyspace *other, struct chance *c) {
    switch (draw(c, 30)) {
    case 0:
        keyspace_swap(r->ks, other);
        break;
    case 1:
        keyspace_flush(r->ks, (int)draw(c, KEYSPACE_DBS));
        break;
    case 2:
        keyspace_populate(r->ks, (int)draw(c, 3), draw(c, 200), "key", draw(c, 100));
        break;
    case 3:
        r->now_ms += (int64_t)draw(c, 600000);
        keyspace_expire_cycle(r->ks, r->now_ms, 5, NULL, NULL);
        break;
    default:
        break;
    }
}

/* Method: right after opening, the whole snapshot is written to a file: the deep copy. Then a second writer goes over
 * the same snapshot step by step, with random commands, flushes, swaps and expiry in between; its file must be the
 * same, byte by byte. Every third time the keyspace is destroyed before the writer is through. */
START_TEST(writer_sees_the_instant_of_opening) {
    struct rig r;
    struct buffer first, second;
    struct chance c = chance_named((uint64_t)_i, "snapshot", NULL, NULL, 0);
    rig_init(&r);
    struct keyspace *other = keyspace_create(r.pool);
    buffer_init(&first, r.pool);
    buffer_init(&second, r.pool);
    run_some(&r, &c, 300 + (int)draw(&c, 600));
    keyspace_populate(r.ks, 0, draw(&c, 300), "key", 30);
    for (int round = 0; round < 6; round++) {
        struct dataset_digest digest = keyspace_digest(r.ks);
        struct snapshot *s = snapshot_open(r.ks, PAGE);
        ck_assert_ptr_nonnull(s);
        ck_assert_uint_eq(snapshot_copied(s), 0);
        dump(r.pool, s, &first);
        struct rdb_writer *w = rdb_writer_open(r.pool, s, &plain);
        buffer_clear(&second);
        bool destroy = draw(&c, 3) == 0;
        while (rdb_writer_step(w, 1 + draw(&c, 400), &second)) {
            run_some(&r, &c, (int)draw(&c, 20));
            disturb(&r, other, &c);
            if (destroy && draw(&c, 50) == 0) {
                keyspace_destroy(r.ks);
                r.ks = keyspace_create(r.pool);
                destroy = false;
            }
        }
        rdb_writer_close(w);
        ck_assert_uint_eq(first.len, second.len);
        ck_assert(memcmp(first.at, second.at, first.len) == 0);
        struct dataset_digest kept = snapshot_digest(s);
        ck_assert(kept.low == digest.low && kept.high == digest.high);
        snapshot_close(s);
        run_some(&r, &c, 50);
    }
    buffer_free(&first);
    buffer_free(&second);
    keyspace_destroy(other);
    rig_done(&r);
}
END_TEST

START_TEST(one_at_a_time) {
    struct rig r;
    rig_init(&r);
    struct keyspace *other = keyspace_create(r.pool);
    struct snapshot *s = snapshot_open(r.ks, PAGE);
    ck_assert_ptr_nonnull(s);
    ck_assert_ptr_null(snapshot_open(r.ks, PAGE));
    keyspace_swap(r.ks, other);
    ck_assert_ptr_null(snapshot_open(r.ks, PAGE));  /* the process has its child still */
    ck_assert_ptr_null(snapshot_open(other, PAGE)); /* its databases are the child's, too */
    snapshot_close(s);
    s = snapshot_open(r.ks, PAGE);
    ck_assert_ptr_nonnull(s);
    snapshot_close(s);
    keyspace_destroy(other);
    rig_done(&r);
}
END_TEST

/* Nothing is copied without a write; a write costs pages once, however often it comes; what is copied never exceeds
 * what was there by more than the pages' rounding. */
START_TEST(copies_are_counted) {
    struct rig r;
    rig_init(&r);
    keyspace_populate(r.ks, 0, 10000, "key", 100);
    struct snapshot *s = snapshot_open(r.ks, PAGE);
    rig_line(&r, "GET key:1");
    rig_line(&r, "SET absent y XX");
    ck_assert_uint_eq(snapshot_copied(s), 0);
    rig_line(&r, "SET key:1 changed");
    uint64_t once = snapshot_copied(s);
    ck_assert_uint_gt(once, 0);
    ck_assert_uint_eq(once % PAGE, 0);
    ck_assert_uint_le(once, 4 * PAGE);
    for (int i = 0; i < 100; i++) rig_line(&r, "SET key:1 again");
    ck_assert_uint_eq(snapshot_copied(s), once);
    for (int i = 0; i < 10000; i++) {
        char line[64];
        snprintf(line, sizeof line, "SET key:%d other", i);
        rig_line(&r, line);
    }
    ck_assert_uint_ge(snapshot_copied(s), keyspace_memory(r.ks) / 2);
    uint64_t all = snapshot_copied(s);
    for (int i = 0; i < 10000; i++) {
        char line[64];
        snprintf(line, sizeof line, "SET key:%d third", i);
        rig_line(&r, line);
    }
    ck_assert_uint_eq(snapshot_copied(s), all);
    snapshot_close(s);
    rig_done(&r);
}
END_TEST

/* A big value that changes in place is copied once, with all its memory. */
START_TEST(values_changed_in_place_cost_their_size) {
    struct rig r;
    rig_init(&r);
    keyspace_populate_type(r.ks, 0, DATASET_LIST, 1, "list", 100, 10000);
    struct snapshot *s = snapshot_open(r.ks, PAGE);
    rig_line(&r, "RPUSH list:0 x");
    ck_assert_uint_ge(snapshot_copied(s), 10000 * 100);
    uint64_t once = snapshot_copied(s);
    rig_line(&r, "RPUSH list:0 y");
    ck_assert_uint_eq(snapshot_copied(s), once);
    snapshot_close(s);
    rig_done(&r);
}
END_TEST

/* What redis-server 7.0.15 said (rdb_last_cow_size, KiB) when so many writes came during a BGSAVE, less the 570 KiB
 * that it says without any. */
static const struct measured {
    const char *command; /* %d is a random key's number, or counts up if `in_order` */
    bool in_order;
    int keys, size, writes, copied;
} measured[] = {
    {"SET key:%d %.*s", false, 100000, 100, 10, 116},    {"SET key:%d %.*s", false, 100000, 100, 100, 1160},
    {"SET key:%d %.*s", false, 100000, 100, 1000, 8016}, {"SET key:%d %.*s", false, 100000, 100, 20000, 17172},
    {"SET key:%d %.*s", false, 100000, 16, 1000, 5084},  {"SET key:%d %.*s", false, 100000, 16, 20000, 7816},
    {"SET key:%d %.*s", false, 20000, 1000, 1000, 4868}, {"SET key:%d %.*s", false, 20000, 1000, 20000, 20884},
    {"SET key:%d %.*s", true, 100000, 100, 1000, 188},   {"SET key:%d %.*s", true, 100000, 100, 20000, 3444},
    {"SET new:%d %.*s", true, 100000, 100, 100, 320},    {"SET new:%d %.*s", true, 100000, 100, 20000, 1040},
    {"APPEND key:%d y", false, 100000, 100, 100, 780},   {"APPEND key:%d y", false, 100000, 100, 20000, 14052},
    {"DEL key:%d", false, 100000, 100, 10, 84},          {"DEL key:%d", false, 100000, 100, 20000, 4376},
};

START_TEST(copies_are_those_of_the_real_server) {
    const struct measured *m = &measured[_i];
    struct rig r;
    struct chance c = chance_named(1, "cow", NULL, NULL, 0);
    static char value[2000], line[4000];
    memset(value, 'x', sizeof value - 1);
    rig_init(&r);
    keyspace_populate(r.ks, 0, (uint64_t)m->keys, "key", (uint64_t)m->size);
    struct snapshot *s = snapshot_open(r.ks, PAGE);
    for (int i = 0; i < m->writes; i++) {
        snprintf(line, sizeof line, m->command, m->in_order ? i : (int)draw(&c, (uint64_t)m->keys), m->size, value);
        ck_assert(rig_line(&r, line));
    }
    uint64_t copied = snapshot_copied(s) / 1024, real = (uint64_t)m->copied;
    ck_assert_msg(copied * 100 > real * 80 && copied * 100 < real * 120, "%s: %llu KiB, the real server %d", m->command,
                  (unsigned long long)copied, m->copied);
    snapshot_close(s);
    rig_done(&r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, writer_sees_the_instant_of_opening, 0, 12);
    tcase_add_test(tests, one_at_a_time);
    tcase_add_test(tests, copies_are_counted);
    tcase_add_loop_test(tests, copies_are_those_of_the_real_server, 0, (int)(sizeof measured / sizeof *measured));
    tcase_add_test(tests, values_changed_in_place_cost_their_size);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
