/* Values of any type. See object.h. */
#include "model/redis/object.h"

#include <assert.h>

#include "model/redis/accounting.h"
#include "model/redis/digest.h"

const char *object_type_name(enum object_type type) {
    static const char *const names[OBJECT_TYPES] = {"none", "string", "list", "set", "zset", "hash"};
    assert(type < OBJECT_TYPES);
    return names[type];
}

union object object_create(struct pool *pool, enum object_type type) {
    switch (type) {
    case OBJECT_LIST:
        return (union object){.list = list_create(pool)};
    case OBJECT_SET:
        return (union object){.table = table_create(pool, TABLE_SET)};
    case OBJECT_HASH:
        return (union object){.table = table_create(pool, TABLE_HASH)};
    case OBJECT_ZSET:
        return (union object){.zset = zset_create(pool)};
    default:
        assert(false && "a collection");
        return (union object){NULL};
    }
}

void object_free(struct pool *pool, enum object_type type, union object o) {
    switch (type) {
    case OBJECT_STRING:
        text_free(pool, o.text);
        break;
    case OBJECT_LIST:
        list_free(pool, o.list);
        break;
    case OBJECT_SET:
    case OBJECT_HASH:
        table_free(pool, o.table);
        break;
    case OBJECT_ZSET:
        zset_free(pool, o.zset);
        break;
    default:
        assert(false && "a value");
    }
}

union object object_copy(struct pool *pool, enum object_type type, union object o) {
    switch (type) {
    case OBJECT_STRING:
        return (union object){.text = text_create(pool, text_bytes(o.text))};
    case OBJECT_LIST:
        return (union object){.list = list_copy(pool, o.list)};
    case OBJECT_SET:
    case OBJECT_HASH:
        return (union object){.table = table_copy(pool, o.table)};
    case OBJECT_ZSET:
        return (union object){.zset = zset_copy(pool, o.zset)};
    default:
        assert(false && "a value");
        return o;
    }
}

struct dataset_digest object_digest(enum object_type type, union object o) {
    switch (type) {
    case OBJECT_STRING:
        return digest_of_bytes(text_bytes(o.text));
    case OBJECT_LIST:
        return o.list->digest;
    case OBJECT_SET:
    case OBJECT_HASH:
        return o.table->sum;
    case OBJECT_ZSET:
        return o.zset->table->sum;
    default:
        assert(false && "a value");
        return (struct dataset_digest){0, 0};
    }
}

uint64_t object_memory(enum object_type type, union object o) {
    switch (type) {
    case OBJECT_STRING:
        return accounting_text(text_bytes(o.text));
    case OBJECT_LIST:
        return accounting_list(o.list);
    case OBJECT_SET:
    case OBJECT_HASH:
        return accounting_table(o.table);
    case OBJECT_ZSET:
        return accounting_table(o.zset->table);
    default:
        assert(false && "a value");
        return 0;
    }
}

uint64_t object_count(enum object_type type, union object o) {
    switch (type) {
    case OBJECT_STRING:
        return 1;
    case OBJECT_LIST:
        return o.list->count;
    case OBJECT_SET:
    case OBJECT_HASH:
        return o.table->count;
    case OBJECT_ZSET:
        return zset_count(o.zset);
    default:
        assert(false && "a value");
        return 0;
    }
}
