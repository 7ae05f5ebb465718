/* What `detsim conform` found, in the evidence file. */
#ifndef REPORTS_CONFORM_H
#define REPORTS_CONFORM_H

#include "sim/run/recorder.h"

/* struct recorder_source, keep_conform: all facts of a scenario in one transaction. */
bool conform_keep(const struct recorder_campaign *campaign, const struct conform_outcome *outcome, char *error,
                  size_t error_room);

#endif
