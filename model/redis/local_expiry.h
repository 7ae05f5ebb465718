/* Expiry of keys that clients wrote on a writable replica (reference 10.2).
 *
 * A replica leaves expiry to its master; but of these keys no master knows. So they are remembered, by their deadlines,
 * in a dataset of their own, and deleted here, told to nobody. */
#ifndef MODEL_REDIS_LOCAL_EXPIRY_H
#define MODEL_REDIS_LOCAL_EXPIRY_H

#include "model/redis/command.h"

struct server;

/* A client's command has changed its keys. */
void local_expiry_remember(struct server *s, const struct exec *ex);
/* Deletes what has expired. */
void local_expiry_cycle(struct server *s);
/* The dataset is gone, or is a master's now. */
void local_expiry_forget(struct server *s);
/* How many keys are remembered (slave_expires_tracked_keys). */
uint64_t local_expiry_count(const struct server *s);

#endif
