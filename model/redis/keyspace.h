/* The dataset of one server: 16 databases of keys, with a running digest and O(1) snapshots.
 *
 * Keys live in pages of entries in order of insertion. A snapshot is taken in O(1); the first write to a
 * page, or to a value, after it copies that page or value for the snapshot and is accounted as copied
 * memory, as fork and copy-on-write do. At most one snapshot is open at a time (the server forks one child
 * at a time). The running digest (128 bits) is the sum over all keys of a hash of (db, key, type, value,
 * deadline): equal datasets have equal digests whatever the order of writes; kept up in O(1) a command
 * (a changed string costs its length). database.h is the door for commands. */
#ifndef MODEL_REDIS_KEYSPACE_H
#define MODEL_REDIS_KEYSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"
#include "sim/world/pool.h"
#include "sim/world/units.h"

#define KEYSPACE_DBS 16

struct keyspace;
struct access_clock;
struct database;
struct snapshot;

struct dataset_digest {
    uint64_t low, high;
};

struct keyspace *keyspace_create(struct pool *pool);
/* From now on its keys are stamped with this clock (access.h), which must outlive it; without one all stamps are 0. */
void keyspace_set_clock(struct keyspace *ks, const struct access_clock *clock);
/* Gives back all memory but what an open snapshot still sees. */
void keyspace_destroy(struct keyspace *ks);
/* Removes all keys of db, or of all with db -1; how many there were. */
uint64_t keyspace_flush(struct keyspace *ks, int db);
/* Swaps the contents of two keyspaces (swapdb load). A snapshot stays as it is, and with the keyspace it was opened on.
 */
void keyspace_swap(struct keyspace *a, struct keyspace *b);
/* SWAPDB. O(1). */
void keyspace_swap_databases(struct keyspace *ks, int a, int b);
/* A database, for commands (database.h). Another one after flush or swap. */
struct database *keyspace_database(const struct keyspace *ks, int db);

/* DEBUG POPULATE: keys "PREFIX:0" to "PREFIX:count-1" with values "value:N", cut or padded with zero bytes to `size`
 * bytes unless that is 0. Keys that are there stay as they are. */
void keyspace_populate(struct keyspace *ks, int db, uint64_t count, const char *prefix, uint64_t size);

/* Likewise with values of any type, for a scenario's `dataset`: "PREFIX:0" ... Collections get `elements` elements of
 * `size` bytes (16 if 0) each. */
enum dataset_type { DATASET_STRING, DATASET_LIST, DATASET_HASH, DATASET_SET, DATASET_ZSET };
void keyspace_populate_type(struct keyspace *ks, int db, enum dataset_type type, uint64_t count, const char *prefix,
                            uint64_t size, uint64_t elements);

uint64_t keyspace_size(const struct keyspace *ks, int db);    /* keys of one db */
uint64_t keyspace_total(const struct keyspace *ks);           /* keys of all */
uint64_t keyspace_expires(const struct keyspace *ks, int db); /* keys with a deadline */
/* Mean remaining time to live of a db's keys with a deadline in ms, 0 if none (INFO's avg_ttl). */
int64_t keyspace_avg_ttl(const struct keyspace *ks, int db, int64_t now_ms);
/* Bytes that keys, values and their tables would take in the real server's memory (accounting.h). Measured against
 * redis-server 7.0.15: within 1 % of used_memory for strings and small hashes, within 7 % for lists, sorted sets and
 * large hashes; without what an empty server takes. O(1). */
uint64_t keyspace_memory(const struct keyspace *ks);
struct dataset_digest keyspace_digest(const struct keyspace *ks);
/* DEBUG DIGEST as redis-server 7.0.15 computes it: 40 hex digits and a zero. O(n). */
void keyspace_debug_digest(const struct keyspace *ks, char hex[41]);
/* How often anything was changed: equal numbers, equal contents. */
uint64_t keyspace_version(const struct keyspace *ks);

/* Deletes keys whose deadline lies before now_ms, at most `limit`, in a fixed order; each deleted key is told to
 * `deleted` (db, key) after it is gone. How many. */
size_t keyspace_expire_cycle(struct keyspace *ks, int64_t now_ms, size_t limit,
                             void (*deleted)(void *ctx, int db, struct bytes key), void *ctx);
/* The same for one database as the real server's cycle does it: looks at up to `keys` keys with a deadline, each time
 * at the next ones, and deletes those whose time is over. */
struct expiry_look {
    uint32_t sampled, expired;
};
struct expiry_look keyspace_expire_some(struct keyspace *ks, int db, int64_t now_ms, uint32_t keys,
                                        void (*deleted)(void *ctx, int db, struct bytes key), void *ctx);
/* The earliest deadline of any key in ms since 1970, INT64_MAX if there is none. O(1) amortised. */
int64_t keyspace_next_deadline(const struct keyspace *ks);

/* --- snapshots ------------------------------------------------------------------------------------- */

/* Freezes the dataset as it is now. O(1). NULL if one is open already. `page` is the size in bytes of a page of
 * memory, for the accounting of what is copied. */
struct snapshot *snapshot_open(struct keyspace *ks, int64_t page);
/* The dataset of now, for reading before anything changes it; another may be open beside it. */
struct snapshot *snapshot_open_view(struct keyspace *ks);
void snapshot_close(struct snapshot *s);
/* Bytes of the real server's memory copied since it was opened, in whole pages (cow.h says how it is counted); without
 * the half megabyte that any fork of a real server costs. */
uint64_t snapshot_copied(const struct snapshot *s);
struct dataset_digest snapshot_digest(const struct snapshot *s);

#endif
