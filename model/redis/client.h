/* A connection to a server, and what is known of the peer: a client, a replica, or the master of a replica. */
#ifndef MODEL_REDIS_CLIENT_H
#define MODEL_REDIS_CLIENT_H

#include <sys/queue.h>

#include "model/redis/command.h"
#include "model/redis/replication.h"
#include "model/redis/resp.h"

enum client_kind { CLIENT_NORMAL, CLIENT_REPLICA, CLIENT_MASTER };

enum client_flag {
    CLIENT_CLOSING = 1,           /* is freed at the end of the turn */
    CLIENT_CLOSE_AFTER_REPLY = 2, /* and before that gets what was written */
    CLIENT_PENDING_WRITE = 4,     /* in server.pending_writes */
    CLIENT_WRITE_BLOCKED = 8,     /* its socket is full: wait for `writable` */
    CLIENT_IN_MULTI = 16,
    CLIENT_DIRTY_EXEC = 32, /* a command could not be queued: EXEC fails */
    CLIENT_DIRTY_CAS = 64,  /* a watched key was changed */
    CLIENT_AUTHENTICATED = 128,
    CLIENT_UNBLOCKED = 256, /* in server.unblocked: its query buffer goes on at the end of the turn */
    CLIENT_PROTOCOL_ERROR = 512,
    CLIENT_PRE_PSYNC = 1024, /* a master reached by SYNC: gets no ACKs */
    CLIENT_READ_BUSY = 2048, /* its bytes are being parsed: must not be freed now */
    CLIENT_CONN_OVER = 4096, /* nothing can be written any more, nor need it be closed */
    CLIENT_CONN_RESET = 8192 /* and its peer has no name any more */
};

enum blocked_why {
    BLOCKED_NONE,
    BLOCKED_WAIT,    /* WAIT */
    BLOCKED_KEYS,    /* BLPOP and the like */
    BLOCKED_PAUSE,   /* its command waits for the end of a pause */
    BLOCKED_SHUTDOWN /* SHUTDOWN waits for replicas */
};

struct blocked {
    enum blocked_why why;
    int64_t deadline_ms; /* wall clock; 0: none */
    int64_t wait_replicas, wait_offset;
    TAILQ_ENTRY(client) entry; /* server.blocked, by time of blocking */
};

/* A command that waits for EXEC. */
struct queued {
    const struct command *command;
    uint32_t first_word; /* in queue.words */
    uint32_t word_count;
};

struct multi {
    struct buffer bytes;      /* the words, one after the other */
    struct resp_slice *words; /* their places in it */
    struct queued *commands;
    size_t word_count, word_room;
    size_t count, room;
    unsigned flags;         /* those that any of the commands has: enum command_flag */
    unsigned lacking_flags; /* those that any of them has not */
};

/* WATCH. */
struct watched_key {
    int db;
    struct bytes key;
    bool expired; /* was already, when it was watched */
    struct watched_key *next;
};

struct client {
    struct server *server;
    struct conn *conn;
    enum client_kind kind;
    unsigned flags; /* enum client_flag */
    uint64_t id;
    char *name; /* CLIENT SETNAME; NULL */
    int db;
    int64_t created;          /* s */
    int64_t last_interaction; /* s; last bytes from or to it */
    uint64_t commands;        /* received on this connection */
    const struct command *last_command;
    int64_t woff; /* master_repl_offset after its last command: what WAIT waits for */

    struct resp_parser parser;
    struct buffer query;      /* bytes not yet executed; of a master: not yet applied */
    size_t query_at;          /* how many of them were parsed (a master's open MULTI) */
    struct buffer out;        /* replies not yet sent */
    size_t out_sent;          /* how many of them were */
    int64_t soft_limit_since; /* s; output above the soft limit since; 0: it is not */

    struct multi multi;
    struct watched_key *watched;
    struct blocked blocked;

    struct replica replica; /* kind REPLICA, and what REPLCONF said before PSYNC */
    int64_t read_offset;    /* kind MASTER: stream bytes received */
    int64_t applied_offset; /* kind MASTER: stream bytes applied */

    TAILQ_ENTRY(client) all;       /* server.clients, in order of arrival */
    TAILQ_ENTRY(client) replicas;  /* server.replicas, in order of PSYNC */
    TAILQ_ENTRY(client) pending;   /* server.pending_writes */
    TAILQ_ENTRY(client) closing;   /* server.closing */
    TAILQ_ENTRY(client) unblocked; /* server.unblocked */
};

TAILQ_HEAD(client_list, client);

/* --- life (client.c) ---------------------------------------------------------------------------------------------- */

struct client *client_create(struct server *s, struct conn *conn);
/* Ends it now: its connection is closed, its place in all lists given up. While its own bytes are being parsed it is
 * only marked, and freed at the end of the turn. */
void client_free(struct client *c);
/* Ends it at the end of the turn; it executes nothing more. */
void client_free_async(struct client *c);
void client_close_after_reply(struct client *c);
void clients_free_closing(struct server *s);
/* Host name and port of the peer, as log lines show it. Valid until the next call. */
const char *client_peer(const struct client *c);
/* Its line in CLIENT LIST, without the end. */
void client_describe(const struct client *c, struct buffer *out);
/* The same for a log line. Valid until the next call. */
const char *client_info(const struct client *c);
/* Bytes that it makes this server hold (its query and output buffers, a replica's part of the stream). */
uint64_t client_memory(const struct client *c);
uint64_t client_output_memory(const struct client *c);
/* Gives back what a big request or reply has left of room in its buffers. */
void client_shrink(struct client *c);
/* Closes it if its output is above the limits of its class; true if so. */
bool client_check_output_limit(struct client *c);

/* --- reading and writing (client_io.c) ---------------------------------------------------------------------------- */

/* One read of its socket, and the commands in it. */
void client_readable(struct client *c);
/* Executes what its query buffer holds. */
void client_process_input(struct client *c);
/* Makes it one of those that are written to at the end of the turn. */
void client_queue_write(struct client *c);
/* Gives the socket what is pending. False: it is over. */
bool client_write(struct client *c);
void clients_write_pending(struct server *s);

/* --- replies ------------------------------------------------------------------------------------------------------ */

void client_reply_status(struct client *c, const char *status);
/* "ERR ..." */
void client_reply_error(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void client_reply_number(struct client *c, int64_t n);
void client_reply_bulk(struct client *c, struct bytes word);
void client_reply_array(struct client *c, size_t count);
void client_reply_nil(struct client *c);
void client_reply_nil_array(struct client *c);

/* --- MULTI, EXEC, DISCARD, WATCH, UNWATCH (multi.c) --------------------------------------------------------------- */

struct running;

/* Queues a command, and says so. */
void multi_queue(struct client *c, const struct running *r);
void multi_discard(struct client *c);
/* The store of commands behind it: copies one, gives it back (until the scratch pool is reset), empties it. */
void multi_keep(struct client *c, const struct running *r);
struct running multi_command_at(struct client *c, size_t i);
void multi_forget(struct client *c);
void multi_command(struct client *c);
void exec_command(struct client *c);
void discard_command(struct client *c);
void watch_command(struct client *c);
void unwatch_command(struct client *c);
void unwatch_all(struct client *c);
/* A command has changed its keys: transactions that watch them will fail. */
void watch_touch_command(struct server *s, const struct exec *ex);
/* A key was deleted outside any command. */
void watch_key_deleted(struct server *s, int db, struct bytes key);
void watch_touch_all(struct server *s);

/* --- blocking (blocked.c) ----------------------------------------------------------------------------------------- */

void client_block(struct client *c, enum blocked_why why, int64_t deadline_ms);
/* It goes on with its query buffer at the end of this turn. */
void client_unblock(struct client *c);
/* It is not blocked any more, and goes on with nothing. */
void client_forget_block(struct client *c);
void wait_command(struct client *c);
/* The running command of a client waits for its keys; `timeout_ms` 0: for ever. */
void blocked_on_keys(struct client *c, int64_t timeout_ms);
void blocked_serve_keys(struct server *s);
/* CLIENT UNBLOCK: as if its time were over, or with an error. */
void blocked_end_early(struct client *c, bool with_error);
void blocked_end_pause(struct server *s);
/* WAITs whose replicas have acknowledged, and those whose time is over. */
void blocked_serve_waits(struct server *s);
void blocked_check_timeouts(struct server *s);
void blocked_process_unblocked(struct server *s);
/* This server becomes a replica: -UNBLOCKED to all (reference 10.5). */
void blocked_disconnect_all(struct server *s);

#endif
