/* A history made ready for the search: its events in order, and a place in small sets for each operation while it is
 * open.
 */
#include <assert.h>

#include "model/check/linear_search.h"

static void order_events(struct search *s) {
    const struct linear_object *o = s->object;
    uint32_t *at = POOL_ARRAY(s->pool, uint32_t, o->instants); /* event + 1 */
    for (uint32_t i = 0; i < o->count; i++) {
        const struct linear_op *op = &o->ops[i];
        assert(op->invoked < o->instants && op->invoked < op->completed && at[op->invoked] == 0);
        at[op->invoked] = 2 * i + 1;
        if (op->completed == LINEAR_NEVER) continue;
        assert(op->completed < o->instants && at[op->completed] == 0);
        at[op->completed] = 2 * i + 2;
    }
    s->events = pool_alloc(s->pool, 2 * (size_t)o->count * sizeof(uint32_t));
    for (uint32_t i = 0; i < o->instants; i++)
        if (at[i]) s->events[s->event_count++] = at[i] - 1;
    pool_free(s->pool, at, o->instants * sizeof(uint32_t));
}

static uint32_t group_of(struct search *s, const struct linear_op *op) {
    for (uint32_t g = 0; g < s->group_count; g++) {
        const struct group *known = &s->groups[g];
        if (known->kind == op->kind && known->a == op->a && known->b == op->b) return g;
    }
    s->groups[s->group_count] = (struct group){.kind = op->kind, .a = op->a, .b = op->b};
    return s->group_count++;
}

/* Pending operations are gathered in groups, in the order of their invocations. */
static void gather_pending(struct search *s) {
    const struct linear_object *o = s->object;
    uint32_t pending = 0;
    for (uint32_t i = 0; i < o->count; i++) pending += o->ops[i].completed == LINEAR_NEVER;
    s->groups = POOL_ARRAY(s->pool, struct group, pending);
    s->group_events = POOL_ARRAY(s->pool, uint32_t, pending);
    s->group_used = POOL_ARRAY(s->pool, uint32_t, pending);
    for (uint32_t i = 0; i < o->count; i++) {
        if (o->ops[i].completed != LINEAR_NEVER) continue;
        assert(!linear_is_passive(o->ops[i].kind));
        s->slots[i] = group_of(s, &o->ops[i]);
        s->groups[s->slots[i]].count++;
    }
    for (uint32_t g = 1; g < s->group_count; g++)
        s->groups[g].first_event = s->groups[g - 1].first_event + s->groups[g - 1].count;
    for (uint32_t g = 0; g < s->group_count; g++) s->groups[g].count = 0;
    for (uint32_t e = 0; e < s->event_count; e++) {
        uint32_t op = s->events[e] / 2;
        if (o->ops[op].completed != LINEAR_NEVER) continue;
        struct group *g = &s->groups[s->slots[op]];
        s->group_events[g->first_event + g->count++] = e;
    }
}

/* Open operations have slots; those of completed ones are used again. */
static void give_slots(struct search *s) {
    const struct linear_object *o = s->object;
    uint32_t *spare = pool_alloc(s->pool, ((size_t)o->count + 1) * sizeof(uint32_t)), spares = 0;
    s->slot_op = POOL_ARRAY(s->pool, uint32_t, o->count);
    for (uint32_t e = 0; e < s->event_count; e++) {
        uint32_t op = s->events[e] / 2;
        if (o->ops[op].completed == LINEAR_NEVER) continue;
        if (s->events[e] % 2) {
            spare[spares++] = s->slots[op];
            continue;
        }
        uint32_t slot = spares > 0 ? spare[--spares] : s->slot_count++;
        s->slots[op] = slot;
        s->before[op] = s->slot_op[slot];
        s->slot_op[slot] = op;
    }
    s->words = (s->slot_count + 63) / 64;
    s->open = POOL_ARRAY(s->pool, uint64_t, s->words);
    pool_free(s->pool, spare, ((size_t)o->count + 1) * sizeof(uint32_t));
}

static void look_ahead(struct search *s) {
    linear_state next = LINEAR_DEAD;
    for (uint32_t e = s->event_count; e-- > 0;) {
        const struct linear_op *op = &s->object->ops[s->events[e] / 2];
        if (s->events[e] % 2 && op->kind == LINEAR_READ) next = op->a;
        s->wanted[e] = next;
    }
}

void linear_prepare(struct search *s) {
    uint32_t count = s->object->count;
    order_events(s);
    s->slots = POOL_ARRAY(s->pool, uint32_t, count);
    s->before = POOL_ARRAY(s->pool, uint32_t, count);
    s->wanted = pool_alloc(s->pool, s->event_count * sizeof(linear_state));
    look_ahead(s);
    gather_pending(s);
    give_slots(s);
    s->frame_size = sizeof(struct frame) + 2 * s->words * sizeof(uint64_t);
    s->key_words = 2 + 2 * s->words + s->group_count;
    s->key = pool_alloc(s->pool, s->key_words * sizeof(uint64_t));
}

void linear_unprepare(struct search *s) {
    uint32_t count = s->object->count, pending = 0;
    for (uint32_t i = 0; i < count; i++) pending += s->object->ops[i].completed == LINEAR_NEVER;
    pool_free(s->pool, s->events, 2 * (size_t)count * sizeof(uint32_t));
    pool_free(s->pool, s->wanted, s->event_count * sizeof(linear_state));
    pool_free(s->pool, s->slots, count * sizeof(uint32_t));
    pool_free(s->pool, s->before, count * sizeof(uint32_t));
    pool_free(s->pool, s->slot_op, count * sizeof(uint32_t));
    pool_free(s->pool, s->groups, pending * sizeof(struct group));
    pool_free(s->pool, s->group_events, pending * sizeof(uint32_t));
    pool_free(s->pool, s->group_used, pending * sizeof(uint32_t));
    pool_free(s->pool, s->open, s->words * sizeof(uint64_t));
    pool_free(s->pool, s->key, s->key_words * sizeof(uint64_t));
}
