/* The report as a folder: index.html, report.txt, and plots/ with data, scripts, SVG and PNG. */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include "reports/evidence.h"

/* Writes the folder (made if it is not there). `only` is the id of the run to show in full, 0: of each scenario the
 * failed run with the lowest seed, else its first. What is odd but no error (gnuplot missing) is told on stderr.
 * False: e->error and e->status say why. */
bool page_write(struct evidence *e, const char *folder, int64_t only);

#endif
