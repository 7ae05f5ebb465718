/* offsets: replication offsets count the bytes of one stream.
 *
 * Method: a master's offset grows by exactly the bytes that it feeds; a replica's by the bytes of what it applies, and
 * never past what was written in the history that it follows. After a full sync it starts at the offset that was
 * announced, after +CONTINUE where it was; a full sync from the master that it had, under the replid that it had, never
 * takes it back. An ACK names
 * nothing that its sender has not applied, nor more than the master that hears it has. O(1) a command.
 *
 * What it cannot see: an ACK is held against the highest offset its sender ever had in any history, because it may have
 * been on its way since the history before. A replica that came with SYNC (offset -1) is not judged. */
#ifndef MODEL_CHECK_CHECK_OFFSETS_H
#define MODEL_CHECK_CHECK_OFFSETS_H

#include "model/check/finding.h"
#include "model/check/standing.h"

struct check_offsets {
    struct finding finding;
    const struct standings *standings;
    const char *const *names;
    bool *lost; /* by node: was found wrong, not judged again before its next sync */
};

void check_offsets_init(struct check_offsets *c, struct pool *pool, const struct standings *s,
                        const char *const *names);

/* The counts disagree: what is reported for a feed and for an applied command. */
void check_offsets_feed_wrong(struct check_offsets *c, const struct happening *h, int64_t before);
void check_offsets_apply_wrong(struct check_offsets *c, const struct happening *h, int64_t before);

/* `before`: the node's offset before the happening. */
static inline void check_offsets_fed(struct check_offsets *c, const struct happening *h, int64_t before) {
    if (h->a != before + h->d || h->d < 0) check_offsets_feed_wrong(c, h, before);
}
static inline void check_offsets_applied(struct check_offsets *c, const struct happening *h, enum match match,
                                         int64_t before) {
    if (h->a != before + h->d || match == MATCH_BEYOND) check_offsets_apply_wrong(c, h, before);
}
/* `before`: the replica as it stood before it loaded. */
void check_offsets_loaded(struct check_offsets *c, const struct happening *h, const struct agreed_sync *sync,
                          const struct standing *before);
void check_offsets_continue(struct check_offsets *c, const struct happening *h, int64_t before);
void check_offsets_ack(struct check_offsets *c, const struct happening *h);

#endif
