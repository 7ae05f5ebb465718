/* `detsim defects`: the catalogue of switchable bugs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/commands/arguments.h"
#include "sim/commands/commands.h"

static const char help[] =
    "detsim defects                        the catalogue of switchable bugs\n"
    "\n"
    "Each line: the name of the switch, the check that catches it, what it does, where it was published.\n"
    "A scenario switches one on with `defect NAME` (everywhere) or `defect NAME on NODES`.\n"
    "\n"
    "Examples\n"
    "  detsim defects\n"
    "  detsim defects | cut -d' ' -f1        the names alone\n"
    "  echo 'defect NAME' >> x.scn && detsim run x.scn --seeds 1..50\n";

/* The width of the longest of what `text` picks. */
static int widest(const struct defect_word *defects, const char *(*text)(const struct defect_word *)) {
    size_t width = 0;
    for (const struct defect_word *d = defects; d->name; d++) {
        if (strlen(text(d)) > width) width = strlen(text(d));
    }
    return (int)width;
}

static const char *name_of(const struct defect_word *d) {
    return d->name;
}

static const char *checker_of(const struct defect_word *d) {
    return d->checker;
}

int command_defects(const struct program *program, int argc, char **argv) {
    static const struct argument_rule rules[] = {{.name = NULL}};
    const char **operands = calloc((size_t)argc + 1, sizeof *operands);
    size_t count = 0;
    if (!operands) return EXIT_ENVIRONMENT;
    enum arguments_status status = arguments_read("detsim defects", rules, argc, argv, operands, &count);
    free(operands);
    if (status == ARGUMENTS_BAD) return EXIT_USAGE;
    if (status == ARGUMENTS_HELP) {
        fputs(help, stdout);
        return EXIT_HELD;
    }
    if (count > 0) {
        fputs("detsim defects: takes no arguments\n", stderr);
        return EXIT_USAGE;
    }
    const struct defect_word *defects = program->system->words->defects;
    int names = widest(defects, name_of), checkers = widest(defects, checker_of);
    for (const struct defect_word *d = defects; d->name; d++) {
        printf("%-*s  %-*s  %s (%s)\n", names, d->name, checkers, d->checker, d->summary, d->source);
    }
    return EXIT_HELD;
}
