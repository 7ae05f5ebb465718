/* The program's first word: which subcommand, and help on all of them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim/commands/commands.h"
#include "sim/scenario/nearest.h"

static void print_help(const struct program *program, FILE *to) {
    fputs("detsim: replication under a microscope. Runs a cluster, its load and its faults in simulated time, from\n"
          "one seed, and judges every run.\n\n",
          to);
    for (const struct subcommand *c = program->commands; c->name; c++) {
        fprintf(to, "  detsim %-8s %s\n", c->name, c->synopsis);
        fprintf(to, "  %16s%s%s\n", "", c->summary, c->run ? "" : " (not there yet)");
    }
    fputs("\nExamples\n"
          "  detsim run scenarios/resync/partial-resync.scn              one run, one line, what went wrong above it\n"
          "  detsim run scenarios/*/*.scn --seeds 1..200                 every story, two hundred times\n"
          "  detsim run x.scn --seed 12 --db x.db && detsim report x.db -o report\n"
          "  detsim run --help                                           a page on one subcommand\n"
          "\nExit status: 0 everything held, 1 a promise was broken or an expectation missed, 2 bad usage or input,\n"
          "3 the environment failed.\n",
          to);
}

static int fail_unknown(const struct program *program, const char *name) {
    struct nearest nearest = nearest_to((struct bytes){name, strlen(name)});
    for (const struct subcommand *c = program->commands; c->name; c++) nearest_try(&nearest, c->name);
    if (nearest.best) {
        fprintf(stderr, "detsim: unknown subcommand \"%s\", did you mean %s?\n", name, nearest.best);
    } else {
        fprintf(stderr, "detsim: unknown subcommand \"%s\" (detsim --help shows what there is)\n", name);
    }
    return EXIT_USAGE;
}

int program_run(const struct program *program, int argc, char **argv) {
    assert(program->commands && program->system);
    if (argc < 2) {
        print_help(program, stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(program, stdout);
        return EXIT_HELD;
    }
    if (strcmp(name, "--version") == 0) {
        puts("detsim " DETSIM_VERSION);
        return EXIT_HELD;
    }
    for (const struct subcommand *c = program->commands; c->name; c++) {
        if (strcmp(c->name, name) != 0) continue;
        if (c->run) return c->run(program, argc - 1, argv + 1);
        fprintf(stderr, "detsim %s: not there yet\n", name);
        return EXIT_USAGE;
    }
    return fail_unknown(program, name);
}
