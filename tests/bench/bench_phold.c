/* PHOLD: how many events a second the event queue carries.
 *
 * A fixed number of events is pending; each, when it fires, inserts itself again after an exponential time. The
 * same loop runs on our queue and, in the same process, on a plain 4-ary heap of pointers with the same order and
 * on no queue at all (events fire round and round: what the loop and its memory cost). Each figure is the median of
 * five runs, in CPU time. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/world/chance.h"
#include "sim/world/queue.h"

#define RUNS       5
#define MEAN       (1 * SIM_MS)
#define INCREMENTS 65536u /* drawn beforehand: the queue is measured, not the logarithm */

static sim_time increments[INCREMENTS];

static void draw_increments(void) {
    struct chance c = chance_named(1, "phold", NULL, NULL, 0);
    struct spread s = {SPREAD_EXP, MEAN, 0, 0};
    for (unsigned i = 0; i < INCREMENTS; i++) increments[i] = chance_spread(&c, &s);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- the plain heap ------------------------------------------------------------------------------------- */

struct heap {
    struct event **slots;
    size_t count;
};

static int before(const struct event *a, const struct event *b) {
    if (a->at != b->at) return a->at < b->at;
    if (a->tie != b->tie) return a->tie < b->tie;
    return a->seq < b->seq;
}

static void heap_insert(struct heap *h, struct event *e) {
    size_t i = h->count++;
    for (; i > 0 && before(e, h->slots[(i - 1) / 4]); i = (i - 1) / 4) h->slots[i] = h->slots[(i - 1) / 4];
    h->slots[i] = e;
}

static struct event *heap_pop(struct heap *h) {
    struct event *first = h->slots[0], *last = h->slots[--h->count];
    size_t i = 0;
    for (;;) {
        size_t least = 4 * i + 1, end = least + 4 < h->count ? least + 4 : h->count;
        if (least >= h->count) break;
        for (size_t c = least + 1; c < end; c++)
            if (before(h->slots[c], h->slots[least])) least = c;
        if (!before(h->slots[least], last)) break;
        h->slots[i] = h->slots[least];
        i = least;
    }
    h->slots[i] = last;
    return first;
}

/* --- the three loops ------------------------------------------------------------------------------------ */

static double run_heap(struct event *events, size_t pending, size_t fire) {
    struct heap h = {malloc(pending * sizeof(struct event *)), 0};
    uint64_t seq = 0;
    for (size_t i = 0; i < pending; i++) {
        events[i].at = increments[i % INCREMENTS];
        events[i].seq = seq++;
        heap_insert(&h, &events[i]);
    }
    double began = seconds();
    for (size_t i = 0; i < fire; i++) {
        struct event *e = heap_pop(&h);
        e->at += increments[i % INCREMENTS];
        e->seq = seq++;
        heap_insert(&h, e);
    }
    double took = seconds() - began;
    free(h.slots);
    return took;
}

static double run_queue(struct event *events, size_t pending, size_t fire) {
    struct pool *pool = pool_create();
    struct queue *q = queue_create(pool);
    for (size_t i = 0; i < pending; i++) {
        events[i].at = increments[i % INCREMENTS];
        queue_insert(q, &events[i]);
    }
    double began = 0;
    for (size_t i = 0; i < fire + pending; i++) {
        if (i == pending) began = seconds(); /* in the steady state */
        struct event *e = queue_pop(q);
        e->at += increments[i % INCREMENTS];
        queue_insert(q, e);
    }
    double took = seconds() - began;
    pool_destroy(pool);
    return took;
}

/* Events in an order drawn beforehand, as their memory would be touched by any queue. */
static double run_nothing(struct event *events, size_t pending, size_t fire) {
    uint32_t *order = malloc(pending * sizeof(*order));
    struct chance c = chance_named(2, "order", NULL, NULL, 0);
    for (size_t i = 0; i < pending; i++) order[i] = (uint32_t)i;
    for (size_t i = pending; i > 1; i--) {
        size_t j = chance_below(&c, i);
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
    double began = seconds();
    for (size_t i = 0, at = 0; i < fire; i++) {
        events[order[at]].at += increments[i % INCREMENTS];
        if (++at == pending) at = 0;
    }
    double took = seconds() - began;
    free(order);
    return took;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Million events a second, the median of RUNS. */
static double measure(double (*run)(struct event *, size_t, size_t), size_t pending, size_t fire) {
    double rates[RUNS];
    for (int i = 0; i < RUNS; i++) {
        struct event *events = calloc(pending, sizeof(*events));
        rates[i] = (double)fire / run(events, pending, fire) / 1e6;
        free(events);
    }
    qsort(rates, RUNS, sizeof(rates[0]), ascending);
    return rates[RUNS / 2];
}

int main(void) {
    static const struct {
        size_t pending, fire;
    } cases[] = {{16, 4000000}, {1000, 4000000}, {10000, 4000000}, {100000, 4000000}, {1000000, 4000000}};
    draw_increments();
    printf("%10s %14s %14s %14s %12s\n", "pending", "queue M/s", "4-ary heap M/s", "no queue M/s", "queue/heap");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double queue = measure(run_queue, cases[i].pending, cases[i].fire);
        double heap = measure(run_heap, cases[i].pending, cases[i].fire);
        double nothing = measure(run_nothing, cases[i].pending, cases[i].fire);
        printf("%10zu %14.1f %14.1f %14.1f %11.1fx\n", cases[i].pending, queue, heap, nothing, queue / heap);
    }
    return 0;
}
