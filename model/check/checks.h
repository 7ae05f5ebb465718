/* The judges of a run: every promise of the protocol, checked from what happened.
 *
 * The checkers hear the trace (model/redis/happenings.h) and, for questions about the state at rest, look at the
 * nodes through one read-only callback. They never touch the model. One history (history.h) is shared by all:
 * the true succession of datasets, seen from outside, and where each node truly stands in it (standing.h).
 *
 * A broken promise is a violation; what asynchronous replication permits and users want to know of is an anomaly;
 * unknown says that a judgement was not possible, and why. Each result carries how often it happened and the
 * first time in words: who diverged from whom, at which offset, by which command. */
#ifndef MODEL_CHECK_CHECKS_H
#define MODEL_CHECK_CHECKS_H

#include "model/redis/keyspace.h"
#include "sim/run/system.h"
#include "sim/world/trace.h"

/* What a node looks like now, from outside. */
struct node_look {
    bool loading;
    bool master;
    uint16_t upstream;   /* a replica's master; NO_PARTY for a master, or if the name is no node's */
    bool link_up;        /* a replica's link to its master: connected, and online on the master's side */
    bool master_cut_off; /* its master is out of reach by a fault without an end: nothing is promised */
    const char *replid;  /* 40 characters; valid until the next look */
    int64_t offset;      /* a replica's applied offset */
    struct dataset_digest digest;
};

/* Fills `look`; false: no process, or one that has not booted. */
typedef bool node_look_fn(void *ctx, uint16_t node, struct node_look *look);

struct checks_setup {
    struct pool *pool;
    struct trace *trace;
    const char *const *names; /* of nodes, by party index; stay valid during the run */
    size_t node_count;
    const char *const *allowed; /* checks that `allow` switched off */
    size_t allowed_count;
    node_look_fn *look;
    void *ctx;
};

struct checks;

/* The words of the scenario language that are judged or counted here, for the model's vocabulary; they end with
 * name == NULL. `settled` and the metrics that the run or the servers count themselves (full_syncs, partial_syncs,
 * bytes_sent, events, errors) are listed too, so that the vocabulary is in one place, but answered elsewhere. */
extern const struct check_word checks_words[];
extern const struct metric_word checks_metrics[];

/* Starts listening: before any node boots. Memory is the pool's. */
struct checks *checks_create(const struct checks_setup *setup);

/* The last judgements, once: at rest, or stopped by `end D`. */
void checks_finish(struct checks *checks, bool at_rest);

/* The results of all checks that were judged and not allowed, in the vocabulary's order (`settled` is the run's).
 * Those that judge only at rest appear after checks_finish(checks, true). */
size_t checks_count(const struct checks *checks);
struct check_result checks_get(const struct checks *checks, size_t i);

/* Whether a check holds at this instant: `converged` by looking at the nodes now, the others if they were not broken
 * so far. If not, `why` gets the reason. False, too, for a name that is not judged here. */
bool checks_hold(struct checks *checks, const char *name, struct buffer *why);

/* A metric that is counted here (lost_acked_writes, resync_loops, refused_writes); false if it is not. */
bool checks_metric(struct checks *checks, const char *name, struct field_value *value);

/* Whether a promise was broken for good: the run may stop early. */
bool checks_broken(const struct checks *checks);

#endif
