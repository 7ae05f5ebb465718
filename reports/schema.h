/* What makes an SQLite file a detsim evidence file: application id, schema version, migrations. */
#ifndef REPORTS_SCHEMA_H
#define REPORTS_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#define SCHEMA_APPLICATION_ID 0x64657473 /* "dets" */
#define SCHEMA_VERSION        2

enum schema_state {
    SCHEMA_OURS,      /* of this version: ready */
    SCHEMA_EMPTY,     /* a new database */
    SCHEMA_OLDER,     /* ours, to be migrated */
    SCHEMA_NEWER,     /* a later detsim's */
    SCHEMA_FOREIGN,   /* another program's */
    SCHEMA_UNREADABLE /* not a database, locked, damaged: sqlite3_errmsg(db) says */
};

/* What the open database is. Changes nothing. */
enum schema_state schema_look(sqlite3 *db);

/* Makes an empty or older database one of this version, in one transaction; does nothing to one that is. False:
 * `error` says why, beginning with the path. */
bool schema_bring_up(sqlite3 *db, const char *path, char *error, size_t error_room);

/* Puts a state that nobody can work with into words. `state` is not SCHEMA_OURS. */
void schema_explain(sqlite3 *db, enum schema_state state, const char *path, char *error, size_t error_room);

#endif
