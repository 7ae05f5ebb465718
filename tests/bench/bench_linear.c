/* How fast histories are judged: those of a folder with a MANIFEST.tsv (file, format, ..., expected verdict, and what
 * porcupine took for each in ms), the median of many searches each, reading left out.
 *
 *   bench_linear FOLDER */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/check/ops_log.h"

enum { ROUNDS = 31, PATH_MOST = 4096 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct bytes read_file(struct pool *pool, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return (struct bytes){NULL, 0};
    struct buffer b;
    buffer_init(&b, pool);
    char piece[65536];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) buffer_put(&b, piece, n);
    fclose(f);
    return (struct bytes){b.at ? b.at : "", b.len};
}

static enum linear_verdict judge(struct pool *pool, const struct ops_log *log) {
    for (uint32_t i = 0; i < log->count; i++) {
        struct linear_result result;
        linear_check(pool, &log->objects[i].linear, NULL, &result);
        if (result.verdict != LINEAR_OK) return result.verdict;
    }
    return LINEAR_OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct sums {
    double logs, ours, theirs;
    int files, wrong, slower;
};

static void bench_file(const char *folder, char *line, struct sums *sums) {
    char *columns[10] = {0}, path[PATH_MOST];
    int n = 0;
    for (char *at = strtok(line, "\t\n"); at && n < 10; at = strtok(NULL, "\t\n")) columns[n++] = at;
    if (n < 9) return;
    struct pool *pool = pool_create();
    struct buffer error;
    buffer_init(&error, pool);
    snprintf(path, sizeof path, "%s/%s", folder, columns[0]);
    struct bytes text = read_file(pool, path);
    enum ops_format format = ops_guess_format(text);
    struct ops_log *log = text.at ? ops_log_read(pool, text, format, ops_usual_model(format), &error) : NULL;
    if (!log) {
        printf("%s: %s\n", path, error.at ? error.at : "cannot be read");
        sums->wrong++;
        pool_destroy(pool);
        return;
    }
    double times[ROUNDS];
    enum linear_verdict verdict = LINEAR_OK;
    for (int i = 0; i < ROUNDS; i++) {
        double before = now_ms();
        verdict = judge(pool, log);
        times[i] = now_ms() - before;
    }
    qsort(times, ROUNDS, sizeof *times, by_value);
    double ours = times[ROUNDS / 2], theirs = atof(columns[7]), one = atof(columns[8]);
    if (one < theirs) theirs = one;
    const char *said = verdict == LINEAR_OK ? "ok" : verdict == LINEAR_VIOLATION ? "illegal" : "unknown";
    bool known = strcmp(columns[5], "ok") == 0 || strcmp(columns[5], "illegal") == 0;
    bool right = !known || strcmp(said, columns[5]) == 0;
    printf("%-18s %6llu ops %4llu pending  %-8s %s %9.4f ms  porcupine %9.4f ms", columns[0],
           (unsigned long long)log->operations, (unsigned long long)log->pending, said, right ? " " : "WRONG", ours,
           theirs);
    sums->wrong += !right;
    if (theirs > 0) {
        printf("  %8.1f x", theirs / ours);
        sums->logs += log10(theirs / ours);
        sums->ours += ours;
        sums->theirs += theirs;
        sums->files++;
        sums->slower += ours > theirs;
    }
    printf("\n");
    pool_destroy(pool);
}

int main(int argc, char **argv) {
    char path[PATH_MOST], line[1000];
    if (argc != 2) {
        fprintf(stderr, "bench_linear FOLDER: a folder of histories with its MANIFEST.tsv\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", argv[1]);
    FILE *manifest = fopen(path, "r");
    if (!manifest) {
        perror(path);
        return 3;
    }
    struct sums sums = {0};
    if (!fgets(line, sizeof line, manifest)) line[0] = 0; /* the columns' names */
    while (fgets(line, sizeof line, manifest)) bench_file(argv[1], line, &sums);
    fclose(manifest);
    if (sums.files > 0)
        printf("%d files, %d wrong: %.3f ms, porcupine %.1f ms; %.0f x in the geometric mean, slower in %d\n",
               sums.files, sums.wrong, sums.ours, sums.theirs, pow(10, sums.logs / sums.files), sums.slower);
    return sums.wrong != 0;
}
