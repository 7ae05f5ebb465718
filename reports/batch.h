/* Rows of one table, inserted many at a time: a statement of BATCH_ROWS rows takes about half the time of as many
 * statements of one row each (tests/bench/bench_store.c). */
#ifndef REPORTS_BATCH_H
#define REPORTS_BATCH_H

#include <sqlite3.h>
#include <stdbool.h>

#include "reports/spool.h"

#define BATCH_ROWS 32

struct batch {
    sqlite3_stmt *one;
    sqlite3_stmt *many;
    int columns; /* besides run */
};

/* Binds a row's columns, but for run, to the parameters from `first` on; returns the row's size in the spool. What it
 * binds may lie in the spool (SQLITE_STATIC). */
typedef size_t batch_bind_fn(sqlite3_stmt *statement, int first, const void *row, const void *ctx);

/* `into` is "INSERT INTO table (run, other columns)". False: sqlite3_errmsg(db) says why. */
bool batch_prepare(struct batch *batch, sqlite3 *db, const char *into);
/* Inserts all rows of a spool as rows of a run. False: sqlite3_errmsg says why. */
bool batch_write(struct batch *batch, const struct spool *rows, int64_t run, batch_bind_fn *bind, const void *ctx);
void batch_finalize(struct batch *batch);

#endif
