/* `detsim check`: whether a history from elsewhere is linearizable, and if not, what of it cannot be ordered.
 *
 *   judge_history.c   the verdict, in words
 *   draw_history.c    the timeline of what cannot be ordered, as SVG */
#ifndef MODEL_CHECK_JUDGE_HISTORY_H
#define MODEL_CHECK_JUDGE_HISTORY_H

#include "model/check/ops_log.h"
#include "sim/run/judge.h"

const struct judge *history_judge(void);

/* Draws the marked operations of an object, a lane for each process, from the first line of any to the last. */
void draw_history(const struct ops_object *object, const bool *marked, struct pool *pool, struct buffer *svg);

#endif
