/* Everything modelled in one run, as the files that answer for struct system share it.
 *
 *   system.c           making servers and clients, and the table itself
 *   fields.c           fields: INFO's, and those that look from outside
 *   lag.c              since when a replica is behind
 *   rest.c             whether anything will still change
 *   samples.c          figures over time
 *   dataset.c          `dataset` lines
 *   wire.c             requests and replies as the timeline's commands and reports need them
 *   happening_text.c   happenings in words */
#ifndef MODEL_REDIS_MODEL_H
#define MODEL_REDIS_MODEL_H

#include "model/redis/keyspace.h"
#include "sim/run/system.h"

struct server;
struct checks;
struct workload;
struct lag;

struct model_node {
    const char *name;
    uint64_t defects;                          /* 1 << enum defect */
    uint16_t replicaof;                        /* of its `node` line; NO_PARTY */
    uint16_t port;                             /* on which it listens, or will */
    const struct model_dataset_setup *dataset; /* NULL: begins empty */
    struct server *server;                     /* NULL: no process */
    struct host *host;                         /* of that process */
    uint64_t full_syncs, partial_syncs;        /* of the processes that are over */
    bool cut_off; /* its master is out of reach by a fault without an end: as last told to model_settled */
};

struct model {
    struct pool *pool, *scratch;
    struct trace *trace;
    struct model_node *nodes; /* by party index */
    uint16_t node_count;
    struct workload **clients; /* by party index - node_count */
    uint16_t client_count;
    const char **names; /* of all nodes */
    struct checks *checks;
    struct lag *lag;
    struct digest_cache {
        struct dataset_digest of; /* running digest */
        char hex[41];             /* "" : nothing cached */
    } * digests;                  /* by party index */
};

/* The running server of a node, its clocks set to the present; NULL if it has no process. */
const struct server *model_look(const struct model *model, uint16_t party);

/* The node that a server replicates from: NO_PARTY for a master, or if no node has that name and port. */
uint16_t model_upstream(const struct model *model, const struct server *s);

/* Whether a replica's link is up on both sides: connected, and online for its master. */
bool model_link_is_up(const struct model *model, uint16_t party);

/* struct system's functions that have a file of their own. */
int fields_find(const char *name);
void fields_read(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text);
void fields_each(struct model *model, uint16_t party,
                 void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                 void *ctx);
bool model_settled(struct model *model, const struct rest_view *view, struct buffer *why);
extern const char *const samples_names[];
bool samples_take(struct model *model, uint16_t party, int64_t *out);

#endif
