/* Inside the world: a machine's disk. Private to sim/world.
 *
 * Writing goes into the kernel's memory and takes no time; making it durable waits until the disk has it. What was
 * written or read since the machine was switched on is read from memory, the rest at the disk's speed. The disk does one
 * thing after the other, whoever asked for it.
 *
 * A file's bytes are an inode; names point to inodes. The kernel's view changes at once; what is durable lags: an
 * inode's bytes up to its last fsync, the names up to the last sync of the directory. Names are journaled in
 * order: a power loss keeps a first part of the changes since then, drawn by the seed. */
#ifndef SIM_WORLD_DISK_H
#define SIM_WORLD_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"
#include "sim/world/host.h"
#include "sim/world/ring.h"

struct inode {
    struct buffer bytes; /* as the kernel has them */
    size_t durable;      /* of them are on the platter */
    size_t begun;        /* of them are on their way there, or arrived */
    sim_time begun_at;   /* when the disk gets to those that it was told of last, */
    sim_time arrived_at; /* and when it has done what it was asked for with this file */
    size_t cold;         /* of them, from the front, are not in memory */
    uint32_t refs;       /* names, changes of names not yet durable, open files, fsyncs that run */
    sim_time sync_until; /* when the last fsync of a thread's is over: writes wait for it */
};

struct disk_name {
    char *name;
    struct inode *inode;
};

/* The names of a directory; few, so in order of creation. */
struct directory {
    struct disk_name *names;
    uint32_t count, room;
};

/* A change of a name that is not durable yet: `name` now is `inode` (NULL: removed). A rename is one change of two
 * names: it is whole or not at all. */
struct name_change {
    char *name;
    struct inode *inode;
    bool with_next; /* atomic with the change after it */
};

struct disk {
    struct directory now, durable;
    struct name_change *changes;
    uint32_t change_count, change_room;
    struct ring open_files;
    struct ring syncs; /* fsyncs that threads make */
    int full, failing;
    int64_t rate;     /* bytes a second; 0: that of the costs */
    sim_time idle_at; /* when it will have done what it was asked for */
    struct chance tearing, syncing;
};

struct machine;

struct file {
    struct machine *machine;
    struct inode *inode;
    char *name; /* at the time of opening, for the trace */
    struct child *owner;
    enum file_mode mode;
    unsigned syncs_running;
    int sync_result; /* of the last one that ended */
    struct ring ring;
};

void disk_init(struct machine *m);
/* Closes what a process (child NULL) or a child left open. */
void disk_close_all(struct machine *m, const struct child *child);
/* Power loss: what was not durable may be gone or torn. */
void disk_lose_power(struct machine *m);

struct file *disk_open(struct host *h, const char *name, enum file_mode mode, int *error);
int64_t disk_write(struct file *f, const void *bytes, size_t n);
int64_t disk_read(struct file *f, uint64_t offset, void *into, size_t n);
int64_t disk_size(const struct file *f);
int disk_sync(struct file *f);
void disk_write_out(struct file *f);
int disk_truncate(struct file *f, uint64_t size);
void disk_close(struct file *f);
int disk_rename(struct host *h, const char *from, const char *to);
int disk_remove(struct host *h, const char *name);
int disk_sync_dir(struct host *h);
void disk_inode_release(struct pool *pool, struct inode *inode);
/* Begins an fsync by whoever runs; when it will be over. */
sim_time disk_begin_sync(struct file *f);
/* The first `size` bytes of an inode, and its name, are on the platter. */
void disk_make_durable(struct machine *m, struct inode *inode, size_t size, const char *name);

/* --- disk_sync.c: fsyncs that nobody waits for ---------------------------------------------------------- */

void disk_sync_later(struct file *f);
int disk_syncing(const struct file *f);
/* The file is closed: its fsyncs go on without it. */
void disk_sync_forget(struct file *f);
/* Power is lost: they come to nothing. */
void disk_syncs_drop(struct machine *m);

#endif
