/* Files of a live server: in its folder, by the plain system calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/run/live_host.h"

enum { FILE_RIGHTS = 0644, FOLDER_RIGHTS = 0755 };

#define PUSH_EVERY (1 << 20) /* bytes after which the kernel is asked to begin writing */

struct file {
    struct live *live;
    int fd;
    int64_t written, pushed;       /* bytes; those that the kernel was asked to write */
    struct background_sync *syncs; /* that run */
    int sync_result;               /* of the last one that ended */
};

/* An fsync by a thread of libuv's, of a descriptor of its own. */
struct background_sync {
    uv_fs_t request;
    struct live *live;
    struct file *file; /* NULL: closed meanwhile */
    struct background_sync *next;
    int fd;
};

static int error_of(int error) {
    if (error == ENOENT) return HOST_ENOENT;
    if (error == ENOSPC || error == EDQUOT) return HOST_ENOSPC;
    return HOST_EIO;
}

/* FOLDER/NAME: remembers the folder, for live_sync_dir(), and makes it. */
static void enter_folder(struct live *l, const char *name, enum file_mode mode) {
    const char *slash = strchr(name, '/');
    if (!slash || mode == FILE_READ) return;
    size_t len = (size_t)(slash - name);
    if (!l->below || strlen(l->below) != len || memcmp(l->below, name, len) != 0)
        l->below = pool_strndup(l->pool, name, len);
    mkdirat(l->folder, l->below, FOLDER_RIGHTS); /* it may be there: if it cannot be made, the file cannot either */
}

struct file *live_file_open(struct host *h, const char *name, enum file_mode mode, int *error) {
    static const int flags[] = {[FILE_READ] = O_RDONLY,
                                [FILE_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
                                [FILE_APPEND] = O_RDWR | O_CREAT | O_APPEND};
    struct live *l = live_of(h);
    enter_folder(l, name, mode);
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

/* --- by a thread -------------------------------------------------------------------------------------------------- */

static void sync_over(uv_fs_t *request) {
    struct background_sync *s = request->data;
    if (s->file) {
        struct background_sync **at = &s->file->syncs;
        while (*at != s) at = &(*at)->next;
        *at = s->next;
        s->file->sync_result = request->result == 0 ? 0 : HOST_EIO;
    }
    close(s->fd);
    uv_fs_req_cleanup(request);
    pool_free(s->live->pool, s, sizeof(*s));
}

void live_file_sync_later(struct file *f) {
    int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        f->sync_result = HOST_EIO;
        return;
    }
    struct background_sync *s = POOL_NEW(f->live->pool, struct background_sync);
    s->live = f->live;
    s->file = f;
    s->fd = fd;
    s->request.data = s;
    s->next = f->syncs;
    f->syncs = s;
    uv_fs_fsync(&f->live->loop, &s->request, fd, sync_over); /* with a callback only a bad loop is an error */
}

int live_file_syncing(const struct file *f) {
    return f->syncs ? HOST_SYNCING : f->sync_result;
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

int live_file_truncate(struct file *f, uint64_t size) {
    return ftruncate(f->fd, (off_t)size) == 0 ? 0 : HOST_EIO;
}

void live_file_close(struct file *f) {
    for (struct background_sync *s = f->syncs; s; s = s->next) s->file = NULL;
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

/* The folder below, if it is there. */
static int sync_below(const struct live *l) {
    int fd = l->below ? openat(l->folder, l->below, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    int result = fsync(fd);
    close(fd);
    return result;
}

int live_sync_dir(struct host *h) {
    const struct live *l = live_of(h);
    return sync_below(l) == 0 && fsync(l->folder) == 0 ? 0 : HOST_EIO;
}
