/* Real server processes: started in a folder of their own, ended by their number whatever happens. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/run/conform_parts.h"

#define CONF_FILE "server.conf"
#define LOG_FILE  "server.log"

enum { START_TRIES = 5000 /* ms */, LOG_PIECE = 65536 };

/* --- its configuration ------------------------------------------------------------------------------------------- */

static struct bytes text_bytes(const char *text) {
    return (struct bytes){text, strlen(text)};
}

/* Hosts in a line become addresses, and ports those of the real servers. */
static struct setting translate(struct stand_in *node, const struct setting *line) {
    struct model *model = node->model;
    struct names *names = &model->names;
    int at = model->setup->real->host_word(line->words, line->word_count);
    uint16_t to = at < 0 ? NO_PARTY : names_find(names, line->words[at]);
    if (to == NO_PARTY) return *line;
    struct bytes *words = POOL_ARRAY(model->pool, struct bytes, line->word_count);
    memcpy(words, line->words, line->word_count * sizeof *words);
    char ip[NAMES_IP_ROOM];
    names_ip(names, node->party, to, ip);
    words[at] = text_bytes(pool_strdup(model->pool, ip));
    unsigned port = (unsigned)strtoul(pool_strndup(model->pool, words[at + 1].at, words[at + 1].len), NULL, 10);
    if (port == names->model_ports[to])
        words[at + 1] = text_bytes(pool_printf(model->pool, "%u", names->real_ports[to]));
    return (struct setting){words, line->word_count};
}

/* The `node` line's upstream is a conf line that comes before those of the file. */
static bool upstream_line(struct stand_in *node, struct setting *line) {
    struct model *model = node->model;
    uint16_t to = model->setup->real->upstream(&model->from->nodes[node->party]);
    if (to == NO_PARTY) return false;
    struct bytes *words = POOL_ARRAY(model->pool, struct bytes, 3);
    words[0] = text_bytes(model->setup->real->upstream_directive);
    words[1] = text_bytes(model->names.nodes[to]);
    words[2] = text_bytes(pool_printf(model->pool, "%u", model->names.model_ports[to]));
    *line = translate(node, &(struct setting){words, 3});
    return true;
}

static char *path_of(struct stand_in *node, const char *file) {
    return pool_printf(node->model->pool, "%s/%s", node->folder, file);
}

/* Whether the server itself has written its configuration anew: then that counts. */
static bool conf_was_rewritten(struct stand_in *node) {
    if (node->conf.len == 0) return false;
    FILE *file = fopen(path_of(node, CONF_FILE), "r");
    if (!file) return false;
    struct buffer now;
    char piece[4096];
    buffer_init(&now, node->model->pool);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) buffer_put(&now, piece, n);
    fclose(file);
    bool same = now.len == node->conf.len && memcmp(now.at, node->conf.at, now.len) == 0;
    buffer_free(&now);
    return !same;
}

static bool write_conf(struct stand_in *node) {
    struct model *model = node->model;
    char ip[NAMES_IP_ROOM];
    names_ip(&model->names, node->party, node->party, ip);
    struct real_place place = {ip, model->names.real_ports[node->party], node->folder, LOG_FILE};
    struct setting *lines = POOL_ARRAY(model->pool, struct setting, node->setting_count + 1);
    size_t count = 0;
    if (upstream_line(node, &lines[0])) count++;
    for (size_t i = 0; i < node->setting_count; i++) lines[count++] = translate(node, &node->settings[i]);
    buffer_clear(&node->conf);
    model->setup->real->configure(lines, count, &place, &node->conf);
    FILE *file = fopen(path_of(node, CONF_FILE), "w");
    if (!file) return false;
    bool good = fwrite(node->conf.at, 1, node->conf.len, file) == node->conf.len;
    return fclose(file) == 0 && good;
}

/* --- its life ---------------------------------------------------------------------------------------------------- */

/* In the new process. It dies with the one that started it, however that one ends. */
_Noreturn static void become_server(const struct stand_in *node) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int nothing = open("/dev/null", O_RDWR);
    if (chdir(node->folder) == 0 && nothing >= 0) {
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(nothing, 2);
        execlp(node->model->setup->program, node->model->setup->program, CONF_FILE, (char *)NULL);
    }
    _exit(127);
}

static void sleep_ms(long ms) {
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Waits until it listens. False: it ended before, or never did. */
static bool wait_until_listening(struct stand_in *node) {
    for (int i = 0; i < START_TRIES; i++) {
        int fd = hand_connect(node, NO_PARTY);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        if (process_has_ended(node)) return false;
        sleep_ms(1);
    }
    return false;
}

bool process_start(struct stand_in *node) {
    assert(node->pid == 0);
    if (!node->folder) {
        node->folder = pool_printf(node->model->pool, "%s/%s", node->model->setup->folder, node->name);
        if (mkdir(node->folder, 0700) != 0) return false;
    }
    if (!conf_was_rewritten(node) && !write_conf(node)) return false;
    node->pid = fork();
    if (node->pid == 0) become_server(node);
    if (node->pid < 0) {
        node->pid = 0;
        return false;
    }
    node->exited = node->terminating = node->paused = false;
    node->quick.taken = node->full.taken = -1;
    bool listens = wait_until_listening(node);
    if (node->log < 0) node->log = open(path_of(node, LOG_FILE), O_RDONLY | O_CLOEXEC);
    return listens;
}

bool process_has_ended(struct stand_in *node) {
    if (node->pid == 0 || node->exited) return false;
    pid_t got = waitpid(node->pid, NULL, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return false;
    node->exited = true;
    return true;
}

void process_kill(struct stand_in *node) {
    if (node->pid > 0 && !node->exited) {
        kill(node->pid, SIGKILL);
        while (waitpid(node->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    node->pid = 0;
    node->exited = false;
}

/* The number of its forked child; 0: none. */
static pid_t find_child(const struct stand_in *node) {
    char path[64], line[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)node->pid, (int)node->pid);
    FILE *file = node->pid > 0 && !node->exited ? fopen(path, "r") : NULL;
    if (!file) return 0;
    bool got = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    return got ? (pid_t)strtol(line, NULL, 10) : 0;
}

bool process_signal_child(struct stand_in *node, int signal) {
    pid_t child = find_child(node);
    return child > 0 && kill(child, signal) == 0;
}

/* --- its log ----------------------------------------------------------------------------------------------------- */

void process_skip_log(struct stand_in *node) {
    if (node->log >= 0) lseek(node->log, 0, SEEK_END);
    buffer_clear(&node->log_text);
}

static void tell_line(struct stand_in *node, struct bytes line) {
    enum log_level level;
    struct bytes message;
    if (!node->model->setup->real->log_line(line, &level, &message)) return;
    struct buffer text;
    buffer_init(&text, node->model->pool);
    names_put_back(&node->model->names, message, &text);
    host_log(node->host, level, "%s", text.at ? text.at : "");
    buffer_free(&text);
}

void process_read_log(struct stand_in *node) {
    char piece[LOG_PIECE];
    ssize_t n;
    if (node->log < 0) return;
    while ((n = read(node->log, piece, sizeof piece)) > 0) buffer_put(&node->log_text, piece, (size_t)n);
    const char *end;
    while (node->log_text.len > 0 && (end = memchr(node->log_text.at, '\n', node->log_text.len)) != NULL) {
        size_t len = (size_t)(end - node->log_text.at);
        tell_line(node, (struct bytes){node->log_text.at, len});
        buffer_drop(&node->log_text, len + 1);
    }
}
