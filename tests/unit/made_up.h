/* A made-up system and made-up runs for the tests of reports/: what a master and its replicas could have told. */
#ifndef TESTS_UNIT_MADE_UP_H
#define TESTS_UNIT_MADE_UP_H

#include <string.h>

#include "sim/run/recorder.h"

enum made_up_kind { MADE_UP_WRITE = TRACE_MODEL };

static inline const char *made_up_kind_name(unsigned kind) {
    return kind == MADE_UP_WRITE ? "write" : NULL;
}

static inline void made_up_text(struct model *model, const struct happening *h, struct buffer *out) {
    (void)model;
    if (h->kind == MADE_UP_WRITE) buffer_printf(out, "offset %lld", (long long)h->a);
}

static inline void made_up_op_text(struct bytes wire, struct buffer *out) {
    buffer_put(out, wire.at, wire.len);
}

/* The second word of "SET k v". */
static inline struct bytes made_up_op_key(struct bytes wire) {
    const char *blank = memchr(wire.at, ' ', wire.len);
    const char *end = wire.at + wire.len;
    const char *key_end;

    if (!blank) return (struct bytes){wire.at, 0};
    key_end = memchr(blank + 1, ' ', (size_t)(end - blank - 1));
    return (struct bytes){blank + 1, (size_t)((key_end ? key_end : end) - blank - 1)};
}

static const char *const made_up_samples[] = {"master_repl_offset",
                                              "lag_bytes",
                                              "used_memory",
                                              "replica_output_bytes",
                                              "replica_output_hard",
                                              "replica_output_soft",
                                              "repl_backlog_histlen",
                                              "repl_backlog_size",
                                              "current_cow_size",
                                              "rdb_bgsave_in_progress",
                                              "connected_slaves",
                                              "master_link_state",
                                              NULL};
enum made_up_sample {
    E_OFFSET,
    E_LAG,
    E_MEMORY,
    E_OUTPUT,
    E_HARD,
    E_SOFT,
    E_HISTLEN,
    E_BACKLOG,
    E_COPIED,
    E_SAVING,
    E_REPLICAS,
    E_LINK,
    E_SAMPLES
};

static const struct system made_up_system = {
    .name = "made-up",
    .sample_names = made_up_samples,
    .happening_name = made_up_kind_name,
    .happening_text = made_up_text,
    .op_text = made_up_op_text,
    .op_key = made_up_op_key,
};

static const char *const made_up_parties[] = {"m", "r1", "r2", "load", "console"};
enum made_up_party { E_M, E_R1, E_R2, E_LOAD, E_CONSOLE, E_PARTIES };

static const char made_up_scenario[] = "scenario \"A cut outgrows the backlog\"\n\n# made up for the tests\nnode m\n"
                                       "node r1 r2 replicaof m\nat 20s cut m r2 for 12s\nexpect converged\n";

/* An identity with three nodes, a client and the console. */
static inline struct run_identity made_up_identity(const char *file, uint64_t seed, uint64_t number) {
    return (struct run_identity){.scenario_file = file,
                                 .scenario_text = made_up_scenario,
                                 .scenario_len = sizeof made_up_scenario - 1,
                                 .title = "A cut outgrows the backlog",
                                 .seed = seed,
                                 .number = number,
                                 .party_names = made_up_parties,
                                 .party_count = E_PARTIES,
                                 .node_count = 3,
                                 .system = &made_up_system};
}

/* A made-up story of 60 s: full sync of r1 and r2, a cut of r2 from 20 s to 32 s that outgrows the backlog, a second
 * full sync, a crash of r1 from 45 s to 50 s. */

enum { E_RATE = 40000 /* bytes a second */, E_BACKLOG_SIZE = 262144 };

static inline bool made_up_within(int64_t ms, int64_t from, int64_t until) {
    return ms >= from && ms < until;
}

static inline int64_t made_up_offset_of_replica(uint16_t node, int64_t ms, int64_t offset) {
    int64_t own = offset - 400;

    if (ms < 3000) return 0;
    if (node == E_R2 && made_up_within(ms, 20000, 36000)) own = (int64_t)20000 * E_RATE / 1000;
    if (node == E_R1 && made_up_within(ms, 50000, 53000)) own = (int64_t)45000 * E_RATE / 1000;
    return own < 0 ? 0 : own;
}

/* False: the node is down. */
static inline bool made_up_sample_at(uint16_t node, int64_t ms, int64_t *values) {
    int64_t offset = ms * E_RATE / 1000;
    bool saving = made_up_within(ms, 1000, 3000) || made_up_within(ms, 33000, 36000);
    int64_t saved = ms < 3000 ? ms - 1000 : ms - 33000;

    memset(values, 0, E_SAMPLES * sizeof *values);
    if (node == E_R1 && made_up_within(ms, 45000, 50000)) return false;
    values[E_MEMORY] = 2500000 + ms * 20;
    values[E_BACKLOG] = E_BACKLOG_SIZE;
    values[E_OFFSET] = node == E_M ? offset : made_up_offset_of_replica(node, ms, offset);
    if (node != E_M) {
        values[E_LAG] = offset - values[E_OFFSET];
        values[E_LINK] = 3;
        return true;
    }
    values[E_HISTLEN] = offset < E_BACKLOG_SIZE ? offset : E_BACKLOG_SIZE;
    values[E_OUTPUT] = saving                             ? saved * E_RATE / 1000 + 20000
                       : made_up_within(ms, 20000, 30000) ? (ms - 20000) * 40
                                                          : 0;
    values[E_SAVING] = saving;
    values[E_COPIED] = saving ? saved * 300 : 0;
    values[E_REPLICAS] = 2;
    values[E_HARD] = 256 << 20;
    values[E_SOFT] = 600000;
    return true;
}

static inline struct happening made_up_fault(sim_time at, bool begins, uint16_t node, uint16_t peer, const char *text) {
    return (struct happening){.at = at,
                              .kind = TRACE_FAULT,
                              .node = node,
                              .peer = peer,
                              .a = peer,
                              .b = begins,
                              .text = text,
                              .len = (uint32_t)strlen(text)};
}

/* Tells the story, from begin to just before end. */
static inline void made_up_tell(const struct recorder *recorder, const struct run_identity *identity) {
    const struct happening faults[] = {
        made_up_fault(20 * SIM_SECOND, true, E_M, E_R2, "cut m r2 for 12s"),
        made_up_fault(32 * SIM_SECOND, false, E_M, E_R2, "cut m r2 for 12s"),
        made_up_fault(45 * SIM_SECOND, true, E_R1, NO_PARTY, "crash r1 for 5s"),
        made_up_fault(50 * SIM_SECOND, false, E_R1, NO_PARTY, "crash r1 for 5s"),
        made_up_fault(55 * SIM_SECOND, true, E_M, E_R1, "reset m r1"),
    };

    recorder->ops->begin(recorder->ctx, identity);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct happening fault = faults[i];

        fault.seq = i;
        (recorder->ops->fault ? recorder->ops->fault : recorder->ops->happening)(recorder->ctx, &fault);
    }
    for (int64_t ms = 0; ms <= 60000 && recorder->ops->sample; ms += 100)
        for (uint16_t node = 0; node < 3; node++) {
            int64_t values[E_SAMPLES];
            struct sample_record sample = {ms * SIM_MS, node, values};

            if (made_up_sample_at(node, ms, values)) recorder->ops->sample(recorder->ctx, &sample);
        }
}

/* Ends it, passed or failed. */
static inline bool made_up_end(const struct recorder *recorder, const struct run_identity *identity, bool passed) {
    const struct check_result checks[] = {
        {"converged", passed ? VERDICT_OK : VERDICT_VIOLATION, !passed, passed ? "" : "r2 has offset 12, m has 15",
         passed ? -1 : 60 * SIM_SECOND},
        {"prefix", VERDICT_OK, 0, "", -1},
    };
    const struct expectation_result expectations[] = {
        {7, "expect converged", passed, passed ? "" : "r2 is not online", 60 * SIM_SECOND},
    };
    const struct node_field fields[] = {
        {E_M, "role", false, 0, "master"},  {E_M, "dbsize", true, 5000, NULL}, {E_R1, "role", false, 0, "slave"},
        {E_R1, "dbsize", true, 5000, NULL}, {E_R2, "role", false, 0, "slave"}, {E_R2, "dbsize", true, 4998, NULL},
    };
    const struct named_number metrics[] = {{"full_syncs", 3}, {"partial_syncs", 1}, {"lost_acked_writes", 2}};
    const struct named_number fault_counts[] = {{"cut", 1}, {"crash", 1}, {"reset", 1}};
    const struct named_number probes[] = {{"link-up", 4}, {"fork-failed", identity->number == 1}, {"moonshot", 0}};
    const char *const notes[] = {"line 6 never fired"};
    const struct run_result result = {.identity = identity,
                                      .passed = passed,
                                      .trace = UINT64_C(0x9f2c41d07be8a316) + identity->seed,
                                      .events = 48213,
                                      .sim_ns = 60 * SIM_SECOND,
                                      .wall_ns = 9 * SIM_MS,
                                      .failure = passed ? NULL : "converged: r2 has offset 12, m has 15 (t=60s)",
                                      .failed_at = passed ? -1 : 60 * SIM_SECOND,
                                      .checks = checks,
                                      .check_count = 2,
                                      .expectations = expectations,
                                      .expectation_count = 1,
                                      .fields = fields,
                                      .field_count = 6,
                                      .metrics = metrics,
                                      .metric_count = 3,
                                      .faults = fault_counts,
                                      .fault_count = 3,
                                      .probes = probes,
                                      .probe_count = 3,
                                      .notes = notes,
                                      .note_count = 1};

    return recorder->ops->end(recorder->ctx, &result);
}

#endif
