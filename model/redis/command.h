/* Commands: the table, and how one is executed on a keyspace.
 *
 * Data commands (t_string.c, t_list.c, ...) see only struct exec: they read and change the keyspace, write a
 * RESP reply and say what the replication stream must carry. The server (server.c) decides who may run what,
 * and feeds the stream. */
#ifndef MODEL_REDIS_COMMAND_H
#define MODEL_REDIS_COMMAND_H

#include "model/redis/keyspace.h"

enum command_flag {
    CMD_WRITE = 1,
    CMD_READONLY = 2,
    CMD_DENYOOM = 4,
    CMD_ADMIN = 8,
    CMD_NOSCRIPT = 16,
    CMD_LOADING = 32, /* allowed while loading */
    CMD_STALE = 64,   /* allowed on an unsynced replica with replica-serve-stale-data no */
    CMD_FAST = 128,
    CMD_NO_MULTI = 256, /* refused inside MULTI */
    CMD_NO_AUTH = 512,
    CMD_BLOCKING = 1024,
    CMD_NO_ASYNC_LOADING = 2048, /* refused while swapdb loads, though reads are served */
    CMD_MAY_REPLICATE = 4096     /* no write, but it goes into the stream */
};

/* How deadlines act for this caller (reference 10.3). */
enum expiry_view {
    EXPIRY_MASTER,  /* an expired key is deleted on access, and the DEL goes into the stream */
    EXPIRY_REPLICA, /* hidden, not deleted: a client of a replica */
    EXPIRY_IGNORE   /* seen as alive: the master's stream on a replica, loading */
};

/* What looking up a key leaves behind: set by command_exec() from the command's flags, changed by the commands that are
 * exceptions. */
enum lookup {
    LOOKUP_COUNTS = 1, /* as a hit or a miss: reads, and the reading part of some writes */
    LOOKUP_TOUCHES = 2 /* the key is used now (access.h) */
};

struct exec;
typedef void command_fn(struct exec *ex);

struct command {
    const char *name; /* lower case */
    int arity;        /* as COMMAND INFO says: negative is a minimum */
    unsigned flags;
    command_fn *run; /* NULL for the server's own commands, which server.c runs by name */
    int first_key, last_key, key_step;
};

/* What a command wants the stream to carry instead of, or besides, its own words. */
struct propagated {
    int db;
    struct bytes *words;
    size_t count;
    bool expiry;
    struct propagated *next;
};

/* One execution. The server fills the first part; the command the second. */
struct exec {
    struct keyspace *ks;
    struct pool *pool;        /* scratch: everything allocated here is dropped after the command */
    int db;                   /* selected; SELECT changes it */
    const struct bytes *argv; /* argv[0] is the command's name, any case */
    size_t argc;
    const struct command *command;
    int64_t now_ms; /* the command's time: fixed in a MULTI block */
    enum expiry_view expiry;
    bool blocking_allowed; /* false in MULTI and for the master's stream: BLPOP then acts as LPOP with nothing there */
    struct chance *chance; /* for SPOP, RANDOMKEY, SRANDMEMBER */
    struct buffer *reply;  /* RESP appended; NULL for the master's stream: nothing is written then */

    unsigned lookup;           /* enum lookup: what looking up a key leaves behind, from here on */
    uint32_t hits, misses;     /* keyspace_hits and keyspace_misses of this command */
    uint64_t dirty;            /* changes made */
    bool failed;               /* an error reply was written */
    const char *error;         /* its text, "ERR ..." (scratch), also when reply is NULL */
    bool forced;               /* goes into the stream even if nothing changed (FLUSHALL of nothing) */
    bool rewritten;            /* propagate `also` in place of argv (nothing if `also` is empty) */
    struct propagated *before; /* lazy expiry's DELs: go before the command, in order */
    struct propagated *also, **also_tail;
    bool block;               /* a blocking command found nothing: the server blocks the client on keys argv[first..] */
    int64_t block_timeout_ms; /* 0: for ever */
    const struct bytes *ready_keys; /* keys that a waiting client may now be served from (pushes); scratch */
    size_t ready_key_count;
};

/* By name, any case; NULL if unknown. */
const struct command *command_find(struct bytes name);
/* All, ends with name == NULL; sorted. */
const struct command *command_table(void);
/* How many that are. */
size_t command_count(void);
/* Whether argc fits the arity. */
bool command_arity_ok(const struct command *c, size_t argc);

/* Runs a data command (command->run != NULL). Sets dirty, failed and what to propagate. Arity was checked. */
void command_exec(struct exec *ex);

/* --- for commands ---------------------------------------------------------------------------------- */

/* Replaces what the stream carries: call with count 0 to propagate nothing, once for each command otherwise.
 * Words are copied into the scratch pool. (More for commands: exec.h.) */
void exec_rewrite(struct exec *ex, const struct bytes *words, size_t count);

void reply_status(struct exec *ex, const char *status); /* +OK */
void reply_error(struct exec *ex, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* with its -CODE word */
void reply_number(struct exec *ex, int64_t n);
void reply_bulk(struct exec *ex, struct bytes b);
void reply_nil(struct exec *ex);       /* $-1 */
void reply_nil_array(struct exec *ex); /* *-1 */
void reply_array(struct exec *ex, size_t n);

#endif
