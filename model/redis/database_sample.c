/* Keys by chance, for eviction and expiry: database_sample() and database_next_volatile() of database.h.
 *
 * Places are visited in an order that chance picks: from one of them on in equal strides, so that no place comes twice
 * and neighbours, which were made one after the other, do not come together. As the real server does, it gives up after
 * ten places for each key that is wanted, with what it has; with nothing at all it goes on to the first that is there.
 */
#include "model/redis/database.h"

enum { PLACES_FOR_A_KEY = 10 };

/* All of 0..count-1, each once: those of 0..mask that are below count. */
struct walk {
    uint64_t at, stride, mask, count, left;
};

static struct walk begin_walk(struct chance *chance, uint64_t count) {
    uint64_t mask = 1;
    while (mask < count) mask <<= 1;
    mask -= 1;
    uint64_t at = chance_bits(chance) & mask, stride = chance_bits(chance) | 1;
    return (struct walk){at, stride, mask, count, mask + 1};
}

static bool next_place(struct walk *w, uint64_t *place) {
    while (w->left > 0) {
        *place = w->at;
        w->at = (w->at + w->stride) & w->mask;
        w->left--;
        if (*place < w->count) return true;
    }
    return false;
}

/* The key at a place: a slot, or one of the deadlines, which may be over. */
static struct entry *key_at(const struct database *db, bool only_volatile, uint64_t place) {
    if (!only_volatile) return database_slot(db, (uint32_t)place);
    struct deadline d = db->deadlines.heap[place];
    struct entry *e = database_slot(db, d.slot);
    return e && e->deadline == d.when && e->deadline_serial == d.serial ? e : NULL;
}

size_t database_sample(struct database *db, struct chance *chance, bool only_volatile, struct entry **keys, size_t n) {
    assert(n > 0);
    struct walk walk = begin_walk(chance, only_volatile ? db->deadlines.count : db->slots);
    size_t found = 0, visited = 0;
    uint64_t place;
    while (found < n && (found == 0 || visited < n * PLACES_FOR_A_KEY) && next_place(&walk, &place)) {
        struct entry *e = key_at(db, only_volatile, place);
        if (e) keys[found++] = e;
        visited++;
    }
    return found;
}

struct entry *database_next_volatile(struct database *db, uint32_t *places) {
    enum { STRIDE = 0x61C88647 }; /* odd: every place below a power of two comes once */
    uint32_t mask = 1;
    while (mask < db->deadlines.count) mask <<= 1;
    for (; *places > 0; --*places) {
        uint32_t place = db->expire_cursor++ * (uint32_t)STRIDE & (mask - 1);
        struct entry *e = place < db->deadlines.count ? key_at(db, true, place) : NULL;
        if (e) return e;
    }
    return NULL;
}
