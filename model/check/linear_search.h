/* What the search for an order knows of a history before it begins. Private to linear.c and linear_prepare.c. */
#ifndef MODEL_CHECK_LINEAR_SEARCH_H
#define MODEL_CHECK_LINEAR_SEARCH_H

#include "model/check/linear.h"

/* Operations that never completed, with equal kind and arguments. */
struct group {
    enum linear_kind kind;
    linear_state a, b;
    uint32_t first_event, count; /* in search.group_events: where its members were invoked */
};

struct fingerprint {
    uint64_t low, high; /* both 0: empty place */
};

/* What may take effect at a choice. */
struct candidate {
    uint32_t op; /* or number of a group */
    bool is_group;
    bool hidden; /* it stood just before an earlier write */
};

/* A configuration in which the operation that completes at `pos` must take effect. */
struct frame {
    uint32_t pos;
    int32_t group; /* of which the step to here used one; NOBODY */
    linear_state state;
    uint32_t next, end; /* candidates found and not tried yet */
    bool all_found;
    uint64_t sets[]; /* done, then hideable: a bit a slot */
};

struct search {
    struct pool *pool;
    const struct linear_object *object;
    const struct linear_budget *budget;
    struct linear_result *result;

    uint32_t *events; /* operation * 2, + 1: it completes */
    uint32_t event_count;
    linear_state *wanted; /* by event: what the next read that completes gives */
    uint32_t *slots;      /* by operation: its place in the sets, while it is open; or its group */
    uint32_t *before;     /* by operation: the slot's operation before it */
    uint32_t slot_count, words;
    struct group *groups;
    uint32_t group_count;
    uint32_t *group_events;
    uint32_t *group_used;

    uint32_t pos;      /* the events before it are reflected in: */
    uint32_t *slot_op; /* by slot */
    uint64_t *open;    /* bits of slots: invoked, not completed */

    char *frames;
    size_t frame_size, frame_room, depth;
    struct candidate *candidates;
    size_t candidate_room;
    struct fingerprint *table;
    size_t table_room, table_count;
    uint64_t *key; /* where a fingerprint is made */
    size_t key_words;
};

/* Orders the events, gives slots to operations and gathers those that never completed; memory is the search's pool's.
 */
void linear_prepare(struct search *s);
/* Gives back what linear_prepare took. */
void linear_unprepare(struct search *s);

#endif
