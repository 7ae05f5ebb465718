/* What a dataset would take in the real server's memory: redis-server 7.0 with jemalloc.
 *
 * The model's own structures are laid out differently; these are the sizes of the real ones (dictEntry, robj, sds,
 * listpack, intset, quicklist, skiplist), rounded up to jemalloc's size classes. All in bytes. */
#ifndef MODEL_REDIS_ACCOUNTING_H
#define MODEL_REDIS_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "model/redis/score.h"
#include "model/redis/table.h"
#include "sim/world/units.h"

struct list;

/* What malloc(n) takes. */
uint64_t accounting_block(uint64_t n);
/* An sds string of its own. */
uint64_t accounting_string(uint64_t len);
/* A string or a score as an entry of a listpack. */
uint64_t accounting_packed(struct bytes b);
uint64_t accounting_packed_score(zscore score);
/* The hash buckets of a dict of n entries. */
uint64_t accounting_buckets(uint64_t n);

/* A key in the main dict: its entry and name, without value and buckets. */
uint64_t accounting_key(uint64_t len);
/* Values with their robj. */
uint64_t accounting_text(struct bytes b);
uint64_t accounting_list(const struct list *l);
uint64_t accounting_table(const struct table *t);

/* One entry of a dict, expires included. */
#define ACCOUNTING_DICT_ENTRY 32
/* An object's header, robj. */
#define ACCOUNTING_HEADER 16
/* Whether a string lies in one block with its header (or in the header itself), and that block. */
static inline bool accounting_is_embedded(uint64_t len) {
    return len <= 44;
}

#endif
