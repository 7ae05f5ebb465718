/* Faults of machines: processes, children, disks, forks, clocks. */
#include <assert.h>
#include <signal.h>

#include "sim/run/console.h"
#include "sim/run/faults_parts.h"

/* What was held on a machine is mended: those holds will have nothing to undo. */
static void void_holds(struct run *run, enum action_kind kind, uint16_t party) {
    struct hold *hold = &run->faults->ring;
    while ((hold = hold_find(run, hold, kind, party)) != NULL) hold->mended = true;
}

/* --- processes -------------------------------------------------------------------------------------- */

static void undo_process(struct run *run, struct hold *hold) {
    /* Somebody else may have started it by now. */
    if (cluster_revive(run, hold->party)) fault_undone(run, hold->action, hold->party, NO_PARTY);
}

static void hold_gone(struct run *run, struct gone_call *call) {
    struct hold *hold = CONTAINER_OF(call, struct hold, gone);
    timeline_awaited_came(run);
    hold_run(run, hold);
}

/* crash, power, shutdown of one node. With `for` it starts again that long after the end of the process. */
static const char *strike_process(struct run *run, const struct strike *strike, uint16_t party) {
    const struct action *action = strike->action;
    if (!world_alive(run->world, party)) return "the node is down";
    struct hold *hold = action->has_for ? hold_add(run, strike, party, undo_process) : NULL;
    if (hold) {
        hold->gone.call = hold_gone;
        cluster_when_gone(run, party, &hold->gone);
        timeline_await(run);
    }
    bool done = action->kind == ACT_CRASH   ? world_crash(run->world, party)
                : action->kind == ACT_POWER ? world_power(run->world, party)
                                            : cluster_terminate(run, party);
    /* A second SIGTERM does nothing, but what is to follow the end follows it all the same. */
    if (!done) return "the node is shutting down already";
    fault_struck(run, strike, party, NO_PARTY);
    if (action->kind == ACT_POWER) console_lose(run, party);
    return NULL;
}

static const char *strike_restart(struct run *run, const struct strike *strike, uint16_t party) {
    cluster_restart(run, party, &strike->action->with);
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static uint32_t incarnation(const struct run *run, uint16_t party) {
    return world_host(run->world, party)->incarnation;
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

static void undo_pause(struct run *run, struct hold *hold) {
    uint16_t party = hold->party;
    if (hold->incarnation != incarnation(run, party) || held_paused(run, party)) return;
    if (world_resume(run->world, party)) fault_undone(run, hold->action, party, NO_PARTY);
}

static const char *strike_pause(struct run *run, const struct strike *strike, uint16_t party) {
    if (!world_alive(run->world, party)) return "the node is down";
    world_pause(run->world, party);
    if (strike->action->has_for) {
        struct hold *hold = hold_add(run, strike, party, undo_pause);
        hold->incarnation = incarnation(run, party);
        hold_run(run, hold);
    } else {
        run->faults->machines[party].paused_for_good = incarnation(run, party) + 1;
    }
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_resume(struct run *run, const struct strike *strike, uint16_t party) {
    if (!world_resume(run->world, party)) return "the node was not paused";
    run->faults->machines[party].paused_for_good = 0;
    void_holds(run, ACT_PAUSE, party);
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static bool signal_child(struct run *run, enum action_kind kind, uint16_t party) {
    int signal = kind == ACT_CHILD_KILL ? SIGKILL : kind == ACT_CHILD_STALL ? SIGSTOP : SIGCONT;
    return run->system->outside->child_signal(run->model, party, signal);
}

static const char *strike_child(struct run *run, const struct strike *strike, uint16_t party) {
    enum action_kind kind = strike->action->kind;
    bool done = run->system->outside      ? signal_child(run, kind, party)
                : kind == ACT_CHILD_KILL  ? world_child_kill(run->world, party, 9)
                : kind == ACT_CHILD_STALL ? world_child_stall(run->world, party)
                                          : world_child_resume(run->world, party);
    if (!done) return kind == ACT_CHILD_RESUME ? "no child was stalled" : "there was no child";
    run->faults->machines[party].child_stalled = kind == ACT_CHILD_STALL;
    fault_struck(run, strike, party, NO_PARTY);
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

static void undo_counted(struct run *run, struct hold *hold) {
    press_machine(run, hold->action->kind, hold->party, -1);
    fault_undone(run, hold->action, hold->party, NO_PARTY);
}

static const char *strike_counted(struct run *run, const struct strike *strike, uint16_t party) {
    press_machine(run, strike->action->kind, party, 1);
    if (strike->action->has_for) hold_run(run, hold_add(run, strike, party, undo_counted));
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

/* The rate of the latest slowness still in force. */
static void undo_disk_slow(struct run *run, struct hold *hold) {
    uint16_t party = hold->party;
    int64_t rate = run->faults->machines[party].disk_rate;
    for (struct hold *h = &run->faults->ring; (h = hold_find(run, h, ACT_DISK_SLOW, party)) != NULL;) {
        rate = h->action->number;
    }
    world_disk_rate(run->world, party, rate);
    fault_undone(run, hold->action, party, NO_PARTY);
}

static const char *strike_disk_slow(struct run *run, const struct strike *strike, uint16_t party) {
    world_disk_rate(run->world, party, strike->action->number);
    if (strike->action->has_for) {
        hold_run(run, hold_add(run, strike, party, undo_disk_slow));
    } else {
        run->faults->machines[party].disk_rate = strike->action->number;
    }
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static const char *strike_disk_ok(struct run *run, const struct strike *strike, uint16_t party) {
    world_disk_ok(run->world, party);
    world_disk_rate(run->world, party, 0);
    run->faults->machines[party].disk_rate = 0;
    void_holds(run, ACT_DISK_FULL, party);
    void_holds(run, ACT_DISK_ERROR, party);
    void_holds(run, ACT_DISK_SLOW, party);
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static bool remove_file(struct run *run, uint16_t party, const char *file) {
    if (run->system->outside) return run->system->outside->file_remove(run->model, party, file);
    return world_disk_remove(run->world, party, file);
}

static const char *strike_file(struct run *run, const struct strike *strike, uint16_t party) {
    const struct action *action = strike->action;
    bool done = action->kind == ACT_DISK_REMOVE ? remove_file(run, party, action->file)
                                                : world_disk_flip(run->world, party, action->file, action->number);
    if (!done) return action->kind == ACT_DISK_REMOVE ? "there was no such file" : "there was no such byte";
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

static void undo_clock_jump(struct run *run, struct hold *hold) {
    world_clock_jump(run->world, hold->party, -hold->action->number);
    fault_undone(run, hold->action, hold->party, NO_PARTY);
}

static const char *strike_clock(struct run *run, const struct strike *strike, uint16_t party) {
    if (strike->action->kind == ACT_CLOCK_JUMP) {
        world_clock_jump(run->world, party, strike->action->number);
        if (strike->action->has_for) hold_run(run, hold_add(run, strike, party, undo_clock_jump));
    } else {
        world_clock_drift(run->world, party, strike->action->number);
    }
    fault_struck(run, strike, party, NO_PARTY);
    return NULL;
}

/* --- who carries out which ---------------------------------------------------------------------------- */

strike_node_fn *fault_machines_strike(enum action_kind kind) {
    switch (kind) {
    case ACT_CRASH:
    case ACT_POWER:
    case ACT_SHUTDOWN:
        return strike_process;
    case ACT_RESTART:
        return strike_restart;
    case ACT_PAUSE:
        return strike_pause;
    case ACT_RESUME:
        return strike_resume;
    case ACT_CHILD_KILL:
    case ACT_CHILD_STALL:
    case ACT_CHILD_RESUME:
        return strike_child;
    case ACT_FORK_FAIL:
    case ACT_DISK_FULL:
    case ACT_DISK_ERROR:
        return strike_counted;
    case ACT_DISK_SLOW:
        return strike_disk_slow;
    case ACT_DISK_OK:
        return strike_disk_ok;
    case ACT_DISK_REMOVE:
    case ACT_DISK_FLIP:
        return strike_file;
    case ACT_CLOCK_JUMP:
    case ACT_CLOCK_DRIFT:
        return strike_clock;
    default:
        return NULL;
    }
}
