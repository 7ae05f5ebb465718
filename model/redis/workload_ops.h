/* What clients can do: the operations of `ops`, and how their commands are put on the wire.
 *
 * Keys are CLIENT:OP:0 to CLIENT:OP:N-1. An operation that only reads, and one that only removes or sets a deadline,
 * would find nothing under keys of its own: it acts on the keys of the first operation of the same type, in the order
 * of the table, that the client's `ops` name and that writes; on keys of its own where there is none. */
#ifndef MODEL_REDIS_WORKLOAD_OPS_H
#define MODEL_REDIS_WORKLOAD_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"

enum op_access { OP_WRITES, OP_READS, OP_REMOVES };
enum op_type { OP_STRING, OP_LIST, OP_HASH, OP_SET, OP_ZSET, OP_ANY_TYPE };

/* What follows the key. */
enum op_arg {
    ARG_NONE,
    ARG_VALUE,   /* unique bytes of the drawn size */
    ARG_MEMBER,  /* m:0 to m:15 */
    ARG_SMALL,   /* 1 to 16 */
    ARG_NUMBER,  /* the command's number: grows */
    ARG_ONE,     /* 1 */
    ARG_ZERO,    /* 0 */
    ARG_NINE,    /* 9 */
    ARG_NEXT_KEY /* the key after the drawn one */
};

struct op_kind {
    const char *name; /* in `ops`; the command's name, too */
    enum op_access access;
    enum op_type type;
    bool idempotent; /* twice does what once does */
    enum op_arg args[3];
};

/* Ends with name == NULL. */
extern const struct op_kind workload_op_kinds[];
/* Their names in the same order, NULL at the end: the choices of `ops`. */
extern const char *const workload_op_names[];

/* An operation of one client, ready to be written. */
struct op_encoder {
    const struct op_kind *kind;
    size_t arg_count;
    bool uses_member;    /* the command depends on op_draw.member */
    struct bytes client; /* its name; the caller's */
    char head[48];       /* "*3\r\n$3\r\nSET\r\n" */
    size_t head_len;
    struct bytes key_heads[20]; /* by number of digits - 1: "$11\r\nCLIENT:OP:" */
};

/* What one command is made of. */
struct op_draw {
    uint64_t number; /* of the command, in the client: makes values unique */
    uint64_t key, keys;
    uint32_t member; /* 0 to 15 */
    size_t value_size;
};

/* `weights` are those of `ops`, in the order of the table; `op` is the index to encode. */
void op_encoder_init(struct op_encoder *e, struct pool *pool, const char *client, const uint32_t *weights, size_t op);

/* Appends the command. */
void op_encode(const struct op_encoder *e, const struct op_draw *draw, struct buffer *out);

#endif
