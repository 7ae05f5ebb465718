/* Reading the append-only file back at start. See aof.h.
 *
 * The files of the manifest one after the other: an RDB at the front of the first, then commands, executed by a client
 * that nobody sees. A file that ends in the middle of a command or a transaction is cut to what is whole, if it is the
 * last one and aof-load-truncated says so; anything else that is wrong ends the process. As with an RDB the server
 * serves its event loop in between. */
#include <assert.h>

#include "model/redis/rdb.h"
#include "model/redis/server.h"

enum { READ_PIECE = 64 * 1024, COMMANDS_PER_TURN = 1024, RDB_MAGIC = 5 };

struct aof_load {
    size_t part, last;  /* in the manifest: the one that is read, the last one */
    struct file *file;  /* NULL: the next part is to be opened */
    int64_t size, read; /* of that file: bytes in all, bytes read */
    sim_time began, file_began;
    int64_t base_size;
    struct buffer in;                  /* read, not yet executed */
    size_t in_at;                      /* what of it was */
    int64_t valid, valid_before_multi; /* how much of the file is whole commands and transactions */
    struct resp_parser parser;
    struct client client; /* executes them */
};

enum progress { GO_ON, YIELD, FILE_DONE, FAILED };

static const char *name_of(const struct server *s) {
    return s->aof.manifest.parts[s->aof.load->part].name;
}

/* --- end ---------------------------------------------------------------------------------------------------------- */

static void put_seconds(struct server *s, const char *what, const char *name, sim_time since) {
    long long ms = (host_now(s->host) - since) / SIM_MS;
    host_log(s->host, LOG_NOTICE, "DB loaded from %s%s: %lld.%03lld seconds", what, name, ms / 1000, ms % 1000);
}

static void close_file(struct server *s) {
    struct aof_load *l = s->aof.load;
    if (l->file) host_file_close(s->host, l->file);
    l->file = NULL;
    buffer_clear(&l->in);
    l->in_at = 0;
    resp_parser_reset(&l->parser);
}

static void free_load(struct server *s) {
    struct aof_load *l = s->aof.load;
    struct pool *pool = s->pool;
    close_file(s);
    multi_forget(&l->client);
    buffer_free(&l->in);
    buffer_free(&l->client.out);
    buffer_free(&l->client.multi.bytes);
    resp_parser_free(&l->parser);
    pool_free(pool, l, sizeof(*l));
    s->aof.load = NULL;
}

static void end_load(struct server *s, bool ok) {
    struct aof_load *l = s->aof.load;
    sim_time began = l->began;
    int64_t base_size = l->base_size, size = s->loading.size;
    free_load(s);
    loading_end(s);
    if (!ok) {
        server_exit(s, 1);
        return;
    }
    s->aof.state = AOF_ON;
    s->aof.size = size;
    s->aof.base_size = base_size;
    put_seconds(s, "append only file", "", began);
    loading_note_boot(s, BOOT_FROM_AOF);
    if (!aof_open_at_start(s)) return;
    aof_remove_history(s);
    server_ready(s);
}

/* --- the files ---------------------------------------------------------------------------------------------------- */

static bool is_read(const struct aof_part *part) {
    return part->kind != AOF_HISTORY;
}

/* A warning about the file that is read. */
static void warn(struct server *s, const char *before, const char *after) {
    host_log(s->host, LOG_WARNING, "%s %s%s", before, name_of(s), after);
}

static enum progress fail(struct server *s, const char *before, const char *after) {
    warn(s, before, after);
    return FAILED;
}

/* The sum of their sizes; false: one is missing. */
static bool add_sizes(struct server *s, int64_t *sum, int64_t *base) {
    const struct aof_manifest *m = &s->aof.manifest;
    for (size_t i = 0; i < m->count; i++) {
        int error = 0;
        if (!is_read(&m->parts[i])) continue;
        struct file *file = host_file_open(s->host, aof_path(s, m->parts[i].name), FILE_READ, &error);
        if (!file) {
            host_log(s->host, LOG_WARNING, "Unable to obtain the AOF file %s length. stat: %s", m->parts[i].name,
                     aof_error_text(error));
            return false;
        }
        int64_t size = host_file_size(s->host, file);
        if (m->parts[i].kind == AOF_BASE) *base = size;
        *sum += size;
        host_file_close(s->host, file);
    }
    return true;
}

/* How a file begins: an RDB has its magic word. */
static bool begins_with_rdb(struct server *s) {
    char magic[RDB_MAGIC];
    int64_t n = host_file_read(s->host, s->aof.load->file, 0, magic, RDB_MAGIC);
    return n == RDB_MAGIC && memcmp(magic, "REDIS", RDB_MAGIC) == 0;
}

static enum progress open_file(struct server *s) {
    struct aof_load *l = s->aof.load;
    int error = 0;
    l->file = host_file_open(s->host, aof_path(s, name_of(s)), FILE_READ, &error);
    if (!l->file) return fail(s, "Fatal error: can't open the append log file", " for reading: Input/output error");
    l->size = host_file_size(s->host, l->file);
    l->read = l->valid = l->valid_before_multi = 0;
    l->file_began = host_now(s->host);
    l->client.db = 0;
    if (l->size == 0) return FILE_DONE;
    if (!begins_with_rdb(s)) return GO_ON;
    bool old_style = strcmp(name_of(s), s->config.appendfilename) == 0;
    host_log(s->host, LOG_NOTICE,
             old_style ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...");
    s->loading.reader = rdb_reader_open(s->pool, s->ks, 0);
    return GO_ON;
}

/* More of the file into the buffer; false: its end, or an error. */
static bool read_more(struct server *s) {
    struct aof_load *l = s->aof.load;
    buffer_drop(&l->in, l->in_at);
    l->in_at = 0;
    buffer_reserve(&l->in, READ_PIECE);
    int64_t n = host_file_read(s->host, l->file, (uint64_t)l->read, l->in.at + l->in.len, READ_PIECE);
    if (n <= 0) return false;
    l->in.len += (size_t)n;
    l->read += n;
    return true;
}

/* --- the RDB at the front ----------------------------------------------------------------------------------------- */

static enum progress load_rdb(struct server *s) {
    struct aof_load *l = s->aof.load;
    int64_t left = s->config.loading_process_events_interval_bytes;
    enum rdb_status status = RDB_MORE;
    while (left > 0 && status == RDB_MORE) {
        if (!read_more(s)) {
            host_log(s->host, LOG_WARNING, "Short read or OOM loading DB. Unrecoverable error, aborting now.");
            return FAILED;
        }
        size_t used;
        status = loading_take(s, buffer_bytes(&l->in), &used);
        left -= (int64_t)used;
        l->in_at = used;
    }
    if (status == RDB_MORE) return YIELD;
    if (status == RDB_BAD) {
        host_log(s->host, LOG_WARNING, "%s", rdb_reader_error(s->loading.reader));
        return fail(s, "Error reading the RDB base file", ", AOF loading aborted");
    }
    loading_log_success(s, 0);
    rdb_reader_close(s->loading.reader);
    s->loading.reader = NULL;
    l->valid = l->read - (int64_t)(l->in.len - l->in_at);
    return YIELD;
}

/* --- commands ----------------------------------------------------------------------------------------------------- */

static void log_command_failure(struct server *s, const struct command *command) {
    if (!s->running_failed) return;
    host_log(s->host, LOG_WARNING,
             "== CRITICAL == This server is sending an error to its AOF-loading-client: '-%s' after processing the "
             "command '%s'",
             s->running_error ? s->running_error : "", command->name);
}

static bool execute(struct server *s, const struct bytes *argv, size_t argc) {
    struct aof_load *l = s->aof.load;
    struct client *c = &l->client;
    struct running r = {c, command_find(argv[0]), argv, argc, {NULL, 0}};
    if (!r.command) {
        host_log(s->host, LOG_WARNING, "Unknown command '%.*s' reading the append only file %s", (int)argv[0].len,
                 argv[0].at, name_of(s));
        return false;
    }
    if (!command_arity_ok(r.command, argc)) { /* the real server does not look, and crashes */
        warn(s, "Bad file format reading the append only file", ": wrong number of arguments");
        return false;
    }
    own_command_fn *own = r.command->run ? NULL : s->own_commands[r.command - command_table()];
    if (own == multi_command) l->valid_before_multi = l->valid;
    if (own && own != multi_command && own != exec_command) return true; /* changes no data */
    if ((c->flags & CLIENT_IN_MULTI) && own != exec_command) {
        multi_queue(c, &r);
        return true;
    }
    s->running_failed = false;
    dispatch_call(c, &r, s->mstime);
    log_command_failure(s, r.command);
    if (pool_in_use(s->scratch)) pool_reset(s->scratch);
    return true;
}

/* The file ends here, in the middle of something. */
static enum progress end_early(struct server *s, int64_t valid) {
    struct aof_load *l = s->aof.load;
    if (!s->config.aof_load_truncated) {
        return fail(s, "Unexpected end of file reading the append only file",
                    ". You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix "
                    "<filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option "
                    "to yes and restart the server.");
    }
    const char *name = name_of(s);
    int error = 0;
    host_log(s->host, LOG_WARNING, "!!! Warning: short read while loading the AOF file %s!!!", name);
    host_log(s->host, LOG_WARNING, "!!! Truncating the AOF %s at offset %lld !!!", name, (long long)valid);
    struct file *file = host_file_open(s->host, aof_path(s, name), FILE_APPEND, &error);
    bool cut = file && host_file_truncate(s->host, file, (uint64_t)valid) == 0;
    if (file) host_file_close(s->host, file);
    if (!cut) return fail(s, "Error truncating the AOF file", ": Input/output error");
    host_log(s->host, LOG_WARNING, "AOF %s loaded anyway because aof-load-truncated is enabled", name);
    if (l->part == l->last) return FILE_DONE;
    host_log(s->host, LOG_WARNING, "Fatal error: the truncated file is not the last file");
    return FAILED;
}

/* A transaction is reverted only if the file ends between two of its commands. In the middle of one the file is cut
 * after the command before, and the open MULTI stays in it: the real server does so, and finds at its next start that
 * all it has written since belongs to that transaction. */
static enum progress end_of_file(struct server *s) {
    struct aof_load *l = s->aof.load;
    if (l->read < l->size) return fail(s, "Unrecoverable error reading the append only file", ": Input/output error");
    if (l->in.len > l->in_at) return end_early(s, l->valid);
    if (!(l->client.flags & CLIENT_IN_MULTI)) return FILE_DONE;
    warn(s, "Revert incomplete MULTI/EXEC transaction in AOF file", "");
    return end_early(s, l->valid_before_multi);
}

static bool skip_annotation(struct aof_load *l) {
    const char *from = l->in.at + l->in_at;
    const char *end = memchr(from, '\n', l->in.len - l->in_at);
    if (end) l->in_at += (size_t)(end - from) + 1;
    return end != NULL;
}

/* The next command in the buffer; GO_ON with *more: it is not whole. */
static enum progress take_command(struct server *s, bool *more) {
    static const char bad[] = "Bad file format reading the append only file";
    static const char advice[] =
        ": make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>";
    struct aof_load *l = s->aof.load;
    struct bytes rest = {l->in.at + l->in_at, l->in.len - l->in_at};
    *more = false;
    if (rest.len == 0) {
        *more = true;
        return GO_ON;
    }
    if (rest.at[0] == '#') {
        *more = !skip_annotation(l);
        return GO_ON;
    }
    if (rest.at[0] != '*') return fail(s, bad, advice);
    enum resp_status status = resp_parse(&l->parser, rest);
    *more = status == RESP_MORE;
    if (*more) return GO_ON;
    if (status == RESP_BAD || l->parser.argc == 0) return fail(s, bad, advice);
    if (!execute(s, l->parser.argv, l->parser.argc)) return FAILED;
    l->in_at += l->parser.used;
    l->valid = l->read - (int64_t)(l->in.len - l->in_at);
    return GO_ON;
}

static void account(struct server *s, int64_t bytes) {
    s->loading.at += bytes;
    host_spend(s->host, host_transfer_time(bytes, s->host->costs->load_rate));
}

static enum progress load_commands(struct server *s) {
    struct aof_load *l = s->aof.load;
    for (int n = 0; n < COMMANDS_PER_TURN; n++) {
        bool more;
        size_t before = l->in_at;
        if (take_command(s, &more) == FAILED) return FAILED;
        account(s, (int64_t)(l->in_at - before));
        if (more && !read_more(s)) return end_of_file(s);
        if (s->config.key_load_delay) loading_spend_delay(s, 1);
    }
    return YIELD;
}

/* --- one turn's worth --------------------------------------------------------------------------------------------- */

static void end_file(struct server *s) {
    struct aof_load *l = s->aof.load;
    bool base = s->aof.manifest.parts[l->part].kind == AOF_BASE;
    if (l->size > 0) put_seconds(s, base ? "base file " : "incr file ", name_of(s), l->file_began);
    close_file(s);
    multi_discard(&l->client);
    l->part++;
}

static void load_some(struct server *s) {
    struct aof_load *l = s->aof.load;
    enum progress progress = GO_ON;
    while (l->part <= l->last && !is_read(&s->aof.manifest.parts[l->part])) l->part++;
    if (l->part > l->last) {
        end_load(s, true);
        return;
    }
    if (!l->file) progress = open_file(s);
    if (progress == GO_ON) progress = s->loading.reader ? load_rdb(s) : load_commands(s);
    if (progress == FILE_DONE) end_file(s);
    if (progress == FAILED)
        end_load(s, false);
    else
        host_timer_at(s->host, &s->loading.timer, host_now(s->host));
}

static void next_turn(void *node, struct host_timer *timer) {
    struct server *s = node;
    (void)timer;
    server_update_time(s);
    if (s->aof.load) load_some(s);
}

/* --- begin -------------------------------------------------------------------------------------------------------- */

static bool file_exists(struct server *s, const char *path) {
    int error = 0;
    struct file *file = host_file_open(s->host, path, FILE_READ, &error);
    if (file) host_file_close(s->host, file);
    return file != NULL;
}

/* The process ended between writing the manifest and moving the old file: it is to be moved now. */
static bool adoption_was_interrupted(struct server *s) {
    const struct aof_manifest *m = &s->aof.manifest;
    const char *name = s->config.appendfilename;
    if (m->count != 1 || m->parts[0].kind != AOF_BASE || strcmp(m->parts[0].name, name) != 0) return false;
    return !file_exists(s, aof_path(s, name));
}

/* A single file as servers before 7.0 had it becomes the base. */
static bool adopt_old_file(struct server *s) {
    struct aof_manifest *m = &s->aof.manifest;
    const char *name = s->config.appendfilename;
    bool first = aof_manifest_is_empty(m);
    if (!first && !adoption_was_interrupted(s)) return true;
    if (!file_exists(s, name)) return true;
    if (first) aof_manifest_adopt_base(m, name);
    if (first && !aof_write_manifest(s, m)) return false;
    if (host_rename(s->host, name, aof_path(s, name)) != 0) {
        host_log(s->host, LOG_WARNING, "Error trying to move the old AOF file %s into dir %s: %s", name,
                 s->config.appenddirname, aof_error_text(HOST_EIO));
        return false;
    }
    host_log(s->host, LOG_NOTICE, "Successfully migrated an old-style AOF file (%s) into the AOF directory (%s).", name,
             s->config.appenddirname);
    return true;
}

static void begin(struct server *s, int64_t size, int64_t base_size) {
    struct aof_load *l = POOL_NEW(s->pool, struct aof_load);
    s->aof.load = l;
    l->last = s->aof.manifest.count - 1;
    l->base_size = base_size;
    l->began = host_now(s->host);
    buffer_init(&l->in, s->pool);
    resp_parser_init(&l->parser, s->pool);
    /* Like a master's: it gets no replies, its commands see expired keys as alive, nothing blocks it. */
    l->client.server = s;
    l->client.kind = CLIENT_MASTER;
    l->client.flags = CLIENT_AUTHENTICATED;
    buffer_init(&l->client.out, s->pool);
    buffer_init(&l->client.multi.bytes, s->pool);
    s->aof.state = AOF_OFF; /* what is read back is not appended anew */
    loading_begin_at_start(s, size, next_turn);
}

bool aof_load_at_start(struct server *s) {
    int64_t size = 0, base_size = 0;
    if (!adopt_old_file(s) || !(aof_manifest_is_empty(&s->aof.manifest) || add_sizes(s, &size, &base_size))) {
        server_exit(s, 1);
        return true;
    }
    if (aof_manifest_is_empty(&s->aof.manifest)) return false;
    begin(s, size, base_size);
    load_some(s);
    return true;
}
