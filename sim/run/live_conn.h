/* One connection of a live server, as live_socket.c (bytes) and live_connect.c (how it comes to be) share it. */
#ifndef SIM_RUN_LIVE_CONN_H
#define SIM_RUN_LIVE_CONN_H

#include <netdb.h>
#include <netinet/in.h>

#include "sim/run/live_host.h"

enum live_state {
    LIVE_RESOLVING,  /* a thread of libuv asks for addresses */
    LIVE_CONNECTING, /* poll tells how it went */
    LIVE_OPEN,
    LIVE_OVER, /* its end is to be told */
    LIVE_GONE  /* the node has let go of it */
};

enum live_tell { LIVE_TELL_ACCEPTED = 1, LIVE_TELL_CONNECTED = 2, LIVE_TELL_WRITABLE = 4, LIVE_TELL_CLOSED = 8 };

struct live_conn {
    struct conn conn;
    struct live *live;
    struct ring all, event, readable;
    enum live_state state;
    enum conn_end why;
    unsigned tell;   /* enum live_tell */
    uv_poll_t *poll; /* NULL while there is no socket */
    int fd;
    int watched; /* the events that poll watches */
    bool not_reading, want_write;
    bool idle;           /* the node left what is there: it is not asked again before it took something */
    bool at_end;         /* the peer has closed; what it sent may still lie in `held` or live->room */
    bool failed;         /* the socket has an error: once what came before it is read, the end is told */
    uint64_t drained_in; /* the turn in which a read found no more */
    struct buffer held;  /* read, but not consumed in the turn of the read */
    size_t held_at;
    uint16_t port; /* accepted: ours; connected: the peer's */
    uint16_t peer_port;
    char peer_name[INET6_ADDRSTRLEN];
    uv_getaddrinfo_t request;
    struct addrinfo *addresses, *next; /* those found, and the next to be tried */
};

static inline struct live_conn *live_conn_of(const struct conn *c) {
    return CONTAINER_OF(c, struct live_conn, conn);
}

struct live_conn *live_conn_new(struct live *l);
/* The socket is there: poll watches it. */
void live_conn_take_socket(struct live_conn *c, int fd, const struct sockaddr_storage *peer);
/* Gives the socket up. */
void live_conn_drop_socket(struct live_conn *c);
/* Makes poll watch what is wanted now. */
void live_conn_watch(struct live_conn *c);
void live_conn_tell_later(struct live_conn *c, enum live_tell what);
/* It is over, and the node will hear so. */
void live_conn_end(struct live_conn *c, enum conn_end why);
/* The node has let go of it: its memory goes when libuv has, too. */
void live_conn_release(struct live_conn *c);

/* live_connect.c: poll says something about a socket that is being connected. */
void live_connect_progress(struct live_conn *c);
/* live_connect.c: the node gives up a connection that is not there yet. */
void live_connect_cancel(struct live_conn *c);
/* live_connect.c: stops listening. */
void live_listeners_close(struct live *l);
/* live_connect.c: a connection less: those that had no room are looked at again. */
void live_listeners_retry(struct live *l);

#endif
