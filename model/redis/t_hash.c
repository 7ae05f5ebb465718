/* Hashes. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/extended.h"

/* --- reading ---------------------------------------------------------------------------------------------- */

/* The hash at argument 1; NULL if there is none, or after replying WRONGTYPE (*wrong). */
static const struct table *find_hash(struct exec *ex, bool *wrong) {
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_HASH, wrong);
    return e && !*wrong ? e->value.table : NULL;
}

static const struct element *find_field(const struct table *t, struct bytes field) {
    return t ? table_find(t, field) : NULL;
}

static void reply_value(struct exec *ex, const struct element *f) {
    if (f)
        reply_bulk(ex, text_bytes(f->value));
    else
        reply_nil(ex);
}

void command_hget(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (!wrong) reply_value(ex, find_field(t, ex->argv[2]));
}

void command_hmget(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (wrong) return;
    reply_array(ex, ex->argc - 2);
    for (size_t i = 2; i < ex->argc; i++) reply_value(ex, find_field(t, ex->argv[i]));
}

void command_hlen(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (!wrong) reply_number(ex, t ? t->count : 0);
}

void command_hexists(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (!wrong) reply_number(ex, find_field(t, ex->argv[2]) != NULL);
}

void command_hstrlen(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (wrong) return;
    const struct element *f = find_field(t, ex->argv[2]);
    reply_number(ex, f ? f->value->len : 0);
}

static void reply_all(struct exec *ex, bool names, bool values) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (wrong) return;
    uint32_t count = t ? t->count : 0;
    reply_array(ex, (size_t)count * ((size_t)names + (size_t)values));
    for (uint32_t i = 0; i < count; i++) {
        if (names) reply_bulk(ex, text_bytes(t->elements[i].name));
        if (values) reply_bulk(ex, text_bytes(t->elements[i].value));
    }
}

void command_hgetall(struct exec *ex) {
    reply_all(ex, true, true);
}

void command_hkeys(struct exec *ex) {
    reply_all(ex, true, false);
}

void command_hvals(struct exec *ex) {
    reply_all(ex, false, true);
}

/* --- writing ---------------------------------------------------------------------------------------------- */

/* Sets a field of an opened hash; whether it is new. */
static bool set_field(struct pool *pool, struct table *t, struct bytes field, struct bytes value) {
    struct element *f = table_find(t, field);
    if (f)
        table_set_field(pool, t, f, value);
    else
        table_add_field(pool, t, field, value);
    return f == NULL;
}

/* Sets the pairs from argument 2 on; how many are new, -1 after an error reply. */
static int64_t set_pairs(struct exec *ex) {
    if (ex->argc % 2 != 0) {
        reply_error(ex, "ERR wrong number of arguments for '%s' command", ex->command->name);
        return -1;
    }
    struct entry *e = exec_find_or_add(ex, ex->argv[1], OBJECT_HASH);
    if (!e) return -1;
    struct database *db = exec_database(ex);
    struct table *t = entry_open(db, e)->table;
    int64_t created = 0;
    for (size_t i = 2; i < ex->argc; i += 2) created += set_field(db->pool, t, ex->argv[i], ex->argv[i + 1]);
    exec_close(ex, e);
    ex->dirty += (ex->argc - 2) / 2;
    return created;
}

void command_hset(struct exec *ex) {
    int64_t created = set_pairs(ex);
    if (created >= 0) reply_number(ex, created);
}

void command_hmset(struct exec *ex) {
    if (set_pairs(ex) >= 0) reply_ok(ex);
}

void command_hsetnx(struct exec *ex) {
    bool wrong;
    const struct table *t = find_hash(ex, &wrong);
    if (wrong) return;
    if (find_field(t, ex->argv[2])) {
        reply_number(ex, 0);
        return;
    }
    reply_number(ex, set_pairs(ex));
}

void command_hdel(struct exec *ex) {
    exec_remove_members(ex, OBJECT_HASH);
}

/* --- numbers ---------------------------------------------------------------------------------------------- */

/* Sets the field of argument 2 to a number's text. */
static void put_number(struct exec *ex, struct bytes text) {
    struct database *db = exec_database(ex);
    struct entry *e = exec_find_or_add(ex, ex->argv[1], OBJECT_HASH);
    set_field(db->pool, entry_open(db, e)->table, ex->argv[2], text);
    exec_close(ex, e);
    ex->dirty++;
}

void command_hincrby(struct exec *ex) {
    int64_t by, n = 0;
    bool wrong;
    if (!exec_number(ex, 3, &by)) return;
    const struct element *f = find_field(find_hash(ex, &wrong), ex->argv[2]);
    if (wrong) return;
    if (f && !resp_parse_number(text_bytes(f->value), &n)) {
        reply_error(ex, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(n, by, &n)) {
        reply_error(ex, "ERR increment or decrement would overflow");
        return;
    }
    put_number(ex, exec_text(ex, n));
    reply_number(ex, n);
}

void command_hincrbyfloat(struct exec *ex) {
    struct extended by, value = {0};
    bool wrong;
    if (!extended_parse(ex->argv[3], &by)) {
        reply_error(ex, "ERR value is not a valid float");
        return;
    }
    const struct element *f = find_field(find_hash(ex, &wrong), ex->argv[2]);
    if (wrong) return;
    if (f && !extended_parse(text_bytes(f->value), &value)) {
        reply_error(ex, "ERR hash value is not a float");
        return;
    }
    if (!extended_add(value, by, &value)) {
        reply_error(ex, "ERR increment would produce NaN or Infinity");
        return;
    }
    char text[EXTENDED_ROOM];
    struct bytes result = {text, extended_format(value, text)};
    put_number(ex, result);
    reply_bulk(ex, result);
    exec_rewrite(ex, (struct bytes[]){resp_text("HSET"), ex->argv[1], ex->argv[2], result}, 4);
}
