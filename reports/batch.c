/* Multi-row inserts. */
#include "reports/batch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SQL_ROOM 2048

static void append(char *sql, const char *text) {
    size_t len = strlen(sql);

    assert(len + strlen(text) < SQL_ROOM);
    memcpy(sql + len, text, strlen(text) + 1);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *into, int columns, int rows) {
    char sql[SQL_ROOM] = "";
    sqlite3_stmt *statement = NULL;

    append(sql, into);
    append(sql, " VALUES ");
    for (int row = 0; row < rows; row++) {
        append(sql, row ? ", (?1" : "(?1");
        for (int column = 0; column < columns; column++) append(sql, ", ?");
        append(sql, ")");
    }
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) return NULL;
    return statement;
}

bool batch_prepare(struct batch *batch, sqlite3 *db, const char *into) {
    batch->columns = 0;
    for (const char *c = into; *c; c++) batch->columns += *c == ',';
    batch->one = prepare(db, into, batch->columns, 1);
    batch->many = prepare(db, into, batch->columns, BATCH_ROWS);
    return batch->one && batch->many;
}

bool batch_write(struct batch *batch, const struct spool *rows, int64_t run, batch_bind_fn *bind, const void *ctx) {
    const char *at = rows->at;
    size_t left = rows->rows;

    sqlite3_bind_int64(batch->one, 1, run);
    sqlite3_bind_int64(batch->many, 1, run);
    while (left > 0) {
        int count = left >= BATCH_ROWS ? BATCH_ROWS : 1;
        sqlite3_stmt *statement = count == 1 ? batch->one : batch->many;

        for (int i = 0; i < count; i++) at += bind(statement, i * batch->columns + 2, at, ctx);
        sqlite3_step(statement);
        if (sqlite3_reset(statement) != SQLITE_OK) return false;
        left -= (size_t)count;
    }
    assert(rows->rows == 0 || at == rows->at + rows->len);
    return true;
}

void batch_finalize(struct batch *batch) {
    sqlite3_finalize(batch->one);
    sqlite3_finalize(batch->many);
    *batch = (struct batch){0};
}
