/* The last happenings of a run, kept as text, and those that led to the first broken promise: what people read when
 * they stop a run and look. A recorder: it changes nothing. */
#ifndef SIM_RUN_TAIL_H
#define SIM_RUN_TAIL_H

#include "sim/run/recorder.h"
#include "sim/world/buffer.h"

/* One happening, told. */
struct tail_line {
    uint64_t seq;
    sim_time at;
    const char *kind;
    uint16_t from, to; /* parties, NO_PARTY if none */
    struct buffer text;
};

struct tail;

/* Keeps the last `room` happenings, of party `watch` alone unless that is NO_PARTY. Memory is the pool's. */
struct tail *tail_create(struct pool *pool, size_t room, uint16_t watch);
/* To be given to the run. Valid as long as the tail. */
struct recorder *tail_recorder(struct tail *tail);

size_t tail_count(const struct tail *tail);
/* i = 0 is the oldest that was kept. */
const struct tail_line *tail_get(const struct tail *tail, size_t i);

/* How many were kept when the first promise broke, up to the happening that broke it; 0 while none is broken. */
size_t tail_break_count(const struct tail *tail);
const struct tail_line *tail_break_get(const struct tail *tail, size_t i);

#endif
