/* The ledger of the scenario's lines: how often each was carried out and how often that changed nothing, and what
 * else a reader of the result should know (the run's notes). */
#ifndef SIM_RUN_LEDGER_H
#define SIM_RUN_LEDGER_H

#include "sim/run/state.h"

struct ledger *ledger_create(struct run *run);

/* A line is carried out once more. */
void ledger_fired(struct run *run, const struct statement *st);
/* It found nothing to do. The first reason is kept. */
void ledger_idle(struct run *run, const struct statement *st, const char *why);
/* A note of its own about a line. */
void ledger_note(struct run *run, const struct statement *st, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* All notes: the reader's, then the run's in order of lines; memory is the pool's. To be asked once. */
const char *const *ledger_notes(struct run *run, size_t *count);

#endif
