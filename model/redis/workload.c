#include "model/redis/workload.h"

#include <assert.h>

#include "model/redis/workload_link.h"
#include "model/redis/workload_ops.h"
#include "model/redis/workload_plan.h"
#include "model/redis/workload_schedule.h"
#include "model/redis/zipf.h"

/* Operations that one turn begins at most: what is due beyond that waits for the next turn. */
#define WORKLOAD_BURST 65536u

/* A random stream for each thing that is drawn: changing one option leaves the other draws as they were. */
struct draws {
    struct chance op, key, value, member, db, node;
};

struct workload {
    struct pool *pool;
    const char *name;
    const char *const *node_names;
    uint16_t (*port)(void *ctx, uint16_t node);
    void *ctx;
    struct workload_plan plan;
    struct link_rules rules;

    struct draws draws;
    struct op_encoder *encoders; /* one for each operation with a weight */
    uint64_t *below;             /* their weights added up: encoders[i] is drawn below below[i] */
    size_t encoder_count;
    struct zipf zipf;

    struct host *host; /* NULL: not booted */
    struct host_timer timer;
    sim_time timer_at;
    struct client_link *links; /* one for each node that it talks to */
    size_t link_count;
    size_t *writers, *readers; /* indexes of links: by index in plan.nodes, plan.readers */

    struct schedule schedule;
    uint64_t commands; /* made */
    struct buffer scratch;
};

/* --- telling the trace ------------------------------------------------------------------------------------- */

static void note_call(struct workload *w, const struct client_link *link, const struct client_op *op,
                      struct bytes wire) {
    uint64_t ordinal;
    struct happening h = {.kind = TRACE_OP_CALL,
                          .peer = link->node,
                          .conn = client_link_foresee(link, op, &ordinal),
                          .len = (uint32_t)wire.len,
                          .a = (int64_t)op->number,
                          .c = (int64_t)ordinal,
                          .d = op->db,
                          .text = wire.at};
    host_note(w->host, &h);
}

static void op_over(struct workload *w, struct client_link *link, const struct client_op *op, enum op_fate fate,
                    struct bytes reply) {
    struct happening h = {.kind = TRACE_OP_REPLY,
                          .peer = link->node,
                          .conn = op->conn,
                          .len = (uint32_t)reply.len,
                          .a = (int64_t)op->number,
                          .b = fate,
                          .c = (int64_t)op->ordinal,
                          .d = op->db,
                          .text = reply.at};
    host_note(w->host, &h);
    schedule_op_over(&w->schedule, host_now(w->host));
}

/* --- making operations ------------------------------------------------------------------------------------- */

static uint64_t draw_key(struct workload *w) {
    switch (w->plan.skew) {
    case SKEW_SEQ:
        return w->commands % w->plan.keys;
    case SKEW_ZIPF:
        return zipf_rank(&w->zipf, chance_bits(&w->draws.key));
    case SKEW_UNIFORM:
        break;
    }
    return chance_below(&w->draws.key, w->plan.keys);
}

static const struct op_encoder *draw_op(struct workload *w) {
    if (w->encoder_count == 1) return &w->encoders[0];
    uint64_t at = chance_below(&w->draws.op, w->below[w->encoder_count - 1]);
    size_t i = 0;
    while (w->below[i] <= at) i++;
    return &w->encoders[i];
}

/* Appends a drawn command to the scratch buffer; true if it writes. */
static bool make_command(struct workload *w) {
    const struct op_encoder *e = draw_op(w);
    struct op_draw draw = {.keys = w->plan.keys, .key = draw_key(w)};
    if (e->uses_member) { /* each command has its draw, whether or not it needs it */
        w->draws.member.draws = w->commands;
        draw.member = (uint32_t)(chance_bits(&w->draws.member) >> 60);
    }
    const struct spread *value = &w->plan.value;
    draw.value_size = (size_t)(value->kind == SPREAD_CONSTANT ? value->a : chance_spread(&w->draws.value, value));
    draw.number = w->commands++;
    op_encode(e, &draw, &w->scratch);
    return e->kind->access != OP_READS;
}

/* Makes an operation's bytes; true if it writes. */
static bool make_wire(struct workload *w, struct client_op *op) {
    buffer_clear(&w->scratch);
    if (w->plan.multi == 0) {
        op->commands = 1;
        return make_command(w);
    }
    bool writes = false;
    buffer_puts(&w->scratch, "*1\r\n$5\r\nMULTI\r\n");
    for (uint32_t i = 0; i < w->plan.multi; i++) writes |= make_command(w);
    buffer_puts(&w->scratch, "*1\r\n$4\r\nEXEC\r\n");
    op->commands = w->plan.multi + 2;
    return writes;
}

static struct client_link *draw_link(struct workload *w, bool writes) {
    const size_t *links = writes ? w->writers : w->readers;
    size_t count = writes ? w->plan.node_count : w->plan.reader_count;
    return &w->links[links[count == 1 ? 0 : chance_below(&w->draws.node, count)]];
}

/* Begins one operation, due at `due`. */
static void begin_op(struct workload *w, sim_time due) {
    struct client_op op = {
        .number = w->schedule.ops - 1, .due = due, .deadline = due + w->plan.timeout, .db = w->plan.db_low};
    bool writes = make_wire(w, &op);
    if (w->plan.db_high > w->plan.db_low)
        op.db += (uint32_t)chance_below(&w->draws.db, w->plan.db_high - w->plan.db_low + 1);
    if (writes && w->plan.wait_replicas > 0) {
        op.waits = true;
        op.deadline += w->plan.wait_time;
    }
    struct client_link *link = draw_link(w, writes);
    struct bytes wire = buffer_bytes(&w->scratch);
    note_call(w, link, &op, wire);
    client_link_submit(link, &w->rules, &op, wire);
}

bool workload_done(const struct workload *w) {
    for (size_t i = 0; i < w->link_count; i++) {
        if (!client_link_is_empty(&w->links[i])) return false;
    }
    return schedule_next(&w->schedule, w->host ? host_now(w->host) : 0) == SIM_NEVER;
}

/* --- the event loop ---------------------------------------------------------------------------------------- */

/* Keeps the timer on time; one that comes too early does no harm and is cheaper than moving it each turn. */
static void arm(struct workload *w) {
    sim_time next = schedule_next(&w->schedule, host_now(w->host));
    for (size_t i = 0; i < w->link_count; i++) {
        sim_time at = client_link_next(&w->links[i]);
        if (at < next) next = at;
    }
    if (next == SIM_NEVER || (w->timer.armed && w->timer_at <= next)) return;
    w->timer_at = next;
    host_timer_at(w->host, &w->timer, next);
}

static void pump(void *node) {
    struct workload *w = node;
    sim_time now = host_now(w->host), due;
    for (uint32_t begun = 0; begun < WORKLOAD_BURST && schedule_take(&w->schedule, now, &due); begun++)
        begin_op(w, due);
    bool wanted = w->schedule.begun && schedule_next(&w->schedule, now) != SIM_NEVER;
    for (size_t i = 0; i < w->link_count; i++) client_link_pump(&w->links[i], &w->rules, w->host, wanted);
    arm(w);
}

static void timer_fired(void *node, struct host_timer *timer) {
    (void)node;
    (void)timer; /* the turn's end does the work */
}

static void connected(void *node, struct conn *conn) {
    client_link_connected(conn->user, &((struct workload *)node)->rules);
}

static void readable(void *node, struct conn *conn) {
    client_link_readable(conn->user, &((struct workload *)node)->rules);
}

static void writable(void *node, struct conn *conn) {
    (void)node;
    (void)conn; /* the turn's end writes */
}

static void closed(void *node, struct conn *conn, enum conn_end why) {
    (void)why; /* a library tells its caller no more than that it is closed */
    struct workload *w = node;
    client_link_closed(conn->user, &w->rules, w->host);
}

static const struct node_ops workload_node_ops = {
    .connected = connected, .readable = readable, .writable = writable, .closed = closed, .before_sleep = pump};

/* --- making a client --------------------------------------------------------------------------------------- */

static const char *node_name(struct workload *w, uint16_t node) {
    return w->node_names[node];
}
static uint16_t node_port(struct workload *w, uint16_t node) {
    return w->port(w->ctx, node);
}

static void make_draws(struct draws *d, uint64_t seed, const char *name, uint64_t nth) {
    d->op = chance_named(seed, "client", name, "op", nth);
    d->key = chance_named(seed, "client", name, "key", nth);
    d->value = chance_named(seed, "client", name, "value", nth);
    d->member = chance_named(seed, "client", name, "member", nth);
    d->db = chance_named(seed, "client", name, "db", nth);
    d->node = chance_named(seed, "client", name, "node", nth);
}

static void make_encoders(struct workload *w) {
    size_t count = 0;
    for (size_t i = 0; workload_op_names[i]; i++) count += w->plan.weights[i] > 0;
    w->encoders = POOL_ARRAY(w->pool, struct op_encoder, count);
    w->below = POOL_ARRAY(w->pool, uint64_t, count);
    uint64_t total = 0;
    for (size_t i = 0; workload_op_names[i]; i++) {
        if (w->plan.weights[i] == 0) continue;
        op_encoder_init(&w->encoders[w->encoder_count], w->pool, w->name, w->plan.weights, i);
        w->below[w->encoder_count++] = total += w->plan.weights[i];
    }
    assert(w->encoder_count > 0);
}

/* The index of the link to a node, made if there is none. */
static size_t link_to(struct workload *w, uint16_t node) {
    for (size_t i = 0; i < w->link_count; i++) {
        if (w->links[i].node == node) return i;
    }
    client_link_init(&w->links[w->link_count], w, w->pool, node);
    return w->link_count++;
}

static void make_links(struct workload *w) {
    const struct workload_plan *plan = &w->plan;
    w->links = POOL_ARRAY(w->pool, struct client_link, plan->node_count + plan->reader_count);
    w->writers = POOL_ARRAY(w->pool, size_t, plan->node_count);
    w->readers = POOL_ARRAY(w->pool, size_t, plan->reader_count);
    for (size_t i = 0; i < plan->node_count; i++) w->writers[i] = link_to(w, plan->nodes[i]);
    for (size_t i = 0; i < plan->reader_count; i++) w->readers[i] = link_to(w, plan->readers[i]);
}

struct workload *workload_create(const struct workload_setup *setup) {
    struct workload *w = POOL_NEW(setup->pool, struct workload);
    const struct model_client_setup *client = setup->client;
    w->pool = setup->pool;
    w->name = client->name;
    w->node_names = setup->node_names;
    w->port = setup->port;
    w->ctx = setup->ctx;
    workload_plan_read(&w->plan, w->pool, client);
    struct chance arrival = chance_named(setup->seed, "client", w->name, "arrival", client->stream_nth);
    schedule_init(&w->schedule, w->pool, &w->plan, arrival);
    w->rules = (struct link_rules){.pool = w->pool,
                                   .timeout = w->plan.timeout,
                                   .wait_for_link = w->plan.closed_loop || w->plan.retry,
                                   .retry = w->plan.retry,
                                   .wait_replicas = w->plan.wait_replicas,
                                   .wait_ms = w->plan.wait_time / SIM_MS,
                                   .name = node_name,
                                   .port = node_port,
                                   .over = op_over};
    make_draws(&w->draws, setup->seed, w->name, client->stream_nth);
    make_encoders(w);
    make_links(w);
    if (w->plan.skew == SKEW_ZIPF) zipf_init(&w->zipf, w->pool, w->plan.keys, w->plan.skew_ppm);
    buffer_init(&w->scratch, w->pool);
    return w;
}

void workload_boot(struct workload *w, struct host *host) {
    w->host = host;
    host->node = w;
    host->node_ops = &workload_node_ops;
    w->timer.fire = timer_fired;
    w->timer_at = host_now(host);
    host_timer_at(host, &w->timer, w->timer_at);
}

/* Outside the client's turns: the turn that the timer brings does the rest. */
static void wake(struct workload *w) {
    if (!w->host) return;
    w->timer_at = 0;
    host_timer_at(w->host, &w->timer, 0);
}

void workload_start(struct workload *w) {
    schedule_start(&w->schedule);
    wake(w);
}

void workload_stop(struct workload *w) {
    schedule_stop(&w->schedule);
    wake(w);
}
