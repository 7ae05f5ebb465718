/* A small vocabulary for tests of the scenario language: a made-up system with one word or two of every sort. */
#ifndef TESTS_UNIT_SMALL_VOCABULARY_H
#define TESTS_UNIT_SMALL_VOCABULARY_H

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/scenario/scenario.h"

static const char *const small_ops[] = {"set", "get", "incr", "rpush", NULL};
static const char *const small_yes_no[] = {"no", "yes", NULL};
static const char *const small_types[] = {"string", "list", NULL};

static const struct word_rule small_node_options[] = {
    {"replicaof", FORM_NODE, NULL, SUPPORTED}, {"rack", FORM_COUNT, NULL, NOT_YET}, {NULL, FORM_WORDS, NULL, NOT_YET}};

static const struct word_rule small_dataset_options[] = {{"keys", FORM_COUNT, NULL, SUPPORTED},
                                                         {"value", FORM_SIZE, NULL, SUPPORTED},
                                                         {"types", FORM_WEIGHTS, small_types, SUPPORTED},
                                                         {NULL, FORM_WORDS, NULL, NOT_YET}};

static const struct word_rule small_client_options[] = {{"rate", FORM_RATE_OR_EXP, NULL, SUPPORTED},
                                                        {"think", FORM_DURATION, NULL, SUPPORTED},
                                                        {"from", FORM_DURATION, NULL, SUPPORTED},
                                                        {"until", FORM_DURATION, NULL, SUPPORTED},
                                                        {"times", FORM_COUNT, NULL, SUPPORTED},
                                                        {"ops", FORM_WEIGHTS, small_ops, SUPPORTED},
                                                        {"keys", FORM_COUNT, NULL, SUPPORTED},
                                                        {"skew", FORM_SKEW, NULL, SUPPORTED},
                                                        {"value", FORM_SIZE_SPREAD, NULL, SUPPORTED},
                                                        {"retry", FORM_CHOICE, small_yes_no, SUPPORTED},
                                                        {"db", FORM_RANGE, NULL, SUPPORTED},
                                                        {"reads", FORM_NODES, NULL, SUPPORTED},
                                                        {"wait", FORM_COUNT_TIME, NULL, SUPPORTED},
                                                        {"share", FORM_SHARE, NULL, SUPPORTED},
                                                        {"pace", FORM_SPREAD, NULL, SUPPORTED},
                                                        {"speed", FORM_LINK_SPEED, NULL, SUPPORTED},
                                                        {"beat", FORM_RATE, NULL, NO_EFFECT},
                                                        {"words", FORM_WORDS, NULL, SUPPORTED},
                                                        {NULL, FORM_WORDS, NULL, NOT_YET}};

static const struct directive small_directives[] = {{"port", MERGE_LAST, SUPPORTED, NULL},
                                                    {"harbour", MERGE_LAST, SUPPORTED, NULL},
                                                    {"repl-backlog-size", MERGE_LAST, SUPPORTED, NULL},
                                                    {"save", MERGE_ADD, SUPPORTED, NULL},
                                                    {"client-output-buffer-limit", MERGE_BY_FIRST, SUPPORTED, NULL},
                                                    {"logfile", MERGE_LAST, NO_EFFECT, NULL},
                                                    {"cluster-enabled", MERGE_LAST, NOT_YET, NULL},
                                                    {NULL, MERGE_LAST, NOT_YET, NULL}};

static const struct command_word small_commands[] = {{"SET", SUPPORTED},  {"GET", SUPPORTED},     {"DBSIZE", SUPPORTED},
                                                     {"WAIT", SUPPORTED}, {"LATENCY", NO_EFFECT}, {"XADD", NOT_YET},
                                                     {NULL, NOT_YET}};

static const struct defect_word small_defects[] = {{"forget_one", "", "", "prefix"}, {NULL, NULL, NULL, NULL}};

static const struct check_word small_checks[] = {{"converged", SUPPORTED, false, true},
                                                 {"prefix", SUPPORTED, false, false},
                                                 {"sessions", NOT_YET, true, false},
                                                 {NULL, NOT_YET, false, false}};

static const struct metric_word small_metrics[] = {
    {"full_syncs", SUPPORTED}, {"staleness_max", SUPPORTED}, {"stale_reads", NOT_YET}, {NULL, NOT_YET}};

static const char *const small_fields[] = {"role", "dbsize", "digest", "lag_time", "master_link_status", NULL};

/* Directives take one value, but for save (any) and limits (four). */
static inline bool small_conf_check(const struct bytes *words, size_t count, char *error, size_t error_room) {
    bool many = strncasecmp(words[0].at, "save", 4) == 0 || count == 5;
    if (many || count == 2) return true;
    snprintf(error, error_room, "wrong number of values");
    return false;
}

/* GET takes one argument; a word with a substitution has no text yet. */
static inline bool small_command_check(const struct bytes *words, size_t count, char *error, size_t error_room) {
    bool get = words[0].at && words[0].len == 3 && strncasecmp(words[0].at, "get", 3) == 0;
    if (!get || count == 2) return true;
    snprintf(error, error_room, "wrong number of arguments for 'get' command");
    return false;
}

static inline bool small_field_known(const char *name) {
    for (size_t i = 0; small_fields[i]; i++) {
        if (strcmp(small_fields[i], name) == 0) return true;
    }
    return strcmp(name, "slave0") == 0;
}

static const struct alias small_aliases[] = {{"harbour", "port"}, {"ay", "a"}, {NULL, NULL}};

static const struct vocabulary small_vocabulary = {
    .model = "small",
    .node_options = small_node_options,
    .dataset_options = small_dataset_options,
    .client_options = small_client_options,
    .directives = small_directives,
    .aliases = small_aliases,
    .commands = small_commands,
    .defects = small_defects,
    .checks = small_checks,
    .metrics = small_metrics,
    .conf_check = small_conf_check,
    .command_check = small_command_check,
    .field_known = small_field_known,
    .fields = small_fields,
};

/* Reads a text; NULL if it has errors. */
static inline struct plan *small_read(struct pool *pool, const char *text, struct scenario_errors *errors) {
    return scenario_read(pool, "t.scn", (struct bytes){text, strlen(text)}, &small_vocabulary, errors);
}

/* Reads a text that must be good; what is wrong with it goes to stderr. */
static inline struct plan *small_read_good(struct pool *pool, const char *text) {
    struct scenario_errors errors;
    struct plan *plan = small_read(pool, text, &errors);
    if (plan) return plan;
    struct buffer out;
    buffer_init(&out, pool);
    scenario_errors_render(&errors, &out);
    fprintf(stderr, "%s", out.at);
    return NULL;
}

#endif
