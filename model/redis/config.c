/* Settings: from redis.conf words to numbers and back. */
#include "model/redis/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "model/redis/directives.h"
#include "model/redis/resp.h"

enum config_kind {
    KIND_BOOL,
    KIND_NUMBER,
    KIND_SIZE,
    KIND_TEXT,
    KIND_LOAD,
    KIND_PROPAGATION,
    KIND_POLICY,
    KIND_LEVEL,
    KIND_FSYNC,
    KIND_SAVE,
    KIND_LIMIT,
    KIND_MASTER
};

struct config_rule {
    const char *name;
    const char *alias; /* the older name; NULL */
    enum config_kind kind;
    size_t at; /* offset in struct config */
    const char *initial;
    bool fixed; /* CONFIG SET refuses it */
};

/* A directive that the model has no use for, as it was given. */
struct config_text {
    struct config_text *next;
    char *name;
    struct buffer value;
};

#define MEMBER(member) offsetof(struct config, member)

/* In order of name. */
static const struct config_rule rules[] = {
    {"active-expire-effort", NULL, KIND_NUMBER, MEMBER(active_expire_effort), "1", false},
    {"aof-disable-auto-gc", NULL, KIND_BOOL, MEMBER(aof_disable_auto_gc), "no", false},
    {"aof-load-truncated", NULL, KIND_BOOL, MEMBER(aof_load_truncated), "yes", false},
    {"aof-rewrite-incremental-fsync", NULL, KIND_BOOL, MEMBER(aof_rewrite_incremental_fsync), "yes", false},
    {"aof-timestamp-enabled", NULL, KIND_BOOL, MEMBER(aof_timestamp_enabled), "no", false},
    {"aof-use-rdb-preamble", NULL, KIND_BOOL, MEMBER(aof_use_rdb_preamble), "yes", false},
    {"appenddirname", NULL, KIND_TEXT, MEMBER(appenddirname), "appendonlydir", true},
    {"appendfilename", NULL, KIND_TEXT, MEMBER(appendfilename), "appendonly.aof", true},
    {"appendfsync", NULL, KIND_FSYNC, MEMBER(appendfsync), "everysec", false},
    {"appendonly", NULL, KIND_BOOL, MEMBER(appendonly), "no", false},
    {"auto-aof-rewrite-min-size", NULL, KIND_SIZE, MEMBER(auto_aof_rewrite_min_size), "64mb", false},
    {"auto-aof-rewrite-percentage", NULL, KIND_NUMBER, MEMBER(auto_aof_rewrite_percentage), "100", false},
    {"client-output-buffer-limit", NULL, KIND_LIMIT, 0, "", false},
    {"client-query-buffer-limit", NULL, KIND_SIZE, MEMBER(client_query_buffer_limit), "1gb", false},
    {"dbfilename", NULL, KIND_TEXT, MEMBER(dbfilename), "dump.rdb", false},
    {"hz", NULL, KIND_NUMBER, MEMBER(hz), "10", false},
    {"key-load-delay", NULL, KIND_NUMBER, MEMBER(key_load_delay), "0", false},
    {"lazyfree-lazy-eviction", NULL, KIND_BOOL, MEMBER(lazyfree_lazy_eviction), "no", false},
    {"lazyfree-lazy-expire", NULL, KIND_BOOL, MEMBER(lazyfree_lazy_expire), "no", false},
    {"lazyfree-lazy-server-del", NULL, KIND_BOOL, MEMBER(lazyfree_lazy_server_del), "no", false},
    {"lazyfree-lazy-user-del", NULL, KIND_BOOL, MEMBER(lazyfree_lazy_user_del), "no", false},
    {"lazyfree-lazy-user-flush", NULL, KIND_BOOL, MEMBER(lazyfree_lazy_user_flush), "no", false},
    {"lfu-decay-time", NULL, KIND_NUMBER, MEMBER(lfu_decay_time), "1", false},
    {"lfu-log-factor", NULL, KIND_NUMBER, MEMBER(lfu_log_factor), "10", false},
    {"loading-process-events-interval-bytes", NULL, KIND_NUMBER, MEMBER(loading_process_events_interval_bytes),
     "2097152", false},
    {"loglevel", NULL, KIND_LEVEL, MEMBER(loglevel), "notice", false},
    {"masterauth", NULL, KIND_TEXT, MEMBER(masterauth), "", false},
    {"masteruser", NULL, KIND_TEXT, MEMBER(masteruser), "", false},
    {"maxclients", NULL, KIND_NUMBER, MEMBER(maxclients), "10000", false},
    {"maxmemory", NULL, KIND_SIZE, MEMBER(maxmemory), "0", false},
    {"maxmemory-eviction-tenacity", NULL, KIND_NUMBER, MEMBER(maxmemory_eviction_tenacity), "10", false},
    {"maxmemory-policy", NULL, KIND_POLICY, MEMBER(maxmemory_policy), "noeviction", false},
    {"maxmemory-samples", NULL, KIND_NUMBER, MEMBER(maxmemory_samples), "5", false},
    {"min-replicas-max-lag", "min-slaves-max-lag", KIND_NUMBER, MEMBER(min_replicas_max_lag), "10", false},
    {"min-replicas-to-write", "min-slaves-to-write", KIND_NUMBER, MEMBER(min_replicas_to_write), "0", false},
    {"no-appendfsync-on-rewrite", NULL, KIND_BOOL, MEMBER(no_appendfsync_on_rewrite), "no", false},
    {"port", NULL, KIND_NUMBER, MEMBER(port), "6379", true},
    {"propagation-error-behavior", NULL, KIND_PROPAGATION, MEMBER(propagation_error_behavior), "ignore", false},
    {"protected-mode", NULL, KIND_BOOL, MEMBER(protected_mode), "yes", false},
    {"proto-max-bulk-len", NULL, KIND_SIZE, MEMBER(proto_max_bulk_len), "512mb", false},
    {"rdb-del-sync-files", NULL, KIND_BOOL, MEMBER(rdb_del_sync_files), "no", false},
    {"rdb-key-save-delay", NULL, KIND_NUMBER, MEMBER(rdb_key_save_delay), "0", false},
    {"rdbchecksum", NULL, KIND_BOOL, MEMBER(rdbchecksum), "yes", true},
    {"rdbcompression", NULL, KIND_BOOL, MEMBER(rdbcompression), "yes", false},
    {"repl-backlog-size", NULL, KIND_SIZE, MEMBER(repl_backlog_size), "1mb", false},
    {"repl-backlog-ttl", NULL, KIND_NUMBER, MEMBER(repl_backlog_ttl), "3600", false},
    {"repl-disable-tcp-nodelay", NULL, KIND_BOOL, MEMBER(repl_disable_tcp_nodelay), "no", false},
    {"repl-diskless-load", NULL, KIND_LOAD, MEMBER(repl_diskless_load), "disabled", false},
    {"repl-diskless-sync", NULL, KIND_BOOL, MEMBER(repl_diskless_sync), "yes", false},
    {"repl-diskless-sync-delay", NULL, KIND_NUMBER, MEMBER(repl_diskless_sync_delay), "5", false},
    {"repl-diskless-sync-max-replicas", NULL, KIND_NUMBER, MEMBER(repl_diskless_sync_max_replicas), "0", false},
    {"repl-ping-replica-period", "repl-ping-slave-period", KIND_NUMBER, MEMBER(repl_ping_replica_period), "10", false},
    {"repl-timeout", NULL, KIND_NUMBER, MEMBER(repl_timeout), "60", false},
    {"replica-announce-ip", "slave-announce-ip", KIND_TEXT, MEMBER(replica_announce_ip), "", false},
    {"replica-announce-port", "slave-announce-port", KIND_NUMBER, MEMBER(replica_announce_port), "0", false},
    {"replica-announced", NULL, KIND_BOOL, MEMBER(replica_announced), "yes", false},
    {"replica-ignore-disk-write-errors", NULL, KIND_BOOL, MEMBER(replica_ignore_disk_write_errors), "no", false},
    {"replica-ignore-maxmemory", "slave-ignore-maxmemory", KIND_BOOL, MEMBER(replica_ignore_maxmemory), "yes", false},
    {"replica-lazy-flush", "slave-lazy-flush", KIND_BOOL, MEMBER(replica_lazy_flush), "no", false},
    {"replica-priority", "slave-priority", KIND_NUMBER, MEMBER(replica_priority), "100", false},
    {"replica-read-only", "slave-read-only", KIND_BOOL, MEMBER(replica_read_only), "yes", false},
    {"replica-serve-stale-data", "slave-serve-stale-data", KIND_BOOL, MEMBER(replica_serve_stale_data), "yes", false},
    {"replicaof", "slaveof", KIND_MASTER, 0, "", true},
    {"requirepass", NULL, KIND_TEXT, MEMBER(requirepass), "", false},
    {"save", NULL, KIND_SAVE, 0, "", false},
    {"shutdown-timeout", NULL, KIND_NUMBER, MEMBER(shutdown_timeout), "10", false},
    {"stop-writes-on-bgsave-error", NULL, KIND_BOOL, MEMBER(stop_writes_on_bgsave_error), "yes", false},
    {"timeout", NULL, KIND_NUMBER, MEMBER(timeout), "0", false},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]), BACKLOG_MIN = 16 * 1024 };

static const char *const level_words[] = {"debug", "verbose", "notice", "warning", NULL};
static const char *const load_words[] = {"disabled", "on-empty-db", "swapdb", NULL};
static const char *const propagation_words[] = {"ignore", "panic", "panic-on-replicas", NULL};
/* In the order of enum eviction_policy. */
static const char *const policy_words[] = {"volatile-lru",   "volatile-lfu", "volatile-random",
                                           "volatile-ttl",   "allkeys-lru",  "allkeys-lfu",
                                           "allkeys-random", "noeviction",   NULL};
static const char *const fsync_words[] = {"everysec", "always", "no", NULL}; /* enum aof_fsync */
static const char *const class_words[] = {"normal", "slave", "pubsub", NULL};

static const struct config_rule *find_rule(struct bytes name) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (resp_word_is(name, rules[i].name) || (rules[i].alias && resp_word_is(name, rules[i].alias)))
            return &rules[i];
    }
    return NULL;
}

static void *member_of(const struct config *config, const struct config_rule *rule) {
    return (char *)(uintptr_t)config + rule->at;
}

static int64_t word_index(const char *const *words, struct bytes word) {
    for (int64_t i = 0; words[i]; i++) {
        if (resp_word_is(word, words[i])) return i;
    }
    assert(false && "directive_check() lets no other word pass");
    return 0;
}

static int64_t read_number(struct bytes word) {
    int64_t n = 0;
    bool good = resp_parse_number(word, &n);
    assert(good);
    (void)good;
    return n;
}

static int64_t read_size(struct bytes word) {
    uint64_t n = 0;
    bool good = directive_read_size(word, &n);
    assert(good);
    (void)good;
    return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static void apply_save(struct config *config, const struct bytes *values, size_t count) {
    if (config->save_is_default || (count == 1 && values[0].len == 0)) config->save_point_count = 0;
    config->save_is_default = false;
    for (size_t i = 0; i + 1 < count && config->save_point_count < SAVE_POINTS_MAX; i += 2) {
        struct save_point point = {read_number(values[i]), read_number(values[i + 1])};
        config->save_points[config->save_point_count++] = point;
    }
}

static void apply_limits(struct config *config, const struct bytes *values, size_t count) {
    for (size_t i = 0; i + 3 < count; i += 4) {
        struct bytes class_word = resp_word_is(values[i], "replica") ? resp_text("slave") : values[i];
        config->limits[word_index(class_words, class_word)] =
            (struct output_limit){read_size(values[i + 1]), read_size(values[i + 2]), read_number(values[i + 3])};
    }
}

static void apply_master(struct config *config, const struct bytes *values) {
    bool none = resp_word_is(values[0], "no") && resp_word_is(values[1], "one");
    config->master_host = none ? "" : pool_strndup(config->pool, values[0].at, values[0].len);
    config->master_port = none ? 0 : read_number(values[1]);
}

static const struct config_text *find_other(const struct config *config, struct bytes name) {
    const struct config_text *t = config->others;
    while (t && !resp_word_is(name, t->name)) t = t->next;
    return t;
}

static void apply_other(struct config *config, const struct bytes *words, size_t count) {
    struct config_text **at = &config->others;
    while (*at && !resp_word_is(words[0], (*at)->name)) at = &(*at)->next;
    if (!*at) {
        *at = POOL_NEW(config->pool, struct config_text);
        (*at)->name = pool_strndup(config->pool, words[0].at, words[0].len);
        for (char *c = (*at)->name; *c; c++) *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        buffer_init(&(*at)->value, config->pool);
    }
    buffer_clear(&(*at)->value);
    for (size_t i = 1; i < count; i++) {
        if (i > 1) buffer_putc(&(*at)->value, ' ');
        buffer_put(&(*at)->value, words[i].at, words[i].len);
    }
}

static void apply_rule(struct config *config, const struct config_rule *rule, const struct bytes *values,
                       size_t count) {
    void *member = member_of(config, rule);
    switch (rule->kind) {
    case KIND_BOOL:
        *(bool *)member = resp_word_is(values[0], "yes");
        break;
    case KIND_NUMBER:
        *(int64_t *)member = read_number(values[0]);
        break;
    case KIND_SIZE:
        *(int64_t *)member = read_size(values[0]);
        break;
    case KIND_TEXT:
        *(const char **)member = pool_strndup(config->pool, values[0].at, values[0].len);
        break;
    case KIND_LOAD:
        *(int64_t *)member = word_index(load_words, values[0]);
        break;
    case KIND_PROPAGATION:
        *(int64_t *)member = word_index(propagation_words, values[0]);
        break;
    case KIND_POLICY:
        *(int64_t *)member = word_index(policy_words, values[0]);
        break;
    case KIND_LEVEL:
        *(int64_t *)member = word_index(level_words, values[0]);
        break;
    case KIND_FSYNC:
        *(int64_t *)member = word_index(fsync_words, values[0]);
        break;
    case KIND_SAVE:
        apply_save(config, values, count);
        break;
    case KIND_LIMIT:
        apply_limits(config, values, count);
        break;
    case KIND_MASTER:
        apply_master(config, values);
        break;
    }
}

void config_apply(struct config *config, const struct bytes *words, size_t count) {
    assert(count > 0);
    const struct config_rule *rule = find_rule(words[0]);
    if (!rule) {
        apply_other(config, words, count);
        return;
    }
    apply_rule(config, rule, words + 1, count - 1);
    if (config->repl_backlog_size < BACKLOG_MIN) config->repl_backlog_size = BACKLOG_MIN;
}

void config_init(struct config *config, struct pool *pool) {
    memset(config, 0, sizeof(*config));
    config->pool = pool;
    config->master_host = "";
    for (size_t i = 0; i < RULE_COUNT; i++) {
        struct bytes value = resp_text(rules[i].initial);
        if (rules[i].kind == KIND_TEXT)
            *(const char **)member_of(config, &rules[i]) = rules[i].initial;
        else if (value.len)
            apply_rule(config, &rules[i], &value, 1);
    }
    config->limits[LIMIT_REPLICA] = (struct output_limit){256 << 20, 64 << 20, 60};
    config->limits[LIMIT_PUBSUB] = (struct output_limit){32 << 20, 8 << 20, 60};
    config->save_points[0] = (struct save_point){3600, 1};
    config->save_points[1] = (struct save_point){300, 100};
    config->save_points[2] = (struct save_point){60, 10000};
    config->save_point_count = 3;
    config->save_is_default = true;
}

/* --- CONFIG SET --------------------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 2 + 2 * SAVE_POINTS_MAX };

/* Directive and values as a line of redis.conf would have them. */
static size_t as_line(const struct config_rule *rule, struct bytes name, struct bytes value, struct buffer *text,
                      struct bytes *words) {
    words[0] = name;
    words[1] = value;
    if (value.len == 0 || (rule->kind != KIND_SAVE && rule->kind != KIND_LIMIT)) return 2;
    struct resp_slice slices[WORDS_MAX];
    size_t count = 0;
    for (size_t at = 0; at < value.len && count < WORDS_MAX - 1;) {
        size_t end = at;
        while (end < value.len && value.at[end] != ' ') end++;
        if (end > at) slices[count++] = (struct resp_slice){at, end - at};
        at = end + 1;
    }
    buffer_put(text, value.at, value.len);
    for (size_t i = 0; i < count; i++) words[i + 1] = (struct bytes){text->at + slices[i].at, slices[i].len};
    return count + 1;
}

/* Why CONFIG SET refuses a directive whatever the value; NULL if it does not. Protected ones (enable-protected-configs,
 * which is `no`) would let a client choose where files are written. */
static const char *set_refusal(const struct config_rule *rule, struct bytes name) {
    static const char *const protected_names[] = {"dbfilename", "dir", "enable-protected-configs"};
    for (size_t i = 0; i < sizeof(protected_names) / sizeof(protected_names[0]); i++) {
        if (resp_word_is(name, protected_names[i])) return "can't set protected config";
    }
    bool fixed = rule && rule->fixed;
    for (const struct config_default *d = config_defaults; !rule && d->name; d++) {
        if (resp_word_is(name, d->name)) fixed = d->fixed;
    }
    return fixed ? "can't set immutable config" : NULL;
}

bool config_set(struct config *config, struct bytes name, struct bytes value, char *error, size_t error_room) {
    const struct config_rule *rule = find_rule(name);
    const char *refusal = set_refusal(rule, name);
    if (refusal) {
        snprintf(error, error_room, "%s", refusal);
        return false;
    }
    struct config_rule unknown = {.kind = KIND_TEXT};
    struct bytes words[WORDS_MAX];
    struct buffer text;
    buffer_init(&text, config->pool);
    char message[256];
    size_t count = as_line(rule ? rule : &unknown, name, value, &text, words);
    bool good = directive_check(words, count, message, sizeof(message));
    if (good) {
        if (rule && rule->kind == KIND_SAVE) config->save_is_default = true;
        config_apply(config, words, count);
    } else {
        /* The check says "directive: reason"; CONFIG SET's reply names the directive by itself. */
        const char *reason = strstr(message, ": ");
        snprintf(error, error_room, "%s", reason ? reason + 2 : message);
    }
    buffer_free(&text);
    return good;
}

/* --- CONFIG GET --------------------------------------------------------------------------------------------------- */

static void put_limits(const struct config *config, struct buffer *out) {
    for (size_t i = 0; i < LIMIT_CLASSES; i++) {
        const struct output_limit *limit = &config->limits[i];
        buffer_printf(out, "%s%s %" PRId64 " %" PRId64 " %" PRId64, i ? " " : "", class_words[i], limit->hard,
                      limit->soft, limit->soft_seconds);
    }
}

const char *config_policy_word(const struct config *config) {
    return policy_words[config->maxmemory_policy];
}

static void put_value(const struct config *config, const struct config_rule *rule, struct buffer *out) {
    const void *member = member_of(config, rule);
    switch (rule->kind) {
    case KIND_BOOL:
        buffer_puts(out, *(const bool *)member ? "yes" : "no");
        break;
    case KIND_NUMBER:
    case KIND_SIZE:
        buffer_printf(out, "%" PRId64, *(const int64_t *)member);
        break;
    case KIND_TEXT:
        buffer_puts(out, *(const char *const *)member);
        break;
    case KIND_LOAD:
        buffer_puts(out, load_words[*(const int64_t *)member]);
        break;
    case KIND_PROPAGATION:
        buffer_puts(out, propagation_words[*(const int64_t *)member]);
        break;
    case KIND_LEVEL:
        buffer_puts(out, level_words[*(const int64_t *)member]);
        break;
    case KIND_POLICY:
        buffer_puts(out, config_policy_word(config));
        break;
    case KIND_FSYNC:
        buffer_puts(out, fsync_words[*(const int64_t *)member]);
        break;
    case KIND_LIMIT:
        put_limits(config, out);
        break;
    case KIND_SAVE:
        for (size_t i = 0; i < config->save_point_count; i++) {
            buffer_printf(out, "%s%" PRId64 " %" PRId64, i ? " " : "", config->save_points[i].seconds,
                          config->save_points[i].changes);
        }
        break;
    case KIND_MASTER:
        if (config->master_host[0]) buffer_printf(out, "%s %" PRId64, config->master_host, config->master_port);
        break;
    }
}

/* * and ? only: what people ask CONFIG GET with. */
static bool glob_matches(struct bytes pattern, const char *name) {
    size_t p = 0, n = 0, star = SIZE_MAX, mark = 0, len = strlen(name);
    while (n < len) {
        char c = p < pattern.len ? pattern.at[p] : 0;
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (p < pattern.len && c == '*') {
            star = p++;
            mark = n;
        } else if (p < pattern.len && (c == '?' || c == name[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*') p++;
    return p == pattern.len;
}

void config_get(const struct config *config, struct bytes pattern,
                void (*tell)(void *ctx, const char *name, struct bytes value), void *ctx) {
    struct buffer value;
    buffer_init(&value, config->pool);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const char *names[] = {rules[i].name, rules[i].alias};
        for (size_t k = 0; k < 2; k++) {
            if (!names[k] || !glob_matches(pattern, names[k])) continue;
            buffer_clear(&value);
            put_value(config, &rules[i], &value);
            tell(ctx, names[k], value.at ? buffer_bytes(&value) : resp_text(""));
        }
    }
    for (const struct config_text *t = config->others; t; t = t->next) {
        if (glob_matches(pattern, t->name)) tell(ctx, t->name, t->value.at ? buffer_bytes(&t->value) : resp_text(""));
    }
    for (const struct config_default *d = config_defaults; d->name; d++) {
        if (glob_matches(pattern, d->name) && !find_rule(resp_text(d->name)) && !find_other(config, resp_text(d->name)))
            tell(ctx, d->name, resp_text(d->value));
    }
    buffer_free(&value);
}
