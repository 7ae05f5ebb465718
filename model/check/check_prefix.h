/* prefix: a replica is always a prefix of its master's history.
 *
 * Method: after each command that a replica applies, and when it has loaded a snapshot, its running digest is compared
 * with the history's at exactly that offset of the branch that it follows. A difference is named at the command at
 * which it happens, with what the master's stream has there. An offset at which no command of the master ends, or to
 * which the master never wrote, is a difference too. A replica that differs is not compared again before its next full
 * sync. O(1) a command.
 *
 * A replica that keeps to its own maxmemory (replica-ignore-maxmemory no) leaves its master's history when it evicts a
 * key or refuses a write: an anomaly, told once, because the setting asks for it.
 *
 * What it cannot see: a replica that clients write to (replica-read-only no) is not its master's prefix any more; it
 * is not compared until its next full sync, nor are those who got its dataset. What was forgotten of the history
 * (history.h) is compared at the next boundary that is left. */
#ifndef MODEL_CHECK_CHECK_PREFIX_H
#define MODEL_CHECK_CHECK_PREFIX_H

#include "model/check/finding.h"
#include "model/check/standing.h"

struct check_prefix {
    struct finding finding;
    struct standings *standings;
    const char *const *names;
};

/* For applied commands that did not match; `before` is the offset before the command. */
void check_prefix_differs(struct check_prefix *c, const struct happening *h, enum match match, int64_t before);

static inline void check_prefix_applied(struct check_prefix *c, const struct happening *h, enum match match,
                                        int64_t before) {
    if (match == MATCH_EQUAL || match == MATCH_UNKNOWN) return;
    check_prefix_differs(c, h, match, before);
}

/* A replica leaves its master's history by itself (R_WRITE with flags). Before standings_write(). */
void check_prefix_alone(struct check_prefix *c, const struct happening *h);
/* A snapshot was loaded; sync: what the master had agreed to, or NULL. */
void check_prefix_loaded(struct check_prefix *c, const struct happening *h, enum match match,
                         const struct agreed_sync *sync);

#endif
