/* Patterns of replies, log lines and values: `*` is any run of bytes, `?` any one byte, all else is itself. */
#ifndef SIM_RUN_WILDCARD_H
#define SIM_RUN_WILDCARD_H

#include <stdbool.h>

#include "sim/world/units.h"

/* Whether the whole text matches. Takes at most |pattern| * |text| steps and no memory. */
bool wildcard_match(const char *pattern, struct bytes text);

#endif
