/* The parts of a node's door that are the same in the simulated world and on real sockets. */
#include "sim/world/host.h"

#include <assert.h>
#include <stdio.h>

#define LOG_LINE_MAX 1024u /* as the real server's own limit */

sim_time host_transfer_time(int64_t bytes, int64_t rate) {
    assert(bytes >= 0 && rate > 0);
    if (bytes < INT64_MAX / SIM_SECOND) return bytes * SIM_SECOND / rate;
    __int128 ns = (__int128)bytes * SIM_SECOND / rate;
    return ns > SIM_NEVER ? SIM_NEVER : (sim_time)ns;
}

struct chance host_chance(const struct host *h, const char *purpose) {
    return chance_named(h->seed, purpose, h->name, "process", h->incarnation);
}

void host_log(struct host *h, enum log_level level, const char *format, ...) {
    char line[LOG_LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert(n >= 0);
    uint32_t len = (uint32_t)n < sizeof(line) ? (uint32_t)n : (uint32_t)sizeof(line) - 1;
    struct happening happening = {.kind = TRACE_LOG, .peer = NO_PARTY, .a = level, .text = line, .len = len};
    host_note(h, &happening);
}
