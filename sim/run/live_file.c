/* Files of a live server: in its folder, by the plain system calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/run/live_host.h"

enum { FILE_RIGHTS = 0644 };

#define PUSH_EVERY (1 << 20) /* bytes after which the kernel is asked to begin writing */

struct file {
    struct live *live;
    int fd;
    int64_t written, pushed; /* bytes; those that the kernel was asked to write */
};

static int error_of(int error) {
    if (error == ENOENT) return HOST_ENOENT;
    if (error == ENOSPC || error == EDQUOT) return HOST_ENOSPC;
    return HOST_EIO;
}

struct file *live_file_open(struct host *h, const char *name, enum file_mode mode, int *error) {
    static const int flags[] = {[FILE_READ] = O_RDONLY,
                                [FILE_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
                                [FILE_APPEND] = O_RDWR | O_CREAT | O_APPEND};
    struct live *l = live_of(h);
    int fd = openat(l->folder, name, flags[mode] | O_CLOEXEC, FILE_RIGHTS);
    if (fd < 0) {
        if (error) *error = error_of(errno);
        return NULL;
    }
    struct file *f = POOL_NEW(l->pool, struct file);
    *f = (struct file){.live = l, .fd = fd};
    return f;
}

/* A big file is on its way to the disk while it is written: its fsync, for which all clients wait, is short then. */
static void push(struct file *f) {
    if (f->written - f->pushed < PUSH_EVERY) return;
    sync_file_range(f->fd, f->pushed, f->written - f->pushed, SYNC_FILE_RANGE_WRITE);
    f->pushed = f->written;
}

int64_t live_file_write(struct file *f, const void *bytes, size_t n) {
    size_t done = 0;
    while (done < n) {
        ssize_t written = write(f->fd, (const char *)bytes + done, n - done);
        if (written > 0)
            done += (size_t)written;
        else if (errno != EINTR)
            break;
    }
    if (done == 0 && n > 0) return error_of(errno);
    f->written += (int64_t)done;
    push(f);
    return (int64_t)done;
}

int64_t live_file_read(struct file *f, uint64_t offset, void *into, size_t n) {
    ssize_t got;
    do {
        got = pread(f->fd, into, n, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? error_of(errno) : got;
}

int64_t live_file_size(const struct file *f) {
    struct stat st;
    return fstat(f->fd, &st) == 0 ? (int64_t)st.st_size : 0;
}

int live_file_sync(struct file *f) {
    return fsync(f->fd) == 0 ? 0 : HOST_EIO;
}

/* The kernel begins by itself soon enough. */
void live_file_write_out(struct file *f) {
    (void)f;
}

void live_file_close(struct file *f) {
    close(f->fd);
    pool_free(f->live->pool, f, sizeof(*f));
}

int live_rename(struct host *h, const char *from, const char *to) {
    int folder = live_of(h)->folder;
    return renameat(folder, from, folder, to) == 0 ? 0 : error_of(errno);
}

int live_remove(struct host *h, const char *name) {
    return unlinkat(live_of(h)->folder, name, 0) == 0 ? 0 : error_of(errno);
}

int live_sync_dir(struct host *h) {
    return fsync(live_of(h)->folder) == 0 ? 0 : HOST_EIO;
}
