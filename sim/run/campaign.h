/* A campaign: files times seeds, made by worker processes, printed in order.
 *
 * Run n is the n-th in the order of (file, seed), whatever the number of workers, and so are its output and its number
 * in the evidence file. A worker that dies takes one run with it, which then counts as failed. */
#ifndef SIM_RUN_CAMPAIGN_H
#define SIM_RUN_CAMPAIGN_H

#include <stdio.h>

#include "sim/run/run.h"
#include "sim/run/writer.h"

struct campaign_file {
    const struct plan *plan;
    uint64_t first_seed, last_seed; /* both included */
};

struct campaign {
    const struct system *system;
    const struct campaign_file *files;
    size_t file_count;
    unsigned jobs; /* worker processes, at least 1 */
    const struct writer *writer;
    bool twice;
    bool sums;                               /* add up faults and probes, and show them at the end */
    bool quiet;                              /* no progress */
    const struct recorder_source *recorders; /* NULL: nothing is recorded */
    struct recorder_campaign record;         /* path, command and level, if recorders is given */
    const char *pcap;                        /* file for the traffic of a campaign's only run; NULL: none */
    const char *options;                     /* of the command line but files and seeds: to say how to go on */
    struct run_limits limits;
    FILE *out;      /* results */
    FILE *messages; /* progress and errors */
};

/* One run of it. */
struct campaign_run {
    const struct campaign_file *file;
    uint64_t number;
    uint64_t seed;
    bool first; /* of its file */
};

/* How many runs; UINT64_MAX if they cannot be counted in 64 bits. */
uint64_t campaign_size(const struct campaign *campaign);
struct campaign_run campaign_run_at(const struct campaign *campaign, uint64_t number);

/* Makes all runs. Gives the exit status: 0 all passed, 1 some failed, 3 the environment failed or ended it. SIGINT
 * and SIGTERM end it in order: runs under way are finished, what is done is printed and recorded; a second one ends it
 * at once. */
int campaign_make(struct campaign *campaign);

#endif
