/* Commands about keys whatever they hold, and about databases. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"

/* --- keys ------------------------------------------------------------------------------------------------- */

void command_del(struct exec *ex) {
    for (size_t i = 1; i < ex->argc; i++) ex->dirty += exec_delete(ex, ex->argv[i]);
    reply_number(ex, (int64_t)ex->dirty);
}

static void count_keys(struct exec *ex) {
    int64_t count = 0;
    for (size_t i = 1; i < ex->argc; i++) count += exec_find(ex, ex->argv[i]) != NULL;
    reply_number(ex, count);
}

void command_exists(struct exec *ex) {
    ex->lookup = LOOKUP_COUNTS;
    count_keys(ex);
}

/* EXISTS that uses the keys. */
void command_touch(struct exec *ex) {
    count_keys(ex);
}

void command_type(struct exec *ex) {
    ex->lookup = LOOKUP_COUNTS;
    struct entry *e = exec_find(ex, ex->argv[1]);
    reply_status(ex, object_type_name(e ? e->type : OBJECT_NONE));
}

/* Clients may wait for a list that comes by another way than a push. */
static void note_arrival(struct exec *ex, const struct entry *e) {
    if (e->type == OBJECT_LIST || e->type == OBJECT_ZSET) exec_ready(ex, text_bytes(e->key));
}

/* -1 without a source (after an error reply), 0 if the target is there and must not be, 1 when done. */
static int rename_generic(struct exec *ex, bool only_new) {
    struct bytes from = ex->argv[1], to = ex->argv[2];
    struct database *db = exec_database(ex);
    struct entry *e = exec_find(ex, from);
    if (!e) {
        reply_error(ex, "ERR no such key");
        return -1;
    }
    if (bytes_equal(from, to)) return !only_new;
    struct entry *old = exec_find(ex, to);
    if (old && only_new) return 0;
    if (old) database_remove(db, old);
    note_arrival(ex, database_move(db, e, db, to));
    ex->dirty++;
    return 1;
}

void command_rename(struct exec *ex) {
    if (rename_generic(ex, false) >= 0) reply_ok(ex);
}

void command_renamenx(struct exec *ex) {
    int done = rename_generic(ex, true);
    if (done >= 0) reply_number(ex, done);
}

/* --- between databases -------------------------------------------------------------------------------------- */

static bool check_db(struct exec *ex, int64_t n) {
    if (n >= 0 && n < KEYSPACE_DBS) return true;
    reply_error(ex, "ERR DB index is out of range");
    return false;
}

/* A database number at argument i; replies if it is none. */
static bool read_db(struct exec *ex, size_t i, int *db) {
    int64_t n;
    if (!exec_number_from(ex, i, INT32_MIN, INT32_MAX, "value is not an integer or out of range", &n)) return false;
    *db = (int)n;
    return check_db(ex, n);
}

void command_select(struct exec *ex) {
    int db;
    if (!read_db(ex, 1, &db)) return;
    ex->db = db;
    reply_ok(ex);
}

void command_swapdb(struct exec *ex) {
    int64_t a, b;
    if (!exec_number_from(ex, 1, INT32_MIN, INT32_MAX, "invalid first DB index", &a)) return;
    if (!exec_number_from(ex, 2, INT32_MIN, INT32_MAX, "invalid second DB index", &b)) return;
    if (!check_db(ex, a) || !check_db(ex, b)) return;
    keyspace_swap_databases(ex->ks, (int)a, (int)b);
    ex->dirty++;
    reply_ok(ex);
}

void command_move(struct exec *ex) {
    int db;
    if (!read_db(ex, 2, &db)) return;
    if (db == ex->db) {
        reply_error(ex, "ERR source and destination objects are the same");
        return;
    }
    struct entry *e = exec_find(ex, ex->argv[1]);
    if (!e || exec_find_in(ex, db, ex->argv[1])) {
        reply_number(ex, 0);
        return;
    }
    database_move(exec_database(ex), e, keyspace_database(ex->ks, db), ex->argv[1]);
    ex->dirty++;
    reply_number(ex, 1);
}

static bool read_copy_options(struct exec *ex, int *db, bool *replace) {
    *db = ex->db;
    *replace = false;
    for (size_t i = 3; i < ex->argc; i++) {
        if (exec_word(ex, i, "replace")) {
            *replace = true;
        } else if (exec_word(ex, i, "db") && i + 1 < ex->argc) {
            if (!read_db(ex, ++i, db)) return false;
        } else {
            reply_syntax_error(ex);
            return false;
        }
    }
    return true;
}

void command_copy(struct exec *ex) {
    int db;
    bool replace;
    if (!read_copy_options(ex, &db, &replace)) return;
    if (db == ex->db && bytes_equal(ex->argv[1], ex->argv[2])) {
        reply_error(ex, "ERR source and destination objects are the same");
        return;
    }
    ex->lookup |= LOOKUP_COUNTS;
    struct entry *e = exec_find(ex, ex->argv[1]);
    ex->lookup &= ~(unsigned)LOOKUP_COUNTS;
    struct entry *old = e ? exec_find_in(ex, db, ex->argv[2]) : NULL;
    if (!e || (old && !replace)) {
        reply_number(ex, 0);
        return;
    }
    struct database *to = keyspace_database(ex->ks, db);
    if (old) database_remove(to, old);
    struct entry *copy = database_add(to, ex->argv[2], e->type, object_copy(to->pool, e->type, e->value));
    entry_set_deadline(to, copy, e->deadline);
    if (db == ex->db) note_arrival(ex, copy);
    ex->dirty++;
    reply_number(ex, 1);
}

/* --- whole databases ----------------------------------------------------------------------------------------- */

/* SYNC and ASYNC say how memory is given back, which changes nothing here. */
static bool read_flush_mode(struct exec *ex) {
    if (ex->argc == 1 || (ex->argc == 2 && (exec_word(ex, 1, "async") || exec_word(ex, 1, "sync")))) return true;
    reply_syntax_error(ex);
    return false;
}

static void flush_generic(struct exec *ex, int db) {
    if (!read_flush_mode(ex)) return;
    ex->dirty += keyspace_flush(ex->ks, db);
    ex->forced = true;
    reply_ok(ex);
}

void command_flushdb(struct exec *ex) {
    flush_generic(ex, ex->db);
}

void command_flushall(struct exec *ex) {
    flush_generic(ex, -1);
}

void command_dbsize(struct exec *ex) {
    reply_number(ex, (int64_t)keyspace_size(ex->ks, ex->db));
}
