/* How far a campaign is. */
#include "sim/run/progress.h"

#include <time.h>
#include <unistd.h>

#include "sim/world/units.h"

static int64_t wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SIM_SECOND + now.tv_nsec;
}

void progress_begin(struct progress *p, FILE *to, bool quiet) {
    *p = (struct progress){.to = quiet ? NULL : to, .began = wall_now()};
    p->terminal = p->to && isatty(fileno(p->to));
    p->shown = p->began;
}

int64_t progress_elapsed(const struct progress *p) {
    return wall_now() - p->began;
}

static void put_duration(FILE *to, int64_t seconds) {
    if (seconds >= 3600) fprintf(to, "%lldh", (long long)(seconds / 3600));
    if (seconds >= 60) fprintf(to, "%lldm", (long long)(seconds / 60 % 60));
    if (seconds < 3600) fprintf(to, "%llds", (long long)(seconds % 60));
}

static void put_line(FILE *to, uint64_t done, uint64_t total, uint64_t failed, int64_t elapsed) {
    double seconds = (double)elapsed / (double)SIM_SECOND;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    fprintf(to, "%llu of %llu runs, %llu failed, %.1f/s", (unsigned long long)done, (unsigned long long)total,
            (unsigned long long)failed, rate);
    if (rate <= 0) return;
    fputs(", ", to);
    put_duration(to, (int64_t)((double)(total - done) / rate));
    fputs(" to go", to);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t failed) {
    int64_t now = wall_now();
    if (!p->to || total < 2) return;
    if (now - p->shown < (p->terminal ? SIM_SECOND / 4 : 10 * SIM_SECOND)) return;
    p->shown = now;
    if (p->terminal) fputs("\r\033[K", p->to);
    put_line(p->to, done, total, failed, now - p->began);
    if (!p->terminal) fputc('\n', p->to);
    p->on_line = p->terminal;
    fflush(p->to);
}

void progress_clear(struct progress *p) {
    if (!p->on_line) return;
    fputs("\r\033[K", p->to);
    fflush(p->to);
    p->on_line = false;
}
