#include "model/check/check_digest.h"

#include <string.h>

#include "model/check/wording.h"

void check_digest_init(struct check_digest *c, struct pool *pool, const struct standings *s, const char *const *names) {
    finding_init(&c->finding, pool, "digest");
    c->finding.judged = true;
    c->standings = s;
    c->names = names;
    c->of = POOL_ARRAY(pool, struct digest_id *, s->count);
    c->differs = POOL_ARRAY(pool, bool, s->count);
}

void check_digest_renamed(struct check_digest *c, uint16_t node) {
    c->of[node] = NULL;
    c->differs[node] = false;
}

/* The place of the id that nobody has gone by for longest. */
static struct digest_id *recycle(struct check_digest *c) {
    size_t oldest = 0;
    for (size_t i = 0; i < c->standings->count; i++) {
        if (c->of[i]) c->of[i]->used = ++c->lookups;
    }
    for (size_t i = 0; i < DIGEST_IDS; i++) {
        if (!c->id[i]) return c->id[i] = pool_alloc(c->finding.pool, sizeof **c->id);
        if (c->id[i]->used < c->id[oldest]->used) oldest = i;
    }
    for (size_t i = 0; i < c->standings->count; i++) {
        if (c->of[i] == c->id[oldest]) c->of[i] = NULL;
    }
    return c->id[oldest];
}

struct digest_id *check_digest_find(struct check_digest *c, uint16_t node) {
    const char *replid = c->standings->node[node].replid;
    struct digest_id *id = NULL;
    for (size_t i = 0; i < DIGEST_IDS && !id; i++) {
        if (c->id[i] && memcmp(c->id[i]->replid, replid, sizeof id->replid) == 0) id = c->id[i];
    }
    if (!id) {
        id = recycle(c);
        memcpy(id->replid, replid, sizeof id->replid);
        for (size_t i = 0; i < DIGEST_SLOTS; i++) id->slot[i].offset = -1;
    }
    id->used = ++c->lookups;
    return c->of[node] = id;
}

void check_digest_differs(struct check_digest *c, const struct happening *h, const struct digest_seen *seen) {
    const struct standing *n = &c->standings->node[h->node];
    if (c->differs[h->node]) return;
    c->differs[h->node] = true;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s and %s have replid %.8s and offset %lld, but their data differs (t=", c->names[h->node],
                  c->names[seen->node], n->replid, (long long)n->offset);
    wording_time(&text, h->at);
    buffer_putc(&text, ')');
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}
