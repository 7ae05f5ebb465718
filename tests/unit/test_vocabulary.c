/* The model's words: what a scenario may say, and how wrong values are told.
 *
 * Expected messages are the real server's, read off redis-server 7.0.15; where one is installed it is asked again. */
#include <check.h>

#include "model/redis/command.h"
#include "model/redis/command_words.h"
#include "model/redis/defects.h"
#include "model/redis/directives.h"
#include "model/redis/fields.h"
#include "model/redis/info.h"
#include "model/redis/own_commands.h"
#include "model/redis/vocabulary.h"
#include "tests/unit/real_server.h"

enum { WORDS_MAX = 12 };

/* Words split at blanks; `''` is the empty word. */
static size_t split(char *line, struct bytes words[WORDS_MAX]) {
    size_t n = 0;
    for (char *w = strtok(line, " "); w && n < WORDS_MAX; w = strtok(NULL, " ")) {
        words[n++] = (struct bytes){w, strcmp(w, "''") == 0 ? 0 : strlen(w)};
    }
    return n;
}

static bool conf_ok(const char *line, char error[200]) {
    char copy[200];
    struct bytes words[WORDS_MAX];
    snprintf(copy, sizeof(copy), "%s", line);
    error[0] = '\0';
    size_t n = split(copy, words);
    return redis_vocabulary.conf_check(words, n, error, 200);
}

static bool command_ok(const char *line, char error[200]) {
    char copy[200];
    struct bytes words[WORDS_MAX];
    snprintf(copy, sizeof(copy), "%s", line);
    error[0] = '\0';
    size_t n = split(copy, words);
    return redis_vocabulary.command_check(words, n, error, 200);
}

/* --- directives --------------------------------------------------------------------------------------------------- */

START_TEST(directives_are_in_order_and_unique) {
    size_t count = 0;
    for (; redis_directives[count + 1].name; count++) {
        ck_assert_int_lt(strcmp(redis_directives[count].name, redis_directives[count + 1].name), 0);
    }
    ck_assert_uint_gt(count, 190);
}
END_TEST

/* Lines that the real server accepts, and the model simulates or need not simulate. */
static const char *const good_lines[] = {
    "repl-timeout 1",
    "REPL-TIMEOUT 60",
    "repl-backlog-size 16384",
    "repl-backlog-size 1mb",
    "repl-backlog-size 1M",
    "repl-backlog-ttl 0",
    "repl-diskless-sync No",
    "repl-diskless-load on-empty-db",
    "repl-diskless-load SWAPDB",
    "client-output-buffer-limit replica 256mb 64mb 60",
    "client-output-buffer-limit slave 0 0 0 normal 1k 1k 1",
    "save ''",
    "save 3600 1",
    "save 3600 1 300 100 60 10000",
    "save 900 0",
    "replicaof m 6379",
    "slaveof no one",
    "port 0",
    "port 65535",
    "hz 0",
    "min-replicas-to-write 1",
    "min-slaves-max-lag 0",
    "rdb-key-save-delay -10",
    "key-load-delay 5",
    "loading-process-events-interval-bytes 1024",
    "appendonly no",
    "appendfsync everysec",
    "maxmemory 0",
    "maxmemory-clients 0",
    "databases 16",
    "dbfilename other.rdb",
    "loglevel debug",
    "unixsocketperm 700",
    "shutdown-on-sigterm default",
    "notify-keyspace-events ''",
    "bind 127.0.0.1 ::1",
};

START_TEST(good_lines_are_accepted) {
    char error[200];
    ck_assert_msg(conf_ok(good_lines[_i], error), "%s: %s", good_lines[_i], error);
}
END_TEST

static const struct {
    const char *line, *error; /* as the real server words it */
} bad_lines[] = {
    {"repl-timeout abc", "argument couldn't be parsed into an integer"},
    {"repl-timeout 1x", "argument couldn't be parsed into an integer"},
    {"repl-timeout 010", "argument couldn't be parsed into an integer"},
    {"repl-timeout +1", "argument couldn't be parsed into an integer"},
    {"repl-timeout 99999999999999999999", "argument couldn't be parsed into an integer"},
    {"repl-timeout 0", "argument must be between 1 and 2147483647 inclusive"},
    {"repl-timeout 2147483648", "argument must be between 1 and 2147483647 inclusive"},
    {"repl-timeout -1", "argument must be between 1 and 2147483647 inclusive"},
    {"repl-timeout", "wrong number of arguments"},
    {"repl-timeout 1 2", "wrong number of arguments"},
    {"repl-ping-replica-period 0", "argument must be between 1 and 2147483647 inclusive"},
    {"repl-backlog-ttl -1", "argument must be between 0 and 9223372036854775807 inclusive"},
    {"repl-backlog-size 0", "argument must be between 1 and 9223372036854775807 inclusive"},
    {"repl-backlog-size 1xb", "argument must be a memory value"},
    {"repl-backlog-size 1.5mb", "argument must be a memory value"},
    {"repl-backlog-size -5", "argument must be a memory value"},
    {"client-query-buffer-limit 1mb1", "argument must be a memory value"},
    {"client-query-buffer-limit 1m", "argument must be between 1048576 and 9223372036854775807 inclusive"},
    {"appendonly maybe", "argument must be 'yes' or 'no'"},
    {"slave-read-only 1", "argument must be 'yes' or 'no'"},
    {"repl-diskless-load foo", "argument(s) must be one of the following: disabled, on-empty-db, swapdb"},
    {"loglevel foo", "argument(s) must be one of the following: debug, verbose, notice, warning"},
    {"client-output-buffer-limit replica 1mb", "Wrong number of arguments in buffer limit configuration."},
    {"client-output-buffer-limit foo 1mb 1mb 1", "Invalid client class specified in buffer limit configuration."},
    {"client-output-buffer-limit replica 1mb 1mb -1",
     "Error in hard, soft or soft_seconds setting in buffer limit configuration."},
    {"client-output-buffer-limit replica 1zz 1mb 1",
     "Error in hard, soft or soft_seconds setting in buffer limit configuration."},
    {"save 900", "Invalid save parameters"},
    {"save 900 x", "Invalid save parameters"},
    {"save 0 1", "Invalid save parameters"},
    {"save 900 -1", "Invalid save parameters"},
    {"save 900 1 300", "Invalid save parameters"},
    {"replicaof m", "wrong number of arguments"},
    {"replicaof m b", "Invalid master port"},
    {"replicaof m 99999", "Invalid master port"},
    {"port 70000", "argument must be between 0 and 65535 inclusive"},
    {"databases 0", "argument must be between 1 and 2147483647 inclusive"},
    {"databases x", "argument couldn't be parsed into an integer"},
    {"dbfilename a/b", "dbfilename can't be a path, just a filename"},
    {"maxmemory -1", "argument must be a memory value"},
    {"maxclients 0", "argument must be between 1 and 4294967295 inclusive"},
    {"unixsocketperm 9", "argument couldn't be parsed as an octal number"},
    {"nosuch 3", "Bad directive or wrong number of arguments"},
};

START_TEST(bad_lines_are_told_as_the_real_server_does) {
    char error[200], name[64];
    ck_assert(!conf_ok(bad_lines[_i].line, error));
    snprintf(name, sizeof(name), "%.*s: ", (int)strcspn(bad_lines[_i].line, " "), bad_lines[_i].line);
    ck_assert_msg(strncmp(error, name, strlen(name)) == 0, "%s", error);
    ck_assert_str_eq(error + strlen(name), bad_lines[_i].error);
}
END_TEST

START_TEST(what_is_not_simulated_is_refused) {
    static const char *const lines[] = {
        "maxmemory-clients 100mb",       "cluster-enabled yes", "databases 32",  "rename-command GET X",
        "include /etc/redis/other.conf", "user alice on",       "tls-port 6380", "activedefrag yes",
    };
    char error[200];
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert_msg(!conf_ok(lines[i], error), "%s", lines[i]);
        ck_assert_msg(strstr(error, "simulated yet") != NULL, "%s", error);
    }
}
END_TEST

START_TEST(errors_never_overrun_their_room) {
    char error[16];
    memset(error, 'x', sizeof(error));
    struct bytes words[] = {{"repl-diskless-load", 18}, {"no", 2}};
    ck_assert(!directive_check(words, 2, error, 8));
    ck_assert_uint_eq(strlen(error), 7);
    ck_assert_int_eq(error[8], 'x');
}
END_TEST

START_TEST(sizes_are_read) {
    static const struct {
        const char *text;
        uint64_t size;
    } sizes[] = {{"0", 0},
                 {"512", 512},
                 {"1b", 1},
                 {"64k", 64000},
                 {"64kb", 65536},
                 {"1M", 1000000},
                 {"1mB", 1048576},
                 {"2g", 2000000000},
                 {"2gb", 2147483648u},
                 {"99999999999gb", UINT64_MAX},
                 {"99999999999999999999999", UINT64_MAX}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t size = 1;
        ck_assert(directive_read_size((struct bytes){sizes[i].text, strlen(sizes[i].text)}, &size));
        ck_assert_uint_eq(size, sizes[i].size);
    }
    static const char *const none[] = {"", "kb", "-1", "1 kb", "1t", "0x10", "1kbb"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        uint64_t size;
        ck_assert(!directive_read_size((struct bytes){none[i], strlen(none[i])}, &size));
    }
}
END_TEST

static bool in_tables(const char *name, bool directives) {
    if (!directives) {
        for (const struct command_word *w = redis_command_words; w->name; w++) {
            if (strcmp(w->name, name) == 0) return true;
        }
        return false;
    }
    for (const struct directive *d = redis_directives; d->name; d++) {
        if (strcmp(d->name, name) == 0) return true;
    }
    return false;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

/* SUPPORTED are those that a server executes: data commands, and its own ones that it has a function for. */
START_TEST(supported_commands_are_those_that_a_server_executes) {
    struct server s = {.pool = pool_create()};
    own_commands_bind(&s);
    for (const struct command_word *w = redis_command_words; w->name; w++) {
        const struct command *c = command_find((struct bytes){w->name, strlen(w->name)});
        bool executed = c && (c->run || s.own_commands[c - command_table()]);
        ck_assert_msg((w->support == SUPPORTED) == executed, "%s", w->name);
        if (w[1].name) ck_assert_int_lt(strcmp(w->name, w[1].name), 0);
    }
    for (const struct command *c = command_table(); c->name; c++) {
        ck_assert_msg(in_tables(c->name, false), "%s", c->name);
    }
    pool_destroy(s.pool);
}
END_TEST

START_TEST(commands_are_checked) {
    static const char *const good[] = {
        "GET k",
        "set k v",
        "SET k v EX 10",
        "INCR k",
        "LPUSH l a b c",
        "CONFIG SET hz 5",
        "config get *",
        "CLIENT KILL TYPE normal",
        "DEBUG SLEEP 0.1",
        "DEBUG DIGEST",
        "PSYNC ? -1",
        "REPLICAOF m 6379",
        "INFO",
        "INFO replication",
        "WAIT 1 0",
    };
    char error[200];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(command_ok(good[i], error), "%s: %s", good[i], error);
    }
    ck_assert(!command_ok("GET", error));
    ck_assert_str_eq(error, "wrong number of arguments for 'get' command");
    ck_assert(!command_ok("get a b", error));
    ck_assert_str_eq(error, "wrong number of arguments for 'get' command");
    ck_assert(!command_ok("NOSUCH a", error));
    ck_assert_str_eq(error, "unknown command 'NOSUCH'");
    ck_assert(!command_ok("CONFIG SET hz", error));
    ck_assert_str_eq(error, "wrong number of arguments for 'config|set' command");
    ck_assert(!command_ok("CONFIG NOSUCH", error));
    ck_assert_str_eq(error, "unknown subcommand 'NOSUCH' of 'config'");
    ck_assert(!command_ok("DEBUG SEGFAULT", error));
    ck_assert_str_eq(error, "unknown subcommand 'SEGFAULT' of 'debug'");
    ck_assert(!command_ok("CLUSTER INFO", error));
    ck_assert_str_eq(error, "cluster is not simulated yet");
}
END_TEST

/* {m.field} and the like: words that are only known when they are sent. */
START_TEST(words_with_substitutions_are_not_judged) {
    char error[200];
    struct bytes sub[] = {{"CONFIG", 6}, {NULL, 0}, {"a", 1}, {NULL, 0}};
    ck_assert(redis_vocabulary.command_check(sub, 4, error, sizeof(error)));
    struct bytes key[] = {{"GET", 3}, {NULL, 0}};
    ck_assert(redis_vocabulary.command_check(key, 2, error, sizeof(error)));
    struct bytes name[] = {{NULL, 0}, {"a", 1}};
    ck_assert(!redis_vocabulary.command_check(name, 2, error, sizeof(error)));
}
END_TEST

/* --- fields, checks, defects -------------------------------------------------------------------------------------- */

START_TEST(fields_are_known_by_name) {
    static const char *const known[] = {
        "role",
        "master_repl_offset",
        "sync_full",
        "slave0",
        "slave12",
        "db0",
        "db15",
        "dbsize",
        "digest",
        "alive",
        "lag_bytes",
        "lag_time",
        "memory",
        "rdb_last_cow_size",
        "master_link_down_since_seconds",
    };
    static const char *const unknown[] = {"",   "slave", "slave-1", "slave01", "slave10000", "db16",
                                          "db", "db00",  "nosuch",  "ROLE",    "slave0x"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) ck_assert(redis_vocabulary.field_known(known[i]));
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        ck_assert_msg(!redis_vocabulary.field_known(unknown[i]), "%s", unknown[i]);
    }
    for (size_t i = 0; redis_vocabulary.fields[i]; i++)
        ck_assert(redis_vocabulary.field_known(redis_vocabulary.fields[i]));
}
END_TEST

static bool is_check(const char *name) {
    for (const struct check_word *c = redis_vocabulary.checks; c->name; c++) {
        if (strcmp(c->name, name) == 0) return true;
    }
    return false;
}

START_TEST(every_defect_names_its_source_and_its_checker) {
    size_t count = 0;
    for (const struct defect_word *d = redis_vocabulary.defects; d->name; d++, count++) {
        ck_assert_int_eq(defect_find(d->name), (int)count);
        ck_assert(d->summary && d->summary[0] && d->source && d->source[0]);
        ck_assert_msg(is_check(d->checker), "%s: no check %s", d->name, d->checker);
    }
    ck_assert_uint_eq(count, DEFECT_COUNT);
    ck_assert_int_eq(defect_find("nosuch"), -1);
}
END_TEST

START_TEST(checks_stand_in_the_contracts_order) {
    static const char *const order[] = {"converged", "prefix",   "digest",  "offsets",      "lineage",
                                        "snapshot",  "stream",   "wait",    "min-replicas", "expiry",
                                        "memory",    "liveness", "settled", "linearizable", "sessions"};
    size_t n = 0;
    for (const struct check_word *c = redis_vocabulary.checks; c->name; c++, n++) {
        ck_assert_uint_lt(n, sizeof(order) / sizeof(order[0]));
        ck_assert_str_eq(c->name, order[n]);
    }
    ck_assert_uint_eq(n, sizeof(order) / sizeof(order[0]));
}
END_TEST

/* --- beside the real server --------------------------------------------------------------------------------------- */

/* Every `step`-th bulk string of a reply of bulk strings is in the tables; how many there were. */
static size_t check_names(char *reply, unsigned step, bool directives) {
    size_t names = 0, bulks = 0;
    char *save = NULL;
    for (char *line = strtok_r(reply, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
        if (line[0] != '$') continue;
        bool empty = strcmp(line, "$0") == 0;
        if (!empty) line = strtok_r(NULL, "\r\n", &save);
        if (bulks++ % step != 0 || strchr(line, '|')) continue;
        ck_assert_msg(in_tables(line, directives), "the real server has %s", line);
        names++;
    }
    return names;
}

START_TEST(all_words_of_the_real_server_are_known) {
    struct real_server r;
    if (!real_server_is_installed()) return;
    ck_assert(real_server_start(&r, NULL));
    char *config = real_server_ask(&r, "CONFIG GET *"), *commands = real_server_ask(&r, "COMMAND LIST");
    real_server_stop(&r);
    ck_assert_uint_gt(check_names(config, 2, true), 180);
    ck_assert_uint_gt(check_names(commands, 1, false), 200);
    free(config);
    free(commands);
}
END_TEST

/* What the real server says of a redis.conf line: "" if nothing. A second line stops it in any case. */
static void ask_conf(const char *line, char *error, size_t room) {
    char path[] = "/tmp/detsim-conf-XXXXXX", command[100], output[4000];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    dprintf(fd, "%s\nnosuch-directive-ends-it\n", line);
    close(fd);
    snprintf(command, sizeof(command), "redis-server %s 2>&1 < /dev/null", path);
    real_output(command, output, sizeof(output));
    unlink(path);
    char *at = strstr(output, "at line 1\n"), *quoted = at ? strstr(at, ">>> ") : NULL;
    char *message = quoted ? strchr(quoted, '\n') : NULL;
    error[0] = '\0';
    if (message) snprintf(error, room, "%.*s", (int)strcspn(message + 1, "\n"), message + 1);
}

START_TEST(the_real_server_says_the_same) {
    char error[200];
    if (!real_server_is_installed()) return;
    for (size_t i = 0; i < sizeof(good_lines) / sizeof(good_lines[0]); i++) {
        ask_conf(good_lines[i], error, sizeof(error));
        ck_assert_msg(error[0] == '\0', "%s: %s", good_lines[i], error);
    }
    for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
        ask_conf(bad_lines[i].line, error, sizeof(error));
        ck_assert_msg(strcmp(error, bad_lines[i].error) == 0, "%s: %s", bad_lines[i].line, error);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("vocabulary");
    TCase *tables = tcase_create("tables"), *beside = tcase_create("beside the real server");
    tcase_add_test(tables, directives_are_in_order_and_unique);
    tcase_add_loop_test(tables, good_lines_are_accepted, 0, sizeof(good_lines) / sizeof(good_lines[0]));
    tcase_add_loop_test(tables, bad_lines_are_told_as_the_real_server_does, 0,
                        sizeof(bad_lines) / sizeof(bad_lines[0]));
    tcase_add_test(tables, what_is_not_simulated_is_refused);
    tcase_add_test(tables, errors_never_overrun_their_room);
    tcase_add_test(tables, sizes_are_read);
    tcase_add_test(tables, supported_commands_are_those_that_a_server_executes);
    tcase_add_test(tables, commands_are_checked);
    tcase_add_test(tables, words_with_substitutions_are_not_judged);
    tcase_add_test(tables, fields_are_known_by_name);
    tcase_add_test(tables, every_defect_names_its_source_and_its_checker);
    tcase_add_test(tables, checks_stand_in_the_contracts_order);
    tcase_add_test(beside, all_words_of_the_real_server_are_known);
    tcase_add_test(beside, the_real_server_says_the_same);
    tcase_set_timeout(beside, 30);
    suite_add_tcase(suite, tables);
    suite_add_tcase(suite, beside);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
