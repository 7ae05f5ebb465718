/* Default costs of the machine underneath: what a real server on ordinary hardware of today costs. */
#include "sim/world/cost.h"

struct costs costs_default(void) {
    return (struct costs){
        /* "order 10 ms/GB on bare metal" for copying page tables (replication reference 5.1). */
        .fork_per_gb = 10 * SIM_MS,
        /* The page size of x86-64 and of most ARM kernels; huge pages are to be disabled for such servers. */
        .cow_page = 4096,
        /* A child serialises small strings at 100 to 200 MB/s, checksum included. */
        .save_rate = 150000000,
        /* Loading allocates every object: a little slower than saving. */
        .load_rate = 120000000,
        /* A pipelined SET or GET takes about 1.5 to 2 us of the server's one thread. */
        .command_time = 2 * SIM_US,
        /* Sequential writes of a SATA SSD or a cloud volume. */
        .disk_rate = 500000000,
        /* fsync of an SSD without power-loss protection. */
        .fsync_time = {SPREAD_CONSTANT, 1 * SIM_MS, 1 * SIM_MS, 0},
        .memory = INT64_C(16) << 30,
        /* The server's default `hz 10`. */
        .cron_period = 100 * SIM_MS,
    };
}
