/* Replication between modelled servers: states, and who does what.
 *
 *   replication_id.c        replid and offsets, the backlog's life, feeding the stream
 *   replication_master.c    PSYNC, SYNC; which snapshot serves whom
 *   replication_ack.c       REPLCONF, acknowledgements, how many replicas are good
 *   replication_payload.c   the RDB on its way to the replicas: from a file, or straight from the child
 *   replication_replica.c   REPLICAOF, the link to the master
 *   replication_handshake.c from PING to PSYNC and its answer
 *   replication_transfer.c  receiving the RDB, and what it replaces
 *   replication_diskless.c  the same, without a file
 *   replication_apply.c     the master's stream: applied offsets, the cached master, ACKs
 *   replication_failover.c  FAILOVER: handing the master's role to a replica
 *   replication_cron.c      what is done once a second, in the real server's order */
#ifndef MODEL_REDIS_REPLICATION_H
#define MODEL_REDIS_REPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "model/redis/happenings.h"
#include "model/redis/rdb.h"
#include "model/redis/repl_buffer.h"
#include "sim/world/buffer.h"
#include "sim/world/host.h"

enum { REPLID_LEN = 40, REPLID_ROOM = REPLID_LEN + 1 };

struct client;
struct resp_parser;
struct running;
struct server;

/* --- a replica, as its master sees it ----------------------------------------------------------------------------- */

enum replica_state {
    REPLICA_NONE,              /* no replica (told when one leaves) */
    REPLICA_WAIT_BGSAVE_START, /* asked for a full resync, its snapshot is not begun */
    REPLICA_WAIT_BGSAVE_END,   /* its snapshot is being made; the stream is kept for it */
    REPLICA_SEND_BULK,         /* the file is on its way */
    REPLICA_ONLINE,            /* receives the stream */
    REPLICA_RDB_TRANSMITTED    /* wanted the RDB only, and has it */
};

enum replica_capability { CAPA_EOF = 1, CAPA_PSYNC2 = 2 };

struct replica {
    enum replica_state state;
    unsigned capa;                /* enum replica_capability */
    bool rdb_only;                /* REPLCONF rdb-only 1 */
    bool stream_on_ack;           /* diskless: nothing may follow the EOF mark until its first ACK */
    bool stream_ready;            /* ONLINE, and its stream is let go */
    bool pre_psync;               /* came with SYNC: sends no ACKs, is never timed out */
    struct repl_reader stream;    /* where it stands in the replication buffer */
    int64_t psync_initial_offset; /* of its +FULLRESYNC */
    int64_t offset_at_request;    /* ours, when it asked for the full resync */
    int64_t ack_offset;           /* the highest it acknowledged */
    int64_t ack_time;             /* s; of its last ACK or newline */
    int64_t last_partial_write;   /* s; diskless: since when its socket is full, 0: it is not */
    uint16_t listening_port;      /* REPLCONF listening-port, 0 unknown */
    char *announced_ip;           /* REPLCONF ip-address; NULL */
    struct file *rdb;             /* SEND_BULK: the file that is sent */
    int64_t rdb_at, rdb_size;     /* bytes sent, bytes in all */
    size_t pipe_sent;             /* diskless: bytes of the current piece of the pipe that it has taken */
    bool in_pipe;                 /* diskless: it receives the running child's output */
    /* Defects only: stream bytes from + 1 .. to are left out, or sent twice (replay holds them). to == 0: none. */
    int64_t odd_from, odd_to;
    struct buffer replay;
};

/* --- the master, as a replica sees it ----------------------------------------------------------------------------- */

/* In the order of a handshake (reference 3). INFO calls everything but CONNECTED "down". */
enum link_state {
    LINK_NONE, /* no replica */
    LINK_CONNECT,
    LINK_CONNECTING,
    LINK_RECEIVE_PING_REPLY,
    LINK_SEND_HANDSHAKE,
    LINK_RECEIVE_AUTH_REPLY,
    LINK_RECEIVE_PORT_REPLY,
    LINK_RECEIVE_IP_REPLY,
    LINK_RECEIVE_CAPA_REPLY,
    LINK_SEND_PSYNC,
    LINK_RECEIVE_PSYNC_REPLY,
    LINK_TRANSFER,
    LINK_CONNECTED
};

enum { EOF_MARK_LEN = 40 };

/* What is being received in state TRANSFER. */
struct transfer {
    bool header_read; /* the "$..." line was */
    bool by_mark;     /* ends with a mark instead of after a number of bytes */
    char mark[EOF_MARK_LEN];
    char tail[EOF_MARK_LEN]; /* by_mark: the last bytes received */
    size_t tail_len;
    int64_t size;      /* bytes to come in all; -1 unknown (as INFO's master_sync_total_bytes) */
    int64_t received;  /* bytes so far */
    int64_t synced;    /* bytes of the file that were fsynced */
    bool diskless;     /* straight into a dataset */
    bool rdb_complete; /* diskless: only the mark is still to come */
    struct file *file; /* the temporary file */
    char file_name[64];
    int64_t initial_offset;   /* of +FULLRESYNC; -1 after a bare SYNC */
    char replid[REPLID_ROOM]; /* likewise */
    /* A defect only: stream commands that came before the payload. */
    struct buffer early;
    struct resp_parser *early_parser;
    int64_t early_stream; /* bytes */
};

struct master_link {
    char *host; /* the master's name; NULL: this server is a master */
    uint16_t port;
    enum link_state state;
    struct conn *conn;       /* during handshake and transfer; NULL else */
    struct buffer line;      /* the reply line that is being read */
    struct host_timer timer; /* a line must be whole within 5 s; limits a blocking read */
    int64_t last_io;         /* s; last byte of handshake or transfer */
    int64_t down_since;      /* s; 0: never up */
    int64_t newline_time;    /* s; when the last newline was sent while loading */
    struct transfer transfer;
};

/* What is kept of a lost master, to ask for a partial resync (reference 8.2). */
struct cached_master {
    bool present;
    int64_t offset; /* applied */
    int db;         /* selected by its stream */
    bool pre_psync;
};

/* FAILOVER under way (reference 12). */
enum failover_state {
    FAILOVER_NONE,
    FAILOVER_WAIT_FOR_SYNC, /* still a master: writes wait until a replica has the whole stream */
    FAILOVER_IN_PROGRESS    /* already a replica of the target, which has not answered yet */
};

struct failover {
    enum failover_state state;
    char *host; /* the target's address; NULL: any replica, none found yet */
    uint16_t port;
    bool force;     /* when the time is over, go on without waiting */
    int64_t end_ms; /* wall clock; 0: waits for ever */
};

/* --- identity and stream (replication_id.c) ----------------------------------------------------------------------- */

/* 40 random hex digits: replids, run ids, EOF marks. */
void replication_random_id(struct server *s, char id[REPLID_ROOM]);
void replication_new_id(struct server *s, enum id_cause cause);
/* The old id becomes the second one, valid up to the next byte (reference 2.7). */
void replication_shift_id(struct server *s);
void replication_clear_second_id(struct server *s);
void replication_note_id(struct server *s, enum id_cause cause);
/* Creates the backlog if there is none; new_id: because a replica came to a master (reference 2.12). */
void replication_create_backlog(struct server *s, bool new_id);
void replication_free_backlog(struct server *s);

/* Puts bytes of whole commands into the replication buffer and tells the trace. Nothing happens without a backlog. */
void replication_feed(struct server *s, struct bytes bytes, struct dataset_digest digest, unsigned flags);
/* The same for bytes that came from this replica's own master: not told again. */
void replication_feed_proxy(struct server *s, struct bytes bytes);
/* Makes the stream's database `db`, feeding a SELECT if it is another. */
void replication_feed_select(struct server *s, int db, struct dataset_digest before);
/* ping, REPLCONF GETACK *: commands of the server's own that change no data, whatever database is selected. */
void replication_feed_admin(struct server *s, const char *const *words);

/* --- master (replication_master.c) -------------------------------------------------------------------------------- */

void psync_command(struct client *c); /* PSYNC and SYNC */
/* As log lines name it: "r1:6379", with the port it told us. Valid until the next call. */
const char *replica_name(const struct client *c);
void replica_set_state(struct client *c, enum replica_state state);
/* Whether the stream is kept for it. */
bool replica_is_fed(const struct client *c);
bool replica_is_online(const struct client *c);
/* It becomes ONLINE; diskless ones stay mute until their first ACK. */
void replica_put_online(struct client *c);
void replica_start_stream(struct client *c);
/* +FULLRESYNC: the snapshot that it will get is that of `offset`. False if it could not be told and was closed. */
bool replica_send_fullresync(struct client *c, int64_t offset);
/* A replica's connection is over. */
void replica_gone(struct client *c);
void replication_disconnect_replicas(struct server *s);
/* Begins a snapshot for the replicas that wait for one, if it is time (reference 4.14). */
void replication_start_pending_save(struct server *s);
/* Whether some replica other than `but` waits for the end of a snapshot. */
bool replication_snapshot_is_awaited(const struct server *s, const struct client *but);
/* The replicas' snapshot has ended. `ok`: it is complete. */
void replication_save_done(struct server *s, bool ok, bool to_disk);

/* --- acknowledgements (replication_ack.c) ------------------------------------------------------------------------- */

void replconf_command(struct client *c);
void replication_refresh_good_replicas(struct server *s);
/* Whether writes are refused for want of good replicas. */
bool replication_too_few_replicas(const struct server *s);
/* ONLINE replicas that acknowledged `offset`. */
int64_t replication_count_acks(const struct server *s, int64_t offset);

/* --- payload (replication_payload.c) ------------------------------------------------------------------------------ */

/* Opens the finished file for a replica and begins to send; false: it was closed. */
bool payload_begin_file(struct client *c);
/* Sends as much of the file as the socket takes; false: it is full. */
bool payload_send_file(struct client *c);
/* The diskless child has written. */
void payload_pipe_readable(struct server *s);
/* All that it wrote was read, and it has ended. */
void payload_pipe_ended(struct server *s);
/* A replica's socket has room again for the piece of the pipe that all wait for. */
void payload_pipe_writable(struct client *c);
/* A replica left the batch. */
void payload_leave_pipe(struct client *c);

/* --- replica (replication_replica.c) ------------------------------------------------------------------------------ */

void replicaof_command(struct client *c);
/* At boot: what its settings make it. */
void replication_boot_role(struct server *s);
void replication_set_master(struct server *s, struct bytes host, uint16_t port);
void replication_unset_master(struct server *s);
bool server_is_replica(const struct server *s);
void link_set_state(struct server *s, enum link_state state);
void link_connect(struct server *s);
void link_closed(struct server *s, enum conn_end why);
/* Gives up what is under way; true if something was. The next cron connects anew. */
bool link_abort(struct server *s);
/* The same, and connects at once. */
void link_retry_now(struct server *s);
/* The master's client was freed: connects at once. */
void replication_master_disconnected(struct server *s);

/* --- handshake (replication_handshake.c) -------------------------------------------------------------------------- */

void link_connected(struct server *s);
void link_readable(struct server *s);
/* The connection ended, or the line did not become complete in time. */
void link_no_answer(struct server *s);
/* Reads a line into link.line, without its end. False: it is not complete yet. */
bool link_read_line(struct server *s);
/* Limits how long what is awaited now may take. */
void link_arm_timer(struct server *s, sim_time after);

/* --- transfer (replication_transfer.c) ---------------------------------------------------------------------------- */

void transfer_begin(struct server *s);
void transfer_readable(struct server *s);
/* Drops temporary file and half-received data. */
void transfer_drop(struct server *s);
/* The connection is over. */
void transfer_closed(struct server *s, const char *why);
/* The timer of link_arm_timer() fired in state TRANSFER. */
void transfer_read_timed_out(struct server *s);
/* Loading of the received dataset ended. */
void transfer_loaded(struct server *s, bool ok);
/* A newline to the master, once a second, while it must wait for us. */
void transfer_keep_alive(struct server *s);
/* A snapshot of ours must not overwrite what was received, nor cost memory while it is loaded. */
void transfer_kill_own_save(struct server *s);
/* From here on we belong to the new master's history: nobody may go on with what we had. */
void transfer_leave_history(struct server *s);
void transfer_flush(struct server *s);
void transfer_drop_second_dataset(struct server *s);

/* --- straight into a dataset (replication_diskless.c) ------------------------------------------------------------- */

/* Parses what is there, an interval's worth at most; then the event loop has its turn. */
void transfer_read_socket(struct server *s);
/* The load came to nothing: no half-loaded dataset stays. */
void transfer_fail_socket(struct server *s, const char *why);

/* --- applying (replication_apply.c) ------------------------------------------------------------------------------- */

/* Makes the link's connection the client that executes the stream, at `offset` with database `db`. */
void apply_create_master(struct server *s, int64_t offset, int db);
/* The master's connection is over: keep what a partial resync needs, unless it broke the protocol. */
void apply_master_lost(struct client *c);
/* A cached master of this server's id at an offset, with the stream's database. */
void apply_cache_history(struct server *s, int64_t offset, int db);
/* The same from its own offset: it was a master itself (reference 2.8). */
void apply_cache_own_history(struct server *s);
void apply_discard_cached(struct server *s);
/* +CONTINUE: the link's connection goes on where the cached master was. */
void apply_resurrect_cached(struct server *s);
/* A command of the stream, or a whole MULTI block, was executed: all its bytes, from the last applied one on. */
void apply_command_done(struct client *c, struct bytes command);
/* The running command of the stream failed: told once it is applied. */
void apply_note_failure(struct client *c, const struct running *r);
void apply_send_ack(struct server *s);

/* --- FAILOVER (replication_failover.c) ---------------------------------------------------------------------------- */

void failover_command(struct client *c);
/* As INFO's master_failover_state. */
const char *failover_state_word(const struct server *s);
/* Whether it is time to go on: at the end of each turn, and in each replication_cron(). */
void failover_check(struct server *s);
/* The target answered +CONTINUE or +FULLRESYNC. */
void failover_done(struct server *s);
/* Ends it; a server that had handed over becomes a master again. Nothing happens if none is under way. */
void failover_abort(struct server *s, const char *why);
/* PINGs are not sent while writes are paused for a failover with a timeout. */
bool failover_holds_pings(struct server *s);
/* PSYNC ... FAILOVER under that id has come: this server becomes a master. False: it was refused. */
bool failover_accept(struct client *c, struct bytes asked);

/* --- once a second, or ten times (replication_cron.c)
 * --------------------------------------------------------------------------- */

void replication_cron(struct server *s);

#endif
