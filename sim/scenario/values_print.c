/* Printing values: integers to the text that reads back as the same. */
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

#include "sim/scenario/values.h"

/* n / unit as a decimal number, exactly; unit is a power of ten. */
static void print_decimal(struct buffer *out, int64_t n, int64_t unit) {
    assert(n >= 0 && unit > 0);
    buffer_printf(out, "%" PRId64, n / unit);
    int64_t rest = n % unit;
    if (rest == 0) return;
    buffer_putc(out, '.');
    while (rest > 0) {
        unit /= 10;
        buffer_putc(out, (char)('0' + rest / unit));
        rest %= unit;
    }
}

void value_print_millionths(struct buffer *out, int64_t millionths) {
    print_decimal(out, millionths, MILLION);
}

void value_print_duration(struct buffer *out, sim_time duration) {
    const sim_time minute = 60 * SIM_SECOND;
    if (duration < 0) buffer_putc(out, '-');
    if (duration < 0) duration = -duration;
    if (duration == 0) {
        buffer_putc(out, '0');
    } else if (duration % (60 * minute) == 0) {
        buffer_printf(out, "%" PRId64 "h", duration / (60 * minute));
    } else if (duration % minute == 0) {
        buffer_printf(out, "%" PRId64 "m", duration / minute);
    } else if (duration >= SIM_SECOND) {
        print_decimal(out, duration, SIM_SECOND);
        buffer_puts(out, "s");
    } else {
        bool long_enough = duration >= SIM_MS;
        print_decimal(out, duration, long_enough ? SIM_MS : SIM_US);
        buffer_puts(out, long_enough ? "ms" : "us");
    }
}

void value_print_size(struct buffer *out, int64_t bytes) {
    static const struct {
        const char *name;
        int64_t worth;
    } units[] = {{"gb", 1024 * 1024 * 1024}, {"mb", 1024 * 1024}, {"kb", 1024}, {"g", 1000000000}, {"m", 1000000}};
    for (size_t i = 0; bytes > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
        if (bytes % units[i].worth != 0) continue;
        buffer_printf(out, "%" PRId64 "%s", bytes / units[i].worth, units[i].name);
        return;
    }
    buffer_printf(out, "%" PRId64, bytes);
}

void value_print_rate(struct buffer *out, int64_t per_1000_s) {
    print_decimal(out, per_1000_s, 1000);
    buffer_puts(out, "/s");
}

void value_print_byte_rate(struct buffer *out, int64_t bytes_per_second) {
    value_print_size(out, bytes_per_second);
    buffer_puts(out, "/s");
}

void value_print_link_speed(struct buffer *out, int64_t bytes_per_second) {
    const int64_t gbit = 125000000, mbit = 125000;
    if (bytes_per_second % gbit == 0) {
        buffer_printf(out, "%" PRId64 "gbit", bytes_per_second / gbit);
    } else if (bytes_per_second % mbit == 0) {
        buffer_printf(out, "%" PRId64 "mbit", bytes_per_second / mbit);
    } else {
        value_print_byte_rate(out, bytes_per_second);
    }
}

void value_print_share(struct buffer *out, int64_t ppm) {
    print_decimal(out, ppm, PPM_ONE / 100);
    buffer_putc(out, '%');
}

static void print_spread(struct buffer *out, const struct spread *spread, void (*print)(struct buffer *, int64_t)) {
    if (spread->kind == SPREAD_EXP) buffer_puts(out, "exp:");
    if (spread->kind == SPREAD_PARETO) buffer_puts(out, "pareto:");
    print(out, spread->a);
    if (spread->kind == SPREAD_UNIFORM) {
        buffer_puts(out, "..");
        print(out, spread->b);
    }
    if (spread->kind == SPREAD_PARETO) {
        buffer_putc(out, ':');
        value_print_millionths(out, spread->shape);
    }
}

void value_print_time_spread(struct buffer *out, const struct spread *spread) {
    print_spread(out, spread, value_print_duration);
}

void value_print_size_spread(struct buffer *out, const struct spread *spread) {
    print_spread(out, spread, value_print_size);
}

void value_print_count_range(struct buffer *out, int64_t low, int64_t high) {
    assert(low <= high);
    buffer_printf(out, "%" PRId64, low);
    if (high != low) buffer_printf(out, "..%" PRId64, high);
}

void value_print_time_range(struct buffer *out, sim_time low, sim_time high) {
    assert(low <= high);
    value_print_duration(out, low);
    if (high == low) return;
    buffer_puts(out, "..");
    value_print_duration(out, high);
}

void value_print_seconds(struct buffer *out, sim_time at) {
    if (at < 0) buffer_putc(out, '-');
    uint64_t ns = at < 0 ? -(uint64_t)at : (uint64_t)at;
    uint64_t ms = ns / (uint64_t)SIM_MS + (ns % (uint64_t)SIM_MS >= (uint64_t)SIM_MS / 2);
    print_decimal(out, (int64_t)ms, 1000);
    buffer_putc(out, 's');
}
