/* Inside the reader: what its files share. A statement is read by one function a kind, which takes words from a
 * cursor; every function that can fail has reported why when it gives false. */
#ifndef SIM_SCENARIO_READER_H
#define SIM_SCENARIO_READER_H

#include "sim/scenario/errors.h"
#include "sim/scenario/lex.h"
#include "sim/scenario/nearest.h"
#include "sim/scenario/plan.h"

/* More parties than anybody simulates, few enough to keep every table small. */
enum { MAX_NODES = 1000, MAX_CLIENTS = 1000 };

/* Past this many errors the file is no scenario: the rest is not told. */
enum { MAX_ERRORS = 1000 };

struct reader {
    struct pool *pool;
    const struct vocabulary *words;
    struct scenario_errors *errors;
    struct plan *plan;
    size_t note_room;
};

/* The words of one statement that are still to be read. */
struct cursor {
    struct reader *reader;
    const struct line *line;
    size_t next;
};

/* --- cursor.c: words and errors ------------------------------------------------------------------------------- */

void reader_fail(struct reader *r, struct place place, const char *near, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The nearest valid word to look for, for an error; nothing is near once there are more errors than anybody reads. */
struct nearest reader_nearest(const struct reader *r, struct bytes word);
/* Keeps a note for the run's report, with the line's number. */
void reader_note(struct reader *r, struct place place, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool word_is(const struct word *w, const char *keyword); /* unquoted, exactly */
bool word_is_name(struct bytes text);
/* Where byte `offset` of the word's text stands; of a quoted word, where the word begins. */
struct place word_place(const struct word *w, size_t offset);
/* For "%.*s": the text, cut short where it is very long. */
int word_shown(struct bytes text);
bool bytes_equal(struct bytes a, const char *b);

/* The next word, not taken; NULL at the end. */
const struct word *cursor_peek(const struct cursor *c);
/* The next word; at the end an error that says `what` ("a duration") is missing. */
const struct word *cursor_take(struct cursor *c, const char *what);
/* Takes the next word if it is that keyword. */
bool cursor_accept(struct cursor *c, const char *keyword);
bool cursor_at_end(const struct cursor *c);
/* Whether all words were read; if not, the next one is an error. */
bool cursor_finish(const struct cursor *c);
/* The words from `from` up to the next one, as written, joined by blanks. */
const char *cursor_text(const struct cursor *c, size_t from);
/* The word as a C string; an error if it holds a zero byte. NULL then. */
const char *word_string(struct cursor *c, const struct word *w);

/* Takes the next word as a value. `what` ("a duration") stands in the errors. */
typedef const char *value_reader(struct bytes text, int64_t *out);
bool cursor_value(struct cursor *c, const char *what, value_reader *read, int64_t *out);
bool cursor_time_spread(struct cursor *c, struct spread *out);
/* Whether `why` is NULL; else reports that the word is not `what`, and why. */
bool word_is_value(struct cursor *c, const struct word *w, const char *what, const char *why);

/* --- parties.c: names ----------------------------------------------------------------------------------------- */

enum party_wanted { WANT_NODE, WANT_CLIENT, WANT_PARTY };

/* Declares the names of `node` and `client` lines, in two rounds, nodes first. */
void parties_declare(struct reader *r, const struct line *line, bool clients);
/* Whether the language uses the word, so that it is no name. */
bool parties_reserve(const struct reader *r, struct bytes text);
/* Whether the word ends the list of names on a `node` line. */
bool parties_ends_names(const struct reader *r, const struct word *w);

/* Part of a word that names one party. */
bool party_find(struct cursor *c, struct bytes name, struct place place, enum party_wanted wanted, uint16_t *out);
/* One party as a set of one. */
bool cursor_party(struct cursor *c, const char *what, enum party_wanted wanted, struct party_set *out);
/* NODES. */
bool cursor_nodes(struct cursor *c, struct party_set *out);
bool word_nodes(struct cursor *c, const struct word *w, struct party_set *out);
/* {A,B}: a group of a partition. */
bool cursor_group(struct cursor *c, struct party_set *out);
/* A B, or A->B. */
bool cursor_ends(struct cursor *c, uint16_t *from, uint16_t *to, bool *one_way);

/* --- options.c, links.c: properties ----------------------------------------------------------------------------- */

/* PROP VALUE... up to the end of the line. */
bool cursor_options(struct cursor *c, const struct word_rule *rules, const char *what, struct option **options,
                    size_t *count);
/* One value of the rule's form. */
bool cursor_option_value(struct cursor *c, const struct word_rule *rule, struct option *out);
/* The costs of the machine underneath; ends with name == NULL. */
extern const struct word_rule cost_rules[];

/* *|A B|A->B PROP VALUE... up to the end or `for`. */
bool cursor_link(struct cursor *c, struct link_change *out);
const char *link_prop_name(enum link_prop prop);

/* --- settings.c ------------------------------------------------------------------------------------------------- */

/* DIRECTIVE VALUE... up to the end. */
bool cursor_setting(struct cursor *c, struct conf_line *out);

/* --- conditions.c, commands.c, replies.c, actions.c ------------------------------------------------------------- */

bool cursor_condition(struct cursor *c, struct condition *out);
/* What text can be as NODE.FIELD[@T][+N]. */
enum field_read { FIELD_IS_NONE, FIELD_IS_WRONG, FIELD_IS_READ };
/* Reads part of a word (from `offset`) as a reference. FIELD_IS_NONE: it is something else, nothing was reported. */
enum field_read read_field_ref(struct cursor *c, const struct word *w, size_t offset, struct bytes text,
                               struct field_ref *out);

bool cursor_command(struct cursor *c, struct action *out);
bool word_reply_pattern(struct cursor *c, const struct word *w, struct reply_pattern *out);
/* An action, up to the end of the line. */
bool cursor_action(struct cursor *c, struct action *out);
/* Whether the word could begin an action. */
bool word_begins_action(const struct word *w);
/* chaos: FAULT RATE [for SPREAD]... up to the end of the line. */
bool cursor_faults(struct cursor *c, struct statement *st);

/* --- statements.c, timeline.c: one function a statement ----------------------------------------------------------- */

/* Reads the statement of a line. */
bool read_statement(struct reader *r, const struct line *line, struct statement *st);

bool read_at(struct cursor *c, struct statement *st);
bool read_every(struct cursor *c, struct statement *st);
bool read_when(struct cursor *c, struct statement *st);
bool read_chaos(struct cursor *c, struct statement *st);
bool read_expect(struct cursor *c, struct statement *st);

/* --- checks.c, streams.c: what concerns the whole file ------------------------------------------------------------ */

/* Reports what only the whole plan shows: instants after `end`, `every` without an end. */
void plan_check(struct reader *r);
/* Gives every statement and chaos fault its random stream. */
void plan_name_streams(struct pool *pool, struct plan *plan);

#endif
