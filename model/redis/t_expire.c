/* Times to live: the EXPIRE family, TTL and PERSIST. */
#include <assert.h>

#include "model/redis/commands.h"
#include "model/redis/expiry.h"

static bool is_relative(enum expiry_unit unit) {
    return unit == EXPIRY_SECONDS || unit == EXPIRY_MS;
}

static bool is_seconds(enum expiry_unit unit) {
    return unit == EXPIRY_SECONDS || unit == EXPIRY_AT_SECONDS;
}

static void reply_invalid(struct exec *ex) {
    reply_error(ex, "ERR invalid expire time in '%s' command", ex->command->name);
}

bool expiry_read(struct exec *ex, struct expiry_argument argument, int64_t *deadline) {
    if (argument.unit == EXPIRY_NONE) return true;
    int64_t n;
    if (!exec_number(ex, argument.at, &n)) return false;
    bool good = n > 0;
    if (good && is_seconds(argument.unit)) good = !__builtin_mul_overflow(n, 1000, &n);
    if (good && is_relative(argument.unit)) good = !__builtin_add_overflow(n, ex->now_ms, &n);
    if (!good) reply_invalid(ex);
    *deadline = n;
    return good;
}

bool expiry_is_past(const struct exec *ex, int64_t deadline) {
    return deadline <= ex->now_ms && ex->expiry == EXPIRY_MASTER;
}

void expiry_apply(struct exec *ex, struct entry *e, int64_t deadline, size_t rest) {
    struct bytes key = ex->argv[1];
    ex->dirty++;
    if (expiry_is_past(ex, deadline)) {
        database_remove(exec_database(ex), e);
        exec_rewrite(ex, (struct bytes[]){resp_text("DEL"), key}, 2);
        return;
    }
    entry_set_deadline(exec_database(ex), e, deadline);
    size_t more = ex->argc > rest ? ex->argc - rest : 0;
    struct bytes *words = POOL_ARRAY(ex->pool, struct bytes, 3 + more);
    words[0] = resp_text("PEXPIREAT");
    words[1] = key;
    words[2] = exec_text(ex, deadline);
    for (size_t i = 0; i < more; i++) words[3 + i] = ex->argv[rest + i];
    exec_rewrite(ex, words, 3 + more);
}

/* --- EXPIRE and its kin ---------------------------------------------------------------------------------- */

enum { IF_NONE = 1, IF_ANY = 2, IF_LATER = 4, IF_EARLIER = 8 }; /* NX XX GT LT */

static bool read_conditions(struct exec *ex, unsigned *conditions) {
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"nx", IF_NONE}, {"xx", IF_ANY}, {"gt", IF_LATER}, {"lt", IF_EARLIER}};
    *conditions = 0;
    for (size_t i = 3; i < ex->argc; i++) {
        unsigned flag = 0;
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (exec_word(ex, i, words[w].word)) flag = words[w].flag;
        if (!flag) {
            reply_error(ex, "ERR Unsupported option %.*s", (int)ex->argv[i].len, ex->argv[i].at);
            return false;
        }
        *conditions |= flag;
    }
    if (*conditions & IF_NONE && *conditions != IF_NONE) {
        reply_error(ex, "ERR NX and XX, GT or LT options at the same time are not compatible");
        return false;
    }
    if ((*conditions & IF_LATER) && (*conditions & IF_EARLIER)) {
        reply_error(ex, "ERR GT and LT options at the same time are not compatible");
        return false;
    }
    return true;
}

/* A key without deadline counts as one that lives for ever. */
static bool conditions_hold(unsigned conditions, int64_t current, int64_t deadline) {
    bool none = current == NO_DEADLINE;
    if (conditions & IF_NONE && !none) return false;
    if (conditions & IF_ANY && none) return false;
    if (conditions & IF_LATER && (none || deadline <= current)) return false;
    if (conditions & IF_EARLIER && !none && deadline >= current) return false;
    return true;
}

static void expire_generic(struct exec *ex, enum expiry_unit unit) {
    unsigned conditions;
    int64_t n;
    if (!read_conditions(ex, &conditions) || !exec_number(ex, 2, &n)) return;
    bool overflow = is_seconds(unit) && __builtin_mul_overflow(n, 1000, &n);
    overflow = overflow || (is_relative(unit) && __builtin_add_overflow(n, ex->now_ms, &n));
    if (overflow) {
        reply_invalid(ex);
        return;
    }
    struct entry *e = exec_find(ex, ex->argv[1]);
    if (!e || !conditions_hold(conditions, e->deadline, n)) {
        reply_number(ex, 0);
        return;
    }
    expiry_apply(ex, e, n, 3);
    reply_number(ex, 1);
}

void command_expire(struct exec *ex) {
    expire_generic(ex, EXPIRY_SECONDS);
}

void command_pexpire(struct exec *ex) {
    expire_generic(ex, EXPIRY_MS);
}

void command_expireat(struct exec *ex) {
    expire_generic(ex, EXPIRY_AT_SECONDS);
}

void command_pexpireat(struct exec *ex) {
    expire_generic(ex, EXPIRY_AT_MS);
}

void command_persist(struct exec *ex) {
    struct entry *e = exec_find(ex, ex->argv[1]);
    bool had = e && e->deadline != NO_DEADLINE;
    if (had) {
        entry_set_deadline(exec_database(ex), e, NO_DEADLINE);
        ex->dirty++;
    }
    reply_number(ex, had);
}

/* --- reading them ----------------------------------------------------------------------------------------- */

/* -2 without the key, -1 without a deadline. */
static void ttl_generic(struct exec *ex, bool ms, bool absolute) {
    ex->lookup = LOOKUP_COUNTS;
    struct entry *e = exec_find(ex, ex->argv[1]);
    if (!e || e->deadline == NO_DEADLINE) {
        reply_number(ex, e ? -1 : -2);
        return;
    }
    int64_t n = absolute ? e->deadline : e->deadline - ex->now_ms;
    if (n < 0) n = 0;
    reply_number(ex, ms ? n : (n + 500) / 1000);
}

void command_ttl(struct exec *ex) {
    ttl_generic(ex, false, false);
}

void command_pttl(struct exec *ex) {
    ttl_generic(ex, true, false);
}

void command_expiretime(struct exec *ex) {
    ttl_generic(ex, false, true);
}

void command_pexpiretime(struct exec *ex) {
    ttl_generic(ex, true, true);
}
