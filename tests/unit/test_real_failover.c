/* FAILOVER and CLIENT PAUSE beside the real server: replies, log lines, roles, ids and offsets.
 *
 * Method: a play (commands to a master and its two replicas, and pauses between them) is given by real servers on
 * loopback and by modelled ones. Every reply must be equal, so must the log lines that each node wrote (sorted: what
 * two sockets tell at one instant has no order), what INFO shows of replication, and which ids of the three are the
 * same. */
#include <check.h>
#include <sys/time.h>

#include "tests/unit/model_rig.h"
#include "tests/unit/real_server.h"

enum { NODES = 3, LINES_MAX = 2000, STEPS_MAX = 40, REPLY_MAX = 300 };

static const char *const names[NODES] = {"m", "r", "x"};

struct step {
    int node;
    const char *command; /* "@r" stands for r's host and port */
    int wait_ms;         /* after it */
};

/* What one side did. */
struct outcome {
    char replies[STEPS_MAX][REPLY_MAX];
    char *lines[NODES][LINES_MAX];
    size_t line_count[NODES];
    char state[NODES][2000];
    char ids[NODES * NODES * 2 + 1];
};

static struct outcome real_outcome, model_outcome;
static struct real_server servers[NODES];
static struct rig rig;

/* --- making alike ------------------------------------------------------------------------------------------------ */

static void replace_all(char *text, size_t room, const char *what, const char *by) {
    char out[4000];
    size_t n = 0, len = strlen(what);
    ck_assert_uint_gt(len, 0);
    for (const char *at = text; *at && n + strlen(by) + 2 < sizeof(out);) {
        if (strncmp(at, what, len) == 0) {
            n += (size_t)sprintf(out + n, "%s", by);
            at += len;
        } else {
            out[n++] = *at++;
        }
    }
    out[n] = '\0';
    snprintf(text, room, "%s", out);
}

static void hide_ids(char *text) {
    for (char *at = text; *at; at++) {
        if (strspn(at, "0123456789abcdef") != 40) continue;
        memset(at, '@', 40);
        at += 39;
    }
}

/* Of a snapshot's making and loading, which is compared elsewhere. */
static bool is_about_snapshots(const char *line) {
    static const char *const words[] = {"RDB",        "BGSAVE",   "rdb", "Flushing old",
                                        "Loading DB", "streamed", "CoW", "DB saved"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(line, words[i])) return true;
    return false;
}

static void keep_line(struct outcome *o, size_t node, const char *line) {
    if (is_about_snapshots(line)) return;
    char text[4000];
    snprintf(text, sizeof text, "%s", line);
    for (size_t i = 0; i < NODES; i++) {
        char address[40];
        snprintf(address, sizeof address, "127.0.0.1:%d", servers[i].port);
        replace_all(text, sizeof text, address, names[i]);
        snprintf(address, sizeof address, "%s:6379", names[i]);
        replace_all(text, sizeof text, address, names[i]);
    }
    hide_ids(text);
    char *client = strstr(text, " from 'id=");
    if (client) *client = '\0';
    ck_assert_uint_lt(o->line_count[node], LINES_MAX);
    o->lines[node][o->line_count[node]++] = strdup(text);
}

static int compare_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(struct outcome *o) {
    for (size_t i = 0; i < NODES; i++)
        for (size_t k = 0; k < o->line_count[i]; k++) free(o->lines[i][k]);
    memset(o, 0, sizeof *o);
}

/* The value of an INFO field, "" if it is not shown. */
static const char *field_of(const char *info, const char *name, char *value, size_t room) {
    char begin[60];
    snprintf(begin, sizeof begin, "\n%s:", name);
    const char *at = strstr(info, begin);
    snprintf(value, room, "%.*s", at ? (int)strcspn(at + strlen(begin), "\r") : 0, at ? at + strlen(begin) : "");
    return value;
}

static void keep_state(struct outcome *o, size_t node, const char *info) {
    static const char *const fields[] = {"role",
                                         "master_link_status",
                                         "connected_slaves",
                                         "slave_repl_offset",
                                         "slave_read_repl_offset",
                                         "master_failover_state",
                                         "master_repl_offset",
                                         "second_repl_offset",
                                         "repl_backlog_first_byte_offset",
                                         "repl_backlog_histlen"};
    size_t used = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char value[60];
        used += (size_t)snprintf(o->state[node] + used, sizeof o->state[node] - used, "%s:%s ", fields[i],
                                 field_of(info, fields[i], value, sizeof value));
    }
}

/* Which of the six ids are equal to which: each becomes the letter of the first one that is the same. */
static void keep_ids(struct outcome *o, char *const info[NODES]) {
    char ids[NODES * 2][60];
    for (size_t i = 0; i < NODES; i++) {
        field_of(info[i], "master_replid", ids[2 * i], sizeof ids[0]);
        field_of(info[i], "master_replid2", ids[2 * i + 1], sizeof ids[0]);
    }
    for (size_t i = 0; i < NODES * 2; i++) {
        size_t first = 0;
        while (strcmp(ids[first], ids[i]) != 0) first++;
        o->ids[i] = (char)('a' + first);
        if (strspn(ids[i], "0") == 40) o->ids[i] = '0';
    }
}

/* --- the real servers --------------------------------------------------------------------------------------------- */

static void write_command(char *out, size_t room, const char *command, bool real) {
    snprintf(out, room, "%s", command);
    for (size_t i = 0; i < NODES; i++) {
        char short_name[8], address[40];
        snprintf(short_name, sizeof short_name, "@%s", names[i]);
        if (real)
            snprintf(address, sizeof address, "127.0.0.1 %d", servers[i].port);
        else
            snprintf(address, sizeof address, "%s 6379", names[i]);
        replace_all(out, room, short_name, address);
    }
}

static bool real_shows(size_t node, const char *text) {
    char *info = real_server_ask(&servers[node], "INFO");
    bool found = strstr(info, text) != NULL;
    free(info);
    return found;
}

static void await_real(size_t node, const char *text) {
    for (int i = 0; i < 300; i++) {
        if (real_shows(node, text)) return;
    }
    ck_abort_msg("the real %s did not get to %s", names[node], text);
}

/* Whether both replicas have acknowledged all that the master has sent. */
static bool real_all_acknowledged(void) {
    char wanted[40], *info = real_server_ask(&servers[0], "INFO replication");
    const char *offset = strstr(info, "master_repl_offset:");
    snprintf(wanted, sizeof wanted, "offset=%lld,", offset ? strtoll(offset + 19, NULL, 10) : -1);
    const char *first = strstr(info, wanted);
    bool all = first && strstr(first + 1, wanted);
    free(info);
    return all;
}

static void start_real(void) {
    for (size_t i = 0; i < NODES; i++) {
        char of[40];
        snprintf(of, sizeof of, "127.0.0.1 %d", servers[0].port);
        const char *arguments[] = {"--repl-diskless-sync-delay",
                                   "0",
                                   "--repl-ping-replica-period",
                                   "3600",
                                   "--logfile",
                                   "log",
                                   i ? "--replicaof" : NULL,
                                   of,
                                   NULL};
        ck_assert(real_server_start(&servers[i], arguments));
        if (i) await_real(i, "master_link_status:up");
    }
    await_real(0, "slave1:");
    /* Until a replica has acknowledged a write it may still be waiting for the stream to be let go. */
    free(real_server_ask(&servers[0], "SET before v"));
    for (int i = 0; i < 400; i++)
        if (real_all_acknowledged()) return;
    ck_abort_msg("the real replicas acknowledge nothing");
}

static FILE *open_log(size_t node) {
    char path[100];
    snprintf(path, sizeof path, "%s/log", servers[node].dir);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void read_logs(const long *from) {
    for (size_t i = 0; i < NODES; i++) {
        char line[4000];
        FILE *file = open_log(i);
        fseek(file, from[i], SEEK_SET);
        while (fgets(line, sizeof line, file)) {
            /* "123:M 23 Nov 2026 02:59:26.207 * text" */
            char *text = line;
            for (int blanks = 0; blanks < 6 && *text; text++) blanks += *text == ' ';
            text[strcspn(text, "\n")] = '\0';
            if (!strstr(line, ":C ")) keep_line(&real_outcome, i, text);
        }
        fclose(file);
    }
}

static void play_real(const struct step *steps, size_t count) {
    long from[NODES];
    for (size_t i = 0; i < NODES; i++) {
        FILE *file = open_log(i);
        fseek(file, 0, SEEK_END);
        from[i] = ftell(file);
        fclose(file);
    }
    for (size_t i = 0; i < count; i++) {
        char command[200];
        write_command(command, sizeof command, steps[i].command, true);
        char *reply = real_server_ask(&servers[steps[i].node], command);
        snprintf(real_outcome.replies[i], REPLY_MAX, "%s", reply);
        free(reply);
        usleep((useconds_t)steps[i].wait_ms * 1000);
    }
    char *info[NODES];
    for (size_t i = 0; i < NODES; i++) {
        info[i] = real_server_ask(&servers[i], "INFO replication");
        keep_state(&real_outcome, i, info[i]);
    }
    keep_ids(&real_outcome, info);
    for (size_t i = 0; i < NODES; i++) free(info[i]);
    read_logs(from);
}

/* --- the modelled servers ----------------------------------------------------------------------------------------- */

static bool hearing;

static void hear_log(void *ctx, const struct happening *h) {
    (void)ctx;
    if (!hearing) return;
    char line[4000];
    snprintf(line, sizeof line, "%.*s", (int)h->len, h->text);
    keep_line(&model_outcome, h->node, line);
}

static void start_model(void) {
    static const struct rig_node nodes[NODES] = {
        {"m", RIG_ALONE, "repl-diskless-sync-delay 0;repl-ping-replica-period 3600;save ''", NULL, 0},
        {"r", 0, "repl-diskless-sync-delay 0;repl-ping-replica-period 3600;save ''", NULL, 0},
        {"x", 0, "repl-diskless-sync-delay 0;repl-ping-replica-period 3600;save ''", NULL, 0}};
    struct buffer why;
    hearing = false;
    rig_open(&rig, 1, nodes, NODES);
    trace_listen(rig.trace, TRACE_LOG, TRACE_LOG, hear_log, NULL);
    buffer_init(&why, rig.pool);
    rig_run_until(&rig, 3 * SIM_SECOND);
    ck_assert_msg(rig_settle(&rig, 10 * SIM_SECOND, &why), "%s", why.at);
    rig_command(&rig, 0, "SET before v");
    rig_run_until(&rig, world_now(rig.world) + 1500 * SIM_MS);
}

/* A command may have to wait for its reply. */
static const char *ask_model(size_t node, const char *command) {
    rig_command(&rig, node, command);
    sim_time limit = world_now(rig.world) + 5 * SIM_SECOND;
    while (rig.replies[node].len == 0 && world_next(rig.world) <= limit) world_step(rig.world);
    const struct buffer *reply = &rig.replies[node];
    return reply->len ? pool_strndup(rig.pool, reply->at, reply->len) : "";
}

static void play_model(const struct step *steps, size_t count) {
    hearing = true;
    for (size_t i = 0; i < count; i++) {
        char command[200];
        write_command(command, sizeof command, steps[i].command, false);
        snprintf(model_outcome.replies[i], REPLY_MAX, "%s", ask_model((size_t)steps[i].node, command));
        /* Reading a real reply takes 50 ms longer. */
        rig_run_until(&rig, world_now(rig.world) + (steps[i].wait_ms + 50) * SIM_MS);
    }
    char *info[NODES];
    for (size_t i = 0; i < NODES; i++) {
        info[i] = strdup(ask_model(i, "INFO replication"));
        keep_state(&model_outcome, i, info[i]);
    }
    keep_ids(&model_outcome, info);
    for (size_t i = 0; i < NODES; i++) free(info[i]);
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static void compare_logs(size_t node) {
    struct outcome *a = &real_outcome, *b = &model_outcome;
    qsort(a->lines[node], a->line_count[node], sizeof(char *), compare_text);
    qsort(b->lines[node], b->line_count[node], sizeof(char *), compare_text);
    for (size_t i = 0, k = 0; i < a->line_count[node] || k < b->line_count[node]; i++, k++) {
        const char *real = i < a->line_count[node] ? a->lines[node][i] : "(no more)";
        const char *model = k < b->line_count[node] ? b->lines[node][k] : "(no more)";
        ck_assert_msg(strcmp(real, model) == 0, "%s logs:\n real  %s\n model %s", names[node], real, model);
    }
}

static void compare_play(const struct step *steps, size_t count) {
    ck_assert_uint_le(count, STEPS_MAX);
    start_real();
    start_model();
    play_real(steps, count);
    play_model(steps, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(strcmp(real_outcome.replies[i], model_outcome.replies[i]) == 0, "%s> %s\n real  %s model %s",
                      names[steps[i].node], steps[i].command, real_outcome.replies[i], model_outcome.replies[i]);
    }
    for (size_t i = 0; i < NODES; i++) {
        ck_assert_msg(strcmp(real_outcome.state[i], model_outcome.state[i]) == 0, "%s:\n real  %s\n model %s", names[i],
                      real_outcome.state[i], model_outcome.state[i]);
    }
    ck_assert_str_eq(model_outcome.ids, real_outcome.ids);
    for (size_t i = 0; i < NODES; i++) compare_logs(i);
}

static void stop_all(void) {
    for (size_t i = 0; i < NODES; i++) real_server_stop(&servers[i]);
    rig_close(&rig);
    forget(&real_outcome);
    forget(&model_outcome);
}

/* --- plays -------------------------------------------------------------------------------------------------------- */

enum { M, R, X };

#define PLAY(...)                                                                                                      \
    do {                                                                                                               \
        static const struct step steps[] = {__VA_ARGS__};                                                              \
        compare_play(steps, sizeof steps / sizeof *steps);                                                             \
    } while (0)

START_TEST(refusals_without_a_failover) {
    PLAY({M, "FAILOVER ABORT", 0}, {M, "FAILOVER ABORT X", 0}, {M, "FAILOVER TO", 0}, {M, "FAILOVER TO h", 0},
         {M, "FAILOVER TO h x", 0}, {M, "FAILOVER TO h 1", 0}, {M, "FAILOVER TO h 70000", 0},
         {M, "FAILOVER TO h -1", 0}, {M, "FAILOVER TIMEOUT", 0}, {M, "FAILOVER TIMEOUT x", 0},
         {M, "FAILOVER TIMEOUT 1.5", 0}, {M, "FAILOVER TIMEOUT 0", 0}, {M, "FAILOVER TIMEOUT -1", 0},
         {M, "FAILOVER TIMEOUT -1 BAD", 0}, {M, "FAILOVER BAD TIMEOUT -1", 0}, {M, "FAILOVER TIMEOUT 5 TIMEOUT 6", 0},
         {M, "FAILOVER TO h 1 TO h 1", 0}, {M, "FAILOVER FORCE FORCE", 0}, {M, "FAILOVER TIMEOUT 5 ABORT", 0},
         {M, "FAILOVER TIMEOUT 99999999999999999999", 0}, {M, "FAILOVER FORCE", 0}, {M, "FAILOVER FORCE TIMEOUT 5", 0},
         {M, "FAILOVER FORCE TO @r", 0}, {M, "FAILOVER FORCE TO h 1 TIMEOUT 5", 0}, {R, "FAILOVER", 0},
         {R, "FAILOVER ABORT", 0}, {R, "FAILOVER FORCE", 0}, {R, "FAILOVER TIMEOUT -1", 0}, {R, "FAILOVER TO @m", 0},
         {X, "REPLICAOF NO ONE", 0}, {X, "FAILOVER", 0}, {X, "FAILOVER TO @r", 0}, {X, "FAILOVER FORCE", 0},
         {X, "PSYNC 0000000000000000000000000000000000000000 1 FAILOVER", 0},
         {R, "PSYNC 0000000000000000000000000000000000000000 1 FAILOVER", 0}, {R, "PSYNC ? -1 failover", 0});
}
END_TEST

/* The GETACK of WAIT makes the replicas acknowledge an offset below the master's: the failover has to wait for their
 * next cron, and the write with it. */
START_TEST(to_a_target) {
    PLAY({M, "SET k v", 0}, {M, "WAIT 2 1000", 0}, {M, "FAILOVER TO @r", 0}, {M, "SET k x", 300}, {R, "SET k w", 1300},
         {M, "GET k", 0}, {X, "GET k", 0}, {X, "REPLICAOF @r", 500}, {R, "SET k y", 1300}, {X, "GET k", 0},
         {R, "FAILOVER TO @m TIMEOUT 3000", 1500}, {M, "SET k z", 1300}, {R, "GET k", 0});
}
END_TEST

START_TEST(to_any) {
    /* r holds its master's stream back, so x it is. */
    PLAY({R, "CLIENT PAUSE 4000 WRITE", 0}, {M, "SET k v", 0}, {M, "FAILOVER", 1500}, {M, "GET k", 0},
         {X, "SET k w", 3500}, {R, "GET k", 0});
}
END_TEST

START_TEST(time_over) {
    PLAY({R, "CLIENT PAUSE 4000 WRITE", 0}, {M, "SET k v", 0}, {M, "FAILOVER TO @r TIMEOUT 800", 0},
         {M, "INFO nothing", 0}, {M, "SET k w", 0}, {M, "FAILOVER ABORT", 4500}, {R, "GET k", 0});
}
END_TEST

START_TEST(time_over_with_force) {
    PLAY({M, "SET k v", 1300}, {R, "CLIENT PAUSE 6000 WRITE", 0}, {M, "SET k lost", 1300},
         {M, "FAILOVER TO @r TIMEOUT 500 FORCE", 0}, {M, "SET k x", 1500}, {M, "GET k", 0}, {X, "GET k", 0},
         {R, "SET k w", 1500}, {M, "GET k", 0});
}
END_TEST

START_TEST(refusals_while_waiting) {
    PLAY({R, "CLIENT PAUSE 3000 WRITE", 0}, {M, "SET k v", 0}, {M, "FAILOVER TO @r", 0}, {M, "FAILOVER", 0},
         {M, "FAILOVER BAD", 0}, {M, "FAILOVER FORCE", 0}, {M, "FAILOVER TIMEOUT -1", 0}, {M, "REPLICAOF @r", 0},
         {M, "REPLICAOF NO ONE", 0}, {M, "REPLICAOF h x", 0}, {M, "PSYNC ? -1", 0}, {M, "SYNC", 0},
         {M, "CLIENT UNPAUSE", 0}, {M, "GET k", 0}, {M, "FAILOVER ABORT", 0}, {M, "FAILOVER ABORT", 0},
         {M, "SET k w", 4000}, {R, "GET k", 0});
}
END_TEST

/* r answers nothing, not even PING: m has handed over and waits. ABORT makes it a master again. */
START_TEST(abort_in_progress) {
    PLAY({M, "SET k v", 1300}, {R, "CLIENT PAUSE 4000 ALL", 0}, {M, "FAILOVER TO @r", 300}, {M, "SET k w", 0},
         {M, "GET k", 0}, {M, "FAILOVER", 0}, {M, "REPLICAOF NO ONE", 0}, {M, "PSYNC ? -1", 0}, {X, "GET k", 0},
         {M, "FAILOVER ABORT", 0}, {M, "SET k x", 4500}, {R, "GET k", 0}, {X, "GET k", 1000});
}
END_TEST

/* A target that is nobody's replica any more says no. */
START_TEST(refused_by_the_target) {
    PLAY({M, "SET k v", 1300}, {R, "CLIENT PAUSE 1500 ALL", 0}, {M, "FAILOVER TO @r", 300}, {M, "FAILOVER ABORT", 3000},
         {R, "CLIENT PAUSE 5000 WRITE", 0}, {M, "SET k w", 300}, {X, "REPLICAOF NO ONE", 0},
         {M, "FAILOVER TO @r FORCE TIMEOUT 700", 0}, {R, "REPLICAOF NO ONE", 0}, {M, "SET k x", 2500}, {M, "ROLE", 0});
}
END_TEST

START_TEST(pauses) {
    PLAY({M, "CLIENT PAUSE", 0}, {M, "CLIENT PAUSE x", 0}, {M, "CLIENT PAUSE -1", 0}, {M, "CLIENT PAUSE 1 x", 0},
         {M, "CLIENT PAUSE x y", 0}, {M, "CLIENT PAUSE 1.5", 0}, {M, "CLIENT PAUSE 9223372036854775807 WRITE", 0},
         {M, "SET k v", 0}, {M, "CLIENT UNPAUSE x", 0}, {M, "CLIENT UNPAUSE", 0}, {M, "SET e v PX 700", 0},
         {M, "CLIENT PAUSE 1500 WRITE", 0}, {M, "SET k", 0}, {M, "NOSUCH", 900}, {M, "GET e", 0}, {M, "DBSIZE", 0},
         {M, "MULTI", 0}, {M, "PUBLISH c x", 300}, {M, "EXEC", 0}, {M, "DBSIZE", 0});
}
END_TEST

/* A move that waited in vain says so as a pop does; in MULTI, where nothing waits, as a move. */
START_TEST(blocking_moves) {
    PLAY({M, "BLMOVE a b LEFT RIGHT 0.1", 0}, {M, "BRPOPLPUSH a b 0.1", 0}, {M, "BLPOP a 0.1", 0}, {M, "MULTI", 0},
         {M, "BLMOVE a b LEFT RIGHT 0.1", 0}, {M, "BRPOPLPUSH a b 0.1", 0}, {M, "BLPOP a 0.1", 0}, {M, "EXEC", 0});
}
END_TEST

/* --- when a pause ends -------------------------------------------------------------------------------------------- */

static int64_t real_ms(void) {
    struct timeval t;
    gettimeofday(&t, NULL);
    return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

/* How long a command had to wait, ms. */
static int64_t real_wait(size_t node, const char *command) {
    struct timeval patience = {.tv_sec = 5};
    setsockopt(servers[node].socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int64_t before = real_ms();
    dprintf(servers[node].socket, "%s\r\n", command);
    char reply[200];
    ck_assert_int_gt(read(servers[node].socket, reply, sizeof reply), 0);
    return real_ms() - before;
}

static int64_t model_wait(size_t node, const char *command) {
    sim_time before = world_now(rig.world);
    ck_assert_str_ne(ask_model(node, command), "");
    return (world_now(rig.world) - before) / SIM_MS;
}

/* An idle server looks at its clock ten times a second only, so a pause ends up to 100 ms late: on the average half of
 * that. */
START_TEST(an_idle_server_ends_its_pause_at_the_next_cron) {
    enum { TIMES = 30, PAUSE = 120 };
    start_real();
    start_model();
    int64_t real = 0, model = 0, real_most = 0, model_most = 0;
    for (int i = 0; i < TIMES; i++) {
        free(real_server_ask(&servers[0], "CLIENT PAUSE 120 WRITE")); /* takes 50 ms */
        int64_t late = real_wait(0, "SET k v") - (PAUSE - 50);
        real += late;
        real_most = late > real_most ? late : real_most;
        usleep((useconds_t)(7 + 13 * (i % 9)) * 1000);
        ask_model(0, "CLIENT PAUSE 120 WRITE");
        late = model_wait(0, "SET k v") - PAUSE;
        ck_assert_int_ge(late, 0);
        model += late;
        model_most = late > model_most ? late : model_most;
        rig_run_until(&rig, world_now(rig.world) + (7 + 13 * (i % 9)) * SIM_MS);
    }
    ck_assert_msg(real / TIMES > 25 && real / TIMES < 80, "real: %d ms late", (int)(real / TIMES));
    ck_assert_msg(model / TIMES > 25 && model / TIMES < 80, "model: %d ms late", (int)(model / TIMES));
    ck_assert_int_gt(real_most, 70);
    ck_assert_int_gt(model_most, 70);
    ck_assert_int_le(model_most, 101);
}
END_TEST

/* --- all -----------------------------------------------------------------------------------------------------------
 */

/* A process for each test, so that their waiting adds up to that of the longest one. */
static pid_t run_apart(const TTest *test) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    Suite *suite = suite_create("real failover");
    TCase *tests = tcase_create("against redis-server");
    tcase_add_checked_fixture(tests, NULL, stop_all);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    exit(failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

int main(void) {
    const TTest *const tests[] = {refusals_without_a_failover,
                                  to_a_target,
                                  to_any,
                                  time_over,
                                  time_over_with_force,
                                  refusals_while_waiting,
                                  abort_in_progress,
                                  refused_by_the_target,
                                  pauses,
                                  blocking_moves,
                                  an_idle_server_ends_its_pause_at_the_next_cron};
    bool failed = false;
    if (!real_server_is_installed()) {
        printf("test_real_failover: left out: no redis-server 7.0 here\n");
        return 0;
    }
    fflush(stdout);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) failed = run_apart(tests[i]) < 0 || failed;
    for (int status; wait(&status) > 0;) failed = failed || status != 0;
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
