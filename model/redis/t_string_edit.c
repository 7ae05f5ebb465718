/* Strings changed or read in part: APPEND, ranges, bits. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/exec.h"

/* The string for changes in place, `len` bytes long at least (new ones are zero); a new one if there is none. NULL
 * after replying WRONGTYPE. entry_close() ends it. */
static struct entry *open_string(struct exec *ex, struct entry *e, size_t len) {
    struct database *db = exec_database(ex);
    if (!e)
        e = database_add(db, ex->argv[1], OBJECT_STRING,
                         (union object){.text = text_create(db->pool, (struct bytes){0})});
    union object *o = entry_open(db, e);
    o->text = text_reserve(db->pool, o->text, len);
    if (len > o->text->len) {
        memset(o->text->at + o->text->len, 0, len - o->text->len);
        o->text->len = (uint32_t)len;
    }
    return e;
}

static size_t string_len(const struct entry *e) {
    return e ? e->value.text->len : 0;
}

static bool check_length(struct exec *ex, uint64_t len) {
    if (len <= TEXT_MAX) return true;
    reply_error(ex, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return false;
}

void command_strlen(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (!wrong) reply_number(ex, (int64_t)string_len(e));
}

/* Overwrites part of the string, padding it with zeros before. */
static void overwrite(struct exec *ex, struct entry *e, size_t at, struct bytes b) {
    size_t len = string_len(e) > at + b.len ? string_len(e) : at + b.len;
    e = open_string(ex, e, len);
    if (b.len) memcpy(e->value.text->at + at, b.at, b.len);
    entry_close(exec_database(ex), e);
    ex->dirty++;
    reply_number(ex, (int64_t)len);
}

void command_append(struct exec *ex) {
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong || !check_length(ex, string_len(e) + ex->argv[2].len)) return;
    overwrite(ex, e, string_len(e), ex->argv[2]);
}

void command_setrange(struct exec *ex) {
    int64_t offset;
    if (!exec_number(ex, 2, &offset)) return;
    if (offset < 0) {
        reply_error(ex, "ERR offset is out of range");
        return;
    }
    bool wrong;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    if (ex->argv[3].len == 0) {
        reply_number(ex, (int64_t)string_len(e));
        return;
    }
    if (check_length(ex, (uint64_t)offset + ex->argv[3].len)) overwrite(ex, e, (size_t)offset, ex->argv[3]);
}

void command_getrange(struct exec *ex) {
    int64_t start, stop;
    bool wrong;
    if (!exec_number(ex, 2, &start) || !exec_number(ex, 3, &stop)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    uint32_t from, count;
    /* An end before the first byte means the first byte, unless both ends are such: then nothing. */
    bool crossed = start < 0 && stop < 0 && start > stop;
    if (stop < -(int64_t)string_len(e)) stop = -(int64_t)string_len(e);
    if (crossed || !e || !exec_range(start, stop, string_len(e), &from, &count))
        reply_bulk(ex, (struct bytes){"", 0});
    else
        reply_bulk(ex, (struct bytes){e->value.text->at + from, count});
}

/* --- bits ------------------------------------------------------------------------------------------------- */

static bool read_bit_offset(struct exec *ex, uint64_t *offset) {
    int64_t n;
    if (!exec_number_from(ex, 2, 0, (int64_t)TEXT_MAX * 8 - 1, "bit offset is not an integer or out of range", &n))
        return false;
    *offset = (uint64_t)n;
    return true;
}

static int bit_at(const struct entry *e, uint64_t offset) {
    if (offset / 8 >= string_len(e)) return 0;
    return (unsigned char)e->value.text->at[offset / 8] >> (7 - offset % 8) & 1;
}

void command_getbit(struct exec *ex) {
    uint64_t offset;
    bool wrong;
    if (!read_bit_offset(ex, &offset)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (!wrong) reply_number(ex, bit_at(e, offset));
}

void command_setbit(struct exec *ex) {
    uint64_t offset;
    int64_t on;
    bool wrong;
    if (!read_bit_offset(ex, &offset)) return;
    if (!exec_number_from(ex, 3, 0, 1, "bit is not an integer or out of range", &on)) return;
    struct entry *e = exec_find_type(ex, ex->argv[1], OBJECT_STRING, &wrong);
    if (wrong) return;
    int was = bit_at(e, offset);
    if (e && offset / 8 < string_len(e) && was == on) {
        reply_number(ex, was); /* nothing changes */
        return;
    }
    e = open_string(ex, e, offset / 8 + 1);
    char *byte = &e->value.text->at[offset / 8];
    unsigned mask = 1u << (7 - offset % 8);
    *byte = (char)((unsigned char)*byte & ~mask);
    if (on) *byte = (char)((unsigned char)*byte | mask);
    entry_close(exec_database(ex), e);
    ex->dirty++;
    reply_number(ex, was);
}
