/* Names of a scenario's nodes and addresses of real servers.
 *
 * All of a run lies in one block of loopback addresses, 127.B.*.*. Node y is 127.B.x.y for node x (both counted from
 * 1), and 127.B.y.y is where its server listens. So an address in whatever text means one node, whoever wrote it; a
 * port that follows such an address is put back into the scenario's. */
#ifndef SIM_RUN_CONFORM_NAMES_H
#define SIM_RUN_CONFORM_NAMES_H

#include <netinet/in.h>

#include "sim/run/system.h"

enum { NAMES_NODES_MAX = 250, NAMES_IP_ROOM = 16 };

struct names {
    unsigned block; /* B: 1 to 254 */
    size_t node_count;
    const char **nodes;
    uint16_t *model_ports; /* the scenario's */
    uint16_t *real_ports;
};

/* The node of that name; NO_PARTY if there is none. */
uint16_t names_find(const struct names *names, struct bytes name);
/* The address by which `from` knows `to`. */
struct in_addr names_address(const struct names *names, uint16_t from, uint16_t to);
void names_ip(const struct names *names, uint16_t from, uint16_t to, char ip[NAMES_IP_ROOM]);

/* Appends a text with addresses, and ports that follow them, put back. */
void names_put_back(const struct names *names, struct bytes text, struct buffer *out);
/* The same for all texts of a reply: a port is also the element after an address. Memory is the pool's. */
void names_put_back_reply(const struct names *names, struct pool *pool, struct reply *reply);

#endif
