/* Faults of links: cut, refused, reset, changed, healed. */
#include <assert.h>

#include "sim/run/faults_parts.h"

static bool is_cut(enum action_kind kind) {
    return kind == ACT_CUT || kind == ACT_ISOLATE || kind == ACT_PARTITION;
}

/* Whom the trace names: the two ends; of isolate and partition the first node; nobody where all links are meant. */
static uint16_t first_party(const struct action *action) {
    if (action->everything || (action->kind == ACT_LINK && action->link.everywhere)) return NO_PARTY;
    if (action->kind == ACT_LINK) return action->link.a;
    return action->kind == ACT_ISOLATE || action->kind == ACT_PARTITION ? action->a.party[0] : action->from;
}

static uint16_t second_party(const struct action *action) {
    if (action->everything || (action->kind == ACT_LINK && action->link.everywhere)) return NO_PARTY;
    if (action->kind == ACT_LINK) return action->link.b;
    return action->kind == ACT_ISOLATE || action->kind == ACT_PARTITION ? NO_PARTY : action->to;
}

static void press_link(struct run *run, enum action_kind kind, uint16_t from, uint16_t to, int by) {
    if (is_cut(kind)) {
        world_cut(run->world, from, to, by);
    } else {
        world_refuse(run->world, from, to, by);
    }
}

/* The directed links that an action is about, at most `room`. */
struct pairs {
    struct held_link *items;
    size_t count;
};

static void add_pair(struct pairs *pairs, uint16_t from, uint16_t to, bool one_way) {
    pairs->items[pairs->count++] = (struct held_link){from, to, false};
    if (!one_way) pairs->items[pairs->count++] = (struct held_link){to, from, false};
}

static size_t pairs_room(const struct run *run, const struct action *action) {
    if (action->kind == ACT_ISOLATE) return 2 * action->a.count * run->party_count;
    if (action->kind == ACT_PARTITION) return 2 * action->a.count * action->b.count;
    return 2;
}

static void add_pairs(const struct run *run, const struct action *action, struct pairs *pairs) {
    if (action->kind == ACT_CUT || action->kind == ACT_REFUSE) {
        add_pair(pairs, action->from, action->to, action->one_way);
    } else if (action->kind == ACT_PARTITION) {
        for (size_t i = 0; i < action->a.count; i++) {
            for (size_t j = 0; j < action->b.count; j++) {
                if (action->a.party[i] != action->b.party[j]) {
                    add_pair(pairs, action->a.party[i], action->b.party[j], false);
                }
            }
        }
    } else {
        for (size_t i = 0; i < action->a.count; i++) {
            for (uint16_t other = 0; other < run->party_count; other++) {
                if (other != action->a.party[i]) add_pair(pairs, action->a.party[i], other, false);
            }
        }
    }
}

static void undo_pressed(struct run *run, struct hold *hold) {
    for (size_t i = 0; i < hold->link_count; i++) {
        const struct held_link *l = &hold->links[i];
        if (!l->mended) press_link(run, hold->action->kind, l->from, l->to, -1);
    }
    fault_undone(run, hold->action, first_party(hold->action), second_party(hold->action));
}

/* cut, refuse, isolate, partition. */
static const char *strike_pressing(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    size_t room = pairs_room(run, action);
    struct pairs pairs = {POOL_ARRAY(run->pool, struct held_link, room), 0};
    add_pairs(run, action, &pairs);
    for (size_t i = 0; i < pairs.count; i++) {
        press_link(run, action->kind, pairs.items[i].from, pairs.items[i].to, 1);
    }
    if (action->has_for) {
        struct hold *hold = hold_add(run, strike, NO_PARTY, undo_pressed);
        hold->links =
            pool_resize(run->pool, pairs.items, room * sizeof *pairs.items, pairs.count * sizeof *pairs.items);
        hold->link_count = pairs.count;
        hold_run(run, hold);
    } else {
        pool_free(run->pool, pairs.items, room * sizeof *pairs.items);
    }
    fault_struck(run, strike, first_party(action), second_party(action));
    return NULL;
}

static bool heal_pair(struct run *run, uint16_t a, uint16_t b) {
    for (struct hold *h = run->faults->ring.next; h != &run->faults->ring; h = h->next) {
        for (size_t i = 0; i < h->link_count; i++) {
            struct held_link *l = &h->links[i];
            if ((l->from == a && l->to == b) || (l->from == b && l->to == a)) l->mended = true;
        }
    }
    return world_heal(run->world, a, b);
}

static const char *strike_heal(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    bool healed = false;
    if (!action->everything) healed = heal_pair(run, action->from, action->to);
    for (uint16_t a = 0; action->everything && a < run->party_count; a++) {
        for (uint16_t b = (uint16_t)(a + 1); b < run->party_count; b++) healed |= heal_pair(run, a, b);
    }
    if (!healed) return "nothing was cut or refused";
    fault_struck(run, strike, first_party(action), second_party(action));
    return NULL;
}

static const char *strike_reset(struct run *run, const struct strike *strike) {
    if (world_reset(run->world, strike->action->from, strike->action->to) == 0) return "no connection was open";
    fault_struck(run, strike, first_party(strike->action), second_party(strike->action));
    return NULL;
}

static void undo_link(struct run *run, struct hold *hold) {
    links_remove(run, &hold->layer);
    fault_undone(run, hold->action, first_party(hold->action), second_party(hold->action));
}

static const char *strike_link(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    if (action->has_for) {
        struct hold *hold = hold_add(run, strike, NO_PARTY, undo_link);
        links_add(run, &hold->layer, &action->link);
        hold_run(run, hold);
    } else {
        links_add(run, POOL_NEW(run->pool, struct link_layer), &action->link);
    }
    fault_struck(run, strike, first_party(action), second_party(action));
    return NULL;
}

strike_fn *fault_links_strike(enum action_kind kind) {
    switch (kind) {
    case ACT_CUT:
    case ACT_REFUSE:
    case ACT_ISOLATE:
    case ACT_PARTITION:
        return strike_pressing;
    case ACT_HEAL:
        return strike_heal;
    case ACT_RESET:
        return strike_reset;
    case ACT_LINK:
        return strike_link;
    default:
        return NULL;
    }
}
