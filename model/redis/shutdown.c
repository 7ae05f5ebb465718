/* SHUTDOWN and SIGTERM (reference 10.7): writes are paused, and the server waits a while for its replicas. */
#include "model/redis/own_commands.h"

/* Replicas that do not have all of the stream yet. */
static unsigned count_lagging(const struct server *s) {
    unsigned n = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (replica_is_online(c) && c->replica.ack_offset != s->repl.offset) n++;
    }
    return n;
}

static void log_lagging(const struct server *s) {
    const struct client *c;
    size_t in_sync = 0;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (c->replica.ack_offset == s->repl.offset) {
            in_sync++;
            continue;
        }
        host_log(s->host, LOG_WARNING, "Lagging replica %s reported offset %lld behind master, lag=%lld, state=%s.",
                 replica_name(c), (long long)(s->repl.offset - c->replica.ack_offset),
                 (long long)(replica_is_online(c) ? s->unixtime - c->replica.ack_time : 0),
                 replica_is_online(c) ? "online" : "wait_bgsave");
    }
    if (s->replica_count) {
        host_log(s->host, LOG_NOTICE, "%zu of %zu replicas are in sync when shutting down.", in_sync, s->replica_count);
    }
}

/* Whoever asked for the shutdown hears that it failed. */
static void cancel(struct server *s) {
    s->shutdown = (struct shutdown){.waiting = false};
    server_unpause(s, PAUSE_BY_SHUTDOWN);
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&s->blocked); c; c = next) {
        next = TAILQ_NEXT(c, blocked.entry);
        if (c->blocked.why != BLOCKED_SHUTDOWN) continue;
        client_reply_error(c, "ERR Errors trying to SHUTDOWN. Check logs.");
        client_queue_write(c);
        client_unblock(c);
    }
}

static bool save_wanted(const struct server *s) {
    return s->shutdown.save || (s->config.save_point_count && !s->shutdown.nosave);
}

/* A dataset that is nowhere on disk yet. */
static bool first_rewrite_runs(const struct server *s) {
    return s->aof.state == AOF_WAIT_REWRITE && aof_rewrite_running(s);
}

/* What the append-only file needs; false: the server must live on. */
static bool finish_aof(struct server *s) {
    if (first_rewrite_runs(s)) {
        host_log(s->host, LOG_WARNING,
                 s->shutdown.force ? "Writing initial AOF. Exit anyway." : "Writing initial AOF, can't exit.");
        if (!s->shutdown.force) return false;
    }
    if (aof_rewrite_running(s)) {
        host_log(s->host, LOG_WARNING, "There is a child rewriting the AOF. Killing it!");
        aof_rewrite_kill(s);
    }
    if (s->aof.state == AOF_OFF || !s->aof.file) return true;
    host_log(s->host, LOG_NOTICE, "Calling fsync() on the AOF file.");
    aof_flush(s, true);
    if (host_file_sync(s->host, s->aof.file) != 0)
        host_log(s->host, LOG_WARNING, "Fail to fsync the AOF file: %s.", aof_error_text(HOST_EIO));
    return true;
}

static bool fail(struct server *s) {
    PROBE(s, SHUTDOWN_FAILED);
    host_log(s->host, LOG_WARNING, "Errors trying to shut down the server. Check the logs for more information.");
    cancel(s);
    return false;
}

/* The last things: false if the dataset could not be saved, then the server lives on. */
static bool finish(struct server *s) {
    log_lagging(s);
    if (save_running(s)) {
        host_log(s->host, LOG_WARNING, "There is a child saving an .rdb. Killing it!");
        save_abandon(s);
    }
    if (!finish_aof(s)) return fail(s);
    if (save_wanted(s)) {
        host_log(s->host, LOG_NOTICE, "Saving the final RDB snapshot before exiting.");
        if (!save_now(s) && !s->shutdown.force) {
            host_log(s->host, LOG_WARNING, "Error trying to save the DB, can't exit.");
            return fail(s);
        }
    }
    clients_write_pending(s); /* the replicas' last bytes */
    host_log(s->host, LOG_WARNING, "Redis is now ready to exit, bye bye...");
    server_exit(s, 0);
    return true;
}

/* Begins; true if it is over at once. */
static bool begin(struct server *s) {
    if (s->loading.active) s->shutdown.nosave = true;
    host_log(s->host, LOG_WARNING, "User requested shutdown...");
    bool wait = !s->shutdown.now && s->config.shutdown_timeout > 0 && !server_is_replica(s) && count_lagging(s) > 0;
    if (!wait) return finish(s);
    PROBE(s, SHUTDOWN_WAITS);
    s->shutdown.waiting = true;
    s->shutdown.until_ms = s->mstime + s->config.shutdown_timeout * 1000;
    host_log(s->host, LOG_NOTICE, "Waiting for replicas before shutting down.");
    server_pause(s, PAUSE_BY_SHUTDOWN, PAUSE_WRITES, INT64_MAX);
    replication_feed_admin(s, (const char *const[]){"REPLCONF", "GETACK", "*", NULL});
    return false;
}

void shutdown_check(struct server *s) {
    if (!s->shutdown.waiting) {
        if (s->shutdown.asked) begin(s);
        return;
    }
    bool late = s->mstime >= s->shutdown.until_ms;
    if (count_lagging(s) && !late) return;
    if (late) PROBE(s, SHUTDOWN_LATE);
    s->shutdown.waiting = false;
    finish(s);
}

void shutdown_check_loading(struct server *s) {
    if (s->shutdown.asked && !s->shutdown.waiting) begin(s);
}

/* The real server's signal handler does no more than this. */
void shutdown_ask(struct server *s) {
    host_log(s->host, LOG_WARNING,
             s->loading.active ? "Received shutdown signal during loading, scheduling shutdown."
                               : "Received SIGTERM scheduling shutdown...");
    s->shutdown.asked = true;
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static bool read_options(struct client *c, struct shutdown *sd, bool *abort) {
    const struct running *r = &c->server->running;
    for (size_t i = 1; i < r->argc; i++) {
        if (resp_word_is(r->argv[i], "nosave"))
            sd->nosave = true;
        else if (resp_word_is(r->argv[i], "save"))
            sd->save = true;
        else if (resp_word_is(r->argv[i], "now"))
            sd->now = true;
        else if (resp_word_is(r->argv[i], "force"))
            sd->force = true;
        else if (resp_word_is(r->argv[i], "abort"))
            *abort = true;
        else
            return false;
    }
    return !(sd->save && sd->nosave) && !(*abort && r->argc > 2);
}

void shutdown_command(struct client *c) {
    struct server *s = c->server;
    struct shutdown wanted = {.waiting = false};
    bool abort = false;
    if (!read_options(c, &wanted, &abort)) {
        client_reply_error(c, "ERR syntax error");
    } else if (abort && (s->shutdown.waiting || s->shutdown.asked)) {
        host_log(s->host, LOG_NOTICE, "Shutdown manually aborted.");
        cancel(s);
        client_reply_status(c, "OK");
    } else if (abort) {
        client_reply_error(c, "ERR No shutdown in progress.");
    } else if (s->shutdown.waiting) {
        client_block(c, BLOCKED_SHUTDOWN, 0);
    } else {
        s->shutdown = wanted;
        if (begin(s)) return;
        if (s->shutdown.waiting)
            client_block(c, BLOCKED_SHUTDOWN, 0);
        else
            client_reply_error(c, "ERR Errors trying to SHUTDOWN. Check logs.");
    }
}
