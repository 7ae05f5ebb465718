/* What is wrong with a scenario: the message, its place, the nearest word; all errors of a file; hostile input. */
#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/small_vocabulary.h"

static struct pool *pool;
static struct scenario_errors errors;

static void setup(void) {
    pool = pool_create();
}

static void teardown(void) {
    pool_destroy(pool);
}

static const char *rendered(void) {
    struct buffer out;
    buffer_init(&out, pool);
    buffer_puts(&out, "");
    scenario_errors_render(&errors, &out);
    return out.at;
}

/* --- the form ----------------------------------------------------------------------------------------------------- */

START_TEST(renders_place_line_caret_and_nearest_word) {
    const char *text = "node m\n"
                       "node r1 replicaof m\n"
                       "\n"
                       "\tat 3s   refuse m r3   # now\n"
                       "expect convergd\n";
    ck_assert_ptr_null(small_read(pool, text, &errors));
    ck_assert_str_eq(rendered(),
                     "t.scn:4:19: no node named \"r3\" (nodes: m, r1)\n"
                     "    \tat 3s   refuse m r3   # now\n"
                     "    \t                 ^ did you mean \"r1\"?\n"
                     "t.scn:5:8: \"convergd\" is no condition: a check, NODE.FIELD OP VALUE, run.METRIC OP VALUE "
                     "or NODE log PATTERN\n"
                     "    expect convergd\n"
                     "           ^ did you mean \"converged\"?\n");
}
END_TEST

START_TEST(counts_characters_for_the_caret_and_bytes_for_the_column) {
    ck_assert_ptr_null(small_read(pool, "scenario \"\xc3\xbc\xc3\xbc\" x\nnode m\n", &errors));
    ck_assert_str_eq(rendered(), "t.scn:1:17: the title is one word: put it in quotes\n"
                                 "    scenario \"\xc3\xbc\xc3\xbc\" x\n"
                                 "                  ^\n");
}
END_TEST

START_TEST(shows_the_part_of_a_long_line) {
    char *line = pool_alloc(pool, 2001);
    memset(line, 'x', 2000);
    line[2000] = 0;
    const char *text = pool_printf(pool, "node m\nat 1s m> SET %s => [a %s\n", line, line);
    ck_assert_ptr_null(small_read(pool, text, &errors));
    const char *out = rendered();
    ck_assert(strlen(out) < 900);
    ck_assert_ptr_nonnull(strstr(out, "    ...xxx"));
    ck_assert_ptr_nonnull(strstr(out, "xxx...\n"));
}
END_TEST

START_TEST(hides_control_characters) {
    ck_assert_ptr_null(small_read(pool, "node m\nat 1s \x1b[31m\n", &errors));
    ck_assert_ptr_null(strchr(rendered(), '\x1b'));
    ck_assert_ptr_nonnull(strstr(rendered(), "at 1s ?[31m"));
}
END_TEST

START_TEST(points_into_lists_and_continued_lines) {
    ck_assert_ptr_null(small_read(pool, "node m r\nat 1s \\\n  crash m,x,r,yy for 5s", &errors));
    ck_assert_uint_eq(errors.count, 2);
    ck_assert(errors.items[0].place.line == 3 && errors.items[0].place.column == 11);
    ck_assert(errors.items[1].place.line == 3 && errors.items[1].place.column == 15);
}
END_TEST

START_TEST(tells_all_errors_of_a_file_in_its_order) {
    const char *text = "node m\n"
                       "expect m.dbsiz == 1\n"
                       "clinet c on m\n"
                       "client c on q rat 5/s until 5\n"
                       "at 1s cut m q for 3\n"
                       "node m\n";
    static const struct place places[] = {{2, 10}, {3, 1}, {4, 13}, {4, 15}, {4, 29}, {5, 13}, {6, 6}};
    ck_assert_ptr_null(small_read(pool, text, &errors));
    ck_assert_uint_eq(errors.count, sizeof(places) / sizeof(places[0]));
    for (size_t i = 0; i < errors.count; i++) {
        ck_assert_uint_eq(errors.items[i].place.line, places[i].line);
        ck_assert_uint_eq(errors.items[i].place.column, places[i].column);
    }
    ck_assert_str_eq(errors.items[0].near, "dbsize");
    ck_assert_str_eq(errors.items[1].near, "client");
    ck_assert_str_eq(errors.items[3].near, "rate");
}
END_TEST

/* --- one line each -------------------------------------------------------------------------------------------------
 */

/* Beside `node m r1 r2` and `client load on m`. `near` NULL: no word is suggested. */
static const struct {
    const char *line;
    uint32_t column;
    const char *message, *near;
} wrong[] = {
    /* the head */
    {"scenario", 9, "a title is missing at the end of the line", NULL},
    {"scenario a b", 12, "the title is one word: put it in quotes", NULL},
    {"model smal", 7, "no model named \"smal\" (models: small)", "small"},
    {"model", 6, "the name of a model is missing at the end of the line", NULL},
    {"seed -1", 6, "\"-1\" is not a seed: it cannot be negative", NULL},
    {"seed 18446744073709551616", 6, "\"18446744073709551616\" is not a seed: it is too large", NULL},
    {"seed 1 2", 8, "unexpected \"2\": the statement is complete before it", NULL},
    {"settle 0", 8, "\"0\" is not a duration: it must be above 0", NULL},
    {"end 5", 5, "\"5\" is not a duration: it needs a unit (us, ms, s, m or h)", NULL},
    {"nod x", 1, "no statement begins with \"nod\"", "node"},
    {"crash m", 1, "an action needs `at T`, `every SPREAD` or `when CONDITION` before it", NULL},
    {"m> SET k 1", 1, "an action needs `at T`, `every SPREAD` or `when CONDITION` before it", NULL},
    /* names */
    {"node 3x", 6, "\"3x\" is not a name: a letter or _, then letters, digits, _ and -", NULL},
    {"node m", 6, "there is a node named \"m\" already", NULL},
    {"client m on m", 8, "there is a node named \"m\" already", NULL},
    {"client load on m", 8, "there is a client named \"load\" already", NULL},
    {"node run", 6, "a node cannot be named \"run\": the language uses that word", NULL},
    {"client always on m", 8, "a client cannot be named \"always\": the language uses that word", NULL},
    {"client replicaof on m", 8, "a client cannot be named \"replicaof\": the language uses that word", NULL},
    {"node", 5, "the name of a node must stand here", NULL},
    {"node off", 6, "the name of a node must stand here", NULL},
    {"node x replicaof", 17, "a node is missing at the end of the line", NULL},
    {"node x replicaof load", 18, "\"load\" is a client: a node must stand here", NULL},
    {"node x replicaof x", 1, "\"replicaof x\" means the node itself", NULL},
    {"node x replicof m", 8, "\"replicof\" is neither a name that is free nor a property of a node", "replicaof"},
    {"node x replicaof m of", 20, "a node has no property \"of\" (replicaof, rack)", NULL},
    {"node x rack 5", 8, "\"rack\" is not simulated yet", NULL},
    /* sets */
    {"conf m,x port 1", 8, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"conf r11 port 1", 6, "no node named \"r11\" (nodes: m, r1, r2)", "r1"},
    {"conf load port 1", 6, "\"load\" is a client: a node must stand here", NULL},
    {"conf x* port 1", 6, "no node matches \"x*\" (nodes: m, r1, r2)", NULL},
    {"conf m,r* port 1", 6, "\"m,r*\": a list has names only, a glob stands alone", NULL},
    {"conf m, port 1", 8, "no node named \"\" (nodes: m, r1, r2)", NULL},
    /* settings */
    {"conf m", 7, "a directive is missing at the end of the line", NULL},
    {"conf m port", 12, "a value of the directive is missing at the end of the line", NULL},
    {"conf m prt 5", 8, "no directive named \"prt\"", "port"},
    {"conf m cluster-enabled yes", 8, "the directive \"cluster-enabled\" is not simulated yet", NULL},
    {"conf m port 1 2", 13, "wrong number of values", NULL},
    {"cost m fork-per-g 5ms", 8,
     "no cost named \"fork-per-g\" (fork-per-gb, cow-page, save-rate, load-rate, save-key, load-key, flush-key, "
     "socket-time, command-time, disk-rate, fsync-time, memory, cron-period)",
     "fork-per-gb"},
    {"cost m save-rate 5mb", 18, "\"5mb\" is not a rate of bytes: it must be a size and /s", NULL},
    {"cost m cron-period 0", 20, "\"0\" is not possible here: it must be above 0", NULL},
    {"dataset m value 5", 18, "\"keys\" is missing: how many there are", NULL},
    {"dataset m keys 0", 16, "\"0\" is not a number: it must be above 0", NULL},
    {"dataset m keys 5 types strng:1", 24, "\"strng\" is none of the choices of \"types\": string, list", "string"},
    {"dataset m keys 5 types string:1,list", 33,
     "\"list\" is not a weight: a colon and a weight must follow the name (set:6)", NULL},
    {"dataset m keys 5 types string:0", 24, "\"string:0\" is not a weight: a weight must lie between 1 and 1000000",
     NULL},
    {"dataset m keys 5 types string:1,string:2", 33, "\"string:2\" is not a weight: it was given before", NULL},
    {"defect forget_on", 8, "no defect named \"forget_on\"", "forget_one"},
    {"defect forget_one m", 19, "unexpected \"m\": the statement is complete before it", NULL},
    {"allow convergd", 7, "no check named \"convergd\"", "converged"},
    /* clients and links */
    {"client c", 9, "`on NODES` is missing behind the names", NULL},
    {"client on m", 8, "the name of a client must stand here", NULL},
    {"client c on m rate 5", 20, "\"5\" is not a rate: it must end in /s", NULL},
    {"client c on m rate 0/s", 20, "\"0/s\" is not a rate: it must be above 0", NULL},
    {"client c on m keys 5 keys 6", 22, "\"keys\" was given before on this line", NULL},
    {"client c on m retry maybe", 21, "\"maybe\" is none of the choices of \"retry\": no, yes", NULL},
    {"client c on m skew zipf", 20,
     "\"zipf\" is not a skew (uniform, seq or zipf:0.99): it must be uniform, seq or zipf:0.99", NULL},
    {"client c on m from 5s until 5s", 1, "there is no time between `from 5s` and `until 5s`", NULL},
    {"client c on m until 0", 1, "there is no time between `from 0` and `until 0`", NULL},
    {"link m r1", 10, "a property of the link and its value must stand here", NULL},
    {"link m m loss 1%", 8, "a link needs two different ends", NULL},
    {"link m->m loss 1%", 6, "a link needs two different ends", NULL},
    {"link m->r1x loss 1%", 9, "no node named \"r1x\" (nodes: m, r1, r2; clients: load)", "r1"},
    {"link m r1 los 1%", 11, "a link has no property \"los\" (latency, loss, bandwidth, buffer, duplicate, reorder)",
     "loss"},
    {"link m r1 loss 1", 16, "\"1\" is not a share: it must end in %", NULL},
    {"link m r1 loss 101%", 16, "\"101%\" is not a share: it is above 100%", NULL},
    {"link m r1 loss 1% loss 2%", 19, "\"loss\" was given before on this line", NULL},
    {"link m r1 buffer 0", 18, "\"0\" is not a size: it must be above 0", NULL},
    {"link m r1 loss 1% for 5s", 19, "unexpected \"for\": the statement is complete before it", NULL},
    /* the timeline */
    {"at 3 crash m", 4, "\"3\" is not an instant (T, or T1..T2): it needs a unit (us, ms, s, m or h)", NULL},
    {"at 3s..2s crash m", 4, "\"3s..2s\" is not an instant (T, or T1..T2): its lower bound is above the upper one",
     NULL},
    {"at 3s", 6, "an action is missing at the end of the line", NULL},
    {"at 3s crsh m", 7, "\"crsh\" begins no action (a fault, or `NODE> COMMAND`)", "crash"},
    {"at 3s crash m for", 18, "a duration is missing at the end of the line", NULL},
    {"at 3s crash m now", 15, "unexpected \"now\": the statement is complete before it", NULL},
    {"at 3s reset m r1 for 5s", 18, "unexpected \"for\": the statement is complete before it", NULL},
    {"at 3s isolate m,r1", 15, "no node named \"m,r1\" (nodes: m, r1, r2; clients: load)", NULL},
    {"at 3s partition {m} r1", 21,
     "\"r1\" is not a group: it must be names joined by commas in braces, without blanks ({m,r1})", NULL},
    {"at 3s partition {m,r1} {r1}", 24, "\"r1\" is in both groups", NULL},
    {"at 3s partition {m,x} {r1}", 20, "no node named \"x\" (nodes: m, r1, r2; clients: load)", NULL},
    {"at 3s child m die", 15, "\"die\" is none of: kill, stall, resume", NULL},
    {"at 3s child * kill", 13, "no node named \"*\" (nodes: m, r1, r2)", NULL},
    {"at 3s disk m slow", 14, "\"slow\" is none of: full, error, ok, remove, flip, slow:RATE", NULL},
    {"at 3s disk m slow:5", 19, "\"5\" is not a rate of bytes: it must be a size and /s", NULL},
    {"at 3s disk m remove", 20, "the name of a file is missing at the end of the line", NULL},
    {"at 3s disk m flip f at -1", 24, "\"-1\" is not an offset in bytes: it cannot be negative", NULL},
    {"at 3s clock m drift 1000000", 21,
     "\"1000000\" is not a drift in parts per million: it must lie between -1000000 and 1000000", NULL},
    {"at 3s start m", 13, "\"m\" is a node: a client must stand here", NULL},
    {"at 3s restart m with", 21, "a directive is missing at the end of the line", NULL},
    {"at 3s restart m with prt 1", 22, "no directive named \"prt\"", "port"},
    {"every 1s crash m", 1, "this would never end: `until T` or `times N` is missing, or the file's `end D`", NULL},
    {"every 0 times 5 crash m", 7, "\"0\" is not a spacing: it must be above 0", NULL},
    {"every 1s times 0 crash m", 16, "\"0\" is not a number of times: it must be above 0", NULL},
    {"every 1s from 5s until 5s crash m", 10, "there is no time between `from 5s` and `until 5s`", NULL},
    {"every 1s times 5 times 6 crash m", 18, "\"times\" was given before on this line", NULL},
    {"when m.dbsize == 5", 19, "an action is missing at the end of the line", NULL},
    {"chaos from 1s until 2s", 23, "a fault and its rate is missing at the end of the line", NULL},
    {"chaos until 2s cut 1/s", 7, "chaos needs `from T until T` before its faults", NULL},
    {"chaos from 3s until 2s cut 1/s", 7, "there is no time between `from 3s` and `until 2s`", NULL},
    {"chaos from 1s until 2s ct 1/s", 24,
     "\"ct\" is no fault (cut refuse reset isolate crash power pause child-kill fork-fail disk-full clock-jump "
     "slow-link)",
     "cut"},
    {"chaos from 1s until 2s cut 0.0001/s", 28, "\"0.0001/s\" is not a rate: it is finer than 0.001/s", NULL},
    /* commands */
    {"at 1s m>SET k 1", 7, "\"m>SET\": a blank must follow the >", NULL},
    {"at 1s x> SET k 1", 7, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"at 1s load> SET k 1", 7, "\"load\" is a client: a node must stand here", NULL},
    {"at 1s m@> SET k 1", 9, "\"\" is no name of a connection", NULL},
    {"at 1s m@end> SET k 1", 9, "\"end\" is no name of a connection", NULL},
    {"at 1s m>", 9, "a command is missing after the >", NULL},
    {"at 1s m> => OK", 10, "a command is missing after the >", NULL},
    {"at 1s m> GTE k", 10, "no command named \"GTE\"", "GET"},
    {"at 1s m> XADD k", 10, "the command \"XADD\" is not simulated yet", NULL},
    {"at 1s m> GET", 10, "wrong number of arguments for 'get' command", NULL},
    {"at 1s m> SET k 1 =>", 20, "the reply's pattern, one word, is missing at the end of the line", NULL},
    {"at 1s m> SET k 1 => a b", 23, "unexpected \"b\": the reply is one word (quote it), then `within D`", NULL},
    {"at 1s m> SET k 1 => a within 5", 30, "\"5\" is not a duration: it needs a unit (us, ms, s, m or h)", NULL},
    {"at 1s m> SET k 1 => [a,b", 21, "\"[a,b\" is not a pattern of a reply: its [ is not closed", NULL},
    {"at 1s m> SET k 1 => >=9999999999999999999", 21,
     "\">=9999999999999999999\" is not a pattern of a reply: it is too large", NULL},
    {"at 1s m> SET k {x.dbsize}", 17, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"at 1s m> SET k a{m.dbsiz}", 20, "no field named \"dbsiz\"", "dbsize"},
    {"at 1s m> SET k {m.dbsize@2s}", 17, "this value is not known yet when the command is sent", NULL},
    {"at 1s m> SET k {m.dbsize@2}", 26, "\"2\" is not a duration: it needs a unit (us, ms, s, m or h)", NULL},
    {"at 1s m> SET k {9999999999*x}", 17, "\"9999999999\" is not a number of characters: it is above 512 MB", NULL},
    {"at 1s m> SET k {m.dbsize+99999999999999999999}", 25, "\"+99999999999999999999\" is not a number: it is too large",
     NULL},
    /* conditions */
    {"expect", 7, "a condition is missing at the end of the line", NULL},
    {"expect sessions", 8, "the check \"sessions\" is not simulated yet", NULL},
    {"expect converged m", 18, "unexpected \"m\": the statement is complete before it", NULL},
    {"expect m.dbsize", 16, "a comparison (== != < <= > >= ~) is missing at the end of the line", NULL},
    {"expect m.dbsize = 1", 17, "\"=\" is no comparison (== != < <= > >= ~)", "=="},
    {"expect m.dbsize==1", 16, "\"m.dbsize==1\": blanks must stand around the comparison", NULL},
    {"expect run.full_syncs<5 x", 22, "\"run.full_syncs<5\": blanks must stand around the comparison", NULL},
    {"expect m.dbsize ==", 19, "a value to compare with is missing at the end of the line", NULL},
    {"expect m.dbsize < up", 19, "\"up\" is not a number, a size or a duration: only == != and ~ compare text", NULL},
    {"expect m.dbsize < \"5\"", 19, "\"5\" is not a number: a quoted value is text: only == != and ~ compare it", NULL},
    {"expect m.dbsize == 99999999999999999999", 20,
     "\"99999999999999999999\" is not a number: it is too large (quote it to mean text)", NULL},
    {"expect m.dbsize == *.dbsize", 20, "\"*.dbsize\" is not a value: on this side it must be the field of one node",
     NULL},
    {"expect x.dbsize == 1", 8, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"expect r*.dbsize == 1", 8, "\"r*.dbsize\" is not NODE.FIELD, with @T and +N or -N behind it or not", NULL},
    {"expect m.dbsize == x.dbsize", 20, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"expect m.dbsiz == 1", 10, "no field named \"dbsiz\"", "dbsize"},
    {"expect m.dbsize == m.dbsiz", 22, "no field named \"dbsiz\"", "dbsize"},
    {"expect m.dbsize@5 == 1", 17, "\"5\" is not a duration: it needs a unit (us, ms, s, m or h)", NULL},
    {"expect run.full_sync == 1", 12, "no metric named \"full_sync\"", "full_syncs"},
    {"expect run.stale_reads == 1", 8, "the metric \"stale_reads\" is not simulated yet", NULL},
    {"expect x log y", 8, "no node named \"x\" (nodes: m, r1, r2)", NULL},
    {"expect m log", 13, "a pattern of the log line is missing at the end of the line", NULL},
    {"expect m log x == up", 19, "\"up\" is not a number: it must begin with a digit", NULL},
    {"expect m log x ~ 1", 16, "\"~\" is not a comparison of numbers: it compares text", NULL},
    {"expect by 5s from 6s converged", 11, "there is no time between `from 6s` and `by 5s`", NULL},
    {"expect always from 6s until 5s converged", 15, "there is no time between `from 6s` and `until 5s`", NULL},
    {"expect at 5s m.dbsize == m.dbsize@6s", 26, "this value is not known yet when the expectation is judged", NULL},
};

START_TEST(tells_what_is_wrong) {
    const char *text = pool_printf(pool, "node m r1 r2\nclient load on m\n%s\n", wrong[_i].line);
    ck_assert_msg(small_read(pool, text, &errors) == NULL, "accepted: %s", wrong[_i].line);
    ck_assert_msg(errors.count == 1, "%s", rendered());
    const struct scenario_error *e = &errors.items[0];
    ck_assert_str_eq(e->message, wrong[_i].message);
    ck_assert_msg(e->place.line == 3 && e->place.column == wrong[_i].column, "%s", rendered());
    ck_assert_msg((e->near == NULL) == (wrong[_i].near == NULL), "%s", rendered());
    if (e->near) ck_assert_str_eq(e->near, wrong[_i].near);
}
END_TEST

/* --- the whole file
 * --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    struct place place;
    const char *message;
} whole[] = {
    {"", {1, 1}, "the scenario declares no node (node NAME...)"},
    {"# nothing\n", {1, 1}, "the scenario declares no node (node NAME...)"},
    {"node m\nend 10s\nat 11s crash m", {3, 1}, "the action at 11s lies after the end of the run at 10s"},
    {"expect at 11s converged\nnode m\nend 10s", {1, 1}, "the instant 11s lies after the end of the run at 10s"},
    {"expect by 11s converged\nnode m\nend 10s", {1, 1}, "the instant 11s lies after the end of the run at 10s"},
    {"node m\nend 10s\nevery 1s from 11s m> GET k",
     {3, 1},
     "the first one at 11s lies after the end of the run at 10s"},
    {"node m\nend 10s\nexpect m.dbsize == m.dbsize@11s",
     {3, 20},
     "this value's instant 11s lies after the end of the run at 10s"},
    {"node m\nseed 1\nseed 2", {3, 1}, "\"seed\" was given before, in line 2"},
    {"node m\nend 5s\nend 5s", {3, 1}, "\"end\" was given before, in line 2"},
    {"at 1s crash m", {1, 13}, "no node named \"m\" (the file declares no node)"},
    {"node m\nat 1s crash m \"", {2, 15}, "this quotation is not closed: \" is missing on the line"},
};

START_TEST(tells_what_is_wrong_with_the_whole) {
    ck_assert_ptr_null(small_read(pool, whole[_i].text, &errors));
    ck_assert_msg(errors.count == 1, "%s", rendered());
    ck_assert_str_eq(errors.items[0].message, whole[_i].message);
    ck_assert_msg(errors.items[0].place.line == whole[_i].place.line, "%s", rendered());
    ck_assert_msg(errors.items[0].place.column == whole[_i].place.column, "%s", rendered());
}
END_TEST

START_TEST(stops_after_a_thousand_errors) {
    struct buffer text;
    buffer_init(&text, pool);
    buffer_puts(&text, "node m\n");
    for (int i = 0; i < 1500; i++) buffer_puts(&text, "nonsense\n");
    ck_assert_ptr_null(small_read(pool, text.at, &errors));
    ck_assert(errors.count == 1000 && errors.more);
    ck_assert_ptr_nonnull(strstr(rendered(), "t.scn: there are more errors, which are not shown\n"));
}
END_TEST

START_TEST(bounds_parties) {
    struct buffer text;
    buffer_init(&text, pool);
    for (int i = 0; i < 1001; i++) buffer_printf(&text, "node n%d\n", i);
    ck_assert_ptr_null(small_read(pool, text.at, &errors));
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_str_eq(errors.items[0].message, "a scenario has at most 1000 nodes");
    ck_assert_uint_eq(errors.items[0].place.line, 1001);
}
END_TEST

START_TEST(survives_hostile_lines) {
    static const char *const pieces[] = {"{", "[", "m,", "\\", "{m.", "{9", "[a,", "@", "..", "->"};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct buffer text;
        buffer_init(&text, pool);
        buffer_puts(&text, "node m\nat 1s m> SET k ");
        for (int k = 0; k < 20000; k++) buffer_puts(&text, pieces[i]);
        buffer_puts(&text, "\nat 1s m> SET k => ");
        for (int k = 0; k < 20000; k++) buffer_puts(&text, pieces[i]);
        buffer_puts(&text, "\nat 1s crash ");
        for (int k = 0; k < 20000; k++) buffer_puts(&text, pieces[i]);
        ck_assert_ptr_null(small_read(pool, text.at, &errors));
        ck_assert_uint_gt(errors.count, 0);
        ck_assert_uint_lt(strlen(rendered()), 2000000);
    }
}
END_TEST

/* --- files
 * ------------------------------------------------------------------------------------------------------------ */

static const char *read_path(const char *path) {
    ck_assert_ptr_null(scenario_read_file(pool, path, &small_vocabulary, &errors));
    return rendered();
}

START_TEST(tells_why_a_file_cannot_be_read) {
    ck_assert_str_eq(read_path("/no/such/file.scn"),
                     "/no/such/file.scn: the scenario cannot be opened: No such file or directory\n");
    ck_assert_str_eq(read_path("/"), "/: the scenario cannot be read: Is a directory\n");
}
END_TEST

/* A file of that many bytes 'x' in a name of our own. */
static void make_file(char *path, const char *text, off_t size) {
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    if (size > 0) ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
}

START_TEST(reads_files) {
    char path[] = "/tmp/detsim-test-XXXXXX";
    make_file(path, "node m\nexpect converged\n", 0);
    struct plan *plan = scenario_read_file(pool, path, &small_vocabulary, &errors);
    unlink(path);
    ck_assert_ptr_nonnull(plan);
    ck_assert_str_eq(plan->file, path);
    ck_assert_uint_eq(plan->source.len, 24);
}
END_TEST

START_TEST(refuses_files_that_are_no_scenario) {
    char huge[] = "/tmp/detsim-test-XXXXXX", zeros[] = "/tmp/detsim-test-XXXXXX";
    make_file(huge, "node m\n", (off_t)SCENARIO_MAX_BYTES + 1);
    make_file(zeros, "node m\n", 100);
    const char *expected = pool_printf(pool, "%s: the file is larger than 4 MB: it is no scenario\n", huge);
    ck_assert_str_eq(read_path(huge), expected);
    ck_assert_ptr_nonnull(strstr(read_path(zeros), ":2:1: the file has a zero byte: it is no text\n"));
    unlink(huge);
    unlink(zeros);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof(table[0]))

int main(void) {
    Suite *suite = suite_create("scenario errors");
    TCase *tcase = tcase_create("errors");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, renders_place_line_caret_and_nearest_word);
    tcase_add_test(tcase, counts_characters_for_the_caret_and_bytes_for_the_column);
    tcase_add_test(tcase, shows_the_part_of_a_long_line);
    tcase_add_test(tcase, hides_control_characters);
    tcase_add_test(tcase, points_into_lists_and_continued_lines);
    tcase_add_test(tcase, tells_all_errors_of_a_file_in_its_order);
    LOOP(tcase, tells_what_is_wrong, wrong);
    LOOP(tcase, tells_what_is_wrong_with_the_whole, whole);
    tcase_add_test(tcase, stops_after_a_thousand_errors);
    tcase_add_test(tcase, bounds_parties);
    tcase_add_test(tcase, survives_hostile_lines);
    tcase_add_test(tcase, tells_why_a_file_cannot_be_read);
    tcase_add_test(tcase, reads_files);
    tcase_add_test(tcase, refuses_files_that_are_no_scenario);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
