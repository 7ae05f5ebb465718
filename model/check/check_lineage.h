/* lineage: an accepted PSYNC continues a true common history.
 *
 * Method: when a replica takes +CONTINUE, all that made its dataset must be part of what made its master's when that
 * accepted, and no change of the dataset may lie between that the stream does not tell of (made while the master had
 * no backlog). Both stand in the true history (standing.h), whatever ids and offsets they go by. O(depth of the tree)
 * a partial resync.
 *
 * What it cannot see: a request that was accepted but never used. */
#ifndef MODEL_CHECK_CHECK_LINEAGE_H
#define MODEL_CHECK_CHECK_LINEAGE_H

#include "model/check/finding.h"
#include "model/check/standing.h"

struct check_lineage {
    struct finding finding;
    const char *const *names;
};

/* `before`: where the replica stood when it took +CONTINUE. */
void check_lineage_continue(struct check_lineage *c, const struct happening *h, enum match match,
                            const struct agreed_sync *sync, struct position before);

#endif
