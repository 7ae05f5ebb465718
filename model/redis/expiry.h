/* Times to live as arguments: EX, PX, EXAT, PXAT, and what the EXPIRE family makes of them. */
#ifndef MODEL_REDIS_EXPIRY_H
#define MODEL_REDIS_EXPIRY_H

#include "model/redis/exec.h"

enum expiry_unit { EXPIRY_NONE, EXPIRY_SECONDS, EXPIRY_MS, EXPIRY_AT_SECONDS, EXPIRY_AT_MS };

struct expiry_argument {
    enum expiry_unit unit;
    size_t at; /* which argument */
};

/* The deadline in ms since 1970 of an option that must lie in the future; replies "invalid expire time" if it cannot
 * be. With EXPIRY_NONE nothing is read. */
bool expiry_read(struct exec *ex, struct expiry_argument argument, int64_t *deadline);
/* Whether a deadline given to a command is over already, so that a master deletes at once. */
bool expiry_is_past(const struct exec *ex, int64_t deadline);
/* Sets a deadline, or deletes the key if it is past; counts the change and tells the stream PEXPIREAT or DEL. Arguments
 * from `rest` on follow in the stream as they are. */
void expiry_apply(struct exec *ex, struct entry *e, int64_t deadline, size_t rest);

#endif
