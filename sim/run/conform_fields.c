/* Fields, metrics and checks of real servers, and when they are at rest: from what they said last. */
#include <stdlib.h>
#include <time.h>

#include "sim/run/conform_parts.h"

/* How old a reading may be for expectations, and while the run waits to be at rest. */
#define FRESH       (2 * SIM_MS)
#define FRESH_QUIET (40 * SIM_MS)
/* The servers must be at rest so long, on top of what the model took. */
#define QUIET_FOR (300 * SIM_MS)
/* At the end a check may be asked so often, so far apart. */
enum { LAST_LOOKS = 25, LAST_LOOK_NS = 20000000 };

/* --- reading ----------------------------------------------------------------------------------------------------- */

static struct readings_view look(struct model *model, sim_time age) {
    for (uint16_t i = 0; i < model->node_count; i++) {
        model->view[i] = model->nodes[i].host ? hand_read(&model->nodes[i], false, age) : NULL;
    }
    return (struct readings_view){model->view,       model->names.nodes, model->names.model_ports,
                                  model->node_count, reading_find,       NULL};
}

static bool is_number(const char *text, int64_t *n) {
    char *end;
    size_t len = strlen(text);
    if (len == 0 || len > 19) return false;
    *n = strtoll(text, &end, 10);
    return *end == '\0';
}

static void set_number(struct field_value *value, struct buffer *text, int64_t n) {
    value->kind = FIELD_NUMBER;
    value->number = n;
    buffer_printf(text, "%lld", (long long)n);
}

/* What a server said of the field. */
static void read_said(struct model *model, struct stand_in *node, const char *name, struct field_value *value,
                      struct buffer *text) {
    bool all = model->setup->real->is_expensive(name);
    const struct reading *reading = hand_read(node, all, FRESH);
    const char *said = reading ? reading_find(reading, name) : NULL;
    if (!said) return;
    value->unit = model->setup->real->unit(name);
    value->kind = is_number(said, &value->number) ? FIELD_NUMBER : FIELD_TEXT;
    buffer_puts(text, said);
}

static void read_named(struct model *model, uint16_t party, const char *name, struct field_value *value,
                       struct buffer *text) {
    struct stand_in *node = &model->nodes[party];
    int64_t n;
    *value = (struct field_value){.kind = FIELD_UNDEFINED};
    if (strcmp(name, "alive") == 0) {
        set_number(value, text, node->host != NULL);
    } else if (node->host) {
        struct readings_view view = look(model, FRESH);
        if (model->setup->real->across(&view, party, name, &n)) {
            set_number(value, text, n);
        } else {
            read_said(model, node, name, value, text);
        }
    }
    if (value->kind != FIELD_UNDEFINED) return;
    bool answers = !node->host || hand_read(node, false, FRESH) != NULL;
    buffer_printf(text, "%s %s", node->name, answers ? "has no such field: " : BRIDGE_UNANSWERED);
    if (answers) buffer_puts(text, name);
    value->why = text->at;
}

void bridge_field_read(struct model *model, uint16_t party, int field, struct field_value *value, struct buffer *text) {
    char room[32];
    read_named(model, party, model->setup->real->field_name(field, room, sizeof room), value, text);
}

void bridge_fields_each(struct model *model, uint16_t party,
                        void (*each)(void *ctx, const char *name, const struct field_value *value, const char *text),
                        void *ctx) {
    static const char *const ours[] = {"dbsize", "digest", "alive", "lag_bytes", NULL};
    struct stand_in *node = &model->nodes[party];
    const struct reading *reading = node->host ? hand_read(node, false, FRESH) : NULL;
    struct field_value value;
    struct buffer text;
    buffer_init(&text, model->pool);
    for (size_t i = 0; reading && i < reading->count; i++) {
        const char *said = reading_value(reading, i);
        value = (struct field_value){.kind = FIELD_TEXT};
        if (is_number(said, &value.number)) value.kind = FIELD_NUMBER;
        each(ctx, reading_name(reading, i), &value, said);
    }
    for (size_t i = 0; ours[i]; i++) {
        if (reading && reading_find(reading, ours[i])) continue;
        buffer_clear(&text);
        read_named(model, party, ours[i], &value, &text);
        if (value.kind != FIELD_UNDEFINED) each(ctx, ours[i], &value, text.at);
    }
    buffer_free(&text);
}

static bool is_among(const char *const *names, const char *name) {
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* What the processes that are over had counted is kept by metric. */
static int64_t *ended_count(struct model *model, const char *name) {
    const char *const *names = model->setup->real->metrics;
    size_t i = 0;
    while (strcmp(names[i], name) != 0) i++;
    return &model->ended[i];
}

bool bridge_metric_read(struct model *model, const char *name, struct field_value *value) {
    const struct real *real = model->setup->real;
    *value = (struct field_value){.kind = FIELD_UNDEFINED, .why = "it is known to the model only"};
    if (!is_among(real->metrics, name)) return true;
    struct readings_view view = look(model, FRESH);
    *value = (struct field_value){.kind = FIELD_NUMBER};
    value->number = real->metric(&view, name) + *ended_count(model, name);
    return true;
}

/* Servers are asked one after the other: what moves on in between seems not to be equal. At the end there is time to
 * look again. */
bool bridge_check_holds(struct model *model, const char *name, struct buffer *why) {
    const struct real *real = model->setup->real;
    if (!is_among(real->checks, name)) {
        buffer_puts(why, "it is judged inside the model only");
        return false;
    }
    size_t told = why->len;
    for (int looks = model->over ? LAST_LOOKS : 1;; looks--) {
        struct timespec pause = {0, LAST_LOOK_NS};
        struct readings_view view = look(model, model->over ? 0 : FRESH);
        bool holds = real->check(&view, name, why);
        if (holds || looks <= 1) return holds;
        why->len = told;
        nanosleep(&pause, NULL);
    }
}

void bridge_keep_counts(struct model *model, uint16_t party) {
    const struct real *real = model->setup->real;
    for (uint16_t i = 0; i < model->node_count; i++) model->view[i] = NULL;
    model->view[party] = hand_read(&model->nodes[party], false, 0);
    struct readings_view view = {model->view,       model->names.nodes, model->names.model_ports,
                                 model->node_count, reading_find,       NULL};
    for (size_t i = 0; real->metrics[i] && model->view[party]; i++) {
        model->ended[i] += real->metric(&view, real->metrics[i]);
    }
}

/* --- rest -------------------------------------------------------------------------------------------------------- */

bool bridge_settled(struct model *model, const struct rest_view *rest, struct buffer *why) {
    sim_time now = bridge_now(model);
    if (now < model->setup->rest_from) {
        buffer_puts(why, "the model came to rest later");
        return false;
    }
    if (now > model->setup->rest_by) return true;
    if (model->asked_quiet < 0 || now - model->asked_quiet > FRESH_QUIET) {
        struct readings_view view = look(model, FRESH_QUIET);
        view.rest = rest;
        model->asked_quiet = now;
        bool quiet = model->setup->real->settled(&view, why);
        if (!quiet)
            model->quiet_since = -1;
        else if (model->quiet_since < 0)
            model->quiet_since = now;
    }
    if (model->quiet_since >= 0 && now - model->quiet_since >= QUIET_FOR) return true;
    if (why->len == 0) buffer_puts(why, "at rest for a moment only");
    return false;
}
