/* Numbers of many runs, added up by name. */
#include "sim/run/sums.h"

#include <assert.h>
#include <stdlib.h>

enum { LINE_WIDTH = 100 };

void sums_init(struct sums *sums, struct pool *pool) {
    *sums = (struct sums){.pool = pool};
}

/* --- a run's numbers on their way ------------------------------------------------------------------------- */

static void put_numbers(struct buffer *out, char section, const struct named_number *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "%c%lld %s\n", section, (long long)numbers[i].number, numbers[i].name);
    }
}

void sums_put(struct buffer *out, const struct run_result *result) {
    put_numbers(out, '0' + SUMS_FAULTS, result->faults, result->fault_count);
    put_numbers(out, '0' + SUMS_PROBES, result->probes, result->probe_count);
}

/* --- adding ------------------------------------------------------------------------------------------------ */

static struct sum *add_line(struct sums *sums, enum sums_section section, struct bytes name) {
    if (sums->count == sums->room) {
        size_t room = sums->room ? 2 * sums->room : 256, unit = sizeof *sums->lines;
        sums->lines = pool_resize(sums->pool, sums->lines, sums->room * unit, room * unit);
        sums->room = room;
    }
    struct sum *line = &sums->lines[sums->count++];
    *line = (struct sum){.name = pool_strndup(sums->pool, name.at, name.len), .section = section};
    return line;
}

static bool is_line(const struct sum *line, enum sums_section section, struct bytes name) {
    return line->section == section && strncmp(line->name, name.at, name.len) == 0 && line->name[name.len] == 0;
}

/* Runs tell most names in one order: the search begins at `hint`, the place behind the last one found. */
static struct sum *find_line(struct sums *sums, size_t *hint, enum sums_section section, struct bytes name) {
    for (size_t i = 0; i < sums->count; i++) {
        size_t at = (*hint + i) % sums->count;
        if (!is_line(&sums->lines[at], section, name)) continue;
        *hint = at + 1;
        return &sums->lines[at];
    }
    *hint = sums->count + 1;
    return add_line(sums, section, name);
}

void sums_add(struct sums *sums, struct bytes text) {
    size_t hint = 0;
    const char *at = text.at, *end = text.at + text.len;
    sums->runs++;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at)), *blank = memchr(at, ' ', (size_t)(end - at));
        assert(stop && blank && blank < stop && at[0] >= '0' && at[0] < '0' + SUMS_SECTIONS);
        struct bytes name = {blank + 1, (size_t)(stop - blank - 1)};
        struct sum *line = find_line(sums, &hint, (enum sums_section)(at[0] - '0'), name);
        uint64_t times = strtoull(at + 1, NULL, 10);
        line->times += times;
        line->runs += times > 0;
        at = stop + 1;
    }
}

/* --- showing ------------------------------------------------------------------------------------------------ */

static void write_lines(const struct sums *sums, struct buffer *out, enum sums_section section) {
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *line = &sums->lines[i];
        if (line->section != section || line->times == 0) continue;
        buffer_printf(out, "  %-36s %10llu %12llu\n", line->name, (unsigned long long)line->runs,
                      (unsigned long long)line->times);
    }
}

/* In lines of a width that people read. */
static void write_never(const struct sums *sums, struct buffer *out, size_t never) {
    size_t width = LINE_WIDTH + 1;
    if (never == 0) return;
    buffer_printf(out, "never (%zu):", never);
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *line = &sums->lines[i];
        if (line->times > 0) continue;
        width += strlen(line->name) + 1;
        if (width > LINE_WIDTH) {
            buffer_puts(out, "\n ");
            width = strlen(line->name) + 2;
        }
        buffer_printf(out, " %s", line->name);
    }
    buffer_putc(out, '\n');
}

void sums_write(const struct sums *sums, struct buffer *out) {
    static const char *const titles[SUMS_SECTIONS] = {"faults", "probes"};
    size_t hit[SUMS_SECTIONS] = {0}, never = 0;
    for (size_t i = 0; i < sums->count; i++) {
        const struct sum *line = &sums->lines[i];
        if (line->times > 0)
            hit[line->section]++;
        else
            never++;
    }
    for (int section = 0; section < SUMS_SECTIONS; section++) {
        if (hit[section] == 0) continue;
        buffer_printf(out, "%-38s %10s %12s\n", titles[section], "runs", "times");
        write_lines(sums, out, (enum sums_section)section);
    }
    write_never(sums, out, never);
}
