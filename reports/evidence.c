/* Reading an evidence file. */
#include "reports/evidence.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/schema.h"

/* Readers never wait long: WAL readers are not blocked by writers, but a database being made is. */
#define READ_BUSY_MS 5000

/* A text longer than this is damage or malice. */
#define READ_LENGTH_LIMIT (64 << 20)

/* Says what is wrong. What the environment did (3) is told from what is wrong with the file (2). */
static bool fail(struct evidence *e) {
    int code = sqlite3_errcode(e->db) & 0xff;

    if (code == SQLITE_BUSY)
        snprintf(e->error, e->error_room, "%s: the database is locked by another program", e->path);
    else
        snprintf(e->error, e->error_room, "%s: %s", e->path, sqlite3_errmsg(e->db));
    e->status = code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_NOMEM || code == SQLITE_PERM ? 3 : 2;
    return false;
}

static const char *const tables[] = {
    "campaign", "scenario",    "run",  "party",  "node_final", "check_result", "expectation_result",
    "metric",   "fault_count", "note", "sample", "op",         "event",        "fault",
    "probe",    "finding"};

/* A view could compute anything for ever: what is read must be tables. */
static bool tables_are_tables(struct evidence *e) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sqlite3_stmt *find = NULL;
        bool found;

        if (sqlite3_prepare_v2(e->db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", -1, &find,
                               NULL) != SQLITE_OK)
            return fail(e);
        sqlite3_bind_text(find, 1, tables[i], -1, SQLITE_STATIC);
        found = sqlite3_step(find) == SQLITE_ROW;
        sqlite3_finalize(find);
        if (found) continue;
        snprintf(e->error, e->error_room, "%s: not a whole detsim database, it has no table \"%s\"", e->path,
                 tables[i]);
        e->status = 2;
        return false;
    }
    return true;
}

bool evidence_open(struct evidence *e, const char *path, char *error, size_t error_room) {
    enum schema_state state;
    struct stat st;

    *e = (struct evidence){.path = path, .error = error, .error_room = error_room, .status = 2};
    e->pool = pool_create();
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) { /* SQLite would call it an I/O error */
        snprintf(error, error_room, "%s: a folder, not a database", path);
        return false;
    }
    if (sqlite3_open_v2(path, &e->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) return fail(e);
    sqlite3_busy_timeout(e->db, READ_BUSY_MS);
    sqlite3_limit(e->db, SQLITE_LIMIT_LENGTH, READ_LENGTH_LIMIT);
    sqlite3_exec(e->db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    state = schema_look(e->db);
    if (state == SCHEMA_UNREADABLE) return fail(e);
    if (state != SCHEMA_OURS) {
        schema_explain(e->db, state, path, error, error_room);
        return false;
    }
    return tables_are_tables(e);
}

void evidence_close(struct evidence *e) {
    sqlite3_close(e->db);
    if (e->pool) pool_destroy(e->pool);
    e->db = NULL;
    e->pool = NULL;
}

const char *evidence_text(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);

    return text ? (const char *)text : "";
}

int64_t evidence_number(sqlite3_stmt *row, int column, int64_t otherwise) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? otherwise : sqlite3_column_int64(row, column);
}

bool evidence_each(struct evidence *e, const char *sql, int64_t run, evidence_row_fn *row, void *ctx) {
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(e->db, sql, -1, &statement, NULL) != SQLITE_OK) return fail(e);
    sqlite3_bind_int64(statement, 1, run);
    while (sqlite3_step(statement) == SQLITE_ROW) row(ctx, statement);
    return sqlite3_finalize(statement) == SQLITE_OK || fail(e);
}

/* --- runs -------------------------------------------------------------------------------------------------------- */

struct reading {
    struct evidence *e;
    size_t room;
};

static const char *keep(struct evidence *e, sqlite3_stmt *row, int column) {
    return pool_strdup(e->pool, evidence_text(row, column));
}

/* Most runs share their scenario: its strings are kept once. */
static void keep_scenario(struct evidence *e, sqlite3_stmt *row, struct run_row *run) {
    const struct run_row *last = e->run_count ? run - 1 : NULL;

    if (last && strcmp(last->file, evidence_text(row, 1)) == 0 && strcmp(last->title, evidence_text(row, 2)) == 0) {
        run->file = last->file;
        run->title = last->title;
        return;
    }
    run->file = keep(e, row, 1);
    run->title = keep(e, row, 2);
}

static void add_run(void *ctx, sqlite3_stmt *row) {
    struct reading *reading = ctx;
    struct evidence *e = reading->e;
    struct run_row *run;

    if (e->run_count == reading->room) {
        size_t room = reading->room ? reading->room * 2 : 64;

        e->runs = pool_resize(e->pool, e->runs, reading->room * sizeof *run, room * sizeof *run);
        reading->room = room;
    }
    run = &e->runs[e->run_count];
    run->id = sqlite3_column_int64(row, 0);
    keep_scenario(e, row, run);
    run->seed = (uint64_t)sqlite3_column_int64(row, 3);
    run->passed = strcmp(evidence_text(row, 4), "pass") == 0;
    run->trace = keep(e, row, 5);
    run->sim_ns = sqlite3_column_int64(row, 6);
    run->events = sqlite3_column_int64(row, 7);
    run->wall_ns = sqlite3_column_int64(row, 8);
    run->full_syncs = evidence_number(row, 9, -1);
    run->partial_syncs = evidence_number(row, 10, -1);
    run->failure = keep(e, row, 11);
    run->failed_ns = evidence_number(row, 12, -1);
    e->run_count++;
}

bool evidence_read_runs(struct evidence *e, int64_t only) {
    struct reading reading = {.e = e};

    return evidence_each(
        e,
        "SELECT run.id, scenario.file, scenario.title, run.seed, run.verdict, run.trace, run.sim_ns, run.events,"
        " run.wall_ns,"
        " (SELECT value FROM metric WHERE metric.run = run.id AND metric.name = 'full_syncs'),"
        " (SELECT value FROM metric WHERE metric.run = run.id AND metric.name = 'partial_syncs'),"
        " run.failure, run.failed_ns"
        " FROM run JOIN scenario ON scenario.id = run.scenario WHERE ?1 = 0 OR run.id = ?1 ORDER BY run.id",
        only, add_run, &reading);
}
