/* Questions to a plan. */
#include "sim/scenario/plan.h"

#include <assert.h>
#include <strings.h>

#include "sim/scenario/values.h"

/* No timeline is longer: instants can be added to without overflow. */
#define LATEST VALUE_MAX

const char *plan_party_name(const struct plan *plan, uint16_t party) {
    if (party < plan->node_count) return plan->nodes[party].name;
    assert(party < plan->node_count + plan->client_count);
    return plan->clients[party - plan->node_count].name;
}

const char *action_kind_name(enum action_kind kind) {
    static const char *const names[] = {
        [ACT_COMMAND] = "command",
        [ACT_CRASH] = "crash",
        [ACT_POWER] = "power",
        [ACT_SHUTDOWN] = "shutdown",
        [ACT_RESTART] = "restart",
        [ACT_PAUSE] = "pause",
        [ACT_RESUME] = "resume",
        [ACT_CUT] = "cut",
        [ACT_REFUSE] = "refuse",
        [ACT_RESET] = "reset",
        [ACT_ISOLATE] = "isolate",
        [ACT_PARTITION] = "partition",
        [ACT_HEAL] = "heal",
        [ACT_LINK] = "link",
        [ACT_CHILD_KILL] = "child-kill",
        [ACT_CHILD_STALL] = "child-stall",
        [ACT_CHILD_RESUME] = "child-resume",
        [ACT_FORK_FAIL] = "fork-fail",
        [ACT_DISK_FULL] = "disk-full",
        [ACT_DISK_ERROR] = "disk-error",
        [ACT_DISK_SLOW] = "disk-slow",
        [ACT_DISK_OK] = "disk-ok",
        [ACT_DISK_REMOVE] = "disk-remove",
        [ACT_DISK_FLIP] = "disk-flip",
        [ACT_CLOCK_JUMP] = "clock-jump",
        [ACT_CLOCK_DRIFT] = "clock-drift",
        [ACT_START] = "start",
        [ACT_STOP] = "stop",
    };
    assert((size_t)kind < sizeof(names) / sizeof(names[0]));
    return names[kind];
}

/* --- settings in force ----------------------------------------------------------------------------------------------
 */

static bool in_set(const struct party_set *set, uint16_t party) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->party[i] == party) return true;
    }
    return false;
}

static bool same_text(struct bytes a, struct bytes b) {
    return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

/* The word's present name, if it is an alias. */
static struct bytes present_name(const struct plan *plan, struct bytes word) {
    for (const struct alias *a = plan->words->aliases; a && a->name; a++) {
        if (same_text(word, (struct bytes){a->name, strlen(a->name)}))
            return (struct bytes){a->means, strlen(a->means)};
    }
    return word;
}

static bool same_meaning(const struct plan *plan, struct bytes a, struct bytes b) {
    return same_text(a, b) || same_text(present_name(plan, a), present_name(plan, b));
}

static enum directive_merge merge_of(const struct plan *plan, struct bytes name) {
    for (const struct directive *d = plan->words->directives; d->name; d++) {
        if (same_text(name, (struct bytes){d->name, strlen(d->name)})) return d->merge;
    }
    return MERGE_LAST;
}

/* Whether the line clears what lines of its rank before it added: one empty value. */
static bool clears(const struct conf_line *conf) {
    return conf->word_count == 2 && conf->words[1].len == 0;
}

/* Whether two lines speak of the same thing, so that one of them wins. */
static bool same_subject(const struct plan *plan, const struct conf_line *a, const struct conf_line *b) {
    if (!same_meaning(plan, a->words[0], b->words[0])) return false;
    if (merge_of(plan, a->words[0]) != MERGE_BY_FIRST || a->word_count < 2 || b->word_count < 2) return true;
    return same_meaning(plan, a->words[1], b->words[1]);
}

/* Whether the conf line `st` of a node is overruled by another one of it, which comes later in the file or not. */
static bool overruled(const struct plan *plan, const struct statement *st, const struct statement *by, uint16_t node) {
    if (by == st || by->kind != ST_CONF || !in_set(&by->nodes, node)) return false;
    if (!same_subject(plan, &st->conf, &by->conf)) return false;
    if (by->nodes.rank != st->nodes.rank) return by->nodes.rank > st->nodes.rank;
    if (by < st) return false;
    return merge_of(plan, st->conf.words[0]) != MERGE_ADD || clears(&by->conf);
}

static bool in_force(const struct plan *plan, const struct statement *st, uint16_t node) {
    if (st->kind != ST_CONF || !in_set(&st->nodes, node)) return false;
    for (size_t i = 0; i < plan->statement_count; i++) {
        if (overruled(plan, st, &plan->statements[i], node)) return false;
    }
    return true;
}

struct conf_line *plan_conf(const struct plan *plan, uint16_t node, struct pool *pool, size_t *count) {
    assert(node < plan->node_count);
    struct conf_line *lines = POOL_ARRAY(pool, struct conf_line, plan->statement_count);
    *count = 0;
    for (size_t i = 0; i < plan->statement_count; i++) {
        const struct statement *st = &plan->statements[i];
        if (in_force(plan, st, node)) lines[(*count)++] = st->conf;
    }
    return lines;
}

/* --- the timeline's end ---------------------------------------------------------------------------------------------
 */

static sim_time later(sim_time a, sim_time b) {
    return a > b ? a : b;
}

static sim_time plus(sim_time a, sim_time b) {
    assert(a >= 0 && b >= 0);
    return a > LATEST - (b < LATEST ? b : LATEST) ? LATEST : a + b;
}

/* a * n, not past LATEST. */
static sim_time times(sim_time a, uint64_t n) {
    assert(a >= 0);
    return n > 0 && a > LATEST / (n < (uint64_t)LATEST ? (sim_time)n : LATEST) ? LATEST : a * (sim_time)n;
}

/* How far a spread reaches: its upper bound where it has one, else its mean (ten times the minimum where even the mean
 * is infinite). A run that draws more goes on longer by itself. */
static sim_time spread_reach(const struct spread *s) {
    switch (s->kind) {
    case SPREAD_UNIFORM:
        return s->b;
    case SPREAD_PARETO:
        if (s->shape <= MILLION) return times(s->a, 10);
        return plus(s->a, times(s->a / 1000, (uint64_t)(1000 * MILLION / (s->shape - MILLION))));
    default:
        return s->a;
    }
}

static sim_time action_end(const struct action *action) {
    return action->has_for ? action->duration : 0;
}

/* Bounded by `until` or `times`, or both (by neither where the file has `end`, which bounds everything). */
static sim_time every_end(const struct statement *st) {
    sim_time end = st->has_until ? st->until : st->from;
    if (st->has_times) {
        sim_time last = plus(st->from, times(spread_reach(&st->spacing), st->times - 1));
        end = st->has_until && st->until < last ? st->until : last;
    }
    return plus(end, action_end(&st->action));
}

static sim_time chaos_end(const struct statement *st) {
    sim_time longest = 0;
    for (size_t i = 0; i < st->fault_count; i++) longest = later(longest, spread_reach(&st->faults[i].duration));
    return plus(st->until, longest);
}

/* Clients that say when they begin or end name an instant of the timeline, too. */
static sim_time client_end(const struct statement *st) {
    sim_time end = 0;
    for (size_t i = 0; i < st->option_count; i++) {
        const struct option *o = &st->options[i];
        bool instant = strcmp(o->rule->name, "from") == 0 || strcmp(o->rule->name, "until") == 0;
        if (instant && o->rule->form == FORM_DURATION) end = later(end, o->number);
    }
    return end;
}

static sim_time statement_end(const struct statement *st) {
    switch (st->kind) {
    case ST_AT:
        return plus(st->until, action_end(&st->action));
    case ST_EVERY:
        return every_end(st);
    case ST_CHAOS:
        return chaos_end(st);
    case ST_CLIENT:
        return client_end(st);
    default:
        return 0;
    }
}

sim_time plan_timeline_end(const struct plan *plan) {
    if (plan->has_end) return plan->end;
    sim_time end = 0;
    for (size_t i = 0; i < plan->statement_count; i++) end = later(end, statement_end(&plan->statements[i]));
    return end;
}
