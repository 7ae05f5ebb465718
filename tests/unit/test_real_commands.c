/* The model's commands against a real redis-server 7.0: replies, replication stream and DEBUG DIGEST.
 *
 * Method: random commands, over few keys so that types clash and conditions fail, go to both. Every
 * reply must be equal (as a bag where the real order is that of a hash table), what the model propagates must be what
 * the real server's replica receives, and at the end of every batch both datasets must have the same digest. */
#include <check.h>
#include <sys/time.h>
#include <time.h>

#include "tests/unit/commands_rig.h"
#include "tests/unit/random_commands.h"
#include "tests/unit/real_ask.h"

enum { BATCHES = 25, BATCH = 400, TTL_SLACK_MS = 2000 };

/* Whose replies come in the order of a hash table. */
static const char *const unordered[] = {"SMEMBERS", "SPOP",    "SINTER", "SUNION", "SDIFF",
                                        "KEYS",     "HGETALL", "HKEYS",  "HVALS"};

/* --- the real server ---------------------------------------------------------------------------------------- */

static struct real_server server;
static int replica = -1;

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
    static const char *const times[] = {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}, *const moves[] = {"BLMOVE",
                                                                                                       "BRPOPLPUSH"};
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
static int compare_one(struct rig *r, struct words *w, struct buffer *real, struct buffer *stream,
                       struct buffer *lines) {
    static uint64_t serial;
    char marker[40];
    now(r);
    ask(&server, real, w->at, w->count);
    bool known = rig_run(r, w->at, w->count);
    struct buffer was;
    buffer_init(&was, r->pool);
    buffer_put(&was, real->at, real->len);
    bool equal = !known || replies_equal(w->at[0], real, &r->reply);
    if (!known) equal = strncmp(was.at, "-ERR wrong number of arguments", 30) == 0;
    snprintf(marker, sizeof marker, "marker:%llu:", (unsigned long long)serial++);
    ask(&server, real, (struct bytes[]){resp_text("PUBLISH"), resp_text("c"), resp_text(marker)}, 3);
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
    ask_line(&server, real, "DEBUG DIGEST");
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
            random_command(&w, &c);
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
    } flags[] = {{"write", CMD_WRITE},     {"readonly", CMD_READONLY}, {"denyoom", CMD_DENYOOM},
                 {"admin", CMD_ADMIN},     {"noscript", CMD_NOSCRIPT}, {"loading", CMD_LOADING},
                 {"stale", CMD_STALE},     {"fast", CMD_FAST},         {"no_multi", CMD_NO_MULTI},
                 {"no_auth", CMD_NO_AUTH}, {"blocking", CMD_BLOCKING}, {"no_async_loading", CMD_NO_ASYNC_LOADING}};
    struct pool *pool = pool_create();
    struct buffer reply;
    buffer_init(&reply, pool);
    for (const struct command *t = command_table(); t->name; t++) {
        char line[64], expected[200];
        snprintf(line, sizeof line, "COMMAND INFO %s", t->name);
        ask_line(&server, &reply, line);
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
    /* Keys that are set with a deadline in the past go when they are looked at, not when the real server's cron likes.
     */
    struct pool *pool = pool_create();
    struct buffer reply;
    buffer_init(&reply, pool);
    ask_line(&server, &reply, "DEBUG SET-ACTIVE-EXPIRE 0");
    pool_destroy(pool);
    replica = real_attach_replica(&server);
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
