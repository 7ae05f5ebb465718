/* The log of a live server: the node's log lines, with date and process, in a file or on standard output. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sim/run/live_host.h"

/* Local time as 23 Nov 2026 02:56:07.123. */
static void put_date(char *into, size_t room) {
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    size_t n = strftime(into, room, "%d %b %Y %H:%M:%S", &local);
    snprintf(into + n, room - n, ".%03ld", now.tv_nsec / (long)SIM_MS);
}

static void write_all(int fd, const char *at, size_t len) {
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return; /* a log that cannot be written must not end the server */
        at += n;
        len -= (size_t)n;
    }
}

static void hear(void *ctx, const struct happening *h) {
    struct live *l = ctx;
    char date[64];
    put_date(date, sizeof(date));
    struct serve_line line = {
        .level = (enum log_level)h->a,
        .of_child = l->stepping != NULL,
        .pid = (long)getpid(),
        .date = date,
        .text = {h->text, h->len},
    };
    buffer_clear(&l->line);
    l->system->serve_log_line(&l->host, &line, &l->line);
    write_all(l->log, l->line.at, l->line.len);
}

bool live_log_open(struct live *l) {
    buffer_init(&l->line, l->pool);
    l->log = STDOUT_FILENO;
    if (l->plan.log_file[0]) l->log = open(l->plan.log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (l->log < 0) return false;
    trace_listen(l->host.trace, TRACE_LOG, TRACE_LOG, hear, l);
    return true;
}

void live_log_close(struct live *l) {
    if (l->log != STDOUT_FILENO) close(l->log);
}
