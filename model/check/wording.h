/* Commands, offsets and times as people read them. */
#ifndef MODEL_CHECK_WORDING_H
#define MODEL_CHECK_WORDING_H

#include "sim/world/buffer.h"

/* Bytes of a command that are shown; what is longer ends with "...". */
#define WORDING_COMMAND_MAX 100

/* Appends the first command in `resp` as `INCR c:3`: words that are not plain are quoted and escaped; a long command
 * is cut. The command's length in bytes; 0 if it is no complete command (then its bytes are shown as text). */
size_t wording_command(struct buffer *out, struct bytes resp);

/* Appends "3.204s": seconds with milliseconds, cut off. */
void wording_time(struct buffer *out, sim_time at);

#endif
