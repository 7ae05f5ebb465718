/* snapshot: the bytes sent are the dataset of the recorded fork.
 *
 * Method: +FULLRESYNC must announce the offset at which the snapshot was forked, and the dataset that the replica loads
 * must have the digest that the master had at that fork. O(1) a full sync.
 *
 * What it cannot see: an RDB that a server loads from its own disk; a snapshot of which nothing was told. */
#ifndef MODEL_CHECK_CHECK_SNAPSHOT_H
#define MODEL_CHECK_CHECK_SNAPSHOT_H

#include "model/check/finding.h"
#include "model/check/standing.h"

struct check_snapshot {
    struct finding finding;
    const char *const *names;
};

/* `fork`: the snapshot that was announced to the peer, NULL if none is known of that number. */
void check_snapshot_announced(struct check_snapshot *c, const struct happening *h, const struct snapshot_record *fork);
void check_snapshot_loaded(struct check_snapshot *c, const struct happening *h, const struct agreed_sync *sync);

#endif
