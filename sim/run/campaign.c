/* A campaign: the order of its output, its summary, its end. */
#include "sim/run/campaign.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "sim/run/crew.h"
#include "sim/run/progress.h"
#include "sim/run/sums.h"

/* How far the runs that are made may lie ahead of the first one that is not. */
enum { WINDOW = 4096 };

/* Wakes up at least so often for the progress line, ms. */
enum { TICK_MS = 250 };

/* How often SIGINT or SIGTERM came. */
static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal) {
    (void)signal;
    interrupts = interrupts < 2 ? interrupts + 1 : 2;
}

/* A result that waits for those before it. */
struct slot {
    char *text;
    size_t len;
    bool filled;
};

struct desk {
    struct campaign *campaign;
    struct crew *crew;
    struct progress progress;
    struct campaign_summary summary;
    struct sums sums;
    struct pool *pool;  /* of texts made here, and of the slots' */
    struct slot *slots; /* run n in slot n % WINDOW */
    uint8_t *made;      /* a bit for each run: for the summary of an interrupted campaign */
    uint64_t next;      /* the first run that is not printed */
    bool trouble;
};

/* --- which run is which --------------------------------------------------------------------------------- */

uint64_t campaign_size(const struct campaign *campaign) {
    uint64_t size = 0;
    for (size_t i = 0; i < campaign->file_count; i++) {
        const struct campaign_file *file = &campaign->files[i];
        assert(file->first_seed <= file->last_seed);
        uint64_t seeds = file->last_seed - file->first_seed;
        if (seeds >= UINT64_MAX - 1 - size) return UINT64_MAX;
        size += seeds + 1;
    }
    return size;
}

struct campaign_run campaign_run_at(const struct campaign *campaign, uint64_t number) {
    uint64_t rest = number;
    for (size_t i = 0; i < campaign->file_count; i++) {
        const struct campaign_file *file = &campaign->files[i];
        uint64_t seeds = file->last_seed - file->first_seed + 1;
        if (rest < seeds) return (struct campaign_run){file, number, file->first_seed + rest, rest == 0};
        rest -= seeds;
    }
    assert(false && "a number past the campaign's end");
    abort();
}

/* --- output ------------------------------------------------------------------------------------------------ */

static void put_text(struct desk *desk, const char *text, size_t len) {
    progress_clear(&desk->progress);
    if (len > 0) fwrite(text, 1, len, desk->campaign->out);
}

/* Prints what has all its predecessors. */
static void print_ready(struct desk *desk) {
    for (;;) {
        struct slot *slot = &desk->slots[desk->next % WINDOW];
        if (!slot->filled) break;
        put_text(desk, slot->text, slot->len);
        free(slot->text);
        *slot = (struct slot){0};
        desk->next++;
    }
    fflush(desk->campaign->out);
    crew_allow(desk->crew, desk->next + WINDOW);
}

/* After an interruption: prints what was made beyond a gap, too. */
static void print_rest(struct desk *desk) {
    for (uint64_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &desk->slots[(desk->next + i) % WINDOW];
        if (slot->filled) put_text(desk, slot->text, slot->len);
        free(slot->text);
        *slot = (struct slot){0};
    }
}

static void mark_made(struct desk *desk, uint64_t number, bool passed) {
    desk->made[number / 8] |= (uint8_t)(1u << (number % 8));
    desk->summary.done++;
    if (!passed) desk->summary.failed++;
}

static void run_done(void *ctx, uint64_t number, bool passed, struct bytes text) {
    struct desk *desk = ctx;
    struct slot *slot = &desk->slots[number % WINDOW];
    assert(!slot->filled && number >= desk->next && number - desk->next < WINDOW);
    slot->text = malloc(text.len + 1);
    if (!slot->text) abort();
    memcpy(slot->text, text.at, text.len);
    slot->len = text.len;
    slot->filled = true;
    mark_made(desk, number, passed);
    print_ready(desk);
}

static void run_sums(void *ctx, struct bytes text) {
    struct desk *desk = ctx;
    sums_add(&desk->sums, text);
}

static void run_lost(void *ctx, uint64_t number, const char *why) {
    struct desk *desk = ctx;
    struct campaign_run run = campaign_run_at(desk->campaign, number);
    struct run_identity identity = {.scenario_file = run.file->plan->file,
                                    .title = run.file->plan->title ? run.file->plan->title : "",
                                    .seed = run.seed,
                                    .number = number,
                                    .system = desk->campaign->system};
    struct buffer text;
    buffer_init(&text, desk->pool);
    desk->campaign->writer->lost(&text, &identity, why);
    run_done(desk, number, false, buffer_bytes(&text));
    buffer_free(&text);
}

static void run_trouble(void *ctx, const char *problem) {
    struct desk *desk = ctx;
    if (!desk->trouble) {
        progress_clear(&desk->progress);
        fprintf(desk->campaign->messages, "detsim: %s\n", problem);
    }
    desk->trouble = true;
}

/* --- the end ------------------------------------------------------------------------------------------------ */

static bool is_made(const struct desk *desk, uint64_t number) {
    return (desk->made[number / 8] >> (number % 8) & 1) != 0;
}

/* How to make what is missing: for each file the seeds from the first one missing. */
static void say_how_to_go_on(const struct desk *desk) {
    FILE *to = desk->campaign->messages;
    fprintf(to, "ended early: %llu of %llu runs were made; to go on:\n", (unsigned long long)desk->summary.done,
            (unsigned long long)desk->summary.runs);
    uint64_t number = 0;
    for (size_t i = 0; i < desk->campaign->file_count; i++) {
        const struct campaign_file *file = &desk->campaign->files[i];
        uint64_t end = number + (file->last_seed - file->first_seed) + 1, missing = number;
        while (missing < end && is_made(desk, missing)) missing++;
        if (missing < end) {
            fprintf(to, "  detsim run %s --seeds %llu..%llu%s\n", file->plan->file,
                    (unsigned long long)(file->first_seed + (missing - number)), (unsigned long long)file->last_seed,
                    desk->campaign->options ? desk->campaign->options : "");
        }
        number = end;
    }
}

static void put_frame(struct desk *desk, bool head) {
    const struct writer *writer = desk->campaign->writer;
    struct buffer text;
    buffer_init(&text, desk->pool);
    if (head) {
        writer->head(&text, desk->summary.runs);
    } else {
        desk->summary.wall_ns = progress_elapsed(&desk->progress);
        if (desk->campaign->sums) sums_write(&desk->sums, &text);
        writer->tail(&text, &desk->summary);
    }
    put_text(desk, text.at ? text.at : "", text.len);
    buffer_free(&text);
}

static void work(struct desk *desk) {
    int seen = 0;
    crew_allow(desk->crew, WINDOW);
    while (crew_wait(desk->crew, TICK_MS)) {
        progress_show(&desk->progress, desk->summary.done, desk->summary.runs, desk->summary.failed);
        int now = interrupts > 0 ? interrupts : desk->trouble;
        if (now >= 1 && seen < 1) crew_stop(desk->crew);
        if (now >= 2 && seen < 2) crew_kill(desk->crew);
        seen = now > seen ? now : seen;
    }
    desk->summary.interrupted = interrupts > 0;
    if (desk->summary.done < desk->summary.runs && !desk->summary.interrupted) {
        run_trouble(desk, "the worker processes have ended");
    }
}

static int exit_status(const struct desk *desk) {
    if (desk->trouble) return 3;
    if (desk->summary.failed > 0) return 1;
    return desk->summary.interrupted ? 3 : 0;
}

static bool begin_record(struct desk *desk) {
    struct campaign *campaign = desk->campaign;
    char error[256] = "";
    if (!campaign->recorders) return true;
    campaign->record.run_count = desk->summary.runs;
    if (campaign->recorders->begin(&campaign->record, error, sizeof error)) return true;
    run_trouble(desk, error);
    return false;
}

static void finish_record(struct desk *desk) {
    const struct campaign *campaign = desk->campaign;
    char error[256] = "";
    if (!campaign->recorders) return;
    bool whole = desk->summary.done == desk->summary.runs;
    if (!campaign->recorders->finish(&campaign->record, !whole, error, sizeof error)) run_trouble(desk, error);
}

/* From the first worker to the last line. */
static void make(struct desk *desk) {
    struct crew_events events = {run_done, run_sums, run_lost, run_trouble, desk};
    const char *error = NULL;
    if (!begin_record(desk)) return;
    desk->crew = crew_hire(desk->campaign, &events, &error);
    if (!desk->crew) {
        run_trouble(desk, error);
        finish_record(desk);
        return;
    }
    put_frame(desk, true);
    work(desk);
    print_rest(desk);
    put_frame(desk, false);
    crew_dismiss(desk->crew);
    finish_record(desk);
    progress_clear(&desk->progress);
    if (desk->summary.done < desk->summary.runs) say_how_to_go_on(desk);
}

int campaign_make(struct campaign *campaign) {
    struct desk desk = {.campaign = campaign, .pool = pool_create()};
    struct sigaction interrupt = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};
    struct sigaction old_int, old_term, old_pipe;
    sums_init(&desk.sums, desk.pool);
    interrupts = 0;
    sigaction(SIGINT, &interrupt, &old_int);
    sigaction(SIGTERM, &interrupt, &old_term);
    sigaction(SIGPIPE, &ignore, &old_pipe);
    desk.summary.runs = campaign_size(campaign);
    assert(desk.summary.runs != UINT64_MAX && campaign->jobs >= 1);
    desk.slots = calloc(WINDOW, sizeof *desk.slots);
    desk.made = calloc(desk.summary.runs / 8 + 1, 1);
    if (!desk.slots || !desk.made) abort();
    progress_begin(&desk.progress, campaign->messages, campaign->quiet);
    make(&desk);
    if (fflush(campaign->out) != 0 || ferror(campaign->out)) run_trouble(&desk, "the output cannot be written");
    free(desk.slots);
    free(desk.made);
    pool_destroy(desk.pool);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGPIPE, &old_pipe, NULL);
    return exit_status(&desk);
}
