/* Several scenarios at a time, each in a process of its own that leads a group: whatever happens to it, or to us, its
 * servers end with it. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/conform.h"
#include "sim/run/conform_folder.h"

enum { SLOTS_MAX = 64, BLOCKS = 254 };

struct job {
    pid_t pid; /* 0: not begun, -1: over */
    FILE *result;
    unsigned slot;
};

struct jobs {
    const struct conform_setup *setup;
    const struct plan *const *plans;
    size_t count, next, told;
    struct job *items;
    bool slots[SLOTS_MAX]; /* taken */
    unsigned first_block;
    struct pool *pool;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* --- an outcome on its way from process to process --------------------------------------------------------------- */

static void put_text(FILE *to, const char *text) {
    uint64_t len = text ? strlen(text) : UINT64_MAX;
    fwrite(&len, sizeof len, 1, to);
    if (text) fwrite(text, 1, len, to);
}

static bool get_text(FILE *from, struct pool *pool, const char **text) {
    uint64_t len;
    *text = NULL;
    if (fread(&len, sizeof len, 1, from) != 1) return false;
    if (len == UINT64_MAX) return true;
    char *into = pool_alloc(pool, len + 1);
    into[len] = '\0';
    *text = into;
    return fread(into, 1, len, from) == len;
}

static void put_outcome(FILE *to, const struct conform_outcome *outcome) {
    fwrite(outcome, sizeof *outcome, 1, to);
    put_text(to, outcome->problem);
    put_text(to, outcome->not_comparable);
    for (size_t i = 0; i < outcome->fact_count; i++) {
        const struct conform_fact *fact = &outcome->facts[i];
        fwrite(&fact->verdict, sizeof fact->verdict, 1, to);
        put_text(to, fact->subject);
        put_text(to, fact->name);
        put_text(to, fact->model);
        put_text(to, fact->real);
        put_text(to, fact->why);
    }
    fflush(to);
}

static bool get_outcome(FILE *from, struct pool *pool, struct conform_outcome *outcome) {
    rewind(from);
    if (fread(outcome, sizeof *outcome, 1, from) != 1) return false;
    if (!get_text(from, pool, &outcome->problem) || !get_text(from, pool, &outcome->not_comparable)) return false;
    struct conform_fact *facts = POOL_ARRAY(pool, struct conform_fact, outcome->fact_count);
    for (size_t i = 0; i < outcome->fact_count; i++) {
        struct conform_fact *fact = &facts[i];
        bool good = fread(&fact->verdict, sizeof fact->verdict, 1, from) == 1 && get_text(from, pool, &fact->subject) &&
                    get_text(from, pool, &fact->name) && get_text(from, pool, &fact->model) &&
                    get_text(from, pool, &fact->real) && get_text(from, pool, &fact->why);
        if (!good) return false;
    }
    outcome->facts = facts;
    return true;
}

/* --- the process of a scenario ----------------------------------------------------------------------------------- */

/* The whole group: this process, its servers and their children. */
static void end_group(int signal) {
    (void)signal;
    kill(0, SIGKILL);
}

_Noreturn static void work(struct jobs *jobs, size_t index, unsigned slot, FILE *result) {
    struct conform_outcome outcome;
    setpgid(0, 0);
    signal(SIGINT, end_group);
    signal(SIGTERM, end_group);
    signal(SIGABRT, end_group);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    unsigned block = (jobs->first_block + slot) % BLOCKS;
    conform_one(jobs->setup, jobs->plans[index], block, pool_create(), &outcome);
    put_outcome(result, &outcome);
    _exit(0);
}

static bool begin_job(struct jobs *jobs) {
    unsigned slot = 0;
    struct job *job = &jobs->items[jobs->next];
    while (slot < jobs->setup->jobs && jobs->slots[slot]) slot++;
    if (slot == jobs->setup->jobs) return false;
    FILE *result = tmpfile();
    if (!result) return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) work(jobs, jobs->next, slot, result);
    if (pid < 0) {
        fclose(result);
        return false;
    }
    setpgid(pid, pid);
    *job = (struct job){pid, result, slot};
    jobs->slots[slot] = true;
    jobs->next++;
    return true;
}

static void end_job(struct jobs *jobs, pid_t pid) {
    for (size_t i = 0; i < jobs->next; i++) {
        struct job *job = &jobs->items[i];
        if (job->pid != pid) continue;
        kill(-pid, SIGKILL); /* children that servers left behind */
        jobs->slots[job->slot] = false;
        job->pid = -1;
    }
}

static void end_all(struct jobs *jobs) {
    for (size_t i = 0; i < jobs->next; i++) {
        struct job *job = &jobs->items[i];
        if (job->pid <= 0) continue;
        kill(-job->pid, SIGKILL);
        while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR) continue;
        job->pid = -1;
    }
}

/* --- all --------------------------------------------------------------------------------------------------------- */

static void tell_finished(struct jobs *jobs, void (*tell)(void *ctx, const struct conform_outcome *outcome),
                          void *ctx) {
    for (; jobs->told < jobs->next && jobs->items[jobs->told].pid < 0; jobs->told++) {
        struct job *job = &jobs->items[jobs->told];
        const struct plan *plan = jobs->plans[jobs->told];
        struct conform_outcome outcome;
        if (!get_outcome(job->result, jobs->pool, &outcome)) {
            outcome = (struct conform_outcome){.problem = "the process that ran it ended without a result"};
        }
        outcome.scenario = plan->file;
        outcome.title = plan->title ? plan->title : "";
        tell(ctx, &outcome);
        fclose(job->result);
        pool_reset(jobs->pool);
    }
}

bool conform_all(const struct conform_setup *given, const struct plan *const *plans, size_t count,
                 void (*tell)(void *ctx, const struct conform_outcome *outcome), void *ctx) {
    struct conform_setup setup = *given;
    struct sigaction action = {.sa_handler = on_interrupt};
    assert(setup.jobs >= 1 && setup.jobs <= SLOTS_MAX);
    struct jobs jobs = {.setup = &setup, .plans = plans, .count = count, .pool = pool_create()};
    struct pool *names = pool_create();
    const char *above = getenv("TMPDIR");
    char *root = pool_printf(names, "%s/detsim-conform-XXXXXX", above && *above ? above : "/tmp");
    setup.folder = mkdtemp(root);
    jobs.first_block = (unsigned)getpid() * 16 % BLOCKS;
    jobs.items = calloc(count, sizeof *jobs.items);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &action, NULL); /* nobody reads the results any more */
    while (setup.folder && jobs.items && jobs.told < count && !interrupted) {
        while (jobs.next < count && begin_job(&jobs)) continue;
        pid_t pid = waitpid(-1, NULL, 0);
        if (pid > 0) end_job(&jobs, pid);
        if (pid < 0 && errno != EINTR) break;
        tell_finished(&jobs, tell, ctx);
    }
    end_all(&jobs);
    if (setup.folder && !setup.keep) folder_remove(root);
    bool done = jobs.told == count;
    free(jobs.items);
    pool_destroy(jobs.pool);
    pool_destroy(names);
    return done;
}
