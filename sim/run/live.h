/* A system's server, live: the code that runs in the simulated world, on real sockets, files and clocks.
 *
 *   live.c          from a command line to an exit status
 *   live_host.c     the event loop: turns, timers, signals, clocks (libuv)
 *   live_socket.c   connections and listening
 *   live_file.c     files in the server's folder
 *   live_child.c    forked children, run beside the server in its own process
 *   live_log.c      log lines
 *
 * What a server may be told on its command line is the system's own (struct system: serve_*). */
#ifndef SIM_RUN_LIVE_H
#define SIM_RUN_LIVE_H

#include "sim/run/system.h"

enum live_result {
    LIVE_ENDED,  /* it served, and ended in an orderly way */
    LIVE_USAGE,  /* the command line or a file that it names is wrong: the message was printed */
    LIVE_FAILED, /* the environment failed, or the server gave up: so it said */
};

/* Serves until a signal or a command ends it. argv[0] is the subcommand. */
enum live_result live_serve(const struct system *system, int argc, char **argv);

#endif
