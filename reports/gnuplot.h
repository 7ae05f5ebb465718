/* Running gnuplot on a script that lies in a folder. */
#ifndef REPORTS_GNUPLOT_H
#define REPORTS_GNUPLOT_H

#include <stddef.h>

enum gnuplot_outcome {
    GNUPLOT_DONE,
    GNUPLOT_MISSING, /* there is no gnuplot on the PATH */
    GNUPLOT_FAILED
};

/* Runs `gnuplot -d SCRIPT` with the folder as its working directory, without a shell, with no input and a bounded
 * time. Not GNUPLOT_DONE: `error` is one line that says why. */
enum gnuplot_outcome gnuplot_run(const char *folder, const char *script, char *error, size_t error_room);

#endif
