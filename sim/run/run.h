/* One run: a plan and a seed become a world, which goes until it is at rest; the result is a verdict.
 *
 * The run sees the modelled system through struct system alone. Everything simulated, and the result, lives in
 * the caller's pools, which the caller resets between runs. */
#ifndef SIM_RUN_RUN_H
#define SIM_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/run/capture.h"
#include "sim/run/recorder.h"
#include "sim/run/system.h"
#include "sim/scenario/plan.h"
#include "sim/world/pool.h"
#include "sim/world/trace.h"

/* Past one of these a run is given up as failed, so that nothing runs for ever. 0 stands for the default. */
struct run_limits {
    uint64_t events;         /* fired in the whole run */
    uint64_t instant_events; /* fired without simulated time passing */
    uint64_t memory;         /* bytes of the pool */
};

#define RUN_EVENTS_MAX         UINT64_C(2000000000)
#define RUN_INSTANT_EVENTS_MAX UINT64_C(20000000)
#define RUN_MEMORY_MAX         (UINT64_C(6) << 30)

struct run_setup {
    const struct plan *plan;
    uint64_t seed;
    uint64_t number; /* of the run in its campaign */
    const struct system *system;
    struct pool *pool;
    struct pool *scratch; /* a second one, for the system alone */
    struct recorder *const *recorders;
    size_t recorder_count;
    struct capture *capture; /* of the run's traffic; NULL: none */
    bool no_fields;          /* the nodes' fields at the end are not wanted: some cost more than the run */
    /* The run goes on until it was at rest so long, and no expectation waits for a later instant; 0: it ends at once,
     * and the world goes on for expectations alone. */
    sim_time lingers;
    struct spread latency; /* of links that no line says anything about; all zero: the usual one */
    /* Other than 0: what the lines draw (instants, operations) is the seed's, the chance of the world (phases, delays,
     * ties) another one. */
    uint64_t other_world;
    void *ctx; /* for the system: model_setup.ctx */
    struct run_limits limits;
};

/* --- a run that stops on its way ------------------------------------------------------------------------- */

/* A moment of a run: the end of an instant, or the end of the step that made the trace `count` happenings long or
 * longer, whatever comes first. */
struct run_moment {
    sim_time at;    /* SIM_NEVER: no matter when */
    uint64_t count; /* UINT64_MAX: no matter how many */
};

struct run;

/* Begins a run; its memory is the setup's pool. */
struct run *run_begin(const struct run_setup *setup);
/* Goes on to a moment, and never back. False: the run is over before, or there. Stopping changes nothing: the run goes
 * on as if it had not been stopped. */
bool run_advance(struct run *run, const struct run_moment *to);
/* Whether it is: at rest, at its end, or given up. */
bool run_is_over(const struct run *run);
/* The run is over: judges it. Once; then nothing but looking is left. wall_ns is not set. */
void run_finish(struct run *run, struct run_result *result);

/* --- a whole run ------------------------------------------------------------------------------------------- */

/* Makes the run; the recorders hear all but its end. The result's memory is the pool's. */
void run_make(const struct run_setup *setup, struct run_result *result);

/* Tells the recorders the result. False: one could not keep it (the environment failed). */
bool run_keep(const struct run_setup *setup, const struct run_result *result);

#endif
