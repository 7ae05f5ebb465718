/* One run's section of the page. */
#ifndef REPORTS_PAGE_RUN_H
#define REPORTS_PAGE_RUN_H

#include <stdio.h>

#include "reports/evidence.h"
#include "reports/plots.h"

/* `folder` holds the plots; `said` is why gnuplot drew nothing, if so. */
bool page_put_run(FILE *page, struct evidence *e, const struct run_row *run, const struct run_plots *plots,
                  const char *folder, const char *said);

/* A text as HTML. */
void page_put(FILE *page, const char *text);
/* The verdict's badge: pass, fail, ok, violation, held, missed... */
void page_put_verdict(FILE *page, const char *verdict);

#endif
