/* Whether anything will still change by itself, and if so who waits for what.
 *
 * At rest every replica that can reach its master is online and caught up. One that cannot is not waited for: its
 * master is down or no node, cut off by a fault without an end, or a replica that itself cannot get a dataset.
 * Loading, a running snapshot and a shutdown end by themselves and are waited for. Crons, PINGs and attempts to
 * connect go on for ever and do not count. */
#include <assert.h>
#include <inttypes.h>

#include "model/redis/model.h"
#include "model/redis/server.h"

/* --- who is waited for ------------------------------------------------------------------------------------------ */

static bool is_down(const struct rest_view *view, uint16_t party) {
    return view->down && view->down[party];
}

/* Whether `a` gets no answer from `b`, for good. */
static bool is_cut_off(const struct rest_view *view, uint16_t a, uint16_t b) {
    if (is_down(view, b)) return true;
    return view->unreachable && (view->unreachable(view->ctx, a, b) || view->unreachable(view->ctx, b, a));
}

/* Whether a replica has no way to get what it waits for. Replicas in a ring all have none. */
static bool is_stranded(const struct model *model, const struct rest_view *view, uint16_t party) {
    for (size_t hops = 0; hops <= model->node_count; hops++) {
        const struct server *s = model->nodes[party].server;
        if (!s) return true;
        if (!s->link.host) return false;
        uint16_t upstream = model_upstream(model, s);
        if (upstream == NO_PARTY || is_cut_off(view, party, upstream)) return true;
        /* The target of a FAILOVER answers one way or the other, though it is below us, too, until then. */
        if (s->failover.state == FAILOVER_IN_PROGRESS) return false;
        /* Once connected it gets what its master has, whatever became of that one's own master; else that one answers
         * PSYNC only while it is connected itself (reference 4.2). */
        if (s->link.state == LINK_CONNECTED) return model->nodes[upstream].server == NULL;
        party = upstream;
    }
    return true;
}

/* --- replicas ----------------------------------------------------------------------------------------------------- */

/* What a link that is not up waits for, in the protocol's words. */
static const char *link_waits_for(enum link_state state) {
    switch (state) {
    case LINK_CONNECT:
        return "connect (waiting for the next cron)";
    case LINK_CONNECTING:
        return "connecting (waiting for the connection)";
    case LINK_RECEIVE_PING_REPLY:
        return "handshake (waiting for PING reply)";
    case LINK_RECEIVE_AUTH_REPLY:
        return "handshake (waiting for AUTH reply)";
    case LINK_RECEIVE_PORT_REPLY:
    case LINK_RECEIVE_IP_REPLY:
    case LINK_RECEIVE_CAPA_REPLY:
        return "handshake (waiting for REPLCONF reply)";
    case LINK_RECEIVE_PSYNC_REPLY:
        return "handshake (waiting for PSYNC reply)";
    case LINK_TRANSFER:
        return "sync (receiving the RDB)";
    case LINK_CONNECTED:
        return "connected, but not yet online there";
    default:
        return "handshake";
    }
}

static const char *replica_waits_for(enum replica_state state) {
    switch (state) {
    case REPLICA_WAIT_BGSAVE_START:
        return "its snapshot is not begun";
    case REPLICA_WAIT_BGSAVE_END:
        return "its snapshot is being made";
    case REPLICA_SEND_BULK:
        return "the RDB is being sent";
    default:
        return "its first ACK is awaited";
    }
}

/* A replica as its master sees it now; NULL if it is not connected. */
static const struct client *as_seen_by(const struct server *master, const struct server *replica) {
    const struct conn *conn = replica->master ? replica->master->conn : replica->link.conn;
    const struct client *c;
    if (!conn) return NULL;
    TAILQ_FOREACH(c, &master->replicas, replicas) {
        if (c->conn && c->conn->id == conn->id) return c;
    }
    return NULL;
}

bool model_link_is_up(const struct model *model, uint16_t party) {
    const struct server *s = model->nodes[party].server;
    uint16_t upstream = s ? model_upstream(model, s) : NO_PARTY;
    const struct server *above = upstream == NO_PARTY ? NULL : model->nodes[upstream].server;
    if (!above || s->link.state != LINK_CONNECTED) return false;
    const struct client *seen = as_seen_by(above, s);
    return seen && seen->replica.state == REPLICA_ONLINE;
}

static bool is_caught_up(const struct server *s, const struct server *above) {
    assert(s->master);
    if (s->master->read_offset != s->master->applied_offset) return false;
    /* After a bare SYNC offsets are not comparable (reference 3.5). */
    return s->master->flags & CLIENT_PRE_PSYNC || s->repl.offset == above->repl.offset;
}

/* Whether a replica waits for a snapshot whose child is stopped for good: nothing can change any more. */
static bool waits_for_nobody(const struct client *seen, uint16_t master, const struct rest_view *view) {
    if (!seen || !view->child_stalled || !view->child_stalled(view->ctx, master)) return false;
    enum replica_state state = seen->replica.state;
    return state == REPLICA_WAIT_BGSAVE_START || state == REPLICA_WAIT_BGSAVE_END;
}

static bool replica_is_settled(const struct model *model, uint16_t party, const struct rest_view *view,
                               struct buffer *why) {
    const struct model_node *node = &model->nodes[party];
    const struct server *s = node->server;
    uint16_t upstream = model_upstream(model, s);
    const struct model_node *above = &model->nodes[upstream];
    if (!above->server) return true; /* stranded: not asked */
    if (!model_link_is_up(model, party)) {
        const struct client *seen = as_seen_by(above->server, s);
        if (waits_for_nobody(seen, upstream, view)) return true;
        buffer_printf(why, "%s: link to %s is %s", node->name, above->name, link_waits_for(s->link.state));
        if (seen) buffer_printf(why, "; %s: %s", above->name, replica_waits_for(seen->replica.state));
        return false;
    }
    if (is_caught_up(s, above->server)) return true;
    buffer_printf(why, "%s: applied offset %" PRId64 ", %s is at %" PRId64, node->name, s->repl.offset, above->name,
                  above->server->repl.offset);
    return false;
}

/* --- what ends by itself --------------------------------------------------------------------------------------------
 */

static bool process_is_settled(const struct model_node *node, uint16_t party, const struct rest_view *view,
                               struct buffer *why) {
    const struct server *s = node->server;
    if (server_is_loading(s)) {
        buffer_printf(why, "%s: loading the dataset", node->name);
        return false;
    }
    if (save_running(s) && !(view->child_stalled && view->child_stalled(view->ctx, party))) {
        buffer_printf(why, "%s: a snapshot is being saved", node->name);
        return false;
    }
    bool rewriting = aof_rewrite_running(s) || s->aof.rewrite.scheduled;
    if (rewriting && !(view->child_stalled && view->child_stalled(view->ctx, party))) {
        buffer_printf(why, "%s: the append-only file is being rewritten", node->name);
        return false;
    }
    if (s->failover.state == FAILOVER_WAIT_FOR_SYNC) {
        buffer_printf(why, "%s: FAILOVER (waiting for %s to catch up%s)", node->name,
                      s->failover.host ? s->failover.host : "a replica",
                      s->failover.end_ms ? "" : "; no TIMEOUT was given");
        return false;
    }
    if (s->shutdown.asked || s->shutdown.waiting) {
        buffer_printf(why, "%s: shutting down%s", node->name, s->shutdown.waiting ? " (waiting for its replicas)" : "");
        return false;
    }
    return true;
}

bool model_settled(struct model *model, const struct rest_view *view, struct buffer *why) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        struct model_node *node = &model->nodes[i];
        const struct server *s = node->server;
        uint16_t upstream = s ? model_upstream(model, s) : NO_PARTY;
        node->cut_off = upstream != NO_PARTY && is_cut_off(view, i, upstream);
    }
    for (uint16_t i = 0; i < model->node_count; i++) {
        const struct model_node *node = &model->nodes[i];
        if (!node->server || is_down(view, i)) continue;
        bool awaited = node->server->link.host && !is_stranded(model, view, i);
        if (awaited && !replica_is_settled(model, i, view, why)) return false;
        if (!process_is_settled(node, i, view, why)) return false;
    }
    return true;
}
