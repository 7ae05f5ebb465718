/* INFO and ROLE: what a server says of itself.
 *
 *   info_fields.def     the fields, in INFO's order
 *   info_sections.c     their values, one function a section
 *   info_replication.c  likewise: the Replication section, and ROLE
 *   info.c              the three forms: the INFO command's text, one field, all fields
 *
 * All forms come from the same functions, so they cannot disagree. A field is given only where the real server
 * shows it (reference section 15). The commands themselves are declared in server.h. */
#ifndef MODEL_REDIS_INFO_H
#define MODEL_REDIS_INFO_H

#include "sim/run/system.h"

struct server;

/* Handles of fields. slaveN is INFO_SLAVE + N, dbN is INFO_DB + N. */
enum info_field {
#define FIELD(name, section, unit) INFO_##name,
#include "model/redis/info_fields.def"
#undef FIELD
    INFO_FIELDS,
    INFO_SLAVE = 1000, /* slave0 .. slave9999 */
    INFO_DB = 20000    /* db0 .. db15 */
};

enum info_section {
    INFO_SERVER,
    INFO_CLIENTS,
    INFO_MEMORY,
    INFO_PERSISTENCE,
    INFO_STATS,
    INFO_REPLICATION,
    INFO_CLUSTER,
    INFO_KEYSPACE,
    INFO_SECTIONS
};

#define INFO_ALL (-1)

/* Hears of fields one by one. `value` and `text` are valid during the call. */
typedef void info_each_fn(void *ctx, const char *name, const struct field_value *value, const char *text);

/* Tells `each` of the field `only` if the server has it now, or of all that it has, in INFO's order (INFO_ALL).
 * `scratch` is overwritten. */
void info_read(const struct server *s, int only, struct buffer *scratch, info_each_fn *each, void *ctx);

/* The handle of a field, slaveN and dbN included; -1 if INFO has none of that name. */
int info_find(const char *name);

/* --- for the sections --------------------------------------------------------------------------------------- */

/* Where a section's fields go. */
struct info_out {
    int only;
    struct buffer *text; /* of one value */
    info_each_fn *each;
    void *ctx;
};

/* Whether anybody wants the field: worth asking before computing an expensive one. */
static inline bool info_wants(const struct info_out *out, int field) {
    return out->only == INFO_ALL || out->only == field;
}

void info_number(struct info_out *out, enum info_field field, int64_t n);
void info_count(struct info_out *out, enum info_field field, uint64_t n);
void info_text(struct info_out *out, enum info_field field, const char *text);
/* part / whole in per cent with two decimals; part and whole >= 0. 0.00 of nothing. */
void info_percent(struct info_out *out, enum info_field field, int64_t part, int64_t whole);
/* Bytes as the real server's bytesToHuman() writes them. */
void info_human(struct info_out *out, enum info_field field, uint64_t bytes);
/* slaveN or dbN. */
void info_numbered(struct info_out *out, int field, const char *format, ...) __attribute__((format(printf, 3, 4)));

typedef void info_section_fn(const struct server *s, struct info_out *out);
info_section_fn info_server_section, info_clients_section, info_memory_section, info_persistence_section,
    info_stats_section, info_replication_section, info_cluster_section, info_keyspace_section;

#endif
