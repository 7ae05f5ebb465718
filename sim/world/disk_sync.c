/* Fsyncs that a thread of a process makes: the process goes on meanwhile.
 *
 * What was written when one began is durable when it is over. It is the kernel's work: it ends even if the process dies
 * first; only with the power is it gone. */
#include <assert.h>

#include "sim/world/machine.h"

struct disk_sync {
    struct event over;
    struct ring ring; /* in disk->syncs */
    struct machine *machine;
    struct inode *inode;
    struct file *file; /* NULL: closed meanwhile */
    char *name;
    size_t size; /* bytes to make durable */
};

static void sync_free(struct disk_sync *s) {
    struct pool *pool = s->machine->world->pool;
    ring_remove(&s->ring);
    disk_inode_release(pool, s->inode);
    pool_free(pool, s->name, strlen(s->name) + 1);
    pool_free(pool, s, sizeof(*s));
}

static void sync_over(void *ctx, struct event *event) {
    struct disk_sync *s = CONTAINER_OF(event, struct disk_sync, over);
    struct machine *m = s->machine;
    (void)ctx;
    bool failed = m->disk.failing > 0;
    if (!failed) disk_make_durable(m, s->inode, s->size, s->name);
    if (s->file) {
        assert(s->file->syncs_running > 0);
        s->file->syncs_running--;
        s->file->sync_result = failed ? HOST_EIO : 0;
    }
    sync_free(s);
}

void disk_sync_later(struct file *f) {
    struct machine *m = f->machine;
    struct pool *pool = m->world->pool;
    struct disk_sync *s = POOL_NEW(pool, struct disk_sync);
    *s = (struct disk_sync){.machine = m, .inode = f->inode, .file = f, .size = f->inode->bytes.len};
    s->name = pool_strdup(pool, f->name);
    s->over.fire = sync_over;
    f->inode->refs++;
    f->syncs_running++;
    ring_add_last(&m->disk.syncs, &s->ring);
    f->inode->sync_until = disk_begin_sync(f);
    world_event_at(m->world, &s->over, f->inode->sync_until, machine_subject(m));
}

int disk_syncing(const struct file *f) {
    return f->syncs_running ? HOST_SYNCING : f->sync_result;
}

void disk_sync_forget(struct file *f) {
    struct ring *all = &f->machine->disk.syncs;
    for (struct ring *r = all->next; r != all; r = r->next) {
        struct disk_sync *s = CONTAINER_OF(r, struct disk_sync, ring);
        if (s->file == f) s->file = NULL;
    }
}

void disk_syncs_drop(struct machine *m) {
    struct ring *r;
    while ((r = ring_take_first(&m->disk.syncs))) {
        struct disk_sync *s = CONTAINER_OF(r, struct disk_sync, ring);
        queue_remove(m->world->queue, &s->over);
        if (s->file) s->file->syncs_running--;
        s->inode->sync_until = 0;
        sync_free(s);
    }
}
