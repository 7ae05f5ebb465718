/* The door to real servers: what a modelled system says about the programs that it models.
 *
 * `detsim conform` runs a scenario with real server processes in the places of the modelled ones. Processes, sockets
 * and time are sim/run's (conform_*.c); what the words mean that go in and come out is the model's, which fills this
 * table. Texts in, texts out: nothing here waits, or looks at a socket or a clock.
 *
 * Addresses. Node y is known to x under an IP address of their own on loopback (sim/run/conform_names.h), so that every
 * text of a server can be put back into the scenario's names before it comes here. */
#ifndef SIM_RUN_REAL_H
#define SIM_RUN_REAL_H

#include "sim/run/system.h"

/* What a server said of itself: names and texts. */
struct reading;
typedef void reading_add_fn(struct reading *reading, const char *name, struct bytes text);

/* The readings of all nodes at one time; NULL: the node is down, or did not answer. */
struct readings_view {
    const struct reading *const *nodes;
    const char *const *names;
    const uint16_t *ports; /* on which they listen, in the scenario */
    size_t node_count;
    const char *(*find)(const struct reading *reading, const char *field); /* its text; NULL: it was not shown */
    const struct rest_view *rest;                                          /* for settled() only */
};

/* How a field is compared at the end. */
enum real_compare {
    REAL_EQUAL,   /* its text */
    REAL_IDENTITY /* its text is drawn at random: who else shows the same one is compared */
};

struct real_fact {
    const char *field;
    enum real_compare compare;
    const char *none; /* REAL_IDENTITY: the text that stands for none; or NULL */
};

/* Where a server listens, and where it keeps its files. */
struct real_place {
    const char *ip;
    uint16_t port;
    const char *folder;
    const char *log; /* file name */
};

struct real {
    const char *program; /* found in PATH unless the user says otherwise */

    /* --- starting one ------------------------------------------------------------------------------------------------ */
    /* Appends the configuration file: the scenario's lines, with addresses in place of names, and the place. */
    void (*configure)(const struct setting *lines, size_t count, const struct real_place *place, struct buffer *out);
    /* The node that a `node` line names as its master, NO_PARTY if none, and the directive that says so. */
    uint16_t (*upstream)(const struct model_node_setup *node);
    const char *upstream_directive;
    /* Which word of a command or conf line is a host, with a port after it; -1 if none is. */
    int (*host_word)(const struct bytes *words, size_t count);

    /* --- talking to it: each appends commands and gives the number of their replies ---------------------------------- */
    /* What opens a connection to a server with these settings (a password). */
    size_t (*greet)(const struct setting *lines, size_t count, struct buffer *out);
    /* A `dataset` line's data. */
    size_t (*populate)(const struct model_dataset_setup *dataset, struct buffer *out);
    /* What makes a server that was just started one that has done nothing yet. */
    size_t (*begin)(struct buffer *out);
    /* The questions after its state. `all`: the expensive ones, too. */
    size_t (*ask)(bool all, struct buffer *out);
    void (*read)(const struct reply *replies, size_t count, reading_add_fn *add, struct reading *reading);

    /* --- fields ------------------------------------------------------------------------------------------------------ */
    /* The name of a field by its handle of system->field_find; valid until the next call. */
    const char *(*field_name)(int field, char *room, size_t size);
    bool (*is_expensive)(const char *field);
    /* ns that 1 stands for, when the field is a time; else 0. */
    sim_time (*unit)(const char *field);
    /* A field that takes a look at several nodes (how far one is behind). False: it is no such field, or undefined. */
    bool (*across)(const struct readings_view *view, uint16_t node, const char *field, int64_t *number);

    /* --- the whole --------------------------------------------------------------------------------------------------- */
    /* Whether all nodes are at rest, as far as one can see from outside; else `why`. */
    bool (*settled)(const struct readings_view *view, struct buffer *why);
    /* Metrics that can be counted from outside, and checks that can be judged; both end with NULL. */
    const char *const *metrics;
    int64_t (*metric)(const struct readings_view *view, const char *name);
    const char *const *checks;
    bool (*check)(const struct readings_view *view, const char *name, struct buffer *why);

    /* --- its log ----------------------------------------------------------------------------------------------------- */
    /* A line of the log file: false if it is not a message. The message is part of the line. */
    bool (*log_line)(struct bytes line, enum log_level *level, struct bytes *message);

    /* --- what is compared -------------------------------------------------------------------------------------------- */
    /* Why a scenario with this conf line, or this command, cannot be compared; NULL: it can. Words that are not known
     * before the run are empty. */
    const char *(*unlike_line)(const struct bytes *words, size_t count);
    const struct real_fact *facts; /* ends with field == NULL */
    /* Why a field's value cannot be the same on both sides; NULL: it can. */
    const char *(*unlike)(const char *field);
    /* Whether two values of a field differ in nothing but what goes on at rest; then how, in words; else NULL. */
    const char *(*near)(const char *field, const char *model, const char *real);
    /* Appends what can be compared of a log message (numbers and ids left out); false: nothing. */
    bool (*log_fact)(struct bytes message, struct buffer *out);
    /* Why the reply to a command cannot be compared; NULL: it can, after reply_fact. */
    const char *(*unlike_reply)(struct bytes request);
    void (*reply_fact)(struct bytes text, struct buffer *out);
};

#endif
