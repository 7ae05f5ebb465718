/* The search for an order, against a second one that tries all of them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/check/linear.h"
#include "sim/world/chance.h"

enum { OPS_MOST = 9, TEXT_MOST = 64 };

static struct pool *pool;

static void setup(void) {
    pool = pool_create();
}

static void teardown(void) {
    ck_assert_uint_eq(pool_in_use(pool), 0);
    pool_destroy(pool);
}

/* --- small histories, in words of their own ------------------------------------------------------------------- */

/* An operation on a string: values are texts, so that nothing of the trie is needed to judge it. */
struct small_op {
    enum linear_kind kind;
    char a[TEXT_MOST], b[TEXT_MOST];
    uint32_t invoked, completed;
};

struct small {
    struct small_op ops[OPS_MOST];
    uint32_t count;
    bool appends;
};

/* --- brute force: every order, every choice of what took effect --------------------------------------------------- */

static bool apply(const struct small_op *op, const char *state, char *then) {
    strcpy(then, state);
    switch (op->kind) {
    case LINEAR_READ:
        return strcmp(state, op->a) == 0;
    case LINEAR_WRITE:
        strcpy(then, op->a);
        return true;
    case LINEAR_CAS:
        strcpy(then, op->b);
        return strcmp(state, op->a) == 0;
    case LINEAR_CAS_FAILED:
        return strcmp(state, op->a) != 0;
    case LINEAR_APPEND:
        strcat(then, op->a);
        return true;
    }
    return false;
}

/* An operation may be the next one if none that is left completed before it was invoked. */
static bool may_be_next(const struct small *h, unsigned left, uint32_t i) {
    for (uint32_t k = 0; k < h->count; k++)
        if ((left >> k & 1) && h->ops[k].completed < h->ops[i].invoked) return false;
    return true;
}

static bool explain(const struct small *h, unsigned left, const char *state) {
    bool all_optional = true;
    for (uint32_t i = 0; i < h->count; i++) all_optional &= !(left >> i & 1) || h->ops[i].completed == LINEAR_NEVER;
    if (all_optional) return true;
    for (uint32_t i = 0; i < h->count; i++) {
        char then[OPS_MOST * TEXT_MOST];
        if (!(left >> i & 1) || !may_be_next(h, left, i)) continue;
        if (apply(&h->ops[i], state, then) && explain(h, left & ~(1u << i), then)) return true;
    }
    return false;
}

static bool brute_force(const struct small *h) {
    return explain(h, (1u << h->count) - 1, "");
}

/* --- the same for the search -----------------------------------------------------------------------------------------
 */

static struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

static linear_state number_of(const char *value) {
    return value[0] ? (linear_state)(unsigned char)value[0] : 0;
}

struct converted {
    struct pool *pool; /* its own: tries are not given back */
    struct linear_op ops[OPS_MOST];
    struct linear_object object;
};

static void convert(const struct small *h, struct converted *c) {
    c->pool = pool_create();
    struct linear_trie *trie = h->appends ? linear_trie_create(c->pool) : NULL;
    for (uint32_t i = 0; trie && i < h->count; i++)
        if (h->ops[i].kind == LINEAR_READ) linear_trie_add(trie, text(h->ops[i].a));
    for (uint32_t i = 0; i < h->count; i++) {
        const struct small_op *op = &h->ops[i];
        linear_state a = number_of(op->a);
        if (trie)
            a = op->kind == LINEAR_APPEND ? linear_trie_text(trie, text(op->a)) : linear_trie_place(trie, text(op->a));
        c->ops[i] = (struct linear_op){op->kind, a, number_of(op->b), op->invoked, op->completed};
    }
    c->object =
        (struct linear_object){.ops = c->ops, .count = h->count, .instants = 2 * OPS_MOST, .trie = trie, .initial = 0};
}

static enum linear_verdict judge(const struct small *h) {
    struct converted c;
    struct linear_result result;
    convert(h, &c);
    linear_check(pool, &c.object, NULL, &result);
    pool_destroy(c.pool);
    return result.verdict;
}

/* --- drawing histories: results of a true run, now and then spoilt -------------------------------------------------
 */

static uint32_t draw(struct chance *c, uint32_t n) {
    return (uint32_t)chance_below(c, n);
}

/* Invocations and completions in a random order, some completions missing. */
static void draw_instants(struct small *h, struct chance *c, uint32_t open_most) {
    uint32_t now = 0, invoked = 0, open[OPS_MOST], opens = 0;
    while (invoked < h->count || opens > 0) {
        if (invoked < h->count && opens < open_most && (opens == 0 || draw(c, 2))) {
            h->ops[invoked].invoked = now++;
            h->ops[invoked].completed = LINEAR_NEVER;
            open[opens++] = invoked++;
            continue;
        }
        uint32_t k = draw(c, opens), i = open[k];
        open[k] = open[--opens];
        if (draw(c, 6) > 0 || h->ops[i].kind == LINEAR_READ || h->ops[i].kind == LINEAR_CAS_FAILED)
            h->ops[i].completed = now++;
    }
}

static void draw_value(char *into, struct chance *c, uint32_t values) {
    into[0] = (char)('a' + (char)draw(c, values));
    into[1] = 0;
}

static void draw_register(struct small *h, struct chance *c) {
    uint32_t values = 1 + draw(c, 4);
    h->count = 1 + draw(c, OPS_MOST);
    for (uint32_t i = 0; i < h->count; i++) {
        struct small_op *op = &h->ops[i];
        op->kind = (enum linear_kind)draw(c, 4);
        draw_value(op->a, c, values);
        draw_value(op->b, c, values);
        if (op->kind == LINEAR_READ && draw(c, 6) == 0) op->a[0] = 0;
    }
}

/* The reads' results come later. */
static void draw_string(struct small *h, struct chance *c) {
    uint32_t values = 1 + draw(c, 4);
    h->appends = true;
    h->count = 1 + draw(c, OPS_MOST);
    for (uint32_t i = 0; i < h->count; i++) {
        static const enum linear_kind kinds[] = {LINEAR_READ, LINEAR_READ, LINEAR_APPEND, LINEAR_APPEND, LINEAR_WRITE};
        h->ops[i].kind = kinds[draw(c, 5)];
        draw_value(h->ops[i].a, c, values);
    }
}

/* Gives the operations the results of one order, of which some did not take effect. */
static void execute(struct small *h, struct chance *c) {
    char state[OPS_MOST * TEXT_MOST] = "", then[OPS_MOST * TEXT_MOST];
    unsigned left = (1u << h->count) - 1;
    while (left) {
        uint32_t i = draw(c, h->count);
        if (!(left >> i & 1) || !may_be_next(h, left, i)) continue;
        left &= ~(1u << i);
        struct small_op *op = &h->ops[i];
        if (op->completed == LINEAR_NEVER && draw(c, 2)) continue;
        if (op->kind == LINEAR_READ) strcpy(op->a, state);
        if (op->kind == LINEAR_CAS && strcmp(op->a, state) != 0) {
            if (op->completed == LINEAR_NEVER) continue;
            op->kind = LINEAR_CAS_FAILED;
        } else if (op->kind == LINEAR_CAS_FAILED && strcmp(op->a, state) == 0) {
            op->kind = LINEAR_CAS;
        }
        if (apply(op, state, then)) strcpy(state, then);
    }
}

static void spoil(struct small *h, struct chance *c) {
    struct small_op *op = &h->ops[draw(c, h->count)];
    const struct small_op *other = &h->ops[draw(c, h->count)];
    size_t len = strlen(op->a);
    if (op->kind == LINEAR_READ && other->kind == LINEAR_READ && op != other) strcpy(op->a, other->a);
    if (op->kind == LINEAR_READ && h->appends && len > 0) op->a[draw(c, (uint32_t)len)] = op->a[len - 1];
    if (op->kind == LINEAR_READ && draw(c, 3) == 0 && !h->appends) draw_value(op->a, c, 4);
}

static void draw_history(struct small *h, uint64_t seed, bool strings) {
    struct chance c = chance_named(seed, "history", NULL, NULL, strings);
    memset(h, 0, sizeof *h);
    if (strings)
        draw_string(h, &c);
    else
        draw_register(h, &c);
    draw_instants(h, &c, 1 + draw(&c, 6));
    bool random_results = !strings && draw(&c, 3) == 0;
    if (!random_results) execute(h, &c);
    for (uint32_t n = draw(&c, strings ? 8 : 3); n > 0; n--) spoil(h, &c);
}

static void print(const struct small *h) {
    static const char *const names[] = {"read", "write", "cas", "cas failed", "append"};
    for (uint32_t i = 0; i < h->count; i++)
        printf("  %-10s %s %s  %d..%d\n", names[h->ops[i].kind], h->ops[i].a, h->ops[i].b, (int)h->ops[i].invoked,
               (int)h->ops[i].completed);
}

/* How many: DETSIM_HISTORIES for more. */
static uint64_t histories(void) {
    const char *wanted = getenv("DETSIM_HISTORIES");
    return wanted ? strtoull(wanted, NULL, 10) : 20000;
}

static void compare_all(bool strings) {
    uint64_t right = 0, n = histories();
    for (uint64_t seed = 1; seed <= n; seed++) {
        struct small h;
        draw_history(&h, seed, strings);
        bool explained = brute_force(&h);
        right += explained;
        bool same = judge(&h) == (explained ? LINEAR_OK : LINEAR_VIOLATION);
        if (!same) print(&h);
        ck_assert_msg(same, "seed %llu: brute force says %s", (unsigned long long)seed, explained ? "ok" : "violation");
    }
    /* Both verdicts come often, or nothing was compared. */
    ck_assert_uint_gt(right, n / 5);
    ck_assert_uint_lt(right, n - n / 10);
}

START_TEST(registers_are_judged_as_by_brute_force) {
    compare_all(false);
}
END_TEST

START_TEST(strings_are_judged_as_by_brute_force) {
    compare_all(true);
}
END_TEST

/* --- cores
 * ------------------------------------------------------------------------------------------------------------ */

static void forget(struct small *h, const bool *needed) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        bool read = h->ops[i].kind == LINEAR_READ || h->ops[i].kind == LINEAR_CAS_FAILED;
        if (!needed[i] && read) continue;
        h->ops[kept] = h->ops[i];
        if (!needed[i]) h->ops[kept].completed = LINEAR_NEVER;
        kept++;
    }
    h->count = kept;
}

START_TEST(a_core_cannot_be_explained_and_needs_all_its_members) {
    uint32_t cores = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct small h, rest;
        bool needed[OPS_MOST];
        draw_history(&h, seed, seed % 2);
        if (brute_force(&h)) continue;
        struct converted c;
        convert(&h, &c);
        struct linear_result result;
        linear_check(pool, &c.object, NULL, &result);
        ck_assert(linear_core(pool, &c.object, result.furthest, NULL, needed));
        pool_destroy(c.pool);
        rest = h;
        forget(&rest, needed);
        ck_assert(!brute_force(&rest));
        for (uint32_t i = 0; i < h.count; i++) {
            if (!needed[i]) continue;
            needed[i] = false;
            rest = h;
            forget(&rest, needed);
            ck_assert(brute_force(&rest));
            needed[i] = true;
        }
        cores++;
    }
    ck_assert_uint_gt(cores, 300);
}
END_TEST

/* --- by hand
 * ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_slot_of_a_pending_write_is_nobody_elses) {
    /* The write of b never completes and takes effect at the very end, after many others came and went. */
    struct small h = {.count = 6,
                      .ops = {{LINEAR_WRITE, "b", "", 0, LINEAR_NEVER},
                              {LINEAR_WRITE, "a", "", 1, 2},
                              {LINEAR_READ, "a", "", 3, 4},
                              {LINEAR_WRITE, "c", "", 5, 6},
                              {LINEAR_READ, "c", "", 7, 8},
                              {LINEAR_READ, "b", "", 9, 10}}};
    ck_assert_int_eq(judge(&h), LINEAR_OK);
    h.ops[4].a[0] = 'b'; /* twice is once too often */
    h.ops[5].a[0] = 'c';
    ck_assert_int_eq(judge(&h), LINEAR_VIOLATION);
}
END_TEST

START_TEST(a_failed_compare_and_set_ran) {
    struct small h = {.count = 2, .ops = {{LINEAR_WRITE, "a", "", 0, 1}, {LINEAR_CAS_FAILED, "a", "b", 2, 3}}};
    ck_assert_int_eq(judge(&h), LINEAR_VIOLATION);
    h.ops[0].completed = 3;
    h.ops[1] = (struct small_op){LINEAR_CAS_FAILED, "a", "b", 1, 2};
    ck_assert_int_eq(judge(&h), LINEAR_OK);
}
END_TEST

static bool at_once(void *ctx) {
    (void)ctx;
    return true;
}

/* Many writes at a time, and a read of what nobody wrote at the end. */
START_TEST(a_budget_ends_the_search) {
    enum { WRITES = 40 };
    static struct linear_op ops[2 * WRITES + 1];
    for (uint32_t i = 0; i < WRITES; i++) {
        ops[2 * i] = (struct linear_op){LINEAR_WRITE, i, 0, 2 * i, 4 * WRITES + 2 * i};
        ops[2 * i + 1] = (struct linear_op){LINEAR_READ, i, 0, 2 * i + 1, 4 * WRITES + 2 * i + 1};
    }
    ops[2 * WRITES] = (struct linear_op){LINEAR_READ, 1000, 0, 8 * WRITES, 8 * WRITES + 1};
    struct linear_object o = {.ops = ops, .count = 2 * WRITES + 1, .instants = 8 * WRITES + 2};
    struct linear_budget budget = {.spent = at_once};
    struct linear_result result;
    linear_check(pool, &o, &budget, &result);
    ck_assert_int_eq(result.verdict, LINEAR_UNKNOWN);
    ck_assert_str_eq(result.why, "time");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("linear");
    TCase *tests = tcase_create("search");
    tcase_set_timeout(tests, 600);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, registers_are_judged_as_by_brute_force);
    tcase_add_test(tests, strings_are_judged_as_by_brute_force);
    tcase_add_test(tests, a_core_cannot_be_explained_and_needs_all_its_members);
    tcase_add_test(tests, a_slot_of_a_pending_write_is_nobody_elses);
    tcase_add_test(tests, a_failed_compare_and_set_ran);
    tcase_add_test(tests, a_budget_ends_the_search);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
