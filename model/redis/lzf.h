/* LZF, the compression of long strings in RDB files.
 *
 * Of our own because liblzf leaves its hash table uninitialised: what it makes of equal strings may differ from run to
 * run, and the snapshot's bytes are part of the trace. */
#ifndef MODEL_REDIS_LZF_H
#define MODEL_REDIS_LZF_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/units.h"

/* No input expands by more than this factor: a copy of 264 bytes takes three. */
#define LZF_RATIO_MAX 88

/* Compresses into `room` bytes; the compressed size, 0 if it does not fit. */
size_t lzf_compress(struct bytes in, char *out, size_t room);
/* Expands into exactly `size` bytes; false if the input is malformed or of another size. */
bool lzf_expand(struct bytes in, char *out, size_t size);

#endif
