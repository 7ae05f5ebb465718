/* Reading an RDB back: at start, or after a full resync.
 *
 * The server is one thread: it parses loading-process-events-interval-bytes at a time, which takes it CPU time, and
 * serves its event loop in between, refusing commands (reference 6.2). Its crons wait for the end. */
#include <assert.h>

#include "model/redis/server.h"

enum { READ_PIECE = 64 * 1024 };

/* --- bytes into the reader ---------------------------------------------------------------------------------------- */

void loading_spend_delay(struct server *s, uint64_t keys) {
    int64_t delay = s->config.key_load_delay;
    int64_t us = delay >= 0 ? (int64_t)keys * delay : (int64_t)(keys / (uint64_t)-delay);
    host_spend(s->host, us * SIM_US);
}

enum rdb_status loading_take(struct server *s, struct bytes bytes, size_t *used) {
    struct loading *l = &s->loading;
    uint64_t keys = rdb_reader_keys_loaded(l->reader);
    enum rdb_status status = rdb_reader_feed(l->reader, bytes, used);
    l->at += (int64_t)*used;
    keys = rdb_reader_keys_loaded(l->reader) - keys;
    const struct costs *costs = s->host->costs;
    host_spend(s->host, host_transfer_time((int64_t)*used, costs->load_rate) + (sim_time)keys * costs->load_key);
    loading_spend_delay(s, keys);
    return status;
}

static void begin_reading(struct server *s, enum load_source source, struct keyspace *into, bool async) {
    struct loading *l = &s->loading;
    assert(!l->active);
    l->active = true;
    l->async = async;
    l->source = source;
    l->into = into;
    l->at = 0;
    l->size = -1;
    l->began = host_now(s->host);
    l->began_time = s->unixtime;
}

static void begin(struct server *s, enum load_source source, struct keyspace *into, bool async) {
    begin_reading(s, source, into, async);
    /* A replica never drops expired keys: the master's DEL will come. A master drops them after the load, when it can
     * tell its replicas (reference 6.6). */
    s->loading.reader = rdb_reader_open(s->pool, into, 0);
}

void loading_end(struct server *s) {
    struct loading *l = &s->loading;
    if (!l->active) return;
    host_timer_stop(s->host, &l->timer);
    if (l->reader) rdb_reader_close(l->reader);
    if (l->file) host_file_close(s->host, l->file);
    l->file = NULL;
    l->reader = NULL;
    l->active = false;
    server_resume_cron(s);
}

/* What the file says of itself. */
static void log_origin(struct server *s, const struct rdb_info *info) {
    unsigned long long hundredths = (info->used_mem * 100) >> 20;
    int64_t age = s->unixtime - info->ctime;
    host_log(s->host, LOG_NOTICE, "Loading RDB produced by version 7.0.15");
    host_log(s->host, LOG_NOTICE, "RDB age %lld seconds", (long long)(age > 0 ? age : 0));
    host_log(s->host, LOG_NOTICE, "RDB memory usage when created %llu.%02llu Mb", hundredths / 100, hundredths % 100);
    if (info->aof_base) host_log(s->host, LOG_NOTICE, "RDB is base AOF");
}

void loading_log_success(struct server *s, uint64_t expired) {
    struct loading *l = &s->loading;
    log_origin(s, rdb_reader_info(l->reader));
    uint64_t loaded = rdb_reader_keys_loaded(l->reader) - expired;
    s->stats.rdb_last_load_keys_loaded = loaded;
    s->stats.rdb_last_load_keys_expired = expired;
    host_log(s->host, LOG_NOTICE, "Done loading RDB, keys loaded: %llu, keys expired: %llu.",
             (unsigned long long)loaded, (unsigned long long)expired);
}

/* --- at start ----------------------------------------------------------------------------------------------------- */

void loading_note_boot(struct server *s, enum boot_source source) {
    struct dataset_digest digest = keyspace_digest(s->ks);
    struct happening h = {.kind = R_BOOT,
                          .peer = NO_PARTY,
                          .a = s->repl.offset,
                          .b = (int64_t)digest.low,
                          .c = (int64_t)digest.high,
                          .d = source,
                          .text = s->replid,
                          .len = REPLID_LEN};
    host_note(s->host, &h);
}

/* Takes over the file's place in a history: a replica as its own, a master as its former one, whose continuation it is
 * (reference 11.2, 11.3). */
static void take_history(struct server *s, const struct rdb_info *info) {
    if (server_is_replica(s)) {
        PROBE(s, RESTART_REPLICA_HISTORY);
        memcpy(s->replid, info->repl_id, sizeof(s->replid));
        s->repl.offset = info->repl_offset;
        apply_cache_own_history(s);
        s->cached.db = (int)info->stream_db;
    } else {
        PROBE(s, RESTART_MASTER_HISTORY);
        memcpy(s->replid2, info->repl_id, sizeof(s->replid2));
        s->second_replid_offset = info->repl_offset + 1;
        s->repl.offset = info->repl_offset;
        replication_create_backlog(s, false);
        s->no_replicas_since = s->unixtime;
    }
    replication_note_id(s, ID_LOADED);
}

struct dropping {
    struct server *server;
    struct dataset_digest before;
};

static void drop_expired(void *ctx, int db, struct bytes key) {
    struct dropping *d = ctx;
    PROBE(d->server, EXPIRED_AT_LOAD);
    propagate_expired(d->server, db, key, d->before);
    d->before = keyspace_digest(d->server->ks);
}

static uint64_t drop_all_expired(struct server *s) {
    struct dropping d = {s, keyspace_digest(s->ks)};
    uint64_t counted = s->stats.expired_keys;
    uint64_t dropped = keyspace_expire_cycle(s->ks, s->mstime, SIZE_MAX, drop_expired, &d);
    s->stats.expired_keys = counted; /* they are rdb_last_load_keys_expired */
    return dropped;
}

/* A master's DELs for keys that expired meanwhile go into a backlog even if there is no history to go on with; that one
 * is dropped, the offset stays. */
static uint64_t start_master(struct server *s, const struct rdb_info *info) {
    uint64_t expired;
    if (info->has_replication) { /* offset 0 is a place in a history, too: measured on both roles */
        take_history(s, info);
        loading_note_boot(s, BOOT_FROM_SNAPSHOT);
        return drop_all_expired(s);
    }
    replication_create_backlog(s, false);
    expired = drop_all_expired(s);
    replication_free_backlog(s);
    loading_note_boot(s, BOOT_FROM_SNAPSHOT);
    return expired;
}

static void log_start(struct server *s, uint64_t expired) {
    loading_log_success(s, expired);
    int64_t ms = (host_now(s->host) - s->loading.began) / SIM_MS;
    host_log(s->host, LOG_NOTICE, "DB loaded from disk: %lld.%03lld seconds", (long long)(ms / 1000),
             (long long)(ms % 1000));
}

static void end_start(struct server *s) {
    const struct rdb_info *info = rdb_reader_info(s->loading.reader);
    if (server_is_replica(s)) {
        log_start(s, 0);
        if (info->has_replication) take_history(s, info);
        loading_note_boot(s, BOOT_FROM_SNAPSHOT);
    } else {
        log_start(s, start_master(s, info));
    }
    loading_end(s);
    aof_remove_history(s);
    server_ready(s);
}

static void fail_start(struct server *s, const char *why) {
    PROBE(s, LOAD_START_FAILED);
    host_log(s->host, LOG_WARNING, "Fatal error loading the DB: %s. Exiting.", why);
    loading_end(s);
    server_exit(s, 1);
}

/* --- what is wrong with it ---------------------------------------------------------------------------------------- */

/* In the real server's words; what its source line stands for is the same in all of 7.0.15. */
void loading_log_fault(const struct server *s, const char *what_follows) {
    const struct rdb_reader *r = s->loading.reader;
    const char *error = rdb_reader_error(r), *place = "Internal error";
    bool says_place = strncmp(error, place, strlen(place)) == 0;
    host_log(s->host, LOG_WARNING, "%s%s", error, says_place ? what_follows : "");
    if (says_place || rdb_reader_fault(r) == RDB_FAULT_HEADER) return;
    bool early = rdb_reader_fault(r) == RDB_FAULT_READ;
    host_log(s->host, LOG_WARNING, "%s in RDB reading offset 0, function at rdb.c:%d -> %s%s", place,
             early ? 3249 : 3225, early ? "Unexpected EOF reading RDB file" : "RDB CRC error", what_follows);
}

/* Measured on redis-server 7.0.15: what begins as an RDB file and then breaks off or is corrupt ends the process, at
 * start as well as on a replica that has it from its master. Only a file that is no such file is refused calmly. */
static void fail_load(struct server *s) {
    bool refused = rdb_reader_fault(s->loading.reader) == RDB_FAULT_HEADER, start = s->loading.source == LOAD_START;
    loading_log_fault(s, "");
    if (refused && start) {
        fail_start(s, "Invalid argument");
    } else if (refused) {
        host_log(s->host, LOG_WARNING,
                 "Failed trying to load the MASTER synchronization DB from disk: Invalid argument");
        transfer_loaded(s, false);
    } else {
        loading_end(s);
        server_exit(s, 1);
    }
}

/* --- from a file -------------------------------------------------------------------------------------------------- */

static void end_load(struct server *s) {
    if (s->loading.source == LOAD_START) {
        end_start(s);
    } else {
        loading_log_success(s, 0);
        transfer_loaded(s, true);
    }
}

/* One interval's worth of the file; then the event loop has its turn. */
static void load_interval(struct server *s) {
    struct loading *l = &s->loading;
    char piece[READ_PIECE];
    int64_t left = s->config.loading_process_events_interval_bytes;
    while (left > 0) {
        size_t want = left < READ_PIECE ? (size_t)left : READ_PIECE, used;
        int64_t n = host_file_read(s->host, l->file, (uint64_t)l->at, piece, want);
        if (n <= 0) { /* a disk that cannot read looks like a file that ends */
            fail_load(s);
            return;
        }
        enum rdb_status status = loading_take(s, (struct bytes){piece, (size_t)n}, &used);
        if (status != RDB_MORE) {
            status == RDB_DONE ? end_load(s) : fail_load(s);
            return;
        }
        left -= n;
    }
    if (l->source != LOAD_START) transfer_keep_alive(s);
    host_timer_at(s->host, &l->timer, host_now(s->host));
}

static void next_interval(void *node, struct host_timer *timer) {
    struct server *s = node;
    (void)timer;
    server_update_time(s);
    if (s->loading.active && s->loading.file) load_interval(s);
}

/* 0, or why the file cannot be opened. */
static int load_file(struct server *s, enum load_source source, const char *name) {
    int error = 0;
    struct file *file = host_file_open(s->host, name, FILE_READ, &error);
    if (!file) return error;
    begin(s, source, s->ks, false);
    s->loading.file = file;
    s->loading.size = host_file_size(s->host, file);
    s->loading.timer.fire = next_interval;
    load_interval(s);
    return 0;
}

void loading_begin_at_start(struct server *s, int64_t size, void (*go_on)(void *node, struct host_timer *timer)) {
    begin_reading(s, LOAD_START, s->ks, false);
    s->loading.size = size;
    s->loading.timer.fire = go_on;
}

/* With the append-only file on, nothing else is looked at. */
static void start_with_aof(struct server *s) {
    s->aof.state = AOF_ON;
    if (aof_load_at_start(s)) return;
    loading_note_boot(s, BOOT_EMPTY);
    if (!aof_open_at_start(s)) return;
    aof_remove_history(s);
    server_ready(s);
}

void loading_at_start(struct server *s) {
    if (!aof_read_manifest(s)) return;
    if (s->config.appendonly) {
        start_with_aof(s);
        return;
    }
    int error = load_file(s, LOAD_START, s->config.dbfilename);
    if (error == 0) {
        PROBE(s, LOAD_START);
        return;
    }
    if (error != HOST_ENOENT) {
        fail_start(s, "Input/output error");
        return;
    }
    PROBE(s, LOAD_START_NOTHING);
    loading_note_boot(s, BOOT_EMPTY);
    aof_remove_history(s);
    server_ready(s);
}

void loading_from_file(struct server *s, const char *name) {
    int error = load_file(s, LOAD_SYNC_DISK, name);
    if (error == 0) return;
    host_log(s->host, LOG_WARNING, "Failed trying to load the MASTER synchronization DB from disk: %s",
             error == HOST_ENOENT ? "No such file or directory" : "Input/output error");
    transfer_loaded(s, false);
}

void loading_from_link(struct server *s, struct keyspace *into, bool async) {
    begin(s, LOAD_SYNC_SOCKET, into, async);
}
