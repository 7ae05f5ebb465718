/* A worker: a process that makes the runs it is told to and sends back their results as text.
 *
 * Orders and reports go through two pipes, as the structs below. */
#ifndef SIM_RUN_WORKER_H
#define SIM_RUN_WORKER_H

#include "sim/run/campaign.h"

/* Parent to worker. The end of the pipe: nothing is left to do. */
struct order {
    uint64_t first;
    uint64_t count;
};

enum report_kind {
    REPORT_READY,   /* the worker is free */
    REPORT_PASSED,  /* run `number`; its text follows */
    REPORT_FAILED,  /* likewise */
    REPORT_NUMBERS, /* before one of these two, where the campaign asks for it: the run's numbers (sums_put) */
    REPORT_TROUBLE  /* the environment failed; one line about it follows */
};

/* Worker to parent, followed by `len` bytes of text. */
struct report {
    uint64_t number;
    uint32_t kind;
    uint32_t len;
};

/* The worker process: reads orders, writes reports, exits. SIGTERM ends it after the run under way. */
_Noreturn void worker_main(const struct campaign *campaign, int orders, int reports);

#endif
