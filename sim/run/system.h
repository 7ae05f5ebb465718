/* What a modelled system offers a run.
 *
 * sim/ runs any system that fills this table; it knows nothing of what the system does. The program
 * (sim/detsim.c) hands the tables to sim/run; a system is addressed by struct system alone. */
#ifndef SIM_RUN_SYSTEM_H
#define SIM_RUN_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/vocabulary.h"
#include "sim/world/buffer.h"
#include "sim/world/host.h"

/* One model instance: everything modelled in one run. */
struct model;

/* A conf line in force: directive and values. */
struct setting {
    const struct bytes *words;
    size_t word_count;
};

struct model_node_setup {
    const char *name;
    uint16_t party;
    bool starts_off;
    const struct option *options; /* of its `node` line */
    size_t option_count;
    const struct setting *settings; /* its conf lines at time 0: others must know its port before it boots */
    size_t setting_count;
};

struct model_client_setup {
    const char *name;
    uint16_t party;
    const uint16_t *nodes; /* on NODES */
    size_t node_count;
    const struct option *options;
    size_t option_count;
    sim_time timeline_end; /* the default of `until` */
    uint64_t stream_nth;   /* for chance_named(seed, "client", name, NULL, nth) */
};

struct model_dataset_setup {
    uint16_t party;
    const struct option *options;
    size_t option_count;
};

struct model_defect_setup {
    const char *name;
    const uint16_t *nodes; /* NULL: on all */
    size_t node_count;
};

/* Everything that it points to stays valid during the run. */
struct model_setup {
    struct pool *pool;
    struct pool *scratch; /* a second pool that the model resets as it likes; nothing else may be in it */
    struct trace *trace;
    uint64_t seed;
    void *ctx; /* run_setup's, for a system that was made for this run */
    const struct model_node_setup *nodes;
    size_t node_count;
    const struct model_client_setup *clients;
    size_t client_count;
    const struct model_dataset_setup *datasets;
    size_t dataset_count;
    const struct model_defect_setup *defects;
    size_t defect_count;
    const char *const *allowed; /* checks that `allow` switched off */
    size_t allowed_count;
    const char *const *expected_checks; /* checks that some expect names */
    size_t expected_check_count;
};

/* A field's value. */
enum field_kind { FIELD_UNDEFINED, FIELD_NUMBER, FIELD_TEXT };
struct field_value {
    enum field_kind kind;
    int64_t number;
    sim_time unit;   /* ns that 1 stands for, when the field is a time; else 0 */
    const char *why; /* undefined: "r has no field x (role master)"; static or in `text` */
};

/* A reply as a tree, from one value of the system's protocol. Memory is the caller's pool's. */
enum reply_kind { REPLY_TEXT, REPLY_ERROR, REPLY_NUMBER, REPLY_NIL, REPLY_ARRAY };
struct reply {
    enum reply_kind kind;
    struct bytes text; /* number: its decimal form, too */
    struct reply *items;
    size_t count;
};

enum verdict { VERDICT_OK, VERDICT_ANOMALY, VERDICT_VIOLATION, VERDICT_UNKNOWN };

/* One check's result. Strings are the model's pool's. */
struct check_result {
    const char *name;
    enum verdict verdict;
    uint64_t count;     /* how often it was broken */
    const char *detail; /* the first: node, offset, command, in the field's words; "" when ok */
    sim_time at;        /* when it broke first; -1 */
};

/* What the run knows of the outside when it asks whether the system is at rest. */
struct rest_view {
    const bool *down;                                       /* by party: no process */
    bool (*unreachable)(void *ctx, uint16_t a, uint16_t b); /* cut or refused by a fault without an end */
    bool (*child_stalled)(void *ctx, uint16_t party); /* its child was stopped by a fault without an end; NULL: none */
    void *ctx;
};

/* What one server that runs live (sim/run/live.h) needs of its machine. Texts are those of the pool it was read with.
 */
struct serve_plan {
    const char **addresses; /* to listen on: numbers, `*` for all; with '-' in front one that may be missing */
    size_t address_count;
    const char *folder;       /* where its files are */
    const char *log_file;     /* "": standard output */
    uint64_t connections;     /* at most so many at a time */
    struct bytes unknown; /* when the lines are refused: the word that is no directive; at == NULL: it is not that */
    void *own;            /* the system's */
};

/* What a live server was told: the text of its configuration file, and the words after it. */
struct serve_request {
    const char *file; /* NULL: none */
    struct bytes text;
    char **words;
    size_t word_count;
};

/* One log line of a live server. */
struct serve_line {
    enum log_level level;
    bool of_child;
    long pid;
    const char *date; /* local time, as 23 Nov 2026 02:56:07.123 */
    struct bytes text;
};

/* Faults of machines that the world cannot carry out, because the processes are not in it: a system whose nodes stand
 * for processes elsewhere does it itself. */
struct outside_faults {
    /* A signal for the child of a node's process: false if there is no child. */
    bool (*child_signal)(struct model *model, uint16_t party, int signal);
    /* Removes a file of the node's folder: false if there is none. */
    bool (*file_remove)(struct model *model, uint16_t party, const char *name);
};

/* How an operation ended. */
enum op_fate {
    OP_OK,
    OP_ERROR,   /* an error reply: it did not take effect */
    OP_CLOSED,  /* the connection broke first: unknown */
    OP_TIMEOUT, /* the client gave up waiting: unknown */
    OP_PENDING  /* still open at the end: unknown */
};

struct system {
    const char *name;
    const struct vocabulary *words;

    struct model *(*create)(const struct model_setup *setup);
    /* At rest or at the end of the run, once: final judgements. */
    void (*finish)(struct model *model, bool at_rest);

    /* --- servers --- */
    /* Boots a server process on its host: sets host->node, host->node_ops. `settings` are those in force for this
     * process and stay valid while it lives. */
    void (*boot)(struct model *model, struct host *host, const struct setting *settings, size_t count);
    /* NULL: the processes are the world's. */
    const struct outside_faults *outside;
    /* Its process is over. */
    void (*gone)(struct model *model, struct host *host);
    /* Whether it is shutting down, told by a signal or a command, and has not exited yet. NULL: it never takes time. */
    bool (*ending)(struct model *model, uint16_t party);

    /* --- clients --- */
    void (*boot_client)(struct model *model, struct host *host);
    void (*client_start)(struct model *model, uint16_t party); /* start NAME */
    void (*client_stop)(struct model *model, uint16_t party);  /* stop NAME */
    bool (*client_done)(struct model *model, uint16_t party);  /* nothing left to do, no reply awaited */

    /* --- the timeline's commands --- */
    /* Appends a command for that node. */
    void (*encode)(struct model *model, uint16_t party, const struct bytes *words, size_t count, struct buffer *out);
    /* Reads one reply from the front of `bytes`: bytes used, 0 if it is not complete yet, -1 if it is no reply. */
    int64_t (*decode)(struct pool *pool, struct bytes bytes, struct reply *reply);
    /* Puts a reply into the scenario's names, in place; memory is the pool's. NULL: it speaks them. */
    void (*put_back)(struct model *model, struct pool *pool, struct reply *reply);
    /* The port on which a node listens. */
    uint16_t (*port)(struct model *model, uint16_t party);

    /* --- reading --- */
    /* A handle for a field name, for field_read; -1 if there is no such field. */
    int (*field_find)(const char *name);
    /* Its value now, text form appended to `text` in any case. Looks from outside: works on a stopped or loading
     * node; a node that is down has only `alive`. */
    void (*field_read)(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text);
    /* Calls `each` for every field that the node has now, in INFO's order. */
    void (*fields_each)(struct model *model, uint16_t party,
                        void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                        void *ctx);
    /* The few fields that show at one look what a node is and where it stands: patterns (`*` any run of bytes, `?` one
     * byte), ends with NULL. NULL: all fields. */
    const char *const *overview_fields;
    /* A metric of the whole run (run.METRIC) that the model counts; false if it is not the model's. */
    bool (*metric_read)(struct model *model, const char *name, struct field_value *value);
    /* Whether a check holds at this instant; `why` gets the reason if not. For `expect [at|by|always] CHECK`. */
    bool (*check_holds)(struct model *model, const char *name, struct buffer *why);
    /* Results of all checks that were judged, in the vocabulary's order. */
    size_t (*check_count)(struct model *model);
    struct check_result (*check_get)(struct model *model, size_t i);
    /* Whether something was broken that nothing can mend: a run may stop early. */
    bool (*broken)(struct model *model);

    /* Nothing more will change by itself, except what is periodic; else `why` says who waits for what. */
    bool (*settled)(struct model *model, const struct rest_view *view, struct buffer *why);

    /* --- samples over time: names end with NULL; `out` has one place each; false: the node is down --- */
    const char *const *sample_names;
    bool (*sample)(struct model *model, uint16_t party, int64_t *out);

    /* The names of its probes (host_probe), by number, ends with NULL: states, decisions and rare branches that a run
     * may or may not reach. NULL: it has none. */
    const char *const *probe_names;

    /* The name of a model's happening kind, and its text for people ("" leaves the default). */
    const char *(*happening_name)(unsigned kind);
    void (*happening_text)(struct model *model, const struct happening *h, struct buffer *out);
    /* An operation's bytes on the wire as text for people: `SET k v`. */
    void (*op_text)(struct bytes wire, struct buffer *out);
    /* Which key an operation is about; empty if none. */
    struct bytes (*op_key)(struct bytes wire);

    /* --- one server, live (sim/run/live.h) --- */
    const char *serve_help; /* a page; NULL: nothing is offered, and the functions are not there */
    /* Reads what it was told, which stays valid. False: `error` says where and why, without a line end. */
    bool (*serve_configure)(struct pool *pool, const struct serve_request *request, struct serve_plan *plan,
                            struct buffer *error);
    /* Boots it, as `boot` does: sets host->node and host->node_ops. `scratch` as in struct model_setup. */
    void (*serve_boot)(const struct serve_plan *plan, struct host *host, struct pool *scratch);
    /* Appends the line, with its end, as it shall be read; nothing if its level is too low. */
    void (*serve_log_line)(const struct host *host, const struct serve_line *line, struct buffer *out);
};

/* How many probes it has. */
static inline size_t system_probe_count(const struct system *system) {
    size_t n = 0;
    while (system->probe_names && system->probe_names[n]) n++;
    return n;
}

#endif
