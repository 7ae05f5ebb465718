/* CLIENT: about connections and pauses. */
#include <inttypes.h>

#include "model/redis/own_commands.h"

struct kill_filter {
    struct bytes address; /* at == NULL: any */
    uint64_t id;          /* 0: any */
    int kind;             /* enum client_kind; -1: any; -2: none has it */
    bool skip_me;
};

static const char *kind_flag(const struct client *c) {
    if (c->kind == CLIENT_MASTER) return "M";
    if (c->kind == CLIENT_REPLICA) return "S";
    return c->blocked.why != BLOCKED_NONE ? "b" : c->flags & CLIENT_IN_MULTI ? "x" : "N";
}

void client_describe(const struct client *c, struct buffer *out) {
    const struct server *s = c->server;
    buffer_printf(out,
                  "id=%" PRIu64 " addr=%s:%u name=%s age=%" PRId64 " idle=%" PRId64 " flags=%s db=%d multi=%" PRId64
                  " qbuf=%zu omem=%" PRIu64 " cmd=%s user=default resp=2",
                  c->id, host_peer_name(c->conn), (unsigned)host_peer_port(c->conn), c->name ? c->name : "",
                  s->unixtime - c->created, s->unixtime - c->last_interaction, kind_flag(c), c->db,
                  c->flags & CLIENT_IN_MULTI ? (int64_t)c->multi.count : -1, c->query.len, client_output_memory(c),
                  c->last_command ? c->last_command->name : "NULL");
}

static void list_clients(struct client *c) {
    struct buffer text;
    buffer_init(&text, c->server->pool);
    struct client *each;
    TAILQ_FOREACH(each, &c->server->clients, all) {
        client_describe(each, &text);
        buffer_putc(&text, '\n');
    }
    client_reply_bulk(c, buffer_bytes(&text));
    buffer_free(&text);
}

static void describe_client(struct client *c) {
    struct buffer text;
    buffer_init(&text, c->server->pool);
    client_describe(c, &text);
    buffer_putc(&text, '\n');
    client_reply_bulk(c, buffer_bytes(&text));
    buffer_free(&text);
}

static void set_name(struct client *c) {
    struct pool *pool = c->server->pool;
    struct bytes name = own_argument(c, 2);
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] < '!' || name.at[i] > '~') {
            client_reply_error(c, "ERR Client names cannot contain spaces, newlines or special characters.");
            return;
        }
    }
    if (c->name) pool_free(pool, c->name, strlen(c->name) + 1);
    c->name = name.len ? pool_strndup(pool, name.at, name.len) : NULL;
    client_reply_status(c, "OK");
}

static void get_name(struct client *c) {
    if (c->name)
        client_reply_bulk(c, resp_text(c->name));
    else
        client_reply_nil(c);
}

/* --- KILL --------------------------------------------------------------------------------------------------------- */

static int kind_of(struct bytes word) {
    if (resp_word_is(word, "normal")) return CLIENT_NORMAL;
    if (resp_word_is(word, "slave") || resp_word_is(word, "replica")) return CLIENT_REPLICA;
    if (resp_word_is(word, "master")) return CLIENT_MASTER;
    return resp_word_is(word, "pubsub") ? -2 : -1;
}

static bool read_filter(struct client *c, struct kill_filter *filter) {
    const struct running *r = &c->server->running;
    *filter = (struct kill_filter){.kind = -1, .skip_me = true};
    for (size_t i = 2; i + 1 < r->argc; i += 2) {
        struct bytes what = r->argv[i], value = r->argv[i + 1];
        int64_t id;
        if (resp_word_is(what, "id")) {
            if (!resp_parse_number(value, &id) || id <= 0) {
                client_reply_error(c, "ERR client-id should be greater than 0");
                return false;
            }
            filter->id = (uint64_t)id;
        } else if (resp_word_is(what, "type")) {
            filter->kind = kind_of(value);
            if (filter->kind == -1) {
                client_reply_error(c, "ERR Unknown client type '%.*s'", (int)value.len, value.at);
                return false;
            }
        } else if (resp_word_is(what, "addr")) {
            filter->address = value;
        } else if (resp_word_is(what, "skipme")) {
            filter->skip_me = resp_word_is(value, "yes");
        } else {
            client_reply_error(c, "ERR syntax error");
            return false;
        }
    }
    if (r->argc % 2 == 0) return true;
    client_reply_error(c, "ERR syntax error");
    return false;
}

static bool matches(struct client *me, struct client *c, const struct kill_filter *filter) {
    if (filter->address.at) {
        const char *peer = client_peer(c);
        if (filter->address.len != strlen(peer) || memcmp(peer, filter->address.at, filter->address.len) != 0)
            return false;
    }
    if (filter->kind != -1 && (int)c->kind != filter->kind) return false;
    if (filter->id && c->id != filter->id) return false;
    return c != me || !filter->skip_me;
}

/* Ends all that match; the asking client gets its reply first. */
static uint64_t kill_matching(struct client *me, const struct kill_filter *filter) {
    uint64_t killed = 0;
    struct client *next;
    for (struct client *c = TAILQ_FIRST(&me->server->clients); c; c = next) {
        next = TAILQ_NEXT(c, all);
        if (!matches(me, c, filter)) continue;
        killed++;
        if (c == me)
            client_close_after_reply(c);
        else
            client_free(c);
    }
    return killed;
}

static void kill_clients(struct client *c) {
    struct kill_filter filter = {.kind = -1};
    if (c->server->running.argc != 3) {
        if (read_filter(c, &filter)) client_reply_number(c, (int64_t)kill_matching(c, &filter));
        return;
    }
    filter.address = own_argument(c, 2);
    if (kill_matching(c, &filter))
        client_reply_status(c, "OK");
    else
        client_reply_error(c, "ERR No such client");
}

/* --- PAUSE -------------------------------------------------------------------------------------------------------- */

static void pause_clients(struct client *c) {
    struct server *s = c->server;
    int64_t ms;
    struct bytes mode = own_argument(c, 3);
    enum pause_kind kind = PAUSE_ALL;
    if (mode.len && resp_word_is(mode, "write"))
        kind = PAUSE_WRITES;
    else if (mode.len && !resp_word_is(mode, "all")) {
        client_reply_error(c, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    if (!resp_parse_number(own_argument(c, 2), &ms)) {
        client_reply_error(c, "ERR timeout is not an integer or out of range");
    } else if (ms < 0) {
        client_reply_error(c, "ERR timeout is negative");
    } else {
        server_pause(s, PAUSE_BY_CLIENT, kind, server_deadline(s, ms));
        client_reply_status(c, "OK");
    }
}

static void unpause_clients(struct client *c) {
    server_unpause(c->server, PAUSE_BY_CLIENT);
    client_reply_status(c, "OK");
}

static void tell_id(struct client *c) {
    client_reply_number(c, (int64_t)c->id);
}

static void accept_no_evict(struct client *c) {
    client_reply_status(c, "OK"); /* nothing is ever evicted here */
}

/* CLIENT UNBLOCK ID [TIMEOUT|ERROR]. */
static void unblock_client(struct client *c) {
    int64_t id;
    if (!resp_parse_number(own_argument(c, 2), &id)) {
        client_reply_error(c, "ERR value is not an integer or out of range");
        return;
    }
    struct client *target = TAILQ_FIRST(&c->server->clients);
    while (target && target->id != (uint64_t)id) target = TAILQ_NEXT(target, all);
    bool with_error = resp_word_is(own_argument(c, 3), "error");
    bool blocked = target && (target->blocked.why == BLOCKED_WAIT || target->blocked.why == BLOCKED_KEYS);
    if (target && target->blocked.why == BLOCKED_PAUSE && !with_error) {
        server_panic(c->server, "Unknown btype in replyToBlockedClientTimedOut()."); /* 7.0.15 dies of this, indeed */
        return;
    }
    if (blocked) blocked_end_early(target, with_error);
    client_reply_number(c, blocked);
}

static const struct {
    const char *name;
    size_t at_least, at_most; /* words */
    own_command_fn *run;
} sub_commands[] = {
    {"getname", 2, 2, get_name},         {"id", 2, 2, tell_id},
    {"info", 2, 2, describe_client},     {"kill", 3, SIZE_MAX, kill_clients},
    {"list", 2, SIZE_MAX, list_clients}, {"no-evict", 3, 3, accept_no_evict},
    {"pause", 3, 4, pause_clients},      {"setname", 3, 3, set_name},
    {"unblock", 3, 4, unblock_client},   {"unpause", 2, 2, unpause_clients},
};

void client_command(struct client *c) {
    struct bytes sub = own_argument(c, 1);
    for (size_t i = 0; i < sizeof(sub_commands) / sizeof(sub_commands[0]); i++) {
        if (!resp_word_is(sub, sub_commands[i].name)) continue;
        if (own_check_words(c, sub_commands[i].at_least, sub_commands[i].at_most)) sub_commands[i].run(c);
        return;
    }
    own_reply_unknown_subcommand(c);
}
