/* Which samples become curves. A node has one colour in all plots of a run. */
#include "reports/curves.h"

#include <stdio.h>
#include <string.h>

#include "reports/readable.h"

/* Okabe and Ito's colours for people with colour-blind eyes, without black and yellow, which vanish on dark or white
 * paper. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1"};
#define COLOURS (sizeof colours / sizeof *colours)

/* A curve more than so many times above another would press it to the ground. */
#define FAR_ABOVE 6

/* Limits are thin, and below. */
enum look { SOLID = 1, DASHED = 2, LIMIT = 3, HARD_LIMIT = 4 };

static bool ever_nonzero(const struct samples *samples, const char *node, const char *metric) {
    const struct series *s = samples_find(samples, node, metric);

    for (size_t i = 0; s && i < s->count; i++)
        if (s->points[i].value != 0) return true;
    return false;
}

/* The curve added, NULL if there is no room or nothing to show. */
static struct curve *add_curve(struct plot *plot, const struct series *series, const char *what, enum look look) {
    struct curve *curve;
    size_t number = series->node_number;
    char node[28];

    if (series->count == 0) return NULL;
    if (plot->count == CURVES_MOST) {
        plot->omitted++;
        return NULL;
    }
    curve = &plot->curves[plot->count++];
    *curve = (struct curve){.series = series,
                            .colour = colours[number % COLOURS],
                            .width = look >= LIMIT ? 1.4 : 2,
                            .dash = look == SOLID ? 1 + (int)(number / COLOURS) % 4 : (int)look};
    readable_label(node, what[0] ? 16 : 28, series->node);
    snprintf(curve->label, sizeof curve->label, "%s%s%s", node, what[0] ? " " : "", what);
    return curve;
}

/* Adds a curve for each node that has the metric and, where `where` is not NULL, ever had `where` other than 0. */
static void add_metric(struct plot *plot, const struct samples *samples, const char *metric, const char *where,
                       const char *what, enum look look) {
    for (size_t i = 0; i < samples->count; i++) {
        const struct series *s = &samples->series[i];

        if (strcmp(s->metric, metric) != 0) continue;
        if (where && !ever_nonzero(samples, s->node, where)) continue;
        add_curve(plot, s, what, look);
    }
}

static int64_t greatest_of(const struct series *s) {
    int64_t greatest = 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->points[i].value > greatest) greatest = s->points[i].value;
    return greatest;
}

/* Adds what a figure is measured against, of each node that ever had `where` other than 0, if it is near enough to be
 * seen beside the figure; else it is told in words. */
static void add_beside(struct plot *plot, const struct samples *samples, const char *figure, const char *metric,
                       const char *where, const char *what, enum look look) {
    for (size_t i = 0; i < samples->count; i++) {
        const struct series *s = &samples->series[i];
        const struct series *beside = samples_find(samples, s->node, figure);
        size_t len = strlen(plot->beyond);
        char words[READABLE_ROOM], node[28];
        int64_t greatest = greatest_of(s);

        if (strcmp(s->metric, metric) != 0 || !ever_nonzero(samples, s->node, where)) continue;
        if (greatest == 0 || !beside) continue;
        if (greatest / FAR_ABOVE <= greatest_of(beside)) {
            struct curve *curve = add_curve(plot, s, what, look);

            if (curve && look >= LIMIT) curve->limited = beside->metric;
        } else {
            readable_label(node, sizeof node, s->node);
            snprintf(plot->beyond + len, sizeof plot->beyond - len, "%s%s %s %s", len ? ", " : "", node, what,
                     readable_bytes(words, greatest));
        }
    }
}

/* Where curves lie on each other, the wide ones below stay visible. */
static void widen_below(struct plot *plot) {
    for (size_t i = 0; i < plot->count; i++) {
        size_t above = plot->count - 1 - i;

        plot->curves[i].width = above >= 2 ? 5.5 : above == 1 ? 3.5 : 1.8;
    }
}

/* The colour of the curve that a limit belongs to, its own if there is none. */
static const char *colour_of_limited(const struct plot *plot, const struct curve *limit) {
    for (size_t i = 0; i < plot->count; i++)
        if (strcmp(plot->curves[i].series->metric, limit->limited) == 0) return plot->curves[i].colour;
    return limit->colour;
}

/* Where all curves are one node's, colours tell its figures apart better than dashes do. */
static void tell_apart(struct plot *plot) {
    size_t next = 0;

    for (size_t i = 1; i < plot->count; i++)
        if (strcmp(plot->curves[i].series->node, plot->curves[0].series->node) != 0) return;
    for (size_t i = 0; i < plot->count; i++) {
        if (plot->curves[i].limited) continue;
        plot->curves[i].colour = colours[next % COLOURS];
        plot->curves[i].dash = SOLID;
        if (next++ == 0) plot->curves[i].width = 3.4; /* the lowest: it may be covered by another */
    }
    for (size_t i = 0; i < plot->count; i++)
        if (plot->curves[i].limited) plot->curves[i].colour = colour_of_limited(plot, &plot->curves[i]);
}

static void choose_unit(struct plot *plot) {
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}};
    double most;
    size_t i = 0;

    plot->least = plot->greatest = 0;
    for (size_t c = 0; c < plot->count; c++) {
        const struct series *s = plot->curves[c].series;

        for (size_t p = 0; p < s->count; p++) {
            if (s->points[p].value < plot->least) plot->least = s->points[p].value;
            if (s->points[p].value > plot->greatest) plot->greatest = s->points[p].value;
        }
    }
    most = (double)plot->greatest > -(double)plot->least ? (double)plot->greatest : -(double)plot->least;
    while (i + 1 < sizeof units / sizeof *units && most >= 2 * units[i + 1].unit) i++;
    plot->unit = units[i].unit;
    plot->unit_name = units[i].name;
}

/* Nodes that forked: what their snapshots copied, beside all they use where that does not press it to the ground. If
 * none forked, what all use. */
static void choose_memory(struct plot *plot, const struct samples *samples) {
    add_beside(plot, samples, "current_cow_size", "used_memory", "current_cow_size", "used_memory", DASHED);
    add_metric(plot, samples, "current_cow_size", "current_cow_size", "copied", SOLID);
    if (plot->count == 0) {
        plot->beyond[0] = 0;
        add_metric(plot, samples, "used_memory", NULL, "used_memory", SOLID);
    }
    tell_apart(plot);
}

void curves_choose(struct plot *plot, enum plot_kind kind, const struct samples *samples) {
    *plot = (struct plot){0};
    switch (kind) {
    case PLOT_OFFSETS:
        plot->name = "offsets";
        plot->title = "Replication offset of each node";
        plot->quantity = "replication offset";
        add_metric(plot, samples, "master_repl_offset", NULL, "", SOLID);
        widen_below(plot);
        break;
    case PLOT_LAG:
        plot->name = "lag";
        plot->title = "How far each replica lies behind its master";
        plot->quantity = "lag";
        add_metric(plot, samples, "lag_bytes", "master_link_state", "", SOLID);
        break;
    case PLOT_BUFFERS:
        plot->name = "buffers";
        plot->title = "Largest output buffer of a replica, and backlog";
        plot->quantity = "size";
        add_beside(plot, samples, "repl_backlog_histlen", "repl_backlog_size", "connected_slaves", "repl-backlog-size",
                   LIMIT);
        add_beside(plot, samples, "replica_output_bytes", "replica_output_hard", "connected_slaves", "hard limit",
                   HARD_LIMIT);
        add_beside(plot, samples, "replica_output_bytes", "replica_output_soft", "connected_slaves", "soft limit",
                   LIMIT);
        add_metric(plot, samples, "repl_backlog_histlen", "connected_slaves", "backlog", DASHED);
        add_metric(plot, samples, "replica_output_bytes", "connected_slaves", "output buffer", SOLID);
        tell_apart(plot);
        break;
    default:
        plot->name = "memory";
        plot->title = "Memory, and what snapshots copied of it";
        plot->quantity = "memory";
        choose_memory(plot, samples);
    }
    choose_unit(plot);
}
