/* Inside the world: the machines, the process on each, and its event loop. Private to sim/world. */
#ifndef SIM_WORLD_MACHINE_H
#define SIM_WORLD_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/disk.h"
#include "sim/world/ring.h"
#include "sim/world/ties.h"
#include "sim/world/world.h"

struct wire;
struct tcp;

struct world {
    struct pool *pool;
    struct trace *trace;
    struct queue *queue;
    uint64_t seed;
    uint64_t *probes;
    struct ties ties;
    struct machine **machines;
    uint16_t count, room;
    uint32_t connections; /* made so far: the last connection's number */
    sim_time now;
    uint64_t fired;          /* events */
    uint64_t changes;        /* turns and ends of processes */
    uint64_t delivered;      /* bytes */
    bool inside;             /* an event of the world's own fires (not one of the run's): a free host may run at once */
    struct machine *turning; /* whose node is being called */
    struct ring local;       /* machines that local bytes made ready */
    struct ring ended;       /* connections that nobody holds any more, to be recycled */
    struct segment *spare_segments;
    const struct packet_tap *tap; /* NULL: nobody looks at packets */
};

enum process_state { PROCESS_NONE, PROCESS_RUNNING, PROCESS_EXITING /* its last turn is over, not its CPU time */ };

/* A machine, its kernel and the process on it. */
struct machine {
    struct host host; /* first: a host is its machine */
    struct world *world;
    enum party_kind kind;
    struct party_setup setup;

    enum process_state process;
    bool paused;
    bool kernel_up; /* false from a power loss to the next start */
    bool started;   /* a process ran here before */

    /* the event loop */
    struct event turn;   /* the next turn, when it is not due at once */
    sim_time busy_until; /* the CPU is taken until then */
    sim_time paused_since;
    sim_time spent; /* in the turn that runs */
    sim_time last_turn;
    bool boot_due, terminate_due;
    bool doomed; /* killed by the OOM killer in the turn that runs */
    struct ring connection_events, readables, due_timers, child_pipes;
    struct ring armed_timers; /* in the queue */
    struct ring writers;      /* sockets written to in this turn, in order */
    struct ring local;        /* in world->local */

    /* the kernel's tables */
    struct ring sockets, left_sockets;
    uint16_t *ports; /* listened on */
    uint32_t port_count, port_room;
    struct wire **wires; /* to each party, made at first use */
    uint16_t wire_room;

    struct disk disk;
    struct ring children;
    struct child *stepping; /* the child whose step runs */
    uint32_t child_count;   /* forked so far */
    int fork_failing;

    /* the wall clock: base + (now - since) * (1 + ppm / 1,000,000) */
    sim_time wall_base, wall_since;
    int64_t wall_ppm;
};

extern const struct host_ops world_host_ops;

static inline struct machine *machine_of(const struct host *h) {
    return CONTAINER_OF(h, struct machine, host);
}
static inline struct machine *world_machine(const struct world *w, uint16_t party) {
    return w->machines[party];
}

/* Killed, or exited, in the turn that runs: the node is not called any more. */
static inline bool machine_is_over(const struct machine *m) {
    return m->doomed || m->process == PROCESS_EXITING;
}

/* --- machine.c ------------------------------------------------------------------------------------------ */

void machine_init(struct machine *m);
/* Something became ready: runs a turn now, or when the CPU is free. The last thing an event does. */
void machine_wake(struct machine *m);
/* The same for what came over a local connection: first of its instant, and world_run_local runs it. */
void machine_wake_local(struct machine *m);
/* Runs a turn if the process is free and something is ready. */
void machine_turn_if_free(struct machine *m);
/* When what is done now leaves the process: inside a turn after the CPU time spent so far. */
sim_time machine_departure(const struct machine *m);
/* Ends the process, if there is one. */
bool machine_end(struct machine *m, enum process_end how);
/* Sets host->now and host->wall to the world's time. */
void machine_set_clock(struct machine *m);
/* The same, for those who look at the process from outside. */
void machine_look(struct host *h);

void machine_timer_at(struct host *h, struct host_timer *t, sim_time at);
void machine_timer_stop(struct host *h, struct host_timer *t);
void machine_exit(struct host *h, int code);

/* Tells the trace, at the world's time. */
void machine_note(struct machine *m, struct happening h);
/* Inserts an event of the world's own; `subject` orders it among those of its instant. */
void world_event_at(struct world *w, struct event *e, sim_time at, uint64_t subject);
/* The same for local deliveries: before all other events of the world's own. */
void world_event_at_first(struct world *w, struct event *e, sim_time at);

/* Subjects of the tie policy: events of one subject keep their order. */
static inline uint64_t machine_subject(const struct machine *m) {
    return m->host.index;
}

#endif
