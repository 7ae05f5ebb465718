/* The directives of redis.conf: which there are, which mean something here, and which values they take. */
#ifndef MODEL_REDIS_DIRECTIVES_H
#define MODEL_REDIS_DIRECTIVES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/vocabulary.h"

/* All of redis-server 7.0.15, in order of name; ends with name == NULL. */
extern const struct directive redis_directives[];

/* The older names, with the present ones; ends with name == NULL. */
extern const struct alias redis_aliases[];

/* Whether redis-server 7.0.15 accepts this redis.conf line (directive, then values) and the model simulates it.
 * False: `error` gets the reason, in the real server's wording where it has one. */
bool directive_check(const struct bytes *words, size_t count, char *error, size_t error_room);

/* A memory size as redis.conf writes it: 512, 64kb, 1mb (powers of 1024), 64k, 1m (powers of 1000), any case.
 * False if it is none; at most UINT64_MAX, where a larger one is cut off. */
bool directive_read_size(struct bytes text, uint64_t *size);

#endif
