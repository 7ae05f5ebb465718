/* Reading redis.conf lines as redis-server 7.0.15 does (its config.c): counts, types, ranges, words.
 *
 * Messages are the real server's, after the directive's name. */
#include "model/redis/directives.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "model/redis/resp.h"

/* How a directive's values are read. */
enum value_kind {
    VALUE_YES_NO,
    VALUE_NUMBER,
    VALUE_SIZE,
    VALUE_SIZE_OR_PERCENT,
    VALUE_OCTAL,
    VALUE_CHOICE,  /* one of the words */
    VALUE_CHOICES, /* one or more of them */
    VALUE_TEXT,    /* any one word */
    VALUE_WORDS,   /* any words */
    VALUE_FILE_NAME,
    VALUE_AOF_NAME, /* likewise, and not empty */
    VALUE_SAVE,
    VALUE_BUFFER_LIMIT,
    VALUE_MASTER /* host and port */
};

struct value_rule {
    enum value_kind kind;
    int64_t low, high;
    const char *choices; /* separated by one blank */
    const char *only;    /* the one value that is simulated */
};

#define MERGE_OF(kind) ((kind) == VALUE_SAVE ? MERGE_ADD : (kind) == VALUE_BUFFER_LIMIT ? MERGE_BY_FIRST : MERGE_LAST)

#define DIRECTIVE(name, support, kind, low, high, choices, only) {name, MERGE_OF(kind), support, NULL},
const struct directive redis_directives[] = {
#include "model/redis/directives.def"
    {NULL, MERGE_LAST, NOT_YET, NULL},
};
#undef DIRECTIVE

/* "slave" is a class of client-output-buffer-limit. */
const struct alias redis_aliases[] = {
    {"min-slaves-max-lag", "min-replicas-max-lag"},
    {"min-slaves-to-write", "min-replicas-to-write"},
    {"repl-ping-slave-period", "repl-ping-replica-period"},
    {"slave", "replica"},
    {"slave-announce-ip", "replica-announce-ip"},
    {"slave-announce-port", "replica-announce-port"},
    {"slave-ignore-maxmemory", "replica-ignore-maxmemory"},
    {"slave-lazy-flush", "replica-lazy-flush"},
    {"slave-priority", "replica-priority"},
    {"slave-read-only", "replica-read-only"},
    {"slave-serve-stale-data", "replica-serve-stale-data"},
    {"slaveof", "replicaof"},
    {NULL, NULL},
};

/* Parallel to redis_directives. */
#define DIRECTIVE(name, support, kind, low, high, choices, only) {kind, low, high, choices, only},
static const struct value_rule value_rules[] = {
#include "model/redis/directives.def"
};
#undef DIRECTIVE

/* A line under examination, and where complaints about it go. */
struct line {
    const char *name;
    const struct bytes *values;
    size_t count;
    char *error;
    size_t error_room;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct line *line, const char *format, ...) {
    int used = snprintf(line->error, line->error_room, "%s: ", line->name);
    if (used < 0 || (size_t)used >= line->error_room) return false;
    va_list args;
    va_start(args, format);
    vsnprintf(line->error + used, line->error_room - (size_t)used, format, args);
    va_end(args);
    return false;
}

static uint64_t unit_of(struct bytes unit) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1},           {"b", 1},
                 {"k", 1000},       {"kb", 1024},
                 {"m", 1000000},    {"mb", UINT64_C(1) << 20},
                 {"g", 1000000000}, {"gb", UINT64_C(1) << 30}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (resp_word_is(unit, units[i].name)) return units[i].bytes;
    }
    return 0;
}

bool directive_read_size(struct bytes text, uint64_t *size) {
    uint64_t n = 0;
    size_t digits = 0;
    for (; digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9'; digits++) {
        uint64_t digit = (uint64_t)(text.at[digits] - '0');
        n = n > (UINT64_MAX - digit) / 10 ? UINT64_MAX : n * 10 + digit;
    }
    uint64_t unit = unit_of((struct bytes){text.at + digits, text.len - digits});
    if (digits == 0 || unit == 0) return false;
    *size = n > UINT64_MAX / unit ? UINT64_MAX : n * unit;
    return true;
}

static bool check_range(const struct line *line, const struct value_rule *rule, bool inside) {
    if (inside) return true;
    return refuse(line, "argument must be between %" PRId64 " and %" PRId64 " inclusive", rule->low, rule->high);
}

static bool check_number(const struct line *line, const struct value_rule *rule) {
    int64_t n;
    if (!resp_parse_number(line->values[0], &n)) return refuse(line, "argument couldn't be parsed into an integer");
    return check_range(line, rule, n >= rule->low && n <= rule->high);
}

static bool check_size(const struct line *line, const struct value_rule *rule) {
    uint64_t n;
    if (!directive_read_size(line->values[0], &n)) return refuse(line, "argument must be a memory value");
    assert(rule->low >= 0 && rule->high >= 0);
    return check_range(line, rule, n >= (uint64_t)rule->low && n <= (uint64_t)rule->high);
}

static bool check_size_or_percent(const struct line *line) {
    struct bytes b = line->values[0];
    uint64_t n;
    bool percent = b.len > 1 && b.at[b.len - 1] == '%';
    if (percent) b.len--;
    int64_t share;
    if (percent ? resp_parse_number(b, &share) && share >= 0 : directive_read_size(b, &n)) return true;
    return refuse(line, "argument must be a memory or percent value");
}

static bool check_octal(const struct line *line) {
    struct bytes b = line->values[0];
    bool good = b.len > 0 && b.len <= 4;
    for (size_t i = 0; i < b.len; i++) good = good && b.at[i] >= '0' && b.at[i] <= '7';
    return good || refuse(line, "argument couldn't be parsed as an octal number");
}

static bool is_choice(struct bytes b, const char *choices) {
    while (*choices) {
        size_t len = strcspn(choices, " ");
        if (b.len == len && strncasecmp(b.at, choices, len) == 0) return true;
        choices += len + (choices[len] == ' ');
    }
    return false;
}

static bool check_choices(const struct line *line, const struct value_rule *rule) {
    for (size_t i = 0; i < line->count; i++) {
        if (is_choice(line->values[i], rule->choices)) continue;
        char listed[200];
        size_t used = 0;
        for (const char *c = rule->choices; *c && used + 3 < sizeof(listed); c++) {
            if (*c == ' ') listed[used++] = ',';
            listed[used++] = *c;
        }
        listed[used] = '\0';
        return refuse(line, "argument(s) must be one of the following: %s", listed);
    }
    return true;
}

/* save SECONDS CHANGES [SECONDS CHANGES ...], or save "". */
static bool check_save(const struct line *line) {
    if (line->count == 1 && line->values[0].len == 0) return true;
    bool good = line->count > 0 && line->count % 2 == 0;
    for (size_t i = 0; good && i < line->count; i++) {
        int64_t n;
        good = resp_parse_number(line->values[i], &n) && n >= (i % 2 == 0 ? 1 : 0) && n <= INT32_MAX;
    }
    return good || refuse(line, "Invalid save parameters");
}

/* client-output-buffer-limit CLASS HARD SOFT SECONDS [CLASS ...]. */
static bool check_buffer_limit(const struct line *line) {
    if (line->count == 0 || line->count % 4 != 0) {
        return refuse(line, "Wrong number of arguments in buffer limit configuration.");
    }
    for (size_t i = 0; i < line->count; i += 4) {
        const struct bytes *v = line->values + i;
        if (!is_choice(v[0], "normal slave replica pubsub")) {
            return refuse(line, "Invalid client class specified in buffer limit configuration.");
        }
        uint64_t size;
        int64_t seconds;
        if (!directive_read_size(v[1], &size) || !directive_read_size(v[2], &size) ||
            !resp_parse_number(v[3], &seconds) || seconds < 0) {
            return refuse(line, "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        }
    }
    return true;
}

static bool check_master(const struct line *line) {
    if (line->count != 2) return refuse(line, "wrong number of arguments");
    if (resp_word_is(line->values[0], "no") && resp_word_is(line->values[1], "one")) return true;
    int64_t port;
    if (resp_parse_number(line->values[1], &port) && port >= 0 && port <= 65535) return true;
    return refuse(line, "Invalid master port");
}

static bool check_file_name(const struct line *line) {
    struct bytes b = line->values[0];
    if (b.len > 0 && memchr(b.at, '/', b.len)) return refuse(line, "dbfilename can't be a path, just a filename");
    return true;
}

static bool check_aof_name(const struct line *line) {
    struct bytes b = line->values[0];
    if (b.len == 0) return refuse(line, "%s can't be empty", line->name);
    if (memchr(b.at, '/', b.len))
        return refuse(line, "%s can't be a path, just a %s", line->name,
                      strcmp(line->name, "appenddirname") == 0 ? "dirname" : "filename");
    return true;
}

/* How many values a kind takes: exactly one, or any number that its own check judges. */
static bool takes_one(enum value_kind kind) {
    return kind != VALUE_CHOICES && kind != VALUE_WORDS && kind != VALUE_SAVE && kind != VALUE_BUFFER_LIMIT &&
           kind != VALUE_MASTER;
}

static bool check_values(const struct line *line, const struct value_rule *rule) {
    if (takes_one(rule->kind) && line->count != 1) return refuse(line, "wrong number of arguments");
    switch (rule->kind) {
    case VALUE_YES_NO:
        return is_choice(line->values[0], "yes no") || refuse(line, "argument must be 'yes' or 'no'");
    case VALUE_NUMBER:
        return check_number(line, rule);
    case VALUE_SIZE:
        return check_size(line, rule);
    case VALUE_SIZE_OR_PERCENT:
        return check_size_or_percent(line);
    case VALUE_OCTAL:
        return check_octal(line);
    case VALUE_CHOICE:
    case VALUE_CHOICES:
        return check_choices(line, rule);
    case VALUE_FILE_NAME:
        return check_file_name(line);
    case VALUE_AOF_NAME:
        return check_aof_name(line);
    case VALUE_SAVE:
        return check_save(line);
    case VALUE_BUFFER_LIMIT:
        return check_buffer_limit(line);
    case VALUE_MASTER:
        return check_master(line);
    case VALUE_TEXT:
    case VALUE_WORDS:
        break;
    }
    return true;
}

/* The place of a directive in the tables, -1 if there is none. Names have any case. */
static int find(struct bytes name) {
    for (int i = 0; redis_directives[i].name; i++) {
        if (resp_word_is(name, redis_directives[i].name)) return i;
    }
    return -1;
}

bool directive_check(const struct bytes *words, size_t count, char *error, size_t error_room) {
    assert(count > 0 && error_room > 0);
    int at = find(words[0]);
    if (at < 0) {
        snprintf(error, error_room, "%.*s: Bad directive or wrong number of arguments", (int)words[0].len, words[0].at);
        return false;
    }
    struct line line = {redis_directives[at].name, words + 1, count - 1, error, error_room};
    const struct value_rule *rule = &value_rules[at];
    if (redis_directives[at].support == NOT_YET) return refuse(&line, "not simulated yet");
    if (!check_values(&line, rule)) return false;
    if (rule->only && !(line.count == 1 && resp_word_is(line.values[0], rule->only))) {
        return refuse(&line, "of its values only '%s' is simulated yet", rule->only);
    }
    return true;
}
