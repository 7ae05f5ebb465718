/* The console: the run's own hand on the machines. It sends the timeline's commands and judges their replies.
 *
 * A connection (NODE> or NODE@NAME>) is opened by its first command, carries one command at a time, and is opened
 * anew by the next command after it broke. */
#ifndef SIM_RUN_CONSOLE_H
#define SIM_RUN_CONSOLE_H

#include "sim/run/state.h"

/* No node or client can have this name. */
#define CONSOLE_NAME "(console)"

struct console *console_create(struct run *run);
/* The host's boot function; ctx is the run. */
void console_boot(void *ctx, struct host *host);

/* Carries out a command line: sends it now, or once the reply of the one before has come. `n` is the number of the
 * firing. A free node executes it before this returns. */
void console_command(struct run *run, const struct statement *st, uint64_t n);

/* The machine has lost its power, and the console's end of its connections with it. */
void console_lose(struct run *run, uint16_t node);

/* Whether a reply that the scenario has an opinion on is still to come. */
bool console_expects_replies(const struct run *run);
/* No reply will be waited for any more. */
void console_rest(struct run *run);

#endif
