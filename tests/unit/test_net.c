/* Connections between tiny nodes: streams, loss, cuts, resets, half-open ends, back-pressure.
 *
 * Method: bytes carry a pattern that tells their position, so a byte lost, doubled or out of order shows; what a
 * node is told and when is compared with what TCP on Linux does. */
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

static char big[1 << 20];

/* Sends n pattern bytes from a's connection over time, as it takes them. */
static void send_all(struct conn *c, size_t n) {
    for (size_t done = 0; done < n;) {
        size_t piece = n - done < sizeof(big) ? n - done : sizeof(big);
        tiny_pattern(big, piece, done);
        done += host_write(c, big, piece);
        tiny_run_for(&tw, 5 * SIM_MS);
        ck_assert_int_lt(world_now(tw.world), 3600 * SIM_SECOND);
    }
}

START_TEST(handshake_costs_one_round_trip) {
    *world_link(tw.world, 0, 1) = *world_link(tw.world, 1, 0) =
        (struct link){.latency = spread_constant(3 * SIM_MS), .bandwidth = 1000000000, .buffer = 1 << 20};
    host_connect(A->host, "b", TINY_PORT);
    tiny_run_to(&tw, 6 * SIM_MS - 1);
    ck_assert_uint_eq(A->connected, 0);
    tiny_run_to(&tw, 6 * SIM_MS);
    ck_assert_uint_eq(A->connected, 1);
    ck_assert_uint_eq(B->accepted, 0);
    tiny_run_to(&tw, 9 * SIM_MS);
    ck_assert_uint_eq(B->accepted, 1);
    ck_assert_str_eq(host_peer_name(A->last), "b");
    ck_assert_str_eq(host_peer_name(B->last), "a");
    ck_assert_uint_eq(host_peer_port(A->last), TINY_PORT);
    ck_assert_uint_eq(A->last->id, B->last->id);
}
END_TEST

START_TEST(bytes_arrive_whole_and_in_order) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    send_all(c, 3 << 20);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 3 << 20);
    tiny_check_pattern(B->got.at, B->got.len);
    ck_assert_uint_eq(world_bytes_delivered(tw.world), 3 << 20);
}
END_TEST

START_TEST(segments_end_at_any_byte) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    unsigned boundaries[100] = {0}, cuts = 0;
    for (int i = 0; i < 4000; i++) {
        size_t before = B->got.len;
        tiny_pattern(big, 100, before);
        ck_assert_uint_eq(host_write(c, big, 100), 100);
        while (B->got.len == before) ck_assert(world_step(tw.world));
        size_t first = B->got.len - before;
        if (first < 100) cuts++, boundaries[first]++;
        tiny_run_for(&tw, SIM_MS);
        ck_assert_uint_eq(B->got.len, before + 100);
    }
    tiny_check_pattern(B->got.at, B->got.len);
    /* 4000 / 8 = 500 expected, standard deviation 21 */
    ck_assert_uint_gt(cuts, 395);
    ck_assert_uint_lt(cuts, 605);
    unsigned seen = 0;
    for (int i = 1; i < 100; i++) seen += boundaries[i] > 0;
    ck_assert_uint_gt(seen, 80); /* 99 places, 500 cuts: 0.6 expected to be missed */
}
END_TEST

START_TEST(writes_of_one_instant_merge) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    for (int i = 0; i < 200; i++) host_write(c, "x", 1);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(B->got.len, 200);
    ck_assert_uint_lt(B->pieces, 200); /* outside of turns each write leaves by itself; arrivals of one instant merge */
}
END_TEST

START_TEST(bandwidth_serialises) {
    world_link(tw.world, 0, 1)->bandwidth = 1000000;
    struct conn *c = tiny_connect(&tw, 0, 1);
    sim_time began = world_now(tw.world);
    memset(big, 'x', 500000);
    ck_assert_uint_eq(host_write(c, big, 500000), 500000);
    while (B->got.len < 500000) ck_assert(world_step(tw.world));
    sim_time took = world_now(tw.world) - began;
    ck_assert_int_ge(took, 500 * SIM_MS);
    ck_assert_int_le(took, 501 * SIM_MS);
}
END_TEST

START_TEST(loss_delays_but_loses_nothing) {
    world_link(tw.world, 0, 1)->loss_ppm = 200000;
    world_link(tw.world, 1, 0)->loss_ppm = 200000;
    host_connect(A->host, "b", TINY_PORT);
    tiny_run_for(&tw, 130 * SIM_SECOND);
    ck_assert_uint_eq(A->connected, 1);
    B->echo = true;
    sim_time slow = 0, quick = 0;
    for (int i = 0; i < 300; i++) {
        size_t before = A->got.len;
        sim_time began = world_now(tw.world);
        tiny_pattern(big, 10, before);
        ck_assert_uint_eq(host_write(A->last, big, 10), 10);
        while (A->got.len < before + 10) ck_assert(world_step(tw.world));
        sim_time took = world_now(tw.world) - began;
        if (took < 200 * SIM_MS)
            quick++;
        else
            slow++;
    }
    tiny_check_pattern(A->got.at, A->got.len);
    ck_assert_int_gt(slow, 50); /* two segments, each lost with 20 %: 36 % wait for a timeout */
    ck_assert_int_gt(quick, 120);
}
END_TEST

START_TEST(fast_retransmit_beats_the_timeout) {
    struct link *l = world_link(tw.world, 0, 1);
    struct conn *c = tiny_connect(&tw, 0, 1);
    sim_time began = world_now(tw.world);
    world_cut(tw.world, 0, 1, 1);
    tiny_pattern(big, 1000, 0);
    host_write(c, big, 1000); /* lost */
    world_cut(tw.world, 0, 1, -1);
    for (size_t i = 1; i < 10; i++) {
        tiny_run_for(&tw, SIM_MS);
        tiny_pattern(big, 1000, i * 1000);
        host_write(c, big, 1000);
    }
    while (B->got.len < 10000) ck_assert(world_step(tw.world));
    ck_assert_int_lt(world_now(tw.world) - began, 100 * SIM_MS);
    tiny_check_pattern(B->got.at, 10000);
    ck_assert_uint_eq(l->loss_ppm, 0);
}
END_TEST

START_TEST(cut_and_heal_delivers_everything) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_cut(tw.world, 0, 1, 1);
    ck_assert(world_is_cut(tw.world, 0, 1));
    ck_assert(!world_is_cut(tw.world, 1, 0));
    for (size_t i = 0; i < 50; i++) {
        tiny_pattern(big, 100, i * 100);
        ck_assert_uint_eq(host_write(c, big, 100), 100);
        tiny_run_for(&tw, 100 * SIM_MS);
    }
    ck_assert_uint_eq(B->got.len, 0);
    ck_assert_uint_eq(A->closed, 0);
    world_cut(tw.world, 0, 1, -1);
    sim_time healed = world_now(tw.world);
    tiny_run_for(&tw, 10 * SIM_SECOND); /* the back-off is at most 6.4 s after 5 s */
    ck_assert_uint_eq(B->got.len, 5000);
    tiny_check_pattern(B->got.at, 5000);
    ck_assert_int_gt(B->last_at, healed);
}
END_TEST

START_TEST(cut_of_one_direction_stalls_that_direction) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_cut(tw.world, 1, 0, 1); /* b's answers and acknowledgements are lost */
    ck_assert_uint_eq(host_write(c, "ping", 4), 4);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 4);
    host_write(B->last, "pong", 4);
    tiny_run_for(&tw, 5 * SIM_SECOND);
    ck_assert_uint_eq(A->got.len, 0);
    ck_assert_uint_eq(A->closed + B->closed, 0);
    ck_assert(world_heal(tw.world, 0, 1));
    tiny_run_for(&tw, 20 * SIM_SECOND);
    ck_assert_uint_eq(A->got.len, 4);
}
END_TEST

START_TEST(cut_for_ever_times_out_after_linux_s_15_minutes) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_cut(tw.world, 0, 1, 1);
    world_cut(tw.world, 1, 0, 1);
    sim_time began = world_now(tw.world);
    host_write(c, "x", 1);
    tiny_run_for(&tw, 2000 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 1);
    ck_assert_int_eq(A->why, CONN_TIMED_OUT);
    ck_assert_int_gt(A->closed_at - began, 900 * SIM_SECOND);
    ck_assert_int_lt(A->closed_at - began, 950 * SIM_SECOND);
    ck_assert_uint_eq(B->closed, 0); /* half-open: b never learns of it */
    world_heal(tw.world, 0, 1);
    host_write(B->last, "y", 1); /* until it sends something */
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

START_TEST(syn_into_a_cut_gives_up_after_127_s) {
    world_cut(tw.world, 0, 1, 1);
    host_connect(A->host, "b", TINY_PORT);
    tiny_run_to(&tw, 126 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 0);
    tiny_run_to(&tw, 128 * SIM_SECOND);
    ck_assert_int_eq(A->why, CONN_TIMED_OUT);
    ck_assert_int_eq(A->closed_at, 127 * SIM_SECOND);
}
END_TEST

START_TEST(syn_is_retried_after_1_3_7_s) {
    world_cut(tw.world, 0, 1, 1);
    host_connect(A->host, "b", TINY_PORT);
    tiny_run_to(&tw, 4 * SIM_SECOND);
    world_cut(tw.world, 0, 1, -1);
    tiny_run_to(&tw, 7 * SIM_SECOND - 1);
    ck_assert_uint_eq(A->connected, 0);
    tiny_run_to(&tw, 7 * SIM_SECOND + SIM_MS);
    ck_assert_uint_eq(A->connected, 1);
}
END_TEST

START_TEST(refused_unresolved_and_dead_hosts) {
    host_connect(A->host, "nowhere", TINY_PORT);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_UNRESOLVED);
    host_connect(A->host, "b", TINY_PORT + 1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_REFUSED);
    world_power(tw.world, 1);
    A->why = CONN_OPEN;
    host_connect(A->host, "b", TINY_PORT);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_REFUSED);
    ck_assert_uint_eq(A->closed, 3);
    world_refuse(tw.world, 0, 2, 1);
    A->why = CONN_OPEN;
    host_connect(A->host, "c", TINY_PORT);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_REFUSED);
    world_refuse(tw.world, 0, 2, -1);
    tiny_connect(&tw, 0, 2);
}
END_TEST

START_TEST(refuse_resets_what_is_open) {
    tiny_connect(&tw, 0, 1);
    world_refuse(tw.world, 0, 1, 1);
    world_refuse(tw.world, 1, 0, 1);
    tiny_run_for(&tw, 0);
    ck_assert_int_eq(A->why, CONN_RESET);
    ck_assert_int_eq(B->why, CONN_RESET);
    ck_assert(world_is_refused(tw.world, 0, 1));
    ck_assert(world_heal(tw.world, 0, 1));
    ck_assert(!world_is_refused(tw.world, 0, 1));
    ck_assert(!world_heal(tw.world, 0, 1));
}
END_TEST

START_TEST(reset_counts_and_loses_what_is_in_flight) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    tiny_connect(&tw, 1, 0);
    ck_assert_uint_eq(world_reset(tw.world, 0, 2), 0);
    host_write(c, "lost", 4);
    ck_assert_uint_eq(world_in_flight(tw.world, 0, 1), 4);
    ck_assert_uint_eq(world_reset(tw.world, 0, 1), 2);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->closed, 2);
    ck_assert_uint_eq(B->closed, 2);
    ck_assert_uint_eq(B->got.len, 0);
    ck_assert_uint_eq(world_in_flight(tw.world, 0, 1), 0);
    ck_assert_uint_eq(world_reset(tw.world, 0, 1), 0);
}
END_TEST

START_TEST(close_delivers_then_tells_the_end) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    tiny_pattern(big, 100000, 0);
    ck_assert_uint_eq(host_write(c, big, 100000), 100000);
    host_close(c);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 100000);
    tiny_check_pattern(B->got.at, 100000);
    ck_assert_uint_eq(B->closed, 1);
    ck_assert_int_eq(B->why, CONN_EOF);
    ck_assert_uint_eq(A->closed, 0); /* never after host_close */
}
END_TEST

START_TEST(fin_survives_a_cut) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_cut(tw.world, 0, 1, 1);
    host_write(c, "last words", 10);
    host_close(c);
    tiny_run_for(&tw, 3 * SIM_SECOND);
    ck_assert_uint_eq(B->closed, 0);
    world_cut(tw.world, 0, 1, -1);
    tiny_run_for(&tw, 5 * SIM_SECOND);
    ck_assert_uint_eq(B->got.len, 10);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(closing_with_unread_bytes_resets) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    A->lazy = true;
    host_write(B->last, "unread", 6);
    tiny_run_for(&tw, SIM_MS);
    host_close(c);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

START_TEST(reset_by_a_node) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    host_reset(c);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

START_TEST(writing_to_a_closed_end_is_answered_by_a_reset) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    B->lazy = true; /* it does not see the end before it has read */
    host_write(c, "x", 1);
    host_close(c);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(B->closed, 0);
    host_write(B->last, "y", 1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_RESET);
}
END_TEST

START_TEST(slow_reader_backs_up_into_the_writer) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    B->lazy = true;
    size_t taken = 0;
    for (int i = 0; i < 100; i++) {
        tiny_pattern(big, 65536, taken);
        size_t n = host_write(c, big, 65536);
        taken += n;
        tiny_run_for(&tw, 10 * SIM_MS);
    }
    ck_assert_uint_eq(taken, 4 << 20); /* link buffer: half sent and unread, half in the send buffer */
    ck_assert_uint_eq(A->writable, 0);
    ck_assert_uint_eq(world_in_flight(tw.world, 0, 1), 4 << 20);
    B->lazy = false;
    host_reading(B->last, true);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->writable, 1);
    ck_assert_uint_eq(B->got.len, 4 << 20);
    tiny_check_pattern(B->got.at, B->got.len);
}
END_TEST

START_TEST(paused_reader_backs_up_and_goes_on) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_link(tw.world, 0, 1)->buffer = 100000;
    world_pause(tw.world, 1);
    size_t taken = 0;
    for (int i = 0; i < 10; i++) {
        tiny_pattern(big, 30000, taken);
        taken += host_write(c, big, 30000);
        tiny_run_for(&tw, 100 * SIM_MS);
    }
    ck_assert_uint_eq(taken, 100000);
    ck_assert_uint_eq(B->got.len, 0);
    world_resume(tw.world, 1);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->writable, 1);
    ck_assert_uint_eq(B->got.len, 100000);
    tiny_check_pattern(B->got.at, B->got.len);
}
END_TEST

START_TEST(reading_in_bites_goes_on_by_itself) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    B->bite = 7;
    tiny_pattern(big, 1000, 0);
    host_write(c, big, 1000);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(B->got.len, 1000);
    ck_assert_uint_ge(B->pieces, 143);
    tiny_check_pattern(B->got.at, 1000);
}
END_TEST

START_TEST(reading_switched_off_still_tells_the_end) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    host_reading(B->last, false);
    host_write(c, "later", 5);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(B->pieces, 0);
    host_reading(B->last, true);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(B->got.len, 5);
    host_reading(B->last, false);
    host_close(c);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(B->why, CONN_EOF);
}
END_TEST

START_TEST(crash_tells_peers_and_power_loss_does_not) {
    tiny_connect(&tw, 0, 1);
    ck_assert(world_crash(tw.world, 1));
    ck_assert(!world_crash(tw.world, 1));
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_EOF); /* nothing was unread: the kernel sends FIN */
    ck_assert(world_start(tw.world, 1));
    tiny_connect(&tw, 0, 1);
    ck_assert(world_power(tw.world, 1));
    tiny_run_for(&tw, 100 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 1); /* half-open */
    host_write(A->last, "anybody?", 8);
    tiny_run_for(&tw, SIM_SECOND);
    ck_assert_uint_eq(A->closed, 1);
    ck_assert(world_start(tw.world, 1)); /* a kernel that knows nothing of the connection resets it */
    tiny_run_for(&tw, 10 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 2);
    ck_assert_int_eq(A->why, CONN_RESET);
}
END_TEST

START_TEST(crash_with_unread_bytes_resets) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    B->lazy = true;
    host_write(c, "x", 1);
    tiny_run_for(&tw, SIM_MS);
    world_crash(tw.world, 1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_int_eq(A->why, CONN_RESET);
}
END_TEST

START_TEST(crash_behind_a_cut_leaves_a_half_open_end) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_cut(tw.world, 0, 1, 1);
    world_cut(tw.world, 1, 0, 1);
    world_crash(tw.world, 1);
    tiny_run_for(&tw, 100 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 0);
    world_heal(tw.world, 0, 1);
    host_write(c, "x", 1);
    tiny_run_for(&tw, 121 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 1);
}
END_TEST

/* A writer that waits for the window of a reader that vanished asks until somebody answers. */
START_TEST(blocked_writer_learns_that_its_reader_vanished) {
    struct conn *c = tiny_connect(&tw, 0, 1);
    world_link(tw.world, 0, 1)->buffer = 2000;
    B->lazy = true;
    memset(big, 'x', 2000);
    ck_assert_uint_eq(host_write(c, big, 1000), 1000);
    tiny_run_for(&tw, 10 * SIM_MS);
    ck_assert_uint_eq(host_write(c, big, 1000), 1000); /* stays: the reader's window is full */
    tiny_run_for(&tw, 10 * SIM_MS);
    world_power(tw.world, 1);
    tiny_run_for(&tw, 5 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 0);
    world_start(tw.world, 1);
    tiny_run_for(&tw, 20 * SIM_SECOND);
    ck_assert_uint_eq(A->closed, 1);
    ck_assert_int_eq(A->why, CONN_RESET);
}
END_TEST

START_TEST(ends_of_one_machine) {
    struct conn *c = host_connect(A->host, "a", TINY_PORT);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(A->connected, 1);
    ck_assert_uint_eq(A->accepted, 1);
    host_write(c, "self", 4);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(A->got.len, 4);
    ck_assert_uint_eq(world_reset(tw.world, 0, 0), 1);
    tiny_run_for(&tw, SIM_MS);
    ck_assert_uint_eq(A->closed, 2);
}
END_TEST

/* Closing at every stage: nothing dangles (AddressSanitizer looks on), nobody is told after a close. */
START_TEST(closing_at_any_moment_is_safe) {
    for (int steps = 0; steps < 30; steps++) {
        for (int way = 0; way < 4; way++) {
            unsigned closed = A->closed;
            world_link(tw.world, 0, 1)->loss_ppm = world_link(tw.world, 1, 0)->loss_ppm = way == 3 ? 300000 : 0;
            B->echo = true;
            struct conn *c = host_connect(A->host, "b", TINY_PORT);
            for (int i = 0; i < steps && world_step(tw.world); i++)
                if (A->last == c && i % 3 == 0) host_write(c, "data", 4);
            if (A->closed == closed) way == 1 ? host_reset(c) : host_close(c);
            if (way == 2) tiny_run_for(&tw, 10 * SIM_US);
            closed = A->closed;
            tiny_run_for(&tw, 200 * SIM_SECOND);
            ck_assert_uint_eq(A->closed, closed);
            A->last = NULL;
        }
    }
}
END_TEST

/* One world's hash after a lively run with everything in it. */
static uint64_t lively_hash(uint64_t seed, enum tie_kind ties, uint64_t *count) {
    struct tiny_world w2;
    tiny_setup_as(&w2, seed, ties, PARTY_SERVER);
    for (uint16_t i = 0; i < TINY_NODES; i++)
        for (uint16_t j = 0; j < TINY_NODES; j++) world_link(w2.world, i, j)->loss_ppm = 20000;
    w2.node[1].echo = w2.node[2].echo = true;
    struct conn *to_b = host_connect(w2.node[0].host, "b", TINY_PORT);
    host_connect(w2.node[0].host, "c", TINY_PORT);
    tiny_run_for(&w2, 4 * SIM_SECOND);
    for (int i = 0; i < 50; i++) {
        tiny_pattern(big, 5000, 0);
        if (w2.node[0].last == to_b) host_write(to_b, big, 5000);
        if (w2.node[0].last) host_write(w2.node[0].last, big, 300);
        tiny_run_for(&w2, 3 * SIM_MS);
    }
    world_crash(w2.world, 2);
    tiny_run_for(&w2, 10 * SIM_SECOND);
    uint64_t hash = trace_hash(w2.trace);
    *count = trace_count(w2.trace);
    tiny_teardown(&w2);
    return hash;
}

START_TEST(same_seed_same_run) {
    static const enum tie_kind policies[] = {TIE_FIFO, TIE_RANDOM, TIE_PCT};
    for (int p = 0; p < 3; p++) {
        uint64_t first, again, other;
        uint64_t hash = lively_hash(5, policies[p], &first);
        ck_assert_uint_eq(lively_hash(5, policies[p], &again), hash);
        ck_assert_uint_eq(first, again);
        ck_assert_uint_ne(lively_hash(6, policies[p], &other), hash);
        ck_assert_uint_gt(first, 200); /* something did happen */
    }
}
END_TEST

static void add(TCase *t) {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, handshake_costs_one_round_trip);
    tcase_add_test(t, bytes_arrive_whole_and_in_order);
    tcase_add_test(t, segments_end_at_any_byte);
    tcase_add_test(t, writes_of_one_instant_merge);
    tcase_add_test(t, bandwidth_serialises);
    tcase_add_test(t, loss_delays_but_loses_nothing);
    tcase_add_test(t, fast_retransmit_beats_the_timeout);
    tcase_add_test(t, cut_and_heal_delivers_everything);
    tcase_add_test(t, cut_of_one_direction_stalls_that_direction);
    tcase_add_test(t, cut_for_ever_times_out_after_linux_s_15_minutes);
    tcase_add_test(t, syn_into_a_cut_gives_up_after_127_s);
    tcase_add_test(t, syn_is_retried_after_1_3_7_s);
    tcase_add_test(t, refused_unresolved_and_dead_hosts);
    tcase_add_test(t, refuse_resets_what_is_open);
    tcase_add_test(t, reset_counts_and_loses_what_is_in_flight);
    tcase_add_test(t, close_delivers_then_tells_the_end);
    tcase_add_test(t, fin_survives_a_cut);
    tcase_add_test(t, closing_with_unread_bytes_resets);
    tcase_add_test(t, reset_by_a_node);
    tcase_add_test(t, writing_to_a_closed_end_is_answered_by_a_reset);
    tcase_add_test(t, slow_reader_backs_up_into_the_writer);
    tcase_add_test(t, paused_reader_backs_up_and_goes_on);
    tcase_add_test(t, reading_in_bites_goes_on_by_itself);
    tcase_add_test(t, reading_switched_off_still_tells_the_end);
    tcase_add_test(t, crash_tells_peers_and_power_loss_does_not);
    tcase_add_test(t, crash_with_unread_bytes_resets);
    tcase_add_test(t, crash_behind_a_cut_leaves_a_half_open_end);
    tcase_add_test(t, blocked_writer_learns_that_its_reader_vanished);
    tcase_add_test(t, ends_of_one_machine);
    tcase_add_test(t, closing_at_any_moment_is_safe);
    tcase_add_test(t, same_seed_same_run);
}

int main(void) {
    return tiny_main("net", add);
}
