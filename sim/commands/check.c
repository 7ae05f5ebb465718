/* `detsim check HISTORY`: judges what clients of some system saw. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/commands/frame.h"
#include "sim/scenario/values.h"

/* A longer history is not read. */
#define HISTORY_MOST (UINT64_C(4) << 30)

static const char help[] =
    "detsim check HISTORY [--model register|kv] [--format porcupine|jepsen|jsonl] [--budget D] [--svg FILE]\n"
    "\n"
    "Judges a history from elsewhere: is there one order of all operations, each between its invocation and its end,\n"
    "that explains every result (linearizability)? Keys are judged one by one. What never ended may have taken effect\n"
    "or not.\n"
    "\n"
    "  --model M     register: read, write, cas; kv: get, put, append (default: what the format is usually about)\n"
    "  --format F    porcupine's key-value lines, a Jepsen log of a register, or jsonl (default: as the file looks)\n"
    "  --budget D    real time after which the verdict is `unknown` (default: none)\n"
    "  --svg FILE    draws the operations that cannot be ordered\n"
    "\n"
    "jsonl is one object a line: {\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"x\",\"value\":1}\n"
    "  type: invoke, then at most one of ok (with the result), fail (it did not take place; a cas compared and found\n"
    "  another value), info (unknown). f: read, write, cas (value: [OLD, NEW]) or get, put, append. key may be left "
    "out.\n"
    "  The order of lines is the order of events.\n"
    "\n"
    "Examples\n"
    "  detsim check etcd_007.log\n"
    "  detsim check ops.jsonl --model kv --budget 10s --svg why.svg\n"
    "\n"
    "Exit status: 0 linearizable, 1 not, or not known within the budget, 2 bad usage or a wrong file, 3 the "
    "environment\n"
    "failed.\n";

struct options {
    const char *model, *format, *budget_text, *svg;
    sim_time budget; /* ns; 0: none */
};

static enum arguments_status read_options(struct command_call *call) {
    struct options *o = call->options;
    const struct judge *judge = call->program->judge;
    const struct argument_rule rules[] = {
        {"--model", ARGUMENT_CHOICE, (void *)&o->model, NULL, judge->models},
        {"--format", ARGUMENT_CHOICE, (void *)&o->format, NULL, judge->formats},
        {"--budget", ARGUMENT_TEXT, (void *)&o->budget_text, NULL, NULL},
        {"--svg", ARGUMENT_TEXT, (void *)&o->svg, NULL, NULL},
        {.name = NULL},
    };
    return arguments_read("detsim check", rules, call->argc, call->argv, call->files, &call->file_count);
}

static int fail_file(const char *name) {
    fprintf(stderr, "detsim check: %s: %s\n", name, strerror(errno));
    return EXIT_ENVIRONMENT;
}

/* False: errno says why. */
static bool read_file(struct pool *pool, const char *name, struct bytes *text) {
    FILE *f = fopen(name, "rb");
    if (!f) return false;
    struct buffer b;
    char piece[65536];
    buffer_init(&b, pool);
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0 && b.len <= HISTORY_MOST;) buffer_put(&b, piece, n);
    bool good = !ferror(f);
    if (good && b.len > HISTORY_MOST) {
        errno = EFBIG;
        good = false;
    }
    fclose(f);
    *text = b.len > 0 ? buffer_bytes(&b) : (struct bytes){"", 0};
    return good;
}

static bool write_picture(const char *name, const struct buffer *picture) {
    FILE *f = fopen(name, "wb");
    if (!f) return false;
    bool good = fwrite(picture->at, 1, picture->len, f) == picture->len;
    return fclose(f) == 0 && good;
}

static sim_time now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sim_time)t.tv_sec * SIM_SECOND + t.tv_nsec;
}

static bool is_past(void *ctx) {
    const sim_time *deadline = ctx;
    return now_ns() >= *deadline;
}

static const char *wrong_options(struct command_call *call) {
    struct options *o = call->options;
    if (call->file_count == 0) return "no history was given";
    if (call->file_count > 1) return "one history at a time";
    if (!o->budget_text) return NULL;
    return value_read_duration((struct bytes){o->budget_text, strlen(o->budget_text)}, &o->budget);
}

static int judge_file(struct command_call *call) {
    const struct options *o = call->options;
    const char *name = call->files[0];
    struct pool *pool = call->pool;
    struct buffer said, picture;
    sim_time deadline = now_ns() + o->budget;
    buffer_init(&said, pool);
    buffer_init(&picture, pool);
    struct judge_request request = {.pool = pool,
                                    .file = name,
                                    .format = o->format,
                                    .model = o->model,
                                    .spent = o->budget > 0 ? is_past : NULL,
                                    .ctx = &deadline,
                                    .said = &said,
                                    .picture = o->svg ? &picture : NULL};
    if (!read_file(pool, name, &request.text)) return fail_file(name);
    enum judge_verdict verdict = call->program->judge->judge(&request);
    fputs(said.at, verdict == JUDGE_WRONG_INPUT ? stderr : stdout);
    if (picture.len > 0 && !write_picture(o->svg, &picture)) return fail_file(o->svg);
    if (verdict == JUDGE_WRONG_INPUT) return EXIT_USAGE;
    return verdict == JUDGE_OK ? EXIT_HELD : EXIT_BROKEN;
}

int command_check(const struct program *program, int argc, char **argv) {
    static const struct command_form form = {"detsim check", help, read_options, wrong_options, judge_file};
    struct options o = {0};
    return command_perform(&form, program, argc, argv, &o);
}
