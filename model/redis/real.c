#include "model/redis/real.h"

#include <stdio.h>

#include "model/redis/dataset.h"
#include "model/redis/fields.h"
#include "model/redis/resp.h"

/* --- its configuration ---------------------------------------------------------------------------------------------
 */

static void put_word(struct buffer *out, struct bytes word) {
    buffer_putc(out, '"');
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.at[i];
        if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
            buffer_putc(out, (char)c);
        } else {
            buffer_printf(out, "\\x%02x", c);
        }
    }
    buffer_putc(out, '"');
}

static void configure(const struct setting *lines, size_t count, const struct real_place *place, struct buffer *out) {
    buffer_puts(out, "enable-debug-command yes\nprotected-mode no\ndaemonize no\n");
    for (size_t i = 0; i < count; i++) {
        if (resp_word_is(lines[i].words[0], "port") || resp_word_is(lines[i].words[0], "bind")) continue;
        buffer_put(out, lines[i].words[0].at, lines[i].words[0].len);
        for (size_t j = 1; j < lines[i].word_count; j++) {
            buffer_putc(out, ' ');
            put_word(out, lines[i].words[j]);
        }
        buffer_putc(out, '\n');
    }
    buffer_printf(out, "bind %s\nport %u\ndir %s\nlogfile %s\n", place->ip, place->port, place->folder, place->log);
}

static uint16_t upstream(const struct model_node_setup *node) {
    for (size_t i = 0; i < node->option_count; i++) {
        const struct option *option = &node->options[i];
        if (strcmp(option->rule->name, "replicaof") == 0 && option->node_count == 1) return option->nodes[0];
    }
    return NO_PARTY;
}

static int host_word(const struct bytes *words, size_t count) {
    if (count == 0) return -1;
    bool replicaof = resp_word_is(words[0], "replicaof") || resp_word_is(words[0], "slaveof");
    if (replicaof) return count == 3 ? 1 : -1;
    if (!resp_word_is(words[0], "failover")) return -1;
    for (size_t i = 1; i + 2 < count; i++) {
        if (resp_word_is(words[i], "to")) return (int)i + 1;
    }
    return -1;
}

/* --- talking to it ---------------------------------------------------------------------------------------------------
 */

static size_t greet(const struct setting *lines, size_t count, struct buffer *out) {
    struct bytes password = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        if (resp_word_is(lines[i].words[0], "requirepass") && lines[i].word_count == 2) password = lines[i].words[1];
    }
    if (password.len == 0) return 0;
    struct bytes words[] = {resp_text("AUTH"), password};
    resp_put_request(out, words, 2);
    return 1;
}

static size_t begin(struct buffer *out) {
    resp_put_words(out, (const char *const[]){"CONFIG", "RESETSTAT", NULL});
    return 1;
}

static size_t ask(bool all, struct buffer *out) {
    resp_put_words(out, (const char *const[]){"INFO", NULL});
    if (all) resp_put_words(out, (const char *const[]){"DEBUG", "DIGEST", NULL});
    return all ? 2 : 1;
}

static bool is_expensive(const char *field) {
    return strcmp(field, "digest") == 0;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static const struct real real = {
    .program = "redis-server",
    .configure = configure,
    .upstream = upstream,
    .upstream_directive = "replicaof",
    .host_word = host_word,
    .greet = greet,
    .populate = dataset_commands,
    .begin = begin,
    .ask = ask,
    .read = real_read,
    .field_name = fields_name,
    .is_expensive = is_expensive,
    .unit = real_unit,
    .across = real_across,
    .settled = real_settled,
    .metrics = real_metrics,
    .metric = real_metric,
    .checks = real_checks,
    .check = real_check,
    .log_line = real_log_line,
    .facts = real_facts,
    .unlike_line = real_unlike_line,
    .unlike = real_unlike,
    .near = real_near,
    .log_fact = real_log_fact,
    .unlike_reply = real_unlike_reply,
    .reply_fact = real_reply_fact,
};

const struct real *redis_real(void) {
    return &real;
}
