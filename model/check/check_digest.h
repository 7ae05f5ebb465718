/* digest: equal replid and offset imply equal data.
 *
 * Method: what the servers tell of themselves, not where they truly stand: of each replid the boundaries in the last
 * DIGEST_WINDOW bytes of its stream, which node was there and its digest. Another node that comes to the same offset
 * with another digest breaks the promise. One slot is looked at a command, O(1); at most DIGEST_IDS ids are remembered.
 *
 * What it cannot see: two nodes of which one passes an offset when the other is DIGEST_WINDOW bytes ahead; of two
 * boundaries within 16 bytes (PING) the first; ids that nobody of the last DIGEST_IDS goes by. Nodes that clients wrote
 * to as replicas are passed over. Of a master that writes without a backlog, so that its offset stands still, only the
 * last data at that offset counts.
 */
#ifndef MODEL_CHECK_CHECK_DIGEST_H
#define MODEL_CHECK_CHECK_DIGEST_H

#include "model/check/finding.h"
#include "model/check/standing.h"

#define DIGEST_IDS    16u
#define DIGEST_SLOTS  4096u
#define DIGEST_WINDOW (DIGEST_SLOTS * 16) /* bytes: a slot for 16 of them, so that neighbours are neighbours */

struct digest_seen {
    int64_t offset; /* -1: none */
    uint64_t digest;
    uint16_t node;
};

struct digest_id {
    char replid[40];
    uint64_t used; /* when somebody was last seen to go by it */
    struct digest_seen slot[DIGEST_SLOTS];
};

struct check_digest {
    struct finding finding;
    const struct standings *standings;
    const char *const *names;
    struct digest_id *id[DIGEST_IDS];
    struct digest_id **of; /* by node: its id's; NULL: to be looked up */
    bool *differs;         /* by node: was found to differ under this id: no news any more */
    uint64_t lookups;
};

void check_digest_init(struct check_digest *c, struct pool *pool, const struct standings *s, const char *const *names);

/* The node's replid may have changed. */
void check_digest_renamed(struct check_digest *c, uint16_t node);
void check_digest_differs(struct check_digest *c, const struct happening *h, const struct digest_seen *seen);
struct digest_id *check_digest_find(struct check_digest *c, uint16_t node);

/* The node told its offset and digest. */
static inline void check_digest_told(struct check_digest *c, const struct happening *h) {
    const struct standing *n = &c->standings->node[h->node];
    if (n->foreign || n->load_tail) return;
    struct digest_id *id = c->of[h->node];
    if (!id) id = check_digest_find(c, h->node);
    struct digest_seen *seen = &id->slot[(uint64_t)n->offset / 16 % DIGEST_SLOTS];
    if (seen->offset == n->offset && seen->digest != n->digest && seen->node != h->node)
        check_digest_differs(c, h, seen);
    *seen = (struct digest_seen){n->offset, n->digest, h->node};
}

#endif
