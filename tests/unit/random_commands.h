/* Random data commands, over few keys so that types clash and conditions fail. Everything is static.
 *
 * What depends on a server's own chance (SPOP of some members, RANDOMKEY) is left out. */
#ifndef TESTS_UNIT_RANDOM_COMMANDS_H
#define TESTS_UNIT_RANDOM_COMMANDS_H

#include "tests/unit/commands_rig.h"

/* One command a line. %x is drawn (see draw_word), a|b|c is one of them, [...] is there every third time, and what
 * follows a * comes one to four times. */
static const char *const grammar[] = {
    "SET %k %v [NX|XX|GET|KEEPTTL] [EX|PX %T] [GET]",
    "SET %k %v [EXAT|PXAT %A] [NX|XX|KEEPTTL]",
    "SETNX %k %v",
    "SETEX|PSETEX %k %T %v",
    "GET|STRLEN|GETDEL|TYPE|INCR|DECR|LLEN|HLEN|SCARD|ZCARD|PERSIST|TTL|PTTL|EXPIRETIME|PEXPIRETIME %k",
    "GETSET %k %v",
    "GETEX %k [EX|PX|EXAT|PXAT %T] [PERSIST]",
    "APPEND %k %v",
    "INCRBY|DECRBY %k %n",
    "INCRBYFLOAT %k %d",
    "MGET *%k",
    "MSET|MSETNX *%k:%v",
    "SETRANGE %k %p %v",
    "GETRANGE|SUBSTR %k %i %i",
    "SETBIT %k %p %b",
    "GETBIT %k %p",
    "LPUSH|RPUSH|LPUSHX|RPUSHX %k *%e",
    "LPUSH|RPUSH %k *%e",
    "LPOP|RPOP %k [%c]",
    "LRANGE|LTRIM %k %i %i",
    "LINDEX %k %i",
    "LSET %k %i %e",
    "LREM %k %i %e",
    "LINSERT %k BEFORE|AFTER|before|NEAR %e %e",
    "RPOPLPUSH %k %k",
    "LMOVE %k %k LEFT|RIGHT LEFT|RIGHT",
    "BLMOVE %k %k LEFT|RIGHT LEFT|RIGHT %z",
    "LPOS %k %e [RANK %i] [COUNT %c] [MAXLEN %c]",
    "HSET|HMSET %k *%f:%v",
    "HSET %k *%f:%n",
    "HSETNX %k %f %v",
    "HGET|HEXISTS|HSTRLEN %k %f",
    "HMGET|HDEL %k *%f",
    "HGETALL|HKEYS|HVALS %k",
    "HINCRBY %k %f %n",
    "HINCRBYFLOAT %k %f %d",
    "SADD|SREM|SMISMEMBER %k *%e",
    "SADD %k *%e",
    "SISMEMBER %k %e",
    "SMEMBERS %k",
    "SPOP %k 1000",
    "SMOVE %k %k %e",
    "SINTER|SUNION|SDIFF *%k",
    "SINTERSTORE|SUNIONSTORE|SDIFFSTORE %k *%k",
    "ZADD %k [NX|XX] [GT|LT] [CH] [INCR] *%s:%e",
    "ZADD %k *%s:%e",
    "ZINCRBY %k %s %e",
    "ZREM|ZMSCORE %k *%e",
    "ZSCORE|ZRANK|ZREVRANK %k %e",
    "ZRANGE|ZREVRANGE %k %i %i [WITHSCORES]",
    "ZRANGE %k %q %q [BYSCORE] [REV] [LIMIT %i %i] [WITHSCORES]",
    "ZRANGE %l %y %y BYLEX [REV] [LIMIT %i %i] [WITHSCORES]",
    "ZADD %l *0:%e",
    "ZREM %l *%e",
    "ZRANGEBYSCORE|ZREVRANGEBYSCORE %k %q %q [WITHSCORES] [LIMIT %i %i]",
    "ZRANGEBYLEX|ZREVRANGEBYLEX %l %y %y [LIMIT %i %i]",
    "ZCOUNT|ZREMRANGEBYSCORE %k %q %q",
    "ZLEXCOUNT|ZREMRANGEBYLEX %l %y %y",
    "ZREMRANGEBYRANK %k %i %i",
    "ZPOPMIN|ZPOPMAX %k [%c]",
    "DEL|UNLINK|EXISTS|TOUCH *%k",
    "EXPIRE|PEXPIRE %k %T [NX|XX|GT|LT] [GT]",
    "EXPIREAT|PEXPIREAT %k %A [NX|XX|GT|LT|FOO]",
    "RENAME|RENAMENX %k %k",
    "MOVE %k %D",
    "COPY %k %k [DB %D] [REPLACE]",
    "SELECT %D",
    "SWAPDB %D %D",
    "DBSIZE",
    "KEYS ?*|?|k[1-3]|k[^1]|\\k1|[",
    "BLPOP|BRPOP %k %z",
    "BRPOPLPUSH %k %k %z",
};

static const char *const rare[] = {"FLUSHDB", "FLUSHALL [ASYNC|SYNC|NOW]", "FLUSHDB SYNC"};

struct words {
    char text[RIG_WORDS_MAX][512];
    struct bytes at[RIG_WORDS_MAX];
    size_t count;
};

static uint64_t draw(struct chance *c, uint64_t n) {
    return chance_below(c, n);
}

static const char *one_of(struct chance *c, const char *const *list, size_t n) {
    return list[draw(c, n)];
}

/* Words to draw from, parted by blanks; a word drawn more often stands there more often. */
static const struct {
    char kind;
    const char *words;
} choices[] = {
    {'D', "0 0 0 1 2 15 16 -1 x"},                                                   /* database */
    {'n', "1 -1 100 9223372036854775807 -9223372036854775808 x 1.5 007"},            /* number */
    {'d', "1 0.1 -2.5 3.0e2 1.25 x 10.50 -0.75 1000"},                               /* fraction */
    {'b', "0 1 1 2"},                                                                /* bit */
    {'c', "0 1 2 3 -1 100 x"},                                                       /* count */
    {'s', "1 2 2 0.1 -3.5 inf -inf 1e3 nan x 3"},                                    /* score */
    {'q', "1 (1 2 (2 -inf +inf 0.1 x -5 5"},                                         /* bound by score */
    {'y', "- + [a (a [b (member a [1"},                                              /* bound by name */
    {'z', "0.01 0.01 0.02 -1 x"},                                                    /* time to wait */
    {'T', "1000 500000 100000 0 -1 x 9223372036854775807"},                          /* time to live */
    {'A', "1000 5100000000000"},                                                     /* instant: past, far */
    {'e', "a b c 1 2 -77 300 70000 5000000000 member 3.5 a b c 1 2 -77 300 70000 "}, /* element; "" at the end */
};

/* Numbers to draw: %k is k0..k9. */
static const struct {
    char kind;
    const char *format;
    int count, from;
} ranges[] = {{'k', "k%d", 10, 0}, {'l', "lex%d", 2, 0}, {'p', "%d", 40, -1}, {'i', "%d", 12, -5}, {'f', "f%d", 20, 0}};

/* One of a list of words; its length. */
static size_t draw_choice(struct chance *c, const char *words, char *into) {
    size_t count = 1;
    for (const char *at = words; *at; at++) count += *at == ' ';
    for (size_t chosen = draw(c, count); chosen > 0; chosen--) words = strchr(words, ' ') + 1;
    size_t len = strcspn(words, " ");
    memcpy(into, words, len);
    return len;
}

/* A value: a number, a fraction, zero bytes and line ends, nothing, any bytes, text. */
static size_t draw_value(struct chance *c, char *into) {
    size_t n = draw(c, 300);
    switch (draw(c, 6)) {
    case 0:
        return (size_t)sprintf(into, "%d", (int)draw(c, 100000) - 50000);
    case 1:
        return (size_t)sprintf(into, "%d.%d", (int)draw(c, 100), (int)draw(c, 100));
    case 2:
        memcpy(into, "a\0b\r\nc", 6);
        return 6;
    case 3:
        return 0;
    case 4:
        for (size_t i = 0; i < n; i++) into[i] = (char)draw(c, 256);
        return n;
    default:
        return (size_t)sprintf(into, "value:%d", (int)draw(c, 10));
    }
}

/* The word for %x. */
static size_t draw_word(struct chance *c, char kind, char *into) {
    if (kind == 'v') return draw_value(c, into);
    if (kind == 'e' && draw(c, 12) == 0) { /* too long for the compact encodings, now and then */
        size_t n = 30 + draw(c, 200);
        memset(into, 'x', n);
        return n;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].kind == kind)
            return (size_t)sprintf(into, ranges[i].format, ranges[i].from + (int)draw(c, (uint64_t)ranges[i].count));
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].kind == kind) return draw_choice(c, choices[i].words, into);
    assert(false && "a kind of word");
    return 0;
}

static void add_word(struct words *w, struct chance *c, const char *from, size_t len) {
    /* One of a|b|c. */
    size_t count = 1, chosen;
    for (size_t i = 0; i < len; i++) count += from[i] == '|';
    chosen = draw(c, count);
    for (; chosen > 0; from++, len--) chosen -= *from == '|';
    const char *end = memchr(from, '|', len);
    if (end) len = (size_t)(end - from);
    char *into = w->text[w->count];
    size_t size = len;
    if (from[0] == '%')
        size = draw_word(c, from[1], into);
    else
        memcpy(into, from, len);
    w->at[w->count++] = (struct bytes){into, size};
}

/* %k:%v pairs: two words. */
static void add_item(struct words *w, struct chance *c, const char *from, size_t len) {
    const char *colon = from[0] == '%' || from[0] == '0' ? memchr(from, ':', len) : NULL;
    if (!colon) {
        add_word(w, c, from, len);
        return;
    }
    add_word(w, c, from, (size_t)(colon - from));
    add_word(w, c, colon + 1, len - (size_t)(colon + 1 - from));
}

static void make_command(struct words *w, struct chance *c, const char *line) {
    w->count = 0;
    bool skipping = false;
    for (const char *at = line; *at;) {
        size_t len = strcspn(at, " ");
        const char *word = at;
        size_t n = len;
        at += len + (at[len] == ' ');
        if (word[0] == '[' && w->count > 1) {
            skipping = draw(c, 3) != 0;
            word++, n--;
        }
        bool closes = n > 1 && word[n - 1] == ']' && w->count > 1;
        if (closes) n--;
        size_t times = word[0] == '*' && n > 1 ? 1 + draw(c, 4) : 1;
        if (word[0] == '*' && n > 1) word++, n--;
        for (size_t i = 0; i < times && !skipping; i++) add_item(w, c, word, n);
        if (closes) skipping = false;
    }
}

/* The next one; now and then everything is flushed. */
static void random_command(struct words *w, struct chance *c) {
    bool is_rare = draw(c, 200) == 0;
    make_command(w, c, is_rare ? one_of(c, rare, 3) : one_of(c, grammar, sizeof grammar / sizeof *grammar));
}

#endif
