/* The modelled server, live: what its command line means, its first log lines, the form of a log line.
 *
 * The files of struct system's serve_* functions (sim/run/system.h): serve_conf.c reads, serve.c boots. */
#ifndef MODEL_REDIS_SERVE_H
#define MODEL_REDIS_SERVE_H

#include "sim/run/system.h"

extern const char serve_help[];

bool serve_configure(struct pool *pool, const struct serve_request *request, struct serve_plan *plan,
                     struct buffer *error);
void serve_boot(const struct serve_plan *plan, struct host *host, struct pool *scratch);
void serve_log_line(const struct host *host, const struct serve_line *line, struct buffer *out);

/* struct serve_plan's `own`. */
struct serve_settings {
    const char *file; /* the redis.conf; NULL: none */
    struct setting *lines;
    size_t count, room;
    struct buffer ignored; /* the directives that change nothing here, by name */
};

#endif
