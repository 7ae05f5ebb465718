/* Writing data files and scripts for gnuplot.
 *
 * Names and texts of a scenario reach gnuplot in single quotes only, where it neither substitutes nor executes, and
 * with `noenhanced`, so that they are shown as they are. */
#include "reports/plots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/curves.h"
#include "reports/marks.h"
#include "reports/readable.h"

extern const char embedded_plots_gp[]; /* reports/plots.gp */

/* The canvas, in pixels. */
#define WIDTH        1000
#define PLOT_LEFT    76.0
#define PLOT_RIGHT   790.0
#define TITLE_HEIGHT 58
#define LANE_HEIGHT  17
#define PLOT_HEIGHT  250
#define AXIS_HEIGHT  56
#define KEY_LINE     19

#define FAULT_COLOUR    "#b42318"
#define SNAPSHOT_COLOUR "#57606a"
#define INK             "#24292f"

struct drawing {
    FILE *script;
    const struct run_row *run;
    const struct plot *plot;
    const struct marks *marks;
    const char *stem;
    double time_unit; /* ns */
    const char *time_unit_name;
    int plot_height, height;
};

/* A text in single quotes. One within it becomes a typographic apostrophe: gnuplot 5.4 does not read a doubled quote
 * right after the opening one. */
static void put_quoted(FILE *script, const char *text) {
    fputc('\'', script);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("’", script);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, script);
    }
    fputc('\'', script);
}

/* --- data -------------------------------------------------------------------------------------------------------- */

/* Blocks for gnuplot's `index`, two blank lines between; one blank line breaks a curve. */
static void put_data(FILE *data, const struct drawing *d) {
    for (size_t c = 0; c < d->plot->count; c++) {
        const struct series *s = d->plot->curves[c].series;

        fputs("# ", data);
        readable_put(data, READABLE_PLAIN, d->plot->curves[c].label, 200);
        fprintf(data, ": time in %s, value in %s\n", d->time_unit_name, d->plot->unit_name);
        for (size_t i = 0; i < s->count; i++) {
            if (s->points[i].gap) fputc('\n', data);
            fprintf(data, "%.9g %.9g\n", (double)s->points[i].t / d->time_unit,
                    (double)s->points[i].value / d->plot->unit);
        }
        fputs("\n\n", data);
    }
}

/* --- script ------------------------------------------------------------------------------------------------------ */

static double from_bottom(const struct drawing *d, double pixels_from_top) {
    return 1 - pixels_from_top / d->height;
}

static void put_titles(const struct drawing *d) {
    char subtitle[300];
    FILE *memory = fmemopen(subtitle, sizeof subtitle - 1, "w");

    subtitle[sizeof subtitle - 1] = 0;
    fprintf(d->script, "set label 1 '%s' at screen %.4f, screen %.4f left font ',15' textcolor rgb '#24292f'\n",
            d->plot->title, 12.0 / WIDTH, from_bottom(d, 18));
    if (!memory) return;
    readable_put(memory, READABLE_PLAIN, d->run->file, 160);
    fprintf(memory, "   seed %" PRIu64 "   run %" PRId64, d->run->seed, d->run->id);
    fclose(memory);
    fprintf(d->script, "set label 2 ");
    put_quoted(d->script, subtitle);
    fprintf(d->script, " at screen %.4f, screen %.4f left noenhanced font ',11' textcolor rgb '" SNAPSHOT_COLOUR "'\n",
            12.0 / WIDTH, from_bottom(d, 38));
}

static const char *mark_colour(enum mark_kind kind) {
    return kind == MARK_FAULT ? FAULT_COLOUR : kind == MARK_SNAPSHOT ? SNAPSHOT_COLOUR : INK;
}

/* A mark's band over the curves, and its bar and label in the strip above them. */
static void put_mark(const struct drawing *d, const struct mark *mark, int id) {
    double begin = (double)mark->begin / d->time_unit, end = (double)mark->end / d->time_unit;
    double last = (double)d->run->sim_ns / d->time_unit;
    double least = last * 3 / (PLOT_RIGHT - PLOT_LEFT); /* a bar is at least 3 pixels wide */
    double shown_end = end - begin < least ? begin + least : end;
    double row = 1 + (mark->lane * LANE_HEIGHT + 12.0) / d->plot_height;
    double half = 4.0 / d->plot_height;
    const char *colour = mark_colour(mark->kind);

    if (mark->kind == MARK_FAULT && mark->end > mark->begin)
        fprintf(d->script,
                "set object %d rectangle from first %.9g, graph 0 to first %.9g, graph 1 behind fillcolor rgb '%s'"
                " fillstyle transparent solid 0.12 noborder\n",
                id, begin, end, colour);
    else if (mark->kind != MARK_SNAPSHOT)
        fprintf(d->script,
                "set arrow %d from first %.9g, graph 0 to first %.9g, graph 1 nohead back linecolor rgb '%s'"
                " linewidth %s\n",
                id, begin, begin, colour, mark->kind == MARK_FAULT ? "1 dashtype 3" : "1.5 dashtype 1");
    if (mark->lane == MARK_NO_LANE) return;
    fprintf(d->script,
            "set object %d rectangle from first %.9g, graph %.4f to first %.9g, graph %.4f noclip fillcolor rgb '%s'"
            " fillstyle solid 0.85 noborder\n",
            id + 1, begin, row - half, shown_end, row + half, colour);
    fprintf(d->script, "set label %d ", id);
    put_quoted(d->script, mark->label);
    fprintf(d->script,
            " at first %.9g, graph %.4f %s offset character %s, 0 noenhanced font ',10' textcolor rgb '%s'\n",
            mark->label_left ? begin : shown_end, row, mark->label_left ? "right" : "left",
            mark->label_left ? "-0.6" : "0.6", INK);
}

static void put_marks(const struct drawing *d) {
    for (size_t i = 0; i < d->marks->count; i++) put_mark(d, &d->marks->items[i], 10 + 2 * (int)i);
    if (d->marks->unlabelled)
        fprintf(d->script,
                "set label 3 '%zu more without a label' at screen %.4f, screen %.4f right font ',10'"
                " textcolor rgb '" SNAPSHOT_COLOUR "'\n",
                d->marks->unlabelled, 1 - 12.0 / WIDTH, from_bottom(d, 38));
}

/* A little more than the values need, zero included. */
static void put_value_range(const struct drawing *d) {
    double least = (double)d->plot->least / d->plot->unit, greatest = (double)d->plot->greatest / d->plot->unit;
    double room = (greatest - least) * 0.08;

    if (greatest <= least)
        fprintf(d->script, "set yrange [0:1]\n");
    else
        fprintf(d->script, "set yrange [%.9g:%.9g]\n", least < 0 ? least - room : 0, greatest + room);
    if (least < 0) fprintf(d->script, "set xzeroaxis linetype 1 linecolor rgb '#24292f' linewidth 0.7\n");
}

static void put_axes(const struct drawing *d) {
    double last = (double)d->run->sim_ns / d->time_unit;

    fprintf(d->script, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n", PLOT_LEFT / WIDTH,
            PLOT_RIGHT / WIDTH);
    fprintf(d->script, "set bmargin at screen %.4f\nset tmargin at screen %.4f\n", (double)AXIS_HEIGHT / d->height,
            (double)(AXIS_HEIGHT + d->plot_height) / d->height);
    fprintf(d->script, "set xlabel 'simulated time (%s)'\nset ylabel '%s (%s)'\n", d->time_unit_name, d->plot->quantity,
            d->plot->unit_name);
    fprintf(d->script, "set xrange [0:%.9g]\n", last > 0 ? last : 1);
    put_value_range(d);
}

static void put_curves(const struct drawing *d) {
    for (size_t i = 0; i < d->plot->count; i++) {
        const struct curve *curve = &d->plot->curves[i];

        fprintf(d->script,
                "%s'%s.dat' index %zu using 1:2 with lines linecolor rgb '%s' linewidth %.1f dashtype %d title ",
                i ? ", \\\n     " : "plot ", d->stem, i, curve->colour, curve->width, curve->dash);
        put_quoted(d->script, curve->label);
    }
    if (d->plot->omitted) fprintf(d->script, ", NaN title 'and %zu more, not shown'", d->plot->omitted);
    fputc('\n', d->script);
}

static void put_plot(const struct drawing *d, size_t number) {
    fprintf(d->script, "\n# --- %s\nreset\nload 'style.gp'\n", d->plot->title);
    fprintf(d->script,
            "set terminal svg size %d,%d dynamic name 'plot%zu' background '#ffffff'"
            " font 'Helvetica,Arial,sans-serif,12'\nset output '%s.svg'\n",
            WIDTH, d->height, number, d->stem);
    put_titles(d);
    put_axes(d);
    put_marks(d);
    put_curves(d);
    /* The same once more, twice as fine, for where SVG cannot be shown. */
    fprintf(d->script,
            "if (strstrt(GPVAL_TERMINALS, 'pngcairo')) { set terminal pngcairo size %d,%d fontscale 1.85 linewidth 2"
            " font 'DejaVu Sans,9' background '#ffffff' } else { set terminal png size %d,%d background '#ffffff' }\n"
            "set output '%s.png'\nreplot\nset output\n",
            2 * WIDTH, 2 * d->height, WIDTH, d->height, d->stem);
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static FILE *create(struct evidence *e, const char *folder, const char *name, const char *ending) {
    char path[4400];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    file = fopen(path, "w");
    if (!file) {
        snprintf(e->error, e->error_room, "%s: %s", path, strerror(errno));
        e->status = 3;
    }
    return file;
}

static bool finish(struct evidence *e, FILE *file, const char *folder) {
    bool good = !ferror(file);

    if (fclose(file) == 0 && good) return true;
    snprintf(e->error, e->error_room, "%s: %s", folder, strerror(errno));
    e->status = 3;
    return false;
}

bool plots_write_style(const char *folder) {
    char path[4400];
    FILE *file;

    snprintf(path, sizeof path, "%s/style.gp", folder);
    file = fopen(path, "w");
    if (!file) return false;
    fputs(embedded_plots_gp, file);
    return fclose(file) == 0;
}

static void choose_time_unit(struct drawing *d) {
    int64_t end = d->run->sim_ns;

    if (end < INT64_C(2000000000)) {
        d->time_unit = 1e6;
        d->time_unit_name = "ms";
    } else if (end < INT64_C(1200000000000)) {
        d->time_unit = 1e9;
        d->time_unit_name = "s";
    } else {
        d->time_unit = end < INT64_C(20000000000000) ? 60e9 : 3600e9;
        d->time_unit_name = end < INT64_C(20000000000000) ? "min" : "h";
    }
}

/* Room for the marks above the curves, and for the key beside them. */
static void choose_height(struct drawing *d) {
    int key = (int)(d->plot->count + (d->plot->omitted > 0)) * KEY_LINE;

    d->plot_height = key > PLOT_HEIGHT ? key : PLOT_HEIGHT;
    d->height = TITLE_HEIGHT + d->marks->lanes * LANE_HEIGHT + d->plot_height + AXIS_HEIGHT;
}

static const char *remark_of(enum plot_kind kind) {
    static const char *const remarks[PLOT_KINDS] = {
        [PLOT_OFFSETS] = "Bytes of the replication stream: written by the master, applied by a replica. A line breaks "
                         "where its node is down.",
        [PLOT_LAG] = "The master's offset minus the replica's own, at the same instant; below zero the replica is "
                     "ahead.",
        [PLOT_BUFFERS] = "What a master holds for its replicas: the output buffer of the one that is furthest behind, "
                         "and the backlog that a partial resync needs.",
        [PLOT_MEMORY] = "The first write to a page after a fork copies it, until the snapshot's child is done."};

    return remarks[kind];
}

static bool make_plot(struct evidence *e, struct drawing *d, const char *folder, size_t number) {
    FILE *data = create(e, folder, d->stem, ".dat");

    if (!data) return false;
    put_data(data, d);
    if (!finish(e, data, folder)) return false;
    put_plot(d, number);
    return true;
}

/* Writes the script and the data of all plots of a run. */
static bool write_plots(struct evidence *e, struct drawing *d, const struct samples *samples, const char *folder,
                        struct run_plots *plots) {
    for (int kind = 0; kind < PLOT_KINDS; kind++) {
        struct plot_file *file = &plots->plots[plots->count];
        struct plot plot;

        curves_choose(&plot, (enum plot_kind)kind, samples);
        if (plot.count == 0) continue;
        *file = (struct plot_file){.title = plot.title};
        snprintf(file->remark, sizeof file->remark, "%s%s%s%s", remark_of((enum plot_kind)kind),
                 plot.beyond[0] ? " Beyond the plot: " : "", plot.beyond, plot.beyond[0] ? "." : "");
        snprintf(file->stem, sizeof file->stem, "run-%" PRId64 "-%s", d->run->id, plot.name);
        d->plot = &plot;
        d->stem = file->stem;
        choose_height(d);
        if (!make_plot(e, d, folder, plots->count)) return false;
        plots->count++;
    }
    return true;
}

/* Everything up to the call of gnuplot. */
static bool prepare(struct evidence *e, const struct run_row *run, const struct samples *samples, const char *folder,
                    struct run_plots *plots) {
    struct time_axis axis = {.end_ns = run->sim_ns, .left = PLOT_LEFT, .right = PLOT_RIGHT};
    struct drawing drawing = {.run = run};
    struct marks marks;
    char stem[48];
    bool written;

    if (!marks_read(&marks, e, run, samples, &axis)) return false;
    drawing.marks = &marks;
    choose_time_unit(&drawing);
    snprintf(stem, sizeof stem, "run-%" PRId64, run->id);
    drawing.script = create(e, folder, stem, ".gp");
    if (!drawing.script) return false;
    fputs("# Made by detsim report. Draw again: gnuplot -d, then this file's name, in this folder.\n", drawing.script);
    written = write_plots(e, &drawing, samples, folder, plots);
    return finish(e, drawing.script, folder) && written;
}

bool plots_make(struct evidence *e, const struct run_row *run, const char *folder, struct run_plots *plots, char *said,
                size_t said_room) {
    struct samples samples;
    char script[48];
    bool good;

    *plots = (struct run_plots){.why_none = "No samples were recorded for this run (--record summary keeps none)."};
    good = samples_read(&samples, e, run->id) && (samples.count == 0 || prepare(e, run, &samples, folder, plots));
    samples_free(&samples);
    if (!good || plots->count == 0) return good;
    snprintf(script, sizeof script, "run-%" PRId64 ".gp", run->id);
    plots->outcome = gnuplot_run(folder, script, said, said_room);
    return true;
}
