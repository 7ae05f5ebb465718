/* Scenario files on disk. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/scenario/scenario.h"

static void fail_file(struct scenario_errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail_file(struct scenario_errors *errors, const char *format, ...) {
    va_list args;
    va_start(args, format);
    scenario_errors_add(errors, (struct place){0, 0}, NULL, format, args);
    va_end(args);
}

/* Reads up to the end, or one byte more than is allowed. False: errno says why not. */
static bool read_all(int fd, struct buffer *out) {
    assert(fd >= 0 && out->len == 0);
    enum { PIECE = 64 * 1024 };
    while (out->len <= SCENARIO_MAX_BYTES) {
        buffer_reserve(out, PIECE);
        ssize_t n = read(fd, out->at + out->len, PIECE);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) return true;
        out->len += (size_t)n;
    }
    return true;
}

static bool read_file(const char *path, struct buffer *out, struct scenario_errors *errors) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fail_file(errors, "the scenario cannot be opened: %s", strerror(errno));
        return false;
    }
    bool good = read_all(fd, out);
    if (!good) fail_file(errors, "the scenario cannot be read: %s", strerror(errno));
    close(fd);
    if (!good || out->len <= SCENARIO_MAX_BYTES) return good;
    fail_file(errors, "the file is larger than %zu MB: it is no scenario", SCENARIO_MAX_BYTES >> 20);
    return false;
}

struct plan *scenario_read_file(struct pool *pool, const char *path, const struct vocabulary *words,
                                struct scenario_errors *errors) {
    struct buffer text;
    buffer_init(&text, pool);
    scenario_errors_init(errors, pool, path);
    if (!read_file(path, &text, errors)) return NULL;
    return scenario_read(pool, path, buffer_bytes(&text), words, errors);
}
