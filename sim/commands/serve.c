/* `detsim serve`: the model, live on a socket. */
#include <stdio.h>
#include <string.h>

#include "sim/commands/commands.h"
#include "sim/run/live.h"

int command_serve(const struct program *program, int argc, char **argv) {
    const struct system *system = program->system;
    if (!system->serve_help) {
        fprintf(stderr, "detsim serve: the model %s cannot be served\n", system->name);
        return EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) continue;
        fputs(system->serve_help, stdout);
        return EXIT_HELD;
    }
    switch (live_serve(system, argc, argv)) {
    case LIVE_USAGE:
        return EXIT_USAGE;
    case LIVE_FAILED:
        return EXIT_ENVIRONMENT;
    case LIVE_ENDED:
        break;
    }
    return EXIT_HELD;
}
