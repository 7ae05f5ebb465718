/* Intersection, union and difference of sets. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/set_reply.h"

enum set_operation { SET_INTERSECTION, SET_UNION, SET_DIFFERENCE };

/* The sets named by arguments first.. to first+count-1, NULL for absent ones; NULL after replying WRONGTYPE. */
static const struct table **find_sets(struct exec *ex, size_t first, size_t count) {
    const struct table **sets = POOL_ARRAY(ex->pool, const struct table *, count);
    bool any_wrong = false;
    for (size_t i = 0; i < count && !any_wrong; i++) {
        struct entry *e = exec_find_type(ex, ex->argv[first + i], OBJECT_SET, &any_wrong);
        sets[i] = e ? e->value.table : NULL;
    }
    return any_wrong ? NULL : sets;
}

static bool has(const struct table *t, struct bytes member) {
    return t && table_find(t, member);
}

/* Whether a member of sets[0] belongs to the result. */
static bool belongs(enum set_operation op, const struct table *const *sets, size_t count, struct bytes member) {
    for (size_t i = 1; i < count; i++)
        if (has(sets[i], member) != (op == SET_INTERSECTION)) return false;
    return true;
}

/* The result as a new set in `pool`. */
static struct table *combine(struct pool *pool, enum set_operation op, const struct table *const *sets, size_t count) {
    struct table *result = table_create(pool, TABLE_SET);
    size_t sources = op == SET_UNION ? count : 1;
    for (size_t s = 0; s < sources; s++) {
        for (uint32_t i = 0; sets[s] && i < sets[s]->count; i++) {
            struct bytes member = text_bytes(sets[s]->elements[i].name);
            bool in = op == SET_UNION ? !table_find(result, member) : belongs(op, sets, count, member);
            if (in) table_add_member(pool, result, member);
        }
    }
    return result;
}

static void operate(struct exec *ex, enum set_operation op) {
    const struct table **sets = find_sets(ex, 1, ex->argc - 1);
    if (sets) reply_set(ex, combine(ex->pool, op, sets, ex->argc - 1));
}

static void operate_store(struct exec *ex, enum set_operation op) {
    ex->lookup |= LOOKUP_COUNTS;
    const struct table **sets = find_sets(ex, 2, ex->argc - 2);
    ex->lookup &= ~(unsigned)LOOKUP_COUNTS;
    if (!sets) return;
    struct pool *pool = exec_database(ex)->pool;
    struct table *result = combine(pool, op, sets, ex->argc - 2);
    uint32_t count = result->count;
    if (count > 0) {
        exec_store(ex, ex->argv[1], OBJECT_SET, (union object){.table = result});
        ex->dirty++;
    } else {
        table_free(pool, result);
        /* Whether or not the old value has expired. */
        struct entry *old = database_find(exec_database(ex), ex->argv[1]);
        if (old) database_remove(exec_database(ex), old);
        ex->dirty += old != NULL;
    }
    reply_number(ex, count);
}

void command_sinter(struct exec *ex) {
    operate(ex, SET_INTERSECTION);
}

void command_sunion(struct exec *ex) {
    operate(ex, SET_UNION);
}

void command_sdiff(struct exec *ex) {
    operate(ex, SET_DIFFERENCE);
}

void command_sinterstore(struct exec *ex) {
    operate_store(ex, SET_INTERSECTION);
}

void command_sunionstore(struct exec *ex) {
    operate_store(ex, SET_UNION);
}

void command_sdiffstore(struct exec *ex) {
    operate_store(ex, SET_DIFFERENCE);
}
