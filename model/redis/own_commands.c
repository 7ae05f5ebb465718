/* Commands about a connection, and the table of all own commands. */
#include "model/redis/own_commands.h"

#include <assert.h>

static const struct own_command {
    const char *name;
    own_command_fn *run;
} own_commands[] = {
    {"auth", auth_command},           {"bgrewriteaof", bgrewriteaof_command},
    {"bgsave", bgsave_command},       {"client", client_command},
    {"command", command_command},     {"config", config_command},
    {"debug", debug_command},         {"discard", discard_command},
    {"echo", echo_command},           {"exec", exec_command},
    {"failover", failover_command},   {"hello", hello_command},
    {"info", info_command},           {"lastsave", lastsave_command},
    {"multi", multi_command},         {"ping", ping_command},
    {"psync", psync_command},         {"publish", publish_command},
    {"quit", quit_command},           {"replconf", replconf_command},
    {"replicaof", replicaof_command}, {"reset", reset_command},
    {"role", role_command},           {"save", save_command},
    {"shutdown", shutdown_command},   {"slaveof", replicaof_command},
    {"sync", psync_command},          {"time", time_command},
    {"unwatch", unwatch_command},     {"wait", wait_command},
    {"watch", watch_command},
};

void own_commands_bind(struct server *s) {
    s->own_commands = POOL_ARRAY(s->pool, own_command_fn *, command_count());
    for (size_t i = 0; i < sizeof(own_commands) / sizeof(own_commands[0]); i++) {
        const struct command *command = command_find(resp_text(own_commands[i].name));
        assert(command && !command->run);
        s->own_commands[command - command_table()] = own_commands[i].run;
    }
    s->flushall = command_find(resp_text("flushall"));
    s->exec = command_find(resp_text("exec"));
    s->ping = command_find(resp_text("ping"));
}

void own_reply_unknown_subcommand(struct client *c) {
    struct bytes sub = own_argument(c, 1);
    const char *name = c->server->running.command->name;
    int len = sub.len < 128 ? (int)sub.len : 128;
    char upper[32];
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof(upper); n++)
        upper[n] = (char)(name[n] >= 'a' && name[n] <= 'z' ? name[n] - 32 : name[n]);
    upper[n] = 0;
    client_reply_error(c, "ERR unknown subcommand '%.*s'. Try %s HELP.", len, sub.at, upper);
}

bool own_check_words(struct client *c, size_t at_least, size_t at_most) {
    const struct running *r = &c->server->running;
    if (r->argc >= at_least && r->argc <= at_most) return true;
    char sub[32];
    size_t n = 0;
    struct bytes word = own_argument(c, 1);
    for (; n < word.len && n + 1 < sizeof(sub); n++) {
        char l = word.at[n];
        sub[n] = (char)(l >= 'A' && l <= 'Z' ? l + 32 : l);
    }
    sub[n] = 0;
    client_reply_error(c, "ERR wrong number of arguments for '%s|%s' command", r->command->name, sub);
    return false;
}

/* --- the connection ----------------------------------------------------------------------------------------------- */

static bool word_equals(struct bytes word, const char *text) {
    return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

static bool authenticate(struct client *c, struct bytes user, struct bytes password) {
    const char *expected = c->server->config.requirepass;
    if (!word_equals(user, "default") || (expected[0] && !word_equals(password, expected))) {
        client_reply_error(c, "WRONGPASS invalid username-password pair or user is disabled.");
        return false;
    }
    c->flags |= CLIENT_AUTHENTICATED;
    return true;
}

void auth_command(struct client *c) {
    const struct running *r = &c->server->running;
    if (r->argc > 3) {
        client_reply_error(c, "ERR syntax error");
        return;
    }
    if (r->argc == 2 && !c->server->config.requirepass[0]) {
        client_reply_error(c,
                           "ERR AUTH <password> called without any password configured for the default user. Are you "
                           "sure your configuration is correct?");
        return;
    }
    struct bytes user = r->argc == 3 ? r->argv[1] : resp_text("default");
    if (authenticate(c, user, r->argv[r->argc - 1])) client_reply_status(c, "OK");
}

/* The connection's greeting, for RESP2 only. */
void hello_command(struct client *c) {
    struct server *s = c->server;
    const struct running *r = &s->running;
    int64_t version = 2;
    if (r->argc > 1 && !resp_parse_number(r->argv[1], &version)) {
        client_reply_error(c, "ERR Protocol version is not an integer or out of range");
        return;
    }
    if (version != 2) {
        client_reply_error(c, "NOPROTO unsupported protocol version");
        return;
    }
    if (r->argc >= 5 && resp_word_is(r->argv[2], "auth") && !authenticate(c, r->argv[3], r->argv[4])) return;
    if (!(c->flags & CLIENT_AUTHENTICATED)) {
        client_reply_error(c, "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                              "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
                              "protocol version at the same time");
        return;
    }
    client_reply_array(c, 14);
    client_reply_bulk(c, resp_text("server"));
    client_reply_bulk(c, resp_text("redis"));
    client_reply_bulk(c, resp_text("version"));
    client_reply_bulk(c, resp_text("7.0.15"));
    client_reply_bulk(c, resp_text("proto"));
    client_reply_number(c, 2);
    client_reply_bulk(c, resp_text("id"));
    client_reply_number(c, (int64_t)c->id);
    client_reply_bulk(c, resp_text("mode"));
    client_reply_bulk(c, resp_text("standalone"));
    client_reply_bulk(c, resp_text("role"));
    client_reply_bulk(c, resp_text(server_is_replica(s) ? "replica" : "master"));
    client_reply_bulk(c, resp_text("modules"));
    client_reply_array(c, 0);
}

void quit_command(struct client *c) {
    client_reply_status(c, "OK");
    client_close_after_reply(c);
}

void reset_command(struct client *c) {
    if (c->kind != CLIENT_NORMAL) {
        client_reply_error(c, "ERR can only reset normal client connections");
        return;
    }
    multi_discard(c);
    c->db = 0;
    if (c->server->config.requirepass[0]) c->flags &= ~(unsigned)CLIENT_AUTHENTICATED;
    client_reply_status(c, "RESET");
}

void ping_command(struct client *c) {
    if (c->server->running.argc > 2)
        client_reply_error(c, "ERR wrong number of arguments for 'ping' command");
    else if (c->server->running.argc == 2)
        client_reply_bulk(c, own_argument(c, 1));
    else
        client_reply_status(c, "PONG");
}

void echo_command(struct client *c) {
    client_reply_bulk(c, own_argument(c, 1));
}

void time_command(struct client *c) {
    int64_t us = host_wall_us(c->server->host);
    char text[21];
    client_reply_array(c, 2);
    client_reply_bulk(c, (struct bytes){text, resp_format_number(us / 1000000, text)});
    client_reply_bulk(c, (struct bytes){text, resp_format_number(us % 1000000, text)});
}

/* Nobody can subscribe here, but the message is part of the stream. */
void publish_command(struct client *c) {
    struct server *s = c->server;
    const struct running *r = &s->running;
    if (propagate_wanted(s)) {
        propagate_add(s, &(struct stream_op){
                             .db = c->db, .words = r->argv, .count = r->argc, .raw = r->raw, .stream_only = true});
    }
    client_reply_number(c, 0);
}

/* COMMAND COUNT; the descriptions themselves belong to a client library's start-up and are not told. */
void command_command(struct client *c) {
    if (resp_word_is(own_argument(c, 1), "count"))
        client_reply_number(c, (int64_t)command_count());
    else
        client_reply_array(c, 0);
}
