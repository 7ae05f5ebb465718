/* Stand-ins: bytes go between the world's connections and the sockets of a real server.
 *
 * libuv says which sockets are ready; the stand-in then gets a turn in the world, and everything is done there. A
 * socket that was reported is not watched again until its turn is over: a stopped machine has none. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/run/conform_parts.h"

enum { PIECE = 65536, ACCEPTS = 64 };

/* --- watching -------------------------------------------------------------------------------------------------------
 */

static void socket_ready(uv_poll_t *poll, int status, int events) {
    struct watch *watch = poll->data;
    if (status < 0 || events & (UV_READABLE | UV_DISCONNECT)) watch->readable = true;
    if (status < 0 || events & UV_WRITABLE) watch->writable = true;
    uv_poll_stop(poll);
    stand_in_wake(watch->owner);
}

static void watch_begin(struct watch *watch, struct stand_in *owner, int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    watch->fd = fd;
    watch->owner = owner;
    watch->readable = watch->writable = false;
    uv_poll_init(&owner->model->loop, &watch->poll, fd);
    watch->poll.data = watch;
}

static void watch_for(struct watch *watch, int events) {
    if (watch->fd < 0) return;
    if (events == 0) {
        uv_poll_stop(&watch->poll);
    } else {
        uv_poll_start(&watch->poll, events, socket_ready);
    }
}

static void watch_end(struct watch *watch, bool reset) {
    if (watch->fd < 0) return;
    struct linger at_once = {.l_onoff = 1};
    uv_close((uv_handle_t *)&watch->poll, NULL);
    if (reset) setsockopt(watch->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(watch->fd);
    watch->fd = -1;
}

/* --- joints ---------------------------------------------------------------------------------------------------------
 */

static struct joint *joint_create(struct stand_in *node, struct conn *conn, int fd) {
    struct joint *joint = POOL_NEW(node->model->pool, struct joint);
    int on = 1;
    joint->conn = conn;
    conn->user = joint;
    buffer_init(&joint->pending, node->model->pool);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch_begin(&joint->watch, node, fd);
    joint->next = node->joints;
    node->joints = joint;
    return joint;
}

/* Gives the world what it takes of what is pending. False: it is full. */
static bool flush_pending(struct joint *joint) {
    if (joint->pending.len == 0) return true;
    buffer_drop(&joint->pending, host_write(joint->conn, joint->pending.at, joint->pending.len));
    return joint->pending.len == 0;
}

/* The server has closed its side. */
static void end_from_server(struct joint *joint, bool reset) {
    watch_end(&joint->watch, false);
    if (reset) {
        host_reset(joint->conn);
    } else {
        host_close(joint->conn);
    }
    joint->conn = NULL;
}

static void take_from_server(struct joint *joint) {
    char piece[PIECE];
    while (joint->watch.readable && joint->joined && flush_pending(joint)) {
        ssize_t n = recv(joint->watch.fd, piece, sizeof piece, 0);
        if (n > 0) {
            buffer_put(&joint->pending, piece, (size_t)n);
        } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            joint->watch.readable = false;
        } else {
            end_from_server(joint, n < 0);
            return;
        }
    }
}

static void give_to_server(struct joint *joint) {
    bool room = true;
    for (struct bytes piece = host_peek(joint->conn); room && piece.len > 0; piece = host_peek(joint->conn)) {
        ssize_t n = send(joint->watch.fd, piece.at, piece.len, MSG_NOSIGNAL);
        room = n > 0;
        if (room) host_consume(joint->conn, (size_t)n);
    }
    joint->watch.writable = room; /* an error is seen by the next read */
    host_reading(joint->conn, room);
}

static void joint_work(struct joint *joint) {
    if (!joint->conn || joint->watch.fd < 0) return;
    take_from_server(joint);
    if (!joint->conn || !joint->joined) return;
    give_to_server(joint);
    int events = 0;
    if (joint->pending.len == 0 && !joint->watch.readable) events |= UV_READABLE;
    if (!joint->watch.writable) events |= UV_WRITABLE;
    watch_for(&joint->watch, events);
}

static void forget_joints(struct stand_in *node) {
    for (struct joint **link = &node->joints; *link;) {
        struct joint *joint = *link;
        if (joint->conn || joint->watch.fd >= 0) {
            link = &joint->next;
            continue;
        }
        buffer_free(&joint->pending);
        *link = joint->next; /* its memory stays: libuv may still hold the handle */
    }
}

/* --- gates ----------------------------------------------------------------------------------------------------------
 */

static bool can_be_reached(struct model *model, uint16_t from, uint16_t to) {
    if (!model->world || model->nodes[to].exited || model->nodes[to].pid == 0) return false;
    return world_alive(model->world, to) && !world_is_refused(model->world, from, to);
}

static void open_gate(struct stand_in *node, struct gate *gate) {
    const struct names *names = &node->model->names;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(names->real_ports[gate->to]),
                                  .sin_addr = names_address(names, node->party, gate->to)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0) {
        bridge_fail(node->model, "cannot listen at port %u of loopback: %s", names->real_ports[gate->to],
                    strerror(errno));
        if (fd >= 0) close(fd);
        return;
    }
    watch_begin(&gate->watch, node, fd);
    watch_for(&gate->watch, UV_READABLE);
}

void stand_in_set_gates(struct stand_in *node) {
    for (uint16_t to = 0; to < node->model->node_count; to++) {
        struct gate *gate = &node->gates[to];
        if (to == node->party) continue;
        bool open = node->host && !node->exited && can_be_reached(node->model, node->party, to);
        if (open && gate->watch.fd < 0) open_gate(node, gate);
        if (!open && gate->watch.fd >= 0) watch_end(&gate->watch, false);
    }
}

static void gate_work(struct stand_in *node, struct gate *gate) {
    struct model *model = node->model;
    if (gate->watch.fd < 0 || !gate->watch.readable) return;
    gate->watch.readable = false;
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(gate->watch.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) break;
        const char *name = model->names.nodes[gate->to];
        joint_create(node, host_connect(node->host, name, model->names.model_ports[gate->to]), fd);
    }
    watch_for(&gate->watch, UV_READABLE);
}

/* --- the world's callbacks --------------------------------------------------------------------------------------- */

static void accepted(void *ctx, struct conn *conn, uint16_t port) {
    struct stand_in *node = ctx;
    (void)port;
    int fd = node->exited ? -1 : hand_connect(node, conn->peer < node->model->node_count ? conn->peer : NO_PARTY);
    if (fd < 0) {
        host_reset(conn);
        return;
    }
    joint_create(node, conn, fd)->joined = true;
}

static void connected(void *ctx, struct conn *conn) {
    (void)ctx;
    struct joint *joint = conn->user;
    joint->joined = joint->watch.readable = true;
}

/* The turn's end does the work. */
static void something_moved(void *ctx, struct conn *conn) {
    (void)ctx;
    (void)conn;
}

static void closed(void *ctx, struct conn *conn, enum conn_end why) {
    (void)ctx;
    struct joint *joint = conn->user;
    if (!joint) return;
    joint->conn = NULL;
    watch_end(&joint->watch, why != CONN_EOF);
}

static void terminate(void *ctx) {
    struct stand_in *node = ctx;
    node->terminating = true;
    kill(node->pid, SIGTERM);
}

static void before_sleep(void *ctx) {
    struct stand_in *node = ctx;
    if (process_has_ended(node) || node->exited) {
        for (struct joint *joint = node->joints; joint; joint = joint->next) joint->watch.readable = true;
    }
    for (uint16_t i = 0; i < node->model->node_count; i++) gate_work(node, &node->gates[i]);
    for (struct joint *joint = node->joints; joint; joint = joint->next) joint_work(joint);
    forget_joints(node);
    process_read_log(node);
    if (node->exited) host_exit(node->host, 0);
}

const struct node_ops stand_in_ops = {.accepted = accepted,
                                      .connected = connected,
                                      .readable = something_moved,
                                      .writable = something_moved,
                                      .closed = closed,
                                      .before_sleep = before_sleep,
                                      .terminate = terminate};

/* --- life -------------------------------------------------------------------------------------------------------- */

static void woken(void *ctx, struct host_timer *timer) {
    (void)ctx;
    (void)timer; /* the turn's end does the work */
}

void stand_in_init(struct stand_in *node, struct model *model, uint16_t party) {
    node->model = model;
    node->party = party;
    node->name = model->names.nodes[party];
    node->log = node->hand = -1;
    node->wake.fire = woken;
    node->gates = POOL_ARRAY(model->pool, struct gate, model->node_count);
    for (uint16_t i = 0; i < model->node_count; i++) {
        node->gates[i].to = i;
        node->gates[i].watch.fd = -1;
    }
    buffer_init(&node->conf, model->pool);
    buffer_init(&node->log_text, model->pool);
    reading_init(&node->quick, model->pool);
    reading_init(&node->full, model->pool);
}

void stand_in_wake(struct stand_in *node) {
    if (node->host && !node->wake.armed) host_timer_at(node->host, &node->wake, 0);
}

void stand_in_close(struct stand_in *node) {
    for (struct joint *joint = node->joints; joint; joint = joint->next) {
        joint->conn = NULL;
        watch_end(&joint->watch, true);
    }
    node->joints = NULL;
    for (uint16_t i = 0; i < node->model->node_count; i++) watch_end(&node->gates[i].watch, true);
    hand_close(node);
}
