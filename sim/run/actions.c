/* Actions of the timeline's lines. */
#include "sim/run/actions.h"

#include <assert.h>

#include "sim/run/console.h"
#include "sim/run/faults.h"
#include "sim/run/ledger.h"

static void start_or_stop(struct run *run, const struct action *action) {
    assert(action->kind == ACT_START || action->kind == ACT_STOP);
    for (size_t i = 0; i < action->a.count; i++) {
        if (action->kind == ACT_START) {
            run->system->client_start(run->model, action->a.party[i]);
        } else {
            run->system->client_stop(run->model, action->a.party[i]);
        }
    }
}

void action_fire(struct run *run, const struct statement *st, uint64_t n) {
    ledger_fired(run, st);
    run->changes++;
    if (st->action.kind == ACT_COMMAND) {
        console_command(run, st, n);
    } else if (faults_know(st->action.kind)) {
        struct strike strike = {.action = &st->action, .rank = run_rank(run, st)};
        const char *idle = faults_strike(run, &strike);
        if (idle) ledger_idle(run, st, idle);
    } else {
        start_or_stop(run, &st->action);
    }
}
