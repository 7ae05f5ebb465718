/* What all subcommands that take options and files have in common: reading the command line, help, complaints. */
#ifndef SIM_COMMANDS_FRAME_H
#define SIM_COMMANDS_FRAME_H

#include "sim/commands/arguments.h"
#include "sim/commands/commands.h"

/* A subcommand under way. */
struct command_call {
    const struct program *program;
    void *options; /* the subcommand's own, with their defaults */
    struct pool *pool;
    int argc;
    char **argv;
    const char **files; /* operands */
    size_t file_count;
};

struct command_form {
    const char *name; /* "detsim run" */
    const char *help;
    /* Reads the options with arguments_read(), which fills files and file_count. */
    enum arguments_status (*read)(struct command_call *call);
    /* What only several options together show to be wrong, or what an option's text does; NULL: nothing. */
    const char *(*wrong)(struct command_call *call);
    /* Does it; gives the exit status. */
    int (*make)(struct command_call *call);
};

/* Gives the exit status. */
int command_perform(const struct command_form *form, const struct program *program, int argc, char **argv,
                    void *options);

#endif
