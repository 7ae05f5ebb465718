#include "model/check/standing.h"

#include <assert.h>
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

static uint64_t told_digest(const struct happening *h) {
    return history_digest_fold((uint64_t)h->b, (uint64_t)h->c);
}

static void take_replid(struct standing *n, const struct happening *h) {
    if (h->text && h->len >= 40) memcpy(n->replid, h->text, 40);
}

/* --- places and ways ---------------------------------------------------------------------------------- */

static void stand_at(struct standing *n, struct position at, struct branch *target) {
    struct branch *child;
    n->at = at;
    n->target = target;
    n->limit = at.branch ? history_way(at.branch, target, &child) : 0;
}

/* Those who follow `node` follow it into the branch that it is in now, if they are on the way there. */
static void lead_followers(struct standings *s, uint16_t node, unsigned depth) {
    struct branch *target = s->node[node].target;
    for (uint16_t i = 0; i < s->count && depth < s->count; i++) {
        struct standing *n = &s->node[i];
        if (n->upstream != node || n->target == target || !n->at.branch) continue;
        struct branch *child;
        uint64_t limit = history_way(n->at.branch, target, &child);
        if (n->at.index > limit || (n->at.branch != target && !child)) continue;
        n->target = target;
        n->limit = limit;
        lead_followers(s, i, depth + 1);
    }
}

static void leave_followers(struct standings *s, uint16_t node) {
    for (size_t i = 0; i < s->count; i++) {
        if (s->node[i].upstream == node) s->node[i].upstream = NO_PARTY;
    }
}

/* The node writes as a master: a branch of its own begins where it stands. */
static void begin_own(struct standings *s, uint16_t node) {
    struct standing *n = &s->node[node];
    n->own = history_begin(&s->history, n->at, node, n->offset, n->digest);
    n->own->foreign_base = n->foreign;
    n->foreign = n->diverged = false;
    stand_at(n, (struct position){n->own, 0}, n->own);
    lead_followers(s, node, 0);
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

/* --- processes ---------------------------------------------------------------------------------------- */

void standings_start(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    n->at = (struct position){NULL, 0};
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
    leave_followers(s, h->node);
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

/* The process stands where the file that it loaded was forked. */
static void stand_at_file(struct standings *s, uint16_t node, int64_t offset, uint64_t digest) {
    struct standing *n = &s->node[node];
    const struct snapshot_record *file = file_loaded(n, offset, digest);
    if (!file) return;
    stand_at(n, file->at, file->at.branch);
    n->foreign = file->foreign;
    n->load_tail = file->digest != digest;
}

void standings_boot(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (!n->alive || n->booted) standings_start(s, h);
    n->booted = true;
    n->offset = h->a;
    n->digest = told_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    take_replid(n, h);
    if (h->d == 1 && !n->at.branch) stand_at_file(s, h->node, h->a, n->digest);
    if (!n->at.branch) {
        struct branch *root = history_begin(&s->history, n->at, h->node, n->offset, n->digest);
        stand_at(n, (struct position){root, 0}, root);
    }
}

void standings_identity(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (h->d == ID_FULL_SYNC) return; /* R_LOADED follows, and tells the same */
    take_replid(n, h);
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

/* --- writing ------------------------------------------------------------------------------------------ */

void standings_feed(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    if (!n->master) return;
    uint64_t digest = told_digest(h);
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
    uint64_t digest = told_digest(h);
    if (!n->master) {
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

/* --- following ---------------------------------------------------------------------------------------- */

static enum match compare(uint64_t digest, const struct standing *n) {
    return digest == n->digest || digest == HISTORY_NO_DIGEST ? MATCH_EQUAL : MATCH_DIFFERS;
}

/* From the end of its part of a branch into the next branch of the way; false if it is not on the way. */
static bool enter_child(struct standing *n) {
    struct branch *child;
    history_way(n->at.branch, n->target, &child);
    if (!child || n->at.index != child->parent_index) return false;
    stand_at(n, (struct position){child, 0}, n->target);
    n->foreign |= child->foreign_base;
    return true;
}

/* The place of the offset that it tells, sought along the whole way. */
static enum match seek(struct standing *n) {
    struct position p = history_seek(n->target, n->offset);
    if (!p.branch) return MATCH_BEYOND;
    int64_t offset;
    uint64_t digest;
    if (!history_state(p, &offset, &digest)) return MATCH_UNKNOWN;
    if (offset > n->offset) {
        bool forgotten = p.index == p.branch->first + 1 && p.branch->first > 0;
        return forgotten ? MATCH_UNKNOWN : MATCH_NO_BOUNDARY;
    }
    stand_at(n, p, n->target);
    return compare(digest, n);
}

/* Goes on to the boundary with the offset that it tells. */
static enum match go_on(struct standing *n) {
    for (;;) {
        const struct branch *b = n->at.branch;
        uint64_t end = b->length < n->limit ? b->length : n->limit;
        while (n->at.index < end) {
            const struct history_entry *e = history_at(b, n->at.index);
            if (!e) return seek(n);
            if (e->offset > n->offset) return MATCH_NO_BOUNDARY;
            n->at.index++;
            if (e->offset == n->offset) return compare(e->digest, n);
        }
        if (n->at.branch == n->target) return MATCH_BEYOND;
        if (!enter_child(n)) return seek(n);
    }
}

enum match standings_apply(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    int64_t before = n->offset;
    n->offset = h->a;
    n->digest = told_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    if (!n->at.branch) return MATCH_UNKNOWN;
    return h->a > before ? go_on(n) : seek(n);
}

void standings_emptied(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    n->at = (struct position){NULL, 0};
    n->target = n->own = NULL;
    n->digest = history_digest_fold(0, 0);
    n->foreign = false;
    leave_followers(s, h->node);
}

/* --- snapshots and syncs -------------------------------------------------------------------------------- */

void standings_fork(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    uint64_t digest = told_digest(h);
    n->digest = digest; /* keys may have expired while there was no backlog to tell it */
    n->forks[n->fork_next++ % STANDING_SNAPSHOTS] = (struct snapshot_record){
        .at = n->at, .number = h->d, .life = n->life, .offset = h->a, .digest = digest, .foreign = n->foreign};
}

const struct snapshot_record *standings_snapshot(const struct standings *s, uint16_t node, int64_t number) {
    const struct standing *n = &s->node[node];
    for (unsigned i = 0; i < STANDING_SNAPSHOTS; i++) {
        const struct snapshot_record *f = &n->forks[i];
        if (f->life == n->life && n->life > 0 && f->number == number) return f;
    }
    return NULL;
}

static void keep_file(struct standing *n, const struct snapshot_record *record) {
    n->files[n->file_next++ % STANDING_SNAPSHOTS] = *record;
}

void standings_saved(struct standings *s, const struct happening *h) {
    const struct snapshot_record *record = standings_snapshot(s, h->node, h->d);
    if (record && h->len > 0) keep_file(&s->node[h->node], record);
}

static void keep_sync(struct standings *s, uint16_t replica, const struct agreed_sync *sync) {
    if (replica >= s->count) return;
    struct standing *n = &s->node[replica];
    n->syncs[n->sync_next++ % (sizeof n->syncs / sizeof *n->syncs)] = *sync;
}

void standings_fullresync(struct standings *s, const struct happening *h) {
    const struct snapshot_record *fork = standings_snapshot(s, h->node, h->d);
    struct agreed_sync sync = {.conn = h->conn, .master = h->node, .full = true, .offset = h->a};
    if (fork) sync.snapshot = *fork;
    sync.at = sync.snapshot.at;
    keep_sync(s, h->peer, &sync);
}

void standings_psync_ok(struct standings *s, const struct happening *h) {
    struct agreed_sync sync = {.conn = h->conn, .master = h->node, .offset = h->a - 1, .at = s->node[h->node].at};
    keep_sync(s, h->peer, &sync);
}

/* What was agreed on this connection; if none is given, what `peer` agreed to last, or (the link was lost during the
 * load) what anybody did. */
static const struct agreed_sync *find_sync(const struct standing *n, const struct happening *h, bool full) {
    unsigned room = sizeof n->syncs / sizeof *n->syncs;
    for (unsigned i = 1; i <= room; i++) {
        const struct agreed_sync *sync = &n->syncs[(n->sync_next - i) % room];
        if (sync->full != full || (!full && !sync->at.branch)) continue;
        bool of_peer = h->peer == NO_PARTY || sync->master == h->peer;
        if (h->conn && sync->conn ? sync->conn == h->conn : of_peer) return sync;
    }
    return NULL;
}

/* Follows the master of a sync: into its branch of now if that goes on from where it stood, else into that of then. */
static void follow(struct standings *s, uint16_t node, const struct agreed_sync *sync, struct position at) {
    struct standing *n = &s->node[node];
    const struct standing *master = &s->node[sync->master];
    struct branch *target = sync->at.branch;
    if (master->alive && history_is_ancestor(sync->at, master->at)) target = master->target;
    stand_at(n, at, target);
    n->upstream = sync->master;
    n->conn = sync->conn;
}

/* Whether the state that was loaded is the history's at the offset that was announced. */
static enum match compare_loaded(struct standing *n, const struct agreed_sync *sync) {
    if (sync->snapshot.offset == n->offset) return compare(sync->snapshot.digest, n);
    struct position fork = n->at;
    enum match match = seek(n);
    stand_at(n, fork, n->target);
    return match == MATCH_EQUAL ? MATCH_DIFFERS : match;
}

enum match standings_loaded(struct standings *s, const struct happening *h, const struct agreed_sync **sync) {
    struct standing *n = &s->node[h->node];
    *sync = NULL;
    n->offset = h->a;
    n->digest = told_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    take_replid(n, h);
    n->at = (struct position){NULL, 0};
    n->own = NULL;
    n->foreign = n->diverged = false;
    leave_followers(s, h->node);
    if (h->d == LOAD_START) {
        stand_at_file(s, h->node, h->a, n->digest);
        return MATCH_UNKNOWN;
    }
    *sync = find_sync(n, h, true);
    if (!*sync || !(*sync)->at.branch) return MATCH_UNKNOWN;
    follow(s, h->node, *sync, (*sync)->at);
    n->foreign = (*sync)->snapshot.foreign;
    if (h->d == LOAD_SYNC_DISK) keep_file(n, &(*sync)->snapshot);
    return compare_loaded(n, *sync);
}

/* The entry after position `at` on the way to `to`; NULL if there is none, or it is forgotten. */
static const struct history_entry *entry_after(struct position at, struct position to) {
    for (;;) {
        struct branch *child;
        uint64_t limit = history_way(at.branch, to.branch, &child);
        uint64_t end = child ? limit : to.index;
        if (at.index < end) return history_at(at.branch, at.index);
        if (!child) return NULL;
        at = (struct position){child, 0};
    }
}

enum match standings_continue(struct standings *s, const struct happening *h, const struct agreed_sync **sync) {
    struct standing *n = &s->node[h->node];
    take_replid(n, h);
    *sync = find_sync(n, h, false);
    if (!*sync || !n->at.branch) return MATCH_UNKNOWN;
    struct position before = n->at;
    bool shared = history_is_ancestor(before, (*sync)->at);
    const struct history_entry *next = shared ? entry_after(before, (*sync)->at) : NULL;
    bool untold = next && next->offset == n->offset && next->digest != n->digest;
    follow(s, h->node, *sync, before);
    if (!shared) {
        seek(n);
        return MATCH_DIFFERS;
    }
    lead_followers(s, h->node, 0);
    return untold ? MATCH_NO_BOUNDARY : MATCH_EQUAL;
}
