/* The scenario language: text to plan and back. See plan.h for what a plan is, and the contract of the language for
 * what may stand in a file. */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "sim/scenario/errors.h"
#include "sim/scenario/plan.h"
#include "sim/world/buffer.h"
#include "sim/world/pool.h"

/* Larger files are refused. */
#define SCENARIO_MAX_BYTES ((size_t)4 << 20)

/* Reads a scenario. NULL if anything is wrong with it; then *errors, initialised here, has all that is wrong, in the
 * file's order. The plan, the errors and `text`, which must outlive both, are shared: nothing is copied that need
 * not be. `words` must outlive the plan. */
struct plan *scenario_read(struct pool *pool, const char *file_name, struct bytes text, const struct vocabulary *words,
                           struct scenario_errors *errors);

/* The same from a file on disk; what cannot be read is an error of the whole file. */
struct plan *scenario_read_file(struct pool *pool, const char *path, const struct vocabulary *words,
                                struct scenario_errors *errors);

/* Appends the plan as scenario text: one statement a line, values in their usual forms, a blank line between groups
 * of statements. The text reads into the same plan, except for places and texts `as written`. */
void scenario_print(const struct plan *plan, struct buffer *out);

/* One statement's line, without its end. */
void scenario_print_statement(const struct plan *plan, const struct statement *statement, struct buffer *out);

#endif
