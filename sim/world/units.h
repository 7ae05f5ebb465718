/* Units of the simulated world.
 *
 * Times are nanoseconds in 64 bits, shares are parts per million, sizes are bytes: no floating point
 * enters the simulated world. */
#ifndef SIM_WORLD_UNITS_H
#define SIM_WORLD_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* An instant (ns since the start of the run) or a duration (ns). */
typedef int64_t sim_time;

#define SIM_US INT64_C(1000)
#define SIM_MS INT64_C(1000000)
#define SIM_SECOND INT64_C(1000000000)
#define SIM_NEVER INT64_MAX

#define PPM_ONE 1000000

/* A run of bytes that somebody else owns; may hold any byte, is not terminated. */
struct bytes {
    const char *at;
    size_t len;
};

/* The structure that holds `member`, from a pointer to the member. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
