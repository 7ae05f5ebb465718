/* The replication buffer: the stream of one master in shared, reference-counted blocks, and the backlog as a
 * view of them (reference 7.1 to 7.5).
 *
 * One list of blocks holds each stream byte once, whoever still needs it. Only the first block that a reader
 * still needs is counted: a replica's reader, and the backlog's own head. Blocks are freed from the front,
 * and only while the backlog holds more than its size without them. So a slow replica keeps history alive
 * for all, and the history is as long as its blocks allow, not as the setting says. */
#ifndef MODEL_REDIS_REPL_BUFFER_H
#define MODEL_REDIS_REPL_BUFFER_H

#include <stdbool.h>

#include "sim/world/pool.h"
#include "sim/world/units.h"

/* Sizes of redis-server 7.0.15 on 64 bits: they decide when a limit is hit (reference 18). */
enum {
    REPL_BLOCK_MIN = 16 * 1024, /* PROTO_REPLY_CHUNK_BYTES */
    REPL_BLOCK_HEADER = 40,     /* sizeof(replBufBlock) */
    REPL_BLOCK_OVERHEAD = 64,   /* header and list node: charged for each block */
    REPL_TRIM_PER_CALL = 64,    /* blocks trimmed at most after a write */
    REPL_INDEX_EVERY = 64       /* each 64th block is indexed */
};

struct repl_block {
    struct repl_block *next;
    int64_t offset; /* replication offset of its first byte */
    uint64_t id;    /* consecutive */
    uint32_t refs;  /* readers that stand in it, the backlog's head included */
    size_t used, size;
    char bytes[];
};

/* A place in the stream. block == NULL: nothing is pending; the next byte fed will be the first. */
struct repl_reader {
    struct repl_block *block;
    size_t at;
};

struct repl_buffer {
    struct pool *pool;
    struct repl_block *first, *last;
    uint64_t next_id;
    size_t block_count;
    uint64_t memory; /* bytes of all blocks, overhead included */
    int64_t offset;  /* replication offset of the last byte fed (master_repl_offset) */

    bool backlog;              /* exists: without it nothing is kept or counted */
    struct repl_block *head;   /* the backlog's first block; NULL while it is empty */
    int64_t backlog_size;      /* the setting, in bytes */
    int64_t first_byte;        /* repl_backlog_first_byte_offset */
    int64_t histlen;           /* repl_backlog_histlen */
    struct repl_block **index; /* each 64th block, in order */
    size_t index_first, index_count, index_room;
};

void repl_buffer_init(struct repl_buffer *rb, struct pool *pool, int64_t backlog_size);
/* Creates the empty backlog: its first byte will be offset + 1. */
void repl_buffer_create_backlog(struct repl_buffer *rb);
/* Frees it and all blocks; no reader may stand in them. */
void repl_buffer_free_backlog(struct repl_buffer *rb);
/* repl-backlog-size changed: trims as the real server does. */
void repl_buffer_resize(struct repl_buffer *rb, int64_t backlog_size);

/* Called for each reader's owner after a piece was appended; `new_block`: limits are to be checked. */
struct repl_fed {
    struct repl_reader start; /* where the piece lies: readers with block == NULL begin there */
    bool new_block;
};

/* Appends as much of the bytes as one step does (the rest of the last block and at most one new one), says in *fed
 * where they lie, and returns how many. The caller installs waiting readers with repl_reader_start(), then calls
 * repl_buffer_settle() and goes on with the rest. A backlog must exist. */
size_t repl_buffer_append(struct repl_buffer *rb, struct bytes bytes, struct repl_fed *fed);
/* The end of a step: the backlog takes its head if it had none, the index grows, old blocks are trimmed. */
void repl_buffer_settle(struct repl_buffer *rb, const struct repl_fed *fed);
/* Frees up to `blocks` blocks at the front that nobody needs. */
void repl_buffer_trim(struct repl_buffer *rb, size_t blocks);

/* --- readers ------------------------------------------------------------------------------------------------------ */

/* A reader that stands nowhere begins at `start`. */
void repl_reader_start(struct repl_reader *r, struct repl_reader start);
/* Begins at a byte of the backlog; returns how many bytes are there to send. first_byte <= offset <= first_byte +
 * histlen. */
int64_t repl_reader_seek(struct repl_buffer *rb, struct repl_reader *r, int64_t offset);
/* Leaves the stream, giving back its block. */
void repl_reader_stop(struct repl_buffer *rb, struct repl_reader *r);
/* Stands where `other` stands. */
void repl_reader_copy(struct repl_reader *r, const struct repl_reader *other);
/* The bytes to send next that lie in one piece; len 0: there are none. */
struct bytes repl_reader_peek(struct repl_buffer *rb, struct repl_reader *r);
/* n of them were sent. */
void repl_reader_advance(struct repl_buffer *rb, struct repl_reader *r, size_t n);
/* Whether nothing is left to send. */
static inline bool repl_reader_done(const struct repl_reader *r) {
    return !r->block || (r->at == r->block->used && !r->block->next);
}
/* What the output limit charges a replica with: whole blocks from its own to the last (reference 7.5). */
uint64_t repl_reader_memory(const struct repl_buffer *rb, const struct repl_reader *r);

/* The byte numbers that a partial resync may begin with (reference 2.5). */
static inline bool repl_buffer_has(const struct repl_buffer *rb, int64_t offset) {
    return rb->backlog && offset >= rb->first_byte && offset <= rb->first_byte + rb->histlen;
}

/* The usable size that jemalloc gives for a request of n >= 16 KiB bytes. */
size_t repl_usable_size(size_t n);

#endif
