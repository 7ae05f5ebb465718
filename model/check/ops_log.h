/* What clients saw, read from a file: operations with the lines at which they began and ended.
 *
 *   ops_log.c             from events to operations, by object
 *   ops_log_porcupine.c   {:process 0, :type :invoke, :f :put, :key "k", :value "v"}
 *   ops_log_jepsen.c      INFO  jepsen.util - 0  :invoke  :write  3
 *   ops_log_jsonl.c       {"process":0,"type":"invoke","f":"write","key":"k","value":3}
 *
 * The order of lines is the order of events; nothing else is known of time. An operation is an `invoke` line and at
 * most one line that ends it, of the same process: `ok` with the result; `fail`: it did not take place, but a `cas`
 * compared and found something else; `info`, or no such line: nobody knows whether, or when, it takes effect. */
#ifndef MODEL_CHECK_OPS_LOG_H
#define MODEL_CHECK_OPS_LOG_H

#include "model/check/linear.h"
#include "sim/world/buffer.h"

/* What the operations work on, each key on its own. */
enum ops_model {
    OPS_REGISTER, /* read, write, cas; nil at first, which no value equals */
    OPS_KV        /* get, put, append; the empty string at first */
};

enum ops_format { OPS_PORCUPINE, OPS_JEPSEN, OPS_JSONL };

enum ops_event_type { OPS_INVOKE, OPS_OK, OPS_FAIL, OPS_INFO };

/* A line. Texts point into it or into the reader's pool. */
struct ops_event {
    uint64_t process;
    enum ops_event_type type;
    enum linear_kind kind; /* as invoked: no LINEAR_CAS_FAILED */
    struct bytes key;
    bool has_value;    /* else nil */
    struct bytes a, b; /* value; of a cas the old and the new one */
};

enum ops_line { OPS_LINE_EVENT, OPS_LINE_OTHER /* no event: to be passed over */, OPS_LINE_WRONG };

/* Where and why a line is wrong. */
struct ops_fault {
    size_t column; /* from 0 */
    const char *expected;
};

typedef enum ops_line ops_reader_fn(struct pool *pool, struct bytes line, enum ops_model model, struct ops_event *event,
                                    struct ops_fault *fault);

ops_reader_fn ops_read_porcupine, ops_read_jepsen, ops_read_jsonl;

/* An operation, beside the linear_op of the same number. */
struct ops_op {
    uint64_t process;
    uint32_t invoke_line, end_line; /* from 1; end_line 0: none */
    struct bytes a, b;
};

struct ops_object {
    struct bytes key;
    struct linear_object linear;
    const struct ops_op *ops;
};

struct ops_log {
    struct ops_object *objects; /* in the order in which their keys came first */
    uint32_t count;
    uint64_t operations; /* of all objects, those dropped because they cannot matter left out */
    uint64_t pending;
};

/* The format that a text looks like. */
enum ops_format ops_guess_format(struct bytes text);
/* The objects that a format is usually about. */
enum ops_model ops_usual_model(enum ops_format format);

/* Reads a whole text, which must stay as long as the log. NULL: `error` has line:column, what was expected and what was
 * found. Memory is the pool's. */
struct ops_log *ops_log_read(struct pool *pool, struct bytes text, enum ops_format format, enum ops_model model,
                             struct buffer *error);

/* The operation in words: `write 3`, `cas 1 2 (failed)`. */
void ops_describe(const struct ops_object *object, uint32_t op, struct buffer *out);

#endif
