/* Connections of a live server: bytes in and out, and their end.
 *
 * The sockets are the server's own, libuv only polls them: host_write tells at once how much the kernel took. Bytes
 * are read when the node asks for them, into one room that all connections share; what the node leaves in it is kept
 * with the connection. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/run/live_conn.h"

/* --- making and giving back --------------------------------------------------------------------------------------- */

struct live_conn *live_conn_new(struct live *l) {
    struct live_conn *c = POOL_NEW(l->pool, struct live_conn);
    c->live = l;
    c->conn.host = &l->host;
    c->conn.id = ++l->connection_count;
    c->conn.peer = NO_PARTY;
    c->fd = -1;
    buffer_init(&c->held, l->pool);
    ring_add_last(&l->connections, &c->all);
    return c;
}

static void conn_free(struct live_conn *c) {
    buffer_free(&c->held);
    if (c->addresses) uv_freeaddrinfo(c->addresses);
    pool_free(c->live->pool, c, sizeof(*c));
}

static void poll_closed(uv_handle_t *handle) {
    struct live_conn *c = handle->data;
    free(handle);
    if (c) conn_free(c);
}

static void close_poll(struct live_conn *c, struct live_conn *to_free) {
    uv_poll_t *poll = c->poll;
    c->poll = NULL;
    c->watched = 0;
    poll->data = to_free;
    uv_close((uv_handle_t *)poll, poll_closed);
    close(c->fd);
    c->fd = -1;
}

void live_conn_drop_socket(struct live_conn *c) {
    if (c->poll) close_poll(c, NULL);
}

void live_conn_release(struct live_conn *c) {
    struct live *l = c->live;
    assert(c->state != LIVE_GONE);
    bool resolving = c->state == LIVE_RESOLVING;
    c->state = LIVE_GONE;
    ring_remove(&c->all);
    ring_remove(&c->event);
    ring_remove(&c->readable);
    if (l->reading == c) l->reading = NULL;
    if (c->poll) {
        close_poll(c, c);
        live_listeners_retry(l);
    } else if (resolving) {
        live_connect_cancel(c); /* the request holds it until it is over */
    } else {
        ring_add_last(&l->dead, &c->all); /* whoever is telling of it still looks at it */
    }
}

void live_free_dead(struct live *l) {
    struct ring *r;
    while ((r = ring_take_first(&l->dead))) conn_free(CONTAINER_OF(r, struct live_conn, all));
}

/* --- becoming ready ----------------------------------------------------------------------------------------------- */

void live_conn_tell_later(struct live_conn *c, enum live_tell what) {
    c->tell |= (unsigned)what;
    if (!ring_linked(&c->event)) ring_add_last(&c->live->events, &c->event);
    live_hurry(c->live);
}

void live_conn_end(struct live_conn *c, enum conn_end why) {
    assert(c->state != LIVE_GONE && why != CONN_OPEN);
    if (c->state == LIVE_OVER) return;
    c->state = LIVE_OVER;
    c->why = why;
    c->want_write = false;
    ring_remove(&c->readable);
    if (c->live->reading == c) c->live->reading = NULL;
    live_conn_watch(c);
    live_conn_tell_later(c, LIVE_TELL_CLOSED);
}

static bool has_bytes(const struct live_conn *c) {
    return c->held_at < c->held.len || (c->live->reading == c && c->live->room_at < c->live->room_len);
}

/* The peer closed, and all that it sent was read. */
static void check_end(struct live_conn *c) {
    if (c->state == LIVE_OPEN && c->at_end && !has_bytes(c)) live_conn_end(c, CONN_EOF);
}

static void ready_to_read(struct live_conn *c) {
    if (!ring_linked(&c->readable)) ring_add_last(&c->live->readables, &c->readable);
}

/* Nobody reads: only an end without bytes before it is worth telling. */
static void look_for_end(struct live_conn *c) {
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0) c->at_end = true;
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        live_conn_end(c, CONN_RESET);
        return;
    }
    check_end(c);
    c->watched = 0; /* it would be told again and again */
    if (c->state == LIVE_OPEN) uv_poll_stop(c->poll);
}

/* The socket has an error: libuv has stopped to poll it. What came before the error can still be read, as read(2) gives
 * it first. */
static void find_failed(struct live_conn *c) {
    c->watched = 0;
    c->failed = true;
    if (c->not_reading)
        live_conn_end(c, CONN_RESET);
    else
        ready_to_read(c);
}

static void polled(uv_poll_t *poll, int status, int events) {
    struct live_conn *c = poll->data;
    if (!c || c->state == LIVE_OVER) return;
    if (c->state == LIVE_CONNECTING) {
        live_connect_progress(c);
        return;
    }
    if (status < 0) {
        find_failed(c);
        return;
    }
    if (events & UV_WRITABLE) {
        c->want_write = false;
        live_conn_tell_later(c, LIVE_TELL_WRITABLE);
        live_conn_watch(c);
    }
    if (events & UV_READABLE)
        ready_to_read(c);
    else if (events & UV_DISCONNECT)
        look_for_end(c);
}

static int wanted_events(const struct live_conn *c) {
    if (c->state == LIVE_CONNECTING) return UV_WRITABLE;
    if (c->state != LIVE_OPEN || c->failed) return 0;
    bool reads = !c->not_reading && !c->idle && !c->at_end;
    return (reads ? UV_READABLE : c->at_end ? 0 : UV_DISCONNECT) | (c->want_write ? UV_WRITABLE : 0);
}

void live_conn_watch(struct live_conn *c) {
    int wanted = c->poll ? wanted_events(c) : 0;
    if (!c->poll || wanted == c->watched) return;
    c->watched = wanted;
    if (wanted)
        uv_poll_start(c->poll, wanted, polled);
    else
        uv_poll_stop(c->poll);
}

/* --- the socket --------------------------------------------------------------------------------------------------- */

static void set_options(int fd) {
    enum { KEEPALIVE_SECONDS = 300 };
    const int on = 1, idle = KEEPALIVE_SECONDS, between = KEEPALIVE_SECONDS / 3, times = 3;
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, 4 /* TCP_KEEPIDLE */, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, 5 /* TCP_KEEPINTVL */, &between, sizeof(between));
    setsockopt(fd, IPPROTO_TCP, 6 /* TCP_KEEPCNT */, &times, sizeof(times));
}

static void note_peer(struct live_conn *c, const struct sockaddr_storage *peer) {
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)peer;
        uv_ip6_name(in, c->peer_name, sizeof(c->peer_name));
        c->peer_port = ntohs(in->sin6_port);
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
        uv_ip4_name(in, c->peer_name, sizeof(c->peer_name));
        c->peer_port = ntohs(in->sin_port);
    }
}

void live_conn_take_socket(struct live_conn *c, int fd, const struct sockaddr_storage *peer) {
    assert(!c->poll);
    c->poll = malloc(sizeof(*c->poll));
    if (!c->poll) abort();
    c->fd = fd;
    note_peer(c, peer);
    set_options(fd);
    int bad = uv_poll_init_socket(&c->live->loop, c->poll, fd);
    assert(bad == 0);
    (void)bad;
    c->poll->data = c;
    live_conn_watch(c);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* What the last reader left in the room moves to its own buffer. */
static void clear_room(struct live *l) {
    struct live_conn *c = l->reading;
    if (c && l->room_at < l->room_len) {
        assert(c->held_at == c->held.len);
        buffer_clear(&c->held);
        c->held_at = 0;
        buffer_put(&c->held, l->room + l->room_at, l->room_len - l->room_at);
    }
    l->reading = NULL;
    l->room_at = l->room_len = 0;
}

/* Reads once. */
static void fill_room(struct live_conn *c) {
    struct live *l = c->live;
    if (c->at_end || c->drained_in == l->turns) return;
    clear_room(l);
    ssize_t n = recv(c->fd, l->room, sizeof(l->room), MSG_DONTWAIT);
    if (n < (ssize_t)sizeof(l->room)) c->drained_in = l->turns;
    if (n > 0) {
        l->reading = c;
        l->room_len = (size_t)n;
    } else if (n == 0) {
        c->at_end = true;
        live_conn_watch(c);
    } else if (errno != EAGAIN && errno != EINTR) {
        live_conn_end(c, CONN_RESET);
    }
}

struct bytes live_peek(struct conn *conn) {
    struct live_conn *c = live_conn_of(conn);
    struct live *l = c->live;
    if (c->state != LIVE_OPEN) return (struct bytes){NULL, 0};
    if (!has_bytes(c)) fill_room(c);
    if (c->held_at < c->held.len) return (struct bytes){c->held.at + c->held_at, c->held.len - c->held_at};
    if (l->reading == c) return (struct bytes){l->room + l->room_at, l->room_len - l->room_at};
    check_end(c);
    return (struct bytes){NULL, 0};
}

void live_consume(struct conn *conn, size_t n) {
    struct live_conn *c = live_conn_of(conn);
    struct live *l = c->live;
    if (n == 0) return;
    assert(c->state == LIVE_OPEN && has_bytes(c));
    c->idle = false;
    if (c->held_at < c->held.len) {
        assert(n <= c->held.len - c->held_at);
        c->held_at += n;
        if (c->held_at == c->held.len) {
            buffer_free(&c->held);
            c->held_at = 0;
        }
    } else {
        assert(n <= l->room_len - l->room_at);
        l->room_at += n;
    }
    check_end(c);
}

void live_reading(struct conn *conn, bool on) {
    struct live_conn *c = live_conn_of(conn);
    c->not_reading = !on;
    c->idle = false;
    live_conn_watch(c);
    if (!on) {
        ring_remove(&c->readable);
    } else if (c->state == LIVE_OPEN && (has_bytes(c) || c->at_end || c->failed)) {
        ready_to_read(c);
        live_hurry(c->live);
    }
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

size_t live_write(struct conn *conn, const void *bytes, size_t n) {
    struct live_conn *c = live_conn_of(conn);
    assert(c->state != LIVE_GONE);
    if (c->state == LIVE_OVER || n == 0) return n;
    if (c->state != LIVE_OPEN) {
        c->want_write = true;
        return 0;
    }
    size_t done = 0;
    while (done < n) {
        ssize_t sent = send(c->fd, (const char *)bytes + done, n - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            done += (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            c->want_write = true;
            live_conn_watch(c);
            return done;
        } else if (errno != EINTR) { /* the peer is gone: what is written is dropped */
            live_conn_end(c, CONN_RESET);
            return n;
        }
    }
    return n;
}

/* --- closing ------------------------------------------------------------------------------------------------------ */

void live_close(struct conn *conn, bool reset) {
    struct live_conn *c = live_conn_of(conn);
    if (reset && c->fd >= 0) {
        const struct linger at_once = {.l_onoff = 1};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
    live_conn_release(c);
}

const char *live_peer_name(const struct conn *conn) {
    const struct live_conn *c = live_conn_of(conn);
    return c->peer_name[0] ? c->peer_name : "?";
}

uint16_t live_peer_port(const struct conn *conn) {
    return live_conn_of(conn)->peer_port;
}

void live_sockets_end(struct live *l) {
    live_listeners_close(l);
    while (!ring_empty(&l->connections)) live_conn_release(CONTAINER_OF(l->connections.next, struct live_conn, all));
    live_free_dead(l);
}

/* --- a turn's callbacks ------------------------------------------------------------------------------------------- */

/* Each callback may let go of the connection: its memory stays until the loop comes round. */
static void tell_one(struct live *l, struct live_conn *c) {
    const struct node_ops *ops = l->host.node_ops;
    unsigned tell = c->tell;
    c->tell = 0;
    if ((tell & LIVE_TELL_ACCEPTED) && ops->accepted) ops->accepted(l->host.node, &c->conn, c->port);
    if ((tell & LIVE_TELL_CONNECTED) && c->state == LIVE_OPEN && ops->connected) ops->connected(l->host.node, &c->conn);
    if ((tell & LIVE_TELL_WRITABLE) && c->state == LIVE_OPEN && ops->writable) ops->writable(l->host.node, &c->conn);
    if ((tell & LIVE_TELL_CLOSED) && c->state == LIVE_OVER) {
        if (ops->closed) ops->closed(l->host.node, &c->conn, c->why);
        if (c->state != LIVE_GONE) live_conn_release(c);
    }
}

void live_tell_events(struct live *l, struct ring *batch) {
    struct ring *r;
    while ((r = ring_take_first(batch))) tell_one(l, CONTAINER_OF(r, struct live_conn, event));
}

static size_t bytes_there(const struct live_conn *c) {
    size_t held = c->held.len - c->held_at;
    return held + (c->live->reading == c ? c->live->room_len - c->live->room_at : 0);
}

/* A node that read something but left a part is called again next turn; one that read nothing is not before it did. */
static void tell_readable(struct live *l, struct live_conn *c) {
    const struct node_ops *ops = l->host.node_ops;
    if (c->state != LIVE_OPEN || c->not_reading) return;
    if (live_peek(&c->conn).len == 0) {
        if (c->failed && c->state == LIVE_OPEN) live_conn_end(c, CONN_RESET);
        return;
    }
    size_t before = bytes_there(c);
    c->idle = true; /* until it consumes */
    if (ops->readable) ops->readable(l->host.node, &c->conn);
    if (c->state != LIVE_OPEN) return;
    if (c->idle) {
        assert(bytes_there(c) == before);
        (void)before;
        live_conn_watch(c);
    } else if ((has_bytes(c) || c->failed) && !c->not_reading) {
        ready_to_read(c);
    }
}

void live_tell_readables(struct live *l, struct ring *batch) {
    struct ring *r;
    while ((r = ring_take_first(batch))) tell_readable(l, CONTAINER_OF(r, struct live_conn, readable));
    clear_room(l);
}
