/* What scenario text becomes: every statement, action, condition and value of the language, in a plan. */
#include <check.h>
#include <stdlib.h>

#include "sim/scenario/values.h"
#include "tests/unit/small_vocabulary.h"

#define MS SIM_MS
#define S  SIM_SECOND

static struct pool *pool;

static void setup(void) {
    pool = pool_create();
}

static void teardown(void) {
    pool_destroy(pool);
}

static struct plan *read_good(const char *text) {
    struct plan *plan = small_read_good(pool, text);
    ck_assert_ptr_nonnull(plan);
    return plan;
}

/* The only statement of that kind. */
static const struct statement *the(const struct plan *plan, enum statement_kind kind) {
    const struct statement *found = NULL;
    for (size_t i = 0; i < plan->statement_count; i++) {
        if (plan->statements[i].kind != kind) continue;
        ck_assert_ptr_null(found);
        found = &plan->statements[i];
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

/* The statement that one line becomes, beside three nodes and a client. */
static const struct statement *read_line(const char *line, enum statement_kind kind) {
    const char *head = "node m r1 r2\nclient load on m\n";
    return the(read_good(pool_printf(pool, "%s%s\n", head, line)), kind);
}

enum { M, R1, R2, LOAD }; /* party indexes there */

static const struct action *read_action(const char *action) {
    return &read_line(pool_printf(pool, "at 5s %s", action), ST_AT)->action;
}

static const struct condition *read_condition(const char *condition) {
    return &read_line(pool_printf(pool, "expect %s", condition), ST_EXPECT)->condition;
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

static const char contract_example[] = "scenario \"A replica that blinks resumes from the backlog\"\n"
                                       "\n"
                                       "node m\n"
                                       "node r replicaof m\n"
                                       "conf * repl-backlog-size 0\n"
                                       "conf m repl-backlog-size 1mb\n"
                                       "\n"
                                       "client load on m rate 2000/s until 10s ops set:5,incr:3,rpush:2 keys 1000\n"
                                       "\n"
                                       "at 3s     cut m r for 500ms\n"
                                       "\n"
                                       "expect m.dbsize == 1\n"
                                       "expect by 5s from 3.2s r.master_link_status == up\n"
                                       "expect run.full_syncs == 0\n"
                                       "expect converged\n";

START_TEST(reads_the_example) {
    struct plan *plan = read_good(contract_example);
    ck_assert_str_eq(plan->file, "t.scn");
    ck_assert_str_eq(plan->title, "A replica that blinks resumes from the backlog");
    ck_assert_uint_eq(plan->statement_count, 11);
    ck_assert_uint_eq(plan->node_count, 2);
    ck_assert_uint_eq(plan->client_count, 1);
    ck_assert_str_eq(plan->nodes[1].name, "r");
    ck_assert_ptr_eq(plan->nodes[1].statement, &plan->statements[2]);
    ck_assert_str_eq(plan->clients[0].name, "load");
    ck_assert_str_eq(plan_party_name(plan, 2), "load");
    ck_assert(!plan->has_seed && plan->seed == 1);
    ck_assert_int_eq(plan->settle, 60 * S);
    ck_assert(!plan->has_end);
    ck_assert_uint_eq(plan->note_count, 0);
    const struct statement *at = the(plan, ST_AT);
    ck_assert_uint_eq(at->place.line, 10);
    ck_assert_str_eq(at->text, "at 3s cut m r for 500ms");
    ck_assert_str_eq(at->action.text, "cut m r for 500ms");
}
END_TEST

START_TEST(reads_the_head) {
    struct plan *plan = read_good("node m\nend 10s\nsettle 2m\nseed 18446744073709551615\nmodel small\nscenario t\n");
    ck_assert(plan->seed == UINT64_MAX && plan->has_seed);
    ck_assert_int_eq(plan->settle, 120 * S);
    ck_assert(plan->has_end && plan->end == 10 * S);
    ck_assert_str_eq(plan->title, "t");
    ck_assert_str_eq(the(plan, ST_MODEL)->name, "small");
}
END_TEST

START_TEST(lets_lines_stand_in_any_order) {
    struct plan *plan =
        read_good("expect r.dbsize == m.dbsize\nat 1s start c\nclient c on r\nnode r replicaof m\nnode m");
    ck_assert_str_eq(plan->nodes[0].name, "r");
    ck_assert_str_eq(plan->nodes[1].name, "m");
    ck_assert_uint_eq(plan->statements[3].options[0].nodes[0], 1);
    ck_assert_uint_eq(plan->statements[1].action.a.party[0], 2);
}
END_TEST

/* --- nodes, settings, clients ------------------------------------------------------------------------------------- */

START_TEST(reads_nodes) {
    struct plan *plan = read_good("node m\nnode r-1 _x replicaof m off\nnode z off\nnode y off replicaof m");
    const struct statement *st = plan->statements;
    ck_assert_uint_eq(plan->node_count, 5);
    ck_assert(!st[0].off && st[0].option_count == 0);
    ck_assert(st[1].off && st[1].option_count == 1 && st[1].nodes.count == 2 && st[1].nodes.party[1] == 2);
    ck_assert_str_eq(st[1].options[0].rule->name, "replicaof");
    ck_assert(st[2].off && st[2].option_count == 0);
    ck_assert(st[3].off && st[3].option_count == 1);
}
END_TEST

START_TEST(resolves_sets_of_nodes) {
    struct plan *plan =
        read_good("node m r1 r2\nnode rx\nconf * port 1\nconf r? port 2\nconf r2,m,r2 port 3\nconf rx port 4");
    const struct statement *conf = plan->statements + 2;
    ck_assert(conf[0].nodes.count == 4 && conf[0].nodes.rank == 0);
    ck_assert(conf[1].nodes.count == 3 && conf[1].nodes.rank == 1 && conf[1].nodes.party[0] == 1);
    ck_assert(conf[2].nodes.count == 2 && conf[2].nodes.rank == 2);
    ck_assert(conf[2].nodes.party[0] == 0 && conf[2].nodes.party[1] == 2);
    ck_assert(conf[3].nodes.count == 1 && conf[3].nodes.rank == 2);
    ck_assert_str_eq(conf[2].nodes.text, "r2,m,r2");
}
END_TEST

START_TEST(reads_settings) {
    const struct statement *st = read_line("conf m SAVE 3600 1 \"\"", ST_CONF);
    ck_assert_uint_eq(st->conf.word_count, 4);
    ck_assert_str_eq(st->conf.words[0].at, "SAVE");
    ck_assert_uint_eq(st->conf.words[3].len, 0);
    ck_assert_uint_eq(st->conf.place.column, 8);
}
END_TEST

START_TEST(reads_costs) {
    const struct statement *st = read_line("cost r* fsync-time 1ms..3ms", ST_COST);
    ck_assert_str_eq(st->name, "fsync-time");
    ck_assert(st->value.spread.kind == SPREAD_UNIFORM && st->value.spread.b == 3 * MS);
    ck_assert_int_eq(read_line("cost * save-rate 100mb/s", ST_COST)->value.number, 104857600);
    ck_assert_int_eq(read_line("cost m fork-per-gb 20ms", ST_COST)->value.number, 20 * MS);
    ck_assert_int_eq(read_line("cost m cow-page 4kb", ST_COST)->value.number, 4096);
}
END_TEST

START_TEST(reads_datasets_defects_and_allowances) {
    const struct statement *st = read_line("dataset m value 100 keys 5000 types string:8,list:1", ST_DATASET);
    ck_assert_uint_eq(st->option_count, 3);
    ck_assert_int_eq(st->options[1].number, 5000);
    ck_assert(st->options[2].weights[0] == 8 && st->options[2].weights[1] == 1);
    st = read_line("defect forget_one", ST_DEFECT);
    ck_assert_str_eq(st->name, "forget_one");
    ck_assert_uint_eq(st->nodes.count, 0);
    ck_assert_uint_eq(read_line("defect forget_one on r*", ST_DEFECT)->nodes.count, 2);
    ck_assert_str_eq(read_line("allow prefix", ST_ALLOW)->name, "prefix");
    ck_assert_str_eq(read_line("allow sessions", ST_ALLOW)->name, "sessions");
}
END_TEST

static const struct option *find_option(const struct statement *st, const char *name) {
    for (size_t i = 0; i < st->option_count; i++) {
        if (strcmp(st->options[i].rule->name, name) == 0) return &st->options[i];
    }
    ck_abort_msg("no option %s", name);
    return NULL;
}

START_TEST(reads_clients) {
    const char *text =
        "node m r\n"
        "client a b on m,r rate exp:500/s until 10s ops set:6,get:3 skew zipf:0.99 value 1..64kb retry yes \\\n"
        "   db 0..3 reads r wait 1:100ms share 0.5% pace exp:5ms speed 1gbit words x \"y z\"\n"
        "client c on m skew seq db 2 rate 0.05/s";
    struct plan *plan = read_good(text);
    const struct statement *st = &plan->statements[1];
    ck_assert_uint_eq(plan->client_count, 3);
    ck_assert(st->clients.count == 2 && st->clients.party[0] == 2 && st->clients.party[1] == 3);
    ck_assert(plan->clients[1].statement == st && plan->clients[1].ordinal == 1);
    ck_assert_uint_eq(st->nodes.count, 2);
    ck_assert(find_option(st, "rate")->exponential && find_option(st, "rate")->number == 500000);
    ck_assert_int_eq(find_option(st, "until")->number, 10 * S);
    const uint32_t *weights = find_option(st, "ops")->weights;
    ck_assert(weights[0] == 6 && weights[1] == 3 && weights[2] == 0);
    ck_assert(find_option(st, "skew")->number == SKEW_ZIPF && find_option(st, "skew")->number2 == 990000);
    ck_assert(find_option(st, "value")->spread.a == 1 && find_option(st, "value")->spread.b == 65536);
    ck_assert_int_eq(find_option(st, "retry")->number, 1);
    ck_assert(find_option(st, "db")->number == 0 && find_option(st, "db")->number2 == 3);
    ck_assert(find_option(st, "reads")->node_count == 1 && find_option(st, "reads")->nodes[0] == 1);
    ck_assert(find_option(st, "wait")->number == 1 && find_option(st, "wait")->number2 == 100 * MS);
    ck_assert_int_eq(find_option(st, "share")->number, 5000);
    ck_assert_int_eq(find_option(st, "pace")->spread.kind, SPREAD_EXP);
    ck_assert_int_eq(find_option(st, "speed")->number, 125000000);
    ck_assert(find_option(st, "words")->word_count == 2 && find_option(st, "words")->words[1].len == 3);
    st = &plan->statements[2];
    ck_assert_int_eq(find_option(st, "skew")->number, SKEW_SEQ);
    ck_assert(find_option(st, "db")->number == 2 && find_option(st, "db")->number2 == 2);
    ck_assert(!find_option(st, "rate")->exponential && find_option(st, "rate")->number == 50);
}
END_TEST

START_TEST(reads_links) {
    const struct statement *st = read_line("link m r1 latency 2ms..6ms loss 5%", ST_LINK);
    ck_assert(st->link.a == M && st->link.b == R1 && !st->link.one_way && !st->link.everywhere);
    ck_assert(st->link.set[LINK_LATENCY] && st->link.set[LINK_LOSS] && !st->link.set[LINK_BUFFER]);
    ck_assert(st->link.latency.b == 6 * MS && st->link.value[LINK_LOSS] == 50000);
    st = read_line("link load->r2 bandwidth 1gbit buffer 64kb", ST_LINK);
    ck_assert(st->link.a == LOAD && st->link.b == R2 && st->link.one_way);
    ck_assert(st->link.value[LINK_BANDWIDTH] == 125000000 && st->link.value[LINK_BUFFER] == 65536);
    ck_assert(read_line("link * latency 0", ST_LINK)->link.everywhere);
}
END_TEST

/* --- the timeline ---------------------------------------------------------------------------------------------------
 */

START_TEST(reads_at) {
    const struct statement *st = read_line("at 3s crash m", ST_AT);
    ck_assert(st->from == 3 * S && st->until == 3 * S);
    st = read_line("at 1.5s..2s crash r*", ST_AT);
    ck_assert(st->from == 1500 * MS && st->until == 2 * S && st->action.a.count == 2);
    ck_assert_int_eq(read_line("at 0 crash m", ST_AT)->from, 0);
}
END_TEST

START_TEST(reads_every) {
    const struct statement *st = read_line("every 1ms from 2s times 500 m> SET k:{n} {100*x}", ST_EVERY);
    ck_assert(st->spacing.kind == SPREAD_CONSTANT && st->spacing.a == MS);
    ck_assert(st->has_from && st->from == 2 * S && !st->has_until && st->has_times && st->times == 500);
    st = read_line("every exp:2s times 3 until 9s reset m r1", ST_EVERY);
    ck_assert(st->spacing.kind == SPREAD_EXP && st->until == 9 * S && st->times == 3 && st->from == 0);
    ck_assert_ptr_nonnull(read_good("node m\nend 5s\nevery 1s m> SET a b"));
}
END_TEST

START_TEST(reads_when) {
    const struct statement *st = read_line("when r1.master_link_status == up after 1s from 2s crash m for 3s", ST_WHEN);
    ck_assert(st->after == S && st->from == 2 * S && st->has_from && st->action.duration == 3 * S);
    ck_assert_str_eq(st->condition.text, "r1.master_link_status == up");
    st = read_line("when converged m> SET k 1 => OK", ST_WHEN);
    ck_assert(st->condition.kind == COND_CHECK && st->action.kind == ACT_COMMAND && st->after == 0);
    st = read_line("when m log \"*loaded*\" crash m", ST_WHEN);
    ck_assert(st->condition.kind == COND_LOG && st->condition.op == CMP_GE && st->condition.right.number == 1);
    ck_assert_int_eq(read_line("when m log x >= 2 crash m", ST_WHEN)->condition.right.number, 2);
}
END_TEST

START_TEST(reads_chaos) {
    const struct statement *st =
        read_line("chaos from 1s until 20s cut 0.2/s for exp:2s slow-link 0.05/s crash 1/s for 5s", ST_CHAOS);
    ck_assert(st->from == S && st->until == 20 * S && st->fault_count == 3);
    ck_assert(st->faults[0].kind == FAULT_CUT && st->faults[0].rate == 200 && st->faults[0].has_for);
    ck_assert(st->faults[0].duration.kind == SPREAD_EXP && st->faults[0].duration.a == 2 * S);
    ck_assert(st->faults[1].kind == FAULT_SLOW_LINK && st->faults[1].rate == 50 && !st->faults[1].has_for);
    ck_assert(st->faults[1].duration.kind == SPREAD_EXP && st->faults[1].duration.a == S);
    ck_assert(st->faults[2].duration.kind == SPREAD_CONSTANT && st->faults[2].duration.a == 5 * S);
}
END_TEST

static const struct {
    const char *line;
    enum expect_when when;
    sim_time from, until; /* -1: not given */
} moments[] = {
    {"expect converged", EXPECT_END, -1, -1},
    {"expect end converged", EXPECT_END, -1, -1},
    {"expect at 3s converged", EXPECT_AT, 3 * S, 3 * S},
    {"expect by 5s converged", EXPECT_BY, -1, 5 * S},
    {"expect by 5s from 3.2s converged", EXPECT_BY, 3200 * MS, 5 * S},
    {"expect by 5s from 5s converged", EXPECT_BY, 5 * S, 5 * S},
    {"expect always converged", EXPECT_ALWAYS, -1, -1},
    {"expect always from 1s converged", EXPECT_ALWAYS, S, -1},
    {"expect always until 2s converged", EXPECT_ALWAYS, -1, 2 * S},
    {"expect always from 1s until 2s converged", EXPECT_ALWAYS, S, 2 * S},
};

START_TEST(reads_moments) {
    const struct statement *st = read_line(moments[_i].line, ST_EXPECT);
    ck_assert_int_eq(st->expect, moments[_i].when);
    ck_assert_int_eq(st->has_from ? st->from : -1, moments[_i].from);
    ck_assert_int_eq(st->has_until ? st->until : -1, moments[_i].until);
    ck_assert_str_eq(st->condition.name, "converged");
}
END_TEST

/* --- actions --------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    enum action_kind kind;
    sim_time lasts; /* -1: without `for` */
    size_t nodes;   /* in set a */
    int64_t number;
} actions[] = {
    {"crash m", ACT_CRASH, -1, 1, 0},
    {"crash * for 5s", ACT_CRASH, 5 * S, 3, 0},
    {"power m,r1 for 0", ACT_POWER, 0, 2, 0},
    {"shutdown r* for 1ms", ACT_SHUTDOWN, MS, 2, 0},
    {"restart m", ACT_RESTART, -1, 1, 0},
    {"pause r1 for 2s", ACT_PAUSE, 2 * S, 1, 0},
    {"resume *", ACT_RESUME, -1, 3, 0},
    {"isolate load for 1s", ACT_ISOLATE, S, 1, 0},
    {"partition {m,load} {r1,r2} for 1s", ACT_PARTITION, S, 2, 0},
    {"child m kill", ACT_CHILD_KILL, -1, 1, 0},
    {"child m stall", ACT_CHILD_STALL, -1, 1, 0},
    {"child m resume", ACT_CHILD_RESUME, -1, 1, 0},
    {"fork m fail for 3s", ACT_FORK_FAIL, 3 * S, 1, 0},
    {"disk m full for 1s", ACT_DISK_FULL, S, 1, 0},
    {"disk m error", ACT_DISK_ERROR, -1, 1, 0},
    {"disk m slow:1mb/s for 1s", ACT_DISK_SLOW, S, 1, 1048576},
    {"disk m ok", ACT_DISK_OK, -1, 1, 0},
    {"disk m remove dump.rdb", ACT_DISK_REMOVE, -1, 1, 0},
    {"disk m flip dump.rdb", ACT_DISK_FLIP, -1, 1, -1},
    {"disk m flip dump.rdb at 9", ACT_DISK_FLIP, -1, 1, 9},
    {"clock m jump 5s", ACT_CLOCK_JUMP, -1, 1, 5 * S},
    {"clock m jump -5s", ACT_CLOCK_JUMP, -1, 1, -5 * S},
    {"clock m drift 500", ACT_CLOCK_DRIFT, -1, 1, 500},
    {"clock m drift -500", ACT_CLOCK_DRIFT, -1, 1, -500},
    {"start load", ACT_START, -1, 1, 0},
    {"stop load", ACT_STOP, -1, 1, 0},
};

START_TEST(reads_actions) {
    const struct action *action = read_action(actions[_i].text);
    ck_assert_int_eq(action->kind, actions[_i].kind);
    ck_assert_int_eq(action->has_for ? action->duration : -1, actions[_i].lasts);
    ck_assert_uint_eq(action->a.count, actions[_i].nodes);
    ck_assert_int_eq(action->number, actions[_i].number);
    ck_assert_str_eq(action->text, actions[_i].text);
    ck_assert_uint_eq(action->place.column, 7);
}
END_TEST

static const struct {
    const char *text;
    enum action_kind kind;
    uint16_t from, to;
    bool one_way;
    sim_time lasts;
} link_actions[] = {
    {"cut m r1", ACT_CUT, M, R1, false, -1},
    {"cut m->load for 2s", ACT_CUT, M, LOAD, true, 2 * S},
    {"refuse r2 m for 500ms", ACT_REFUSE, R2, M, false, 500 * MS},
    {"reset load m", ACT_RESET, LOAD, M, false, -1},
    {"heal m r1", ACT_HEAL, M, R1, false, -1},
    {"link m->r1 loss 5% for 6s", ACT_LINK, M, R1, true, 6 * S},
};

START_TEST(reads_actions_on_links) {
    const struct action *action = read_action(link_actions[_i].text);
    ck_assert_int_eq(action->kind, link_actions[_i].kind);
    ck_assert(action->from == link_actions[_i].from && action->to == link_actions[_i].to);
    ck_assert_int_eq(action->one_way, link_actions[_i].one_way);
    ck_assert_int_eq(action->has_for ? action->duration : -1, link_actions[_i].lasts);
}
END_TEST

START_TEST(reads_the_rest_of_actions) {
    const struct action *action = read_action("partition {m,load} {r2,r1}");
    ck_assert(action->a.party[0] == M && action->a.party[1] == LOAD && action->b.party[0] == R1 &&
              action->b.count == 2);
    ck_assert(read_action("heal *")->everything);
    ck_assert(read_action("link * loss 1%")->link.everywhere);
    action = read_action("restart m with save \"\"");
    ck_assert(action->with.word_count == 2 && action->with.words[1].len == 0);
    ck_assert_str_eq(read_action("disk m remove \"a b\"")->file, "a b");
    action = read_action("link m r1 loss 5% latency exp:2ms");
    ck_assert(action->link.set[LINK_LOSS] && action->link.latency.kind == SPREAD_EXP && !action->has_for);
}
END_TEST

/* --- commands
 * --------------------------------------------------------------------------------------------------------- */

START_TEST(reads_connections) {
    const struct action *action = read_action("r1> SET k \"a b\" \"=>\"");
    ck_assert(action->kind == ACT_COMMAND && action->a.party[0] == R1);
    const struct command_action *command = &action->command;
    ck_assert_ptr_null(command->connection);
    ck_assert(command->word_count == 4 && !command->has_reply);
    ck_assert(command->words[2].count == 1 && command->words[2].pieces[0].kind == PIECE_TEXT);
    ck_assert_str_eq(command->words[2].pieces[0].text.at, "a b");
    ck_assert_str_eq(read_action("m@c-1> GET k")->command.connection, "c-1");
}
END_TEST

START_TEST(reads_replies) {
    const struct command_action *command = &read_action("m> WAIT 1 0 => 1 within 50ms")->command;
    ck_assert(command->word_count == 3 && command->has_reply && command->has_within && command->within == 50 * MS);
    ck_assert_str_eq(command->reply_text, "1");
    command = &read_action("m> GET k => \"a # b\"")->command;
    ck_assert(!command->has_within && command->reply.kind == PATTERN_GLOB);
    ck_assert_str_eq(command->reply.glob, "a # b");
    ck_assert_str_eq(read_action("m> GET k => \"\"")->command.reply.glob, "");
}
END_TEST

static const struct {
    const char *word;
    enum pattern_kind kind;
    enum compare op;
    int64_t number;
    size_t count;
} replies[] = {
    {"OK", PATTERN_GLOB, 0, 0, 0},         {"EXECABORT*NOREPLICAS*", PATTERN_GLOB, 0, 0, 0},
    {"(nil)", PATTERN_NIL, 0, 0, 0},       {"\"(nil)\"", PATTERN_NIL, 0, 0, 0},
    {"closed", PATTERN_CLOSED, 0, 0, 0},   {">=2", PATTERN_NUMBER, CMP_GE, 2, 0},
    {">2", PATTERN_NUMBER, CMP_GT, 2, 0},  {"<=-1", PATTERN_NUMBER, CMP_LE, -1, 0},
    {"<2", PATTERN_NUMBER, CMP_LT, 2, 0},  {"!=0", PATTERN_NUMBER, CMP_NE, 0, 0},
    {"!=x", PATTERN_GLOB, 0, 0, 0},        {">", PATTERN_GLOB, 0, 0, 0},
    {"<none>", PATTERN_GLOB, 0, 0, 0},     {"[]", PATTERN_ARRAY, 0, 0, 0},
    {"[a]", PATTERN_ARRAY, 0, 0, 1},       {"[a,b,c]", PATTERN_ARRAY, 0, 0, 3},
    {"[a,]", PATTERN_ARRAY, 0, 0, 2},      {"[[],[a,b]]", PATTERN_ARRAY, 0, 0, 2},
    {"[a\\,b,c]", PATTERN_ARRAY, 0, 0, 2}, {"[ab]c", PATTERN_GLOB, 0, 0, 0},
    {"[a]*[b]", PATTERN_GLOB, 0, 0, 0},    {"[[a-z]*,x]", PATTERN_ARRAY, 0, 0, 2},
};

START_TEST(reads_reply_patterns) {
    const char *text = pool_printf(pool, "m> GET k => %s", replies[_i].word);
    const struct reply_pattern *reply = &read_action(text)->command.reply;
    ck_assert_int_eq(reply->kind, replies[_i].kind);
    ck_assert_uint_eq(reply->count, replies[_i].count);
    if (reply->kind == PATTERN_NUMBER) ck_assert(reply->op == replies[_i].op && reply->number == replies[_i].number);
}
END_TEST

START_TEST(reads_nested_reply_patterns) {
    const struct reply_pattern *reply = &read_action("m> GET k => [set,[(nil),>=3],[],clo*,closed]")->command.reply;
    ck_assert_uint_eq(reply->count, 5);
    ck_assert_str_eq(reply->items[0].glob, "set");
    ck_assert(reply->items[1].kind == PATTERN_ARRAY && reply->items[1].count == 2);
    ck_assert_int_eq(reply->items[1].items[0].kind, PATTERN_NIL);
    ck_assert(reply->items[1].items[1].kind == PATTERN_NUMBER && reply->items[1].items[1].number == 3);
    ck_assert(reply->items[2].kind == PATTERN_ARRAY && reply->items[2].count == 0);
    ck_assert_int_eq(reply->items[4].kind, PATTERN_GLOB); /* inside an array it is a word like others */
}
END_TEST

/* The pieces of a word as text: T(...) text, N the counter, R(n,c) a repetition, F(node field at plus) a field. */
static const char *pieces_of(const struct command_part *part) {
    struct buffer out;
    buffer_init(&out, pool);
    for (size_t i = 0; i < part->count; i++) {
        const struct piece *p = &part->pieces[i];
        if (p->kind == PIECE_TEXT) buffer_printf(&out, "T(%.*s)", (int)p->text.len, p->text.at);
        if (p->kind == PIECE_COUNTER) buffer_puts(&out, "N");
        if (p->kind == PIECE_REPEAT) buffer_printf(&out, "R(%d,%c)", (int)p->times, p->text.at[0]);
        if (p->kind != PIECE_FIELD) continue;
        buffer_printf(&out, "F(%d %s %d %d)", p->ref.nodes.party[0], p->ref.field,
                      p->ref.at_set ? (int)(p->ref.at / MS) : -1, (int)p->ref.plus);
    }
    return out.at;
}

static const struct {
    const char *word, *pieces;
} substitutions[] = {
    {"plain", "T(plain)"},
    {"\"\"", "T()"},
    {"k:{n}", "T(k:)N"},
    {"{n}{n}x", "NNT(x)"},
    {"{100*x}", "R(100,x)"},
    {"{0*x}", "R(0,x)"},
    {"{3*}}", "R(3,})"},
    {"\"{2* }\"", "R(2, )"},
    {"{m.dbsize}", "F(0 dbsize -1 0)"},
    {"<{r1.dbsize+5}>", "T(<)F(1 dbsize -1 5)T(>)"},
    {"{m.dbsize-5}", "F(0 dbsize -1 -5)"},
    {"{m.dbsize@3s}", "F(0 dbsize 3000 0)"},
    {"{m.dbsize@1.5s+2}", "F(0 dbsize 1500 2)"},
    {"\"{m.dbsize}\"", "F(0 dbsize -1 0)"},
    {"{", "T({)"},
    {"{}", "T({})"},
    {"}{", "T(}{)"},
    {"{{n}}", "T({)NT(})"},
    {"{user1000}.following", "T({user1000}.following)"},
    {"{dump.rdb}", "T({dump.rdb})"},
    {"{*.dbsize}", "T({*.dbsize})"},
    {"{n+1}", "T({n+1})"},
    {"{x*3}", "T({x*3})"},
    {"{3*xy}", "T({3*xy})"},
    {"{-3*x}", "T({-3*x})"},
    {"{3*x", "T({3*x)"},
    {"'{\"a\":1}'", "T({\"a\":1})"},
};

START_TEST(cuts_words_at_substitutions) {
    const struct action *action = read_action(pool_printf(pool, "m> SET %s", substitutions[_i].word));
    ck_assert_str_eq(pieces_of(&action->command.words[1]), substitutions[_i].pieces);
}
END_TEST

/* --- conditions
 * --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum compare op;
    enum operand_kind kind;
    int64_t number;
    bool is_duration, is_either;
} comparisons[] = {
    {"m.dbsize == 5", CMP_EQ, OPERAND_NUMBER, 5, false, false},
    {"m.dbsize != -5", CMP_NE, OPERAND_NUMBER, -5, false, false},
    {"m.dbsize < 64kb", CMP_LT, OPERAND_NUMBER, 65536, false, false},
    {"m.dbsize >= 64k", CMP_GE, OPERAND_NUMBER, 64000, false, false},
    {"m.lag_time <= 1.5s", CMP_LE, OPERAND_NUMBER, 1500000000, true, false},
    {"m.lag_time > 2m", CMP_GT, OPERAND_NUMBER, 2000000, false, true},
    {"m.lag_time == 0", CMP_EQ, OPERAND_NUMBER, 0, false, false},
    {"m.role == master", CMP_EQ, OPERAND_TEXT, 0, false, false},
    {"m.role == \"5\"", CMP_EQ, OPERAND_TEXT, 0, false, false},
    {"m.role ~ ma*", CMP_GLOB, OPERAND_TEXT, 0, false, false},
    {"m.dbsize ~ 5*", CMP_GLOB, OPERAND_TEXT, 0, false, false},
    {"m.digest == 3fa9c0", CMP_EQ, OPERAND_TEXT, 0, false, false},
    {"m.role == 7.0.15", CMP_EQ, OPERAND_TEXT, 0, false, false},
    {"m.role == dump.rdb", CMP_EQ, OPERAND_TEXT, 0, false, false},
    {"m.digest != r1.digest", CMP_NE, OPERAND_FIELD, 0, false, false},
};

START_TEST(reads_comparisons) {
    const struct condition *condition = read_condition(comparisons[_i].text);
    ck_assert_int_eq(condition->kind, COND_FIELD);
    ck_assert_int_eq(condition->op, comparisons[_i].op);
    ck_assert_int_eq(condition->right.kind, comparisons[_i].kind);
    ck_assert_str_eq(condition->text, comparisons[_i].text);
    if (condition->right.kind != OPERAND_NUMBER) return;
    ck_assert_int_eq(condition->right.number, comparisons[_i].number);
    ck_assert_int_eq(condition->right.is_duration, comparisons[_i].is_duration);
    ck_assert_int_eq(condition->right.is_either, comparisons[_i].is_either);
    if (condition->right.is_either) ck_assert_int_eq(condition->right.duration, 120 * S);
}
END_TEST

START_TEST(reads_references) {
    const struct condition *condition = read_condition("m.dbsize@1s == r2.dbsize@3.5s-1");
    ck_assert(condition->left.at_set && condition->left.at == S && condition->left.plus == 0);
    ck_assert(condition->right.kind == OPERAND_FIELD && condition->right.ref.nodes.party[0] == R2);
    ck_assert(condition->right.ref.at == 3500 * MS && condition->right.ref.plus == -1);
    condition = read_condition("*.slave0 ~ *");
    ck_assert(condition->left.all && condition->left.nodes.count == 3);
    ck_assert_str_eq(condition->left.field, "slave0");
    condition = read_condition("m.dbsize == r1.dbsize+7");
    ck_assert(condition->right.ref.plus == 7 && !condition->right.ref.at_set);
}
END_TEST

START_TEST(reads_checks_metrics_and_logs) {
    ck_assert_int_eq(read_condition("prefix")->kind, COND_CHECK);
    const struct condition *condition = read_condition("run.staleness_max < 1.5s");
    ck_assert(condition->kind == COND_METRIC && condition->right.is_duration);
    ck_assert_str_eq(condition->name, "staleness_max");
    condition = read_condition("r1 log \"*Finished with success*\" == 2");
    ck_assert(condition->kind == COND_LOG && condition->nodes.party[0] == R1 && condition->op == CMP_EQ);
    ck_assert(condition->right.number == 2);
    ck_assert_str_eq(condition->glob, "*Finished with success*");
}
END_TEST

/* --- notes, settings in force, the timeline's end
 * ----------------------------------------------------------------------- */

START_TEST(notes_what_changes_nothing) {
    struct plan *plan = read_good("node m\n"
                                  "conf m logfile x\n"
                                  "at 1s m> LATENCY RESET\n"
                                  "link * duplicate 1%\n"
                                  "client c on m beat 1/s\n"
                                  "chaos from 1s until 2s reset 1/s for 5s\n");
    ck_assert_uint_eq(plan->note_count, 5);
    ck_assert_str_eq(plan->notes[0], "line 2: the directive logfile changes nothing here");
    ck_assert_str_eq(plan->notes[1], "line 3: LATENCY changes nothing here");
    ck_assert_str_eq(plan->notes[2], "line 4: duplicate changes nothing here: it acts on datagrams only");
    ck_assert_str_eq(plan->notes[3], "line 5: beat changes nothing here");
    ck_assert_str_eq(plan->notes[4], "line 6: reset is over at once: `for` changes nothing");
}
END_TEST

/* The conf lines in force for a node: words joined by blanks, `;` behind each. */
static const char *in_force(const char *text, uint16_t node) {
    size_t count;
    struct conf_line *lines = plan_conf(read_good(text), node, pool, &count);
    struct buffer out;
    buffer_init(&out, pool);
    buffer_puts(&out, "");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lines[i].word_count; k++) buffer_printf(&out, k ? " %s" : "%s", lines[i].words[k].at);
        buffer_putc(&out, ';');
    }
    return out.at;
}

static const struct {
    const char *text;
    const char *m, *r; /* in force for nodes 0 and 1 */
} settings[] = {
    {"conf * port 1", "port 1;", "port 1;"},
    {"conf m port 2\nconf * port 1", "port 2;", "port 1;"},
    {"conf * port 1\nconf r* port 2\nconf r port 3", "port 1;", "port 3;"},
    {"conf r port 3\nconf r* port 2\nconf * port 1", "port 1;", "port 3;"},
    {"conf r,m port 1\nconf m PORT 2", "PORT 2;", "port 1;"},
    {"conf m port 1\nconf m port 2\nconf m repl-backlog-size 5", "port 2;repl-backlog-size 5;", ""},
    {"conf m harbour 2\nconf * port 1", "harbour 2;", "port 1;"},
    {"conf m port 2\nconf * Harbour 1\nconf r port 3\nconf r harbour 4", "port 2;", "harbour 4;"},
    {"conf * client-output-buffer-limit a 1 2 3\nconf m client-output-buffer-limit ay 4 5 6",
     "client-output-buffer-limit ay 4 5 6;", "client-output-buffer-limit a 1 2 3;"},
    {"conf * save 10 1\nconf * save 20 2", "save 10 1;save 20 2;", "save 10 1;save 20 2;"},
    {"conf * save 10 1\nconf m save 20 2", "save 20 2;", "save 10 1;"},
    {"conf * save 10 1\nconf * save \"\"\nconf * save 20 2", "save ;save 20 2;", "save ;save 20 2;"},
    {"conf * save 10 1\nconf m save \"\"", "save ;", "save 10 1;"},
    {"conf m save \"\"\nconf * save 10 1", "save ;", "save 10 1;"},
    {"conf * client-output-buffer-limit a 1 2 3\nconf * client-output-buffer-limit b 1 2 3\n"
     "conf m client-output-buffer-limit A 4 5 6",
     "client-output-buffer-limit b 1 2 3;client-output-buffer-limit A 4 5 6;",
     "client-output-buffer-limit a 1 2 3;client-output-buffer-limit b 1 2 3;"},
};

START_TEST(resolves_settings) {
    const char *text = pool_printf(pool, "node m\nnode r\n%s", settings[_i].text);
    ck_assert_str_eq(in_force(text, 0), settings[_i].m);
    ck_assert_str_eq(in_force(text, 1), settings[_i].r);
}
END_TEST

static const struct {
    const char *lines;
    sim_time end;
} timelines[] = {
    {"expect at 50s converged", 0},
    {"at 3s crash m", 3 * S},
    {"at 3s crash m for 4s", 7 * S},
    {"at 1s..5s crash m for 4s", 9 * S},
    {"every 2s from 1s times 5 m> SET k 1", 9 * S},
    {"every 2s..3s from 1s times 5 pause m for 500ms", 13500 * MS},
    {"every 2s until 9s m> SET k 1", 9 * S},
    {"every 2s until 9s times 100 m> SET k 1", 9 * S},
    {"every 2s until 9s times 3 m> SET k 1", 4 * S},
    {"every exp:2s times 3 m> SET k 1", 4 * S},
    {"every pareto:2s:2 times 3 m> SET k 1", 8 * S},
    {"every 8760h times 99999999 m> SET k 1", INT64_C(1) << 60},
    {"chaos from 1s until 20s cut 1/s for 3s reset 1/s", 23 * S},
    {"client c on m until 8s\nclient d on m from 9s", 9 * S},
    {"when converged after 50s crash m", 0},
    {"at 3s crash m\nend 10s", 10 * S},
};

START_TEST(knows_when_the_timeline_is_over) {
    struct plan *plan = read_good(pool_printf(pool, "node m\nnode r\n%s", timelines[_i].lines));
    ck_assert_int_eq(plan_timeline_end(plan), timelines[_i].end);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof(table[0]))

int main(void) {
    Suite *suite = suite_create("scenario");
    TCase *tcase = tcase_create("scenario");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, reads_the_example);
    tcase_add_test(tcase, reads_the_head);
    tcase_add_test(tcase, lets_lines_stand_in_any_order);
    tcase_add_test(tcase, reads_nodes);
    tcase_add_test(tcase, resolves_sets_of_nodes);
    tcase_add_test(tcase, reads_settings);
    tcase_add_test(tcase, reads_costs);
    tcase_add_test(tcase, reads_datasets_defects_and_allowances);
    tcase_add_test(tcase, reads_clients);
    tcase_add_test(tcase, reads_links);
    tcase_add_test(tcase, reads_at);
    tcase_add_test(tcase, reads_every);
    tcase_add_test(tcase, reads_when);
    tcase_add_test(tcase, reads_chaos);
    LOOP(tcase, reads_moments, moments);
    LOOP(tcase, reads_actions, actions);
    LOOP(tcase, reads_actions_on_links, link_actions);
    tcase_add_test(tcase, reads_the_rest_of_actions);
    tcase_add_test(tcase, reads_connections);
    tcase_add_test(tcase, reads_replies);
    LOOP(tcase, reads_reply_patterns, replies);
    tcase_add_test(tcase, reads_nested_reply_patterns);
    LOOP(tcase, cuts_words_at_substitutions, substitutions);
    LOOP(tcase, reads_comparisons, comparisons);
    tcase_add_test(tcase, reads_references);
    tcase_add_test(tcase, reads_checks_metrics_and_logs);
    tcase_add_test(tcase, notes_what_changes_nothing);
    LOOP(tcase, resolves_settings, settings);
    LOOP(tcase, knows_when_the_timeline_is_over, timelines);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
