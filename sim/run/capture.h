/* A capture of a run's traffic as a pcapng file, which Wireshark and tshark read.
 *
 * Each packet is seen once, as it leaves its sender's interface: lost ones too, and those sent again. Every party has
 * an interface and an IPv4 address of its own (10.0.0.1 is the first node); names resolve to them inside the file.
 * Times are the world's, in ns; sequence numbers begin at a number that follows from the connection's. */
#ifndef SIM_RUN_CAPTURE_H
#define SIM_RUN_CAPTURE_H

#include <stdbool.h>

#include "sim/world/world.h"

struct capture;

/* Creates the file (truncates it). NULL: it cannot be written, errno says why. */
struct capture *capture_open(struct pool *pool, const char *path);
/* Taps the world, whose parties are all there. The capture lives in its pool until capture_close. */
void capture_attach(struct capture *c, struct world *w);
/* Writes what is left. False, with errno: something could not be written. */
bool capture_close(struct capture *c);

#endif
