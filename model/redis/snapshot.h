/* Snapshots: the dataset as it was at one instant, while the keyspace goes on.
 *
 * Opening marks the 16 databases and counts the epoch up: O(1). The first write to a page of entries afterwards copies
 * the page into a shadow; keys and values that leave the dataset are kept until the snapshot closes; a value changed in
 * place is copied first.
 *
 * Copied memory is accounted apart from all that: cow.h. */
#ifndef MODEL_REDIS_SNAPSHOT_H
#define MODEL_REDIS_SNAPSHOT_H

#include "model/redis/cow.h"
#include "model/redis/database.h"

/* A page as an open snapshot sees it. */
struct shadow {
    struct shadow *next;
    struct page *page;
    struct entry entries[PAGE_ENTRIES];
};

/* --- for database.c -------------------------------------------------------------------------------------- */

/* Copies the page's entries before its first change. */
void snapshot_keep_page(struct snapshot *s, struct page *page);
/* Takes over something that leaves the dataset and was there when the snapshot was opened. */
void snapshot_keep_object(struct snapshot *s, enum object_type type, union object o);
/* Bytes from `offset` of a region of the real server's memory are written to. */
void snapshot_touch(const struct database *db, enum cow_region region, uint64_t offset, uint64_t bytes);
/* A value of this many bytes was copied because it changes in place. */
void snapshot_note_copy(struct snapshot *s, uint64_t bytes);

/* --- for keyspace.c -------------------------------------------------------------------------------------- */

/* Opens a snapshot of these 16 databases, which are in the same epoch. `owner` is set to NULL when it closes. */
struct snapshot *snapshot_create(struct pool *pool, struct database *const *dbs, struct dataset_digest digest,
                                 uint64_t memory, int64_t page, struct snapshot **owner);
/* Sees them as they are, and is told of no change: for reading at once. */
struct snapshot *snapshot_create_view(struct pool *pool, struct database *const *dbs, struct dataset_digest digest);
/* The owner is gone before the snapshot. */
void snapshot_disown(struct snapshot *s);

/* --- reading --------------------------------------------------------------------------------------------- */

/* How many keys a database had, and how many of them with a deadline. */
uint64_t snapshot_size(const struct snapshot *s, int db);
uint64_t snapshot_expires(const struct snapshot *s, int db);

/* A place in the walk over a database; begin with 0. */
struct snapshot_cursor {
    int db;
    uint32_t slot;
};
/* The next entry of the cursor's database, NULL at its end. The entry is valid until the keyspace changes; its key and
 * value until the snapshot closes. */
const struct entry *snapshot_next(const struct snapshot *s, struct snapshot_cursor *cursor);

#endif
