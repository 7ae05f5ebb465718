/* Rewriting the append-only file, and switching it on and off. See aof.h.
 *
 * At the fork the server begins a new incremental file; the child writes the dataset of that moment as a new base. When
 * it is done the manifest names the new base and what was appended since, and all older files are history. */
#include <assert.h>
#include <stdio.h>

#include "model/redis/own_commands.h"

enum {
    OWN_SIGNAL = 10,   /* SIGUSR1: killed by its parent, no failure */
    FAILURES_FREE = 3, /* AOF_REWRITE_LIMITE_THRESHOLD */
    DELAY_MOST = 60,   /* minutes */
    RESTART_TRIES = 10
};

bool aof_rewrite_running(const struct server *s) {
    return s->aof.rewrite.child != NULL;
}

bool server_has_child(const struct server *s) {
    return save_running(s) || aof_rewrite_running(s);
}

/* What the child calls its work. */
static void format_base_name(const struct server *s, char name[48]) {
    snprintf(name, 48, "temp-rewriteaof-bg-%u.%llu.aof", s->host->incarnation,
             (unsigned long long)s->aof.rewrite.number);
}

/* --- begin -------------------------------------------------------------------------------------------------------- */

static bool fork_child(struct server *s) {
    struct aof_rewrite *r = &s->aof.rewrite;
    struct snapshot *snapshot = snapshot_open(s->ks, s->host->costs->cow_page);
    char name[48];
    int error = 0;
    if (!snapshot) return false;
    r->number = ++s->next_save_number;
    format_base_name(s, name);
    struct save_job job = {.target = SAVE_TO_AOF, .number = r->number, .final_name = name};
    r->work = save_work_create(s, snapshot, &job);
    sim_time before = *s->host->spending;
    r->child = host_fork(s->host, &save_program, r->work, &error);
    if (!r->child) {
        save_work_free(r->work);
        r->work = NULL;
        return false;
    }
    s->stats.total_forks++;
    s->stats.latest_fork_usec = (*s->host->spending - before) / SIM_US;
    return true;
}

bool aof_rewrite_start(struct server *s) {
    struct aof *a = &s->aof;
    if (server_has_child(s)) return false;
    a->db = -1; /* the new file must say its database */
    if (a->state != AOF_OFF) aof_flush(s, true);
    if (s->exiting) return false;
    if (!aof_open_new_incr(s)) {
        a->rewrite.last_ok = false;
        return false;
    }
    a->rewrite.rewrites++;
    if (!fork_child(s)) {
        a->rewrite.last_ok = false;
        host_log(s->host, LOG_WARNING, "Can't rewrite append only file in background: fork: Cannot allocate memory");
        return false;
    }
    host_log(s->host, LOG_NOTICE, "Background append only file rewriting started by pid %llu",
             (unsigned long long)a->rewrite.number);
    a->rewrite.scheduled = false;
    a->rewrite.started = s->unixtime;
    return true;
}

/* After some failures in a row it is tried less and less often. */
static bool is_limited(struct server *s) {
    struct aof_rewrite *r = &s->aof.rewrite;
    if (r->failures_in_a_row < FAILURES_FREE) {
        r->next_delay = r->next_time = 0;
        return false;
    }
    if (r->next_time) {
        if (s->unixtime < r->next_time) return true;
        r->next_time = 0;
        return false;
    }
    r->next_delay = r->next_delay ? 2 * r->next_delay : 1;
    if (r->next_delay > DELAY_MOST) r->next_delay = DELAY_MOST;
    r->next_time = s->unixtime + r->next_delay * 60;
    host_log(s->host, LOG_WARNING,
             "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %lld minutes",
             (long long)r->next_delay);
    return true;
}

void aof_rewrite_start_scheduled(struct server *s) {
    if (s->aof.rewrite.scheduled && !server_has_child(s) && !is_limited(s)) aof_rewrite_start(s);
}

void aof_rewrite_if_grown(struct server *s) {
    const struct aof *a = &s->aof;
    const struct config *config = &s->config;
    if (a->state != AOF_ON || server_has_child(s) || config->auto_aof_rewrite_percentage == 0) return;
    if (a->size <= config->auto_aof_rewrite_min_size) return;
    int64_t base = a->base_size ? a->base_size : 1;
    int64_t growth = (int64_t)((__int128)a->size * 100 / base) - 100;
    if (growth < config->auto_aof_rewrite_percentage || is_limited(s)) return;
    host_log(s->host, LOG_NOTICE, "Starting automatic rewriting of AOF on %lld%% growth", (long long)growth);
    aof_rewrite_start(s);
}

/* --- end ---------------------------------------------------------------------------------------------------------- */

/* The new base and, if the file was just switched on, what was collected get their names. */
static bool name_files(struct server *s, struct aof_manifest *next) {
    char temp[48];
    const char *base = aof_manifest_add_base(next, s->config.appendfilename, s->config.aof_use_rdb_preamble);
    format_base_name(s, temp);
    if (host_rename(s->host, temp, aof_path(s, base)) != 0) {
        host_log(s->host, LOG_WARNING, "Error trying to rename the temporary AOF base file %s into %s: %s", temp, base,
                 aof_error_text(HOST_EIO));
        return false;
    }
    host_log(s->host, LOG_NOTICE, "Successfully renamed the temporary AOF base file %s into %s", temp, base);
    if (s->aof.state != AOF_WAIT_REWRITE) return true;
    const char *incr = aof_manifest_add_incr(next, s->config.appendfilename);
    char *from = pool_strdup(s->pool, aof_path(s, aof_temp_incr_name(s)));
    int error = host_rename(s->host, from, aof_path(s, incr));
    pool_free(s->pool, from, strlen(from) + 1);
    if (error != 0) {
        host_log(s->host, LOG_WARNING, "Error trying to rename the temporary AOF incr file %s into %s: %s",
                 aof_temp_incr_name(s), incr, aof_error_text(error));
        return false;
    }
    host_log(s->host, LOG_NOTICE, "Successfully renamed the temporary AOF incr file %s into %s", aof_temp_incr_name(s),
             incr);
    return true;
}

static int64_t size_of(struct server *s, const char *name) {
    int error = 0;
    struct file *file = host_file_open(s->host, aof_path(s, name), FILE_READ, &error);
    if (!file) return 0;
    int64_t size = host_file_size(s->host, file);
    host_file_close(s->host, file);
    return size;
}

static void take_success(struct server *s) {
    struct aof *a = &s->aof;
    struct aof_manifest next;
    host_log(s->host, LOG_NOTICE, "Background AOF rewrite terminated with success");
    aof_manifest_copy(&next, &a->manifest);
    bool ok = name_files(s, &next);
    if (ok) {
        aof_manifest_retire_incrs(&next, a->file != NULL);
        ok = aof_write_manifest(s, &next);
        if (!ok) host_remove(s->host, aof_path(s, aof_manifest_base(&next)->name));
    }
    if (!ok) {
        aof_manifest_free(&next);
        a->rewrite.last_ok = false;
        a->rewrite.failures_in_a_row++;
        return;
    }
    aof_take_manifest(s, &next);
    if (a->state != AOF_OFF) a->size = a->base_size = size_of(s, aof_manifest_base(&a->manifest)->name) + a->incr_size;
    aof_remove_history(s);
    a->rewrite.last_ok = true;
    a->rewrite.failures_in_a_row = 0;
    host_log(s->host, LOG_NOTICE, "Background AOF rewrite finished successfully");
    if (a->state == AOF_WAIT_REWRITE) a->state = AOF_ON;
}

static void take_failure(struct server *s, const struct child_status *status) {
    struct aof_rewrite *r = &s->aof.rewrite;
    if (status->signal)
        host_log(s->host, LOG_WARNING, "Background AOF rewrite terminated by signal %d", status->signal);
    else
        host_log(s->host, LOG_WARNING, "Background AOF rewrite terminated with error");
    if (status->signal == OWN_SIGNAL) return;
    r->last_ok = false;
    r->failures_in_a_row++;
}

static void drop_child(struct server *s) {
    struct aof_rewrite *r = &s->aof.rewrite;
    save_work_remove_temp(r->work);
    save_work_free(r->work);
    r->work = NULL;
    r->child = NULL;
}

void aof_rewrite_check_done(struct server *s) {
    struct aof *a = &s->aof;
    struct aof_rewrite *r = &a->rewrite;
    struct child_status status;
    if (!aof_rewrite_running(s) || !host_child_reap(s->host, r->child, &status)) return;
    if (status.signal == 0 && status.exit_code == 0)
        take_success(s);
    else
        take_failure(s, &status);
    r->last_cow = save_work_copied(r->work);
    if (r->last_cow > s->stats.current_cow_peak) s->stats.current_cow_peak = r->last_cow;
    drop_child(s);
    r->last_time = s->unixtime - r->started;
    r->started = -1;
    if (a->state != AOF_WAIT_REWRITE) return;
    /* Still waiting: what was collected is worth nothing, and another rewrite must come. */
    buffer_clear(&a->buffer);
    host_remove(s->host, aof_path(s, aof_temp_incr_name(s)));
    r->scheduled = true;
}

void aof_rewrite_kill(struct server *s) {
    struct aof_rewrite *r = &s->aof.rewrite;
    struct child_status status;
    if (!aof_rewrite_running(s)) return;
    host_log(s->host, LOG_NOTICE, "Killing running AOF rewrite child: %llu", (unsigned long long)r->number);
    host_child_kill(s->host, r->child, OWN_SIGNAL);
    if (!host_child_reap(s->host, r->child, &status)) { /* it is stopped: it would be waited for for ever */
        host_child_kill(s->host, r->child, 9);
        host_child_reap(s->host, r->child, &status);
    }
    drop_child(s);
    r->started = -1;
}

/* --- on and off --------------------------------------------------------------------------------------------------- */

void aof_stop(struct server *s) {
    struct aof *a = &s->aof;
    assert(a->state != AOF_OFF);
    if (a->file) {
        aof_flush(s, true);
        if (host_file_sync(s->host, a->file) != 0)
            host_log(s->host, LOG_WARNING, "Fail to fsync the AOF file: %s", aof_error_text(HOST_EIO));
        else
            a->last_fsync = s->unixtime;
        host_file_close(s->host, a->file);
        a->file = NULL;
    }
    a->db = -1;
    a->state = AOF_OFF;
    a->rewrite.scheduled = false;
    a->incr_size = a->incr_synced = a->postponed_since = 0;
    aof_rewrite_kill(s);
    buffer_free(&a->buffer);
}

/* Begins the rewrite that makes it count, or has it begun when it can be. */
static bool begin_first_rewrite(struct server *s) {
    struct aof_rewrite *r = &s->aof.rewrite;
    if (save_running(s)) {
        r->scheduled = true;
        host_log(s->host, LOG_NOTICE,
                 "AOF was enabled but there is already another background operation. An AOF background was scheduled "
                 "to start when possible.");
        return true;
    }
    if (aof_rewrite_running(s)) {
        host_log(s->host, LOG_NOTICE,
                 "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and "
                 "starting a rewrite now.");
        aof_rewrite_kill(s);
    }
    if (aof_rewrite_start(s)) return true;
    s->aof.state = AOF_OFF;
    host_log(s->host, LOG_WARNING,
             "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs "
             "for more info about the error.");
    return false;
}

bool aof_start(struct server *s) {
    struct aof *a = &s->aof;
    assert(a->state == AOF_OFF);
    a->state = AOF_WAIT_REWRITE;
    if (!begin_first_rewrite(s)) {
        if (a->file) host_file_close(s->host, a->file);
        a->file = NULL;
        return false;
    }
    a->last_fsync = s->unixtime;
    if (a->sync_error) {
        host_log(s->host, LOG_WARNING, "AOF reopen, just ignore the AOF fsync error in bio job");
        a->sync_error = 0;
    }
    if (a->write_error) {
        host_log(s->host, LOG_WARNING, "AOF reopen, just ignore the last error.");
        a->write_error = 0;
    }
    return true;
}

static void try_restart(struct server *s);

static void retry_restart(void *node, struct host_timer *timer) {
    struct server *s = node;
    (void)timer;
    server_update_time(s);
    if (s->config.appendonly && s->aof.state == AOF_OFF && !s->loading.active) try_restart(s);
}

/* The real server sleeps a second between its attempts, deaf to everybody. */
static void try_restart(struct server *s) {
    struct aof *a = &s->aof;
    if (aof_start(s)) return;
    host_log(s->host, LOG_WARNING,
             "Failed enabling the AOF after successful master synchronization! Trying it again in one second.");
    host_spend(s->host, SIM_SECOND);
    if (++a->restart_tries < RESTART_TRIES) {
        a->restart_timer.fire = retry_restart;
        host_timer_at(s->host, &a->restart_timer, host_now(s->host));
        return;
    }
    host_log(s->host, LOG_WARNING,
             "FATAL: this replica instance finished the synchronization with its master, but the AOF can't be turned "
             "on. Exiting now.");
    server_exit(s, 1);
}

void aof_restart_after_sync(struct server *s) {
    if (!s->config.appendonly || s->aof.state != AOF_OFF) return;
    s->aof.restart_tries = 0;
    try_restart(s);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

void bgrewriteaof_command(struct client *c) {
    struct server *s = c->server;
    if (aof_rewrite_running(s)) {
        client_reply_error(c, "ERR Background append only file rewriting already in progress");
    } else if (server_has_child(s) || (c->flags & CLIENT_IN_MULTI)) {
        s->aof.rewrite.scheduled = true;
        s->aof.rewrite.failures_in_a_row = 0; /* asked for by hand, it is not put off */
        client_reply_status(c, "Background append only file rewriting scheduled");
    } else if (aof_rewrite_start(s)) {
        client_reply_status(c, "Background append only file rewriting started");
    } else {
        client_reply_error(c, "ERR Can't execute an AOF background rewriting. Please check the server logs for more "
                              "information.");
    }
}
