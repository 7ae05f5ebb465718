/* A made-up system and made-up runs for the tests of reports/: what a master and its replicas could have told. */
#ifndef TESTS_UNIT_EVIDENCE_H
#define TESTS_UNIT_EVIDENCE_H

#include <string.h>

#include "sim/run/recorder.h"

enum made_up_kind { MADE_UP_WRITE = TRACE_MODEL };

static inline const char *evidence_kind_name(unsigned kind) {
    return kind == MADE_UP_WRITE ? "write" : NULL;
}

static inline void evidence_text(struct model *model, const struct happening *h, struct buffer *out) {
    (void)model;
    if (h->kind == MADE_UP_WRITE) buffer_printf(out, "offset %lld", (long long)h->a);
}

static inline void evidence_op_text(struct bytes wire, struct buffer *out) {
    buffer_put(out, wire.at, wire.len);
}

/* The second word of "SET k v". */
static inline struct bytes evidence_op_key(struct bytes wire) {
    const char *blank = memchr(wire.at, ' ', wire.len);
    const char *end = wire.at + wire.len;
    const char *key_end;

    if (!blank) return (struct bytes){wire.at, 0};
    key_end = memchr(blank + 1, ' ', (size_t)(end - blank - 1));
    return (struct bytes){blank + 1, (size_t)((key_end ? key_end : end) - blank - 1)};
}

static const char *const evidence_samples[] = {"offset", "lag_bytes", NULL};

static const struct system evidence_system = {
    .name = "made-up",
    .sample_names = evidence_samples,
    .happening_name = evidence_kind_name,
    .happening_text = evidence_text,
    .op_text = evidence_op_text,
    .op_key = evidence_op_key,
};

#endif
