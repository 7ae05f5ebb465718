/* stream: the replication stream is well formed, and no command of it fails on a replica.
 *
 * Method: in what a master feeds, MULTI and EXEC must alternate; a command of the stream that a replica refuses is
 * told by the replica. O(1) a command: only commands as long as MULTI or EXEC, or whole blocks, are looked at.
 *
 * What it cannot see: a replica that clients wrote to may refuse commands rightly (it is passed over); a command
 * executed twice or not at all is the prefix check's to find. */
#ifndef MODEL_CHECK_CHECK_STREAM_H
#define MODEL_CHECK_CHECK_STREAM_H

#include <string.h>

#include "model/check/finding.h"
#include "model/check/standing.h"

#define STREAM_MULTI "*1\r\n$5\r\nMULTI\r\n"
#define STREAM_EXEC  "*1\r\n$4\r\nEXEC\r\n"

struct check_stream {
    struct finding finding;
    const struct standings *standings;
    const char *const *names;
    bool *open; /* by node: its stream is inside a MULTI block */
};

void check_stream_init(struct check_stream *c, struct pool *pool, const struct standings *s, const char *const *names);

/* A piece that begins with MULTI or ends with EXEC was fed. */
void check_stream_bracket(struct check_stream *c, const struct happening *h, bool begins, bool ends);

static inline void check_stream_fed(struct check_stream *c, const struct happening *h) {
    size_t multi = sizeof STREAM_MULTI - 1, exec = sizeof STREAM_EXEC - 1;
    if (h->len < exec || !h->text) return;
    bool begins = h->text[1] == '1' && h->len >= multi && memcmp(h->text, STREAM_MULTI, multi) == 0;
    bool ends = h->text[h->len - 3] == 'C' && memcmp(h->text + h->len - exec, STREAM_EXEC, exec) == 0;
    if (begins || ends) check_stream_bracket(c, h, begins, ends);
}

/* The node's stream begins anew: it booted, or its role changed. */
void check_stream_reset(struct check_stream *c, uint16_t node);
void check_stream_error(struct check_stream *c, const struct happening *h);

#endif
