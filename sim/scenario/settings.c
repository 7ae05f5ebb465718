/* Settings: lines of the modelled system's own configuration, checked with its own words. */
#include <assert.h>
#include <strings.h>

#include "sim/scenario/reader.h"

static const struct directive *find_directive(struct reader *r, const struct word *w) {
    for (const struct directive *d = r->words->directives; d->name; d++) {
        if (strlen(d->name) == w->text.len && strncasecmp(d->name, w->text.at, w->text.len) == 0) return d;
    }
    struct nearest nearest = reader_nearest(r, w->text);
    for (const struct directive *d = r->words->directives; d->name; d++) nearest_try(&nearest, d->name);
    reader_fail(r, w->place, nearest.best, "no directive named \"%.*s\"", word_shown(w->text), w->text.at);
    return NULL;
}

/* What the model says about the values; at the first value, as it does not say which one it means. */
static bool check_values(struct reader *r, const struct conf_line *conf, struct place values) {
    char why[256] = "";
    if (r->words->conf_check(conf->words, conf->word_count, why, sizeof(why))) return true;
    reader_fail(r, values, NULL, "%s", why[0] ? why : "these values are not possible");
    return false;
}

bool cursor_setting(struct cursor *c, struct conf_line *out) {
    struct reader *r = c->reader;
    const struct word *w = cursor_take(c, "a directive");
    if (!w) return false;
    const struct directive *directive = find_directive(r, w);
    const struct word *value = cursor_peek(c);
    *out = (struct conf_line){.place = w->place, .words = POOL_ARRAY(r->pool, struct bytes, c->line->count)};
    out->words[out->word_count++] = w->text;
    while (!cursor_at_end(c)) out->words[out->word_count++] = cursor_take(c, "a value")->text;
    assert(out->word_count > 0);
    if (!directive) return false;
    if (!value) return cursor_take(c, "a value of the directive") != NULL;
    if (directive->support == NOT_YET) {
        reader_fail(r, w->place, NULL, "the directive \"%s\" is not simulated yet", directive->name);
        return false;
    }
    if (directive->support == NO_EFFECT)
        reader_note(r, w->place, "the directive %s changes nothing here", directive->name);
    return check_values(r, out, value->place);
}
