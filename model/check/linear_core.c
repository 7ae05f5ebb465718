/* What of a history cannot be ordered.
 *
 * Method: results are forgotten as long as no order is found. Forgetting a result makes a history easier to explain: a
 * read vanishes, a write may have taken effect or not. So what is left when nothing more can be forgotten is a proof by
 * itself, of operations that are all needed. First everything behind the point beyond which no order reaches is
 * forgotten, then halves, quarters and so on of what is left. Cost: a search for each attempt; it ends with the budget.
 */
#include <assert.h>
#include <string.h>

#include "model/check/linear.h"

struct core {
    struct pool *pool;
    const struct linear_object *object;
    const struct linear_budget *budget;
    bool *needed;
    struct linear_op *ops; /* room for a history with results forgotten */
    uint32_t horizon;      /* nothing that was invoked later matters */
    bool out_of_budget;
};

/* The history with the results forgotten that are not needed. */
static struct linear_object without(struct core *c) {
    struct linear_object o = *c->object;
    o.ops = c->ops;
    o.count = 0;
    for (uint32_t i = 0; i < c->object->count; i++) {
        struct linear_op op = c->object->ops[i];
        if (op.invoked > c->horizon || (!c->needed[i] && linear_is_passive(op.kind))) continue;
        if (!c->needed[i]) op.completed = LINEAR_NEVER;
        c->ops[o.count++] = op;
    }
    return o;
}

/* Whether what is needed now still has no order. */
static bool holds(struct core *c) {
    struct linear_object o = without(c);
    struct linear_result result;
    linear_check(c->pool, &o, c->budget, &result);
    if (c->budget && c->budget->spent && c->budget->spent(c->budget->ctx)) c->out_of_budget = true;
    return result.verdict == LINEAR_VIOLATION;
}

static uint32_t count_needed(const struct core *c) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->object->count; i++) n += c->needed[i];
    return n;
}

/* Tries to forget `size` needed results from the i-th on; gives where the next ones begin. */
static uint32_t try_forget(struct core *c, uint32_t i, uint32_t size, bool *forgot) {
    uint32_t *chosen = pool_alloc(c->pool, size * sizeof(uint32_t)), count = 0;
    for (; i < c->object->count && count < size; i++)
        if (c->needed[i]) chosen[count++] = i;
    for (uint32_t k = 0; k < count; k++) c->needed[chosen[k]] = false;
    if (count > 0 && holds(c))
        *forgot = true;
    else
        for (uint32_t k = 0; k < count; k++) c->needed[chosen[k]] = true;
    pool_free(c->pool, chosen, size * sizeof(uint32_t));
    return i;
}

static void forget_all_possible(struct core *c) {
    for (uint32_t size = (count_needed(c) + 1) / 2; size > 0;) {
        bool forgot = false;
        for (uint32_t i = 0; i < c->object->count && !c->out_of_budget;) i = try_forget(c, i, size, &forgot);
        if (c->out_of_budget) return;
        if (size > 1)
            size = (size + 1) / 2;
        else if (!forgot)
            return;
    }
}

bool linear_core(struct pool *pool, const struct linear_object *object, uint32_t furthest,
                 const struct linear_budget *budget, bool *needed) {
    struct core c = {.pool = pool, .object = object, .budget = budget, .needed = needed};
    assert(furthest < object->count && object->ops[furthest].completed != LINEAR_NEVER);
    c.horizon = object->ops[furthest].completed;
    for (uint32_t i = 0; i < object->count; i++) needed[i] = object->ops[i].completed <= c.horizon;
    c.ops = pool_alloc(pool, object->count * sizeof(struct linear_op));
    forget_all_possible(&c);
    pool_free(pool, c.ops, object->count * sizeof(struct linear_op));
    return !c.out_of_budget;
}
