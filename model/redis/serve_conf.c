/* From redis.conf and `--directive value` words to settings, as redis-server takes them.
 *
 * Most lines are the model's, as they are in a scenario. A few are about the machine that a live server runs on: those
 * go to struct serve_plan. What changes nothing here is remembered by name, to be told once. */
#include <assert.h>
#include <stdlib.h>

#include "model/redis/directives.h"
#include "model/redis/resp.h"
#include "model/redis/serve.h"

enum { ERROR_ROOM = 256 };

const char serve_help[] =
    "detsim serve [FILE] [--DIRECTIVE VALUE...]...      the model, live on a socket\n"
    "\n"
    "Takes a redis.conf (- for standard input) and directives as redis-server does, the later wins. It speaks the\n"
    "real protocol: redis-cli and redis-benchmark work with it, a real redis-server can be its replica or its master.\n"
    "It listens on 127.0.0.1 unless `bind` says otherwise, and ends with SIGTERM, SIGINT or SHUTDOWN.\n"
    "Directives that change nothing here are named at the start; unknown ones are an error.\n"
    "\n"
    "Examples\n"
    "  detsim serve --port 7000\n"
    "  detsim serve --port 7001 --replicaof \"127.0.0.1 7000\" --dir /tmp/r1\n"
    "  detsim serve redis.conf --save \"\" --loglevel verbose\n"
    "\n"
    "Exit status: 0 it was asked to end, 2 bad usage or configuration, 3 the environment failed (port taken, file\n"
    "unreadable).\n";

/* Where a line came from. */
struct origin {
    const char *file; /* NULL: the command line */
    size_t line;
};

struct reading {
    struct pool *pool;
    struct serve_plan *plan;
    struct serve_settings *own;
    struct buffer *error;
};

static void put_origin(struct buffer *out, const struct origin *origin, struct bytes directive) {
    if (origin->file)
        buffer_printf(out, "%s:%zu: ", origin->file, origin->line);
    else
        buffer_printf(out, "--%.*s: ", (int)directive.len, directive.at);
}

static const struct directive *find_directive(struct bytes name) {
    for (const struct directive *d = redis_directives; d->name; d++) {
        if (resp_word_is(name, d->name)) return d;
    }
    return NULL;
}

/* --- the lines about the machine ---------------------------------------------------------------------------------- */

static const char *text_of(struct reading *r, struct bytes word) {
    return pool_strndup(r->pool, word.at, word.len);
}

static void take_bind(struct reading *r, const struct bytes *values, size_t count) {
    struct serve_plan *plan = r->plan;
    plan->addresses = POOL_ARRAY(r->pool, const char *, count);
    plan->address_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i].len) plan->addresses[plan->address_count++] = text_of(r, values[i]);
    }
}

/* True if the line is about the machine, and taken. */
static bool take_machine_line(struct reading *r, const struct bytes *words, size_t count) {
    struct serve_plan *plan = r->plan;
    struct bytes value = count > 1 ? words[1] : resp_text("");
    if (resp_word_is(words[0], "bind"))
        take_bind(r, words + 1, count - 1);
    else if (resp_word_is(words[0], "dir"))
        plan->folder = text_of(r, value);
    else if (resp_word_is(words[0], "logfile"))
        plan->log_file = text_of(r, value);
    else /* they mean something elsewhere; `daemonize` was seen to be `no` */
        return resp_word_is(words[0], "protected-mode") || resp_word_is(words[0], "loglevel") ||
               resp_word_is(words[0], "daemonize");
    return true;
}

/* --- one line ----------------------------------------------------------------------------------------------------- */

/* One word of several, as a shell's quotes make it: `--replicaof "127.0.0.1 7000"`. */
static size_t split_value(struct reading *r, struct bytes value, struct bytes *into, size_t room) {
    struct resp_slice *slices = POOL_ARRAY(r->pool, struct resp_slice, value.len / 2 + 1);
    struct buffer text;
    buffer_init(&text, r->pool);
    buffer_reserve(&text, value.len);
    int64_t count = resp_split_line(value, &text, slices, value.len / 2 + 1);
    if (count <= 0 || (size_t)count > room) return 0;
    for (int64_t i = 0; i < count; i++) into[i] = (struct bytes){text.at + slices[i].at, slices[i].len};
    return (size_t)count;
}

static bool takes_words(struct bytes directive) {
    static const char *const names[] = {"save", "client-output-buffer-limit", "replicaof", "slaveof", "bind"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (resp_word_is(directive, names[i])) return true;
    }
    return false;
}

static void note_ignored(struct reading *r, const struct directive *d) {
    struct buffer *names = &r->own->ignored;
    const char *seen = names->len ? strstr(names->at, d->name) : NULL;
    size_t len = strlen(d->name);
    for (; seen; seen = strstr(seen + 1, d->name)) {
        if ((seen == names->at || seen[-1] == ' ') && (seen[len] == ',' || seen[len] == 0)) return;
    }
    buffer_printf(names, "%s%s", names->len ? ", " : "", d->name);
}

static void keep_line(struct reading *r, const struct bytes *words, size_t count) {
    struct serve_settings *own = r->own;
    if (own->count == own->room) {
        size_t room = own->room ? own->room * 2 : 16;
        own->lines = pool_resize(r->pool, own->lines, own->room * sizeof(*own->lines), room * sizeof(*own->lines));
        own->room = room;
    }
    struct bytes *copy = POOL_ARRAY(r->pool, struct bytes, count);
    for (size_t i = 0; i < count; i++) copy[i] = (struct bytes){text_of(r, words[i]), words[i].len};
    own->lines[own->count++] = (struct setting){copy, count};
}

static bool refuse_line(struct reading *r, const struct origin *origin, struct bytes directive, const char *why) {
    put_origin(r->error, origin, directive);
    buffer_puts(r->error, why);
    return false;
}

static bool take_line(struct reading *r, const struct origin *origin, struct bytes *words, size_t count) {
    enum { VALUES_MAX = 512 };
    char why[ERROR_ROOM];
    struct bytes split[VALUES_MAX + 1];
    const struct directive *d = find_directive(words[0]);
    if (!d) {
        put_origin(r->error, origin, words[0]);
        buffer_printf(r->error, "there is no directive \"%.*s\"", (int)words[0].len, words[0].at);
        r->plan->unknown = words[0];
        return false;
    }
    if (count == 2 && takes_words(words[0])) {
        size_t values = split_value(r, words[1], split + 1, VALUES_MAX);
        if (values > 1) {
            split[0] = words[0];
            words = split;
            count = values + 1;
        }
    }
    if (!directive_check(words, count, why, sizeof(why))) return refuse_line(r, origin, words[0], why);
    if (resp_word_is(words[0], "daemonize") && resp_word_is(words[1], "yes"))
        return refuse_line(r, origin, words[0], "it serves in the foreground: only 'no'");
    bool of_machine = take_machine_line(r, words, count);
    if (!of_machine && d->support == NO_EFFECT) note_ignored(r, d);
    if (resp_word_is(words[0], "maxclients")) r->plan->connections = strtoull(text_of(r, words[1]), NULL, 10);
    keep_line(r, words, count);
    return true;
}

/* --- all lines ---------------------------------------------------------------------------------------------------- */

static bool take_text_line(struct reading *r, const struct origin *origin, struct bytes line) {
    while (line.len && (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' ')) line.len--;
    while (line.len && (line.at[0] == ' ' || line.at[0] == '\t')) line.at++, line.len--;
    if (line.len == 0 || line.at[0] == '#') return true;
    size_t room = line.len / 2 + 1;
    struct resp_slice *slices = POOL_ARRAY(r->pool, struct resp_slice, room);
    struct buffer text;
    buffer_init(&text, r->pool);
    buffer_reserve(&text, line.len);
    int64_t count = resp_split_line(line, &text, slices, room);
    if (count < 0) return refuse_line(r, origin, line, "unbalanced quotes");
    struct bytes *words = POOL_ARRAY(r->pool, struct bytes, room);
    for (int64_t i = 0; i < count; i++) words[i] = (struct bytes){text.at + slices[i].at, slices[i].len};
    return count == 0 || take_line(r, origin, words, (size_t)count);
}

static bool take_file(struct reading *r, const char *name, struct bytes text) {
    struct origin origin = {name, 0};
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - (text.at + at)) : text.len - at;
        origin.line++;
        if (!take_text_line(r, &origin, (struct bytes){text.at + at, len})) return false;
        at += len + 1;
    }
    return true;
}

static bool is_option(const char *word) {
    return word[0] == '-' && word[1] == '-' && word[2] != 0;
}

/* `--directive value...`: its values end where the next one begins. */
static bool take_options(struct reading *r, char **words, size_t count) {
    const struct origin origin = {NULL, 0};
    struct bytes *line = POOL_ARRAY(r->pool, struct bytes, count + 1);
    for (size_t i = 0; i < count;) {
        if (!is_option(words[i])) {
            buffer_printf(r->error, "\"%s\" belongs to no directive (--DIRECTIVE VALUE...)", words[i]);
            return false;
        }
        size_t n = 0;
        line[n++] = resp_text(words[i++] + 2);
        while (i < count && !is_option(words[i])) line[n++] = resp_text(words[i++]);
        if (!take_line(r, &origin, line, n)) return false;
    }
    return true;
}

bool serve_configure(struct pool *pool, const struct serve_request *request, struct serve_plan *plan,
                     struct buffer *error) {
    static const char *home[] = {"127.0.0.1"};
    struct serve_settings *own = POOL_NEW(pool, struct serve_settings);
    struct reading r = {pool, plan, own, error};
    *plan = (struct serve_plan){
        .addresses = home, .address_count = 1, .folder = ".", .log_file = "", .connections = 10000, .own = own};
    own->file = request->file;
    buffer_init(&own->ignored, pool);
    return take_file(&r, request->file, request->text) && take_options(&r, request->words, request->word_count);
}
