/* The last happenings of a run. */
#include "sim/run/tail.h"

#include <assert.h>

#include "sim/run/happening.h"

/* Happenings in a ring: the n-th stands in n % room. */
struct lines {
    struct tail_line *items;
    size_t room;
    uint64_t heard;
};

struct tail {
    struct recorder recorder;
    const struct run_identity *identity;
    uint16_t watch;
    struct lines last;
    struct lines at_break;
    bool broken;
};

static size_t lines_count(const struct lines *lines) {
    return lines->heard < lines->room ? (size_t)lines->heard : lines->room;
}

static const struct tail_line *lines_get(const struct lines *lines, size_t i) {
    assert(i < lines_count(lines));
    return &lines->items[(lines->heard - lines_count(lines) + i) % lines->room];
}

/* The place of the next line, empty. */
static struct tail_line *lines_add(struct lines *lines) {
    struct tail_line *line = &lines->items[lines->heard++ % lines->room];
    buffer_clear(&line->text);
    return line;
}

static void lines_init(struct lines *lines, struct pool *pool, size_t room) {
    assert(room > 0);
    *lines = (struct lines){POOL_ARRAY(pool, struct tail_line, room), room, 0};
    for (size_t i = 0; i < room; i++) buffer_init(&lines->items[i].text, pool);
}

/* Turns and timers tell nothing to people that what came of them does not. */
static bool is_wanted(const struct tail *tail, const struct happening *h) {
    if (h->kind == TRACE_TURN || h->kind == TRACE_TIMER) return false;
    return tail->watch == NO_PARTY || h->node == tail->watch || h->peer == tail->watch;
}

static void tell(struct tail *tail, struct lines *lines, const struct happening *h) {
    const struct run_identity *identity = tail->identity;
    struct tail_line *line = lines_add(lines);
    line->seq = h->seq;
    line->at = h->at;
    line->kind = happening_kind_name(identity->system, h->kind);
    line->from = happening_from(h);
    line->to = happening_to(h);
    happening_describe(identity->system, identity->model, h, &line->text);
}

/* The happening that broke the first promise is its story's last line, whoever is watched. */
static void keep_break(struct tail *tail, const struct happening *h, bool told) {
    tail->broken = true;
    for (size_t i = 0; i < lines_count(&tail->last); i++) {
        const struct tail_line *from = lines_get(&tail->last, i);
        struct tail_line *line = lines_add(&tail->at_break);
        struct buffer text = line->text;
        *line = *from;
        line->text = text;
        buffer_put(&line->text, from->text.at ? from->text.at : "", from->text.len);
    }
    if (!told) tell(tail, &tail->at_break, h);
}

static void begin(void *ctx, const struct run_identity *identity) {
    struct tail *tail = ctx;
    tail->identity = identity;
}

static void hear(void *ctx, const struct happening *h) {
    struct tail *tail = ctx;
    bool told = is_wanted(tail, h);
    if (told) tell(tail, &tail->last, h);
    if (!tail->broken && tail->identity->system->broken(tail->identity->model)) keep_break(tail, h, told);
}

struct tail *tail_create(struct pool *pool, size_t room, uint16_t watch) {
    static const struct recorder_ops ops = {.begin = begin, .happening = hear};
    struct tail *tail = POOL_NEW(pool, struct tail);
    tail->recorder = (struct recorder){&ops, tail};
    tail->watch = watch;
    lines_init(&tail->last, pool, room);
    lines_init(&tail->at_break, pool, room / 2 + 1);
    return tail;
}

struct recorder *tail_recorder(struct tail *tail) {
    return &tail->recorder;
}

size_t tail_count(const struct tail *tail) {
    return lines_count(&tail->last);
}

const struct tail_line *tail_get(const struct tail *tail, size_t i) {
    return lines_get(&tail->last, i);
}

size_t tail_break_count(const struct tail *tail) {
    return tail->broken ? lines_count(&tail->at_break) : 0;
}

const struct tail_line *tail_break_get(const struct tail *tail, size_t i) {
    assert(tail->broken);
    return lines_get(&tail->at_break, i);
}
