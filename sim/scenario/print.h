/* Inside the printer: parts of statements as scenario text. */
#ifndef SIM_SCENARIO_PRINT_H
#define SIM_SCENARIO_PRINT_H

#include "sim/scenario/plan.h"
#include "sim/world/buffer.h"

/* Appends a word, in quotes where it needs them. */
void print_word(struct buffer *out, struct bytes text);
/* The same, in quotes in any case. */
void print_quoted(struct buffer *out, struct bytes text);
void print_string(struct buffer *out, const char *text);

/* A B or A->B. */
void print_ends(struct buffer *out, const struct plan *plan, uint16_t a, uint16_t b, bool one_way);
/* The ends of a link line or *, without its properties. */
void print_link_ends(struct buffer *out, const struct plan *plan, const struct link_change *link);
void print_link(struct buffer *out, const struct plan *plan, const struct link_change *link);
void print_setting(struct buffer *out, const struct conf_line *conf);
void print_condition(struct buffer *out, const struct condition *condition);
void print_field_ref(struct buffer *out, const struct field_ref *ref);
/* NODE> or NODE@NAME>, and the words; without the reply. */
void print_command(struct buffer *out, const struct action *action);
void print_action(struct buffer *out, const struct plan *plan, const struct action *action);
/* An option's value. */
void print_option_value(struct buffer *out, const struct option *option);

#endif
