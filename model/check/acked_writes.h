/* Acknowledged writes, and how many of them no live master has at the end.
 *
 * Method: a write that a server executed (R_WRITE) waits, under its connection and the ordinal of its command there,
 * for the client's word that it was acknowledged; then the entry of the history that it made is marked with one bit. A
 * write has survived if its entry lies on the way to where some live master stands at the end: its effect is part of
 * what made that dataset, even if a later write has overwritten it. Survived or not is decided once, at the end.
 *
 * Cost: O(1) a write; a bit an entry, and 24 bytes for each write that is not acknowledged yet.
 * What it cannot see: writes that changed nothing (SET to a refused condition, DEL of nothing) are none; writes on a
 * writable replica are nobody's promise. */
#ifndef MODEL_CHECK_ACKED_WRITES_H
#define MODEL_CHECK_ACKED_WRITES_H

#include "model/check/standing.h"

struct acked_writes {
    struct standings *standings;
    struct waiting_writes *waiting; /* by connection */
    size_t waiting_room;
    uint64_t acked; /* in all */
};

void acked_writes_init(struct acked_writes *a, struct standings *s);
/* A write was executed, and stands at `at` in the history. */
void acked_writes_executed(struct acked_writes *a, uint32_t conn, uint64_t ordinal, struct position at);
/* The client has its reply: all that was executed up to that ordinal is decided, by `ok`. */
void acked_writes_replied(struct acked_writes *a, uint32_t conn, uint64_t ordinal, bool ok);
void acked_writes_closed(struct acked_writes *a, uint32_t conn);
/* How many acknowledged writes no live master has now. O(entries / 64). */
uint64_t acked_writes_lost(const struct acked_writes *a);

#endif
