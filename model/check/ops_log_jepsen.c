/* Lines of Jepsen's logs of one register, as those of its etcd tests:
 *     INFO  jepsen.util - 3<tab>:invoke<tab>:cas<tab>[1 4]
 * Parts are divided by tabs or blanks; other lines are no events. */
#include <string.h>

#include "model/check/ops_cursor.h"

static void skip_blanks(struct ops_cursor *c) {
    while (c->at < c->line.len && (c->line.at[c->at] == ' ' || c->line.at[c->at] == '\t')) c->at++;
}

/* A word ends at a blank or a bracket. */
static struct bytes next_word(struct ops_cursor *c) {
    skip_blanks(c);
    size_t from = c->at;
    while (c->at < c->line.len && !memchr(" \t[]", c->line.at[c->at], 4)) c->at++;
    return (struct bytes){c->line.at + from, c->at - from};
}

static bool is_word(struct bytes word, const char *text) {
    return word.len == strlen(text) && memcmp(word.at, text, word.len) == 0;
}

static bool is_number(struct bytes word) {
    size_t from = word.len > 0 && word.at[0] == '-' ? 1 : 0;
    for (size_t i = from; i < word.len; i++)
        if (word.at[i] < '0' || word.at[i] > '9') return false;
    return word.len > from && word.len - from <= 18;
}

static bool take_process(struct ops_cursor *c, uint64_t *process) {
    size_t from = c->at;
    struct bytes word = next_word(c);
    if (!is_number(word) || word.at[0] == '-') {
        c->at = from;
        return ops_expected(c, "the number of a process");
    }
    *process = 0;
    for (size_t i = 0; i < word.len; i++) *process = *process * 10 + (uint64_t)(word.at[i] - '0');
    return true;
}

static bool take_one_of(struct ops_cursor *c, const char *const *words, const char *what, unsigned *index) {
    skip_blanks(c);
    size_t from = c->at;
    struct bytes word = next_word(c);
    for (*index = 0; words[*index]; (*index)++)
        if (is_word(word, words[*index])) return true;
    c->at = from;
    return ops_expected(c, what);
}

static bool take_number(struct ops_cursor *c, struct bytes *value) {
    skip_blanks(c);
    size_t from = c->at;
    *value = next_word(c);
    if (is_number(*value)) return true;
    c->at = from;
    return ops_expected(c, "a number");
}

static bool take_bracket(struct ops_cursor *c, char bracket, const char *what) {
    skip_blanks(c);
    if (c->at >= c->line.len || c->line.at[c->at] != bracket) return ops_expected(c, what);
    c->at++;
    return true;
}

static bool take_value(struct ops_cursor *c, struct ops_event *e) {
    skip_blanks(c);
    struct ops_cursor ahead = *c;
    struct bytes word = next_word(&ahead);
    if (is_word(word, "nil") || is_word(word, ":timed-out")) {
        *c = ahead;
        return true;
    }
    e->has_value = true;
    if (e->kind != LINEAR_CAS) return take_number(c, &e->a);
    return take_bracket(c, '[', "[OLD NEW]") && take_number(c, &e->a) && take_number(c, &e->b) &&
           take_bracket(c, ']', "]");
}

static bool take_event(struct ops_cursor *c, struct ops_event *e) {
    static const char *const types[] = {":invoke", ":ok", ":fail", ":info", NULL};
    static const char *const functions[] = {":read", ":write", ":cas", NULL};
    static const enum linear_kind kinds[] = {LINEAR_READ, LINEAR_WRITE, LINEAR_CAS};
    unsigned type, function;
    if (!take_process(c, &e->process)) return false;
    if (!take_one_of(c, types, ":invoke, :ok, :fail or :info", &type)) return false;
    if (!take_one_of(c, functions, ":read, :write or :cas", &function)) return false;
    e->type = (enum ops_event_type)type;
    e->kind = kinds[function];
    if (!take_value(c, e)) return false;
    skip_blanks(c);
    return c->at == c->line.len || ops_expected(c, "the end of the line");
}

enum ops_line ops_read_jepsen(struct pool *pool, struct bytes line, enum ops_model model, struct ops_event *event,
                              struct ops_fault *fault) {
    static const char prefix[] = "jepsen.util - ";
    struct ops_cursor c = {line, 0, fault};
    (void)pool;
    if (!is_word(next_word(&c), "INFO")) return OPS_LINE_OTHER;
    skip_blanks(&c);
    if (line.len - c.at < sizeof prefix - 1 || memcmp(line.at + c.at, prefix, sizeof prefix - 1) != 0)
        return OPS_LINE_OTHER;
    c.at += sizeof prefix - 1;
    if (model != OPS_REGISTER) {
        ops_expected(&c, "--model register: read, write and cas are of that model");
        return OPS_LINE_WRONG;
    }
    return take_event(&c, event) ? OPS_LINE_EVENT : OPS_LINE_WRONG;
}
