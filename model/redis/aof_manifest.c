/* The manifest as a list and as text. See aof_manifest.h. */
#include "model/redis/aof_manifest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/redis/resp.h"

enum { LINE_MAX_BYTES = 1024, LINE_WORDS = 64 };

/* --- the list ----------------------------------------------------------------------------------------------------- */

void aof_manifest_init(struct aof_manifest *m, struct pool *pool) {
    *m = (struct aof_manifest){.pool = pool};
}

static void insert(struct aof_manifest *m, size_t at, struct aof_part part) {
    if (m->count == m->room) {
        size_t room = m->room ? 2 * m->room : 4, unit = sizeof(*m->parts);
        m->parts = pool_resize(m->pool, m->parts, m->room * unit, room * unit);
        m->room = room;
    }
    memmove(m->parts + at + 1, m->parts + at, (m->count - at) * sizeof(*m->parts));
    m->parts[at] = part;
    m->count++;
}

static struct aof_part take(struct aof_manifest *m, size_t at) {
    struct aof_part part = m->parts[at];
    m->count--;
    memmove(m->parts + at, m->parts + at + 1, (m->count - at) * sizeof(*m->parts));
    return part;
}

static void free_part(struct aof_manifest *m, struct aof_part part) {
    pool_free(m->pool, part.name, strlen(part.name) + 1);
}

void aof_manifest_free(struct aof_manifest *m) {
    for (size_t i = 0; i < m->count; i++) free_part(m, m->parts[i]);
    pool_free(m->pool, m->parts, m->room * sizeof(*m->parts));
    *m = (struct aof_manifest){.pool = m->pool};
}

void aof_manifest_copy(struct aof_manifest *into, const struct aof_manifest *from) {
    aof_manifest_init(into, from->pool);
    for (size_t i = 0; i < from->count; i++) {
        struct aof_part part = from->parts[i];
        part.name = pool_strdup(from->pool, part.name);
        insert(into, i, part);
    }
    into->base_seq = from->base_seq;
    into->incr_seq = from->incr_seq;
}

const struct aof_part *aof_manifest_base(const struct aof_manifest *m) {
    return m->count && m->parts[0].kind == AOF_BASE ? &m->parts[0] : NULL;
}

const struct aof_part *aof_manifest_last_incr(const struct aof_manifest *m) {
    return m->count && m->parts[m->count - 1].kind == AOF_INCR ? &m->parts[m->count - 1] : NULL;
}

bool aof_manifest_is_empty(const struct aof_manifest *m) {
    return !aof_manifest_base(m) && !aof_manifest_last_incr(m);
}

/* Where history begins. */
static size_t after_base(const struct aof_manifest *m) {
    return aof_manifest_base(m) ? 1 : 0;
}

static char *make_name(const struct aof_manifest *m, const char *file_name, int64_t seq, const char *suffix) {
    char text[512];
    snprintf(text, sizeof(text), "%s.%" PRId64 ".%s", file_name, seq, suffix);
    return pool_strdup(m->pool, text);
}

static void retire_base(struct aof_manifest *m) {
    if (aof_manifest_base(m)) m->parts[0].kind = AOF_HISTORY; /* as the first of the history */
}

const char *aof_manifest_add_base(struct aof_manifest *m, const char *file_name, bool rdb) {
    retire_base(m);
    int64_t seq = ++m->base_seq;
    char *name = make_name(m, file_name, seq, rdb ? "base.rdb" : "base.aof");
    insert(m, 0, (struct aof_part){name, seq, AOF_BASE});
    return name;
}

void aof_manifest_adopt_base(struct aof_manifest *m, const char *name) {
    assert(!aof_manifest_base(m));
    m->base_seq = 1;
    insert(m, 0, (struct aof_part){pool_strdup(m->pool, name), 1, AOF_BASE});
}

const char *aof_manifest_add_incr(struct aof_manifest *m, const char *file_name) {
    int64_t seq = ++m->incr_seq;
    char *name = make_name(m, file_name, seq, "incr.aof");
    insert(m, m->count, (struct aof_part){name, seq, AOF_INCR});
    return name;
}

/* From the last one on, each to the front of the history. */
void aof_manifest_retire_incrs(struct aof_manifest *m, bool but_last) {
    size_t incrs = 0;
    while (incrs < m->count && m->parts[m->count - 1 - incrs].kind == AOF_INCR) incrs++;
    size_t kept = but_last && incrs > 0 ? 1 : 0;
    for (; incrs > kept; incrs--) {
        struct aof_part part = take(m, m->count - 1 - kept);
        part.kind = AOF_HISTORY;
        insert(m, after_base(m), part);
    }
}

void aof_manifest_drop_history(struct aof_manifest *m) {
    size_t at = after_base(m);
    while (at < m->count && m->parts[at].kind == AOF_HISTORY) free_part(m, take(m, at));
}

/* --- as text ------------------------------------------------------------------------------------------------------ */

static bool needs_quotes(const char *name) {
    for (const char *c = name; *c; c++) {
        if (*c <= ' ' || *c == '"' || *c == '\'' || *c == '\\' || *c > '~') return true;
    }
    return *name == 0;
}

static void put_name(struct buffer *out, const char *name) {
    if (!needs_quotes(name)) {
        buffer_puts(out, name);
        return;
    }
    buffer_putc(out, '"');
    for (const char *c = name; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\')
            buffer_printf(out, "\\%c", byte);
        else if (byte < ' ' || byte > '~')
            buffer_printf(out, "\\x%02x", byte);
        else
            buffer_putc(out, *c);
    }
    buffer_putc(out, '"');
}

void aof_manifest_print(const struct aof_manifest *m, struct buffer *out) {
    for (size_t i = 0; i < m->count; i++) {
        buffer_puts(out, "file ");
        put_name(out, m->parts[i].name);
        buffer_printf(out, " seq %" PRId64 " type %c\n", m->parts[i].seq, m->parts[i].kind);
    }
}

static bool is_kind(struct bytes word, char *kind) {
    if (word.len == 0) return false;
    *kind = word.at[0];
    return *kind == AOF_BASE || *kind == AOF_HISTORY || *kind == AOF_INCR;
}

/* NULL, or why the part cannot stand here. */
static const char *add_part(struct aof_manifest *m, struct aof_part part) {
    switch (part.kind) {
    case AOF_BASE:
        if (aof_manifest_base(m)) return "Found duplicate base file information";
        m->base_seq = part.seq;
        insert(m, 0, part);
        break;
    case AOF_HISTORY: {
        size_t at = after_base(m);
        while (at < m->count && m->parts[at].kind == AOF_HISTORY) at++;
        insert(m, at, part);
        break;
    }
    case AOF_INCR:
        if (part.seq <= m->incr_seq) return "Found a non-monotonic sequence number";
        m->incr_seq = part.seq;
        insert(m, m->count, part);
        break;
    }
    return NULL;
}

/* Pairs of a word and its value, in any order. */
static const char *read_line(struct aof_manifest *m, struct bytes line) {
    static const char bad[] = "Invalid AOF manifest file format";
    struct resp_slice slices[LINE_WORDS];
    struct buffer text;
    buffer_init(&text, m->pool);
    buffer_reserve(&text, line.len);
    int64_t count = resp_split_line(line, &text, slices, LINE_WORDS);
    struct aof_part part = {NULL, 0, AOF_BASE};
    const char *wrong = count < 6 || count % 2 ? bad : NULL;
    bool file = false, seq = false, type = false;
    for (int64_t i = 0; i + 1 < count && !wrong; i += 2) {
        struct bytes word = {text.at + slices[i].at, slices[i].len};
        struct bytes value = {text.at + slices[i + 1].at, slices[i + 1].len};
        char kind = 0;
        if (resp_word_is(word, "file") && memchr(value.at, '/', value.len)) {
            wrong = "File can't be a path, just a filename";
        } else if (resp_word_is(word, "file") && !file) {
            part.name = pool_strndup(m->pool, value.at, value.len);
            file = true;
        } else if (resp_word_is(word, "seq")) {
            seq = resp_parse_number(value, &part.seq) && part.seq > 0;
        } else if (resp_word_is(word, "type")) {
            if (!is_kind(value, &kind)) wrong = "Unknown AOF file type";
            part.kind = (enum aof_part_kind)kind;
            type = true;
        }
    }
    buffer_free(&text);
    if (!wrong && !(file && seq && type)) wrong = bad;
    if (!wrong) wrong = add_part(m, part);
    if (wrong && part.name) free_part(m, part);
    return wrong;
}

const char *aof_manifest_read(struct aof_manifest *m, struct bytes text, unsigned *line_number, struct bytes *line) {
    assert(m->count == 0);
    *line_number = 0;
    *line = (struct bytes){"", 0};
    if (text.len == 0) return "Found an empty AOF manifest";
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - (text.at + at)) : text.len - at;
        *line = (struct bytes){text.at + at, len};
        ++*line_number;
        at += len + 1;
        if (len >= LINE_MAX_BYTES || !end) return "The AOF manifest file contains too long line";
        if (len > 0 && line->at[0] == '#') continue;
        const char *wrong = len == 0 ? "Invalid AOF manifest file format" : read_line(m, *line);
        if (wrong) return wrong;
    }
    return NULL;
}
