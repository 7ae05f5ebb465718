/* The replica's side of replication, byte by byte. Method: the test is a hand-made master on t:7000 (reference 16.1);
 * what the replica must say and what it must have is written down from the protocol (reference 2, 3, 5, 6, 8). */
#include "tests/unit/wire_rig.h"

#define ID_1 "1111111111111111111111111111111111111111"
#define ID_2 "2222222222222222222222222222222222222222"
/* No keys; 8 zero bytes in place of the CRC: unchecked (reference 16.7). */
#define EMPTY_RDB "REDIS0010\xff\0\0\0\0\0\0\0\0"
#define MARK      "abcdefghijabcdefghijabcdefghijabcdefghij"
#define SELECT0   "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define INCR_A    "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"

enum { EMPTY_RDB_LEN = sizeof(EMPTY_RDB) - 1, SELECT0_LEN = sizeof(SELECT0) - 1, INCR_A_LEN = sizeof(INCR_A) - 1 };

static void open_replica(void) {
    wire_open_rig("replicaof t 7000;save '';repl-timeout 5");
}

static void open_master(void) {
    wire_open_rig("save ''");
}

static struct wire *next_attempt(size_t before) {
    RUN_UNTIL(rig.accepted > before, 3 * SIM_SECOND);
    return rig.from_server;
}

/* From PING up to PSYNC; then the PSYNC that is expected. */
static void shake_hands(struct wire *w, const char *psync) {
    expect_text(w, "*1\r\n$4\r\nPING\r\n");
    expect_silence(w, 10 * SIM_MS); /* it waits for the answer */
    SAY(w, "+PONG\r\n");
    expect_text(w, "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6379\r\n"
                   "*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n");
    SAY(w, "+OK\r\n");
    expect_silence(w, 10 * SIM_MS);
    SAY(w, "-ERR what is capa?\r\n"); /* no reason to give up */
    expect_text(w, psync);
}

#define PSYNC_NEW "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n"

static const char *psync_for(const char *id, long long offset) {
    char number[24];
    int len = snprintf(number, sizeof(number), "%lld", offset);
    return pool_printf(rig.pool, "*3\r\n$5\r\nPSYNC\r\n$40\r\n%s\r\n$%d\r\n%s\r\n", id, len, number);
}

static const char *ack_of(long long offset) {
    char number[24];
    int len = snprintf(number, sizeof(number), "%lld", offset);
    return pool_printf(rig.pool, "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$%d\r\n%s\r\n", len, number);
}

static void send_empty_file(struct wire *w) {
    SAY(w, "$18\r\n");
    say_bytes(w, EMPTY_RDB, EMPTY_RDB_LEN);
}

/* A replica that is in sync at offset 100 of history ID_1. */
static struct wire *in_sync(void) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n");
    send_empty_file(w);
    RUN_UNTIL(rig.server->master, SIM_SECOND);
    return w;
}

static int64_t applied(void) {
    return rig.server->master ? rig.server->master->applied_offset : rig.server->cached.offset;
}

START_TEST(full_resync_by_length) {
    struct wire *w = next_attempt(0), *c = dial();
    ask(c, "SET old 1", "-READONLY You can't write against a read only replica.\r\n");
    shake_hands(w, PSYNC_NEW);
    SAY(w, "\n\n"); /* the snapshot is not begun */
    run_for(10 * SIM_MS);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n\n");
    run_for(10 * SIM_MS);
    ck_assert_int_eq(rig.server->link.state, LINK_TRANSFER);
    SAY(w, "$18\r");
    SAY(w, "\nREDIS");
    run_for(10 * SIM_MS);
    say_bytes(w, &(EMPTY_RDB SELECT0 INCR_A)[5],
              EMPTY_RDB_LEN - 5 + SELECT0_LEN + INCR_A_LEN); /* the stream is glued to it */
    RUN_UNTIL(rig.server->link.state == LINK_CONNECTED, SIM_SECOND);
    run_for(10 * SIM_MS);
    ck_assert_str_eq(rig.server->replid, ID_1);
    ck_assert_str_eq(rig.server->replid2, "0000000000000000000000000000000000000000");
    ck_assert_int_eq(applied(), 100 + SELECT0_LEN + INCR_A_LEN);
    ck_assert_int_eq(rig.server->repl.offset, applied());
    ck_assert_int_eq(rig.server->repl.first_byte, 101);
    ask(c, "GET a", "$1\r\n1\r\n");
    expect_text(w, ack_of(100 + SELECT0_LEN + INCR_A_LEN)); /* by the cron: no earlier one after a file */
}
END_TEST

START_TEST(full_resync_by_mark) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 7\r\n$EOF:" MARK "\r\n");
    say_bytes(w, EMPTY_RDB MARK, EMPTY_RDB_LEN + 10);
    run_for(10 * SIM_MS);
    ck_assert_int_eq(rig.server->link.state, LINK_TRANSFER);
    say_bytes(w, &MARK[10], 30);
    RUN_UNTIL(rig.server->master, SIM_SECOND);
    run_for(10 * SIM_MS);
    expect_text(w, ack_of(7)); /* at once: it opens the stream */
}
END_TEST

START_TEST(acks_tell_what_was_applied) {
    struct wire *w = in_sync();
    SAY(w, SELECT0 INCR_A);
    run_for(10 * SIM_MS);
    buffer_clear(&w->got);
    say_bytes(w, INCR_A, 10); /* half a command */
    run_for(10 * SIM_MS);
    ck_assert_int_eq(rig.server->master->read_offset, 100 + 23 + 21 + 10);
    ck_assert_int_eq(applied(), 144);
    expect_text(w, ack_of(144));
    say_bytes(w, &INCR_A[10], INCR_A_LEN - 10);
    say(w, "REPLCONF GETACK *");
    expect_text(w, ack_of(165)); /* the offset before GETACK's own bytes */
    run_for(5 * SIM_MS);
    ck_assert_int_eq(applied(), 165 + 37);
}
END_TEST

START_TEST(a_block_is_applied_at_its_end) {
    struct wire *w = in_sync();
    SAY(w, SELECT0);
    say(w, "MULTI");
    SAY(w, INCR_A INCR_A);
    run_for(10 * SIM_MS);
    ck_assert_int_eq(applied(), 123);
    ck_assert_int_eq(rig.server->repl.offset, 123); /* nor has its own backlog more */
    say(w, "EXEC");
    run_for(10 * SIM_MS);
    ck_assert_int_eq(applied(), 123 + 15 + 2 * INCR_A_LEN + 14);
    struct wire *c = dial();
    ask(c, "GET a", "$1\r\n2\r\n");
}
END_TEST

/* The link breaks in the middle of a command, or of a block: what was not applied is asked for again from its start. */
START_TEST(resume_after_a_break) {
    struct wire *w = in_sync();
    SAY(w, SELECT0 INCR_A);
    if (_i == 0) {
        say_bytes(w, INCR_A, 20);
    } else {
        say(w, "MULTI");
        SAY(w, INCR_A);
    }
    run_for(10 * SIM_MS);
    hang_up(w);
    struct wire *again = next_attempt(1);
    shake_hands(again, psync_for(ID_1, 145));
    SAY(again, "+CONTINUE\r\n" INCR_A);
    run_for(10 * SIM_MS);
    ck_assert_int_eq(applied(), 165);
    struct wire *c = dial();
    ask(c, "GET a", "$1\r\n2\r\n");
}
END_TEST

START_TEST(a_new_id_on_continue) {
    struct wire *w = in_sync(), *sub = dial();
    SAY(w, SELECT0);
    run_for(10 * SIM_MS);
    say(sub, "PSYNC " ID_1 " 101");
    expect_text(sub, "+CONTINUE\r\n" SELECT0);
    hang_up(w);
    struct wire *again = next_attempt(1);
    shake_hands(again, psync_for(ID_1, 124));
    run_for(100 * SIM_MS);
    ck_assert(!sub->closed); /* whether anything changes for it is not known yet */
    SAY(again, "+CONTINUE " ID_2 "\r\n");
    expect_closed(sub, SIM_SECOND);
    ck_assert_str_eq(rig.server->replid, ID_2);
    ck_assert_str_eq(rig.server->replid2, ID_1);
    ck_assert_int_eq(rig.server->second_replid_offset, 124);
    struct wire *back = dial();
    say(back, "PSYNC " ID_1 " 124");
    expect_text(back, "+CONTINUE\r\n");
    struct wire *late = dial();
    say(late, "PSYNC " ID_1 " 125");
    ck_assert_ptr_nonnull(strstr(take_line(late), "+FULLRESYNC " ID_2 " 123"));
}
END_TEST

START_TEST(a_chain_gets_the_very_bytes) {
    struct wire *w = in_sync(), *sub = dial();
    say(sub, "PSYNC " ID_1 " 101");
    expect_text(sub, "+CONTINUE\r\n");
    SAY(w, "*2\r\n$4\r\niNcR\r\n$1\r\na\r\n*1\r\n$4\r\npi");
    expect_text(sub, "*2\r\n$4\r\niNcR\r\n$1\r\na\r\n");
    expect_silence(sub, 50 * SIM_MS);
    SAY(w, "ng\r\n");
    expect_text(sub, "*1\r\n$4\r\nping\r\n");
    /* Without its master it does not ping, and sends no newlines, which would count. */
    hang_up(w);
    next_attempt(1);
    expect_silence(sub, 4 * SIM_SECOND);
}
END_TEST

START_TEST(a_newline_in_the_stream_counts) {
    struct wire *w = in_sync();
    SAY(w, "\n");
    run_for(10 * SIM_MS);
    ck_assert_int_eq(rig.server->master->read_offset, 101);
    ck_assert_int_eq(applied(), 100);
    SAY(w, INCR_A);
    run_for(10 * SIM_MS);
    ck_assert_int_eq(applied(), 101 + INCR_A_LEN);
}
END_TEST

START_TEST(a_broken_protocol_is_not_resumed) {
    struct wire *w = in_sync();
    if (_i == 0)
        SAY(w, "INCR a\r\n");
    else
        SAY(w, "*1\r\n$-5\r\n");
    expect_closed(w, SIM_SECOND);
    shake_hands(next_attempt(1), PSYNC_NEW);
}
END_TEST

START_TEST(a_failing_command_is_passed_over) {
    struct wire *w = in_sync();
    SAY(w, SELECT0);
    say(w, "RPUSH l x");
    say(w, "INCR l");
    say(w, "NONSENSE l");
    SAY(w, INCR_A);
    run_for(10 * SIM_MS);
    ck_assert_uint_eq(rig.server->stats.unexpected_error_replies, 2);
    ck_assert_int_eq(applied(), 100 + SELECT0_LEN + 29 + 21 + 25 + INCR_A_LEN);
    ck_assert_ptr_null(strstr(w->got.at ? w->got.at : "", "-ERR")); /* never a reply to the master */
}
END_TEST

static const struct {
    const char *reply;
    const char *then; /* the PSYNC of the next attempt */
} answers[] = {
    {"-NOMASTERLINK Can't SYNC while not connected with my master\r\n", "resume"},
    {"-LOADING Redis is loading the dataset in memory\r\n", "resume"},
};

START_TEST(transient_answers_keep_the_cached_master) {
    hang_up(in_sync());
    struct wire *w = next_attempt(1);
    shake_hands(w, psync_for(ID_1, 101));
    say_bytes(w, answers[_i].reply, strlen(answers[_i].reply));
    expect_closed(w, SIM_SECOND);
    shake_hands(next_attempt(2), psync_for(ID_1, 101));
}
END_TEST

START_TEST(an_error_means_no_psync) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "-ERR unknown command\r\n");
    expect_text(w, "SYNC\r\n");
    send_empty_file(w);
    RUN_UNTIL(rig.server->master, SIM_SECOND);
    expect_silence(w, 2500 * SIM_MS); /* no ACKs for such a master */
}
END_TEST

START_TEST(a_refused_ping_ends_the_attempt) {
    struct wire *w = next_attempt(0);
    expect_text(w, "*1\r\n$4\r\nPING\r\n");
    SAY(w, "-LOADING Redis is loading\r\n");
    expect_closed(w, SIM_SECOND);
    sim_time from = world_now(rig.world);
    w = next_attempt(1);
    ck_assert_int_gt(world_now(rig.world) - from, 100 * SIM_MS); /* the next cron, not at once */
    expect_text(w, "*1\r\n$4\r\nPING\r\n");
    SAY(w, "-NOAUTH Authentication required.\r\n"); /* good enough */
    expect_text(w, "*3\r\n$8\r\nREPLCONF\r\n");
}
END_TEST

START_TEST(half_a_line_is_waited_for_5_s) {
    struct wire *w = next_attempt(0);
    expect_text(w, "*1\r\n$4\r\nPING\r\n");
    SAY(w, "+PO");
    sim_time from = world_now(rig.world);
    expect_closed(w, 6 * SIM_SECOND);
    ck_assert_int_ge(world_now(rig.world) - from, 5 * SIM_SECOND);
}
END_TEST

START_TEST(a_silent_master_is_left) {
    struct wire *w = in_sync();
    sim_time from = world_now(rig.world);
    RUN_UNTIL(rig.accepted == 2, 9 * SIM_SECOND);
    ck_assert_int_gt(world_now(rig.world) - from, 5 * SIM_SECOND); /* repl-timeout 5, in whole seconds */
    ck_assert_int_lt(world_now(rig.world) - from, 7100 * SIM_MS);
    expect_closed(w, SIM_SECOND);
    shake_hands(rig.from_server, psync_for(ID_1, 101));
}
END_TEST

static const struct {
    const char *header;
    size_t len;
} bad_headers[] = {{"-ERR no\r\n", 9}, {"*3\r\n", 4}, {"hello\r\n", 7}};

START_TEST(a_bad_header_ends_the_attempt) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n");
    say_bytes(w, bad_headers[_i].header, bad_headers[_i].len);
    expect_closed(w, SIM_SECOND);
    shake_hands(next_attempt(1), PSYNC_NEW);
}
END_TEST

/* The old data stays until the payload is complete. */
START_TEST(an_aborted_transfer_changes_nothing) {
    struct wire *w = in_sync(), *c = dial();
    SAY(w, SELECT0 INCR_A);
    run_for(10 * SIM_MS);
    hang_up(w);
    w = next_attempt(1);
    shake_hands(w, psync_for(ID_1, 145));
    SAY(w, "+FULLRESYNC " ID_2 " 500\r\n$18\r\nREDIS00");
    run_for(10 * SIM_MS);
    ask(c, "GET a", "$1\r\n1\r\n");
    hang_up(w);
    w = next_attempt(2);
    ask(c, "GET a", "$1\r\n1\r\n");
    ck_assert_str_eq(rig.server->replid, ID_1);
    shake_hands(w, psync_for(ID_1, 145)); /* nor is the cached master lost */
    struct bytes left = world_disk_read(rig.world, 0, "dump.rdb");
    ck_assert_uint_eq(left.len, EMPTY_RDB_LEN); /* that of the first sync */
}
END_TEST

START_TEST(a_bad_rdb_is_tried_again) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n$18\r\nREDIS0099\xff\0\0\0\0\0\0\0\0");
    expect_closed(w, SIM_SECOND);
    shake_hands(next_attempt(1), PSYNC_NEW);
    ck_assert_ptr_null(rig.server->master);
}
END_TEST

/* Payloads of 18 bytes: one that ends in a wrong checksum, one with a key of a type that does not exist. */
static const char wrong_crc[] = "REDIS0010\xff\1\2\3\4\5\6\7\10", unknown_type[] = "REDIS0010\x63\1k\1\2\3\4\5\6";

/* Measured on redis-server 7.0.15: both end the process when they come as a file. */
START_TEST(a_corrupt_file_ends_the_process) {
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n$18\r\n");
    say_bytes(w, _i == 0 ? wrong_crc : unknown_type, 18);
    expect_closed(w, SIM_SECOND);
    run_for(3 * SIM_SECOND);
    ck_assert_uint_eq(rig.accepted, 1);
    ck_assert(!world_alive(rig.world, 0));
}
END_TEST

/* From the socket only what contradicts itself does. */
START_TEST(a_corrupt_stream_ends_the_process) {
    wire_close_rig();
    wire_open_rig("replicaof t 7000;save '';repl-timeout 5;repl-diskless-load swapdb");
    struct wire *w = next_attempt(0);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n$EOF:" MARK "\r\n");
    say_bytes(w, unknown_type, 18);
    expect_closed(w, SIM_SECOND);
    w = next_attempt(1);
    shake_hands(w, PSYNC_NEW);
    SAY(w, "+FULLRESYNC " ID_1 " 100\r\n$EOF:" MARK "\r\n");
    say_bytes(w, wrong_crc, 18);
    expect_closed(w, SIM_SECOND);
    run_for(3 * SIM_SECOND);
    ck_assert_uint_eq(rig.accepted, 2);
    ck_assert(!world_alive(rig.world, 0));
}
END_TEST

START_TEST(promotion) {
    struct wire *w = in_sync(), *c = dial(), *sub = dial();
    SAY(w, SELECT0 INCR_A);
    run_for(10 * SIM_MS);
    say(sub, "PSYNC " ID_1 " 145");
    expect_text(sub, "+CONTINUE\r\n");
    ask(c, "REPLICAOF NO ONE", "+OK\r\n");
    expect_closed(sub, SIM_SECOND);
    expect_closed(w, SIM_SECOND);
    ck_assert_str_ne(rig.server->replid, ID_1);
    ck_assert_str_eq(rig.server->replid2, ID_1);
    ck_assert_int_eq(rig.server->second_replid_offset, 145);
    ck_assert_int_eq(rig.server->repl.first_byte, 101);
    struct wire *back = dial();
    say(back, "PSYNC " ID_1 " 145");
    expect_text(back, "+CONTINUE\r\n");
    ask(c, "INCR a", ":2\r\n");
    expect_text(back, SELECT0 INCR_A); /* the database is said anew */
}
END_TEST

/* A master of its own asks the new master for its own history first (reference 2.8). */
START_TEST(a_master_becomes_a_replica) {
    struct wire *c = dial();
    ask(c, "SET a 1", "+OK\r\n");
    char id[41];
    memcpy(id, rig.server->replid, 41);
    ask(c, "REPLICAOF t 7000", "+OK\r\n");
    ask(c, "REPLICAOF t 7000", "+OK Already connected to specified master\r\n");
    struct wire *w = next_attempt(0);
    shake_hands(w, psync_for(id, 1));
    ask(c, "REPLICAOF NO ONE", "+OK\r\n");
    expect_closed(w, SIM_SECOND);
    ask(c, "REPLICAOF t x", "-ERR Invalid master port\r\n");
    ask(c, "GET a", "$1\r\n1\r\n");
}
END_TEST

START_TEST(stale_data) {
    struct wire *c = dial();
    ask(c, "CONFIG SET replica-serve-stale-data no", "+OK\r\n");
    ask(c, "GET a", "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n");
    ask(c, "PING", "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n");
    ask(c, "ROLE", "*5\r\n$5\r\nslave\r\n$1\r\nt\r\n:7000\r\n");
    struct wire *sub = dial();
    ask(sub, "PSYNC ? -1", "-MASTERDOWN");
}
END_TEST

START_TEST(a_replica_without_master_serves_no_psync) {
    struct wire *sub = dial();
    ask(sub, "PSYNC ? -1", "-NOMASTERLINK Can't SYNC while not connected with my master\r\n");
    ask(sub, "WAIT 1 10", "-ERR WAIT cannot be used with replica instances.");
}
END_TEST

static TCase *case_with(const char *name, void (*open)(void)) {
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, open, wire_close_rig);
    tcase_set_timeout(tests, 60);
    return tests;
}

int main(void) {
    Suite *suite = suite_create("replication, replica");
    TCase *replica = case_with("replica", open_replica), *master = case_with("master", open_master);
    tcase_add_test(replica, full_resync_by_length);
    tcase_add_test(replica, full_resync_by_mark);
    tcase_add_test(replica, acks_tell_what_was_applied);
    tcase_add_test(replica, a_block_is_applied_at_its_end);
    tcase_add_loop_test(replica, resume_after_a_break, 0, 2);
    tcase_add_test(replica, a_new_id_on_continue);
    tcase_add_test(replica, a_chain_gets_the_very_bytes);
    tcase_add_test(replica, a_newline_in_the_stream_counts);
    tcase_add_loop_test(replica, a_broken_protocol_is_not_resumed, 0, 2);
    tcase_add_test(replica, a_failing_command_is_passed_over);
    tcase_add_loop_test(replica, transient_answers_keep_the_cached_master, 0, 2);
    tcase_add_test(replica, an_error_means_no_psync);
    tcase_add_test(replica, a_refused_ping_ends_the_attempt);
    tcase_add_test(replica, half_a_line_is_waited_for_5_s);
    tcase_add_test(replica, a_silent_master_is_left);
    tcase_add_loop_test(replica, a_bad_header_ends_the_attempt, 0, 3);
    tcase_add_test(replica, an_aborted_transfer_changes_nothing);
    tcase_add_test(replica, a_bad_rdb_is_tried_again);
    tcase_add_loop_test(replica, a_corrupt_file_ends_the_process, 0, 2);
    tcase_add_test(replica, a_corrupt_stream_ends_the_process);
    tcase_add_test(replica, promotion);
    tcase_add_test(replica, stale_data);
    tcase_add_test(replica, a_replica_without_master_serves_no_psync);
    tcase_add_test(master, a_master_becomes_a_replica);
    suite_add_tcase(suite, replica);
    suite_add_tcase(suite, master);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
