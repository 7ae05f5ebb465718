/* Expectations: `expect` lines and the replies that commands ask for with `=>`.
 *
 * They look from outside: no event, no draw, no trace. The run calls observe at the end of each instant at which
 * something can have changed, and at each instant that expectations name. */
#ifndef SIM_RUN_EXPECT_H
#define SIM_RUN_EXPECT_H

#include "sim/run/state.h"

struct expectations *expectations_create(struct run *run);

/* The next instant at which something must be judged although nothing may happen then; SIM_NEVER if none. */
sim_time expectations_next(const struct run *run);
/* Everything of instant `now` has happened. */
void expectations_observe(struct run *run, sim_time now);

/* A reply to a command of `st` has come, or cannot come any more. `got` is copied. */
void expectation_reply(struct run *run, const struct statement *st, bool held, const char *got, sim_time now);

/* The run is at rest, or was stopped (`stopped`: nothing later will be seen): judges what waits for that. */
void expectations_rest(struct run *run, sim_time now, bool stopped);
/* Whether some still wait for a later instant. */
bool expectations_waiting(const struct run *run);

/* The results in the file's order, once all are judged; memory is the pool's. */
const struct expectation_result *expectations_results(struct run *run, size_t *count);
/* Those that are missed by now, at any time. */
const struct expectation_result *expectations_missed(struct run *run, size_t *count);

#endif
