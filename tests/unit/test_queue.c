/* The event queue against a naive sorted model, and under loads that break bad queues.
 *
 * Method: every random mix of inserts, removals and pops is made on the queue and on an array that is searched for
 * its least element; the two must agree at every pop. */
#include "sim/world/queue.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "sim/world/chance.h"

#define EVENTS 3000

/* A check in a long loop: ck_assert writes to a pipe each time. */
#define QUICK_CHECK(held)                                                                                              \
    if (!(held)) ck_abort_msg("not so: " #held)

struct model {
    struct event *pending[EVENTS];
    size_t count;
};

static bool before(const struct event *a, const struct event *b) {
    if (a->at != b->at) return a->at < b->at;
    if (a->tie != b->tie) return a->tie < b->tie;
    return a->seq < b->seq;
}

static struct event *model_take(struct model *m, size_t i) {
    struct event *e = m->pending[i];
    m->pending[i] = m->pending[--m->count];
    return e;
}

static struct event *model_pop(struct model *m) {
    size_t least = 0;
    for (size_t i = 1; i < m->count; i++)
        if (before(m->pending[i], m->pending[least])) least = i;
    return m->count ? model_take(m, least) : NULL;
}

/* How far ahead events are inserted: each shape is hard for another part of the queue. */
static sim_time increment(struct chance *c, int shape) {
    switch (shape) {
    case 0:
        return (sim_time)chance_below(c, 5); /* many of one instant */
    case 1:
        return (sim_time)chance_below(c, 1000000);
    case 2:
        return (sim_time)chance_below(c, 20) == 0 ? (sim_time)chance_below(c, 1 << 30) * SIM_SECOND / 1000 : 3;
    case 3:
        return (sim_time)1 << chance_below(c, 50); /* all magnitudes */
    case 4:
        return 0;
    default: {
        struct spread s = {SPREAD_EXP, 1000, 0, 0};
        return chance_spread(c, &s);
    }
    }
}

static void insert_one(struct queue *q, struct model *m, struct event *e, struct chance *c, sim_time now, int shape) {
    sim_time by = increment(c, shape);
    e->at = chance_below(c, 200) == 0 ? SIM_NEVER - (sim_time)chance_below(c, 2) : now + by;
    if (e->at < now) e->at = SIM_NEVER;
    e->tie = chance_below(c, 4);
    queue_insert(q, e);
    m->pending[m->count++] = e;
}

static void check_mix(uint64_t seed, int shape, unsigned inserts_of_10) {
    struct pool *pool = pool_create();
    struct queue *q = queue_create(pool);
    struct event *events = calloc(EVENTS, sizeof(*events));
    struct event **idle = calloc(EVENTS, sizeof(*idle));
    struct model m = {.count = 0};
    struct chance c = chance_named(seed, "mix", NULL, NULL, (uint64_t)shape);
    size_t idle_count = EVENTS;
    for (size_t i = 0; i < EVENTS; i++) idle[i] = &events[i];
    sim_time now = 0;
    for (int step = 0; step < 20000; step++) {
        uint64_t dice = chance_below(&c, 10);
        if (dice < inserts_of_10 && idle_count > 0) {
            insert_one(q, &m, idle[--idle_count], &c, now, shape);
        } else if (dice == 9 && m.count > 0) {
            struct event *e = model_take(&m, chance_below(&c, m.count));
            queue_remove(q, e);
            QUICK_CHECK(!event_pending(e));
            idle[idle_count++] = e;
        } else {
            struct event *want = model_pop(&m);
            bool asks = chance_below(&c, 3) == 0; /* asking first must not change what comes */
            QUICK_CHECK(!asks || queue_next(q) == (want ? want->at : SIM_NEVER));
            struct event *got = queue_pop(q);
            QUICK_CHECK(got == want);
            if (!got) continue;
            now = got->at == SIM_NEVER || got->at == SIM_NEVER - 1 ? now : got->at;
            QUICK_CHECK(!event_pending(got));
            if (got->at > now) break; /* only far timers are left: time cannot go on from there */
            idle[idle_count++] = got;
        }
        QUICK_CHECK(queue_length(q) == m.count);
    }
    free(events);
    free(idle);
    pool_destroy(pool);
}

START_TEST(agrees_with_sorted_model) {
    for (uint64_t seed = 1; seed <= 8; seed++) {
        check_mix(seed, _i, 5);
        check_mix(seed, _i, 7);
    }
}
END_TEST

/* Grows to `n` pending events all of one instant, each of which makes another of the same instant. */
static void one_instant(size_t n) {
    struct pool *pool = pool_create();
    struct queue *q = queue_create(pool);
    struct event *events = calloc(n, sizeof(*events));
    struct chance c = chance_named(1, "instant", NULL, NULL, 0);
    for (size_t i = 0; i < n; i++) {
        events[i].at = 77;
        events[i].tie = chance_bits(&c);
        queue_insert(q, &events[i]);
    }
    uint64_t last = 0;
    for (size_t i = 0; i < n; i++) {
        struct event *e = queue_pop(q);
        QUICK_CHECK(e->at == 77 && e->tie >= last);
        last = e->tie;
        e->tie = UINT64_MAX - chance_below(&c, 1000);
        queue_insert(q, e);
    }
    for (size_t i = 0; i < n; i += 2) queue_remove(q, &events[i]);
    ck_assert_uint_eq(queue_length(q), n / 2);
    free(events);
    pool_destroy(pool);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A quadratic queue would take 100 times as long for 10 times the events: ten thousand against a hundred. */
START_TEST(one_instant_is_not_quadratic) {
    double began = seconds();
    one_instant(20000);
    double small = seconds() - began;
    began = seconds();
    one_instant(200000);
    double large = seconds() - began;
    ck_assert_msg(large < 40 * (small + 0.005), "20,000 took %.3f s, 200,000 took %.3f s", small, large);
}
END_TEST

/* Many late inserts before one far limit: the bottom must divide, not stay a list. */
START_TEST(burst_below_a_far_timer) {
    struct pool *pool = pool_create();
    struct queue *q = queue_create(pool);
    struct event far[3] = {0}, *events = calloc(100000, sizeof(*events));
    for (int i = 0; i < 3; i++) {
        far[i].at = (i + 1) * 3600 * SIM_SECOND;
        queue_insert(q, &far[i]);
    }
    ck_assert_int_eq(queue_next(q), far[0].at); /* the bottom now reaches to the far timers */
    struct chance c = chance_named(3, "burst", NULL, NULL, 0);
    for (int i = 0; i < 100000; i++) {
        events[i].at = (sim_time)chance_below(&c, 50000);
        queue_insert(q, &events[i]);
    }
    struct event *last = queue_pop(q);
    for (int i = 1; i < 100000; i++) {
        struct event *e = queue_pop(q);
        QUICK_CHECK(before(last, e));
        last = e;
    }
    for (int i = 0; i < 3; i++) ck_assert_ptr_eq(queue_pop(q), &far[i]);
    ck_assert_ptr_null(queue_pop(q));
    free(events);
    pool_destroy(pool);
}
END_TEST

START_TEST(removing_what_is_not_pending_does_nothing) {
    struct pool *pool = pool_create();
    struct queue *q = queue_create(pool);
    struct event e = {.at = 5};
    queue_remove(q, &e);
    queue_insert(q, &e);
    queue_remove(q, &e);
    queue_remove(q, &e);
    ck_assert_uint_eq(queue_length(q), 0);
    ck_assert_int_eq(queue_next(q), SIM_NEVER);
    pool_destroy(pool);
}
END_TEST

int main(void) {
    Suite *s = suite_create("queue");
    TCase *t = tcase_create("queue");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, agrees_with_sorted_model, 0, 6);
    tcase_add_test(t, one_instant_is_not_quadratic);
    tcase_add_test(t, burst_below_a_far_timer);
    tcase_add_test(t, removing_what_is_not_pending_does_nothing);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
