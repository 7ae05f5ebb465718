/* A temporary folder for a test, and a look into databases. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static char db_path[128];

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void folder_setup(void) {
    snprintf(folder, sizeof folder, "/tmp/detsim-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(db_path, sizeof db_path, "%s/results.db", folder);
}

static inline void folder_teardown(void) {
    nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_write(const char *path, const void *bytes, size_t n) {
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

/* The first column of the first row as text, "NULL" for NULL and for no row. The caller frees it. */
static inline char *db_ask(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    const unsigned char *text = NULL;
    char *answer;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    if (sqlite3_step(statement) == SQLITE_ROW) text = sqlite3_column_text(statement, 0);
    answer = strdup(text ? (const char *)text : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

static inline void db_expect(const char *path, const char *sql, const char *expected) {
    char *answer = db_ask(path, sql);

    ck_assert_msg(strcmp(answer, expected) == 0, "%s: got %s, expected %s", sql, answer, expected);
    free(answer);
}

static inline void db_do(const char *path, const char *sql) {
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

#endif
