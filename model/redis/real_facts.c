/* What is compared between the model and real servers, and what cannot be. */
#include <stdlib.h>

#include "model/redis/real.h"
#include "model/redis/resp.h"
#include "sim/world/glob.h"

#define NO_ID "0000000000000000000000000000000000000000"

const struct real_fact real_facts[] = {
    {"alive", REAL_EQUAL, NULL},
    {"role", REAL_EQUAL, NULL},
    {"master_host", REAL_EQUAL, NULL},
    {"master_link_status", REAL_EQUAL, NULL},
    {"connected_slaves", REAL_EQUAL, NULL},
    {"sync_full", REAL_EQUAL, NULL},
    {"sync_partial_ok", REAL_EQUAL, NULL},
    {"sync_partial_err", REAL_EQUAL, NULL},
    {"master_replid", REAL_IDENTITY, NO_ID},
    {"master_replid2", REAL_IDENTITY, NO_ID},
    {"master_repl_offset", REAL_EQUAL, NULL},
    {"second_repl_offset", REAL_EQUAL, NULL},
    {"repl_backlog_active", REAL_EQUAL, NULL},
    {"repl_backlog_first_byte_offset", REAL_EQUAL, NULL},
    {"lag_bytes", REAL_EQUAL, NULL},
    {"total_forks", REAL_EQUAL, NULL},
    {"rdb_last_bgsave_status", REAL_EQUAL, NULL},
    {"rdb_saves", REAL_EQUAL, NULL},
    {"expired_keys", REAL_EQUAL, NULL},
    {"evicted_keys", REAL_EQUAL, NULL},
    {"unexpected_error_replies", REAL_EQUAL, NULL},
    {"dbsize", REAL_EQUAL, NULL},
    {"digest", REAL_EQUAL, NULL},
    {0},
};

enum { PING_LEN = 14, PINGS_MOST = 8 };

/* A master goes on with its PINGs as long as it runs. */
const char *real_near(const char *field, const char *model, const char *real) {
    if (strcmp(field, "master_repl_offset") != 0) return NULL;
    long long more = strtoll(real, NULL, 10) - strtoll(model, NULL, 10);
    bool pings = more != 0 && more % PING_LEN == 0 && llabs(more / PING_LEN) <= PINGS_MOST;
    return pings ? "but for PINGs: the real side took a little longer" : NULL;
}

struct reason {
    const char *pattern;
    const char *why;
};

static const char *find_reason(const struct reason *reasons, struct bytes text) {
    for (; reasons->pattern; reasons++) {
        if (glob_match(resp_text(reasons->pattern), text)) return reasons->why;
    }
    return NULL;
}

const char *real_unlike(const char *field) {
    static const struct reason reasons[] = {
        {"*memory*", "memory depends on the allocator"},
        {"mem_*", "memory depends on the allocator"},
        {"*cow*", "copied pages depend on the kernel"},
        {"*fork_usec", "time of this machine"},
        {"lag_time", "the model's own measure"},
        {"run_id", "drawn at random"},
        {"*_net_*", "the observer's questions count as well"},
        {"total_connections_received", "the observer's connection counts as well"},
        {"total_commands_processed", "the observer's questions count as well"},
        {"connected_clients", "the observer's connection counts as well"},
        {NULL, NULL},
    };
    return find_reason(reasons, resp_text(field));
}

/* Eviction begins when a limit of bytes is reached, and the observer's own connection takes some of them. */
const char *real_unlike_line(const struct bytes *words, size_t count) {
    size_t at = count > 2 && resp_word_is(words[0], "config") && resp_word_is(words[1], "set") ? 2 : 0;
    if (at + 1 >= count || !resp_word_is(words[at], "maxmemory") || resp_word_is(words[at + 1], "0")) return NULL;
    return "with maxmemory the observer's connection takes memory, too";
}

/* --- log lines --------------------------------------------------------------------------------------------------- */

/* "PID:signal-handler (SECONDS) message" */
static bool is_from_handler(struct bytes line, size_t at, struct bytes *message) {
    static const char mark[] = ":signal-handler (";
    if (line.len - at < sizeof mark || memcmp(line.at + at, mark, sizeof mark - 1) != 0) return false;
    const char *end = memchr(line.at + at, ')', line.len - at);
    if (!end || end + 2 > line.at + line.len) return false;
    *message = (struct bytes){end + 2, (size_t)(line.at + line.len - end) - 2};
    return true;
}

/* "PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL message"; the levels are . - * # */
bool real_log_line(struct bytes line, enum log_level *level, struct bytes *message) {
    static const char levels[] = ".-*#";
    size_t at = 0;
    *level = LOG_WARNING;
    while (at < line.len && line.at[at] >= '0' && line.at[at] <= '9') at++;
    if (at > 0 && is_from_handler(line, at, message)) return true;
    if (at == 0 || at + 3 >= line.len || line.at[at] != ':' || line.at[at + 2] != ' ') return false;
    at += 3;
    for (int blanks = 0; at < line.len && blanks < 4; at++) blanks += line.at[at] == ' ';
    if (at + 2 > line.len || line.at[at + 1] != ' ') return false;
    const char *mark = memchr(levels, line.at[at], 4);
    if (!mark) return false;
    *level = (enum log_level)(mark - levels);
    *message = (struct bytes){line.at + at + 2, line.len - at - 2};
    return true;
}

/* The landmarks of replication. What servers only say of their attempts to connect repeats as time goes by. */
static const char *const landmarks[] = {
    "Full resync*",
    "Successful partial resynchronization*",
    "MASTER <-> REPLICA sync: Finished with success",
    "MASTER <-> REPLICA sync: Loading DB in memory",
    "MASTER <-> REPLICA sync: Flushing old data",
    "Connection with master lost.",
    "Caching the disconnected master state.",
    "Discarding previously cached master state.",
    "Trying a partial resynchronization*",
    "Partial resynchronization *",
    "Unable to partial resync*",
    "Master replication ID changed*",
    "Master is currently unable*",
    "MASTER MODE enabled*",
    "REPLICAOF *",
    "Before turning into a replica*",
    "MASTER timeout*",
    "MASTER aborted*",
    "Replica * asks for synchronization*",
    "Starting BGSAVE for SYNC*",
    "Waiting for end of BGSAVE*",
    "Current BGSAVE has socket target*",
    "Can't attach*",
    "Delay next BGSAVE*",
    "Background saving *",
    "Background RDB transfer *",
    "Synchronization with replica * succeeded",
    "Streamed RDB transfer with replica*",
    "Connection with replica * lost.",
    "Disconnecting timedout replica*",
    "SYNC failed*",
    "Setting secondary replication ID*",
    "Replication backlog *",
    "Received SIGTERM*",
    "User requested shutdown*",
    "Redis is now ready to exit*",
    "DB loaded from disk*",
    NULL,
};

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Ids become <id>; digits a #, if wanted. */
static void put_without(struct bytes text, bool numbers_too, struct buffer *out) {
    for (size_t i = 0; i < text.len;) {
        size_t hex = 0, digits = 0;
        while (i + hex < text.len && is_hex(text.at[i + hex])) hex++;
        while (i + digits < text.len && text.at[i + digits] >= '0' && text.at[i + digits] <= '9') digits++;
        if (hex == 40) {
            buffer_puts(out, "<id>");
            i += hex;
        } else if (digits > 0 && numbers_too && (i == 0 || !is_hex(text.at[i - 1]))) {
            buffer_putc(out, '#');
            i += digits;
        } else {
            buffer_putc(out, text.at[i++]);
        }
    }
}

bool real_log_fact(struct bytes message, struct buffer *out) {
    const char *const *landmark = landmarks;
    while (*landmark && !glob_match(resp_text(*landmark), message)) landmark++;
    if (!*landmark) return false;
    /* "(user request from 'id=3 addr=... ')" tells of that connection. */
    const char *request = memmem(message.at, message.len, " request from '", 15);
    if (request) message.len = (size_t)(request - message.at);
    put_without(message, true, out);
    return true;
}

/* --- replies ----------------------------------------------------------------------------------------------------- */

const char *real_unlike_reply(struct bytes request) {
    static const struct reason reasons[] = {
        {"INFO*", "a report of the whole server: its fields are compared one by one"},
        {"CLIENT *", "connections have numbers and ages"},
        {"MEMORY*", "memory depends on the allocator"},
        {"TIME*", "the wall clock"},
        {"LASTSAVE*", "the wall clock"},
        {"DEBUG*", "of this process"},
        {"RANDOMKEY*", "drawn at random"},
        {"SRANDMEMBER*", "drawn at random"},
        {"SPOP*", "drawn at random"},
        {"SCAN*", "order of a hash table"},
        {"KEYS*", "order of a hash table"},
        {"SMEMBERS*", "order of a hash table"},
        {"HGETALL*", "order of a hash table"},
        {"HKEYS*", "order of a hash table"},
        {"HVALS*", "order of a hash table"},
        {"SUNION *", "order of a hash table"},
        {"SINTER *", "order of a hash table"},
        {"SDIFF *", "order of a hash table"},
        {NULL, NULL},
    };
    return find_reason(reasons, request);
}

void real_reply_fact(struct bytes text, struct buffer *out) {
    put_without(text, false, out);
}
