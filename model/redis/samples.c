/* Figures of a node over time, for plots: under INFO's names where INFO has them. */
#include <assert.h>

#include "model/redis/model.h"
#include "model/redis/server.h"

const char *const samples_names[] = {
    "master_repl_offset",       /* bytes; of a replica: applied */
    "lag_bytes",                /* its master's offset minus its own; 0 for a master */
    "used_memory",              /* bytes */
    "replica_output_bytes",     /* the largest of what its replicas are charged with against their output limit */
    "replica_output_hard",      /* that limit: bytes, 0 for none */
    "replica_output_soft",
    "repl_backlog_histlen",     /* bytes */
    "repl_backlog_size",        /* bytes: the setting */
    "current_cow_size",         /* bytes copied since the fork of the running child */
    "rdb_bgsave_in_progress",   /* 1 or 0 */
    "dbsize",                   /* keys in all databases */
    "total_commands_processed", /* since its start */
    "connected_slaves",         /* in any state */
    "master_link_state",        /* enum link_state; 0 for a master */
    NULL,
};

enum { SAMPLES = sizeof(samples_names) / sizeof(samples_names[0]) - 1 };

static int64_t largest_replica_output(const struct server *s) {
    uint64_t largest = 0;
    const struct client *c;
    TAILQ_FOREACH(c, &s->replicas, replicas) {
        if (client_output_memory(c) > largest) largest = client_output_memory(c);
    }
    return (int64_t)largest;
}

/* A limit below the backlog's size is raised to it (reference 7.5). */
static int64_t hard_limit(const struct server *s) {
    int64_t hard = s->config.limits[LIMIT_REPLICA].hard;
    return hard && hard < s->config.repl_backlog_size ? s->config.repl_backlog_size : hard;
}

static int64_t lag_of(const struct model *model, const struct server *s) {
    uint16_t upstream = model_upstream(model, s);
    const struct server *above = upstream == NO_PARTY ? NULL : model->nodes[upstream].server;
    return above ? above->repl.offset - s->repl.offset : 0;
}

bool samples_take(struct model *model, uint16_t party, int64_t *out) {
    assert(party < model->node_count);
    const struct server *s = model->nodes[party].server;
    if (!s) return false;
    bool saving = save_running(s);
    const int64_t values[SAMPLES] = {
        s->repl.offset,
        lag_of(model, s),
        (int64_t)server_memory(s),
        largest_replica_output(s),
        hard_limit(s),
        s->config.limits[LIMIT_REPLICA].soft,
        s->repl.backlog ? s->repl.histlen : 0,
        s->config.repl_backlog_size,
        saving && s->save.work ? (int64_t)save_work_copied(s->save.work) : 0,
        saving,
        (int64_t)keyspace_total(s->ks),
        (int64_t)s->stats.commands_processed,
        (int64_t)s->replica_count,
        s->link.state,
    };
    memcpy(out, values, sizeof(values));
    return true;
}
