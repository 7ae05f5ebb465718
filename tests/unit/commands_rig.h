/* Runs data commands on a keyspace of its own, for tests. Everything is static. */
#ifndef TESTS_UNIT_COMMANDS_RIG_H
#define TESTS_UNIT_COMMANDS_RIG_H

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/redis/command.h"
#include "model/redis/resp.h"
#include "sim/world/chance.h"

enum { RIG_WORDS_MAX = 64 };

struct rig {
    struct pool *pool, *scratch;
    struct keyspace *ks;
    int db;
    int64_t now_ms;
    enum expiry_view expiry;
    bool blocking_allowed;
    struct chance chance;
    struct buffer reply;  /* of the last command */
    struct buffer stream; /* what it propagated: its commands, one a line, words parted by blanks */
    struct exec ex;       /* the last one; valid until the next */
};

static void rig_init(struct rig *r) {
    *r =
        (struct rig){.pool = pool_create(), .scratch = pool_create(), .now_ms = 1700000000000, .expiry = EXPIRY_MASTER};
    r->ks = keyspace_create(r->pool);
    r->chance = chance_named(1, "rig", NULL, NULL, 0);
    buffer_init(&r->reply, r->pool);
    buffer_init(&r->stream, r->pool);
}

static void rig_done(struct rig *r) {
    keyspace_destroy(r->ks);
    buffer_free(&r->reply);
    buffer_free(&r->stream);
    assert(pool_in_use(r->pool) == 0); /* a keyspace gives everything back */
    pool_destroy(r->pool);
    pool_destroy(r->scratch);
}

static void rig_put_line(struct rig *r, const struct bytes *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i) buffer_putc(&r->stream, ' ');
        buffer_put(&r->stream, words[i].at, words[i].len);
    }
    buffer_putc(&r->stream, '\n');
}

static void rig_put_list(struct rig *r, const struct propagated *p) {
    for (; p; p = p->next) rig_put_line(r, p->words, p->count);
}

/* Runs a command given as words; false if it is unknown, the server's own, or has a wrong number of words. */
static bool rig_run(struct rig *r, const struct bytes *words, size_t count) {
    const struct command *c = command_find(words[0]);
    buffer_clear(&r->reply);
    buffer_clear(&r->stream);
    if (!c || !c->run || !command_arity_ok(c, count)) return false;
    pool_reset(r->scratch);
    r->ex = (struct exec){.ks = r->ks,
                          .pool = r->scratch,
                          .db = r->db,
                          .argv = words,
                          .argc = count,
                          .command = c,
                          .now_ms = r->now_ms,
                          .expiry = r->expiry,
                          .blocking_allowed = r->blocking_allowed,
                          .chance = &r->chance,
                          .reply = &r->reply};
    command_exec(&r->ex);
    r->db = r->ex.db;
    rig_put_list(r, r->ex.before);
    if (r->ex.rewritten)
        rig_put_list(r, r->ex.also);
    else if (r->ex.dirty || r->ex.forced)
        rig_put_line(r, words, count);
    return true;
}

/* Runs a line as redis-cli takes it. */
__attribute__((unused)) static bool rig_line(struct rig *r, const char *line) {
    struct resp_slice slices[RIG_WORDS_MAX];
    struct bytes words[RIG_WORDS_MAX];
    struct buffer text;
    buffer_init(&text, r->pool);
    int64_t n = resp_split_line((struct bytes){line, strlen(line)}, &text, slices, RIG_WORDS_MAX);
    assert(n > 0 && n <= RIG_WORDS_MAX);
    for (int64_t i = 0; i < n; i++) words[i] = (struct bytes){text.at + slices[i].at, slices[i].len};
    bool done = rig_run(r, words, (size_t)n);
    buffer_free(&text);
    return done;
}

#endif
