/* What only the whole plan shows: instants that the run never reaches. */
#include <assert.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* "lies after the end": an instant that `end` cuts off. */
static void check_instant(struct reader *r, struct place place, const char *what, sim_time at) {
    assert(at >= 0);
    if (!r->plan->has_end || at <= r->plan->end) return;
    struct buffer text;
    buffer_init(&text, r->pool);
    value_print_duration(&text, at);
    buffer_puts(&text, " lies after the end of the run at ");
    value_print_duration(&text, r->plan->end);
    reader_fail(r, place, NULL, "%s %s", what, text.at);
    buffer_free(&text);
}

static void check_ref(struct reader *r, const struct field_ref *ref) {
    if (ref->at_set) check_instant(r, ref->place, "this value's instant", ref->at);
}

static void check_condition(struct reader *r, const struct condition *condition) {
    check_ref(r, &condition->left);
    check_ref(r, &condition->right.ref);
}

/* What is judged up to an instant cannot look at a later one. */
static void check_known(struct reader *r, const struct statement *st, const struct field_ref *ref) {
    bool bounded = st->expect == EXPECT_AT || st->expect == EXPECT_BY;
    if (!bounded || !ref->at_set || ref->at <= st->until) return;
    reader_fail(r, ref->place, NULL, "this value is not known yet when the expectation is judged");
}

/* A command is sent with what is known then: a value of the future is not. */
static void check_command(struct reader *r, const struct statement *st) {
    const struct command_action *command = &st->action.command;
    assert(command->word_count == 0 || st->action.kind == ACT_COMMAND);
    for (size_t i = 0; i < command->word_count; i++) {
        for (size_t k = 0; k < command->words[i].count; k++) {
            const struct field_ref *ref = &command->words[i].pieces[k].ref;
            check_ref(r, ref);
            if (st->kind != ST_AT || !ref->at_set || ref->at <= st->from) continue;
            reader_fail(r, ref->place, NULL, "this value is not known yet when the command is sent");
        }
    }
}

static void check_every(struct reader *r, const struct statement *st) {
    if (st->has_until || st->has_times || r->plan->has_end) return;
    reader_fail(r, st->place, NULL, "this would never end: `until T` or `times N` is missing, or the file's `end D`");
}

static void check_statement(struct reader *r, const struct statement *st) {
    switch (st->kind) {
    case ST_AT:
        check_instant(r, st->place, "the action at", st->from);
        break;
    case ST_EVERY:
        check_every(r, st);
        check_instant(r, st->place, "the first one at", st->from);
        break;
    case ST_WHEN:
        check_condition(r, &st->condition);
        check_instant(r, st->place, "`from`", st->from);
        break;
    case ST_CHAOS:
        check_instant(r, st->place, "`from`", st->from);
        break;
    case ST_EXPECT:
        check_condition(r, &st->condition);
        check_known(r, st, &st->condition.left);
        check_known(r, st, &st->condition.right.ref);
        check_instant(r, st->place, "the instant", st->expect == EXPECT_ALWAYS ? st->from : st->until);
        break;
    default:
        return;
    }
    check_command(r, st);
}

void plan_check(struct reader *r) {
    for (size_t i = 0; i < r->plan->statement_count; i++) check_statement(r, &r->plan->statements[i]);
}
