/* One live server: from a command line to an exit status. */
#include "sim/run/live.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/run/live_host.h"
#include "sim/run/live_loop.h"
#include "sim/scenario/nearest.h"

enum { OWN_DESCRIPTORS = 32 }; /* files, log, libuv's own */

/* Real CPU time is real: nothing costs any on top of it. */
static struct costs costs_none(void) {
    return (struct costs){
        .cow_page = 4096,
        .save_rate = INT64_MAX,
        .load_rate = INT64_MAX,
        .disk_rate = INT64_MAX,
        .memory = INT64_MAX,
        .cron_period = 100 * SIM_MS,
    };
}

/* As many connections as wanted, if the system lets us. */
static void raise_limit(struct live *l) {
    struct rlimit limit;
    rlim_t wanted = l->plan.connections + OWN_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    rlim_t had = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = had;
    if (limit.rlim_cur < wanted) {
        host_log(&l->host, LOG_WARNING, "The limit of open files is %llu: fewer connections than the %llu wanted fit",
                 (unsigned long long)limit.rlim_cur, (unsigned long long)l->plan.connections);
    }
}

/* What the plan names on this machine. False: the message was printed. */
static bool open_places(struct live *l, const char *command) {
    const struct serve_plan *plan = &l->plan;
    l->folder = open(plan->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->folder < 0) {
        fprintf(stderr, "detsim %s: the folder %s: %s\n", command, plan->folder, strerror(errno));
        return false;
    }
    if (live_log_open(l)) return true;
    fprintf(stderr, "detsim %s: the log file %s: %s\n", command, plan->log_file, strerror(errno));
    close(l->folder);
    return false;
}

/* The whole of a file, or of standard input. False: errno says why. */
static bool read_text(const char *name, struct buffer *text) {
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "r");
    if (!file) return false;
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) buffer_put(text, piece, n);
    bool good = !ferror(file);
    if (!standard) fclose(file);
    return good;
}

/* The nearest directive to the one that nobody knows. */
static void suggest(const struct system *system, struct bytes unknown, struct buffer *error) {
    struct nearest nearest = nearest_to(unknown);
    for (const struct directive *d = system->words->directives; d->name; d++) nearest_try(&nearest, d->name);
    if (nearest.best) buffer_printf(error, ", did you mean %s?", nearest.best);
}

/* From the command line to the plan. False: the message was printed. */
static bool configure(struct live *l, int argc, char **argv) {
    struct serve_request request = {.words = argv + 1, .word_count = (size_t)argc - 1};
    struct buffer text, error;
    buffer_init(&text, l->pool);
    buffer_init(&error, l->pool);
    bool has_file = argc > 1 && (argv[1][0] != '-' || argv[1][1] == 0);
    if (has_file) {
        request.file = argv[1];
        request.words++;
        request.word_count--;
        if (!read_text(request.file, &text)) {
            fprintf(stderr, "detsim %s: %s: %s\n", argv[0], request.file, strerror(errno));
            return false;
        }
        request.text = buffer_bytes(&text);
    }
    if (!l->system->serve_configure(l->pool, &request, &l->plan, &error)) {
        if (l->plan.unknown.at) suggest(l->system, l->plan.unknown, &error);
        fprintf(stderr, "detsim %s: %s\n", argv[0], error.at);
        return false;
    }
    const char *folder = realpath(l->plan.folder, NULL);
    if (folder) l->plan.folder = pool_strdup(l->pool, folder);
    free((char *)(uintptr_t)folder);
    return true;
}

static void draw_seed(struct host *h) {
    if (getrandom(&h->seed, sizeof(h->seed), 0) != sizeof(h->seed)) h->seed = uv_hrtime();
    h->incarnation = (uint32_t)getpid(); /* also in the names of its temporary files */
}

static enum live_result serve(struct live *l, const char *command) {
    const struct costs costs = costs_none();
    l->host.trace = trace_create(l->pool);
    trace_freeze(l->host.trace); /* nobody compares */
    draw_seed(&l->host);
    if (!open_places(l, command)) return LIVE_FAILED;
    live_loop_init(l, &costs);
    raise_limit(l);
    live_loop_run(l);
    live_loop_end(l);
    live_log_close(l);
    close(l->folder);
    return l->exit_code == 0 ? LIVE_ENDED : LIVE_FAILED;
}

enum live_result live_serve(const struct system *system, int argc, char **argv) {
    assert(system->serve_configure && argc > 0);
    struct live *l = calloc(1, sizeof(*l));
    if (!l) return LIVE_FAILED;
    l->system = system;
    l->pool = pool_create();
    l->scratch = pool_create();
    enum live_result result = configure(l, argc, argv) ? serve(l, argv[0]) : LIVE_USAGE;
    pool_destroy(l->scratch);
    pool_destroy(l->pool);
    free(l);
    return result;
}
