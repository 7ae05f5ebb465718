/* Faults and snapshots beside the curves. */
#include "reports/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/readable.h"

/* Widths in pixels of the label font (10 px, sans serif, rather too wide than too narrow), and the least distance of
 * two labels. */
#define CHAR_WIDTH 6.0
#define LABEL_GAP  5.0
#define SPAN_LEAST 4.0

/* More marks than this are noise on a plot: the first ones tell the story. */
#define MARKS_MOST 400

double time_axis_at(const struct time_axis *axis, int64_t t) {
    double share = axis->end_ns > 0 ? (double)t / (double)axis->end_ns : 0;

    if (share < 0) share = 0;
    if (share > 1) share = 1;
    return axis->left + share * (axis->right - axis->left);
}

static size_t characters(const char *text) {
    size_t count = 0;

    for (; *text; text++) count += (*text & 0xC0) != 0x80;
    return count;
}

double mark_label_width(const struct mark *mark) {
    return (double)characters(mark->label) * CHAR_WIDTH;
}

static void add_mark(struct marks *marks, enum mark_kind kind, int64_t begin, int64_t end, const char *label) {
    if (marks->count == MARKS_MOST) return;
    if (marks->count == marks->room) {
        size_t room = marks->room ? marks->room * 2 : 16;

        marks->items =
            pool_resize(marks->pool, marks->items, marks->room * sizeof(struct mark), room * sizeof(struct mark));
        marks->room = room;
    }
    marks->items[marks->count] = (struct mark){.kind = kind, .begin = begin, .end = end > begin ? end : begin};
    readable_label(marks->items[marks->count].label, sizeof marks->items[0].label, label);
    marks->count++;
}

static void add_fault(void *ctx, sqlite3_stmt *row) {
    int64_t begin = sqlite3_column_int64(row, 0);

    add_mark(ctx, MARK_FAULT, begin, evidence_number(row, 1, begin), evidence_text(row, 2));
}

static void add_snapshot(struct marks *marks, const char *node, int64_t begin, int64_t end) {
    char label[80];

    snprintf(label, sizeof label, "snapshot of %.60s", node);
    add_mark(marks, MARK_SNAPSHOT, begin, end, label);
}

/* --- snapshots by the run's events: exact, where there are any --------------------------------------------------- */

#define FORKS_MOST 64

/* A node whose child runs. */
struct open_fork {
    char node[64];
    int64_t begin;
};

struct forks {
    struct marks *marks;
    struct open_fork open[FORKS_MOST];
    size_t count;
    bool any_event;
};

static void close_fork(struct forks *forks, const char *node, int64_t end) {
    for (size_t i = 0; i < forks->count; i++) {
        if (strncmp(forks->open[i].node, node, sizeof forks->open[i].node - 1) != 0) continue;
        add_snapshot(forks->marks, forks->open[i].node, forks->open[i].begin, end);
        forks->open[i] = forks->open[--forks->count];
        return;
    }
}

/* A fork opens, the end of the child or of the whole process closes; a server has one child at a time. */
static void hear_fork(void *ctx, sqlite3_stmt *row) {
    struct forks *forks = ctx;
    const char *kind = evidence_text(row, 1), *detail = evidence_text(row, 3);
    int64_t t = sqlite3_column_int64(row, 0);

    forks->any_event = true;
    if (strcmp(kind, "fork") != 0) {
        close_fork(forks, evidence_text(row, 2), t);
    } else if (strcmp(detail, "failed") != 0 && forks->count < FORKS_MOST) {
        struct open_fork *fork = &forks->open[forks->count++];

        snprintf(fork->node, sizeof fork->node, "%s", evidence_text(row, 2));
        fork->begin = t;
    }
}

/* False: the database could not be read. */
static bool add_forks(struct marks *marks, struct evidence *e, int64_t run, int64_t end_ns, bool *any_event) {
    struct forks forks = {.marks = marks};

    if (!evidence_each(
            e,
            "SELECT t, kind, \"from\", detail FROM event WHERE run = ?1 AND kind IN ('fork', 'child', 'start',"
            " 'end') ORDER BY seq",
            run, hear_fork, &forks))
        return false;
    while (forks.count) close_fork(&forks, forks.open[0].node, end_ns);
    *any_event = forks.any_event;
    return true;
}

/* --- snapshots by the samples: those that one saw ---------------------------------------------------------------- */

static void add_sampled(struct marks *marks, const struct series *running) {
    const struct point *begun = NULL;

    for (size_t i = 0; i < running->count; i++) {
        const struct point *point = &running->points[i];

        if (begun && (!point->value || point->gap || i + 1 == running->count)) {
            add_snapshot(marks, running->node, begun->t, point->t);
            begun = NULL;
        }
        if (!begun && point->value) begun = point;
    }
}

static void add_all_sampled(struct marks *marks, const struct samples *samples) {
    for (size_t i = 0; i < samples->count; i++)
        if (strcmp(samples->series[i].metric, "rdb_bgsave_in_progress") == 0) add_sampled(marks, &samples->series[i]);
}

static int by_begin(const void *a, const void *b) {
    const struct mark *x = a, *y = b;

    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return strcmp(x->label, y->label);
}

/* Gives each mark the first lane in which it and its label are free of the marks before it. */
static void lay_out(struct marks *marks, const struct time_axis *axis) {
    double taken[MARK_LANES_MOST];

    for (int lane = 0; lane < MARK_LANES_MOST; lane++) taken[lane] = -1e9;
    for (size_t i = 0; i < marks->count; i++) {
        struct mark *mark = &marks->items[i];
        double from = time_axis_at(axis, mark->begin);
        double to = time_axis_at(axis, mark->end);
        double label = mark_label_width(mark) + LABEL_GAP;

        if (to < from + SPAN_LEAST) to = from + SPAN_LEAST;
        mark->label_left = to + label > axis->right + 170;
        if (mark->label_left)
            from -= label;
        else
            to += label;
        mark->lane = MARK_NO_LANE;
        for (int lane = 0; lane < MARK_LANES_MOST && mark->lane == MARK_NO_LANE; lane++)
            if (taken[lane] + LABEL_GAP <= from) mark->lane = lane;
        if (mark->lane == MARK_NO_LANE) {
            marks->unlabelled++;
            continue;
        }
        taken[mark->lane] = to;
        if (mark->lane >= marks->lanes) marks->lanes = mark->lane + 1;
    }
}

/* When the run's first promise broke, or expectation was missed. */
static void add_failure(struct marks *marks, const struct run_row *run) {
    char label[48];

    if (run->passed || run->failed_ns < 0) return;
    snprintf(label, sizeof label, "FAIL ");
    readable_label(label + 5, sizeof label - 5, run->failure);
    add_mark(marks, MARK_FAILURE, run->failed_ns, run->failed_ns, label);
}

bool marks_read(struct marks *marks, struct evidence *e, const struct run_row *run, const struct samples *samples,
                const struct time_axis *axis) {
    bool any_event = false;

    *marks = (struct marks){.pool = samples->pool};
    add_failure(marks, run);
    if (!evidence_each(e, "SELECT begin_ns, end_ns, action FROM fault WHERE run = ?1 ORDER BY begin_ns, ord", run->id,
                       add_fault, marks) ||
        !add_forks(marks, e, run->id, axis->end_ns, &any_event))
        return false;
    if (!any_event) add_all_sampled(marks, samples);
    if (marks->count) qsort(marks->items, marks->count, sizeof(struct mark), by_begin);
    lay_out(marks, axis);
    return true;
}
