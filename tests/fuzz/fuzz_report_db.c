/* `detsim report` on damaged evidence files.
 *
 * Method: a small true database is made once; the input patches it, four bytes a patch (three of offset, one of value),
 * so that most of it stays readable and the reader gets far. All forms are written to /dev/null. Nothing may crash,
 * hang or leak; what the reader says of the file does not matter. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/formats.h"
#include "reports/store.h"
#include "tests/unit/made_up.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *base; /* and as much room again, for a patched copy */
static size_t base_size;
static char path[] = "/tmp/fuzz-report-XXXXXX";

_Noreturn static void die(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(3);
}

static void record(void) {
    char error[512];
    struct recorder_campaign campaign = {path, "detsim run", RECORD_SUMMARY, 4, 0, 0};
    struct recorder *recorder;

    if (!store_source.begin(&campaign, error, sizeof error)) die(error);
    recorder = store_source.open(&campaign, error, sizeof error);
    if (!recorder) die(error);
    for (uint64_t i = 0; i < 4; i++) {
        struct run_identity identity = made_up_identity(i < 2 ? "a.scn" : "b.scn", i, i);

        made_up_tell(recorder, &identity);
        if (!made_up_end(recorder, &identity, i != 3)) die(store_source.problem(recorder));
    }
    store_source.close(recorder);
}

static void remove_database(void) {
    unlink(path);
}

static void make_base(void) {
    int fd = mkstemp(path);
    FILE *file;
    long size = 0;

    if (fd < 0) die("no temporary file");
    close(fd);
    record();
    file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0) die("no base database");
    rewind(file);
    base_size = (size_t)size;
    base = malloc(2 * base_size);
    if (!base || fread(base, 1, base_size, file) != base_size) die("no base database");
    fclose(file);
    base[18] = base[19] = 1; /* no WAL, which would leave files beside it */
    atexit(remove_database);
}

/* Writes the patched database. */
static void patch(const uint8_t *data, size_t size) {
    uint8_t *copy = base + base_size;
    FILE *file = fopen(path, "wb");

    memcpy(copy, base, base_size);
    for (size_t i = 0; i + 4 <= size; i += 4)
        copy[((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % base_size] = data[i + 3];
    if (!file || fwrite(copy, 1, base_size, file) != base_size || fclose(file) != 0) die("no temporary file");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *out;
    struct evidence evidence;
    char error[512];

    if (!base) make_base();
    if (!out) out = fopen("/dev/null", "w");
    patch(data, size);
    if (evidence_open(&evidence, path, error, sizeof error) && evidence_read_runs(&evidence, 0)) {
        format_text(out, &evidence);
        format_json(out, &evidence);
        format_csv(out, &evidence);
        format_junit(out, &evidence);
        if (evidence.run_count) format_run_text(out, &evidence, &evidence.runs[0]);
    }
    evidence_close(&evidence);
    return 0;
}
