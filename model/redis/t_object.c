/* OBJECT: what the server knows of a key for eviction. */
#include "model/redis/commands.h"
#include "model/redis/exec.h"

/* Idle times are kept, or frequencies, not both. */
static void reply_other_policy(struct exec *ex, const char *what) {
    reply_error(ex,
                "ERR An LFU maxmemory policy is %s. Please note that when switching between policies at runtime LRU "
                "and LFU data will take some time to adjust.",
                what);
}

static void object_idletime(struct exec *ex, const struct access_clock *clock, const struct entry *e) {
    if (clock->frequency)
        reply_other_policy(ex, "selected, idle time not tracked");
    else
        reply_number(ex, access_idle(clock, e->access));
}

static void object_freq(struct exec *ex, const struct access_clock *clock, const struct entry *e) {
    if (clock->frequency)
        reply_number(ex, access_frequency(clock, e->access));
    else
        reply_other_policy(ex, "not selected, access frequency not tracked");
}

void command_object(struct exec *ex) {
    bool idletime = exec_word(ex, 1, "idletime");
    if (!idletime && !exec_word(ex, 1, "freq")) {
        int len = ex->argv[1].len < 128 ? (int)ex->argv[1].len : 128;
        reply_error(ex, "ERR unknown subcommand '%.*s'. Try OBJECT HELP.", len, ex->argv[1].at);
        return;
    }
    if (ex->argc != 3) {
        reply_error(ex, "ERR wrong number of arguments for 'object|%s' command", idletime ? "idletime" : "freq");
        return;
    }
    ex->lookup = LOOKUP_COUNTS;
    const struct entry *e = exec_find(ex, ex->argv[2]);
    const struct access_clock *clock = exec_database(ex)->clock;
    if (!e)
        reply_nil(ex);
    else if (idletime)
        object_idletime(ex, clock, e);
    else
        object_freq(ex, clock, e);
}
