/* Sets: members, and taking random ones. Operations on several sets are in t_set_algebra.c. */
#include <stdlib.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/set_reply.h"
#include "sim/world/chance.h"

/* The set at argument i; NULL if there is none, or after replying WRONGTYPE (*wrong). */
static const struct table *find_set(struct exec *ex, size_t i, bool *wrong) {
    struct entry *e = exec_find_type(ex, ex->argv[i], OBJECT_SET, wrong);
    return e && !*wrong ? e->value.table : NULL;
}

static bool has(const struct table *t, struct bytes member) {
    return t && table_find(t, member);
}

/* --- members ---------------------------------------------------------------------------------------------- */

void command_sadd(struct exec *ex) {
    struct entry *e = exec_find_or_add(ex, ex->argv[1], OBJECT_SET);
    if (!e) return;
    struct database *db = exec_database(ex);
    struct table *t = entry_open(db, e)->table;
    uint32_t added = 0;
    for (size_t i = 2; i < ex->argc; i++) {
        if (table_find(t, ex->argv[i])) continue;
        table_add_member(db->pool, t, ex->argv[i]);
        added++;
    }
    exec_close(ex, e);
    ex->dirty += added;
    reply_number(ex, added);
}

void command_srem(struct exec *ex) {
    exec_remove_members(ex, OBJECT_SET);
}

void command_scard(struct exec *ex) {
    bool wrong;
    const struct table *t = find_set(ex, 1, &wrong);
    if (!wrong) reply_number(ex, t ? t->count : 0);
}

void command_sismember(struct exec *ex) {
    bool wrong;
    const struct table *t = find_set(ex, 1, &wrong);
    if (!wrong) reply_number(ex, has(t, ex->argv[2]));
}

void command_smismember(struct exec *ex) {
    bool wrong;
    const struct table *t = find_set(ex, 1, &wrong);
    if (wrong) return;
    reply_array(ex, ex->argc - 2);
    for (size_t i = 2; i < ex->argc; i++) reply_number(ex, has(t, ex->argv[i]));
}

static int compare_numbers(const void *a, const void *b) {
    int64_t x = 0, y = 0;
    resp_parse_number(*(const struct bytes *)a, &x);
    resp_parse_number(*(const struct bytes *)b, &y);
    return (x > y) - (x < y);
}

void reply_set(struct exec *ex, const struct table *t) {
    uint32_t count = t ? t->count : 0;
    struct bytes *members = pool_alloc(ex->pool, count * sizeof *members);
    for (uint32_t i = 0; i < count; i++) members[i] = text_bytes(t->elements[i].name);
    if (t && !t->wide) qsort(members, count, sizeof *members, compare_numbers);
    reply_array(ex, count);
    for (uint32_t i = 0; i < count; i++) reply_bulk(ex, members[i]);
}

void command_smembers(struct exec *ex) {
    bool wrong;
    const struct table *t = find_set(ex, 1, &wrong);
    if (!wrong) reply_set(ex, t);
}

void command_smove(struct exec *ex) {
    struct bytes member = ex->argv[3];
    bool wrong;
    struct entry *to = exec_find(ex, ex->argv[2]); /* first of all: it may have expired */
    struct entry *from = exec_find_type(ex, ex->argv[1], OBJECT_SET, &wrong);
    if (wrong) return;
    if (from && to && to->type != OBJECT_SET) {
        reply_wrong_type(ex);
        return;
    }
    if (!from || from == to || !has(from->value.table, member)) {
        reply_number(ex, from && has(from->value.table, member));
        return;
    }
    struct database *db = exec_database(ex);
    struct table *t = entry_open(db, from)->table;
    table_remove(db->pool, t, table_find(t, member), false);
    exec_close(ex, from);
    ex->dirty++;
    to = exec_find_or_add(ex, ex->argv[2], OBJECT_SET);
    t = entry_open(db, to)->table;
    if (!has(t, member)) {
        table_add_member(db->pool, t, member);
        ex->dirty++;
    }
    exec_close(ex, to);
    reply_number(ex, 1);
}

/* --- random members --------------------------------------------------------------------------------------- */

/* Tells the stream which members went: an SREM for each (measured; later versions put many into one). */
static void propagate_removal(struct exec *ex, const struct bytes *members, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        exec_rewrite(ex, (struct bytes[]){resp_text("SREM"), ex->argv[1], members[i]}, 3);
}

/* Removes `count` random members, replying each. */
static void pop_some(struct exec *ex, struct entry *e, uint32_t count) {
    struct database *db = exec_database(ex);
    struct table *t = entry_open(db, e)->table;
    struct bytes *gone = POOL_ARRAY(ex->pool, struct bytes, count);
    for (uint32_t i = 0; i < count; i++) {
        struct element *member = &t->elements[chance_below(ex->chance, t->count)];
        gone[i] = (struct bytes){pool_strndup(ex->pool, member->name->at, member->name->len), member->name->len};
        table_remove(db->pool, t, member, false);
        reply_bulk(ex, gone[i]);
    }
    exec_close(ex, e);
    propagate_removal(ex, gone, count);
}

static void pop_all(struct exec *ex, struct entry *e) {
    reply_set(ex, e->value.table);
    database_remove(exec_database(ex), e);
    exec_rewrite(ex, (struct bytes[]){resp_text("DEL"), ex->argv[1]}, 2);
}

static void pop_count(struct exec *ex) {
    int64_t count;
    bool wrong;
    if (!exec_number_from(ex, 2, 0, INT64_MAX, "value is out of range, must be positive", &count)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_SET, &wrong);
    if (wrong) return;
    if (!e || count == 0) {
        reply_array(ex, 0);
        return;
    }
    bool all = count >= e->value.table->count;
    uint32_t n = all ? e->value.table->count : (uint32_t)count;
    if (all) {
        pop_all(ex, e);
    } else {
        reply_array(ex, n);
        pop_some(ex, e, n);
    }
    ex->dirty += n;
}

void command_spop(struct exec *ex) {
    if (ex->argc > 3) {
        reply_syntax_error(ex);
        return;
    }
    if (ex->argc == 3) {
        pop_count(ex);
        return;
    }
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_SET, &wrong);
    if (wrong) return;
    if (!e) {
        reply_nil(ex);
        return;
    }
    pop_some(ex, e, 1);
    ex->dirty++;
}

/* The first n of a shuffled set: a partial Fisher-Yates over slots. */
static void reply_distinct(struct exec *ex, const struct table *t, uint32_t n) {
    uint32_t *slots = POOL_ARRAY(ex->pool, uint32_t, t->count);
    for (uint32_t i = 0; i < t->count; i++) slots[i] = i;
    reply_array(ex, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t chosen = i + (uint32_t)chance_below(ex->chance, t->count - i), slot = slots[chosen];
        slots[chosen] = slots[i];
        reply_bulk(ex, text_bytes(t->elements[slot].name));
    }
}

static void reply_random(struct exec *ex, const struct table *t) {
    reply_bulk(ex, text_bytes(t->elements[chance_below(ex->chance, t->count)].name));
}

void command_srandmember(struct exec *ex) {
    int64_t count = 1;
    bool wrong, has_count = ex->argc == 3;
    if (ex->argc > 3) {
        reply_syntax_error(ex);
        return;
    }
    if (has_count && !exec_number_from(ex, 2, -INT64_MAX, INT64_MAX, "value is out of range", &count)) return;
    const struct table *t = find_set(ex, 1, &wrong);
    if (wrong) return;
    if (!has_count && t) {
        reply_random(ex, t);
    } else if (!has_count) {
        reply_nil(ex);
    } else if (!t || count == 0) {
        reply_array(ex, 0);
    } else if (count > 0) {
        reply_distinct(ex, t, count < t->count ? (uint32_t)count : t->count);
    } else {
        reply_array(ex, (size_t)-count);
        for (; count < 0; count++) reply_random(ex, t);
    }
}
