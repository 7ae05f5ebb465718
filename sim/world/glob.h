/* Glob patterns: `*` any run of bytes, `?` one byte, `[a-z]` `[^a-z]` a class, `\x` the byte x itself. */
#ifndef SIM_WORLD_GLOB_H
#define SIM_WORLD_GLOB_H

#include <stdbool.h>

#include "sim/world/units.h"

/* Whether the whole text matches, case-sensitively. Takes at most pattern.len * text.len steps, no recursion. A class
 * without its closing bracket ends with the pattern; a backslash at the end is itself. */
bool glob_match(struct bytes pattern, struct bytes text);

/* Whether the word has a character that makes it more than a plain name. */
bool glob_is(struct bytes word);

#endif
