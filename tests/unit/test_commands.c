/* Data commands by themselves: replies and what goes into the stream. (test_real_commands.c compares all of them with a
 * real server at random; here are the rules that must hold without one, as reference 7.8 and redis's documentation give
 * them.) */
#include <check.h>
#include <float.h>

#include "model/redis/extended.h"
#include "model/redis/text.h"
#include "tests/unit/commands_rig.h"

/* A story: commands one after the other on an empty dataset, at 1700000000000 ms. */
struct step {
    const char *line;
    const char *reply;  /* NULL: anything */
    const char *stream; /* "=": the command itself; NULL: anything */
};

#define OK      "+OK\r\n"
#define NIL     "$-1\r\n"
#define WRONG   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define NOT_INT "-ERR value is not an integer or out of range\r\n"

static const struct step strings[] = {
    {"SET k v", OK, "="},
    {"set k v nx", NIL, ""},
    {"SET new v XX", NIL, ""},
    {"SET n v NX", OK, "="},
    {"SET k w GET", "$1\r\nv\r\n", "SET k w\n"},
    {"SET k w EX 10 NX GET", "$1\r\nw\r\n", ""},
    {"SET k w EX 10", OK, "SET k w PXAT 1700000010000\n"},
    {"SET k x KEEPTTL", OK, "="},
    {"PTTL k", ":10000\r\n", ""},
    {"SET k x", OK, "="},
    {"PTTL k", ":-1\r\n", ""},
    {"SET k x EX 0", "-ERR invalid expire time in 'set' command\r\n", ""},
    {"SET k x EX a", NOT_INT, ""},
    {"SET k x EX 1 PX 1", "-ERR syntax error\r\n", ""},
    {"SETEX k 5 y", OK, "SET k y PXAT 1700000005000\n"},
    {"PSETEX k 5 y", OK, "SET k y PXAT 1700000000005\n"},
    {"GETEX k PERSIST", "$1\r\ny\r\n", "PERSIST k\n"},
    {"GETEX k PERSIST", "$1\r\ny\r\n", ""},
    {"GETEX k EX 7", "$1\r\ny\r\n", "PEXPIREAT k 1700000007000\n"},
    {"GETEX k EXAT 1", "$1\r\ny\r\n", "DEL k\n"},
    {"GETSET k a", NIL, "SET k a\n"},
    {"GETDEL k", "$1\r\na\r\n", "DEL k\n"},
    {"GETDEL k", NIL, ""},
    {"INCR c", ":1\r\n", "="},
    {"INCRBY c 9223372036854775807", "-ERR increment or decrement would overflow\r\n", ""},
    {"DECRBY c -9223372036854775808", "-ERR decrement would overflow\r\n", ""},
    {"INCRBYFLOAT c 0.1", "$3\r\n1.1\r\n", "SET c 1.1 KEEPTTL\n"},
    {"INCR c", NOT_INT, ""},
    {"APPEND a xyz", ":3\r\n", "="},
    {"GETRANGE a -2 -1", "$2\r\nyz\r\n", ""},
    {"SETRANGE a 5 !", ":6\r\n", "="},
    {"GETBIT a 1", ":1\r\n", ""},
    {"SETBIT a 1 1", ":1\r\n", ""},
    {"MSETNX a 1 z 1", ":0\r\n", ""},
    {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command\r\n", ""},
    {NULL, NULL, NULL},
};

static const struct step lists[] = {
    {"RPUSH l a b c", ":3\r\n", "="},
    {"LPUSHX none a", ":0\r\n", ""},
    {"LPOP l 0", "*0\r\n", ""},
    {"LPOP none 1", "*-1\r\n", ""},
    {"RPOP l", "$1\r\nc\r\n", "="},
    {"BLPOP none l 0", "*2\r\n$1\r\nl\r\n$1\r\na\r\n", "LPOP l\n"},
    {"BLMOVE l m LEFT RIGHT 0", "$1\r\nb\r\n", "LMOVE l m LEFT RIGHT\n"},
    {"EXISTS l", ":0\r\n", ""},
    {"BRPOPLPUSH m l 0", "$1\r\nb\r\n", "RPOPLPUSH m l\n"},
    {"RPOPLPUSH l l", "$1\r\nb\r\n", "="},
    {"LTRIM l 0 -1", OK, ""},
    {"LREM l 0 x", ":0\r\n", ""},
    {"LSET l 5 x", "-ERR index out of range\r\n", ""},
    {"LSET none 0 x", "-ERR no such key\r\n", ""},
    {"LINSERT l BEFORE b a", ":2\r\n", "="},
    {"LRANGE l 0 -1", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", ""},
    {"LPOS l b", ":1\r\n", ""},
    {"BRPOP none 0.1", "*-1\r\n", ""},
    {"BRPOP none -1", "-ERR timeout is negative\r\n", ""},
    {NULL, NULL, NULL},
};

static const struct step collections[] = {
    {"HSET h f 1 g 2", ":2\r\n", "="},
    {"HSET h f 1 g", "-ERR wrong number of arguments for 'hset' command\r\n", ""},
    {"HINCRBYFLOAT h f 0.5", "$3\r\n1.5\r\n", "HSET h f 1.5\n"},
    {"HINCRBY h f 1", "-ERR hash value is not an integer\r\n", ""},
    {"HDEL h g none", ":1\r\n", "="},
    {"HGETALL h", "*2\r\n$1\r\nf\r\n$3\r\n1.5\r\n", ""},
    {"HDEL h f", ":1\r\n", "="},
    {"EXISTS h", ":0\r\n", ""},
    {"SADD s 3 1 2 2", ":3\r\n", "="},
    {"SADD s 3", ":0\r\n", ""},
    {"SMEMBERS s", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n", ""},
    {"SPOP s 3", NULL, "DEL s\n"},
    {"SADD one x", ":1\r\n", "="},
    {"SPOP one", "$1\r\nx\r\n", "SREM one x\n"},
    {"SADD t a b", ":2\r\n", "="},
    {"SINTERSTORE d t none", ":0\r\n", ""},
    {"SUNIONSTORE d t none", ":2\r\n", "="},
    {"SINTERSTORE d t none", ":0\r\n", "="},
    {"EXISTS d", ":0\r\n", ""},
    {"ZADD z 1 a 2 b 1.5 c", ":3\r\n", "="},
    {"ZADD z XX CH 1 a 5 b", ":1\r\n", "="},
    {"ZADD z NX 9 a", ":0\r\n", ""},
    {"ZADD z GT 0 a", ":0\r\n", ""},
    {"ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible\r\n", ""},
    {"ZADD z INCR nan a", "-ERR value is not a valid float\r\n", ""},
    {"ZINCRBY z inf a", "$3\r\ninf\r\n", "="},
    {"ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)\r\n", ""},
    {"ZRANGE z 0 -1 WITHSCORES", "*6\r\n$1\r\nc\r\n$3\r\n1.5\r\n$1\r\nb\r\n$1\r\n5\r\n$1\r\na\r\n$3\r\ninf\r\n", ""},
    {"ZRANGEBYSCORE z (1.5 +inf LIMIT 0 1", "*1\r\n$1\r\nb\r\n", ""},
    {"ZREVRANK z c", ":2\r\n", ""},
    {"ZSCORE z c", "$3\r\n1.5\r\n", ""},
    {"ZADD z 0.1 d", ":1\r\n", "="},
    {"ZSCORE z d", "$19\r\n0.10000000000000001\r\n", ""},
    {"ZPOPMAX z", "*2\r\n$1\r\na\r\n$3\r\ninf\r\n", "="},
    {"ZREMRANGEBYRANK z 0 -1", ":3\r\n", "="},
    {"EXISTS z", ":0\r\n", ""},
    {"GET t", WRONG, ""},
    {"LPUSH t x", WRONG, ""},
    {"ZADD t 1 x", WRONG, ""},
    {NULL, NULL, NULL},
};

static const struct step keys[] = {
    {"SET a 1", OK, "="},
    {"EXPIRE a 10", ":1\r\n", "PEXPIREAT a 1700000010000\n"},
    {"EXPIRE a 5 GT", ":0\r\n", ""},
    {"EXPIRE a 20 XX", ":1\r\n", "PEXPIREAT a 1700000020000 XX\n"},
    {"PEXPIREAT a 1700000030000", ":1\r\n", "="},
    {"TTL a", ":30\r\n", ""},
    {"PEXPIRETIME a", ":1700000030000\r\n", ""},
    {"EXPIRE a 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n", ""},
    {"PERSIST a", ":1\r\n", "="},
    {"PERSIST a", ":0\r\n", ""},
    {"EXPIRE a 0", ":1\r\n", "DEL a\n"},
    {"EXPIRE a 10", ":0\r\n", ""},
    {"DEL a", ":0\r\n", ""},
    {"TTL a", ":-2\r\n", ""},
    {"SET a 1 PX 100", OK, NULL},
    {"RENAME a b", OK, "="},
    {"PTTL b", ":100\r\n", ""},
    {"RENAME a b", "-ERR no such key\r\n", ""},
    {"RENAMENX b b", ":0\r\n", ""},
    {"COPY b c", ":1\r\n", "="},
    {"PTTL c", ":100\r\n", ""},
    {"COPY b c", ":0\r\n", ""},
    {"COPY b b", "-ERR source and destination objects are the same\r\n", ""},
    {"MOVE b 1", ":1\r\n", "="},
    {"MOVE b 99", "-ERR DB index is out of range\r\n", ""},
    {"SELECT 1", OK, ""},
    {"TYPE b", "+string\r\n", ""},
    {"KEYS ?", "*1\r\n$1\r\nb\r\n", ""},
    {"SCAN 0", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n", ""},
    {"RANDOMKEY", "$1\r\nb\r\n", ""},
    {"SWAPDB 0 1", OK, "="},
    {"DBSIZE", ":1\r\n", ""},
    {"FLUSHDB", OK, "="},
    {"FLUSHDB", OK, "="}, /* forced, though nothing changed */
    {"SELECT 16", "-ERR DB index is out of range\r\n", ""},
    {"UNLINK b", ":0\r\n", ""},
    {NULL, NULL, NULL},
};

static const struct step *const stories[] = {strings, lists, collections, keys};

START_TEST(story) {
    struct rig r;
    rig_init(&r);
    for (const struct step *s = stories[_i]; s->line; s++) {
        ck_assert_msg(rig_line(&r, s->line), "%s", s->line);
        if (s->reply)
            ck_assert_msg(strcmp(r.reply.at, s->reply) == 0, "%s\nexpected: %s\nfound: %s", s->line, s->reply,
                          r.reply.at);
        char expected[200];
        snprintf(expected, sizeof expected, "%s\n", s->line);
        if (s->stream && strcmp(s->stream, "=") != 0) snprintf(expected, sizeof expected, "%s", s->stream);
        const char *found = r.stream.at ? r.stream.at : "";
        if (s->stream)
            ck_assert_msg(strcmp(found, expected) == 0, "%s\nexpected: %s\nfound: %s", s->line, expected, found);
        ck_assert_int_eq(r.ex.failed, s->reply && s->reply[0] == '-');
    }
    rig_done(&r);
}
END_TEST

/* A master's stream gets no replies, yet failures are told. */
START_TEST(without_a_reply) {
    struct rig r;
    rig_init(&r);
    rig_line(&r, "SET k x");
    struct bytes words[] = {{"INCR", 4}, {"k", 1}};
    struct exec ex = {.ks = r.ks,
                      .pool = r.scratch,
                      .argv = words,
                      .argc = 2,
                      .command = command_find(words[0]),
                      .now_ms = r.now_ms,
                      .expiry = EXPIRY_IGNORE};
    command_exec(&ex);
    ck_assert(ex.failed);
    ck_assert_str_eq(ex.error, "ERR value is not an integer or out of range");
    rig_done(&r);
}
END_TEST

/* Blocking commands say what they wait for, and pushes say who may go on. */
START_TEST(blocking) {
    struct rig r;
    rig_init(&r);
    r.blocking_allowed = true;
    rig_line(&r, "BLPOP a b 1.5");
    ck_assert(r.ex.block);
    ck_assert_int_eq(r.ex.block_timeout_ms, 1500);
    ck_assert_uint_eq(r.reply.len, 0);
    rig_line(&r, "BLPOP a 0.0001");
    ck_assert_int_eq(r.ex.block_timeout_ms, 1); /* rounded up, not to "for ever" */
    rig_line(&r, "BLMOVE a b LEFT LEFT 0");
    ck_assert(r.ex.block);
    ck_assert_int_eq(r.ex.block_timeout_ms, 0);
    rig_line(&r, "RPUSH b x");
    ck_assert_uint_eq(r.ex.ready_key_count, 1);
    ck_assert(bytes_equal(r.ex.ready_keys[0], (struct bytes){"b", 1}));
    rig_line(&r, "RENAME b a");
    ck_assert_uint_eq(r.ex.ready_key_count, 1);
    rig_line(&r, "BLPOP a 0");
    ck_assert(!r.ex.block);
    rig_done(&r);
}
END_TEST

/* SPOP of some: random, but the stream says which; a replica that applies it has the same. */
START_TEST(spop_tells_which) {
    struct rig r;
    rig_init(&r);
    keyspace_populate_type(r.ks, 0, DATASET_SET, 1, "s", 0, 5000);
    rig_line(&r, "COPY s:0 copy");
    rig_line(&r, "SPOP s:0 3000");
    ck_assert_uint_eq(r.ex.dirty, 3000);
    size_t told = 0, commands = 0;
    for (const struct propagated *p = r.ex.also; p; p = p->next, commands++) {
        ck_assert(bytes_equal(p->words[0], (struct bytes){"SREM", 4}));
        for (size_t i = 2; i < p->count; i++) {
            struct bytes words[] = {
                {"SREM", 4}, {"copy", 4}, {strndup(p->words[i].at, p->words[i].len), p->words[i].len}};
            struct exec ex = {.ks = r.ks, .pool = r.pool, .argv = words, .argc = 3, .command = command_find(words[0])};
            command_exec(&ex);
            told += ex.dirty;
            free((char *)(uintptr_t)words[2].at);
        }
    }
    ck_assert_uint_eq(told, 3000);
    ck_assert_uint_eq(commands, 3000); /* one each */
    rig_line(&r, "SDIFFSTORE rest s:0 copy");
    ck_assert_str_eq(r.reply.at, ":0\r\n");
    rig_line(&r, "SCARD copy");
    ck_assert_str_eq(r.reply.at, ":2000\r\n");
    rig_done(&r);
}
END_TEST

START_TEST(table) {
    ck_assert_ptr_null(command_find((struct bytes){"", 0}));
    ck_assert_ptr_null(command_find((struct bytes){"ge", 2}));
    ck_assert_ptr_null(command_find((struct bytes){"gets", 4}));
    ck_assert_str_eq(command_find((struct bytes){"GeT", 3})->name, "get");
    for (size_t i = 0; i < command_count(); i++) {
        const struct command *c = &command_table()[i];
        ck_assert_ptr_eq(command_find((struct bytes){c->name, strlen(c->name)}), c);
        if (i) ck_assert_int_lt(strcmp(c[-1].name, c->name), 0);
    }
    ck_assert_ptr_null(command_table()[command_count()].name);
    const struct command *set = command_find((struct bytes){"set", 3}), *get = command_find((struct bytes){"get", 3});
    ck_assert(command_arity_ok(set, 3) && command_arity_ok(set, 9) && !command_arity_ok(set, 2));
    ck_assert(command_arity_ok(get, 2) && !command_arity_ok(get, 3));
}
END_TEST

/* --- 80-bit fractions ------------------------------------------------------------------------------------------- */

static size_t trimmed(char *text) {
    size_t len = strlen(text);
    while (text[len - 1] == '0') len--;
    if (text[len - 1] == '.') len--;
    text[len] = 0;
    if (strcmp(text, "-0") == 0) strcpy(text, "0");
    return strlen(text);
}

/* Where long double is x86's: random numbers and sums, as it reads, adds and prints them. */
START_TEST(fractions_are_x86s) {
    if (LDBL_MANT_DIG != 64) return;
    struct chance c = chance_named(1, "fractions", NULL, NULL, 0);
    for (int i = 0; i < 200000; i++) {
        char in[2][64], expected[8000], found[EXTENDED_ROOM];
        struct extended x[2], sum;
        for (int k = 0; k < 2; k++) {
            int digits = 1 + (int)chance_below(&c, 20), point = (int)chance_below(&c, (uint64_t)digits + 1), len = 0;
            if (chance_below(&c, 2)) in[k][len++] = '-';
            for (int d = 0; d < digits; d++) {
                if (d == point) in[k][len++] = '.';
                in[k][len++] = (char)('0' + (chance_below(&c, 4) ? chance_below(&c, 10) : 0));
            }
            in[k][len] = 0;
            if (chance_below(&c, 8) == 0) sprintf(in[k] + len, "e%d", (int)chance_below(&c, 30) - 20);
            if (!extended_parse((struct bytes){in[k], strlen(in[k])}, &x[k])) ck_abort_msg("%s", in[k]);
        }
        if (!extended_add(x[0], x[1], &sum)) continue;
        size_t len = extended_format(sum, found);
        snprintf(expected, sizeof expected, "%.17Lf", strtold(in[0], NULL) + strtold(in[1], NULL));
        trimmed(expected);
        if (strcmp(found, expected) != 0 || strlen(found) != len)
            ck_abort_msg("%s + %s: %s, not %s", in[0], in[1], expected, found);
    }
}
END_TEST

START_TEST(fractions_that_are_none) {
    static const char *const none[] = {"",   "-", ".",    "1.2.3", "1e",  "1e+",  " 1",
                                       "1 ", "x", "0x10", "inf",   "nan", "1e39", "--1"};
    struct extended x, y;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(!extended_parse((struct bytes){none[i], strlen(none[i])}, &x), "%s", none[i]);
    ck_assert(extended_parse((struct bytes){"1e38", 4}, &x));
    ck_assert(extended_add(x, (struct extended){0}, &y));
    ck_assert(!extended_add(x, x, &y));
    ck_assert(extended_parse((struct bytes){"1e-99", 5}, &x));
    ck_assert_uint_eq(x.mantissa, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("commands");
    TCase *tests = tcase_create("commands");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, story, 0, (int)(sizeof stories / sizeof *stories));
    tcase_add_test(tests, without_a_reply);
    tcase_add_test(tests, blocking);
    tcase_add_test(tests, spop_tells_which);
    tcase_add_test(tests, table);
    tcase_add_test(tests, fractions_are_x86s);
    tcase_add_test(tests, fractions_that_are_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
