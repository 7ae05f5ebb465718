/* A stage for the checkers: nodes that exist only as what they tell the trace.
 *
 * A test plays servers by hand. Datasets are plain numbers: equal numbers, equal datasets. */
#ifndef TESTS_UNIT_CHECKS_FIXTURE_H
#define TESTS_UNIT_CHECKS_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "model/check/checks.h"
#include "model/redis/happenings.h"

enum { M, R1, R2, NODES, CLIENT = NODES };

#define ID_M   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_N   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_O   "cccccccccccccccccccccccccccccccccccccccc"
#define SET_A  "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n" /* 27 bytes */
#define INCR   "*2\r\n$4\r\nINCR\r\n$3\r\nc:3\r\n"         /* 23 bytes */
#define PING   "*1\r\n$4\r\nPING\r\n"                      /* 14 bytes */
#define LEN(s) ((int64_t)(sizeof(s) - 1))

struct stage {
    struct pool *pool;
    struct trace *trace;
    struct checks *checks;
    sim_time now;
    struct node_look look[NODES]; /* for converged */
    bool down[NODES];
};

static const char *const stage_names[] = {"m", "r1", "r2"};

static inline bool stage_look(void *ctx, uint16_t node, struct node_look *look) {
    struct stage *s = ctx;
    *look = s->look[node];
    return !s->down[node];
}

static inline void stage_open_allowing(struct stage *s, const char *const *allowed, size_t count) {
    memset(s, 0, sizeof *s);
    s->pool = pool_create();
    s->trace = trace_create(s->pool);
    s->now = 3 * SIM_SECOND + 204 * SIM_MS;
    s->checks = checks_create(&(struct checks_setup){.pool = s->pool,
                                                     .trace = s->trace,
                                                     .names = stage_names,
                                                     .node_count = NODES,
                                                     .allowed = allowed,
                                                     .allowed_count = count,
                                                     .look = stage_look,
                                                     .ctx = s});
}

static inline void stage_open(struct stage *s) {
    stage_open_allowing(s, NULL, 0);
}
static inline void stage_close(struct stage *s) {
    pool_destroy(s->pool);
}

static inline void stage_tell(struct stage *s, struct happening h, const char *text) {
    h.at = s->now;
    h.text = text;
    h.len = text ? (uint32_t)strlen(text) : 0;
    trace_note(s->trace, &h);
}

/* --- what servers tell ------------------------------------------------------------------------------- */

static inline void boot(struct stage *s, uint16_t node, int64_t offset, int64_t data, bool from_disk, const char *id) {
    stage_tell(s, (struct happening){.kind = TRACE_START, .node = node, .peer = NO_PARTY}, NULL);
    stage_tell(
        s, (struct happening){.kind = R_BOOT, .node = node, .peer = NO_PARTY, .a = offset, .b = data, .d = from_disk},
        id);
}

static inline void dies(struct stage *s, uint16_t node) {
    stage_tell(s, (struct happening){.kind = TRACE_END, .node = node, .peer = NO_PARTY}, NULL);
}

static inline void becomes(struct stage *s, uint16_t node, bool master) {
    stage_tell(s, (struct happening){.kind = R_ROLE, .node = node, .peer = NO_PARTY, .a = master}, NULL);
}

static inline void renamed(struct stage *s, uint16_t node, int64_t offset, enum id_cause cause, const char *id) {
    stage_tell(s, (struct happening){.kind = R_ID, .node = node, .peer = NO_PARTY, .a = offset, .d = cause}, id);
}

static inline void feed(struct stage *s, uint16_t node, int64_t offset, int64_t data, const char *bytes, int flags) {
    stage_tell(s,
               (struct happening){.kind = R_FEED,
                                  .node = node,
                                  .peer = NO_PARTY,
                                  .flags = (uint16_t)flags,
                                  .a = offset,
                                  .b = data,
                                  .d = (int64_t)strlen(bytes)},
               bytes);
}

/* A client's write: `conn` and `ordinal` say which of its commands. */
static inline void writes(struct stage *s, uint16_t node, int64_t offset, int64_t data, uint32_t conn,
                          int64_t ordinal) {
    stage_tell(s,
               (struct happening){
                   .kind = R_WRITE, .node = node, .peer = CLIENT, .conn = conn, .a = offset, .b = data, .d = ordinal},
               NULL);
}

/* A replica changes its dataset by itself: flags as R_WRITE has them. */
static inline void goes_alone(struct stage *s, uint16_t node, int64_t offset, int64_t data, enum write_flag why) {
    stage_tell(s,
               (struct happening){
                   .kind = R_WRITE, .node = node, .peer = NO_PARTY, .flags = (uint16_t)why, .a = offset, .b = data},
               NULL);
}

static inline void applies(struct stage *s, uint16_t node, int64_t offset, int64_t data, const char *bytes) {
    stage_tell(
        s,
        (struct happening){
            .kind = R_APPLY, .node = node, .peer = NO_PARTY, .a = offset, .b = data, .d = (int64_t)strlen(bytes)},
        bytes);
}

static inline void forks(struct stage *s, uint16_t node, int64_t offset, int64_t data, int64_t number) {
    stage_tell(s,
               (struct happening){
                   .kind = R_FORK, .node = node, .peer = NO_PARTY, .flags = 1, .a = offset, .b = data, .d = number},
               NULL);
}

static inline void saves(struct stage *s, uint16_t node, int64_t number) {
    stage_tell(s, (struct happening){.kind = R_SAVED, .node = node, .peer = NO_PARTY, .d = number}, "dump.rdb");
}

static inline void announces(struct stage *s, uint16_t node, uint16_t replica, uint32_t conn, int64_t offset,
                             int64_t number, const char *id) {
    stage_tell(
        s,
        (struct happening){.kind = R_FULLRESYNC, .node = node, .peer = replica, .conn = conn, .a = offset, .d = number},
        id);
}

static inline void loads(struct stage *s, uint16_t node, uint16_t master, uint32_t conn, int64_t offset, int64_t data,
                         const char *id) {
    stage_tell(
        s,
        (struct happening){
            .kind = R_LOADED, .node = node, .peer = master, .conn = conn, .a = offset, .b = data, .d = LOAD_SYNC_DISK},
        id);
}

static inline void accepts(struct stage *s, uint16_t node, uint16_t replica, uint32_t conn, int64_t first_byte,
                           const char *id) {
    stage_tell(s, (struct happening){.kind = R_PSYNC_OK, .node = node, .peer = replica, .conn = conn, .a = first_byte},
               id);
}

static inline void goes_on(struct stage *s, uint16_t node, uint16_t master, uint32_t conn, int64_t offset,
                           const char *id) {
    stage_tell(s, (struct happening){.kind = R_CONTINUE, .node = node, .peer = master, .conn = conn, .a = offset}, id);
}

static inline void acks(struct stage *s, uint16_t master, uint16_t replica, int64_t offset) {
    stage_tell(s, (struct happening){.kind = R_ACK, .node = master, .peer = replica, .a = offset}, NULL);
}

static inline void replied(struct stage *s, uint32_t conn, int64_t ordinal, enum op_fate fate) {
    stage_tell(
        s, (struct happening){.kind = TRACE_OP_REPLY, .node = CLIENT, .peer = M, .conn = conn, .b = fate, .c = ordinal},
        "+OK\r\n");
}

/* m boots empty; r1 (and r2) get its snapshot of dataset 7 at offset 0 as connections 1 (and 2); ids are ID_M. */
static inline void sync_from_m(struct stage *s, uint16_t replica, int64_t offset, int64_t data, int64_t number) {
    becomes(s, replica, false);
    forks(s, M, offset, data, number);
    announces(s, M, replica, replica, offset, number, ID_M);
    renamed(s, replica, offset, ID_FULL_SYNC, ID_M);
    loads(s, replica, M, replica, offset, data, ID_M);
}

static inline void stage_pair(struct stage *s) {
    boot(s, M, 0, 7, false, ID_M);
    boot(s, R1, 0, 0, false, ID_N);
    sync_from_m(s, R1, 0, 7, 1);
}

static inline void stage_trio(struct stage *s) {
    stage_pair(s);
    boot(s, R2, 0, 0, false, ID_O);
    sync_from_m(s, R2, 0, 7, 2);
}

/* --- verdicts ------------------------------------------------------------------------------------------ */

static inline struct check_result verdict_of(struct stage *s, const char *name) {
    for (size_t i = 0; i < checks_count(s->checks); i++) {
        struct check_result r = checks_get(s->checks, i);
        if (strcmp(r.name, name) == 0) return r;
    }
    return (struct check_result){.name = NULL, .detail = ""};
}

static inline void expect_verdict(struct stage *s, const char *name, enum verdict verdict, const char *part) {
    struct check_result r = verdict_of(s, name);
    ck_assert_msg(r.name != NULL, "%s was not judged", name);
    ck_assert_msg(r.verdict == verdict, "%s: verdict %d, expected %d (%s)", name, (int)r.verdict, (int)verdict,
                  r.detail);
    ck_assert_msg(strstr(r.detail, part) != NULL, "%s says: %s\nexpected: %s", name, r.detail, part);
}

static inline void expect_broken(struct stage *s, const char *name, const char *part) {
    expect_verdict(s, name, VERDICT_VIOLATION, part);
}

/* Nothing at all was found. */
static inline void expect_silence(struct stage *s) {
    for (size_t i = 0; i < checks_count(s->checks); i++) {
        struct check_result r = checks_get(s->checks, i);
        ck_assert_msg(r.verdict == VERDICT_OK, "%s: %s", r.name, r.detail);
    }
    ck_assert(!checks_broken(s->checks));
}

static inline int64_t metric_of(struct stage *s, const char *name) {
    struct field_value value;
    ck_assert(checks_metric(s->checks, name, &value));
    return value.number;
}

static inline int run_suite(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
