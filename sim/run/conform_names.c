#include "sim/run/conform_names.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { PORT_WITHIN = 16 /* bytes between an address and its port */, PORT_DIGITS = 5 };

uint16_t names_find(const struct names *names, struct bytes name) {
    for (size_t i = 0; i < names->node_count; i++) {
        if (strlen(names->nodes[i]) == name.len && memcmp(names->nodes[i], name.at, name.len) == 0) return (uint16_t)i;
    }
    return NO_PARTY;
}

struct in_addr names_address(const struct names *names, uint16_t from, uint16_t to) {
    assert(from < NAMES_NODES_MAX && to < NAMES_NODES_MAX);
    uint32_t ip = 127u << 24 | names->block << 16 | (from + 1u) << 8 | (to + 1u);
    return (struct in_addr){htonl(ip)};
}

void names_ip(const struct names *names, uint16_t from, uint16_t to, char ip[NAMES_IP_ROOM]) {
    snprintf(ip, NAMES_IP_ROOM, "127.%u.%u.%u", names->block & 255u, (from + 1u) & 255u, (to + 1u) & 255u);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A number at the front of `text`: how many bytes it has, 0 if there is none. */
static size_t take_number(struct bytes text, unsigned *n) {
    size_t i = 0;
    for (*n = 0; i < text.len && i < PORT_DIGITS && is_digit(text.at[i]); i++)
        *n = *n * 10 + (unsigned)(text.at[i] - '0');
    return i < text.len && is_digit(text.at[i]) ? 0 : i;
}

/* An address of the run at the front of `text`: how many bytes it has, 0 if there is none. */
static size_t take_address(const struct names *names, struct bytes text, uint16_t *node) {
    char head[NAMES_IP_ROOM];
    size_t len = (size_t)snprintf(head, sizeof head, "127.%u.", names->block);
    unsigned from, to;
    if (text.len <= len || memcmp(text.at, head, len) != 0) return 0;
    size_t n = take_number((struct bytes){text.at + len, text.len - len}, &from);
    len += n;
    if (n == 0 || len >= text.len || text.at[len] != '.') return 0;
    len++;
    n = take_number((struct bytes){text.at + len, text.len - len}, &to);
    if (n == 0 || from < 1 || to < 1 || to > names->node_count) return 0;
    *node = (uint16_t)(to - 1);
    return len + n;
}

/* The port of a node just named, if it comes soon. Gives the bytes used. */
static size_t put_back_port(const struct names *names, uint16_t node, struct bytes text, struct buffer *out) {
    size_t i = 0;
    unsigned port;
    while (i < text.len && i < PORT_WITHIN && !is_digit(text.at[i])) i++;
    size_t n = take_number((struct bytes){text.at + i, text.len - i}, &port);
    if (n == 0 || port != names->real_ports[node]) return 0;
    buffer_put(out, text.at, i);
    buffer_printf(out, "%u", names->model_ports[node]);
    return i + n;
}

void names_put_back(const struct names *names, struct bytes text, struct buffer *out) {
    uint16_t node = 0;
    for (size_t i = 0; i < text.len;) {
        struct bytes rest = {text.at + i, text.len - i};
        bool word_begins = i == 0 || !(is_digit(text.at[i - 1]) || text.at[i - 1] == '.');
        size_t n = word_begins && rest.at[0] == '1' ? take_address(names, rest, &node) : 0;
        if (n == 0) {
            buffer_putc(out, text.at[i++]);
            continue;
        }
        buffer_puts(out, names->nodes[node]);
        i += n;
        i += put_back_port(names, node, (struct bytes){text.at + i, text.len - i}, out);
    }
}

static void put_back_text(const struct names *names, struct pool *pool, struct reply *reply) {
    struct buffer text;
    buffer_init(&text, pool);
    buffer_puts(&text, "");
    names_put_back(names, reply->text, &text);
    reply->text = buffer_bytes(&text);
}

void names_put_back_reply(const struct names *names, struct pool *pool, struct reply *reply) {
    uint16_t node = NO_PARTY, named = NO_PARTY;
    if (reply->kind != REPLY_ARRAY && reply->kind != REPLY_NIL) put_back_text(names, pool, reply);
    for (size_t i = 0; i < reply->count; i++) {
        struct reply *item = &reply->items[i];
        unsigned port;
        size_t digits = item->kind == REPLY_ARRAY || item->kind == REPLY_NIL ? 0 : take_number(item->text, &port);
        if (named != NO_PARTY && digits > 0 && digits == item->text.len && port == names->real_ports[named]) {
            char *text = pool_printf(pool, "%u", names->model_ports[named]);
            item->text = (struct bytes){text, strlen(text)};
            named = NO_PARTY;
            continue;
        }
        named = NO_PARTY;
        if (item->text.len > 0 && take_address(names, item->text, &node) == item->text.len) named = node;
        names_put_back_reply(names, pool, item);
    }
}
