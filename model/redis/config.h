/* The settings of one server: redis.conf lines, CONFIG GET and CONFIG SET.
 *
 * Which directives exist and which values they take is told by directives.h; here they become numbers. */
#ifndef MODEL_REDIS_CONFIG_H
#define MODEL_REDIS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/buffer.h"
#include "sim/world/pool.h"
#include "sim/world/units.h"

enum { SAVE_POINTS_MAX = 32 };

/* save SECONDS CHANGES: a snapshot once that many changes are that old. */
struct save_point {
    int64_t seconds;
    int64_t changes;
};

/* client-output-buffer-limit CLASS HARD SOFT SECONDS; 0: no such limit. */
struct output_limit {
    int64_t hard;         /* bytes */
    int64_t soft;         /* bytes */
    int64_t soft_seconds; /* s above `soft` until the client is closed */
};

enum limit_class { LIMIT_NORMAL, LIMIT_REPLICA, LIMIT_PUBSUB, LIMIT_CLASSES };
enum diskless_load { LOAD_VIA_DISK, LOAD_ON_EMPTY_DB, LOAD_SWAPDB };
enum propagation_error { PROPAGATION_IGNORE, PROPAGATION_PANIC, PROPAGATION_PANIC_ON_REPLICAS };

/* Names and units are redis.conf's; texts are the pool's, "" for unset. */
struct config {
    struct pool *pool;
    int64_t port;
    int64_t hz;
    int64_t timeout; /* s */
    int64_t maxclients;
    bool protected_mode;
    int64_t loglevel; /* enum log_level; of a live server */
    int64_t proto_max_bulk_len;        /* bytes */
    int64_t client_query_buffer_limit; /* bytes */
    const char *requirepass;
    const char *masteruser, *masterauth;
    const char *master_host; /* replicaof; "" for none */
    int64_t master_port;

    struct output_limit limits[LIMIT_CLASSES];
    struct save_point save_points[SAVE_POINTS_MAX];
    size_t save_point_count;
    bool save_is_default; /* no `save` line was seen: the first one replaces the defaults */

    int64_t repl_backlog_size;        /* bytes; at least 16 KiB */
    int64_t repl_backlog_ttl;         /* s; 0: never freed */
    int64_t repl_timeout;             /* s */
    int64_t repl_ping_replica_period; /* s */
    bool repl_diskless_sync;
    int64_t repl_diskless_sync_delay; /* s */
    int64_t repl_diskless_sync_max_replicas;
    int64_t repl_diskless_load; /* enum diskless_load */
    bool repl_disable_tcp_nodelay;
    int64_t min_replicas_to_write;
    int64_t min_replicas_max_lag; /* s */
    bool replica_read_only;
    bool replica_serve_stale_data;
    bool replica_ignore_maxmemory;
    bool replica_ignore_disk_write_errors;
    bool replica_announced;
    bool replica_lazy_flush;
    int64_t replica_priority;
    const char *replica_announce_ip;
    int64_t replica_announce_port;
    int64_t propagation_error_behavior; /* enum propagation_error */

    int64_t active_expire_effort; /* 1..10 */
    int64_t maxmemory;            /* bytes; 0: no limit */
    int64_t maxmemory_policy;     /* enum eviction_policy */
    int64_t maxmemory_samples;    /* keys */
    int64_t maxmemory_eviction_tenacity;
    int64_t lfu_log_factor, lfu_decay_time;

    bool appendonly;
    int64_t appendfsync; /* enum aof_fsync */
    const char *appendfilename, *appenddirname;
    bool aof_use_rdb_preamble, aof_load_truncated, aof_timestamp_enabled, aof_disable_auto_gc;
    bool aof_rewrite_incremental_fsync, no_appendfsync_on_rewrite;
    int64_t auto_aof_rewrite_percentage; /* 0: never by itself */
    int64_t auto_aof_rewrite_min_size;   /* bytes */

    const char *dbfilename;
    bool rdbcompression, rdbchecksum;
    bool rdb_del_sync_files;
    bool stop_writes_on_bgsave_error;
    int64_t rdb_key_save_delay; /* us a key; negative: 1 us every -N keys */
    int64_t key_load_delay;     /* likewise */
    int64_t loading_process_events_interval_bytes;
    int64_t shutdown_timeout; /* s */
    bool lazyfree_lazy_eviction, lazyfree_lazy_expire, lazyfree_lazy_server_del;
    bool lazyfree_lazy_user_del, lazyfree_lazy_user_flush;

    struct config_text *others; /* directives that change nothing here, as given: for CONFIG GET */
};

/* Directives that change nothing here, with their defaults as text, in order of name; ends with NULL. */
struct config_default {
    const char *name, *value;
    bool fixed; /* CONFIG SET refuses it */
};
extern const struct config_default config_defaults[];

/* redis-server 7.0.15's defaults. */
void config_init(struct config *config, struct pool *pool);

/* Takes a line that directive_check() has accepted: directive, then values. `save` lines add up. */
void config_apply(struct config *config, const struct bytes *words, size_t count);

/* CONFIG SET of one directive: like a line, but `save` and client-output-buffer-limit come as one word, and `save`
 * replaces what was there. False: *error is the reason in the real server's words (without its prefix). */
bool config_set(struct config *config, struct bytes name, struct bytes value, char *error, size_t error_room);

/* maxmemory-policy as a word. */
const char *config_policy_word(const struct config *config);

/* CONFIG GET: tells each directive whose name matches the glob, with its value as text. */
void config_get(const struct config *config, struct bytes pattern,
                void (*tell)(void *ctx, const char *name, struct bytes value), void *ctx);

#endif
