/* How connections of a live server come to be: listening, resolving names, connecting. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/run/live_conn.h"

enum { BACKLOG = 511, ACCEPTS_AT_ONCE = 1000 };

struct listener {
    struct live *live;
    struct ring ring;
    uv_poll_t poll;
    int fd;
    uint16_t port;
    bool waiting; /* the process has no descriptor left: until a connection ends */
};

/* --- accepting ---------------------------------------------------------------------------------------------------- */

static void accept_ready(uv_poll_t *poll, int status, int events);

static void accept_one(struct listener *from, int fd, const struct sockaddr_storage *peer) {
    struct live_conn *c = live_conn_new(from->live);
    c->state = LIVE_OPEN;
    c->port = from->port;
    live_conn_take_socket(c, fd, peer);
    live_conn_tell_later(c, LIVE_TELL_ACCEPTED);
}

static void accept_ready(uv_poll_t *poll, int status, int events) {
    struct listener *from = poll->data;
    (void)events;
    for (int i = 0; status >= 0 && i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof(peer);
        int fd = accept4(from->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accept_one(from, fd, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            host_log(&from->live->host, LOG_WARNING, "Accepting client connection: accept: %s", strerror(errno));
            from->waiting = true;
            uv_poll_stop(&from->poll);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

void live_listeners_retry(struct live *l) {
    for (struct ring *r = l->listeners.next; r != &l->listeners; r = r->next) {
        struct listener *each = CONTAINER_OF(r, struct listener, ring);
        if (!each->waiting) continue;
        each->waiting = false;
        uv_poll_start(&each->poll, UV_READABLE, accept_ready);
    }
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

static void listener_closed(uv_handle_t *handle) {
    struct listener *l = handle->data;
    pool_free(l->live->pool, l, sizeof(*l));
}

void live_listeners_close(struct live *l) {
    struct ring *r;
    while ((r = ring_take_first(&l->listeners))) {
        struct listener *each = CONTAINER_OF(r, struct listener, ring);
        uv_close((uv_handle_t *)&each->poll, listener_closed);
        close(each->fd);
    }
}

/* The address as bind(2) takes it: a number of either kind, `*`, or `::*`. False: it is none. */
static bool read_address(const char *text, uint16_t port, struct sockaddr_storage *into) {
    const char *number = strcmp(text, "*") == 0 ? "0.0.0.0" : strcmp(text, "::*") == 0 ? "::" : text;
    memset(into, 0, sizeof(*into));
    return uv_ip4_addr(number, port, (struct sockaddr_in *)into) == 0 ||
           uv_ip6_addr(number, port, (struct sockaddr_in6 *)into) == 0;
}

/* A socket that listens; -1 with errno. */
static int open_listener(const struct sockaddr_storage *address) {
    const int on = 1;
    bool six = address->ss_family == AF_INET6;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (six) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    socklen_t len = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (bind(fd, (const struct sockaddr *)address, len) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void add_listener(struct live *l, int fd, uint16_t port) {
    struct listener *each = POOL_NEW(l->pool, struct listener);
    *each = (struct listener){.live = l, .fd = fd, .port = port};
    int bad = uv_poll_init_socket(&l->loop, &each->poll, fd);
    assert(bad == 0);
    (void)bad;
    each->poll.data = each;
    uv_poll_start(&each->poll, UV_READABLE, accept_ready);
    ring_add_last(&l->listeners, &each->ring);
}

int live_listen(struct host *h, uint16_t port) {
    struct live *l = live_of(h);
    bool any = false;
    if (port == 0) return 0; /* so it is switched off */
    for (size_t i = 0; i < l->plan.address_count; i++) {
        const char *text = l->plan.addresses[i];
        bool may_miss = text[0] == '-';
        struct sockaddr_storage address;
        int fd = -1;
        errno = EINVAL;
        if (read_address(text + may_miss, port, &address)) fd = open_listener(&address);
        if (fd >= 0) {
            add_listener(l, fd, port);
            any = true;
            continue;
        }
        bool missing = errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT;
        if (may_miss && missing) continue;
        host_log(h, LOG_WARNING, "Warning: Could not create server TCP listening socket %s:%u: %s", text + may_miss,
                 (unsigned)port, strerror(errno));
        return HOST_EIO;
    }
    return any ? 0 : HOST_EIO;
}

/* --- connecting --------------------------------------------------------------------------------------------------- */

static enum conn_end end_of(int error) {
    return error == ETIMEDOUT ? CONN_TIMED_OUT : CONN_REFUSED;
}

static void set_port(struct sockaddr *address, uint16_t port) {
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* Tries the addresses that are left; after the last one it is over, for the reason given. */
static void try_next(struct live_conn *c, enum conn_end why) {
    while (c->next) {
        struct addrinfo *a = c->next;
        c->next = a->ai_next;
        if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
        set_port(a->ai_addr, c->port);
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) {
            why = end_of(errno);
            close(fd);
            continue;
        }
        struct sockaddr_storage peer = {0};
        memcpy(&peer, a->ai_addr, a->ai_addrlen);
        c->state = LIVE_CONNECTING;
        live_conn_take_socket(c, fd, &peer);
        return;
    }
    live_conn_end(c, why);
}

void live_connect_progress(struct live_conn *c) {
    int error = 0;
    socklen_t len = sizeof(error);
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
        live_conn_drop_socket(c);
        try_next(c, end_of(error));
        return;
    }
    c->state = LIVE_OPEN;
    if (c->want_write) live_conn_tell_later(c, LIVE_TELL_WRITABLE);
    c->want_write = false;
    live_conn_watch(c);
    live_conn_tell_later(c, LIVE_TELL_CONNECTED);
}

static void resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
    struct live_conn *c = request->data;
    bool given_up = c->state == LIVE_GONE;
    c->addresses = c->next = found;
    if (!given_up) {
        try_next(c, status == 0 ? CONN_REFUSED : CONN_UNRESOLVED);
        return;
    }
    if (found) uv_freeaddrinfo(found);
    buffer_free(&c->held);
    pool_free(c->live->pool, c, sizeof(*c));
}

void live_connect_cancel(struct live_conn *c) {
    uv_cancel((uv_req_t *)&c->request); /* if a thread has it already, its answer is thrown away */
}

struct conn *live_connect(struct host *h, const char *name, uint16_t port) {
    struct live *l = live_of(h);
    struct live_conn *c = live_conn_new(l);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    c->state = LIVE_RESOLVING;
    c->port = c->peer_port = port;
    c->request.data = c;
    if (uv_getaddrinfo(&l->loop, &c->request, resolved, name, NULL, &hints) != 0) live_conn_end(c, CONN_UNRESOLVED);
    return &c->conn;
}
