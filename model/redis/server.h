/* A modelled redis-server: one process, one thread, driven by its host (sim/world/host.h).
 *
 *   server.c        boot, the callbacks of the event loop, what each turn ends with
 *   server_cron.c   the periodic work
 *   dispatch.c      from a parsed request to its execution: who may run what
 *   propagate.c     what a command makes the stream carry
 *   own_commands.c  commands about the server itself (CONFIG, CLIENT, DEBUG, ...)
 *   client.h        connections;  replication.h  replication;  persistence.h  snapshots and loading
 *
 * Others read the structures below (INFO, fields, samples) and change nothing. */
#ifndef MODEL_REDIS_SERVER_H
#define MODEL_REDIS_SERVER_H

#include "model/redis/access.h"
#include "model/redis/aof.h"
#include "model/redis/client.h"
#include "model/redis/command.h"
#include "model/redis/config.h"
#include "model/redis/defects.h"
#include "model/redis/eviction.h"
#include "model/redis/expire_cycle.h"
#include "model/redis/happenings.h"
#include "model/redis/keyspace.h"
#include "model/redis/persistence.h"
#include "model/redis/probes.h"
#include "model/redis/replication.h"
#include "sim/run/system.h"
#include "sim/world/host.h"

/* What a pause holds back, and who wants it: none ends another's. */
enum pause_kind { PAUSE_NONE, PAUSE_WRITES, PAUSE_ALL };
enum pause_purpose { PAUSE_BY_CLIENT, PAUSE_BY_SHUTDOWN, PAUSE_BY_FAILOVER, PAUSE_PURPOSES };

struct pause {
    enum pause_kind kind;
    int64_t until_ms; /* wall clock */
};

/* SHUTDOWN under way: it waits for replicas (reference 10.7). */
struct shutdown {
    bool asked;   /* by SIGTERM: the next cron begins */
    bool waiting; /* begun */
    bool nosave, save, now, force;
    int64_t until_ms;
};

/* Counters that INFO shows, under INFO's names where it has one. */
struct server_stats {
    uint64_t connections_received, commands_processed, rejected_connections;
    uint64_t net_input_bytes, net_output_bytes, net_repl_input_bytes, net_repl_output_bytes;
    uint64_t sync_full, sync_partial_ok, sync_partial_err;
    uint64_t expired_keys, expired_time_cap_reached_count, evicted_keys, keyspace_hits, keyspace_misses;
    uint64_t total_forks;
    int64_t latest_fork_usec;
    uint64_t unexpected_error_replies, total_error_replies;
    uint64_t client_output_buffer_limit_disconnections;
    uint64_t rdb_saves;
    uint64_t rdb_last_cow_size, current_cow_peak; /* bytes */
    uint64_t rdb_last_load_keys_loaded, rdb_last_load_keys_expired;
    uint64_t total_reads, total_writes;
};

typedef void own_command_fn(struct client *c);

/* A command that the stream must carry. */
struct stream_op {
    int db;
    const struct bytes *words;
    size_t count;
    struct bytes raw; /* the same as a RESP array, if somebody has it; else at == NULL */
    bool expiry;      /* a deletion of expiry or eviction */
    bool stream_only; /* nothing for the append-only file: it changes no data */
};

struct stream_ops {
    struct stream_op *ops;
    size_t count, room;
};

/* A command in execution, for the server's own commands; nested ones (EXEC) save and restore it. */
struct running {
    struct client *client;
    const struct command *command;
    const struct bytes *argv;
    size_t argc;
    struct bytes raw; /* the request's own bytes, if they are as the stream wants them; else at == NULL */
};

struct server {
    struct host *host;
    struct pool *pool;    /* the run's */
    struct pool *scratch; /* dropped after each command */
    struct config config;
    struct config boot_config; /* as the process was started with, before CONFIG REWRITE's file */
    struct keyspace *ks;
    struct access_clock clock; /* of its keys */
    struct eviction eviction;
    uint64_t defects;              /* 1 << enum defect */
    bool live;                     /* as in struct server_setup */
    own_command_fn **own_commands; /* by index in command_table(); NULL: a data command */
    struct chance chance;          /* SPOP and the like */
    struct chance id_chance;       /* replids and EOF marks */
    char run_id[REPLID_ROOM];

    /* --- time: read once a turn --- */
    int64_t unixtime; /* wall clock, s */
    int64_t mstime;   /* wall clock, ms */
    /* The same as of the last cron or command: pauses and FAILOVER's timeout end by it (measured on 7.0.15: a pause
     * ends up to 100 ms late on a server that has nothing to do). */
    int64_t noticed_ms;
    sim_time start_time; /* ns; negative if it was up before time 0 */
    struct host_timer cron_timer;
    int64_t cronloops, repl_cronloops;

    /* --- connections --- */
    struct client_list clients, replicas, pending_writes, closing, unblocked, blocked;
    size_t client_count, replica_count, blocked_count;
    uint64_t next_client_id;
    struct running running;
    bool running_failed;       /* it replied with an error */
    const char *running_error; /* the error, valid while it runs */
    struct buffer error_text;
    struct buffer stream_error; /* the running command of the master's stream failed: what, and why */
    uint64_t call_dirty;        /* changes made by the command now running, with those of its transaction */
    const struct command *flushall, *exec, *ping;
    size_t watcher_count;   /* clients that WATCH */
    bool keys_became_ready; /* a blocked client may be served */
    bool still_blocked;     /* it was tried in vain */
    struct buffer peer_text;
    struct pause pauses[PAUSE_PURPOSES];
    enum pause_kind paused; /* the strongest of them; one that is over counts until server_is_paused() is asked */
    struct shutdown shutdown;
    bool exiting; /* the process ends with this turn: nothing more is executed */

    /* --- identity and stream --- */
    char replid[REPLID_ROOM], replid2[REPLID_ROOM];
    int64_t second_replid_offset;
    struct repl_buffer repl;   /* repl.offset is master_repl_offset */
    int stream_db;             /* selected in the stream we feed; -1: the next write begins with SELECT */
    int64_t no_replicas_since; /* s */
    int64_t good_replicas;
    bool getack_wanted;    /* a WAIT blocked in this turn */
    struct stream_ops ops; /* what the command now running makes the stream carry */
    struct buffer feed;    /* where it is put together */

    /* --- as a replica --- */
    struct master_link link;
    struct client *master; /* the stream's client; NULL unless the link is CONNECTED */
    struct cached_master cached;
    struct failover failover;

    /* --- persistence --- */
    struct aof aof;
    struct buffer path_text;
    struct save save;
    struct loading loading;
    struct keyspace *loading_ks;   /* swapdb: the dataset being loaded */
    struct keyspace *local_expiry; /* keys for local_expiry.h; NULL: none yet */
    uint64_t next_save_number;
    bool bgsave_scheduled;
    uint64_t dirty; /* changes since the last save */
    uint64_t dirty_before_bgsave;
    int64_t lastsave;       /* s */
    int64_t lastbgsave_try; /* s */
    bool lastbgsave_ok;
    int64_t rdb_save_time_last; /* s; -1 */
    bool rdb_sync_file_left;    /* dbfilename was written for replicas only (rdb-del-sync-files) */
    bool active_expire;         /* DEBUG SET-ACTIVE-EXPIRE */
    struct expire_cycle expiring;
    int64_t disk_error_logged_ms; /* wall clock; last time a replica said that it obeys though it cannot save */

    struct server_stats stats;
};

struct server_setup {
    struct pool *scratch; /* a pool that belongs to the caller; is reset after commands. Servers of one run share it. */
    const struct setting *settings; /* accepted by directive_check() */
    size_t setting_count;
    uint64_t defects; /* 1 << enum defect */
    /* Fills the dataset of a node that begins with one (`dataset` lines); NULL: none. */
    void (*populate)(void *ctx, struct keyspace *ks);
    void *ctx;
    bool live; /* on a real machine: its peers are addresses, and no file of its own folder is its redis.conf */
};

/* Starts a server process on its host (in a turn of that host): sets host->node and host->node_ops, listens, loads its
 * RDB file if there is one, begins its crons. At time 0 it has been up for 1 ms to 1 s. Memory is the host's pool's and
 * need not be given back. */
struct server *server_create(struct host *host, const struct server_setup *setup);

/* Bytes of memory the process uses (used_memory). O(clients). */
uint64_t server_memory(const struct server *s);
/* Any reason to answer -LOADING. */
static inline bool server_is_loading(const struct server *s) {
    return s->loading.active;
}

/* --- server.c ----------------------------------------------------------------------------------------------------- */

/* Reads the clocks: at the beginning of each callback. */
void server_update_time(struct server *s);
/* It takes commands now. */
void server_ready(struct server *s);
/* exit(3): what was written so far is delivered, nothing else happens. */
void server_exit(struct server *s, int code);
/* The same after an error that the real server does not survive (its serverPanic). */
void server_panic(struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Also ends what is over. */
bool server_is_paused(struct server *s, enum pause_kind at_least);
/* The instant in so many ms, as int64_t holds it: a timeout that does not fit is in the past, as on the real server. */
int64_t server_deadline(const struct server *s, int64_t in_ms);
void server_pause(struct server *s, enum pause_purpose purpose, enum pause_kind kind, int64_t until_ms);
void server_unpause(struct server *s, enum pause_purpose purpose);

/* --- server_cron.c ------------------------------------------------------------------------------------------------ */

void server_start_cron(struct server *s);
/* A load has ended: the cron that waited for it runs. */
void server_resume_cron(struct server *s);
/* ns between two crons. */
sim_time server_cron_period(const struct server *s);

/* --- dispatch.c --------------------------------------------------------------------------------------------------- */

/* Takes one request of a client: refuses, queues or executes it. False: it must wait (a pause): offer it again later.
 */
bool dispatch_request(struct client *c, const struct bytes *argv, size_t argc, struct bytes raw);
/* Executes a command whose right to run was checked, and collects what the stream must carry. */
void dispatch_call(struct client *c, const struct running *running, int64_t now_ms);
/* Replies with an error without executing; inside MULTI, EXEC will fail. */
void dispatch_refuse(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Executes the command of a blocked client again. */
void dispatch_retry(struct client *c, const struct running *r);

/* --- propagate.c -------------------------------------------------------------------------------------------------- */

/* A command as stream and append-only file have it; a SELECT before it if *selected is another database. */
void stream_put_op(struct buffer *out, const struct stream_op *op, int *selected);
void stream_put_select(struct buffer *out, int db, int *selected);
/* Adds a command to what the stream will carry. Words must live until propagate_flush(). */
void propagate_add(struct server *s, const struct stream_op *op);
/* Feeds what was collected: alone, or several in MULTI .. EXEC; `before` is the dataset's digest before it all. */
void propagate_flush(struct server *s, struct dataset_digest before);
/* An expired key was deleted: feeds its DEL (UNLINK), outside any command; `before` is the digest with it. */
void propagate_expired(struct server *s, int db, struct bytes key, struct dataset_digest before);
/* The same of an evicted one. */
void propagate_evicted(struct server *s, int db, struct bytes key, struct dataset_digest before);
/* Tells the trace that this replica's dataset is from now on not its master's: it evicted a key, or refused a command
 * of the stream (R_WRITE with this flag). */
void propagate_note_alone(struct server *s, enum write_flag why);
/* Tells the trace (R_WRITE) of a change that a client's command made, or, c NULL, of keys that expired while there is
 * no stream to tell of them. */
void propagate_note_write(struct server *s, const struct client *c);
/* Whether changes are to be fed: to replicas by a master with a backlog, or to the append-only file. */
bool propagate_wanted(const struct server *s);

/* --- shutdown.c --------------------------------------------------------------------------------------------------- */

void shutdown_command(struct client *c);
/* SIGTERM. */
void shutdown_ask(struct server *s);
/* Begins what SIGTERM asked for, or looks whether what was begun may go on now; called every cron. */
void shutdown_check(struct server *s);
/* The same while a dataset is loaded. */
void shutdown_check_loading(struct server *s);

/* --- info.c ------------------------------------------------------------------------------------------------------- */

void info_command(struct client *c);
void role_command(struct client *c);

#endif
