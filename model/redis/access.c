/* Stamps of use. See access.h. */
#include "model/redis/access.h"

#include <assert.h>

enum { LRU_BITS = 24, COUNTER_BITS = 8, COUNTER_MAX = 255, COUNTER_OF_NEW = 5, MINUTE_MASK = 0xFFFF };

void access_clock_set(struct access_clock *c, int64_t unixtime) {
    if (c->frequency)
        c->now = (uint32_t)(unixtime / 60 & MINUTE_MASK) << COUNTER_BITS | COUNTER_OF_NEW;
    else
        c->now = (uint32_t)unixtime & ((1u << LRU_BITS) - 1);
}

uint32_t access_frequency(const struct access_clock *c, uint32_t stamp) {
    uint32_t counter = stamp & COUNTER_MAX;
    uint32_t minutes = ((c->now >> COUNTER_BITS) - (stamp >> COUNTER_BITS)) & MINUTE_MASK;
    int64_t lost = c->decay_time ? minutes / c->decay_time : 0;
    return lost >= counter ? 0 : counter - (uint32_t)lost;
}

/* One more with probability 1 / ((counter - 5) * lfu-log-factor + 1). */
uint32_t access_counted(const struct access_clock *c, uint32_t stamp) {
    assert(c->chance && c->log_factor >= 0);
    uint32_t counter = access_frequency(c, stamp);
    uint64_t above = counter > COUNTER_OF_NEW ? counter - COUNTER_OF_NEW : 0;
    if (counter < COUNTER_MAX && chance_below(c->chance, above * (uint64_t)c->log_factor + 1) == 0) counter++;
    return (c->now & ~(uint32_t)COUNTER_MAX) | counter;
}

uint32_t access_idle(const struct access_clock *c, uint32_t stamp) {
    return (c->now - stamp) & ((1u << LRU_BITS) - 1);
}

uint32_t access_loaded(const struct access_clock *c, struct access_use use) {
    if (c->frequency != (use.kind == USE_FREQUENCY)) return c->now;
    if (c->frequency) return (c->now & ~(uint32_t)COUNTER_MAX) | (uint32_t)(use.n & COUNTER_MAX);
    return (c->now - (uint32_t)use.n) & ((1u << LRU_BITS) - 1);
}
