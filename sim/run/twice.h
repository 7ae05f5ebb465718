/* Same seed, same run: a run is made again and compared by its trace; where they differ is found and named. */
#ifndef SIM_RUN_TWICE_H
#define SIM_RUN_TWICE_H

#include "sim/run/run.h"

/* Makes the run of `setup` again in `again`'s pools and compares it with `first`, the result of the first time. If the
 * two differ, *first becomes a failed one, with the first differing happening in its words. The text is the pool's in
 * which `first` lives. True: they are the same. */
bool twice_compare(const struct run_setup *setup, struct pool *again, struct pool *again_scratch,
                   struct run_result *first);

#endif
