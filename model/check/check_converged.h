/* converged: every live replica is online and equal in id, offset and digest to its master.
 *
 * Method: looks at all nodes at one instant, O(nodes). Asked by an `expect` it is taken by the letter. As a promise it
 * is judged once, at rest, and is not held against a replica that cannot be online: its master is down, cut off for
 * good, no node of this run, or itself such a replica. Data that differs because clients wrote to a replica
 * (replica-read-only no), or because it kept to its own maxmemory (replica-ignore-maxmemory no), is an anomaly, also
 * if it is a master by now: nothing was promised. */
#ifndef MODEL_CHECK_CHECK_CONVERGED_H
#define MODEL_CHECK_CHECK_CONVERGED_H

#include "model/check/checks.h"
#include "model/check/finding.h"
#include "model/check/standing.h"

struct check_converged {
    struct finding finding;
    const struct standings *standings;
    const char *const *names;
    node_look_fn *look;
    void *ctx;
};

/* At rest, once. */
void check_converged_judge(struct check_converged *c, sim_time at);
/* Now, by the letter; `why` gets what does not hold. */
bool check_converged_holds(struct check_converged *c, struct buffer *why);

#endif
