/* The server's own commands, those that data commands' struct exec does not serve. */
#ifndef MODEL_REDIS_OWN_COMMANDS_H
#define MODEL_REDIS_OWN_COMMANDS_H

#include "model/redis/server.h"

/* Finds the own commands of the table; called once at boot. */
void own_commands_bind(struct server *s);

/* --- own_commands.c: the connection itself ------------------------------------------------------------------------ */
void auth_command(struct client *c);
void hello_command(struct client *c);
void quit_command(struct client *c);
void reset_command(struct client *c);
void ping_command(struct client *c);
void echo_command(struct client *c);
void time_command(struct client *c);
void publish_command(struct client *c);
void command_command(struct client *c);

/* --- client_command.c --------------------------------------------------------------------------------------------- */
void client_command(struct client *c);

/* --- config_command.c --------------------------------------------------------------------------------------------- */
void config_command(struct client *c);
/* Reads what CONFIG REWRITE left in an earlier process. */
void config_load_rewritten(struct server *s);

/* --- debug_command.c ---------------------------------------------------------------------------------------------- */
void debug_command(struct client *c);

/* An argument of the running command; empty if it has no such. */
static inline struct bytes own_argument(const struct client *c, size_t i) {
    const struct running *r = &c->server->running;
    return i < r->argc ? r->argv[i] : (struct bytes){"", 0};
}

/* Complains as the real server does of a subcommand that it does not have. */
void own_reply_unknown_subcommand(struct client *c);
/* Whether the running command has n words, else complains. */
bool own_check_words(struct client *c, size_t at_least, size_t at_most);

#endif
