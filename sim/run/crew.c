/* The crew of a campaign. */
#include "sim/run/crew.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs handed out at once: enough that workers seldom wait, few enough that they end together. */
enum { BATCH_MAX = 16, BATCHES_PER_WORKER = 8 };

struct range {
    uint64_t first, end;
};

struct member {
    pid_t pid; /* 0: gone */
    int orders, reports;
    bool free;
    struct range assigned; /* handed out, not reported */
    char *bytes;           /* the beginning of a report */
    size_t len, room;
};

struct crew {
    const struct campaign *campaign;
    struct crew_events events;
    struct member *members;
    struct pollfd *polls;
    unsigned size;
    uint64_t total, next, limit, batch;
    struct range *returned; /* what the dead left behind: at most one range a member at a time */
    size_t returned_count;
    bool stopping;
};

/* --- processes ---------------------------------------------------------------------------------------- */

static void close_others(const struct crew *crew) {
    for (unsigned i = 0; i < crew->size; i++) {
        if (crew->members[i].pid == 0) continue;
        if (crew->members[i].orders >= 0) close(crew->members[i].orders);
        close(crew->members[i].reports);
    }
}

/* Forks a worker into that place. False: errno says why not. */
static bool hire_one(struct crew *crew, struct member *member) {
    int orders[2], reports[2];
    if (pipe(orders) != 0) return false;
    if (pipe(reports) != 0) {
        close(orders[0]);
        close(orders[1]);
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(orders[1]);
        close(reports[0]);
        close_others(crew);
        worker_main(crew->campaign, orders[0], reports[1]);
    }
    close(orders[0]);
    close(reports[1]);
    if (pid < 0) {
        close(orders[1]);
        close(reports[0]);
        return false;
    }
    *member = (struct member){
        .pid = pid, .orders = orders[1], .reports = reports[0], .bytes = member->bytes, .room = member->room};
    return true;
}

static void close_orders(struct member *member) {
    if (member->orders >= 0) close(member->orders);
    member->orders = -1;
}

static void describe_death(int status, char *why, size_t room) {
    if (WIFSIGNALED(status)) {
        snprintf(why, room, "the worker process crashed: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        snprintf(why, room, "the worker process exited with status %d", WEXITSTATUS(status));
    }
}

/* A worker has closed its pipe: it is over. What it left undone goes to others; the run it died in is lost. */
static void bury(struct crew *crew, struct member *member) {
    int status = 0;
    while (waitpid(member->pid, &status, 0) < 0 && errno == EINTR) continue;
    close_orders(member);
    close(member->reports);
    member->pid = 0;
    member->free = false;
    member->len = 0;
    bool told = crew->stopping && (WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    bool orderly = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool idle = member->assigned.first == member->assigned.end;
    if (told || (idle && orderly)) return;
    char why[128];
    describe_death(status, why, sizeof why);
    if (idle) { /* it died of itself, not of a run: others would, too */
        crew->events.trouble(crew->events.ctx, why);
        return;
    }
    crew->events.lost(crew->events.ctx, member->assigned.first++, why);
    if (member->assigned.first < member->assigned.end) crew->returned[crew->returned_count++] = member->assigned;
    member->assigned = (struct range){0, 0};
    if (crew->stopping || hire_one(crew, member)) return;
    crew->events.trouble(crew->events.ctx, strerror(errno));
}

/* --- orders --------------------------------------------------------------------------------------------- */

static bool take_range(struct crew *crew, struct range *range) {
    if (crew->returned_count > 0) {
        *range = crew->returned[--crew->returned_count];
        return true;
    }
    uint64_t limit = crew->limit < crew->total ? crew->limit : crew->total;
    if (crew->next >= limit) return false;
    uint64_t n = limit - crew->next < crew->batch ? limit - crew->next : crew->batch;
    *range = (struct range){crew->next, crew->next + n};
    crew->next += n;
    return true;
}

/* Whether anything may still have to be handed out. */
static bool work_is_left(const struct crew *crew) {
    if (crew->stopping) return false;
    if (crew->next < crew->total || crew->returned_count > 0) return true;
    /* A worker that dies leaves work to others: they stay while it works on more than one run. */
    for (unsigned i = 0; i < crew->size; i++) {
        const struct member *m = &crew->members[i];
        if (m->pid != 0 && !m->free && m->assigned.end - m->assigned.first > 1) return true;
    }
    return false;
}

static void give_orders(struct crew *crew) {
    for (unsigned i = 0; i < crew->size; i++) {
        struct member *member = &crew->members[i];
        if (member->pid == 0 || !member->free || member->orders < 0) continue;
        if (!work_is_left(crew)) {
            close_orders(member);
            continue;
        }
        if (!take_range(crew, &member->assigned)) continue;
        struct order order = {member->assigned.first, member->assigned.end - member->assigned.first};
        member->free = false;
        /* Less than PIPE_BUF into an empty pipe: all or nothing; a dead reader is noticed when its pipe ends. */
        if (write(member->orders, &order, sizeof order) < 0) close_orders(member);
    }
}

/* --- reports --------------------------------------------------------------------------------------------- */

static void take_report(struct crew *crew, struct member *member, const struct report *report, const char *text) {
    struct bytes bytes = {text, report->len};
    switch ((enum report_kind)report->kind) {
    case REPORT_READY:
        member->free = true;
        break;
    case REPORT_PASSED:
    case REPORT_FAILED:
        assert(report->number == member->assigned.first);
        member->assigned.first++;
        crew->events.done(crew->events.ctx, report->number, report->kind == REPORT_PASSED, bytes);
        break;
    case REPORT_NUMBERS:
        crew->events.numbers(crew->events.ctx, bytes);
        break;
    case REPORT_TROUBLE: {
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)(report->len < 255 ? report->len : 255), text);
        member->assigned = (struct range){0, 0};
        crew->events.trouble(crew->events.ctx, line);
        break;
    }
    }
}

static void take_reports(struct crew *crew, struct member *member) {
    size_t at = 0;
    struct report report;
    while (member->len - at >= sizeof report) {
        memcpy(&report, member->bytes + at, sizeof report);
        if (member->len - at < sizeof report + report.len) break;
        take_report(crew, member, &report, member->bytes + at + sizeof report);
        at += sizeof report + report.len;
    }
    memmove(member->bytes, member->bytes + at, member->len - at);
    member->len -= at;
}

static void make_room(struct member *member) {
    if (member->room - member->len >= 65536) return;
    member->room = member->room ? 2 * member->room : 131072;
    member->bytes = realloc(member->bytes, member->room);
    if (!member->bytes) abort();
}

static void listen_to(struct crew *crew, struct member *member) {
    make_room(member);
    ssize_t n = read(member->reports, member->bytes + member->len, member->room - member->len);
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
        bury(crew, member);
        return;
    }
    member->len += (size_t)n;
    take_reports(crew, member);
}

/* --- the whole -------------------------------------------------------------------------------------------- */

struct crew *crew_hire(const struct campaign *campaign, const struct crew_events *events, const char **error) {
    struct crew *crew = calloc(1, sizeof *crew);
    if (!crew) abort();
    crew->campaign = campaign;
    crew->events = *events;
    crew->total = campaign_size(campaign);
    crew->size = campaign->jobs < crew->total ? campaign->jobs : (unsigned)crew->total;
    crew->batch = crew->total / ((uint64_t)campaign->jobs * BATCHES_PER_WORKER);
    if (crew->batch < 1) crew->batch = 1;
    if (crew->batch > BATCH_MAX) crew->batch = BATCH_MAX;
    crew->members = calloc(crew->size, sizeof *crew->members);
    crew->polls = calloc(crew->size, sizeof *crew->polls);
    crew->returned = calloc((size_t)crew->size + 1, sizeof *crew->returned);
    if (!crew->members || !crew->polls || !crew->returned) abort();
    for (unsigned i = 0; i < crew->size; i++) {
        if (hire_one(crew, &crew->members[i])) continue;
        *error = strerror(errno);
        if (i > 0) break; /* fewer hands, the same work */
        crew_dismiss(crew);
        return NULL;
    }
    return crew;
}

void crew_allow(struct crew *crew, uint64_t limit) {
    assert(limit >= crew->limit);
    crew->limit = limit;
}

bool crew_wait(struct crew *crew, int timeout_ms) {
    unsigned living = 0;
    give_orders(crew);
    for (unsigned i = 0; i < crew->size; i++) {
        if (crew->members[i].pid == 0) continue;
        crew->polls[living++] = (struct pollfd){.fd = crew->members[i].reports, .events = POLLIN};
    }
    if (living == 0) return false;
    if (poll(crew->polls, living, timeout_ms) <= 0) return true;
    for (unsigned i = 0, p = 0; i < crew->size && p < living; i++) {
        struct member *member = &crew->members[i];
        if (member->pid == 0 || member->reports != crew->polls[p].fd) continue;
        if (crew->polls[p++].revents != 0) listen_to(crew, member);
    }
    return true;
}

static void signal_all(const struct crew *crew, int signal) {
    for (unsigned i = 0; i < crew->size; i++) {
        if (crew->members[i].pid != 0) kill(crew->members[i].pid, signal);
    }
}

void crew_stop(struct crew *crew) {
    crew->stopping = true;
    signal_all(crew, SIGTERM);
}

void crew_kill(struct crew *crew) {
    crew->stopping = true;
    signal_all(crew, SIGKILL);
}

void crew_dismiss(struct crew *crew) {
    for (unsigned i = 0; i < crew->size; i++) free(crew->members[i].bytes);
    free(crew->members);
    free(crew->polls);
    free(crew->returned);
    free(crew);
}
