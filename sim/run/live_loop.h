/* The life of a live server's event loop, for live.c. */
#ifndef SIM_RUN_LIVE_LOOP_H
#define SIM_RUN_LIVE_LOOP_H

struct live;
struct costs;

/* Everything but its node: the pools must be there. */
void live_loop_init(struct live *l, const struct costs *costs);
/* Boots the node and serves until it exits. */
void live_loop_run(struct live *l);
/* Closes what is open. */
void live_loop_end(struct live *l);

#endif
