/* Lines of porcupine's key-value test data:
 *     {:process 0, :type :ok, :f :append, :key "7", :value "x 0 0 y"}
 * Strings have no escapes; a get is invoked with nil. */
#include <string.h>

#include "model/check/ops_cursor.h"

static bool take(struct ops_cursor *c, const char *text) {
    size_t len = strlen(text);
    if (c->line.len - c->at < len || memcmp(c->line.at + c->at, text, len) != 0) return ops_expected(c, text);
    c->at += len;
    return true;
}

static bool take_number(struct ops_cursor *c, uint64_t *number) {
    size_t from = c->at;
    *number = 0;
    for (; c->at < c->line.len && c->line.at[c->at] >= '0' && c->line.at[c->at] <= '9'; c->at++) {
        if (c->at - from >= 18) return ops_expected(c, "a number of at most 18 digits");
        *number = *number * 10 + (uint64_t)(c->line.at[c->at] - '0');
    }
    return c->at > from || ops_expected(c, "a number");
}

/* One of these words; its index. */
static bool take_word(struct ops_cursor *c, const char *const *words, const char *what, unsigned *index) {
    size_t from = c->at, end = from;
    while (end < c->line.len && c->line.at[end] >= 'a' && c->line.at[end] <= 'z') end++;
    for (*index = 0; words[*index]; (*index)++) {
        if (strlen(words[*index]) != end - from || memcmp(words[*index], c->line.at + from, end - from) != 0) continue;
        c->at = end;
        return true;
    }
    return ops_expected(c, what);
}

static bool take_string(struct ops_cursor *c, struct bytes *value) {
    if (c->at >= c->line.len || c->line.at[c->at] != '"') return ops_expected(c, "a string");
    const char *from = c->line.at + c->at + 1;
    const char *quote = memchr(from, '"', c->line.len - c->at - 1);
    if (!quote) return ops_expected(c, "a string that ends");
    *value = (struct bytes){from, (size_t)(quote - from)};
    c->at += value->len + 2;
    return true;
}

static bool take_value(struct ops_cursor *c, struct ops_event *e) {
    e->has_value = !(c->line.len - c->at >= 3 && memcmp(c->line.at + c->at, "nil", 3) == 0);
    return e->has_value ? take_string(c, &e->a) : take(c, "nil");
}

static bool take_event(struct ops_cursor *c, struct ops_event *e) {
    static const char *const types[] = {"invoke", "ok", "fail", "info", NULL};
    static const char *const functions[] = {"get", "put", "append", NULL};
    static const enum linear_kind kinds[] = {LINEAR_READ, LINEAR_WRITE, LINEAR_APPEND};
    unsigned type, function;
    if (!take(c, "{:process ") || !take_number(c, &e->process)) return false;
    if (!take(c, ", :type :") || !take_word(c, types, "invoke, ok, fail or info", &type)) return false;
    if (!take(c, ", :f :") || !take_word(c, functions, "get, put or append", &function)) return false;
    if (!take(c, ", :key ") || !take_string(c, &e->key)) return false;
    if (!take(c, ", :value ") || !take_value(c, e) || !take(c, "}")) return false;
    e->type = (enum ops_event_type)type;
    e->kind = kinds[function];
    return c->at == c->line.len || ops_expected(c, "the end of the line");
}

enum ops_line ops_read_porcupine(struct pool *pool, struct bytes line, enum ops_model model, struct ops_event *event,
                                 struct ops_fault *fault) {
    struct ops_cursor c = {line, 0, fault};
    (void)pool;
    if (line.len == 0) return OPS_LINE_OTHER;
    if (model != OPS_KV) {
        ops_expected(&c, "--model kv: get, put and append are of that model");
        return OPS_LINE_WRONG;
    }
    return take_event(&c, event) ? OPS_LINE_EVENT : OPS_LINE_WRONG;
}
