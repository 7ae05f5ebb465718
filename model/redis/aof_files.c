/* The files of the append-only file. See aof.h. */
#include <stdio.h>

#include "model/redis/server.h"

const char *aof_error_text(int error) {
    return error == HOST_EIO      ? "Input/output error"
           : error == HOST_ENOENT ? "No such file or directory"
                                  : "No space left on device";
}

const char *aof_path(struct server *s, const char *name) {
    buffer_clear(&s->path_text);
    buffer_printf(&s->path_text, "%s/%s", s->config.appenddirname, name);
    return s->path_text.at;
}

static const char *manifest_name(struct server *s) {
    buffer_clear(&s->feed);
    buffer_printf(&s->feed, "%s.manifest", s->config.appendfilename);
    return s->feed.at;
}

const char *aof_temp_incr_name(struct server *s) {
    buffer_clear(&s->feed);
    buffer_printf(&s->feed, "temp-%s.incr", s->config.appendfilename);
    return s->feed.at;
}

/* --- the manifest's file ------------------------------------------------------------------------------------------ */

static void log_bad_manifest(struct server *s, const char *wrong, unsigned line_number, struct bytes line) {
    host_log(s->host, LOG_WARNING, "\n*** FATAL AOF MANIFEST FILE ERROR ***");
    if (line_number) {
        host_log(s->host, LOG_WARNING, "Reading the manifest file, at line %u", line_number);
        host_log(s->host, LOG_WARNING, ">>> '%.*s'", (int)line.len, line.at);
    }
    host_log(s->host, LOG_WARNING, "%s", wrong);
}

/* A whole small file; text.at is the pool's. False: it could not be read. */
static bool read_whole(struct server *s, struct file *file, struct buffer *text) {
    int64_t size = host_file_size(s->host, file);
    buffer_reserve(text, (size_t)size);
    int64_t n = host_file_read(s->host, file, 0, text->at, (size_t)size);
    text->len = n > 0 ? (size_t)n : 0;
    return n == size;
}

bool aof_read_manifest(struct server *s) {
    int error = 0;
    struct file *file = host_file_open(s->host, aof_path(s, manifest_name(s)), FILE_READ, &error);
    if (!file && error == HOST_ENOENT) return true;
    struct buffer text;
    struct bytes line = {"", 0};
    unsigned line_number = 0;
    buffer_init(&text, s->pool);
    const char *wrong = "Read AOF manifest failed";
    if (file && read_whole(s, file, &text))
        wrong = aof_manifest_read(&s->aof.manifest, buffer_bytes(&text), &line_number, &line);
    if (wrong) log_bad_manifest(s, wrong, line_number, line);
    if (file) host_file_close(s->host, file);
    buffer_free(&text);
    if (wrong) server_exit(s, 1);
    return !wrong;
}

static bool fail_manifest(struct server *s, const char *doing, int error) {
    host_log(s->host, LOG_WARNING, "Error trying to %s the temporary AOF manifest file temp-%s: %s", doing,
             manifest_name(s), aof_error_text(error));
    return false;
}

/* The text under a temporary name, on the platter. */
static bool write_temp(struct server *s, const char *temp, struct bytes text) {
    int error = 0;
    struct file *file = host_file_open(s->host, temp, FILE_CREATE, &error);
    if (!file) {
        host_log(s->host, LOG_WARNING, "Can't open the AOF manifest file temp-%s: %s", manifest_name(s),
                 aof_error_text(error));
        return false;
    }
    int64_t n = host_file_write(s->host, file, text.at, text.len);
    bool ok = n == (int64_t)text.len;
    if (!ok) fail_manifest(s, "write", n < 0 ? (int)n : HOST_ENOSPC);
    if (ok && host_file_sync(s->host, file) != 0) ok = fail_manifest(s, "fsync", HOST_EIO);
    host_file_close(s->host, file);
    return ok;
}

bool aof_write_manifest(struct server *s, const struct aof_manifest *m) {
    struct buffer text, temp;
    buffer_init(&text, s->pool);
    buffer_init(&temp, s->pool);
    aof_manifest_print(m, &text);
    buffer_printf(&temp, "%s/temp-%s", s->config.appenddirname, manifest_name(s));
    bool ok = write_temp(s, temp.at, text.at ? buffer_bytes(&text) : (struct bytes){"", 0});
    if (ok) {
        int error = host_rename(s->host, temp.at, aof_path(s, manifest_name(s)));
        if (error != 0) ok = fail_manifest(s, "rename", error);
    }
    if (ok && host_sync_dir(s->host) != 0) {
        host_log(s->host, LOG_WARNING, "Fail to fsync AOF directory %s: %s.", s->config.appenddirname,
                 aof_error_text(HOST_EIO));
        ok = false;
    }
    buffer_free(&text);
    buffer_free(&temp);
    return ok;
}

void aof_take_manifest(struct server *s, struct aof_manifest *m) {
    aof_manifest_free(&s->aof.manifest);
    s->aof.manifest = *m;
}

void aof_remove_history(struct server *s) {
    struct aof_manifest *m = &s->aof.manifest;
    bool any = false;
    if (s->config.aof_disable_auto_gc) return;
    for (size_t i = 0; i < m->count; i++) {
        if (m->parts[i].kind != AOF_HISTORY) continue;
        any = true;
        host_log(s->host, LOG_NOTICE, "Removing the history file %s in the background", m->parts[i].name);
        host_remove(s->host, aof_path(s, m->parts[i].name));
    }
    if (!any) return;
    aof_manifest_drop_history(m);
    aof_write_manifest(s, m);
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

static struct file *open_incr(struct server *s, const char *name, enum file_mode mode) {
    int error = 0;
    struct file *file = host_file_open(s->host, aof_path(s, name), mode, &error);
    if (!file) host_log(s->host, LOG_WARNING, "Can't open the append-only file %s: %s", name, aof_error_text(error));
    return file;
}

/* There was nothing: a base of what the server has. */
static bool make_first_base(struct server *s) {
    const char *name =
        aof_manifest_add_base(&s->aof.manifest, s->config.appendfilename, s->config.aof_use_rdb_preamble);
    struct snapshot *snapshot = snapshot_open_view(s->ks);
    struct save_job job = {.target = SAVE_TO_AOF, .number = 0, .final_name = aof_path(s, name)};
    struct save_work *work = save_work_create(s, snapshot, &job);
    bool ok = save_work_run(work);
    save_work_free(work);
    if (ok) host_log(s->host, LOG_NOTICE, "Creating AOF base file %s on server start", name);
    return ok;
}

static bool open_at_start(struct server *s) {
    struct aof *a = &s->aof;
    if (aof_manifest_is_empty(&a->manifest) && !make_first_base(s)) return false;
    const struct aof_part *last = aof_manifest_last_incr(&a->manifest);
    const char *name = last ? last->name : aof_manifest_add_incr(&a->manifest, s->config.appendfilename);
    a->file = open_incr(s, name, FILE_APPEND);
    if (!a->file || !aof_write_manifest(s, &a->manifest)) return false;
    a->incr_size = a->incr_synced = host_file_size(s->host, a->file);
    host_log(s->host, LOG_NOTICE, "%s AOF incr file %s on server start", last ? "Opening" : "Creating", name);
    return true;
}

bool aof_open_at_start(struct server *s) {
    sim_time before = *s->host->spending;
    if (!open_at_start(s)) {
        server_exit(s, 1);
        return false;
    }
    /* At time 0 the server has been up for a while: its files are there. */
    if (host_now(s->host) == 0) *s->host->spending = before;
    return true;
}

/* What was written to the old file is fsynced and the file closed by a thread: with `everysec` late is good enough,
 * with `always` nothing is left to be done. */
static void leave_file(struct server *s) {
    struct aof *a = &s->aof;
    if (!a->file) return;
    host_file_sync_later(s->host, a->file);
    host_file_close(s->host, a->file);
    a->file = NULL;
    a->last_fsync = s->unixtime;
}

bool aof_open_new_incr(struct server *s) {
    struct aof *a = &s->aof;
    if (a->state == AOF_OFF) return true;
    bool waiting = a->state == AOF_WAIT_REWRITE;
    struct aof_manifest next;
    aof_manifest_copy(&next, &a->manifest);
    char *name =
        pool_strdup(s->pool, waiting ? aof_temp_incr_name(s) : aof_manifest_add_incr(&next, s->config.appendfilename));
    struct file *file = open_incr(s, name, FILE_CREATE);
    bool ok = file && (waiting || aof_write_manifest(s, &next));
    if (ok) {
        host_log(s->host, LOG_NOTICE, "Creating AOF incr file %s on background rewrite", name);
        leave_file(s);
        a->file = file;
        a->incr_size = a->incr_synced = 0;
        aof_take_manifest(s, &next);
    } else {
        if (file) {
            host_file_close(s->host, file);
            host_remove(s->host, aof_path(s, name));
        }
        aof_manifest_free(&next);
    }
    pool_free(s->pool, name, strlen(name) + 1);
    return ok;
}
