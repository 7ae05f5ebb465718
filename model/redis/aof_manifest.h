/* The manifest of a multi-part append-only file: which files, in which order, make up the dataset.
 *
 * A base (a whole dataset, as RDB or as commands), incremental files with the commands since, and files of the past
 * that are yet to be removed. Text form and file names are redis-server 7.0.15's. */
#ifndef MODEL_REDIS_AOF_MANIFEST_H
#define MODEL_REDIS_AOF_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"
#include "sim/world/pool.h"

enum aof_part_kind { AOF_BASE = 'b', AOF_HISTORY = 'h', AOF_INCR = 'i' };

struct aof_part {
    char *name; /* without its folder */
    int64_t seq;
    enum aof_part_kind kind;
};

/* In the text's order: the base, history, incremental files. */
struct aof_manifest {
    struct pool *pool;
    struct aof_part *parts;
    size_t count, room;
    int64_t base_seq, incr_seq; /* the highest so far */
};

void aof_manifest_init(struct aof_manifest *m, struct pool *pool);
void aof_manifest_free(struct aof_manifest *m);
void aof_manifest_copy(struct aof_manifest *into, const struct aof_manifest *from);

/* The base, NULL if there is none. */
const struct aof_part *aof_manifest_base(const struct aof_manifest *m);
/* The last incremental file, NULL if there is none. */
const struct aof_part *aof_manifest_last_incr(const struct aof_manifest *m);
/* Whether it names no base and no incremental file. */
bool aof_manifest_is_empty(const struct aof_manifest *m);

/* A new base of the next number, NAME.N.base.rdb or .aof; the old one becomes history. Its name lives as long as the
 * manifest is not changed. */
const char *aof_manifest_add_base(struct aof_manifest *m, const char *file_name, bool rdb);
/* A base under a name of its own: an append-only file of a server before 7.0. */
void aof_manifest_adopt_base(struct aof_manifest *m, const char *name);
/* A new incremental file of the next number, NAME.N.incr.aof. */
const char *aof_manifest_add_incr(struct aof_manifest *m, const char *file_name);
/* Incremental files become history: all, or all but the last. */
void aof_manifest_retire_incrs(struct aof_manifest *m, bool but_last);
void aof_manifest_drop_history(struct aof_manifest *m);

/* Appends the text of the file. */
void aof_manifest_print(const struct aof_manifest *m, struct buffer *out);
/* Reads it into an empty manifest. NULL, or what is wrong in the real server's words, with the number of the line and
 * the line (0 and empty where it is the file as a whole). */
const char *aof_manifest_read(struct aof_manifest *m, struct bytes text, unsigned *line_number, struct bytes *line);

#endif
