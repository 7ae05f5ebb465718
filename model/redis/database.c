/* One database: entries, pages, and the sums over them. See database.h. */
#include "model/redis/database.h"

#include <assert.h>

#include "model/redis/accounting.h"
#include "model/redis/digest.h"
#include "model/redis/snapshot.h"

enum { CACHE_LINE = 64 };

static struct page *page_of(struct entry *e) {
    return CONTAINER_OF(e - e->place, struct page, entries);
}

static uint32_t slot_of(struct entry *e) {
    return page_of(e)->number * PAGE_ENTRIES + e->place;
}

/* --- sums ---------------------------------------------------------------------------------------------- */

/* What a key contributes to the digest: a function of key, type, value and deadline. */
static struct dataset_digest entry_digest(const struct entry *e) {
    uint64_t deadline = (uint64_t)e->deadline;
    struct dataset_digest key = {e->hash + deadline * DIGEST_K5 + e->type * DIGEST_K6,
                                 (e->hash ^ deadline * DIGEST_K3) * DIGEST_K4 + e->type * DIGEST_K2};
    return digest_pair(key, e->value_digest);
}

/* Takes an entry out of the digest, before it changes or goes. */
static void untally(struct database *db, const struct entry *e) {
    digest_sub(&db->digest, entry_digest(e));
}

/* Counts an entry in, after it came or changed. */
static void tally(struct database *db, const struct entry *e) {
    digest_add(&db->digest, entry_digest(e));
    db->version++;
}

/* --- what an open snapshot needs ------------------------------------------------------------------------ */

/* Before any write to an entry: the snapshot keeps the page as it was. */
static void touch(struct database *db, struct page *page) {
    if (db->snapshot && page->epoch != db->epoch) snapshot_keep_page(db->snapshot, page);
    page->epoch = db->epoch;
}

static bool snapshot_needs(const struct database *db, uint32_t made_in) {
    return db->snapshot && made_in != db->epoch;
}

/* The real server writes to the n-th block of a region. */
static void touch_block(const struct database *db, enum cow_region region, uint64_t n, uint64_t size) {
    snapshot_touch(db, region, n * size, size);
}

static void touch_bucket(const struct database *db, const struct entry *e) {
    if (!db->snapshot) return;
    enum { BUCKET = 8 };
    uint64_t buckets = accounting_buckets(db->size) / BUCKET;
    if (buckets) touch_block(db, COW_BUCKETS, e->hash & (buckets - 1), BUCKET);
}

static void touch_dict_entry(const struct database *db, struct entry *e) {
    if (snapshot_needs(db, e->key_epoch)) touch_block(db, COW_ENTRIES, slot_of(e), ACCOUNTING_DICT_ENTRY);
}

/* A string is written to, or its blocks are given to the one that replaces it. */
static void touch_string(const struct database *db, struct entry *e) {
    uint64_t memory = accounting_text(text_bytes(e->value.text));
    if (memory == 0 || !snapshot_needs(db, e->value_epoch)) return;
    if (accounting_is_embedded(e->value.text->len)) {
        touch_block(db, COW_STRINGS, slot_of(e), memory);
        return;
    }
    touch_block(db, COW_HEADERS, slot_of(e), ACCOUNTING_HEADER);
    touch_block(db, COW_STRINGS, slot_of(e), memory - ACCOUNTING_HEADER);
}

static void drop_key(struct database *db, struct entry *e) {
    db->memory -= accounting_key(e->key->len);
    if (snapshot_needs(db, e->key_epoch))
        snapshot_keep_object(db->snapshot, OBJECT_STRING, (union object){.text = e->key});
    else
        text_free(db->pool, e->key);
    e->key = NULL;
}

static void drop_value(struct database *db, struct entry *e) {
    db->memory -= object_memory(e->type, e->value);
    if (snapshot_needs(db, e->value_epoch))
        snapshot_keep_object(db->snapshot, e->type, e->value);
    else
        object_free(db->pool, e->type, e->value);
    e->type = OBJECT_NONE;
}

static void take_value(struct database *db, struct entry *e, enum object_type type, union object value) {
    e->type = (uint8_t)type;
    e->value = value;
    e->value_epoch = db->epoch;
    e->value_digest = object_digest(type, value);
    db->memory += object_memory(type, value);
}

/* --- slots ---------------------------------------------------------------------------------------------- */

static void add_page(struct database *db) {
    if (db->page_count == db->page_room) {
        uint32_t room = db->page_room ? db->page_room * 2 : 4;
        db->pages = pool_resize(db->pool, db->pages, db->page_room * sizeof *db->pages, room * sizeof *db->pages);
        db->page_room = room;
    }
    void *block = pool_zalloc(db->pool, sizeof(struct page) + CACHE_LINE);
    struct page *page = (struct page *)(((uintptr_t)block + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1));
    page->block = block;
    page->epoch = db->epoch;
    page->number = db->page_count;
    for (uint8_t i = 0; i < PAGE_ENTRIES; i++) page->entries[i].place = i;
    db->pages[db->page_count++] = page;
}

/* A free entry that may be written. */
static struct entry *take_slot(struct database *db) {
    uint32_t slot = db->free_slot;
    if (slot == NO_SLOT) {
        slot = db->slots++;
        if (slot / PAGE_ENTRIES == db->page_count) add_page(db);
    }
    struct page *page = db->pages[slot / PAGE_ENTRIES];
    struct entry *e = &page->entries[slot % PAGE_ENTRIES];
    touch(db, page);
    if (slot == db->free_slot) db->free_slot = e->next_free;
    assert(e->type == OBJECT_NONE);
    return e;
}

static struct entry *new_entry(struct database *db, struct bytes key) {
    struct entry *e = take_slot(db);
    e->hash = digest_hash(key);
    e->key = text_create(db->pool, key);
    e->key_epoch = db->epoch;
    e->access = db->clock->now;
    e->deadline = NO_DEADLINE;
    db->memory += accounting_key(key.len);
    slot_index_insert(db->pool, &db->index, e->hash, slot_of(e));
    touch_bucket(db, e);
    db->size++;
    return e;
}

/* Gives the slot of an entry back whose key and value are gone. */
static void free_entry(struct database *db, struct entry *e) {
    uint32_t slot = slot_of(e);
    touch_bucket(db, e);
    touch_dict_entry(db, e);
    slot_index_remove(&db->index, e->hash, slot);
    e->next_free = db->free_slot;
    db->free_slot = slot;
    db->size--;
    db->version++;
}

/* --- deadlines ------------------------------------------------------------------------------------------ */

static bool still_due(const void *ctx, struct deadline d) {
    const struct entry *e = database_slot(ctx, d.slot);
    return e && e->deadline == d.when && e->deadline_serial == d.serial;
}

static void change_deadline(struct database *db, struct entry *e, int64_t deadline) {
    if (e->deadline != NO_DEADLINE) {
        db->expires--;
        db->deadline_sum -= e->deadline;
        db->memory -= ACCOUNTING_DICT_ENTRY;
        if (snapshot_needs(db, e->key_epoch)) touch_block(db, COW_EXPIRES, slot_of(e), ACCOUNTING_DICT_ENTRY);
    }
    e->deadline = deadline;
    if (deadline == NO_DEADLINE) return;
    db->expires++;
    db->deadline_sum += deadline;
    db->memory += ACCOUNTING_DICT_ENTRY;
    struct deadline one = {deadline, slot_of(e), ++e->deadline_serial};
    deadlines_add(db->pool, &db->deadlines, one, db->expires, still_due, db);
}

struct entry *database_first_deadline(struct database *db) {
    struct deadline first;
    if (!deadlines_first(&db->deadlines, &first, still_due, db)) return NULL;
    return database_slot(db, first.slot);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

struct database *database_create(struct pool *pool, const struct access_clock *clock, uint32_t epoch,
                                 uint64_t version) {
    struct database *db = POOL_NEW(pool, struct database);
    db->pool = pool;
    db->clock = clock;
    db->epoch = epoch;
    db->version = version;
    db->free_slot = NO_SLOT;
    return db;
}

void database_release(struct database *db) {
    slot_index_free(db->pool, &db->index);
    deadlines_free(db->pool, &db->deadlines);
    if (db->snapshot) {
        db->orphan = true;
        return;
    }
    for (uint32_t slot = 0; slot < db->slots; slot++) {
        struct entry *e = database_slot(db, slot);
        if (!e) continue;
        text_free(db->pool, e->key);
        object_free(db->pool, e->type, e->value);
    }
    for (uint32_t i = 0; i < db->page_count; i++)
        pool_free(db->pool, db->pages[i]->block, sizeof(struct page) + CACHE_LINE);
    if (db->pages) pool_free(db->pool, db->pages, db->page_room * sizeof *db->pages);
    pool_free(db->pool, db, sizeof *db);
}

struct entry *database_find(const struct database *db, struct bytes key) {
    uint64_t hash = digest_hash(key);
    uint32_t at = slot_index_begin(hash), slot;
    while ((slot = slot_index_next(&db->index, hash, &at)) != NO_SLOT) {
        struct entry *e = &db->pages[slot / PAGE_ENTRIES]->entries[slot % PAGE_ENTRIES];
        if (e->hash == hash && bytes_equal(text_bytes(e->key), key)) return e;
    }
    return NULL;
}

struct entry *database_add(struct database *db, struct bytes key, enum object_type type, union object value) {
    struct entry *e = new_entry(db, key);
    take_value(db, e, type, value);
    tally(db, e);
    return e;
}

void database_remove(struct database *db, struct entry *e) {
    assert(e->type != OBJECT_NONE);
    touch(db, page_of(e));
    untally(db, e);
    change_deadline(db, e, NO_DEADLINE);
    drop_value(db, e);
    drop_key(db, e);
    free_entry(db, e);
}

struct entry *database_move(struct database *from, struct entry *e, struct database *to, struct bytes key) {
    assert(from->epoch == to->epoch);
    uint64_t memory = object_memory(e->type, e->value);
    struct entry *moved = new_entry(to, key);
    moved->type = e->type;
    moved->value = e->value;
    moved->value_epoch = e->value_epoch;
    moved->access = e->access;
    moved->value_digest = e->value_digest;
    change_deadline(to, moved, e->deadline);
    to->memory += memory;
    tally(to, moved);

    touch(from, page_of(e));
    untally(from, e);
    change_deadline(from, e, NO_DEADLINE);
    from->memory -= memory;
    e->type = OBJECT_NONE;
    drop_key(from, e);
    free_entry(from, e);
    return moved;
}

/* --- changing entries ----------------------------------------------------------------------------------- */

/* The value is about to be replaced. The new one is used now; how often, it takes over. */
static void touch_replaced(struct database *db, struct entry *e) {
    touch(db, page_of(e));
    if (!db->clock->frequency) e->access = db->clock->now;
    if (!db->snapshot) return;
    touch_dict_entry(db, e);
    if (e->type == OBJECT_STRING) touch_string(db, e);
}

void entry_set_text(struct database *db, struct entry *e, struct bytes b) {
    touch_replaced(db, e);
    untally(db, e);
    if (e->type == OBJECT_STRING && !snapshot_needs(db, e->value_epoch) && text_fits(e->value.text, b.len)) {
        db->memory -= accounting_text(text_bytes(e->value.text));
        text_assign(e->value.text, b);
        db->memory += accounting_text(b);
        e->value_digest = digest_of_bytes(b);
    } else {
        union object value = {.text = text_create(db->pool, b)};
        drop_value(db, e);
        take_value(db, e, OBJECT_STRING, value);
    }
    tally(db, e);
}

void entry_replace(struct database *db, struct entry *e, enum object_type type, union object value) {
    touch_replaced(db, e);
    untally(db, e);
    drop_value(db, e);
    take_value(db, e, type, value);
    tally(db, e);
}

void entry_set_deadline(struct database *db, struct entry *e, int64_t deadline) {
    if (e->deadline == deadline) return;
    touch(db, page_of(e));
    untally(db, e);
    change_deadline(db, e, deadline);
    tally(db, e);
}

/* Gives the entry a copy of its value, before the first change in place that the open snapshot must not see. */
static void unshare(struct database *db, struct entry *e) {
    if (e->type == OBJECT_STRING)
        touch_string(db, e);
    else
        snapshot_note_copy(db->snapshot, object_memory(e->type, e->value));
    union object copy = object_copy(db->pool, e->type, e->value);
    snapshot_keep_object(db->snapshot, e->type, e->value);
    e->value = copy;
    e->value_epoch = db->epoch;
}

union object *entry_open(struct database *db, struct entry *e) {
    touch(db, page_of(e));
    untally(db, e);
    db->memory -= object_memory(e->type, e->value);
    if (snapshot_needs(db, e->value_epoch)) unshare(db, e);
    return &e->value;
}

void entry_close(struct database *db, struct entry *e) {
    e->value_digest = object_digest(e->type, e->value);
    db->memory += object_memory(e->type, e->value);
    tally(db, e);
}
