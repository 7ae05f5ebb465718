/* Conditions of `when` and `expect`, watched while a run goes. Judging one reads the world and changes nothing. */
#ifndef SIM_RUN_CONDITIONS_H
#define SIM_RUN_CONDITIONS_H

#include "sim/run/observed.h"

enum truth {
    TRUTH_NO,
    TRUTH_YES,
    TRUTH_UNDEFINED /* a side has no value: no comparison holds */
};

struct watched;

struct conditions *conditions_create(struct run *run);
/* Begins to watch: looks up names once, and counts log lines from now on. */
struct watched *condition_watch(struct run *run, const struct condition *condition);
/* Whether it holds now. If `got` is given, what was found is appended to it, for people. */
enum truth condition_judge(struct run *run, struct watched *watched, struct buffer *got);

/* A metric of the run, whether the model's or the run's own; false if nobody knows it. */
bool condition_read_metric(struct run *run, const char *name, struct field_value *value);

#endif
