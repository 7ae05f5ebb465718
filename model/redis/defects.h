/* Known bugs as switches: `defect NAME [on NODES]`.
 *
 * Each is a few lines at the place where the real bug was, compiled in always and off by default; the
 * catalogue names what it does, where it was published and the check that must catch it. */
#ifndef MODEL_REDIS_DEFECTS_H
#define MODEL_REDIS_DEFECTS_H

#include <stdint.h>

#include "sim/scenario/vocabulary.h"

enum defect {
    /* While a snapshot for a replica is being made, the stream is not accumulated for it: it begins with what is
     * written after the snapshot was sent. */
    DEFECT_SKIP_BUFFERING_DURING_SNAPSHOT,
    /* What was buffered during the snapshot is sent before the payload instead of after it. */
    DEFECT_BUFFER_BEFORE_RDB,
    /* One command of those buffered during a snapshot is left out when they are sent. */
    DEFECT_DROP_ONE_BUFFERED_COMMAND,
    /* +FULLRESYNC announces the offset at the replica's request, not the one at the fork. */
    DEFECT_FULLRESYNC_OFFSET_AT_REQUEST,
    /* One command of those buffered during a snapshot is sent (or executed by the replica) twice. */
    DEFECT_REPLAY_COMMAND_TWICE,
    DEFECT_COUNT
};

_Static_assert(DEFECT_COUNT <= 64, "a server keeps its defects in 64 bits");

/* Whether a server (a pointer to a struct with `uint64_t defects`) has the defect. */
#define defect_on(server, defect) ((((server)->defects >> (defect)) & 1u) != 0)

/* The catalogue, in the order of enum defect; ends with name == NULL. */
extern const struct defect_word redis_defects[];

/* The defect of that name, -1 if there is none. */
int defect_find(const char *name);

#endif
