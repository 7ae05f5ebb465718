/* The tie policies: fifo, random, and PCT (probabilistic concurrency testing, Burckhardt et al., ASPLOS 2010). */
#include "sim/world/ties.h"

#include <assert.h>

#define OTHERS      (UINT64_C(2) << 62)
#define CHANGE_SPAN 20u /* PCT's change points lie within 2^20 decisions, as many in each octave */

static void sort_ascending(uint64_t *values, unsigned n) {
    for (unsigned i = 1; i < n; i++)
        for (unsigned j = i; j > 0 && values[j - 1] > values[j]; j--) {
            uint64_t swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
}

void ties_init(struct ties *ties, struct pool *pool, uint64_t seed, struct tie_policy policy) {
    struct chance chance = chance_named(seed, "ties", NULL, NULL, 0);
    *ties = (struct ties){.kind = policy.kind, .seed = chance_bits(&chance)};
    if (policy.kind != TIE_PCT) return;
    ties->depth = policy.depth;
    ties->changes = POOL_ARRAY(pool, uint64_t, policy.depth);
    ties->lowered = POOL_ARRAY(pool, uint64_t, policy.depth);
    for (unsigned i = 0; i < policy.depth; i++) {
        uint64_t octave = UINT64_C(1) << chance_below(&chance, CHANGE_SPAN);
        ties->changes[i] = octave + chance_below(&chance, octave);
    }
    sort_ascending(ties->changes, policy.depth);
}

/* Subjects start with priorities from the seed; each change point lowers the subject that is then decided. */
static uint64_t pct_priority(struct ties *ties, uint64_t subject) {
    ties->decided++;
    while (ties->fallen < ties->depth && ties->changes[ties->fallen] <= ties->decided)
        ties->lowered[ties->fallen++] = subject;
    for (unsigned i = ties->fallen; i-- > 0;)
        if (ties->lowered[i] == subject) return (UINT64_C(1) << 61) + i;
    return chance_mix(ties->seed ^ chance_mix(subject)) >> 3;
}

uint64_t ties_other(struct ties *ties, sim_time at, uint64_t subject) {
    switch (ties->kind) {
    case TIE_FIFO:
        return OTHERS;
    case TIE_RANDOM:
        return OTHERS | chance_mix(ties->seed + chance_mix((uint64_t)at) + subject) >> 2;
    case TIE_PCT:
        return OTHERS | pct_priority(ties, subject);
    }
    __builtin_unreachable();
}
