/* What the machine underneath costs: the `cost` lines of the scenario language. */
#ifndef SIM_WORLD_COST_H
#define SIM_WORLD_COST_H

#include <stdbool.h>

#include "sim/world/chance.h"
#include "sim/world/units.h"

struct costs {
    sim_time fork_per_gb;  /* ns of fork() for each GiB of the forking process */
    int64_t cow_page;      /* bytes copied by the first write to a page after a fork */
    sim_time save_key;     /* ns of a child's CPU for each key it serialises ... */
    int64_t save_rate;     /* ... and bytes of it a second */
    sim_time load_key;     /* ns of CPU for each key that a server loads ... */
    int64_t load_rate;     /* ... and bytes of it a second */
    sim_time flush_key;    /* ns of CPU for each key of a dataset that is thrown away at once */
    sim_time command_time; /* ns of CPU for one command */
    sim_time socket_time;  /* ns of CPU for one read or write of a socket */
    int64_t disk_rate;     /* bytes a second the disk takes or gives */
    struct spread fsync_time;
    int64_t memory;       /* bytes of the machine; past it the OOM killer takes the child first */
    sim_time cron_period; /* ns between two runs of a server's periodic work */
};

/* The defaults, each with where it comes from. */
struct costs costs_default(void);

#endif
