/* The words that a modelled system brings to the scenario language.
 *
 * The language (statements, values, actions, conditions) belongs to sim/scenario; which settings, data,
 * commands, fields and promises there are belongs to the model, which describes them in these tables. The
 * reader checks a file against them, so an unknown or not yet simulated word is an error with its place. */
#ifndef SIM_SCENARIO_VOCABULARY_H
#define SIM_SCENARIO_VOCABULARY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/chance.h"
#include "sim/world/units.h"

/* The forms a value can have in a scenario file. */
enum value_form {
    FORM_NODE,         /* the name of one node */
    FORM_NODES,        /* NODES: name, list, glob, * */
    FORM_COUNT,        /* a whole number > 0 */
    FORM_SIZE,         /* 512 64kb 1mb, 64k 1m */
    FORM_SIZE_SPREAD,  /* a spread of sizes */
    FORM_DURATION,     /* 250us 20ms 1.5s 2m 1h 0 */
    FORM_SPREAD,       /* a spread of durations */
    FORM_RATE,         /* 500/s */
    FORM_RATE_OR_EXP,  /* 500/s or exp:500/s */
    FORM_BYTE_RATE,    /* 100mb/s */
    FORM_LINK_SPEED,   /* 1gbit or a byte rate */
    FORM_SHARE,        /* 0.5% */
    FORM_CHOICE,       /* one of `choices` */
    FORM_WEIGHTS,      /* name:N,name:N with names from `choices` */
    FORM_RANGE,        /* N or N..M */
    FORM_COUNT_TIME,   /* N:D */
    FORM_SKEW,         /* uniform | zipf:0.99 | seq */
    FORM_WORDS         /* one or more words, unparsed */
};

enum support {
    SUPPORTED,
    NO_EFFECT, /* known to the real system, changes nothing here: accepted, listed in the run's notes */
    NOT_YET    /* known, not simulated yet: refused at load, by name */
};

/* One property word and the form of what follows it. Tables end with name == NULL. */
struct word_rule {
    const char *name;
    enum value_form form;
    const char *const *choices; /* NULL-terminated; for FORM_CHOICE and FORM_WEIGHTS */
    enum support support;
};

/* A property as read from the file. Which members count depends on rule->form. */
struct option {
    const struct word_rule *rule;
    const char *text; /* as written, for printing */
    int64_t number;   /* count, size, duration, rate (per 1,000 s), ppm, choice index, range low, skew kind */
    int64_t number2;  /* range high, time of N:D, skew parameter in millionths */
    bool exponential; /* rate exp:R */
    struct spread spread;
    struct bytes *words; /* FORM_WORDS: the words; FORM_WEIGHTS: unused */
    size_t word_count;
    uint32_t *weights;   /* FORM_WEIGHTS: one for each of rule->choices */
    uint16_t *nodes;     /* FORM_NODE, FORM_NODES: party indexes */
    size_t node_count;
};

enum skew_kind { SKEW_UNIFORM, SKEW_ZIPF, SKEW_SEQ };

/* A conf directive: how lines of one name combine. */
enum directive_merge {
    MERGE_LAST,     /* the later wins */
    MERGE_ADD,      /* all of the same rank add up, an empty value clears (save) */
    MERGE_BY_FIRST  /* the later wins for each first value (client-output-buffer-limit CLASS) */
};

struct directive {
    const char *name;
    enum directive_merge merge;
    enum support support;
    const char *not_with; /* NOT_YET values of a supported directive are told by conf_check; NULL */
};

/* A word that means the same as another: of a directive, or of the first value of one that goes by it. */
struct alias {
    const char *name, *means;
};

/* What words a command line in the timeline may have. */
struct command_word {
    const char *name;
    enum support support;
};

struct defect_word {
    const char *name;
    const char *summary; /* one line: what the bug does */
    const char *source;  /* the published issue or commit */
    const char *checker; /* the check that must catch it */
};

struct check_word {
    const char *name;
    enum support support;
    bool only_when_expected; /* judged only where an expect names it */
    bool only_at_rest;       /* not judged when `end D` stops the run */
};

struct metric_word {
    const char *name;
    enum support support;
};

/* Everything a model says about the language. Tables end with name == NULL. */
struct vocabulary {
    const char *model;                       /* the name that a `model` line gives; NULL: any */
    bool datagrams;                          /* it sends some: else `duplicate` and `reorder` of a link do nothing */
    const struct word_rule *node_options;    /* after the names of a `node` line */
    const struct word_rule *dataset_options; /* after the node of a `dataset` line; the first one is required */
    const struct word_rule *client_options;
    const struct directive *directives;
    const struct alias *aliases; /* ends with name == NULL; NULL: there are none */
    const struct command_word *commands;
    const struct defect_word *defects;
    const struct check_word *checks;
    const struct metric_word *metrics;
    /* Whether a directive's values are good. False: *error (static or in a buffer of the caller's) says why. */
    bool (*conf_check)(const struct bytes *words, size_t count, char *error, size_t error_room);
    /* Whether a command is known, simulated, and has a possible number of arguments. `words` are the words as
     * written; those with a substitution in braces have at == NULL. */
    bool (*command_check)(const struct bytes *words, size_t count, char *error, size_t error_room);
    /* Whether a field of that name can exist: slave0 and db3 included. */
    bool (*field_known)(const char *name);
    /* The field names, for suggestions; ends with NULL. */
    const char *const *fields;
};

#endif
