#include "model/redis/workload_schedule.h"

#include <assert.h>

void schedule_init(struct schedule *s, struct pool *pool, const struct workload_plan *plan, struct chance chance) {
    *s = (struct schedule){.plan = plan, .chance = chance, .running = true, .begin = plan->from};
    if (plan->closed_loop) s->waking.at = POOL_ARRAY(pool, sim_time, plan->pipeline);
}

void schedule_start(struct schedule *s) {
    if (s->running && s->begun) return;
    s->running = true;
    s->begin = -1;
}

void schedule_stop(struct schedule *s) {
    s->running = s->begun = false;
}

static bool is_exhausted(const struct schedule *s) {
    return !s->running || s->ops >= s->plan->times || (!s->plan->closed_loop && s->plan->rate <= 0);
}

/* --- open loop: batches ------------------------------------------------------------------------------------ */

/* ns from the first batch to the one after `batches` others, as a mean: exact, no error adds up. */
static sim_time batch_time(const struct schedule *s, uint64_t batches) {
    unsigned __int128 ns = (unsigned __int128)batches * s->plan->pipeline * 1000 * (uint64_t)SIM_SECOND;
    ns /= (uint64_t)s->plan->rate;
    return ns > INT64_MAX / 2 ? INT64_MAX / 2 : (sim_time)ns;
}

static sim_time random_gap(struct schedule *s) {
    struct spread gap = {SPREAD_EXP, batch_time(s, 1), 0, 0};
    return chance_spread(&s->chance, &gap);
}

static void next_batch(struct schedule *s) {
    s->batches++;
    s->left = s->plan->pipeline;
    s->next_due = s->plan->exponential ? s->next_due + random_gap(s) : s->anchor + batch_time(s, s->batches);
}

static bool take_from_batch(struct schedule *s, sim_time now, sim_time *due) {
    if (s->next_due > now || s->next_due >= s->plan->until) return false;
    *due = s->next_due;
    if (--s->left == 0) next_batch(s);
    return true;
}

/* --- closed loop: workers ---------------------------------------------------------------------------------- */

static void waking_push(struct waking *w, sim_time at) {
    size_t i = w->count++;
    for (; i > 0 && w->at[(i - 1) / 2] > at; i = (i - 1) / 2) w->at[i] = w->at[(i - 1) / 2];
    w->at[i] = at;
}

static void waking_pop(struct waking *w) {
    sim_time last = w->at[--w->count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= w->count) break;
        if (child + 1 < w->count && w->at[child + 1] < w->at[child]) child++;
        if (w->at[child] >= last) break;
        w->at[i] = w->at[child];
        i = child;
    }
    w->at[i] = last;
}

static bool take_worker(struct schedule *s, sim_time now, sim_time *due) {
    for (; s->waking.count > 0 && s->waking.at[0] <= now; s->ready++) waking_pop(&s->waking);
    if (s->ready == 0 || now >= s->plan->until) return false;
    s->ready--;
    s->busy++;
    *due = now;
    return true;
}

void schedule_op_over(struct schedule *s, sim_time now) {
    if (!s->plan->closed_loop) return;
    assert(s->busy > 0);
    s->busy--;
    if (!s->running) return;
    const struct spread *think = &s->plan->think;
    sim_time time = think->kind == SPREAD_CONSTANT ? think->a : chance_spread(&s->chance, think);
    if (time == 0)
        s->ready++;
    else
        waking_push(&s->waking, now + time);
}

/* --- both ----------------------------------------------------------------------------------------------------- */

static void begin_at(struct schedule *s, sim_time at) {
    s->begun = true;
    s->anchor = s->next_due = at;
    s->batches = 0;
    s->left = s->plan->pipeline;
    s->waking.count = 0;
    s->ready = s->plan->pipeline - s->busy;
    if (s->plan->exponential && !s->plan->closed_loop && s->plan->rate > 0) s->next_due += random_gap(s);
}

bool schedule_take(struct schedule *s, sim_time now, sim_time *due) {
    if (is_exhausted(s)) return false;
    if (!s->begun) {
        if (s->begin > now) return false;
        begin_at(s, s->begin < 0 ? now : s->begin);
    }
    bool taken = s->plan->closed_loop ? take_worker(s, now, due) : take_from_batch(s, now, due);
    s->ops += taken;
    return taken;
}

sim_time schedule_next(const struct schedule *s, sim_time now) {
    sim_time due = SIM_NEVER;
    if (is_exhausted(s)) return SIM_NEVER;
    if (!s->begun)
        due = s->begin;
    else if (!s->plan->closed_loop)
        due = s->next_due;
    else if (s->ready > 0)
        due = now;
    else if (s->waking.count > 0)
        due = s->waking.at[0];
    if (due < now) due = now;
    return due < s->plan->until ? due : SIM_NEVER;
}
