/* A run that stops on its way: the same run as one that does not, and what can be seen of it there. */
#include "sim/run/moment.h"
#include "tests/unit/echo_system.h"

/* Restless: time passes between events, conditions and expectations depend on time alone. */
static const char restless[] = "node a b\nclient c on a times 60 gap 7ms\nlink * latency exp:2ms loss 5%\n"
                               "at 50ms a> SET 5\nwhen a.age > 120 a> ADD 1000\nwhen a.age > 333 b> ADD 7\n"
                               "at 100ms..200ms crash b for 90ms\nexpect at 133ms a.alive == 1\n"
                               "expect always from 1ms a.age >= 0\nexpect a.value > 1000\nexpect at 9s b.alive == 1\n";

static struct run_moment at_time(sim_time at) {
    return (struct run_moment){at, UINT64_MAX};
}

static struct run_moment after_event(uint64_t seq) {
    return (struct run_moment){SIM_NEVER, seq + 1};
}

/* A run of the text up to a moment, looked at there. */
struct stopped {
    struct echo_rig rig;
    struct tail *tail;
    struct moment moment;
    struct buffer text;
};

static void stop_system(struct stopped *s, const struct system *system, const char *text, struct run_moment at,
                        uint16_t watch, size_t room) {
    echo_open(&s->rig, text);
    struct run_setup setup = echo_setup(&s->rig, 3);
    s->tail = tail_create(s->rig.pool, room, watch);
    struct recorder *recorder = tail_recorder(s->tail);
    setup.system = system;
    setup.recorders = &recorder;
    setup.recorder_count = 1;
    struct run *run = run_begin(&setup);
    run_advance(run, &at);
    moment_take(run, watch, s->tail, &s->moment);
    buffer_init(&s->text, s->rig.plan_pool);
    moment_write(&s->moment, &s->text);
}

static void stop(struct stopped *s, const char *text, struct run_moment at) {
    stop_system(s, &echo_system, text, at, NO_PARTY, 20);
}

static void done(struct stopped *s) {
    echo_close(&s->rig);
}

static const char *field(const struct stopped *s, uint16_t node, const char *name) {
    const struct moment_node *n = &s->moment.nodes[node];
    for (size_t i = 0; i < n->field_count; i++) {
        if (strcmp(n->fields[i].name, name) == 0) return n->fields[i].text;
    }
    return NULL;
}

static void must_say(const struct stopped *s, const char *part) {
    ck_assert_msg(strstr(s->text.at, part), "nothing says \"%s\" in:\n%s", part, s->text.at);
}

static void must_not_say(const struct stopped *s, const char *part) {
    ck_assert_msg(!strstr(s->text.at, part), "\"%s\" is in:\n%s", part, s->text.at);
}

/* --- the same run ------------------------------------------------------------------------------------------- */

/* Makes the run in pieces; the number of stops. */
static unsigned run_in_pieces(struct echo_rig *rig, uint64_t seed, sim_time step, uint64_t events) {
    echo_open(rig, restless);
    struct run_setup setup = echo_setup(rig, seed);
    struct run *run = run_begin(&setup);
    struct run_moment to = {step, events};
    unsigned stops = 0;
    for (; run_advance(run, &to); stops++) {
        to.at = to.at == SIM_NEVER ? SIM_NEVER : to.at + step;
        to.count = to.count == UINT64_MAX ? UINT64_MAX : to.count + events;
    }
    ck_assert(run_is_over(run));
    run_finish(run, &rig->result);
    return stops;
}

static void must_be_same(const struct run_result *a, const struct run_result *b) {
    ck_assert_uint_eq(a->trace, b->trace);
    ck_assert_uint_eq(a->events, b->events);
    ck_assert_int_eq(a->sim_ns, b->sim_ns);
    ck_assert_int_eq(a->passed, b->passed);
    ck_assert_uint_eq(a->expectation_count, b->expectation_count);
    for (size_t i = 0; i < a->expectation_count; i++) {
        ck_assert_int_eq(a->expectations[i].held, b->expectations[i].held);
        ck_assert_int_eq(a->expectations[i].at, b->expectations[i].at);
        ck_assert_str_eq(a->expectations[i].got, b->expectations[i].got);
    }
}

START_TEST(test_stops_change_nothing) {
    const sim_time steps[] = {SIM_US * 170, SIM_MS, 61 * SIM_MS, SIM_NEVER, SIM_NEVER, 10 * SIM_MS};
    const uint64_t events[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 1, 13, 5};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct echo_rig whole;
        const struct run_result *expected = echo_run(&whole, restless, seed);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            struct echo_rig pieces;
            unsigned stops = run_in_pieces(&pieces, seed, steps[i], events[i]);
            ck_assert_uint_ge(stops, 5);
            must_be_same(expected, &pieces.result);
            echo_close(&pieces);
        }
        echo_close(&whole);
    }
}
END_TEST

/* The happenings of a run, summed up. */
struct ear {
    uint64_t heard, limit, digest;
};

static void ear_hears(void *ctx, const struct happening *h) {
    struct ear *ear = ctx;
    if (ear->heard++ >= ear->limit) return;
    uint64_t words[] = {h->seq, (uint64_t)h->at, h->kind, h->node, h->peer, (uint64_t)h->a, (uint64_t)h->b};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) ear->digest = chance_mix(ear->digest ^ words[i]);
}

/* Up to `to`; the first `limit` happenings are summed up. */
static struct ear listen_until(struct run_moment to, uint64_t limit) {
    static const struct recorder_ops ops = {.happening = ear_hears};
    struct ear ear = {.limit = limit};
    struct recorder recorder = {&ops, &ear}, *recorders[] = {&recorder};
    struct echo_rig rig;
    echo_open(&rig, restless);
    struct run_setup setup = echo_setup(&rig, 4);
    setup.recorders = recorders;
    setup.recorder_count = 1;
    run_advance(run_begin(&setup), &to);
    echo_close(&rig);
    return ear;
}

START_TEST(test_prefix_is_that_of_the_whole_run) {
    for (sim_time at = 0; at < 500 * SIM_MS; at += 23 * SIM_MS) {
        struct ear part = listen_until(at_time(at), UINT64_MAX);
        struct ear whole = listen_until(at_time(SIM_NEVER), part.heard);
        ck_assert_uint_gt(part.heard, 0);
        ck_assert_uint_lt(part.heard, whole.heard);
        ck_assert_uint_eq(part.digest, whole.digest);
    }
}
END_TEST

START_TEST(test_stop_again_gives_equal_text) {
    struct stopped one, two;
    stop(&one, restless, at_time(151 * SIM_MS));
    stop(&two, restless, at_time(151 * SIM_MS));
    ck_assert_str_eq(one.text.at, two.text.at);
    done(&one);
    done(&two);
}
END_TEST

/* --- the moment ---------------------------------------------------------------------------------------------- */

START_TEST(test_instant_is_whole_and_last) {
    static const char text[] = "node a b\nat 1s a> SET 5\nat 1s b> SET 7\nat 1001ms a> SET 9\nat 1001ms b> SET 9\n";
    const struct {
        sim_time at;
        const char *a, *b;
    } cases[] = {{SIM_SECOND - 1, "0", "0"}, {SIM_SECOND, "5", "7"}, {1001 * SIM_MS - 1, "5", "7"}};
    for (size_t i = 0; i < 3; i++) {
        struct stopped s;
        stop(&s, text, at_time(cases[i].at));
        ck_assert_int_eq(s.moment.at, cases[i].at);
        ck_assert(!s.moment.over);
        ck_assert_str_eq(field(&s, 0, "value"), cases[i].a);
        ck_assert_str_eq(field(&s, 1, "value"), cases[i].b);
        done(&s);
    }
}
END_TEST

START_TEST(test_stops_after_event) {
    struct stopped whole;
    stop_system(&whole, &echo_system, restless, at_time(SIM_NEVER), NO_PARTY, 100000);
    size_t count = tail_count(whole.tail), tried = 0;
    for (size_t i = count / 4; i < count; i += 17) {
        const struct tail_line *line = tail_get(whole.tail, i);
        struct stopped s;
        stop(&s, restless, after_event(line->seq));
        ck_assert_uint_gt(s.moment.count, line->seq);
        ck_assert_int_eq(s.moment.at, line->at);
        const struct tail_line *last = tail_get(s.tail, tail_count(s.tail) - 1);
        ck_assert_uint_ge(last->seq, line->seq);
        ck_assert_int_eq(last->at, line->at);
        /* Asked for the last event of that step, it stops there and no step later. */
        struct stopped same;
        stop(&same, restless, after_event(s.moment.count - 1));
        ck_assert_uint_eq(same.moment.count, s.moment.count);
        ck_assert_uint_eq(same.moment.trace, s.moment.trace);
        done(&same);
        done(&s);
        tried++;
    }
    ck_assert_uint_gt(tried, 5);
    done(&whole);
}
END_TEST

START_TEST(test_past_the_end_is_the_end) {
    struct stopped s;
    stop(&s, "node a\nat 1s a> SET 5\nexpect a.value == 5\n", at_time(60 * SIM_SECOND));
    ck_assert(s.moment.over && s.moment.at_rest && !s.moment.failed);
    ck_assert_int_eq(s.moment.ended, SIM_SECOND);
    must_say(&s, "at the end, t=1s");
    must_say(&s, "came to rest at 1s");
    done(&s);
    stop(&s, "node a\nend 2s\n", at_time(2 * SIM_SECOND));
    ck_assert(s.moment.over && !s.moment.at_rest);
    ck_assert_int_eq(s.moment.at, 2 * SIM_SECOND);
    done(&s);
}
END_TEST

/* --- what is broken -------------------------------------------------------------------------------------------- */

START_TEST(test_broken_promise_is_shown_once_broken) {
    static const char text[] = "node a b\nat 1s b> BREAK\nat 2s a> SET 3\n";
    struct stopped s;
    stop(&s, text, at_time(SIM_SECOND - 1));
    ck_assert(!s.moment.failed);
    must_say(&s, "none broken so far");
    done(&s);
    stop(&s, text, at_time(SIM_SECOND));
    ck_assert(s.moment.failed);
    must_say(&s, "violation  sane: it was told to break");
    done(&s);
    stop(&s, text, at_time(3 * SIM_SECOND));
    ck_assert(s.moment.failed && s.moment.over);
    must_say(&s, "violation  sane: it was told to break");
    done(&s);
}
END_TEST

START_TEST(test_missed_expectation_is_shown_once_missed) {
    static const char text[] = "node a\nat 3s a> SET 3\nexpect at 1s a.value == 4\nexpect a.value == 5\n";
    struct stopped s;
    stop(&s, text, at_time(SIM_SECOND - 1));
    ck_assert(!s.moment.failed);
    ck_assert_uint_eq(s.moment.missed_count, 0);
    done(&s);
    stop(&s, text, at_time(SIM_SECOND));
    ck_assert(s.moment.failed);
    ck_assert_uint_eq(s.moment.missed_count, 1);
    must_say(&s, "missed     line 3: ");
    must_not_say(&s, "line 4");
    done(&s);
    stop(&s, text, at_time(SIM_NEVER));
    ck_assert_uint_eq(s.moment.missed_count, 2);
    must_say(&s, "line 4");
    done(&s);
}
END_TEST

START_TEST(test_breaking_happening_is_kept) {
    /* Far more happens after it than is kept. */
    static const char text[] = "node a b\nclient c on a times 200 gap 1ms\nat 20ms b> BREAK\nat 300ms a> GET\n";
    struct stopped s;
    stop_system(&s, &echo_system, text, at_time(250 * SIM_MS), NO_PARTY, 8);
    ck_assert_uint_eq(tail_count(s.tail), 8);
    size_t count = tail_break_count(s.tail);
    ck_assert_uint_gt(count, 0);
    ck_assert_int_ge(tail_break_get(s.tail, count - 1)->at, 20 * SIM_MS);
    ck_assert_int_lt(tail_break_get(s.tail, count - 1)->at, 21 * SIM_MS);
    must_say(&s, "Events up to the first broken promise");
    must_say(&s, "\n> #");
    done(&s);
}
END_TEST

/* --- the cluster ------------------------------------------------------------------------------------------------ */

START_TEST(test_states_of_nodes) {
    struct stopped s;
    stop(&s, "node a b c\nat 1s crash a\nat 1s pause b\nat 1s c> SPEND 500\nat 3s a> GET\n", at_time(1200 * SIM_MS));
    const struct moment_node *nodes = s.moment.nodes;
    ck_assert(!nodes[0].alive && nodes[0].field_count == 0);
    ck_assert(nodes[1].alive && nodes[1].paused && nodes[1].busy_until == 0);
    ck_assert(nodes[2].alive && !nodes[2].paused);
    ck_assert_int_ge(nodes[2].busy_until, 1500 * SIM_MS);
    ck_assert_int_lt(nodes[2].busy_until, 1501 * SIM_MS);
    must_say(&s, "alive, stopped\n");
    must_say(&s, "alive, busy until 1.5");
    must_say(&s, "down\n");
    done(&s);
}
END_TEST

START_TEST(test_links_with_something_to_tell) {
    static const char text[] = "node a b d\nclient c on a times 5 gap 500ms\nlink c a latency 100ms\n"
                               "at 1s cut a->b\nat 1s refuse b d\nat 5s a> GET\n";
    struct stopped s;
    stop(&s, "node a\nat 1s a> GET\n", at_time(100 * SIM_MS));
    ck_assert_uint_eq(s.moment.link_count, 0);
    must_say(&s, "nothing under way, none cut or refused");
    done(&s);
    stop(&s, text, at_time(1310 * SIM_MS));
    unsigned cuts = 0, refusals = 0, loaded = 0;
    for (size_t i = 0; i < s.moment.link_count; i++) {
        const struct moment_link *link = &s.moment.links[i];
        cuts += link->cut && link->from == 0 && link->to == 1;
        refusals += link->refused && link->from + link->to == 3;
        loaded += link->in_flight > 0;
        ck_assert(link->cut || link->refused || link->in_flight > 0);
    }
    ck_assert_uint_eq(cuts, 1);
    ck_assert_uint_ge(refusals, 1);
    must_say(&s, " cut\n");
    must_say(&s, " refused\n");
    done(&s);
    /* Somewhere in a second of a client on a slow link bytes are under way. */
    for (sim_time at = 0; at < SIM_SECOND && loaded == 0; at += 40 * SIM_MS) {
        stop(&s, text, at_time(at));
        for (size_t i = 0; i < s.moment.link_count; i++) loaded += s.moment.links[i].in_flight > 0;
        if (loaded) must_say(&s, " bytes under way or unread\n");
        done(&s);
    }
    ck_assert_uint_gt(loaded, 0);
}
END_TEST

START_TEST(test_says_who_waits) {
    static const char text[] = "node a b\nclient c on a times 5 gap 500ms\nat 1s b> UNREST 1000\n";
    struct stopped s;
    stop(&s, text, at_time(1500 * SIM_MS));
    ck_assert_str_eq(s.moment.waits, "b is restless");
    ck_assert_uint_eq(s.moment.client_count, 1);
    ck_assert(!s.moment.clients[0].done);
    must_say(&s, "at work");
    done(&s);
    stop(&s, text, at_time(SIM_NEVER));
    ck_assert_str_eq(s.moment.waits, "");
    must_say(&s, "the system has settled");
    done(&s);
}
END_TEST

START_TEST(test_stopped_node_is_waited_for_while_it_may_go_on) {
    static const char text[] = "node a b\nat 1s b> UNREST 2000\nat 1500ms pause b for 1s\nat 4s a> GET\n";
    struct stopped s;
    stop(&s, text, at_time(2 * SIM_SECOND));
    ck_assert(s.moment.nodes[1].paused);
    ck_assert_str_eq(s.moment.waits, "b is restless");
    done(&s);
    stop(&s, text, at_time(3500 * SIM_MS));
    ck_assert_str_eq(s.moment.waits, "");
    must_not_say(&s, "settled");
    done(&s);
}
END_TEST

START_TEST(test_overview_and_watch) {
    static const char text[] = "node a b\nat 1s a> SET 5\nat 1s b> SET 6\nat 2s a> GET\n";
    static const char *const overview[] = {"val*", "ag?", NULL};
    struct system system = echo_system;
    system.overview_fields = overview;
    struct stopped s;
    stop_system(&s, &system, text, at_time(1500 * SIM_MS), 1, 20);
    ck_assert_uint_eq(s.moment.nodes[0].field_count, 2);
    ck_assert_str_eq(field(&s, 0, "value"), "5");
    ck_assert_str_eq(field(&s, 0, "age"), "1500");
    ck_assert_uint_eq(s.moment.nodes[1].field_count, 6);
    ck_assert_uint_gt(tail_count(s.tail), 0);
    for (size_t i = 0; i < tail_count(s.tail); i++) {
        ck_assert(tail_get(s.tail, i)->from == 1 || tail_get(s.tail, i)->to == 1);
    }
    done(&s);
}
END_TEST

/* --- the text ------------------------------------------------------------------------------------------------- */

START_TEST(test_text_is_printable_and_fits) {
    static const char text[] = "scenario \"words words words words words words words words words words words words "
                               "words words words words words words words words words\"\n"
                               "node a\nat 1s a> ECHO \"x\\xff\\n\\t\\x1b[31m and\" => nothing\n"
                               "expect at 1s a.state == \"some words that nobody has ever said to any node, that "
                               "is much longer than one line is wide, isn't it\"\nat 2s a> GET\n";
    struct stopped s;
    stop(&s, text, at_time(1500 * SIM_MS));
    size_t width = 0;
    for (size_t i = 0; i < s.text.len; i++) {
        unsigned char c = (unsigned char)s.text.at[i];
        ck_assert(c == '\n' || (c >= 0x20 && c < 0x7f));
        width = c == '\n' ? 0 : width + 1;
        ck_assert_msg(width <= 100, "a line is longer than 100 columns:\n%s", s.text.at);
        ck_assert_msg(c != '\n' || i == 0 || s.text.at[i - 1] != ' ', "a blank before a line's end:\n%s", s.text.at);
    }
    must_say(&s, "\\xff\\n\\x09\\x1b");
    done(&s);
}
END_TEST

START_TEST(test_tail_keeps_the_last) {
    struct stopped few, many;
    stop_system(&few, &echo_system, restless, at_time(200 * SIM_MS), NO_PARTY, 3);
    stop_system(&many, &echo_system, restless, at_time(200 * SIM_MS), NO_PARTY, 50);
    ck_assert_uint_eq(tail_count(few.tail), 3);
    ck_assert_uint_eq(tail_count(many.tail), 50);
    for (size_t i = 0; i < 3; i++) {
        const struct tail_line *a = tail_get(few.tail, i), *b = tail_get(many.tail, 47 + i);
        ck_assert_uint_eq(a->seq, b->seq);
        ck_assert_str_eq(a->text.at ? a->text.at : "", b->text.at ? b->text.at : "");
    }
    for (size_t i = 1; i < 50; i++) ck_assert_uint_lt(tail_get(many.tail, i - 1)->seq, tail_get(many.tail, i)->seq);
    ck_assert_uint_eq(tail_break_count(many.tail), 0);
    done(&few);
    done(&many);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("replay");
    TCase *tests = tcase_create("replay");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_stops_change_nothing);
    tcase_add_test(tests, test_prefix_is_that_of_the_whole_run);
    tcase_add_test(tests, test_stop_again_gives_equal_text);
    tcase_add_test(tests, test_instant_is_whole_and_last);
    tcase_add_test(tests, test_stops_after_event);
    tcase_add_test(tests, test_past_the_end_is_the_end);
    tcase_add_test(tests, test_broken_promise_is_shown_once_broken);
    tcase_add_test(tests, test_missed_expectation_is_shown_once_missed);
    tcase_add_test(tests, test_breaking_happening_is_kept);
    tcase_add_test(tests, test_states_of_nodes);
    tcase_add_test(tests, test_links_with_something_to_tell);
    tcase_add_test(tests, test_says_who_waits);
    tcase_add_test(tests, test_stopped_node_is_waited_for_while_it_may_go_on);
    tcase_add_test(tests, test_overview_and_watch);
    tcase_add_test(tests, test_text_is_printable_and_fits);
    tcase_add_test(tests, test_tail_keeps_the_last);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
