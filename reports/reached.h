/* The report's section on probes: which states, decisions and rare branches of the modelled system the recorded runs
 * came by, how many runs and how often, and which of them none did. */
#ifndef REPORTS_REACHED_H
#define REPORTS_REACHED_H

#include <stdio.h>

#include "reports/evidence.h"

/* Write the section over all runs of the file; nothing if no probe is recorded in it. False: the file could not be
 * read. */
bool reached_put_text(FILE *out, struct evidence *e);
bool reached_put_html(FILE *out, struct evidence *e);

#endif
