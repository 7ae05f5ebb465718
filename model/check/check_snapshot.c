#include "model/check/check_snapshot.h"

#include "model/check/wording.h"

void check_snapshot_announced(struct check_snapshot *c, const struct happening *h, const struct snapshot_record *fork) {
    if (!fork) return;
    c->finding.judged = true;
    if (fork->offset == h->a || h->peer == NO_PARTY) return;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s announced offset %lld to %s (t=", c->names[h->node], (long long)h->a, c->names[h->peer]);
    wording_time(&text, h->at);
    buffer_printf(&text, "), but forked the snapshot at offset %lld", (long long)fork->offset);
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}

void check_snapshot_loaded(struct check_snapshot *c, const struct happening *h, const struct agreed_sync *sync) {
    if (!sync || !sync->snapshot.at.branch) return;
    c->finding.judged = true;
    if (sync->snapshot.digest == history_digest_fold((uint64_t)h->b, (uint64_t)h->c)) return;
    struct buffer text;
    buffer_init(&text, c->finding.pool);
    buffer_printf(&text, "%s loaded a dataset (t=", c->names[h->node]);
    wording_time(&text, h->at);
    buffer_printf(&text, ") that is not the one which %s forked at offset %lld", c->names[sync->master],
                  (long long)sync->snapshot.offset);
    finding_add(&c->finding, VERDICT_VIOLATION, h->at, text.at);
    buffer_free(&text);
}
