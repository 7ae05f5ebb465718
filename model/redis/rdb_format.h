/* Numbers of the RDB format (reference 16.4 to 16.6), for its writer and reader. */
#ifndef MODEL_REDIS_RDB_FORMAT_H
#define MODEL_REDIS_RDB_FORMAT_H

enum { RDB_VERSION = 10 };

enum rdb_opcode {
    RDB_FUNCTION = 0xf5,
    RDB_FUNCTION_OLD = 0xf6,
    RDB_MODULE_AUX = 0xf7,
    RDB_IDLE = 0xf8,
    RDB_FREQ = 0xf9,
    RDB_AUX = 0xfa,
    RDB_RESIZEDB = 0xfb,
    RDB_EXPIRE_MS = 0xfc,
    RDB_EXPIRE_S = 0xfd,
    RDB_SELECTDB = 0xfe,
    RDB_EOF = 0xff
};

enum rdb_type {
    RDB_STRING = 0,
    RDB_LIST = 1,
    RDB_SET = 2,
    RDB_ZSET_TEXT = 3, /* scores as text */
    RDB_HASH = 4,
    RDB_ZSET = 5,
    RDB_LIST_ZIPLIST = 10,
    RDB_SET_INTSET = 11,
    RDB_ZSET_ZIPLIST = 12,
    RDB_HASH_ZIPLIST = 13,
    RDB_QUICKLIST = 14, /* of ziplists */
    RDB_HASH_LISTPACK = 16,
    RDB_ZSET_LISTPACK = 17,
    RDB_QUICKLIST_2 = 18 /* of listpacks and plain nodes */
};

/* Nodes of a quicklist 2. */
enum rdb_node { RDB_NODE_PLAIN = 1, RDB_NODE_PACKED = 2 };

/* The first two bits of a length say its form. */
enum rdb_length { RDB_LEN_6 = 0, RDB_LEN_14 = 1, RDB_LEN_32 = 0x80, RDB_LEN_64 = 0x81, RDB_LEN_SPECIAL = 3 };

/* What a special length announces. */
enum rdb_encoding { RDB_INT8 = 0, RDB_INT16 = 1, RDB_INT32 = 2, RDB_LZF = 3 };

#endif
