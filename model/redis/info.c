/* INFO in its three forms, from one walk over the sections. */
#include "model/redis/info.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/redis/server.h"

struct field_rule {
    const char *name;
    enum info_section section;
    sim_time unit;
};

static const struct field_rule field_rules[] = {
#define FIELD(name, section, unit) {#name, INFO_##section, unit},
#include "model/redis/info_fields.def"
#undef FIELD
};

static const struct {
    const char *title; /* "# Title"; as an argument in any case */
    info_section_fn *tell;
} sections[INFO_SECTIONS] = {
    [INFO_SERVER] = {"Server", info_server_section},    [INFO_CLIENTS] = {"Clients", info_clients_section},
    [INFO_MEMORY] = {"Memory", info_memory_section},    [INFO_PERSISTENCE] = {"Persistence", info_persistence_section},
    [INFO_STATS] = {"Stats", info_stats_section},       [INFO_REPLICATION] = {"Replication", info_replication_section},
    [INFO_CLUSTER] = {"Cluster", info_cluster_section}, [INFO_KEYSPACE] = {"Keyspace", info_keyspace_section},
};

/* --- what the sections call -------------------------------------------------------------------------------- */

static void tell(struct info_out *out, enum info_field field, enum field_kind kind, int64_t number) {
    const struct field_rule *rule = &field_rules[field];
    struct field_value value = {.kind = kind, .number = number, .unit = rule->unit};
    out->each(out->ctx, rule->name, &value, out->text->at);
}

void info_number(struct info_out *out, enum info_field field, int64_t n) {
    if (!info_wants(out, (int)field)) return;
    char digits[21];
    buffer_clear(out->text);
    buffer_put(out->text, digits, resp_format_number(n, digits));
    tell(out, field, FIELD_NUMBER, n);
}

void info_count(struct info_out *out, enum info_field field, uint64_t n) {
    assert(n <= INT64_MAX);
    info_number(out, field, (int64_t)n);
}

void info_text(struct info_out *out, enum info_field field, const char *text) {
    if (!info_wants(out, (int)field)) return;
    buffer_clear(out->text);
    buffer_puts(out->text, text);
    tell(out, field, FIELD_TEXT, 0);
}

void info_percent(struct info_out *out, enum info_field field, int64_t part, int64_t whole) {
    assert(part >= 0 && whole >= 0);
    char text[32];
    /* Hundredths of a per cent, rounded; wide enough for sizes up to 2^49. */
    uint64_t hundredths = whole == 0 ? 0 : ((uint64_t)part * 10000 + (uint64_t)whole / 2) / (uint64_t)whole;
    snprintf(text, sizeof(text), "%" PRIu64 ".%02u", hundredths / 100, (unsigned)(hundredths % 100));
    info_text(out, field, text);
}

/* n / 2^shift with two decimals, halves to even as printf rounds them. */
static void format_scaled(char *text, size_t room, uint64_t n, unsigned shift, char unit) {
    uint64_t whole = n >> shift, rest = n & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    /* rest < 2^40: rest * 100 does not overflow. */
    uint64_t hundredths = rest * 100 >> shift, left = rest * 100 & ((UINT64_C(1) << shift) - 1);
    if (left > half || (left == half && hundredths % 2 == 1)) hundredths++;
    snprintf(text, room, "%" PRIu64 ".%02u%c", whole + hundredths / 100, (unsigned)(hundredths % 100), unit);
}

void info_human(struct info_out *out, enum info_field field, uint64_t bytes) {
    char text[40];
    if (bytes < 1024) {
        snprintf(text, sizeof(text), "%" PRIu64 "B", bytes);
    } else if (bytes < UINT64_C(1) << 20) {
        format_scaled(text, sizeof(text), bytes, 10, 'K');
    } else if (bytes < UINT64_C(1) << 30) {
        format_scaled(text, sizeof(text), bytes, 20, 'M');
    } else if (bytes < UINT64_C(1) << 40) {
        format_scaled(text, sizeof(text), bytes, 30, 'G');
    } else {
        format_scaled(text, sizeof(text), bytes, 40, 'T');
    }
    info_text(out, field, text);
}

void info_numbered(struct info_out *out, int field, const char *format, ...) {
    if (!info_wants(out, field)) return;
    char name[24];
    snprintf(name, sizeof(name), field >= INFO_DB ? "db%d" : "slave%d",
             field - (field >= INFO_DB ? INFO_DB : INFO_SLAVE));
    va_list args;
    va_start(args, format);
    buffer_clear(out->text);
    buffer_vprintf(out->text, format, args);
    va_end(args);
    struct field_value value = {.kind = FIELD_TEXT};
    out->each(out->ctx, name, &value, out->text->at);
}

/* --- one field, all fields ------------------------------------------------------------------------------------ */

static enum info_section section_of(int field) {
    if (field >= INFO_DB) return INFO_KEYSPACE;
    if (field >= INFO_SLAVE) return INFO_REPLICATION;
    assert(field >= 0 && field < INFO_FIELDS);
    return field_rules[field].section;
}

void info_read(const struct server *s, int only, struct buffer *scratch, info_each_fn *each, void *ctx) {
    struct info_out out = {only, scratch, each, ctx};
    if (only != INFO_ALL) {
        sections[section_of(only)].tell(s, &out);
        return;
    }
    for (size_t i = 0; i < INFO_SECTIONS; i++) sections[i].tell(s, &out);
}

/* N of slaveN and dbN: at most `limit`, without leading zeros; -1 if it is none. */
static int read_suffix(const char *digits, int limit) {
    if (*digits == '\0' || (digits[0] == '0' && digits[1] != '\0')) return -1;
    int n = 0;
    for (; *digits; digits++) {
        if (*digits < '0' || *digits > '9') return -1;
        n = n * 10 + (*digits - '0');
        if (n > limit) return -1;
    }
    return n;
}

int info_find(const char *name) {
    for (int i = 0; i < INFO_FIELDS; i++) {
        if (strcmp(field_rules[i].name, name) == 0) return i;
    }
    int n = -1;
    if (strncmp(name, "slave", 5) == 0 && (n = read_suffix(name + 5, 9999)) >= 0) return INFO_SLAVE + n;
    if (strncmp(name, "db", 2) == 0 && (n = read_suffix(name + 2, KEYSPACE_DBS - 1)) >= 0) return INFO_DB + n;
    return -1;
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static void append_line(void *ctx, const char *name, const struct field_value *value, const char *text) {
    struct buffer *out = (struct buffer *)ctx;
    (void)value;
    buffer_puts(out, name);
    buffer_putc(out, ':');
    buffer_puts(out, text);
    buffer_puts(out, "\r\n");
}

/* Whether INFO's arguments ask for a section; without arguments all are (the model has default ones only). */
static bool is_asked(size_t section, const struct bytes *asked, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct bytes b = asked[i];
        if (resp_word_is(b, "all") || resp_word_is(b, "default") || resp_word_is(b, "everything")) return true;
        const char *title = sections[section].title;
        if (b.len == strlen(title) && strncasecmp(b.at, title, b.len) == 0) return true;
    }
    return count == 0;
}

void info_command(struct client *c) {
    struct server *s = c->server;
    struct buffer reply, scratch;
    buffer_init(&reply, s->scratch);
    buffer_reserve(&reply, 4096);
    buffer_init(&scratch, s->scratch);
    struct info_out out = {INFO_ALL, &scratch, append_line, &reply};
    for (size_t i = 0; i < INFO_SECTIONS; i++) {
        if (!is_asked(i, s->running.argv + 1, s->running.argc - 1)) continue;
        buffer_printf(&reply, "%s# %s\r\n", reply.len ? "\r\n" : "", sections[i].title);
        sections[i].tell(s, &out);
    }
    client_reply_bulk(c, buffer_bytes(&reply));
}
