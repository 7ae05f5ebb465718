/* Happenings as words for people. Written by hand, without printf: with --record events this runs for every event. */
#include "sim/run/happening.h"

#include <assert.h>

#include "sim/world/world.h"

static void put_number(struct buffer *out, int64_t n) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0) digits[--at] = '-';
    buffer_put(out, digits + at, sizeof digits - at);
}

static void put_named(struct buffer *out, const char *name, int64_t n) {
    buffer_puts(out, name);
    put_number(out, n);
}

static void put_text(struct buffer *out, const struct happening *h) {
    if (h->text && h->len) buffer_put(out, h->text, h->len);
}

/* Bytes of a protocol as one line: line ends become blanks, those at the end nothing. */
static void put_line(struct buffer *out, const struct happening *h) {
    size_t len = h->text ? h->len : 0;

    while (len && (h->text[len - 1] == '\n' || h->text[len - 1] == '\r')) len--;
    for (size_t i = 0; i < len; i++) {
        if (h->text[i] == '\r') continue;
        buffer_putc(out, h->text[i] == '\n' ? ' ' : h->text[i]);
    }
}

static const char *pick(const char *const *names, size_t count, int64_t i) {
    return i >= 0 && (uint64_t)i < count ? names[i] : "?";
}

static const char *conn_end_words(int64_t end) {
    static const char *const words[] = {"open", "closed by the peer", "reset", "refused", "unresolved", "timed out"};
    return pick(words, sizeof words / sizeof *words, end);
}

static const char *process_end_words(int64_t end) {
    static const char *const words[] = {"crashed", "power lost", "exited", "killed by the OOM killer"};
    return pick(words, sizeof words / sizeof *words, end);
}

const char *op_fate_name(enum op_fate fate) {
    static const char *const words[] = {"ok", "error", "closed", "timeout", "pending"};
    return pick(words, sizeof words / sizeof *words, (int64_t)fate);
}

static const char *log_level_words(int64_t level) {
    static const char *const words[] = {"debug", "verbose", "notice", "warning"};
    return pick(words, sizeof words / sizeof *words, level);
}

/* "conn 3, bytes 120..183": a stretch of a connection's stream, both ends included. */
static void put_stretch(struct buffer *out, const struct happening *h) {
    put_named(out, "conn ", h->conn);
    put_named(out, ", bytes ", h->a);
    put_named(out, "..", h->a + h->b - 1);
}

static void describe_process(const struct happening *h, struct buffer *out) {
    switch (h->kind) {
    case TRACE_START:
        put_named(out, "process ", h->a);
        break;
    case TRACE_END:
        buffer_puts(out, process_end_words(h->a));
        break;
    case TRACE_PAUSE:
        buffer_puts(out, h->a ? "stopped" : "continued");
        break;
    case TRACE_TURN:
        put_named(out, "cpu ns ", h->a);
        break;
    case TRACE_FORK:
        if (h->a < 0) {
            buffer_puts(out, "failed");
            break;
        }
        put_named(out, "child ", h->a);
        put_named(out, ", memory ", h->b);
        put_named(out, ", took ns ", h->c);
        break;
    default:
        assert(h->kind == TRACE_CHILD);
        put_named(out, "child ", h->a);
        put_named(out, h->c ? " killed by signal " : " exited with ", h->c ? h->c : h->b);
    }
}

static void describe_connection(const struct happening *h, struct buffer *out) {
    switch (h->kind) {
    case TRACE_CONNECT:
        put_named(out, "conn ", h->conn);
        put_named(out, ", port ", h->a);
        break;
    case TRACE_ACCEPT:
        put_named(out, "conn ", h->conn);
        break;
    case TRACE_REFUSED:
    case TRACE_CLOSED:
        put_named(out, "conn ", h->conn);
        buffer_puts(out, ", ");
        buffer_puts(out, conn_end_words(h->a));
        break;
    case TRACE_DELIVER:
        put_stretch(out, h);
        break;
    default:
        assert(h->kind == TRACE_LOST);
        put_stretch(out, h);
        put_named(out, ", attempt ", h->c);
    }
}

static void describe_other(const struct system *system, const struct happening *h, struct buffer *out) {
    switch (h->kind) {
    case TRACE_FILE:
        put_text(out, h);
        put_named(out, ", size ", h->b);
        break;
    case TRACE_FAULT:
        buffer_puts(out, h->b ? "begun: " : "undone: ");
        put_text(out, h);
        break;
    case TRACE_LOG:
        buffer_puts(out, log_level_words(h->a));
        buffer_puts(out, ": ");
        put_text(out, h);
        break;
    case TRACE_OP_CALL:
        put_named(out, "op ", h->a);
        buffer_puts(out, ": ");
        system->op_text((struct bytes){h->text ? h->text : "", h->len}, out);
        break;
    case TRACE_OP_REPLY:
        put_named(out, "op ", h->a);
        buffer_puts(out, " ");
        buffer_puts(out, op_fate_name((enum op_fate)h->b));
        buffer_puts(out, ": ");
        put_line(out, h);
        break;
    default:
        put_text(out, h);
    }
}

const char *happening_kind_name(const struct system *system, unsigned kind) {
    const char *name = kind < TRACE_MODEL ? trace_kind_name(kind) : system->happening_name(kind);
    return name ? name : "unknown";
}

static int goes_to_node(const struct happening *h) {
    return h->kind == TRACE_DELIVER || h->kind == TRACE_LOST || h->kind == TRACE_OP_REPLY;
}

uint16_t happening_from(const struct happening *h) {
    return goes_to_node(h) ? h->peer : h->node;
}

uint16_t happening_to(const struct happening *h) {
    return goes_to_node(h) ? h->node : h->peer;
}

void happening_describe(const struct system *system, struct model *model, const struct happening *h,
                        struct buffer *out) {
    if (h->kind >= TRACE_MODEL) {
        size_t before = out->len;

        system->happening_text(model, h, out);
        if (out->len == before) put_text(out, h);
        return;
    }
    switch (h->kind) {
    case TRACE_START:
    case TRACE_END:
    case TRACE_PAUSE:
    case TRACE_TURN:
    case TRACE_FORK:
    case TRACE_CHILD:
        describe_process(h, out);
        break;
    case TRACE_CONNECT:
    case TRACE_ACCEPT:
    case TRACE_REFUSED:
    case TRACE_CLOSED:
    case TRACE_DELIVER:
    case TRACE_LOST:
        describe_connection(h, out);
        break;
    default:
        describe_other(system, h, out);
    }
}
