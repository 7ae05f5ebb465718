/* The names of all fields that a scenario can read: INFO's, and those that look from outside. */
#ifndef MODEL_REDIS_FIELDS_H
#define MODEL_REDIS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/* Without slaveN and dbN; ends with NULL. */
extern const char *const fields_names[];

/* Of them, those that show what a node is and where it stands in replication: patterns; ends with NULL. */
extern const char *const fields_overview[];

/* The name of a field by its handle; in `room` if it has a number. */
const char *fields_name(int field, char *room, size_t size);

/* Whether a field of that name can exist. */
bool fields_known(const char *name);

#endif
