/* The simulated world, as the run sees it: hosts, links, faults, and the loop that fires events in order.
 *
 * Everything here is addressed by party index: servers first, then clients, then the run's own consoles, in
 * the order in which they were added. */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/world/host.h"
#include "sim/world/queue.h"

struct world;

/* How events of one instant are ordered. Ties of the scenario's own lines are not subject to it. */
enum tie_kind { TIE_FIFO, TIE_RANDOM, TIE_PCT };
struct tie_policy {
    enum tie_kind kind;
    unsigned depth; /* pct: how many priority changes */
};

struct world_setup {
    struct pool *pool;
    struct trace *trace;
    uint64_t seed;
    struct tie_policy ties;
    uint64_t *probes; /* counters for host_probe(); NULL: nothing is counted */
};

struct world *world_create(const struct world_setup *setup);

/* What sort of party a host is. A console is the run's own hand on the machines: its connections are local
 * (no delay, no loss, never cut), its CPU costs nothing. */
enum party_kind { PARTY_SERVER, PARTY_CLIENT, PARTY_CONSOLE };

/* Makes the process on a host: sets host->node and host->node_ops. Called in a turn of that host. */
typedef void world_boot_fn(void *ctx, struct host *host);

struct party_setup {
    const char *name;
    enum party_kind kind;
    struct costs costs;
    world_boot_fn *boot;
    /* The process is over (crash, power loss, exit): its memory is gone. May be NULL. */
    void (*gone)(void *ctx, struct host *host);
    void *ctx;
};

/* Adds a host, off. Returns its party index. */
uint16_t world_add(struct world *w, const struct party_setup *setup);
struct host *world_host(struct world *w, uint16_t party);
uint16_t world_party_count(const struct world *w);
uint16_t world_find(const struct world *w, const char *name); /* NO_PARTY if none */
enum party_kind world_party_kind(const struct world *w, uint16_t party);

/* --- time ------------------------------------------------------------------------------------------ */

sim_time world_now(const struct world *w);
/* The time of the next event, SIM_NEVER if nothing is pending. */
sim_time world_next(struct world *w);
/* Fires the next event; false if there was none. */
bool world_step(struct world *w);
/* Moves time to `at` without an event; at must not lie past world_next(). */
void world_skip_to(struct world *w, sim_time at);
uint64_t world_events_fired(const struct world *w);

/* The run's own events (timeline, chaos, generators): fire before everything else of their instant, in the
 * order of `rank`, then of scheduling. */
void world_schedule(struct world *w, struct event *e, sim_time at, uint32_t rank);
void world_cancel(struct world *w, struct event *e);

/* Runs what a console's writes made ready, on every host that is free, and the replies on consoles, until
 * nothing local is ready: a command of the timeline is executed at the instant, and place, of its line. */
void world_run_local(struct world *w);

/* --- hosts ------------------------------------------------------------------------------------------ */

enum process_end { END_CRASH, END_POWER, END_EXIT, END_OOM };

/* Starts a process on an idle host now; the boot function runs in its first turn, at once.
 * False if one is running. */
bool world_start(struct world *w, uint16_t party);
/* SIGKILL: connections are reset by the surviving kernel, files stay as the kernel has them. */
bool world_crash(struct world *w, uint16_t party);
/* Power loss: connections stay half-open at their peers, what was not fsynced may be gone or torn. */
bool world_power(struct world *w, uint16_t party);
/* SIGTERM, handled in a turn. False if the process is not running. */
bool world_terminate(struct world *w, uint16_t party);
/* SIGSTOP / SIGCONT (nesting is not counted). False if nothing changed. */
bool world_pause(struct world *w, uint16_t party);
bool world_resume(struct world *w, uint16_t party);
bool world_alive(const struct world *w, uint16_t party);
/* The process will end by itself: SIGTERM waits to be handled, or it has exited and its last turn's CPU time runs. */
bool world_ending(const struct world *w, uint16_t party);
bool world_paused(const struct world *w, uint16_t party);
/* Until when the party's CPU is taken; not after now: it is free. */
sim_time world_busy_until(const struct world *w, uint16_t party);
/* When the party's last turn ran: to know whether anything can have changed. */
sim_time world_last_turn(const struct world *w, uint16_t party);
/* Counts turns and ends of all hosts: equal numbers, nothing changed in between. */
uint64_t world_change_count(const struct world *w);

/* The wall clock: jumps by d, or runs faster by ppm from now on. */
void world_clock_jump(struct world *w, uint16_t party, sim_time d);
void world_clock_drift(struct world *w, uint16_t party, int64_t ppm);
/* Where the party's wall clock stands at time 0 (ns since 1970). */
void world_clock_set(struct world *w, uint16_t party, sim_time wall);

/* Children of a host. False if there is none (or, for resume, none is stalled). */
bool world_child_kill(struct world *w, uint16_t party, int signal);
bool world_child_stall(struct world *w, uint16_t party);
bool world_child_resume(struct world *w, uint16_t party);
bool world_has_child(const struct world *w, uint16_t party);
/* While the count is above 0 fork() fails. */
void world_fork_failing(struct world *w, uint16_t party, int by);

/* --- disks ------------------------------------------------------------------------------------------ */

void world_disk_full(struct world *w, uint16_t party, int by);  /* counted: full while above 0; never below */
void world_disk_error(struct world *w, uint16_t party, int by); /* counted */
void world_disk_ok(struct world *w, uint16_t party);
/* 0: the rate of the costs. */
void world_disk_rate(struct world *w, uint16_t party, int64_t bytes_per_second);
bool world_disk_remove(struct world *w, uint16_t party, const char *name);
/* Flips one bit of the byte at `offset` (-1: drawn). False if there is no such byte. */
bool world_disk_flip(struct world *w, uint16_t party, const char *name, int64_t offset);
/* The file's bytes as the kernel has them; at == NULL if there is none. */
struct bytes world_disk_read(struct world *w, uint16_t party, const char *name);
void world_disk_write(struct world *w, uint16_t party, const char *name, struct bytes contents);

/* --- links: directed, from a to b ------------------------------------------------------------------- */

struct link {
    struct spread latency;  /* ns, drawn for each segment; order is kept */
    uint32_t loss_ppm;      /* of segments; costs retransmission time */
    int64_t bandwidth;      /* bytes a second */
    int64_t buffer;         /* bytes in socket buffers, sender's and receiver's together, one direction */
    uint32_t duplicate_ppm; /* datagrams only */
    uint32_t reorder_ppm;   /* datagrams only */
};

struct link link_default(void);
struct link *world_link(struct world *w, uint16_t a, uint16_t b);

/* Cuts are counted: packets vanish while the count is above 0. So are refusals: connections are refused. A count
 * does not fall below 0: undoing what world_heal cleared does nothing. */
void world_cut(struct world *w, uint16_t a, uint16_t b, int by);
bool world_is_cut(const struct world *w, uint16_t a, uint16_t b);
/* Resets what is open between the two (either way) and refuses new ones while counted above 0. */
void world_refuse(struct world *w, uint16_t a, uint16_t b, int by);
bool world_is_refused(const struct world *w, uint16_t a, uint16_t b);
/* Resets the open connections between them; how many there were. */
unsigned world_reset(struct world *w, uint16_t a, uint16_t b);
/* Clears cuts and refusals both ways. */
bool world_heal(struct world *w, uint16_t a, uint16_t b);

/* Bytes in flight or unread from a to b. */
uint64_t world_in_flight(const struct world *w, uint16_t a, uint16_t b);
/* Bytes that all links have delivered. */
uint64_t world_bytes_delivered(const struct world *w);

/* --- a tap on the wires ------------------------------------------------------------------------------ */

enum { PACKET_FIN = 1, PACKET_SYN = 2, PACKET_RST = 4, PACKET_PSH = 8, PACKET_ACK = 16 }; /* the bits of TCP's header */

/* A packet as its sender's interface sees it: whether it arrives, nobody knows yet. What is sent again is seen
 * again. */
struct packet {
    sim_time at;       /* when it leaves, not before now */
    uint16_t from, to; /* parties */
    uint16_t from_port, to_port;
    uint32_t conn;     /* number of the connection in the run */
    uint64_t seq, ack; /* counted from 0, which the SYN takes; FIN takes one, too */
    uint64_t window;   /* bytes that the sender can still take */
    unsigned flags;
    struct bytes payload[2]; /* one after the other; valid during the call */
};

struct packet_tap {
    void (*packet)(void *ctx, const struct packet *p);
    /* Packets of `from` on this connection that were to leave after now never do: its process is gone. */
    void (*unsent)(void *ctx, uint16_t from, uint32_t conn);
    void *ctx;
};

/* Shows every packet from now on to the tap, which the caller keeps. The tap changes nothing in the world. */
void world_tap(struct world *w, const struct packet_tap *tap);

#endif
