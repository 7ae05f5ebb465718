/* What the white-box checkers cost a replicated write, alone: no servers, only what they would tell.
 *
 * Method: one write on a master with two replicas makes five happenings (fed, executed, applied twice, acknowledged).
 * They are noted on a trace that nobody hears and on one that the checkers hear; the difference is theirs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/check/checks.h"
#include "model/redis/happenings.h"

#define WRITES 5000000
#define BATCH  100 /* writes in flight: the replicas are that far behind */
#define CLIENT 3
#define REPLID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char command[] = "*3\r\n$3\r\nSET\r\n$11\r\nload:set:42\r\n$16\r\n0123456789abcdef\r\n";
enum { LENGTH = sizeof command - 1 };

static const char *const names[] = {"m", "r1", "r2"};

static bool look_away(void *ctx, uint16_t node, struct node_look *look) {
    (void)ctx;
    (void)node;
    (void)look;
    return false;
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void note(struct trace *trace, struct happening h, const char *text, size_t len) {
    h.text = text;
    h.len = (uint32_t)len;
    trace_note(trace, &h);
}

static void begin(struct trace *trace) {
    for (uint16_t i = 0; i < 3; i++) {
        note(trace, (struct happening){.kind = TRACE_START, .node = i, .peer = NO_PARTY}, NULL, 0);
        note(trace, (struct happening){.kind = R_BOOT, .node = i, .peer = NO_PARTY}, REPLID, 40);
    }
    note(trace, (struct happening){.kind = R_FORK, .node = 0, .peer = NO_PARTY, .d = 1}, NULL, 0);
    for (uint16_t i = 1; i < 3; i++) {
        note(trace, (struct happening){.kind = R_ROLE, .node = i, .peer = 0}, NULL, 0);
        note(trace, (struct happening){.kind = R_FULLRESYNC, .node = 0, .peer = i, .conn = i, .d = 1}, REPLID, 40);
        note(trace, (struct happening){.kind = R_LOADED, .node = i, .peer = 0, .conn = i, .d = LOAD_SYNC_DISK}, REPLID,
             40);
    }
}

static void write_once(struct trace *trace, int64_t n) {
    int64_t offset = n * LENGTH, digest = (int64_t)((uint64_t)n * UINT64_C(0x9e3779b97f4a7c15));
    note(trace,
         (struct happening){.kind = R_FEED, .node = 0, .peer = NO_PARTY, .a = offset, .b = digest, .c = n, .d = LENGTH},
         command, LENGTH);
    note(trace,
         (struct happening){
             .kind = R_WRITE, .node = 0, .peer = CLIENT, .conn = 9, .a = offset, .b = digest, .c = n, .d = n},
         NULL, 0);
}

static void apply_once(struct trace *trace, int64_t n) {
    int64_t offset = n * LENGTH, digest = (int64_t)((uint64_t)n * UINT64_C(0x9e3779b97f4a7c15));
    for (uint16_t i = 1; i < 3; i++)
        note(trace,
             (struct happening){.kind = R_APPLY, .node = i, .peer = 0, .a = offset, .b = digest, .c = n, .d = LENGTH},
             command, LENGTH);
    note(trace, (struct happening){.kind = TRACE_OP_REPLY, .node = CLIENT, .peer = 0, .conn = 9, .b = OP_OK, .c = n},
         "+OK\r\n", 5);
}

/* ns of CPU a write. */
static double measure(bool checked) {
    struct pool *pool = pool_create();
    struct trace *trace = trace_create(pool);
    struct checks *checks = NULL;
    if (checked)
        checks = checks_create(
            &(struct checks_setup){.pool = pool, .trace = trace, .names = names, .node_count = 3, .look = look_away});
    begin(trace);
    double start = cpu_seconds();
    for (int64_t n = 1; n <= WRITES; n += BATCH) {
        for (int64_t i = n; i < n + BATCH; i++) write_once(trace, i);
        for (int64_t i = n; i < n + BATCH; i++) apply_once(trace, i);
    }
    double ns = (cpu_seconds() - start) * 1e9 / WRITES;
    if (checks && checks_broken(checks)) {
        fprintf(stderr, "bench_checks: a right history was called broken: %s\n", checks_get(checks, 0).detail);
        exit(1);
    }
    if (checked) printf("memory in use after %d writes: %.1f MB\n", WRITES, (double)pool_in_use(pool) / 1e6);
    pool_destroy(pool);
    return ns;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void) {
    double deaf[3], checked[3];
    for (int i = 0; i < 3; i++) {
        deaf[i] = measure(false);
        checked[i] = measure(true);
    }
    qsort(deaf, 3, sizeof *deaf, ascending);
    qsort(checked, 3, sizeof *checked, ascending);
    printf("ns of CPU a write (5 happenings): trace alone %.0f, with checkers %.0f, checkers %.0f\n", deaf[1],
           checked[1], checked[1] - deaf[1]);
    return 0;
}
