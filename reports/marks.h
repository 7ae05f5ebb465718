/* What happened around a run's curves: faults, snapshots and the first failure as spans on the time axis, each with a
 * label, laid out in lanes so that no two labels lie on each other. */
#ifndef REPORTS_MARKS_H
#define REPORTS_MARKS_H

#include "reports/series.h"

#define MARK_LANES_MOST 7
#define MARK_NO_LANE    (-1)

enum mark_kind { MARK_FAULT, MARK_SNAPSHOT, MARK_FAILURE };

struct mark {
    enum mark_kind kind;
    int64_t begin, end; /* ns; end == begin: at once over, or never undone */
    char label[64];     /* clean UTF-8, one line */
    int lane;           /* MARK_NO_LANE: there is no room for its label */
    bool label_left;    /* the label stands left of the span */
};

struct marks {
    struct mark *items;
    size_t count, room;
    int lanes;
    size_t unlabelled;
    struct pool *pool; /* the samples' */
};

/* Where time lies on the canvas, in pixels. */
struct time_axis {
    int64_t end_ns; /* the axis runs from 0 to here */
    double left, right;
};

/* Reads the run's faults, adds its snapshots (from its events, where they were recorded, else from the samples) and its
 * first failure, and lays them out. */
bool marks_read(struct marks *marks, struct evidence *e, const struct run_row *run, const struct samples *samples,
                const struct time_axis *axis);

/* Where an instant lies, in pixels. */
double time_axis_at(const struct time_axis *axis, int64_t t);

/* About how wide a label is, in pixels. */
double mark_label_width(const struct mark *mark);

#endif
