/* How far a campaign is: on a terminal a line that is kept up to date, else a line every 10 s. */
#ifndef SIM_RUN_PROGRESS_H
#define SIM_RUN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *to; /* NULL: silent */
    bool terminal;
    int64_t began, shown; /* ns of the wall clock */
    bool on_line;         /* the cursor stands behind a line that is to be overwritten */
};

void progress_begin(struct progress *p, FILE *to, bool quiet);
/* Shows where things are, if it is time to. */
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t failed);
/* Before other output: takes the line away. */
void progress_clear(struct progress *p);
/* ns of wall clock since it began. */
int64_t progress_elapsed(const struct progress *p);

#endif
