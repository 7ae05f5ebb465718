/* Client workloads against a server that answers as each test wants. */
#include "tests/unit/fake_server.h"

#include <math.h>

#include "model/redis/zipf.h"

#define LINE(...)                                                                                                      \
    const struct option options[] = {__VA_ARGS__};                                                                     \
    const struct play_line line = {options, sizeof options / sizeof *options, NULL, 0, 7}

/* --- when -------------------------------------------------------------------------------------------------- */

START_TEST(test_an_open_loop_keeps_its_rate) {
    LINE(rate_option(1000, false), count_option("until", 100 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 2 * SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 100);
    for (size_t i = 0; i < 100; i++) ck_assert_int_eq(p->told[i].called, (int64_t)i * SIM_MS);
    ck_assert_uint_eq(fates(p, OP_OK), 100);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_a_rate_that_does_not_divide_a_second_does_not_drift) {
    LINE(rate_option(7, false), count_option("until", 10 * SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 11 * SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 70);
    ck_assert_int_eq(p->told[69].called, 69 * SIM_SECOND / 7);
    play_close(p);
}
END_TEST

START_TEST(test_an_open_loop_does_not_wait_for_replies) {
    LINE(rate_option(100, false), count_option("until", SIM_SECOND), count_option("timeout", 60 * SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    p->silent = true;
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 100);
    ck_assert_uint_eq(p->seen_count, 100);
    ck_assert(!workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_exponential_gaps_have_the_mean_and_vary) {
    LINE(rate_option(1000, true), count_option("until", 10 * SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 11 * SIM_SECOND);
    ck_assert_uint_gt(p->told_count, 9600); /* 4 standard deviations */
    ck_assert_uint_lt(p->told_count, 10400);
    size_t long_gaps = 0; /* exp(-2) of the gaps are longer than twice the mean */
    for (size_t i = 1; i < p->told_count; i++) long_gaps += p->told[i].called - p->told[i - 1].called > 2 * SIM_MS;
    ck_assert_uint_gt(long_gaps, 1200);
    ck_assert_uint_lt(long_gaps, 1500);
    play_close(p);
}
END_TEST

START_TEST(test_an_open_loop_sends_its_pipeline_together) {
    LINE(rate_option(1000, false), count_option("pipeline", 10), count_option("until", 100 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 100);
    for (size_t i = 0; i < 100; i++) ck_assert_int_eq(p->told[i].called, (int64_t)(i / 10) * 10 * SIM_MS);
    play_close(p);
}
END_TEST

START_TEST(test_from_and_times) {
    LINE(count_option("from", 500 * SIM_MS), count_option("times", 3));
    struct play *p = play_open(&line, 2 * SIM_SECOND);
    play_start_all(p);
    play_until(p, 400 * SIM_MS);
    ck_assert(!workload_done(p->client));
    ck_assert_uint_eq(p->accepted, 0);
    play_until(p, 2 * SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 3);
    ck_assert_int_eq(p->told[0].called, 500 * SIM_MS);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

/* No line says when: then the number of operations is the end. */
START_TEST(test_times_alone) {
    LINE(count_option("times", 3));
    struct play *p = play_open(&line, 0);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 3);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_until_the_timeline_is_over) {
    const struct play_line line = {NULL, 0, NULL, 0, 7};
    struct play *p = play_open(&line, 50 * SIM_MS);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 50); /* 1000/s is the default */
    play_close(p);
}
END_TEST

static size_t most_in_flight(const struct play *p) {
    size_t most = 0;
    for (size_t i = 0; i < p->told_count; i++) {
        size_t n = 0;
        for (size_t k = 0; k < p->told_count; k++) {
            bool over = p->told[k].over >= 0 && p->told[k].over <= p->told[i].called && k < i;
            n += p->told[k].called <= p->told[i].called && !over;
        }
        if (n > most) most = n;
    }
    return most;
}

START_TEST(test_a_closed_loop_keeps_n_in_flight) {
    LINE(spread_option("think", spread_constant(0)), count_option("pipeline", 4), count_option("until", 50 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_gt(p->told_count, 100); /* a round trip takes 0.2 to 0.4 ms */
    ck_assert_uint_eq(fates(p, OP_OK), p->told_count);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_a_closed_loop_thinks_between_operations) {
    LINE(spread_option("think", spread_constant(10 * SIM_MS)), count_option("until", SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 2 * SIM_SECOND);
    for (size_t i = 1; i < p->told_count; i++) ck_assert_int_eq(p->told[i].called, p->told[i - 1].over + 10 * SIM_MS);
    ck_assert_uint_ge(p->told_count, 90);
    ck_assert_uint_eq(most_in_flight(p), 1);
    play_close(p);
}
END_TEST

START_TEST(test_workers_with_random_thinking_times) {
    LINE(spread_option("think", (struct spread){SPREAD_EXP, 5 * SIM_MS, 0, 0}), count_option("pipeline", 8),
         count_option("until", SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 2 * SIM_SECOND);
    ck_assert_uint_gt(p->told_count, 1300); /* 8 workers at about 190 a second each */
    ck_assert_uint_lt(p->told_count, 1700);
    ck_assert_uint_le(most_in_flight(p), 8);
    play_close(p);
}
END_TEST

START_TEST(test_stop_and_start) {
    LINE(rate_option(1000, false));
    struct play *p = play_open(&line, 300 * SIM_MS);
    play_start_all(p);
    play_until(p, 100 * SIM_MS - 1);
    workload_stop(p->client);
    play_until(p, 200 * SIM_MS);
    ck_assert_uint_eq(p->told_count, 100);
    ck_assert(workload_done(p->client));
    workload_start(p->client);
    ck_assert(!workload_done(p->client));
    workload_start(p->client); /* it runs: no effect */
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 200);
    ck_assert_int_eq(p->told[100].called, 200 * SIM_MS);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_start_before_its_time) {
    LINE(count_option("from", 100 * SIM_MS), count_option("times", 5));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, 10 * SIM_MS);
    workload_start(p->client);
    play_until(p, SIM_SECOND);
    ck_assert_int_eq(p->told[0].called, 10 * SIM_MS);
    ck_assert_uint_eq(p->told_count, 5);
    play_close(p);
}
END_TEST

/* --- what --------------------------------------------------------------------------------------------------- */

START_TEST(test_keys_and_values_of_the_default) {
    LINE(count_option("times", 3), count_option("keys", 2),
         (struct option){.rule = rule_named("skew"), .number = SKEW_SEQ});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 3);
    ck_assert_str_eq(p->seen[0].words, "SET c:set:0 0:c.............");
    ck_assert_str_eq(p->seen[1].words, "SET c:set:1 1:c.............");
    ck_assert_str_eq(p->seen[2].words, "SET c:set:0 2:c.............");
    ck_assert_str_eq(p->told[0].wire, "*3\r\n$3\r\nSET\r\n$7\r\nc:set:0\r\n$16\r\n0:c.............\r\n");
    ck_assert_str_eq(p->told[0].reply, "+OK\r\n");
    play_close(p);
}
END_TEST

struct op_case {
    const char *ops;
    const char *expected; /* the first command, key 0, number 0; # stands for a member's number */
};

static const struct op_case op_cases[] = {
    {"get:1", "GET c:get:0"},
    {"incr:1", "INCR c:incr:0"},
    {"decr:1", "DECR c:decr:0"},
    {"append:1", "APPEND c:append:0 0:c."},
    {"getset:1", "GETSET c:getset:0 0:c."},
    {"lpush:1", "LPUSH c:lpush:0 0:c."},
    {"lpop:1", "LPOP c:lpop:0"},
    {"lrange:1", "LRANGE c:lrange:0 0 9"},
    {"hset:1", "HSET c:hset:0 m:# 0:c."},
    {"hincrby:1", "HINCRBY c:hincrby:0 m:# 1"},
    {"sadd:1", "SADD c:sadd:0 m:#"},
    {"smembers:1", "SMEMBERS c:smembers:0"},
    {"zadd:1", "ZADD c:zadd:0 0 m:#"},
    {"zincrby:1", "ZINCRBY c:zincrby:0 1 m:#"},
    {"mset:1", "MSET c:mset:0 0:c. c:mset:1 0:c."},
    {"spop:1", "SPOP c:spop:0"},
    {"getdel:1", "GETDEL c:getdel:0"},
};

/* Whether the words are those expected, # being one or two digits. */
static bool same_words(const char *words, const char *expected) {
    for (; *expected; expected++) {
        if (*expected != '#') {
            if (*words++ != *expected) return false;
            continue;
        }
        if (*words < '0' || *words > '9') return false;
        while (*words >= '0' && *words <= '9') words++;
    }
    return *words == 0;
}

START_TEST(test_each_operation_on_the_wire) {
    const struct op_case *c = &op_cases[_i];
    LINE(ops_option(c->ops), count_option("times", 1), count_option("keys", 2),
         spread_option("value", spread_constant(4)), (struct option){.rule = rule_named("skew"), .number = SKEW_SEQ});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 1);
    ck_assert_msg(same_words(p->seen[0].words, c->expected), "%s, expected %s", p->seen[0].words, c->expected);
    play_close(p);
}
END_TEST

START_TEST(test_every_operation_is_a_whole_request) {
    LINE((struct option){.rule = rule_named("ops"),
                         .weights = (uint32_t[]){1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
         count_option("times", 3000), spread_option("value", (struct spread){SPREAD_UNIFORM, 0, 40, 0}));
    struct play *p = play_open(&line, 10 * SIM_SECOND);
    play_start_all(p);
    play_until(p, 10 * SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 3000);
    ck_assert_uint_eq(fates(p, OP_OK), 3000);
    size_t kinds = 0;
    for (size_t i = 0; workload_op_names[i]; i++) {
        size_t n = 0;
        for (size_t k = 0; k < p->seen_count; k++) {
            size_t len = strlen(workload_op_names[i]);
            n += strncasecmp(p->seen[k].words, workload_op_names[i], len) == 0 && p->seen[k].words[len] == ' ';
        }
        ck_assert_msg(n > 50 && n < 150, "%s: %zu times", workload_op_names[i], n);
        kinds++;
    }
    ck_assert_uint_eq(kinds, 31);
    play_close(p);
}
END_TEST

START_TEST(test_reads_and_removals_act_on_what_the_client_writes) {
    LINE(ops_option("set:1,get:1,rpush:1,lpop:1,del:1,hget:1"), count_option("times", 300));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    for (size_t i = 0; i < p->seen_count; i++) {
        const char *w = p->seen[i].words;
        if (strncmp(w, "GET ", 4) == 0) ck_assert_int_eq(strncmp(w, "GET c:set:", 10), 0);
        if (strncmp(w, "DEL ", 4) == 0) ck_assert_int_eq(strncmp(w, "DEL c:set:", 10), 0);
        if (strncmp(w, "LPOP ", 5) == 0) ck_assert_int_eq(strncmp(w, "LPOP c:rpush:", 13), 0);
        if (strncmp(w, "HGET ", 5) == 0) ck_assert_int_eq(strncmp(w, "HGET c:hget:", 12), 0); /* no hash is written */
    }
    play_close(p);
}
END_TEST

START_TEST(test_values_have_the_drawn_size_and_are_unique) {
    LINE(count_option("times", 2000), spread_option("value", (struct spread){SPREAD_UNIFORM, 6, 30, 0}));
    struct play *p = play_open(&line, 10 * SIM_SECOND);
    play_start_all(p);
    play_until(p, 10 * SIM_SECOND);
    size_t sizes[31] = {0};
    for (size_t i = 0; i < p->seen_count; i++) {
        const char *value = strrchr(p->seen[i].words, ' ') + 1;
        size_t n = strlen(value);
        ck_assert(n >= 6 && n <= 30);
        sizes[n]++;
        ck_assert_uint_eq(strtoul(value, NULL, 10), i);
    }
    for (size_t n = 6; n <= 30; n++) ck_assert_uint_gt(sizes[n], 0);
    play_close(p);
}
END_TEST

START_TEST(test_a_value_too_small_for_its_number_keeps_the_last_digits) {
    LINE(count_option("times", 124), spread_option("value", spread_constant(2)));
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_str_eq(strrchr(p->seen[123].words, ' '), " 23");
    ck_assert_str_eq(strrchr(p->seen[7].words, ' '), " 7:");
    play_close(p);
}
END_TEST

static struct play *play_whole(const struct option *options, size_t count) {
    const struct play_line line = {options, count, NULL, 0, 7};
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    return p;
}

/* K of the first c:OP:K. */
static long key_number(const char *words) {
    return strtol(strchr(strstr(words, "c:") + 2, ':') + 1, NULL, 10);
}

START_TEST(test_changing_one_option_redraws_nothing_else) {
    const struct option plain[] = {count_option("times", 200)};
    const struct option other[] = {count_option("times", 200), ops_option("incr:1,decr:1,append:2"),
                                   rate_option(1000, true),
                                   spread_option("value", (struct spread){SPREAD_UNIFORM, 1, 9, 0}),
                                   (struct option){.rule = rule_named("db"), .number = 0, .number2 = 3}};
    struct play *a = play_whole(plain, 1), *b = play_whole(other, 5);
    for (size_t i = 0; i < 200; i++) {
        ck_assert_int_eq(key_number(a->told[i].wire), key_number(b->told[i].wire));
    }
    play_close(a);
    play_close(b);
}
END_TEST

START_TEST(test_the_same_seed_makes_the_same_trace_another_does_not) {
    const struct option options[] = {count_option("times", 200), ops_option("set:1,get:1")};
    struct play *a = play_whole(options, 2), *b = play_whole(options, 2);
    ck_assert_uint_eq(trace_hash(a->trace), trace_hash(b->trace));
    const struct play_line line = {options, 2, NULL, 0, 8};
    struct play *c = play_open(&line, SIM_SECOND);
    play_start_all(c);
    play_until(c, SIM_SECOND);
    ck_assert_uint_ne(trace_hash(a->trace), trace_hash(c->trace));
    play_close(a);
    play_close(b);
    play_close(c);
}
END_TEST

/* --- databases, transactions, WAIT ---------------------------------------------------------------------------- */

START_TEST(test_select_is_sent_when_the_database_changes) {
    LINE(count_option("times", 400), (struct option){.rule = rule_named("db"), .number = 2, .number2 = 4});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    size_t op = 0, drawn[16] = {0};
    long db = 0;
    int64_t ordinal = 0;
    for (size_t i = 0; i < p->seen_count; i++) {
        ordinal++;
        if (strncmp(p->seen[i].words, "SELECT ", 7) == 0) {
            long next = strtol(p->seen[i].words + 7, NULL, 10);
            ck_assert_int_ne(next, db);
            db = next;
            continue;
        }
        ck_assert_int_eq(p->told[op].db, db);
        ck_assert_int_eq(p->told[op].ordinal, ordinal);
        ck_assert_ptr_null(strstr(p->told[op].wire, "SELECT"));
        drawn[db]++;
        op++;
    }
    ck_assert_uint_eq(op, 400);
    ck_assert(drawn[2] > 90 && drawn[3] > 90 && drawn[4] > 90);
    play_close(p);
}
END_TEST

START_TEST(test_a_refused_select_is_made_good) {
    LINE(count_option("times", 2), (struct option){.rule = rule_named("db"), .number = 5, .number2 = 5});
    struct play *p = play_open(&line, SIM_SECOND);
    p->select_reply = "-LOADING\r\n";
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 4);
    ck_assert_str_eq(p->seen[0].words, "SELECT 5");
    ck_assert_str_eq(p->seen[2].words, "SELECT 5");
    play_close(p);
}
END_TEST

START_TEST(test_a_transaction_is_one_operation) {
    LINE(count_option("times", 2), count_option("multi", 3), count_option("keys", 100),
         (struct option){.rule = rule_named("skew"), .number = SKEW_SEQ});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 10);
    ck_assert_str_eq(p->seen[0].words, "MULTI");
    ck_assert_str_eq(p->seen[3].words, "SET c:set:2 2:c.............");
    ck_assert_str_eq(p->seen[4].words, "EXEC");
    ck_assert_uint_eq(p->told_count, 2);
    ck_assert_int_eq(p->told[0].ordinal, 5);
    ck_assert_int_eq(p->told[1].ordinal, 10);
    ck_assert_str_eq(p->told[1].reply, "*3\r\n$3\r\nx\ny\r\n$3\r\nx\ny\r\n$3\r\nx\ny\r\n");
    ck_assert_int_eq(p->told[1].fate, OP_OK);
    play_close(p);
}
END_TEST

START_TEST(test_wait_follows_each_write) {
    LINE(count_option("times", 2), (struct option){.rule = rule_named("wait"), .number = 2, .number2 = SIM_SECOND});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 4);
    ck_assert_str_eq(p->seen[1].words, "WAIT 2 1000");
    ck_assert_int_eq(p->told[0].ordinal, 1); /* of the write */
    ck_assert_int_eq(p->told[1].ordinal, 3);
    ck_assert_str_eq(p->told[1].reply, "+OK\r\n:2\r\n");
    ck_assert_uint_eq(fates(p, OP_OK), 2);
    play_close(p);
}
END_TEST

START_TEST(test_too_few_replicas_leave_the_fate_open) {
    LINE(count_option("times", 2), (struct option){.rule = rule_named("wait"), .number = 2, .number2 = SIM_SECOND});
    struct play *p = play_open(&line, SIM_SECOND);
    p->wait_reply = 1;
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(fates(p, OP_TIMEOUT), 2);
    ck_assert_uint_eq(p->accepted, 1); /* the connection is still good */
    play_close(p);
}
END_TEST

START_TEST(test_reads_are_not_waited_for) {
    LINE(count_option("times", 2), ops_option("get:1"),
         (struct option){.rule = rule_named("wait"), .number = 2, .number2 = SIM_SECOND});
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->seen_count, 2);
    play_close(p);
}
END_TEST

START_TEST(test_reads_go_elsewhere_and_writes_are_spread) {
    static const uint16_t writers[] = {0, 1}, readers[] = {2};
    const struct option options[] = {
        count_option("times", 300),
        ops_option("set:2,get:1"),
        {.rule = rule_named("reads"), .nodes = (uint16_t *)(uintptr_t)readers, .node_count = 1}};
    const struct play_line line = {options, 3, writers, 2, 7};
    struct play *p = play_open(&line, SIM_SECOND);
    play_start_all(p);
    play_until(p, SIM_SECOND);
    size_t at[3] = {0};
    for (size_t i = 0; i < p->seen_count; i++) {
        bool reads = strncmp(p->seen[i].words, "GET", 3) == 0;
        ck_assert_int_eq(reads, p->seen[i].node == 2);
        at[p->seen[i].node]++;
    }
    ck_assert(at[0] > 60 && at[1] > 60 && at[2] > 60);
    play_close(p);
}
END_TEST

/* --- what goes wrong ------------------------------------------------------------------------------------------- */

START_TEST(test_an_error_reply_is_an_error) {
    LINE(count_option("times", 3));
    struct play *p = play_open(&line, SIM_SECOND);
    p->reply = "-READONLY You can't write against a read only replica.\r\n";
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(fates(p, OP_ERROR), 3);
    play_close(p);
}
END_TEST

START_TEST(test_replies_in_single_bytes) {
    LINE(count_option("times", 50), count_option("pipeline", 10), count_option("multi", 2));
    struct play *p = play_open(&line, SIM_SECOND);
    p->bytewise = true;
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(fates(p, OP_OK), 50);
    ck_assert_str_eq(p->told[49].reply, "*2\r\n$3\r\nx\ny\r\n$3\r\nx\ny\r\n");
    play_close(p);
}
END_TEST

static const char *const garbage[] = {"hello\r\n", "+OK\n", "$-7\r\n", "+OK\r\n+OK\r\n", "*-9\r\n", "\r\n"};

START_TEST(test_a_server_that_speaks_no_resp_is_left) {
    LINE(count_option("times", 1));
    struct play *p = play_open(&line, 10 * SIM_SECOND);
    p->reply = garbage[_i];
    play_start_all(p);
    play_until(p, 10 * SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 1);
    ck_assert_msg(p->told[0].fate == OP_CLOSED || p->told[0].fate == OP_OK, "%d", p->told[0].fate);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_a_silent_server_is_given_up) {
    LINE(rate_option(10, false), count_option("until", SIM_SECOND), count_option("timeout", 500 * SIM_MS));
    struct play *p = play_open(&line, 10 * SIM_SECOND);
    p->silent = true;
    play_start_all(p);
    play_until(p, 10 * SIM_SECOND);
    ck_assert_int_eq(p->told[0].fate, OP_TIMEOUT);
    ck_assert_int_eq(p->told[0].over, 500 * SIM_MS);
    ck_assert_int_eq(p->told[1].fate, OP_CLOSED); /* on the connection that was given up */
    ck_assert_int_eq(p->told[1].over, 500 * SIM_MS);
    ck_assert_uint_gt(p->accepted, 1);
    ck_assert_uint_eq(fates(p, -1), 0);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

START_TEST(test_a_broken_connection_fails_what_was_sent) {
    LINE(rate_option(1000, false), count_option("pipeline", 10), count_option("until", 100 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    p->reset_after = 35;
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 100);
    size_t closed = fates(p, OP_CLOSED);
    ck_assert(closed >= 6 && closed <= 10);
    ck_assert_uint_eq(fates(p, OP_OK), 100 - closed);
    ck_assert_uint_eq(p->accepted, 2);
    play_close(p);
}
END_TEST

START_TEST(test_retry_sends_again_on_a_new_connection) {
    LINE(rate_option(1000, false), count_option("pipeline", 10), count_option("until", 100 * SIM_MS),
         count_option("retry", 0), (struct option){.rule = rule_named("db"), .number = 3, .number2 = 3});
    struct play *p = play_open(&line, SIM_SECOND);
    p->reset_after = 35;
    play_start_all(p);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(fates(p, OP_OK), 100);
    ck_assert_uint_eq(p->accepted, 2);
    size_t again = 0, selects = 0;
    for (size_t i = 0; i < p->told_count; i++) again += p->told[i].call_conn && p->told[i].call_conn != p->told[i].conn;
    ck_assert(again >= 6 && again <= 10);
    for (size_t i = 0; i < p->seen_count; i++) selects += strncmp(p->seen[i].words, "SELECT", 6) == 0;
    ck_assert_uint_eq(selects, 2);               /* the new connection knows nothing */
    for (size_t i = 1; i < p->told_count; i++) { /* in order */
        if (p->told[i].conn == p->told[i - 1].conn) ck_assert_int_gt(p->told[i].ordinal, p->told[i - 1].ordinal);
    }
    play_close(p);
}
END_TEST

START_TEST(test_retry_ends_with_its_timeout) {
    LINE(count_option("times", 1), count_option("retry", 0), count_option("timeout", 300 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    p->reset_after = 1;
    play_start_all(p);
    for (int i = 0; i < 1000 && p->reset_after; i++) world_step(p->world);
    ck_assert(world_crash(p->world, 0));
    play_until(p, 10 * SIM_SECOND);
    ck_assert_int_eq(p->told[0].fate, OP_TIMEOUT); /* it was sent once: unknown */
    ck_assert_int_eq(p->told[0].over, 300 * SIM_MS);
    ck_assert_uint_eq(p->told[0].conn, 0);
    play_close(p);
}
END_TEST

START_TEST(test_an_open_loop_fails_while_the_server_is_down) {
    LINE(rate_option(1000, false), count_option("until", 300 * SIM_MS));
    struct play *p = play_open(&line, SIM_SECOND);
    ck_assert(world_start(p->world, p->client_party));
    play_until(p, 100 * SIM_MS);
    play_start_server(p, 0);
    play_until(p, SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 300);
    for (size_t i = 0; i < 100; i++) ck_assert_int_eq(p->told[i].fate, OP_CLOSED);
    for (size_t i = 250; i < 300; i++) ck_assert_int_eq(p->told[i].fate, OP_OK);
    ck_assert_int_lt(p->told[99].over - p->told[99].called, 2 * SIM_MS); /* at once, or when the attempt failed */
    play_close(p);
}
END_TEST

START_TEST(test_a_closed_loop_waits_for_the_server) {
    LINE(spread_option("think", spread_constant(0)), count_option("times", 50));
    struct play *p = play_open(&line, 10 * SIM_SECOND);
    ck_assert(world_start(p->world, p->client_party));
    play_until(p, 100 * SIM_MS);
    ck_assert_uint_eq(p->told_count, 1);
    play_start_server(p, 0);
    play_until(p, 10 * SIM_SECOND);
    ck_assert_uint_eq(fates(p, OP_OK), 50);
    play_close(p);
}
END_TEST

static void count_refusal(void *ctx, const struct happening *h) {
    (void)h;
    ++*(size_t *)ctx;
}

START_TEST(test_reconnecting_slows_down) {
    LINE(spread_option("think", spread_constant(0)), count_option("until", 20 * SIM_SECOND));
    struct play *p = play_open(&line, 20 * SIM_SECOND);
    size_t refused = 0;
    trace_listen(p->trace, TRACE_REFUSED, TRACE_REFUSED, count_refusal, &refused);
    ck_assert(world_start(p->world, p->client_party));
    play_until(p, 20 * SIM_SECOND);
    ck_assert(refused >= 20 && refused <= 27); /* 20, 40, ... 640 ms, then once a second */
    ck_assert_uint_eq(p->told_count, 4);       /* each waits its 5 s */
    ck_assert_uint_eq(fates(p, OP_CLOSED), 4);
    play_close(p);
}
END_TEST

START_TEST(test_a_server_out_of_reach) {
    LINE(rate_option(10, false), count_option("until", 3 * SIM_SECOND), count_option("timeout", SIM_SECOND));
    struct play *p = play_open(&line, SIM_SECOND);
    world_cut(p->world, 0, p->client_party, 1);
    world_cut(p->world, p->client_party, 0, 1);
    play_start_all(p);
    play_until(p, 10 * SIM_SECOND);
    ck_assert_uint_eq(p->told_count, 30);
    ck_assert_uint_eq(fates(p, OP_CLOSED), 30);
    ck_assert_int_eq(p->told[0].over, SIM_SECOND);
    ck_assert(workload_done(p->client));
    play_close(p);
}
END_TEST

/* --- zipf -------------------------------------------------------------------------------------------------------- */

struct zipf_case {
    uint64_t n, exponent_ppm;
};
static const struct zipf_case zipf_cases[] = {{1, 990000},      {2, 1000000},      {1000, 990000}, {1000, 500000},
                                              {30000, 990000}, {30000, 1200000}, {50, 3000000},  {50000, 10000000}};

START_TEST(test_zipf_ranks_have_their_share) {
    const struct zipf_case *c = &zipf_cases[_i];
    struct pool *pool = pool_create();
    struct zipf z;
    zipf_init(&z, pool, c->n, c->exponent_ppm);
    double s = (double)c->exponent_ppm / 1e6, total = 0;
    for (uint64_t k = 1; k <= c->n; k++) total += pow((double)k, -s);
    const int draws = 200000;
    uint64_t *seen = calloc(c->n, sizeof *seen);
    struct chance chance = chance_named(3, "zipf", NULL, NULL, 0);
    for (int i = 0; i < draws; i++) {
        uint64_t rank = zipf_rank(&z, chance_bits(&chance));
        ck_assert_uint_lt(rank, c->n);
        seen[rank]++;
    }
    double below = 0;
    uint64_t seen_below = 0;
    for (uint64_t k = 0; k < c->n; k++) { /* the shares of 0 .. k, for every k */
        below += pow((double)k + 1, -s) / total;
        seen_below += seen[k];
        double error = fabs((double)seen_below / draws - below);
        ck_assert_msg(error < 0.006, "rank %llu: %f too much or too little", (unsigned long long)k, error);
    }
    free(seen);
    pool_destroy(pool);
}
END_TEST

START_TEST(test_zipf_covers_all_bits) {
    struct pool *pool = pool_create();
    struct zipf z;
    zipf_init(&z, pool, 12345, 990000);
    ck_assert_uint_eq(zipf_rank(&z, 0), 0);
    ck_assert_uint_eq(zipf_rank(&z, UINT64_MAX), 12344);
    pool_destroy(pool);
}
END_TEST

START_TEST(test_a_skewed_client_prefers_the_first_keys) {
    LINE(count_option("times", 1000),
         (struct option){.rule = rule_named("skew"), .number = SKEW_ZIPF, .number2 = 990000});
    struct play *p = play_open(&line, 2 * SIM_SECOND);
    play_start_all(p);
    play_until(p, 2 * SIM_SECOND);
    size_t first = 0;
    for (size_t i = 0; i < p->seen_count; i++) first += key_number(p->seen[i].words) < 10;
    ck_assert(first > 300 && first < 480); /* 39 % of zipf:0.99 over 1000 keys */
    play_close(p);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("workload");
    TCase *when = tcase_create("when");
    tcase_add_test(when, test_an_open_loop_keeps_its_rate);
    tcase_add_test(when, test_a_rate_that_does_not_divide_a_second_does_not_drift);
    tcase_add_test(when, test_an_open_loop_does_not_wait_for_replies);
    tcase_add_test(when, test_exponential_gaps_have_the_mean_and_vary);
    tcase_add_test(when, test_an_open_loop_sends_its_pipeline_together);
    tcase_add_test(when, test_from_and_times);
    tcase_add_test(when, test_times_alone);
    tcase_add_test(when, test_until_the_timeline_is_over);
    tcase_add_test(when, test_a_closed_loop_keeps_n_in_flight);
    tcase_add_test(when, test_a_closed_loop_thinks_between_operations);
    tcase_add_test(when, test_workers_with_random_thinking_times);
    tcase_add_test(when, test_stop_and_start);
    tcase_add_test(when, test_start_before_its_time);
    suite_add_tcase(suite, when);
    TCase *what = tcase_create("what");
    tcase_add_test(what, test_keys_and_values_of_the_default);
    tcase_add_loop_test(what, test_each_operation_on_the_wire, 0, (int)(sizeof op_cases / sizeof *op_cases));
    tcase_add_test(what, test_every_operation_is_a_whole_request);
    tcase_add_test(what, test_reads_and_removals_act_on_what_the_client_writes);
    tcase_add_test(what, test_values_have_the_drawn_size_and_are_unique);
    tcase_add_test(what, test_a_value_too_small_for_its_number_keeps_the_last_digits);
    tcase_add_test(what, test_changing_one_option_redraws_nothing_else);
    tcase_add_test(what, test_the_same_seed_makes_the_same_trace_another_does_not);
    tcase_add_test(what, test_select_is_sent_when_the_database_changes);
    tcase_add_test(what, test_a_refused_select_is_made_good);
    tcase_add_test(what, test_a_transaction_is_one_operation);
    tcase_add_test(what, test_wait_follows_each_write);
    tcase_add_test(what, test_too_few_replicas_leave_the_fate_open);
    tcase_add_test(what, test_reads_are_not_waited_for);
    tcase_add_test(what, test_reads_go_elsewhere_and_writes_are_spread);
    suite_add_tcase(suite, what);
    TCase *wrong = tcase_create("wrong");
    tcase_add_test(wrong, test_an_error_reply_is_an_error);
    tcase_add_test(wrong, test_replies_in_single_bytes);
    tcase_add_loop_test(wrong, test_a_server_that_speaks_no_resp_is_left, 0, (int)(sizeof garbage / sizeof *garbage));
    tcase_add_test(wrong, test_a_silent_server_is_given_up);
    tcase_add_test(wrong, test_a_broken_connection_fails_what_was_sent);
    tcase_add_test(wrong, test_retry_sends_again_on_a_new_connection);
    tcase_add_test(wrong, test_retry_ends_with_its_timeout);
    tcase_add_test(wrong, test_an_open_loop_fails_while_the_server_is_down);
    tcase_add_test(wrong, test_a_closed_loop_waits_for_the_server);
    tcase_add_test(wrong, test_reconnecting_slows_down);
    tcase_add_test(wrong, test_a_server_out_of_reach);
    suite_add_tcase(suite, wrong);
    TCase *zipf = tcase_create("zipf");
    tcase_add_loop_test(zipf, test_zipf_ranks_have_their_share, 0, (int)(sizeof zipf_cases / sizeof *zipf_cases));
    tcase_add_test(zipf, test_zipf_covers_all_bits);
    tcase_add_test(zipf, test_a_skewed_client_prefers_the_first_keys);
    suite_add_tcase(suite, zipf);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
