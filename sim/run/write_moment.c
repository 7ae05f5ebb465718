/* A run at a moment, as text for people. */
#include <assert.h>

#include "sim/run/moment.h"
#include "sim/run/writer.h"

/* A field's name and value with the blanks after them: two make a line, after its indentation. */
enum { COLUMNS = 100, INDENT = 4, CELL_NAME = 31, CELL = 48, CELL_VALUE = CELL - CELL_NAME - 2 };

/* --- lines ------------------------------------------------------------------------------------------------- */

static size_t column(const struct buffer *out) {
    size_t n = 0;
    while (n < out->len && out->at[out->len - 1 - n] != '\n') n++;
    return n;
}

static void pad_to(struct buffer *out, size_t to) {
    for (size_t at = column(out); at < to; at++) buffer_putc(out, ' ');
}

/* Ends a line, without the blanks at its end. */
static void end_line(struct buffer *out) {
    while (out->len > 0 && out->at[out->len - 1] == ' ') out->at[--out->len] = '\0';
    buffer_putc(out, '\n');
}

/* Any bytes, printable, in lines of at most COLUMNS; those after the first are indented. Ends the line. */
static void put_wrapped(struct buffer *out, size_t indent, const char *text) {
    struct buffer line;
    buffer_init(&line, out->pool);
    writer_put_line(&line, text);
    const char *rest = line.at ? line.at : "";
    size_t at = column(out);
    while (*rest) {
        size_t word = strcspn(rest, " ");
        size_t blanks = strspn(rest + word, " ");
        if (at + word > COLUMNS && at > indent) {
            end_line(out);
            pad_to(out, indent);
            at = indent;
        }
        buffer_put(out, rest, word + blanks);
        at += word + blanks;
        rest += word + blanks;
    }
    end_line(out);
    buffer_free(&line);
}

static const char *party_name(const struct moment *m, uint16_t party) {
    return party < m->identity->party_count ? m->identity->party_names[party] : "-";
}

/* The width of the longest name of a node or client. */
static size_t name_width(const struct moment *m) {
    size_t width = 0;
    for (size_t i = 0; i < m->node_count + m->client_count; i++) {
        size_t n = strlen(m->identity->party_names[i]);
        if (n > width) width = n;
    }
    return width;
}

static void put_title(struct buffer *out, const char *title) {
    buffer_printf(out, "\n%s\n", title);
}

/* --- the moment ---------------------------------------------------------------------------------------------- */

static void put_head(const struct moment *m, struct buffer *out) {
    writer_put_line(out, m->identity->scenario_file);
    buffer_printf(out, " seed=%llu\n", (unsigned long long)m->identity->seed);
    if (m->identity->title[0]) put_wrapped(out, 0, m->identity->title);
    buffer_puts(out, m->over ? "at the end, t=" : "stopped at t=");
    writer_put_time(out, m->at);
    buffer_printf(out, ", %llu events so far (trace %016llx)\n", (unsigned long long)m->count,
                  (unsigned long long)m->trace);
    if (!m->over) return;
    buffer_puts(out, m->at_rest ? "the run came to rest at " : "the run ended without coming to rest at ");
    writer_put_time(out, m->ended);
    buffer_putc(out, '\n');
}

/* --- what is broken ------------------------------------------------------------------------------------------ */

static void put_instant(struct buffer *out, const char *detail, sim_time at) {
    if (at < 0 || strstr(detail, "(t=")) return;
    buffer_puts(out, " (t=");
    writer_put_time(out, at);
    buffer_putc(out, ')');
}

static void put_check(const struct check_result *check, struct buffer *out) {
    static const char *const verdicts[] = {"ok", "anomaly", "violation", "unknown"};
    struct buffer text;
    buffer_init(&text, out->pool);
    buffer_printf(&text, "%s: %s", check->name, check->detail);
    put_instant(&text, check->detail, check->at);
    if (check->count > 1) buffer_printf(&text, ", %llu times", (unsigned long long)check->count);
    buffer_printf(out, "  %-10s ", verdicts[check->verdict]);
    put_wrapped(out, 13, text.at);
    buffer_free(&text);
}

static void put_missed(const struct expectation_result *e, struct buffer *out) {
    struct buffer text;
    buffer_init(&text, out->pool);
    buffer_printf(&text, "line %u: %s", e->line, e->text);
    buffer_puts(out, "  missed     ");
    put_wrapped(out, 13, text.at);
    buffer_clear(&text);
    buffer_printf(&text, "found: %s", e->got);
    put_instant(&text, e->got, e->at);
    pad_to(out, 13);
    put_wrapped(out, 13, text.at);
    buffer_free(&text);
}

static void put_broken(const struct moment *m, struct buffer *out) {
    put_title(out, "Promises and expectations");
    for (size_t i = 0; i < m->check_count; i++) put_check(&m->checks[i], out);
    for (size_t i = 0; i < m->missed_count; i++) put_missed(&m->missed[i], out);
    if (m->check_count + m->missed_count == 0) buffer_puts(out, "  none broken so far\n");
}

/* --- happenings ---------------------------------------------------------------------------------------------- */

/* The columns at which a happening's kind and parties begin, and the last one at which its text does. */
enum { KIND = 25, PARTIES = 38, TEXT_MAX = 60 };

/* "   #4213    1.574366354s  deliver        m -> r1   conn 3, bytes 0..13"; the one that broke a promise has a `>`. */
static void put_line(const struct moment *m, const struct tail_line *line, bool broke, size_t names,
                     struct buffer *out) {
    buffer_printf(out, "%c #%-7llu ", broke ? '>' : ' ', (unsigned long long)line->seq);
    writer_put_time(out, line->at);
    pad_to(out, KIND);
    buffer_puts(out, line->kind);
    pad_to(out, PARTIES - 1);
    buffer_putc(out, ' ');
    if (line->from != NO_PARTY) writer_put_line(out, party_name(m, line->from));
    if (line->to != NO_PARTY) buffer_printf(out, " -> %s", party_name(m, line->to));
    size_t text = PARTIES + 2 * names + strlen(" ->   ");
    if (text > TEXT_MAX) text = TEXT_MAX;
    if (column(out) >= text) buffer_putc(out, ' ');
    pad_to(out, text);
    put_wrapped(out, text, line->text.at ? line->text.at : "");
}

/* The number of the happening that broke the first promise; UINT64_MAX if none is broken. */
static uint64_t break_seq(const struct tail *tail) {
    size_t count = tail_break_count(tail);
    return count > 0 ? tail_break_get(tail, count - 1)->seq : UINT64_MAX;
}

static void put_happenings(const struct moment *m, struct buffer *out) {
    const struct tail *tail = m->tail;
    size_t names = name_width(m), count = tail_count(tail), broke = tail_break_count(tail);
    uint64_t breaker = break_seq(tail);
    bool shown = broke == 0 || (count > 0 && breaker >= tail_get(tail, 0)->seq);
    if (!shown) put_title(out, "Events up to the first broken promise");
    for (size_t i = 0; !shown && i < broke; i++) put_line(m, tail_break_get(tail, i), i + 1 == broke, names, out);
    put_title(out, "Last events");
    for (size_t i = 0; i < count; i++) {
        put_line(m, tail_get(tail, i), tail_get(tail, i)->seq == breaker, names, out);
    }
    if (count == 0) buffer_puts(out, "  none\n");
}

/* --- parties ------------------------------------------------------------------------------------------------- */

static void put_state(const struct moment_node *node, struct buffer *out) {
    buffer_puts(out, node->alive ? "alive" : "down");
    if (node->paused) buffer_puts(out, ", stopped");
    if (node->ending) buffer_puts(out, ", ending");
    if (node->has_child) buffer_puts(out, ", has a child");
    if (node->busy_until > 0) {
        buffer_puts(out, ", busy until ");
        writer_put_time(out, node->busy_until);
    }
    buffer_putc(out, '\n');
}

static bool fits_cell(const struct node_field *field) {
    return strlen(field->name) < CELL_NAME && strlen(field->text) <= CELL_VALUE;
}

/* Two short fields a line; a long one has a line of its own. */
static void put_fields(const struct moment_node *node, struct buffer *out) {
    bool open = false; /* the line has its first field */
    for (size_t i = 0; i < node->field_count; i++) {
        const struct node_field *field = &node->fields[i];
        bool fits = fits_cell(field);
        if (open && !fits) end_line(out);
        pad_to(out, open && fits ? INDENT + CELL : INDENT);
        buffer_printf(out, "%-*s ", CELL_NAME - 1, field->name);
        open = fits && !open;
        if (open) {
            writer_put_line(out, field->text);
        } else {
            put_wrapped(out, INDENT + CELL_NAME, field->text);
        }
    }
    if (open) end_line(out);
}

static void put_parties(const struct moment *m, struct buffer *out) {
    size_t names = name_width(m);
    put_title(out, "Nodes");
    for (size_t i = 0; i < m->node_count; i++) {
        buffer_printf(out, "  %-*s ", (int)names, party_name(m, m->nodes[i].party));
        put_state(&m->nodes[i], out);
        put_fields(&m->nodes[i], out);
    }
    if (m->client_count > 0) put_title(out, "Clients");
    for (size_t i = 0; i < m->client_count; i++) {
        const struct moment_client *client = &m->clients[i];
        buffer_printf(out, "  %-*s %s\n", (int)names, party_name(m, client->party),
                      !client->alive ? "down"
                      : client->done ? "done"
                                     : "at work");
    }
}

/* --- between them -------------------------------------------------------------------------------------------- */

static void put_links(const struct moment *m, struct buffer *out) {
    size_t names = name_width(m);
    put_title(out, "Links");
    for (size_t i = 0; i < m->link_count; i++) {
        const struct moment_link *link = &m->links[i];
        buffer_printf(out, "  %-*s -> %-*s ", (int)names, party_name(m, link->from), (int)names,
                      party_name(m, link->to));
        if (link->cut) buffer_puts(out, " cut");
        if (link->refused) buffer_puts(out, link->cut ? ", refused" : " refused");
        if (link->in_flight > 0) {
            buffer_printf(out, "%s %llu bytes under way or unread", link->cut || link->refused ? "," : "",
                          (unsigned long long)link->in_flight);
        }
        buffer_putc(out, '\n');
    }
    if (m->link_count == 0) buffer_puts(out, "  nothing under way, none cut or refused\n");
}

static void put_waits(const struct moment *m, struct buffer *out) {
    put_title(out, "Waits for");
    buffer_puts(out, "  ");
    put_wrapped(out, 2,
                m->waits[0] ? m->waits
                : m->over   ? "nothing: the system has settled"
                            : "nothing that comes by itself");
}

void moment_write(const struct moment *moment, struct buffer *out) {
    assert(moment->tail && moment->identity);
    put_head(moment, out);
    put_broken(moment, out);
    put_happenings(moment, out);
    put_parties(moment, out);
    put_links(moment, out);
    put_waits(moment, out);
}
