#include "model/redis/workload_link.h"

#include <assert.h>
#include <string.h>

#include "model/redis/resp.h"

/* --- the queue --------------------------------------------------------------------------------------------- */

static struct client_op *ops_at(const struct op_queue *q, size_t i) {
    return &q->op[(q->head + i) & (q->room - 1)];
}

static void ops_push(struct op_queue *q, struct pool *pool, const struct client_op *op) {
    if (q->count == q->room) {
        size_t room = q->room ? 2 * q->room : 8;
        struct client_op *bigger = pool_alloc(pool, room * sizeof *bigger);
        for (size_t i = 0; i < q->count; i++) bigger[i] = *ops_at(q, i);
        pool_free(pool, q->op, q->room * sizeof *q->op);
        *q = (struct op_queue){bigger, 0, q->count, room};
    }
    q->op[(q->head + q->count++) & (q->room - 1)] = *op;
}

static struct client_op ops_pop(struct op_queue *q) {
    assert(q->count > 0);
    struct client_op op = q->op[q->head];
    q->head = (q->head + 1) & (q->room - 1);
    q->count--;
    return op;
}

/* --- sending ----------------------------------------------------------------------------------------------- */

void client_link_init(struct client_link *link, struct workload *w, struct pool *pool, uint16_t node) {
    *link = (struct client_link){.workload = w, .node = node};
    buffer_init(&link->out, pool);
    buffer_init(&link->in, pool);
}

static void finish(struct client_link *link, const struct link_rules *rules, struct client_op *op, enum op_fate fate,
                   struct bytes reply) {
    rules->over(link->workload, link, op, fate, reply);
    if (op->wire.at) pool_free(rules->pool, (void *)(uintptr_t)op->wire.at, op->wire.len);
}

static void give_up(struct client_link *link, const struct link_rules *rules, struct client_op *op, enum op_fate fate) {
    finish(link, rules, op, fate, (struct bytes){"", 0});
}

static void put_number_command(struct buffer *out, const char *name, int64_t a, int64_t b, bool two) {
    char first[21], second[21];
    struct bytes words[] = {
        resp_text(name), {first, resp_format_number(a, first)}, {second, resp_format_number(b, second)}};
    resp_put_request(out, words, two ? 3 : 2);
}

static void keep_wire(const struct link_rules *rules, struct client_op *op, struct bytes wire) {
    if (op->wire.at) return;
    char *copy = pool_alloc(rules->pool, wire.len);
    memcpy(copy, wire.at, wire.len);
    op->wire = (struct bytes){copy, wire.len};
}

uint32_t client_link_foresee(const struct client_link *link, const struct client_op *op, uint64_t *ordinal) {
    bool up = link->state == CLIENT_LINK_UP;
    *ordinal = up ? link->commands + (op->db != link->db ? 1 : 0) + op->commands : 0;
    return up ? link->conn->id : 0;
}

/* Puts an operation on the wire of a link that is up. */
static void send_op(struct client_link *link, const struct link_rules *rules, struct client_op *op, struct bytes wire) {
    assert(link->state == CLIENT_LINK_UP);
    op->conn = client_link_foresee(link, op, &op->ordinal);
    op->selects = op->db != link->db;
    op->before = (op->selects ? 1 : 0) + op->commands - 1;
    if (op->selects) put_number_command(&link->out, "SELECT", op->db, 0, false);
    buffer_put(&link->out, wire.at, wire.len);
    link->db = op->db;
    link->commands = op->ordinal;
    op->sent = true;
    if (op->waits) {
        put_number_command(&link->out, "WAIT", rules->wait_replicas, rules->wait_ms, true);
        link->commands++;
    }
    if (rules->retry) keep_wire(rules, op, wire);
    ops_push(&link->flying, rules->pool, op);
}

void client_link_submit(struct client_link *link, const struct link_rules *rules, struct client_op *op,
                        struct bytes wire) {
    if (link->state == CLIENT_LINK_UP) {
        send_op(link, rules, op, wire);
    } else if (link->state == CLIENT_LINK_PAUSING && !rules->wait_for_link) {
        give_up(link, rules, op, OP_CLOSED);
    } else {
        keep_wire(rules, op, wire);
        ops_push(&link->queued, rules->pool, op);
    }
}

static void send_queued(struct client_link *link, const struct link_rules *rules) {
    while (link->queued.count > 0) {
        struct client_op op = ops_pop(&link->queued);
        struct bytes wire = op.wire;
        send_op(link, rules, &op, wire);
        if (rules->retry) continue;
        struct client_op *flying = ops_at(&link->flying, link->flying.count - 1);
        pool_free(rules->pool, (void *)(uintptr_t)wire.at, wire.len);
        flying->wire = (struct bytes){NULL, 0};
    }
}

static void flush(struct client_link *link) {
    if (link->out.len == 0) return;
    size_t taken = host_write(link->conn, link->out.at, link->out.len);
    buffer_drop(&link->out, taken);
}

/* --- losing the connection --------------------------------------------------------------------------------- */

/* Operations that were sent and got no reply: failed, or first in the queue again. */
static void strand(struct client_link *link, const struct link_rules *rules) {
    struct op_queue again = {NULL, 0, 0, 0};
    while (link->flying.count > 0) {
        struct client_op op = ops_pop(&link->flying);
        if (!rules->retry) {
            give_up(link, rules, &op, OP_CLOSED);
            continue;
        }
        op.conn = 0;
        op.ordinal = 0;
        ops_push(&again, rules->pool, &op);
    }
    while (again.room && link->queued.count > 0) {
        struct client_op op = ops_pop(&link->queued);
        ops_push(&again, rules->pool, &op);
    }
    if (!again.room) return;
    pool_free(rules->pool, link->queued.op, link->queued.room * sizeof *link->queued.op);
    link->queued = again;
}

static void fail_queued(struct client_link *link, const struct link_rules *rules) {
    while (link->queued.count > 0) {
        struct client_op op = ops_pop(&link->queued);
        give_up(link, rules, &op, OP_CLOSED);
    }
}

/* There is no connection any more: forgets it, and decides when to make the next. */
static void lose(struct client_link *link, const struct link_rules *rules, sim_time now) {
    bool at_once = link->state == CLIENT_LINK_UP && link->pause == 0;
    strand(link, rules);
    link->conn = NULL;
    link->commands = 0;
    link->db = 0;
    buffer_clear(&link->out);
    buffer_clear(&link->in);
    link->pause = link->pause ? 2 * link->pause : LINK_PAUSE_MIN;
    if (link->pause > LINK_PAUSE_MAX) link->pause = LINK_PAUSE_MAX;
    link->wait_until = now + link->pause;
    link->state = at_once ? CLIENT_LINK_IDLE : CLIENT_LINK_PAUSING;
    if (!at_once && !rules->wait_for_link) fail_queued(link, rules);
}

void client_link_closed(struct client_link *link, const struct link_rules *rules, struct host *host) {
    lose(link, rules, host_now(host));
}

/* The oldest operation has waited too long: the connection is given up with all that was sent on it. */
static void time_out(struct client_link *link, const struct link_rules *rules, sim_time now) {
    while (link->flying.count > 0 && ops_at(&link->flying, 0)->deadline <= now) {
        struct client_op op = ops_pop(&link->flying);
        give_up(link, rules, &op, OP_TIMEOUT);
    }
    host_close(link->conn);
    lose(link, rules, now);
}

static void expire(struct client_link *link, const struct link_rules *rules, sim_time now) {
    if (link->flying.count > 0 && ops_at(&link->flying, 0)->deadline <= now) time_out(link, rules, now);
    if (link->state == CLIENT_LINK_CONNECTING && link->wait_until <= now) {
        host_close(link->conn);
        lose(link, rules, now);
    }
    while (link->queued.count > 0 && ops_at(&link->queued, 0)->deadline <= now) {
        struct client_op op = ops_pop(&link->queued);
        give_up(link, rules, &op, op.sent ? OP_TIMEOUT : OP_CLOSED);
    }
}

/* --- going on ---------------------------------------------------------------------------------------------- */

static void connect_link(struct client_link *link, const struct link_rules *rules, struct host *host) {
    uint16_t port = rules->port(link->workload, link->node);
    link->conn = host_connect(host, rules->name(link->workload, link->node), port);
    link->conn->user = link;
    link->wait_until = host_now(host) + rules->timeout;
    link->state = CLIENT_LINK_CONNECTING;
}

void client_link_pump(struct client_link *link, const struct link_rules *rules, struct host *host, bool wanted) {
    sim_time now = host_now(host);
    expire(link, rules, now);
    if (link->state == CLIENT_LINK_PAUSING && link->wait_until <= now) link->state = CLIENT_LINK_IDLE;
    if (link->state == CLIENT_LINK_IDLE && (wanted || link->queued.count > 0)) connect_link(link, rules, host);
    if (link->state == CLIENT_LINK_UP) flush(link);
}

sim_time client_link_next(const struct client_link *link) {
    sim_time next = SIM_NEVER;
    if (link->flying.count > 0) next = ops_at(&link->flying, 0)->deadline;
    if (link->queued.count > 0 && ops_at(&link->queued, 0)->deadline < next) next = ops_at(&link->queued, 0)->deadline;
    bool waits = link->state == CLIENT_LINK_PAUSING || link->state == CLIENT_LINK_CONNECTING;
    if (waits && link->wait_until < next) next = link->wait_until;
    return next;
}

void client_link_connected(struct client_link *link, const struct link_rules *rules) {
    link->state = CLIENT_LINK_UP;
    send_queued(link, rules);
}

/* --- replies ----------------------------------------------------------------------------------------------- */

/* Length of the reply at the front; 0 if it is not complete, -1 if it is none. */
static int64_t reply_length(struct bytes in) {
    if (in.len == 0) return 0;
    if (in.at[0] == '*' || in.at[0] == '$') return resp_reply_length(in);
    const char *end = memchr(in.at, '\n', in.len);
    if (!end) return in.len > RESP_INLINE_MAX ? -1 : 0;
    bool known = in.at[0] == '+' || in.at[0] == '-' || in.at[0] == ':';
    return known && end > in.at && end[-1] == '\r' ? end - in.at + 1 : -1;
}

/* The replies of one operation at the front of `in`: where the one that decides begins and ends, and WAIT's. */
struct op_replies {
    size_t decides, decided, end;
    bool select_failed;
};

/* 1: all are there, 0: not yet, -1: the server broke the protocol. */
static int find_replies(const struct client_op *op, struct bytes in, struct op_replies *r) {
    size_t at = 0, replies = op->before + 1 + (op->waits ? 1 : 0);
    *r = (struct op_replies){0};
    for (size_t i = 0; i < replies; i++) {
        int64_t length = reply_length((struct bytes){in.at + at, in.len - at});
        if (length <= 0) return (int)length;
        if (i == 0 && op->selects) r->select_failed = in.at[0] == '-';
        if (i == op->before) r->decides = at;
        at += (size_t)length;
        if (i == op->before) r->decided = at;
    }
    r->end = at;
    return 1;
}

static enum op_fate fate_of(const struct client_op *op, const struct link_rules *rules, const char *in,
                            const struct op_replies *r) {
    if (in[r->decides] == '-') return OP_ERROR;
    if (!op->waits) return OP_OK;
    struct bytes wait = {in + r->decided + 1, r->end - r->decided - 3};
    int64_t replicas;
    bool enough = in[r->decided] == ':' && resp_parse_number(wait, &replicas) && replicas >= rules->wait_replicas;
    return enough ? OP_OK : OP_TIMEOUT;
}

/* Takes the complete replies at the front; how many bytes, or -1. */
static int64_t take_replies(struct client_link *link, const struct link_rules *rules, struct bytes in) {
    size_t used = 0;
    while (link->flying.count > 0 && used < in.len) {
        struct op_replies r;
        struct bytes rest = {in.at + used, in.len - used};
        int found = find_replies(ops_at(&link->flying, 0), rest, &r);
        if (found < 0) return -1;
        if (found == 0) break;
        struct client_op op = ops_pop(&link->flying);
        if (r.select_failed) link->db = UINT32_MAX;
        struct bytes reply = {rest.at + r.decides, r.end - r.decides};
        finish(link, rules, &op, fate_of(&op, rules, rest.at, &r), reply);
        used += r.end;
    }
    return link->flying.count == 0 && used < in.len ? -1 : (int64_t)used;
}

void client_link_readable(struct client_link *link, const struct link_rules *rules) {
    for (;;) {
        struct bytes piece = host_peek(link->conn);
        if (piece.len == 0) break;
        struct bytes in = piece;
        if (link->in.len > 0) {
            buffer_put(&link->in, piece.at, piece.len);
            in = buffer_bytes(&link->in);
        }
        int64_t used = take_replies(link, rules, in);
        if (used < 0) { /* it answers what nobody asked, or no RESP: the connection is no use */
            sim_time now = host_now(link->conn->host);
            host_reset(link->conn);
            lose(link, rules, now);
            return;
        }
        if (link->in.len > 0)
            buffer_drop(&link->in, (size_t)used);
        else
            buffer_put(&link->in, piece.at + used, piece.len - (size_t)used);
        host_consume(link->conn, piece.len);
    }
    link->pause = 0;
}
