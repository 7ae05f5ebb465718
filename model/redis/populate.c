/* Data that is there from the beginning: DEBUG POPULATE and a scenario's `dataset`. */
#include <assert.h>

#include "model/redis/database.h"
#include "model/redis/resp.h"
#include "sim/world/buffer.h"

enum { DEFAULT_ELEMENT_SIZE = 16 };

/* "WORD:N", cut or padded with zeros to size bytes unless that is 0. Valid until the buffer changes. */
static struct bytes numbered(struct buffer *b, const char *word, uint64_t n, uint64_t size) {
    char digits[21];
    buffer_clear(b);
    buffer_puts(b, word);
    buffer_putc(b, ':');
    buffer_put(b, digits, resp_format_number((int64_t)n, digits));
    if (size == 0) return buffer_bytes(b);
    while (b->len < size) buffer_putc(b, 0);
    return (struct bytes){b->at, size};
}

/* The i-th element of a collection. */
static void add_element(struct pool *pool, enum object_type type, union object o, uint64_t i, struct buffer *b,
                        uint64_t size) {
    struct buffer name;
    buffer_init(&name, pool);
    switch (type) {
    case OBJECT_LIST:
        list_push(pool, o.list, numbered(b, "element", i, size), false);
        break;
    case OBJECT_SET:
        table_add_member(pool, o.table, numbered(b, "member", i, 0));
        break;
    case OBJECT_ZSET:
        zset_add(pool, o.zset, numbered(b, "member", i, 0), score_of_number((int64_t)i));
        break;
    case OBJECT_HASH:
        table_add_field(pool, o.table, numbered(&name, "field", i, 0), numbered(b, "value", i, size));
        break;
    default:
        assert(false && "a collection");
    }
    buffer_free(&name);
}

static union object make_value(struct pool *pool, enum object_type type, uint64_t n, struct buffer *b, uint64_t size,
                               uint64_t elements) {
    if (type == OBJECT_STRING) return (union object){.text = text_create(pool, numbered(b, "value", n, size))};
    union object o = object_create(pool, type);
    for (uint64_t i = 0; i < elements; i++) add_element(pool, type, o, i, b, size ? size : DEFAULT_ELEMENT_SIZE);
    return o;
}

void keyspace_populate_type(struct keyspace *ks, int db, enum dataset_type type, uint64_t count, const char *prefix,
                            uint64_t size, uint64_t elements) {
    static const enum object_type types[] = {OBJECT_STRING, OBJECT_LIST, OBJECT_HASH, OBJECT_SET, OBJECT_ZSET};
    assert(type == DATASET_STRING || elements > 0);
    struct database *into = keyspace_database(ks, db);
    struct buffer key, value;
    buffer_init(&key, into->pool);
    buffer_init(&value, into->pool);
    for (uint64_t n = 0; n < count; n++) {
        struct bytes name = numbered(&key, prefix, n, 0);
        if (database_find(into, name)) continue;
        database_add(into, name, types[type], make_value(into->pool, types[type], n, &value, size, elements));
    }
    buffer_free(&key);
    buffer_free(&value);
}

void keyspace_populate(struct keyspace *ks, int db, uint64_t count, const char *prefix, uint64_t size) {
    keyspace_populate_type(ks, db, DATASET_STRING, count, prefix, size, 0);
}
