/* The subcommands, and what they need of the program that has them. */
#ifndef SIM_COMMANDS_COMMANDS_H
#define SIM_COMMANDS_COMMANDS_H

#include "sim/run/judge.h"
#include "sim/run/real.h"
#include "sim/run/recorder.h"
#include "sim/run/system.h"

enum exit_status {
    EXIT_HELD = 0,       /* everything held */
    EXIT_BROKEN = 1,     /* a promise was broken or an expectation missed */
    EXIT_USAGE = 2,      /* bad usage or input */
    EXIT_ENVIRONMENT = 3 /* disk full, database locked, interrupted */
};

struct program;

struct subcommand {
    const char *name;
    const char *synopsis;                                             /* its arguments */
    const char *summary;                                              /* one line */
    int (*run)(const struct program *program, int argc, char **argv); /* argv[0] is the name; NULL: not there yet */
};

/* What sim/ does not know itself: the program joins it. */
struct program {
    const struct subcommand *commands; /* ends with name == NULL */
    const struct system *system;
    const struct real *real;
    const struct judge *judge;
    const struct recorder_source *recorders;
};

/* Does what the command line says; gives the exit status. */
int program_run(const struct program *program, int argc, char **argv);

int command_run(const struct program *program, int argc, char **argv);
int command_check(const struct program *program, int argc, char **argv);
int command_conform(const struct program *program, int argc, char **argv);
int command_replay(const struct program *program, int argc, char **argv);
int command_defects(const struct program *program, int argc, char **argv);
int command_serve(const struct program *program, int argc, char **argv);

#endif
