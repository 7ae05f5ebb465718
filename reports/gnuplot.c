/* gnuplot as a child process. */
#include "reports/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Longer than any plot takes: past it the child is stuck. */
#define SECONDS_MOST 120

/* What gnuplot complains about lands here, in the folder. */
#define LOG_NAME "gnuplot.log"

/* The child's environment: no start-up files or options of the user's, numbers with a point, text in UTF-8. */
struct environment {
    char path[4096], home[1024];
    char *list[4];
};

static void fill_environment(struct environment *environment) {
    const char *path = getenv("PATH");
    const char *home = getenv("HOME");
    static char locale[] = "LC_ALL=C.UTF-8";

    snprintf(environment->path, sizeof environment->path, "PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin");
    snprintf(environment->home, sizeof environment->home, "HOME=%s", home ? home : "/");
    environment->list[0] = environment->path;
    environment->list[1] = environment->home;
    environment->list[2] = locale;
    environment->list[3] = NULL;
}

/* Starts it; an errno, 0 if all is well. */
static int start(pid_t *child, const char *folder, const char *script) {
    char name[] = "gnuplot", settings[] = "-d";
    char *script_name = strdup(script);
    char *arguments[] = {name, settings, script_name, NULL};
    struct environment environment;
    posix_spawn_file_actions_t actions;
    int status;

    if (!script_name) return ENOMEM;
    fill_environment(&environment);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, LOG_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    status = posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environment.list);
    posix_spawn_file_actions_destroy(&actions);
    free(script_name);
    return status;
}

/* Waits for the end; false if it had to be killed. */
static bool wait_bounded(pid_t child, int *status) {
    const struct timespec pause = {0, 5000000};

    for (long i = 0; i < SECONDS_MOST * 200L; i++) {
        pid_t ended = waitpid(child, status, WNOHANG);

        if (ended == child) return true;
        if (ended < 0 && errno != EINTR) return false;
        nanosleep(&pause, NULL);
    }
    kill(child, SIGKILL);
    waitpid(child, status, 0);
    return false;
}

/* The log's first line that says something; removes the log if it is empty. */
static void read_log(const char *folder, char *line, size_t room) {
    char path[4200];
    FILE *log;

    line[0] = 0;
    snprintf(path, sizeof path, "%s/%s", folder, LOG_NAME);
    log = fopen(path, "r");
    if (!log) return;
    while (fgets(line, (int)room, log)) {
        line[strcspn(line, "\n")] = 0;
        if (line[strspn(line, " \t^")]) break;
    }
    fclose(log);
    if (!line[0]) unlink(path);
}

enum gnuplot_outcome gnuplot_run(const char *folder, const char *script, char *error, size_t error_room) {
    char said[200];
    pid_t child;
    int status = 0;
    int failed = access(folder, X_OK) == 0 ? 0 : errno;

    if (failed) {
        snprintf(error, error_room, "%s: %s", folder, strerror(failed));
        return GNUPLOT_FAILED;
    }
    failed = start(&child, folder, script);
    if (failed == ENOENT || failed == EACCES) {
        snprintf(error, error_room, "gnuplot is missing, so there are no plots: apt-get install gnuplot-nox");
        return GNUPLOT_MISSING;
    }
    if (failed) {
        snprintf(error, error_room, "gnuplot could not be started: %s", strerror(failed));
        return GNUPLOT_FAILED;
    }
    if (!wait_bounded(child, &status)) {
        snprintf(error, error_room, "gnuplot did not end within %d s and was killed", SECONDS_MOST);
        return GNUPLOT_FAILED;
    }
    read_log(folder, said, sizeof said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return GNUPLOT_DONE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        snprintf(error, error_room, "gnuplot could not be run in %s", folder);
    else
        snprintf(error, error_room, "gnuplot failed on %s/%s: %s", folder, script, said[0] ? said : "no message");
    return GNUPLOT_FAILED;
}
