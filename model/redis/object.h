/* Values of any type behind one door: what the keyspace, snapshots and RDB files do with a value without knowing it. */
#ifndef MODEL_REDIS_OBJECT_H
#define MODEL_REDIS_OBJECT_H

#include "model/redis/keyspace.h"
#include "model/redis/list.h"
#include "model/redis/table.h"
#include "model/redis/text.h"
#include "model/redis/zset.h"

enum object_type { OBJECT_NONE, OBJECT_STRING, OBJECT_LIST, OBJECT_SET, OBJECT_ZSET, OBJECT_HASH, OBJECT_TYPES };

/* Which member counts says the type that is kept beside it. */
union object {
    struct text *text;
    struct list *list;
    struct table *table; /* set and hash */
    struct zset *zset;
};

/* "string", "list", ... as TYPE answers; "none". */
const char *object_type_name(enum object_type type);

/* An empty collection. */
union object object_create(struct pool *pool, enum object_type type);
void object_free(struct pool *pool, enum object_type type, union object o);
union object object_copy(struct pool *pool, enum object_type type, union object o);
/* Depends on the contents alone, not on how they came to be. O(1), O(length) for strings. */
struct dataset_digest object_digest(enum object_type type, union object o);
/* Bytes in the real server's memory (accounting.h). O(1). */
uint64_t object_memory(enum object_type type, union object o);
/* Elements of a collection, 1 for a string. */
uint64_t object_count(enum object_type type, union object o);

#endif
