#include "model/check/standing_moves.h"

#include <string.h>

/* Entries that are kept behind the hindmost reader: a replica that restarts from a recent file finds its place. */
#define KEPT_BEHIND (16 * HISTORY_CHUNK)

void standings_init(struct standings *s, struct pool *pool, size_t node_count) {
    history_init(&s->history, pool);
    s->node = POOL_ARRAY(pool, struct standing, node_count);
    s->count = node_count;
    for (size_t i = 0; i < node_count; i++) {
        s->node[i].upstream = NO_PARTY;
        s->node[i].master = true;
    }
}

uint64_t standing_digest(const struct happening *h) {
    return history_digest_fold((uint64_t)h->b, (uint64_t)h->c);
}

void standing_take_replid(struct standing *n, const struct happening *h) {
    if (h->text && h->len >= 40) memcpy(n->replid, h->text, 40);
}

/* --- places and ways --------------------------------------------------------------------------------------- */

void standing_stand_at(struct standing *n, struct position at, struct branch *target) {
    struct branch *child;
    n->at = at;
    n->target = target;
    n->limit = at.branch ? history_way(at.branch, target, &child) : 0;
}

void standings_lead_followers(struct standings *s, uint16_t node, unsigned depth) {
    struct branch *target = s->node[node].target;
    for (uint16_t i = 0; i < s->count && depth < s->count; i++) {
        struct standing *n = &s->node[i];
        if (n->upstream != node || n->target == target || !n->at.branch) continue;
        struct branch *child;
        uint64_t limit = history_way(n->at.branch, target, &child);
        if (n->at.index > limit || (n->at.branch != target && !child)) continue;
        n->target = target;
        n->limit = limit;
        standings_lead_followers(s, i, depth + 1);
    }
}

void standings_leave_followers(struct standings *s, uint16_t node) {
    for (size_t i = 0; i < s->count; i++) {
        if (s->node[i].upstream == node) s->node[i].upstream = NO_PARTY;
    }
}

/* Those who were promised a sync from where `node` stood are to follow it into its new branch, even if it has ended
 * before they begin. */
static void lead_promised(struct standings *s, uint16_t node) {
    const struct standing *master = &s->node[node];
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < sizeof s->node[i].syncs / sizeof *s->node[i].syncs; k++) {
            struct agreed_sync *sync = &s->node[i].syncs[k];
            if (!sync->at.branch || sync->master != node || sync->life != master->life) continue;
            if (history_is_ancestor(sync->at, master->at)) sync->target = master->own;
        }
    }
}

/* The node writes as a master: a branch of its own begins where it stands. */
static void begin_own(struct standings *s, uint16_t node) {
    struct standing *n = &s->node[node];
    n->own = history_begin(&s->history, n->at, node, n->offset, n->digest);
    n->own->foreign_base = n->foreign;
    n->foreign = n->diverged = false;
    standing_stand_at(n, (struct position){n->own, 0}, n->own);
    standings_lead_followers(s, node, 0);
    lead_promised(s, node);
}

/* The first entry of b that somebody may still be compared with. */
static uint64_t needed_from(const struct standings *s, struct branch *b) {
    uint64_t needed = b->length;
    for (size_t i = 0; i < s->count; i++) {
        const struct standing *n = &s->node[i];
        if (!n->alive) continue;
        struct branch *child;
        if (n->at.branch == b)
            needed = n->at.index < needed ? n->at.index : needed;
        else if (n->at.branch && history_way(n->at.branch, b, &child))
            return 0;
        for (size_t k = 0; k < sizeof n->syncs / sizeof *n->syncs; k++) {
            const struct position *at = &n->syncs[k].snapshot.at;
            if (n->syncs[k].full && at->branch == b && at->index < needed) needed = at->index;
        }
    }
    return needed;
}

static void append_own(struct standings *s, uint16_t node, int64_t offset, uint64_t digest) {
    struct standing *n = &s->node[node];
    if (!n->own) begin_own(s, node);
    if (!n->own->tail) {
        uint64_t needed = needed_from(s, n->own);
        if (needed > KEPT_BEHIND) history_forget(&s->history, n->own, needed - KEPT_BEHIND);
    }
    history_append(&s->history, n->own, offset, digest);
    n->at.index = n->own->length;
    n->offset = offset;
}

/* --- processes --------------------------------------------------------------------------------------------- */

void standing_leave(struct standing *n) {
    if (n->at.branch) n->left[n->left_next++ % STANDING_LEFT] = n->at;
    n->at = (struct position){NULL, 0};
}

void standings_start(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    standing_leave(n);
    n->target = n->own = NULL;
    n->alive = n->master = true;
    n->booted = n->foreign = n->diverged = n->load_tail = n->fed = false;
    n->upstream = NO_PARTY;
    n->conn = 0;
    n->life++;
    memset(n->syncs, 0, sizeof n->syncs);
}

void standings_end(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    n->alive = n->booted = false;
    n->own = NULL;
    standings_leave_followers(s, h->node);
}

/* How well a snapshot fits what was loaded: equal in digest and offset, else in digest, else (keys that had expired
 * were dropped) in offset; -1 for an empty record. */
static int fit_of(const struct snapshot_record *f, int64_t offset, uint64_t digest) {
    if (!f->at.branch) return -1;
    return (f->digest == digest ? 2 : 0) + (f->offset == offset ? 1 : 0);
}

/* Which of the snapshots that this node may have on disk was loaded: the one that fits best, the latest of those. One
 * that was forked and never told to be saved counts, too: the child may have finished after its parent died. NULL:
 * none. */
static const struct snapshot_record *file_loaded(const struct standing *n, int64_t offset, uint64_t digest) {
    const struct snapshot_record *best = NULL;
    int best_fit = -1;
    for (unsigned i = 1; i <= 2 * STANDING_SNAPSHOTS; i++) {
        bool saved = i <= STANDING_SNAPSHOTS;
        const struct snapshot_record *f = saved ? &n->files[(n->file_next - i) % STANDING_SNAPSHOTS]
                                                : &n->forks[(n->fork_next - i) % STANDING_SNAPSHOTS];
        int fit = fit_of(f, offset, digest);
        if (fit > best_fit) {
            best = f;
            best_fit = fit;
        }
    }
    return best;
}

void standings_stand_at_file(struct standings *s, uint16_t node, int64_t offset, uint64_t digest) {
    struct standing *n = &s->node[node];
    const struct snapshot_record *file = file_loaded(n, offset, digest);
    if (!file) return;
    standing_stand_at(n, file->at, file->at.branch);
    n->foreign = file->foreign;
    n->alone = file->alone;
    n->load_tail = file->digest != digest;
}

/* Its append-only file, a first part of what it went through, ends on the way to one of the places that it had. */
static void stand_at_left(struct standing *n) {
    for (unsigned i = 1; i <= STANDING_LEFT; i++) {
        struct position left = n->left[(n->left_next - i) % STANDING_LEFT];
        struct position at = left.branch ? history_seek_digest(left, n->digest) : left;
        if (!at.branch) continue;
        standing_stand_at(n, at, at.branch);
        return;
    }
}

void standings_boot(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (!n->alive || n->booted) standings_start(s, h);
    n->booted = true;
    n->offset = h->a;
    n->digest = standing_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    standing_take_replid(n, h);
    if (h->d == BOOT_FROM_AOF && !n->at.branch) stand_at_left(n);
    if (h->d == BOOT_FROM_SNAPSHOT && !n->at.branch) standings_stand_at_file(s, h->node, h->a, n->digest);
    if (!n->at.branch) {
        struct branch *root = history_begin(&s->history, n->at, h->node, n->offset, n->digest);
        standing_stand_at(n, (struct position){root, 0}, root);
    }
}

void standings_identity(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (h->d == ID_FULL_SYNC) return; /* R_LOADED follows, and tells the same */
    standing_take_replid(n, h);
    n->offset = h->a;
}

void standings_role(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    bool master = h->a == 1;
    if (master == n->master) return;
    n->master = master;
    n->own = NULL;
    n->upstream = NO_PARTY;
    if (n->offset > n->applied_most) n->applied_most = n->offset; /* what it wrote itself it has */
    n->target = n->at.branch;
    n->limit = UINT64_MAX;
}

/* --- writing ----------------------------------------------------------------------------------------------- */

void standings_feed(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (!n->master) return;
    uint64_t digest = standing_digest(h);
    /* A SELECT goes into the stream after its command was executed, but changes nothing itself. */
    if (h->flags & FEED_ADMIN) digest = n->digest;
    bool tail = n->load_tail && digest == n->digest && (h->flags & (FEED_ADMIN | FEED_EXPIRE));
    n->load_tail = tail;
    append_own(s, h->node, h->a, tail ? HISTORY_NO_DIGEST : digest);
    n->digest = digest;
    n->fed = true;
    history_keep_text(&s->history, n->own, h->a, (struct bytes){h->text, h->text ? h->len : 0});
}

struct position standings_write(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    uint64_t digest = standing_digest(h);
    if (!n->master) {
        if (!n->foreign) n->alone = h->flags;
        n->foreign = true;
        n->digest = digest;
        return (struct position){NULL, 0};
    }
    bool told = n->fed && n->own && n->offset == h->a && n->digest == digest;
    n->fed = false;
    if (!told) append_own(s, h->node, h->a, digest);
    n->digest = digest;
    return n->at;
}
