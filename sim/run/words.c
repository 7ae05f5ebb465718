/* The words of a timeline command. */
#include "sim/run/words.h"

#include <assert.h>

#include "sim/run/observed.h"
#include "sim/run/readings.h"

/* Appends the value of a field, now or at @T. */
static bool put_field(struct run *run, const struct field_ref *ref, struct buffer *out, struct buffer *why) {
    uint16_t party = ref->nodes.party[0];
    const struct observed *taken = ref->at_set ? readings_find(run, ref, party) : NULL;
    struct observed value;
    observed_init(&value, run->pool);
    if (taken) {
        observed_copy(taken, &value);
    } else if (ref->at_set && ref->at > world_now(run->world)) {
        observed_undefine(&value, "{%s.%s@...} lies in the future", plan_party_name(run->plan, party), ref->field);
    } else {
        observed_read(run, party, run->system->field_find(ref->field), &value);
    }
    observed_add(&value, ref->plus);
    bool defined = value.kind != FIELD_UNDEFINED;
    if (defined) {
        buffer_put(out, value.text.at ? value.text.at : "", value.text.len);
    } else {
        buffer_puts(why, value.why);
    }
    buffer_free(&value.text);
    return defined;
}

static bool put_piece(struct run *run, const struct piece *piece, uint64_t n, struct buffer *out, struct buffer *why) {
    switch (piece->kind) {
    case PIECE_TEXT:
        buffer_put(out, piece->text.at, piece->text.len);
        return true;
    case PIECE_COUNTER:
        buffer_printf(out, "%llu", (unsigned long long)n);
        return true;
    case PIECE_FIELD:
        return put_field(run, &piece->ref, out, why);
    case PIECE_REPEAT:
        assert(piece->text.len == 1 && piece->times >= 0);
        buffer_reserve(out, (size_t)piece->times);
        memset(out->at + out->len, piece->text.at[0], (size_t)piece->times);
        out->len += (size_t)piece->times;
        return true;
    }
    assert(false && "a piece of no kind");
    return false;
}

static void make_room(struct run *run, struct words *words, size_t count) {
    if (!words->text.pool) buffer_init(&words->text, run->pool);
    buffer_clear(&words->text);
    if (count <= words->room) return;
    words->items =
        pool_resize(run->pool, words->items, words->room * sizeof *words->items, count * sizeof *words->items);
    words->room = count;
}

bool words_build(struct run *run, const struct command_action *command, uint64_t n, struct words *words,
                 struct buffer *why) {
    make_room(run, words, command->word_count);
    for (size_t i = 0; i < command->word_count; i++) {
        size_t before = words->text.len;
        for (size_t j = 0; j < command->words[i].count; j++) {
            if (!put_piece(run, &command->words[i].pieces[j], n, &words->text, why)) return false;
        }
        words->items[i].len = words->text.len - before;
    }
    /* The text has stopped moving: now the words have addresses. */
    size_t at = 0;
    for (size_t i = 0; i < command->word_count; i++) {
        words->items[i].at = words->text.at ? words->text.at + at : "";
        at += words->items[i].len;
    }
    words->count = command->word_count;
    return true;
}
