/* Long histories of one object, made from a true run: many clients at a time, writes that nobody knows of, and values
 * unique or not; and the same with one read spoilt near the end.
 *
 *   bench_long_histories [OPERATIONS [CLIENTS [PENDING]]]      default 100000 50 400 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "model/check/linear.h"
#include "sim/world/chance.h"

struct made {
    struct linear_op *ops;
    uint32_t count, instants;
};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A register; each operation takes effect at an instant between its invocation and its end. `values`: 0 for unique. */
static struct made make(struct pool *pool, uint32_t count, uint32_t clients, uint32_t pending, uint32_t values) {
    struct made m = {.ops = POOL_ARRAY(pool, struct linear_op, count), .count = count};
    uint32_t *open = POOL_ARRAY(pool, uint32_t, clients), opens = 0, started = 0, lost = 0;
    bool *done = POOL_ARRAY(pool, bool, count);
    linear_state state = 0;
    struct chance c = chance_named(1, "long history", NULL, NULL, values);
    while (started < count || opens > 0) {
        if (started < count && opens < clients && chance_below(&c, 2)) {
            struct linear_op *op = &m.ops[started];
            uint64_t kind = chance_below(&c, 10);
            *op = (struct linear_op){.kind = kind < 5   ? LINEAR_READ
                                             : kind < 9 ? LINEAR_WRITE
                                                        : LINEAR_CAS,
                                     .invoked = m.instants++,
                                     .completed = LINEAR_NEVER};
            op->a = values ? 1 + chance_below(&c, values) : started + 1;
            op->b = values ? 1 + chance_below(&c, values) : started + 1;
            if (op->kind == LINEAR_CAS && !values) op->a = state;
            open[opens++] = started++;
            continue;
        }
        if (opens == 0) continue;
        uint32_t k = (uint32_t)chance_below(&c, opens), i = open[k];
        struct linear_op *op = &m.ops[i];
        if (!done[i]) { /* it takes effect */
            done[i] = true;
            if (op->kind == LINEAR_READ) op->a = state;
            if (op->kind == LINEAR_CAS && op->a != state) op->kind = LINEAR_CAS_FAILED;
            if (op->kind == LINEAR_WRITE) state = op->a;
            if (op->kind == LINEAR_CAS) state = op->b;
            bool unknown =
                op->kind == LINEAR_WRITE && lost < pending && chance_below(&c, count / 2 / (pending + 1)) == 0;
            if (!unknown) continue;
            lost++;
        } else {
            op->completed = m.instants++;
        }
        open[k] = open[--opens];
    }
    return m;
}

static void judge(struct pool *pool, const char *name, const struct made *m) {
    static const char *const words[] = {"ok", "violation", "unknown"};
    struct linear_object o = {.ops = m->ops, .count = m->count, .instants = m->instants};
    struct linear_budget budget = {.memory = UINT64_C(2) << 30};
    struct linear_result result;
    struct rusage usage;
    double before = now_s();
    linear_check(pool, &o, &budget, &result);
    double took = now_s() - before;
    getrusage(RUSAGE_SELF, &usage);
    uint32_t pending = 0;
    for (uint32_t i = 0; i < m->count; i++) pending += m->ops[i].completed == LINEAR_NEVER;
    printf("%-28s %7u ops %4u pending  %-9s %8.3f s %10llu steps  %ld MB at most\n", name, m->count, pending,
           words[result.verdict], took, (unsigned long long)result.steps, usage.ru_maxrss / 1024);
}

/* A read late in the history gives what was there before another client's whole write: nobody can have seen it. */
static void spoil(struct made *m) {
    for (uint32_t i = m->count - m->count / 20; i < m->count; i++) {
        if (m->ops[i].kind != LINEAR_READ) continue;
        m->ops[i].a = UINT32_MAX;
        return;
    }
}

int main(int argc, char **argv) {
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    uint32_t clients = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 50;
    uint32_t pending = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 400;
    static const uint32_t values[] = {0, 1000, 100, 10, 5};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct pool *pool = pool_create();
        char name[64];
        struct made m = make(pool, count, clients, pending, values[i]);
        snprintf(name, sizeof name, values[i] ? "%u values" : "unique values", values[i]);
        judge(pool, name, &m);
        spoil(&m);
        snprintf(name, sizeof name, values[i] ? "%u values, spoilt" : "unique values, spoilt", values[i]);
        judge(pool, name, &m);
        pool_destroy(pool);
    }
    return 0;
}
