/* Fields of nodes, as expectations, reports and substitutions read them.
 *
 * Most are INFO's (info.h). The others look from outside, and across nodes: dbsize, digest, alive, lag_bytes,
 * lag_time, memory. A node that is down has only `alive`. */
#include "model/redis/fields.h"

#include <assert.h>
#include <stdio.h>

#include "model/redis/info.h"
#include "model/redis/lag.h"
#include "model/redis/model.h"
#include "model/redis/server.h"

enum outside_field {
    OUTSIDE_DBSIZE,
    OUTSIDE_DIGEST,
    OUTSIDE_ALIVE,
    OUTSIDE_LAG_BYTES,
    OUTSIDE_LAG_TIME,
    OUTSIDE_MEMORY
};

/* Handles of outside fields come after INFO's. */
enum { OUTSIDE = 30000, OUTSIDE_FIELDS = OUTSIDE_MEMORY + 1 };

static const struct {
    const char *name;
    sim_time unit;
} outside[OUTSIDE_FIELDS] = {
    [OUTSIDE_DBSIZE] = {"dbsize", 0},       [OUTSIDE_DIGEST] = {"digest", 0},     [OUTSIDE_ALIVE] = {"alive", 0},
    [OUTSIDE_LAG_BYTES] = {"lag_bytes", 0}, [OUTSIDE_LAG_TIME] = {"lag_time", 1}, [OUTSIDE_MEMORY] = {"memory", 0},
};

const char *const fields_names[] = {
#define FIELD(name, section, unit) #name,
#include "model/redis/info_fields.def"
#undef FIELD
    "dbsize", "digest", "alive", "lag_bytes", "lag_time", "memory", NULL,
};

const char *const fields_overview[] = {
    "loading",
    "rdb_bgsave_in_progress",
    "role",
    "master_host",
    "master_link_status",
    "master_sync_*",
    "master_link_down_since_seconds",
    "slave_read_repl_offset",
    "slave_repl_offset",
    "connected_slaves",
    "slave?",
    "slave??",
    "master_replid",
    "master_replid2",
    "master_repl_offset",
    "second_repl_offset",
    "repl_backlog_*",
    "dbsize",
    "digest",
    "lag_bytes",
    NULL,
};

bool fields_known(const char *name) {
    return fields_find(name) >= 0;
}

int fields_find(const char *name) {
    for (int i = 0; i < OUTSIDE_FIELDS; i++) {
        if (strcmp(outside[i].name, name) == 0) return OUTSIDE + i;
    }
    return info_find(name);
}

const char *fields_name(int field, char *room, size_t size) {
    if (field >= OUTSIDE) return outside[field - OUTSIDE].name;
    if (field < INFO_FIELDS) return fields_names[field];
    snprintf(room, size, field >= INFO_DB ? "db%d" : "slave%d", field - (field >= INFO_DB ? INFO_DB : INFO_SLAVE));
    return room;
}

/* --- looking from outside --------------------------------------------------------------------------------------- */

static bool is_cached(const struct digest_cache *cache, struct dataset_digest digest) {
    return cache->hex[0] != '\0' && cache->of.low == digest.low && cache->of.high == digest.high;
}

/* A replica that has caught up has its master's digest: it is computed once for equal datasets. */
static const char *debug_digest(struct model *model, uint16_t party, const struct server *s) {
    struct digest_cache *own = &model->digests[party];
    struct dataset_digest now = keyspace_digest(s->ks);
    if (is_cached(own, now)) return own->hex;
    for (uint16_t i = 0; i < model->node_count; i++) {
        if (is_cached(&model->digests[i], now)) return model->digests[i].hex;
    }
    keyspace_debug_digest(s->ks, own->hex);
    own->of = now;
    return own->hex;
}

static void set_number(struct field_value *value, struct buffer *text, int64_t n) {
    char digits[21];
    value->kind = FIELD_NUMBER;
    value->number = n;
    buffer_put(text, digits, resp_format_number(n, digits));
}

/* The process of a replica's master; NULL, and nothing to compare with, if it is a master or its master is down. */
static const struct server *master_of(const struct model *model, const struct server *s) {
    uint16_t upstream = model_upstream(model, s);
    return upstream == NO_PARTY ? NULL : model->nodes[upstream].server;
}

static void read_outside(struct model *model, uint16_t party, const struct server *s, int which,
                         struct field_value *value, struct buffer *text) {
    const struct server *master = master_of(model, s);
    value->unit = outside[which].unit;
    switch (which) {
    case OUTSIDE_DBSIZE:
        set_number(value, text, (int64_t)keyspace_total(s->ks));
        break;
    case OUTSIDE_DIGEST:
        value->kind = FIELD_TEXT;
        buffer_puts(text, debug_digest(model, party, s));
        break;
    case OUTSIDE_LAG_BYTES:
        if (master) set_number(value, text, master->repl.offset - s->repl.offset);
        break;
    case OUTSIDE_LAG_TIME:
        if (master) set_number(value, text, lag_time(model->lag, party, host_now(s->host)));
        break;
    default:
        assert(which == OUTSIDE_MEMORY);
        set_number(value, text, (int64_t)server_memory(s));
    }
}

/* --- reading one ---------------------------------------------------------------------------------------------- */

struct one_field {
    struct field_value *value;
    struct buffer *text;
};

static void take_one(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct one_field *one = ctx;
    (void)name;
    *one->value = *value;
    buffer_puts(one->text, text);
}

/* Why a node does not have a field now, in the contract's words. */
static void explain_undefined(const struct model *model, const struct server *s, int field, const char *node,
                              struct field_value *value, struct buffer *text) {
    char room[16];
    const char *name = fields_name(field, room, sizeof(room));
    if (!s) {
        buffer_printf(text, "%s has no field %s (down)", node, name);
    } else if (!s->link.host) {
        buffer_printf(text, "%s has no field %s (role master)", node, name);
    } else if (field >= OUTSIDE) {
        uint16_t upstream = model_upstream(model, s);
        buffer_printf(text, "%s has no field %s (its master %s is %s)", node, name, s->link.host,
                      upstream == NO_PARTY ? "no node" : "down");
    } else {
        buffer_printf(text, "%s has no field %s (role slave, link %s)", node, name,
                      s->link.state == LINK_CONNECTED ? "up" : "down");
    }
    value->why = text->at;
}

void fields_read(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text) {
    assert(party < model->node_count && field >= 0);
    const struct server *s = model_look(model, party);
    *value = (struct field_value){.kind = FIELD_UNDEFINED};
    if (field == OUTSIDE + OUTSIDE_ALIVE) {
        set_number(value, text, s != NULL);
    } else if (s && field >= OUTSIDE) {
        read_outside(model, party, s, field - OUTSIDE, value, text);
    } else if (s) {
        struct buffer scratch;
        struct one_field one = {value, text};
        buffer_init(&scratch, model->pool);
        info_read(s, field, &scratch, take_one, &one);
        buffer_free(&scratch);
    }
    if (value->kind == FIELD_UNDEFINED) explain_undefined(model, s, field, model->nodes[party].name, value, text);
}

/* --- reading all ------------------------------------------------------------------------------------------------ */

void fields_each(struct model *model, uint16_t party,
                 void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                 void *ctx) {
    assert(party < model->node_count);
    const struct server *s = model_look(model, party);
    struct buffer text;
    buffer_init(&text, model->pool);
    if (s) info_read(s, INFO_ALL, &text, each, ctx);
    for (int i = 0; i < OUTSIDE_FIELDS; i++) {
        struct field_value value;
        buffer_clear(&text);
        fields_read(model, party, OUTSIDE + i, &value, &text);
        if (value.kind != FIELD_UNDEFINED) each(ctx, outside[i].name, &value, text.at);
    }
    buffer_free(&text);
}
