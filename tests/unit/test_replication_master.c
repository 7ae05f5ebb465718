/* The master's side of replication, byte by byte. Method: the test is a hand-made replica; what it must read is written
 * down from the protocol (reference 3 to 5, 7, 8, 18), not from what the model said. */
#include "tests/unit/wire_rig.h"

#define SELECT0 "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define SET_A   "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
#define SET_B   "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"

static void open_disk(void) {
    wire_open_rig("repl-diskless-sync no;save '';repl-ping-replica-period 1000");
}

static void open_diskless(void) {
    wire_open_rig("repl-diskless-sync-delay 0;save '';repl-ping-replica-period 1000");
}

/* Reads "+FULLRESYNC <id> <offset>"; the id is kept in `id`. */
static int64_t take_fullresync(struct wire *w, char id[41]) {
    long long offset = -1;
    const char *line = take_line(w);
    ck_assert_int_eq(sscanf(line, "+FULLRESYNC %40s %lld", id, &offset), 2);
    ck_assert_uint_eq(strlen(id), 40);
    ck_assert_str_eq(id, rig.server->replid);
    return offset;
}

/* Reads "$<len>" and as many bytes of RDB. */
static void take_file(struct wire *w) {
    while (w->got.len && w->got.at[0] == '\n') buffer_drop(&w->got, 1);
    const char *line = take_line(w);
    ck_assert_int_eq(line[0], '$');
    size_t len = strtoul(line + 1, NULL, 10);
    RUN_UNTIL(w->got.len >= len, 3 * SIM_SECOND);
    ck_assert_mem_eq(w->got.at, "REDIS0010", 9);
    buffer_drop(&w->got, len);
}

/* A replica that took a full resync by disk and is online. */
static struct wire *attach(char id[41], int64_t *offset) {
    struct wire *r = dial();
    ask(r, "REPLCONF listening-port 1234", "+OK\r\n");
    ask(r, "REPLCONF capa psync2", "+OK\r\n");
    say(r, "PSYNC ? -1");
    *offset = take_fullresync(r, id);
    take_file(r);
    return r;
}

START_TEST(nothing_counts_without_a_backlog) {
    struct wire *c = dial();
    ask(c, "SET a 1", "+OK\r\n");
    ck_assert_int_eq(rig.server->repl.offset, 0);
    char id[41], before[41];
    int64_t offset;
    memcpy(before, rig.server->replid, 41);
    attach(id, &offset);
    ck_assert_str_ne(id, before); /* a new history begins with the backlog */
    ck_assert_int_eq(offset, 0);
}
END_TEST

START_TEST(the_stream_follows_the_file) {
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset), *c = dial();
    ask(c, "SET a 1", "+OK\r\n");
    expect_text(r, SELECT0 SET_A);
    ask(c, "SET b 2", "+OK\r\n");
    expect_text(r, SET_B);
    ck_assert_int_eq(rig.server->repl.offset, 23 + 27 + 27);
    expect_silence(r, 2 * SIM_SECOND);
}
END_TEST

START_TEST(writes_during_the_snapshot_come_after_it) {
    struct wire *r = dial(), *c = dial();
    ask(c, "SET a 1", "+OK\r\n");
    say(r, "PSYNC ? -1");
    char id[41];
    ck_assert_int_eq(take_fullresync(r, id), 0);
    ask(c, "SET b 2", "+OK\r\n"); /* its reply does not wait for the replica */
    ck_assert_int_eq(rig.server->repl.offset, 23 + 27);
    take_file(r);
    expect_text(r, SELECT0 SET_B);
}
END_TEST

START_TEST(diskless_ends_with_its_mark_and_waits_for_an_ack) {
    struct wire *r = dial(), *c = dial();
    ask(r, "REPLCONF capa eof capa psync2", "+OK\r\n");
    say(r, "PSYNC ? -1");
    char id[41];
    take_fullresync(r, id);
    const char *line = take_line(r);
    ck_assert_uint_eq(strlen(line), 5 + 40);
    ck_assert_mem_eq(line, "$EOF:", 5);
    ask(c, "SET a 1", "+OK\r\n");
    run_for(SIM_SECOND);
    ck_assert_uint_gt(r->got.len, 40 + 18);
    ck_assert_mem_eq(r->got.at, "REDIS0010", 9);
    ck_assert_mem_eq(r->got.at + r->got.len - 40, line + 5, 40); /* nothing after the mark */
    buffer_clear(&r->got);
    ck_assert_int_eq(TAILQ_FIRST(&rig.server->replicas)->replica.state, REPLICA_ONLINE);
    expect_silence(r, SIM_SECOND);
    say(r, "REPLCONF ACK 0");
    expect_text(r, SELECT0 SET_A);
}
END_TEST

START_TEST(window_of_partial_resync) {
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset), *c = dial();
    ask(c, "SET a 1", "+OK\r\n");
    expect_text(r, SELECT0 SET_A);
    hang_up(r);
    /* One below the first byte, and one above the next one, are refused. */
    static const int64_t refused[] = {0, 52};
    for (size_t i = 0; i < 2; i++) {
        struct wire *w = dial();
        say(w, pool_printf(rig.pool, "PSYNC %s %lld", id, (long long)refused[i]));
        char again[41];
        ck_assert_int_eq(take_fullresync(w, again), 50);
        hang_up(w);
        run_for(SIM_SECOND);
    }
    ck_assert_uint_eq(rig.server->stats.sync_partial_err, 2);
    struct wire *first = dial(), *middle = dial(), *next = dial();
    ask(first, "REPLCONF capa psync2", "+OK\r\n");
    say(first, pool_printf(rig.pool, "PSYNC %s 1", id));
    expect_text(first, pool_printf(rig.pool, "+CONTINUE %s\r\n" SELECT0 SET_A, id));
    say(middle, pool_printf(rig.pool, "PSYNC %s 24", id));
    expect_text(middle, "+CONTINUE\r\n" SET_A); /* without psync2 it is not told the id */
    say(next, pool_printf(rig.pool, "PSYNC %s 51", id));
    expect_text(next, "+CONTINUE\r\n");
    ask(c, "SET b 2", "+OK\r\n");
    /* The full resyncs that were begun meanwhile make SELECT come again. */
    expect_text(first, SELECT0 SET_B);
    expect_text(middle, SELECT0 SET_B);
    expect_text(next, SELECT0 SET_B);
    ck_assert_uint_eq(rig.server->stats.sync_partial_ok, 3);
}
END_TEST

START_TEST(ids_are_compared_whatever_their_case) {
    char id[41];
    int64_t offset;
    hang_up(attach(id, &offset));
    for (char *p = id; *p; p++) *p = (char)(*p >= 'a' && *p <= 'f' ? *p - 32 : *p);
    struct wire *w = dial();
    say(w, pool_printf(rig.pool, "PSYNC %s 1", id));
    expect_text(w, "+CONTINUE\r\n");
    id[39] = id[39] == '0' ? '1' : '0';
    struct wire *other = dial();
    say(other, pool_printf(rig.pool, "PSYNC %s 1", id));
    ck_assert_ptr_nonnull(strstr(take_line(other), "+FULLRESYNC"));
}
END_TEST

START_TEST(a_companion_shares_the_snapshot) {
    struct wire *c = dial(), *r1 = dial(), *r2 = dial(), *poor = dial();
    ask(c, "DEBUG POPULATE 1000", "+OK\r\n");
    ask(c, "CONFIG SET rdb-key-save-delay 1000", "+OK\r\n");
    ask(r1, "REPLCONF capa psync2", "+OK\r\n");
    say(r1, "PSYNC ? -1");
    char id[41];
    ck_assert_int_eq(take_fullresync(r1, id), 0);
    ask(c, "SET a 1", "+OK\r\n");
    say(poor, "PSYNC ? -1"); /* lacks a capability of the one for whom the snapshot is made */
    ask(r2, "REPLCONF capa eof capa psync2", "+OK\r\n");
    say(r2, "PSYNC ? -1");
    ck_assert_int_eq(take_fullresync(r2, id), 0); /* the fork's offset, not today's */
    ask(c, "SET b 2", "+OK\r\n");
    /* While they wait they get a newline a second, between +FULLRESYNC and the payload. */
    RUN_UNTIL(r2->got.len, 1500 * SIM_MS);
    ck_assert_int_eq(r2->got.at[0], '\n');
    take_file(r1);
    take_file(r2);
    /* Attaching made the stream say its database again, for both. */
    expect_text(r1, SELECT0 SET_A SELECT0 SET_B);
    expect_text(r2, SELECT0 SET_A SELECT0 SET_B);
    ck_assert_uint_eq(rig.server->stats.total_forks, 2); /* the third gets one of its own, at once */
    while (poor->got.at[0] == '\n') buffer_drop(&poor->got, 1);
    ck_assert_int_eq(take_fullresync(poor, id), 23 + 27 + 23 + 27);
}
END_TEST

START_TEST(a_plain_bgsave_cannot_be_shared) {
    struct wire *c = dial(), *r = dial();
    ask(c, "DEBUG POPULATE 500", "+OK\r\n");
    ask(c, "CONFIG SET rdb-key-save-delay 1000", "+OK\r\n");
    ask(c, "BGSAVE", "+Background saving started\r\n");
    say(r, "PSYNC ? -1");
    run_for(300 * SIM_MS);
    ck_assert_uint_eq(rig.server->stats.total_forks, 1);
    RUN_UNTIL(rig.server->stats.total_forks == 2, SIM_SECOND);
}
END_TEST

START_TEST(a_failed_child_ends_its_replicas) {
    struct wire *c = dial(), *r = dial();
    ask(c, "DEBUG POPULATE 500", "+OK\r\n");
    ask(c, "CONFIG SET rdb-key-save-delay 1000", "+OK\r\n");
    say(r, "PSYNC ? -1");
    char id[41];
    take_fullresync(r, id);
    ck_assert(world_child_kill(rig.world, 0, 9));
    expect_closed(r, 200 * SIM_MS);
    ck_assert(!rig.server->lastbgsave_ok);
    ask(c, "SET a 1", "+OK\r\n"); /* without save points it is no reason to refuse writes */
}
END_TEST

START_TEST(a_useless_child_is_killed) {
    struct wire *c = dial(), *r = dial();
    ask(c, "DEBUG POPULATE 500", "+OK\r\n");
    ask(c, "CONFIG SET rdb-key-save-delay 10000", "+OK\r\n");
    say(r, "PSYNC ? -1");
    char id[41];
    take_fullresync(r, id);
    hang_up(r);
    RUN_UNTIL(!save_running(rig.server), 300 * SIM_MS);
    ck_assert(rig.server->lastbgsave_ok); /* our own doing */
}
END_TEST

START_TEST(fork_failure_is_told) {
    struct wire *r = dial();
    world_fork_failing(rig.world, 0, 1);
    say(r, "PSYNC ? -1");
    expect_text(r, "-ERR BGSAVE failed, replication can't continue\r\n");
    expect_closed(r, SIM_SECOND);
}
END_TEST

START_TEST(wait_counts_who_has_it) {
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset), *c = dial();
    ask(c, "WAIT 1 0", ":1\r\n"); /* nothing was said on this connection: the target is 0 */
    ask(c, "SET a 1", "+OK\r\n");
    expect_text(r, SELECT0 SET_A);
    say(c, "WAIT 1 0");
    expect_text(r, "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n");
    expect_silence(c, 100 * SIM_MS);
    say(r, "REPLCONF ACK 49");
    expect_silence(c, 100 * SIM_MS);
    say(r, "REPLCONF ACK 50");
    expect_text(c, ":1\r\n");
    ask(c, "SET b 2", "+OK\r\n");
    say(c, "WAIT 2 200");
    run_for(190 * SIM_MS);
    ck_assert_uint_eq(c->got.len, 0);
    expect_text(c, ":0\r\n");
}
END_TEST

START_TEST(too_few_good_replicas) {
    struct wire *c = dial();
    ask(c, "CONFIG SET min-replicas-to-write 1 min-replicas-max-lag 2", "+OK\r\n");
    ask(c, "SET a 1", "-NOREPLICAS Not enough good replicas to write.\r\n");
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset);
    ask(c, "SET a 1", "+OK\r\n");
    expect_text(r, SELECT0 SET_A);
    /* Whole seconds, more than the limit, seen by the cron of each second: refused after 2 to 4 s. */
    run_for(1900 * SIM_MS);
    ask(c, "SET b 2", "+OK\r\n");
    run_for(2200 * SIM_MS);
    ask(c, "SET b 2", "-NOREPLICAS Not enough good replicas to write.\r\n");
    ask(c, "MULTI", "+OK\r\n");
    ask(c, "SET b 2", "-NOREPLICAS Not enough good replicas to write.\r\n");
    ask(c, "EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
    say(r, "REPLCONF ACK 0"); /* alive, however far behind */
    run_for(1100 * SIM_MS);
    ask(c, "SET b 2", "+OK\r\n");
}
END_TEST

START_TEST(a_silent_replica_is_dropped) {
    struct wire *c = dial();
    ask(c, "CONFIG SET repl-timeout 3", "+OK\r\n");
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset);
    run_for(2500 * SIM_MS);
    say_bytes(r, "\n", 1); /* a sign of life, as it gives while loading */
    sim_time from = world_now(rig.world);
    expect_closed(r, 6 * SIM_SECOND);
    sim_time took = world_now(rig.world) - from;
    ck_assert_int_gt(took, 3 * SIM_SECOND);
    ck_assert_int_lt(took, 5 * SIM_SECOND + 10 * SIM_MS);
}
END_TEST

START_TEST(a_replica_above_its_limit_is_dropped) {
    struct wire *c = dial();
    ask(c, "CONFIG SET rdb-key-save-delay 10000 repl-backlog-size 16384", "+OK\r\n");
    ask(c, "DEBUG POPULATE 1000", "+OK\r\n");
    ask(c, "CONFIG SET client-output-buffer-limit x",
        "-ERR CONFIG SET failed (possibly related to argument "
        "'client-output-buffer-limit') - Wrong number of arguments in "
        "buffer limit configuration.\r\n");
    struct buffer set;
    buffer_init(&set, rig.pool);
    resp_put_words(&set, (const char *const[]){"CONFIG", "SET", "client-output-buffer-limit", "replica 1mb 0 0", NULL});
    say_bytes(c, set.at, set.len);
    expect_text(c, "+OK\r\n");
    struct wire *r = dial();
    say(r, "PSYNC ? -1");
    char id[41];
    take_fullresync(r, id);
    char value[4001];
    memset(value, 'v', 4000);
    value[4000] = 0;
    while (!r->closed && rig.server->repl.offset < 2 * 1024 * 1024)
        ask(c, pool_printf(rig.pool, "SET k %s", value), "+OK\r\n");
    expect_closed(r, SIM_SECOND);
    /* The 52nd block is the one that is too many (reference 18). */
    ck_assert_int_gt(rig.server->repl.offset, 51 * 20440);
    ck_assert_int_lt(rig.server->repl.offset, 51 * 20440 + 3 * 4100);
}
END_TEST

START_TEST(a_replica_gets_no_replies) {
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset);
    say(r, "GET a");
    expect_closed(r, SIM_SECOND);
    ck_assert_uint_eq(r->got.len, 0);
}
END_TEST

START_TEST(refused_requests) {
    struct wire *w = dial();
    ask(w, "PSYNC ? x", "-ERR value is not an integer or out of range\r\n");
    ask(w, "MULTI", "+OK\r\n");
    ask(w, "SYNC", "-ERR Command not allowed inside a transaction\r\n");
    ask(w, "DISCARD", "+OK\r\n");
    ask(w, "REPLCONF capa", "-ERR syntax error\r\n");
    ask(w, "REPLCONF nonsense 1", "-ERR Unrecognized REPLCONF option: nonsense\r\n");
    ask(w, "REPLCONF capa somethingnew", "+OK\r\n");
}
END_TEST

START_TEST(the_old_sync_command) {
    struct wire *r = dial();
    say_bytes(r, "SYNC\r\n", 6);
    take_file(r); /* without +FULLRESYNC */
    run_for(70 * SIM_SECOND);
    ck_assert(!r->closed); /* it sends no ACKs, and is never timed out */
}
END_TEST

START_TEST(transactions_and_expiry_in_the_stream) {
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset), *c = dial();
    ask(c, "MULTI", "+OK\r\n");
    ask(c, "SET a 1", "+QUEUED\r\n");
    ask(c, "GET a", "+QUEUED\r\n");
    ask(c, "EXEC", "*2\r\n+OK\r\n$1\r\n1\r\n");
    expect_text(r, SELECT0 SET_A); /* one change needs no wrapping */
    ask(c, "MULTI", "+OK\r\n");
    ask(c, "SET a 1", "+QUEUED\r\n");
    ask(c, "SELECT 3", "+QUEUED\r\n");
    ask(c, "SET b 2", "+QUEUED\r\n");
    ask(c, "EXEC", "*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    expect_text(r, "*1\r\n$5\r\nMULTI\r\n" SET_A "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" SET_B "*1\r\n$4\r\nEXEC\r\n");
    ask(c, "SET b 2 NX", "$-1\r\n");
    ask(c, "DEL nothing", ":0\r\n");
    ask(c, "DEBUG SET-ACTIVE-EXPIRE 0", "+OK\r\n");
    say(c, "SET t 1 PX 100");
    expect_text(c, "+OK\r\n");
    run_for(10 * SIM_MS);
    ck_assert_ptr_nonnull(strstr(r->got.at, "$4\r\nPXAT\r\n$13\r\n")); /* an instant, not a duration */
    run_for(200 * SIM_MS);
    buffer_clear(&r->got);
    ask(c, "INCR t", ":1\r\n"); /* the old one is deleted first, in one block with the command */
    expect_text(
        r, "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$1\r\nt\r\n*2\r\n$4\r\nINCR\r\n$1\r\nt\r\n*1\r\n$4\r\nEXEC\r\n");
    say(c, "PEXPIRE t 50");
    expect_text(c, ":1\r\n");
    run_for(100 * SIM_MS);
    buffer_clear(&r->got);
    ask(c, "DEBUG SET-ACTIVE-EXPIRE 1", "+OK\r\n");
    expect_text(r, "*2\r\n$3\r\nDEL\r\n$1\r\nt\r\n"); /* by the cron */
}
END_TEST

START_TEST(pings_follow_the_clock_of_the_process) {
    struct wire *c = dial();
    ask(c, "CONFIG SET repl-ping-replica-period 2", "+OK\r\n");
    char id[41];
    int64_t offset;
    struct wire *r = attach(id, &offset);
    int64_t loops = rig.server->repl_cronloops;
    expect_text(r, "*1\r\n$4\r\nping\r\n");
    ck_assert_int_eq((rig.server->repl_cronloops - 1) % 2, 0);
    ck_assert_int_le(rig.server->repl_cronloops, loops + 3);
    ck_assert_int_eq(rig.server->repl.offset, 14);
    sim_time from = world_now(rig.world);
    expect_text(r, "*1\r\n$4\r\nping\r\n");
    ck_assert_int_ge(world_now(rig.world) - from, 1990 * SIM_MS);
}
END_TEST

START_TEST(an_unused_backlog_is_freed) {
    struct wire *c = dial();
    ask(c, "CONFIG SET repl-backlog-ttl 2", "+OK\r\n");
    char id[41];
    int64_t offset;
    hang_up(attach(id, &offset));
    run_for(1900 * SIM_MS);
    ck_assert(rig.server->repl.backlog);
    run_for(2200 * SIM_MS);
    ck_assert(!rig.server->repl.backlog);
    ck_assert_str_ne(rig.server->replid, id); /* what is written from now on is not in the offset */
    ask(c, "SET a 1", "+OK\r\n");
    ck_assert_int_eq(rig.server->repl.offset, 0);
}
END_TEST

static TCase *case_with(const char *name, void (*open)(void)) {
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, open, wire_close_rig);
    tcase_set_timeout(tests, 60);
    return tests;
}

int main(void) {
    Suite *suite = suite_create("replication, master");
    TCase *disk = case_with("disk", open_disk), *diskless = case_with("diskless", open_diskless);
    tcase_add_test(disk, nothing_counts_without_a_backlog);
    tcase_add_test(disk, the_stream_follows_the_file);
    tcase_add_test(disk, writes_during_the_snapshot_come_after_it);
    tcase_add_test(disk, window_of_partial_resync);
    tcase_add_test(disk, ids_are_compared_whatever_their_case);
    tcase_add_test(disk, a_companion_shares_the_snapshot);
    tcase_add_test(disk, a_plain_bgsave_cannot_be_shared);
    tcase_add_test(disk, a_failed_child_ends_its_replicas);
    tcase_add_test(disk, a_useless_child_is_killed);
    tcase_add_test(disk, fork_failure_is_told);
    tcase_add_test(disk, wait_counts_who_has_it);
    tcase_add_test(disk, too_few_good_replicas);
    tcase_add_test(disk, a_silent_replica_is_dropped);
    tcase_add_test(disk, a_replica_above_its_limit_is_dropped);
    tcase_add_test(disk, a_replica_gets_no_replies);
    tcase_add_test(disk, refused_requests);
    tcase_add_test(disk, the_old_sync_command);
    tcase_add_test(disk, transactions_and_expiry_in_the_stream);
    tcase_add_test(disk, pings_follow_the_clock_of_the_process);
    tcase_add_test(disk, an_unused_backlog_is_freed);
    tcase_add_test(diskless, diskless_ends_with_its_mark_and_waits_for_an_ack);
    suite_add_tcase(suite, disk);
    suite_add_tcase(suite, diskless);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
