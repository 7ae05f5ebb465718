/* A machine's disk: files as the kernel has them, what of them is durable, power loss, faults. */
#include "sim/world/disk.h"

#include <assert.h>
#include <xxhash.h>

#include "sim/world/machine.h"

#define SECTOR 512u /* bytes that a disk writes whole or not at all */

/* --- inodes and directories ----------------------------------------------------------------------------- */

static struct inode *inode_new(struct pool *pool) {
    struct inode *inode = POOL_NEW(pool, struct inode);
    buffer_init(&inode->bytes, pool);
    return inode;
}

void disk_inode_release(struct pool *pool, struct inode *inode) {
    if (!inode) return;
    assert(inode->refs > 0);
    if (--inode->refs > 0) return;
    buffer_free(&inode->bytes);
    pool_free(pool, inode, sizeof(*inode));
}

static struct inode *directory_find(const struct directory *d, const char *name) {
    for (uint32_t i = 0; i < d->count; i++)
        if (strcmp(d->names[i].name, name) == 0) return d->names[i].inode;
    return NULL;
}

static void directory_append(struct pool *pool, struct directory *d, const char *name, struct inode *inode) {
    if (d->count == d->room) {
        uint32_t room = d->room + 8;
        d->names = pool_resize(pool, d->names, d->room * sizeof(*d->names), room * sizeof(*d->names));
        d->room = room;
    }
    d->names[d->count++] = (struct disk_name){pool_strdup(pool, name), inode};
}

/* The name points to the inode from now on; with NULL it is gone. */
static void directory_set(struct pool *pool, struct directory *d, const char *name, struct inode *inode) {
    if (inode) inode->refs++;
    for (uint32_t i = 0; i < d->count; i++) {
        struct disk_name *n = &d->names[i];
        if (strcmp(n->name, name) != 0) continue;
        disk_inode_release(pool, n->inode);
        n->inode = inode;
        if (inode) return;
        pool_free(pool, n->name, strlen(n->name) + 1);
        for (d->count--; i < d->count; i++) d->names[i] = d->names[i + 1];
        return;
    }
    if (inode) directory_append(pool, d, name, inode);
}

static void directory_clear(struct pool *pool, struct directory *d) {
    while (d->count > 0) {
        struct disk_name *n = &d->names[--d->count];
        pool_free(pool, n->name, strlen(n->name) + 1);
        disk_inode_release(pool, n->inode);
    }
}

/* --- the journal of names ------------------------------------------------------------------------------- */

static void change_name(struct machine *m, const char *name, struct inode *inode, bool with_next) {
    struct disk *d = &m->disk;
    struct pool *pool = m->world->pool;
    if (d->change_count == d->change_room) {
        uint32_t room = d->change_room + 8;
        size_t unit = sizeof(*d->changes);
        d->changes = pool_resize(pool, d->changes, d->change_room * unit, room * unit);
        d->change_room = room;
    }
    if (inode) inode->refs++;
    d->changes[d->change_count++] = (struct name_change){pool_strdup(pool, name), inode, with_next};
    directory_set(pool, &d->now, name, inode);
}

/* Makes the first n changes durable and forgets all. */
static void settle_names(struct machine *m, uint32_t n) {
    struct disk *d = &m->disk;
    struct pool *pool = m->world->pool;
    for (uint32_t i = 0; i < d->change_count; i++) {
        struct name_change *c = &d->changes[i];
        if (i < n) directory_set(pool, &d->durable, c->name, c->inode);
        pool_free(pool, c->name, strlen(c->name) + 1);
        disk_inode_release(pool, c->inode);
    }
    d->change_count = 0;
}

/* A file that is made durable brings its own name along, as on ext4: the changes up to its creation. */
static void settle_name_of(struct machine *m, const struct inode *inode) {
    struct disk *d = &m->disk;
    for (uint32_t i = 0; i < d->change_count; i++) {
        struct name_change *c = &d->changes[i];
        if (c->inode != inode || directory_find(&d->durable, c->name) == inode) continue;
        if (i == 0 || !d->changes[i - 1].with_next) directory_set(m->world->pool, &d->durable, c->name, c->inode);
        return;
    }
}

/* --- power loss ----------------------------------------------------------------------------------------- */

/* Of the bytes behind the last fsync: none, all, or a first part with holes; by sectors. */
static void tear(struct disk *d, struct inode *inode) {
    size_t len = inode->bytes.len;
    uint64_t fate = chance_below(&d->tearing, 3);
    if (inode->durable >= len || fate == 0) {
        inode->bytes.len = inode->durable < len ? inode->durable : len;
    } else if (fate == 1) {
        uint64_t kept = chance_below(&d->tearing, len - inode->durable + 1);
        size_t end = (inode->durable + kept) / SECTOR * SECTOR;
        inode->bytes.len = end > inode->durable ? end : inode->durable;
        for (size_t at = (inode->durable + SECTOR - 1) / SECTOR * SECTOR; at + SECTOR <= inode->bytes.len; at += SECTOR)
            if (chance_below(&d->tearing, 4) == 0) memset(inode->bytes.at + at, 0, SECTOR);
    }
    inode->durable = inode->begun = inode->cold = inode->bytes.len;
    inode->arrived_at = 0;
    if (inode->bytes.at) inode->bytes.at[inode->bytes.len] = 0;
}

void disk_lose_power(struct machine *m) {
    struct disk *d = &m->disk;
    struct pool *pool = m->world->pool;
    disk_syncs_drop(m);
    d->idle_at = 0;
    uint32_t kept = (uint32_t)chance_below(&d->tearing, (uint64_t)d->change_count + 1);
    while (kept > 0 && d->changes[kept - 1].with_next) kept--; /* a rename is whole or not at all */
    settle_names(m, kept);
    directory_clear(pool, &d->now);
    for (uint32_t i = 0; i < d->durable.count; i++) {
        tear(d, d->durable.names[i].inode);
        directory_set(pool, &d->now, d->durable.names[i].name, d->durable.names[i].inode);
    }
}

/* --- files ---------------------------------------------------------------------------------------------- */

void disk_init(struct machine *m) {
    ring_init(&m->disk.open_files);
    ring_init(&m->disk.syncs);
    m->disk.tearing = chance_named(m->world->seed, "disk tearing", m->host.name, NULL, 0);
    m->disk.syncing = chance_named(m->world->seed, "disk syncing", m->host.name, NULL, 0);
}

static void note_file(struct machine *m, enum file_change change, const char *name, size_t size, uint64_t hash) {
    machine_note(m, (struct happening){.kind = TRACE_FILE,
                                       .peer = NO_PARTY,
                                       .a = change,
                                       .b = (int64_t)size,
                                       .c = (int64_t)hash,
                                       .text = name,
                                       .len = (uint32_t)strlen(name)});
}

static sim_time transfer_time(const struct machine *m, size_t n) {
    return host_transfer_time((int64_t)n, m->disk.rate > 0 ? m->disk.rate : m->setup.costs.disk_rate);
}

/* The time at which whoever runs has got to. */
static sim_time present(const struct machine *m) {
    return m->world->now + *m->host.spending;
}

/* The disk has one thing more to do, after all others; the time at which it will be done. */
static sim_time give_work(struct machine *m, sim_time work) {
    struct disk *d = &m->disk;
    sim_time now = present(m);
    d->idle_at = (d->idle_at > now ? d->idle_at : now) + work;
    return d->idle_at;
}

/* A truncated file is a new inode: until it is durable a power loss can bring the old one back. A full disk has room
 * for a name (seen on ext4 and tmpfs). */
static struct inode *create(struct machine *m, const char *name) {
    struct inode *inode = inode_new(m->world->pool);
    change_name(m, name, inode, false);
    note_file(m, FILE_CREATED, name, 0, 0);
    return inode;
}

struct file *disk_open(struct host *h, const char *name, enum file_mode mode, int *error) {
    struct machine *m = machine_of(h);
    struct inode *inode = directory_find(&m->disk.now, name);
    int failed = m->disk.failing > 0 ? HOST_EIO : 0;
    if (mode == FILE_READ && !inode) failed = HOST_ENOENT; /* a running kernel knows the names without the disk */
    if (failed) {
        if (error) *error = failed;
        return NULL;
    }
    if (mode == FILE_CREATE || !inode) inode = create(m, name);
    struct file *f = POOL_NEW(m->world->pool, struct file);
    *f = (struct file){.machine = m, .inode = inode, .owner = m->stepping, .mode = mode};
    f->name = pool_strdup(m->world->pool, name);
    inode->refs++;
    ring_add_last(&m->disk.open_files, &f->ring);
    return f;
}

void disk_close(struct file *f) {
    struct pool *pool = f->machine->world->pool;
    if (f->syncs_running) disk_sync_forget(f);
    ring_remove(&f->ring);
    disk_inode_release(pool, f->inode);
    pool_free(pool, f->name, strlen(f->name) + 1);
    pool_free(pool, f, sizeof(*f));
}

void disk_close_all(struct machine *m, const struct child *child) {
    struct ring *open = &m->disk.open_files;
    for (struct ring *r = open->next, *next; r != open; r = next) {
        next = r->next;
        struct file *f = CONTAINER_OF(r, struct file, ring);
        if (f->owner == child) disk_close(f);
    }
}

/* The kernel lets nobody write to a file while it brings the file to the platter. */
static void wait_for_sync(const struct file *f) {
    struct machine *m = f->machine;
    sim_time now = machine_departure(m);
    if (!m->stepping && f->inode->sync_until > now) host_spend(&m->host, f->inode->sync_until - now);
}

int64_t disk_write(struct file *f, const void *bytes, size_t n) {
    struct machine *m = f->machine;
    assert(f->mode != FILE_READ);
    if (m->disk.failing > 0) return HOST_EIO;
    if (m->disk.full > 0) return HOST_ENOSPC;
    wait_for_sync(f);
    buffer_put(&f->inode->bytes, bytes, n);
    note_file(m, FILE_WRITTEN, f->name, f->inode->bytes.len, XXH3_64bits(bytes, n));
    return (int64_t)n;
}

/* What is not in memory is read at the disk's speed; who has read up to the end of it has all in memory. */
static void read_cold(struct machine *m, struct inode *inode, uint64_t offset, size_t n) {
    if (offset >= inode->cold) return;
    size_t left = inode->cold - offset;
    sim_time done = give_work(m, transfer_time(m, n < left ? n : left));
    host_spend(&m->host, done - present(m));
    if (n >= left) inode->cold = 0;
}

int64_t disk_read(struct file *f, uint64_t offset, void *into, size_t n) {
    struct machine *m = f->machine;
    if (m->disk.failing > 0) return HOST_EIO;
    size_t len = f->inode->bytes.len;
    if (offset >= len || n == 0) return 0;
    if (n > len - offset) n = len - offset;
    memcpy(into, f->inode->bytes.at + offset, n);
    read_cold(m, f->inode, offset, n);
    return (int64_t)n;
}

int64_t disk_size(const struct file *f) {
    return (int64_t)f->inode->bytes.len;
}

/* The disk begins to take what it does not have of the file. */
static void write_out(struct machine *m, struct inode *inode) {
    size_t n = inode->bytes.len > inode->begun ? inode->bytes.len - inode->begun : 0;
    if (n == 0) return;
    sim_time work = transfer_time(m, n);
    inode->arrived_at = give_work(m, work);
    inode->begun_at = inode->arrived_at - work;
    inode->begun = inode->bytes.len;
}

/* A file that is removed need not be written any more. */
static void spare_work(struct machine *m, const struct inode *inode) {
    struct disk *d = &m->disk;
    if (inode->arrived_at != d->idle_at || d->idle_at <= present(m)) return;
    d->idle_at = inode->begun_at > present(m) ? inode->begun_at : present(m);
}

void disk_write_out(struct file *f) {
    if (f->machine->disk.failing == 0) write_out(f->machine, f->inode);
}

int disk_sync(struct file *f) {
    struct machine *m = f->machine;
    if (m->disk.failing > 0) return HOST_EIO;
    host_spend(&m->host, disk_begin_sync(f) - present(m));
    disk_make_durable(m, f->inode, f->inode->bytes.len, f->name);
    return 0;
}

/* The disk takes what it has not got of the file, then flushes. */
sim_time disk_begin_sync(struct file *f) {
    struct machine *m = f->machine;
    struct inode *inode = f->inode;
    write_out(m, inode);
    sim_time now = present(m), begin = inode->arrived_at > now ? inode->arrived_at : now;
    if (begin > m->disk.idle_at) m->disk.idle_at = begin;
    inode->arrived_at = give_work(m, chance_spread(&m->disk.syncing, &m->setup.costs.fsync_time));
    return inode->arrived_at;
}

void disk_make_durable(struct machine *m, struct inode *inode, size_t size, const char *name) {
    if (size > inode->bytes.len) size = inode->bytes.len; /* it was cut meanwhile */
    if (size > inode->durable) inode->durable = size;
    settle_name_of(m, inode);
    note_file(m, FILE_SYNCED, name, inode->durable, 0);
}

/* What was cut off does not come back: whoever would find it again after a power loss would cut it off again. */
int disk_truncate(struct file *f, uint64_t size) {
    struct machine *m = f->machine;
    struct inode *inode = f->inode;
    assert(f->mode != FILE_READ && size <= inode->bytes.len);
    if (m->disk.failing > 0) return HOST_EIO;
    if (size == inode->bytes.len) return 0;
    inode->bytes.len = (size_t)size;
    inode->bytes.at[size] = 0;
    if (inode->durable > size) inode->durable = (size_t)size;
    if (inode->begun > size) inode->begun = (size_t)size;
    if (inode->cold > size) inode->cold = (size_t)size;
    note_file(m, FILE_WRITTEN, f->name, (size_t)size, 0);
    return 0;
}

int disk_rename(struct host *h, const char *from, const char *to) {
    struct machine *m = machine_of(h);
    struct inode *inode = directory_find(&m->disk.now, from);
    if (m->disk.failing > 0) return HOST_EIO;
    if (!inode) return HOST_ENOENT;
    if (strcmp(from, to) == 0) return 0;
    change_name(m, to, inode, true);
    change_name(m, from, NULL, false);
    note_file(m, FILE_RENAMED, to, inode->bytes.len, 0);
    return 0;
}

int disk_remove(struct host *h, const char *name) {
    struct machine *m = machine_of(h);
    if (m->disk.failing > 0) return HOST_EIO;
    const struct inode *inode = directory_find(&m->disk.now, name);
    if (!inode) return HOST_ENOENT;
    spare_work(m, inode);
    change_name(m, name, NULL, false);
    note_file(m, FILE_REMOVED, name, 0, 0);
    return 0;
}

int disk_sync_dir(struct host *h) {
    struct machine *m = machine_of(h);
    if (m->disk.failing > 0) return HOST_EIO;
    sim_time done = give_work(m, chance_spread(&m->disk.syncing, &m->setup.costs.fsync_time));
    host_spend(h, done - present(m));
    settle_names(m, m->disk.change_count);
    return 0;
}

/* --- the run's hands on disks --------------------------------------------------------------------------- */

void world_disk_full(struct world *w, uint16_t party, int by) {
    struct disk *d = &world_machine(w, party)->disk;
    d->full = d->full + by > 0 ? d->full + by : 0; /* the disk may have been made ok in between */
}

void world_disk_error(struct world *w, uint16_t party, int by) {
    struct disk *d = &world_machine(w, party)->disk;
    d->failing = d->failing + by > 0 ? d->failing + by : 0;
}

void world_disk_ok(struct world *w, uint16_t party) {
    struct disk *d = &world_machine(w, party)->disk;
    d->full = d->failing = 0;
    d->rate = 0;
}

void world_disk_rate(struct world *w, uint16_t party, int64_t bytes_per_second) {
    world_machine(w, party)->disk.rate = bytes_per_second;
}

/* From outside the disk itself is changed: names and bytes are durable at once. */
bool world_disk_remove(struct world *w, uint16_t party, const char *name) {
    struct machine *m = world_machine(w, party);
    if (!directory_find(&m->disk.now, name)) return false;
    change_name(m, name, NULL, false);
    settle_names(m, m->disk.change_count);
    note_file(m, FILE_REMOVED, name, 0, 0);
    return true;
}

bool world_disk_flip(struct world *w, uint16_t party, const char *name, int64_t offset) {
    struct machine *m = world_machine(w, party);
    struct inode *inode = directory_find(&m->disk.now, name);
    if (!inode || inode->bytes.len == 0 || offset >= (int64_t)inode->bytes.len) return false;
    uint64_t place = offset >= 0 ? (uint64_t)offset : chance_below(&m->disk.tearing, inode->bytes.len);
    inode->bytes.at[place] = (char)((unsigned char)inode->bytes.at[place] ^ 1u << chance_below(&m->disk.tearing, 8));
    note_file(m, FILE_DAMAGED, name, place, 0);
    return true;
}

struct bytes world_disk_read(struct world *w, uint16_t party, const char *name) {
    struct inode *inode = directory_find(&world_machine(w, party)->disk.now, name);
    if (!inode) return (struct bytes){NULL, 0};
    return inode->bytes.at ? buffer_bytes(&inode->bytes) : (struct bytes){"", 0};
}

void world_disk_write(struct world *w, uint16_t party, const char *name, struct bytes contents) {
    struct machine *m = world_machine(w, party);
    struct inode *inode = inode_new(w->pool);
    buffer_put(&inode->bytes, contents.at, contents.len);
    inode->durable = inode->begun = inode->cold = contents.len;
    change_name(m, name, inode, false);
    settle_names(m, m->disk.change_count);
    note_file(m, FILE_CREATED, name, contents.len, XXH3_64bits(contents.at, contents.len));
}
