/* What `detsim conform` does without servers: names and addresses, the words of the real server's texts.
 *
 * Method: texts as redis-server 7.0.15 writes them, on a block of addresses of three nodes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/redis/real.h"
#include "sim/run/conform_names.h"

static struct pool *pool;
static struct buffer out;
static const char *node_names[] = {"m", "r1", "r2"};
static uint16_t model_ports[] = {6379, 6379, 7000};
static uint16_t real_ports[] = {22400, 22400, 22401};
static const struct names names = {77, 3, node_names, model_ports, real_ports};

static void set_up(void) {
    pool = pool_create();
    buffer_init(&out, pool);
}

static void tear_down(void) {
    pool_destroy(pool);
}

static struct bytes text_of(const char *text) {
    return (struct bytes){text, strlen(text)};
}

static const char *put_back(const char *text) {
    buffer_clear(&out);
    names_put_back(&names, text_of(text), &out);
    return out.at;
}

/* --- names ------------------------------------------------------------------------------------------------------- */

START_TEST(test_addresses) {
    char ip[NAMES_IP_ROOM];
    names_ip(&names, 2, 0, ip);
    ck_assert_str_eq(ip, "127.77.3.1");
    ck_assert_uint_eq(names_find(&names, text_of("r2")), 2);
    ck_assert_uint_eq(names_find(&names, text_of("r")), NO_PARTY);
}
END_TEST

START_TEST(test_texts_are_put_back) {
    ck_assert_str_eq(put_back("Connecting to MASTER 127.77.2.1:22400"), "Connecting to MASTER m:6379");
    ck_assert_str_eq(put_back("ip=127.77.1.3,port=22401,state=online,offset=22401"),
                     "ip=r2,port=7000,state=online,offset=22401");
    ck_assert_str_eq(put_back("master_host:127.77.2.1\r\nmaster_port:22400\r\n"),
                     "master_host:m\r\nmaster_port:6379\r\n");
    /* Another port is nobody's; other addresses, and what only looks like one, stay. */
    ck_assert_str_eq(put_back("127.77.2.1:7001"), "m:7001");
    ck_assert_str_eq(put_back("127.78.2.1:22400 127.0.0.1:5 1127.77.2.1 127.77.2.9"),
                     "127.78.2.1:22400 127.0.0.1:5 1127.77.2.1 127.77.2.9");
    ck_assert_str_eq(put_back("127.77.2."), "127.77.2.");
}
END_TEST

START_TEST(test_replies_are_put_back) {
    struct reply items[] = {{.kind = REPLY_TEXT, .text = text_of("slave")},
                            {.kind = REPLY_TEXT, .text = text_of("127.77.2.1")},
                            {.kind = REPLY_NUMBER, .text = text_of("22400")},
                            {.kind = REPLY_NUMBER, .text = text_of("22400")}};
    struct reply role = {.kind = REPLY_ARRAY, .items = items, .count = 4};
    names_put_back_reply(&names, pool, &role);
    ck_assert_str_eq(items[1].text.at, "m");
    ck_assert_str_eq(items[2].text.at, "6379");
    ck_assert_str_eq(items[3].text.at, "22400"); /* an offset, not a port */
}
END_TEST

/* --- the real server's texts ------------------------------------------------------------------------------------- */

START_TEST(test_log_lines) {
    static const struct {
        const char *line;
        const char *message; /* NULL: it is none */
    } cases[] = {
        {"23824:S 23 Nov 2026 03:24:06.652 * MASTER <-> REPLICA sync started", "MASTER <-> REPLICA sync started"},
        {"1:M 01 Jan 2026 00:00:00.000 # x", "x"},
        {"8639:signal-handler (1795404242) Received SIGTERM scheduling shutdown...",
         "Received SIGTERM scheduling shutdown..."},
        {"                _._                                                  ", NULL},
        {"23824:S 23 Nov 2026", NULL},
        {"", NULL},
        {"7:signal-handler (", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum log_level level;
        struct bytes message;
        bool is_line = real_log_line(text_of(cases[i].line), &level, &message);
        ck_assert_msg(is_line == (cases[i].message != NULL), "%s", cases[i].line);
        if (!is_line) continue;
        ck_assert_msg(message.len == strlen(cases[i].message) && memcmp(message.at, cases[i].message, message.len) == 0,
                      "%.*s", (int)message.len, message.at);
    }
}
END_TEST

START_TEST(test_log_facts) {
    static const char id[] = "823a3ec1f64182c5d2f228a4496ab67c40027ec4";
    char line[128];
    buffer_clear(&out);
    snprintf(line, sizeof line, "Trying a partial resynchronization (request %s:194730).", id);
    ck_assert(real_log_fact(text_of(line), &out));
    ck_assert_str_eq(out.at, "Trying a partial resynchronization (request <id>:#).");
    buffer_clear(&out);
    ck_assert(real_log_fact(text_of("MASTER MODE enabled (user request from 'id=3 addr=127.0.0.1:5 cmd=x')"), &out));
    ck_assert_str_eq(out.at, "MASTER MODE enabled (user");
    ck_assert(!real_log_fact(text_of("Connecting to MASTER m:6379"), &out));
}
END_TEST

static int host_word(const char *a, const char *b, const char *c, const char *d) {
    const struct bytes words[] = {text_of(a), text_of(b), text_of(c), text_of(d)};
    return redis_real()->host_word(words, *d ? 4 : *c ? 3 : 2);
}

START_TEST(test_hosts_in_commands) {
    ck_assert_int_eq(host_word("REPLICAOF", "m", "6379", ""), 1);
    ck_assert_int_eq(host_word("slaveof", "m", "6379", ""), 1);
    ck_assert_int_eq(host_word("failover", "TO", "m", "6379"), 2);
    ck_assert_int_eq(host_word("failover", "abort", "", ""), -1);
    ck_assert_int_eq(host_word("SET", "m", "6379", ""), -1); /* a key that has a node's name */
}
END_TEST

START_TEST(test_configuration) {
    const struct bytes save[] = {text_of("save"), text_of("")};
    const struct bytes port[] = {text_of("port"), text_of("7000")};
    const struct setting lines[] = {{save, 2}, {port, 2}};
    const struct real_place place = {"127.77.3.3", 22401, "/tmp/x", "log"};
    redis_real()->configure(lines, 2, &place, &out);
    ck_assert_ptr_nonnull(strstr(out.at, "save \"\"\n"));
    ck_assert_ptr_null(strstr(out.at, "7000"));
    ck_assert_ptr_nonnull(strstr(out.at, "bind 127.77.3.3\nport 22401\ndir /tmp/x\nlogfile log\n"));
}
END_TEST

START_TEST(test_pings_are_allowed_for) {
    ck_assert_ptr_nonnull(real_near("master_repl_offset", "50", "64"));
    ck_assert_ptr_null(real_near("master_repl_offset", "50", "65"));
    ck_assert_ptr_null(real_near("master_repl_offset", "50", "1450"));
    ck_assert_ptr_null(real_near("sync_full", "14", "28"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("conform");
    TCase *tests = tcase_create("texts");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_addresses);
    tcase_add_test(tests, test_texts_are_put_back);
    tcase_add_test(tests, test_replies_are_put_back);
    tcase_add_test(tests, test_log_lines);
    tcase_add_test(tests, test_log_facts);
    tcase_add_test(tests, test_hosts_in_commands);
    tcase_add_test(tests, test_configuration);
    tcase_add_test(tests, test_pings_are_allowed_for);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
