/* From a parsed request to its execution.
 *
 * The order of the refusals is the real server's: it decides which error a client sees. */
#include <assert.h>
#include <stdarg.h>

#include "model/redis/eviction.h"
#include "model/redis/local_expiry.h"
#include "model/redis/own_commands.h"

/* --- refusing ----------------------------------------------------------------------------------------------------- */

void dispatch_refuse(struct client *c, const char *format, ...) {
    if (c->flags & CLIENT_IN_MULTI) c->flags |= CLIENT_DIRTY_EXEC;
    struct buffer text;
    buffer_init(&text, c->server->pool);
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    if ((c->flags & CLIENT_IN_MULTI) && c->server->running.command == c->server->exec) {
        multi_discard(c);
        client_reply_error(c, "EXECABORT Transaction discarded because of: %s", text.at);
    } else {
        client_reply_error(c, "%s", text.at);
    }
    buffer_free(&text);
}

static void refuse_unknown(struct client *c, const struct bytes *argv, size_t argc) {
    struct buffer args;
    buffer_init(&args, c->server->pool);
    buffer_puts(&args, "");
    for (size_t i = 1; i < argc && args.len < 128; i++) {
        size_t len = argv[i].len < 128 - args.len ? argv[i].len : 128 - args.len;
        buffer_printf(&args, "'%.*s' ", (int)len, argv[i].at);
    }
    int len = argv[0].len < 128 ? (int)argv[0].len : 128;
    dispatch_refuse(c, "ERR unknown command '%.*s', with args beginning with: %s", len, argv[0].at, args.at);
    buffer_free(&args);
}

/* The trace hears of refused writes only. */
static void note_refused(struct server *s, enum refusal why, unsigned flags) {
    static const enum probe probes[] = {
        [REFUSED_READONLY] = PROBE_REFUSED_READONLY,     [REFUSED_NOREPLICAS] = PROBE_REFUSED_NOREPLICAS,
        [REFUSED_MISCONF] = PROBE_REFUSED_MISCONF,       [REFUSED_OOM] = PROBE_REFUSED_OOM,
        [REFUSED_MASTERDOWN] = PROBE_REFUSED_MASTERDOWN, [REFUSED_LOADING] = PROBE_REFUSED_LOADING,
    };
    host_probe(s->host, probes[why]);
    if (!(flags & CMD_WRITE)) return;
    struct happening h = {.kind = R_REFUSED, .peer = NO_PARTY, .a = why};
    host_note(s->host, &h);
}

/* Commands that end a transaction, whatever has become of the memory. */
static bool leaves_multi(const struct server *s, const struct command *command) {
    own_command_fn *run = command->run ? NULL : s->own_commands[command - command_table()];
    return run == exec_command || run == discard_command || run == quit_command || run == reset_command;
}

static bool rdb_refuses(const struct server *s) {
    return !s->lastbgsave_ok && s->config.stop_writes_on_bgsave_error && s->config.save_point_count > 0;
}

static bool disk_refuses(const struct server *s) {
    return rdb_refuses(s) || aof_disk_error(s) != 0;
}

/* A replica that can neither save nor refuse its master's writes ends, unless replica-ignore-disk-write-errors. */
static void obey_without_disk(struct server *s, unsigned flags) {
    enum { LOG_EVERY_MS = 10000 };
    if (!(flags & CMD_WRITE)) return;
    if (!s->config.replica_ignore_disk_write_errors) {
        server_panic(s, "Replica was unable to write command to disk.");
    } else if (s->mstime > s->disk_error_logged_ms + LOG_EVERY_MS) {
        s->disk_error_logged_ms = s->mstime;
        host_log(s->host, LOG_WARNING, "Replica is applying a command even though it is unable to write to disk.");
    }
}

static void refuse_for_disk(struct client *c) {
    struct server *s = c->server;
    if (!rdb_refuses(s)) {
        dispatch_refuse(c, "MISCONF Errors writing to the AOF file: %s", aof_error_text(aof_disk_error(s)));
        return;
    }
    dispatch_refuse(c,
                    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. "
                    "Commands that may modify the data set are disabled, because this instance is configured to "
                    "report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). "
                    "Please check the Redis logs for details about the RDB error.");
}

/* Refusals of writes, and, for the disk's sake, of PING. The master's stream is obeyed whatever the state of this
 * server. */
static bool refused_write(struct client *c, unsigned flags) {
    struct server *s = c->server;
    if (c->kind == CLIENT_MASTER) {
        if (disk_refuses(s)) obey_without_disk(s, flags);
        return s->exiting;
    }
    if (disk_refuses(s)) {
        refuse_for_disk(c);
        note_refused(s, REFUSED_MISCONF, flags);
        return true;
    }
    if (!(flags & CMD_WRITE)) return false;
    if (replication_too_few_replicas(s)) {
        dispatch_refuse(c, "NOREPLICAS Not enough good replicas to write.");
        note_refused(s, REFUSED_NOREPLICAS, flags);
        return true;
    }
    if (server_is_replica(s) && s->config.replica_read_only) {
        dispatch_refuse(c, "READONLY You can't write against a read only replica.");
        note_refused(s, REFUSED_READONLY, flags);
        return true;
    }
    return false;
}

/* Refusals for the state this server is in. */
static bool refused_now(struct client *c, unsigned flags) {
    struct server *s = c->server;
    bool stale = server_is_replica(s) && s->link.state != LINK_CONNECTED && !s->config.replica_serve_stale_data;
    if (stale && !(flags & CMD_STALE)) {
        dispatch_refuse(c, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
        note_refused(s, REFUSED_MASTERDOWN, flags);
        return true;
    }
    if (s->loading.active && (s->loading.async ? flags & CMD_NO_ASYNC_LOADING : !(flags & CMD_LOADING))) {
        dispatch_refuse(c, "LOADING Redis is loading the dataset in memory");
        note_refused(s, REFUSED_LOADING, flags);
        return true;
    }
    return false;
}

/* Before anything else is done for a command, memory is freed; if that fails, what might take more is refused. That is
 * true of the master's stream as well, where replica-ignore-maxmemory is no: such a replica goes on without the
 * command.
 */
static bool refused_for_memory(struct client *c, const struct running *r, unsigned flags) {
    struct server *s = c->server;
    bool full = eviction_perform(s) == EVICT_FAIL;
    bool queues = (c->flags & CLIENT_IN_MULTI) && !leaves_multi(s, r->command);
    if (!full || !(flags & CMD_DENYOOM || queues)) return false;
    dispatch_refuse(c, "OOM command not allowed when used memory > 'maxmemory'.");
    if (c->kind == CLIENT_MASTER)
        propagate_note_alone(s, WRITE_REFUSED);
    else
        note_refused(s, REFUSED_OOM, flags);
    return true;
}

static bool refused(struct client *c, const struct running *r, unsigned flags) {
    struct server *s = c->server;
    if (!command_arity_ok(r->command, r->argc)) {
        dispatch_refuse(c, "ERR wrong number of arguments for '%s' command", r->command->name);
        return true;
    }
    if ((flags & CMD_NO_MULTI) && (c->flags & CLIENT_IN_MULTI)) {
        dispatch_refuse(c, "ERR Command not allowed inside a transaction");
        return true;
    }
    if (!(c->flags & CLIENT_AUTHENTICATED) && !(flags & CMD_NO_AUTH)) {
        dispatch_refuse(c, "NOAUTH Authentication required.");
        return true;
    }
    if (s->config.maxmemory && refused_for_memory(c, r, flags)) return true;
    if (((flags & CMD_WRITE) || r->command == c->server->ping) && refused_write(c, flags)) return true;
    if (refused_now(c, flags)) return true;
    if (c->kind == CLIENT_REPLICA && (flags & (CMD_WRITE | CMD_READONLY | CMD_MAY_REPLICATE))) {
        dispatch_refuse(c, "ERR Replica can't interact with the keyspace");
        return true;
    }
    return false;
}

/* --- executing ---------------------------------------------------------------------------------------------------- */

static enum expiry_view expiry_view(struct client *c) {
    struct server *s = c->server;
    if (c->kind == CLIENT_MASTER) return EXPIRY_IGNORE;
    if (server_is_replica(s)) return EXPIRY_REPLICA;
    /* While writes are paused nothing may be deleted either. */
    return s->paused >= PAUSE_WRITES ? EXPIRY_REPLICA : EXPIRY_MASTER;
}

static void collect_list(struct server *s, const struct propagated *p) {
    for (; p; p = p->next) {
        if (p->expiry) {
            s->stats.expired_keys++;
            PROBE(s, EXPIRED_IN_COMMAND);
        }
        propagate_add(s, &(struct stream_op){.db = p->db, .words = p->words, .count = p->count, .expiry = p->expiry});
    }
}

static void collect(struct server *s, const struct exec *ex, const struct running *r) {
    collect_list(s, ex->before);
    if (ex->dirty == 0 && !ex->forced) return;
    if (ex->rewritten)
        collect_list(s, ex->also);
    else
        propagate_add(s, &(struct stream_op){.db = ex->db, .words = r->argv, .count = r->argc, .raw = r->raw});
}

/* FLUSHALL took the dataset away; freeing it takes time unless another thread does it. */
static void after_flushall(struct server *s, const struct exec *ex, const struct running *r) {
    bool lazy = r->argc > 1 ? resp_word_is(r->argv[1], "async") : s->config.lazyfree_lazy_user_flush;
    if (!lazy) host_spend(s->host, (sim_time)ex->dirty * s->host->costs->flush_key);
    save_after_flushall(s);
}

static void after_data_command(struct client *c, struct exec *ex, const struct running *r) {
    struct server *s = c->server;
    c->db = ex->db;
    s->dirty += ex->dirty;
    s->stats.keyspace_hits += ex->hits;
    s->stats.keyspace_misses += ex->misses;
    s->call_dirty += ex->dirty;
    if (ex->failed) {
        s->stats.total_error_replies++;
        s->running_failed = true;
        s->running_error = ex->error;
    }
    if (propagate_wanted(s)) collect(s, ex, r);
    if (s->watcher_count && (ex->dirty || ex->before)) watch_touch_command(s, ex);
    if (ex->dirty && server_is_replica(s) && c->kind == CLIENT_NORMAL) local_expiry_remember(s, ex);
    if (ex->block) blocked_on_keys(c, ex->block_timeout_ms);
    if (ex->ready_key_count && s->blocked_count) s->keys_became_ready = true;
    if (r->command == s->flushall && !ex->failed) after_flushall(s, ex, r);
}

static void call_data_command(struct client *c, const struct running *r, int64_t now_ms) {
    struct server *s = c->server;
    struct exec ex = {
        .ks = s->ks,
        .pool = s->scratch,
        .db = c->db,
        .argv = r->argv,
        .argc = r->argc,
        .command = r->command,
        .now_ms = now_ms,
        .expiry = expiry_view(c),
        .blocking_allowed = c->kind == CLIENT_NORMAL && !(c->flags & CLIENT_IN_MULTI),
        .chance = &s->chance,
        .reply = c->kind == CLIENT_MASTER ? NULL : &c->out,
    };
    s->clock.frozen = server_has_child(s);
    command_exec(&ex);
    after_data_command(c, &ex, r);
}

void dispatch_call(struct client *c, const struct running *r, int64_t now_ms) {
    struct server *s = c->server;
    struct running outer = s->running;
    s->running = *r;
    s->stats.commands_processed++;
    host_spend(s->host, s->host->costs->command_time);
    if (r->command->run) {
        call_data_command(c, r, now_ms);
    } else {
        own_command_fn *run = s->own_commands[r->command - command_table()];
        assert(run);
        run(c);
    }
    s->running = outer;
}

/* A command of a client's that is not part of a transaction, and what it makes of stream, trace and offsets. */
static void execute_once(struct client *c, const struct running *r) {
    struct server *s = c->server;
    struct dataset_digest before = {0, 0};
    if (propagate_wanted(s)) before = keyspace_digest(s->ks);
    uint64_t expired = s->stats.expired_keys;
    s->call_dirty = 0;
    s->running_failed = false;
    s->running_error = NULL;
    s->noticed_ms = s->mstime;
    dispatch_call(c, r, s->mstime);
    propagate_flush(s, before);
    bool expired_untold = s->stats.expired_keys != expired && !s->repl.backlog && !server_is_replica(s);
    if (s->call_dirty && c->kind == CLIENT_NORMAL)
        propagate_note_write(s, c);
    else if (expired_untold)
        propagate_note_write(s, NULL);
    if (s->running_failed && c->kind == CLIENT_MASTER) apply_note_failure(c, r);
    if (pool_in_use(s->scratch)) pool_reset(s->scratch);
    c->woff = s->repl.offset;
}

void dispatch_retry(struct client *c, const struct running *r) {
    execute_once(c, r);
}

static void execute(struct client *c, const struct running *r) {
    execute_once(c, r);
    if (c->server->keys_became_ready) blocked_serve_keys(c->server);
}

/* --- one request -------------------------------------------------------------------------------------------------- */

static const struct command *look_up(struct client *c, struct bytes name) {
    if (c->last_command && resp_word_is(name, c->last_command->name)) return c->last_command;
    const struct command *command = command_find(name);
    if (command && !command->run && !c->server->own_commands[command - command_table()]) command = NULL;
    c->last_command = command;
    return command;
}

/* Commands that act at once inside MULTI. */
static bool acts_in_multi(const struct server *s, const struct command *command) {
    own_command_fn *run = command->run ? NULL : s->own_commands[command - command_table()];
    return run == exec_command || run == discard_command || run == multi_command || run == watch_command ||
           run == quit_command || run == reset_command;
}

/* A replica's connection carries the stream: a reply would become part of it. */
static void check_no_reply(struct client *c, const struct command *command) {
    if (c->kind != CLIENT_REPLICA || c->out.len == c->out_sent) return;
    const char *name = command ? command->name : "<unknown>", *reply = c->out.at + c->out_sent;
    struct host *h = c->server->host;
    host_log(h, LOG_WARNING, "Replica generated a reply to command '%s', disconnecting it: %s", name, client_info(c));
    if (strncmp(reply, "-ERR ", 5) == 0) {
        c->server->stats.unexpected_error_replies++;
        host_log(h, LOG_WARNING,
                 "== CRITICAL == This master is sending an error to its replica: '%.*s' after processing the command "
                 "'%s'",
                 (int)strcspn(reply + 5, "\r"), reply + 5, name);
    }
    buffer_clear(&c->out);
    c->out_sent = 0;
    client_free_async(c);
}

/* The stream of this server's own master waits, too (measured on 7.0.15). */
static bool must_wait(const struct client *c, unsigned flags) {
    enum pause_kind paused = c->server->paused;
    if (paused == PAUSE_NONE || c->kind == CLIENT_REPLICA) return false;
    return paused == PAUSE_ALL || (flags & (CMD_WRITE | CMD_MAY_REPLICATE));
}

/* EXEC is refused if one of the commands would be. */
static unsigned flags_of_transaction(const struct client *c, unsigned exec_flags) {
    const unsigned any = CMD_WRITE | CMD_READONLY | CMD_DENYOOM | CMD_MAY_REPLICATE | CMD_NO_ASYNC_LOADING;
    const unsigned all = CMD_STALE | CMD_LOADING;
    return (exec_flags | (c->multi.flags & any)) & ~(c->multi.lacking_flags & all);
}

/* Refuses what cannot be executed; a transaction's flags are those of its commands. */
static bool refused_request(struct client *c, const struct running *r, unsigned flags) {
    struct server *s = c->server;
    bool no = true;
    s->running.command = r->command;
    s->running_error = NULL;
    if (!r->command)
        refuse_unknown(c, r->argv, r->argc);
    else
        no = refused(c, r, flags);
    s->running.command = NULL;
    if (no && c->kind == CLIENT_MASTER && !s->exiting) apply_note_failure(c, r);
    return no;
}

static void send_reply(struct client *c) {
    const struct output_limit *limit = &c->server->config.limits[LIMIT_NORMAL];
    if (c->out.len == c->out_sent) return;
    client_queue_write(c);
    if (limit->hard || limit->soft) client_check_output_limit(c);
}

bool dispatch_request(struct client *c, const struct bytes *argv, size_t argc, struct bytes raw) {
    struct server *s = c->server;
    struct running r = {c, look_up(c, argv[0]), argv, argc, raw};
    bool was_replica = c->kind == CLIENT_REPLICA, in_multi = c->flags & CLIENT_IN_MULTI;
    unsigned flags = r.command ? r.command->flags : 0;
    if (r.command == s->exec && in_multi) flags = flags_of_transaction(c, flags);
    bool no = refused_request(c, &r, flags);
    if (s->exiting) return false;
    if (!no && must_wait(c, flags)) {
        PROBE(s, COMMAND_PAUSED);
        client_block(c, BLOCKED_PAUSE, 0);
        return false;
    }
    c->commands++;
    if (!no && in_multi && !acts_in_multi(s, r.command)) {
        if (c->kind == CLIENT_MASTER) PROBE(s, MULTI_HELD_BACK);
        multi_queue(c, &r);
    } else if (!no)
        execute(c, &r);
    if (was_replica) check_no_reply(c, r.command);
    send_reply(c);
    return true;
}
