/* A real redis-server on loopback, for tests that compare the model with it. Such tests are left out where it is not
 * installed or not 7.0.
 *
 * Include in one test program; everything is static. */
#ifndef TESTS_UNIT_REAL_SERVER_H
#define TESTS_UNIT_REAL_SERVER_H

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct real_server {
    pid_t pid;
    int port;
    int socket; /* of the one client; -1 */
    char dir[64];
};

/* The output of a shell command, cut to the room; "" if it cannot be run. */
__attribute__((unused)) static void real_output(const char *command, char *into, size_t room) {
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(into, 1, room - 1, pipe) : 0;
    into[n] = '\0';
    if (pipe) pclose(pipe);
}

__attribute__((unused)) static bool real_server_is_installed(void) {
    char version[200];
    real_output("redis-server --version 2>/dev/null", version, sizeof(version));
    return strstr(version, "v=7.0.") != NULL;
}

static int real_free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int bad = bind(fd, (struct sockaddr *)&address, len) || getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return bad ? -1 : ntohs(address.sin_port);
}

static bool real_connect(struct real_server *r) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    r->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(r->socket, (struct sockaddr *)&address, sizeof(address)) == 0) return true;
    close(r->socket);
    r->socket = -1;
    return false;
}

/* Sends an inline command; its reply's bytes, zero-terminated, in memory to be freed. Bulk replies are read in whole;
 * of other ones as much as there is after 50 ms of silence. */
__attribute__((unused)) static char *real_server_ask(struct real_server *r, const char *command) {
    size_t room = 1 << 20, len = 0;
    char *reply = malloc(room);
    dprintf(r->socket, "%s\r\n", command);
    for (;;) {
        struct timeval patience = {.tv_usec = len ? 50000 : 0, .tv_sec = len ? 0 : 5};
        setsockopt(r->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ssize_t n = len + 1 < room ? read(r->socket, reply + len, room - len - 1) : 0;
        if (n <= 0) break;
        len += (size_t)n;
    }
    struct timeval endless = {0};
    setsockopt(r->socket, SOL_SOCKET, SO_RCVTIMEO, &endless, sizeof(endless));
    reply[len] = '\0';
    return reply;
}

static void real_server_kill(struct real_server *r) {
    if (r->socket >= 0) close(r->socket);
    r->socket = -1;
    if (r->pid <= 0) return;
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    r->pid = 0;
}

/* Whether it is this server that answers: another one may have taken the port that was free a moment ago. */
static bool real_server_is_ours(struct real_server *r) {
    char wanted[40], *info = real_server_ask(r, "INFO server");
    snprintf(wanted, sizeof(wanted), "process_id:%d\r", (int)r->pid);
    const char *says = strstr(info, "process_id:");
    bool ours =
        says ? strncmp(says, wanted, strlen(wanted)) == 0 : info[0] == '-' && waitpid(r->pid, NULL, WNOHANG) == 0;
    free(info);
    return ours;
}

/* Waits at most 10 s until it answers; false if it does not, has ended, or somebody else has its port. */
static bool real_server_answers(struct real_server *r) {
    for (int i = 0; r->pid > 0 && i < 200; i++) {
        if (real_connect(r)) return real_server_is_ours(r);
        usleep(50000);
    }
    return false;
}

static bool real_server_try(struct real_server *r, const char **argv, char *port, size_t room) {
    r->port = real_free_port();
    snprintf(port, room, "%d", r->port);
    r->pid = fork();
    if (r->pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (real_server_answers(r)) return true;
    real_server_kill(r);
    return false;
}

/* Starts one in r->dir and waits until it answers. */
static bool real_server_run(struct real_server *r, const char *const *arguments) {
    enum { ATTEMPTS = 4 };
    char port[16], log[80];
    const char *argv[32] = {"redis-server", "--bind",    "127.0.0.1", "--save", "",
                            "--logfile",    "/dev/null", "--port",    port};
    size_t n = 9;
    for (; arguments && *arguments; arguments++) argv[n++] = *arguments;
    assert(n < 30);
    argv[n++] = "--dir";
    argv[n++] = r->dir;
    snprintf(log, sizeof(log), "%s/log", r->dir);
    for (int i = 0; i < ATTEMPTS; i++) {
        if (real_server_try(r, argv, port, sizeof(port))) return true;
        unlink(log); /* of the attempt, if it kept one there */
    }
    return false;
}

static bool real_server_make_dir(struct real_server *r) {
    *r = (struct real_server){.socket = -1};
    snprintf(r->dir, sizeof(r->dir), "/tmp/detsim-test-XXXXXX");
    return mkdtemp(r->dir) != NULL;
}

/* Starts one with these arguments (NULL at the end; NULL for none) in a folder of its own. */
__attribute__((unused)) static bool real_server_start(struct real_server *r, const char *const *arguments) {
    return real_server_make_dir(r) && real_server_run(r, arguments);
}

__attribute__((unused)) static void real_server_stop(struct real_server *r) {
    char command[128];
    real_server_kill(r);
    snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
    if (strncmp(r->dir, "/tmp/detsim-test-", 17) == 0 && system(command) != 0) perror(command);
}

#endif
