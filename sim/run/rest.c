/* Coming to rest. */
#include "sim/run/rest.h"

#include <assert.h>

#include "sim/run/console.h"
#include "sim/run/faults.h"
#include "sim/run/timeline.h"

/* How long clients may go on past the last instant that the scenario names: `times N` may take its time. */
#define CLIENTS_LIMIT (24 * 3600 * SIM_SECOND)

struct rest {
    uint64_t seen;         /* the change count when the system was asked last */
    sim_time clients_done; /* since when all were, -1 */
    bool *down;            /* by party */
    struct buffer why;
};

struct rest *rest_create(struct run *run) {
    struct rest *rest = POOL_NEW(run->pool, struct rest);
    rest->seen = UINT64_MAX;
    rest->clients_done = -1;
    rest->down = POOL_ARRAY(run->pool, bool, run->console_party + 1);
    buffer_init(&rest->why, run->pool);
    return rest;
}

/* The first client that is not done; NO_PARTY if all are. */
static uint16_t busy_client(const struct run *run) {
    for (uint16_t party = run->node_count; party < run->party_count; party++) {
        if (!run->system->client_done(run->model, party)) return party;
    }
    return NO_PARTY;
}

static bool one_way_blocked(const struct run *run, uint16_t a, uint16_t b) {
    if (world_is_cut(run->world, a, b) || world_is_refused(run->world, a, b)) return true;
    return world_link(run->world, a, b)->loss_ppm >= PPM_ONE;
}

/* The timeline is over, so all that still blocks a link has no end. */
static bool unreachable(void *ctx, uint16_t a, uint16_t b) {
    const struct run *run = ctx;
    return one_way_blocked(run, a, b) || one_way_blocked(run, b, a);
}

static bool child_stalled(void *ctx, uint16_t party) {
    return faults_child_stalled(ctx, party);
}

/* While the timeline goes on, whatever blocks a link may end. */
static bool never_unreachable(void *ctx, uint16_t a, uint16_t b) {
    (void)ctx;
    (void)a;
    (void)b;
    return false;
}

/* A process that is stopped for good is as good as none: nobody waits for it. */
bool rest_system_settled(struct run *run, struct buffer *why) {
    struct rest *rest = run->rest;
    bool for_good = timeline_over(run);
    for (uint16_t i = 0; i <= run->console_party; i++) {
        rest->down[i] = !world_alive(run->world, i) || (for_good && world_paused(run->world, i));
    }
    struct rest_view view = {rest->down, for_good ? unreachable : never_unreachable, for_good ? child_stalled : NULL,
                             run};
    buffer_clear(why);
    return run->system->settled(run->model, &view, why);
}

bool rest_reached(struct run *run) {
    struct rest *rest = run->rest;
    if (!timeline_over(run) || rest->seen == run_change_count(run)) return false;
    rest->seen = run_change_count(run);
    if (busy_client(run) != NO_PARTY) return false;
    if (rest->clients_done < 0) rest->clients_done = world_now(run->world);
    return !console_expects_replies(run) && rest_system_settled(run, &rest->why);
}

sim_time rest_deadline(struct run *run) {
    sim_time from = timeline_end(run);
    if (from == SIM_NEVER) return SIM_NEVER;
    if (from < run->horizon) from = run->horizon;
    if (run->rest->clients_done > from) from = run->rest->clients_done;
    if (run->rest->clients_done < 0 && busy_client(run) != NO_PARTY) from += CLIENTS_LIMIT;
    return from + run->plan->settle;
}

const char *rest_missing(struct run *run) {
    struct buffer *why = &run->rest->why;
    uint16_t client = busy_client(run);
    if (client != NO_PARTY) {
        return pool_printf(run->pool, "client %s is not done", plan_party_name(run->plan, client));
    }
    if (!timeline_over(run)) return "a process that was told to end has not ended";
    if (rest_system_settled(run, why)) return NULL;
    return why->len > 0 ? why->at : "something still changes";
}
