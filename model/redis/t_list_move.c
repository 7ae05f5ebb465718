/* Lists: from one list to another, and waiting for an element.
 *
 * A blocking command that finds nothing sets exec->block; the server waits and runs it again when a key is ready. What
 * it then takes goes into the stream as the command that does not block. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "model/redis/extended.h"
#include "model/redis/list_reply.h"

/* LEFT or RIGHT at argument i. */
static bool read_end(struct exec *ex, size_t i, bool *at_head) {
    *at_head = exec_word(ex, i, "left");
    if (*at_head || exec_word(ex, i, "right")) return true;
    reply_syntax_error(ex);
    return false;
}

/* Seconds, with a fraction; 0 waits for ever. In ms, rounded up. */
static bool read_timeout(struct exec *ex, size_t i, int64_t *ms) {
    struct extended seconds;
    if (!extended_parse(ex->argv[i], &seconds)) {
        reply_error(ex, "ERR timeout is not a float or out of range");
        return false;
    }
    if (seconds.negative) {
        reply_error(ex, "ERR timeout is negative");
        return false;
    }
    if (!extended_to_thousandths(seconds, ms)) {
        reply_error(ex, "ERR timeout is out of range");
        return false;
    }
    return true;
}

/* Nothing there: waits, or answers at once where waiting is not allowed. */
static void block_or(struct exec *ex, int64_t timeout_ms, void (*reply)(struct exec *ex)) {
    if (!ex->blocking_allowed) {
        reply(ex);
        return;
    }
    ex->block = true;
    ex->block_timeout_ms = timeout_ms;
}

/* --- moving ----------------------------------------------------------------------------------------------- */

/* Whether source and destination can be used; *source is NULL if there is nothing to take. */
static bool find_both(struct exec *ex, struct entry **source) {
    bool wrong;
    *source = exec_find_type(ex, ex->argv[1], OBJECT_LIST, &wrong);
    if (wrong) return false;
    if (*source) exec_find_type(ex, ex->argv[2], OBJECT_LIST, &wrong);
    return !wrong;
}

static void move_element(struct exec *ex, struct entry *source, bool from_head, bool to_head) {
    struct database *db = exec_database(ex);
    if (!exec_find(ex, ex->argv[2])) exec_ready(ex, ex->argv[2]);
    /* The destination first: a source that becomes empty goes, and may be the destination. */
    struct text *t = list_pop(entry_open(db, source)->list, from_head);
    entry_close(db, source);
    struct entry *to = exec_find_or_add(ex, ex->argv[2], OBJECT_LIST);
    list_push(db->pool, entry_open(db, to)->list, text_bytes(t), to_head);
    entry_close(db, to);
    if (source->value.list->count == 0) database_remove(db, source);
    ex->dirty++;
    reply_bulk(ex, text_bytes(t));
    text_free(db->pool, t);
}

void command_lmove(struct exec *ex) {
    bool from_head, to_head;
    struct entry *source;
    if (!read_end(ex, 3, &from_head) || !read_end(ex, 4, &to_head) || !find_both(ex, &source)) return;
    if (source)
        move_element(ex, source, from_head, to_head);
    else
        reply_nil(ex);
}

void command_rpoplpush(struct exec *ex) {
    struct entry *source;
    if (!find_both(ex, &source)) return;
    if (source)
        move_element(ex, source, false, true);
    else
        reply_nil(ex);
}

void command_blmove(struct exec *ex) {
    bool from_head, to_head;
    int64_t timeout_ms;
    struct entry *source;
    if (!read_end(ex, 3, &from_head) || !read_end(ex, 4, &to_head) || !read_timeout(ex, 5, &timeout_ms)) return;
    if (!find_both(ex, &source)) return;
    if (!source) {
        block_or(ex, timeout_ms, reply_nil);
        return;
    }
    move_element(ex, source, from_head, to_head);
    exec_rewrite(ex, (struct bytes[]){resp_text("LMOVE"), ex->argv[1], ex->argv[2], ex->argv[3], ex->argv[4]}, 5);
}

void command_brpoplpush(struct exec *ex) {
    int64_t timeout_ms;
    struct entry *source;
    if (!read_timeout(ex, 3, &timeout_ms) || !find_both(ex, &source)) return;
    if (!source) {
        block_or(ex, timeout_ms, reply_nil);
        return;
    }
    move_element(ex, source, false, true);
    exec_rewrite(ex, (struct bytes[]){resp_text("RPOPLPUSH"), ex->argv[1], ex->argv[2]}, 3);
}

/* --- popping from the first list that has something -------------------------------------------------------- */

static void blocking_pop(struct exec *ex, bool at_head) {
    int64_t timeout_ms;
    if (!read_timeout(ex, ex->argc - 1, &timeout_ms)) return;
    for (size_t i = 1; i + 1 < ex->argc; i++) {
        bool wrong;
        struct entry *e = exec_find_type(ex, ex->argv[i], OBJECT_LIST, &wrong);
        if (wrong) return;
        if (!e) continue;
        reply_array(ex, 2);
        reply_bulk(ex, ex->argv[i]);
        list_pop_reply(ex, e, at_head, 1);
        exec_rewrite(ex, (struct bytes[]){resp_text(at_head ? "LPOP" : "RPOP"), ex->argv[i]}, 2);
        return;
    }
    block_or(ex, timeout_ms, reply_nil_array);
}

void command_blpop(struct exec *ex) {
    blocking_pop(ex, true);
}

void command_brpop(struct exec *ex) {
    blocking_pop(ex, false);
}
