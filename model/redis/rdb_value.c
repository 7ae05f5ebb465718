/* Reading an RDB file: values of each type. See rdb_reader.h. */
#include <assert.h>

#include "model/redis/rdb_reader.h"
#include "model/redis/score.h"

/* How the elements of a type lie in the file. */
enum layout {
    LAYOUT_PLAIN,  /* count, then strings (and scores) one by one */
    LAYOUT_PACKED, /* one string with all */
    LAYOUT_NODES,  /* count, then strings with many each */
    LAYOUT_NODES_2 /* count, then a container kind and a string each */
};

struct value_type {
    enum object_type object;
    enum layout layout;
    enum packed_kind packed;
};

static const struct value_type types[] = {
    [RDB_LIST] = {OBJECT_LIST, LAYOUT_PLAIN, 0},
    [RDB_SET] = {OBJECT_SET, LAYOUT_PLAIN, 0},
    [RDB_ZSET_TEXT] = {OBJECT_ZSET, LAYOUT_PLAIN, 0},
    [RDB_HASH] = {OBJECT_HASH, LAYOUT_PLAIN, 0},
    [RDB_ZSET] = {OBJECT_ZSET, LAYOUT_PLAIN, 0},
    [RDB_LIST_ZIPLIST] = {OBJECT_LIST, LAYOUT_PACKED, PACKED_ZIPLIST},
    [RDB_SET_INTSET] = {OBJECT_SET, LAYOUT_PACKED, PACKED_INTSET},
    [RDB_ZSET_ZIPLIST] = {OBJECT_ZSET, LAYOUT_PACKED, PACKED_ZIPLIST},
    [RDB_HASH_ZIPLIST] = {OBJECT_HASH, LAYOUT_PACKED, PACKED_ZIPLIST},
    [RDB_QUICKLIST] = {OBJECT_LIST, LAYOUT_NODES, PACKED_ZIPLIST},
    [RDB_HASH_LISTPACK] = {OBJECT_HASH, LAYOUT_PACKED, PACKED_LISTPACK},
    [RDB_ZSET_LISTPACK] = {OBJECT_ZSET, LAYOUT_PACKED, PACKED_LISTPACK},
    [RDB_QUICKLIST_2] = {OBJECT_LIST, LAYOUT_NODES_2, PACKED_LISTPACK},
};

static struct pool *value_pool(const struct rdb_reader *r) {
    return keyspace_database(r->into, r->db)->pool;
}

/* --- adding elements to the value ---------------------------------------------------------------------------- */

static void add_member(struct rdb_reader *r, struct bytes member) {
    if (table_find(r->object.table, member))
        rdb_fail_here(r, "Duplicate set members detected");
    else
        table_add_member(value_pool(r), r->object.table, member);
}

static void add_field(struct rdb_reader *r, struct bytes field, struct bytes value) {
    if (table_find(r->object.table, field))
        rdb_fail_here(r, "Duplicate hash fields detected");
    else
        table_add_field(value_pool(r), r->object.table, field, value);
}

static void add_scored(struct rdb_reader *r, struct bytes member, zscore score) {
    if (zset_find(r->object.zset, member))
        rdb_fail_here(r, "Duplicate zset fields detected");
    else
        zset_add(value_pool(r), r->object.zset, member, score);
}

/* A second string (value or score) for the first. */
static void add_pair(struct rdb_reader *r, struct bytes first, struct bytes second) {
    zscore score;
    if (r->object_type == OBJECT_HASH)
        add_field(r, first, second);
    else if (score_parse(second, &score))
        add_scored(r, first, score);
    else
        rdb_fail_here(r, "Zset with a score that is not a number detected");
}

static bool has_pairs(const struct rdb_reader *r) {
    return r->object_type == OBJECT_HASH || r->object_type == OBJECT_ZSET;
}

static void add_one(struct rdb_reader *r, struct bytes element) {
    if (r->object_type == OBJECT_LIST)
        list_push(value_pool(r), r->object.list, element, false);
    else
        add_member(r, element);
}

/* --- one string with many elements ---------------------------------------------------------------------------- */

static void add_packed(struct rdb_reader *r) {
    struct packed p, first;
    struct bytes a, b;
    enum packed_step step = PACKED_BAD;
    if (packed_open(&p, types[r->type].packed, buffer_bytes(&r->text))) {
        while (r->status == RDB_MORE && (step = packed_next(&p, &a)) == PACKED_ELEMENT) {
            if (!has_pairs(r)) {
                add_one(r, a);
                continue;
            }
            first = p; /* a number's text lies in the walk itself */
            if (a.at == p.number) a.at = first.number;
            step = packed_next(&p, &b);
            if (step != PACKED_ELEMENT) {
                step = PACKED_BAD;
                break;
            }
            add_pair(r, a, b);
        }
    }
    if (step == PACKED_BAD) rdb_fail_here(r, "%s integrity check failed.", object_type_name(r->object_type));
}

static void packed_value(struct rdb_reader *r) {
    add_packed(r);
    if (r->status == RDB_MORE) rdb_end_key(r);
}

/* --- elements one by one ---------------------------------------------------------------------------------------- */

static void next_element(struct rdb_reader *r);

static void element_done(struct rdb_reader *r) {
    text_free(r->pool, r->name);
    r->name = NULL;
    r->left--;
    if (r->status == RDB_MORE) next_element(r);
}

static void element_second(struct rdb_reader *r) {
    add_pair(r, text_bytes(r->name), buffer_bytes(&r->text));
    element_done(r);
}

static void element_binary_score(struct rdb_reader *r) {
    uint64_t bits = rdb_little_endian(r, 0, 8);
    zscore score;
    memcpy(&score, &bits, sizeof score);
    if (score_is_number(score))
        add_scored(r, text_bytes(r->name), score);
    else
        rdb_fail_here(r, "Zset with NAN score detected");
    element_done(r);
}

static void element_text_score(struct rdb_reader *r) {
    add_pair(r, text_bytes(r->name), (struct bytes){(const char *)r->fixed, r->fixed_len});
    element_done(r);
}

/* One byte: the length of the text, or one of three names. */
static void element_score_length(struct rdb_reader *r) {
    enum { SCORE_NAN = 253, SCORE_PLUS_INF = 254, SCORE_MINUS_INF = 255 };
    unsigned len = r->fixed[0];
    if (len == 0 || len == SCORE_NAN) {
        rdb_fail_here(r, "Zset with NAN score detected");
    } else if (len == SCORE_PLUS_INF || len == SCORE_MINUS_INF) {
        const char *inf = len == SCORE_PLUS_INF ? "inf" : "-inf";
        add_pair(r, text_bytes(r->name), (struct bytes){inf, strlen(inf)});
        element_done(r);
    } else {
        rdb_want_fixed(r, len, element_text_score);
    }
}

static void element_first(struct rdb_reader *r) {
    struct bytes element = buffer_bytes(&r->text);
    if (!has_pairs(r)) {
        add_one(r, element);
        element_done(r);
        return;
    }
    r->name = text_create(r->pool, element);
    if (r->type == RDB_HASH)
        rdb_want_string(r, element_second);
    else if (r->type == RDB_ZSET)
        rdb_want_fixed(r, 8, element_binary_score);
    else
        rdb_want_fixed(r, 1, element_score_length);
}

/* --- quicklists --------------------------------------------------------------------------------------------------- */

static void node_done(struct rdb_reader *r) {
    if (types[r->type].layout == LAYOUT_NODES_2 && r->container == RDB_NODE_PLAIN)
        add_one(r, buffer_bytes(&r->text));
    else
        add_packed(r);
    element_done(r);
}

static void node_container(struct rdb_reader *r) {
    r->container = r->length;
    if (r->special || (r->container != RDB_NODE_PLAIN && r->container != RDB_NODE_PACKED))
        rdb_fail_here(r, "Quicklist integrity check failed.");
    else
        rdb_want_string(r, node_done);
}

static void next_element(struct rdb_reader *r) {
    if (r->left == 0) {
        rdb_end_key(r);
        return;
    }
    switch (types[r->type].layout) {
    case LAYOUT_NODES:
        rdb_want_string(r, node_done);
        return;
    case LAYOUT_NODES_2:
        rdb_want_length(r, node_container);
        return;
    default:
        rdb_want_string(r, element_first);
    }
}

/* --- the beginning ------------------------------------------------------------------------------------------------ */

static void counted(struct rdb_reader *r) {
    if (r->special) {
        rdb_fail_here(r, "Bad number of elements");
        return;
    }
    r->left = r->length;
    next_element(r);
}

static void string_value(struct rdb_reader *r) {
    r->object_type = OBJECT_STRING;
    r->object.text = text_create(value_pool(r), buffer_bytes(&r->text));
    rdb_end_key(r);
}

void rdb_begin_value(struct rdb_reader *r) {
    if (r->type == RDB_STRING) {
        rdb_want_string(r, string_value);
        return;
    }
    if (r->type >= sizeof types / sizeof *types || types[r->type].object == OBJECT_NONE) {
        rdb_fail(r, RDB_FAULT_READ, "Internal error in RDB reading offset %llu -> Unknown RDB encoding type %u",
                 (unsigned long long)r->position, r->type);
        return;
    }
    r->object_type = types[r->type].object;
    r->object = object_create(value_pool(r), r->object_type);
    if (types[r->type].layout == LAYOUT_PACKED)
        rdb_want_string(r, packed_value);
    else
        rdb_want_length(r, counted);
}
