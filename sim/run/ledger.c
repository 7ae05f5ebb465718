/* The ledger of the scenario's lines. */
#include "sim/run/ledger.h"

#include <assert.h>
#include <stdarg.h>

struct note {
    const char *text;
    struct note *next;
};

struct entry {
    uint64_t fired;
    uint64_t idle;
    const char *why; /* the first time that it found nothing to do */
    struct note *notes, **notes_tail;
};

struct ledger {
    struct entry *entries; /* one for each statement */
    size_t note_count;
};

struct ledger *ledger_create(struct run *run) {
    struct ledger *ledger = POOL_NEW(run->pool, struct ledger);
    ledger->entries = POOL_ARRAY(run->pool, struct entry, run->plan->statement_count);
    for (size_t i = 0; i < run->plan->statement_count; i++) ledger->entries[i].notes_tail = &ledger->entries[i].notes;
    return ledger;
}

static struct entry *entry_of(struct run *run, const struct statement *st) {
    assert(st >= run->plan->statements && st < run->plan->statements + run->plan->statement_count);
    return &run->ledger->entries[run_rank(run, st)];
}

void ledger_fired(struct run *run, const struct statement *st) {
    entry_of(run, st)->fired++;
}

void ledger_idle(struct run *run, const struct statement *st, const char *why) {
    struct entry *entry = entry_of(run, st);
    entry->idle++;
    if (!entry->why) entry->why = pool_strdup(run->pool, why);
}

static void add_note(struct run *run, const struct statement *st, const char *format, va_list args) {
    struct entry *entry = entry_of(run, st);
    struct buffer text;
    buffer_init(&text, run->pool);
    buffer_printf(&text, "line %u: ", st->place.line);
    buffer_vprintf(&text, format, args);
    struct note *note = POOL_NEW(run->pool, struct note);
    note->text = text.at;
    *entry->notes_tail = note;
    entry->notes_tail = &note->next;
    run->ledger->note_count++;
}

void ledger_note(struct run *run, const struct statement *st, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_note(run, st, format, args);
    va_end(args);
}

/* What the counts of a line have to say. */
static void note_counts(struct run *run, const struct statement *st) {
    const struct entry *entry = entry_of(run, st);
    if (st->kind == ST_WHEN && entry->fired == 0) ledger_note(run, st, "%s: never fired", st->text);
    if (entry->idle == 0) return;
    if (entry->idle == entry->fired) {
        ledger_note(run, st, "%s: did nothing: %s", st->text, entry->why);
    } else {
        ledger_note(run, st, "%s: did nothing %llu of %llu times, first: %s", st->text, (unsigned long long)entry->idle,
                    (unsigned long long)entry->fired, entry->why);
    }
}

const char *const *ledger_notes(struct run *run, size_t *count) {
    struct ledger *ledger = run->ledger;
    for (size_t i = 0; i < run->plan->statement_count; i++) note_counts(run, &run->plan->statements[i]);
    *count = run->plan->note_count + ledger->note_count;
    const char **notes = POOL_ARRAY(run->pool, const char *, *count);
    size_t n = 0;
    for (; n < run->plan->note_count; n++) notes[n] = run->plan->notes[n];
    for (size_t i = 0; i < run->plan->statement_count; i++) {
        for (const struct note *note = ledger->entries[i].notes; note; note = note->next) notes[n++] = note->text;
    }
    assert(n == *count);
    return notes;
}
