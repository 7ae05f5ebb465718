/* What the pops of lists share. */
#ifndef MODEL_REDIS_LIST_REPLY_H
#define MODEL_REDIS_LIST_REPLY_H

#include "model/redis/exec.h"

/* Pops `count` elements, at most as many as there are, with a reply for each; counts the changes. */
void list_pop_reply(struct exec *ex, struct entry *e, bool at_head, uint32_t count);

#endif
