/* Values of fields, and how two of them compare. */
#ifndef SIM_RUN_OBSERVED_H
#define SIM_RUN_OBSERVED_H

#include "sim/run/state.h"

/* What a field has at an instant, or what a scenario compares it with. */
struct observed {
    enum field_kind kind;
    int64_t number;
    sim_time unit; /* ns that 1 stands for, 0 if it is no time */
    bool either;   /* number is a size, `duration` counts when the other side is a time */
    sim_time duration;
    bool is_text;       /* quoted: compared as text whatever it looks like */
    const char *why;    /* undefined: the reason */
    struct buffer text; /* its form for people, whatever the kind */
};

void observed_init(struct observed *v, struct pool *pool);
/* The value of a field now, seen from outside. */
void observed_read(struct run *run, uint16_t party, int field, struct observed *into);
void observed_copy(const struct observed *from, struct observed *into);
/* Adds n to a number; a text becomes undefined. */
void observed_add(struct observed *v, int64_t n);
void observed_undefine(struct observed *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The literal side of a condition. */
void observed_from_operand(const struct operand *operand, struct observed *into);

/* Whether `a op b` holds; both are defined. Numbers compare as numbers when both sides are numbers (decimal
 * fractions included), times in ns, the rest as text, which has no order: `<` never holds between texts. */
bool observed_compare(const struct observed *a, enum compare op, const struct observed *b);

#endif
