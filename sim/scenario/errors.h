/* What is wrong with a scenario file: all of it, each with its place, the line, and a word that would be right. */
#ifndef SIM_SCENARIO_ERRORS_H
#define SIM_SCENARIO_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/plan.h"
#include "sim/world/buffer.h"

struct scenario_error {
    struct place place;  /* line 0: about the file as a whole */
    const char *message; /* one line, printable */
    const char *near;    /* the nearest valid word, or NULL */
};

struct scenario_errors {
    struct pool *pool;   /* owns the list and its texts */
    const char *file;    /* as the user named it */
    struct bytes source; /* its text, for the lines shown */
    struct scenario_error *items;
    size_t count;
    size_t room;
    bool more; /* there were so many that the rest is not kept */
};

/* An empty list about the file of that name. */
void scenario_errors_init(struct scenario_errors *errors, struct pool *pool, const char *file);

/* Adds one. `near` may be NULL; it lives as long as the list. */
void scenario_errors_add(struct scenario_errors *errors, struct place place, const char *near, const char *format,
                         va_list args);

/* Puts the list in the file's order. */
void scenario_errors_sort(struct scenario_errors *errors);

/* Appends every error of a sorted list: `file:line:column: message`, the line, and a caret under the word with the
 * nearest valid word where there is one. Control characters of the file are shown as `?`; of a long line, the part
 * around the caret. */
void scenario_errors_render(const struct scenario_errors *errors, struct buffer *out);

#endif
