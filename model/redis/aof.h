/* The append-only file: every change of the dataset, in the order it was made, on disk.
 *
 *   aof_manifest.h   which files it consists of
 *   aof_files.c      their names, the manifest's file, opening, removing what is of the past
 *   aof_write.c      what is appended, when it is written and fsynced, what happens when that fails
 *   aof_rewrite.c    rewriting it by a child; switching it on and off
 *   aof_text.c       a dataset as commands: a base file that is not RDB
 *   aof_load.c       reading it back at start
 *
 * Three things differ: appended (in the buffer, gone with the process), written (the kernel's, gone with the power),
 * fsynced. Behaviour, names, formats and log lines are redis-server 7.0.15's, found out on a real one. */
#ifndef MODEL_REDIS_AOF_H
#define MODEL_REDIS_AOF_H

#include "model/redis/aof_manifest.h"
#include "model/redis/persistence.h"

enum aof_state {
    AOF_OFF,
    AOF_ON,
    AOF_WAIT_REWRITE /* switched on while running: nothing of it counts until the first rewrite is done */
};

/* appendfsync, in the order of its words. */
enum aof_fsync { AOF_FSYNC_EVERYSEC, AOF_FSYNC_ALWAYS, AOF_FSYNC_NO };

struct stream_ops;
struct aof_load;

struct aof_rewrite {
    struct child *child; /* NULL: none */
    struct save_work *work;
    uint64_t number; /* of the child, as log lines call it */
    int64_t started; /* s; -1: none */
    bool scheduled;
    bool last_ok;
    int64_t last_time; /* s that the last one took; -1 */
    uint64_t rewrites, failures_in_a_row;
    uint64_t last_cow;  /* bytes */
    int64_t next_delay; /* minutes; after repeated failures */
    int64_t next_time;  /* s; likewise, 0: none */
};

struct aof {
    enum aof_state state;
    struct aof_manifest manifest;
    struct file *file;              /* the incremental file that is appended to; NULL: none */
    struct buffer buffer;           /* appended, not yet written */
    int db;                         /* selected in it; -1: the next command begins with SELECT */
    int64_t timestamp;              /* s; the last one annotated */
    int64_t size, base_size;        /* aof_current_size, aof_base_size */
    int64_t incr_size, incr_synced; /* of the file: bytes written, bytes for which an fsync was begun */
    int64_t last_fsync;             /* s */
    int64_t postponed_since;        /* s; a write waits for a background fsync since; 0: none does */
    int write_error, sync_error;    /* the last write's, the last background fsync's: 0 or enum host_errno */
    int64_t error_logged;           /* s */
    uint64_t delayed_fsync;
    struct aof_rewrite rewrite;
    struct aof_load *load; /* at start; NULL else */
    struct host_timer restart_timer;
    unsigned restart_tries;
};

/* --- aof_files.c -------------------------------------------------------------------------------------------------- */

/* appendfsync's words for strerror(3). */
const char *aof_error_text(int error);
/* FOLDER/NAME, in a text that is overwritten by the next call. */
const char *aof_path(struct server *s, const char *name);
/* Reads the manifest's file, if there is one. False: it is no good, and the process ends. */
bool aof_read_manifest(struct server *s);
/* Writes a manifest, durably. False and a log line if it failed. */
bool aof_write_manifest(struct server *s, const struct aof_manifest *m);
/* The manifest is this one from now on; what `m` held is the server's. */
void aof_take_manifest(struct server *s, struct aof_manifest *m);
/* Removes the files of the past. */
void aof_remove_history(struct server *s);
/* After the load at start: opens the file to append to, and makes what is missing. False: the process ends. */
bool aof_open_at_start(struct server *s);
/* The incremental file that a rewrite begins with. False and a log line if it failed. */
bool aof_open_new_incr(struct server *s);
/* The name of the file that collects commands until the first rewrite is done. */
const char *aof_temp_incr_name(struct server *s);

/* --- aof_write.c -------------------------------------------------------------------------------------------------- */

/* Appends what a command makes of the dataset. */
void aof_append(struct server *s, const struct stream_ops *ops);
/* The same for a key that this server deletes by itself, and no stream tells of. */
void aof_append_deletion(struct server *s, int db, struct bytes key);
/* Writes and fsyncs as the settings want it: at the end of each turn, before replies are sent. `force`: without
 * consideration for a background fsync. May end the process. */
void aof_flush(struct server *s, bool force);
/* Why writes must be refused: 0, or an error of the disk. */
int aof_disk_error(const struct server *s);
/* Background fsyncs that run. */
unsigned aof_pending_fsyncs(const struct server *s);

/* --- aof_rewrite.c ------------------------------------------------------------------------------------------------ */

void bgrewriteaof_command(struct client *c);
/* Whether any child runs: there is one at a time. */
bool server_has_child(const struct server *s);
bool aof_rewrite_running(const struct server *s);
/* Begins a rewrite; false if it could not. */
bool aof_rewrite_start(struct server *s);
/* A rewrite that had to wait. */
void aof_rewrite_start_scheduled(struct server *s);
/* The file has grown enough. */
void aof_rewrite_if_grown(struct server *s);
/* Takes notice of a child that has ended. */
void aof_rewrite_check_done(struct server *s);
void aof_rewrite_kill(struct server *s);
/* Switches it on, while the server runs: by a rewrite. False if that could not be begun. */
bool aof_start(struct server *s);
void aof_stop(struct server *s);
/* It was off for a full sync: on again, or the process ends after ten attempts. */
void aof_restart_after_sync(struct server *s);

/* --- aof_text.c --------------------------------------------------------------------------------------------------- */

struct aof_text;
/* Goes through the snapshot, which stays the caller's. */
struct aof_text *aof_text_open(struct pool *pool, struct snapshot *snapshot);
/* Appends up to about `bytes` more bytes of commands; false when that was the end. */
bool aof_text_step(struct aof_text *t, size_t bytes, struct buffer *out);
uint64_t aof_text_keys(const struct aof_text *t);
void aof_text_close(struct aof_text *t);

/* --- aof_load.c --------------------------------------------------------------------------------------------------- */

/* Begins to load at start. False: there is nothing to load. */
bool aof_load_at_start(struct server *s);

#endif
