/* One run, on a system that is not the real one: boot, timeline, faults and their ends, coming to rest. */
#include "tests/unit/echo_system.h"

static const struct node_field *field_of(const struct run_result *r, uint16_t node, const char *name) {
    for (size_t i = 0; i < r->field_count; i++) {
        if (r->fields[i].node == node && strcmp(r->fields[i].name, name) == 0) return &r->fields[i];
    }
    return NULL;
}

START_TEST(test_quiet_run_rests_at_once) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\n", 1);
    ck_assert(r->passed);
    ck_assert_int_eq(r->sim_ns, 0);
    ck_assert_int_eq(field_of(r, 0, "alive")->number, 1);
    ck_assert_str_eq(r->identity->party_names[0], "a");
    echo_close(&rig);
}
END_TEST

START_TEST(test_same_seed_same_trace) {
    static const char text[] = "node a b\nclient c on a times 50 gap 3ms\nat 10ms..90ms crash b for 20ms\n"
                               "link * latency exp:2ms loss 5%\n";
    uint64_t trace[3];
    const uint64_t seeds[] = {5, 5, 6};
    for (int i = 0; i < 3; i++) {
        struct echo_rig rig;
        trace[i] = echo_run(&rig, text, seeds[i])->trace;
        echo_close(&rig);
    }
    ck_assert_uint_eq(trace[0], trace[1]);
    ck_assert_uint_ne(trace[0], trace[2]);
}
END_TEST

START_TEST(test_expectations_change_no_event) {
    static const char plain[] = "node a\nclient c on a times 40 gap 7ms\nat 50ms a> SET 5\n"
                                "when a.value > 20 a> SET 1\n";
    static const char looks[] = "node a\nclient c on a times 40 gap 7ms\nat 50ms a> SET 5\n"
                                "when a.value > 20 a> SET 1\nexpect at 33ms a.value > 0\n"
                                "expect always from 1ms a.age >= 0\nexpect by 90ms from 11ms a.value@13ms == 77\n"
                                "expect at 5s a.alive == 1\n";
    struct echo_rig one, two;
    const struct run_result *a = echo_run(&one, plain, 3), *b = echo_run(&two, looks, 3);
    ck_assert_uint_eq(a->trace, b->trace);
    ck_assert_uint_eq(a->events, b->events);
    ck_assert_int_eq(a->sim_ns, b->sim_ns);
    echo_close(&one);
    echo_close(&two);
}
END_TEST

START_TEST(test_removed_line_leaves_other_draws) {
    /* The instant of the second crash is drawn from its own stream, with or without the first line. */
    static const char *const texts[] = {
        "node a b\nat 1s..9s crash a for 1s\nat 1s..9s crash b for 1s\nwhen b.alive == 0 a> ECHO x\n",
        "node a b\nat 1s..9s crash b for 1s\nwhen b.alive == 0 a> ECHO x\n"};
    sim_time at[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        struct echo_rig rig;
        const struct run_result *r = echo_run(&rig, texts[i], 11);
        at[i] = r->sim_ns;
        ck_assert_int_eq(echo_fault(r, "crash"), 2 - i);
        echo_close(&rig);
    }
    ck_assert_int_ge(at[0], at[1]);
    ck_assert_int_gt(at[1], 2 * SIM_SECOND - 1);
}
END_TEST

START_TEST(test_every_counts_and_ends) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nevery 10ms from 20ms times 7 a> ADD {n}\n"
                                          "every 10ms until 31ms a@x> ADD 100\nexpect a.value == 421\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(r->sim_ns, 80 * SIM_MS);
    echo_close(&rig);
}
END_TEST

START_TEST(test_lines_of_one_instant_act_in_order) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct echo_rig rig;
        const struct run_result *r = echo_run(
            &rig, "node a\nat 1s a> SET 5\nat 1s a@x> ADD 2 => 7\nat 1s a> SET 1\nexpect a.value == 1\n", seed);
        ck_assert_msg(r->passed, "seed %d: %s", (int)seed, r->failure);
        echo_close(&rig);
    }
}
END_TEST

START_TEST(test_crash_for_comes_back) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nconf a greeting 4\nat 1s a> SET 5\nat 2s crash a for 3s\n"
                                          "expect at 1.9s a.value == 5\nexpect at 4.999s a.alive == 0\n"
                                          "expect at 5s a.alive == 1\nexpect a.value == 0\nexpect a.greeting == 4\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_fault(r, "crash"), 1);
    ck_assert_int_eq(r->sim_ns, 5 * SIM_SECOND);
    echo_close(&rig);
}
END_TEST

START_TEST(test_restart_changes_settings_once) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(
        &rig,
        "node a\nnode b off\nconf * greeting 4\nat 1s restart a with greeting 9\nat 2s restart b\nat 3s restart a\n"
        "expect at 1s a.greeting == 9\nexpect at 1.5s b.alive == 0\nexpect b.greeting == 4\n"
        "expect a.greeting == 4\nexpect a log up == 3\n",
        1);
    ck_assert_msg(r->passed, "%s", r->failure);
    echo_close(&rig);
}
END_TEST

START_TEST(test_restart_waits_for_shutdown) {
    /* SIGTERM waits for the CPU: the node is busy until 3 s. */
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nat 1s a> SPEND 2000\nat 2s shutdown a\nat 2.5s restart a\n"
                                          "expect at 2.9s a log up == 1\nexpect at 3.1s a log up == 2\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_fault(r, "shutdown"), 1);
    echo_close(&rig);
}
END_TEST

START_TEST(test_shutdown_for_counts_from_the_end) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nat 1s a> SPEND 2000\nat 2s shutdown a for 1s\n"
                                          "expect at 3.9s a.alive == 0\nexpect at 4.1s a.alive == 1\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    echo_close(&rig);
}
END_TEST

START_TEST(test_pauses_nest) {
    /* One pause ends within the other: the node stays stopped until the longer one ends. */
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nat 1s pause a for 5s\nat 2s pause a for 1s\n"
                                          "at 3.5s a> ADD 1\nexpect at 5.9s a.value == 0\n"
                                          "expect at 6s a.value == 1\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_fault(r, "pause"), 2);
    echo_close(&rig);
}
END_TEST

START_TEST(test_resume_voids_a_pause) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig,
                 "node a\nat 1s pause a for 5s\nat 2s resume a\nat 3s pause a for 10s\nat 3s a> ADD 1\n"
                 "expect at 7s a.value == 0\nexpect at 13s a.value == 1\n",
                 1);
    ck_assert_msg(r->passed, "%s", r->failure);
    echo_close(&rig);
}
END_TEST

START_TEST(test_heal_voids_a_cut) {
    /* The first cut would end at 11 s; it was healed, so that its end must not open the second one. */
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig,
                 "node a\nclient c on a times 1000 gap 10ms\nat 1s cut c a for 10s\nat 2s heal c a\n"
                 "at 3s cut c a for 20s\nexpect at 2.9s a.value >= 100\n"
                 "expect at 22.9s a.value == a.value@3.1s\nexpect a.value == 1000\n",
                 1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_fault(r, "cut"), 2);
    echo_close(&rig);
}
END_TEST

START_TEST(test_faults_that_find_nothing) {
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig,
                 "node a b\nat 1s crash a\nat 2s crash a\nat 3s heal *\nat 4s child b kill\nat 5s resume b\n"
                 "at 6s reset a b\nat 7s disk b remove nothing\nevery 1s from 8s times 2 crash b\n",
                 1);
    ck_assert(r->passed);
    ck_assert_int_eq(echo_fault(r, "crash"), 2);
    ck_assert_uint_eq(r->fault_count, 1);
    ck_assert(echo_has_note(r, "line 3: at 2s crash a: did nothing: the node is down"));
    ck_assert(echo_has_note(r, "line 4: at 3s heal *: did nothing"));
    ck_assert(echo_has_note(r, "line 5:"));
    ck_assert(echo_has_note(r, "line 6:"));
    ck_assert(echo_has_note(r, "line 7:"));
    ck_assert(echo_has_note(r, "line 8:"));
    ck_assert(echo_has_note(r, "did nothing 1 of 2 times"));
    ck_assert(!echo_has_note(r, "line 2:"));
    echo_close(&rig);
}
END_TEST

START_TEST(test_link_changes_are_layers) {
    /* A slow link for 2 s, and within it a slower one for 1 s; then as before. Round trips tell. */
    struct echo_rig rig;
    const struct run_result *r =
        echo_run(&rig,
                 "node a\nlink * latency 1ms\nclient c on a times 400 gap 10ms\n"
                 "at 1s link c a latency 100ms for 2s\nat 2s link c a latency 500ms for 500ms\n"
                 "expect at 990ms a.value >= 98\nexpect at 1.2s a.value < 115\n"
                 "expect a.value == 400\n",
                 1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(echo_fault(r, "link"), 2);
    echo_close(&rig);
}
END_TEST

START_TEST(test_when_fires_once_after_its_delay) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nevery 100ms from 100ms times 10 a> ADD 1\n"
                                          "when a.value == 3 after 50ms a@w> ADD 100\n"
                                          "when a.value == 9999 crash a\n"
                                          "expect at 349ms a.value == 3\nexpect at 351ms a.value == 103\n"
                                          "expect a.value == 110\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert(echo_has_note(r, "line 4: when a.value == 9999 crash a: never fired"));
    ck_assert(!echo_has_note(r, "line 3:"));
    echo_close(&rig);
}
END_TEST

START_TEST(test_when_acts_within_the_instant) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a b c\nat 1s a> SET 1\nwhen a.value == 1 b> SET 2\n"
                                          "when b.value == 2 c> SET 3\nexpect at 1s c.value == 3\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    echo_close(&rig);
}
END_TEST

START_TEST(test_end_stops_exactly) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nevery 1s a> ADD 1\nend 5s\nexpect a.value == 6\n"
                                          "expect settled\n",
                                          1);
    ck_assert_int_eq(r->sim_ns, 5 * SIM_SECOND);
    ck_assert(echo_expectation(r, 4)->held);
    ck_assert(!echo_expectation(r, 5)->held);
    for (size_t i = 0; i < r->check_count; i++) ck_assert_str_ne(r->checks[i].name, "settled");
    echo_close(&rig);
}
END_TEST

START_TEST(test_rest_waits_for_the_system) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nat 1s a> UNREST 2500\n", 1);
    ck_assert(r->passed);
    ck_assert_int_ge(r->sim_ns, 3500 * SIM_MS);
    ck_assert_int_lt(r->sim_ns, 3700 * SIM_MS); /* noticed at the next instant at which something happens */
    echo_close(&rig);
}
END_TEST

START_TEST(test_unsettled_is_a_violation) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nsettle 3s\nat 1s a> UNREST 60000\nexpect settled\n", 1);
    ck_assert(!r->passed);
    ck_assert_str_eq(r->failure, "settled: a is restless");
    ck_assert_int_eq(r->sim_ns, 4 * SIM_SECOND);
    ck_assert_int_eq(r->failed_at, 4 * SIM_SECOND);
    ck_assert(!echo_expectation(r, 4)->held);
    echo_close(&rig);
    r = echo_run(&rig, "node a\nsettle 3s\nallow settled\nat 1s a> UNREST 60000\n", 1);
    ck_assert(r->passed);
    echo_close(&rig);
}
END_TEST

START_TEST(test_violation_fails_the_run) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig, "node a\nat 1s a> BREAK\nexpect a.value == 7\n", 1);
    ck_assert(!r->passed);
    ck_assert_str_eq(r->failure, "sane: it was told to break");
    ck_assert_int_eq(r->failed_at, SIM_SECOND);
    ck_assert(!echo_expectation(r, 3)->held);
    echo_close(&rig);
}
END_TEST

START_TEST(test_world_goes_on_for_late_expectations) {
    struct echo_rig rig;
    const struct run_result *r = echo_run(&rig,
                                          "node a\nat 1s a> SET 1\nexpect at 30s a.age == 30s\n"
                                          "expect always from 40s a.value == 1\nexpect by 50s from 45s a.age >= 47s\n",
                                          1);
    ck_assert_msg(r->passed, "%s", r->failure);
    ck_assert_int_eq(r->sim_ns, SIM_SECOND);
    ck_assert_int_eq(echo_expectation(r, 3)->at, 30 * SIM_SECOND);
    echo_close(&rig);
}
END_TEST

START_TEST(test_chaos_undoes_everything) {
    static const char text[] =
        "node a b c\nclient x on a times 3000 gap 5ms\n"
        "chaos from 1s until 12s crash 1/s for 200ms pause 1/s for exp:100ms cut 1/s isolate 0.5/s "
        "refuse 0.5/s slow-link 0.5/s clock-jump 0.3/s disk-full 0.3/s reset 1/s\n"
        "expect *.alive == 1\nexpect at 40s *.alive == 1\n";
    bool any = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct echo_rig rig;
        const struct run_result *r = echo_run(&rig, text, seed);
        ck_assert_msg(r->passed, "seed %d: %s", (int)seed, r->failure);
        ck_assert_int_gt(echo_fault(r, "crash"), 0);
        any |= echo_fault(r, "slow-link") > 0;
        echo_close(&rig);
    }
    ck_assert(any);
}
END_TEST

START_TEST(test_given_up_run_fails) {
    struct echo_rig rig;
    echo_open(&rig, "node a\nevery 1ms a> ADD 1\nend 1h\n");
    struct run_setup setup = echo_setup(&rig, 1);
    setup.limits.events = 5000;
    run_make(&setup, &rig.result);
    ck_assert(!rig.result.passed);
    ck_assert_ptr_nonnull(strstr(rig.result.failure, "too many events"));
    echo_close(&rig);
}
END_TEST

START_TEST(test_thousands_of_runs_neither_leak_nor_grow) {
    struct echo_rig rig;
    echo_open(&rig, "node a b\nclient c on a times 10\nat 1ms crash b for 1ms\n");
    size_t first = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        pool_reset(rig.pool);
        struct run_setup setup = echo_setup(&rig, 1);
        run_make(&setup, &rig.result);
        if (seed == 1) first = pool_in_use(rig.pool);
        ck_assert_uint_eq(pool_in_use(rig.pool), first);
    }
    echo_close(&rig);
}
END_TEST

/* --- recorders --------------------------------------------------------------------------------------------- */

struct tape {
    unsigned begins, samples, calls, ops, faults;
    sim_time first_sample, second_sample, last_sample;
    char reply[32];
    enum op_fate last_fate;
};

static void tape_begin(void *ctx, const struct run_identity *identity) {
    struct tape *tape = ctx;
    ck_assert_uint_eq(identity->node_count, 1);
    ck_assert_uint_eq(identity->party_count, 3);
    ck_assert_uint_gt(identity->scenario_len, 10);
    tape->begins++;
}

static void tape_happening(void *ctx, const struct happening *h) {
    struct tape *tape = ctx;
    ck_assert_uint_eq(tape->begins, 1);
    tape->calls += h->kind == TRACE_OP_CALL;
}

static void tape_op(void *ctx, const struct op_record *op) {
    struct tape *tape = ctx;
    tape->ops++;
    tape->last_fate = op->fate;
    if (op->fate == OP_OK) ck_assert_int_ge(op->done, op->invoke);
    snprintf(tape->reply, sizeof tape->reply, "%.*s", (int)op->reply.len, op->reply.at);
}

static void tape_sample(void *ctx, const struct sample_record *sample) {
    struct tape *tape = ctx;
    tape->samples++;
    if (tape->samples == 1) tape->first_sample = sample->at;
    if (tape->samples == 2) tape->second_sample = sample->at;
    tape->last_sample = sample->at;
}

static void tape_fault(void *ctx, const struct happening *h) {
    struct tape *tape = ctx;
    ck_assert_int_eq(h->kind, TRACE_FAULT);
    tape->faults++;
}

START_TEST(test_recorders_hear_it_all) {
    static const struct recorder_ops ops = {tape_begin, tape_happening, tape_op, tape_sample, tape_fault, NULL};
    struct tape tape = {0};
    struct recorder recorder = {&ops, &tape};
    struct recorder *recorders[] = {&recorder};
    struct echo_rig rig;
    echo_open(&rig, "node a\nclient c on a times 5 gap 10ms\nat 8s pause a for 2s\nat 1s a> NEVER\n");
    struct run_setup setup = echo_setup(&rig, 1);
    setup.recorders = recorders;
    setup.recorder_count = 1;
    run_make(&setup, &rig.result);
    ck_assert_uint_eq(tape.calls, 6);
    ck_assert_uint_eq(tape.ops, 6);
    ck_assert_int_eq(tape.last_fate, OP_PENDING);
    ck_assert_uint_eq(tape.faults, 2);
    ck_assert_int_eq(tape.first_sample, 0);
    ck_assert_int_eq(tape.second_sample, 25 * SIM_MS); /* 10 s / 400 */
    ck_assert_uint_ge(tape.samples, 400);
    ck_assert_int_eq(tape.last_sample, rig.result.sim_ns);
    uint64_t with = rig.result.trace;
    pool_reset(rig.pool);
    setup.recorder_count = 0;
    run_make(&setup, &rig.result);
    ck_assert_uint_eq(rig.result.trace, with);
    echo_close(&rig);
}
END_TEST

static Suite *make_suite(void) {
    Suite *suite = suite_create("run");
    TCase *t = tcase_create("run");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_quiet_run_rests_at_once);
    tcase_add_test(t, test_same_seed_same_trace);
    tcase_add_test(t, test_expectations_change_no_event);
    tcase_add_test(t, test_removed_line_leaves_other_draws);
    tcase_add_test(t, test_every_counts_and_ends);
    tcase_add_test(t, test_lines_of_one_instant_act_in_order);
    tcase_add_test(t, test_crash_for_comes_back);
    tcase_add_test(t, test_restart_changes_settings_once);
    tcase_add_test(t, test_restart_waits_for_shutdown);
    tcase_add_test(t, test_shutdown_for_counts_from_the_end);
    tcase_add_test(t, test_pauses_nest);
    tcase_add_test(t, test_resume_voids_a_pause);
    tcase_add_test(t, test_heal_voids_a_cut);
    tcase_add_test(t, test_faults_that_find_nothing);
    tcase_add_test(t, test_link_changes_are_layers);
    tcase_add_test(t, test_when_fires_once_after_its_delay);
    tcase_add_test(t, test_when_acts_within_the_instant);
    tcase_add_test(t, test_end_stops_exactly);
    tcase_add_test(t, test_rest_waits_for_the_system);
    tcase_add_test(t, test_unsettled_is_a_violation);
    tcase_add_test(t, test_violation_fails_the_run);
    tcase_add_test(t, test_world_goes_on_for_late_expectations);
    tcase_add_test(t, test_chaos_undoes_everything);
    tcase_add_test(t, test_given_up_run_fails);
    tcase_add_test(t, test_thousands_of_runs_neither_leak_nor_grow);
    tcase_add_test(t, test_recorders_hear_it_all);
    suite_add_tcase(suite, t);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(make_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
