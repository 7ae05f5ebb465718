/* Command lines, read. */
#include "sim/commands/arguments.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario/nearest.h"
#include "sim/scenario/values.h"

/* The arguments that are still to be read. */
struct reading {
    const char *command;
    const struct argument_rule *rules;
    int argc;
    char **argv;
    int next;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct reading *r, const char *format, ...) {
    va_list args;
    fprintf(stderr, "%s: ", r->command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (%s --help shows what there is)\n", r->command);
    return false;
}

static struct bytes bytes_of(const char *text) {
    return (struct bytes){text, strlen(text)};
}

static const struct argument_rule *find_rule(const struct reading *r, const char *name, size_t len) {
    for (const struct argument_rule *rule = r->rules; rule->name; rule++) {
        if (strlen(rule->name) == len && memcmp(rule->name, name, len) == 0) return rule;
    }
    return NULL;
}

static bool fail_unknown(const struct reading *r, const char *name, size_t len) {
    struct nearest nearest = nearest_to((struct bytes){name, len});
    for (const struct argument_rule *rule = r->rules; rule->name; rule++) nearest_try(&nearest, rule->name);
    nearest_try(&nearest, "--help");
    if (nearest.best) return fail(r, "unknown option %.*s, did you mean %s?", (int)len, name, nearest.best);
    return fail(r, "unknown option %.*s", (int)len, name);
}

static bool read_seeds(struct bytes text, struct seed_range *range) {
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] != '.' || text.at[i + 1] != '.') continue;
        struct bytes low = {text.at, i}, high = {text.at + i + 2, text.len - i - 2};
        if (value_read_seed(low, &range->first) || value_read_seed(high, &range->last)) return false;
        return range->first <= range->last;
    }
    return false;
}

static bool read_choice(const struct reading *r, const struct argument_rule *rule, const char *value) {
    for (size_t i = 0; rule->choices[i]; i++) {
        if (strcmp(rule->choices[i], value) != 0) continue;
        *(const char **)rule->into = rule->choices[i];
        return true;
    }
    fprintf(stderr, "%s: %s cannot be \"%s\", only", r->command, rule->name, value);
    for (size_t i = 0; rule->choices[i]; i++) fprintf(stderr, "%s %s", i > 0 ? "," : "", rule->choices[i]);
    fputc('\n', stderr);
    return false;
}

static bool read_value(const struct reading *r, const struct argument_rule *rule, const char *value) {
    switch (rule->form) {
    case ARGUMENT_FLAG:
        break;
    case ARGUMENT_TEXT:
        *(const char **)rule->into = value;
        return true;
    case ARGUMENT_COUNT:
        if (!value_read_seed(bytes_of(value), rule->into)) return true;
        return fail(r, "%s needs a whole number, not \"%s\"", rule->name, value);
    case ARGUMENT_SEEDS:
        if (read_seeds(bytes_of(value), rule->into)) return true;
        return fail(r, "%s needs two seeds A..B with A <= B, not \"%s\"", rule->name, value);
    case ARGUMENT_CHOICE:
        return read_choice(r, rule, value);
    }
    assert(false && "an option without a value");
    return false;
}

/* An option, argv[next - 1], with its value after `=` or in the next argument. */
static bool read_option(struct reading *r, const char *argument) {
    const char *equals = strchr(argument, '=');
    size_t len = equals ? (size_t)(equals - argument) : strlen(argument);
    const struct argument_rule *rule = find_rule(r, argument, len);
    if (!rule) return fail_unknown(r, argument, len);
    if (rule->given) *rule->given = true;
    if (rule->form == ARGUMENT_FLAG) {
        if (equals) return fail(r, "%s takes no value", rule->name);
        *(bool *)rule->into = true;
        return true;
    }
    if (equals) return read_value(r, rule, equals + 1);
    if (r->next == r->argc) return fail(r, "%s needs a value", rule->name);
    return read_value(r, rule, r->argv[r->next++]);
}

enum arguments_status arguments_read(const char *command, const struct argument_rule *rules, int argc, char **argv,
                                     const char **operands, size_t *operand_count) {
    struct reading r = {command, rules, argc, argv, 1};
    bool only_operands = false;
    *operand_count = 0;
    while (r.next < argc) {
        const char *argument = argv[r.next++];
        if (only_operands || argument[0] != '-' || argument[1] == '\0') {
            operands[(*operand_count)++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            return ARGUMENTS_HELP;
        } else if (!read_option(&r, argument)) {
            return ARGUMENTS_BAD;
        }
    }
    return ARGUMENTS_OK;
}

const char *arguments_text(struct pool *pool, int argc, char **argv) {
    struct buffer text;
    buffer_init(&text, pool);
    buffer_puts(&text, "detsim");
    for (int i = 0; i < argc; i++) buffer_printf(&text, " %s", argv[i]);
    return text.at;
}
