/* Where a reader of a history's lines stands. */
#ifndef MODEL_CHECK_OPS_CURSOR_H
#define MODEL_CHECK_OPS_CURSOR_H

#include "model/check/ops_log.h"

struct ops_cursor {
    struct bytes line;
    size_t at;
    struct ops_fault *fault;
};

/* Something else was expected here. Always false. */
static inline bool ops_expected(struct ops_cursor *c, const char *what) {
    c->fault->column = c->at;
    c->fault->expected = what;
    return false;
}

#endif
