/* `dataset NODE keys N [value SIZE] [types string:8,list:1,...]`: data that is there at time 0. */
#ifndef MODEL_REDIS_DATASET_H
#define MODEL_REDIS_DATASET_H

#include "model/redis/keyspace.h"
#include "sim/run/system.h"

/* The properties of a `dataset` line, the required one first; ends with name == NULL. */
extern const struct word_rule dataset_options[];

/* Fills database 0. Strings are key:0, key:1 ... as DEBUG POPULATE makes them; other types list:0 ... with 8 elements
 * each. The keys are shared out in proportion to the weights. */
void dataset_fill(const struct model_dataset_setup *dataset, struct keyspace *ks);

/* The same as commands for a real server, appended; how many replies they have. */
size_t dataset_commands(const struct model_dataset_setup *dataset, struct buffer *out);

#endif
