/* Snapshots and loading: BGSAVE, SAVE, save points, snapshots for replicas, and reading an RDB back.
 *
 *   persistence.c   which saves run, how they end, save points
 *   save_child.c    the forked child: serialises the frozen dataset into a file or a pipe
 *   loading.c       reading an RDB in pieces, the server serving its event loop in between */
#ifndef MODEL_REDIS_PERSISTENCE_H
#define MODEL_REDIS_PERSISTENCE_H

#include "model/redis/replication.h"

enum save_target { SAVE_TO_FILE, SAVE_TO_SOCKETS, SAVE_TO_AOF /* a base for the append-only file */ };

struct save_work; /* the child's memory */

/* The forked child, if one runs. */
struct save {
    struct child *child;    /* NULL: none */
    struct save_work *work; /* what it works with; NULL: no child */
    enum save_target target;
    bool for_replicas;
    uint64_t number;     /* of the snapshot in this process, from 1 */
    int64_t started;     /* s */
    sim_time started_at; /* ns, monotonic */
    int64_t forked_offset;
    char mark[EOF_MARK_LEN]; /* sockets: what ends the payload */
    bool pipe_ended;         /* sockets: the parent has read all */
    unsigned pipe_writing;   /* sockets: replicas that have not taken the current piece of the pipe */
    size_t pipe_piece;       /* length of that piece */
    bool killed;             /* by ourselves */
};

/* Why a dataset is being loaded. */
struct loading {
    bool active;
    bool async; /* reads are still served from the old dataset (swapdb) */
    enum load_source source;
    struct rdb_reader *reader;
    struct keyspace *into; /* the server's own dataset, or the one that will be swapped in */
    struct file *file;     /* NULL: from the master's connection */
    int64_t size, at;      /* bytes in all (-1 unknown), bytes taken */
    struct host_timer timer;
    sim_time began;     /* ns */
    int64_t began_time; /* s */
    bool cron_missed;   /* the crons wait for its end */
};

/* --- persistence.c ------------------------------------------------------------------------------------------------ */

void bgsave_command(struct client *c);
void save_command(struct client *c);
void lastsave_command(struct client *c);
/* Forks a child that saves; false if it could not. */
bool save_start(struct server *s, enum save_target target, bool for_replicas);
/* SAVE: in this process; false and a log line if it failed. */
bool save_now(struct server *s);
bool save_running(const struct server *s);
/* Kills the child, as the real server does with a snapshot that nobody needs. */
void save_kill(struct server *s);
/* This process wants to end: so does its child. Should the process stay, its cron hears of the child's end. */
void save_abandon(struct server *s);
/* Takes notice of a child that has ended. */
void save_check_done(struct server *s);
/* FLUSHALL: what is being saved is of no use, and the file must not bring the data back. */
void save_after_flushall(struct server *s);
/* Children that ended, and save points. */
void save_cron(struct server *s);
/* A BGSAVE that had to wait. */
void save_start_scheduled(struct server *s);
/* The aux fields that this server writes into an RDB (reference 11.1). */
struct rdb_info save_replication_info(const struct server *s);

/* --- save_child.c ------------------------------------------------------------------------------------------------- */

/* What is to be written. */
struct save_job {
    enum save_target target;
    uint64_t number;        /* for the names of temporary files */
    const char *mark;       /* sockets: what ends the payload */
    const char *final_name; /* of the file; copied */
};

/* What the child will work with; the snapshot becomes its own. */
struct save_work *save_work_create(struct server *s, struct snapshot *snapshot, const struct save_job *job);
/* The child is over, or was never born. */
void save_work_free(struct save_work *work);
extern const struct child_program save_program;
/* It went through its whole program (and was not killed). */
bool save_work_finished(const struct save_work *work);
int64_t save_work_bytes(const struct save_work *work);   /* serialised so far */
uint64_t save_work_copied(const struct save_work *work); /* bytes of memory copied since the fork */
/* A snapshot into a file, by whoever runs. False: it failed. */
bool save_work_run(struct save_work *work);
/* The child was killed: it works no more, even if it dies only when it is continued (`child NODE stall`). Its snapshot is
 * closed, so that its parent can take another. */
void save_work_give_up(struct save_work *work);
/* Removes the temporary files of a child that was killed. */
void save_work_remove_temp(const struct save_work *work);

/* --- loading.c ---------------------------------------------------------------------------------------------------- */

/* Loads dbfilename at start, if it is there. */
void loading_at_start(struct server *s);
/* Loads the file that the transfer received, and tells transfer_loaded() of the end; a corrupt one ends the process. */
void loading_from_file(struct server *s, const char *name);
/* Loads straight from the master's connection into `into`. */
void loading_from_link(struct server *s, struct keyspace *into, bool async);
/* Logs what is wrong with the RDB that is being loaded; `what_follows` ends the line. */
void loading_log_fault(const struct server *s, const char *what_follows);
/* Bytes from the link. RDB_MORE: go on. */
enum rdb_status loading_take(struct server *s, struct bytes bytes, size_t *used);
/* An RDB is loaded: the log lines about it. */
void loading_log_success(struct server *s, uint64_t expired);
/* key-load-delay for so many keys. */
void loading_spend_delay(struct server *s, uint64_t keys);
/* Begins a load at start that somebody else does: `go_on` is the timer's. */
void loading_begin_at_start(struct server *s, int64_t size, void (*go_on)(void *node, struct host_timer *timer));
/* The process is up with the dataset it has. */
void loading_note_boot(struct server *s, enum boot_source source);
/* Ends a load, complete or not: what was loaded stays. Nothing happens if none is active. */
void loading_end(struct server *s);

#endif
