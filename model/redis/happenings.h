/* What a modelled server tells the trace: the facts that checkers, the ledger and people need.
 *
 * `digest` below is the running dataset digest (keyspace_digest): 128 bits in b (low) and c (high). Offsets
 * are replication offsets in bytes. A replica tells what it applied, a master what it fed, at command
 * boundaries, so that a checker can compare two servers at equal offsets in O(1). */
#ifndef MODEL_REDIS_HAPPENINGS_H
#define MODEL_REDIS_HAPPENINGS_H

#include "sim/world/trace.h"

enum redis_happening {
    /* A process with this dataset is up: a = offset, b c = digest, d = enum boot_source. text = replid. */
    R_BOOT = TRACE_MODEL,
    /* Stream bytes entered this master's replication buffer, up to a command boundary: a = offset after them,
     * b c = digest after the command, d = how many bytes. text = the bytes (as RESP). flags: enum feed_flag. */
    R_FEED,
    /* A write of a client was executed here and changed the dataset: a = offset after it (unchanged if there is no
     * backlog), b c = digest after it, conn = the client's connection, d = ordinal of the command on that
     * connection (from 1). Told whether or not it was fed, after the R_FEED of its bytes. Keys that
     * expire or are evicted while there is no backlog are told, too: conn = 0, d = 0. So is what a replica with
     * replica-ignore-maxmemory no does to its dataset alone. flags: enum write_flag. */
    R_WRITE,
    /* A replica executed a command of its master's stream (outside MULTI, or the EXEC): a = applied offset after it,
     * b c = digest after it, d = bytes since the previous R_APPLY (the command's, for EXEC the whole block's).
     * text = its bytes. flags: FEED_* likewise. peer = the master, conn. */
    R_APPLY,
    /* Identity changed: a = offset, b = second_replid_offset, d = enum id_cause. text = replid, then replid2
     * (80 characters). */
    R_ID,
    /* A snapshot was forked, or SAVE began: a = offset, b c = digest, d = snapshot number of this process.
     * flags: enum fork_flag. */
    R_FORK,
    /* A snapshot was completely written: d = its number, a = size in bytes, b = copied bytes. text = file name, "" for
     * a socket. */
    R_SAVED,
    /* A snapshot failed: d = its number. */
    R_SAVE_FAILED,
    /* A dataset was loaded and replaced the old one: a = offset taken, b c = digest, d = enum load_source;
     * peer = the master it came from, NO_PARTY for a file at start. conn = that of the sync. text = replid taken
     * ("" if none). */
    R_LOADED,
    /* The dataset was emptied for a load. */
    R_EMPTIED,
    /* This master accepted a partial resync of `peer`: a = first byte it will send (the PSYNC offset), conn.
     * text = replid asked for. */
    R_PSYNC_OK,
    /* It refused one: a = offset asked; text = replid asked. */
    R_PSYNC_REFUSED,
    /* +FULLRESYNC went to `peer`: a = offset announced, d = snapshot number, conn; text = replid. */
    R_FULLRESYNC,
    /* This replica took +CONTINUE: a = applied offset; text = replid from now on. peer = the master, conn. */
    R_CONTINUE,
    /* The state of this replica's link to its master: a = enum link_state as numbered in replication.h, peer. */
    R_LINK,
    /* This master's state of a replica `peer`: a = state, conn. */
    R_REPLICA,
    /* Role: a = 1 master, 0 replica; text = its master's host name; peer = that, once a connection to it is open. */
    R_ROLE,
    /* WAIT answered: a = number given, b = number asked, c = target offset, conn. */
    R_WAIT,
    /* A write was refused: a = enum refusal. */
    R_REFUSED,
    /* An output buffer limit was hit: peer, a = bytes, b = limit. */
    R_LIMIT,
    /* A command of the stream failed on this replica: a = applied offset after it; text = command and error. */
    R_STREAM_ERROR,
    /* An ACK arrived from `peer`: a = offset. */
    R_ACK,
    R_KINDS
};

enum feed_flag {
    FEED_ADMIN = 1, /* PING, GETACK, SELECT alone: changes no data */
    FEED_EXPIRE = 2 /* DEL of expiry or eviction */
};

enum write_flag {
    WRITE_EVICTED = 1, /* a replica evicted a key by itself */
    WRITE_REFUSED = 2  /* a replica is about to leave out a command of its master's stream, for want of memory */
};

enum boot_source { BOOT_EMPTY, BOOT_FROM_SNAPSHOT, BOOT_FROM_AOF };

enum fork_flag {
    FORK_FOR_REPLICAS = 1,
    FORK_IN_COMMAND = 2 /* by FLUSHALL: its effect is in the dataset, its bytes are not yet in the offset */
};

enum id_cause { ID_BOOT, ID_BACKLOG_CREATED, ID_BACKLOG_FREED, ID_PROMOTED, ID_FULL_SYNC, ID_CONTINUE, ID_LOADED };
enum load_source { LOAD_START, LOAD_SYNC_DISK, LOAD_SYNC_SOCKET };
enum refusal {
    REFUSED_READONLY,
    REFUSED_NOREPLICAS,
    REFUSED_MISCONF,
    REFUSED_OOM,
    REFUSED_MASTERDOWN,
    REFUSED_LOADING
};

#endif
