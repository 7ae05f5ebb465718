/* The event queue: intrusive events in order of (time, tie, number of insertion).
 *
 * A ladder queue: insert and pop in O(1) amortised whatever the number pending, removal of any event in O(1);
 * O(log n) among the n events that share one instant. */
#ifndef SIM_WORLD_QUEUE_H
#define SIM_WORLD_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

/* Embedded in what is to happen. Zeroed is valid and not pending. */
struct event {
    sim_time at;
    uint64_t tie; /* order among events of one instant: smaller first; then by insertion */
    uint64_t seq; /* the queue's */
    void (*fire)(void *ctx, struct event *event);
    uint32_t place; /* the queue's: 0 when not pending */
    uint32_t index; /* the queue's: where in its place */
};

struct queue;

struct queue *queue_create(struct pool *pool);
/* `at` must not lie before the last popped event's. */
void queue_insert(struct queue *q, struct event *e);
/* Does nothing if e is not pending. */
void queue_remove(struct queue *q, struct event *e);
/* The first event, removed; NULL if none. */
struct event *queue_pop(struct queue *q);
/* The time of the first event; SIM_NEVER if none. */
sim_time queue_next(struct queue *q);
size_t queue_length(const struct queue *q);

static inline bool event_pending(const struct event *e) { return e->place != 0; }

#endif
