/* Memory of one run.
 *
 * A run owns everything it allocates: blocks come from the run's pool, are recycled by size class, and a
 * finished run resets the pool instead of freeing piece by piece. Under AddressSanitizer every block is a
 * malloc of its own, so that overruns and stale pointers are found. Not thread-safe: one run, one thread.
 * Running out of memory ends the process with exit status 3 and a message: no caller can go on. */
#ifndef SIM_WORLD_POOL_H
#define SIM_WORLD_POOL_H

#include <stddef.h>

struct pool;

struct pool *pool_create(void);
/* Forgets every block; keeps the chunks for the next run. */
void pool_reset(struct pool *pool);
void pool_destroy(struct pool *pool);

/* Uninitialised memory, aligned for any type (16 bytes). n may be 0. */
void *pool_alloc(struct pool *pool, size_t n);
/* Zeroed memory. */
void *pool_zalloc(struct pool *pool, size_t n);
/* Moves a block of `old` bytes to one of `n` bytes (in place where it fits); contents kept up to the smaller. */
void *pool_resize(struct pool *pool, void *block, size_t old, size_t n);
/* Gives a block back; n is the size it was asked with. block may be NULL. */
void pool_free(struct pool *pool, void *block, size_t n);

char *pool_strdup(struct pool *pool, const char *s);
char *pool_strndup(struct pool *pool, const char *s, size_t n);
char *pool_printf(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes handed out and not given back: the run's memory bound is checked against it. */
size_t pool_in_use(const struct pool *pool);

#define POOL_NEW(pool, type) ((type *)pool_zalloc((pool), sizeof(type)))
#define POOL_ARRAY(pool, type, n) ((type *)pool_zalloc((pool), sizeof(type) * (size_t)(n)))

#endif
