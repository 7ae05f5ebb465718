/* UTF-8, as far as writers need it: what is a character, and what is not. */
#ifndef SIM_RUN_UTF8_H
#define SIM_RUN_UTF8_H

#include "sim/world/units.h"

/* Bytes of the character at the front of `text`, which is not empty: 1 to 4, 0 if there is no valid one (RFC 3629:
 * no overlong form, no surrogate, at most U+10FFFF). */
size_t utf8_length(struct bytes text);

#endif
