/* Reading an evidence file: the runs of a database, and the rows of one run. The file is somebody else's work: wrong
 * types read as 0 or "", missing tables are an error, views in place of tables are refused. */
#ifndef REPORTS_EVIDENCE_H
#define REPORTS_EVIDENCE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/world/pool.h"

struct run_row {
    int64_t id;
    const char *file, *title; /* title "" if there is none */
    uint64_t seed;
    bool passed;
    const char *trace;
    int64_t sim_ns, events, wall_ns;
    int64_t full_syncs, partial_syncs; /* -1: not known */
    const char *failure;               /* "" if it passed */
    int64_t failed_ns;                 /* -1 */
};

struct evidence {
    sqlite3 *db;
    struct pool *pool; /* of everything read */
    const char *path;
    struct run_row *runs; /* in the order of their ids */
    size_t run_count;
    char *error;
    size_t error_room;
    int status; /* after an error: 2, not a readable evidence file; 3, the environment */
};

/* Opens the database for reading. False: e->error and e->status say why. Close in any case. */
bool evidence_open(struct evidence *e, const char *path, char *error, size_t error_room);
void evidence_close(struct evidence *e);

/* Reads all runs, or only the run `only` if that is not 0. */
bool evidence_read_runs(struct evidence *e, int64_t only);

/* Calls `row` for each row of a statement whose ?1 is a run's id. */
typedef void evidence_row_fn(void *ctx, sqlite3_stmt *row);
bool evidence_each(struct evidence *e, const char *sql, int64_t run, evidence_row_fn *row, void *ctx);

/* A column as text, never NULL; valid until the next row. */
const char *evidence_text(sqlite3_stmt *row, int column);
/* A column as a number, or `otherwise` where it is NULL. */
int64_t evidence_number(sqlite3_stmt *row, int column, int64_t otherwise);

#endif
