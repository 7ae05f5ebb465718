/* A doubly linked ring with a head: intrusive, O(1) everywhere. An element that is in no ring points nowhere. */
#ifndef SIM_WORLD_RING_H
#define SIM_WORLD_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
    struct ring *next, *prev;
};

static inline void ring_init(struct ring *head) {
    head->next = head->prev = head;
}
static inline bool ring_empty(const struct ring *head) {
    return head->next == head;
}
/* Whether an element is in a ring. */
static inline bool ring_linked(const struct ring *element) {
    return element->next != NULL;
}

static inline void ring_add_last(struct ring *head, struct ring *element) {
    element->next = head;
    element->prev = head->prev;
    head->prev->next = element;
    head->prev = element;
}

/* Does nothing to an element that is in no ring. */
static inline void ring_remove(struct ring *element) {
    if (!ring_linked(element)) return;
    element->prev->next = element->next;
    element->next->prev = element->prev;
    element->next = element->prev = NULL;
}

/* The first element, removed; NULL if there is none. */
static inline struct ring *ring_take_first(struct ring *head) {
    if (ring_empty(head)) return NULL;
    struct ring *first = head->next;
    ring_remove(first);
    return first;
}

/* Moves all elements to `into`, which becomes a head. */
static inline void ring_take_all(struct ring *head, struct ring *into) {
    ring_init(into);
    if (ring_empty(head)) return;
    *into = *head;
    into->next->prev = into;
    into->prev->next = into;
    ring_init(head);
}

#endif
