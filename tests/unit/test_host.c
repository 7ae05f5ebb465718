/* The process on a machine: turns, CPU time, timers, pauses, ends, clocks, consoles, ties. */
#include "tests/unit/tiny_nodes.h"

static struct tiny_world tw;

static void setup(void) {
    tiny_setup(&tw, 1);
}
static void teardown(void) {
    tiny_teardown(&tw);
}

#define A (&tw.node[0])
#define B (&tw.node[1])

/* --- timers --------------------------------------------------------------------------------------------- */

START_TEST(timer_fires_when_due) {
    host_timer_at(A->host, &A->timer, 5 * SIM_MS);
    ck_assert(A->timer.armed);
    tiny_run_to(&tw, 5 * SIM_MS - 1);
    ck_assert_uint_eq(A->ticks, 0);
    tiny_run_to(&tw, 5 * SIM_MS);
    ck_assert_uint_eq(A->ticks, 1);
    ck_assert_int_eq(A->tick_at, 5 * SIM_MS);
    ck_assert(!A->timer.armed);
}
END_TEST

START_TEST(timer_moves_and_stops) {
    host_timer_at(A->host, &A->timer, 5 * SIM_MS);
    host_timer_at(A->host, &A->timer, 9 * SIM_MS);
    tiny_run_to(&tw, 8 * SIM_MS);
    ck_assert_uint_eq(A->ticks, 0);
    tiny_run_to(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(A->ticks, 1);
    host_timer_at(A->host, &A->timer, 20 * SIM_MS);
    host_timer_stop(A->host, &A->timer);
    host_timer_stop(A->host, &A->timer);
    tiny_run_to(&tw, 30 * SIM_MS);
    ck_assert_uint_eq(A->ticks, 1);
}
END_TEST

START_TEST(timer_of_the_past_fires_at_once) {
    tiny_run_to(&tw, SIM_SECOND);
    host_timer_at(A->host, &A->timer, 1);
    tiny_run_for(&tw, 0);
    ck_assert_uint_eq(A->ticks, 1);
    ck_assert_int_eq(A->tick_at, SIM_SECOND);
}
END_TEST

struct ordered_timer {
    struct host_timer timer;
    int number;
};
static int fired[8], fired_count;
static struct ordered_timer timers[8];

static void fire_ordered(void *node, struct host_timer *t) {
    struct ordered_timer *o = CONTAINER_OF(t, struct ordered_timer, timer);
    struct tiny *tiny = node;
    fired[fired_count++] = o->number;
    if (o->number == 3) host_timer_stop(tiny->host, &timers[6].timer); /* due in the same turn */
}

START_TEST(timers_fire_in_due_order_after_a_pause) {
    static const sim_time at[8] = {50, 10, 40, 20, 70, 10, 30, 60};
    fired_count = 0;
    world_pause(tw.world, 0);
    for (int i = 0; i < 8; i++) {
        timers[i] = (struct ordered_timer){{.fire = fire_ordered}, i};
        host_timer_at(A->host, &timers[i].timer, at[i]);
    }
    tiny_run_to(&tw, 100);
    ck_assert_int_eq(fired_count, 0);
    world_resume(tw.world, 0);
    tiny_run_to(&tw, 101);
    static const int want[7] = {1, 5, 3, 2, 0, 7, 4}; /* 3 stopped 6 */
    ck_assert_int_eq(fired_count, 7);
    for (int i = 0; i < 7; i++) ck_assert_int_eq(fired[i], want[i]);
}
END_TEST

START_TEST(timers_die_with_their_process) {
    host_timer_at(A->host, &A->timer, SIM_MS);
    world_crash(tw.world, 0);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->ticks, 0);
    ck_assert_int_eq(world_next(tw.world), SIM_NEVER);
}
END_TEST

/* --- CPU time ------------------------------------------------------------------------------------------- */

START_TEST(busy_host_answers_later) {
    B->echo = true;
    B->spend = 50 * SIM_MS;
    struct conn *c = tiny_connect(&tw, 0, 1);
    sim_time began = world_now(tw.world);
    host_write(c, "one", 3);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(B->got.len, 3); /* handled, but the answer leaves when the CPU time is over */
    ck_assert_uint_eq(A->got.len, 0);
    host_write(c, "two", 3);
    host_timer_at(B->host, &B->timer, world_now(tw.world) + SIM_MS);
    tiny_run_for(&tw, 30 * SIM_MS);
    ck_assert_uint_eq(B->got.len, 3);
    ck_assert_uint_eq(B->ticks, 0);
    tiny_run_for(&tw, 200 * SIM_MS);
    ck_assert_str_eq(A->got.at, "onetwo");
    ck_assert_int_ge(A->last_at - began, 100 * SIM_MS);
    ck_assert_uint_eq(B->ticks, 1);
    ck_assert_int_ge(B->tick_at - began, 50 * SIM_MS);
    ck_assert_int_le(B->tick_at - began, 51 * SIM_MS);
}
END_TEST

static void write_spend_write(struct tiny *t) {
    host_write(t->last, "early", 5);
    host_spend(t->host, SIM_SECOND);
    host_write(t->last, "late", 4);
}

START_TEST(writes_leave_when_their_time_was_spent) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    sim_time began = world_now(tw.world);
    B->in_turn = write_spend_write;
    host_write(c, "x", 1);
    tiny_run_for(&tw, 100 * SIM_MS);
    ck_assert_str_eq(A->got.at, "early");
    tiny_run_for(&tw, 2 * SIM_SECOND);
    ck_assert_str_eq(A->got.at, "earlylate");
    ck_assert_int_ge(A->last_at - began, SIM_SECOND);
}
END_TEST

START_TEST(crash_takes_back_what_had_not_left) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    B->in_turn = write_spend_write;
    host_write(c, "x", 1);
    tiny_run_for(&tw, 100 * SIM_MS);
    ck_assert(world_crash(tw.world, 1));
    tiny_run_for(&tw, 2 * SIM_SECOND);
    ck_assert_str_eq(A->got.at, "early");
    ck_assert_int_eq(A->why, CONN_EOF);
}
END_TEST

START_TEST(cpu_of_a_client_costs_nothing) {
    struct tiny_world other;
    tiny_setup_as(&other, 1, TIE_RANDOM, PARTY_CLIENT);
    other.node[0].spend = SIM_SECOND;
    other.node[1].echo = true;
    struct conn *c = tiny_connect(&other, 0, 1);
    for (int i = 0; i < 3; i++) {
        host_write(c, "x", 1);
        tiny_run_for(&other, SIM_MS);
    }
    ck_assert_uint_eq(other.node[0].got.len, 3);
    tiny_teardown(&other);
}
END_TEST

/* --- pause, terminate, exit ----------------------------------------------------------------------------- */

START_TEST(paused_host_collects_and_goes_on) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    ck_assert(world_pause(tw.world, 1));
    ck_assert(!world_pause(tw.world, 1));
    ck_assert(world_paused(tw.world, 1));
    B->period = 100 * SIM_MS;
    host_timer_at(B->host, &B->timer, world_now(tw.world) + 100 * SIM_MS);
    host_write(c, "waiting", 7);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 0);
    ck_assert_uint_eq(B->ticks, 0);
    ck_assert_uint_eq(A->closed, 0);
    ck_assert(world_resume(tw.world, 1));
    ck_assert(!world_resume(tw.world, 1));
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_str_eq(B->got.at, "waiting");
    ck_assert_uint_eq(B->ticks, 1); /* late, and once */
}
END_TEST

START_TEST(stopped_cpu_computes_nothing) {
    B->echo = true;
    struct conn *c = tiny_connect(&tw, 0, 1);
    sim_time began = world_now(tw.world);
    B->spend = SIM_SECOND;
    host_write(c, "x", 1);
    tiny_run_for(&tw, 500 * SIM_MS);
    world_pause(tw.world, 1);
    tiny_run_for(&tw, 10 * SIM_SECOND);
    world_resume(tw.world, 1);
    B->spend = 0;
    host_write(c, "y", 1);
    tiny_run_for(&tw, 400 * SIM_MS);
    ck_assert_uint_eq(B->got.len, 1);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 2);
    ck_assert_int_ge(B->last_at - began, 11 * SIM_SECOND);
}
END_TEST

START_TEST(terminate_and_exit) {
    tiny_connect(&tw, 0, 1);
    B->spend = SIM_SECOND;
    sim_time began = world_now(tw.world);
    ck_assert(world_terminate(tw.world, 1));
    tiny_run_for(&tw, 900 * SIM_MS);
    ck_assert_uint_eq(B->terminated, 1);
    ck_assert(world_alive(tw.world, 1)); /* its last second of work is not over */
    ck_assert(!world_terminate(tw.world, 1));
    tiny_run_for(&tw, 101 * SIM_MS);
    ck_assert(!world_alive(tw.world, 1));
    ck_assert(!B->up);
    ck_assert_int_eq(A->why, CONN_EOF);
    ck_assert_int_ge(A->closed_at, began + SIM_SECOND);
    ck_assert_uint_eq(B->host->incarnation, 0);
    ck_assert(world_start(tw.world, 1));
    ck_assert(!world_start(tw.world, 1));
    ck_assert_uint_eq(B->host->incarnation, 1);
    ck_assert_uint_eq(B->boots, 2);
}
END_TEST

/* What else was ready in the turn in which it exits is nobody's business any more. */
START_TEST(an_exited_process_is_not_called) {
    tiny_connect(&tw, 0, 1);
    struct conn *peer = A->last;
    unsigned turns = B->turns;
    ck_assert(world_pause(tw.world, 1));
    host_timer_at(B->host, &B->timer, world_now(tw.world) + SIM_MS);
    host_write(peer, "x", 1);
    ck_assert(world_terminate(tw.world, 1));
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert(world_resume(tw.world, 1));
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->terminated, 1);
    ck_assert_uint_eq(B->got.len, 0);
    ck_assert_uint_eq(B->ticks, 0);
    ck_assert_uint_eq(B->turns, turns);
    ck_assert(!world_alive(tw.world, 1));
}
END_TEST

START_TEST(process_too_big_for_its_machine_is_killed) {
    uint64_t changes = world_change_count(tw.world);
    B->memory = (uint64_t)costs_default().memory + 1;
    host_timer_at(B->host, &B->timer, SIM_SECOND);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert(!world_alive(tw.world, 1));
    ck_assert_uint_gt(world_change_count(tw.world), changes);
}
END_TEST

/* --- clocks --------------------------------------------------------------------------------------------- */

START_TEST(wall_clock_jumps_and_drifts) {
    const sim_time base = INT64_C(1704067200) * SIM_SECOND;
    world_clock_set(tw.world, 0, base);
    tiny_run_to(&tw, 10 * SIM_SECOND);
    ck_assert_int_eq(host_wall_ns(A->host), base + 10 * SIM_SECOND);
    world_clock_jump(tw.world, 0, -3600 * SIM_SECOND);
    ck_assert_int_eq(host_wall_ms(A->host), (base - 3590 * SIM_SECOND) / SIM_MS);
    world_clock_drift(tw.world, 0, 500);
    tiny_run_to(&tw, 1010 * SIM_SECOND);
    ck_assert_int_eq(host_wall_ns(A->host), base - 3590 * SIM_SECOND + 1000 * SIM_SECOND + 500 * SIM_MS);
    world_clock_drift(tw.world, 0, -1000);
    host_timer_at(A->host, &A->timer, 2010 * SIM_SECOND);
    tiny_run_to(&tw, 2010 * SIM_SECOND);
    ck_assert_int_eq(A->tick_at, 2010 * SIM_SECOND); /* monotonic time neither jumps nor drifts */
    ck_assert_int_eq(A->tick_wall, base - 3590 * SIM_SECOND + 1999 * SIM_SECOND + 500 * SIM_MS);
}
END_TEST

START_TEST(transfer_times_are_exact) {
    ck_assert_int_eq(host_transfer_time(0, 1), 0);
    ck_assert_int_eq(host_transfer_time(1, 3), 333333333);
    ck_assert_int_eq(host_transfer_time(1000, 1000000000), 1000);
    ck_assert_int_eq(host_transfer_time(INT64_C(1) << 40, 1 << 30), 1024 * SIM_SECOND);
    ck_assert_int_eq(host_transfer_time(INT64_MAX, 1), SIM_NEVER);
}
END_TEST

/* --- the run's console ---------------------------------------------------------------------------------- */

static struct tiny console;

static uint16_t add_console(void) {
    memset(&console, 0, sizeof(console));
    buffer_init(&console.got, tw.pool);
    struct party_setup setup = {.name = "console", .kind = PARTY_CONSOLE, .boot = tiny_boot, .ctx = &console};
    uint16_t party = world_add(tw.world, &setup);
    ck_assert(world_start(tw.world, party));
    return party;
}

START_TEST(console_is_answered_at_the_same_instant) {
    add_console();
    B->echo = true;
    tiny_run_to(&tw, SIM_SECOND);
    struct conn *c = host_connect(console.host, "b", TINY_PORT);
    ck_assert_uint_eq(host_write(c, "now", 3), 3);
    ck_assert_uint_eq(B->got.len, 0);
    world_run_local(tw.world);
    ck_assert_str_eq(console.got.at, "now");
    ck_assert_int_eq(console.last_at, SIM_SECOND);
    ck_assert_uint_eq(console.connected, 1);
}
END_TEST

START_TEST(console_waits_for_a_busy_or_stopped_server) {
    add_console();
    B->echo = true;
    struct conn *to_b = tiny_connect(&tw, 0, 1);
    B->spend = 100 * SIM_MS;
    host_write(to_b, "x", 1);
    tiny_run_for(&tw, 10 * SIM_MS);
    B->spend = 3 * SIM_MS;
    sim_time began = world_now(tw.world);
    struct conn *c = host_connect(console.host, "b", TINY_PORT);
    host_write(c, "now", 3);
    world_run_local(tw.world);
    ck_assert_uint_eq(console.got.len, 0);
    tiny_run_for(&tw, 200 * SIM_MS);
    ck_assert_str_eq(console.got.at, "now");
    ck_assert_int_gt(console.last_at - began, 90 * SIM_MS);
    ck_assert_int_lt(console.last_at - began, 103 * SIM_MS);
    world_pause(tw.world, 1);
    host_write(c, "!", 1);
    world_run_local(tw.world);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(console.got.len, 3);
    world_resume(tw.world, 1);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(console.got.len, 4);
}
END_TEST

START_TEST(console_is_local_cut_or_not) {
    uint16_t party = add_console();
    B->echo = true;
    for (uint16_t i = 0; i < 2; i++) {
        world_cut(tw.world, party, 1, 1);
        world_cut(tw.world, 1, party, 1);
        world_refuse(tw.world, party, 1, 1);
    }
    struct conn *c = host_connect(console.host, "b", TINY_PORT);
    char big[100000];
    memset(big, 'x', sizeof(big));
    ck_assert_uint_eq(host_write(c, big, sizeof(big)), sizeof(big));
    world_run_local(tw.world);
    ck_assert_uint_eq(console.got.len, sizeof(big));
    host_close(c);
    world_run_local(tw.world);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(console_sees_a_dead_server) {
    add_console();
    struct conn *c = host_connect(console.host, "b", TINY_PORT);
    world_run_local(tw.world);
    ck_assert_ptr_eq(console.last, c);
    world_crash(tw.world, 1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(console.why, CONN_EOF);
    host_connect(console.host, "b", TINY_PORT);
    world_run_local(tw.world);
    ck_assert_int_eq(console.why, CONN_REFUSED);
    ck_assert_uint_eq(console.closed, 2);
    ck_assert(world_start(tw.world, 1));
    host_connect(console.host, "b", TINY_PORT);
    world_run_local(tw.world);
    console.why = CONN_OPEN;
    ck_assert(world_power(tw.world, 1)); /* who sits at the machine sees that it is off */
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(console.why, CONN_EOF);
}
END_TEST

/* --- order of one instant -------------------------------------------------------------------------------- */

static int order[16], order_count;

struct ranked {
    struct event event;
    int number;
};

static void ranked_due(void *ctx, struct event *e) {
    (void)ctx;
    order[order_count++] = CONTAINER_OF(e, struct ranked, event)->number;
}

static void note_order(struct tiny *t) {
    order[order_count++] = 100 + t->host->index;
}

START_TEST(lines_come_first_in_rank_order) {
    static struct ranked lines[4];
    order_count = 0;
    host_timer_at(A->host, &A->timer, SIM_MS);
    A->in_turn = note_order;
    for (int i = 0; i < 4; i++) {
        lines[i] = (struct ranked){{.fire = ranked_due}, i};
        world_schedule(tw.world, &lines[i].event, SIM_MS, (uint32_t)(10 - i));
    }
    world_cancel(tw.world, &lines[2].event);
    tiny_run_to(&tw, SIM_MS);
    ck_assert_int_eq(order_count, 4);
    ck_assert_int_eq(order[0], 3);
    ck_assert_int_eq(order[1], 1);
    ck_assert_int_eq(order[2], 0);
    ck_assert_int_eq(order[3], 100);
}
END_TEST

/* Which of three nodes with a timer of one instant runs first, over many instants. */
static unsigned first_count(enum tie_kind ties, uint64_t seed, unsigned first[TINY_NODES]) {
    struct tiny_world other;
    unsigned distinct = 0;
    tiny_setup_as(&other, seed, ties, PARTY_SERVER);
    memset(first, 0, TINY_NODES * sizeof(*first));
    for (int round = 1; round <= 300; round++) {
        order_count = 0;
        for (int i = 0; i < TINY_NODES; i++) {
            other.node[i].in_turn = note_order;
            host_timer_at(other.node[i].host, &other.node[i].timer, round * SIM_MS);
        }
        tiny_run_to(&other, round * SIM_MS);
        ck_assert_int_eq(order_count, 3);
        first[order[0] - 100]++;
    }
    for (int i = 0; i < TINY_NODES; i++) distinct += first[i] > 0;
    tiny_teardown(&other);
    return distinct;
}

START_TEST(tie_policies) {
    unsigned first[TINY_NODES];
    ck_assert_uint_eq(first_count(TIE_FIFO, 1, first), 1);
    ck_assert_uint_eq(first[0], 300);
    ck_assert_uint_eq(first_count(TIE_RANDOM, 1, first), 3);
    for (int i = 0; i < TINY_NODES; i++) ck_assert_uint_gt(first[i], 60); /* 100 expected, deviation 8 */
    unsigned distinct_of_seeds = 0, seen[TINY_NODES] = {0};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        ck_assert_uint_le(first_count(TIE_PCT, seed, first), 3);
        for (int i = 0; i < TINY_NODES; i++) seen[i] += first[i] > 150;
    }
    for (int i = 0; i < TINY_NODES; i++) distinct_of_seeds += seen[i] > 0;
    ck_assert_uint_eq(distinct_of_seeds, 3); /* priorities come from the seed */
}
END_TEST

START_TEST(host_chance_depends_on_the_process) {
    struct chance first = host_chance(A->host, "id"), same = host_chance(A->host, "id");
    struct chance other = host_chance(A->host, "sample"), elsewhere = host_chance(B->host, "id");
    uint64_t bits = chance_bits(&first);
    ck_assert_uint_eq(chance_bits(&same), bits);
    ck_assert_uint_ne(chance_bits(&other), bits);
    ck_assert_uint_ne(chance_bits(&elsewhere), bits);
    world_crash(tw.world, 0);
    world_start(tw.world, 0);
    struct chance reborn = host_chance(A->host, "id");
    ck_assert_uint_ne(chance_bits(&reborn), bits);
}
END_TEST

static unsigned logs;
static void hear_log(void *ctx, const struct happening *h) {
    (void)ctx;
    logs++;
    ck_assert_uint_eq(h->node, 0);
    ck_assert_int_eq(h->a, LOG_NOTICE);
    ck_assert_uint_lt(h->len, 1025);
    if (logs == 1) ck_assert_mem_eq(h->text, "hello 7", 7);
}

START_TEST(log_lines) {
    char long_text[3000];
    logs = 0;
    memset(long_text, 'x', sizeof(long_text));
    trace_listen(tw.trace, TRACE_LOG, TRACE_LOG, hear_log, NULL);
    host_log(A->host, LOG_NOTICE, "hello %d", 7);
    host_log(A->host, LOG_NOTICE, "%.*s", (int)sizeof(long_text), long_text);
    ck_assert_uint_eq(logs, 2);
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, timer_fires_when_due);
    tcase_add_test(t, timer_moves_and_stops);
    tcase_add_test(t, timer_of_the_past_fires_at_once);
    tcase_add_test(t, timers_fire_in_due_order_after_a_pause);
    tcase_add_test(t, timers_die_with_their_process);
    tcase_add_test(t, busy_host_answers_later);
    tcase_add_test(t, writes_leave_when_their_time_was_spent);
    tcase_add_test(t, crash_takes_back_what_had_not_left);
    tcase_add_test(t, cpu_of_a_client_costs_nothing);
    tcase_add_test(t, paused_host_collects_and_goes_on);
    tcase_add_test(t, stopped_cpu_computes_nothing);
    tcase_add_test(t, terminate_and_exit);
    tcase_add_test(t, an_exited_process_is_not_called);
    tcase_add_test(t, process_too_big_for_its_machine_is_killed);
    tcase_add_test(t, wall_clock_jumps_and_drifts);
    tcase_add_test(t, transfer_times_are_exact);
    tcase_add_test(t, console_is_answered_at_the_same_instant);
    tcase_add_test(t, console_waits_for_a_busy_or_stopped_server);
    tcase_add_test(t, console_is_local_cut_or_not);
    tcase_add_test(t, console_sees_a_dead_server);
    tcase_add_test(t, lines_come_first_in_rank_order);
    tcase_add_test(t, tie_policies);
    tcase_add_test(t, host_chance_depends_on_the_process);
    tcase_add_test(t, log_lines);
}

int main(void) {
    return tiny_main("host", add);
}
