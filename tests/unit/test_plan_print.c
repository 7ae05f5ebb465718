/* Plans as text: what is printed reads into the same plan, and streams belong to names, not to places.
 *
 * Method: one scenario with every form of every statement is printed, read, printed again and compared; then each of
 * its lines is removed in turn: the rest must read, or name what is missing, and keep every stream it had. */
#include <check.h>
#include <stdlib.h>

#include "sim/scenario/values.h"
#include "tests/unit/small_vocabulary.h"

static struct pool *pool;

static void setup(void) {
    pool = pool_create();
}

static void teardown(void) {
    pool_destroy(pool);
}

static const char *print(const struct plan *plan) {
    struct buffer out;
    buffer_init(&out, pool);
    buffer_puts(&out, "");
    scenario_print(plan, &out);
    return out.at;
}

static struct plan *read_good(const char *text) {
    struct plan *plan = small_read_good(pool, text);
    ck_assert_ptr_nonnull(plan);
    return plan;
}

/* Every statement, in its normal form. */
static const char everything[] =
    "scenario \"Every word \\\"there\\\" is\"\n"
    "model small\n"
    "seed 18446744073709551615\n"
    "settle 2m\n"
    "\n"
    "node m\n"
    "node r1 r2 replicaof m\n"
    "node r3 replicaof r1 off\n"
    "node z off\n"
    "conf * repl-backlog-size 16kb\n"
    "conf r* save 3600 1 300 100\n"
    "conf m,r1 save \"\"\n"
    "cost * fsync-time exp:2ms\n"
    "cost m save-rate 4mb/s\n"
    "cost m memory 2gb\n"
    "dataset m keys 5000 value 100 types string:8,list:1\n"
    "defect forget_one\n"
    "defect forget_one on r*\n"
    "allow prefix\n"
    "link * latency 1ms..5ms\n"
    "link m r1 loss 0.5% bandwidth 100mbit buffer 64kb\n"
    "link m->load latency pareto:5ms:1.5 duplicate 1% reorder 0.0001%\n"
    "\n"
    "client load on m rate 2000/s until 10s ops set:5,incr:3,rpush:2 keys 1000 skew zipf:0.99 value 16..1kb retry yes\n"
    "client a b on m,r1 rate exp:0.5/s times 5 skew uniform db 0..3 reads r* wait 1:100ms share 5% pace exp:5ms\n"
    "client c on r* think 0 skew seq db 2 speed 1gbit words x \"y z\" \"#\"\n"
    "\n"
    "at 0 m> SET k \"a b\" => OK\n"
    "at 1s m@c1> GET {m.dbsize@1s+2}:{r1.digest} => (nil) within 50ms\n"
    "at 1.5s..2s r1> SET {100*x}{n} \"=>\" \"\\\"\\\\\\n\\x00\\xff\" => [a,[(nil),>=3],[]]\n"
    "at 3s crash m\n"
    "at 3s power r1,r2 for 250us\n"
    "at 3s shutdown * for 1h\n"
    "at 3s restart m with save \"\"\n"
    "at 3s restart r*\n"
    "at 3s pause m for 1.5s\n"
    "at 3s resume m\n"
    "at 3s cut m r1 for 500ms\n"
    "at 3s cut m->r1\n"
    "at 3s refuse m load for 1s\n"
    "at 3s reset m r1\n"
    "at 3s isolate load for 1s\n"
    "at 3s partition {m,load} {r1,r2} for 1s\n"
    "at 3s heal m r1\n"
    "at 3s heal *\n"
    "at 3s link m r1 latency 1ms loss 1% for 5s\n"
    "at 3s link * bandwidth 100kb/s\n"
    "at 3s child m kill\n"
    "at 3s child m stall\n"
    "at 3s child m resume\n"
    "at 3s fork m fail for 1s\n"
    "at 3s disk m full for 1s\n"
    "at 3s disk m error\n"
    "at 3s disk m slow:1mb/s for 2s\n"
    "at 3s disk m ok\n"
    "at 3s disk m remove dump.rdb\n"
    "at 3s disk m flip \"a b\" at 10\n"
    "at 3s disk m flip dump.rdb\n"
    "at 3s clock m jump -5s\n"
    "at 3s clock m drift -500\n"
    "at 3s start load\n"
    "at 3s stop load\n"
    "every 1ms from 2s times 500 m> SET k:{n} v\n"
    "every exp:1s until 9s reset m r1\n"
    "every 1s..2s from 1s until 9s times 3 crash r1 for 1s\n"
    "when r1.master_link_status == up after 1s from 2s crash m\n"
    "when converged m> SET k 1\n"
    "when m log \"*x*\" crash r2 for 1s\n"
    "when m log \"x y\" >= 3 start load\n"
    "chaos from 1s until 20s cut 0.2/s for exp:2s slow-link 0.05/s crash 1/s for 1s..2s cut 1/s\n"
    "\n"
    "expect converged\n"
    "expect at 3s m.dbsize == 5\n"
    "expect by 5s r1.master_link_status == up\n"
    "expect by 5s from 3.2s r1.role != \"5\"\n"
    "expect always *.dbsize < 64kb\n"
    "expect always from 5s m.role ~ \"m*\"\n"
    "expect always from 5s until 6s m.digest == r1.digest\n"
    "expect always until 6s m.dbsize@1s == m.dbsize@3s+1\n"
    "expect m.slave0 ~ *online*\n"
    "expect r1.lag_time <= 5m\n"
    "expect run.staleness_max < 1.5s\n"
    "expect r2 log \"*Finished*\" == 2\n"
    "expect r2 log \"*Finished*\"\n";

/* The lines of a text, each a string. */
static size_t split_lines(const char *text, const char **lines, size_t room) {
    size_t n = 0;
    while (*text) {
        ck_assert_uint_lt(n, room);
        const char *end = strchr(text, '\n');
        lines[n++] = pool_strndup(pool, text, (size_t)(end - text));
        text = end + 1;
    }
    return n;
}

START_TEST(prints_the_normal_form) {
    const char *printed[200], *written[200];
    size_t n = split_lines(print(read_good(everything)), printed, 200);
    ck_assert_uint_eq(n, split_lines(everything, written, 200));
    for (size_t i = 0; i < n; i++) ck_assert_str_eq(printed[i], written[i]);
}
END_TEST

/* --- the same plan
 * ----------------------------------------------------------------------------------------------------- */

#define SAME(member)    ck_assert_msg(a->member == b->member, "%s", b->text)
#define SAME_TEXT(x, y) ck_assert_str_eq((x) ? (x) : "", (y) ? (y) : "")

static void same_set(const struct party_set *a, const struct party_set *b) {
    ck_assert(a->count == b->count && a->rank == b->rank);
    for (size_t i = 0; i < a->count; i++) ck_assert_uint_eq(a->party[i], b->party[i]);
}

static void same_spread(const struct spread *a, const struct spread *b) {
    ck_assert(a->kind == b->kind && a->a == b->a && a->shape == b->shape);
    ck_assert(a->kind == SPREAD_EXP || a->b == b->b);
}

static void same_bytes(const struct bytes *a, size_t a_count, const struct bytes *b, size_t b_count) {
    ck_assert_uint_eq(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        ck_assert_uint_eq(a[i].len, b[i].len);
        if (a[i].len > 0) ck_assert_mem_eq(a[i].at, b[i].at, a[i].len);
    }
}

static void same_option(const struct option *a, const struct option *b) {
    ck_assert(a->rule == b->rule && a->number == b->number && a->number2 == b->number2);
    ck_assert(a->exponential == b->exponential && a->node_count == b->node_count);
    same_spread(&a->spread, &b->spread);
    same_bytes(a->words, a->word_count, b->words, b->word_count);
    for (size_t i = 0; i < a->node_count; i++) ck_assert_uint_eq(a->nodes[i], b->nodes[i]);
    for (size_t i = 0; a->weights && a->rule->choices[i]; i++) ck_assert_uint_eq(a->weights[i], b->weights[i]);
}

static void same_link(const struct link_change *a, const struct link_change *b) {
    ck_assert(a->everywhere == b->everywhere && a->a == b->a && a->b == b->b && a->one_way == b->one_way);
    same_spread(&a->latency, &b->latency);
    for (size_t i = 0; i < LINK_PROPS; i++) ck_assert(a->set[i] == b->set[i] && a->value[i] == b->value[i]);
}

static void same_ref(const struct field_ref *a, const struct field_ref *b) {
    SAME_TEXT(a->field, b->field);
    ck_assert(a->all == b->all && a->at_set == b->at_set && a->at == b->at && a->plus == b->plus);
    same_set(&a->nodes, &b->nodes);
}

static void same_condition(const struct condition *a, const struct condition *b) {
    SAME(kind);
    SAME(op);
    SAME(right.kind);
    SAME(right.number);
    SAME(right.is_duration);
    SAME(right.is_either);
    SAME(right.quoted);
    SAME_TEXT(a->name, b->name);
    SAME_TEXT(a->glob, b->glob);
    SAME_TEXT(a->right.text, b->right.text);
    same_ref(&a->left, &b->left);
    same_ref(&a->right.ref, &b->right.ref);
    same_set(&a->nodes, &b->nodes);
}

static void same_pattern(const struct reply_pattern *a, const struct reply_pattern *b) {
    ck_assert(a->kind == b->kind && a->op == b->op && a->number == b->number && a->count == b->count);
    SAME_TEXT(a->glob, b->glob);
    for (size_t i = 0; i < a->count; i++) same_pattern(&a->items[i], &b->items[i]);
}

static void same_command(const struct command_action *a, const struct command_action *b) {
    ck_assert(a->word_count == b->word_count && a->has_reply == b->has_reply && a->has_within == b->has_within);
    ck_assert_int_eq(a->within, b->within);
    SAME_TEXT(a->connection, b->connection);
    same_pattern(&a->reply, &b->reply);
    for (size_t i = 0; i < a->word_count; i++) {
        ck_assert_uint_eq(a->words[i].count, b->words[i].count);
        for (size_t k = 0; k < a->words[i].count; k++) {
            const struct piece *x = &a->words[i].pieces[k], *y = &b->words[i].pieces[k];
            ck_assert(x->kind == y->kind && x->times == y->times);
            same_bytes(&x->text, 1, &y->text, 1);
            same_ref(&x->ref, &y->ref);
        }
    }
}

static void same_action(const struct action *a, const struct action *b) {
    SAME(kind);
    SAME(from);
    SAME(to);
    SAME(one_way);
    SAME(everything);
    SAME(has_for);
    SAME(duration);
    SAME(number);
    SAME_TEXT(a->file, b->file);
    same_set(&a->a, &b->a);
    same_set(&a->b, &b->b);
    same_link(&a->link, &b->link);
    same_command(&a->command, &b->command);
    same_bytes(a->with.words, a->with.word_count, b->with.words, b->with.word_count);
}

static void same_faults(const struct statement *a, const struct statement *b) {
    SAME(fault_count);
    for (size_t i = 0; i < a->fault_count; i++) {
        ck_assert(a->faults[i].kind == b->faults[i].kind && a->faults[i].rate == b->faults[i].rate);
        ck_assert_uint_eq(a->faults[i].stream.nth, b->faults[i].stream.nth);
        same_spread(&a->faults[i].duration, &b->faults[i].duration);
    }
}

static void same_statement(const struct statement *a, const struct statement *b) {
    SAME(kind);
    SAME(seed);
    SAME(duration);
    SAME(off);
    SAME(from);
    SAME(has_from);
    SAME(until);
    SAME(has_until);
    SAME(times);
    SAME(has_times);
    SAME(after);
    SAME(expect);
    SAME(option_count);
    SAME(stream.nth);
    SAME_TEXT(a->name, b->name);
    SAME_TEXT(a->stream.names, b->stream.names);
    same_set(&a->nodes, &b->nodes);
    same_set(&a->clients, &b->clients);
    same_spread(&a->spacing, &b->spacing);
    same_link(&a->link, &b->link);
    same_condition(&a->condition, &b->condition);
    same_action(&a->action, &b->action);
    same_faults(a, b);
    same_bytes(a->conf.words, a->conf.word_count, b->conf.words, b->conf.word_count);
    for (size_t i = 0; i < a->option_count; i++) same_option(&a->options[i], &b->options[i]);
    if (a->kind == ST_COST) same_option(&a->value, &b->value);
}

static void same_plan(const struct plan *a, const struct plan *b) {
    ck_assert(a->seed == b->seed && a->settle == b->settle && a->has_end == b->has_end && a->end == b->end);
    ck_assert(a->node_count == b->node_count && a->client_count == b->client_count);
    ck_assert_uint_eq(a->statement_count, b->statement_count);
    for (size_t i = 0; i < a->statement_count; i++) same_statement(&a->statements[i], &b->statements[i]);
}

START_TEST(reads_back_into_the_same_plan) {
    struct plan *plan = read_good(everything);
    same_plan(plan, read_good(print(plan)));
}
END_TEST

/* What is written in other ways than the printer's. */
static const struct {
    const char *written, *printed;
} forms[] = {
    {"node m # the master\n\n\nexpect   converged", "node m\n\nexpect converged\n"},
    {"node m\nend 600s", "node m\n\nend 10m\n"},
    {"node m\nat 1500ms crash \\\n  m for 0s", "node m\n\nat 1.5s crash m for 0\n"},
    {"node m off replicaof r\nnode r", "node m replicaof r off\nnode r\n"},
    {"node m r\nlink m r loss 1.0% latency 1000us", "node m r\nlink m r latency 1ms loss 1%\n"},
    {"node m\nevery 1s times 2 until 5s crash m", "node m\n\nevery 1s until 5s times 2 crash m\n"},
    {"node m\nat 1s m> SET 'a' \"b\" {m.dbsize@1000ms}", "node m\n\nat 1s m> SET a b {m.dbsize@1s}\n"},
    {"node m\nexpect end m log x >= 1", "node m\n\nexpect m log \"x\"\n"},
    {"node m\nwhen converged from 1s after 2s crash m", "node m\n\nwhen converged after 2s from 1s crash m\n"},
    {"node m\nchaos until 2s from 1s cut 0.50/s", "node m\n\nchaos from 1s until 2s cut 0.5/s\n"},
    {"scenario t\nnode m", "scenario \"t\"\n\nnode m\n"},
    {"node m\nat 1s m> SET k \\ x", "node m\n\nat 1s m> SET k \"\\\\\" x\n"},
};

START_TEST(prints_other_forms_normally) {
    struct plan *plan = read_good(forms[_i].written);
    ck_assert_str_eq(print(plan), forms[_i].printed);
    same_plan(plan, read_good(forms[_i].printed));
}
END_TEST

/* --- streams
 * ------------------------------------------------------------------------------------------------------------ */

/* A stream as text. */
static const char *stream_text(const struct stream_name *s, uint32_t nth) {
    return pool_printf(pool, "%s/%s/%u", s->purpose, s->names, nth);
}

static const char *streams_of(const char *text, enum statement_kind kind) {
    struct plan *plan = read_good(text);
    const char *all = "";
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        if (st->kind == kind) all = pool_printf(pool, "%s%s;", all, stream_text(&st->stream, st->stream.nth));
        for (size_t k = 0; st->kind == kind && k < st->fault_count; k++) {
            all = pool_printf(pool, "%s%s;", all, stream_text(&st->faults[k].stream, st->faults[k].stream.nth));
        }
    }
    return all;
}

static const struct {
    enum statement_kind kind;
    const char *lines, *streams;
} streams[] = {
    {ST_CLIENT, "client c on m rate 5/s\nclient d on r", "client/c/0;client/d/0;"},
    {ST_AT, "at 1s..5s crash m for 1s\nat 7s crash m\nat 1s crash r", "at/crash m/0;at/crash m/1;at/crash r/0;"},
    {ST_AT, "at 1s m> SET k 1 => OK\nat 2s m> SET k \"1\"\nat 2s m> SET k 2\nat 2s m@c> SET k 1",
     "at/m> SET k 1/0;at/m> SET k 1/1;at/m> SET k 2/0;at/m@c> SET k 1/0;"},
    {ST_AT, "at 1s cut m r\nat 1s cut m->r\nat 1s link m r loss 1%\nat 1s link m r loss 2%\nat 1s heal *",
     "at/cut m r/0;at/cut m->r/0;at/link m r/0;at/link m r/1;at/heal */0;"},
    {ST_AT, "at 1s disk m flip f at 5\nat 1s disk m flip f\nat 1s disk m flip g\nat 1s disk m slow:1mb/s",
     "at/disk-flip m f/0;at/disk-flip m f/1;at/disk-flip m g/0;at/disk-slow m/0;"},
    {ST_AT, "at 1s partition {m} {r}\nat 1s partition {r} {m} for 2s", "at/partition m r/0;at/partition r m/0;"},
    {ST_EVERY, "every 1s times 2 crash m\nevery exp:5s until 3s crash m", "every/crash m/0;every/crash m/1;"},
    {ST_WHEN, "when m.dbsize > 5 crash m\nwhen m.dbsize > 7 after 2s crash m",
     "when/m.dbsize crash m/0;when/m.dbsize crash m/1;"},
    {ST_LINK, "link m r loss 1%\nlink r m loss 1%\nlink * latency 1ms", "link/m r/0;link/r m/0;link/*/0;"},
    {ST_DATASET, "dataset m keys 5\ndataset m keys 7\ndataset r keys 1", "dataset/m/0;dataset/m/1;dataset/r/0;"},
    {ST_CHAOS, "chaos from 1s until 2s cut 1/s crash 1/s\nchaos from 3s until 4s cut 2/s for 5s",
     "chaos//0;fault/cut/0;fault/crash/0;chaos//1;fault/cut/1;"},
};

START_TEST(names_streams) {
    const char *text = pool_printf(pool, "node m r\n%s\n", streams[_i].lines);
    ck_assert_str_eq(streams_of(text, streams[_i].kind), streams[_i].streams);
}
END_TEST

/* All lines but one. */
static const char *without(const char **lines, size_t count, size_t removed) {
    struct buffer out;
    buffer_init(&out, pool);
    for (size_t i = 0; i < count; i++) {
        if (i != removed) buffer_printf(&out, "%s\n", lines[i]);
    }
    return out.at;
}

static uint32_t count_key(const struct plan *plan, const struct stream_name *key) {
    uint32_t n = 0;
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct stream_name *s = &plan->statements[i].stream;
        n += strcmp(s->purpose, key->purpose) == 0 && strcmp(s->names, key->names) == 0;
    }
    return n;
}

/* Each key has one stream less (the removed line's) or as many as before. */
static void check_streams(const struct plan *before, const struct plan *after, const struct stream_name *removed) {
    for (size_t i = 0; i < before->statement_count; i++) {
        const struct stream_name *key = &before->statements[i].stream;
        bool hit = strcmp(key->purpose, removed->purpose) == 0 && strcmp(key->names, removed->names) == 0;
        ck_assert_uint_eq(count_key(after, key) + hit, count_key(before, key));
    }
}

START_TEST(lets_every_line_stand_alone) {
    const char *lines[200];
    size_t count = split_lines(everything, lines, 200), statement = 0, good = 0;
    struct plan *before = read_good(everything);
    for (size_t i = 0; i < count; i++) {
        if (!lines[i][0]) continue;
        const struct statement *removed = &before->statements[statement++];
        struct scenario_errors errors;
        struct plan *after = small_read(pool, without(lines, count, i), &errors);
        if (after) {
            good++;
            check_streams(before, after, &removed->stream);
            continue;
        }
        ck_assert_msg(removed->kind == ST_NODE || removed->kind == ST_CLIENT, "%s", lines[i]);
        for (size_t k = 0; k < errors.count; k++) ck_assert_ptr_nonnull(strstr(errors.items[k].message, "no "));
    }
    ck_assert_uint_eq(statement, before->statement_count);
    ck_assert_uint_gt(good, statement - 5); /* m, r1 r2 and load are used by others */
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof(table[0]))

int main(void) {
    Suite *suite = suite_create("plan print");
    TCase *tcase = tcase_create("print");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, prints_the_normal_form);
    tcase_add_test(tcase, reads_back_into_the_same_plan);
    LOOP(tcase, prints_other_forms_normally, forms);
    LOOP(tcase, names_streams, streams);
    tcase_add_test(tcase, lets_every_line_stand_alone);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
