/* The values of INFO's sections, but for Replication. */
#include "model/redis/info.h"
#include "model/redis/local_expiry.h"
#include "model/redis/server.h"

/* Whole seconds of the server's wall clock. */
static int64_t wall_seconds(const struct server *s) {
    return host_wall_ms(s->host) / 1000;
}

void info_server_section(const struct server *s, struct info_out *out) {
    int64_t uptime = (host_now(s->host) - s->start_time) / SIM_SECOND;
    info_text(out, INFO_redis_version, "7.0.15");
    info_text(out, INFO_redis_mode, "standalone");
    info_text(out, INFO_run_id, s->run_id);
    info_number(out, INFO_tcp_port, s->config.port);
    info_number(out, INFO_server_time_usec, host_wall_us(s->host));
    info_number(out, INFO_uptime_in_seconds, uptime);
    info_number(out, INFO_uptime_in_days, uptime / 86400);
    info_number(out, INFO_hz, s->config.hz);
    info_number(out, INFO_configured_hz, s->config.hz);
}

void info_clients_section(const struct server *s, struct info_out *out) {
    info_count(out, INFO_connected_clients, s->client_count - s->replica_count);
    info_number(out, INFO_maxclients, s->config.maxclients);
    info_count(out, INFO_blocked_clients, s->blocked_count);
}

/* Bytes that ordinary clients make the server hold. */
static uint64_t normal_clients_memory(const struct server *s) {
    uint64_t sum = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->clients, all) {
        if (c->kind == CLIENT_NORMAL) sum += client_memory(c);
    }
    return sum;
}

void info_memory_section(const struct server *s, struct info_out *out) {
    uint64_t buffers = s->repl.memory, backlog = (uint64_t)s->config.repl_backlog_size;
    /* What the blocks hold beyond the backlog's size is there for slow replicas (7.0 getMemoryOverheadData). */
    uint64_t for_replicas = s->replica_count && buffers > backlog ? buffers - backlog : 0;
    uint64_t used = server_memory(s);
    info_count(out, INFO_used_memory, used);
    info_human(out, INFO_used_memory_human, used);
    info_count(out, INFO_used_memory_dataset, keyspace_memory(s->ks));
    info_number(out, INFO_maxmemory, s->config.maxmemory);
    info_human(out, INFO_maxmemory_human, (uint64_t)s->config.maxmemory);
    info_text(out, INFO_maxmemory_policy, config_policy_word(&s->config));
    info_count(out, INFO_mem_not_counted_for_evict, eviction_not_counted(s));
    info_count(out, INFO_mem_replication_backlog, buffers - for_replicas);
    info_count(out, INFO_mem_total_replication_buffers, buffers);
    info_count(out, INFO_mem_clients_slaves, for_replicas);
    if (info_wants(out, INFO_mem_clients_normal)) info_count(out, INFO_mem_clients_normal, normal_clients_memory(s));
    info_count(out, INFO_mem_aof_buffer, s->aof.buffer.room);
}

static void tell_aof(const struct server *s, struct info_out *out) {
    const struct aof *a = &s->aof;
    const struct aof_rewrite *r = &a->rewrite;
    info_number(out, INFO_aof_enabled, a->state != AOF_OFF);
    info_number(out, INFO_aof_rewrite_in_progress, aof_rewrite_running(s));
    info_number(out, INFO_aof_rewrite_scheduled, r->scheduled);
    info_number(out, INFO_aof_last_rewrite_time_sec, r->last_time);
    info_number(out, INFO_aof_current_rewrite_time_sec, r->started < 0 ? -1 : wall_seconds(s) - r->started);
    info_text(out, INFO_aof_last_bgrewrite_status, r->last_ok ? "ok" : "err");
    info_count(out, INFO_aof_rewrites, r->rewrites);
    info_count(out, INFO_aof_rewrites_consecutive_failures, r->failures_in_a_row);
    info_text(out, INFO_aof_last_write_status, a->write_error || a->sync_error ? "err" : "ok");
    info_count(out, INFO_aof_last_cow_size, r->last_cow);
    info_number(out, INFO_module_fork_in_progress, 0);
    info_number(out, INFO_module_fork_last_cow_size, 0);
    if (!s->config.appendonly) return;
    info_number(out, INFO_aof_current_size, a->size);
    info_number(out, INFO_aof_base_size, a->base_size);
    info_number(out, INFO_aof_pending_rewrite, 0);
    info_count(out, INFO_aof_buffer_length, a->buffer.len);
    info_count(out, INFO_aof_pending_bio_fsync, aof_pending_fsyncs(s));
    info_count(out, INFO_aof_delayed_fsync, a->delayed_fsync);
}

/* Bytes of memory that the running child made this process copy. */
static int64_t copied_for_child(const struct server *s) {
    const struct save_work *work = s->save.work ? s->save.work : s->aof.rewrite.work;
    return work ? (int64_t)save_work_copied(work) : 0;
}

static int64_t at_least(int64_t n, int64_t low) {
    return n < low ? low : n;
}

/* Shown while a dataset is being loaded. A size that the payload does not tell is guessed from its used-mem. */
static void tell_loading(const struct server *s, struct info_out *out) {
    const struct loading *loading = &s->loading;
    const struct rdb_info *info = loading->reader ? rdb_reader_info(loading->reader) : NULL;
    int64_t used_mem = info ? (int64_t)info->used_mem : 0;
    int64_t total = at_least(loading->size, 0), estimate = total ? total : used_mem;
    int64_t elapsed = wall_seconds(s) - loading->began_time;
    int64_t left = estimate ? at_least(estimate - loading->at, total ? 0 : 1) : 1;
    info_number(out, INFO_loading_start_time, loading->began_time);
    info_number(out, INFO_loading_total_bytes, total);
    info_number(out, INFO_loading_rdb_used_mem, used_mem);
    info_number(out, INFO_loading_loaded_bytes, loading->at);
    if (!total && estimate && loading->at >= estimate) {
        info_text(out, INFO_loading_loaded_perc, "99.99");
    } else {
        info_percent(out, INFO_loading_loaded_perc, loading->at, estimate);
    }
    info_number(out, INFO_loading_eta_seconds, elapsed <= 0 ? 1 : elapsed * left / (loading->at + 1));
}

void info_persistence_section(const struct server *s, struct info_out *out) {
    bool saving = save_running(s);
    int64_t copied = copied_for_child(s);
    info_number(out, INFO_loading, s->loading.active && !s->loading.async);
    info_number(out, INFO_async_loading, s->loading.active && s->loading.async);
    info_number(out, INFO_current_cow_peak, copied);
    info_number(out, INFO_current_cow_size, copied);
    info_number(out, INFO_current_cow_size_age, 0);
    info_count(out, INFO_rdb_changes_since_last_save, s->dirty);
    info_number(out, INFO_rdb_bgsave_in_progress, saving);
    info_number(out, INFO_rdb_last_save_time, s->lastsave);
    info_text(out, INFO_rdb_last_bgsave_status, s->lastbgsave_ok ? "ok" : "err");
    info_number(out, INFO_rdb_last_bgsave_time_sec, s->rdb_save_time_last);
    info_number(out, INFO_rdb_current_bgsave_time_sec, saving ? wall_seconds(s) - s->save.started : -1);
    info_count(out, INFO_rdb_saves, s->stats.rdb_saves);
    info_count(out, INFO_rdb_last_cow_size, s->stats.rdb_last_cow_size);
    info_count(out, INFO_rdb_last_load_keys_expired, s->stats.rdb_last_load_keys_expired);
    info_count(out, INFO_rdb_last_load_keys_loaded, s->stats.rdb_last_load_keys_loaded);
    tell_aof(s, out);
    if (s->loading.active) tell_loading(s, out);
}

void info_stats_section(const struct server *s, struct info_out *out) {
    const struct server_stats *st = &s->stats;
    info_count(out, INFO_total_connections_received, st->connections_received);
    info_count(out, INFO_total_commands_processed, st->commands_processed);
    info_count(out, INFO_total_net_input_bytes, st->net_input_bytes);
    info_count(out, INFO_total_net_output_bytes, st->net_output_bytes);
    info_count(out, INFO_total_net_repl_input_bytes, st->net_repl_input_bytes);
    info_count(out, INFO_total_net_repl_output_bytes, st->net_repl_output_bytes);
    info_count(out, INFO_rejected_connections, st->rejected_connections);
    info_count(out, INFO_sync_full, st->sync_full);
    info_count(out, INFO_sync_partial_ok, st->sync_partial_ok);
    info_count(out, INFO_sync_partial_err, st->sync_partial_err);
    info_count(out, INFO_expired_keys, st->expired_keys);
    info_percent(out, INFO_expired_stale_perc, s->expiring.stale_ppm, 1000000);
    info_count(out, INFO_expired_time_cap_reached_count, st->expired_time_cap_reached_count);
    info_count(out, INFO_evicted_keys, st->evicted_keys);
    sim_time exceeded = eviction_exceeded_now(s);
    info_number(out, INFO_total_eviction_exceeded_time, (s->eviction.exceeded_total + exceeded) / SIM_MS);
    info_number(out, INFO_current_eviction_exceeded_time, exceeded / SIM_MS);
    info_count(out, INFO_keyspace_hits, st->keyspace_hits);
    info_count(out, INFO_keyspace_misses, st->keyspace_misses);
    info_number(out, INFO_latest_fork_usec, st->latest_fork_usec);
    info_count(out, INFO_total_forks, st->total_forks);
    /* Keys with a deadline that clients wrote to a writable replica (reference 10.2); elsewhere there are none. */
    info_count(out, INFO_slave_expires_tracked_keys, local_expiry_count(s));
    info_count(out, INFO_unexpected_error_replies, st->unexpected_error_replies);
    info_count(out, INFO_total_error_replies, st->total_error_replies);
    info_count(out, INFO_total_reads_processed, st->total_reads);
    info_count(out, INFO_total_writes_processed, st->total_writes);
}

void info_cluster_section(const struct server *s, struct info_out *out) {
    (void)s;
    info_number(out, INFO_cluster_enabled, 0);
}

void info_keyspace_section(const struct server *s, struct info_out *out) {
    for (int db = 0; db < KEYSPACE_DBS; db++) {
        uint64_t keys = keyspace_size(s->ks, db);
        if (keys == 0 || !info_wants(out, INFO_DB + db)) continue;
        info_numbered(out, INFO_DB + db, "keys=%llu,expires=%llu,avg_ttl=%lld", (unsigned long long)keys,
                      (unsigned long long)keyspace_expires(s->ks, db),
                      (long long)keyspace_avg_ttl(s->ks, db, host_wall_ms(s->host)));
    }
}
