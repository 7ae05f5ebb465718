/* Which snapshots are made, and what their end means: BGSAVE, SAVE, save points. */
#include <assert.h>

#include "model/redis/own_commands.h"

enum {
    RETRY_DELAY = 5, /* s between attempts after a failure (CONFIG_BGSAVE_RETRY_DELAY) */
    OWN_SIGNAL = 10  /* SIGUSR1: killed by its parent, no failure */
};

bool save_running(const struct server *s) {
    return s->save.child != NULL;
}

struct rdb_info save_replication_info(const struct server *s) {
    struct rdb_info info = {
        .ctime = s->unixtime, .used_mem = server_memory(s), .uncompressed = !s->config.rdbcompression};
    info.with_use = policy_orders_by_use(s->config.maxmemory_policy);
    info.access = s->clock;
    if (!server_is_replica(s) && s->repl.backlog) {
        info.has_replication = true;
        info.stream_db = s->stream_db == -1 ? 0 : s->stream_db;
    } else if (s->master || s->cached.present) {
        info.has_replication = true;
        info.stream_db = s->master ? s->master->db : s->cached.db;
    }
    memcpy(info.repl_id, s->replid, sizeof(info.repl_id));
    info.repl_offset = s->repl.offset;
    return info;
}

/* --- a child ------------------------------------------------------------------------------------------------------ */

static void note_save(struct server *s, enum redis_happening kind, const char *file) {
    const struct save *save = &s->save;
    struct happening h = {.kind = (uint16_t)kind,
                          .peer = NO_PARTY,
                          .d = (int64_t)save->number,
                          .text = file,
                          .len = (uint32_t)strlen(file)};
    if (kind == R_SAVED) {
        h.a = save_work_bytes(save->work);
        h.b = (int64_t)save_work_copied(save->work);
    }
    host_note(s->host, &h);
}

static void note_fork(struct server *s, struct dataset_digest digest, bool in_command) {
    unsigned for_replicas = s->save.for_replicas ? FORK_FOR_REPLICAS : 0;
    struct happening h = {.kind = R_FORK,
                          .peer = NO_PARTY,
                          .flags = (uint8_t)(for_replicas | (in_command ? FORK_IN_COMMAND : 0)),
                          .a = s->repl.offset,
                          .b = (int64_t)digest.low,
                          .c = (int64_t)digest.high,
                          .d = (int64_t)s->save.number};
    host_note(s->host, &h);
}

static void prepare(struct server *s, enum save_target target, bool for_replicas) {
    s->save = (struct save){.target = target,
                            .for_replicas = for_replicas,
                            .number = ++s->next_save_number,
                            .started = s->unixtime,
                            .started_at = host_now(s->host),
                            .forked_offset = s->repl.offset};
    char mark[REPLID_ROOM];
    replication_random_id(s, mark);
    memcpy(s->save.mark, mark, EOF_MARK_LEN);
    if (target == SAVE_TO_SOCKETS) return;
    s->dirty_before_bgsave = s->dirty;
    s->lastbgsave_try = s->unixtime;
}

static bool fail_to_fork(struct server *s) {
    PROBE(s, FORK_FAILED);
    host_log(s->host, LOG_WARNING, "Can't save in background: fork: Cannot allocate memory");
    if (s->save.target == SAVE_TO_FILE) s->lastbgsave_ok = false;
    note_save(s, R_SAVE_FAILED, "");
    return false;
}

static struct save_job job_of(const struct server *s) {
    const struct save *save = &s->save;
    return (struct save_job){save->target, save->number, save->mark, s->config.dbfilename};
}

bool save_start(struct server *s, enum save_target target, bool for_replicas) {
    assert(!server_has_child(s));
    if (target == SAVE_TO_FILE) s->stats.rdb_saves++; /* what FLUSHALL and SHUTDOWN save does not count */
    prepare(s, target, for_replicas);
    struct snapshot *snapshot = snapshot_open(s->ks, s->host->costs->cow_page);
    if (!snapshot) return fail_to_fork(s);
    struct dataset_digest digest = snapshot_digest(snapshot);
    struct save_job job = job_of(s);
    s->save.work = save_work_create(s, snapshot, &job);
    sim_time before = *s->host->spending;
    int error = 0;
    s->save.child = host_fork(s->host, &save_program, s->save.work, &error);
    if (!s->save.child) {
        save_work_free(s->save.work);
        s->save.work = NULL;
        return fail_to_fork(s);
    }
    s->stats.total_forks++;
    s->stats.latest_fork_usec = (*s->host->spending - before) / SIM_US;
    note_fork(s, digest, false);
    host_log(s->host, LOG_NOTICE,
             target == SAVE_TO_FILE ? "Background saving started by pid %llu"
                                    : "Background RDB transfer started by pid %llu",
             (unsigned long long)s->save.number);
    return true;
}

void save_kill(struct server *s) {
    if (!save_running(s)) return;
    s->save.killed = true;
    host_child_kill(s->host, s->save.child, OWN_SIGNAL);
    save_work_give_up(s->save.work);
}

void save_abandon(struct server *s) {
    save_kill(s);
    save_work_remove_temp(s->save.work);
}

static void log_end(struct server *s, const struct child_status *status) {
    bool file = s->save.target == SAVE_TO_FILE;
    const char *what = file ? "Background saving" : "Background transfer";
    if (status->signal) {
        host_probe(s->host, status->signal == OWN_SIGNAL ? PROBE_CHILD_ENDED_BY_US : PROBE_CHILD_KILLED);
        host_log(s->host, LOG_WARNING, "%s terminated by signal %d", what, status->signal);
    } else if (status->exit_code) {
        PROBE(s, CHILD_FAILED);
        host_log(s->host, LOG_WARNING, "%s error", what);
    } else {
        host_log(s->host, LOG_NOTICE,
                 file ? "Background saving terminated with success"
                      : "Background RDB transfer terminated with success");
    }
}

/* What a disk snapshot's end means for the next one. */
static void take_result(struct server *s, const struct child_status *status, bool ok) {
    if (ok) {
        s->dirty -= s->dirty_before_bgsave < s->dirty ? s->dirty_before_bgsave : s->dirty;
        s->lastsave = s->unixtime;
        s->lastbgsave_ok = true;
    } else if (status->signal != OWN_SIGNAL) {
        s->lastbgsave_ok = false;
    }
    if (status->signal) save_work_remove_temp(s->save.work);
}

static void end_child(struct server *s, const struct child_status *status) {
    struct save *save = &s->save;
    assert(save->work);
    bool file = save->target == SAVE_TO_FILE;
    bool ok = status->signal == 0 && status->exit_code == 0 && (file || !save->killed);
    uint64_t copied = save_work_copied(save->work);
    log_end(s, status);
    if (file) take_result(s, status, ok);
    note_save(s, ok ? R_SAVED : R_SAVE_FAILED, ok && file ? s->config.dbfilename : "");
    s->stats.rdb_last_cow_size = copied;
    if (copied > s->stats.current_cow_peak) s->stats.current_cow_peak = copied;
    s->rdb_save_time_last = s->unixtime - save->started;
    save_work_free(save->work);
    save->work = NULL;
    save->child = NULL;
    save->pipe_writing = 0;
    replication_save_done(s, ok, file);
    replication_start_pending_save(s);
}

void save_check_done(struct server *s) {
    struct save *save = &s->save;
    if (!save_running(s)) return;
    /* A child that writes to sockets exits when its parent has read all: not before. */
    if (save->target == SAVE_TO_SOCKETS && save_work_finished(save->work) && !save->pipe_ended && !save->killed) return;
    struct child_status status;
    if (host_child_reap(s->host, save->child, &status)) end_child(s, &status);
}

/* --- in this process ---------------------------------------------------------------------------------------------- */

static bool save_whole(struct server *s, bool in_command) {
    PROBE(s, SAVE_IN_PROCESS);
    prepare(s, SAVE_TO_FILE, false);
    struct snapshot *snapshot = snapshot_open_view(s->ks);
    note_fork(s, snapshot_digest(snapshot), in_command);
    struct save_job job = job_of(s);
    s->save.work = save_work_create(s, snapshot, &job);
    bool ok = save_work_run(s->save.work);
    note_save(s, ok ? R_SAVED : R_SAVE_FAILED, ok ? s->config.dbfilename : "");
    save_work_free(s->save.work);
    return ok;
}

/* A child that was killed and has not ended yet stays what it is. */
static bool save_here(struct server *s, bool in_command) {
    struct save child = s->save;
    bool ok = save_whole(s, in_command);
    s->save = child;
    if (ok) {
        s->dirty = 0;
        s->lastsave = s->unixtime;
        s->lastbgsave_ok = true; /* to fail here says nothing of the last BGSAVE */
    }
    return ok;
}

bool save_now(struct server *s) {
    assert(!save_running(s) || s->save.killed);
    return save_here(s, false);
}

/* The cron hears of the child's end: no other is forked in the middle of FLUSHALL. */
void save_after_flushall(struct server *s) {
    save_kill(s);
    if (s->config.save_point_count) save_here(s, true);
}

/* --- periodically ------------------------------------------------------------------------------------------------- */

static bool may_try(const struct server *s) {
    return s->lastbgsave_ok || s->unixtime - s->lastbgsave_try > RETRY_DELAY;
}

static void check_save_points(struct server *s) {
    for (size_t i = 0; i < s->config.save_point_count; i++) {
        const struct save_point *p = &s->config.save_points[i];
        if (s->dirty < (uint64_t)p->changes || s->unixtime - s->lastsave <= p->seconds || !may_try(s)) continue;
        PROBE(s, SAVE_POINT);
        host_log(s->host, LOG_NOTICE, "%lld changes in %lld seconds. Saving...", (long long)p->changes,
                 (long long)p->seconds);
        save_start(s, SAVE_TO_FILE, false);
        return;
    }
}

void save_cron(struct server *s) {
    if (server_has_child(s)) {
        save_check_done(s);
        aof_rewrite_check_done(s);
        return;
    }
    check_save_points(s);
    aof_rewrite_if_grown(s);
}

void save_start_scheduled(struct server *s) {
    if (s->bgsave_scheduled && !server_has_child(s) && may_try(s) && save_start(s, SAVE_TO_FILE, false))
        s->bgsave_scheduled = false;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

void bgsave_command(struct client *c) {
    struct server *s = c->server;
    bool schedule = s->running.argc == 2 && resp_word_is(s->running.argv[1], "schedule");
    if (s->running.argc > 1 && !schedule) {
        client_reply_error(c, "ERR syntax error");
    } else if (save_running(s)) {
        client_reply_error(c, "ERR Background save already in progress");
    } else if ((c->flags & CLIENT_IN_MULTI) || (schedule && server_has_child(s))) {
        s->bgsave_scheduled = true;
        client_reply_status(c, "Background saving scheduled");
    } else if (server_has_child(s)) {
        client_reply_error(c, "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE "
                              "in order to schedule a BGSAVE whenever possible.");
    } else if (save_start(s, SAVE_TO_FILE, false)) {
        client_reply_status(c, "Background saving started");
    } else {
        client_reply_error(c, "ERR");
    }
}

void save_command(struct client *c) {
    struct server *s = c->server;
    if (save_running(s)) {
        client_reply_error(c, "ERR Background save already in progress");
        return;
    }
    s->stats.rdb_saves++;
    if (save_now(s))
        client_reply_status(c, "OK");
    else
        client_reply_error(c, "ERR");
}

void lastsave_command(struct client *c) {
    client_reply_number(c, c->server->lastsave);
}
