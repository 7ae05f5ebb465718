/* DEBUG: what tests of the real server use, with the same meaning. */
#include "model/redis/own_commands.h"

/* A decimal number of seconds ("0.5") in ns, as DEBUG SLEEP takes it; 0 if it is none, like atof(3). */
static sim_time read_seconds(struct bytes word) {
    sim_time ns = 0, unit = SIM_SECOND;
    bool fraction = false;
    for (size_t i = 0; i < word.len; i++) {
        if (word.at[i] == '.' && !fraction) {
            fraction = true;
            continue;
        }
        int digit = word.at[i] - '0';
        if (digit < 0 || digit > 9 || ns > INT64_MAX / 20) break;
        if (fraction) unit /= 10;
        ns = fraction ? ns + digit * unit : ns * 10 + digit * SIM_SECOND;
    }
    return ns;
}

static void populate(struct client *c) {
    struct server *s = c->server;
    int64_t count, size = 0;
    struct bytes prefix = s->running.argc > 3 ? own_argument(c, 3) : resp_text("key");
    if (!resp_parse_number(own_argument(c, 2), &count) || count < 0 ||
        (s->running.argc > 4 && (!resp_parse_number(own_argument(c, 4), &size) || size < 0))) {
        client_reply_error(c, "ERR value is out of range, must be positive");
        return;
    }
    char *name = pool_strndup(s->scratch, prefix.at, prefix.len);
    keyspace_populate(s->ks, c->db, (uint64_t)count, name, (uint64_t)size);
    client_reply_status(c, "OK");
}

static void tell_digest(struct client *c) {
    char hex[41];
    keyspace_debug_digest(c->server->ks, hex);
    client_reply_status(c, hex);
}

static void set_active_expire(struct client *c) {
    struct bytes value = own_argument(c, 2);
    c->server->active_expire = !(value.len > 0 && value.at[0] == '0');
    client_reply_status(c, "OK");
}

void debug_command(struct client *c) {
    struct server *s = c->server;
    struct bytes sub = own_argument(c, 1);
    if (resp_word_is(sub, "digest") && s->running.argc == 2) {
        tell_digest(c);
    } else if (resp_word_is(sub, "sleep") && s->running.argc == 3) {
        host_spend(s->host, read_seconds(own_argument(c, 2)));
        client_reply_status(c, "OK");
    } else if (resp_word_is(sub, "populate") && s->running.argc >= 3 && s->running.argc <= 5) {
        populate(c);
    } else if (resp_word_is(sub, "set-active-expire") && s->running.argc == 3) {
        set_active_expire(c);
    } else {
        own_reply_unknown_subcommand(c);
    }
}
