/* The tables that grow while a run goes: event, op, sample, fault. Happenings come in, are kept in memory as rows,
 * and are written when the store says so. */
#ifndef REPORTS_ROWS_H
#define REPORTS_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "reports/batch.h"
#include "sim/run/recorder.h"

struct rows {
    struct spool events, ops, samples, faults;
    struct batch event_batch, op_batch, sample_batch, fault_batch;
    struct pool *pool; /* of `words` */
    struct buffer words;
    struct spool names; /* the parties' names, one after the other */
    struct bytes *party;
    size_t party_count, party_room;
    uint64_t op_count; /* of the run */
    const struct system *system;
    struct model *model;
};

/* Prepares the statements. False: sqlite3_errmsg(db) says why. The rows must be freed in any case. */
bool rows_open(struct rows *rows, sqlite3 *db);
void rows_free(struct rows *rows);

/* Forgets what was kept and begins a run. */
void rows_begin(struct rows *rows, const struct run_identity *identity);

void rows_add_event(struct rows *rows, const struct happening *h);
void rows_add_fault(struct rows *rows, const struct happening *h);
void rows_add_op(struct rows *rows, const struct op_record *op);
void rows_add_sample(struct rows *rows, const struct sample_record *sample);

/* Bytes kept in memory. */
size_t rows_held(const struct rows *rows);
/* Whether memory ran out and rows are missing. */
bool rows_incomplete(const struct rows *rows);

/* Writes and forgets events, ops and samples; at the run's end also faults, which may be undone until then. */
bool rows_write(struct rows *rows, int64_t run, bool at_end);

#endif
