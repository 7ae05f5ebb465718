/* Counters: strings that hold a number. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/extended.h"

/* Puts a number's text at a key, keeping its time to live. */
static void put(struct exec *ex, struct entry *e, struct bytes text) {
    struct database *db = exec_database(ex);
    if (e)
        entry_set_text(db, e, text);
    else
        database_add(db, ex->argv[1], OBJECT_STRING, (union object){.text = text_create(db->pool, text)});
    ex->dirty++;
}

static void increment(struct exec *ex, int64_t by) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    int64_t n = 0;
    if (e && !resp_parse_number(text_bytes(e->value.text), &n)) {
        reply_error(ex, "ERR value is not an integer or out of range");
        return;
    }
    if (__builtin_add_overflow(n, by, &n)) {
        reply_error(ex, "ERR increment or decrement would overflow");
        return;
    }
    char text[21];
    size_t len = resp_format_number(n, text);
    put(ex, e, (struct bytes){text, len});
    reply_number(ex, n);
}

void command_incr(struct exec *ex) {
    increment(ex, 1);
}

void command_decr(struct exec *ex) {
    increment(ex, -1);
}

void command_incrby(struct exec *ex) {
    int64_t by;
    if (exec_number(ex, 2, &by)) increment(ex, by);
}

void command_decrby(struct exec *ex) {
    int64_t by;
    if (!exec_number(ex, 2, &by)) return;
    if (by == INT64_MIN)
        reply_error(ex, "ERR decrement would overflow");
    else
        increment(ex, -by);
}

void command_incrbyfloat(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    struct extended value = {0}, by;
    if ((e && !extended_parse(text_bytes(e->value.text), &value)) || !extended_parse(ex->argv[2], &by)) {
        reply_error(ex, "ERR value is not a valid float");
        return;
    }
    if (!extended_add(value, by, &value)) {
        reply_error(ex, "ERR increment would produce NaN or Infinity");
        return;
    }
    char text[EXTENDED_ROOM];
    struct bytes result = {text, extended_format(value, text)};
    put(ex, e, result);
    reply_bulk(ex, result);
    exec_rewrite(ex, (struct bytes[]){resp_text("SET"), ex->argv[1], result, resp_text("KEEPTTL")}, 4);
}
