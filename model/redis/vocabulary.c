/* The model's vocabulary: where each table of words lives, and the small tables that live nowhere else.
 *
 * Directives: directives.def. Commands: command_words.c. Client options: workload.c. Checks and metrics: model/check.
 * Fields: info_fields.def and, for those that look from outside, fields.c. Defects: defects.c. */
#include "model/redis/vocabulary.h"

#include "model/check/checks.h"
#include "model/redis/command_words.h"
#include "model/redis/dataset.h"
#include "model/redis/defects.h"
#include "model/redis/directives.h"
#include "model/redis/fields.h"
#include "model/redis/workload.h"

static const struct word_rule node_options[] = {
    {"replicaof", FORM_NODE, NULL, SUPPORTED},
    {NULL, FORM_WORDS, NULL, NOT_YET},
};

const struct vocabulary redis_vocabulary = {
    .model = "redis",
    .node_options = node_options,
    .dataset_options = dataset_options,
    .client_options = workload_options,
    .directives = redis_directives,
    .aliases = redis_aliases,
    .commands = redis_command_words,
    .defects = redis_defects,
    .checks = checks_words,
    .metrics = checks_metrics,
    .conf_check = directive_check,
    .command_check = command_words_check,
    .field_known = fields_known,
    .fields = fields_names,
};
