/* The observer's connection to a real server: what it asks is answered at once, or not at all. */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/run/conform_parts.h"

/* How long an answer may take, ms: a server that sleeps, or loads, is not waited for. */
enum { PATIENCE_MS = 150, TELL_MS = 20000 };

int hand_connect(const struct stand_in *node, uint16_t from) {
    const struct names *names = &node->model->names;
    struct sockaddr_in local = {.sin_family = AF_INET};
    struct sockaddr_in remote = {.sin_family = AF_INET,
                                 .sin_port = htons(names->real_ports[node->party]),
                                 .sin_addr = names_address(names, node->party, node->party)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool good = true;
    if (from < names->node_count && from != node->party) {
        local.sin_addr = names_address(names, node->party, from);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        good = bind(fd, (struct sockaddr *)&local, sizeof local) == 0;
    }
    if (good && connect(fd, (struct sockaddr *)&remote, sizeof remote) == 0) return fd;
    close(fd);
    return -1;
}

void hand_close(struct stand_in *node) {
    if (node->hand >= 0) close(node->hand);
    node->hand = -1;
}

static bool send_all(int fd, struct bytes bytes) {
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = (struct bytes){bytes.at + n, bytes.len - (size_t)n};
    }
    return true;
}

/* Waits for more bytes. False: none came in time, or the connection is over. */
static bool receive(int fd, struct buffer *in, int patience_ms) {
    char piece[65536];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int polled;
    while ((polled = poll(&ready, 1, patience_ms)) < 0 && errno == EINTR) continue;
    ssize_t n = polled > 0 ? recv(fd, piece, sizeof piece, 0) : -1;
    if (n > 0) buffer_put(in, piece, (size_t)n);
    return n > 0;
}

/* Sends a request and reads its replies, in the pool of questions. NULL: no answer; the connection is then closed. */
static struct reply *exchange(struct stand_in *node, struct bytes wire, size_t count, int patience_ms) {
    struct model *model = node->model;
    struct reply *replies = POOL_ARRAY(model->asking, struct reply, count);
    struct buffer in;
    buffer_init(&in, model->asking);
    bool good = send_all(node->hand, wire);
    for (size_t i = 0; good && i < count;) {
        struct bytes rest = buffer_bytes(&in);
        int64_t used = rest.len ? model->setup->base->decode(model->asking, rest, &replies[i]) : 0;
        if (used > 0) {
            buffer_drop(&in, (size_t)used);
            i++;
        } else {
            good = used == 0 && receive(node->hand, &in, patience_ms);
        }
    }
    if (!good) hand_close(node);
    return good ? replies : NULL;
}

static bool open_hand(struct stand_in *node) {
    if (node->hand >= 0) return true;
    node->hand = hand_connect(node, NO_PARTY);
    if (node->hand < 0) return false;
    struct buffer wire;
    buffer_init(&wire, node->model->asking);
    size_t replies = node->model->setup->real->greet(node->settings, node->setting_count, &wire);
    return replies == 0 || exchange(node, buffer_bytes(&wire), replies, PATIENCE_MS) != NULL;
}

bool hand_tell(struct stand_in *node, struct bytes wire, size_t replies) {
    bool done = open_hand(node) && exchange(node, wire, replies, TELL_MS) != NULL;
    pool_reset(node->model->asking);
    return done;
}

static void ask(struct stand_in *node, bool all, struct reading *reading) {
    struct model *model = node->model;
    const struct real *real = model->setup->real;
    if (!open_hand(node)) return;
    struct buffer wire;
    buffer_init(&wire, model->asking);
    size_t count = real->ask(all, &wire);
    struct reply *replies = exchange(node, buffer_bytes(&wire), count, all ? TELL_MS : PATIENCE_MS);
    if (!replies) return;
    for (size_t i = 0; i < count; i++) names_put_back_reply(&model->names, model->asking, &replies[i]);
    reading_clear(reading);
    real->read(replies, count, reading_add, reading);
    reading->taken = bridge_now(model);
}

const struct reading *hand_read(struct stand_in *node, bool all, sim_time age) {
    struct reading *reading = all ? &node->full : &node->quick;
    sim_time now = bridge_now(node->model);
    bool old = reading->taken < 0 || reading->taken + age < now;
    if (old && node->pid > 0 && !node->exited && !node->paused) {
        ask(node, all, reading);
        pool_reset(node->model->asking);
    }
    return reading->taken < 0 ? NULL : reading;
}
