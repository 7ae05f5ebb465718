/* Lists. The blocking commands and those that move between lists are in t_list_move.c. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/list_reply.h"

/* --- push and pop ----------------------------------------------------------------------------------------- */

static void push_generic(struct exec *ex, bool at_head, bool only_existing) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e && only_existing) {
        reply_number(ex, 0);
        return;
    }
    if (!e) exec_ready(ex, ex->argv[1]);
    e = exec_find_or_add(ex, ex->argv[1], OBJECT_LIST);
    struct list *l = entry_open(exec_database(ex), e)->list;
    for (size_t i = 2; i < ex->argc; i++) list_push(exec_database(ex)->pool, l, ex->argv[i], at_head);
    exec_close(ex, e);
    ex->dirty += ex->argc - 2;
    reply_number(ex, l->count);
}

void command_lpush(struct exec *ex) {
    push_generic(ex, true, false);
}

void command_rpush(struct exec *ex) {
    push_generic(ex, false, false);
}

void command_lpushx(struct exec *ex) {
    push_generic(ex, true, true);
}

void command_rpushx(struct exec *ex) {
    push_generic(ex, false, true);
}

void list_pop_reply(struct exec *ex, struct entry *e, bool at_head, uint32_t count) {
    struct database *db = exec_database(ex);
    struct list *l = entry_open(db, e)->list;
    assert(count <= l->count);
    for (uint32_t i = 0; i < count; i++) {
        struct text *t = list_pop(l, at_head);
        reply_bulk(ex, text_bytes(t));
        text_free(db->pool, t);
    }
    exec_close(ex, e);
    ex->dirty += count;
}

static void pop_generic(struct exec *ex, bool at_head) {
    bool has_count = ex->argc == 3, wrong;
    int64_t count = 1;
    if (ex->argc > 3) {
        reply_error(ex, "ERR wrong number of arguments for '%s' command", ex->command->name);
        return;
    }
    if (has_count && !exec_number_from(ex, 2, 0, INT64_MAX, "value is out of range, must be positive", &count)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e) {
        if (has_count)
            reply_nil_array(ex);
        else
            reply_nil(ex);
        return;
    }
    uint32_t n = count < e->value.list->count ? (uint32_t)count : e->value.list->count;
    if (has_count) reply_array(ex, n);
    if (n > 0) list_pop_reply(ex, e, at_head, n);
}

void command_lpop(struct exec *ex) {
    pop_generic(ex, true);
}

void command_rpop(struct exec *ex) {
    pop_generic(ex, false);
}

/* --- reading ---------------------------------------------------------------------------------------------- */

void command_llen(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (!wrong) reply_number(ex, e ? e->value.list->count : 0);
}

void command_lrange(struct exec *ex) {
    int64_t start, stop;
    bool wrong;
    uint32_t from, n = 0;
    if (!exec_number(ex, 2, &start) || !exec_number(ex, 3, &stop)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e || !exec_range(start, stop, e->value.list->count, &from, &n)) {
        reply_array(ex, 0);
        return;
    }
    reply_array(ex, n);
    for (uint32_t i = 0; i < n; i++) reply_bulk(ex, list_at(e->value.list, from + i));
}

/* Whether an index that may count from the end is in the list. */
static bool find_index(const struct list *l, int64_t index, uint32_t *i) {
    if (index < 0) index += l->count;
    if (index < 0 || index >= l->count) return false;
    *i = (uint32_t)index;
    return true;
}

void command_lindex(struct exec *ex) {
    int64_t index;
    bool wrong;
    uint32_t i;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e) {
        reply_nil(ex);
        return;
    }
    if (!exec_number(ex, 2, &index)) return;
    if (find_index(e->value.list, index, &i))
        reply_bulk(ex, list_at(e->value.list, i));
    else
        reply_nil(ex);
}

/* LPOS: rank (negative: from the tail), how many, how many elements to look at. */
struct position_options {
    int64_t rank, count, maxlen;
};

static bool read_position_options(struct exec *ex, struct position_options *o) {
    *o = (struct position_options){.rank = 1, .count = -1};
    for (size_t i = 3; i < ex->argc; i += 2) {
        bool more = i + 1 < ex->argc;
        if (more && exec_word(ex, i, "rank")) {
            if (!exec_number(ex, i + 1, &o->rank)) return false;
            if (o->rank == 0) {
                reply_error(ex, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
                                "use negative to start from the end of the list");
                return false;
            }
        } else if (more && exec_word(ex, i, "count")) {
            if (!exec_number_from(ex, i + 1, 0, INT64_MAX, "COUNT can't be negative", &o->count)) return false;
        } else if (more && exec_word(ex, i, "maxlen")) {
            if (!exec_number_from(ex, i + 1, 0, INT64_MAX, "MAXLEN can't be negative", &o->maxlen)) return false;
        } else {
            reply_syntax_error(ex);
            return false;
        }
    }
    return true;
}

/* The next match at or after the n-th element looked at, -1 if there is none. */
static int64_t next_match(const struct list *l, struct bytes b, const struct position_options *o, int64_t n) {
    int64_t limit = o->maxlen && o->maxlen < l->count ? o->maxlen : l->count;
    for (; n < limit; n++)
        if (bytes_equal(list_at(l, (uint32_t)(o->rank > 0 ? n : l->count - 1 - n)), b)) return n;
    return -1;
}

void command_lpos(struct exec *ex) {
    struct position_options o;
    bool wrong;
    if (!read_position_options(ex, &o)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    uint32_t *found = NULL;
    size_t matches = 0, skip = o.rank > 0 ? (size_t)o.rank - 1 : (size_t) - (o.rank + 1);
    const struct list *l = e ? e->value.list : NULL;
    if (l) found = pool_alloc(ex->pool, l->count * sizeof *found);
    size_t wanted = o.count > 0 ? (size_t)o.count : o.count == 0 ? SIZE_MAX : 1;
    for (int64_t n = 0; l && matches < wanted && (n = next_match(l, ex->argv[2], &o, n)) >= 0; n++) {
        if (skip > 0)
            skip--;
        else
            found[matches++] = (uint32_t)(o.rank > 0 ? n : l->count - 1 - n);
    }
    if (o.count >= 0) {
        reply_array(ex, matches);
        for (size_t i = 0; i < matches; i++) reply_number(ex, found[i]);
    } else if (matches > 0) {
        reply_number(ex, found[0]);
    } else {
        reply_nil(ex);
    }
}

/* --- changing the middle ---------------------------------------------------------------------------------- */

void command_lset(struct exec *ex) {
    int64_t index;
    bool wrong;
    uint32_t i;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e) {
        reply_error(ex, "ERR no such key");
        return;
    }
    if (!exec_number(ex, 2, &index)) return;
    if (!find_index(e->value.list, index, &i)) {
        reply_error(ex, "ERR index out of range");
        return;
    }
    struct database *db = exec_database(ex);
    list_set(db->pool, entry_open(db, e)->list, i, ex->argv[3]);
    exec_close(ex, e);
    ex->dirty++;
    reply_ok(ex);
}

void command_lrem(struct exec *ex) {
    int64_t count;
    bool wrong;
    if (!exec_number(ex, 2, &count)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    uint32_t removed = 0;
    if (e) {
        struct database *db = exec_database(ex);
        uint64_t most = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
        uint32_t limit = count == 0 || most > UINT32_MAX ? UINT32_MAX : (uint32_t)most;
        removed = list_remove_equal(db->pool, entry_open(db, e)->list, ex->argv[3], limit, count < 0);
        exec_close(ex, e);
    }
    ex->dirty += removed;
    reply_number(ex, removed);
}

void command_ltrim(struct exec *ex) {
    int64_t start, stop;
    bool wrong;
    uint32_t from = 0, n = 0;
    if (!exec_number(ex, 2, &start) || !exec_number(ex, 3, &stop)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (e) {
        struct database *db = exec_database(ex);
        uint32_t count = e->value.list->count;
        exec_range(start, stop, count, &from, &n);
        list_keep(db->pool, entry_open(db, e)->list, from, n);
        exec_close(ex, e);
        ex->dirty += count - n;
    }
    reply_ok(ex);
}

void command_linsert(struct exec *ex) {
    bool after = exec_word(ex, 2, "after"), wrong;
    if (!after && !exec_word(ex, 2, "before")) {
        reply_syntax_error(ex);
        return;
    }
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return;
    if (!e) {
        reply_number(ex, 0);
        return;
    }
    struct position_options first = {.rank = 1};
    int64_t at = next_match(e->value.list, ex->argv[3], &first, 0);
    if (at < 0) {
        reply_number(ex, -1);
        return;
    }
    struct database *db = exec_database(ex);
    list_insert(db->pool, entry_open(db, e)->list, (uint32_t)at + after, ex->argv[4]);
    exec_close(ex, e);
    ex->dirty++;
    reply_number(ex, e->value.list->count);
}
