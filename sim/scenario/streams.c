/* Naming each statement's random stream: by its kind and its names, never by its place or its numbers. Of several with
 * one name the first has stream 0, the second stream 1: removing one of them is the same as removing the last. */
#include <assert.h>
#include <stdlib.h>

#include "sim/scenario/print.h"
#include "sim/scenario/reader.h"

/* --- names ----------------------------------------------------------------------------------------------------------
 */

/* An action's names: what it does to whom, not when, how long or how much. */
static void put_action(struct buffer *out, const struct plan *plan, const struct action *action) {
    if (action->kind == ACT_COMMAND) {
        print_command(out, action);
        return;
    }
    buffer_puts(out, action_kind_name(action->kind));
    buffer_putc(out, ' ');
    switch (action->kind) {
    case ACT_CUT:
    case ACT_REFUSE:
    case ACT_RESET:
    case ACT_HEAL:
    case ACT_LINK:
        if (action->everything) {
            buffer_putc(out, '*');
        } else {
            print_ends(out, plan, action->from, action->to, action->one_way);
        }
        break;
    case ACT_PARTITION:
        buffer_printf(out, "%s %s", action->a.text, action->b.text);
        break;
    default:
        buffer_puts(out, action->a.text);
        break;
    }
    if (action->file) buffer_printf(out, " %s", action->file);
}

/* What a condition looks at, without what it is compared with. */
static void put_condition(struct buffer *out, const struct condition *condition) {
    switch (condition->kind) {
    case COND_CHECK:
        buffer_puts(out, condition->name);
        break;
    case COND_METRIC:
        buffer_printf(out, "run.%s", condition->name);
        break;
    case COND_FIELD:
        buffer_printf(out, "%s.%s", condition->left.nodes.text, condition->left.field);
        break;
    case COND_LOG:
        buffer_printf(out, "%s log %s", condition->nodes.text, condition->glob);
        break;
    }
}

static void put_names(struct buffer *out, const struct plan *plan, const struct statement *st) {
    switch (st->kind) {
    case ST_AT:
    case ST_EVERY:
        put_action(out, plan, &st->action);
        break;
    case ST_WHEN:
        put_condition(out, &st->condition);
        buffer_putc(out, ' ');
        put_action(out, plan, &st->action);
        break;
    case ST_EXPECT:
        put_condition(out, &st->condition);
        break;
    case ST_CLIENT:
        buffer_puts(out, st->clients.text);
        break;
    case ST_LINK:
        print_link_ends(out, plan, &st->link);
        break;
    case ST_CONF:
        buffer_printf(out, "%s %s", st->nodes.text, st->conf.words[0].at);
        break;
    case ST_COST:
        buffer_printf(out, "%s %s", st->nodes.text, st->name);
        break;
    case ST_DEFECT:
        buffer_puts(out, st->name);
        break;
    case ST_NODE:
    case ST_DATASET:
        buffer_puts(out, st->nodes.text);
        break;
    default:
        break;
    }
}

static const char *purpose_of(enum statement_kind kind) {
    static const char *const purposes[] = {
        [ST_SCENARIO] = "scenario", [ST_MODEL] = "model",   [ST_SEED] = "seed",   [ST_SETTLE] = "settle",
        [ST_END] = "end",           [ST_NODE] = "node",     [ST_CONF] = "conf",   [ST_COST] = "cost",
        [ST_DATASET] = "dataset",   [ST_DEFECT] = "defect", [ST_ALLOW] = "allow", [ST_LINK] = "link",
        [ST_CLIENT] = "client",     [ST_AT] = "at",         [ST_EVERY] = "every", [ST_WHEN] = "when",
        [ST_CHAOS] = "chaos",       [ST_EXPECT] = "expect",
    };
    return purposes[kind];
}

static const char *names_of(struct pool *pool, const struct plan *plan, const struct statement *st) {
    struct buffer text;
    buffer_init(&text, pool);
    put_names(&text, plan, st);
    const char *names = pool_strndup(pool, text.at ? text.at : "", text.len);
    buffer_free(&text);
    return names;
}

/* --- numbers --------------------------------------------------------------------------------------------------------
 */

/* A stream and its place in the file. */
struct numbered {
    struct stream_name *stream;
    size_t at;
};

static int same_key(const struct stream_name *a, const struct stream_name *b) {
    int purpose = strcmp(a->purpose, b->purpose);
    return purpose ? purpose : strcmp(a->names, b->names);
}

static int by_key(const void *left, const void *right) {
    const struct numbered *a = left, *b = right;
    int key = same_key(a->stream, b->stream);
    if (key) return key;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* Counts those of one key, in the file's order. */
static void number_streams(struct numbered *list, size_t count) {
    assert(list);
    if (count > 1) qsort(list, count, sizeof(*list), by_key);
    for (size_t i = 1; i < count; i++) {
        bool same = same_key(list[i - 1].stream, list[i].stream) == 0;
        list[i].stream->nth = same ? list[i - 1].stream->nth + 1 : 0;
    }
}

static size_t count_faults(const struct plan *plan) {
    size_t n = 0;
    for (size_t i = 0; i < plan->statement_count; i++) n += plan->statements[i].fault_count;
    return n;
}

/* Faults of chaos lines have streams of their own, named by the fault alone. */
static size_t add_faults(struct statement *st, struct numbered *list, size_t count) {
    for (size_t i = 0; i < st->fault_count; i++) {
        st->faults[i].stream = (struct stream_name){"fault", fault_kind_name(st->faults[i].kind), 0};
        list[count] = (struct numbered){&st->faults[i].stream, count};
        count++;
    }
    return count;
}

void plan_name_streams(struct pool *pool, struct plan *plan) {
    size_t room = plan->statement_count + count_faults(plan), count = 0;
    struct numbered *list = POOL_ARRAY(pool, struct numbered, room);
    for (size_t i = 0; i < plan->statement_count; i++) {
        struct statement *st = &plan->statements[i];
        st->stream = (struct stream_name){purpose_of(st->kind), names_of(pool, plan, st), 0};
        list[count] = (struct numbered){&st->stream, count};
        count = add_faults(st, list, count + 1);
    }
    assert(count == room);
    number_streams(list, count);
    pool_free(pool, list, room * sizeof(*list));
}
