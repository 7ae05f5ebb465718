/* A growing run of rows in memory. */
#include "reports/spool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"

/* Texts longer than this are cut: a row must fit what SQLite takes (SQLITE_MAX_LENGTH, 1e9 bytes by default). */
#define TEXT_LIMIT ((size_t)16 << 20)

void spool_free(struct spool *s) {
    free(s->at);
    *s = (struct spool){0};
}

void spool_clear(struct spool *s) {
    s->len = 0;
    s->rows = 0;
    s->failed = false;
}

/* Room for n more bytes, which are then counted as used; NULL when there is no memory. */
static char *grow(struct spool *s, size_t n) {
    char *at;

    if (s->failed) return NULL;
    if (s->room - s->len < n) {
        size_t room = s->room ? s->room * 2 : 65536;

        while (room - s->len < n) room *= 2;
        at = realloc(s->at, room);
        if (!at) {
            s->failed = true;
            return NULL;
        }
        s->at = at;
        s->room = room;
    }
    at = s->at + s->len;
    s->len += n;
    return at;
}

size_t spool_begin(struct spool *s, const void *fixed, size_t size) {
    char *at = grow(s, size);

    assert(size % 8 == 0);
    if (!at) return 0;
    memcpy(at, fixed, size);
    return (size_t)(at - s->at);
}

uint32_t spool_text(struct spool *s, struct bytes text) {
    size_t n = text.len < TEXT_LIMIT ? text.len : TEXT_LIMIT;
    bool clean = text_is_clean(text.at, n);
    size_t stored = clean ? n : text_escaped_length(text.at, n);
    char *at = stored ? grow(s, stored) : NULL;

    if (!at) return 0;
    if (clean)
        memcpy(at, text.at, n);
    else
        text_escape(at, text.at, n);
    return (uint32_t)stored;
}

void spool_end(struct spool *s) {
    size_t padding = spool_row_size(s->len) - s->len;

    if (padding && !grow(s, padding)) return;
    if (!s->failed) s->rows++;
}

void *spool_at(struct spool *s, size_t offset) {
    assert(s->failed || offset < s->len);
    return s->failed ? NULL : s->at + offset;
}
