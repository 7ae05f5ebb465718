/* What each plot shows: which samples become curves, how they look, and in which unit. */
#ifndef REPORTS_CURVES_H
#define REPORTS_CURVES_H

#include "reports/series.h"

#define CURVES_MOST 40

struct curve {
    const struct series *series;
    const char *limited; /* the metric that this one limits; NULL: it is no limit */
    char label[48];
    const char *colour; /* #rrggbb */
    double width;
    int dash; /* gnuplot's dashtype */
};

struct plot {
    const char *name, *title, *quantity;
    struct curve curves[CURVES_MOST];
    size_t count;
    size_t omitted;   /* curves for which there was no room */
    char beyond[240]; /* limits that lie too far above the curves to be drawn, in words; "" if none */
    double unit;      /* what one of the y axis stands for */
    const char *unit_name;
    int64_t least, greatest; /* of all values */
};

enum plot_kind { PLOT_OFFSETS, PLOT_LAG, PLOT_BUFFERS, PLOT_MEMORY, PLOT_KINDS };

/* Chooses the curves of a plot; count 0 if the run has nothing to show there. */
void curves_choose(struct plot *plot, enum plot_kind kind, const struct samples *samples);

#endif
