/* Schema versions. Version n+1 is reached from n by migrations[n]; 0 is the empty database. */
#include "reports/schema.h"

#include <assert.h>
#include <stdio.h>

extern const char embedded_schema_sql[];   /* reports/schema.sql */
extern const char embedded_schema_2_sql[]; /* reports/schema_2.sql */

static const char *const migrations[SCHEMA_VERSION] = {embedded_schema_sql, embedded_schema_2_sql};

/* The single number that a statement gives; -1 when it cannot be read. */
static sqlite3_int64 number_of(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 number = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    /* The error of a failed step is the connection's until the next call, so callers can still explain it. */
    sqlite3_finalize(statement);
    return number;
}

enum schema_state schema_look(sqlite3 *db) {
    sqlite3_int64 objects = number_of(db, "SELECT count(*) FROM sqlite_schema");
    sqlite3_int64 application, version;

    if (objects < 0) return SCHEMA_UNREADABLE;
    application = number_of(db, "PRAGMA application_id");
    version = number_of(db, "PRAGMA user_version");
    if (objects == 0 && application == 0 && version == 0) return SCHEMA_EMPTY;
    if (application != SCHEMA_APPLICATION_ID || version < 1) return SCHEMA_FOREIGN;
    if (version > SCHEMA_VERSION) return SCHEMA_NEWER;
    return version < SCHEMA_VERSION ? SCHEMA_OLDER : SCHEMA_OURS;
}

void schema_explain(sqlite3 *db, enum schema_state state, const char *path, char *error, size_t error_room) {
    assert(state != SCHEMA_OURS);
    switch (state) {
    case SCHEMA_FOREIGN:
        snprintf(error, error_room, "%s: a database of another program, not of detsim", path);
        break;
    case SCHEMA_NEWER:
        snprintf(error, error_room, "%s: written by a newer detsim (schema version %lld, this one knows up to %d)",
                 path, number_of(db, "PRAGMA user_version"), SCHEMA_VERSION);
        break;
    case SCHEMA_OLDER:
        snprintf(error, error_room, "%s: written by an older detsim (schema version %lld, this one has %d)", path,
                 number_of(db, "PRAGMA user_version"), SCHEMA_VERSION);
        break;
    case SCHEMA_EMPTY:
        snprintf(error, error_room, "%s: an empty database, no detsim run was recorded here", path);
        break;
    default:
        snprintf(error, error_room, "%s: %s", path, sqlite3_errmsg(db));
    }
}

/* Inside a transaction: what another process has just migrated is seen, and nothing is done twice. */
static bool migrate(sqlite3 *db) {
    sqlite3_int64 version = number_of(db, "PRAGMA user_version");
    char stamp[96];

    if (version < 0) return false;
    for (; version < SCHEMA_VERSION; version++)
        if (sqlite3_exec(db, migrations[version], NULL, NULL, NULL) != SQLITE_OK) return false;
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION_ID,
             SCHEMA_VERSION);
    return sqlite3_exec(db, stamp, NULL, NULL, NULL) == SQLITE_OK;
}

bool schema_bring_up(sqlite3 *db, const char *path, char *error, size_t error_room) {
    enum schema_state state = schema_look(db);

    if (state == SCHEMA_OURS) return true;
    if (state == SCHEMA_EMPTY || state == SCHEMA_OLDER) {
        /* WAL where the file system can; elsewhere the journal it has does the same more slowly. */
        if (sqlite3_exec(db, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
            migrate(db) && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
            return true;
        state = SCHEMA_UNREADABLE;
    }
    schema_explain(db, state, path, error, error_room);
    if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}
