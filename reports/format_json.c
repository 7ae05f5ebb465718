/* The runs as JSON lines: the members of `detsim run --format json`. */
#include <inttypes.h>
#include <string.h>

#include "reports/formats.h"
#include "reports/readable.h"

/* An array or object whose members come row by row. */
struct members {
    FILE *out;
    const char *separator; /* "" before the first */
    char node[80];         /* whose object is open, for `nodes` */
};

static void put_string(FILE *out, const char *text) {
    fputc('"', out);
    readable_put(out, READABLE_JSON, text, 0);
    fputc('"', out);
}

static void put_name(FILE *out, const char *name) {
    put_string(out, name);
    fputc(':', out);
}

/* A value as its type in the database says: numbers as numbers. */
static void put_value(FILE *out, sqlite3_stmt *row, int column) {
    if (sqlite3_column_type(row, column) == SQLITE_INTEGER)
        fprintf(out, "%lld", (long long)sqlite3_column_int64(row, column));
    else if (sqlite3_column_type(row, column) == SQLITE_NULL)
        fputs("null", out);
    else
        put_string(out, evidence_text(row, column));
}

/* {"column name":value,...}: the statement's column names are the members' names. */
static void put_object(void *ctx, sqlite3_stmt *row) {
    struct members *m = ctx;

    fputs(m->separator, m->out);
    m->separator = ",";
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        fputc(i ? ',' : '{', m->out);
        put_name(m->out, sqlite3_column_name(row, i));
        put_value(m->out, row, i);
    }
    fputc('}', m->out);
}

static void put_pair(void *ctx, sqlite3_stmt *row) {
    struct members *m = ctx;

    fputs(m->separator, m->out);
    m->separator = ",";
    put_name(m->out, evidence_text(row, 0));
    put_value(m->out, row, 1);
}

static void put_text(void *ctx, sqlite3_stmt *row) {
    struct members *m = ctx;

    fputs(m->separator, m->out);
    m->separator = ",";
    put_string(m->out, evidence_text(row, 0));
}

/* Rows of node, field, value in the order of nodes become "node":{"field":value,...},... */
static void put_field(void *ctx, sqlite3_stmt *row) {
    struct members *m = ctx;
    const char *node = evidence_text(row, 0);

    if (m->separator[0] == 0 || strncmp(m->node, node, sizeof m->node - 1) != 0) {
        if (m->separator[0]) fputs("},", m->out);
        put_name(m->out, node);
        fputc('{', m->out);
        snprintf(m->node, sizeof m->node, "%s", node);
    } else {
        fputc(',', m->out);
    }
    m->separator = ",";
    put_name(m->out, evidence_text(row, 1));
    put_value(m->out, row, 2);
}

static bool put_members(FILE *out, struct evidence *e, int64_t run, const char *name, char open, const char *sql,
                        evidence_row_fn *row, const char *close) {
    struct members m = {.out = out, .separator = ""};

    fputc(',', out);
    put_name(out, name);
    fputc(open, out);
    if (!evidence_each(e, sql, run, row, &m)) return false;
    if (row == put_field && m.separator[0]) fputc('}', out);
    fputs(close, out);
    return true;
}

static bool put_run(FILE *out, struct evidence *e, const struct run_row *run) {
    fputs("{\"scenario\":", out);
    put_string(out, run->file);
    fprintf(out, ",\"seed\":%" PRIu64 ",\"run\":%" PRId64 ",\"trace\":", run->seed, run->id);
    put_string(out, run->trace);
    fprintf(out, ",\"verdict\":\"%s\",\"sim_ns\":%" PRId64 ",\"events\":%" PRId64 ",\"wall_ns\":%" PRId64,
            run->passed ? "pass" : "fail", run->sim_ns, run->events, run->wall_ns);
    if (!run->passed) {
        fputs(",\"failure\":", out);
        put_string(out, run->failure);
    }
    return put_members(out, e, run->id, "checks", '[',
                       "SELECT name, verdict, count, detail, at_ns FROM check_result WHERE run = ?1", put_object,
                       "]") &&
           put_members(out, e, run->id, "expectations", '[',
                       "SELECT line, text, verdict, got, at_ns FROM expectation_result WHERE run = ?1 ORDER BY ord",
                       put_object, "]") &&
           put_members(out, e, run->id, "nodes", '{',
                       "SELECT node, field, value FROM node_final WHERE run = ?1 ORDER BY ord", put_field, "}") &&
           put_members(out, e, run->id, "metrics", '{', "SELECT name, value FROM metric WHERE run = ?1", put_pair,
                       "}") &&
           put_members(out, e, run->id, "faults", '{', "SELECT kind, count FROM fault_count WHERE run = ?1", put_pair,
                       "}") &&
           put_members(out, e, run->id, "probes", '{', "SELECT name, count FROM probe WHERE run = ?1", put_pair, "}") &&
           put_members(out, e, run->id, "notes", '[', "SELECT text FROM note WHERE run = ?1 ORDER BY ord", put_text,
                       "]") &&
           fputs("}\n", out) >= 0;
}

bool format_json(FILE *out, struct evidence *e) {
    for (size_t i = 0; i < e->run_count; i++)
        if (!put_run(out, e, &e->runs[i])) return false;
    return true;
}
