/* What the data commands share: looking up keys under an expiry view, reading arguments, telling the stream.
 *
 * For t_*.c alone; the server sees command.h. Argument numbers are those of exec->argv: 1 is the first after the name.
 */
#ifndef MODEL_REDIS_EXEC_H
#define MODEL_REDIS_EXEC_H

#include "model/redis/command.h"
#include "model/redis/database.h"
#include "model/redis/resp.h"
#include "model/redis/score.h"

/* --- keys ------------------------------------------------------------------------------------------------ */

static inline struct database *exec_database(const struct exec *ex) {
    return keyspace_database(ex->ks, ex->db);
}

/* The key as this caller sees it: NULL if it is absent or has expired. An expired one is deleted first where the view
 * says so. Valid until the key is removed. */
struct entry *exec_find(struct exec *ex, struct bytes key);
struct entry *exec_find_in(struct exec *ex, int db, struct bytes key);
/* The same, of one type: replies WRONGTYPE and sets *wrong if it has another. */
struct entry *exec_find_type(struct exec *ex, struct bytes key, enum object_type type, bool *wrong);
/* For writing a collection: finds it, or adds an empty one. NULL after replying WRONGTYPE. An added one must have got
 * an element, or go through exec_close(), when the command ends. */
struct entry *exec_find_or_add(struct exec *ex, struct bytes key, enum object_type type);
/* Whether a deadline is over for this command: now is later than it. */
bool exec_expired(const struct exec *ex, const struct entry *e);
/* Ends changes in place begun by entry_open: a collection without elements is removed (true then). */
bool exec_close(struct exec *ex, struct entry *e);
/* SREM, HDEL: removes the members that arguments 2.. name from the set or hash at argument 1; replies how many. */
void exec_remove_members(struct exec *ex, enum object_type type);
/* Puts a value at a key, in place of whatever was there, without deadline. */
void exec_store(struct exec *ex, struct bytes key, enum object_type type, union object value);
/* Removes a key if it is there; whether it was. */
bool exec_delete(struct exec *ex, struct bytes key);

/* --- arguments ------------------------------------------------------------------------------------------- */

/* Whether argument i is this word, in any case. */
static inline bool exec_word(const struct exec *ex, size_t i, const char *lower_case) {
    return resp_word_is(ex->argv[i], lower_case);
}
/* Reads a whole number; replies "value is not an integer or out of range" and false if it is none. */
bool exec_number(struct exec *ex, size_t i, int64_t *n);
/* The same within bounds, with the real server's words for what lies outside. */
bool exec_number_from(struct exec *ex, size_t i, int64_t min, int64_t max, const char *error, int64_t *n);
/* Reads a score; replies "value is not a valid float". */
bool exec_score(struct exec *ex, size_t i, zscore *score);

/* Cuts a range of indexes (negative ones count from the end) to a sequence of `count`; false if nothing is left. */
bool exec_range(int64_t start, int64_t stop, uint64_t count, uint32_t *from, uint32_t *n);

/* --- the stream ------------------------------------------------------------------------------------------ */

/* A number's text in the scratch pool. */
struct bytes exec_text(struct exec *ex, int64_t n);
/* The stream carries nothing. */
void exec_rewrite_nothing(struct exec *ex);
/* A waiting client may now be served from this key. */
void exec_ready(struct exec *ex, struct bytes key);

/* --- replies --------------------------------------------------------------------------------------------- */

void reply_ok(struct exec *ex);
void reply_syntax_error(struct exec *ex);
void reply_wrong_type(struct exec *ex);
void reply_score(struct exec *ex, zscore score);

#endif
