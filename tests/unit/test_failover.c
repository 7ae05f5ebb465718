/* FAILOVER against a hand-made target. Method: the test is replica and target of a modelled master; what the target may
 * answer, and what became of the old master then, was seen on a real server with the same target (7.0.15). */
#include "tests/unit/wire_rig.h"

#define NEW_ID "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char old_id[41];

static void open_master(void) {
    wire_open_rig("repl-diskless-sync no;save '';repl-ping-replica-period 1000");
}

static void open_pinging(void) {
    wire_open_rig("repl-diskless-sync no;save '';repl-ping-replica-period 1");
}

static void open_replica(void) {
    wire_open_rig("replicaof t 7000;save '';repl-timeout 60");
}

static enum failover_state state(void) {
    return rig.server->failover.state;
}

/* A replica of offset 0, online, that FAILOVER finds at t:7000. */
static struct wire *attach(void) {
    struct wire *r = dial();
    ask(r, "REPLCONF listening-port 7000", "+OK\r\n");
    say(r, "PSYNC ? -1");
    const char *line = take_line(r);
    ck_assert_int_eq(sscanf(line, "+FULLRESYNC %40s 0", old_id), 1);
    RUN_UNTIL(!TAILQ_EMPTY(&rig.server->replicas) &&
                  TAILQ_FIRST(&rig.server->replicas)->replica.state == REPLICA_ONLINE,
              SIM_SECOND);
    run_for(10 * SIM_MS);
    buffer_clear(&r->got);
    return r;
}

/* The next connection that the old master makes to its target. */
static struct wire *next_attempt(size_t before) {
    RUN_UNTIL(rig.accepted > before, 2 * SIM_SECOND);
    return rig.from_server;
}

static void expect_words(struct wire *w, const char *line) {
    struct buffer text;
    struct bytes words[WORDS];
    size_t n = 0;
    char *copy = pool_strdup(rig.pool, line), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) words[n++] = resp_text(word);
    buffer_init(&text, rig.pool);
    resp_put_request(&text, words, n);
    expect_bytes(w, text.at, text.len);
}

/* The target's side of the handshake, up to PSYNC. */
static void shake_hands(struct wire *w) {
    expect_words(w, "PING");
    SAY(w, "+PONG\r\n");
    expect_words(w, "REPLCONF listening-port 6379");
    expect_words(w, "REPLCONF capa eof capa psync2");
    SAY(w, "+OK\r\n+OK\r\n");
    expect_words(w, pool_printf(rig.pool, "PSYNC %s 1 FAILOVER", old_id));
}

/* A failover that has come to PSYNC. */
static struct wire *hand_over(void) {
    struct wire *r = attach(), *c = dial();
    (void)r;
    ask(c, "FAILOVER TO t 7000", "+OK\r\n"); /* both are at 0: it goes over in the same turn */
    ck_assert_int_eq(state(), FAILOVER_IN_PROGRESS);
    ck_assert(server_is_replica(rig.server));
    struct wire *w = next_attempt(0);
    shake_hands(w);
    return w;
}

/* It is a master again, by the rules of a promotion, and leaves its target alone. */
static void expect_taken_back(void) {
    size_t attempts = rig.accepted;
    ck_assert_int_eq(state(), FAILOVER_NONE);
    ck_assert(!server_is_replica(rig.server));
    ck_assert_str_eq(rig.server->replid2, old_id);
    ck_assert_str_ne(rig.server->replid, old_id);
    ck_assert_int_eq(rig.server->second_replid_offset, 1);
    ck_assert_uint_eq(rig.server->replica_count, 0);
    run_for(2 * SIM_SECOND);
    ck_assert_uint_eq(rig.accepted, attempts);
    ask(dial(), "SET k v", "+OK\r\n");
}

/* --- what the target answers -------------------------------------------------------------------------------------- */

static const char *const noes[] = {"-ERR x\r\n", "-NOMASTERLINK x\r\n", "-LOADING x\r\n", "+WHAT\r\n", "$5\r\n"};

START_TEST(any_other_answer_is_a_no) {
    struct wire *w = hand_over();
    say_bytes(w, noes[_i], strlen(noes[_i]));
    run_for(10 * SIM_MS);
    expect_taken_back();
}
END_TEST

static const struct {
    const char *answer;
    const char *replid; /* afterwards; NULL: the old one */
    enum link_state link;
} yeses[] = {{"+CONTINUE\r\n", NULL, LINK_CONNECTED},
             {"+CONTINUE " NEW_ID "\r\n", NEW_ID, LINK_CONNECTED},
             {"\n\n+CONTINUE\r\n", NULL, LINK_CONNECTED},
             {"+FULLRESYNC " NEW_ID " 77\r\n", NULL, LINK_TRANSFER},
             {"+FULLRESYNC x\r\n", NULL, LINK_TRANSFER}};

START_TEST(continue_and_fullresync_end_it) {
    struct wire *w = hand_over(), *c = dial();
    say_bytes(w, yeses[_i].answer, strlen(yeses[_i].answer));
    run_for(10 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_NONE);
    ck_assert(server_is_replica(rig.server));
    ck_assert_int_eq(rig.server->link.state, yeses[_i].link);
    ck_assert_str_eq(rig.server->replid, yeses[_i].replid ? yeses[_i].replid : old_id);
    ask(c, "CLIENT PAUSE 0 WRITE", "+OK\r\n"); /* no pause is left that would hold this back */
    ask(c, "PUBLISH c x", ":0\r\n");
}
END_TEST

START_TEST(a_closed_connection_is_a_no) {
    hang_up(hand_over());
    run_for(10 * SIM_MS);
    expect_taken_back();
}
END_TEST

START_TEST(half_a_line_is_a_no_after_five_seconds) {
    struct wire *w = hand_over();
    SAY(w, "+CONT");
    run_for(4900 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_IN_PROGRESS);
    run_for(200 * SIM_MS);
    expect_taken_back();
}
END_TEST

/* Before PSYNC nothing is an answer: the next of the crons, ten a second now, begins anew. */
START_TEST(a_target_that_refuses_ping_is_asked_ten_times_a_second) {
    struct wire *c;
    attach();
    c = dial();
    ask(c, "FAILOVER TO t 7000", "+OK\r\n");
    for (size_t i = 0; i < 5; i++) {
        struct wire *w = next_attempt(i);
        sim_time asked = world_now(rig.world);
        expect_words(w, "PING");
        SAY(w, "-ERR no\r\n");
        if (i > 0) ck_assert_int_le(world_now(rig.world) - asked, 100 * SIM_MS);
        expect_closed(w, SIM_SECOND);
    }
    run_for(SIM_SECOND);
    ck_assert_int_eq(state(), FAILOVER_IN_PROGRESS);
    ask(c, "REPLICAOF NO ONE", "-ERR REPLICAOF not allowed while failing over.\r\n");
    ask(c, "SET k v", "-READONLY You can't write against a read only replica.\r\n");
    ask(c, "FAILOVER ABORT", "+OK\r\n");
    ask(c, "SET k v", "+OK\r\n");
    ck_assert_str_eq(rig.server->replid2, old_id);
}
END_TEST

/* --- while it waits ------------------------------------------------------------------------------------------------
 */

static size_t count_pings(struct wire *r, sim_time d) {
    static const char ping[] = "*1\r\n$4\r\nping\r\n";
    buffer_clear(&r->got);
    run_for(d);
    size_t n = 0;
    for (const char *at = r->got.len ? r->got.at : ""; (at = strstr(at, ping)); at++) n++;
    ck_assert_uint_eq(r->got.len, n * (sizeof(ping) - 1));
    return n;
}

/* The cron that sends them runs ten times a second, and they count by its loops. */
START_TEST(pings_come_ten_times_as_often) {
    struct wire *r = attach(), *c = dial();
    ask(c, "SET k v", "+OK\r\n");
    ask(c, "FAILOVER", "+OK\r\n");
    size_t n = count_pings(r, 1050 * SIM_MS);
    ck_assert_msg(n == 10 || n == 11, "%zu", n);
    ask(c, "FAILOVER ABORT", "+OK\r\n");
    n = count_pings(r, 3 * SIM_SECOND);
    ck_assert_msg(n == 3, "%zu", n);
}
END_TEST

START_TEST(with_a_timeout_there_are_no_pings) {
    struct wire *r = attach(), *c = dial();
    ask(c, "SET k v", "+OK\r\n");
    run_for(10 * SIM_MS);
    ask(c, "FAILOVER TIMEOUT 2500", "+OK\r\n");
    ck_assert_uint_eq(count_pings(r, 2300 * SIM_MS), 0);
    run_for(400 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_NONE);
    ck_assert_uint_gt(count_pings(r, 2 * SIM_SECOND), 0);
}
END_TEST

START_TEST(getack_is_held_back) {
    struct wire *r = attach(), *c = dial(), *waiter = dial();
    ask(waiter, "SET k v", "+OK\r\n");
    run_for(10 * SIM_MS);
    ask(c, "FAILOVER TIMEOUT 5000", "+OK\r\n");
    buffer_clear(&r->got);
    say(waiter, "WAIT 1 0");
    expect_silence(r, SIM_SECOND);
    ask(c, "FAILOVER ABORT", "+OK\r\n");
    expect_text(r, "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n");
}
END_TEST

START_TEST(a_replica_that_is_cut_off_is_not_taken_back) {
    struct wire *r = attach(), *c = dial(), *again = dial();
    ask(c, "SET k v", "+OK\r\n");
    ask(c, "FAILOVER", "+OK\r\n");
    ask(c, "CLIENT KILL TYPE replica", ":1\r\n");
    expect_closed(r, SIM_SECOND);
    ask(again, "PSYNC ? -1", "-NOMASTERLINK Can't SYNC while failing over\r\n");
    run_for(5 * SIM_SECOND);
    ck_assert_int_eq(state(), FAILOVER_WAIT_FOR_SYNC);
}
END_TEST

START_TEST(an_ack_of_everything_hands_over_in_the_same_turn) {
    struct wire *r = attach(), *c = dial(), *writer = dial();
    ask(c, "SET k v", "+OK\r\n"); /* 23 + 27 bytes */
    ask(c, "FAILOVER TO T 7000", "+OK\r\n");
    say(writer, "SET k w");
    say(r, "REPLCONF ACK 49");
    expect_silence(writer, 50 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_WAIT_FOR_SYNC);
    say(r, "REPLCONF ACK 50");
    run_for(10 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_IN_PROGRESS);
    expect_silence(writer, 50 * SIM_MS); /* it was held back before, and still is */
    ask(c, "FAILOVER ABORT", "+OK\r\n");
    expect_text(writer, "+OK\r\n");
}
END_TEST

START_TEST(shutdown_does_not_wait_for_it) {
    struct wire *c = dial();
    attach();
    ask(c, "FAILOVER TO t 7000", "+OK\r\n");
    say(c, "SHUTDOWN");
    expect_closed(c, 100 * SIM_MS);
}
END_TEST

/* Both wait for the same replica. The failover is looked after in every turn, the shutdown in every cron: the server
 * hands over, and is gone at most 100 ms later. */
START_TEST(a_failover_goes_before_a_shutdown) {
    struct wire *r = attach(), *c = dial(), *s = dial();
    ask(c, "SET k v", "+OK\r\n");
    ask(c, "FAILOVER", "+OK\r\n");
    say(s, "SHUTDOWN");
    run_for(300 * SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_WAIT_FOR_SYNC);
    say(r, "REPLCONF ACK 87"); /* SELECT 0, SET, and the GETACK of SHUTDOWN */
    run_for(SIM_MS);
    ck_assert_int_eq(state(), FAILOVER_IN_PROGRESS);
    expect_closed(c, 101 * SIM_MS);
}
END_TEST

/* 7.0.15 dies of it: "Unknown btype in replyToBlockedClientTimedOut()". */
START_TEST(unblocking_a_paused_client_kills_the_server) {
    struct wire *c = dial(), *paused = dial();
    ask(paused, "CLIENT ID", ":2\r\n");
    ask(c, "CLIENT PAUSE 5000 WRITE", "+OK\r\n");
    say(paused, "SET k v");
    expect_silence(paused, 10 * SIM_MS);
    say(c, "CLIENT UNBLOCK 2");
    expect_closed(c, 100 * SIM_MS);
}
END_TEST

/* --- the target ----------------------------------------------------------------------------------------------------
 */

START_TEST(a_target_takes_over_under_its_masters_id) {
    struct wire *m = next_attempt(0), *c = dial(), *old = dial();
    expect_words(m, "PING");
    SAY(m, "+PONG\r\n+OK\r\n+OK\r\n");
    run_for(10 * SIM_MS);
    SAY(m, "+FULLRESYNC aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 10\r\n$18\r\nREDIS0010\xff\0\0\0\0\0\0\0\0");
    RUN_UNTIL(rig.server->master, SIM_SECOND);
    ask(old, "PSYNC " NEW_ID " 11 FAILOVER", "-ERR PSYNC FAILOVER replid must match my replid.\r\n");
    ask(old, "PSYNC aaaa 11 FAILOVER", "-ERR PSYNC FAILOVER replid must match my replid.\r\n");
    ck_assert(server_is_replica(rig.server));
    ask(old, "REPLCONF capa psync2", "+OK\r\n");
    say(old, "PSYNC AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 11 failover"); /* case does not matter */
    ck_assert_str_eq(take_line(old), pool_printf(rig.pool, "+CONTINUE %s", rig.server->replid));
    ck_assert(!server_is_replica(rig.server));
    ck_assert_str_eq(rig.server->replid2, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    ck_assert_int_eq(rig.server->second_replid_offset, 11);
    expect_closed(m, SIM_SECOND);
    ask(dial(), pool_printf(rig.pool, "PSYNC %s 11 FAILOVER", rig.server->replid),
        "-ERR PSYNC FAILOVER can't be sent to a master.\r\n");
    ask(c, "SET k v", "+OK\r\n");
}
END_TEST

static TCase *case_with(const char *name, void (*open)(void)) {
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, open, wire_close_rig);
    return c;
}

int main(void) {
    Suite *suite = suite_create("failover");
    TCase *master = case_with("master", open_master), *pinging = case_with("pinging", open_pinging);
    TCase *target = case_with("target", open_replica);
    tcase_add_loop_test(master, any_other_answer_is_a_no, 0, sizeof(noes) / sizeof(noes[0]));
    tcase_add_loop_test(master, continue_and_fullresync_end_it, 0, sizeof(yeses) / sizeof(yeses[0]));
    tcase_add_test(master, a_closed_connection_is_a_no);
    tcase_add_test(master, half_a_line_is_a_no_after_five_seconds);
    tcase_add_test(master, a_target_that_refuses_ping_is_asked_ten_times_a_second);
    tcase_add_test(master, getack_is_held_back);
    tcase_add_test(master, a_replica_that_is_cut_off_is_not_taken_back);
    tcase_add_test(master, an_ack_of_everything_hands_over_in_the_same_turn);
    tcase_add_test(master, shutdown_does_not_wait_for_it);
    tcase_add_test(master, a_failover_goes_before_a_shutdown);
    tcase_add_test(master, unblocking_a_paused_client_kills_the_server);
    tcase_add_test(pinging, pings_come_ten_times_as_often);
    tcase_add_test(pinging, with_a_timeout_there_are_no_pings);
    tcase_add_test(target, a_target_takes_over_under_its_masters_id);
    suite_add_tcase(suite, master);
    suite_add_tcase(suite, pinging);
    suite_add_tcase(suite, target);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
