/* Fuzzing the reader of scenarios: any bytes give a plan or errors that can be shown; a plan prints as a text that
 * reads and prints the same, and answers every question. */
#include <stdint.h>
#include <stdlib.h>

#include "sim/scenario/values.h"
#include "tests/unit/small_vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding: what a fuzzer stops at. */
static void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "finding: %s\n", what);
    abort();
}

static struct plan *read_text(struct pool *pool, struct bytes text) {
    struct scenario_errors errors;
    struct plan *plan = scenario_read(pool, "fuzz.scn", text, &small_vocabulary, &errors);
    require((plan != NULL) == (errors.count == 0), "a plan or errors, never both, never none");
    if (plan) return plan;
    struct buffer out;
    buffer_init(&out, pool);
    scenario_errors_render(&errors, &out);
    require(out.len > 0, "errors can be shown");
    return NULL;
}

static struct bytes print(struct pool *pool, const struct plan *plan) {
    struct buffer out;
    buffer_init(&out, pool);
    scenario_print(plan, &out);
    require(out.len > 0, "a plan has a text");
    return buffer_bytes(&out);
}

static void check_same(struct bytes a, struct bytes b) {
    bool same = a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
    if (!same) fprintf(stderr, "--- first\n%s--- again\n%s", a.at, b.at);
    require(same, "a printed plan reads into the same plan");
}

static void check_streams(const struct plan *a, const struct plan *b) {
    require(a->statement_count == b->statement_count, "as many statements");
    for (size_t i = 0; i < a->statement_count; i++) {
        const struct stream_name *x = &a->statements[i].stream, *y = &b->statements[i].stream;
        require(x->nth == y->nth && strcmp(x->names, y->names) == 0, "the same streams");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pool *pool = pool_create();
    struct plan *plan = read_text(pool, (struct bytes){(const char *)data, size});
    if (plan) {
        struct bytes text = print(pool, plan);
        struct plan *again = read_text(pool, text);
        require(again != NULL, "a printed plan reads");
        check_same(text, print(pool, again));
        check_streams(plan, again);
        sim_time end = plan_timeline_end(plan);
        require(end >= 0 && end == plan_timeline_end(again), "the same end of the timeline");
        size_t count;
        for (size_t i = 0; i < plan->node_count; i++) plan_conf(plan, (uint16_t)i, pool, &count);
    }
    pool_destroy(pool);
    return 0;
}
