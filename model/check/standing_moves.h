/* How a standing is moved: shared by the files of standing.h, and by nobody else. */
#ifndef MODEL_CHECK_STANDING_MOVES_H
#define MODEL_CHECK_STANDING_MOVES_H

#include "model/check/standing.h"

/* The digest that a happening tells, folded. */
uint64_t standing_digest(const struct happening *h);
/* The replid that a happening tells, if it does. */
void standing_take_replid(struct standing *n, const struct happening *h);

/* Stands at `at`, on the way to `target`. */
void standing_stand_at(struct standing *n, struct position at, struct branch *target);

/* The process stands where the file was forked that it loaded, if it is one that is remembered. */
void standings_stand_at_file(struct standings *s, uint16_t node, int64_t offset, uint64_t digest);

/* Those who follow `node` follow it into the branch that it is in now, if they are on the way there. Outermost depth 0.
 */
void standings_lead_followers(struct standings *s, uint16_t node, unsigned depth);
/* Nobody follows `node` any more: what they still receive is of the history that they follow now. */
void standings_leave_followers(struct standings *s, uint16_t node);

/* It gives its place up, which is remembered. */
void standing_leave(struct standing *n);

#endif
