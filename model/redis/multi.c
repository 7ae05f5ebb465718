/* MULTI, EXEC, DISCARD, WATCH. */
#include <assert.h>

#include "model/redis/database.h"
#include "model/redis/server.h"

/* --- the queue ---------------------------------------------------------------------------------------------------- */

static void keep_words(struct client *c, const struct running *r) {
    struct multi *m = &c->multi;
    struct pool *pool = c->server->pool;
    if (m->word_count + r->argc > m->word_room) {
        size_t room = (m->word_count + r->argc) * 2;
        m->words = pool_resize(pool, m->words, m->word_room * sizeof(*m->words), room * sizeof(*m->words));
        m->word_room = room;
    }
    for (size_t i = 0; i < r->argc; i++) {
        m->words[m->word_count++] = (struct resp_slice){m->bytes.len, r->argv[i].len};
        buffer_put(&m->bytes, r->argv[i].at, r->argv[i].len);
    }
}

void multi_keep(struct client *c, const struct running *r) {
    struct multi *m = &c->multi;
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 8;
        m->commands =
            pool_resize(c->server->pool, m->commands, m->room * sizeof(*m->commands), room * sizeof(*m->commands));
        m->room = room;
    }
    m->commands[m->count++] = (struct queued){r->command, (uint32_t)m->word_count, (uint32_t)r->argc};
    m->flags |= r->command->flags;
    m->lacking_flags |= ~r->command->flags;
    keep_words(c, r);
}

/* The words stay readable until the next one is kept: the stream may still need them. */
void multi_forget(struct client *c) {
    struct multi *m = &c->multi;
    m->bytes.len = 0;
    m->word_count = m->count = 0;
    m->flags = m->lacking_flags = 0;
}

struct running multi_command_at(struct client *c, size_t i) {
    const struct multi *m = &c->multi;
    assert(i < m->count);
    const struct queued *q = &m->commands[i];
    struct bytes *argv = POOL_ARRAY(c->server->scratch, struct bytes, q->word_count);
    for (size_t k = 0; k < q->word_count; k++) {
        const struct resp_slice *word = &m->words[q->first_word + k];
        argv[k] = (struct bytes){m->bytes.at + word->at, word->len};
    }
    return (struct running){c, q->command, argv, q->word_count, {NULL, 0}};
}

void multi_queue(struct client *c, const struct running *r) {
    /* After an error EXEC fails anyway: nothing more is kept. */
    if (!(c->flags & (CLIENT_DIRTY_EXEC | CLIENT_DIRTY_CAS))) multi_keep(c, r);
    client_reply_status(c, "QUEUED");
}

void multi_discard(struct client *c) {
    multi_forget(c);
    c->flags &= ~(unsigned)(CLIENT_IN_MULTI | CLIENT_DIRTY_EXEC | CLIENT_DIRTY_CAS);
    unwatch_all(c);
}

/* --- what becomes of watched keys ----------------------------------------------------------------------------------
 */

/* Whether the key is there and its time is over. */
static bool is_expired(const struct server *s, int db, struct bytes key) {
    const struct entry *e = s->loading.active ? NULL : database_find(keyspace_database(s->ks, db), key);
    return e && e->deadline != NO_DEADLINE && e->deadline < s->mstime;
}

/* A key that had expired when it was watched may be deleted: for the client nothing has changed. */
static void touch_watched(struct client *c, struct watched_key *w, bool gone) {
    if (!w->expired)
        c->flags |= CLIENT_DIRTY_CAS;
    else if (gone)
        w->expired = false;
}

static void touch(struct server *s, int db, struct bytes key, bool gone) {
    struct client *c;
    TAILQ_FOREACH(c, &s->clients, all) {
        for (struct watched_key *w = c->watched; w; w = w->next)
            if (w->db == db && bytes_equal(w->key, key)) touch_watched(c, w, gone);
    }
}

void watch_key_deleted(struct server *s, int db, struct bytes key) {
    if (s->watcher_count) touch(s, db, key, true);
}

/* A watched key has expired since, whether or not it was deleted. */
static bool watches_expired(const struct client *c) {
    for (const struct watched_key *w = c->watched; w; w = w->next)
        if (!w->expired && is_expired(c->server, w->db, w->key)) return true;
    return false;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

void multi_command(struct client *c) {
    if (c->flags & CLIENT_IN_MULTI) {
        client_reply_error(c, "ERR MULTI calls can not be nested");
        return;
    }
    c->flags |= CLIENT_IN_MULTI;
    client_reply_status(c, "OK");
}

void discard_command(struct client *c) {
    if (!(c->flags & CLIENT_IN_MULTI)) {
        client_reply_error(c, "ERR DISCARD without MULTI");
        return;
    }
    multi_discard(c);
    client_reply_status(c, "OK");
}

void exec_command(struct client *c) {
    struct server *s = c->server;
    if (!(c->flags & CLIENT_IN_MULTI)) {
        client_reply_error(c, "ERR EXEC without MULTI");
        return;
    }
    if (c->flags & CLIENT_DIRTY_EXEC) {
        multi_discard(c);
        client_reply_error(c, "EXECABORT Transaction discarded because of previous errors.");
        return;
    }
    if ((c->flags & CLIENT_DIRTY_CAS) || watches_expired(c)) {
        multi_discard(c);
        client_reply_nil_array(c);
        return;
    }
    unwatch_all(c);
    client_reply_array(c, c->multi.count);
    int64_t now_ms = s->mstime; /* no key expires half way */
    for (size_t i = 0; i < c->multi.count; i++) {
        struct running r = multi_command_at(c, i);
        dispatch_call(c, &r, now_ms);
    }
    multi_discard(c);
}

/* --- WATCH -------------------------------------------------------------------------------------------------------- */

void watch_command(struct client *c) {
    struct server *s = c->server;
    if (c->flags & CLIENT_IN_MULTI) {
        client_reply_error(c, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    for (size_t i = 1; i < s->running.argc; i++) {
        struct bytes key = s->running.argv[i];
        struct watched_key *w = POOL_NEW(s->pool, struct watched_key);
        w->db = c->db;
        w->expired = is_expired(s, c->db, key);
        w->key = (struct bytes){pool_strndup(s->pool, key.at, key.len), key.len};
        w->next = c->watched;
        if (!c->watched) s->watcher_count++;
        c->watched = w;
    }
    client_reply_status(c, "OK");
}

void unwatch_command(struct client *c) {
    unwatch_all(c);
    c->flags &= ~(unsigned)CLIENT_DIRTY_CAS;
    client_reply_status(c, "OK");
}

void unwatch_all(struct client *c) {
    struct server *s = c->server;
    if (!c->watched) return;
    while (c->watched) {
        struct watched_key *w = c->watched;
        c->watched = w->next;
        pool_free(s->pool, (char *)(uintptr_t)w->key.at, w->key.len + 1);
        pool_free(s->pool, w, sizeof(*w));
    }
    s->watcher_count--;
}

void watch_touch_all(struct server *s) {
    struct client *c;
    TAILQ_FOREACH(c, &s->clients, all) {
        if (c->watched) c->flags |= CLIENT_DIRTY_CAS;
    }
}

void watch_touch_command(struct server *s, const struct exec *ex) {
    for (const struct propagated *p = ex->before; p; p = p->next) watch_key_deleted(s, p->db, p->words[1]);
    if (!ex->dirty) return;
    const struct command *command = ex->command;
    if (command->first_key == 0) { /* FLUSHALL, SWAPDB */
        watch_touch_all(s);
        return;
    }
    int last = command->last_key < 0 ? (int)ex->argc + command->last_key : command->last_key;
    for (int i = command->first_key; i <= last && i < (int)ex->argc; i += command->key_step) {
        touch(s, ex->db, ex->argv[i], !database_find(keyspace_database(s->ks, ex->db), ex->argv[i]));
    }
}
