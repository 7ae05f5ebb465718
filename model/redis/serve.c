/* A live server's first words, its birth, and how its log lines look. */
#include "model/redis/serve.h"

#include <assert.h>

#include "model/redis/resp.h"
#include "model/redis/server.h"

/* M master, S replica, C a child, or a process that is neither yet. */
static char role_of(const struct host *host, bool of_child) {
    const struct server *s = host->node;
    if (of_child || !s) return 'C';
    return server_is_replica(s) ? 'S' : 'M';
}

void serve_log_line(const struct host *host, const struct serve_line *line, struct buffer *out) {
    const struct server *s = host->node;
    if (s && (int64_t)line->level < s->config.loglevel) return;
    static const char marks[] = {[LOG_DEBUG] = '.', [LOG_VERBOSE] = '-', [LOG_NOTICE] = '*', [LOG_WARNING] = '#'};
    buffer_printf(out, "%ld:%c %s %c ", line->pid, role_of(host, line->of_child), line->date, marks[line->level]);
    buffer_put(out, line->text.at, line->text.len);
    buffer_putc(out, '\n');
}

static void log_start(const struct serve_settings *own, struct host *host) {
    host_log(host, LOG_WARNING, "detsim " DETSIM_VERSION " serves the model of Redis version=7.0.15, just started");
    if (own->file)
        host_log(host, LOG_WARNING, "Configuration loaded");
    else
        host_log(host, LOG_WARNING,
                 "Warning: no config file specified, using the default config. In order to "
                 "specify a config file use detsim serve /path/to/redis.conf");
    if (own->ignored.len) host_log(host, LOG_NOTICE, "These directives change nothing here: %s", own->ignored.at);
}

/* CONFIG GET shall tell where the files are, and where it listens. */
static void add_places(struct serve_settings *own, const struct serve_plan *plan, struct pool *pool) {
    struct setting *lines = POOL_ARRAY(pool, struct setting, own->count + 2);
    struct bytes *words = POOL_ARRAY(pool, struct bytes, 3 + plan->address_count);
    words[0] = resp_text("dir");
    words[1] = resp_text(plan->folder);
    words[2] = resp_text("bind");
    for (size_t i = 0; i < plan->address_count; i++) words[3 + i] = resp_text(plan->addresses[i]);
    memcpy(lines, own->lines, own->count * sizeof(*lines));
    lines[own->count++] = (struct setting){words, 2};
    lines[own->count++] = (struct setting){words + 2, 1 + plan->address_count};
    own->lines = lines;
}

void serve_boot(const struct serve_plan *plan, struct host *host, struct pool *scratch) {
    struct serve_settings *own = plan->own;
    assert(own && !host->node);
    log_start(own, host);
    add_places(own, plan, host->pool);
    const struct server_setup setup = {
        .scratch = scratch,
        .settings = own->lines,
        .setting_count = own->count,
        .live = true,
    };
    server_create(host, &setup);
}
