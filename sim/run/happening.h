/* Happenings as words for people: for the evidence file, for `replay`, and for naming the first event in which two
 * runs differ. */
#ifndef SIM_RUN_HAPPENING_H
#define SIM_RUN_HAPPENING_H

#include "sim/run/system.h"

/* The kind's name: "deliver", or the system's own. Static. */
const char *happening_kind_name(const struct system *system, unsigned kind);

/* Where it came from and went to: a delivery goes from `peer` to `node`, most others from `node` to `peer`.
 * NO_PARTY where there is none. */
uint16_t happening_from(const struct happening *h);
uint16_t happening_to(const struct happening *h);

/* Appends what it says beyond its kind and parties: "conn 3, bytes 120..183". Appends nothing where that is all.
 * `model` is the run's, for the system's own kinds. Text of the scenario may hold any byte. */
void happening_describe(const struct system *system, struct model *model, const struct happening *h,
                        struct buffer *out);

/* "ok", "error", "closed", "timeout", "pending". */
const char *op_fate_name(enum op_fate fate);

#endif
