/* The subcommand: options, and which form goes where. */
#include "reports/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/formats.h"
#include "reports/page.h"

enum exit_status { WRITTEN = 0, BAD_USAGE = 2, ENVIRONMENT_FAILED = 3 };

/* A form, and the file that it is written to in a folder. */
struct format {
    const char *name;
    const char *file;
    bool (*write)(FILE *out, struct evidence *e); /* NULL: the page */
};

static const struct format formats[] = {
    {"html", "index.html", NULL},      {"text", "report.txt", format_text},   {"json", "report.json", format_json},
    {"csv", "report.csv", format_csv}, {"junit", "report.xml", format_junit},
};

struct request {
    const char *db;
    const char *folder; /* -o; NULL: to stdout */
    const struct format *format;
    int64_t run; /* --run; 0: all */
};

static const char help[] =
    "detsim report DB [-o DIR] [--run ID] [--format html|text|json|junit|csv]\n"
    "\n"
    "  detsim report results.db                     what ran, what failed and how\n"
    "  detsim report results.db --run 12            one run in full\n"
    "  detsim report results.db -o report           a page with plots: of each scenario the failed run with the\n"
    "                                               lowest seed, else its first run: report/index.html\n"
    "  detsim report results.db -o report --run 12  the same for run 12\n"
    "  detsim report results.db --format json       one object a run, one a line\n"
    "  detsim report results.db --format csv        one line a run\n"
    "  detsim report results.db --format junit      for build servers\n"
    "\n"
    "With -o, what --format names is written into DIR (default html). Plots need gnuplot (Debian: gnuplot-nox);\n"
    "without it the rest is written all the same. --compare DB2 is not there yet.\n"
    "Exit status: 0 written, 2 bad usage or no detsim database, 3 the environment failed.\n";

static int usage(const char *format, const char *detail) {
    fputs("detsim report: ", stderr);
    fprintf(stderr, format, detail);
    fputs("\n(detsim report --help shows examples)\n", stderr);
    return BAD_USAGE;
}

static const struct format *find_format(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0) return &formats[i];
    return NULL;
}

/* A run's id: a whole number above 0; 0 if the text is none. */
static int64_t parse_run(const char *text) {
    char *end;
    long long id;

    errno = 0;
    id = strtoll(text, &end, 10);
    return errno || *end || end == text || id < 1 ? 0 : id;
}

static const struct option options[] = {
    {"format", required_argument, NULL, 'f'},  {"run", required_argument, NULL, 'r'},
    {"compare", required_argument, NULL, 'c'}, {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
};

/* Reads the command line. WRITTEN with request->db == NULL: help was shown, nothing is left to do. */
static int parse(int argc, char **argv, struct request *request) {
    int c;

    *request = (struct request){0};
    optind = 0;
    while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        switch (c) {
        case 'o':
            request->folder = optarg;
            break;
        case 'f':
            request->format = find_format(optarg);
            if (!request->format) return usage("unknown format \"%s\" (html, text, json, junit, csv)", optarg);
            break;
        case 'r':
            request->run = parse_run(optarg);
            if (!request->run) return usage("--run wants the id of a run, a whole number, not \"%s\"", optarg);
            break;
        case 'c':
            return usage("--compare %s: comparing two databases is not there yet", optarg);
        case 'h':
            fputs(help, stdout);
            return WRITTEN;
        case ':':
            return usage("%s wants a value", argv[optind - 1]);
        default:
            return usage("unknown option %s", argv[optind - 1]);
        }
    }
    if (optind == argc) return usage("which database%s?", "");
    if (optind + 1 < argc) return usage("one database at a time, what is %s?", argv[optind + 1]);
    request->db = argv[optind];
    return WRITTEN;
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

static bool write_format(FILE *out, const struct request *request, struct evidence *e) {
    if (request->run && request->format->write == format_text) return format_run_text(out, e, &e->runs[0]);
    return request->format->write(out, e);
}

static bool fail(struct evidence *e, const char *path) {
    snprintf(e->error, e->error_room, "%s: %s", path, strerror(errno));
    e->status = ENVIRONMENT_FAILED;
    return false;
}

static bool write_to_stdout(const struct request *request, struct evidence *e) {
    if (!write_format(stdout, request, e)) return false;
    return (fflush(stdout) == 0 && !ferror(stdout)) || fail(e, "standard output");
}

static bool write_to_folder(const struct request *request, struct evidence *e) {
    char path[4200];
    FILE *out;
    bool good;

    if (mkdir(request->folder, 0777) != 0 && errno != EEXIST) return fail(e, request->folder);
    snprintf(path, sizeof path, "%s/%s", request->folder, request->format->file);
    out = fopen(path, "w");
    if (!out) return fail(e, path);
    good = write_format(out, request, e);
    if (ferror(out) | (fclose(out) != 0)) return fail(e, path);
    return good;
}

static bool write_report(const struct request *request, struct evidence *e) {
    if (!evidence_read_runs(e, request->run)) return false;
    if (request->run && e->run_count == 0) {
        snprintf(e->error, e->error_room, "%s: there is no run %lld", e->path, (long long)request->run);
        return false;
    }
    if (!request->folder) return write_to_stdout(request, e);
    if (!request->format->write) return page_write(e, request->folder, request->run);
    return write_to_folder(request, e);
}

int report_main(int argc, char **argv) {
    struct request request;
    struct evidence evidence;
    char error[1024] = "";
    int status = parse(argc, argv, &request);

    if (status != WRITTEN || !request.db) return status;
    if (!request.format) request.format = find_format(request.folder ? "html" : "text");
    if (!request.format->write && !request.folder) return usage("--format %s wants a folder: -o DIR", "html");
    if (!evidence_open(&evidence, request.db, error, sizeof error) || !write_report(&request, &evidence)) {
        fprintf(stderr, "detsim report: %s\n", error);
        status = evidence.status;
    } else if (request.folder) {
        printf("%s/%s\n", request.folder, request.format->file);
    }
    evidence_close(&evidence);
    return status;
}
