/* maxmemory beside the real server: who is refused, what a lookup leaves behind, what eviction puts into the stream.
 *
 * Method: the same lines go to a modelled and to a real server on loopback, and what both say is compared. What depends
 * on exact bytes of memory is not: there the order of the stream is. */
#include <check.h>

#include "model/redis/command.h"
#include "model/redis/happenings.h"
#include "model/redis/requests.h"
#include "tests/unit/model_rig.h"
#include "tests/unit/real_ask.h"

static const struct rig_node pair[] = {
    {.name = "m", .replicaof = RIG_ALONE, .conf = "repl-diskless-sync-delay 0;save ''"},
    {.name = "r", .replicaof = 0, .conf = "save ''"},
};

static struct rig rig;
static struct real_server real;
static struct buffer reply;
static bool installed;

static void open_both(void) {
    static const char *const arguments[] = {"--repl-diskless-sync", "no", "--enable-debug-command", "yes", NULL};
    installed = real_server_is_installed();
    rig_open(&rig, 1, pair, 2);
    buffer_init(&reply, rig.pool);
    rig_run_until(&rig, 3 * SIM_SECOND);
    if (installed) ck_assert(real_server_start(&real, arguments));
}

static void close_both(void) {
    if (installed) real_server_stop(&real);
    rig_close(&rig);
}

static const char *ask_real(const char *line) {
    ask_line(&real, &reply, line);
    return pool_strndup(rig.pool, reply.at, reply.len);
}

static const char *ask_model(const char *line) {
    return rig_command(&rig, 0, line);
}

static void tell_both(const char *line) {
    ask_model(line);
    ask_real(line);
}

/* --- refusals --------------------------------------------------------------------------------------------------- */

static bool is_oom(const char *text) {
    if (strncmp(text, "-OOM", 4) != 0) return false;
    ck_assert_str_eq(text, "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    return true;
}

/* The command with as few words as it takes; NULL if it would end the connection, or wait. */
static const char *shortest_line(const struct command *c) {
    static const char *const left_out[] = {"shutdown", "quit",    "psync",     "sync",    "subscribe", "unsubscribe",
                                           "failover", "debug",   "replicaof", "slaveof", "blpop",     "brpop",
                                           "reset",    "monitor", "wait",      NULL};
    for (size_t i = 0; left_out[i]; i++)
        if (strcmp(c->name, left_out[i]) == 0) return NULL;
    static const char *const containers[] = {"client id", "config get x", "object freq x", NULL};
    for (size_t i = 0; containers[i]; i++)
        if (strncmp(containers[i], c->name, strlen(c->name)) == 0) return containers[i];
    char *line = pool_printf(rig.pool, "%s", c->name);
    for (int i = 1; i < abs(c->arity); i++) line = pool_printf(rig.pool, "%s 1", line);
    return line;
}

static void compare_refusal(const char *before, const char *line) {
    tell_both(before);
    const char *model = ask_model(line);
    if (strncmp(model, "-ERR unknown command", 20) != 0)
        ck_assert_msg(is_oom(model) == is_oom(ask_real(line)), "%s, %s: the model says %s", before, line, model);
    tell_both("RESET");
}

START_TEST(the_same_commands_are_refused) {
    if (!installed) return;
    tell_both("CONFIG SET maxmemory 1");
    size_t refused = 0;
    for (const struct command *c = command_table(); c->name; c++) {
        const char *line = shortest_line(c);
        if (!line) continue;
        compare_refusal("PING", line);
        compare_refusal("MULTI", line);
        refused += is_oom(ask_model(line));
        ask_model("RESET");
    }
    ck_assert_uint_eq(refused, 37);
}
END_TEST

START_TEST(a_transaction_is_refused_when_it_might_take_memory) {
    static const char *const lines[] = {
        "MULTI",
        "SET a 1",
        "EXEC",
        "MULTI",
        "CONFIG SET maxmemory 1",
        "SET a 1",
        "EXEC",
        "CONFIG SET maxmemory 0",
        "SET s 5",
        "MULTI",
        "GET a",
        "DEL s",
        "EXEC",
        "CONFIG SET maxmemory 1",
        "MULTI",
        "DISCARD",
        "MULTI",
        "MULTI",
        "WATCH k",
        "EXEC",
    };
    if (!installed) return;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_str_eq(ask_model(lines[i]), ask_real(lines[i]));
}
END_TEST

/* --- what a lookup leaves behind ---------------------------------------------------------------------------------- */

static const char *const lookups[] = {
    "APPEND s x",
    "COPY s d",
    "COPY s s2",
    "COPY no x",
    "COPY s l",
    "DECR s",
    "DEL s",
    "EXISTS s no",
    "EXPIRE s 100",
    "EXPIRETIME s",
    "GET s",
    "GET no",
    "GET l",
    "GETBIT s 1",
    "GETDEL s",
    "GETDEL no",
    "GETEX s",
    "GETEX no",
    "GETEX s EX 10",
    "GETRANGE s 0 1",
    "GETSET s 1",
    "GETSET no 1",
    "HDEL h f",
    "HEXISTS h f",
    "HGET h f",
    "HGET h no",
    "HGET no f",
    "HGET s f",
    "HGETALL h",
    "HINCRBY h f 1",
    "HINCRBYFLOAT h f 1",
    "HKEYS h",
    "HLEN h",
    "HMGET h f",
    "HMSET h f 1",
    "HSET h f 2",
    "HSETNX h g 1",
    "HSTRLEN h f",
    "HVALS h",
    "INCR s",
    "INCRBYFLOAT s 1",
    "KEYS *",
    "LINDEX l 0",
    "LINSERT l BEFORE a x",
    "LLEN l",
    "LMOVE l l2 LEFT LEFT",
    "LPOP l",
    "LPOS l a",
    "LPUSH l a",
    "LPUSHX l a",
    "LRANGE l 0 1",
    "LRANGE s 0 1",
    "LREM l 0 a",
    "LSET l 0 z",
    "LTRIM l 0 1",
    "MGET s no l",
    "MOVE s 1",
    "MSET s 1 no 2",
    "MSETNX n1 1 n2 2",
    "PERSIST s",
    "PTTL s",
    "RANDOMKEY",
    "RENAME s t",
    "RENAMENX s t",
    "RPOP l",
    "RPOPLPUSH l l2",
    "RPUSH l 1",
    "SADD S q",
    "SCAN 0",
    "SCAN 0 TYPE string",
    "SCAN 0 MATCH s",
    "SCARD S",
    "SDIFF S S2",
    "SDIFFSTORE D S S2",
    "SDIFFSTORE D S no",
    "SET s 1",
    "SET s 1 GET",
    "SET no 1 GET",
    "SET s 1 NX",
    "SET s 1 XX",
    "SET s 1 KEEPTTL",
    "SETBIT s 1 1",
    "SETEX s 10 1",
    "SETNX s 1",
    "SETRANGE s 1 a",
    "SINTER S S2",
    "SINTER S no",
    "SINTER no S",
    "SINTER S s",
    "SINTERSTORE D S S2",
    "SINTERSTORE D no S",
    "SINTERSTORE D S s",
    "SISMEMBER S m",
    "SMEMBERS S",
    "SMISMEMBER S m",
    "SMOVE S S2 n",
    "SPOP S",
    "SRANDMEMBER S",
    "SRANDMEMBER S 2",
    "SREM S m",
    "STRLEN s",
    "SUBSTR s 0 1",
    "SUNION S S2 no",
    "SUNIONSTORE D S no",
    "TOUCH s no",
    "TTL s",
    "TTL no",
    "TYPE s",
    "TYPE no",
    "UNLINK s",
    "WATCH s",
    "ZADD z 1 q",
    "ZCARD z",
    "ZCOUNT z 0 1",
    "ZINCRBY z 1 a",
    "ZLEXCOUNT z - +",
    "ZMSCORE z a",
    "ZPOPMAX z",
    "ZPOPMIN z",
    "ZRANGE z 0 1",
    "ZRANGEBYLEX z - +",
    "ZRANGEBYSCORE z 0 1",
    "ZRANK z a",
    "ZREM z a",
    "ZREMRANGEBYRANK z 0 1",
    "ZREVRANGE z 0 1",
    "ZREVRANK z a",
    "ZSCORE z a",
    "OBJECT IDLETIME s",
    "OBJECT IDLETIME no",
    "OBJECT FREQ s",
    NULL,
};

/* A figure of INFO. */
static long figure(const char *info, const char *name) {
    const char *at = strstr(info, name);
    ck_assert_msg(at != NULL, "no %s in %s", name, info);
    return atol(at + strlen(name) + 1);
}

START_TEST(the_same_lookups_are_hits_and_misses) {
    static const char *const keys[] = {"SET s 5",    "RPUSH l a b c", "HSET h f 1",
                                       "SADD S m n", "SADD S2 m",     "ZADD z 1 a 2 b"};
    if (!installed) return;
    for (size_t i = 0; lookups[i]; i++) {
        for (int there = 0; there < 2; there++) {
            tell_both("FLUSHALL");
            for (size_t k = 0; there && k < sizeof(keys) / sizeof(keys[0]); k++) tell_both(keys[k]);
            tell_both("CONFIG RESETSTAT");
            tell_both(lookups[i]);
            const char *expected = ask_real("INFO stats"), *found = ask_model("INFO stats");
            ck_assert_msg(figure(found, "keyspace_hits") == figure(expected, "keyspace_hits"), "%s", lookups[i]);
            ck_assert_msg(figure(found, "keyspace_misses") == figure(expected, "keyspace_misses"), "%s", lookups[i]);
            tell_both("UNWATCH");
        }
    }
}
END_TEST

/* KEY stands for a key of the line's own. */
static const char *const uses[] = {
    "GET KEY",          "EXISTS KEY",      "TYPE KEY",          "TTL KEY",       "PTTL KEY",
    "EXPIRETIME KEY",   "STRLEN KEY",      "TOUCH KEY",         "WATCH KEY",     "SCAN 0 TYPE string MATCH KEY",
    "SCAN 0 MATCH KEY", "KEYS KEY",        "SET KEY v KEEPTTL", "SET KEY v",     "SET KEY v NX",
    "APPEND KEY x",     "EXPIRE KEY 1000", "PERSIST KEY",       "COPY KEY KEY2", "GETEX KEY",
    "GETRANGE KEY 0 1", "RENAME KEY KEY",  "MSETNX KEY 1 q 2",  "MSET KEY v",    "OBJECT IDLETIME KEY",
    "OBJECT FREQ KEY",  "LPUSH KEY x",     "INCR KEY",          "GETDEL no",     NULL,
};

static const char *with_key(const char *line, size_t n) {
    char *text = pool_strdup(rig.pool, "");
    for (const char *at = line; *at;) {
        if (strncmp(at, "KEY", 3) == 0 && at[3] != 'S') {
            text = pool_printf(rig.pool, "%sk%zu", text, n);
            at += 3;
        } else {
            text = pool_printf(rig.pool, "%s%c", text, *at++);
        }
    }
    return text;
}

START_TEST(the_same_lookups_use_the_key) {
    if (!installed) return;
    for (size_t i = 0; uses[i]; i++) tell_both(with_key("SET KEY v", i));
    usleep(2200000);
    rig_run_until(&rig, world_now(rig.world) + 3 * SIM_SECOND);
    for (size_t i = 0; uses[i]; i++) tell_both(with_key(uses[i], i));
    for (size_t i = 0; uses[i]; i++) {
        const char *idle = with_key("OBJECT IDLETIME KEY", i);
        bool used = strcmp(ask_model(idle), ":0\r\n") == 0;
        ck_assert_msg(used == (strcmp(ask_real(idle), ":0\r\n") == 0), "%s: used %d", uses[i], used);
    }
}
END_TEST

START_TEST(a_child_keeps_uses_from_being_noted) {
    ask_model("CONFIG SET rdb-key-save-delay 1000000");
    ask_model("SET k v");
    rig_run_until(&rig, world_now(rig.world) + 3 * SIM_SECOND);
    ask_model("BGSAVE");
    ask_model("GET k");
    ck_assert_str_ne(ask_model("OBJECT IDLETIME k"), ":0\r\n");
    rig_run_until(&rig, world_now(rig.world) + 5 * SIM_SECOND);
    ask_model("GET k");
    ck_assert_str_eq(ask_model("OBJECT IDLETIME k"), ":0\r\n");
}
END_TEST

START_TEST(settings_and_object_answer_alike) {
    static const char *const lines[] = {
        "CONFIG SET maxmemory x",
        "CONFIG SET maxmemory -1",
        "CONFIG SET maxmemory 10%",
        "CONFIG SET maxmemory 1kb",
        "CONFIG GET maxmemory",
        "CONFIG SET maxmemory 0",
        "CONFIG SET maxmemory-policy foo",
        "CONFIG SET maxmemory-policy ALLKEYS-lru",
        "CONFIG GET maxmemory-policy",
        "CONFIG SET maxmemory-samples 0",
        "CONFIG SET maxmemory-samples 65",
        "CONFIG SET maxmemory-eviction-tenacity 101",
        "CONFIG SET lfu-log-factor -1",
        "CONFIG SET lfu-decay-time 2",
        "CONFIG GET lfu-decay-time",
        "CONFIG GET maxmemory-samples",
        "SET k v",
        "OBJECT IDLETIME k",
        "OBJECT FREQ k",
        "OBJECT IDLETIME no",
        "OBJECT FREQ no",
        "OBJECT FOO k",
        "OBJECT IDLETIME",
        "OBJECT",
        "OBJECT IDLETIME k k",
        "CONFIG SET maxmemory-policy allkeys-lfu",
        "CONFIG SET lfu-log-factor 0",
        "OBJECT IDLETIME k",
        "OBJECT FREQ no",
        "SET f v",
        "OBJECT FREQ f",
        "GET f",
        "OBJECT FREQ f",
        "GET f",
        "RENAME f g",
        "OBJECT FREQ g",
    };
    if (!installed) return;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const char *expected = ask_real(lines[i]);
        ck_assert_msg(strcmp(ask_model(lines[i]), expected) == 0, "%s: expected %s", lines[i], expected);
    }
}
END_TEST

/* A key that expires while it is watched makes EXEC fail, deleted or not; one that had expired before does not. */
START_TEST(watched_keys_that_expire) {
    static const char *const cycles[] = {"DEBUG SET-ACTIVE-EXPIRE 1", "DEBUG SET-ACTIVE-EXPIRE 0"};
    if (!installed) return;
    for (int before = 0; before < 2; before++) {
        tell_both(cycles[_i]);
        if (before) tell_both("DEBUG SET-ACTIVE-EXPIRE 0");
        tell_both("SET k v PX 50");
        for (int step = 0; step < 2; step++) {
            if (step != before) {
                usleep(400000);
                rig_run_until(&rig, world_now(rig.world) + 400 * SIM_MS);
            } else {
                tell_both("WATCH k");
            }
        }
        tell_both(cycles[_i]);
        usleep(400000);
        rig_run_until(&rig, world_now(rig.world) + 400 * SIM_MS);
        tell_both("MULTI");
        tell_both("SET x 1");
        ck_assert_str_eq(ask_model("EXEC"), ask_real("EXEC"));
    }
}
END_TEST

/* --- the stream --------------------------------------------------------------------------------------------------- */

static struct buffer fed;

static void hear_feed(void *ctx, const struct happening *h) {
    (void)ctx;
    if (h->text) buffer_put(&fed, h->text, h->len);
}

/* What came over a replica's socket until it is silent. */
static void read_stream(int socket, struct buffer *into) {
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char piece[65536];
    for (ssize_t n; (n = read(socket, piece, sizeof(piece))) > 0;) buffer_put(into, piece, (size_t)n);
}

enum {
    TIMED_KEYS = 40,
    SAMPLING_SLACK = 4 /* the real server's samples need not have all keys, however many are wanted */
};

/* The keys' places by time to live: key i is the n-th to expire. */
static int nth_to_expire(int i) {
    return i * 7 % TIMED_KEYS; /* 7 and 40 have no common divisor */
}

/* Whether the stream has DELs of the keys that expire first, in that order but for some slack, each outside MULTI ..
 * EXEC, the last of them before `SET after`; how many. */
static int check_stream(struct bytes stream, int slack) {
    struct buffer text;
    buffer_init(&text, rig.pool);
    requests_text(stream, &text);
    int next = 0;
    bool in_multi = false, after = false;
    for (char *save, *word = strtok_r(text.at, ";", &save); word; word = strtok_r(NULL, ";", &save)) {
        word += strspn(word, " ");
        if (strcmp(word, "MULTI") == 0) in_multi = true;
        if (strcmp(word, "EXEC") == 0) in_multi = false;
        if (strncmp(word, "SET after", 9) == 0) after = true;
        if (strncmp(word, "DEL t", 5) != 0) continue;
        ck_assert_msg(!in_multi, "in a transaction: %s", word);
        ck_assert_int_le(abs(nth_to_expire(atoi(word + 5)) - next), slack);
        next++;
    }
    ck_assert_msg(after, "%s", "the command itself is missing");
    return next;
}

START_TEST(deletions_come_one_by_one_before_the_command) {
    if (!installed) return;
    char *long_value = pool_printf(rig.pool, "%0500d", 1);
    tell_both("CONFIG SET maxmemory-policy volatile-ttl");
    tell_both("CONFIG SET maxmemory-samples 64");
    for (int i = 0; i < TIMED_KEYS; i++)
        tell_both(pool_printf(rig.pool, "SET t%d %02000d EX %d", i, i, 1000 + 10 * nth_to_expire(i)));
    int socket = real_attach_replica(&real);
    trace_listen(rig.trace, R_FEED, R_FEED, hear_feed, NULL);
    buffer_init(&fed, rig.pool);
    struct buffer stream;
    buffer_init(&stream, rig.pool);

    tell_both("SET warm-up 1");
    long used = figure(ask_real("INFO memory"), "used_memory");
    ask_real(pool_printf(rig.pool, "CONFIG SET maxmemory %ld", used + 10000));
    ask_model(pool_printf(rig.pool, "CONFIG SET maxmemory %ld", (long)rig_number(&rig, 0, "used_memory") + 2500));
    for (int i = 0; i < 10; i++) {
        tell_both("MULTI");
        tell_both(pool_printf(rig.pool, "SET big%d %s", i, long_value));
        tell_both(pool_printf(rig.pool, "SET more%d %s", i, long_value));
        tell_both("EXEC");
    }
    tell_both("SET after 1");
    read_stream(socket, &stream);
    ck_assert_int_gt(check_stream(buffer_bytes(&stream), SAMPLING_SLACK), 2);
    ck_assert_int_gt(check_stream(buffer_bytes(&fed), 0), 2);
    close(socket);
}
END_TEST

/* One command evicts for 500 us at most (maxmemory-eviction-tenacity 10); what is left goes in turns of its own,
 * between which others are served. With tenacity 100 one command does it all. */
START_TEST(much_to_evict_takes_several_turns) {
    static const char *const tenacity[] = {"10", "100"};
    bool at_once = _i;
    ask_model("CONFIG SET maxmemory-policy allkeys-lru");
    ask_model(pool_printf(rig.pool, "CONFIG SET maxmemory-eviction-tenacity %s", tenacity[_i]));
    ask_model("DEBUG POPULATE 5000 key 400");
    int64_t all = rig_number(&rig, 0, "dbsize");
    ask_model(pool_printf(rig.pool, "CONFIG SET maxmemory %ld", (long)rig_number(&rig, 0, "used_memory") - 1500000));
    ask_model("PING");
    int64_t soon = rig_number(&rig, 0, "evicted_keys");
    rig_run_until(&rig, world_now(rig.world) + SIM_SECOND);
    int64_t in_the_end = rig_number(&rig, 0, "evicted_keys");
    ck_assert_int_gt(soon, 0);
    ck_assert(at_once == (soon == in_the_end));
    ck_assert_int_gt(in_the_end, 2000);
    ck_assert_int_eq(rig_number(&rig, 0, "dbsize"), all - in_the_end);
    ck_assert_int_eq(rig_number(&rig, 0, "current_eviction_exceeded_time"), 0);
    if (!at_once) ck_assert_int_gt(rig_number(&rig, 0, "total_eviction_exceeded_time"), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("eviction");
    TCase *tcase = tcase_create("beside the real server");
    tcase_add_checked_fixture(tcase, open_both, close_both);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, the_same_commands_are_refused);
    tcase_add_test(tcase, a_transaction_is_refused_when_it_might_take_memory);
    tcase_add_test(tcase, the_same_lookups_are_hits_and_misses);
    tcase_add_test(tcase, the_same_lookups_use_the_key);
    tcase_add_test(tcase, a_child_keeps_uses_from_being_noted);
    tcase_add_test(tcase, settings_and_object_answer_alike);
    tcase_add_test(tcase, deletions_come_one_by_one_before_the_command);
    tcase_add_loop_test(tcase, watched_keys_that_expire, 0, 2);
    tcase_add_loop_test(tcase, much_to_evict_takes_several_turns, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
