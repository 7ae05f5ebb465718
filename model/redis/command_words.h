/* The commands a timeline may name: those of redis-server 7.0.15, and which of them are simulated. */
#ifndef MODEL_REDIS_COMMAND_WORDS_H
#define MODEL_REDIS_COMMAND_WORDS_H

#include "sim/scenario/vocabulary.h"

/* All commands of redis-server 7.0.15 in order of name; ends with name == NULL. SUPPORTED are those of
 * command_table(). */
extern const struct command_word redis_command_words[];

/* Whether a command line is known, simulated, and has a possible number of arguments (its sub-command, too).
 * Words with at == NULL are only known when they are sent. False: `error` gets the reason, in the real server's
 * wording where it has one. */
bool command_words_check(const struct bytes *words, size_t count, char *error, size_t error_room);

#endif
