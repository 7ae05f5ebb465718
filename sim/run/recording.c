/* What the recorders of a run are told. */
#include "sim/run/recording.h"

#include <assert.h>

#include "sim/run/reply.h"

/* An operation whose fate is not known yet. */
struct open_op {
    struct op_record record;
    size_t wire_len;
    struct open_op *next;
};

struct recording {
    struct run_identity identity;
    bool wants_samples;
    bool stopped;
    sim_time sample_step;
    sim_time next_sample;
    int64_t *sample_values;
    struct open_op **open; /* by party: in order of calls */
    struct open_op ***tail;
    struct buffer text;
};

enum { SAMPLES_PER_TIMELINE = 400 };

static void name_parties(struct run *run, struct run_identity *identity) {
    const char **names = POOL_ARRAY(run->pool, const char *, run->console_party + 1);
    for (uint16_t i = 0; i <= run->console_party; i++) names[i] = world_host(run->world, i)->name;
    identity->party_names = names;
    identity->party_count = (size_t)run->console_party + 1;
    identity->node_count = run->node_count;
}

static void identify(struct run *run, struct run_identity *identity) {
    *identity = (struct run_identity){.scenario_file = run->plan->file,
                                      .scenario_text = run->plan->source.at,
                                      .scenario_len = run->plan->source.len,
                                      .title = run->plan->title ? run->plan->title : "",
                                      .seed = run->seed,
                                      .number = run->setup->number,
                                      .system = run->system,
                                      .model = run->model};
    name_parties(run, identity);
}

/* --- operations -------------------------------------------------------------------------------------- */

static void tell_op(struct run *run, const struct op_record *record) {
    for (size_t i = 0; i < run->setup->recorder_count; i++) {
        const struct recorder *r = run->setup->recorders[i];
        if (r->ops->op) r->ops->op(r->ctx, record);
    }
}

static struct open_op **find_op(struct recording *recording, uint16_t party, uint64_t number) {
    struct open_op **link = &recording->open[party];
    while (*link && (*link)->record.number != number) link = &(*link)->next;
    return link;
}

/* A call made again after a lost connection is the same operation. */
static void hear_call(struct run *run, const struct happening *h) {
    struct recording *recording = run->recording;
    if (*find_op(recording, h->node, (uint64_t)h->a)) return;
    struct open_op *op = POOL_NEW(run->pool, struct open_op);
    op->record = (struct op_record){.number = (uint64_t)h->a,
                                    .client = h->node,
                                    .node = h->peer,
                                    .invoke = h->at,
                                    .done = -1,
                                    .fate = OP_PENDING,
                                    .wire = {pool_strndup(run->pool, h->text ? h->text : "", h->len), h->len}};
    op->wire_len = h->len;
    *recording->tail[h->node] = op;
    recording->tail[h->node] = &op->next;
}

static void close_op(struct run *run, struct open_op **link, uint16_t party) {
    struct open_op *op = *link;
    *link = op->next;
    if (!op->next) run->recording->tail[party] = link;
    pool_free(run->pool, (char *)(uintptr_t)op->record.wire.at, op->wire_len + 1);
    pool_free(run->pool, op, sizeof *op);
}

static void hear_fate(struct run *run, const struct happening *h) {
    struct recording *recording = run->recording;
    struct open_op **link = find_op(recording, h->node, (uint64_t)h->a);
    struct op_record record = {.number = (uint64_t)h->a, .client = h->node, .node = h->peer, .invoke = h->at};
    if (*link) record = (*link)->record;
    record.done = h->at;
    record.fate = (enum op_fate)h->b;
    buffer_clear(&recording->text);
    struct reply reply = {.kind = REPLY_NIL};
    struct bytes wire = {h->text, h->len};
    if (h->len > 0 && reply_read(run->system, run->model, run->pool, wire, &reply) > 0) {
        reply_describe(&reply, &recording->text);
    }
    record.reply = (struct bytes){recording->text.at ? recording->text.at : "", recording->text.len};
    tell_op(run, &record);
    if (*link) close_op(run, link, h->node);
}

static void hear_op(void *ctx, const struct happening *h) {
    struct run *run = ctx;
    if (run->recording->stopped) return;
    if (h->kind == TRACE_OP_CALL) {
        hear_call(run, h);
    } else {
        hear_fate(run, h);
    }
}

/* --- happenings -------------------------------------------------------------------------------------- */

static void hear_happening(void *ctx, const struct happening *h) {
    struct run *run = ctx;
    if (run->recording->stopped) return;
    for (size_t i = 0; i < run->setup->recorder_count; i++) {
        const struct recorder *r = run->setup->recorders[i];
        if (r->ops->happening) r->ops->happening(r->ctx, h);
    }
}

static void hear_fault(void *ctx, const struct happening *h) {
    struct run *run = ctx;
    if (run->recording->stopped) return;
    for (size_t i = 0; i < run->setup->recorder_count; i++) {
        const struct recorder *r = run->setup->recorders[i];
        if (r->ops->fault) r->ops->fault(r->ctx, h);
    }
}

/* Listens for no more than somebody wants: hearing every happening costs time. */
static void listen(struct run *run) {
    bool happenings = false, ops = false, faults = false;
    for (size_t i = 0; i < run->setup->recorder_count; i++) {
        const struct recorder_ops *r = run->setup->recorders[i]->ops;
        happenings |= r->happening != NULL;
        ops |= r->op != NULL;
        faults |= r->fault != NULL;
        run->recording->wants_samples |= r->sample != NULL;
    }
    if (happenings) trace_listen(run->trace, 0, TRACE_KINDS - 1, hear_happening, run);
    if (ops) trace_listen(run->trace, TRACE_OP_CALL, TRACE_OP_REPLY, hear_op, run);
    if (faults) trace_listen(run->trace, TRACE_FAULT, TRACE_FAULT, hear_fault, run);
}

/* --- samples ------------------------------------------------------------------------------------------ */

static size_t sample_width(const struct system *system) {
    size_t n = 0;
    while (system->sample_names && system->sample_names[n]) n++;
    return n;
}

static void prepare_samples(struct run *run) {
    struct recording *recording = run->recording;
    sim_time step = run->horizon / SAMPLES_PER_TIMELINE;
    recording->sample_step = step > 10 * SIM_MS ? step : 10 * SIM_MS;
    recording->sample_values = POOL_ARRAY(run->pool, int64_t, sample_width(run->system));
}

sim_time recording_next_sample(const struct run *run) {
    const struct recording *recording = run->recording;
    return recording->wants_samples && !recording->stopped ? recording->next_sample : SIM_NEVER;
}

void recording_sample(struct run *run, sim_time now) {
    struct recording *recording = run->recording;
    recording->next_sample = now + recording->sample_step;
    for (uint16_t node = 0; node < run->node_count; node++) {
        if (!run->system->sample(run->model, node, recording->sample_values)) continue;
        struct sample_record record = {now, node, recording->sample_values};
        for (size_t i = 0; i < run->setup->recorder_count; i++) {
            const struct recorder *r = run->setup->recorders[i];
            if (r->ops->sample) r->ops->sample(r->ctx, &record);
        }
    }
}

/* --- the whole ------------------------------------------------------------------------------------------ */

struct recording *recording_create(struct run *run) {
    struct recording *recording = POOL_NEW(run->pool, struct recording);
    size_t parties = (size_t)run->console_party + 1;
    recording->open = POOL_ARRAY(run->pool, struct open_op *, parties);
    recording->tail = POOL_ARRAY(run->pool, struct open_op **, parties);
    for (size_t i = 0; i < parties; i++) recording->tail[i] = &recording->open[i];
    buffer_init(&recording->text, run->pool);
    return recording;
}

void recording_begin(struct run *run) {
    identify(run, &run->recording->identity);
    prepare_samples(run);
    listen(run);
    for (size_t i = 0; i < run->setup->recorder_count; i++) {
        const struct recorder *r = run->setup->recorders[i];
        if (r->ops->begin) r->ops->begin(r->ctx, &run->recording->identity);
    }
}

const struct run_identity *recording_identity(const struct run *run) {
    return &run->recording->identity;
}

void recording_stop(struct run *run) {
    struct recording *recording = run->recording;
    sim_time now = world_now(run->world);
    assert(!recording->stopped);
    if (recording->wants_samples && recording->next_sample != now + recording->sample_step) recording_sample(run, now);
    for (size_t party = 0; party <= run->console_party; party++) {
        for (const struct open_op *op = recording->open[party]; op; op = op->next) tell_op(run, &op->record);
    }
    recording->stopped = true;
}
