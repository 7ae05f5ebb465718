/* The keys with a time to live that a writable replica must delete by itself. */
#include "model/redis/local_expiry.h"

#include "model/redis/database.h"
#include "model/redis/server.h"

enum { KEYS_MAX = 2000 }; /* looked at in one cycle */

static void remember(struct server *s, int db, struct bytes key, int64_t deadline) {
    if (!s->local_expiry) s->local_expiry = keyspace_create(s->pool);
    struct database *kept = keyspace_database(s->local_expiry, db);
    struct entry *e = database_find(kept, key);
    if (!e) {
        union object nothing = {.text = text_create(kept->pool, (struct bytes){"", 0})};
        e = database_add(kept, key, OBJECT_STRING, nothing);
    }
    entry_set_deadline(kept, e, deadline);
}

void local_expiry_remember(struct server *s, const struct exec *ex) {
    const struct command *command = ex->command;
    if (command->first_key == 0) return;
    int last = command->last_key < 0 ? (int)ex->argc + command->last_key : command->last_key;
    for (int i = command->first_key; i <= last && i < (int)ex->argc; i += command->key_step) {
        const struct entry *e = database_find(keyspace_database(s->ks, ex->db), ex->argv[i]);
        if (e && e->deadline != NO_DEADLINE) remember(s, ex->db, ex->argv[i], e->deadline);
    }
}

/* Its remembered time is over; it may have got another one since, or none, or be gone. */
static void delete_expired(void *ctx, int db, struct bytes key) {
    struct server *s = ctx;
    struct database *in = keyspace_database(s->ks, db);
    struct entry *e = database_find(in, key);
    if (!e || e->deadline == NO_DEADLINE) return;
    if (e->deadline >= s->mstime) {
        remember(s, db, key, e->deadline);
        return;
    }
    database_remove(in, e);
    aof_append_deletion(s, db, key);
    s->stats.expired_keys++;
}

void local_expiry_cycle(struct server *s) {
    if (s->local_expiry) keyspace_expire_cycle(s->local_expiry, s->mstime, KEYS_MAX, delete_expired, s);
}

void local_expiry_forget(struct server *s) {
    if (s->local_expiry) keyspace_flush(s->local_expiry, -1);
}

uint64_t local_expiry_count(const struct server *s) {
    return s->local_expiry ? keyspace_total(s->local_expiry) : 0;
}
