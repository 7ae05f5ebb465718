#include "model/check/checks.h"

#include <assert.h>
#include <string.h>

#include "model/check/acked_writes.h"
#include "model/check/check_converged.h"
#include "model/check/check_digest.h"
#include "model/check/check_lineage.h"
#include "model/check/check_offsets.h"
#include "model/check/check_prefix.h"
#include "model/check/check_snapshot.h"
#include "model/check/check_stream.h"
#include "model/check/tally.h"

const struct check_word checks_words[] = {
    {"converged", SUPPORTED, false, true},   {"prefix", SUPPORTED, false, false},
    {"digest", SUPPORTED, false, false},     {"offsets", SUPPORTED, false, false},
    {"lineage", SUPPORTED, false, false},    {"snapshot", SUPPORTED, false, false},
    {"stream", SUPPORTED, false, false},     {"wait", NOT_YET, false, false},
    {"min-replicas", NOT_YET, false, false}, {"expiry", NOT_YET, false, false},
    {"memory", NOT_YET, false, false},       {"liveness", NOT_YET, false, false},
    {"settled", SUPPORTED, false, true},     {"linearizable", NOT_YET, true, false},
    {"sessions", NOT_YET, true, false},      {NULL, NOT_YET, false, false},
};

const struct metric_word checks_metrics[] = {
    {"full_syncs", SUPPORTED},
    {"partial_syncs", SUPPORTED},
    {"resync_loops", SUPPORTED},
    {"lost_acked_writes", SUPPORTED},
    {"stale_reads", NOT_YET},
    {"staleness_max", NOT_YET},
    {"refused_writes", SUPPORTED},
    {"bytes_sent", SUPPORTED},
    {"events", SUPPORTED},
    {"errors", SUPPORTED},
    {NULL, NOT_YET},
};

/* In the vocabulary's order. */
enum { CHECKS_JUDGED = 7 };

struct checks {
    struct standings standings;
    struct check_converged converged;
    struct check_prefix prefix;
    struct check_digest digest;
    struct check_offsets offsets;
    struct check_lineage lineage;
    struct check_snapshot snapshot;
    struct check_stream stream;
    struct acked_writes acked;
    struct tally tally;
    struct finding *finding[CHECKS_JUDGED];
    bool allowed[CHECKS_JUDGED];
    sim_time now; /* of the last happening */
};

/* --- the trace --------------------------------------------------------------------------------------------- */

static void hear_feed(struct checks *c, const struct happening *h) {
    struct standing *n = &c->standings.node[h->node];
    if (!n->master) return;
    check_offsets_fed(&c->offsets, h, n->offset);
    check_stream_fed(&c->stream, h);
    standings_feed(&c->standings, h);
    check_digest_told(&c->digest, h);
}

static void hear_write(struct checks *c, const struct happening *h) {
    if (h->flags) check_prefix_alone(&c->prefix, h);
    struct position at = standings_write(&c->standings, h);
    acked_writes_executed(&c->acked, h->conn, (uint64_t)h->d, at);
    check_digest_told(&c->digest, h);
}

static void hear_apply(struct checks *c, const struct happening *h) {
    int64_t before = c->standings.node[h->node].offset;
    enum match match = standings_apply(&c->standings, h);
    check_offsets_applied(&c->offsets, h, match, before);
    check_prefix_applied(&c->prefix, h, match, before);
    check_digest_told(&c->digest, h);
}

static void hear_loaded(struct checks *c, const struct happening *h) {
    struct standing before = c->standings.node[h->node];
    const struct agreed_sync *sync;
    enum match match = standings_loaded(&c->standings, h, &sync);
    check_digest_renamed(&c->digest, h->node);
    if (h->d == LOAD_START) return;
    check_snapshot_loaded(&c->snapshot, h, sync);
    check_offsets_loaded(&c->offsets, h, sync, &before);
    check_prefix_loaded(&c->prefix, h, match, sync);
    if (h->len >= 40) check_digest_told(&c->digest, h);
    tally_loaded(&c->tally, h);
}

static void hear_continue(struct checks *c, const struct happening *h) {
    struct standing *n = &c->standings.node[h->node];
    struct position before = n->at;
    const struct agreed_sync *sync;
    check_offsets_continue(&c->offsets, h, n->offset);
    enum match match = standings_continue(&c->standings, h, &sync);
    check_digest_renamed(&c->digest, h->node);
    check_lineage_continue(&c->lineage, h, match, sync, before);
    check_digest_told(&c->digest, h);
}

static void hear_fullresync(struct checks *c, const struct happening *h) {
    check_snapshot_announced(&c->snapshot, h, standings_snapshot(&c->standings, h->node, h->d));
    standings_fullresync(&c->standings, h);
    tally_fullresync(&c->tally, h);
}

/* Boot, a new id or role: who the node is from now on. */
static void hear_identity(struct checks *c, const struct happening *h) {
    switch (h->kind) {
    case R_BOOT:
        standings_boot(&c->standings, h);
        break;
    case R_ID:
        standings_identity(&c->standings, h);
        break;
    default:
        standings_role(&c->standings, h);
        break;
    }
    check_digest_renamed(&c->digest, h->node);
    if (h->kind == R_ID) return;
    check_stream_reset(&c->stream, h->node);
    if (h->kind == R_ROLE) tally_role(&c->tally, h);
}

/* Everything but the writes and the stream: rare. */
static void hear_seldom(struct checks *c, const struct happening *h) {
    switch (h->kind) {
    case TRACE_START:
        standings_start(&c->standings, h);
        break;
    case TRACE_END:
        standings_end(&c->standings, h);
        break;
    case R_BOOT:
    case R_ID:
    case R_ROLE:
        hear_identity(c, h);
        break;
    case R_FORK:
        standings_fork(&c->standings, h);
        break;
    case R_SAVED:
        standings_saved(&c->standings, h);
        break;
    case R_LOADED:
        hear_loaded(c, h);
        break;
    case R_EMPTIED:
        standings_emptied(&c->standings, h);
        break;
    case R_PSYNC_OK:
        standings_psync_ok(&c->standings, h);
        break;
    case R_FULLRESYNC:
        hear_fullresync(c, h);
        break;
    case R_CONTINUE:
        hear_continue(c, h);
        break;
    case R_REFUSED:
        c->tally.refused_writes++;
        break;
    case R_STREAM_ERROR:
        check_stream_error(&c->stream, h);
        break;
    case R_ACK:
        check_offsets_ack(&c->offsets, h);
        break;
    default:
        break;
    }
}

static void hear_server(void *ctx, const struct happening *h) {
    struct checks *c = ctx;
    c->now = h->at;
    if (h->node >= c->standings.count) return;
    switch (h->kind) {
    case R_FEED:
        hear_feed(c, h);
        break;
    case R_WRITE:
        hear_write(c, h);
        break;
    case R_APPLY:
        hear_apply(c, h);
        break;
    default:
        hear_seldom(c, h);
        break;
    }
}

static void hear_reply(void *ctx, const struct happening *h) {
    struct checks *c = ctx;
    c->now = h->at;
    acked_writes_replied(&c->acked, h->conn, (uint64_t)h->c, h->b == OP_OK);
}

/* A client's end of a connection was closed. */
static void hear_closed(void *ctx, const struct happening *h) {
    struct checks *c = ctx;
    c->now = h->at;
    if (h->node >= c->standings.count) acked_writes_closed(&c->acked, h->conn);
}

/* --- results ----------------------------------------------------------------------------------------------- */

static void init_findings(struct checks *c, const struct checks_setup *setup) {
    struct pool *pool = setup->pool;
    finding_init(&c->converged.finding, pool, "converged");
    finding_init(&c->prefix.finding, pool, "prefix");
    finding_init(&c->lineage.finding, pool, "lineage");
    finding_init(&c->snapshot.finding, pool, "snapshot");
    c->prefix.finding.judged = c->lineage.finding.judged = c->snapshot.finding.judged = true;
    struct finding *all[] = {&c->converged.finding, &c->prefix.finding,   &c->digest.finding, &c->offsets.finding,
                             &c->lineage.finding,   &c->snapshot.finding, &c->stream.finding};
    memcpy(c->finding, all, sizeof all);
    for (size_t i = 0; i < CHECKS_JUDGED; i++) {
        assert(strcmp(c->finding[i]->name, checks_words[i].name) == 0);
        for (size_t k = 0; k < setup->allowed_count; k++)
            c->allowed[i] |= strcmp(setup->allowed[k], c->finding[i]->name) == 0;
    }
}

struct checks *checks_create(const struct checks_setup *setup) {
    struct checks *c = POOL_NEW(setup->pool, struct checks);
    standings_init(&c->standings, setup->pool, setup->node_count);
    c->converged = (struct check_converged){
        .standings = &c->standings, .names = setup->names, .look = setup->look, .ctx = setup->ctx};
    c->prefix.standings = &c->standings;
    c->prefix.names = c->lineage.names = c->snapshot.names = setup->names;
    check_digest_init(&c->digest, setup->pool, &c->standings, setup->names);
    check_offsets_init(&c->offsets, setup->pool, &c->standings, setup->names);
    check_stream_init(&c->stream, setup->pool, &c->standings, setup->names);
    acked_writes_init(&c->acked, &c->standings);
    tally_init(&c->tally, setup->pool, &c->standings);
    init_findings(c, setup);
    c->offsets.finding.judged = true;
    trace_listen(setup->trace, TRACE_START, TRACE_END, hear_server, c);
    trace_listen(setup->trace, R_BOOT, R_KINDS - 1, hear_server, c);
    trace_listen(setup->trace, TRACE_OP_REPLY, TRACE_OP_REPLY, hear_reply, c);
    trace_listen(setup->trace, TRACE_CLOSED, TRACE_CLOSED, hear_closed, c);
    return c;
}

void checks_finish(struct checks *c, bool at_rest) {
    if (at_rest) check_converged_judge(&c->converged, c->now);
}

/* The i-th finding that counts. */
static const struct finding *result(const struct checks *c, size_t i) {
    for (size_t k = 0; k < CHECKS_JUDGED; k++) {
        if (!c->finding[k]->judged || c->allowed[k]) continue;
        if (i-- == 0) return c->finding[k];
    }
    return NULL;
}

size_t checks_count(const struct checks *c) {
    size_t n = 0;
    while (result(c, n)) n++;
    return n;
}

struct check_result checks_get(const struct checks *c, size_t i) {
    const struct finding *f = result(c, i);
    assert(f);
    return (struct check_result){f->name, f->verdict, f->count, f->detail, f->at};
}

bool checks_hold(struct checks *c, const char *name, struct buffer *why) {
    if (strcmp(name, "converged") == 0) return check_converged_holds(&c->converged, why);
    for (size_t i = 0; i < CHECKS_JUDGED; i++) {
        const struct finding *f = c->finding[i];
        if (strcmp(f->name, name) != 0) continue;
        if (f->verdict == VERDICT_OK) return true;
        buffer_puts(why, f->detail);
        return false;
    }
    buffer_printf(why, "%s is not judged", name);
    return false;
}

bool checks_metric(struct checks *c, const char *name, struct field_value *value) {
    uint64_t number;
    if (strcmp(name, "lost_acked_writes") == 0)
        number = acked_writes_lost(&c->acked);
    else if (strcmp(name, "resync_loops") == 0)
        number = c->tally.resync_loops;
    else if (strcmp(name, "refused_writes") == 0)
        number = c->tally.refused_writes;
    else
        return false;
    *value = (struct field_value){.kind = FIELD_NUMBER, .number = (int64_t)number};
    return true;
}

bool checks_broken(const struct checks *c) {
    for (size_t i = 0; i < CHECKS_JUDGED; i++) {
        if (!c->allowed[i] && c->finding[i]->verdict == VERDICT_VIOLATION) return true;
    }
    return false;
}
