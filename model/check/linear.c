/* The search for an order.
 *
 * Method: depth-first, after Wing and Gong (1993), with Lowe's just-in-time linearization (2017): events are gone
 * through in the order in which they were seen, and operations take effect only when something needs them, at the
 * latest when one completes that has not taken effect. A configuration is a position, a state, and which of the open
 * operations have taken effect; one that led nowhere is remembered by a fingerprint of 128 bits and not entered again.
 * What keeps configurations few:
 *
 *   - A read, or a compare-and-set that failed, takes effect at the first moment at which its result is right.
 *   - An operation that is not the one that must take effect now does so only if somebody open sees what it made of
 *     the state: else it can wait.
 *   - A write or append that nobody saw may have stood just before any write that took effect while it was open. This
 * is decided when it completes, not by trying all sets of operations at that write: `hidden`.
 *   - Operations that never completed and are equal are used in their order; so are open equal writes, the one that
 *     completes first before the others.
 *
 * Cost: with few values or little concurrency linear in practice; the problem is NP-complete (Gibbons and Korach 1997),
 * so there is a budget, and `unknown`. It sees one object at a time, and nothing of real time but the order of events.
 */
#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "model/check/linear_search.h"

enum { NOBODY = -1, ASK_EVERY = 4096, TABLE_LEAST = 1024 };

static bool is_satisfied(const struct linear_op *op, linear_state state) {
    return op->kind == LINEAR_READ ? state == op->a : state != op->a;
}

/* Whether it can take effect in a state, and what becomes of that. */
static bool takes_effect(const struct linear_object *o, enum linear_kind kind, linear_state a, linear_state b,
                         linear_state state, linear_state *then) {
    switch (kind) {
    case LINEAR_WRITE:
        *then = a;
        return true;
    case LINEAR_CAS:
        *then = b;
        return state == a;
    case LINEAR_APPEND:
        *then = linear_trie_append(o->trie, state, a);
        return true;
    case LINEAR_READ:
    case LINEAR_CAS_FAILED:
        break;
    }
    return false;
}

/* --- sets ----------------------------------------------------------------------------------------------------- */

static bool has(const uint64_t *set, uint32_t slot) {
    return set[slot / 64] >> (slot % 64) & 1;
}

static void put(uint64_t *set, uint32_t slot) {
    set[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void take_out(uint64_t *set, uint32_t slot) {
    set[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

static uint64_t *done_of(struct frame *f) {
    return f->sets;
}

static uint64_t *hideable_of(const struct search *s, struct frame *f) {
    return f->sets + s->words;
}

/* Walks the slots of open operations that have not taken effect. */
struct walk {
    const uint64_t *open, *done;
    uint32_t words, word;
    uint64_t left;
};

static struct walk walk_undone(const struct search *s, struct frame *f) {
    return (struct walk){s->open, done_of(f), s->words, 0, s->words ? s->open[0] & ~done_of(f)[0] : 0};
}

static bool walk_next(struct walk *w, uint32_t *slot) {
    while (w->left == 0) {
        if (++w->word >= w->words) return false;
        w->left = w->open[w->word] & ~w->done[w->word];
    }
    *slot = w->word * 64 + (uint32_t)__builtin_ctzll(w->left);
    w->left &= w->left - 1;
    return true;
}

static const struct linear_op *op_in(const struct search *s, uint32_t slot) {
    return &s->object->ops[s->slot_op[slot]];
}

/* --- going through the events ------------------------------------------------------------------------------- */

/* Goes on until an operation completes that has not taken effect: false. True: the end is reached. */
static bool advance(struct search *s, struct frame *f) {
    uint64_t *done = done_of(f), *hideable = hideable_of(s, f);
    for (; s->pos < s->event_count; s->pos++) {
        uint32_t i = s->events[s->pos] / 2, slot = s->slots[i];
        const struct linear_op *op = &s->object->ops[i];
        if (op->completed == LINEAR_NEVER) continue;
        if (s->events[s->pos] % 2 == 0) {
            s->slot_op[slot] = i;
            put(s->open, slot);
            if (linear_is_passive(op->kind) && is_satisfied(op, f->state)) put(done, slot);
            continue;
        }
        if (!has(done, slot)) break;
        take_out(done, slot);
        take_out(hideable, slot);
        take_out(s->open, slot);
    }
    f->pos = s->pos;
    return s->pos == s->event_count;
}

/* Takes events back. */
static void retreat(struct search *s, uint32_t pos) {
    while (s->pos > pos) {
        uint32_t i = s->events[--s->pos] / 2, slot = s->slots[i];
        if (s->object->ops[i].completed == LINEAR_NEVER) continue;
        if (s->events[s->pos] % 2 == 0) {
            take_out(s->open, slot);
            s->slot_op[slot] = s->before[i];
        } else {
            put(s->open, slot);
        }
    }
}

/* --- what is known to lead nowhere -------------------------------------------------------------------------- */

static struct fingerprint fingerprint(struct search *s, struct frame *f) {
    uint64_t *key = s->key;
    key[0] = f->pos;
    key[1] = f->state;
    memcpy(key + 2, f->sets, 2 * s->words * sizeof(uint64_t));
    for (uint32_t g = 0; g < s->group_count; g++) key[2 + 2 * s->words + g] = s->group_used[g];
    XXH128_hash_t h = XXH3_128bits(key, s->key_words * sizeof(uint64_t));
    return (struct fingerprint){h.low64, h.high64 | 1};
}

static struct fingerprint *place_of(struct fingerprint *table, size_t room, struct fingerprint p) {
    size_t at = p.low & (room - 1);
    while (table[at].high != 0 && (table[at].low != p.low || table[at].high != p.high)) at = (at + 1) & (room - 1);
    return &table[at];
}

static bool is_hopeless(struct search *s, struct frame *f) {
    return s->table_count > 0 && place_of(s->table, s->table_room, fingerprint(s, f))->high != 0;
}

static void grow_table(struct search *s) {
    size_t room = s->table_room ? 2 * s->table_room : TABLE_LEAST;
    struct fingerprint *table = POOL_ARRAY(s->pool, struct fingerprint, room);
    for (size_t i = 0; i < s->table_room; i++)
        if (s->table[i].high) *place_of(table, room, s->table[i]) = s->table[i];
    pool_free(s->pool, s->table, s->table_room * sizeof(struct fingerprint));
    s->table = table;
    s->table_room = room;
}

static void remember_hopeless(struct search *s, struct frame *f) {
    if (2 * s->table_count >= s->table_room) grow_table(s);
    struct fingerprint p = fingerprint(s, f);
    *place_of(s->table, s->table_room, p) = p;
    s->table_count++;
}

/* --- candidates ------------------------------------------------------------------------------------------------ */

static bool group_available(const struct search *s, uint32_t g) {
    uint32_t used = s->group_used[g];
    return used < s->groups[g].count && s->group_events[s->groups[g].first_event + used] < s->pos;
}

/* Whether somebody open sees it if the state becomes `then`; `but` is the slot of the one that makes it so. */
static bool is_seen(struct search *s, struct frame *f, linear_state then, int64_t but) {
    if (s->object->trie && then != LINEAR_DEAD) return true; /* it is on the way to a value that was read */
    struct walk w = walk_undone(s, f);
    for (uint32_t slot; walk_next(&w, &slot);) {
        const struct linear_op *op = op_in(s, slot);
        if (linear_is_passive(op->kind) ? is_satisfied(op, then)
                                        : op->kind == LINEAR_CAS && op->a == then && slot != but)
            return true;
    }
    for (uint32_t g = 0; g < s->group_count; g++)
        if (s->groups[g].kind == LINEAR_CAS && s->groups[g].a == then && group_available(s, g)) return true;
    return false;
}

/* Whether an equal one that is open, too, completes earlier and is no easier to hide: then that one goes first. */
static bool is_second(struct search *s, struct frame *f, uint32_t slot) {
    const struct linear_op *op = op_in(s, slot);
    const uint64_t *hideable = hideable_of(s, f);
    struct walk w = walk_undone(s, f);
    for (uint32_t other; walk_next(&w, &other);) {
        const struct linear_op *same = op_in(s, other);
        bool equal = same->kind == op->kind && same->a == op->a && same->b == op->b;
        if (equal && same->completed < op->completed && (has(hideable, slot) || !has(hideable, other))) return true;
    }
    return false;
}

static void add_candidate(struct search *s, struct frame *f, struct candidate c) {
    if (f->end == s->candidate_room) {
        size_t room = s->candidate_room ? 2 * s->candidate_room : 256, unit = sizeof(struct candidate);
        s->candidates = pool_resize(s->pool, s->candidates, s->candidate_room * unit, room * unit);
        s->candidate_room = room;
    }
    s->candidates[f->end++] = c;
}

/* The operation that completes, if it can take effect as things are: now, or in the past just before a write. */
static void add_due(struct search *s, struct frame *f, uint32_t i) {
    const struct linear_op *op = &s->object->ops[i];
    linear_state then;
    if (linear_is_passive(op->kind) || !takes_effect(s->object, op->kind, op->a, op->b, f->state, &then)) return;
    bool may_hide = has(hideable_of(s, f), s->slots[i]);
    linear_state wanted = s->wanted[s->pos];
    bool state_is_wanted = s->object->trie ? then == LINEAR_DEAD : f->state == wanted && then != wanted;
    bool hide_first = may_hide && state_is_wanted;
    if (hide_first) add_candidate(s, f, (struct candidate){i, false, true});
    add_candidate(s, f, (struct candidate){i, false, false});
    if (may_hide && !hide_first) add_candidate(s, f, (struct candidate){i, false, true});
}

/* Whether a state is what an operation waits for. */
static bool lets_on(const struct linear_op *due, linear_state then) {
    return (due->kind == LINEAR_READ || due->kind == LINEAR_CAS) && then == due->a;
}

/* Other open operations; `helps`: those that let `due` take effect, or the rest. */
static void add_open(struct search *s, struct frame *f, const struct linear_op *due, bool helps) {
    struct walk w = walk_undone(s, f);
    for (uint32_t slot; walk_next(&w, &slot);) {
        const struct linear_op *op = op_in(s, slot);
        linear_state then;
        if (op == due || linear_is_passive(op->kind)) continue;
        if (!takes_effect(s->object, op->kind, op->a, op->b, f->state, &then)) continue;
        if (lets_on(due, then) != helps) continue;
        if (op->kind != LINEAR_CAS && !is_seen(s, f, then, slot)) continue;
        if (!is_second(s, f, slot)) add_candidate(s, f, (struct candidate){s->slot_op[slot], false, false});
    }
}

static void add_groups(struct search *s, struct frame *f, const struct linear_op *due, bool helps) {
    for (uint32_t g = 0; g < s->group_count; g++) {
        const struct group *group = &s->groups[g];
        linear_state then;
        if (!group_available(s, g)) continue;
        if (!takes_effect(s->object, group->kind, group->a, group->b, f->state, &then)) continue;
        if (lets_on(due, then) == helps && is_seen(s, f, then, NOBODY))
            add_candidate(s, f, (struct candidate){g, true, false});
    }
}

/* Those that get on at once come first; the rest is looked for if they fail. */
static void find_candidates(struct search *s, struct frame *f, bool rest) {
    uint32_t i = s->events[s->pos] / 2;
    const struct linear_op *due = &s->object->ops[i];
    if (!rest) add_due(s, f, i);
    if (rest || due->kind == LINEAR_READ || due->kind == LINEAR_CAS) {
        add_open(s, f, due, !rest);
        add_groups(s, f, due, !rest);
    }
    f->all_found = rest;
}

/* --- steps ------------------------------------------------------------------------------------------------------- */

static struct frame *frame_at(const struct search *s, size_t depth) {
    return (struct frame *)(void *)(s->frames + depth * s->frame_size);
}

static struct frame *push_frame(struct search *s) {
    if (s->depth == s->frame_room) {
        size_t room = s->frame_room ? 2 * s->frame_room : 64;
        s->frames = pool_resize(s->pool, s->frames, s->frame_room * s->frame_size, room * s->frame_size);
        s->frame_room = room;
    }
    return frame_at(s, s->depth++);
}

/* A write took effect: what is open and was not seen may have stood just before it. */
static void mark_hideable(struct search *s, struct frame *f) {
    uint64_t *hideable = hideable_of(s, f);
    struct walk w = walk_undone(s, f);
    for (uint32_t slot; walk_next(&w, &slot);) {
        enum linear_kind kind = op_in(s, slot)->kind;
        if (kind == LINEAR_WRITE || kind == LINEAR_APPEND) put(hideable, slot);
    }
}

static void satisfy_passive(struct search *s, struct frame *f) {
    struct walk w = walk_undone(s, f);
    for (uint32_t slot; walk_next(&w, &slot);) {
        const struct linear_op *op = op_in(s, slot);
        if (linear_is_passive(op->kind) && is_satisfied(op, f->state)) put(done_of(f), slot);
    }
}

/* The configuration after a candidate of the topmost frame has taken effect, on top of it. */
static struct frame *step(struct search *s, struct candidate c) {
    struct frame *to = push_frame(s);
    struct frame *from = frame_at(s, s->depth - 2);
    memcpy(to, from, s->frame_size);
    to->group = NOBODY;
    to->next = to->end;
    to->all_found = false;
    s->result->steps++;
    enum linear_kind kind;
    if (c.is_group) {
        const struct group *g = &s->groups[c.op];
        kind = g->kind;
        takes_effect(s->object, kind, g->a, g->b, from->state, &to->state);
        s->group_used[c.op]++;
        to->group = (int32_t)c.op;
    } else {
        const struct linear_op *op = &s->object->ops[c.op];
        kind = op->kind;
        put(done_of(to), s->slots[c.op]);
        take_out(hideable_of(s, to), s->slots[c.op]);
        if (c.hidden) return to;
        takes_effect(s->object, kind, op->a, op->b, from->state, &to->state);
    }
    if (kind == LINEAR_WRITE) mark_hideable(s, to);
    satisfy_passive(s, to);
    return to;
}

static void pop_frame(struct search *s) {
    struct frame *f = frame_at(s, --s->depth);
    if (f->group != NOBODY) s->group_used[f->group]--;
}

/* --- the search ----------------------------------------------------------------------------------------------------
 */

static const char *exhausted(struct search *s) {
    const struct linear_budget *b = s->budget;
    if (!b || s->result->steps % ASK_EVERY != 0) return NULL;
    size_t bytes = s->table_room * sizeof(struct fingerprint) + s->frame_room * s->frame_size;
    if (b->memory && bytes > b->memory) return "memory";
    return b->spent && b->spent(b->ctx) ? "time" : NULL;
}

/* Goes forward from the topmost frame. True: an order is found. A frame that leads nowhere is popped. */
static bool enter(struct search *s, uint32_t *furthest) {
    struct frame *f = frame_at(s, s->depth - 1);
    if (advance(s, f)) return true;
    if (s->pos > *furthest) *furthest = s->pos;
    if (is_hopeless(s, f))
        pop_frame(s);
    else
        find_candidates(s, f, false);
    return false;
}

static enum linear_verdict search_all(struct search *s) {
    uint32_t furthest = 0;
    struct frame *first = push_frame(s);
    memset(first, 0, s->frame_size);
    first->group = NOBODY;
    first->state = s->object->initial;
    if (enter(s, &furthest)) return LINEAR_OK;
    while (s->depth > 0) {
        struct frame *f = frame_at(s, s->depth - 1);
        retreat(s, f->pos);
        if (f->next == f->end && !f->all_found) find_candidates(s, f, true);
        if (f->next == f->end) {
            remember_hopeless(s, f);
            pop_frame(s);
            continue;
        }
        step(s, s->candidates[f->next++]);
        if (enter(s, &furthest)) return LINEAR_OK;
        s->result->why = exhausted(s);
        if (s->result->why) return LINEAR_UNKNOWN;
    }
    s->result->furthest = s->events[furthest] / 2;
    return LINEAR_VIOLATION;
}

static void give_back(struct search *s) {
    pool_free(s->pool, s->frames, s->frame_room * s->frame_size);
    pool_free(s->pool, s->candidates, s->candidate_room * sizeof(struct candidate));
    pool_free(s->pool, s->table, s->table_room * sizeof(struct fingerprint));
}

void linear_check(struct pool *pool, const struct linear_object *object, const struct linear_budget *budget,
                  struct linear_result *result) {
    struct search s = {.pool = pool, .object = object, .budget = budget, .result = result};
    *result = (struct linear_result){.verdict = LINEAR_OK};
    if (object->count == 0) return;
    linear_prepare(&s);
    result->verdict = search_all(&s);
    linear_unprepare(&s);
    give_back(&s);
}
