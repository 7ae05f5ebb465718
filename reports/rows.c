/* Events, operations, samples and faults on their way to their tables. */
#include "reports/rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/happening.h"

struct event_row {
    int64_t t;
    uint64_t seq;
    uint16_t kind, from, to, unused;
    uint32_t detail, unused2;
};

struct op_row {
    uint64_t ord, number;
    sim_time invoke, done;
    uint16_t client, node;
    uint32_t fate;
    uint32_t command, key, reply;
    uint32_t has_key;
};

struct sample_row {
    sim_time t;
    int64_t value;
    const char *metric; /* the system's: static */
    uint64_t node;
};

struct fault_row {
    sim_time begin, end; /* end -1: not undone so far */
    int64_t kind;
    uint16_t node, peer;
    uint32_t action;
    uint64_t ord;
};

bool rows_open(struct rows *rows, sqlite3 *db) {
    *rows = (struct rows){.pool = pool_create()};
    buffer_init(&rows->words, rows->pool);
    return batch_prepare(&rows->event_batch, db, "INSERT INTO event (run, seq, t, kind, \"from\", \"to\", detail)") &&
           batch_prepare(
               &rows->op_batch, db,
               "INSERT INTO op (run, ord, client, number, node, invoke, \"return\", command, \"key\", reply, fate)") &&
           /* The sample at rest may fall on the instant of a periodic one: the later says how it ended. */
           batch_prepare(&rows->sample_batch, db, "INSERT OR REPLACE INTO sample (run, t, node, metric, value)") &&
           batch_prepare(&rows->fault_batch, db, "INSERT INTO fault (run, ord, begin_ns, end_ns, node, peer, action)");
}

void rows_free(struct rows *rows) {
    batch_finalize(&rows->event_batch);
    batch_finalize(&rows->op_batch);
    batch_finalize(&rows->sample_batch);
    batch_finalize(&rows->fault_batch);
    spool_free(&rows->events);
    spool_free(&rows->ops);
    spool_free(&rows->samples);
    spool_free(&rows->faults);
    spool_free(&rows->names);
    free(rows->party);
    if (rows->pool) pool_destroy(rows->pool);
    *rows = (struct rows){0};
}

/* The identity's strings live during the call only: keep the names. */
static void keep_names(struct rows *rows, const struct run_identity *identity) {
    spool_clear(&rows->names);
    rows->party_count = 0;
    if (identity->party_count > rows->party_room) {
        struct bytes *party = realloc(rows->party, identity->party_count * sizeof *party);

        if (!party) {
            rows->names.failed = true;
            return;
        }
        rows->party = party;
        rows->party_room = identity->party_count;
    }
    for (size_t i = 0; i < identity->party_count; i++) {
        const char *name = identity->party_names[i];

        rows->party[i].len = spool_text(&rows->names, (struct bytes){name, strlen(name)});
    }
    for (size_t i = 0, at = 0; i < identity->party_count && !rows->names.failed; at += rows->party[i++].len)
        rows->party[i].at = rows->names.at + at;
    rows->party_count = identity->party_count;
}

void rows_begin(struct rows *rows, const struct run_identity *identity) {
    spool_clear(&rows->events);
    spool_clear(&rows->ops);
    spool_clear(&rows->samples);
    spool_clear(&rows->faults);
    keep_names(rows, identity);
    rows->op_count = 0;
    rows->system = identity->system;
    rows->model = identity->model;
}

void rows_add_event(struct rows *rows, const struct happening *h) {
    struct event_row row = {
        .t = h->at, .seq = h->seq, .kind = h->kind, .from = happening_from(h), .to = happening_to(h)};
    size_t at = spool_begin(&rows->events, &row, sizeof row);
    struct event_row *kept;
    uint32_t len;

    buffer_clear(&rows->words);
    happening_describe(rows->system, rows->model, h, &rows->words);
    len = spool_text(&rows->events, buffer_bytes(&rows->words));
    kept = spool_at(&rows->events, at);
    if (kept) kept->detail = len;
    spool_end(&rows->events);
}

/* The latest open row of the same fault, NULL if there is none. */
static struct fault_row *find_open(struct rows *rows, const struct happening *h) {
    struct fault_row *found = NULL;
    char *end = rows->faults.at + rows->faults.len;

    for (char *at = rows->faults.at; at < end;) {
        struct fault_row *row = (void *)at;
        const char *action = at + sizeof *row;

        if (row->end < 0 && row->kind == h->a && row->node == h->node && row->peer == h->peer &&
            row->action == h->len && memcmp(action, h->text, h->len) == 0)
            found = row;
        at += spool_row_size(sizeof *row + row->action);
    }
    return found;
}

void rows_add_fault(struct rows *rows, const struct happening *h) {
    struct fault_row row = {
        .begin = h->at, .end = -1, .kind = h->a, .node = h->node, .peer = h->peer, .ord = rows->faults.rows};
    struct fault_row *kept;
    size_t at;
    uint32_t len;

    assert(h->kind == TRACE_FAULT);
    if (!h->b) {
        kept = find_open(rows, h);
        if (kept) kept->end = h->at;
        return;
    }
    at = spool_begin(&rows->faults, &row, sizeof row);
    len = spool_text(&rows->faults, (struct bytes){h->text, h->len});
    kept = spool_at(&rows->faults, at);
    if (kept) kept->action = len;
    spool_end(&rows->faults);
}

void rows_add_op(struct rows *rows, const struct op_record *op) {
    struct bytes key = rows->system->op_key(op->wire);
    struct op_row row = {.ord = rows->op_count++,
                         .number = op->number,
                         .invoke = op->invoke,
                         .done = op->done,
                         .client = op->client,
                         .node = op->node,
                         .fate = op->fate,
                         .has_key = key.len > 0};
    size_t at = spool_begin(&rows->ops, &row, sizeof row);
    struct op_row *kept;

    buffer_clear(&rows->words);
    rows->system->op_text(op->wire, &rows->words);
    row.command = spool_text(&rows->ops, buffer_bytes(&rows->words));
    row.key = spool_text(&rows->ops, key);
    row.reply = spool_text(&rows->ops, op->reply);
    kept = spool_at(&rows->ops, at);
    if (kept) *kept = row;
    spool_end(&rows->ops);
}

void rows_add_sample(struct rows *rows, const struct sample_record *sample) {
    const char *const *names = rows->system->sample_names;

    for (size_t i = 0; names[i]; i++) {
        struct sample_row row = {sample->at, sample->values[i], names[i], sample->node};

        spool_begin(&rows->samples, &row, sizeof row);
        spool_end(&rows->samples);
    }
}

size_t rows_held(const struct rows *rows) {
    return rows->events.len + rows->ops.len + rows->samples.len + rows->faults.len;
}

bool rows_incomplete(const struct rows *rows) {
    return rows->events.failed || rows->ops.failed || rows->samples.failed || rows->faults.failed || rows->names.failed;
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *statement, int i, const char *text, size_t len) {
    sqlite3_bind_text(statement, i, text, (int)len, SQLITE_STATIC);
}

static void bind_party(sqlite3_stmt *statement, int i, const struct rows *rows, uint64_t party) {
    if (party < rows->party_count)
        bind_text(statement, i, rows->party[party].at, rows->party[party].len);
    else
        sqlite3_bind_null(statement, i);
}

/* NULL stands for an instant that never came (-1). */
static void bind_instant(sqlite3_stmt *statement, int i, sim_time at) {
    if (at < 0)
        sqlite3_bind_null(statement, i);
    else
        sqlite3_bind_int64(statement, i, at);
}

static size_t bind_event(sqlite3_stmt *statement, int i, const void *at, const void *ctx) {
    const struct rows *rows = ctx;
    const struct event_row *row = at;
    const char *kind = happening_kind_name(rows->system, row->kind);

    sqlite3_bind_int64(statement, i, (int64_t)row->seq);
    sqlite3_bind_int64(statement, i + 1, row->t);
    bind_text(statement, i + 2, kind, strlen(kind));
    bind_party(statement, i + 3, rows, row->from);
    bind_party(statement, i + 4, rows, row->to);
    if (row->detail)
        bind_text(statement, i + 5, (const char *)(row + 1), row->detail);
    else
        sqlite3_bind_null(statement, i + 5);
    return spool_row_size(sizeof *row + row->detail);
}

static size_t bind_op(sqlite3_stmt *statement, int i, const void *at, const void *ctx) {
    const struct rows *rows = ctx;
    const struct op_row *row = at;
    const char *texts = (const char *)(row + 1);
    const char *fate = op_fate_name((enum op_fate)row->fate);

    sqlite3_bind_int64(statement, i, (int64_t)row->ord);
    bind_party(statement, i + 1, rows, row->client);
    sqlite3_bind_int64(statement, i + 2, (int64_t)row->number);
    bind_party(statement, i + 3, rows, row->node);
    sqlite3_bind_int64(statement, i + 4, row->invoke);
    bind_instant(statement, i + 5, row->done);
    bind_text(statement, i + 6, texts, row->command);
    if (row->has_key)
        bind_text(statement, i + 7, texts + row->command, row->key);
    else
        sqlite3_bind_null(statement, i + 7);
    if (row->done >= 0)
        bind_text(statement, i + 8, texts + row->command + row->key, row->reply);
    else
        sqlite3_bind_null(statement, i + 8);
    bind_text(statement, i + 9, fate, strlen(fate));
    return spool_row_size(sizeof *row + row->command + row->key + row->reply);
}

static size_t bind_sample(sqlite3_stmt *statement, int i, const void *at, const void *ctx) {
    const struct rows *rows = ctx;
    const struct sample_row *row = at;

    sqlite3_bind_int64(statement, i, row->t);
    bind_party(statement, i + 1, rows, row->node);
    bind_text(statement, i + 2, row->metric, strlen(row->metric));
    sqlite3_bind_int64(statement, i + 3, row->value);
    return sizeof *row;
}

static size_t bind_fault(sqlite3_stmt *statement, int i, const void *at, const void *ctx) {
    const struct rows *rows = ctx;
    const struct fault_row *row = at;

    sqlite3_bind_int64(statement, i, (int64_t)row->ord);
    sqlite3_bind_int64(statement, i + 1, row->begin);
    bind_instant(statement, i + 2, row->end);
    bind_party(statement, i + 3, rows, row->node);
    bind_party(statement, i + 4, rows, row->peer);
    bind_text(statement, i + 5, (const char *)(row + 1), row->action);
    return spool_row_size(sizeof *row + row->action);
}

bool rows_write(struct rows *rows, int64_t run, bool at_end) {
    if (!batch_write(&rows->event_batch, &rows->events, run, bind_event, rows) ||
        !batch_write(&rows->op_batch, &rows->ops, run, bind_op, rows) ||
        !batch_write(&rows->sample_batch, &rows->samples, run, bind_sample, rows))
        return false;
    spool_clear(&rows->events);
    spool_clear(&rows->ops);
    spool_clear(&rows->samples);
    return !at_end || batch_write(&rows->fault_batch, &rows->faults, run, bind_fault, rows);
}
