/* How fast the keyspace is: commands, with and without an open snapshot, RDB out and in. Times are CPU time of this
 * process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/redis/command.h"
#include "model/redis/rdb.h"
#include "sim/world/chance.h"

enum { SMALL = 1000, LARGE = 1000000, VALUE = 16, ROUNDS = 3, PAGE = 4096 };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct bench {
    struct pool *pool, *scratch;
    struct keyspace *ks;
    struct buffer reply;
    struct chance chance;
};

static void begin(struct bench *b, uint64_t keys) {
    *b = (struct bench){.pool = pool_create(), .scratch = pool_create()};
    b->ks = keyspace_create(b->pool);
    b->chance = chance_named(1, "bench", NULL, NULL, 0);
    buffer_init(&b->reply, b->pool);
    keyspace_populate(b->ks, 0, keys, "key", VALUE);
}

static void end(struct bench *b) {
    pool_destroy(b->pool);
    pool_destroy(b->scratch);
}

/* One command about key PREFIX:n. */
static void run(struct bench *b, const struct command *c, const char *prefix, uint64_t n, const struct bytes *more,
                size_t count) {
    char key[40];
    struct bytes words[8] = {{c->name, strlen(c->name)},
                             {key, (size_t)snprintf(key, sizeof key, "%s:%llu", prefix, (unsigned long long)n)}};
    memcpy(words + 2, more, count * sizeof *more);
    buffer_clear(&b->reply);
    struct exec ex = {.ks = b->ks,
                      .pool = b->scratch,
                      .argv = words,
                      .argc = count + 2,
                      .command = c,
                      .now_ms = 1700000000000,
                      .chance = &b->chance,
                      .reply = &b->reply};
    command_exec(&ex);
}

struct work {
    const char *title, *command, *prefix;
    const char *words[3];
    uint64_t keys;
    bool snapshot;
};

/* Nanoseconds a command, the best of some rounds; making the key's name is in it, and is measured apart. */
static double measure(const struct work *w) {
    enum { COMMANDS = 1000000 };
    struct bench b;
    struct bytes words[3];
    size_t count = 0;
    double best = 1e9;
    const struct command *c = command_find((struct bytes){w->command, strlen(w->command)});
    begin(&b, w->keys);
    struct snapshot *s = w->snapshot ? snapshot_open(b.ks, PAGE) : NULL;
    for (; count < 3 && w->words[count]; count++)
        words[count] = (struct bytes){w->words[count], strlen(w->words[count])};
    for (int round = 0; round < ROUNDS; round++) {
        double t = seconds();
        for (int i = 0; i < COMMANDS; i++) {
            run(&b, c, w->prefix, chance_below(&b.chance, w->keys), words, count);
            if (i % 1000 == 0) pool_reset(b.scratch);
        }
        t = (seconds() - t) * 1e9 / COMMANDS;
        if (t < best) best = t;
    }
    if (s) snapshot_close(s);
    end(&b);
    return best;
}

/* What the loop around the commands costs: drawing a key and printing its name. */
static double measure_loop(uint64_t keys) {
    enum { NAMES = 1000000 };
    struct chance c = chance_named(1, "bench", NULL, NULL, 0);
    char key[40];
    uint64_t letters = 0;
    double t = seconds();
    for (int i = 0; i < NAMES; i++)
        letters += (uint64_t)snprintf(key, sizeof key, "%s:%llu", "key", (unsigned long long)chance_below(&c, keys));
    t = (seconds() - t) * 1e9 / NAMES;
    return letters > 0 ? t : 0; /* so that the loop is not optimised away */
}

static void measure_rdb(void) {
    struct bench b;
    struct buffer file;
    size_t used;
    begin(&b, LARGE);
    buffer_init(&file, b.pool);
    struct snapshot *s = snapshot_open(b.ks, PAGE);
    struct rdb_writer *w = rdb_writer_open(b.pool, s, &(struct rdb_info){.ctime = 1});
    double t = seconds();
    while (rdb_writer_step(w, 65536, &file)) continue;
    printf("%-40s %8.0f MB/s %8.1f ns a key\n", "RDB out", (double)file.len / (seconds() - t) / 1e6,
           (seconds() - t) * 1e9 / LARGE);
    rdb_writer_close(w);
    snapshot_close(s);
    struct keyspace *copy = keyspace_create(b.pool);
    struct rdb_reader *reader = rdb_reader_open(b.pool, copy, 0);
    t = seconds();
    if (rdb_reader_feed(reader, buffer_bytes(&file), &used) != RDB_DONE) abort();
    printf("%-40s %8.0f MB/s %8.1f ns a key\n", "RDB in", (double)file.len / (seconds() - t) / 1e6,
           (seconds() - t) * 1e9 / LARGE);
    rdb_reader_close(reader);
    end(&b);
}

int main(void) {
    static const struct work works[] = {
        {"SET, 1,000 keys", "set", "key", {"abcdefghijklmnop"}, SMALL, false},
        {"SET, 1,000 keys, snapshot open", "set", "key", {"abcdefghijklmnop"}, SMALL, true},
        {"GET, 1,000 keys", "get", "key", {NULL}, SMALL, false},
        {"INCR, 1,000 keys", "incr", "counter", {NULL}, SMALL, false},
        {"RPUSH, 1,000 keys", "rpush", "list", {"abcdefghijklmnop"}, SMALL, false},
        {"HSET, 1,000 keys", "hset", "hash", {"field", "abcdefghijklmnop"}, SMALL, false},
        {"SADD, 1,000 keys", "sadd", "set", {"member"}, SMALL, false},
        {"ZADD, 1,000 keys", "zadd", "zset", {"1.5", "member"}, SMALL, false},
        {"SET EX, 1,000 keys", "set", "key", {"abcdefghijklmnop", "ex", "100"}, SMALL, false},
        {"SET, 1,000,000 keys", "set", "key", {"abcdefghijklmnop"}, LARGE, false},
        {"SET, 1,000,000 keys, snapshot open", "set", "key", {"abcdefghijklmnop"}, LARGE, true},
    };
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        printf("%-40s %8.1f ns a command\n", works[i].title, measure(&works[i]) - measure_loop(works[i].keys));
    measure_rdb();
    return 0;
}
