/* Who judges histories from elsewhere: how `detsim check` reaches what it does not know (sim/detsim.c joins them). */
#ifndef SIM_RUN_JUDGE_H
#define SIM_RUN_JUDGE_H

#include <stdbool.h>

#include "sim/world/buffer.h"

enum judge_verdict { JUDGE_OK, JUDGE_VIOLATION, JUDGE_UNKNOWN, JUDGE_WRONG_INPUT };

struct judge_request {
    struct pool *pool;
    const char *file;         /* its name, for people */
    struct bytes text;        /* its bytes */
    const char *format;       /* one of judge.formats; NULL: as it looks */
    const char *model;        /* one of judge.models; NULL: what that format is usually about */
    bool (*spent)(void *ctx); /* asked now and then: true ends the search without a verdict; NULL: never */
    void *ctx;
    struct buffer *said; /* the verdict for people, or the error: file:line:column, what was expected, what was found */
    struct buffer *picture; /* an SVG of what cannot be ordered, if anything cannot; NULL: not wanted */
};

struct judge {
    const char *const *formats; /* end with NULL */
    const char *const *models;
    enum judge_verdict (*judge)(const struct judge_request *request);
};

#endif
