/* A set as a reply: an array of members; a set of whole numbers in the compact encoding shows them ascending, as the
 * real server's intset does. t may be NULL. */
#ifndef MODEL_REDIS_SET_REPLY_H
#define MODEL_REDIS_SET_REPLY_H

#include "model/redis/exec.h"

void reply_set(struct exec *ex, const struct table *t);

#endif
