/* Command lines: options of a table, and operands. Shared by all subcommands. */
#ifndef SIM_COMMANDS_ARGUMENTS_H
#define SIM_COMMANDS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world/buffer.h"

enum argument_form {
    ARGUMENT_FLAG,  /* bool: no value */
    ARGUMENT_TEXT,  /* const char * */
    ARGUMENT_COUNT, /* uint64_t */
    ARGUMENT_SEEDS, /* struct seed_range: A..B */
    ARGUMENT_CHOICE /* const char *, one of `choices` */
};

struct seed_range {
    uint64_t first, last; /* both included, first <= last */
};

/* One option. Tables end with name == NULL. */
struct argument_rule {
    const char *name; /* "--seed" */
    enum argument_form form;
    void *into;                 /* what `form` says; untouched if the option is not given */
    bool *given;                /* NULL, or set if it is */
    const char *const *choices; /* ends with NULL */
};

enum arguments_status {
    ARGUMENTS_OK,
    ARGUMENTS_HELP, /* --help or -h was there */
    ARGUMENTS_BAD   /* the error was printed */
};

/* Reads argv[1] .. argv[argc - 1]. Options and operands mix; `--name=value` is `--name value`; what follows `--` is an
 * operand. Operands are put, in order, into `operands` (room for argc). Errors go to stderr, with the nearest option
 * where one is close, as errors of `command` ("detsim run"). */
enum arguments_status arguments_read(const char *command, const struct argument_rule *rules, int argc, char **argv,
                                     const char **operands, size_t *operand_count);

/* The command line again, as people would type it, for the evidence file. */
const char *arguments_text(struct pool *pool, int argc, char **argv);

#endif
