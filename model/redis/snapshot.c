/* Snapshots. See snapshot.h. */
#include "model/redis/snapshot.h"

#include <assert.h>

/* A key or value that left the dataset. */
struct kept {
    enum object_type type;
    union object object;
};

/* One database as it was. */
struct frozen {
    struct database *db;
    uint32_t slots;
    uint64_t size, expires;
    struct cow_pages pages[COW_REGIONS];
};

struct snapshot {
    struct pool *pool;
    struct snapshot **owner;
    struct frozen frozen[KEYSPACE_DBS];
    bool view; /* changes nothing in the databases */
    struct dataset_digest digest;
    struct shadow *shadows;
    struct kept *kept;
    size_t kept_count, kept_room;
    struct cow cow;
};

struct snapshot *snapshot_create(struct pool *pool, struct database *const *dbs, struct dataset_digest digest,
                                 uint64_t memory, int64_t page, struct snapshot **owner) {
    assert(page > 0);
    uint64_t pages = (memory + (uint64_t)page - 1) / (uint64_t)page;
    struct snapshot *s = POOL_NEW(pool, struct snapshot);
    s->pool = pool;
    s->owner = owner;
    s->digest = digest;
    s->cow = (struct cow){.pool = pool, .page = (uint64_t)page, .most = pages * (uint64_t)page};
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        struct database *db = dbs[i];
        assert(!db->snapshot);
        db->epoch++;
        db->snapshot = s;
        db->frozen_as = i;
        s->frozen[i] = (struct frozen){.db = db, .slots = db->slots, .size = db->size, .expires = db->expires};
    }
    return s;
}

struct snapshot *snapshot_create_view(struct pool *pool, struct database *const *dbs, struct dataset_digest digest) {
    struct snapshot *s = POOL_NEW(pool, struct snapshot);
    s->pool = pool;
    s->view = true;
    s->digest = digest;
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        struct database *db = dbs[i];
        s->frozen[i] = (struct frozen){.db = db, .slots = db->slots, .size = db->size, .expires = db->expires};
    }
    return s;
}

void snapshot_disown(struct snapshot *s) {
    s->owner = NULL;
}

static void free_shadows(struct snapshot *s) {
    struct shadow *next;
    for (struct shadow *shadow = s->shadows; shadow; shadow = next) {
        next = shadow->next;
        shadow->page->shadow = NULL;
        pool_free(s->pool, shadow, sizeof *shadow);
    }
}

void snapshot_close(struct snapshot *s) {
    if (s->view) {
        pool_free(s->pool, s, sizeof *s);
        return;
    }
    free_shadows(s);
    for (size_t i = 0; i < s->kept_count; i++) object_free(s->pool, s->kept[i].type, s->kept[i].object);
    if (s->kept) pool_free(s->pool, s->kept, s->kept_room * sizeof *s->kept);
    for (int i = 0; i < KEYSPACE_DBS; i++) {
        struct database *db = s->frozen[i].db;
        for (int region = 0; region < COW_REGIONS; region++) cow_pages_free(&s->cow, &s->frozen[i].pages[region]);
        db->snapshot = NULL;
        if (db->orphan) database_release(db);
    }
    if (s->owner) *s->owner = NULL;
    pool_free(s->pool, s, sizeof *s);
}

uint64_t snapshot_copied(const struct snapshot *s) {
    return s->cow.copied;
}

struct dataset_digest snapshot_digest(const struct snapshot *s) {
    return s->digest;
}

void snapshot_note_copy(struct snapshot *s, uint64_t bytes) {
    cow_add(&s->cow, bytes);
}

void snapshot_touch(const struct database *db, enum cow_region region, uint64_t offset, uint64_t bytes) {
    struct snapshot *s = db->snapshot;
    cow_touch(&s->cow, &s->frozen[db->frozen_as].pages[region], offset, bytes);
}

void snapshot_keep_page(struct snapshot *s, struct page *page) {
    assert(!page->shadow);
    struct shadow *shadow = pool_alloc(s->pool, sizeof *shadow);
    *shadow = (struct shadow){.next = s->shadows, .page = page};
    memcpy(shadow->entries, page->entries, sizeof shadow->entries);
    s->shadows = shadow;
    page->shadow = shadow;
}

void snapshot_keep_object(struct snapshot *s, enum object_type type, union object o) {
    if (s->kept_count == s->kept_room) {
        size_t room = s->kept_room ? s->kept_room * 2 : 64;
        s->kept = pool_resize(s->pool, s->kept, s->kept_room * sizeof *s->kept, room * sizeof *s->kept);
        s->kept_room = room;
    }
    s->kept[s->kept_count++] = (struct kept){type, o};
}

uint64_t snapshot_size(const struct snapshot *s, int db) {
    return s->frozen[db].size;
}

uint64_t snapshot_expires(const struct snapshot *s, int db) {
    return s->frozen[db].expires;
}

const struct entry *snapshot_next(const struct snapshot *s, struct snapshot_cursor *cursor) {
    const struct frozen *frozen = &s->frozen[cursor->db];
    while (cursor->slot < frozen->slots) {
        const struct page *page = frozen->db->pages[cursor->slot / PAGE_ENTRIES];
        const struct entry *entries = page->shadow && !s->view ? page->shadow->entries : page->entries;
        const struct entry *e = &entries[cursor->slot++ % PAGE_ENTRIES];
        if (e->type != OBJECT_NONE) return e;
    }
    return NULL;
}
