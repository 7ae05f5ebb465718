#include "model/check/check_prefix.h"

#include "model/check/wording.h"

/* The command of the master's stream that begins after `offset`, with its words; false if it is forgotten. */
static bool put_masters_command(struct buffer *out, const struct branch *b, int64_t offset) {
    int64_t end = b->text_end - offset > 4096 ? offset + 4096 : b->text_end;
    struct buffer text;
    buffer_init(&text, out->pool);
    if (end <= offset) return false;
    buffer_reserve(&text, (size_t)(end - offset));
    bool there = history_text(b, offset, end, text.at);
    if (there) wording_command(out, (struct bytes){text.at, (size_t)(end - offset)});
    buffer_free(&text);
    return there;
}

/* Whether the command's bytes are those that the master has at this place. */
static bool same_bytes(struct pool *pool, const struct branch *b, int64_t before, const struct happening *h) {
    if (h->a - before != (int64_t)h->len || h->len == 0) return false;
    char *text = pool_alloc(pool, h->len);
    bool same = history_text(b, before, h->a, text) && memcmp(text, h->text, h->len) == 0;
    pool_free(pool, text, h->len);
    return same;
}

static void put_difference(struct check_prefix *c, struct buffer *out, const struct happening *h, enum match match,
                           int64_t before) {
    const struct branch *b = c->standings->node[h->node].at.branch;
    const char *master = c->names[b->owner];
    buffer_puts(out, "applied ");
    wording_command(out, (struct bytes){h->text, h->text ? h->len : 0});
    if (same_bytes(out->pool, b, before, h)) {
        buffer_printf(out, ", as %s did, but its dataset is another one", master);
        return;
    }
    size_t mark = out->len;
    buffer_printf(out, "; at that place of %s's stream is ", master);
    if (put_masters_command(out, b, before)) return;
    out->len = mark;
    out->at[mark] = 0;
    if (match == MATCH_BEYOND)
        buffer_printf(out, "; %s never wrote that far", master);
    else if (match == MATCH_NO_BOUNDARY)
        buffer_printf(out, "; no command of %s ends there", master);
    else
        buffer_printf(out, "; the dataset of %s was another one there", master);
}

static void put_place(struct check_prefix *c, struct buffer *out, const struct happening *h) {
    const struct branch *b = c->standings->node[h->node].at.branch;
    buffer_printf(out, "%s diverged from %s at offset %lld (t=", c->names[h->node], c->names[b->owner],
                  (long long)h->a);
    wording_time(out, h->at);
    buffer_puts(out, "): ");
}

void check_prefix_differs(struct check_prefix *c, const struct happening *h, enum match match, int64_t before) {
    struct standing *n = &c->standings->node[h->node];
    if (n->foreign || n->diverged) return;
    n->diverged = true;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    put_place(c, &text, h);
    put_difference(c, &text, h, match, before);
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}

void check_prefix_alone(struct check_prefix *c, const struct happening *h) {
    const struct standing *n = &c->standings->node[h->node];
    if (n->foreign || n->diverged) return;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s left its master's history at offset %lld (t=", c->names[h->node], (long long)n->offset);
    wording_time(&text, h->at);
    buffer_puts(&text, h->flags & WRITE_EVICTED ? "): it evicted a key by itself"
                                                : "): it refused a write of its master's for want of memory");
    buffer_puts(&text, " (replica-ignore-maxmemory no)");
    finding_add(&c->finding, VERDICT_ANOMALY, h->at, text.at);
    buffer_free(&text);
}

void check_prefix_loaded(struct check_prefix *c, const struct happening *h, enum match match,
                         const struct agreed_sync *sync) {
    struct standing *n = &c->standings->node[h->node];
    if (match == MATCH_EQUAL || match == MATCH_UNKNOWN || n->foreign) return;
    n->diverged = true;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    put_place(c, &text, h);
    buffer_printf(&text, "loaded the snapshot that %s forked at offset %lld, which is not %s's dataset at offset %lld",
                  c->names[sync->master], (long long)sync->snapshot.offset, c->names[n->at.branch->owner],
                  (long long)h->a);
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}
