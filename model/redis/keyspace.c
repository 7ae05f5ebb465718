/* The dataset: 16 databases, their digest and memory, expiry. See keyspace.h. */
#include "model/redis/keyspace.h"

#include <assert.h>

#include "model/redis/accounting.h"
#include "model/redis/database.h"
#include "model/redis/digest.h"
#include "model/redis/snapshot.h"

struct keyspace {
    struct pool *pool;
    struct database *dbs[KEYSPACE_DBS];
    uint64_t version; /* changes beside those the databases count */
    struct snapshot *snapshot;
};

/* Of a keyspace without a clock. */
static const struct access_clock no_clock = {.frozen = true};

struct keyspace *keyspace_create(struct pool *pool) {
    struct keyspace *ks = POOL_NEW(pool, struct keyspace);
    ks->pool = pool;
    for (int i = 0; i < KEYSPACE_DBS; i++) ks->dbs[i] = database_create(pool, &no_clock, 0, 0);
    return ks;
}

void keyspace_set_clock(struct keyspace *ks, const struct access_clock *clock) {
    for (int i = 0; i < KEYSPACE_DBS; i++) ks->dbs[i]->clock = clock;
}

void keyspace_destroy(struct keyspace *ks) {
    for (int i = 0; i < KEYSPACE_DBS; i++) database_release(ks->dbs[i]);
    if (ks->snapshot) snapshot_disown(ks->snapshot);
    pool_free(ks->pool, ks, sizeof *ks);
}

struct database *keyspace_database(const struct keyspace *ks, int db) {
    assert(db >= 0 && db < KEYSPACE_DBS);
    return ks->dbs[db];
}

static uint64_t flush_one(struct keyspace *ks, int i) {
    struct database *db = ks->dbs[i];
    uint64_t removed = db->size;
    if (db->slots == 0) return 0;
    ks->dbs[i] = database_create(ks->pool, db->clock, db->epoch, db->version + 1);
    database_release(db);
    return removed;
}

uint64_t keyspace_flush(struct keyspace *ks, int db) {
    assert(db >= -1 && db < KEYSPACE_DBS);
    if (db >= 0) return flush_one(ks, db);
    uint64_t removed = 0;
    for (int i = 0; i < KEYSPACE_DBS; i++) removed += flush_one(ks, i);
    return removed;
}

void keyspace_swap_databases(struct keyspace *ks, int a, int b) {
    struct database *db = keyspace_database(ks, a);
    ks->dbs[a] = keyspace_database(ks, b);
    ks->dbs[b] = db;
    ks->version++;
}

void keyspace_swap(struct keyspace *a, struct keyspace *b) {
    uint64_t version_a = keyspace_version(a), version_b = keyspace_version(b);
    uint64_t version = (version_a > version_b ? version_a : version_b) + 1;
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        struct database *db = a->dbs[i];
        a->dbs[i] = b->dbs[i];
        b->dbs[i] = db;
    }
    a->version += version - keyspace_version(a);
    b->version += version - keyspace_version(b);
}

/* --- figures ---------------------------------------------------------------------------------------------- */

uint64_t keyspace_size(const struct keyspace *ks, int db) {
    return keyspace_database(ks, db)->size;
}

uint64_t keyspace_total(const struct keyspace *ks) {
    uint64_t total = 0;
    for (int i = 0; i < KEYSPACE_DBS; i++) total += ks->dbs[i]->size;
    return total;
}

uint64_t keyspace_expires(const struct keyspace *ks, int db) {
    return keyspace_database(ks, db)->expires;
}

int64_t keyspace_avg_ttl(const struct keyspace *ks, int db, int64_t now_ms) {
    const struct database *d = keyspace_database(ks, db);
    if (d->expires == 0) return 0;
    int64_t mean = (int64_t)(d->deadline_sum / (int64_t)d->expires);
    return mean > now_ms ? mean - now_ms : 0;
}

uint64_t keyspace_memory(const struct keyspace *ks) {
    uint64_t bytes = 0;
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        const struct database *db = ks->dbs[i];
        bytes += db->memory + accounting_buckets(db->size) + accounting_buckets(db->expires);
    }
    return bytes;
}

/* An odd factor for each database: one sum cannot pass for another's. */
static uint64_t factor(int db) {
    return ((uint64_t)db + 1) * DIGEST_K1 * 2 + 1;
}

struct dataset_digest keyspace_digest(const struct keyspace *ks) {
    struct dataset_digest digest = {0, 0};
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        digest.low += ks->dbs[i]->digest.low * factor(i);
        digest.high += ks->dbs[i]->digest.high * factor(i);
    }
    return digest;
}

uint64_t keyspace_version(const struct keyspace *ks) {
    uint64_t version = ks->version;
    for (int i = 0; i < KEYSPACE_DBS; i++) version += ks->dbs[i]->version;
    return version;
}

/* --- expiry ----------------------------------------------------------------------------------------------- */

/* The key whose deadline comes first in all databases; ties go to the lower database. */
static struct entry *first_deadline(const struct keyspace *ks, int *db) {
    struct entry *first = NULL;
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        if (ks->dbs[i]->expires == 0) continue;
        struct entry *e = database_first_deadline(ks->dbs[i]);
        if (first && e->deadline >= first->deadline) continue;
        first = e;
        *db = i;
    }
    return first;
}

int64_t keyspace_next_deadline(const struct keyspace *ks) {
    int db;
    const struct entry *first = first_deadline(ks, &db);
    return first ? first->deadline : INT64_MAX;
}

/* Deletes a key and tells of it. */
static void expire(struct keyspace *ks, int db, struct entry *e, void (*deleted)(void *ctx, int db, struct bytes key),
                   void *ctx) {
    struct text *key = text_create(ks->pool, text_bytes(e->key));
    database_remove(ks->dbs[db], e);
    if (deleted) deleted(ctx, db, text_bytes(key));
    text_free(ks->pool, key);
}

struct expiry_look keyspace_expire_some(struct keyspace *ks, int db, int64_t now_ms, uint32_t keys,
                                        void (*deleted)(void *ctx, int db, struct bytes key), void *ctx) {
    enum { PLACES_FOR_A_KEY = 20 };
    struct expiry_look look = {0, 0};
    uint64_t wanted = keyspace_expires(ks, db) < keys ? keyspace_expires(ks, db) : keys;
    uint32_t places = (uint32_t)wanted * PLACES_FOR_A_KEY;
    struct entry *e;
    while (look.sampled < wanted && (e = database_next_volatile(ks->dbs[db], &places))) {
        look.sampled++;
        if (e->deadline >= now_ms) continue;
        look.expired++;
        expire(ks, db, e, deleted, ctx);
    }
    return look;
}

size_t keyspace_expire_cycle(struct keyspace *ks, int64_t now_ms, size_t limit,
                             void (*deleted)(void *ctx, int db, struct bytes key), void *ctx) {
    size_t count = 0;
    for (; count < limit; count++) {
        int db;
        struct entry *e = first_deadline(ks, &db);
        if (!e || e->deadline >= now_ms) break;
        expire(ks, db, e, deleted, ctx);
    }
    return count;
}

/* --- snapshots --------------------------------------------------------------------------------------------- */

/* A database that came by keyspace_swap may be seen by the other keyspace's snapshot. */
static bool can_open(const struct keyspace *ks) {
    if (ks->snapshot) return false;
    for (int i = 0; i < KEYSPACE_DBS; i++)
        if (ks->dbs[i]->snapshot) return false;
    return true;
}

struct snapshot *snapshot_open(struct keyspace *ks, int64_t page) {
    if (!can_open(ks)) return NULL;
    ks->snapshot = snapshot_create(ks->pool, ks->dbs, keyspace_digest(ks), keyspace_memory(ks), page, &ks->snapshot);
    return ks->snapshot;
}

struct snapshot *snapshot_open_view(struct keyspace *ks) {
    return snapshot_create_view(ks->pool, ks->dbs, keyspace_digest(ks));
}
