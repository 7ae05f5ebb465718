/* The SQLite store: connections, campaigns, and the recorder that turns one run into one transaction. */
#include "reports/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/conform.h"
#include "reports/result.h"
#include "reports/rows.h"
#include "reports/schema.h"

struct store {
    struct recorder recorder;
    sqlite3 *db;
    struct recorder_campaign campaign;
    struct result_writer result;
    struct rows rows;
    /* The run in hand. Its identity lives during begin() only, so what an early transaction needs is kept. */
    struct run_identity identity;
    char *text;
    size_t text_room;
    char *file, *title;
    bool writing; /* its transaction is open */
    char problem[512];
};

/* --- connections ------------------------------------------------------------------------------------------------- */

static bool run_sql(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* What went wrong, in words that say what to do about it. */
void store_explain(sqlite3 *db, const char *path, char *error, size_t error_room) {
    int code = sqlite3_errcode(db);

    if ((code & 0xff) == SQLITE_BUSY)
        snprintf(error, error_room, "%s: another program has held the database locked for too long", path);
    else
        snprintf(error, error_room, "%s: %s", path, sqlite3_errmsg(db));
}

sqlite3 *store_connect(const char *path, int flags, int busy_ms, char *error, size_t error_room) {
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        snprintf(error, error_room, "%s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
        sqlite3_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db, busy_ms);
    /* A commit need not reach the disk at once: WAL keeps the file whole, and a power loss costs the last runs only. */
    if (!run_sql(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000")) {
        store_explain(db, path, error, error_room);
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

/* --- campaigns --------------------------------------------------------------------------------------------------- */

static const char *level_name(enum record_level level) {
    static const char *const names[] = {"summary", "ops", "events"};

    assert((size_t)level < sizeof names / sizeof *names);
    return names[level];
}

/* The campaign's row; its run ids follow those that all earlier campaigns may use. */
static bool add_campaign(sqlite3 *db, struct recorder_campaign *campaign) {
    static const char sql[] =
        "INSERT INTO campaign (command, version, record, first_run, run_count, started)"
        " VALUES (?1, '" DETSIM_VERSION "', ?2, (SELECT coalesce(max(first_run + run_count), 1) FROM campaign), ?3,"
        " strftime('%Y-%m-%d %H:%M:%S', 'now')) RETURNING id, first_run";
    sqlite3_stmt *add = NULL;
    bool added = false;

    if (sqlite3_prepare_v2(db, sql, -1, &add, NULL) != SQLITE_OK) return false;
    sqlite3_bind_text(add, 1, campaign->command, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 2, level_name(campaign->level), -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, (int64_t)campaign->run_count);
    if (sqlite3_step(add) == SQLITE_ROW) {
        campaign->id = (uint64_t)sqlite3_column_int64(add, 0);
        campaign->first_run = (uint64_t)sqlite3_column_int64(add, 1);
        added = sqlite3_step(add) == SQLITE_DONE;
    }
    sqlite3_finalize(add);
    return added;
}

static bool begin_campaign(struct recorder_campaign *campaign, char *error, size_t error_room) {
    sqlite3 *db =
        store_connect(campaign->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, STORE_BUSY_MS, error, error_room);
    bool begun = false;

    assert(campaign->run_count < UINT64_C(1) << 48);
    if (!db) return false;
    if (schema_bring_up(db, campaign->path, error, error_room)) {
        begun = add_campaign(db, campaign);
        if (!begun) store_explain(db, campaign->path, error, error_room);
    }
    sqlite3_close(db);
    return begun;
}

static bool finish_campaign(const struct recorder_campaign *campaign, bool interrupted, char *error,
                            size_t error_room) {
    sqlite3 *db = store_connect(campaign->path, SQLITE_OPEN_READWRITE, STORE_BUSY_MS, error, error_room);
    sqlite3_stmt *set = NULL;
    bool finished = false;

    if (!db) return false;
    if (sqlite3_prepare_v2(db,
                           "UPDATE campaign SET finished = strftime('%Y-%m-%d %H:%M:%S', 'now'), interrupted = ?2"
                           " WHERE id = ?1",
                           -1, &set, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(set, 1, (int64_t)campaign->id);
        sqlite3_bind_int(set, 2, interrupted);
        finished = sqlite3_step(set) == SQLITE_DONE;
    }
    if (!finished) store_explain(db, campaign->path, error, error_room);
    sqlite3_finalize(set);
    sqlite3_close(db);
    return finished;
}

/* --- the run in hand --------------------------------------------------------------------------------------------- */

/* Gives the run up: what was written of it goes back, and every later run of this recorder fails likewise. */
static void fail(struct store *store) {
    store_explain(store->db, store->campaign.path, store->problem, sizeof store->problem);
    if (!sqlite3_get_autocommit(store->db)) run_sql(store->db, "ROLLBACK");
    store->writing = false;
}

static void fail_memory(struct store *store) {
    fail(store);
    snprintf(store->problem, sizeof store->problem, "%s: out of memory for a run's rows", store->campaign.path);
}

static bool failed(const struct store *store) {
    return store->problem[0] != 0;
}

static int64_t run_id(const struct store *store) {
    return (int64_t)(store->campaign.first_run + store->identity.number);
}

/* Opens the transaction and writes what rows refer to. */
static bool begin_writing(struct store *store) {
    if (store->writing) return true;
    if (rows_incomplete(&store->rows)) {
        fail_memory(store);
        return false;
    }
    if (!run_sql(store->db, "BEGIN IMMEDIATE")) {
        fail(store);
        return false;
    }
    store->writing = true;
    if (result_begin(&store->result, &store->identity, store->rows.party, run_id(store))) return true;
    fail(store);
    return false;
}

/* A run that outgrows its memory is written early, as far as it is known. */
static void relieve(struct store *store) {
    if (rows_held(&store->rows) < STORE_SPOOL_LIMIT) return;
    if (begin_writing(store) && !rows_write(&store->rows, run_id(store), false)) fail(store);
}

/* A copy of a string, NULL for NULL. False: out of memory. */
static bool keep_string(char **kept, const char *string) {
    free(*kept);
    *kept = string ? strdup(string) : NULL;
    return !string || *kept;
}

static bool keep_identity(struct store *store, const struct run_identity *identity) {
    if (identity->scenario_len > store->text_room || !store->text) {
        free(store->text);
        store->text = malloc(identity->scenario_len + 1);
        store->text_room = store->text ? identity->scenario_len : 0;
    }
    if (!store->text || !keep_string(&store->file, identity->scenario_file) ||
        !keep_string(&store->title, identity->title))
        return false;
    memcpy(store->text, identity->scenario_text, identity->scenario_len);
    store->identity = *identity;
    store->identity.scenario_text = store->text;
    store->identity.scenario_file = store->file;
    store->identity.title = store->title;
    store->identity.party_names = NULL; /* rows keeps them */
    return true;
}

static void on_begin(void *ctx, const struct run_identity *identity) {
    struct store *store = ctx;

    assert(identity->number < store->campaign.run_count);
    if (store->writing) {
        run_sql(store->db, "ROLLBACK");
        store->writing = false;
    }
    if (failed(store)) return;
    rows_begin(&store->rows, identity);
    if (!keep_identity(store, identity)) fail_memory(store);
}

static void on_fault(void *ctx, const struct happening *h) {
    struct store *store = ctx;

    if (!failed(store)) rows_add_fault(&store->rows, h);
}

static void on_happening(void *ctx, const struct happening *h) {
    struct store *store = ctx;

    if (failed(store)) return;
    rows_add_event(&store->rows, h);
    if (h->kind == TRACE_FAULT) rows_add_fault(&store->rows, h);
    relieve(store);
}

static void on_op(void *ctx, const struct op_record *op) {
    struct store *store = ctx;

    if (failed(store)) return;
    rows_add_op(&store->rows, op);
    relieve(store);
}

static void on_sample(void *ctx, const struct sample_record *sample) {
    struct store *store = ctx;

    if (failed(store)) return;
    rows_add_sample(&store->rows, sample);
    relieve(store);
}

static bool on_end(void *ctx, const struct run_result *result) {
    struct store *store = ctx;

    if (failed(store) || !begin_writing(store)) return false;
    if (rows_incomplete(&store->rows)) {
        fail_memory(store);
        return false;
    }
    if (!rows_write(&store->rows, run_id(store), true) || !result_end(&store->result, result) ||
        !run_sql(store->db, "COMMIT")) {
        fail(store);
        return false;
    }
    store->writing = false;
    return true;
}

/* --- recorders --------------------------------------------------------------------------------------------------- */

static const struct recorder_ops ops_by_level[] = {
    [RECORD_SUMMARY] = {.begin = on_begin, .fault = on_fault, .end = on_end},
    [RECORD_OPS] = {.begin = on_begin, .op = on_op, .sample = on_sample, .fault = on_fault, .end = on_end},
    [RECORD_EVENTS] = {.begin = on_begin, .happening = on_happening, .op = on_op, .sample = on_sample, .end = on_end},
};

static void close_recorder(struct recorder *recorder) {
    struct store *store = recorder->ctx;

    if (store->writing) run_sql(store->db, "ROLLBACK");
    result_close(&store->result);
    rows_free(&store->rows);
    sqlite3_close(store->db);
    free(store->text);
    free(store->file);
    free(store->title);
    free(store);
}

struct recorder *store_open(const struct recorder_campaign *campaign, int busy_ms, char *error, size_t error_room) {
    struct store *store = calloc(1, sizeof *store);

    if (!store) {
        snprintf(error, error_room, "%s: out of memory", campaign->path);
        return NULL;
    }
    store->recorder = (struct recorder){&ops_by_level[campaign->level], store};
    store->campaign = *campaign;
    store->db = store_connect(campaign->path, SQLITE_OPEN_READWRITE, busy_ms, error, error_room);
    if (!store->db) {
        free(store);
        return NULL;
    }
    if (!result_open(&store->result, store->db, campaign->id) || !rows_open(&store->rows, store->db)) {
        store_explain(store->db, campaign->path, error, error_room);
        close_recorder(&store->recorder);
        return NULL;
    }
    return &store->recorder;
}

static struct recorder *open_recorder(const struct recorder_campaign *campaign, char *error, size_t error_room) {
    return store_open(campaign, STORE_BUSY_MS, error, error_room);
}

static const char *problem_of(const struct recorder *recorder) {
    const struct store *store = recorder->ctx;

    return store->problem;
}

const struct recorder_source store_source = {
    .begin = begin_campaign,
    .open = open_recorder,
    .problem = problem_of,
    .close = close_recorder,
    .finish = finish_campaign,
    .keep_conform = conform_keep,
};
