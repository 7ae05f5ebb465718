/* The model's commands against a real redis-server 7.0: replies, replication stream and DEBUG DIGEST.
 *
 * Method: random commands from the grammar below, over few keys so that types clash and conditions fail, go to both. Every
 * reply must be equal (as a bag where the real order is that of a hash table), what the model propagates must be what the
 * real server's replica receives, and at the end of every batch both datasets must have the same digest. */
#include <check.h>
#include <sys/time.h>
#include <time.h>

#include "tests/unit/commands_rig.h"
#include "tests/unit/real_server.h"

enum { BATCHES = 25, BATCH = 400, TTL_SLACK_MS = 2000 };

/* --- the grammar ------------------------------------------------------------------------------------------ */

/* One command a line. %x is drawn (see draw_word), a|b|c is one of them, [...] is there every third time, and what follows
 * a * comes one to four times. */
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

/* Whose replies come in the order of a hash table. */
static const char *const unordered[] = {"SMEMBERS", "SPOP", "SINTER", "SUNION", "SDIFF", "KEYS", "HGETALL", "HKEYS", "HVALS"};

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

#define ONE_OF(c, ...) \
    one_of(c, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The word for %x. */
static size_t draw_word(struct chance *c, char kind, char *into) {
    static const int64_t now_s = 1700000000;
    switch (kind) {
    case 'k': return (size_t)sprintf(into, "k%d", (int)draw(c, 10));
    case 'l': return (size_t)sprintf(into, "lex%d", (int)draw(c, 2)); /* members of one score: for ranges by name */
    case 'D': return (size_t)sprintf(into, "%s", ONE_OF(c, "0", "0", "0", "1", "2", "15", "16", "-1", "x"));
    case 'n': return (size_t)sprintf(into, "%s", ONE_OF(c, "1", "-1", "100", "9223372036854775807", "-9223372036854775808", "x", "1.5", "007", " 3"));
    case 'd': return (size_t)sprintf(into, "%s", ONE_OF(c, "1", "0.1", "-2.5", "3.0e2", "1.25", "x", "10.50", "-0.75", "1000"));
    case 'p': return (size_t)sprintf(into, "%d", (int)draw(c, 40) - 1);
    case 'b': return (size_t)sprintf(into, "%s", ONE_OF(c, "0", "1", "1", "2"));
    case 'i': return (size_t)sprintf(into, "%d", (int)draw(c, 12) - 5);
    case 'c': return (size_t)sprintf(into, "%s", ONE_OF(c, "0", "1", "2", "3", "-1", "100", "x"));
    case 'f': return (size_t)sprintf(into, "f%d", (int)draw(c, 20));
    case 's': return (size_t)sprintf(into, "%s", ONE_OF(c, "1", "2", "2", "0.1", "-3.5", "inf", "-inf", "1e3", "nan", "x", "3"));
    case 'q': return (size_t)sprintf(into, "%s", ONE_OF(c, "1", "(1", "2", "(2", "-inf", "+inf", "0.1", "x", "-5", "5"));
    case 'y': return (size_t)sprintf(into, "%s", ONE_OF(c, "-", "+", "[a", "(a", "[b", "(member", "a", "[1"));
    case 'z': return (size_t)sprintf(into, "%s", ONE_OF(c, "0.01", "0.01", "0.02", "-1", "x"));
    case 'T': return (size_t)sprintf(into, "%s", ONE_OF(c, "1000", "500000", "100000", "0", "-1", "x", "9223372036854775807"));
    case 'A': /* an instant: in seconds far away or long past, which as milliseconds is long past */
        return (size_t)sprintf(into, "%lld", (long long)ONE_OF(c, "1", "2", "3")[0] - '0' > 1 ? (long long)now_s * 3000 : 1000LL);
    case 'e': {
        static const char *const elements[] = {"a", "b", "c", "1", "2", "-77", "300", "70000", "5000000000", "member", "", "3.5"};
        if (draw(c, 12) == 0) {
            size_t n = 30 + draw(c, 200);
            memset(into, 'x', n);
            return n;
        }
        return (size_t)sprintf(into, "%s", one_of(c, elements, 12));
    }
    default: assert(kind == 'v');
    }
    switch (draw(c, 6)) {
    case 0: return (size_t)sprintf(into, "%d", (int)draw(c, 100000) - 50000);
    case 1: return (size_t)sprintf(into, "%d.%d", (int)draw(c, 100), (int)draw(c, 100));
    case 2: memcpy(into, "a\0b\r\nc", 6); return 6;
    case 3: into[0] = 0; return 0;
    case 4: {
        size_t n = draw(c, 300);
        for (size_t i = 0; i < n; i++) into[i] = (char)draw(c, 256);
        return n;
    }
    default: return (size_t)sprintf(into, "value:%d", (int)draw(c, 10));
    }
}

static void add_word(struct words *w, struct chance *c, const char *from, size_t len) {
    /* One of a|b|c. */
    size_t choices = 1, chosen;
    for (size_t i = 0; i < len; i++) choices += from[i] == '|';
    chosen = draw(c, choices);
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

/* --- the real server ---------------------------------------------------------------------------------------- */

static struct real_server server;
static int replica = -1;

static void send_all(int fd, struct bytes b) {
    for (size_t sent = 0; sent < b.len;) {
        ssize_t n = write(fd, b.at + sent, b.len - sent);
        ck_assert_int_gt(n, 0);
        sent += (size_t)n;
    }
}

/* Reads until there is one whole reply at the front of the buffer; its length. */
static size_t read_reply(int fd, struct buffer *in) {
    for (;;) {
        int64_t len = in->len ? resp_reply_length(buffer_bytes(in)) : 0;
        ck_assert_int_ge(len, 0);
        if (len > 0) return (size_t)len;
        char piece[65536];
        ssize_t n = read(fd, piece, sizeof piece);
        ck_assert_int_gt(n, 0);
        buffer_put(in, piece, (size_t)n);
    }
}

static void ask(struct buffer *reply, const struct bytes *words, size_t count) {
    buffer_clear(reply);
    struct buffer request;
    buffer_init(&request, reply->pool);
    resp_put_request(&request, words, count);
    send_all(server.socket, buffer_bytes(&request));
    buffer_free(&request);
    ck_assert_uint_eq(read_reply(server.socket, reply), reply->len);
}

static void ask_line(struct buffer *reply, const char *line) {
    buffer_clear(reply);
    send_all(server.socket, (struct bytes){line, strlen(line)});
    send_all(server.socket, (struct bytes){"\r\n", 2});
    read_reply(server.socket, reply);
}

/* A connection that gets the replication stream: SYNC, and the payload skipped. */
static void attach_replica(void) {
    struct real_server again = server;
    ck_assert(real_connect(&again));
    replica = again.socket;
    send_all(replica, (struct bytes){"SYNC\r\n", 6});
    char c = 0, line[64];
    size_t len = 0;
    while (c != '\n' || len == 0) {
        ck_assert_int_eq(read(replica, &c, 1), 1);
        if (c != '\n' && len < sizeof line - 1) line[len++] = c;
    }
    line[len] = 0;
    ck_assert_int_eq(line[0], '$');
    for (long left = atol(line + 1); left > 0; left--) ck_assert_int_eq(read(replica, &c, 1), 1);
}

/* --- comparing ------------------------------------------------------------------------------------------------ */

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A reply with its lines sorted. (Elements with line ends in them fall apart, on both sides alike.) */
static void sort_lines(struct buffer *b) {
    static char *lines[100000];
    size_t count = 0;
    for (size_t i = 0; i < b->len; i++)
        if (b->at[i] == 0) b->at[i] = '0';
    for (char *line = strtok(b->at, "\r\n"); line && count < 100000; line = strtok(NULL, "\r\n")) lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    struct buffer sorted;
    buffer_init(&sorted, b->pool);
    for (size_t i = 0; i < count; i++) buffer_printf(&sorted, "%s\n", lines[i]);
    buffer_free(b);
    *b = sorted;
}

static bool word_in(struct bytes word, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (word.len == strlen(list[i]) && memcmp(word.at, list[i], word.len) == 0) return true;
    return false;
}

static bool near(const char *a, const char *b) {
    long long x = atoll(a), y = atoll(b), distance = x > y ? x - y : y - x;
    return distance <= TTL_SLACK_MS;
}

/* Times to live differ by how long a command takes. */
static bool replies_equal(struct bytes name, struct buffer *real, struct buffer *model) {
    static const char *const times[] = {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}, *const moves[] = {"BLMOVE", "BRPOPLPUSH"};
    /* The real server waited in vain, which it tells by another nil than a block that does not wait. */
    if (word_in(name, moves, 2) && strcmp(real->at, "*-1\r\n") == 0) return strcmp(model->at, "$-1\r\n") == 0;
    if (word_in(name, unordered, sizeof unordered / sizeof *unordered)) {
        sort_lines(real);
        sort_lines(model);
    }
    if (real->len == model->len && memcmp(real->at, model->at, real->len) == 0) return true;
    return word_in(name, times, 4) && real->at[0] == ':' && model->at[0] == ':' && near(real->at + 1, model->at + 1);
}

/* Stream commands as lines; SELECT, PING and the MULTI around a block are the server's affair. */
static void stream_to_lines(struct bytes in, struct buffer *out, struct pool *pool) {
    struct resp_parser p;
    resp_parser_init(&p, pool);
    while (in.len > 0 && resp_parse(&p, in) == RESP_DONE) {
        static const char *const server_own[] = {"SELECT", "ping", "MULTI", "EXEC"};
        if (!word_in(p.argv[0], server_own, 4)) {
            for (size_t i = 0; i < p.argc; i++) {
                if (i) buffer_putc(out, ' ');
                buffer_put(out, p.argv[i].at, p.argv[i].len);
            }
            buffer_putc(out, '\n');
        }
        in = (struct bytes){in.at + p.used, in.len - p.used};
    }
    resp_parser_free(&p);
}

/* Equal but for numbers of 13 digits, which are instants. */
static bool streams_equal(const struct buffer *a, const struct buffer *b) {
    size_t i = 0, j = 0;
    while (i < a->len && j < b->len) {
        enum { INSTANT_DIGITS = 13 };
        size_t m = strspn(a->at + i, "0123456789"), n = strspn(b->at + j, "0123456789");
        if (m == INSTANT_DIGITS && n == INSTANT_DIGITS && near(a->at + i, b->at + j)) {
            i += m, j += n;
            continue;
        }
        if (a->at[i++] != b->at[j++]) return false;
    }
    return i == a->len && j == b->len;
}

static void show(const char *title, struct bytes b) {
    printf("  %s: ", title);
    for (size_t i = 0; i < b.len && i < 300; i++) {
        if (b.at[i] >= 32 && b.at[i] < 127)
            putchar(b.at[i]);
        else
            printf("\\x%02x", (unsigned char)b.at[i]);
    }
    putchar('\n');
}

static void show_command(const struct words *w) {
    for (size_t i = 0; i < w->count; i++) show("word", w->at[i]);
}

/* The stream up to the marker that was just written, without it. */
static void read_stream(struct buffer *in, const char *marker) {
    buffer_clear(in);
    while (in->len < strlen(marker) || !memmem(in->at, in->len, marker, strlen(marker))) {
        char piece[65536];
        ssize_t n = read(replica, piece, sizeof piece);
        ck_assert_int_gt(n, 0);
        buffer_put(in, piece, (size_t)n);
    }
    char *begin = memmem(in->at, in->len, "*2\r\n$7\r\nPUBLISH", 15);
    if (!begin) begin = memmem(in->at, in->len, "*3\r\n$7\r\nPUBLISH", 15);
    ck_assert_ptr_nonnull(begin);
    in->len = (size_t)(begin - in->at);
}

static void now(struct rig *r) {
    struct timeval t;
    gettimeofday(&t, NULL);
    r->now_ms = (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

/* Runs one command on both; how many differences were found. */
static int compare_one(struct rig *r, struct words *w, struct buffer *real, struct buffer *stream, struct buffer *lines) {
    static uint64_t serial;
    char marker[40];
    now(r);
    ask(real, w->at, w->count);
    bool known = rig_run(r, w->at, w->count);
    struct buffer was;
    buffer_init(&was, r->pool);
    buffer_put(&was, real->at, real->len);
    bool equal = !known || replies_equal(w->at[0], real, &r->reply);
    if (!known) equal = strncmp(was.at, "-ERR wrong number of arguments", 30) == 0;
    snprintf(marker, sizeof marker, "marker:%llu:", (unsigned long long)serial++);
    ask(real, (struct bytes[]){resp_text("PUBLISH"), resp_text("c"), resp_text(marker)}, 3);
    read_stream(stream, marker);
    buffer_clear(lines);
    stream_to_lines(buffer_bytes(stream), lines, r->pool);
    bool same = streams_equal(lines, &r->stream);
    if (!equal || !same) {
        printf("difference (%s):\n", !equal ? "reply" : "stream");
        show_command(w);
        show("real reply ", buffer_bytes(&was));
        show("model reply", buffer_bytes(&r->reply));
        show("real stream ", buffer_bytes(lines));
        show("model stream", buffer_bytes(&r->stream));
    }
    buffer_free(&was);
    return !equal || !same;
}

static void compare_digests(struct rig *r, struct buffer *real) {
    char hex[41];
    keyspace_debug_digest(r->ks, hex);
    ask_line(real, "DEBUG DIGEST");
    ck_assert_uint_ge(real->len, 41);
    ck_assert_msg(memcmp(real->at + 1, hex, 40) == 0, "DEBUG DIGEST: real %.40s, model %s", real->at + 1, hex);
}

static uint64_t seed_of_run(void) {
    const char *seed = getenv("TEST_SEED");
    return seed ? strtoull(seed, NULL, 10) : 1;
}

START_TEST(same_replies_stream_and_digest) {
    struct rig r;
    static struct words w;
    struct buffer real, stream, lines;
    rig_init(&r);
    buffer_init(&real, r.pool);
    buffer_init(&stream, r.pool);
    buffer_init(&lines, r.pool);
    struct chance c = chance_named(seed_of_run(), "commands", NULL, NULL, 0);
    int differences = 0;
    for (int batch = 0; batch < BATCHES && differences < 10; batch++) {
        for (int i = 0; i < BATCH && differences < 10; i++) {
            bool is_rare = draw(&c, 200) == 0;
            make_command(&w, &c, is_rare ? one_of(&c, rare, 3) : one_of(&c, grammar, sizeof grammar / sizeof *grammar));
            differences += compare_one(&r, &w, &real, &stream, &lines);
        }
        if (differences == 0) compare_digests(&r, &real);
    }
    ck_assert_int_eq(differences, 0);
    buffer_free(&real);
    buffer_free(&stream);
    buffer_free(&lines);
    rig_done(&r);
}
END_TEST

/* COMMAND INFO of each command in the table. */
START_TEST(table_is_the_real_one) {
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = {{"write", CMD_WRITE},       {"readonly", CMD_READONLY}, {"denyoom", CMD_DENYOOM}, {"admin", CMD_ADMIN},
                 {"noscript", CMD_NOSCRIPT}, {"loading", CMD_LOADING},   {"stale", CMD_STALE},     {"fast", CMD_FAST},
                 {"no_multi", CMD_NO_MULTI}, {"no_auth", CMD_NO_AUTH},   {"blocking", CMD_BLOCKING}};
    struct pool *pool = pool_create();
    struct buffer reply;
    buffer_init(&reply, pool);
    for (const struct command *t = command_table(); t->name; t++) {
        char line[64], expected[200];
        snprintf(line, sizeof line, "COMMAND INFO %s", t->name);
        ask_line(&reply, line);
        snprintf(expected, sizeof expected, "*1\r\n*10\r\n$%zu\r\n%s\r\n:%d\r\n", strlen(t->name), t->name, t->arity);
        ck_assert_msg(strncmp(reply.at, expected, strlen(expected)) == 0, "%s: %.80s", t->name, reply.at);
        /* The flags end where the three key numbers begin. */
        snprintf(expected, sizeof expected, ":%d\r\n:%d\r\n:%d\r\n", t->first_key, t->last_key, t->key_step);
        char *keys = strstr(reply.at + strlen("*1\r\n*10\r\n") + 1, expected);
        ck_assert_msg(keys != NULL, "%s: %.300s", t->name, reply.at);
        *keys = 0;
        /* Commands with sub-commands have the flags of these in the table: the real server keeps none for them. */
        if (strcmp(keys - 4, "*0\r\n") == 0) continue;
        for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
            char word[32];
            snprintf(word, sizeof word, "+%s\r\n", flags[f].name);
            ck_assert_msg((strstr(reply.at, word) != NULL) == ((t->flags & flags[f].flag) != 0), "%s: %s", t->name,
                          flags[f].name);
        }
    }
    buffer_free(&reply);
    pool_destroy(pool);
}
END_TEST

static void start(void) {
    static const char *const arguments[] = {"--enable-debug-command", "yes", "--repl-diskless-sync", "no", NULL};
    ck_assert(real_server_start(&server, arguments));
    /* Keys that are set with a deadline in the past go when they are looked at, not when the real server's cron likes. */
    struct pool *pool = pool_create();
    struct buffer reply;
    buffer_init(&reply, pool);
    ask_line(&reply, "DEBUG SET-ACTIVE-EXPIRE 0");
    pool_destroy(pool);
    attach_replica();
}

static void stop(void) {
    close(replica);
    real_server_stop(&server);
}

int main(void) {
    if (!real_server_is_installed()) {
        printf("test_real_commands: left out: no redis-server 7.0 here\n");
        return 0;
    }
    Suite *suite = suite_create("real commands");
    TCase *tests = tcase_create("against redis-server");
    tcase_add_unchecked_fixture(tests, start, stop);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, same_replies_stream_and_digest);
    tcase_add_test(tests, table_is_the_real_one);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
