/* Faults: carried out, held, undone, counted. */
#include "sim/run/faults.h"

#include <assert.h>

#include "sim/run/cluster.h"
#include "sim/run/console.h"
#include "sim/run/links.h"
#include "sim/run/timeline.h"

enum { FAULT_NAMES_MAX = 32 };

/* One directed link that a hold cuts or refuses. */
struct held_link {
    uint16_t from, to;
    bool void_; /* healed before its time */
};

/* A fault that ends by itself. */
struct hold {
    struct deed deed;
    struct gone_call gone; /* crash, power, shutdown: the time runs from the end of the process */
    const struct action *action;
    uint32_t rank;
    uint16_t party;       /* machines */
    uint32_t incarnation; /* pause: of the process */
    bool void_;           /* mended before its time */
    struct held_link *links;
    size_t link_count;
    struct link_layer layer; /* link properties */
    struct hold *next, *prev;
};

struct machine_state {
    uint32_t paused_for_good; /* incarnation + 1 of a process that was paused without `for` */
    int64_t disk_rate;        /* set without `for`; 0: none */
    bool child_stalled;       /* the last thing done to a child */
};

struct faults {
    struct hold ring; /* the head: holds in force, oldest first */
    struct machine_state *machines;
    struct named_number counts[FAULT_NAMES_MAX];
    size_t count;
};

struct faults *faults_create(struct run *run) {
    struct faults *faults = POOL_NEW(run->pool, struct faults);
    faults->ring.next = faults->ring.prev = &faults->ring;
    faults->machines = POOL_ARRAY(run->pool, struct machine_state, run->node_count);
    return faults;
}

/* --- names and counts ------------------------------------------------------------------------------- */

/* What a fault is called in faults{}; NULL: the action mends something, or is none. */
static const char *fault_name(enum action_kind kind) {
    static const char *const names[] = {
        [ACT_CRASH] = "crash",           [ACT_POWER] = "power",           [ACT_SHUTDOWN] = "shutdown",
        [ACT_PAUSE] = "pause",           [ACT_CUT] = "cut",               [ACT_REFUSE] = "refuse",
        [ACT_RESET] = "reset",           [ACT_ISOLATE] = "isolate",       [ACT_PARTITION] = "partition",
        [ACT_LINK] = "link",             [ACT_CHILD_KILL] = "child-kill", [ACT_CHILD_STALL] = "child-stall",
        [ACT_FORK_FAIL] = "fork-fail",   [ACT_DISK_FULL] = "disk-full",   [ACT_DISK_ERROR] = "disk-error",
        [ACT_DISK_SLOW] = "disk-slow",   [ACT_DISK_REMOVE] = "disk-remove", [ACT_DISK_FLIP] = "disk-flip",
        [ACT_CLOCK_JUMP] = "clock-jump", [ACT_CLOCK_DRIFT] = "clock-drift", [ACT_STOP] = NULL};
    assert((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}

static void count_fault(struct run *run, const struct strike *strike) {
    struct faults *faults = run->faults;
    const char *name = strike->name ? strike->name : fault_name(strike->action->kind);
    if (!name) return;
    for (size_t i = 0; i < faults->count; i++) {
        if (strcmp(faults->counts[i].name, name) != 0) continue;
        faults->counts[i].number++;
        return;
    }
    assert(faults->count < FAULT_NAMES_MAX);
    faults->counts[faults->count++] = (struct named_number){name, 1};
}

const struct named_number *faults_counts(struct run *run, size_t *count) {
    *count = run->faults->count;
    return run->faults->counts;
}

static void note_fault(struct run *run, const struct action *action, bool begins, uint16_t node, uint16_t peer) {
    struct happening h = {.at = world_now(run->world),
                          .kind = TRACE_FAULT,
                          .node = node,
                          .peer = peer,
                          .a = action->kind,
                          .b = begins,
                          .text = action->text,
                          .len = (uint32_t)strlen(action->text)};
    run->changes++;
    trace_note(run->trace, &h);
}

/* It happened. */
static void struck(struct run *run, const struct strike *strike, uint16_t node, uint16_t peer) {
    count_fault(run, strike);
    note_fault(run, strike->action, true, node, peer);
}

/* --- holds ------------------------------------------------------------------------------------------ */

static struct hold *hold_add(struct run *run, const struct strike *strike, uint16_t party) {
    struct hold *hold = POOL_NEW(run->pool, struct hold), *ring = &run->faults->ring;
    hold->action = strike->action;
    hold->rank = strike->rank;
    hold->party = party;
    hold->next = ring;
    hold->prev = ring->prev;
    hold->prev->next = hold;
    ring->prev = hold;
    return hold;
}

static void hold_remove(struct run *run, struct hold *hold) {
    hold->prev->next = hold->next;
    hold->next->prev = hold->prev;
    pool_free(run->pool, hold->links, hold->link_count * sizeof *hold->links);
    pool_free(run->pool, hold, sizeof *hold);
}

static void undo(struct run *run, struct deed *deed);

/* The hold ends after the action's `for`, from now. */
static void hold_run(struct run *run, struct hold *hold) {
    timeline_add(run, &hold->deed, world_now(run->world) + hold->action->duration, hold->rank, undo);
}

/* The next hold of that kind on that party which is not void; `from` is the ring's head at first. */
static struct hold *hold_find(struct run *run, struct hold *from, enum action_kind kind, uint16_t party) {
    for (struct hold *h = from->next; h != &run->faults->ring; h = h->next) {
        if (h->action->kind == kind && h->party == party && !h->void_) return h;
    }
    return NULL;
}

static void void_holds(struct run *run, enum action_kind kind, uint16_t party) {
    struct hold *hold = &run->faults->ring;
    while ((hold = hold_find(run, hold, kind, party)) != NULL) hold->void_ = true;
}

static bool is_cut(enum action_kind kind) {
    return kind == ACT_CUT || kind == ACT_ISOLATE || kind == ACT_PARTITION;
}

/* --- links ------------------------------------------------------------------------------------------ */

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
    if (action->kind == ACT_CUT) {
        add_pair(pairs, action->from, action->to, action->one_way);
    } else if (action->kind == ACT_REFUSE) {
        add_pair(pairs, action->from, action->to, true); /* refusals act both ways */
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

/* cut, refuse, isolate, partition. */
static const char *strike_links(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    size_t room = pairs_room(run, action);
    struct pairs pairs = {POOL_ARRAY(run->pool, struct held_link, room), 0};
    add_pairs(run, action, &pairs);
    for (size_t i = 0; i < pairs.count; i++) {
        press_link(run, action->kind, pairs.items[i].from, pairs.items[i].to, 1);
    }
    if (action->has_for) {
        struct hold *hold = hold_add(run, strike, NO_PARTY);
        hold->links = pool_resize(run->pool, pairs.items, room * sizeof *pairs.items,
                                  pairs.count * sizeof *pairs.items);
        hold->link_count = pairs.count;
        hold_run(run, hold);
    } else {
        pool_free(run->pool, pairs.items, room * sizeof *pairs.items);
    }
    bool pair = action->kind == ACT_CUT || action->kind == ACT_REFUSE;
    struck(run, strike, pair ? action->from : action->a.party[0], pair ? action->to : NO_PARTY);
    return NULL;
}

static bool heal_pair(struct run *run, uint16_t a, uint16_t b) {
    for (struct hold *h = run->faults->ring.next; h != &run->faults->ring; h = h->next) {
        for (size_t i = 0; i < h->link_count; i++) {
            struct held_link *l = &h->links[i];
            if ((l->from == a && l->to == b) || (l->from == b && l->to == a)) l->void_ = true;
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
    struck(run, strike, action->everything ? NO_PARTY : action->from, action->everything ? NO_PARTY : action->to);
    return NULL;
}

static const char *strike_reset(struct run *run, const struct strike *strike) {
    if (world_reset(run->world, strike->action->from, strike->action->to) == 0) return "no connection was open";
    struck(run, strike, strike->action->from, strike->action->to);
    return NULL;
}

static const char *strike_link(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    if (action->has_for) {
        struct hold *hold = hold_add(run, strike, NO_PARTY);
        links_add(run, &hold->layer, &action->link);
        hold_run(run, hold);
    } else {
        links_add(run, POOL_NEW(run->pool, struct link_layer), &action->link);
    }
    bool everywhere = action->link.everywhere;
    struck(run, strike, everywhere ? NO_PARTY : action->link.a, everywhere ? NO_PARTY : action->link.b);
    return NULL;
}

/* --- processes -------------------------------------------------------------------------------------- */

static void hold_gone(struct run *run, struct gone_call *call) {
    struct hold *hold = CONTAINER_OF(call, struct hold, gone);
    timeline_awaited_came(run);
    hold_run(run, hold);
}

/* crash, power, shutdown of one node. With `for` it starts again that long after the end of the process. */
static const char *strike_process(struct run *run, const struct strike *strike, uint16_t party) {
    const struct action *action = strike->action;
    if (!world_alive(run->world, party)) return "the node is down";
    struct hold *hold = action->has_for ? hold_add(run, strike, party) : NULL;
    if (hold) {
        hold->gone.call = hold_gone;
        cluster_when_gone(run, party, &hold->gone);
        timeline_await(run);
    }
    bool done = action->kind == ACT_CRASH   ? world_crash(run->world, party)
                : action->kind == ACT_POWER ? world_power(run->world, party)
                                            : cluster_terminate(run, party);
    if (!done) { /* it was shutting down already: its end is waited for all the same */
        return "the node is shutting down already";
    }
    struck(run, strike, party, NO_PARTY);
    if (action->kind == ACT_POWER) console_lose(run, party);
    return NULL;
}

static const char *strike_restart(struct run *run, const struct strike *strike, uint16_t party) {
    cluster_restart(run, party, &strike->action->with);
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

static uint32_t incarnation(const struct run *run, uint16_t party) {
    return world_host(run->world, party)->incarnation;
}

static const char *strike_pause(struct run *run, const struct strike *strike, uint16_t party) {
    if (!world_alive(run->world, party)) return "the node is down";
    world_pause(run->world, party);
    if (strike->action->has_for) {
        struct hold *hold = hold_add(run, strike, party);
        hold->incarnation = incarnation(run, party);
        hold_run(run, hold);
    } else {
        run->faults->machines[party].paused_for_good = incarnation(run, party) + 1;
    }
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_resume(struct run *run, const struct strike *strike, uint16_t party) {
    if (!world_resume(run->world, party)) return "the node was not paused";
    run->faults->machines[party].paused_for_good = 0;
    void_holds(run, ACT_PAUSE, party);
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

/* Whether something else still keeps the process stopped. */
static bool held_paused(struct run *run, uint16_t party) {
    uint32_t now = incarnation(run, party);
    if (run->faults->machines[party].paused_for_good == now + 1) return true;
    for (struct hold *h = &run->faults->ring; (h = hold_find(run, h, ACT_PAUSE, party)) != NULL;) {
        if (h->incarnation == now) return true;
    }
    return false;
}

static const char *strike_child(struct run *run, const struct strike *strike, uint16_t party) {
    enum action_kind kind = strike->action->kind;
    bool done = kind == ACT_CHILD_KILL    ? world_child_kill(run->world, party, 9)
                : kind == ACT_CHILD_STALL ? world_child_stall(run->world, party)
                                          : world_child_resume(run->world, party);
    if (!done) return kind == ACT_CHILD_RESUME ? "no child was stalled" : "there was no child";
    run->faults->machines[party].child_stalled = kind == ACT_CHILD_STALL;
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

bool faults_child_stalled(const struct run *run, uint16_t party) {
    return run->faults->machines[party].child_stalled && world_has_child(run->world, party);
}

/* --- disks, forks, clocks ---------------------------------------------------------------------------- */

/* The faults that the world counts. */
static void press_machine(struct run *run, enum action_kind kind, uint16_t party, int by) {
    if (kind == ACT_FORK_FAIL) {
        world_fork_failing(run->world, party, by);
    } else if (kind == ACT_DISK_FULL) {
        world_disk_full(run->world, party, by);
    } else {
        assert(kind == ACT_DISK_ERROR);
        world_disk_error(run->world, party, by);
    }
}

static const char *strike_counted(struct run *run, const struct strike *strike, uint16_t party) {
    press_machine(run, strike->action->kind, party, 1);
    if (strike->action->has_for) hold_run(run, hold_add(run, strike, party));
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_disk_slow(struct run *run, const struct strike *strike, uint16_t party) {
    world_disk_rate(run->world, party, strike->action->number);
    if (strike->action->has_for) {
        hold_run(run, hold_add(run, strike, party));
    } else {
        run->faults->machines[party].disk_rate = strike->action->number;
    }
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

/* The rate of the latest slowness still in force. */
static void restore_disk_rate(struct run *run, uint16_t party) {
    int64_t rate = run->faults->machines[party].disk_rate;
    for (struct hold *h = &run->faults->ring; (h = hold_find(run, h, ACT_DISK_SLOW, party)) != NULL;) {
        rate = h->action->number;
    }
    world_disk_rate(run->world, party, rate);
}

static const char *strike_disk_ok(struct run *run, const struct strike *strike, uint16_t party) {
    world_disk_ok(run->world, party);
    world_disk_rate(run->world, party, 0);
    run->faults->machines[party].disk_rate = 0;
    void_holds(run, ACT_DISK_FULL, party);
    void_holds(run, ACT_DISK_ERROR, party);
    void_holds(run, ACT_DISK_SLOW, party);
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_file(struct run *run, const struct strike *strike, uint16_t party) {
    const struct action *action = strike->action;
    bool done = action->kind == ACT_DISK_REMOVE
                    ? world_disk_remove(run->world, party, action->file)
                    : world_disk_flip(run->world, party, action->file, action->number);
    if (!done) return action->kind == ACT_DISK_REMOVE ? "there was no such file" : "there was no such byte";
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_clock(struct run *run, const struct strike *strike, uint16_t party) {
    if (strike->action->kind == ACT_CLOCK_JUMP) {
        world_clock_jump(run->world, party, strike->action->number);
        if (strike->action->has_for) hold_run(run, hold_add(run, strike, party));
    } else {
        world_clock_drift(run->world, party, strike->action->number);
    }
    struck(run, strike, party, NO_PARTY);
    return NULL;
}

/* --- the end of a hold ------------------------------------------------------------------------------- */

static void undo_links(struct run *run, struct hold *hold) {
    for (size_t i = 0; i < hold->link_count; i++) {
        const struct held_link *l = &hold->links[i];
        if (!l->void_) press_link(run, hold->action->kind, l->from, l->to, -1);
    }
    bool pair = hold->action->kind == ACT_CUT || hold->action->kind == ACT_REFUSE;
    note_fault(run, hold->action, false, pair ? hold->action->from : hold->action->a.party[0],
               pair ? hold->action->to : NO_PARTY);
}

/* The hold is off the ring already, so that looking for others does not find it. */
static void undo_machine(struct run *run, const struct hold *hold) {
    uint16_t party = hold->party;
    switch (hold->action->kind) {
    case ACT_CRASH:
    case ACT_POWER:
    case ACT_SHUTDOWN:
        if (!cluster_revive(run, party)) return; /* somebody else started it */
        break;
    case ACT_PAUSE:
        if (hold->incarnation != incarnation(run, party) || held_paused(run, party)) return;
        if (!world_resume(run->world, party)) return;
        break;
    case ACT_DISK_SLOW: restore_disk_rate(run, party); break;
    case ACT_CLOCK_JUMP: world_clock_jump(run->world, party, -hold->action->number); break;
    default: press_machine(run, hold->action->kind, party, -1); break;
    }
    note_fault(run, hold->action, false, party, NO_PARTY);
}

static void undo(struct run *run, struct deed *deed) {
    struct hold *hold = CONTAINER_OF(deed, struct hold, deed);
    hold->prev->next = hold->next;
    hold->next->prev = hold->prev;
    hold->next = hold->prev = hold;
    if (hold->action->kind == ACT_LINK) {
        links_remove(run, &hold->layer);
        bool everywhere = hold->action->link.everywhere;
        note_fault(run, hold->action, false, everywhere ? NO_PARTY : hold->action->link.a,
                   everywhere ? NO_PARTY : hold->action->link.b);
    } else if (hold->links) {
        undo_links(run, hold);
    } else if (!hold->void_) {
        undo_machine(run, hold);
    }
    hold_remove(run, hold);
}

/* --- dispatch ---------------------------------------------------------------------------------------- */

typedef const char *strike_node_fn(struct run *run, const struct strike *strike, uint16_t party);

/* What is done to each node of a list. */
static strike_node_fn *node_strike(enum action_kind kind) {
    switch (kind) {
    case ACT_CRASH:
    case ACT_POWER:
    case ACT_SHUTDOWN: return strike_process;
    case ACT_RESTART: return strike_restart;
    case ACT_PAUSE: return strike_pause;
    case ACT_RESUME: return strike_resume;
    case ACT_CHILD_KILL:
    case ACT_CHILD_STALL:
    case ACT_CHILD_RESUME: return strike_child;
    case ACT_FORK_FAIL:
    case ACT_DISK_FULL:
    case ACT_DISK_ERROR: return strike_counted;
    case ACT_DISK_SLOW: return strike_disk_slow;
    case ACT_DISK_OK: return strike_disk_ok;
    case ACT_DISK_REMOVE:
    case ACT_DISK_FLIP: return strike_file;
    case ACT_CLOCK_JUMP:
    case ACT_CLOCK_DRIFT: return strike_clock;
    default: return NULL;
    }
}

bool faults_know(enum action_kind kind) {
    return kind != ACT_COMMAND && kind != ACT_START && kind != ACT_STOP;
}

const char *faults_strike(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    switch (action->kind) {
    case ACT_CUT:
    case ACT_REFUSE:
    case ACT_ISOLATE:
    case ACT_PARTITION: return strike_links(run, strike);
    case ACT_HEAL: return strike_heal(run, strike);
    case ACT_RESET: return strike_reset(run, strike);
    case ACT_LINK: return strike_link(run, strike);
    default: break;
    }
    strike_node_fn *on_node = node_strike(action->kind);
    assert(on_node != NULL);
    const char *why = NULL;
    bool any = false;
    for (size_t i = 0; i < action->a.count; i++) {
        const char *idle = on_node(run, strike, action->a.party[i]);
        if (idle && !why) why = idle;
        any |= !idle;
    }
    return any ? NULL : why ? why : "there is no such node";
}
