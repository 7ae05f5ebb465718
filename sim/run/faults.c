/* Faults: names and counts, holds and their ends, and who carries out which. */
#include "sim/run/faults.h"

#include <assert.h>

#include "sim/run/faults_parts.h"

struct faults *faults_create(struct run *run) {
    struct faults *faults = POOL_NEW(run->pool, struct faults);
    faults->ring.next = faults->ring.prev = &faults->ring;
    faults->machines = POOL_ARRAY(run->pool, struct machine_state, run->node_count);
    return faults;
}

/* --- names and counts ------------------------------------------------------------------------------- */

/* What a fault is called in faults{}; NULL: the action mends something, or is none. */
static const char *fault_name(enum action_kind kind) {
    static const char *const names[] = {[ACT_CRASH] = "crash",
                                        [ACT_POWER] = "power",
                                        [ACT_SHUTDOWN] = "shutdown",
                                        [ACT_PAUSE] = "pause",
                                        [ACT_CUT] = "cut",
                                        [ACT_REFUSE] = "refuse",
                                        [ACT_RESET] = "reset",
                                        [ACT_ISOLATE] = "isolate",
                                        [ACT_PARTITION] = "partition",
                                        [ACT_LINK] = "link",
                                        [ACT_CHILD_KILL] = "child-kill",
                                        [ACT_CHILD_STALL] = "child-stall",
                                        [ACT_FORK_FAIL] = "fork-fail",
                                        [ACT_DISK_FULL] = "disk-full",
                                        [ACT_DISK_ERROR] = "disk-error",
                                        [ACT_DISK_SLOW] = "disk-slow",
                                        [ACT_DISK_REMOVE] = "disk-remove",
                                        [ACT_DISK_FLIP] = "disk-flip",
                                        [ACT_CLOCK_JUMP] = "clock-jump",
                                        [ACT_CLOCK_DRIFT] = "clock-drift",
                                        [ACT_STOP] = NULL};
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

void fault_struck(struct run *run, const struct strike *strike, uint16_t node, uint16_t peer) {
    count_fault(run, strike);
    note_fault(run, strike->action, true, node, peer);
}

void fault_undone(struct run *run, const struct action *action, uint16_t node, uint16_t peer) {
    note_fault(run, action, false, node, peer);
}

/* --- holds ------------------------------------------------------------------------------------------ */

struct hold *hold_add(struct run *run, const struct strike *strike, uint16_t party,
                      void (*undo)(struct run *run, struct hold *hold)) {
    struct hold *hold = POOL_NEW(run->pool, struct hold), *ring = &run->faults->ring;
    hold->undo = undo;
    hold->action = strike->action;
    hold->rank = strike->rank;
    hold->party = party;
    hold->next = ring;
    hold->prev = ring->prev;
    hold->prev->next = hold;
    ring->prev = hold;
    return hold;
}

static void end_hold(struct run *run, struct deed *deed) {
    struct hold *hold = CONTAINER_OF(deed, struct hold, deed);
    hold->prev->next = hold->next;
    hold->next->prev = hold->prev;
    if (!hold->mended) hold->undo(run, hold);
    pool_free(run->pool, hold->links, hold->link_count * sizeof *hold->links);
    pool_free(run->pool, hold, sizeof *hold);
}

void hold_run(struct run *run, struct hold *hold) {
    timeline_add(run, &hold->deed, world_now(run->world) + hold->action->duration, hold->rank, end_hold);
}

struct hold *hold_find(struct run *run, struct hold *from, enum action_kind kind, uint16_t party) {
    for (struct hold *h = from->next; h != &run->faults->ring; h = h->next) {
        if (h->action->kind == kind && h->party == party && !h->mended) return h;
    }
    return NULL;
}

/* --- who carries out which --------------------------------------------------------------------------- */

bool faults_know(enum action_kind kind) {
    return kind != ACT_COMMAND && kind != ACT_START && kind != ACT_STOP;
}

const char *faults_strike(struct run *run, const struct strike *strike) {
    const struct action *action = strike->action;
    strike_fn *on_links = fault_links_strike(action->kind);
    if (on_links) return on_links(run, strike);
    strike_node_fn *on_node = fault_machines_strike(action->kind);
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
