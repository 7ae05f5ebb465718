/* One database: entries in pages, found by key; the part of the keyspace that commands work on.
 *
 * An entry stays where it is from its key's creation to its removal; slots of removed ones are used again, the latest
 * first. Whoever changes an entry goes through the functions below: they copy what an open snapshot still needs, and
 * keep the digest, the memory account and the deadlines up to date. */
#ifndef MODEL_REDIS_DATABASE_H
#define MODEL_REDIS_DATABASE_H

#include <assert.h>

#include "model/redis/access.h"
#include "model/redis/deadlines.h"
#include "model/redis/object.h"
#include "model/redis/slot_index.h"

enum { PAGE_ENTRIES = 32 };

/* A key without a time to live. */
#define NO_DEADLINE INT64_C(-1)

/* One cache line. Read only, outside database.c and snapshot.c. */
struct entry {
    uint64_t hash;    /* of the key */
    struct text *key; /* in a free slot NULL */
    union object value;
    struct dataset_digest value_digest; /* object_digest(value) */
    int64_t deadline;                   /* ms since 1970, or NO_DEADLINE */
    uint32_t key_epoch, value_epoch;    /* made in this epoch: an open snapshot of a later one needs them */
    uint8_t type;                       /* enum object_type; OBJECT_NONE in a free slot */
    uint8_t place;                      /* in its page */
    uint16_t deadline_serial;           /* counts its deadlines */
    union {
        uint32_t access;    /* access.h */
        uint32_t next_free; /* in a free slot: the next one */
    };
};

static_assert(sizeof(struct entry) == 64, "an entry is a cache line");

struct shadow;

struct page {
    void *block;           /* as the pool gave it: pages are aligned to cache lines */
    struct shadow *shadow; /* how the open snapshot sees it; NULL: as it is */
    uint32_t epoch;        /* made, or last shadowed, in this epoch */
    uint32_t number;
    _Alignas(64) struct entry entries[PAGE_ENTRIES];
};

struct database {
    struct pool *pool;
    const struct access_clock *clock; /* the keyspace's */
    struct page **pages;
    uint32_t page_count, page_room;
    uint32_t slots;     /* ever used */
    uint32_t free_slot; /* the first of the chain, or NO_SLOT */
    struct slot_index index;
    struct deadlines deadlines;
    uint64_t size;          /* keys */
    uint64_t expires;       /* of them with a deadline */
    uint32_t expire_cursor; /* where database_next_volatile() goes on */
    __extension__ __int128 deadline_sum;
    struct dataset_digest digest; /* sum over the keys, without the database's number */
    uint64_t memory;              /* keys and values, by accounting.h; without hash buckets */
    uint64_t version;             /* changes */
    uint32_t epoch;               /* how many snapshots were opened before now */
    struct snapshot *snapshot;    /* the open one that sees this database, or NULL */
    int frozen_as;                /* its number there */
    bool orphan;                  /* only the snapshot sees it still: freed with it */
};

struct database *database_create(struct pool *pool, const struct access_clock *clock, uint32_t epoch, uint64_t version);
/* Frees it, or leaves it to the snapshot that still sees it. */
void database_release(struct database *db);

/* NULL if there is none. Valid until the key is removed. */
struct entry *database_find(const struct database *db, struct bytes key);
/* Adds a key that is not there; the value becomes the database's. */
struct entry *database_add(struct database *db, struct bytes key, enum object_type type, union object value);
void database_remove(struct database *db, struct entry *e);
/* Moves value and deadline of e to a key that is not there, of this or another database of the same keyspace; e is
 * removed. */
struct entry *database_move(struct database *from, struct entry *e, struct database *to, struct bytes key);

/* The entry in a slot below db->slots, NULL if it is free. */
static inline struct entry *database_slot(const struct database *db, uint32_t slot) {
    struct entry *e = &db->pages[slot / PAGE_ENTRIES]->entries[slot % PAGE_ENTRIES];
    return e->type == OBJECT_NONE ? NULL : e;
}

/* Makes the value a string of these bytes, whatever it was; in place where that is possible. */
void entry_set_text(struct database *db, struct entry *e, struct bytes b);
/* Replaces the value; the new one becomes the database's. */
void entry_replace(struct database *db, struct entry *e, enum object_type type, union object value);
void entry_set_deadline(struct database *db, struct entry *e, int64_t deadline);
/* Opens the value for changes in place: between the two calls the caller may change it (and put another pointer
 * into e->value, when the value moved), and nothing else happens to the database. */
union object *entry_open(struct database *db, struct entry *e);
void entry_close(struct database *db, struct entry *e);

/* Some of its keys by chance, each at most once, at most n into `keys`; how many. At least one, if there is any. With
 * only_volatile only keys with a deadline are taken. */
size_t database_sample(struct database *db, struct chance *chance, bool only_volatile, struct entry **keys, size_t n);

/* The keys with a deadline one after the other, in an order that has nothing to do with their deadlines, round and
 * round: the next one. *places counts down the places that are looked at for it; NULL when it comes to 0. */
struct entry *database_next_volatile(struct database *db, uint32_t *places);

/* The key whose deadline comes first (ties: the lowest slot); NULL if none has one. O(1) amortised. */
struct entry *database_first_deadline(struct database *db);

#endif
