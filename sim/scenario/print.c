/* Printing statements and whole plans. */
#include <assert.h>
#include <inttypes.h>

#include "sim/scenario/print.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/values.h"

static void print_duration_after(struct buffer *out, const char *word, bool has, sim_time duration) {
    if (!has) return;
    buffer_puts(out, word);
    value_print_duration(out, duration);
}

static void print_options(struct buffer *out, const struct statement *st) {
    for (size_t i = 0; i < st->option_count; i++) {
        buffer_printf(out, " %s ", st->options[i].rule->name);
        print_option_value(out, &st->options[i]);
    }
}

static void print_at(struct buffer *out, const struct plan *plan, const struct statement *st) {
    assert(st->from <= st->until);
    buffer_puts(out, "at ");
    value_print_time_range(out, st->from, st->until);
    buffer_putc(out, ' ');
    print_action(out, plan, &st->action);
}

static void print_every(struct buffer *out, const struct plan *plan, const struct statement *st) {
    buffer_puts(out, "every ");
    value_print_time_spread(out, &st->spacing);
    print_duration_after(out, " from ", st->has_from, st->from);
    print_duration_after(out, " until ", st->has_until, st->until);
    if (st->has_times) buffer_printf(out, " times %" PRIu64, st->times);
    buffer_putc(out, ' ');
    print_action(out, plan, &st->action);
}

static void print_when(struct buffer *out, const struct plan *plan, const struct statement *st) {
    buffer_puts(out, "when ");
    print_condition(out, &st->condition);
    print_duration_after(out, " after ", st->after > 0, st->after);
    print_duration_after(out, " from ", st->has_from, st->from);
    buffer_putc(out, ' ');
    print_action(out, plan, &st->action);
}

static void print_chaos(struct buffer *out, const struct statement *st) {
    assert(st->has_from && st->has_until && st->fault_count > 0);
    buffer_puts(out, "chaos");
    print_duration_after(out, " from ", true, st->from);
    print_duration_after(out, " until ", true, st->until);
    for (size_t i = 0; i < st->fault_count; i++) {
        const struct chaos_fault *fault = &st->faults[i];
        buffer_printf(out, " %s ", fault_kind_name(fault->kind));
        value_print_rate(out, fault->rate);
        if (!fault->has_for) continue;
        buffer_puts(out, " for ");
        value_print_time_spread(out, &fault->duration);
    }
}

static void print_expect(struct buffer *out, const struct statement *st) {
    buffer_puts(out, "expect ");
    bool at = st->expect == EXPECT_AT, by = st->expect == EXPECT_BY, always = st->expect == EXPECT_ALWAYS;
    if (always) buffer_puts(out, "always");
    print_duration_after(out, "at ", at, st->until);
    print_duration_after(out, "by ", by, st->until);
    print_duration_after(out, " from ", (by || always) && st->has_from, st->from);
    print_duration_after(out, " until ", always && st->has_until, st->until);
    if (at || by || always) buffer_putc(out, ' ');
    print_condition(out, &st->condition);
}

static void print_defect(struct buffer *out, const struct statement *st) {
    buffer_printf(out, "defect %s", st->name);
    if (st->nodes.count > 0) buffer_printf(out, " on %s", st->nodes.text);
}

/* A keyword and a duration. */
static void print_span(struct buffer *out, const char *keyword, const struct statement *st) {
    buffer_puts(out, keyword);
    value_print_duration(out, st->duration);
}

static void print_title(struct buffer *out, const struct statement *st) {
    buffer_puts(out, "scenario ");
    print_quoted(out, (struct bytes){st->name, strlen(st->name)});
}

static void print_node(struct buffer *out, const struct statement *st) {
    buffer_printf(out, "node %s", st->nodes.text);
    print_options(out, st);
    if (st->off) buffer_puts(out, " off");
}

static void print_conf(struct buffer *out, const struct statement *st) {
    buffer_printf(out, "conf %s ", st->nodes.text);
    print_setting(out, &st->conf);
}

static void print_cost(struct buffer *out, const struct statement *st) {
    buffer_printf(out, "cost %s %s ", st->nodes.text, st->name);
    print_option_value(out, &st->value);
}

static void print_with_options(struct buffer *out, const char *head, const struct statement *st) {
    buffer_puts(out, head);
    if (st->kind == ST_CLIENT) buffer_printf(out, "%s on ", st->clients.text);
    buffer_puts(out, st->nodes.text);
    print_options(out, st);
}

void scenario_print_statement(const struct plan *plan, const struct statement *st, struct buffer *out) {
    switch (st->kind) {
    case ST_SCENARIO:
        print_title(out, st);
        break;
    case ST_MODEL:
        buffer_puts(out, "model ");
        print_string(out, st->name);
        break;
    case ST_SEED:
        buffer_printf(out, "seed %" PRIu64, st->seed);
        break;
    case ST_SETTLE:
        print_span(out, "settle ", st);
        break;
    case ST_END:
        print_span(out, "end ", st);
        break;
    case ST_NODE:
        print_node(out, st);
        break;
    case ST_CONF:
        print_conf(out, st);
        break;
    case ST_COST:
        print_cost(out, st);
        break;
    case ST_DATASET:
        print_with_options(out, "dataset ", st);
        break;
    case ST_DEFECT:
        print_defect(out, st);
        break;
    case ST_ALLOW:
        buffer_printf(out, "allow %s", st->name);
        break;
    case ST_LINK:
        buffer_puts(out, "link ");
        print_link(out, plan, &st->link);
        break;
    case ST_CLIENT:
        print_with_options(out, "client ", st);
        break;
    case ST_AT:
        print_at(out, plan, st);
        break;
    case ST_EVERY:
        print_every(out, plan, st);
        break;
    case ST_WHEN:
        print_when(out, plan, st);
        break;
    case ST_CHAOS:
        print_chaos(out, st);
        break;
    case ST_EXPECT:
        print_expect(out, st);
        break;
    }
}

/* Statements that stand together, without a blank line between them. */
static int group_of(enum statement_kind kind) {
    if (kind <= ST_END) return 0;
    if (kind <= ST_LINK) return 1;
    if (kind == ST_CLIENT) return 2;
    return kind == ST_EXPECT ? 4 : 3;
}

void scenario_print(const struct plan *plan, struct buffer *out) {
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        if (i > 0 && group_of(st->kind) != group_of(st[-1].kind)) buffer_putc(out, '\n');
        scenario_print_statement(plan, st, out);
        buffer_putc(out, '\n');
    }
}
