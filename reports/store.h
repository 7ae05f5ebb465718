/* The SQLite evidence file: what a campaign's runs leave behind (tables and views: reports/schema.sql).
 *
 * A run is kept in memory while it goes and written in one short transaction when it ends, so several worker
 * processes share one file and a killed process leaves whole runs or nothing. A run that outgrows
 * STORE_SPOOL_LIMIT begins its transaction early and keeps it until its end. */
#ifndef REPORTS_STORE_H
#define REPORTS_STORE_H

#include <sqlite3.h>

#include "sim/run/recorder.h"

/* Bytes of a run that are kept in memory before its transaction begins. */
#define STORE_SPOOL_LIMIT ((size_t)64 << 20)

/* How long a writer waits for other writers, in ms. */
#define STORE_BUSY_MS 300000

/* The store as the commands of sim/ see it. Errors: not a database, another program's file, a newer detsim's
 * file, locked for STORE_BUSY_MS, disk full, no permission. */
extern const struct recorder_source store_source;

/* The same with a shorter wait, for tests. Returns a recorder whose ops are those that campaign->level needs. */
struct recorder *store_open(const struct recorder_campaign *campaign, int busy_ms, char *error, size_t error_room);

/* --- for those who write other things than runs --- */

/* NULL: `error` says why. The caller closes it. */
sqlite3 *store_connect(const char *path, int flags, int busy_ms, char *error, size_t error_room);
/* What went wrong, in words that say what to do about it. */
void store_explain(sqlite3 *db, const char *path, char *error, size_t error_room);

#endif
