/* The links' properties: layers of changes, the later on top. A layer can be taken away again from anywhere. */
#ifndef SIM_RUN_LINKS_H
#define SIM_RUN_LINKS_H

#include "sim/run/state.h"

struct link_layer {
    const struct link_change *change;
    struct link_layer *next, *prev;
};

struct links *links_create(struct run *run);

/* Lays a change on top. The layer is the caller's and stays linked until it is taken away. */
void links_add(struct run *run, struct link_layer *layer, const struct link_change *change);
/* Takes it away: what lies below shows again. */
void links_remove(struct run *run, struct link_layer *layer);

#endif
