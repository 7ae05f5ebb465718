#include "model/redis/workload_ops.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct op_kind workload_op_kinds[] = {
    {"set", OP_WRITES, OP_STRING, true, {ARG_VALUE}},
    {"get", OP_READS, OP_STRING, true, {ARG_NONE}},
    {"incr", OP_WRITES, OP_STRING, false, {ARG_NONE}},
    {"incrby", OP_WRITES, OP_STRING, false, {ARG_SMALL}},
    {"decr", OP_WRITES, OP_STRING, false, {ARG_NONE}},
    {"append", OP_WRITES, OP_STRING, false, {ARG_VALUE}},
    {"getset", OP_WRITES, OP_STRING, true, {ARG_VALUE}},
    {"del", OP_REMOVES, OP_ANY_TYPE, true, {ARG_NONE}},
    {"lpush", OP_WRITES, OP_LIST, false, {ARG_VALUE}},
    {"rpush", OP_WRITES, OP_LIST, false, {ARG_VALUE}},
    {"lpop", OP_REMOVES, OP_LIST, false, {ARG_NONE}},
    {"rpop", OP_REMOVES, OP_LIST, false, {ARG_NONE}},
    {"llen", OP_READS, OP_LIST, true, {ARG_NONE}},
    {"lrange", OP_READS, OP_LIST, true, {ARG_ZERO, ARG_NINE}},
    {"hset", OP_WRITES, OP_HASH, true, {ARG_MEMBER, ARG_VALUE}},
    {"hget", OP_READS, OP_HASH, true, {ARG_MEMBER}},
    {"hincrby", OP_WRITES, OP_HASH, false, {ARG_MEMBER, ARG_ONE}},
    {"hdel", OP_REMOVES, OP_HASH, true, {ARG_MEMBER}},
    {"sadd", OP_WRITES, OP_SET, true, {ARG_MEMBER}},
    {"srem", OP_REMOVES, OP_SET, true, {ARG_MEMBER}},
    {"sismember", OP_READS, OP_SET, true, {ARG_MEMBER}},
    {"smembers", OP_READS, OP_SET, true, {ARG_NONE}},
    {"zadd", OP_WRITES, OP_ZSET, true, {ARG_NUMBER, ARG_MEMBER}},
    {"zincrby", OP_WRITES, OP_ZSET, false, {ARG_ONE, ARG_MEMBER}},
    {"zrem", OP_REMOVES, OP_ZSET, true, {ARG_MEMBER}},
    {"zscore", OP_READS, OP_ZSET, true, {ARG_MEMBER}},
    {"setex", OP_WRITES, OP_STRING, true, {ARG_SMALL, ARG_VALUE}},
    {"expire", OP_REMOVES, OP_ANY_TYPE, true, {ARG_SMALL}},
    {"getdel", OP_REMOVES, OP_STRING, true, {ARG_NONE}},
    {"mset", OP_WRITES, OP_STRING, true, {ARG_VALUE, ARG_NEXT_KEY, ARG_VALUE}},
    {"spop", OP_REMOVES, OP_SET, false, {ARG_NONE}},
    {NULL, OP_WRITES, OP_STRING, true, {ARG_NONE}},
};

const char *const workload_op_names[] = {
    "set",  "get",     "incr",   "incrby", "decr",  "append",  "getset", "del",  "lpush", "rpush",     "lpop",
    "rpop", "llen",    "lrange", "hset",   "hget",  "hincrby", "hdel",   "sadd", "srem",  "sismember", "smembers",
    "zadd", "zincrby", "zrem",   "zscore", "setex", "expire",  "getdel", "mset", "spop",  NULL,
};

_Static_assert(sizeof workload_op_kinds / sizeof *workload_op_kinds ==
                   sizeof workload_op_names / sizeof *workload_op_names,
               "one name an operation");

/* Whose keys an operation acts on. */
static const struct op_kind *key_maker(const uint32_t *weights, const struct op_kind *kind) {
    if (kind->access == OP_WRITES) return kind;
    for (size_t i = 0; workload_op_kinds[i].name; i++) {
        const struct op_kind *k = &workload_op_kinds[i];
        if (weights[i] == 0 || k->access != OP_WRITES) continue;
        if (kind->type == OP_ANY_TYPE || k->type == kind->type) return k;
    }
    return kind;
}

static size_t count_args(const struct op_kind *kind) {
    size_t n = 0;
    while (n < sizeof kind->args / sizeof *kind->args && kind->args[n] != ARG_NONE) n++;
    return n;
}

/* Whether what follows the key needs the drawn member. */
static bool uses_member(const struct op_kind *kind) {
    for (size_t i = 0; i < sizeof kind->args / sizeof *kind->args; i++) {
        if (kind->args[i] == ARG_MEMBER || kind->args[i] == ARG_SMALL) return true;
    }
    return false;
}

void op_encoder_init(struct op_encoder *e, struct pool *pool, const char *client, const uint32_t *weights, size_t op) {
    const struct op_kind *kind = &workload_op_kinds[op];
    assert(kind->name && strcmp(kind->name, workload_op_names[op]) == 0);
    *e = (struct op_encoder){.kind = kind, .arg_count = count_args(kind), .uses_member = uses_member(kind)};
    e->client = (struct bytes){client, strlen(client)};
    int n =
        snprintf(e->head, sizeof e->head, "*%zu\r\n$%zu\r\n%s\r\n", 2 + e->arg_count, strlen(kind->name), kind->name);
    assert(n > 0 && (size_t)n < sizeof e->head);
    e->head_len = (size_t)n;
    for (size_t i = 0; i < e->head_len; i++) {
        if (e->head[i] >= 'a' && e->head[i] <= 'z') e->head[i] = (char)(e->head[i] - 'a' + 'A');
    }
    const char *maker = key_maker(weights, kind)->name;
    size_t prefix = strlen(client) + strlen(maker) + 2;
    for (size_t digits = 1; digits <= sizeof e->key_heads / sizeof *e->key_heads; digits++) {
        char *head = pool_printf(pool, "$%zu\r\n%s:%s:", prefix + digits, client, maker);
        e->key_heads[digits - 1] = (struct bytes){head, strlen(head)};
    }
}

/* --- on the wire: the buffer has room for all that is put -------------------------------------------------- */

/* Decimal digits, right-aligned. */
struct digits {
    char text[20];
    size_t at;
};

static inline struct digits make_digits(uint64_t n) {
    struct digits d;
    d.at = sizeof d.text;
    do {
        d.text[--d.at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return d;
}

static inline size_t digits_count(const struct digits *d) {
    return sizeof d->text - d->at;
}

static inline char *put_bytes(char *at, const char *bytes, size_t n) {
    memcpy(at, bytes, n);
    return at + n;
}

static inline char *put_digits(char *at, const struct digits *d) {
    return put_bytes(at, d->text + d->at, digits_count(d));
}

static inline char *put_end(char *at) {
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static inline char *put_length(char *at, size_t n) {
    *at++ = '$';
    if (n < 10) {
        *at++ = (char)('0' + n);
    } else {
        struct digits d = make_digits(n);
        at = put_digits(at, &d);
    }
    return put_end(at);
}

static char *put_number(char *at, uint64_t n) {
    struct digits d = make_digits(n);
    return put_end(put_digits(put_length(at, digits_count(&d)), &d));
}

static char *put_key(char *at, const struct op_encoder *e, uint64_t key) {
    struct digits d = make_digits(key);
    const struct bytes *head = &e->key_heads[digits_count(&d) - 1];
    return put_end(put_digits(put_bytes(at, head->at, head->len), &d));
}

static char *put_member(char *at, uint32_t member) {
    struct digits d = make_digits(member);
    return put_end(put_digits(put_bytes(put_length(at, 2 + digits_count(&d)), "m:", 2), &d));
}

/* `NUMBER:CLIENT...`: unique as long as the number fits; where it does not, its last digits. */
static char *put_value(char *at, struct bytes client, uint64_t number, size_t size) {
    struct digits d = make_digits(number);
    size_t count = digits_count(&d);
    at = put_length(at, size);
    if (count >= size) return put_end(put_bytes(at, d.text + sizeof d.text - size, size));
    char *end = at + size;
    at = put_digits(at, &d);
    *at++ = ':';
    size_t name = client.len < (size_t)(end - at) ? client.len : (size_t)(end - at);
    at = put_bytes(at, client.at, name);
    memset(at, '.', (size_t)(end - at));
    return put_end(end);
}

void op_encode(const struct op_encoder *e, const struct op_draw *draw, struct buffer *out) {
    size_t longest_key = e->key_heads[sizeof e->key_heads / sizeof *e->key_heads - 1].len;
    size_t most = e->head_len + 2 * (longest_key + 24) + 2 * (draw->value_size + 48) + 64;
    buffer_reserve(out, most);
    char *at = put_bytes(out->at + out->len, e->head, e->head_len);
    at = put_key(at, e, draw->key);
    for (size_t i = 0; i < e->arg_count; i++) {
        switch (e->kind->args[i]) {
        case ARG_NONE:
            break;
        case ARG_VALUE:
            at = put_value(at, e->client, draw->number, draw->value_size);
            break;
        case ARG_MEMBER:
            at = put_member(at, draw->member);
            break;
        case ARG_SMALL:
            at = put_number(at, draw->member + 1);
            break;
        case ARG_NUMBER:
            at = put_number(at, draw->number);
            break;
        case ARG_ONE:
            at = put_number(at, 1);
            break;
        case ARG_ZERO:
            at = put_number(at, 0);
            break;
        case ARG_NINE:
            at = put_number(at, 9);
            break;
        case ARG_NEXT_KEY:
            at = put_key(at, e, (draw->key + 1) % draw->keys);
            break;
        }
    }
    assert((size_t)(at - (out->at + out->len)) <= most);
    out->len = (size_t)(at - out->at);
    out->at[out->len] = 0;
}
