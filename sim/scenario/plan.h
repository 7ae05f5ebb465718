/* A scenario as plain data: what scenario text becomes, and what a run is made from.
 *
 * Statements keep the file's order. Names are resolved to party indexes: nodes in order of declaration,
 * then clients in order of declaration. All memory is the pool's that the text was read into. */
#ifndef SIM_SCENARIO_PLAN_H
#define SIM_SCENARIO_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/scenario/vocabulary.h"
#include "sim/world/chance.h"
#include "sim/world/pool.h"
#include "sim/world/units.h"

/* Where something stands in the file; 1-based; column counts bytes. */
struct place {
    uint32_t line;
    uint32_t column;
};

/* NODES or a name: the parties meant, in order of index, without repetition. */
struct party_set {
    const char *text; /* as written */
    uint16_t *party;
    size_t count;
    unsigned rank; /* 0 `*`, 1 a glob, 2 a name or a list */
};

/* The name of a random stream: everything a line draws comes from chance_named(seed, purpose, a, b, nth). */
struct stream_name {
    const char *purpose; /* the kind of the statement: "at", "every", "chaos", "client" ... */
    const char *names;   /* its names, e.g. "cut m r", or "m SET k 1" */
    uint32_t nth;        /* how many earlier lines have the same key */
};

enum compare { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_GLOB };

/* NODE.FIELD[@T][+N]: a value read from a node. */
struct field_ref {
    struct place place;
    struct party_set nodes; /* one node, or every node for *.FIELD (all == true) */
    bool all;
    const char *field;
    bool at_set; /* @T */
    sim_time at;
    int64_t plus; /* +N, -N */
};

enum operand_kind { OPERAND_NUMBER, OPERAND_TEXT, OPERAND_FIELD };

struct operand {
    enum operand_kind kind;
    const char *text;     /* as written, quotes removed */
    bool quoted;          /* always text */
    int64_t number;       /* plain number or size */
    bool is_duration;     /* number is in ns: compared with a duration field, scaled to the field's unit */
    bool is_either;       /* "5m" is a size and a duration: number is the size, `duration` counts for a field of time */
    sim_time duration;
    struct field_ref ref;
};

enum condition_kind { COND_CHECK, COND_FIELD, COND_METRIC, COND_LOG };

struct condition {
    enum condition_kind kind;
    const char *text; /* as written */
    const char *name; /* check or metric */
    struct field_ref left;
    struct party_set nodes; /* log */
    const char *glob;       /* log */
    enum compare op;        /* log: default >= 1 */
    struct operand right;
};

/* A word of a command: pieces put together at the instant of sending. */
/* PIECE_COUNTER, {n}, is the number of the firing of `every` from 0; 0 on other lines. */
enum piece_kind { PIECE_TEXT, PIECE_FIELD, PIECE_COUNTER, PIECE_REPEAT };
struct piece {
    enum piece_kind kind;
    struct bytes text; /* PIECE_TEXT; PIECE_REPEAT: the character, one byte */
    struct field_ref ref;
    int64_t times;
};
struct command_part {
    struct piece *pieces;
    size_t count;
};

/* What a reply must look like. */
enum pattern_kind { PATTERN_GLOB, PATTERN_NIL, PATTERN_NUMBER, PATTERN_ARRAY, PATTERN_CLOSED };
struct reply_pattern {
    enum pattern_kind kind;
    const char *glob;
    enum compare op; /* PATTERN_NUMBER */
    int64_t number;
    struct reply_pattern *items;
    size_t count;
};

struct command_action {
    const char *connection; /* NULL: the node's default connection */
    struct command_part *words;
    size_t word_count;
    bool has_reply;
    const char *reply_text; /* as written */
    struct reply_pattern reply;
    bool has_within;
    sim_time within;
};

enum link_prop { LINK_LATENCY, LINK_LOSS, LINK_BANDWIDTH, LINK_BUFFER, LINK_DUPLICATE, LINK_REORDER, LINK_PROPS };

/* `link` line or action: which directed pairs, which properties. */
struct link_change {
    bool everywhere; /* link * */
    uint16_t a, b;
    bool one_way;
    bool set[LINK_PROPS];
    struct spread latency;
    int64_t value[LINK_PROPS]; /* ppm, bytes a second, bytes; latency unused */
};

enum action_kind {
    ACT_COMMAND,
    ACT_CRASH,
    ACT_POWER,
    ACT_SHUTDOWN,
    ACT_RESTART,
    ACT_PAUSE,
    ACT_RESUME,
    ACT_CUT,
    ACT_REFUSE,
    ACT_RESET,
    ACT_ISOLATE,
    ACT_PARTITION,
    ACT_HEAL,
    ACT_LINK,
    ACT_CHILD_KILL,
    ACT_CHILD_STALL,
    ACT_CHILD_RESUME,
    ACT_FORK_FAIL,
    ACT_DISK_FULL,
    ACT_DISK_ERROR,
    ACT_DISK_SLOW,
    ACT_DISK_OK,
    ACT_DISK_REMOVE,
    ACT_DISK_FLIP,
    ACT_CLOCK_JUMP,
    ACT_CLOCK_DRIFT,
    ACT_START,
    ACT_STOP
};

struct conf_line {
    struct place place;
    struct bytes *words; /* directive, then its values */
    size_t word_count;
};

struct action {
    enum action_kind kind;
    struct place place;
    const char *text;   /* as written: for reports and for the trace */
    struct party_set a; /* nodes, or one side */
    struct party_set b; /* the other side of partition */
    uint16_t from, to;  /* cut, refuse, reset, heal, link: the two ends */
    bool one_way;       /* A->B */
    bool everything;    /* heal * */
    bool has_for;
    sim_time duration;     /* for D */
    struct conf_line with; /* restart NODES with DIRECTIVE VALUE... ; word_count 0 if none */
    struct link_change link;
    const char *file;      /* disk remove, flip */
    int64_t number;        /* rate, offset (-1: drawn), jump in ns, drift in ppm */
    struct command_action command;
};

enum fault_kind {
    FAULT_CUT,
    FAULT_REFUSE,
    FAULT_RESET,
    FAULT_ISOLATE,
    FAULT_CRASH,
    FAULT_POWER,
    FAULT_PAUSE,
    FAULT_CHILD_KILL,
    FAULT_FORK_FAIL,
    FAULT_DISK_FULL,
    FAULT_CLOCK_JUMP,
    FAULT_SLOW_LINK,
    FAULT_KINDS
};

struct chaos_fault {
    enum fault_kind kind;
    int64_t rate; /* per 1,000 s */
    struct spread duration;
    bool has_for; /* else duration is the default, exp:1s */
    const char *text;
    struct stream_name stream; /* of this fault alone: removing another one of its line changes nothing here */
};

enum expect_when { EXPECT_END, EXPECT_AT, EXPECT_BY, EXPECT_ALWAYS };

enum statement_kind {
    ST_SCENARIO,
    ST_MODEL,
    ST_SEED,
    ST_SETTLE,
    ST_END,
    ST_NODE,
    ST_CONF,
    ST_COST,
    ST_DATASET,
    ST_DEFECT,
    ST_ALLOW,
    ST_LINK,
    ST_CLIENT,
    ST_AT,
    ST_EVERY,
    ST_WHEN,
    ST_CHAOS,
    ST_EXPECT
};

struct statement {
    enum statement_kind kind;
    struct place place;
    const char *text;           /* the statement as written, continuation lines joined */
    struct stream_name stream;

    struct party_set nodes;     /* node (its names), conf, cost, dataset, defect, client (on NODES) */
    struct party_set clients;   /* client: the names it declares */
    const char *name;           /* scenario title, model, defect, allow, cost */
    uint64_t seed;
    sim_time duration;          /* settle, end */
    bool off;                   /* node ... off */
    struct option *options;     /* node, dataset, client */
    size_t option_count;
    struct option value;        /* cost */
    struct conf_line conf;
    struct link_change link;

    /* at, every, when, chaos */
    sim_time from;              /* at T, or the lower bound; every, when, chaos: from */
    bool has_from;
    sim_time until;             /* at: the upper bound of T1..T2, else == from; every, chaos: until */
    bool has_until;
    uint64_t times;             /* every */
    bool has_times;
    struct spread spacing;      /* every */
    struct condition condition; /* when, expect */
    sim_time after;             /* when: after D */
    struct action action;
    struct chaos_fault *faults;
    size_t fault_count;

    enum expect_when expect;    /* at / by: until == T; always: from, until where given */
};

struct plan_node {
    const char *name;
    const struct statement *statement;
};

struct plan_client {
    const char *name;
    const struct statement *statement;
    uint32_t ordinal; /* among the names of its line */
};

struct plan {
    const char *file; /* as given by the user */
    const char *title;
    const struct vocabulary *words;
    uint64_t seed; /* of the file; 1 where it names none */
    bool has_seed;
    sim_time settle;
    bool has_end;
    sim_time end;
    struct statement *statements;
    size_t statement_count;
    struct plan_node *nodes;
    size_t node_count;
    struct plan_client *clients;
    size_t client_count;
    const char **notes; /* what was accepted and changes nothing, for the run's notes: "line 4: ..." */
    size_t note_count;
    struct bytes source; /* the text it was read from */
};

/* The conf lines in force for a node at time 0: rank and order resolved (a name or list over a glob over `*`, later
 * over earlier, adding directives added up), in the file's order. The array is the pool's. */
struct conf_line *plan_conf(const struct plan *plan, uint16_t node, struct pool *pool, size_t *count);

/* When the timeline is over: the last instant that a line names or can draw (at, every, chaos and what they undo
 * after their time); what `when` lines set in motion comes on top at run time. Independent of expectations. */
sim_time plan_timeline_end(const struct plan *plan);

/* The name of a party (node or client). */
const char *plan_party_name(const struct plan *plan, uint16_t party);

const char *action_kind_name(enum action_kind kind);
const char *fault_kind_name(enum fault_kind kind);
const char *compare_text(enum compare op);

#endif
