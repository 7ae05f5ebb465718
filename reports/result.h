/* What a run's end leaves in the small tables: run, scenario, node_final, check_result, expectation_result, metric,
 * fault_count, note, probe, party, finding. Everything happens inside the store's transaction. */
#ifndef REPORTS_RESULT_H
#define REPORTS_RESULT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "reports/batch.h"
#include "sim/run/recorder.h"

enum result_statement {
    ADD_SCENARIO,
    FIND_SCENARIO,
    ADD_RUN,
    SET_RUN,
    ADD_PARTY,
    ADD_CHECK,
    ADD_EXPECTATION,
    ADD_METRIC,
    ADD_FAULT_COUNT,
    ADD_NOTE,
    ADD_PROBE,
    ADD_FINDING,
    RESULT_STATEMENTS
};

struct result_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[RESULT_STATEMENTS];
    struct batch field_batch;
    struct spool fields;
    int64_t campaign, run, scenario;
};

/* Prepares the statements. False: sqlite3_errmsg(db) says why. Must be closed in any case. */
bool result_open(struct result_writer *w, sqlite3 *db, uint64_t campaign);
void result_close(struct result_writer *w);

/* Writes the scenario (once), the run with no verdict yet, and who takes part, so that rows can refer to it. The
 * parties' names, identity->party_count of them, are clean UTF-8. */
bool result_begin(struct result_writer *w, const struct run_identity *identity, const struct bytes *party, int64_t run);
/* Writes what the run came to. */
bool result_end(struct result_writer *w, const struct run_result *result);

#endif
