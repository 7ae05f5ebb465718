#include "model/check/judge_history.h"

/* What a search may take in memory before it is given up. */
#define SEARCH_MEMORY (UINT64_C(4) << 30)

static int find_word(const char *const *words, const char *word) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return -1;
}

static const char *const formats[] = {"porcupine", "jepsen", "jsonl", NULL}; /* as enum ops_format */
static const char *const models[] = {"register", "kv", NULL};                /* as enum ops_model */

/* --- words --------------------------------------------------------------------------------------------------- */

static void say_key(const struct ops_object *o, struct buffer *said) {
    if (o->key.len == 0) return;
    buffer_puts(said, " on key \"");
    for (size_t i = 0; i < o->key.len; i++) buffer_putc(said, (unsigned char)o->key.at[i] < ' ' ? '?' : o->key.at[i]);
    buffer_putc(said, '"');
}

static void say_operation(const struct ops_object *o, uint32_t i, struct buffer *said) {
    const struct ops_op *op = &o->ops[i];
    buffer_printf(said, "  process %-6llu ", (unsigned long long)op->process);
    if (o->linear.ops[i].completed == LINEAR_NEVER)
        buffer_printf(said, "line %u, never ended:  ", op->invoke_line);
    else
        buffer_printf(said, "lines %u to %u:  ", op->invoke_line, op->end_line);
    ops_describe(o, i, said);
    buffer_putc(said, '\n');
}

/* What is needed, and the operations that wrote what the needed ones saw: in the same stretch of the history. */
static void say_core(const struct ops_object *o, const bool *needed, bool smallest, struct buffer *said) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < o->linear.count; i++) count += needed[i];
    buffer_printf(said, "no order explains these %u operations together%s:\n", count,
                  smallest ? "; without any one of them there is one" : " (the budget ended before fewer were found)");
    for (uint32_t i = 0; i < o->linear.count; i++)
        if (needed[i]) say_operation(o, i, said);
}

static void say_head(const struct judge_request *r, const char *verdict, const char *model, const struct ops_log *log,
                     uint64_t steps) {
    buffer_printf(r->said, "%s %s model=%s operations=%llu pending=%llu objects=%u steps=%llu", verdict, r->file, model,
                  (unsigned long long)log->operations, (unsigned long long)log->pending, log->count,
                  (unsigned long long)steps);
}

/* --- judging --------------------------------------------------------------------------------------------------- */

struct judged {
    enum linear_verdict verdict; /* the worst of all objects */
    const struct ops_object *object;
    const char *why;
    uint32_t furthest; /* of a violation */
    uint64_t steps;
};

/* A violation is one, whatever else is not known. */
static struct judged judge_objects(struct pool *pool, const struct ops_log *log, const struct linear_budget *budget) {
    struct judged all = {.verdict = LINEAR_OK};
    for (uint32_t i = 0; i < log->count && all.verdict != LINEAR_VIOLATION; i++) {
        struct linear_result result;
        linear_check(pool, &log->objects[i].linear, budget, &result);
        all.steps += result.steps;
        if (result.verdict == LINEAR_OK) continue;
        all.verdict = result.verdict;
        all.object = &log->objects[i];
        all.why = result.why;
        all.furthest = result.furthest;
    }
    return all;
}

static void explain_violation(const struct judge_request *r, const struct judged *all,
                              const struct linear_budget *budget) {
    const struct ops_object *o = all->object;
    bool *needed = POOL_ARRAY(r->pool, bool, o->linear.count);
    bool smallest = linear_core(r->pool, &o->linear, all->furthest, budget, needed);
    say_core(o, needed, smallest, r->said);
    if (r->picture) draw_history(o, needed, r->pool, r->picture);
}

static enum judge_verdict judge(const struct judge_request *r) {
    enum ops_format format = r->format ? (enum ops_format)find_word(formats, r->format) : ops_guess_format(r->text);
    enum ops_model model = r->model ? (enum ops_model)find_word(models, r->model) : ops_usual_model(format);
    struct buffer error;
    buffer_init(&error, r->pool);
    struct ops_log *log = ops_log_read(r->pool, r->text, format, model, &error);
    if (!log) {
        buffer_printf(r->said, "%s:%s\n", r->file, error.at);
        return JUDGE_WRONG_INPUT;
    }
    struct linear_budget budget = {.memory = SEARCH_MEMORY, .spent = r->spent, .ctx = r->ctx};
    struct judged all = judge_objects(r->pool, log, &budget);
    static const char *const words[] = {"OK", "VIOLATION", "UNKNOWN"};
    say_head(r, words[all.verdict], models[model], log, all.steps);
    if (all.verdict == LINEAR_OK) {
        buffer_putc(r->said, '\n');
        return JUDGE_OK;
    }
    say_key(all.object, r->said);
    if (all.verdict == LINEAR_UNKNOWN) {
        buffer_printf(r->said, ": no more %s\n", all.why);
        return JUDGE_UNKNOWN;
    }
    buffer_putc(r->said, '\n');
    explain_violation(r, &all, &budget);
    return JUDGE_VIOLATION;
}

const struct judge *history_judge(void) {
    static const struct judge it = {formats, models, judge};
    return &it;
}
