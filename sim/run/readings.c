/* Readings: values at @T. */
#include "sim/run/readings.h"

#include <assert.h>
#include <stdlib.h>

struct reading {
    const struct field_ref *ref;
    size_t order;            /* in which it was found: equal instants keep it */
    struct observed *values; /* one for each node of the reference, once taken */
};

struct readings {
    struct reading *items; /* by instant */
    size_t count;
    size_t room;
    size_t taken;
};

static void add_ref(struct run *run, struct readings *all, const struct field_ref *ref) {
    if (!ref->at_set) return;
    if (all->count == all->room) {
        size_t room = all->room ? all->room * 2 : 8;
        all->items = pool_resize(run->pool, all->items, all->room * sizeof *all->items, room * sizeof *all->items);
        all->room = room;
    }
    all->items[all->count] = (struct reading){.ref = ref, .order = all->count};
    all->count++;
}

static void add_condition(struct run *run, struct readings *all, const struct condition *condition) {
    if (condition->kind == COND_FIELD) add_ref(run, all, &condition->left);
    if (condition->kind == COND_CHECK || condition->right.kind != OPERAND_FIELD) return;
    add_ref(run, all, &condition->right.ref);
}

static void add_command(struct run *run, struct readings *all, const struct command_action *command) {
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t j = 0; j < command->words[i].count; j++) {
            const struct piece *piece = &command->words[i].pieces[j];
            if (piece->kind == PIECE_FIELD) add_ref(run, all, &piece->ref);
        }
    }
}

static int by_instant(const void *a, const void *b) {
    const struct reading *x = a, *y = b;
    if (x->ref->at != y->ref->at) return x->ref->at < y->ref->at ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

struct readings *readings_create(struct run *run) {
    struct readings *all = POOL_NEW(run->pool, struct readings);
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        const struct statement *st = &run->plan->statements[i];
        bool acts = st->kind == ST_AT || st->kind == ST_EVERY || st->kind == ST_WHEN;
        if (st->kind == ST_WHEN || st->kind == ST_EXPECT) add_condition(run, all, &st->condition);
        if (acts && st->action.kind == ACT_COMMAND) add_command(run, all, &st->action.command);
    }
    if (all->count > 1) qsort(all->items, all->count, sizeof *all->items, by_instant);
    return all;
}

sim_time readings_next(const struct run *run) {
    const struct readings *all = run->readings;
    return all->taken < all->count ? all->items[all->taken].ref->at : SIM_NEVER;
}

static void take(struct run *run, struct reading *reading) {
    const struct party_set *nodes = &reading->ref->nodes;
    int field = run->system->field_find(reading->ref->field);
    reading->values = POOL_ARRAY(run->pool, struct observed, nodes->count);
    for (size_t i = 0; i < nodes->count; i++) {
        observed_init(&reading->values[i], run->pool);
        observed_read(run, nodes->party[i], field, &reading->values[i]);
        /* The model's text may be gone tomorrow. */
        if (reading->values[i].kind == FIELD_UNDEFINED) {
            reading->values[i].why = pool_strdup(run->pool, reading->values[i].why);
        }
    }
}

void readings_take(struct run *run, sim_time now) {
    struct readings *all = run->readings;
    for (; readings_next(run) <= now; all->taken++) {
        assert(all->items[all->taken].ref->at == now);
        take(run, &all->items[all->taken]);
    }
}

const struct observed *readings_find(const struct run *run, const struct field_ref *ref, uint16_t party) {
    const struct readings *all = run->readings;
    for (size_t i = 0; i < all->taken; i++) {
        if (all->items[i].ref != ref) continue;
        for (size_t n = 0; n < ref->nodes.count; n++) {
            if (ref->nodes.party[n] == party) return &all->items[i].values[n];
        }
    }
    return NULL;
}
