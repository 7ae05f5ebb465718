/* `detsim conform`: a scenario in the model and on real servers, and what comes out of both.
 *
 * The model runs first, in several worlds: the lines draw the same, phases and delays are others. What comes out of all
 * of them alike is what the model promises; then the real side runs, and each fact agrees, differs, or cannot be
 * compared for a reason that is said. */
#ifndef SIM_RUN_CONFORM_H
#define SIM_RUN_CONFORM_H

#include <stdio.h>

#include "sim/run/real.h"
#include "sim/run/recorder.h"
#include "sim/scenario/plan.h"

struct conform_setup {
    const struct system *system;
    const struct real *real;
    const char *server; /* executable; NULL: the usual one */
    uint64_t worlds;    /* runs of the model, at least 1 */
    uint64_t repeat;    /* real runs, at least 1 */
    uint64_t confirm;   /* more real runs if something differs */
    uint64_t jobs;      /* scenarios at a time */
    uint16_t first_port;
    const char *folder;   /* where folders are made: conform_all's own */
    bool keep;            /* the servers' folders stay, and their place is said */
    const uint64_t *seed; /* NULL: that of each file */
};

/* Runs one scenario on both sides, in this process. Memory is the pool's. `block`: of addresses, from 0 to
 * 253; nobody else's. */
void conform_one(const struct conform_setup *setup, const struct plan *plan, unsigned block, struct pool *pool,
                 struct conform_outcome *outcome);

/* Runs all, several at a time in processes of their own, and tells each outcome in the order of the files. Memory of an
 * outcome is valid during the call. False: interrupted. */
bool conform_all(const struct conform_setup *setup, const struct plan *const *plans, size_t count,
                 void (*tell)(void *ctx, const struct conform_outcome *outcome), void *ctx);

/* --- forms of an outcome -------------------------------------------------------------------------------------------
 */

/* Facts that do not simply agree, one a line, then a line for the scenario; `all`: every fact. */
void conform_write_text(struct buffer *out, const struct conform_outcome *outcome, bool all);
/* One object, one line. */
void conform_write_json(struct buffer *out, const struct conform_outcome *outcome);
/* A table as Markdown has it: its head, a row a scenario. Links are those of a file in `tests/conform/`. */
void conform_write_head(struct buffer *out);
void conform_write_row(struct buffer *out, const struct conform_outcome *outcome);

/* How many facts have that verdict. */
size_t conform_count(const struct conform_outcome *outcome, enum conform_verdict verdict);

#endif
