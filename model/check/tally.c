#include "model/check/tally.h"

void tally_init(struct tally *t, struct pool *pool, const struct standings *s) {
    *t = (struct tally){.standings = s};
    t->replica = POOL_ARRAY(pool, struct tally_replica, s->count);
    for (size_t i = 0; i < s->count; i++) t->replica[i].master = NO_PARTY;
}

void tally_fullresync(struct tally *t, const struct happening *h) {
    if (h->peer >= t->standings->count) return;
    struct tally_replica *r = &t->replica[h->peer];
    uint32_t master_life = t->standings->node[h->node].life, life = t->standings->node[h->peer].life;
    bool again = r->master == h->node && r->master_life == master_life && r->life == life;
    if (again && (r->loaded < 0 || h->at - r->loaded < TALLY_QUIET)) t->resync_loops++;
    *r = (struct tally_replica){h->node, master_life, life, -1};
}

void tally_loaded(struct tally *t, const struct happening *h) {
    if (h->d != LOAD_START) t->replica[h->node].loaded = h->at;
}

void tally_role(struct tally *t, const struct happening *h) {
    t->replica[h->node].master = NO_PARTY;
}
