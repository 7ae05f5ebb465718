/* A real server's fields: INFO read back, and what several nodes' INFO show together. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/redis/info.h"
#include "model/redis/real.h"
#include "model/redis/resp.h"

/* --- reading ----------------------------------------------------------------------------------------------------- */

/* "keys=N,expires=..." */
static int64_t keys_in(struct bytes value) {
    static const char label[] = "keys=";
    int64_t n = 0;
    if (value.len < sizeof label || memcmp(value.at, label, sizeof label - 1) != 0) return 0;
    for (size_t i = sizeof label - 1; i < value.len && value.at[i] >= '0' && value.at[i] <= '9'; i++) {
        n = n * 10 + (value.at[i] - '0');
    }
    return n;
}

static bool is_database(const char *name) {
    return name[0] == 'd' && name[1] == 'b' && name[2] >= '0' && name[2] <= '9';
}

/* "name:value" lines; those that begin with # are headings. */
static void read_info(struct bytes text, reading_add_fn *add, struct reading *reading) {
    char name[64], total[21];
    int64_t keys = 0;
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.at) - at : text.len - at;
        struct bytes line = {text.at + at, len > 0 && text.at[at + len - 1] == '\r' ? len - 1 : len};
        const char *colon = memchr(line.at, ':', line.len);
        at += len + 1;
        if (!colon || line.at[0] == '#' || (size_t)(colon - line.at) >= sizeof name) continue;
        size_t name_len = (size_t)(colon - line.at);
        memcpy(name, line.at, name_len);
        name[name_len] = '\0';
        struct bytes value = {colon + 1, line.len - name_len - 1};
        add(reading, name, value);
        if (is_database(name)) keys += keys_in(value);
        if (strcmp(name, "used_memory") == 0) add(reading, "memory", value);
    }
    add(reading, "dbsize", (struct bytes){total, resp_format_number(keys, total)});
}

void real_read(const struct reply *replies, size_t count, reading_add_fn *add, struct reading *reading) {
    assert(count >= 1);
    if (replies[0].kind != REPLY_ERROR) read_info(replies[0].text, add, reading);
    if (count > 1 && replies[1].kind != REPLY_ERROR) add(reading, "digest", replies[1].text);
}

sim_time real_unit(const char *field) {
    static const sim_time units[] = {
#define FIELD(name, section, unit) unit,
#include "model/redis/info_fields.def"
#undef FIELD
    };
    int i = info_find(field);
    return i >= 0 && i < INFO_FIELDS ? units[i] : 0;
}

/* --- several nodes ----------------------------------------------------------------------------------------------- */

static const char *find(const struct readings_view *view, size_t node, const char *field) {
    const char *text = view->nodes[node] ? view->find(view->nodes[node], field) : NULL;
    return text ? text : "";
}

static int64_t number(const struct readings_view *view, size_t node, const char *field) {
    return strtoll(find(view, node, field), NULL, 10);
}

static bool is_replica(const struct readings_view *view, size_t node) {
    return strcmp(find(view, node, "role"), "slave") == 0;
}

/* The node that a replica follows; NO_PARTY if none of that name and port is there. */
static uint16_t upstream_of(const struct readings_view *view, size_t node) {
    if (!is_replica(view, node)) return NO_PARTY;
    for (size_t i = 0; i < view->node_count; i++) {
        bool same_port = number(view, node, "master_port") == view->ports[i];
        if (same_port && strcmp(view->names[i], find(view, node, "master_host")) == 0) return (uint16_t)i;
    }
    return NO_PARTY;
}

bool real_across(const struct readings_view *view, uint16_t node, const char *field, int64_t *out) {
    if (strcmp(field, "lag_bytes") != 0) return false;
    uint16_t upstream = upstream_of(view, node);
    if (upstream == NO_PARTY || !view->nodes[upstream]) return false;
    *out = number(view, upstream, "master_repl_offset") - number(view, node, "master_repl_offset");
    return true;
}

/* --- rest -------------------------------------------------------------------------------------------------------- */

static bool is_busy(const struct readings_view *view, size_t node) {
    return number(view, node, "loading") || number(view, node, "rdb_bgsave_in_progress") ||
           number(view, node, "aof_rewrite_in_progress") || number(view, node, "aof_rewrite_scheduled") ||
           *find(view, node, "shutdown_in_milliseconds");
}

static bool is_cut_off(const struct rest_view *rest, uint16_t a, uint16_t b) {
    return rest && (rest->down[b] || rest->unreachable(rest->ctx, a, b) || rest->unreachable(rest->ctx, b, a));
}

/* Whether its way up ends at a node that is down or cut off, or in a ring: then nobody waits for it. */
static bool is_stranded(const struct readings_view *view, size_t node) {
    for (size_t hops = 0; hops <= view->node_count; hops++) {
        if (!view->nodes[node]) return true;
        if (!is_replica(view, node)) return false;
        uint16_t upstream = upstream_of(view, node);
        if (upstream == NO_PARTY || is_cut_off(view->rest, (uint16_t)node, upstream)) return true;
        node = upstream;
    }
    return true;
}

static bool is_caught_up(const struct readings_view *view, size_t node) {
    uint16_t upstream = upstream_of(view, node);
    int64_t lag;
    return strcmp(find(view, node, "master_link_status"), "up") == 0 &&
           real_across(view, (uint16_t)node, "lag_bytes", &lag) && lag == 0 && upstream != NO_PARTY;
}

/* Each replica that a master shows is online. */
static bool all_online(const struct readings_view *view, size_t node) {
    char name[16];
    for (int64_t i = 0; i < number(view, node, "connected_slaves"); i++) {
        snprintf(name, sizeof name, "slave%d", (int)i);
        if (!strstr(find(view, node, name), "state=online")) return false;
    }
    return true;
}

bool real_settled(const struct readings_view *view, struct buffer *why) {
    for (size_t i = 0; i < view->node_count; i++) {
        if (view->rest && view->rest->down[i]) continue;
        const char *what = !view->nodes[i]                                 ? "does not answer"
                           : is_busy(view, i)                              ? "is busy"
                           : is_stranded(view, i)                          ? NULL
                           : is_replica(view, i) && !is_caught_up(view, i) ? "has not caught up"
                           : !all_online(view, i)                          ? "brings a replica up"
                                                                           : NULL;
        if (!what) continue;
        buffer_printf(why, "%s %s", view->names[i], what);
        return false;
    }
    return true;
}

/* --- metrics and checks ------------------------------------------------------------------------------------------ */

const char *const real_metrics[] = {"full_syncs", "partial_syncs", NULL};

int64_t real_metric(const struct readings_view *view, const char *name) {
    const char *field = strcmp(name, "full_syncs") == 0 ? "sync_full" : "sync_partial_ok";
    int64_t sum = 0;
    for (size_t i = 0; i < view->node_count; i++) sum += number(view, i, field);
    return sum;
}

const char *const real_checks[] = {"converged", NULL};

/* Equal ids and offsets; that the data are equal is compared as the fact `digest`. */
bool real_check(const struct readings_view *view, const char *name, struct buffer *why) {
    assert(strcmp(name, "converged") == 0);
    for (size_t i = 0; i < view->node_count; i++) {
        uint16_t upstream = upstream_of(view, i);
        if (upstream == NO_PARTY || !view->nodes[upstream]) continue;
        bool same_id = strcmp(find(view, i, "master_replid"), find(view, upstream, "master_replid")) == 0;
        if (same_id && is_caught_up(view, i)) continue;
        buffer_printf(why, "%s is not where %s is", view->names[i], view->names[upstream]);
        return false;
    }
    return true;
}
