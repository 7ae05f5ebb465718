/* Replies to the timeline's commands: their text for people, and whether they match a pattern. */
#ifndef SIM_RUN_REPLY_H
#define SIM_RUN_REPLY_H

#include "sim/run/system.h"
#include "sim/scenario/plan.h"

/* system->decode, the reply in the scenario's names. */
int64_t reply_read(const struct system *system, struct model *model, struct pool *pool, struct bytes bytes,
                   struct reply *reply);

/* Appends the text: a number or a string as it is, `(nil)`, `[a,b]` for an array. */
void reply_describe(const struct reply *reply, struct buffer *out);

/* Whether the reply is as the pattern says; its type does not matter. No reply matches `closed`. `scratch` is
 * overwritten. */
bool reply_matches(const struct reply_pattern *pattern, const struct reply *reply, struct buffer *scratch);

#endif
