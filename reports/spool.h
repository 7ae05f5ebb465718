/* Rows of a run, kept in memory until its transaction is written: a growing run of bytes, reused from run to run.
 *
 * A row is a fixed struct followed by its texts, one after the other; the struct's own members hold their lengths. */
#ifndef REPORTS_SPOOL_H
#define REPORTS_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world/units.h"

struct spool {
    char *at;
    size_t len;
    size_t room;
    size_t rows;
    bool failed; /* out of memory: what came after is missing */
};

void spool_free(struct spool *s);
void spool_clear(struct spool *s);

/* Begins a row with a copy of a struct; returns where it lies (an offset: the memory may move). */
size_t spool_begin(struct spool *s, const void *fixed, size_t size);
/* Adds a text to the row that was begun, escaped where it is not clean UTF-8; its length as stored. */
uint32_t spool_text(struct spool *s, struct bytes text);
/* Ends the row. */
void spool_end(struct spool *s);

/* The struct of the row at an offset. Valid until the next spool_begin or spool_text; NULL after a failure. */
void *spool_at(struct spool *s, size_t offset);

/* Bytes that a row of this length takes in the spool. */
static inline size_t spool_row_size(size_t len) {
    return (len + 7) & ~(size_t)7;
}

#endif
