/* Requests and replies as values and as words for people: for the timeline's commands and for reports. */
#ifndef MODEL_REDIS_REQUESTS_H
#define MODEL_REDIS_REQUESTS_H

#include "sim/run/system.h"

/* struct system's encode, decode, op_text, op_key. Requests are RESP arrays; several may follow one another, and the
 * last may be cut off. */
void requests_encode(struct model *model, uint16_t party, const struct bytes *words, size_t count, struct buffer *out);
int64_t requests_decode(struct pool *pool, struct bytes bytes, struct reply *reply);
/* As redis-cli takes them: `SET k "a b"`, with `; ` between requests. Long words are cut short. */
void requests_text(struct bytes wire, struct buffer *out);
/* The first key of the first request that names one. */
struct bytes requests_key(struct bytes wire);

#endif
