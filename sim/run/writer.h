/* How results are printed: for people, as JSON, TAP or JUnit.
 *
 * A run is written where it was made, as one piece of text; the campaign puts the pieces in order, between a head and
 * a tail. */
#ifndef SIM_RUN_WRITER_H
#define SIM_RUN_WRITER_H

#include "sim/run/recorder.h"
#include "sim/world/buffer.h"

/* What a campaign came to. */
struct campaign_summary {
    uint64_t runs; /* wanted */
    uint64_t done;
    uint64_t failed;
    int64_t wall_ns;
    bool interrupted;
};

struct writer {
    const char *name; /* of --format */
    bool with_fields; /* it shows the nodes' fields */
    void (*head)(struct buffer *out, uint64_t runs);
    /* `first`: of the runs of its file in this campaign; what is the same in all may be said once. */
    void (*run)(struct buffer *out, const struct run_result *result, bool first);
    /* A run that has no result: its process was lost. `why` is one line. */
    void (*lost)(struct buffer *out, const struct run_identity *identity, const char *why);
    void (*tail)(struct buffer *out, const struct campaign_summary *summary);
};

extern const struct writer writer_text, writer_json, writer_tap, writer_junit;

/* NULL if there is no format of that name. */
const struct writer *writer_find(const char *name);

/* An instant as people and the command line read it, to the ns: 3.204s. */
void writer_put_time(struct buffer *out, sim_time at);
/* Any bytes as one printable line of valid UTF-8: line ends, control bytes and what is no text become \n or \xHH. */
void writer_put_line(struct buffer *out, const char *text);

#endif
