#include "model/check/check_converged.h"

#include <string.h>

enum standing_of { EQUAL, OTHER_DATA, NOT_EQUAL };

static bool looks(struct check_converged *c, uint16_t node, struct node_look *look) {
    return node < c->standings->count && c->look(c->ctx, node, look);
}

/* Whether replica and master are as one; if not, `why` says in what they differ. */
static enum standing_of compare(struct check_converged *c, uint16_t node, const struct node_look *r,
                                struct buffer *why) {
    const char *name = c->names[node];
    struct node_look m;
    char replid[41];
    memcpy(replid, r->replid, 40);
    replid[40] = 0;
    if (r->upstream == NO_PARTY) {
        buffer_printf(why, "%s has a master that is no node of this run", name);
        return NOT_EQUAL;
    }
    const char *master = c->names[r->upstream];
    if (!looks(c, r->upstream, &m)) {
        buffer_printf(why, "%s follows %s, which is down", name, master);
        return NOT_EQUAL;
    }
    if (r->loading || !r->link_up) {
        buffer_printf(why, "%s is not online at %s%s", name, master, r->loading ? " (loading)" : "");
        return NOT_EQUAL;
    }
    if (memcmp(replid, m.replid, 40) != 0) {
        buffer_printf(why, "%s has replid %.8s, %s has %.8s", name, replid, master, m.replid);
        return NOT_EQUAL;
    }
    if (r->offset != m.offset) {
        buffer_printf(why, "%s is at offset %lld, %s at %lld", name, (long long)r->offset, master, (long long)m.offset);
        return NOT_EQUAL;
    }
    if (r->digest.low == m.digest.low && r->digest.high == m.digest.high) return EQUAL;
    buffer_printf(why, "%s and %s are at offset %lld but their data differs", name, master, (long long)r->offset);
    return OTHER_DATA;
}

/* Whether a replica cannot be online, whatever the protocol does. */
static bool is_excused(struct check_converged *c, const struct node_look *r) {
    struct node_look look = *r;
    for (size_t hops = 0; hops < c->standings->count && !look.master; hops++) {
        if (look.link_up) return false;
        if (look.master_cut_off || !looks(c, look.upstream, &look)) return true;
    }
    return false;
}

/* Why a replica's data is its own. */
static void put_cause(struct buffer *why, const struct standing *odd) {
    if (odd->alone & WRITE_EVICTED)
        buffer_puts(why, ": a replica evicted keys by itself (replica-ignore-maxmemory no)");
    else if (odd->alone & WRITE_REFUSED)
        buffer_puts(why, ": a replica refused its master's writes for want of memory (replica-ignore-maxmemory no)");
    else
        buffer_puts(why, ": clients wrote to a replica");
}

bool check_converged_holds(struct check_converged *c, struct buffer *why) {
    for (uint16_t i = 0; i < c->standings->count; i++) {
        struct node_look look;
        if (!looks(c, i, &look) || look.master) continue;
        if (compare(c, i, &look, why) != EQUAL) return false;
    }
    return true;
}

void check_converged_judge(struct check_converged *c, sim_time at) {
    c->finding.judged = true;
    for (uint16_t i = 0; i < c->standings->count; i++) {
        struct node_look look;
        if (!looks(c, i, &look) || look.master) continue;
        struct buffer why;
        buffer_init(&why, c->finding.pool);
        enum standing_of found = compare(c, i, &look, &why);
        const struct standing *node = c->standings->node;
        const struct standing *odd = node[i].foreign ? &node[i] : &node[look.upstream];
        bool written_to = found == OTHER_DATA && odd->foreign;
        if (written_to) put_cause(&why, odd);
        if (found != EQUAL && !is_excused(c, &look))
            finding_add(&c->finding, written_to ? VERDICT_ANOMALY : VERDICT_VIOLATION, at, why.at);
        buffer_free(&why);
    }
}
