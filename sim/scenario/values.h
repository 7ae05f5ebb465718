/* Values of the scenario language: durations, sizes, rates, shares, spreads, as text and as integers.
 *
 * A reader takes a word's text, sets *out and gives NULL; or it gives the reason why the text is no such value, as
 * static text that completes `"20" is not a duration: ...`. Decimal fractions are read exactly or refused: nothing
 * is rounded, no floating point is used. A printer appends the shortest usual form, which reads back as the same
 * value. */
#ifndef SIM_SCENARIO_VALUES_H
#define SIM_SCENARIO_VALUES_H

#include <stdint.h>

#include "sim/world/buffer.h"
#include "sim/world/chance.h"
#include "sim/world/units.h"

/* No number of a scenario is larger, so that a few of them can be added without overflow: 36 years in ns, one
 * exbibyte. Seeds alone have 64 bits. */
#define VALUE_MAX (INT64_C(1) << 60)

/* A decimal fraction in millionths is at most this. */
#define MILLION INT64_C(1000000)

const char *value_read_seed(struct bytes text, uint64_t *out);
/* A whole number >= 0. */
const char *value_read_count(struct bytes text, int64_t *out);
/* A whole number with an optional sign. */
const char *value_read_integer(struct bytes text, int64_t *out);
/* A decimal number >= 0, in millionths: 0.99 gives 990000. */
const char *value_read_millionths(struct bytes text, int64_t *out);
/* ns: 250us 20ms 1.5s 2m 1h 0. */
const char *value_read_duration(struct bytes text, sim_time *out);
/* A duration with an optional sign. */
const char *value_read_signed_duration(struct bytes text, sim_time *out);
/* Bytes: 512 64kb 1mb 2gb (powers of 1024), 64k 1m 1g (powers of 1000). */
const char *value_read_size(struct bytes text, int64_t *out);
/* Events in 1,000 s, above 0: 500/s, 0.05/s. */
const char *value_read_rate(struct bytes text, int64_t *out);
/* Bytes a second, above 0: 100mb/s. */
const char *value_read_byte_rate(struct bytes text, int64_t *out);
/* Bytes a second, above 0: 1gbit 100mbit 56kbit, or a byte rate. */
const char *value_read_link_speed(struct bytes text, int64_t *out);
/* Parts per million, at most all: 0.5%. */
const char *value_read_share(struct bytes text, int64_t *out);
/* 5ms, 1ms..5ms, exp:5ms, pareto:5ms:1.5. */
const char *value_read_time_spread(struct bytes text, struct spread *out);
const char *value_read_size_spread(struct bytes text, struct spread *out);
/* N or N..M, N <= M. */
const char *value_read_count_range(struct bytes text, int64_t *low, int64_t *high);
/* T or T1..T2, T1 <= T2. */
const char *value_read_time_range(struct bytes text, sim_time *low, sim_time *high);
/* N:D. */
const char *value_read_count_time(struct bytes text, int64_t *count, sim_time *time);

void value_print_millionths(struct buffer *out, int64_t millionths);
/* Negative ones with a sign. */
void value_print_duration(struct buffer *out, sim_time duration);
void value_print_size(struct buffer *out, int64_t bytes);
void value_print_rate(struct buffer *out, int64_t per_1000_s);
void value_print_byte_rate(struct buffer *out, int64_t bytes_per_second);
void value_print_link_speed(struct buffer *out, int64_t bytes_per_second);
void value_print_share(struct buffer *out, int64_t ppm);
void value_print_time_spread(struct buffer *out, const struct spread *spread);
void value_print_size_spread(struct buffer *out, const struct spread *spread);
void value_print_count_range(struct buffer *out, int64_t low, int64_t high);
void value_print_time_range(struct buffer *out, sim_time low, sim_time high);

/* An instant for people: seconds, rounded to the millisecond: 3.204s, 16.2s. */
void value_print_seconds(struct buffer *out, sim_time at);

#endif
