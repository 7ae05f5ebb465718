/* Strings: setting and getting. What changes a value in place is in t_string_edit.c, numbers in t_counter.c. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/expiry.h"

enum set_option {
    SET_NX = 1,
    SET_XX = 2,
    SET_GET = 4,
    SET_KEEPTTL = 8,
    SET_PERSIST = 16,
};

/* What SET and GETEX may say beside key and value. */
struct set_options {
    unsigned flags;
    struct expiry_argument expiry;
};

/* One of EX PX EXAT PXAT at argument i, if none was given before. */
static bool take_expiry(struct exec *ex, size_t *i, struct set_options *o) {
    static const struct {
        const char *word;
        enum expiry_unit unit;
    } words[] = {{"ex", EXPIRY_SECONDS}, {"px", EXPIRY_MS}, {"exat", EXPIRY_AT_SECONDS}, {"pxat", EXPIRY_AT_MS}};
    if (o->flags & (SET_KEEPTTL | SET_PERSIST) || o->expiry.unit != EXPIRY_NONE || *i + 1 >= ex->argc) return false;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        if (!exec_word(ex, *i, words[w].word)) continue;
        o->expiry = (struct expiry_argument){words[w].unit, ++*i};
        return true;
    }
    return false;
}

/* Reads the options from argument `first` on; `allowed` are those beside the times to live. Replies if they are wrong.
 */
static bool read_options(struct exec *ex, size_t first, unsigned allowed, struct set_options *o) {
    static const struct {
        const char *word;
        unsigned flag, not_with;
    } words[] = {{"nx", SET_NX, SET_XX},
                 {"xx", SET_XX, SET_NX},
                 {"get", SET_GET, 0},
                 {"keepttl", SET_KEEPTTL, SET_PERSIST},
                 {"persist", SET_PERSIST, SET_KEEPTTL}};
    *o = (struct set_options){0, {EXPIRY_NONE, 0}};
    for (size_t i = first; i < ex->argc; i++) {
        if (take_expiry(ex, &i, o)) continue;
        unsigned flag = 0;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (exec_word(ex, i, words[w].word) && !(o->flags & words[w].not_with)) flag = words[w].flag;
        bool two_times = flag & (SET_KEEPTTL | SET_PERSIST) && o->expiry.unit != EXPIRY_NONE;
        if (!(flag & allowed) || two_times) {
            reply_syntax_error(ex);
            return false;
        }
        o->flags |= flag;
    }
    return true;
}

static void reply_text(struct exec *ex, const struct entry *e) {
    if (e)
        reply_bulk(ex, text_bytes(e->value.text));
    else
        reply_nil(ex);
}

/* Sets a key to a string; the time to live goes unless it is to stay. */
static struct entry *set_key(struct exec *ex, struct entry *e, struct bytes key, struct bytes value, bool keep_ttl) {
    struct database *db = exec_database(ex);
    ex->dirty++;
    if (!e) return database_add(db, key, OBJECT_STRING, (union object){.text = text_create(db->pool, value)});
    if (!keep_ttl) entry_set_deadline(db, e, NO_DEADLINE);
    entry_set_text(db, e, value);
    return e;
}

/* The stream carries absolute times, and no GET. */
static void rewrite_set(struct exec *ex, struct bytes key, struct bytes value, const struct set_options *o,
                        int64_t deadline) {
    if (o->expiry.unit != EXPIRY_NONE) {
        exec_rewrite(ex, (struct bytes[]){resp_text("SET"), key, value, resp_text("PXAT"), exec_text(ex, deadline)}, 5);
        return;
    }
    if (!(o->flags & SET_GET)) return;
    struct bytes *words = POOL_ARRAY(ex->pool, struct bytes, ex->argc);
    size_t count = 0;
    for (size_t i = 0; i < ex->argc; i++)
        if (i < 3 || !exec_word(ex, i, "get")) words[count++] = ex->argv[i];
    exec_rewrite(ex, words, count);
}

/* How SET, SETNX, SETEX and PSETEX answer. */
struct set_reply {
    void (*done)(struct exec *ex);
    void (*refused)(struct exec *ex);
};

static void set_generic(struct exec *ex, struct bytes key, struct bytes value, const struct set_options *o,
                        struct set_reply reply) {
    int64_t deadline = NO_DEADLINE;
    if (!expiry_read(ex, o->expiry, &deadline)) return;
    if (o->flags & SET_GET) ex->lookup |= LOOKUP_COUNTS;
    struct entry *e = exec_find(ex, key);
    if (o->flags & SET_GET) {
        if (e && e->type != OBJECT_STRING) {
            reply_wrong_type(ex);
            return;
        }
        reply_text(ex, e);
    }
    if ((o->flags & SET_NX && e) || (o->flags & SET_XX && !e)) {
        if (!(o->flags & SET_GET)) reply.refused(ex);
        return;
    }
    bool has_deadline = o->expiry.unit != EXPIRY_NONE;
    e = set_key(ex, e, key, value, has_deadline || o->flags & SET_KEEPTTL);
    if (has_deadline) entry_set_deadline(exec_database(ex), e, deadline);
    rewrite_set(ex, key, value, o, deadline);
    if (!(o->flags & SET_GET)) reply.done(ex);
}

static void reply_one(struct exec *ex) {
    reply_number(ex, 1);
}

static void reply_zero(struct exec *ex) {
    reply_number(ex, 0);
}

void command_set(struct exec *ex) {
    struct set_options o = {0, {EXPIRY_NONE, 0}};
    if (ex->argc > 3 && !read_options(ex, 3, SET_NX | SET_XX | SET_GET | SET_KEEPTTL, &o)) return;
    set_generic(ex, ex->argv[1], ex->argv[2], &o, (struct set_reply){reply_ok, reply_nil});
}

void command_setnx(struct exec *ex) {
    struct set_options o = {SET_NX, {EXPIRY_NONE, 0}};
    set_generic(ex, ex->argv[1], ex->argv[2], &o, (struct set_reply){reply_one, reply_zero});
}

void command_setex(struct exec *ex) {
    struct set_options o = {0, {EXPIRY_SECONDS, 2}};
    set_generic(ex, ex->argv[1], ex->argv[3], &o, (struct set_reply){reply_ok, reply_nil});
}

void command_psetex(struct exec *ex) {
    struct set_options o = {0, {EXPIRY_MS, 2}};
    set_generic(ex, ex->argv[1], ex->argv[3], &o, (struct set_reply){reply_ok, reply_nil});
}

void command_get(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (!wrong) reply_text(ex, e);
}

void command_getset(struct exec *ex) {
    bool wrong;
    ex->lookup |= LOOKUP_COUNTS;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    reply_text(ex, e);
    set_key(ex, e, ex->argv[1], ex->argv[2], false);
    exec_rewrite(ex, (struct bytes[]){resp_text("SET"), ex->argv[1], ex->argv[2]}, 3);
}

void command_getdel(struct exec *ex) {
    bool wrong;
    ex->lookup |= LOOKUP_COUNTS;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    reply_text(ex, e);
    if (!e) return;
    database_remove(exec_database(ex), e);
    ex->dirty++;
    exec_rewrite(ex, (struct bytes[]){resp_text("DEL"), ex->argv[1]}, 2);
}

void command_getex(struct exec *ex) {
    struct set_options o;
    bool wrong;
    int64_t deadline = NO_DEADLINE;
    if (!read_options(ex, 2, SET_PERSIST, &o)) return;
    ex->lookup |= LOOKUP_COUNTS;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    if (!e) {
        reply_nil(ex);
        return;
    }
    if (!expiry_read(ex, o.expiry, &deadline)) return;
    reply_text(ex, e);
    if (o.expiry.unit != EXPIRY_NONE)
        expiry_apply(ex, e, deadline, ex->argc);
    else if (o.flags & SET_PERSIST && e->deadline != NO_DEADLINE) {
        entry_set_deadline(exec_database(ex), e, NO_DEADLINE);
        ex->dirty++;
        exec_rewrite(ex, (struct bytes[]){resp_text("PERSIST"), ex->argv[1]}, 2);
    }
}

/* --- several keys ---------------------------------------------------------------------------------------- */

void command_mget(struct exec *ex) {
    reply_array(ex, ex->argc - 1);
    for (size_t i = 1; i < ex->argc; i++) {
        struct entry *e = exec_find(ex, ex->argv[i]);
        reply_text(ex, e && e->type == OBJECT_STRING ? e : NULL);
    }
}

static bool mset_generic(struct exec *ex, bool only_new) {
    if (ex->argc % 2 == 0) {
        reply_error(ex, "ERR wrong number of arguments for '%s' command", ex->command->name);
        return false;
    }
    for (size_t i = 1; only_new && i < ex->argc; i += 2) {
        if (!exec_find(ex, ex->argv[i])) continue;
        reply_number(ex, 0);
        return false;
    }
    for (size_t i = 1; i < ex->argc; i += 2)
        set_key(ex, exec_find(ex, ex->argv[i]), ex->argv[i], ex->argv[i + 1], false);
    return true;
}

void command_mset(struct exec *ex) {
    if (mset_generic(ex, false)) reply_ok(ex);
}

void command_msetnx(struct exec *ex) {
    if (mset_generic(ex, true)) reply_number(ex, 1);
}
