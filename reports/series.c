/* Samples as curves. */
#include "reports/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_of(const struct series *s, const char *node, const char *metric) {
    return strcmp(s->node, node) == 0 && strcmp(s->metric, metric) == 0;
}

static struct series *add_series(struct samples *samples, const char *node, const char *metric) {
    struct pool *pool = samples->pool;

    if (samples->count == samples->room) {
        size_t room = samples->room ? samples->room * 2 : 32;

        samples->series =
            pool_resize(pool, samples->series, samples->room * sizeof(struct series), room * sizeof(struct series));
        samples->room = room;
    }
    samples->last = samples->count;
    samples->series[samples->count] =
        (struct series){.node = pool_strdup(pool, node), .metric = pool_strdup(pool, metric), .node_number = SIZE_MAX};
    return &samples->series[samples->count++];
}

/* Samples come in rounds, every round in the same order: the series wanted nearly always follows the last one. */
static struct series *find_or_add(struct samples *samples, const char *node, const char *metric) {
    for (size_t i = 1; i <= samples->count; i++) {
        size_t place = (samples->last + i) % samples->count;

        if (is_of(&samples->series[place], node, metric)) {
            samples->last = place;
            return &samples->series[place];
        }
    }
    return add_series(samples, node, metric);
}

/* Far past what a run can hold, and safe to subtract: the file may say anything. */
static int64_t bounded(int64_t n) {
    const int64_t most = INT64_MAX / 4;

    return n > most ? most : n < -most ? -most : n;
}

static void add_sample(void *ctx, sqlite3_stmt *row) {
    struct samples *samples = ctx;
    struct series *s = find_or_add(samples, evidence_text(row, 1), evidence_text(row, 2));

    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 256;

        s->points = pool_resize(samples->pool, s->points, s->room * sizeof(struct point), room * sizeof(struct point));
        s->room = room;
    }
    s->points[s->count++] =
        (struct point){.t = bounded(sqlite3_column_int64(row, 0)), .value = bounded(sqlite3_column_int64(row, 3))};
}

/* A node that is down gives no samples: where the distance is well past the usual one, the line is broken. The
 * usual distance is the least one seen but for the last: the run's end comes when it comes. */
static void mark_gaps(struct series *s) {
    int64_t least = INT64_MAX;

    for (size_t i = 1; i + 1 < s->count; i++) {
        int64_t distance = s->points[i].t - s->points[i - 1].t;

        if (distance > 0 && distance < least) least = distance;
    }
    for (size_t i = 1; i < s->count; i++) s->points[i].gap = (s->points[i].t - s->points[i - 1].t) / 3 > least;
}

/* Keeps of a stretch its first, least, greatest and last points, in their order. */
static size_t thin_stretch(struct point *to, const struct point *from, size_t count) {
    size_t least = 0, greatest = 0, kept = 0;
    bool gap = false;

    for (size_t i = 0; i < count; i++) {
        if (from[i].value < from[least].value) least = i;
        if (from[i].value > from[greatest].value) greatest = i;
    }
    for (size_t i = 0; i < count; i++) {
        struct point point = from[i];

        gap = gap || point.gap;
        if (i != 0 && i != least && i != greatest && i != count - 1) continue;
        point.gap = gap;
        gap = false;
        to[kept++] = point;
    }
    return kept;
}

static void thin(struct series *s) {
    size_t stretch = (s->count * 4 + SERIES_POINTS_MOST - 1) / SERIES_POINTS_MOST;
    size_t kept = 0;

    if (s->count <= SERIES_POINTS_MOST) return;
    for (size_t at = 0; at < s->count; at += stretch) {
        size_t count = s->count - at < stretch ? s->count - at : stretch;

        assert(kept <= at);
        kept += thin_stretch(&s->points[kept], &s->points[at], count);
    }
    s->count = kept;
}

/* --- the scenario's order ---------------------------------------------------------------------------------------- */

struct numbering {
    struct samples *samples;
    size_t nodes;
};

static void number_node(void *ctx, sqlite3_stmt *row) {
    struct numbering *numbering = ctx;

    for (size_t i = 0; i < numbering->samples->count; i++)
        if (strcmp(numbering->samples->series[i].node, evidence_text(row, 0)) == 0)
            numbering->samples->series[i].node_number = numbering->nodes;
    numbering->nodes++;
}

static int by_node(const void *a, const void *b) {
    const struct series *x = a, *y = b;

    if (x->node_number != y->node_number) return x->node_number < y->node_number ? -1 : 1;
    return strcmp(x->metric, y->metric);
}

static bool order_by_node(struct samples *samples, struct evidence *e, int64_t run) {
    struct numbering numbering = {samples, 0};

    if (!evidence_each(e, "SELECT name FROM party WHERE run = ?1 AND kind = 'node' ORDER BY ord", run, number_node,
                       &numbering))
        return false;
    for (size_t i = 0; i < samples->count; i++) /* nodes that take no part, in a file that says so */
        if (samples->series[i].node_number == SIZE_MAX) samples->series[i].node_number = numbering.nodes;
    if (samples->count) qsort(samples->series, samples->count, sizeof(struct series), by_node);
    return true;
}

bool samples_read(struct samples *samples, struct evidence *e, int64_t run) {
    *samples = (struct samples){.pool = pool_create()};
    if (!evidence_each(e, "SELECT t, node, metric, value FROM sample WHERE run = ?1 ORDER BY t", run, add_sample,
                       samples))
        return false;
    for (size_t i = 0; i < samples->count; i++) {
        mark_gaps(&samples->series[i]);
        thin(&samples->series[i]);
    }
    return order_by_node(samples, e, run);
}

void samples_free(struct samples *samples) {
    pool_destroy(samples->pool);
    *samples = (struct samples){0};
}

const struct series *samples_find(const struct samples *samples, const char *node, const char *metric) {
    for (size_t i = 0; i < samples->count; i++)
        if (is_of(&samples->series[i], node, metric)) return &samples->series[i];
    return NULL;
}
