/* Appending, writing and fsyncing. See aof.h. */
#include "model/redis/server.h"

enum {
    POSTPONED_MOST = 2, /* s that a write waits for a background fsync */
    LOG_EVERY = 30,     /* s between log lines about failed writes (AOF_WRITE_LOG_ERROR_RATE) */
    BUFFER_KEPT = 4000  /* bytes of room; a larger buffer is given back when it was written */
};

/* --- appending ---------------------------------------------------------------------------------------------------- */

/* aof-timestamp-enabled: a line with the time, for those who want the dataset of an hour ago. */
static void annotate(struct server *s) {
    struct aof *a = &s->aof;
    if (!s->config.aof_timestamp_enabled || a->timestamp >= s->unixtime) return;
    a->timestamp = s->unixtime;
    buffer_printf(&a->buffer, "#TS:%lld\r\n", (long long)a->timestamp);
}

static void append_op(struct server *s, const struct stream_op *op) {
    struct aof *a = &s->aof;
    if (op->stream_only) return;
    annotate(s);
    stream_put_op(&a->buffer, op, &a->db);
}

/* While it waits for its first rewrite, only what comes after that one's fork counts. */
static bool is_collecting(const struct server *s) {
    return s->aof.state == AOF_ON || (s->aof.state == AOF_WAIT_REWRITE && aof_rewrite_running(s));
}

void aof_append(struct server *s, const struct stream_ops *list) {
    struct aof *a = &s->aof;
    if (!is_collecting(s)) return;
    bool transaction = list->count > 1;
    if (transaction) {
        annotate(s);
        stream_put_select(&a->buffer, list->ops[0].db, &a->db);
        buffer_puts(&a->buffer, "*1\r\n$5\r\nMULTI\r\n");
    }
    for (size_t i = 0; i < list->count; i++) append_op(s, &list->ops[i]);
    if (transaction) buffer_puts(&a->buffer, "*1\r\n$4\r\nEXEC\r\n");
}

void aof_append_deletion(struct server *s, int db, struct bytes key) {
    if (s->aof.state == AOF_OFF) return;
    struct bytes words[] = {s->config.lazyfree_lazy_expire ? resp_text("UNLINK") : resp_text("DEL"), key};
    struct stream_op op = {.db = db, .words = words, .count = 2};
    aof_append(s, &(struct stream_ops){.ops = &op, .count = 1});
}

/* --- background fsync --------------------------------------------------------------------------------------------- */

/* Whether one runs; takes notice of how the last one ended. */
static bool sync_running(struct server *s) {
    struct aof *a = &s->aof;
    int status = a->file ? host_file_syncing(s->host, a->file) : 0;
    if (status == HOST_SYNCING) return true;
    if (status != 0 && a->sync_error == 0)
        host_log(s->host, LOG_WARNING, "Fail to fsync the AOF file: %s", aof_error_text(status));
    a->sync_error = status;
    return false;
}

unsigned aof_pending_fsyncs(const struct server *s) {
    return s->aof.file && host_file_syncing(s->host, s->aof.file) == HOST_SYNCING;
}

int aof_disk_error(const struct server *s) {
    const struct aof *a = &s->aof;
    if (a->state == AOF_OFF) return 0;
    return a->write_error ? a->write_error : a->sync_error;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void log_failure(struct server *s, int64_t written) {
    struct aof *a = &s->aof;
    if (a->error_logged && s->unixtime - a->error_logged <= LOG_EVERY) return;
    a->error_logged = s->unixtime;
    if (written < 0)
        host_log(s->host, LOG_WARNING, "Error writing to the AOF file: %s", aof_error_text((int)written));
    else
        host_log(s->host, LOG_WARNING, "Short write while writing to the AOF file: (nwritten=%lld, expected=%lld)",
                 (long long)written, (long long)a->buffer.len);
}

/* The buffer is kept and tried again later; writes are refused until it succeeds. With `always` replies to commands
 * that are not on disk would have to be taken back: the process gives up. */
static void fail_write(struct server *s, int64_t written) {
    struct aof *a = &s->aof;
    log_failure(s, written);
    a->write_error = written < 0 ? (int)written : HOST_ENOSPC;
    bool partly = written > 0 && host_file_truncate(s->host, a->file, (uint64_t)a->incr_size) != 0;
    if (s->config.appendfsync == AOF_FSYNC_ALWAYS) {
        host_log(s->host, LOG_WARNING,
                 "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        server_exit(s, 1);
    } else if (partly) {
        a->size += written;
        a->incr_size += written;
        buffer_drop(&a->buffer, (size_t)written);
    }
}

static bool write_buffer(struct server *s) {
    struct aof *a = &s->aof;
    int64_t n = host_file_write(s->host, a->file, a->buffer.at, a->buffer.len);
    a->postponed_since = 0;
    if (n != (int64_t)a->buffer.len) {
        fail_write(s, n);
        return false;
    }
    if (a->write_error) host_log(s->host, LOG_WARNING, "AOF write error looks solved, Redis can write again.");
    a->write_error = 0;
    a->size += n;
    a->incr_size += n;
    if (a->buffer.room < BUFFER_KEPT)
        buffer_clear(&a->buffer);
    else
        buffer_free(&a->buffer);
    return true;
}

static void sync_file(struct server *s, bool running) {
    struct aof *a = &s->aof;
    if (s->config.no_appendfsync_on_rewrite && server_has_child(s)) return;
    if (s->config.appendfsync == AOF_FSYNC_ALWAYS) {
        if (host_file_sync(s->host, a->file) != 0) {
            host_log(s->host, LOG_WARNING,
                     "Can't persist AOF for fsync error when the AOF fsync policy is 'always': %s. Exiting...",
                     aof_error_text(HOST_EIO));
            server_exit(s, 1);
            return;
        }
        a->incr_synced = a->incr_size;
        a->last_fsync = s->unixtime;
    } else if (s->config.appendfsync == AOF_FSYNC_EVERYSEC && s->unixtime > a->last_fsync) {
        if (!running) {
            host_file_sync_later(s->host, a->file);
            a->incr_synced = a->incr_size;
        }
        a->last_fsync = s->unixtime;
    }
}

/* What was written in a second in which nothing came after it must be fsynced, too. */
static bool sync_is_overdue(const struct server *s) {
    const struct aof *a = &s->aof;
    if (!a->file || a->incr_synced == a->incr_size) return false;
    if (s->config.appendfsync == AOF_FSYNC_ALWAYS) return true; /* it was everysec until now */
    return s->config.appendfsync == AOF_FSYNC_EVERYSEC && s->unixtime > a->last_fsync;
}

/* The kernel would hold up a write to a file that it is fsyncing, and with it the server: better to wait for a while.
 */
static bool must_postpone(struct server *s) {
    struct aof *a = &s->aof;
    if (a->postponed_since == 0) a->postponed_since = s->unixtime;
    if (s->unixtime - a->postponed_since < POSTPONED_MOST) return true;
    a->delayed_fsync++;
    host_log(s->host, LOG_NOTICE,
             "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for "
             "fsync to complete, this may slow down Redis.");
    return false;
}

void aof_flush(struct server *s, bool force) {
    struct aof *a = &s->aof;
    bool everysec = s->config.appendfsync == AOF_FSYNC_EVERYSEC;
    bool running = sync_running(s);
    if (a->buffer.len == 0) {
        if (sync_is_overdue(s) && !(everysec && running)) sync_file(s, running);
        return;
    }
    if (everysec && running && !force && must_postpone(s)) return;
    if (write_buffer(s)) sync_file(s, running);
}
