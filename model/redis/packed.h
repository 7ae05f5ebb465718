/* The compact encodings that a real server puts into RDB files as one string: listpacks, ziplists, intsets.
 *
 * Nothing in them is trusted: every step is checked against the bytes that are there. */
#ifndef MODEL_REDIS_PACKED_H
#define MODEL_REDIS_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/units.h"

enum packed_kind { PACKED_LISTPACK, PACKED_ZIPLIST, PACKED_INTSET };

/* A walk over the elements. */
struct packed {
    enum packed_kind kind;
    const unsigned char *at, *end;
    uint32_t width;  /* of an intset's numbers */
    char number[21]; /* the text of an element stored as a number */
};

enum packed_step { PACKED_ELEMENT, PACKED_END, PACKED_BAD };

/* False if the header is malformed. `blob` must outlive the walk. */
bool packed_open(struct packed *p, enum packed_kind kind, struct bytes blob);
/* The next element; it points into the blob or into p. */
enum packed_step packed_next(struct packed *p, struct bytes *element);

#endif
