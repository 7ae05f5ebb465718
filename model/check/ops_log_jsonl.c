/* Lines of JSON, one event each:
 *     {"process": 3, "type": "ok", "f": "cas", "key": "k", "value": [1, 4]}
 *
 * process: a number. type: invoke, ok, fail, info. f: read, write, cas (--model register) or get, put, append
 * (--model kv). key: a string or a number; without one all is about one object. value: of a register any JSON value but
 * an object, `null` is nil, of a cas [OLD, NEW]; of kv a string. Other members are passed over. */
#include <jansson.h>
#include <string.h>

#include "model/check/ops_log.h"

struct function {
    const char *name;
    enum linear_kind kind;
    enum ops_model model;
};

static const struct function functions[] = {
    {"read", LINEAR_READ, OPS_REGISTER}, {"write", LINEAR_WRITE, OPS_REGISTER}, {"cas", LINEAR_CAS, OPS_REGISTER},
    {"get", LINEAR_READ, OPS_KV},        {"put", LINEAR_WRITE, OPS_KV},         {"append", LINEAR_APPEND, OPS_KV},
};

struct reader {
    struct pool *pool;
    const json_t *line;
    enum ops_model model;
    struct ops_event *event;
    struct ops_fault *fault;
};

static bool expected(struct reader *r, const char *what) {
    r->fault->expected = what;
    return false;
}

static struct bytes string_of(struct pool *pool, const json_t *value) {
    size_t len = json_string_length(value);
    return (struct bytes){pool_strndup(pool, json_string_value(value), len), len};
}

/* Any value as text, equal texts for equal values. */
static struct bytes text_of(struct pool *pool, const json_t *value) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
    if (!text) return (struct bytes){NULL, 0};
    struct bytes copy = {pool_strdup(pool, text), strlen(text)};
    free(text);
    return copy;
}

static bool read_process(struct reader *r) {
    const json_t *process = json_object_get(r->line, "process");
    if (!json_is_integer(process) || json_integer_value(process) < 0)
        return expected(r, "\"process\": a number from 0");
    r->event->process = (uint64_t)json_integer_value(process);
    return true;
}

static bool read_type(struct reader *r) {
    static const char *const types[] = {"invoke", "ok", "fail", "info"};
    const char *type = json_string_value(json_object_get(r->line, "type"));
    for (unsigned i = 0; type && i < 4; i++) {
        if (strcmp(type, types[i]) != 0) continue;
        r->event->type = (enum ops_event_type)i;
        return true;
    }
    return expected(r, "\"type\": \"invoke\", \"ok\", \"fail\" or \"info\"");
}

static bool read_function(struct reader *r) {
    const char *f = json_string_value(json_object_get(r->line, "f"));
    for (size_t i = 0; f && i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].model != r->model || strcmp(f, functions[i].name) != 0) continue;
        r->event->kind = functions[i].kind;
        return true;
    }
    return expected(r, r->model == OPS_KV ? "\"f\": \"get\", \"put\" or \"append\" (--model kv)"
                                          : "\"f\": \"read\", \"write\" or \"cas\" (--model register)");
}

static bool read_key(struct reader *r) {
    const json_t *key = json_object_get(r->line, "key");
    r->event->key = (struct bytes){"", 0};
    if (!key || json_is_null(key)) return true;
    if (!json_is_string(key) && !json_is_integer(key)) return expected(r, "\"key\": a string or a number");
    r->event->key = json_is_string(key) ? string_of(r->pool, key) : text_of(r->pool, key);
    return true;
}

static bool read_cas(struct reader *r, const json_t *value) {
    if (!json_is_array(value) || json_array_size(value) != 2) return expected(r, "\"value\": [OLD, NEW]");
    r->event->a = text_of(r->pool, json_array_get(value, 0));
    r->event->b = text_of(r->pool, json_array_get(value, 1));
    return true;
}

static bool read_value(struct reader *r) {
    const json_t *value = json_object_get(r->line, "value");
    if (!value || json_is_null(value)) return true;
    r->event->has_value = true;
    if (r->event->kind == LINEAR_CAS) return read_cas(r, value);
    if (r->model == OPS_KV && !json_is_string(value)) return expected(r, "\"value\": a string or null");
    if (json_is_object(value)) return expected(r, "\"value\": no object");
    r->event->a = r->model == OPS_KV ? string_of(r->pool, value) : text_of(r->pool, value);
    return true;
}

static bool is_blank(struct bytes line) {
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] != ' ' && line.at[i] != '\t') return false;
    return true;
}

enum ops_line ops_read_jsonl(struct pool *pool, struct bytes line, enum ops_model model, struct ops_event *event,
                             struct ops_fault *fault) {
    json_error_t error;
    if (is_blank(line)) return OPS_LINE_OTHER;
    json_t *json = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &error);
    struct reader r = {pool, json, model, event, fault};
    bool good;
    if (!json) {
        size_t at = error.position > 0 ? (size_t)error.position - 1 : 0;
        fault->column = at < line.len ? at : line.len;
        good = expected(&r, "a JSON object on one line");
    } else if (!json_is_object(json)) {
        good = expected(&r, "a JSON object on one line");
    } else {
        good = read_process(&r) && read_type(&r) && read_function(&r) && read_key(&r) && read_value(&r);
    }
    json_decref(json);
    return good ? OPS_LINE_EVENT : OPS_LINE_WRONG;
}
