#include "model/check/check_offsets.h"

#include <string.h>

#include "model/check/wording.h"

void check_offsets_init(struct check_offsets *c, struct pool *pool, const struct standings *s,
                        const char *const *names) {
    finding_init(&c->finding, pool, "offsets");
    c->standings = s;
    c->names = names;
    c->lost = POOL_ARRAY(pool, bool, s->count);
}

static void report(struct check_offsets *c, sim_time at, struct buffer *text) {
    buffer_puts(text, " (t=");
    wording_time(text, at);
    buffer_puts(text, ")");
    finding_add(&c->finding, VERDICT_VIOLATION, at, text->at);
    buffer_free(text);
}

/* Once for a node until its next sync: what follows from a wrong offset is wrong, too. */
static bool first_of(struct check_offsets *c, uint16_t node, struct buffer *text) {
    if (c->lost[node]) return false;
    c->lost[node] = true;
    buffer_init(text, c->finding.pool);
    return true;
}

void check_offsets_feed_wrong(struct check_offsets *c, const struct happening *h, int64_t before) {
    struct buffer text;
    if (!c->standings->node[h->node].master || !first_of(c, h->node, &text)) return;
    buffer_printf(&text, "%s fed %lld bytes but its offset went from %lld to %lld: ", c->names[h->node],
                  (long long)h->d, (long long)before, (long long)h->a);
    wording_command(&text, (struct bytes){h->text, h->text ? h->len : 0});
    report(c, h->at, &text);
}

void check_offsets_apply_wrong(struct check_offsets *c, const struct happening *h, int64_t before) {
    const struct standing *n = &c->standings->node[h->node];
    struct buffer text;
    if (before < 0 || !first_of(c, h->node, &text)) return;
    const char *name = c->names[h->node];
    if (h->a != before + h->d)
        buffer_printf(&text, "%s applied %lld bytes but its offset went from %lld to %lld: ", name, (long long)h->d,
                      (long long)before, (long long)h->a);
    else
        buffer_printf(&text, "%s is at offset %lld, ahead of all that %s wrote: ", name, (long long)h->a,
                      c->names[n->at.branch->owner]);
    wording_command(&text, (struct bytes){h->text, h->text ? h->len : 0});
    report(c, h->at, &text);
}

/* Whether a full sync took a replica back in the history of the master that it had. (From a replica that is behind it
 * may.) */
static bool went_back(struct check_offsets *c, const struct happening *h, const struct agreed_sync *sync,
                      const struct standing *before) {
    bool same_id = h->len >= 40 && memcmp(h->text, before->replid, 40) == 0;
    bool same_master = before->upstream == sync->master && c->standings->node[sync->master].master;
    return same_id && same_master && h->a < before->offset;
}

void check_offsets_loaded(struct check_offsets *c, const struct happening *h, const struct agreed_sync *sync,
                          const struct standing *before) {
    struct buffer text;
    c->lost[h->node] = false;
    if (h->a < 0 || !sync) return;
    bool back = went_back(c, h, sync, before);
    if ((h->a == sync->offset && !back) || !first_of(c, h->node, &text)) return;
    const char *name = c->names[h->node];
    if (back)
        buffer_printf(&text, "%s went back from offset %lld to %lld of replid %.8s", name, (long long)before->offset,
                      (long long)h->a, before->replid);
    else
        buffer_printf(&text, "%s starts at offset %lld, but %s had announced %lld", name, (long long)h->a,
                      c->names[sync->master], (long long)sync->offset);
    report(c, h->at, &text);
}

void check_offsets_continue(struct check_offsets *c, const struct happening *h, int64_t before) {
    struct buffer text;
    c->lost[h->node] = false;
    if (h->a == before || before < 0 || !first_of(c, h->node, &text)) return;
    buffer_printf(&text, "%s goes on from offset %lld, but had applied %lld", c->names[h->node], (long long)h->a,
                  (long long)before);
    report(c, h->at, &text);
}

void check_offsets_ack(struct check_offsets *c, const struct happening *h) {
    if (h->peer >= c->standings->count) return;
    const struct standing *master = &c->standings->node[h->node], *replica = &c->standings->node[h->peer];
    if (h->a <= replica->applied_most && h->a <= master->offset) return;
    struct buffer text;
    if (!first_of(c, h->peer, &text)) return;
    if (h->a > replica->applied_most)
        buffer_printf(&text, "%s acknowledged offset %lld, but never applied more than %lld", c->names[h->peer],
                      (long long)h->a, (long long)replica->applied_most);
    else
        buffer_printf(&text, "%s acknowledged offset %lld to %s, which is at %lld", c->names[h->peer], (long long)h->a,
                      c->names[h->node], (long long)master->offset);
    report(c, h->at, &text);
}
