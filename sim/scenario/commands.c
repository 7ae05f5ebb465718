/* Commands of the timeline: `NODE> COMMAND [=> REPLY [within D]]`, and what stands in braces in their words. */
#include <assert.h>
#include <strings.h>

#include "sim/scenario/reader.h"
#include "sim/scenario/values.h"

/* {N*C} makes no longer word: the largest string that a server of this family takes. */
#define LONGEST_REPEAT (INT64_C(512) << 20)

/* What opens further than this before its closing brace is no substitution. */
enum { LONGEST_BRACES = 1000 };

/* --- words with substitutions ----------------------------------------------------------------------------------- */

/* The pieces of one word while it is cut. */
struct cutter {
    struct cursor *cursor;
    const struct word *word;
    struct command_part *part;
    size_t room;
    size_t text_from; /* what stands from here on is plain text, so far */
};

static struct piece *new_piece(struct cutter *k, enum piece_kind kind) {
    struct command_part *part = k->part;
    if (part->count == k->room) {
        size_t room = k->room ? k->room * 2 : 1;
        part->pieces = pool_resize(k->cursor->reader->pool, part->pieces, k->room * sizeof(struct piece),
                                   room * sizeof(struct piece));
        k->room = room;
    }
    struct piece *piece = &part->pieces[part->count++];
    *piece = (struct piece){.kind = kind};
    return piece;
}

static void put_text(struct cutter *k, size_t to) {
    if (to > k->text_from) {
        new_piece(k, PIECE_TEXT)->text = (struct bytes){k->word->text.at + k->text_from, to - k->text_from};
    }
}

/* {N*C} at `open`: its length, 0 if it is none. C may be the closing brace itself. */
static size_t repeat_length(struct bytes text, size_t open) {
    size_t i = open + 1;
    while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9') i++;
    bool good = i > open + 1 && i + 2 < text.len && text.at[i] == '*' && text.at[i + 2] == '}';
    return good ? i + 3 - open : 0;
}

static bool put_repeat(struct cutter *k, size_t open, size_t len) {
    struct bytes text = k->word->text;
    assert(len > 4 && text.at[open] == '{' && text.at[open + len - 1] == '}');
    struct piece *piece = new_piece(k, PIECE_REPEAT);
    struct bytes number = {text.at + open + 1, len - 4};
    const char *why = value_read_count(number, &piece->times);
    if (!why && piece->times > LONGEST_REPEAT) why = "it is above 512 MB";
    piece->text = (struct bytes){text.at + open + len - 2, 1};
    if (!why) return true;
    reader_fail(k->cursor->reader, word_place(k->word, open + 1), NULL, "\"%.*s\" is not a number of characters: %s",
                word_shown(number), number.at, why);
    return false;
}

/* Looks at the brace at `open`; *len is how long what it opens is, 0 for a brace that is itself. */
static bool put_brace(struct cutter *k, size_t open, size_t *len) {
    struct bytes text = k->word->text;
    size_t near = text.len - open < LONGEST_BRACES ? text.len - open : LONGEST_BRACES;
    const char *close = memchr(text.at + open, '}', near);
    *len = 0;
    if (!close) return true;
    struct bytes inside = {text.at + open + 1, (size_t)(close - text.at) - open - 1};
    struct field_ref ref;
    *len = repeat_length(text, open);
    if (*len > 0) {
        put_text(k, open);
        return put_repeat(k, open, *len);
    }
    if (bytes_equal(inside, "n")) {
        *len = inside.len + 2;
        put_text(k, open);
        new_piece(k, PIECE_COUNTER);
        return true;
    }
    enum field_read read = read_field_ref(k->cursor, k->word, open + 1, inside, &ref);
    if (read == FIELD_IS_NONE || (read == FIELD_IS_READ && ref.all)) return true;
    *len = inside.len + 2;
    put_text(k, open);
    new_piece(k, PIECE_FIELD)->ref = ref;
    return read == FIELD_IS_READ;
}

/* Cuts a word into its pieces: at least one. */
static bool cut_word(struct cursor *c, const struct word *w, struct command_part *out) {
    struct cutter k = {.cursor = c, .word = w, .part = out};
    *out = (struct command_part){NULL, 0};
    bool good = true;
    for (size_t i = 0; i < w->text.len;) {
        size_t len = 0;
        if (w->text.at[i] == '{') good &= put_brace(&k, i, &len);
        i += len > 0 ? len : 1;
        if (len > 0) k.text_from = i;
    }
    put_text(&k, w->text.len);
    if (out->count == 0) new_piece(&k, PIECE_TEXT)->text = (struct bytes){w->text.at, 0};
    assert(out->count > 0);
    return good;
}

/* --- what the model says ---------------------------------------------------------------------------------------- */

static bool same_word(struct bytes text, const char *name) {
    return text.len == strlen(name) && strncasecmp(text.at, name, text.len) == 0;
}

static bool fail_name(struct cursor *c, const struct word *w) {
    struct nearest nearest = reader_nearest(c->reader, w->text);
    for (const struct command_word *k = c->reader->words->commands; k->name; k++) nearest_try(&nearest, k->name);
    reader_fail(c->reader, w->place, nearest.best, "no command named \"%.*s\"", word_shown(w->text), w->text.at);
    return false;
}

static bool check_name(struct cursor *c, const struct word *w) {
    const struct command_word *command = c->reader->words->commands;
    while (command->name && !same_word(w->text, command->name)) command++;
    if (!command->name) return fail_name(c, w);
    if (command->support == NO_EFFECT) reader_note(c->reader, w->place, "%s changes nothing here", command->name);
    if (command->support != NOT_YET) return true;
    reader_fail(c->reader, w->place, NULL, "the command \"%s\" is not simulated yet", command->name);
    return false;
}

static bool is_plain(const struct command_part *part) {
    return part->count == 1 && part->pieces[0].kind == PIECE_TEXT;
}

static bool check_command(struct cursor *c, const struct word *first, const struct command_action *command) {
    struct reader *r = c->reader;
    if (is_plain(&command->words[0]) && !check_name(c, first)) return false;
    struct bytes *words = POOL_ARRAY(r->pool, struct bytes, command->word_count);
    for (size_t i = 0; i < command->word_count; i++) {
        const struct command_part *part = &command->words[i];
        words[i] = is_plain(part) ? part->pieces[0].text : (struct bytes){NULL, 0};
    }
    char why[256] = "";
    bool good = r->words->command_check(words, command->word_count, why, sizeof(why));
    pool_free(r->pool, words, command->word_count * sizeof(*words));
    if (!good) reader_fail(r, first->place, NULL, "%s", why[0] ? why : "this command is not possible");
    return good;
}

/* --- the whole action ------------------------------------------------------------------------------------------- */

/* The name behind the @ of NODE@NAME>; *name is cut to the node's. */
static bool read_connection(struct cursor *c, const struct word *w, struct bytes *name, struct action *out) {
    const char *at = memchr(name->at, '@', name->len);
    if (!at) return true;
    struct bytes connection = {at + 1, name->len - (size_t)(at - name->at) - 1};
    name->len = (size_t)(at - name->at);
    out->command.connection = pool_strndup(c->reader->pool, connection.at, connection.len);
    if (word_is_name(connection) && !parties_reserve(c->reader, connection)) return true;
    reader_fail(c->reader, word_place(w, name->len + 1), NULL, "\"%.*s\" is no name of a connection",
                word_shown(connection), connection.at);
    return false;
}

/* NODE> or NODE@NAME>, the > being the word's last byte. */
static bool read_target(struct cursor *c, const struct word *w, struct action *out) {
    assert(w->text.len > 0 && w->text.at[w->text.len - 1] == '>');
    struct bytes name = {w->text.at, w->text.len - 1};
    if (!read_connection(c, w, &name, out)) return false;
    out->a = (struct party_set){.text = pool_strndup(c->reader->pool, name.at, name.len), .count = 1, .rank = 2};
    out->a.party = POOL_ARRAY(c->reader->pool, uint16_t, 1);
    return party_find(c, name, w->place, WANT_NODE, out->a.party);
}

/* REPLY [within D], the arrow taken already. */
static bool read_reply(struct cursor *c, struct command_action *command) {
    const struct word *w = cursor_take(c, "the reply's pattern, one word,");
    if (!w || !(command->reply_text = word_string(c, w))) return false;
    command->has_reply = true;
    bool good = word_reply_pattern(c, w, &command->reply);
    command->has_within = cursor_accept(c, "within");
    if (command->has_within) {
        good &= cursor_value(c, "a duration", value_read_duration, &command->within);
    } else if (!cursor_at_end(c)) {
        const struct word *more = cursor_peek(c);
        reader_fail(c->reader, more->place, NULL,
                    "unexpected \"%.*s\": the reply is one word (quote it), then `within D`", word_shown(more->text),
                    more->text.at);
        return false;
    }
    return good;
}

bool cursor_command(struct cursor *c, struct action *out) {
    struct command_action *command = &out->command;
    const struct word *target = cursor_take(c, "a node and >");
    if (target->text.at[target->text.len - 1] != '>') {
        reader_fail(c->reader, target->place, NULL, "\"%.*s\": a blank must follow the >", word_shown(target->text),
                    target->text.at);
        return false;
    }
    out->kind = ACT_COMMAND;
    bool good = read_target(c, target, out);
    const struct word *first = cursor_peek(c);
    command->words = POOL_ARRAY(c->reader->pool, struct command_part, c->line->count);
    for (const struct word *w = first; w && !word_is(w, "=>"); w = cursor_peek(c)) {
        c->next++;
        good &= cut_word(c, w, &command->words[command->word_count++]);
    }
    if (command->word_count == 0) {
        reader_fail(c->reader, first ? first->place : c->line->end, NULL, "a command is missing after the >");
        return false;
    }
    good &= check_command(c, first, command);
    return cursor_accept(c, "=>") ? read_reply(c, command) && good : good;
}
