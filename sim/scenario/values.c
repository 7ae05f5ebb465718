/* Reading values: text of one word to integers. */
#include "sim/scenario/values.h"

#include <assert.h>
#include <stdbool.h>

typedef unsigned __int128 wide;

/* A unit and what one of it is worth. Tables end with name == NULL. */
struct unit {
    const char *name;
    int64_t worth;
};

static const struct unit time_units[] = {{"us", SIM_US},         {"ms", SIM_MS},           {"s", SIM_SECOND},
                                         {"m", 60 * SIM_SECOND}, {"h", 3600 * SIM_SECOND}, {NULL, 0}};
static const struct unit size_units[] = {{"", 1},           {"b", 1},
                                         {"k", 1000},       {"kb", 1024},
                                         {"m", 1000000},    {"mb", 1024 * 1024},
                                         {"g", 1000000000}, {"gb", 1024 * 1024 * 1024},
                                         {NULL, 0}};
static const struct unit bit_units[] = {{"kbit", 125}, {"mbit", 125000}, {"gbit", 125000000}, {NULL, 0}};

static const char too_large[] = "it is too large";
static const char no_digit[] = "it must begin with a digit";

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct bytes tail(struct bytes text, size_t from) {
    assert(from <= text.len);
    return (struct bytes){text.at + from, text.len - from};
}

static bool starts_with(struct bytes text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.at, prefix, n) == 0;
}

/* Where `mark` begins in the text; its length if it does not occur. */
static size_t find(struct bytes text, const char *mark) {
    size_t n = strlen(mark);
    for (size_t i = 0; i + n <= text.len; i++) {
        if (memcmp(text.at + i, mark, n) == 0) return i;
    }
    return text.len;
}

/* --- decimal numbers ---------------------------------------------------------------------------------------- */

/* A decimal number as written: digits * 10^-scale. */
struct decimal {
    uint64_t digits;
    unsigned scale;
};

static const char *put_digit(struct decimal *d, char c) {
    uint64_t digit = (uint64_t)(c - '0');
    if (d->digits > (UINT64_MAX - digit) / 10) return too_large;
    d->digits = d->digits * 10 + digit;
    return NULL;
}

/* The digits behind the point; zeros at their end say nothing and count for nothing. */
static const char *read_fraction(struct bytes *text, struct decimal *d) {
    size_t n = 0, kept = 0;
    for (; n < text->len && is_digit(text->at[n]); n++) {
        if (text->at[n] != '0') kept = n + 1;
    }
    if (n == 0) return "a digit must follow the point";
    for (size_t i = 0; i < kept; i++) {
        if (put_digit(d, text->at[i])) return "it has too many digits";
        d->scale++;
    }
    *text = tail(*text, n);
    return NULL;
}

/* Takes a decimal number from the front of *text. */
static const char *read_decimal(struct bytes *text, struct decimal *d) {
    *d = (struct decimal){0, 0};
    if (text->len == 0) return "it is empty";
    if (text->at[0] == '-') return "it cannot be negative";
    if (!is_digit(text->at[0])) return no_digit;
    while (text->len > 0 && is_digit(text->at[0])) {
        const char *why = put_digit(d, text->at[0]);
        if (why) return why;
        *text = tail(*text, 1);
    }
    if (text->len == 0 || text->at[0] != '.') return NULL;
    if (text->len > 1 && text->at[1] == '.') return NULL; /* N..M */
    *text = tail(*text, 1);
    return read_fraction(text, d);
}

/* d * worth as a whole number; too_fine is the reason if it is none. */
static const char *scale_decimal(struct decimal d, int64_t worth, const char *too_fine, int64_t *out) {
    assert(worth > 0);
    wide divisor = 1;
    for (unsigned i = 0; i < d.scale; i++) divisor *= 10;
    wide product = (wide)d.digits * (wide)worth;
    if (product % divisor != 0) return too_fine;
    if (product / divisor > (wide)VALUE_MAX) return too_large;
    *out = (int64_t)(product / divisor);
    return NULL;
}

static bool unit_matches(struct bytes text, const char *name) {
    if (text.len != strlen(name)) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (lower(text.at[i]) != name[i]) return false;
    }
    return true;
}

static int64_t unit_worth(const struct unit *units, struct bytes text) {
    for (; units->name; units++) {
        if (unit_matches(text, units->name)) return units->worth;
    }
    return 0;
}

/* --- numbers ------------------------------------------------------------------------------------------------ */

const char *value_read_seed(struct bytes text, uint64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (d.scale > 0 || text.len > 0) return "it must be a whole number";
    *out = d.digits;
    return NULL;
}

const char *value_read_count(struct bytes text, int64_t *out) {
    uint64_t n;
    const char *why = value_read_seed(text, &n);
    if (why) return why;
    if (n > (uint64_t)VALUE_MAX) return too_large;
    *out = (int64_t)n;
    return NULL;
}

const char *value_read_integer(struct bytes text, int64_t *out) {
    bool negative = starts_with(text, "-");
    if (negative || starts_with(text, "+")) text = tail(text, 1);
    if (text.len > 0 && !is_digit(text.at[0])) return no_digit;
    const char *why = value_read_count(text, out);
    if (!why && negative) *out = -*out;
    return why;
}

const char *value_read_millionths(struct bytes text, int64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (text.len > 0) return "it must be a decimal number";
    return scale_decimal(d, MILLION, "it has more than six decimals", out);
}

/* --- durations, sizes, rates, shares ------------------------------------------------------------------------ */

const char *value_read_duration(struct bytes text, sim_time *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (text.len == 0 && d.digits > 0) return "it needs a unit (us, ms, s, m or h)";
    int64_t worth = text.len == 0 ? 1 : unit_worth(time_units, text);
    if (worth == 0) return "its unit must be us, ms, s, m or h";
    return scale_decimal(d, worth, "it is finer than a nanosecond", out);
}

const char *value_read_signed_duration(struct bytes text, sim_time *out) {
    bool negative = starts_with(text, "-");
    if (negative || starts_with(text, "+")) text = tail(text, 1);
    if (text.len > 0 && !is_digit(text.at[0])) return no_digit;
    const char *why = value_read_duration(text, out);
    if (!why && negative) *out = -*out;
    return why;
}

const char *value_read_size(struct bytes text, int64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (d.scale > 0) return "it must be a whole number of its unit";
    int64_t worth = unit_worth(size_units, text);
    if (worth == 0) return "its unit must be kb, mb, gb (powers of 1024) or k, m, g (powers of 1000)";
    return scale_decimal(d, worth, NULL, out);
}

const char *value_read_rate(struct bytes text, int64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (text.len != 2 || memcmp(text.at, "/s", 2) != 0) return "it must end in /s";
    if (d.digits == 0) return "it must be above 0";
    why = scale_decimal(d, 1000, "it is finer than 0.001/s", out);
    return !why && *out > SIM_SECOND * 1000 ? "it is above 1000000000/s" : why;
}

/* A size or a number of bits, each with its unit, in bytes. */
static const char *read_amount(struct bytes text, const struct unit *units, const char *no_unit, int64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    int64_t worth = unit_worth(units, text);
    if (worth == 0) return no_unit;
    if (d.digits == 0) return "it must be above 0";
    return scale_decimal(d, worth, "it is no whole number of bytes a second", out);
}

const char *value_read_byte_rate(struct bytes text, int64_t *out) {
    if (text.len < 2 || memcmp(text.at + text.len - 2, "/s", 2) != 0) return "it must be a size and /s";
    text.len -= 2;
    return read_amount(text, size_units, "its unit must be kb/s, mb/s, gb/s or k/s, m/s, g/s", out);
}

const char *value_read_link_speed(struct bytes text, int64_t *out) {
    if (find(text, "/") < text.len) return value_read_byte_rate(text, out);
    return read_amount(text, bit_units, "its unit must be kbit, mbit, gbit or that of a byte rate (mb/s)", out);
}

const char *value_read_share(struct bytes text, int64_t *out) {
    struct decimal d;
    const char *why = read_decimal(&text, &d);
    if (why) return why;
    if (text.len != 1 || text.at[0] != '%') return "it must end in %";
    why = scale_decimal(d, PPM_ONE / 100, "it is finer than 0.0001%", out);
    return !why && *out > PPM_ONE ? "it is above 100%" : why;
}

/* --- spreads and ranges ------------------------------------------------------------------------------------- */

typedef const char *read_fn(struct bytes text, int64_t *out);

/* N or N..M; whether there were two is told by *two. */
static const char *read_range(struct bytes text, read_fn *read, int64_t *low, int64_t *high, bool *two) {
    size_t dots = find(text, "..");
    *two = dots < text.len;
    const char *why = read((struct bytes){text.at, dots}, low);
    if (why || !*two) {
        *high = *low;
        return why;
    }
    why = read(tail(text, dots + 2), high);
    return !why && *low > *high ? "its lower bound is above the upper one" : why;
}

static const char *read_pareto(struct bytes text, read_fn *read, struct spread *out) {
    size_t colon = find(text, ":");
    if (colon == text.len) return "pareto needs a minimum and a shape (pareto:5ms:1.5)";
    const char *why = read((struct bytes){text.at, colon}, &out->a);
    if (why) return why;
    why = value_read_millionths(tail(text, colon + 1), &out->shape);
    if (why) return why;
    bool sane = out->shape >= MILLION / 10 && out->shape <= 1000 * MILLION;
    return sane ? NULL : "its shape must lie between 0.1 and 1000";
}

static const char *read_spread(struct bytes text, read_fn *read, struct spread *out) {
    *out = (struct spread){SPREAD_CONSTANT, 0, 0, 0};
    if (starts_with(text, "exp:")) {
        out->kind = SPREAD_EXP;
        return read(tail(text, 4), &out->a);
    }
    if (starts_with(text, "pareto:")) {
        out->kind = SPREAD_PARETO;
        return read_pareto(tail(text, 7), read, out);
    }
    bool two;
    const char *why = read_range(text, read, &out->a, &out->b, &two);
    if (two) out->kind = SPREAD_UNIFORM;
    return why;
}

const char *value_read_time_spread(struct bytes text, struct spread *out) {
    return read_spread(text, value_read_duration, out);
}

const char *value_read_size_spread(struct bytes text, struct spread *out) {
    return read_spread(text, value_read_size, out);
}

const char *value_read_count_range(struct bytes text, int64_t *low, int64_t *high) {
    bool two;
    return read_range(text, value_read_count, low, high, &two);
}

const char *value_read_time_range(struct bytes text, sim_time *low, sim_time *high) {
    bool two;
    return read_range(text, value_read_duration, low, high, &two);
}

const char *value_read_count_time(struct bytes text, int64_t *count, sim_time *time) {
    size_t colon = find(text, ":");
    if (colon == text.len) return "it must be a number and a duration (1:100ms)";
    const char *why = value_read_count((struct bytes){text.at, colon}, count);
    return why ? why : value_read_duration(tail(text, colon + 1), time);
}
