/* Fuzzing the readers of histories: any bytes, in any format and model, give operations that can be judged and
 * described, or one error with its place. The first byte chooses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/check/judge_history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A search that takes long is given up. */
static bool is_spent(void *ctx) {
    unsigned *left = ctx;
    if (*left == 0) return true;
    (*left)--;
    return false;
}

/* A finding: what a fuzzer stops at. */
static void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "finding: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 20000) return 0;
    const struct judge *judge = history_judge();
    struct pool *pool = pool_create();
    struct buffer said, picture;
    buffer_init(&said, pool);
    buffer_init(&picture, pool);
    unsigned patience = 20, choice = data[0] % 8;
    struct judge_request request = {.pool = pool,
                                    .file = "fuzz",
                                    .text = {(const char *)data + 1, size - 1},
                                    .format = choice < 6 ? judge->formats[choice % 3] : NULL,
                                    .model = choice < 6 ? judge->models[choice / 3] : NULL,
                                    .spent = is_spent,
                                    .ctx = &patience,
                                    .said = &said,
                                    .picture = &picture};
    enum judge_verdict verdict = judge->judge(&request);
    require(said.len > 0 && said.at[said.len - 1] == '\n', "something is said, in whole lines");
    require((verdict == JUDGE_VIOLATION) == (picture.len > 0), "a violation is drawn, nothing else is");
    require((verdict == JUDGE_WRONG_INPUT) == (strncmp(said.at, "fuzz:", 5) == 0), "an error has its place");
    pool_destroy(pool);
    return 0;
}
