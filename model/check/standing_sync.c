/* Following another node: its stream, its snapshots, its partial resyncs. */
#include "model/check/standing_moves.h"

#include <string.h>

/* --- following --------------------------------------------------------------------------------------------- */

static enum match compare(uint64_t digest, const struct standing *n) {
    return digest == n->digest || digest == HISTORY_NO_DIGEST ? MATCH_EQUAL : MATCH_DIFFERS;
}

/* From the end of its part of a branch into the next branch of the way; false if it is not on the way. */
static bool enter_child(struct standing *n) {
    struct branch *child;
    history_way(n->at.branch, n->target, &child);
    if (!child || n->at.index != child->parent_index) return false;
    standing_stand_at(n, (struct position){child, 0}, n->target);
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
    standing_stand_at(n, p, n->target);
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
    n->digest = standing_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    if (!n->at.branch) return MATCH_UNKNOWN;
    return h->a > before ? go_on(n) : seek(n);
}

/* --- snapshots and syncs ----------------------------------------------------------------------------------- */

void standings_fork(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    uint64_t digest = standing_digest(h);
    bool in_command = h->flags & FORK_IN_COMMAND;
    if (!in_command) n->digest = digest; /* keys may have expired while there was no backlog to tell it */
    n->forks[n->fork_next++ % STANDING_SNAPSHOTS] = (struct snapshot_record){.at = n->at,
                                                                             .number = h->d,
                                                                             .life = n->life,
                                                                             .offset = h->a,
                                                                             .digest = digest,
                                                                             .foreign = n->foreign || in_command,
                                                                             .alone = n->alone};
}

const struct snapshot_record *standings_snapshot(const struct standings *s, uint16_t node, int64_t number) {
    const struct standing *n = &s->node[node];
    for (unsigned i = 0; i < STANDING_SNAPSHOTS; i++) {
        const struct snapshot_record *f = &n->forks[i];
        if (f->life == n->life && n->life > 0 && f->number == number) return f;
    }
    return NULL;
}

/* Unless it is the latest already. */
static void keep_file(struct standing *n, const struct snapshot_record *record) {
    const struct snapshot_record *last = &n->files[(n->file_next - 1) % STANDING_SNAPSHOTS];
    bool known = last->at.branch == record->at.branch && last->at.index == record->at.index &&
                 last->offset == record->offset && last->digest == record->digest;
    if (known) return;
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
    sync.life = s->node[h->node].life;
    if (fork) sync.snapshot = *fork;
    sync.at = sync.snapshot.at;
    sync.target = sync.at.branch;
    keep_sync(s, h->peer, &sync);
}

void standings_psync_ok(struct standings *s, const struct happening *h) {
    struct position at = s->node[h->node].at;
    struct agreed_sync sync = {.conn = h->conn, .master = h->node, .offset = h->a - 1, .at = at, .target = at.branch};
    sync.life = s->node[h->node].life;
    keep_sync(s, h->peer, &sync);
}

/* Whether this is the sync that the replica begins to use: agreed on this connection; if none is told, by this peer; if
 * the link was lost during the load, by anybody. */
static bool is_sync_of(const struct agreed_sync *sync, const struct happening *h, bool full) {
    if (sync->full != full || !sync->at.branch) return false;
    if (h->conn && sync->conn) return sync->conn == h->conn;
    return h->peer == NO_PARTY || sync->master == h->peer;
}

/* The latest such sync, NULL if there is none. */
static const struct agreed_sync *find_sync(const struct standing *n, const struct happening *h, bool full) {
    unsigned room = sizeof n->syncs / sizeof *n->syncs;
    for (unsigned i = 1; i <= room; i++) {
        const struct agreed_sync *sync = &n->syncs[(n->sync_next - i) % room];
        if (is_sync_of(sync, h, full)) return sync;
    }
    return NULL;
}

/* It is begun. All that were agreed on are used up with it: a replica has one link. */
static const struct agreed_sync *take_sync(struct standing *n, const struct happening *h, bool full) {
    const struct agreed_sync *taken = find_sync(n, h, full);
    if (taken) n->sync = *taken;
    memset(n->syncs, 0, sizeof n->syncs);
    return taken ? &n->sync : NULL;
}

/* A load from disk begins: the file that was received is the node's own from now on, even if it dies in the load. */
void standings_emptied(struct standings *s, const struct happening *h) {
    struct standing *n = &s->node[h->node];
    const struct agreed_sync *sync = find_sync(n, h, true);
    if (sync) keep_file(n, &sync->snapshot);
    standing_leave(n);
    n->target = n->own = NULL;
    n->digest = history_digest_fold(0, 0);
    n->foreign = false;
    standings_leave_followers(s, h->node);
}

/* Follows the master of a sync: into its branch of now if that goes on from where it stood, else into the last
 * that did: what it wrote there before it ended, or became a replica, may still arrive. */
static void follow(struct standings *s, uint16_t node, const struct agreed_sync *sync, struct position at) {
    struct standing *n = &s->node[node];
    const struct standing *master = &s->node[sync->master];
    struct branch *target = sync->target;
    if (master->alive && master->life == sync->life && history_is_ancestor(sync->at, master->at))
        target = master->target;
    standing_stand_at(n, at, target);
    n->upstream = sync->master;
    n->conn = sync->conn;
}

/* Whether the state that was loaded is the history's at the offset that was announced. */
static enum match compare_loaded(struct standing *n, const struct agreed_sync *sync) {
    if (sync->snapshot.offset == n->offset) return compare(sync->snapshot.digest, n);
    struct position fork = n->at;
    enum match match = seek(n);
    standing_stand_at(n, fork, n->target);
    return match == MATCH_EQUAL ? MATCH_DIFFERS : match;
}

enum match standings_loaded(struct standings *s, const struct happening *h, const struct agreed_sync **sync) {
    struct standing *n = &s->node[h->node];
    *sync = NULL;
    n->offset = h->a;
    n->digest = standing_digest(h);
    if (h->a > n->applied_most) n->applied_most = h->a;
    standing_take_replid(n, h);
    standing_leave(n);
    n->own = NULL;
    n->diverged = false;
    n->foreign = h->a < 0; /* by SYNC without PSYNC: its offset means nothing */
    standings_leave_followers(s, h->node);
    if (h->d == LOAD_START) {
        standings_stand_at_file(s, h->node, h->a, n->digest);
        return MATCH_UNKNOWN;
    }
    *sync = take_sync(n, h, true);
    if (!*sync) return MATCH_UNKNOWN;
    follow(s, h->node, *sync, (*sync)->at);
    n->foreign = (*sync)->snapshot.foreign;
    n->alone = (*sync)->snapshot.alone;
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
    standing_take_replid(n, h);
    *sync = take_sync(n, h, false);
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
    standings_lead_followers(s, h->node, 0);
    return untold ? MATCH_NO_BOUNDARY : MATCH_EQUAL;
}
