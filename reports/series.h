/* A run's samples as curves: one series for each node and metric, thinned to what a plot can show. */
#ifndef REPORTS_SERIES_H
#define REPORTS_SERIES_H

#include "reports/evidence.h"

/* A series keeps at most about so many points; least and greatest values survive the thinning. */
#define SERIES_POINTS_MOST 1600

struct point {
    int64_t t; /* ns */
    int64_t value;
    bool gap; /* the node was down before it: the line is broken here */
};

struct series {
    const char *node, *metric;
    size_t node_number; /* of the run's nodes, from 0 */
    struct point *points;
    size_t count, room;
};

struct samples {
    struct series *series; /* in the scenario's order of nodes */
    size_t count, room;
    size_t last;       /* where the row before was put */
    struct pool *pool; /* of all of it */
};

/* Reads and thins the samples of a run. False: the database could not be read. Free in any case. */
bool samples_read(struct samples *samples, struct evidence *e, int64_t run);
void samples_free(struct samples *samples);

/* The series of a node and metric; NULL if there is none. */
const struct series *samples_find(const struct samples *samples, const char *node, const char *metric);

#endif
