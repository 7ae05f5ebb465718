#include "reports/conform.h"

#include <sqlite3.h>

#include "reports/store.h"

static void bind(sqlite3_stmt *add, int place, const char *text) {
    sqlite3_bind_text(add, place, text, -1, SQLITE_STATIC);
}

static bool add_fact(sqlite3_stmt *add, const struct conform_fact *fact) {
    bind(add, 4, fact->subject);
    bind(add, 5, fact->name);
    bind(add, 6, conform_verdict_name(fact->verdict));
    bind(add, 7, fact->model);
    bind(add, 8, fact->real);
    bind(add, 9, fact->why);
    bool added = sqlite3_step(add) == SQLITE_DONE;
    return sqlite3_reset(add) == SQLITE_OK && added;
}

/* A scenario that was not compared has one row that says why. */
static bool add_facts(sqlite3 *db, const struct recorder_campaign *campaign, const struct conform_outcome *outcome) {
    static const char sql[] =
        "INSERT INTO conform_fact (campaign, scenario, title, subject, name, verdict, model, real,"
        " why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    const char *reason = outcome->problem ? outcome->problem : outcome->not_comparable;
    struct conform_fact whole = {CONFORM_NOT_COMPARABLE, "", "scenario", "", "", reason};
    sqlite3_stmt *add = NULL;
    bool good = sqlite3_prepare_v2(db, sql, -1, &add, NULL) == SQLITE_OK;

    sqlite3_bind_int64(add, 1, (int64_t)campaign->id);
    bind(add, 2, outcome->scenario);
    bind(add, 3, outcome->title);
    if (good && reason) good = add_fact(add, &whole);
    for (size_t i = 0; good && i < outcome->fact_count; i++) good = add_fact(add, &outcome->facts[i]);
    return sqlite3_finalize(add) == SQLITE_OK && good;
}

bool conform_keep(const struct recorder_campaign *campaign, const struct conform_outcome *outcome, char *error,
                  size_t error_room) {
    sqlite3 *db = store_connect(campaign->path, SQLITE_OPEN_READWRITE, STORE_BUSY_MS, error, error_room);
    bool kept;

    if (!db) return false;
    kept = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK && add_facts(db, campaign, outcome) &&
           sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!kept) store_explain(db, campaign->path, error, error_room);
    sqlite3_close(db);
    return kept;
}
