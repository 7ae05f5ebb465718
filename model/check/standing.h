/* Where every node truly stands in the history.
 *
 * Method: each node's position is moved by what the node tells of itself (happenings.h). A master that writes moves
 * its own branch forward. A replica that loaded a snapshot stands where the master stood at that fork, whatever
 * offset was announced to it; with each command it applies it goes on along the way to the branch of the node that
 * it follows, to the boundary with the offset it says. A process that loaded a file stands where the snapshot in that
 * file was forked; one that read an append-only file back, after the last command on its former way that leads to the
 * dataset it has.
 *
 * Cost: O(1) a command; memory: a few hundred bytes a node, and the last STANDING_SNAPSHOTS snapshots and files of
 * each. What it cannot see: which file a process loaded is told by its contents (digest and offset): of two snapshots
 * that are equal in both, the later is taken; a file whose snapshot is none of the remembered ones, and an append-only file that ends in
 * a part of the history that is forgotten, begin a root. */
#ifndef MODEL_CHECK_STANDING_H
#define MODEL_CHECK_STANDING_H

#include "model/check/history.h"
#include "model/redis/happenings.h"

#define STANDING_SNAPSHOTS 8u
#define STANDING_LEFT      4u

/* A dataset that was forked: by this process (in `forks`) or lying in a file of this node (in `files`). */
struct snapshot_record {
    struct position at;
    int64_t number; /* of the process that forked it; -1: received from a master, or empty record */
    uint32_t life;  /* that process */
    int64_t offset;
    uint64_t digest;
    bool foreign; /* forked by a node that had been written to as a replica, or in the middle of a command: its dataset
                     is not that of its offset */
    unsigned alone; /* that node's */
};

/* A sync that a master agreed to and the replica has not begun to use. */
struct agreed_sync {
    uint32_t conn;
    uint16_t master;
    uint32_t life; /* the master's process: one that it is started as again sends nothing on this connection */
    bool full;
    int64_t offset;        /* announced, or what the replica is to have applied */
    struct position at;    /* full: the fork; partial: where the master stood when it agreed */
    struct branch *target; /* the branch in which the master went on from there */
    struct snapshot_record snapshot;
};

struct standing {
    struct position at;
    struct branch *target; /* the branch that it follows; its own for a master */
    uint64_t limit;        /* entries of at.branch on the way there */
    int64_t offset;        /* as it tells */
    uint64_t digest;
    struct branch *own; /* the branch it writes, while it is at its end; else NULL */
    bool alive;         /* a process runs */
    bool booted;
    bool master;
    bool foreign;      /* written to as a replica, or synced without PSYNC: not comparable until its next full sync */
    unsigned alone;    /* why it is foreign: enum write_flag; 0: by clients */
    bool diverged;     /* it was found to differ: not compared again until the next full sync */
    bool fed;          /* its last entry is a feed whose R_WRITE may follow */
    bool load_tail;    /* the DELs that follow a load at start are being fed */
    uint16_t upstream; /* whose stream it applies, NO_PARTY if none */
    uint32_t conn;     /* on which connection; 0: unknown */
    uint32_t life;     /* number of the process, from 1 */
    int64_t applied_most; /* the highest offset it ever had */
    char replid[41];
    struct snapshot_record forks[STANDING_SNAPSHOTS], files[STANDING_SNAPSHOTS];
    unsigned fork_next, file_next;
    struct position left[STANDING_LEFT]; /* the last places that it gave up at once: by its end, or for another dataset */
    unsigned left_next;
    struct agreed_sync syncs[4];
    unsigned sync_next;
    struct agreed_sync sync; /* the one that it used last */
};

struct standings {
    struct history history;
    struct standing *node;
    size_t count;
};

/* How what a replica told compares with the history at that offset. */
enum match {
    MATCH_EQUAL,
    MATCH_DIFFERS,     /* another dataset */
    MATCH_NO_BOUNDARY, /* no command of the master's ends at this offset */
    MATCH_BEYOND,      /* the master never wrote that far */
    MATCH_UNKNOWN      /* nothing to compare with */
};

void standings_init(struct standings *s, struct pool *pool, size_t node_count);

/* Each takes a happening of its kind; those that return a match compare what the node told with the history. */
void standings_start(struct standings *s, const struct happening *h);
void standings_end(struct standings *s, const struct happening *h);
void standings_boot(struct standings *s, const struct happening *h);
void standings_feed(struct standings *s, const struct happening *h);
/* The position of the write; branch NULL for a write on a replica. */
struct position standings_write(struct standings *s, const struct happening *h);
enum match standings_apply(struct standings *s, const struct happening *h);
void standings_identity(struct standings *s, const struct happening *h);
void standings_role(struct standings *s, const struct happening *h);
/* Its dataset is gone: it stands nowhere until it has loaded another. */
void standings_emptied(struct standings *s, const struct happening *h);
void standings_fork(struct standings *s, const struct happening *h);
void standings_saved(struct standings *s, const struct happening *h);
void standings_fullresync(struct standings *s, const struct happening *h);
void standings_psync_ok(struct standings *s, const struct happening *h);
/* *sync gets what the master had agreed to, NULL if nothing fits; valid until the next happening. The match is that of
 * the dataset loaded with the history at the offset taken. */
enum match standings_loaded(struct standings *s, const struct happening *h, const struct agreed_sync **sync);
/* The match is MATCH_DIFFERS if the replica does not stand on the way to where the master stood, MATCH_NO_BOUNDARY if
 * writes lie between that no byte of the stream tells of. */
enum match standings_continue(struct standings *s, const struct happening *h, const struct agreed_sync **sync);

/* The fork that `number` of `node`'s process names; NULL if it is not remembered. */
const struct snapshot_record *standings_snapshot(const struct standings *s, uint16_t node, int64_t number);

#endif
