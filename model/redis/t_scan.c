/* Walking over the keys: KEYS, SCAN, RANDOMKEY. In order of slots; a key keeps its slot as long as it lives, so a
 * SCAN's cursor is simply the next slot. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"
#include "sim/world/chance.h"
#include "sim/world/glob.h"

/* The entry in a slot if it is there for this caller. An expired one stays: KEYS only hides it. */
static struct entry *visible(struct exec *ex, uint32_t slot) {
    struct entry *e = database_slot(exec_database(ex), slot);
    if (!e || ex->expiry == EXPIRY_IGNORE || !exec_expired(ex, e)) return e;
    return NULL;
}

/* The same for SCAN and RANDOMKEY, to which an expired key is one looked up: a master deletes it. */
static struct entry *visit(struct exec *ex, uint32_t slot) {
    struct entry *e = database_slot(exec_database(ex), slot);
    return e ? exec_find(ex, text_bytes(e->key)) : NULL;
}

void command_keys(struct exec *ex) {
    struct database *db = exec_database(ex);
    struct bytes *found = pool_alloc(ex->pool, db->size * sizeof *found);
    size_t count = 0;
    for (uint32_t slot = 0; slot < db->slots; slot++) {
        const struct entry *e = visible(ex, slot);
        if (e && glob_match(ex->argv[1], text_bytes(e->key))) found[count++] = text_bytes(e->key);
    }
    reply_array(ex, count);
    for (size_t i = 0; i < count; i++) reply_bulk(ex, found[i]);
}

struct scan_options {
    struct bytes match; /* at == NULL: all */
    struct bytes type;
    int64_t count;
};

static bool read_scan_options(struct exec *ex, struct scan_options *o) {
    *o = (struct scan_options){.count = 10};
    for (size_t i = 2; i < ex->argc; i += 2) {
        bool more = i + 1 < ex->argc, is_count = more && exec_word(ex, i, "count");
        if (is_count && !exec_number(ex, i + 1, &o->count)) return false;
        if (more && exec_word(ex, i, "match")) {
            o->match = ex->argv[i + 1];
        } else if (more && exec_word(ex, i, "type")) {
            o->type = ex->argv[i + 1];
        } else if (!is_count || o->count < 1) {
            reply_syntax_error(ex);
            return false;
        }
    }
    return true;
}

/* The entry in a slot if SCAN shows it. */
static const struct entry *scan_slot(struct exec *ex, const struct scan_options *o, uint32_t slot) {
    const struct entry *e = database_slot(exec_database(ex), slot);
    if (!e || (o->match.at && !glob_match(o->match, text_bytes(e->key)))) return NULL;
    e = visit(ex, slot);
    return e && o->type.at && !resp_word_is(o->type, object_type_name(e->type)) ? NULL : e;
}

void command_scan(struct exec *ex) {
    struct scan_options o;
    int64_t cursor;
    if (!resp_parse_number(ex->argv[1], &cursor) || cursor < 0) {
        reply_error(ex, "ERR invalid cursor");
        return;
    }
    if (!read_scan_options(ex, &o)) return;
    ex->lookup = o.type.at ? LOOKUP_COUNTS : 0;
    struct database *db = exec_database(ex);
    int64_t end = o.count < db->slots - cursor ? cursor + o.count : db->slots;
    struct bytes *found = pool_alloc(ex->pool, cursor < end ? (size_t)(end - cursor) * sizeof *found : 0);
    size_t count = 0;
    for (; cursor < end; cursor++) {
        const struct entry *e = scan_slot(ex, &o, (uint32_t)cursor);
        if (e) found[count++] = text_bytes(e->key);
    }
    reply_array(ex, 2);
    reply_bulk(ex, exec_text(ex, end < db->slots ? end : 0));
    reply_array(ex, count);
    for (size_t i = 0; i < count; i++) reply_bulk(ex, found[i]);
}

void command_randomkey(struct exec *ex) {
    ex->lookup = 0;
    struct database *db = exec_database(ex);
    uint32_t first = db->slots ? (uint32_t)chance_below(ex->chance, db->slots) : 0;
    for (uint32_t i = 0; i < db->slots; i++) {
        const struct entry *e = visit(ex, (uint32_t)(((uint64_t)first + i) % db->slots));
        if (!e) continue;
        reply_bulk(ex, text_bytes(e->key));
        return;
    }
    reply_nil(ex);
}
