#include "model/check/check_lineage.h"

#include "model/check/wording.h"

/* The offset at which the histories of two positions part. */
static int64_t parting_offset(struct position a, struct position b) {
    while (a.branch && b.branch && a.branch != b.branch) {
        struct position *deeper = a.branch->depth >= b.branch->depth ? &a : &b;
        *deeper = (struct position){deeper->branch->parent, deeper->branch->parent_index};
    }
    if (!a.branch || !b.branch) return -1;
    int64_t offset;
    uint64_t digest;
    return history_state(a.index < b.index ? a : b, &offset, &digest) ? offset : -1;
}

void check_lineage_continue(struct check_lineage *c, const struct happening *h, enum match match,
                            const struct agreed_sync *sync, struct position before) {
    if (match == MATCH_UNKNOWN) return;
    c->finding.judged = true;
    if (match == MATCH_EQUAL) return;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s accepted a partial resync of %s after offset %lld (t=", c->names[sync->master],
                  c->names[h->node], (long long)h->a);
    wording_time(&text, h->at);
    int64_t parting = parting_offset(before, sync->at);
    if (match == MATCH_NO_BOUNDARY)
        buffer_puts(&text, "), but made writes at that very offset that its stream does not tell of");
    else if (parting < 0)
        buffer_puts(&text, "), but their datasets have no common origin");
    else
        buffer_printf(&text, "), but their histories part at offset %lld", (long long)parting);
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}
