/* The keyspace: keys, deadlines, sums, and what gives memory back. */
#include <check.h>

#include "model/redis/database.h"
#include "tests/unit/commands_rig.h"

static struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

static bool digests_equal(struct dataset_digest a, struct dataset_digest b) {
    return a.low == b.low && a.high == b.high;
}

static const char *reply_to(struct rig *r, const char *line) {
    ck_assert_msg(rig_line(r, line), "%s", line);
    return r->reply.at;
}

/* Method: random additions and removals of numbered keys, beside an array that says which are there. */
START_TEST(keys_come_and_go) {
    enum { KEYS = 5000, STEPS = 200000 };
    static bool there[KEYS];
    struct pool *pool = pool_create();
    struct keyspace *ks = keyspace_create(pool);
    struct database *db = keyspace_database(ks, 0);
    struct chance c = chance_named(1, "keys", NULL, NULL, 0);
    uint64_t count = 0;
    for (int i = 0; i < STEPS; i++) {
        char name[32];
        uint64_t n = chance_below(&c, KEYS);
        struct bytes key = {name, (size_t)snprintf(name, sizeof name, "k%llu", (unsigned long long)n)};
        struct entry *e = database_find(db, key);
        if ((e != NULL) != there[n]) ck_abort_msg("%s at step %d", name, i);
        if (e) {
            if (!bytes_equal(text_bytes(e->value.text), key)) ck_abort_msg("the value of %s at step %d", name, i);
            database_remove(db, e);
        } else {
            database_add(db, key, OBJECT_STRING, (union object){.text = text_create(pool, key)});
        }
        there[n] = !there[n];
        count += there[n] ? 1 : UINT64_MAX;
        if (keyspace_size(ks, 0) != count)
            ck_abort_msg("%llu keys at step %d", (unsigned long long)keyspace_size(ks, 0), i);
    }
    ck_assert_uint_le(db->slots, KEYS); /* slots are used again */
    keyspace_flush(ks, -1);
    struct dataset_digest empty = {0, 0};
    ck_assert(digests_equal(keyspace_digest(ks), empty));
    ck_assert_uint_eq(keyspace_memory(ks), 0);
    keyspace_destroy(ks);
    ck_assert_uint_eq(pool_in_use(pool), 0);
    pool_destroy(pool);
}
END_TEST

/* The memory account returns to nothing when every key is removed by itself, too. */
START_TEST(accounts_balance) {
    struct rig r;
    rig_init(&r);
    for (int t = DATASET_STRING; t <= DATASET_ZSET; t++)
        keyspace_populate_type(r.ks, 3, (enum dataset_type)t, 20, (const char *[]){"s", "l", "h", "e", "z"}[t], 40,
                               300);
    r.db = 3;
    for (int i = 0; i < 20; i++) {
        char line[200];
        snprintf(line, sizeof line, "EXPIRE s:%d 100", i);
        rig_line(&r, line);
    }
    ck_assert_uint_eq(keyspace_total(r.ks), 100);
    ck_assert_uint_eq(keyspace_expires(r.ks, 3), 20);
    for (int i = 0; i < 20; i++) {
        char line[200];
        snprintf(line, sizeof line, "DEL s:%d l:%d h:%d e:%d z:%d", i, i, i, i, i);
        ck_assert_str_eq(reply_to(&r, line), ":5\r\n");
    }
    struct dataset_digest empty = {0, 0};
    ck_assert_uint_eq(keyspace_memory(r.ks), 0);
    ck_assert_uint_eq(keyspace_expires(r.ks, 3), 0);
    ck_assert(digests_equal(keyspace_digest(r.ks), empty));
    rig_done(&r);
}
END_TEST

/* --- expiry ----------------------------------------------------------------------------------------------- */

struct told {
    char text[1000];
    const struct keyspace *ks;
};

static void tell(void *ctx, int db, struct bytes key) {
    struct told *t = ctx;
    ck_assert_ptr_null(database_find(keyspace_database(t->ks, db), key)); /* it is gone by now */
    sprintf(t->text + strlen(t->text), "%d:%.*s ", db, (int)key.len, key.at);
}

START_TEST(expiry_goes_by_deadline) {
    struct rig r;
    rig_init(&r);
    struct told told = {.ks = r.ks};
    r.now_ms = 1000;
    ck_assert_int_eq(keyspace_next_deadline(r.ks), INT64_MAX);
    rig_line(&r, "SET late x PX 300");
    rig_line(&r, "SET b x PX 100");
    rig_line(&r, "SET never x");
    rig_line(&r, "SELECT 1");
    rig_line(&r, "SET a x PX 100");
    rig_line(&r, "SET moved x PX 50");
    rig_line(&r, "SET stays x PX 60");
    rig_line(&r, "PEXPIRE moved 150");
    rig_line(&r, "PERSIST stays");
    ck_assert_int_eq(keyspace_next_deadline(r.ks), 1100);
    ck_assert_int_eq(keyspace_avg_ttl(r.ks, 1, 1000), 125);
    ck_assert_uint_eq(keyspace_expire_cycle(r.ks, 1100, 9, tell, &told), 0); /* not before the deadline is over */
    ck_assert_uint_eq(keyspace_expire_cycle(r.ks, 1200, 2, tell, &told), 2); /* the limit */
    ck_assert_str_eq(told.text, "0:b 1:a ");
    ck_assert_uint_eq(keyspace_expire_cycle(r.ks, 9999, 9, tell, &told), 2);
    ck_assert_str_eq(told.text, "0:b 1:a 1:moved 0:late ");
    ck_assert_uint_eq(keyspace_total(r.ks), 2);
    rig_done(&r);
}
END_TEST

/* A deadline that is changed all the time leaves nothing behind. */
START_TEST(stale_deadlines_are_cleaned) {
    struct rig r;
    rig_init(&r);
    rig_line(&r, "SET k x");
    size_t before = pool_in_use(r.pool);
    for (int i = 0; i < 20000; i++) rig_line(&r, i % 2 ? "PEXPIRE k 1000" : "PEXPIRE k 2000");
    ck_assert_uint_lt(pool_in_use(r.pool), before + 10000);
    ck_assert_int_eq(keyspace_next_deadline(r.ks), r.now_ms + 1000);
    rig_done(&r);
}
END_TEST

/* Who deletes an expired key, who only hides it (reference 10.3). */
START_TEST(expiry_views) {
    struct rig r;
    rig_init(&r);
    rig_line(&r, "SET k x PX 10");
    r.now_ms += 10;
    ck_assert_str_eq(reply_to(&r, "GET k"), "$1\r\nx\r\n"); /* at the deadline it is still there */
    r.now_ms++;
    r.expiry = EXPIRY_REPLICA;
    ck_assert_str_eq(reply_to(&r, "GET k"), "$-1\r\n");
    ck_assert_str_eq(reply_to(&r, "EXISTS k"), ":0\r\n");
    ck_assert_str_eq(reply_to(&r, "KEYS *"), "*0\r\n");
    ck_assert_str_eq(reply_to(&r, "DBSIZE"), ":1\r\n");
    r.expiry = EXPIRY_IGNORE;
    ck_assert_str_eq(reply_to(&r, "APPEND k y"), ":2\r\n");
    r.expiry = EXPIRY_MASTER;
    ck_assert_str_eq(reply_to(&r, "KEYS *"), "*0\r\n"); /* hides it, no more */
    ck_assert_str_eq(reply_to(&r, "SCAN 0 MATCH x*"), "*2\r\n$1\r\n0\r\n*0\r\n");
    ck_assert_uint_eq(r.stream.len, 0);
    ck_assert_str_eq(reply_to(&r, "GET k"), "$-1\r\n");
    ck_assert_str_eq(r.stream.at, "DEL k\n");
    ck_assert(r.ex.before && r.ex.before->expiry);
    ck_assert_uint_eq(r.ex.dirty, 0);
    ck_assert_str_eq(reply_to(&r, "DBSIZE"), ":0\r\n");
    static const char *const lookups[] = {"SCAN 0", "RANDOMKEY", "DEL k", "SETNX k y"};
    for (int i = 0; i < 4; i++) {
        rig_line(&r, "SET k x PX 10");
        r.now_ms += 11;
        rig_line(&r, lookups[i]);
        ck_assert_int_eq(strncmp(r.stream.at, "DEL k\n", 6), 0);
    }
    rig_done(&r);
}
END_TEST

/* --- whole databases ---------------------------------------------------------------------------------------- */

START_TEST(swap_and_version) {
    struct rig r;
    rig_init(&r);
    struct keyspace *other = keyspace_create(r.pool);
    rig_line(&r, "SET k x");
    struct dataset_digest mine = keyspace_digest(r.ks), empty = {0, 0};
    uint64_t version = keyspace_version(r.ks), theirs = keyspace_version(other);
    rig_line(&r, "GET k");
    ck_assert_uint_eq(keyspace_version(r.ks), version);
    keyspace_swap(r.ks, other);
    ck_assert(digests_equal(keyspace_digest(other), mine));
    ck_assert(digests_equal(keyspace_digest(r.ks), empty));
    ck_assert_uint_gt(keyspace_version(r.ks), version);
    ck_assert_uint_gt(keyspace_version(other), theirs);
    keyspace_swap(r.ks, other);
    version = keyspace_version(r.ks);
    rig_line(&r, "SWAPDB 0 5");
    ck_assert_uint_gt(keyspace_version(r.ks), version);
    ck_assert(!digests_equal(keyspace_digest(r.ks), mine)); /* the same keys in another database */
    ck_assert_uint_eq(keyspace_size(r.ks, 5), 1);
    version = keyspace_version(r.ks);
    ck_assert_uint_eq(keyspace_flush(r.ks, 5), 1);
    ck_assert_uint_gt(keyspace_version(r.ks), version);
    keyspace_destroy(other);
    rig_done(&r);
}
END_TEST

/* DEBUG POPULATE, as redis-server 7.0.15 was seen to do it. */
START_TEST(populate) {
    struct rig r;
    rig_init(&r);
    rig_line(&r, "SET key:1 mine");
    keyspace_populate(r.ks, 0, 3, "key", 0);
    ck_assert_str_eq(reply_to(&r, "MGET key:0 key:1 key:2 key:3"),
                     "*4\r\n$7\r\nvalue:0\r\n$4\r\nmine\r\n$7\r\nvalue:2\r\n$-1\r\n");
    keyspace_populate(r.ks, 0, 1, "cut", 3);
    ck_assert_str_eq(reply_to(&r, "GET cut:0"), "$3\r\nval\r\n");
    keyspace_populate(r.ks, 0, 1, "pad", 9);
    rig_line(&r, "GET pad:0");
    ck_assert_uint_eq(r.reply.len, strlen("$9\r\n") + 9 + 2);
    ck_assert_int_eq(memcmp(r.reply.at, "$9\r\nvalue:0\0\0\r\n", r.reply.len), 0);
    keyspace_populate_type(r.ks, 0, DATASET_LIST, 2, "list", 10, 3);
    ck_assert_str_eq(reply_to(&r, "LLEN list:1"), ":3\r\n");
    ck_assert_uint_eq(database_find(keyspace_database(r.ks, 0), text("list:0"))->type, OBJECT_LIST);
    rig_done(&r);
}
END_TEST

/* The account of memory beside used_memory of redis-server 7.0.15 after the same commands, less that of an empty one
 * (870,000 bytes). */
static const struct shape {
    const char *command;
    int keys;
    uint64_t real;
} shapes[] = {
    {"SET k:%d xxxxxxxxxxxxxxxx", 100000, 10729840},
    {"SET c:%d 700000", 100000, 7428160},
    {"SET t:%d vvvvvvvvvvvvvvvvvvvv EX 10000", 50000, 7450128},
    {"RPUSH l:%d e0000000000000000001 e0000000000000000002 e0000000000000000003 e0000000000000000004 "
     "e0000000000000000005 "
     "e0000000000000000006 e0000000000000000007 e0000000000000000008",
     10000, 3717680},
};

START_TEST(memory_is_near_the_real_servers) {
    const struct shape *s = &shapes[_i];
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < s->keys; i++) {
        char line[400];
        snprintf(line, sizeof line, s->command, i);
        rig_line(&r, line);
    }
    uint64_t model = keyspace_memory(r.ks);
    ck_assert_msg(model * 100 > s->real * 92 && model * 100 < s->real * 108, "%s: %llu", s->command,
                  (unsigned long long)model);
    rig_done(&r);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keyspace");
    TCase *tests = tcase_create("keyspace");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, keys_come_and_go);
    tcase_add_test(tests, accounts_balance);
    tcase_add_test(tests, expiry_goes_by_deadline);
    tcase_add_test(tests, stale_deadlines_are_cleaned);
    tcase_add_test(tests, expiry_views);
    tcase_add_test(tests, swap_and_version);
    tcase_add_test(tests, populate);
    tcase_add_loop_test(tests, memory_is_near_the_real_servers, 0, (int)(sizeof shapes / sizeof *shapes));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
