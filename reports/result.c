/* The small tables of a run: prepared statements, kept for the life of the connection. */
#include "reports/result.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "reports/text.h"

static const char *const statement_sql[RESULT_STATEMENTS] = {
    [ADD_SCENARIO] = "INSERT INTO scenario (hash, file, title, text) VALUES (?1, ?2, ?3, ?4)",
    [FIND_SCENARIO] = "SELECT id FROM scenario WHERE hash = ?1 AND file = ?2",
    [ADD_RUN] =
        "INSERT INTO run (id, campaign, scenario, number, seed, verdict, trace, events, sim_ns, wall_ns, version)"
        " VALUES (?1, ?2, ?3, ?4, ?5, 'fail', '', 0, 0, 0, '" DETSIM_VERSION "')",
    [SET_RUN] = "UPDATE run SET verdict = ?2, trace = ?3, events = ?4, sim_ns = ?5, wall_ns = ?6, failure = ?7,"
                " failed_ns = ?8 WHERE id = ?1",
    [ADD_PARTY] = "INSERT INTO party (run, ord, name, kind) VALUES (?1, ?2, ?3, ?4)",
    [ADD_CHECK] = "INSERT INTO check_result (run, name, verdict, count, detail, at_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [ADD_EXPECTATION] = "INSERT INTO expectation_result (run, ord, line, text, verdict, got, at_ns)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [ADD_METRIC] = "INSERT INTO metric (run, name, value) VALUES (?1, ?2, ?3)",
    [ADD_FAULT_COUNT] = "INSERT INTO fault_count (run, kind, count) VALUES (?1, ?2, ?3)",
    [ADD_NOTE] = "INSERT INTO note (run, ord, text) VALUES (?1, ?2, ?3)",
    [ADD_PROBE] = "INSERT INTO probe (run, name, count) VALUES (?1, ?2, ?3)",
    /* Workers end their runs in any order: the lowest seed is the first, whoever comes first. */
    [ADD_FINDING] =
        "INSERT INTO finding (campaign, file, scenario, kind, name, runs, first_seed, last_seed, detail)"
        " SELECT ?1, file, id, ?3, ?4, 1, ?5, ?5, ?6 FROM scenario WHERE id = ?2"
        " ON CONFLICT (campaign, file, kind, name) DO UPDATE SET runs = runs + 1,"
        " scenario = iif(excluded.first_seed < first_seed, excluded.scenario, scenario),"
        " detail = iif(excluded.first_seed < first_seed, excluded.detail, detail),"
        " first_seed = min(first_seed, excluded.first_seed), last_seed = max(last_seed, excluded.last_seed)",
};

struct field_row {
    const char *node; /* valid while result_end runs */
    const char *name;
    int64_t number;
    uint64_t ord;
    uint32_t is_number;
    uint32_t text;
};

/* The verdicts' names in the tables. */
static const char *verdict_name(enum verdict verdict) {
    static const char *const names[] = {"ok", "anomaly", "violation", "unknown"};

    assert((size_t)verdict < sizeof names / sizeof *names);
    return names[verdict];
}

bool result_open(struct result_writer *w, sqlite3 *db, uint64_t campaign) {
    *w = (struct result_writer){.db = db, .campaign = (int64_t)campaign};
    for (int i = 0; i < RESULT_STATEMENTS; i++)
        if (sqlite3_prepare_v3(db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &w->statements[i], NULL) !=
            SQLITE_OK)
            return false;
    return batch_prepare(&w->field_batch, db, "INSERT INTO node_final (run, ord, node, field, value)");
}

void result_close(struct result_writer *w) {
    for (int i = 0; i < RESULT_STATEMENTS; i++) sqlite3_finalize(w->statements[i]);
    batch_finalize(&w->field_batch);
    spool_free(&w->fields);
    *w = (struct result_writer){0};
}

static void bind_bytes(sqlite3_stmt *statement, int i, const char *bytes, size_t n) {
    if (text_is_clean(bytes, n)) {
        sqlite3_bind_text64(statement, i, bytes, n, SQLITE_STATIC, SQLITE_UTF8);
        return;
    }
    size_t len = text_escaped_length(bytes, n);
    char *escaped = sqlite3_malloc64(len);

    if (escaped) text_escape(escaped, bytes, n);
    sqlite3_bind_text64(statement, i, escaped, escaped ? len : 0, sqlite3_free, SQLITE_UTF8);
}

/* NULL for NULL. */
static void bind_string(sqlite3_stmt *statement, int i, const char *text) {
    if (text)
        bind_bytes(statement, i, text, strlen(text));
    else
        sqlite3_bind_null(statement, i);
}

/* NULL for an instant that never came (-1). */
static void bind_instant(sqlite3_stmt *statement, int i, sim_time at) {
    if (at < 0)
        sqlite3_bind_null(statement, i);
    else
        sqlite3_bind_int64(statement, i, at);
}

/* Runs a statement that gives no rows. */
static bool done(sqlite3_stmt *statement) {
    sqlite3_step(statement);
    return sqlite3_reset(statement) == SQLITE_OK;
}

/* --- the beginning ----------------------------------------------------------------------------------------------- */

/* The scenario's id; 0 if it is not there, -1 on an error. */
static int64_t find_scenario(struct result_writer *w, const char *hash, const char *file) {
    sqlite3_stmt *find = w->statements[FIND_SCENARIO];
    int64_t id = 0;

    bind_string(find, 1, hash);
    bind_string(find, 2, file);
    if (sqlite3_step(find) == SQLITE_ROW) id = sqlite3_column_int64(find, 0);
    return sqlite3_reset(find) == SQLITE_OK ? id : -1;
}

static bool write_scenario(struct result_writer *w, const struct run_identity *identity) {
    XXH128_hash_t h = XXH3_128bits(identity->scenario_text, identity->scenario_len);
    sqlite3_stmt *add = w->statements[ADD_SCENARIO];
    char hash[33];

    snprintf(hash, sizeof hash, "%016" PRIx64 "%016" PRIx64, (uint64_t)h.high64, (uint64_t)h.low64);
    w->scenario = find_scenario(w, hash, identity->scenario_file);
    if (w->scenario != 0) return w->scenario > 0;
    bind_string(add, 1, hash);
    bind_string(add, 2, identity->scenario_file);
    bind_string(add, 3, identity->title);
    bind_bytes(add, 4, identity->scenario_text, identity->scenario_len);
    if (!done(add)) return false;
    w->scenario = sqlite3_last_insert_rowid(w->db);
    return true;
}

static bool write_parties(struct result_writer *w, const struct run_identity *identity, const struct bytes *party) {
    sqlite3_stmt *add = w->statements[ADD_PARTY];

    for (size_t i = 0; i < identity->party_count; i++) {
        sqlite3_bind_int64(add, 1, w->run);
        sqlite3_bind_int64(add, 2, (int64_t)i);
        sqlite3_bind_text64(add, 3, party[i].at, party[i].len, SQLITE_STATIC, SQLITE_UTF8);
        bind_string(add, 4, i < identity->node_count ? "node" : "client");
        if (!done(add)) return false;
    }
    return true;
}

bool result_begin(struct result_writer *w, const struct run_identity *identity, const struct bytes *party,
                  int64_t run) {
    sqlite3_stmt *add = w->statements[ADD_RUN];

    w->run = run;
    if (!write_scenario(w, identity)) return false;
    sqlite3_bind_int64(add, 1, run);
    sqlite3_bind_int64(add, 2, w->campaign);
    sqlite3_bind_int64(add, 3, w->scenario);
    sqlite3_bind_int64(add, 4, (int64_t)identity->number);
    sqlite3_bind_int64(add, 5, (int64_t)identity->seed);
    return done(add) && write_parties(w, identity, party);
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static bool write_run(struct result_writer *w, const struct run_result *result) {
    sqlite3_stmt *set = w->statements[SET_RUN];
    char trace[17];

    snprintf(trace, sizeof trace, "%016" PRIx64, result->trace);
    sqlite3_bind_int64(set, 1, w->run);
    bind_string(set, 2, result->passed ? "pass" : "fail");
    bind_string(set, 3, trace);
    sqlite3_bind_int64(set, 4, (int64_t)result->events);
    sqlite3_bind_int64(set, 5, result->sim_ns);
    sqlite3_bind_int64(set, 6, result->wall_ns);
    bind_string(set, 7, result->failure);
    bind_instant(set, 8, result->failed_at);
    return done(set);
}

static bool write_finding(struct result_writer *w, uint64_t seed, const char *kind, const char *name,
                          const char *detail) {
    sqlite3_stmt *add = w->statements[ADD_FINDING];

    sqlite3_bind_int64(add, 1, w->campaign);
    sqlite3_bind_int64(add, 2, w->scenario);
    bind_string(add, 3, kind);
    bind_string(add, 4, name);
    sqlite3_bind_int64(add, 5, (int64_t)seed);
    bind_string(add, 6, detail);
    return done(add);
}

static bool write_checks(struct result_writer *w, const struct run_result *result) {
    sqlite3_stmt *add = w->statements[ADD_CHECK];

    for (size_t i = 0; i < result->check_count; i++) {
        const struct check_result *check = &result->checks[i];

        sqlite3_bind_int64(add, 1, w->run);
        bind_string(add, 2, check->name);
        bind_string(add, 3, verdict_name(check->verdict));
        sqlite3_bind_int64(add, 4, (int64_t)check->count);
        bind_string(add, 5, check->detail ? check->detail : "");
        bind_instant(add, 6, check->at);
        if (!done(add)) return false;
    }
    return true;
}

static bool write_expectations(struct result_writer *w, const struct run_result *result) {
    sqlite3_stmt *add = w->statements[ADD_EXPECTATION];

    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *expectation = &result->expectations[i];

        sqlite3_bind_int64(add, 1, w->run);
        sqlite3_bind_int64(add, 2, (int64_t)i);
        sqlite3_bind_int64(add, 3, expectation->line);
        bind_string(add, 4, expectation->text);
        bind_string(add, 5, expectation->held ? "held" : "missed");
        bind_string(add, 6, expectation->got);
        bind_instant(add, 7, expectation->at);
        if (!done(add)) return false;
    }
    return true;
}

/* Every broken promise and missed expectation of a failed run; where there is neither, the failure itself. */
static bool write_findings(struct result_writer *w, const struct run_result *result) {
    uint64_t seed = result->identity->seed;
    bool any = false;

    if (result->passed) return true;
    for (size_t i = 0; i < result->check_count; i++) {
        const struct check_result *check = &result->checks[i];

        if (check->verdict != VERDICT_VIOLATION) continue;
        if (!write_finding(w, seed, "check", check->name, check->detail)) return false;
        any = true;
    }
    for (size_t i = 0; i < result->expectation_count; i++) {
        const struct expectation_result *expectation = &result->expectations[i];

        if (expectation->held) continue;
        if (!write_finding(w, seed, "expectation", expectation->text, expectation->got)) return false;
        any = true;
    }
    return any || write_finding(w, seed, "run", "failure", result->failure);
}

static bool write_numbers(struct result_writer *w, sqlite3_stmt *add, const struct named_number *numbers,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(add, 1, w->run);
        bind_string(add, 2, numbers[i].name);
        sqlite3_bind_int64(add, 3, numbers[i].number);
        if (!done(add)) return false;
    }
    return true;
}

/* Those that the run came by; of a campaign's first run all, so that the file knows what there is to reach. */
static bool write_probes(struct result_writer *w, const struct run_result *result) {
    bool all = result->identity->number == 0;

    for (size_t i = 0; i < result->probe_count; i++) {
        if (!all && result->probes[i].number == 0) continue;
        if (!write_numbers(w, w->statements[ADD_PROBE], &result->probes[i], 1)) return false;
    }
    return true;
}

static bool write_notes(struct result_writer *w, const struct run_result *result) {
    sqlite3_stmt *add = w->statements[ADD_NOTE];

    for (size_t i = 0; i < result->note_count; i++) {
        sqlite3_bind_int64(add, 1, w->run);
        sqlite3_bind_int64(add, 2, (int64_t)i);
        bind_string(add, 3, result->notes[i]);
        if (!done(add)) return false;
    }
    return true;
}

static size_t bind_field(sqlite3_stmt *statement, int i, const void *at, const void *ctx) {
    const struct field_row *row = at;

    (void)ctx;
    sqlite3_bind_int64(statement, i, (int64_t)row->ord);
    bind_string(statement, i + 1, row->node);
    bind_string(statement, i + 2, row->name);
    if (row->is_number)
        sqlite3_bind_int64(statement, i + 3, row->number);
    else
        sqlite3_bind_text(statement, i + 3, (const char *)(row + 1), (int)row->text, SQLITE_STATIC);
    return spool_row_size(sizeof *row + row->text);
}

static bool write_fields(struct result_writer *w, const struct run_result *result) {
    spool_clear(&w->fields);
    for (size_t i = 0; i < result->field_count; i++) {
        const struct node_field *field = &result->fields[i];
        struct field_row row = {.node = result->identity->party_names[field->node],
                                .name = field->name,
                                .number = field->number,
                                .ord = i,
                                .is_number = field->is_number};
        size_t at = spool_begin(&w->fields, &row, sizeof row);
        struct field_row *kept;

        if (!field->is_number && field->text)
            row.text = spool_text(&w->fields, (struct bytes){field->text, strlen(field->text)});
        kept = spool_at(&w->fields, at);
        if (kept) kept->text = row.text;
        spool_end(&w->fields);
    }
    return !w->fields.failed && batch_write(&w->field_batch, &w->fields, w->run, bind_field, NULL);
}

bool result_end(struct result_writer *w, const struct run_result *result) {
    return write_run(w, result) && write_checks(w, result) && write_expectations(w, result) &&
           write_numbers(w, w->statements[ADD_METRIC], result->metrics, result->metric_count) &&
           write_numbers(w, w->statements[ADD_FAULT_COUNT], result->faults, result->fault_count) &&
           write_probes(w, result) && write_notes(w, result) && write_fields(w, result) && write_findings(w, result);
}
