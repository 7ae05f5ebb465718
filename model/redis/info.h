/* INFO and ROLE: what a server says of itself.
 *
 * One table (info_fields.def) names the fields in INFO's order; one function a section gives their values. The
 * text of the INFO command, the fields that scenarios read and the final report all come from these, so they
 * cannot disagree. A field is given only where the real server shows it (reference section 15). */
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
    INFO_DB = 20000,   /* db0 .. db15 */
};

#define INFO_ALL (-1)

/* Hears of fields one by one, in INFO's order. `value` and `text` are valid during the call. */
typedef void info_each_fn(void *ctx, int field, const char *name, const struct field_value *value, const char *text);

/* Tells `each` of the field `only` if the server has it now, or of all it has (INFO_ALL). `scratch` is used for
 * texts and left empty. */
void info_read(struct server *server, int only, struct buffer *scratch, info_each_fn *each, void *ctx);

/* The text of the INFO command: the sections asked for (none: the default ones), in INFO's order. */
void info_text(struct server *server, const struct bytes *sections, size_t count, struct buffer *out);

/* The reply of the ROLE command, as RESP. */
void info_role(struct server *server, struct buffer *reply);

/* The handle of a field, slaveN and dbN included; -1 if INFO has none of that name. */
int info_find(const char *name);
/* The name of a field of the table (not of slaveN and dbN). */
const char *info_name(int field);

#endif
