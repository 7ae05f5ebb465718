/* Default costs of the machine underneath: what the real server (7.0.15) costs on a 2-core cloud VM of 2026 (KVM, 24 GB,
 * virtual disk), measured in November of that year by tests/calibrate/run.sh, which anyone can run for a machine of
 * their own. Others worked on that machine, too: figures are medians, or least values where what disturbs only adds. */
#include "sim/world/cost.h"

struct costs costs_default(void) {
    return (struct costs){
        /* 44 ms for a server of 1 GB, 20 to 55 ms/GB by size and neighbours; bare metal does it in 10. */
        .fork_per_gb = 40 * SIM_MS,
        /* What rdb_last_cow_size grows by for each page that is written to: 4.13 KB. */
        .cow_page = 4096,
        /* A BGSAVE's child without compression: 435 to 720 ns a key and 2.2 to 2.6 ns a byte; together 32 to 57 MB/s
         * for values of 16 bytes, 97 to 142 MB/s for 100, 330 for 1,000, 400 for 10,000. */
        .save_key = 600,
        .save_rate = 400000000,
        /* Loading: 410 to 730 ns a key and 1.4 to 1.7 ns a byte; 34 to 63, 102 to 186, 400 to 540, 575 to 725 MB/s. */
        .load_key = 600,
        .load_rate = 650000000,
        /* FLUSHALL SYNC of keys of 100 bytes: 340 to 670 ns each. */
        .flush_key = 500,
        /* A SET of 16 bytes with its parsing and its reply, 100 to a write: 0.4 to 1.0 us; 0.2 of it are the command's own
         * by INFO commandstats. */
        .command_time = 600,
        /* The rest of a SET sent alone, 8.7 to 9.4 us, is a read and a write; loopback, and likewise for 50 clients. */
        .socket_time = 4 * SIM_US,
        /* 256 MB to the virtual disk: 0.2 to 1.3 GB/s, as the neighbours let it. */
        .disk_rate = 500000000,
        /* 0.18 ms when nobody else writes, 0.6 to 8 ms when others do. */
        .fsync_time = {SPREAD_CONSTANT, 1 * SIM_MS, 1 * SIM_MS, 0},
        /* That of a common server; the measured machine has 24 GB. */
        .memory = INT64_C(16) << 30,
        /* `hz 10`; measured 100.2 to 101 ms, as each is set when the one before is done. */
        .cron_period = 100 * SIM_MS,
    };
}
