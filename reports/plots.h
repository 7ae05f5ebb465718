/* The plots of a run: data files, a gnuplot script, and the SVG and PNG files that gnuplot makes of them. */
#ifndef REPORTS_PLOTS_H
#define REPORTS_PLOTS_H

#include "reports/evidence.h"
#include "reports/gnuplot.h"

#define PLOTS_MOST 4

/* One plot that a run has. */
struct plot_file {
    char stem[64];     /* "run-12-offsets": .svg, .png and .dat in the folder */
    const char *title; /* static */
    char remark[512];  /* what a reader should know of it; may hold names of nodes */
};

struct run_plots {
    struct plot_file plots[PLOTS_MOST];
    size_t count;
    const char *why_none; /* where count is 0; static */
    enum gnuplot_outcome outcome;
};

/* Writes style.gp, which all scripts load. False: an errno says why. */
bool plots_write_style(const char *folder);

/* Writes data and script of a run into the folder and lets gnuplot draw. False: the database could not be read or a
 * file not be written, e->error and e->status say why. A gnuplot that is missing or fails is no such error: then
 * `outcome` and `said` tell. */
bool plots_make(struct evidence *e, const struct run_row *run, const char *folder, struct run_plots *plots, char *said,
                size_t said_room);

#endif
