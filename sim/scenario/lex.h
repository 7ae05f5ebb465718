/* Scenario text to statements of words.
 *
 * One statement a line, `\` at a line's end continues it; `#` at the beginning of a word, outside quotes, starts a
 * comment, which nothing continues; words are split at blanks; "..." with \n \r \t \a \b \" \\ \xHH, and '...'
 * with \', may begin anywhere in a word and end it. */
#ifndef SIM_SCENARIO_LEX_H
#define SIM_SCENARIO_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/plan.h"
#include "sim/world/pool.h"

struct word {
    struct place place;
    struct bytes raw;  /* as in the file */
    struct bytes text; /* quotes and escapes resolved; a zero byte follows; may hold any byte */
    bool quoted;       /* some part of it stood in quotes */
};

/* A statement's words: at least one. */
struct line {
    struct word *words;
    size_t count;
    struct place end; /* just behind the last word */
};

struct lines {
    struct line *items;
    size_t count;
};

/* Told of each fault: an open quotation, a byte that is no UTF-8. A line with a fault gives no statement. */
typedef void lex_report(void *ctx, struct place place, const char *message);

/* Splits a whole file. Words point into `text` and the pool. Stops at the first byte that makes the file no text
 * (a zero byte, no UTF-8). */
struct lines lex_file(struct pool *pool, struct bytes text, lex_report *report, void *ctx);

/* The length of the UTF-8 character at text[i]; 0 if there is none. */
size_t lex_utf8_length(struct bytes text, size_t i);

#endif
