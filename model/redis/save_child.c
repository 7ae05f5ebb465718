/* The forked child: serialises the frozen dataset into a file, or into the pipe to its parent; a base for the
 * append-only file as RDB or as commands.
 *
 * It is a process of its own: when its parent dies it goes on, so it touches nothing of struct server. */
#include <assert.h>
#include <stdio.h>

#include "model/redis/server.h"

enum {
    STEP_BYTES = 64 * 1024,
    PIPE_BYTES = 16 * 1024,       /* once it has collected more, the child writes it into the pipe (PROTO_IOBUF_LEN) */
    SYNC_EVERY = 4 * 1024 * 1024, /* rdb-save-incremental-fsync */
    REPORT_KEYS = 1024,           /* how often it looks whether a report to its parent is due */
    REPORT_MS = 1000
};

struct save_work {
    struct host *host;
    struct pool *pool;
    struct snapshot *snapshot; /* NULL once it is over */
    struct rdb_writer *writer; /* likewise, or NULL: */
    struct aof_text *text;     /* it is written as commands */
    enum save_target target;
    char temp_name[48];
    char *final_name;
    struct file *file;
    struct buffer out; /* serialised, not yet written */
    size_t out_at;     /* written part of it */
    int64_t bytes;
    int64_t unsynced;
    uint64_t copied;   /* as it was when it ended */
    int64_t key_delay; /* rdb-key-save-delay */
    uint64_t looked_keys;
    sim_time reported_at; /* ns */
    bool sync_often;      /* fsyncs what it has written every SYNC_EVERY bytes */
    char mark[EOF_MARK_LEN];
    bool serialised; /* all of it */
    bool renamed;    /* it is the server's file now ... */
    bool saved;      /* ... and will be after a power loss */
    bool finished;
};

/* Where replication stood is no part of an append-only file (reference 11.2). */
static struct rdb_info info_for(struct server *s, enum save_target target) {
    struct rdb_info info = save_replication_info(s);
    info.aof_base = target == SAVE_TO_AOF;
    if (info.aof_base) info.has_replication = false;
    return info;
}

struct save_work *save_work_create(struct server *s, struct snapshot *snapshot, const struct save_job *job) {
    struct save_work *w = POOL_NEW(s->pool, struct save_work);
    bool aof = job->target == SAVE_TO_AOF, as_commands = aof && !s->config.aof_use_rdb_preamble;
    struct rdb_info info = info_for(s, job->target);
    w->host = s->host;
    w->pool = s->pool;
    w->snapshot = snapshot;
    w->target = job->target;
    w->final_name = pool_strdup(s->pool, job->final_name);
    w->key_delay = s->config.rdb_key_save_delay;
    w->sync_often = aof ? s->config.aof_rewrite_incremental_fsync : true;
    if (as_commands)
        w->text = aof_text_open(s->pool, snapshot);
    else
        w->writer = rdb_writer_open(s->pool, snapshot, &info);
    snprintf(w->temp_name, sizeof(w->temp_name), aof ? "temp-rewriteaof-%u.%llu.aof" : "temp-%u.%llu.rdb",
             s->host->incarnation, (unsigned long long)job->number);
    buffer_init(&w->out, s->pool);
    if (as_commands && s->config.aof_timestamp_enabled) buffer_printf(&w->out, "#TS:%lld\r\n", (long long)s->unixtime);
    if (w->target == SAVE_TO_SOCKETS) {
        memcpy(w->mark, job->mark, EOF_MARK_LEN);
        buffer_printf(&w->out, "$EOF:%.*s\r\n", EOF_MARK_LEN, w->mark);
    }
    return w;
}

/* Gives back what the process held. */
static void drop(void *state, struct child *child) {
    struct save_work *w = state;
    (void)child;
    if (!w->snapshot) return;
    w->copied = snapshot_copied(w->snapshot);
    if (w->writer) rdb_writer_close(w->writer);
    if (w->text) aof_text_close(w->text);
    snapshot_close(w->snapshot);
    w->writer = NULL;
    w->text = NULL;
    w->snapshot = NULL;
}

void save_work_free(struct save_work *w) {
    drop(w, NULL);
    buffer_free(&w->out);
    pool_free(w->pool, w->final_name, strlen(w->final_name) + 1);
    pool_free(w->pool, w, sizeof(*w));
}

/* --- serialising -------------------------------------------------------------------------------------------------- */

/* us for `keys` keys: rdb-key-save-delay, negative for one us every -N keys. */
static sim_time delay_of(const struct save_work *w, uint64_t keys) {
    if (w->key_delay >= 0) return (sim_time)keys * w->key_delay * SIM_US;
    return (sim_time)(keys / (uint64_t)-w->key_delay) * SIM_US;
}

static uint64_t keys_saved(const struct save_work *w) {
    return w->text ? aof_text_keys(w->text) : rdb_writer_keys_saved(w->writer);
}

static uint64_t bytes_spared(const struct save_work *w) {
    return w->text ? 0 : rdb_writer_bytes_spared(w->writer);
}

/* Serialises up to a step's worth. With a delay for each key, key by key: what is ready shall not wait for what is not.
 */
static void serialise(struct save_work *w) {
    size_t before = w->out.len, step = w->key_delay > 0 ? 1 : w->target == SAVE_TO_SOCKETS ? PIPE_BYTES : STEP_BYTES;
    uint64_t keys = keys_saved(w), spared = bytes_spared(w);
    w->serialised = !(w->text ? aof_text_step(w->text, step, &w->out) : rdb_writer_step(w->writer, step, &w->out));
    int64_t n = (int64_t)(w->out.len - before);
    w->bytes += n;
    /* What is compressed costs as much as what is not. */
    n += (int64_t)(bytes_spared(w) - spared);
    uint64_t saved = keys_saved(w) - keys;
    host_spend(w->host, host_transfer_time(n, w->host->costs->save_rate) + (sim_time)saved * w->host->costs->save_key);
    if (w->key_delay) host_spend(w->host, delay_of(w, saved));
    if (w->serialised && w->target == SAVE_TO_SOCKETS) buffer_put(&w->out, w->mark, EOF_MARK_LEN);
}

static bool exit_with(struct save_work *w, struct child *self, int code) {
    w->finished = true;
    if (self && code == 0) {
        unsigned long long mb = snapshot_copied(w->snapshot) >> 20;
        if (w->target == SAVE_TO_AOF)
            host_log(w->host, LOG_NOTICE, "Successfully created the temporary AOF base file %s", w->final_name);
        host_log(w->host, LOG_NOTICE, "Fork CoW for %s: current %llu MB, peak %llu MB, average %llu MB",
                 w->target == SAVE_TO_AOF ? "AOF rewrite" : "RDB", mb, mb, mb);
    }
    if (self) host_child_exit(w->host, self, code);
    return false;
}

/* --- into a file -------------------------------------------------------------------------------------------------- */

enum failure { OPENING, WRITING, SYNCING, MOVING, SYNCING_FOLDER };

static bool fail_file(struct save_work *w, struct child *self, enum failure doing, int64_t error) {
    static const char *const words[][2] = {
        {"Failed opening the temp RDB file for saving",
         "Opening the temp file for AOF rewrite in rewriteAppendOnlyFile()"},
        {"Write error saving DB on disk(rdbSaveRio)", "Write error writing append only file on disk"},
        {"Write error saving DB on disk(fsync)", "Write error writing append only file on disk"},
        {"Error moving temp DB file on the final destination",
         "Error moving temp append only file on the final destination"},
        {"Write error saving DB on disk(fsyncFileDir)", ""}};
    const char *reason = error == HOST_EIO ? "Input/output error" : "No space left on device";
    host_log(w->host, LOG_WARNING, "%s: %s", words[doing][w->target == SAVE_TO_AOF], reason);
    if (w->file) host_file_close(w->host, w->file);
    w->file = NULL;
    host_remove(w->host, w->temp_name);
    return exit_with(w, self, 1);
}

/* Everything is written: makes it durable and gives it its name. One thing a step, as a child can be killed between any
 * two of them: its old file is there until the new one has its name. */
static bool finish_file(struct save_work *w, struct child *self) {
    if (w->file) {
        if (host_file_sync(w->host, w->file) != 0) return fail_file(w, self, SYNCING, HOST_EIO);
        host_file_close(w->host, w->file);
        w->file = NULL;
        return true;
    }
    if (!w->renamed) {
        if (host_rename(w->host, w->temp_name, w->final_name) != 0) return fail_file(w, self, MOVING, HOST_EIO);
        w->renamed = true;
        return true;
    }
    w->saved = true;
    if (w->target == SAVE_TO_AOF) return exit_with(w, self, 0); /* the manifest will make its name durable */
    w->saved = host_sync_dir(w->host) == 0;
    if (!w->saved) return fail_file(w, self, SYNCING_FOLDER, HOST_EIO);
    host_log(w->host, LOG_NOTICE, "DB saved on disk");
    return exit_with(w, self, 0);
}

/* About once a second the child tells its parent how far it is. The news themselves are not modelled, but that it ends
 * if there is no parent to tell them to. */
static void report(struct save_work *w, struct child *self) {
    uint64_t keys = keys_saved(w);
    if (!self || keys / REPORT_KEYS == w->looked_keys / REPORT_KEYS) return;
    w->looked_keys = keys;
    sim_time now = host_now(w->host);
    if (now - w->reported_at < REPORT_MS * SIM_MS) return;
    w->reported_at = now;
    host_child_write(w->host, self, "r", 1);
}

static bool step_file(struct save_work *w, struct child *self) {
    int error = 0;
    if (!w->file && !w->serialised) {
        w->file = host_file_open(w->host, w->temp_name, FILE_CREATE, &error);
        if (!w->file) return fail_file(w, self, OPENING, error);
    }
    if (w->serialised) return finish_file(w, self);
    serialise(w);
    report(w, self);
    if (w->out.len == 0) return true; /* an empty dataset as commands */
    int64_t n = host_file_write(w->host, w->file, w->out.at, w->out.len);
    if (n < (int64_t)w->out.len) return fail_file(w, self, WRITING, n < 0 ? n : HOST_ENOSPC);
    buffer_clear(&w->out);
    w->unsynced += n;
    if (w->sync_often && w->unsynced >= SYNC_EVERY) {
        w->unsynced = 0;
        host_file_write_out(w->host, w->file);
    }
    return true;
}

/* --- into the pipe ------------------------------------------------------------------------------------------------ */

/* What a step serialises is written by the next one: when the time that it takes is over. */
static bool step_pipe(struct save_work *w, struct child *self) {
    if (w->serialised || w->out.len - w->out_at > PIPE_BYTES) {
        w->out_at += host_child_write(w->host, self, w->out.at + w->out_at, w->out.len - w->out_at);
        if (w->out_at < w->out.len) return true;
        buffer_clear(&w->out);
        w->out_at = 0;
        if (w->serialised) return exit_with(w, self, 0);
    }
    serialise(w);
    return true;
}

/* --- the program -------------------------------------------------------------------------------------------------- */

static bool step(void *state, struct child *self) {
    struct save_work *w = state;
    return w->target == SAVE_TO_SOCKETS ? step_pipe(w, self) : step_file(w, self);
}

const struct child_program save_program = {.name = "rdb", .step = step, .drop = drop};

bool save_work_run(struct save_work *w) {
    assert(w->target != SAVE_TO_SOCKETS);
    while (step_file(w, NULL)) {
    }
    return w->saved;
}

void save_work_give_up(struct save_work *work) {
    drop(work, NULL);
}

void save_work_remove_temp(const struct save_work *w) {
    if (w->target != SAVE_TO_SOCKETS) host_remove(w->host, w->temp_name);
    if (w->target == SAVE_TO_AOF) host_remove(w->host, w->final_name);
}

bool save_work_finished(const struct save_work *w) {
    return w->finished;
}

int64_t save_work_bytes(const struct save_work *w) {
    return w->bytes;
}

uint64_t save_work_copied(const struct save_work *w) {
    return w->snapshot ? snapshot_copied(w->snapshot) : w->copied;
}
