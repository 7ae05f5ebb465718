/* The forms in which the runs of an evidence file are written out. Each writes to `out` and returns false when the
 * database could not be read (e->error says why); whether `out` took it all is the caller's to ask. */
#ifndef REPORTS_FORMATS_H
#define REPORTS_FORMATS_H

#include <stdio.h>

#include "reports/evidence.h"

/* For people: totals, a line a scenario, what failed and how, and the runs as far as they are few. */
bool format_text(FILE *out, struct evidence *e);
/* One run in full, for people. */
bool format_run_text(FILE *out, struct evidence *e, const struct run_row *run);
/* One object a run, one a line, with the members that `detsim run --format json` has. */
bool format_json(FILE *out, struct evidence *e);
/* One line a run, after a line of names (RFC 4180). */
bool format_csv(FILE *out, struct evidence *e);
/* One test suite a scenario, one test case a run. */
bool format_junit(FILE *out, struct evidence *e);

#endif
