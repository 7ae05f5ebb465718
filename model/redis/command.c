/* Executing a data command: see command.h and exec.h. */
#include "model/redis/command.h"

#include <assert.h>
#include <limits.h>
#include <strings.h>

#include "model/redis/exec.h"

/* --- the table ------------------------------------------------------------------------------------------- */

static int compare_name(struct bytes name, const char *with) {
    size_t len = strlen(with), common = name.len < len ? name.len : len;
    int order = strncasecmp(name.at, with, common);
    if (order != 0) return order;
    return (name.len > len) - (name.len < len);
}

const struct command *command_find(struct bytes name) {
    const struct command *table = command_table();
    size_t low = 0, high = command_count();
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(name, table[middle].name);
        if (order == 0) return &table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool command_arity_ok(const struct command *c, size_t argc) {
    assert(c->arity != 0);
    return c->arity > 0 ? argc == (size_t)c->arity : argc >= (size_t)-c->arity;
}

void command_exec(struct exec *ex) {
    assert(ex->command && ex->command->run && command_arity_ok(ex->command, ex->argc));
    ex->dirty = 0;
    ex->failed = ex->rewritten = ex->block = ex->forced = false;
    ex->error = NULL;
    ex->before = ex->also = NULL;
    ex->also_tail = &ex->also;
    ex->ready_keys = NULL;
    ex->ready_key_count = 0;
    ex->lookup = LOOKUP_TOUCHES | (ex->command->flags & CMD_READONLY ? LOOKUP_COUNTS : 0u);
    ex->hits = ex->misses = 0;
    ex->command->run(ex);
}

/* --- the stream ------------------------------------------------------------------------------------------ */

/* Words of a command for the stream, with bytes of their own. */
static struct propagated *propagated_create(struct exec *ex, const struct bytes *words, size_t count) {
    struct propagated *p = POOL_NEW(ex->pool, struct propagated);
    p->db = ex->db;
    p->count = count;
    p->words = POOL_ARRAY(ex->pool, struct bytes, count);
    for (size_t i = 0; i < count; i++)
        p->words[i] = (struct bytes){pool_strndup(ex->pool, words[i].at, words[i].len), words[i].len};
    return p;
}

void exec_rewrite(struct exec *ex, const struct bytes *words, size_t count) {
    ex->rewritten = true;
    if (count == 0) return;
    *ex->also_tail = propagated_create(ex, words, count);
    ex->also_tail = &(*ex->also_tail)->next;
}

void exec_rewrite_nothing(struct exec *ex) {
    ex->rewritten = true;
}

struct bytes exec_text(struct exec *ex, int64_t n) {
    char *text = pool_alloc(ex->pool, 21);
    return (struct bytes){text, resp_format_number(n, text)};
}

void exec_ready(struct exec *ex, struct bytes key) {
    size_t n = ex->ready_key_count;
    struct bytes *keys = pool_alloc(ex->pool, (n + 1) * sizeof *keys);
    if (n) memcpy(keys, ex->ready_keys, n * sizeof *keys);
    keys[n] = (struct bytes){pool_strndup(ex->pool, key.at, key.len), key.len};
    ex->ready_keys = keys;
    ex->ready_key_count = n + 1;
}

/* --- keys ------------------------------------------------------------------------------------------------ */

/* Lazy expiry: the DEL goes into the stream before the command. */
static void propagate_expiry(struct exec *ex, int db, struct bytes key) {
    struct propagated *p = propagated_create(ex, (struct bytes[]){{"DEL", 3}, key}, 2);
    p->db = db;
    p->expiry = true;
    struct propagated **tail = &ex->before;
    while (*tail) tail = &(*tail)->next;
    *tail = p;
}

bool exec_expired(const struct exec *ex, const struct entry *e) {
    return e->deadline != NO_DEADLINE && ex->now_ms > e->deadline;
}

/* A key as this caller sees it. */
static struct entry *find_visible(struct exec *ex, int db, struct bytes key) {
    struct database *in = keyspace_database(ex->ks, db);
    struct entry *e = database_find(in, key);
    if (!e || ex->expiry == EXPIRY_IGNORE || !exec_expired(ex, e)) return e;
    if (ex->expiry == EXPIRY_MASTER) {
        propagate_expiry(ex, db, key); /* first: the key's bytes may be the entry's own */
        database_remove(in, e);
    } else if (ex->command->flags & CMD_WRITE) {
        database_remove(in, e); /* a writable replica's own client: deleted here, told to nobody */
    }
    return NULL;
}

struct entry *exec_find_in(struct exec *ex, int db, struct bytes key) {
    struct entry *e = find_visible(ex, db, key);
    if (ex->lookup & LOOKUP_COUNTS) *(e ? &ex->hits : &ex->misses) += 1;
    if (e && ex->lookup & LOOKUP_TOUCHES) access_note(keyspace_database(ex->ks, db)->clock, &e->access);
    return e;
}

struct entry *exec_find(struct exec *ex, struct bytes key) {
    return exec_find_in(ex, ex->db, key);
}

struct entry *exec_find_type(struct exec *ex, struct bytes key, enum object_type type, bool *wrong) {
    struct entry *e = exec_find(ex, key);
    *wrong = e && e->type != type;
    if (*wrong) reply_wrong_type(ex);
    return e;
}

struct entry *exec_find_or_add(struct exec *ex, struct bytes key, enum object_type type) {
    bool wrong;
    struct entry *e = exec_find_type(ex, key, type, &wrong);
    if (wrong) return NULL;
    struct database *db = exec_database(ex);
    return e ? e : database_add(db, key, type, object_create(db->pool, type));
}

bool exec_close(struct exec *ex, struct entry *e) {
    entry_close(exec_database(ex), e);
    if (object_count(e->type, e->value) > 0) return false;
    database_remove(exec_database(ex), e);
    return true;
}

void exec_remove_members(struct exec *ex, enum object_type type) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], type, &wrong);
    if (wrong) return;
    uint32_t removed = 0;
    if (e) {
        struct database *db = exec_database(ex);
        struct table *t = entry_open(db, e)->table;
        for (size_t i = 2; i < ex->argc; i++) {
            struct element *member = table_find(t, ex->argv[i]);
            if (!member) continue;
            table_remove(db->pool, t, member, type == OBJECT_HASH && t->count <= TABLE_ORDERED_MAX);
            removed++;
        }
        exec_close(ex, e);
    }
    ex->dirty += removed;
    reply_number(ex, removed);
}

void exec_store(struct exec *ex, struct bytes key, enum object_type type, union object value) {
    struct database *db = exec_database(ex);
    struct entry *e = exec_find(ex, key);
    if (e) {
        entry_replace(db, e, type, value);
        entry_set_deadline(db, e, NO_DEADLINE);
    } else {
        database_add(db, key, type, value);
    }
    if (type == OBJECT_LIST || type == OBJECT_ZSET) exec_ready(ex, key);
}

bool exec_delete(struct exec *ex, struct bytes key) {
    struct entry *e = exec_find(ex, key);
    if (e) database_remove(exec_database(ex), e);
    return e != NULL;
}

/* --- arguments ------------------------------------------------------------------------------------------- */

bool exec_number(struct exec *ex, size_t i, int64_t *n) {
    if (resp_parse_number(ex->argv[i], n)) return true;
    reply_error(ex, "ERR value is not an integer or out of range");
    return false;
}

bool exec_number_from(struct exec *ex, size_t i, int64_t min, int64_t max, const char *error, int64_t *n) {
    if (resp_parse_number(ex->argv[i], n) && *n >= min && *n <= max) return true;
    reply_error(ex, "ERR %s", error);
    return false;
}

bool exec_score(struct exec *ex, size_t i, zscore *score) {
    if (score_parse(ex->argv[i], score)) return true;
    reply_error(ex, "ERR value is not a valid float");
    return false;
}

bool exec_range(int64_t start, int64_t stop, uint64_t count, uint32_t *from, uint32_t *n) {
    int64_t len = (int64_t)count;
    if (start < 0) start = start < -len ? 0 : start + len;
    if (stop < 0) stop += len;
    if (stop >= len) stop = len - 1;
    if (start > stop || start >= len) return false;
    *from = (uint32_t)start;
    *n = (uint32_t)(stop - start + 1);
    return true;
}

/* --- replies --------------------------------------------------------------------------------------------- */

void reply_status(struct exec *ex, const char *status) {
    if (!ex->reply) return;
    buffer_putc(ex->reply, '+');
    buffer_puts(ex->reply, status);
    buffer_put(ex->reply, "\r\n", 2);
}

void reply_ok(struct exec *ex) {
    if (ex->reply) buffer_put(ex->reply, "+OK\r\n", 5);
}

void reply_error(struct exec *ex, const char *format, ...) {
    struct buffer text;
    buffer_init(&text, ex->pool);
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    for (size_t i = 0; i < text.len; i++) /* an argument shown in it must not end the line */
        if (text.at[i] == '\r' || text.at[i] == '\n') text.at[i] = ' ';
    ex->failed = true;
    ex->error = text.at;
    if (!ex->reply) return;
    buffer_putc(ex->reply, '-');
    buffer_put(ex->reply, text.at, text.len);
    buffer_put(ex->reply, "\r\n", 2);
}

void reply_number(struct exec *ex, int64_t n) {
    if (ex->reply) resp_put_number(ex->reply, n);
}

void reply_bulk(struct exec *ex, struct bytes b) {
    if (ex->reply) resp_put_bulk(ex->reply, b);
}

void reply_nil(struct exec *ex) {
    if (ex->reply) buffer_put(ex->reply, "$-1\r\n", 5);
}

void reply_nil_array(struct exec *ex) {
    if (ex->reply) buffer_put(ex->reply, "*-1\r\n", 5);
}

void reply_array(struct exec *ex, size_t n) {
    if (ex->reply) resp_put_array(ex->reply, n);
}

void reply_score(struct exec *ex, zscore score) {
    char text[SCORE_ROOM];
    size_t len = score_format(score, text);
    reply_bulk(ex, (struct bytes){text, len});
}

void reply_syntax_error(struct exec *ex) {
    reply_error(ex, "ERR syntax error");
}

void reply_wrong_type(struct exec *ex) {
    reply_error(ex, "WRONGTYPE Operation against a key holding the wrong kind of value");
}
