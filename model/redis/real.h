/* What the model says of the real redis-server: see sim/run/real.h.
 *
 *   real.c          its configuration, the talk with it, the table
 *   real_fields.c   INFO read back; rest, metrics and checks as seen from outside
 *   real_facts.c    what of fields, log lines and replies is compared */
#ifndef MODEL_REDIS_REAL_H
#define MODEL_REDIS_REAL_H

#include "sim/run/real.h"

const struct real *redis_real(void);

/* --- between its files ------------------------------------------------------------------------------------------- */
void real_read(const struct reply *replies, size_t count, reading_add_fn *add, struct reading *reading);
sim_time real_unit(const char *field);
bool real_across(const struct readings_view *view, uint16_t node, const char *field, int64_t *number);
bool real_settled(const struct readings_view *view, struct buffer *why);
int64_t real_metric(const struct readings_view *view, const char *name);
bool real_check(const struct readings_view *view, const char *name, struct buffer *why);
extern const char *const real_metrics[], *const real_checks[];

extern const struct real_fact real_facts[];
const char *real_unlike(const char *field);
const char *real_unlike_line(const struct bytes *words, size_t count);
const char *real_near(const char *field, const char *model, const char *real);
bool real_log_line(struct bytes line, enum log_level *level, struct bytes *message);
bool real_log_fact(struct bytes message, struct buffer *out);
const char *real_unlike_reply(struct bytes request);
void real_reply_fact(struct bytes text, struct buffer *out);

#endif
