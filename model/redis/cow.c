/* Copied memory. See cow.h. */
#include "model/redis/cow.h"

#include <string.h>

enum { WORD_BITS = 64, FIRST_WORDS = 4 };

static void make_room(struct cow *cow, struct cow_pages *pages, uint64_t word) {
    uint64_t words = pages->words ? pages->words : FIRST_WORDS;
    while (words <= word) words *= 2;
    if (words == pages->words) return;
    pages->bits = pool_resize(cow->pool, pages->bits, pages->words * sizeof(uint64_t), words * sizeof(uint64_t));
    memset(pages->bits + pages->words, 0, (words - pages->words) * sizeof(uint64_t));
    pages->words = words;
}

void cow_add(struct cow *cow, uint64_t bytes) {
    cow->copied += (bytes + cow->page - 1) / cow->page * cow->page;
    if (cow->copied > cow->most) cow->copied = cow->most;
}

void cow_touch(struct cow *cow, struct cow_pages *pages, uint64_t offset, uint64_t bytes) {
    uint64_t last = (offset + bytes - 1) / cow->page;
    if (last / WORD_BITS >= pages->words) make_room(cow, pages, last / WORD_BITS);
    for (uint64_t page = offset / cow->page; page <= last; page++) {
        uint64_t *word = &pages->bits[page / WORD_BITS], bit = UINT64_C(1) << page % WORD_BITS;
        if (*word & bit) continue;
        *word |= bit;
        cow_add(cow, cow->page);
    }
}

void cow_pages_free(struct cow *cow, struct cow_pages *pages) {
    if (pages->bits) pool_free(cow->pool, pages->bits, pages->words * sizeof(uint64_t));
    *pages = (struct cow_pages){0};
}
