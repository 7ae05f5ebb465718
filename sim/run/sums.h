/* What the runs of a campaign came by: faults that struck, probes of the system. A worker puts a run's numbers into
 * words, the campaign adds them up and shows the table (`--probes`). */
#ifndef SIM_RUN_SUMS_H
#define SIM_RUN_SUMS_H

#include "sim/run/recorder.h"
#include "sim/world/buffer.h"

enum sums_section { SUMS_FAULTS, SUMS_PROBES, SUMS_SECTIONS };

struct sum {
    const char *name;
    enum sums_section section;
    uint64_t runs;  /* that came by */
    uint64_t times; /* in all runs together */
};

struct sums {
    struct pool *pool;
    struct sum *lines; /* in the order in which they were first heard of */
    size_t count, room;
    uint64_t runs;
};

/* Memory is the pool's. */
void sums_init(struct sums *sums, struct pool *pool);
/* A run's numbers as text. */
void sums_put(struct buffer *out, const struct run_result *result);
/* Adds what sums_put() wrote. */
void sums_add(struct sums *sums, struct bytes text);
/* The table for people: name, runs, times; then the names that no run came by. */
void sums_write(const struct sums *sums, struct buffer *out);

#endif
