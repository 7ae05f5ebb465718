/* Glob patterns as KEYS and SCAN take them: * ? [abc] [a-z] [^a] and \ before a character that stands for itself. */
#ifndef MODEL_REDIS_GLOB_H
#define MODEL_REDIS_GLOB_H

#include <stdbool.h>

#include "sim/world/units.h"

/* Time grows with the product of the lengths at most. */
bool string_match(struct bytes pattern, struct bytes text);

#endif
