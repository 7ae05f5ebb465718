#include "model/check/ops_log.h"

#include <assert.h>

enum { NOTHING_FOUND_MOST = 40 /* bytes of a wrong line that are shown */ };

#define NO_OP UINT32_MAX

/* A process, and its open operation. */
struct process {
    uint64_t number;
    bool used;
    uint32_t object, op; /* NO_OP: none is open */
};

/* An object while it is read. */
struct growing {
    struct bytes key;
    struct linear_op *linear;
    struct ops_op *ops;
    bool *dropped; /* it did not take place, or nobody knows what it read */
    uint32_t count, room, instants;
};

struct reading {
    struct pool *pool;
    enum ops_model model;
    struct linear_trie *keys; /* their numbers are those of the objects */
    struct growing *objects;
    uint32_t object_count, object_room;
    struct process *processes;
    uint32_t process_count, process_room; /* a power of two */
    uint32_t line;
    struct buffer *error;
};

/* --- tables ---------------------------------------------------------------------------------------------- */

static struct process *place_of(struct process *table, uint32_t room, uint64_t number) {
    uint64_t at = number * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    while (table[at & (room - 1)].used && table[at & (room - 1)].number != number) at++;
    return &table[at & (room - 1)];
}

static struct process *process_of(struct reading *r, uint64_t number) {
    if (2 * r->process_count >= r->process_room) {
        uint32_t room = r->process_room ? 2 * r->process_room : 64;
        struct process *table = POOL_ARRAY(r->pool, struct process, room);
        for (uint32_t i = 0; i < r->process_room; i++)
            if (r->processes[i].used) *place_of(table, room, r->processes[i].number) = r->processes[i];
        pool_free(r->pool, r->processes, r->process_room * sizeof(struct process));
        r->processes = table;
        r->process_room = room;
    }
    struct process *p = place_of(r->processes, r->process_room, number);
    if (!p->used) {
        *p = (struct process){.number = number, .used = true, .op = NO_OP};
        r->process_count++;
    }
    return p;
}

static uint32_t object_of(struct reading *r, struct bytes key) {
    uint32_t number = (uint32_t)linear_trie_text(r->keys, key);
    if (number < r->object_count) return number;
    if (r->object_count == r->object_room) {
        uint32_t room = r->object_room ? 2 * r->object_room : 16;
        size_t unit = sizeof(struct growing);
        r->objects = pool_resize(r->pool, r->objects, r->object_room * unit, room * unit);
        r->object_room = room;
    }
    r->objects[number] = (struct growing){.key = linear_trie_text_of(r->keys, number)};
    return r->object_count++;
}

static uint32_t add_op(struct reading *r, struct growing *o, const struct ops_event *e) {
    if (o->count == o->room) {
        uint32_t room = o->room ? 2 * o->room : 64;
        o->linear = pool_resize(r->pool, o->linear, o->room * sizeof(*o->linear), room * sizeof(*o->linear));
        o->ops = pool_resize(r->pool, o->ops, o->room * sizeof(*o->ops), room * sizeof(*o->ops));
        o->dropped = pool_resize(r->pool, o->dropped, o->room * sizeof(bool), room * sizeof(bool));
        o->room = room;
    }
    o->linear[o->count] = (struct linear_op){.kind = e->kind, .invoked = o->instants++, .completed = LINEAR_NEVER};
    o->ops[o->count] = (struct ops_op){.process = e->process, .invoke_line = r->line, .a = e->a, .b = e->b};
    o->dropped[o->count] = e->kind == LINEAR_READ; /* until it has a result */
    return o->count++;
}

/* --- events ------------------------------------------------------------------------------------------------ */

static bool complain(struct reading *r, const char *what, uint64_t process) {
    buffer_printf(r->error, "%u:1: process %llu %s", r->line, (unsigned long long)process, what);
    return false;
}

static bool invoke(struct reading *r, const struct ops_event *e) {
    struct process *p = process_of(r, e->process);
    if (p->op != NO_OP) return complain(r, "invokes an operation while another one of it is open", e->process);
    if (e->kind != LINEAR_READ && !e->has_value)
        return complain(r, "invokes an operation without saying what it writes", e->process);
    p->object = object_of(r, e->key);
    p->op = add_op(r, &r->objects[p->object], e);
    return true;
}

static bool same_text(struct bytes a, struct bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static void take_result(struct reading *r, struct growing *o, uint32_t op, const struct ops_event *e) {
    struct linear_op *l = &o->linear[op];
    if (e->type == OPS_INFO) return;
    if (e->type == OPS_FAIL && l->kind != LINEAR_CAS) {
        o->dropped[op] = true;
        return;
    }
    if (e->type == OPS_FAIL) l->kind = LINEAR_CAS_FAILED;
    l->completed = o->instants++;
    if (l->kind != LINEAR_READ) return;
    o->dropped[op] = false;
    o->ops[op].a = e->has_value ? e->a : (struct bytes){NULL, 0};
    if (r->model == OPS_KV && !o->ops[op].a.at) o->ops[op].a = (struct bytes){"", 0};
}

static bool end(struct reading *r, const struct ops_event *e) {
    struct process *p = process_of(r, e->process);
    if (p->op == NO_OP) return complain(r, "ends an operation that it has not invoked", e->process);
    struct growing *o = &r->objects[p->object];
    if (o->linear[p->op].kind != e->kind) return complain(r, "ends another operation than it has invoked", e->process);
    if (e->type == OPS_OK && !same_text(o->key, e->key))
        return complain(r, "ends an operation on another key than it has invoked", e->process);
    o->ops[p->op].end_line = r->line;
    take_result(r, o, p->op, e);
    p->op = NO_OP;
    return true;
}

/* --- lines --------------------------------------------------------------------------------------------------- */

static void tell_fault(struct reading *r, struct bytes line, const struct ops_fault *fault) {
    size_t left = line.len - fault->column;
    buffer_printf(r->error, "%u:%zu: expected %s, found ", r->line, fault->column + 1, fault->expected);
    if (left == 0) {
        buffer_puts(r->error, "the end of the line");
        return;
    }
    buffer_putc(r->error, '"');
    for (size_t i = 0; i < left && i < NOTHING_FOUND_MOST; i++) {
        char c = line.at[fault->column + i];
        buffer_putc(r->error, c >= ' ' && c != 127 ? c : '?');
    }
    buffer_puts(r->error, left > NOTHING_FOUND_MOST ? "\"..." : "\"");
}

static bool read_lines(struct reading *r, struct bytes text, ops_reader_fn *reader) {
    for (size_t at = 0; at < text.len;) {
        const char *newline = memchr(text.at + at, '\n', text.len - at);
        size_t len = newline ? (size_t)(newline - text.at) - at : text.len - at;
        struct bytes line = {text.at + at, len > 0 && text.at[at + len - 1] == '\r' ? len - 1 : len};
        struct ops_event e = {0};
        struct ops_fault fault = {0, NULL};
        at += len + 1;
        r->line++;
        enum ops_line found = reader(r->pool, line, r->model, &e, &fault);
        if (found == OPS_LINE_WRONG) {
            tell_fault(r, line, &fault);
            return false;
        }
        if (found == OPS_LINE_EVENT && !(e.type == OPS_INVOKE ? invoke(r, &e) : end(r, &e))) return false;
    }
    return true;
}

/* --- objects --------------------------------------------------------------------------------------------------- */

/* Takes out what cannot matter. */
static void sift(struct growing *o) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        if (o->dropped[i]) continue;
        o->linear[kept] = o->linear[i];
        o->ops[kept++] = o->ops[i];
    }
    o->count = kept;
}

static linear_state number_of(struct linear_trie *values, struct bytes value) {
    return value.at ? linear_trie_text(values, value) + 1 : 0;
}

static void number_values(struct reading *r, struct growing *o) {
    struct linear_trie *values = linear_trie_create(r->pool);
    for (uint32_t i = 0; i < o->count; i++) {
        o->linear[i].a = number_of(values, o->ops[i].a);
        o->linear[i].b = number_of(values, o->ops[i].b);
    }
}

static const struct linear_trie *place_values(struct reading *r, struct growing *o) {
    struct linear_trie *trie = linear_trie_create(r->pool);
    for (uint32_t i = 0; i < o->count; i++)
        if (o->linear[i].kind == LINEAR_READ) linear_trie_add(trie, o->ops[i].a);
    for (uint32_t i = 0; i < o->count; i++) {
        bool append = o->linear[i].kind == LINEAR_APPEND;
        o->linear[i].a = append ? linear_trie_text(trie, o->ops[i].a) : linear_trie_place(trie, o->ops[i].a);
    }
    return trie;
}

static void finish_object(struct reading *r, struct growing *o, struct ops_object *into, struct ops_log *log) {
    sift(o);
    *into = (struct ops_object){.key = o->key, .ops = o->ops};
    if (r->model == OPS_KV)
        into->linear.trie = place_values(r, o);
    else
        number_values(r, o);
    into->linear.ops = o->linear;
    into->linear.count = o->count;
    into->linear.instants = o->instants;
    log->operations += o->count;
    for (uint32_t i = 0; i < o->count; i++) log->pending += o->linear[i].completed == LINEAR_NEVER;
}

struct ops_log *ops_log_read(struct pool *pool, struct bytes text, enum ops_format format, enum ops_model model,
                             struct buffer *error) {
    static ops_reader_fn *const readers[] = {ops_read_porcupine, ops_read_jepsen, ops_read_jsonl};
    struct reading r = {.pool = pool, .model = model, .error = error, .keys = linear_trie_create(pool)};
    if (!read_lines(&r, text, readers[format])) return NULL;
    struct ops_log *log = POOL_NEW(pool, struct ops_log);
    log->objects = POOL_ARRAY(pool, struct ops_object, r.object_count);
    log->count = r.object_count;
    for (uint32_t i = 0; i < r.object_count; i++) finish_object(&r, &r.objects[i], &log->objects[i], log);
    return log;
}

/* --- looks ------------------------------------------------------------------------------------------------------ */

enum ops_format ops_guess_format(struct bytes text) {
    size_t at = 0;
    while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\n')) at++;
    if (at >= text.len || text.at[at] != '{') return OPS_JEPSEN;
    while (++at < text.len && text.at[at] == ' ') continue;
    return at < text.len && text.at[at] == ':' ? OPS_PORCUPINE : OPS_JSONL;
}

enum ops_model ops_usual_model(enum ops_format format) {
    return format == OPS_PORCUPINE ? OPS_KV : OPS_REGISTER;
}

static void describe_value(struct bytes value, bool quoted, struct buffer *out) {
    buffer_putc(out, ' ');
    if (!value.at) {
        buffer_puts(out, "nil");
        return;
    }
    if (quoted) buffer_putc(out, '"');
    for (size_t i = 0; i < value.len; i++) buffer_putc(out, (unsigned char)value.at[i] < ' ' ? '?' : value.at[i]);
    if (quoted) buffer_putc(out, '"');
}

void ops_describe(const struct ops_object *object, uint32_t op, struct buffer *out) {
    static const char *const names[] = {"read", "write", "cas", "cas", "append"};
    static const char *const kv_names[] = {"get", "put", "", "", "append"};
    const struct linear_op *l = &object->linear.ops[op];
    bool kv = object->linear.trie != NULL, cas = l->kind == LINEAR_CAS || l->kind == LINEAR_CAS_FAILED;
    assert(op < object->linear.count);
    buffer_puts(out, kv ? kv_names[l->kind] : names[l->kind]);
    describe_value(object->ops[op].a, kv, out);
    if (cas) describe_value(object->ops[op].b, kv, out);
    if (l->kind == LINEAR_CAS_FAILED) buffer_puts(out, " (it was another value)");
}
