/* The words of a timeline command at the instant of sending: {NODE.FIELD}, {n} and {N*C} become bytes. */
#ifndef SIM_RUN_WORDS_H
#define SIM_RUN_WORDS_H

#include "sim/run/state.h"

struct words {
    struct buffer text; /* all words, one after the other */
    struct bytes *items;
    size_t count;
    size_t room;
};

/* Fills `words` (zeroed or used before). `n` is the number of the firing. False: a field has no value now; `why`
 * says so. */
bool words_build(struct run *run, const struct command_action *command, uint64_t n, struct words *words,
                 struct buffer *why);

#endif
