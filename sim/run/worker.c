/* A worker process. */
#include "sim/run/worker.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "sim/run/capture.h"
#include "sim/run/sums.h"
#include "sim/run/twice.h"

/* Set by SIGTERM; the one thing that a signal handler may touch. */
static volatile sig_atomic_t told_to_stop;

struct worker {
    const struct campaign *campaign;
    struct pool *pool, *scratch;
    struct pool *again, *again_scratch; /* for --twice */
    struct recorder *recorder;
    int orders, reports;
    char problem[256];
};

static void on_sigterm(int signal) {
    (void)signal;
    told_to_stop = 1;
}

static void handle_signals(void) {
    struct sigaction stop = {.sa_handler = on_sigterm}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &ignore, NULL); /* the parent decides what Ctrl-C means */
    sigaction(SIGPIPE, &ignore, NULL);
}

/* False: the parent is gone. */
static bool write_all(int fd, const void *bytes, size_t n) {
    const char *at = bytes;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static bool send_report(struct worker *w, enum report_kind kind, uint64_t number, struct bytes text) {
    assert(text.len <= UINT32_MAX);
    struct report report = {.number = number, .kind = kind, .len = (uint32_t)text.len};
    return write_all(w->reports, &report, sizeof report) && write_all(w->reports, text.at, text.len);
}

static bool send_problem(struct worker *w, const char *problem) {
    return send_report(w, REPORT_TROUBLE, 0, (struct bytes){problem, strlen(problem)});
}

/* False: the pipe has ended, or the worker was told to stop. */
static bool read_order(struct worker *w, struct order *order) {
    char *at = (char *)order;
    size_t got = 0;
    while (got < sizeof *order) {
        if (told_to_stop) return false;
        ssize_t n = read(w->orders, at + got, sizeof *order - got);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        got += (size_t)n;
    }
    return true;
}

/* Makes the run, with its traffic captured if that was asked for. False: the capture cannot be written. */
static bool make_captured(struct worker *w, struct run_setup *setup, struct run_result *result) {
    const char *path = w->campaign->pcap;
    if (path) setup->capture = capture_open(w->pool, path);
    bool good = !path || setup->capture;
    if (good) {
        run_make(setup, result);
        good = !path || capture_close(setup->capture);
    }
    setup->capture = NULL;
    if (!good) snprintf(w->problem, sizeof w->problem, "cannot write %s: %s", path, strerror(errno));
    return good;
}

/* Makes one run and reports it. False: the worker cannot go on. */
static bool make_one(struct worker *w, uint64_t number) {
    struct campaign_run which = campaign_run_at(w->campaign, number);
    pool_reset(w->pool);
    pool_reset(w->scratch);
    struct run_setup setup = {.plan = which.file->plan,
                              .seed = which.seed,
                              .number = number,
                              .system = w->campaign->system,
                              .pool = w->pool,
                              .scratch = w->scratch,
                              .recorders = &w->recorder,
                              .recorder_count = w->recorder ? 1 : 0,
                              .no_fields = !w->recorder && !w->campaign->writer->with_fields,
                              .limits = w->campaign->limits};
    struct run_result result;
    if (!make_captured(w, &setup, &result)) {
        send_problem(w, w->problem);
        return false;
    }
    if (w->campaign->twice) twice_compare(&setup, w->again, w->again_scratch, &result);
    if (!run_keep(&setup, &result)) {
        send_problem(w, w->campaign->recorders->problem(w->recorder));
        return false;
    }
    struct buffer text;
    buffer_init(&text, w->pool);
    if (w->campaign->sums) {
        sums_put(&text, &result);
        if (!send_report(w, REPORT_NUMBERS, number, buffer_bytes(&text))) return false;
        buffer_clear(&text);
    }
    w->campaign->writer->run(&text, &result, which.first);
    return send_report(w, result.passed ? REPORT_PASSED : REPORT_FAILED, number, buffer_bytes(&text));
}

static bool open_worker(struct worker *w) {
    const struct recorder_source *source = w->campaign->recorders;
    w->pool = pool_create();
    w->scratch = pool_create();
    w->again = pool_create();
    w->again_scratch = pool_create();
    if (!source) return true;
    w->recorder = source->open(&w->campaign->record, w->problem, sizeof w->problem);
    return w->recorder != NULL;
}

static void close_worker(struct worker *w) {
    if (w->recorder) w->campaign->recorders->close(w->recorder);
    pool_destroy(w->pool);
    pool_destroy(w->scratch);
    pool_destroy(w->again);
    pool_destroy(w->again_scratch);
}

static void work(struct worker *w) {
    struct order order;
    while (send_report(w, REPORT_READY, 0, (struct bytes){"", 0}) && read_order(w, &order)) {
        for (uint64_t i = 0; i < order.count; i++) {
            if (told_to_stop || !make_one(w, order.first + i)) return;
        }
    }
}

_Noreturn void worker_main(const struct campaign *campaign, int orders, int reports) {
    struct worker w = {.campaign = campaign, .orders = orders, .reports = reports};
    handle_signals();
    if (open_worker(&w)) {
        work(&w);
    } else {
        send_problem(&w, w.problem);
    }
    close_worker(&w);
    _exit(0); /* not exit: the parent's unwritten output is the parent's */
}
