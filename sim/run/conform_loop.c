/* The real side's time: the world's events wait for the clock, sockets and log files are looked at in between. */
#include <time.h>

#include "sim/run/conform_parts.h"
#include "sim/run/state.h"

/* The clock and log files are looked at so often. */
enum { TICK_MS = 5 };

void bridge_wait_for_phase(struct model *model) {
    uint64_t ns = chance_below(&model->phases, (uint64_t)SIM_SECOND / (model->node_count + 1u) * 2);
    struct timespec pause = {(time_t)(ns / (uint64_t)SIM_SECOND), (long)(ns % (uint64_t)SIM_SECOND)};
    nanosleep(&pause, NULL);
}

static void time_is_up(uv_timer_t *timer) {
    (void)timer;
}

/* Waits until a socket is ready, or at most to `until`. */
static void wait_outside(struct model *model, sim_time until) {
    sim_time now = bridge_now(model);
    sim_time wait = until > now ? until - now : 0;
    uint64_t ms = wait > TICK_MS * SIM_MS ? TICK_MS : (uint64_t)((wait + SIM_MS - 1) / SIM_MS);
    uv_update_time(&model->loop);
    /* It repeats: one that fired before libuv polls would leave nothing to wake it. */
    uv_timer_start(&model->timer, time_is_up, ms, 1);
    uv_run(&model->loop, ms > 0 ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

/* What has changed without a socket's saying so. */
static void look_around(struct model *model) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        struct stand_in *node = &model->nodes[i];
        stand_in_set_gates(node);
        if (node->host) stand_in_wake(node);
    }
}

static void begin_time(struct model *model, struct run *run) {
    bridge_wait_for_phase(model);
    for (uint16_t i = 0; i < model->node_count; i++) process_skip_log(&model->nodes[i]);
    clock_gettime(CLOCK_MONOTONIC, &model->zero);
    model->world = run->world;
}

static void end_all(struct model *model) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        stand_in_close(&model->nodes[i]);
        process_kill(&model->nodes[i]);
    }
    uv_close((uv_handle_t *)&model->timer, NULL);
    uv_run(&model->loop, UV_RUN_DEFAULT);
    uv_loop_close(&model->loop);
    pool_destroy(model->asking);
}

bool bridge_run(const struct run_setup *setup, struct run_result *result, const char **problem) {
    struct run *run = run_begin(setup);
    struct model *model = run->model;
    begin_time(model, run);
    while (model->problem[0] == '\0') {
        look_around(model);
        sim_time now = bridge_now(model);
        if (!run_advance(run, &(struct run_moment){now, UINT64_MAX})) break;
        wait_outside(model, world_next(run->world));
    }
    *problem = model->problem[0] ? pool_strdup(setup->pool, model->problem) : NULL;
    if (!*problem) run_finish(run, result);
    end_all(model);
    return !*problem;
}
