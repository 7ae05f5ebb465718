/* A timeline as SVG: a lane for each process, a bar for each operation, lines of the file as time. */
#include "model/check/judge_history.h"

enum { LEFT = 90, TOP = 34, LANE = 30, BAR = 20, WIDTH = 1000, RIGHT = 20, LABEL_MOST = 40, NARROW = 6 };

struct drawing {
    const struct ops_object *object;
    const bool *marked;
    struct buffer *svg;
    uint64_t *lanes; /* processes, in the order in which they come first */
    uint32_t lane_count;
    uint32_t first, last; /* lines */
};

static uint32_t end_of(const struct drawing *d, uint32_t i) {
    uint32_t line = d->object->ops[i].end_line;
    return d->object->linear.ops[i].completed == LINEAR_NEVER ? d->last : line;
}

static void find_stretch(struct drawing *d) {
    d->first = UINT32_MAX;
    for (uint32_t i = 0; i < d->object->linear.count; i++) {
        const struct ops_op *op = &d->object->ops[i];
        if (!d->marked[i]) continue;
        if (op->invoke_line < d->first) d->first = op->invoke_line;
        if (op->end_line > d->last) d->last = op->end_line;
    }
    d->last += 1;
}

static uint32_t lane_of(struct drawing *d, uint64_t process) {
    uint32_t lane = 0;
    while (lane < d->lane_count && d->lanes[lane] != process) lane++;
    if (lane == d->lane_count) d->lanes[d->lane_count++] = process;
    return lane;
}

static uint32_t x_of(const struct drawing *d, uint32_t line) {
    uint64_t span = d->last > d->first ? d->last - d->first : 1;
    return LEFT + (uint32_t)((uint64_t)(line - d->first) * (WIDTH - LEFT - RIGHT) / span);
}

static void put_escaped(struct buffer *svg, struct bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c == '<')
            buffer_puts(svg, "&lt;");
        else if (c == '>')
            buffer_puts(svg, "&gt;");
        else if (c == '&')
            buffer_puts(svg, "&amp;");
        else if (c == '"')
            buffer_puts(svg, "&quot;");
        else
            buffer_putc(svg, c < ' ' || c >= 127 ? '?' : (char)c);
    }
}

static void draw_bar(struct drawing *d, uint32_t i, struct pool *pool) {
    struct buffer words;
    buffer_init(&words, pool);
    ops_describe(d->object, i, &words);
    uint32_t y = TOP + lane_of(d, d->object->ops[i].process) * LANE;
    uint32_t from = x_of(d, d->object->ops[i].invoke_line), to = x_of(d, end_of(d, i));
    bool pending = d->object->linear.ops[i].completed == LINEAR_NEVER;
    if (to < from + NARROW) to = from + NARROW;
    buffer_printf(d->svg, "<g><title>process %llu, line %u", (unsigned long long)d->object->ops[i].process,
                  d->object->ops[i].invoke_line);
    if (!pending) buffer_printf(d->svg, " to %u", d->object->ops[i].end_line);
    buffer_puts(d->svg, ": ");
    put_escaped(d->svg, buffer_bytes(&words));
    buffer_printf(d->svg, "</title><rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\" rx=\"3\"/>",
                  pending ? "open" : "op", from, y, to - from, BAR);
    /* A label that would leave the picture stands before its bar's end. */
    bool late = from > WIDTH - 260;
    buffer_printf(d->svg, "<text x=\"%u\" y=\"%u\"%s>", late ? to - 4 : from + 4, y + 14,
                  late ? " text-anchor=\"end\"" : "");
    bool cut = words.len > LABEL_MOST;
    put_escaped(d->svg, (struct bytes){words.at, cut ? LABEL_MOST : words.len});
    buffer_printf(d->svg, "%s</text></g>\n", cut ? "\xE2\x80\xA6" : "");
    buffer_free(&words);
}

static void draw_lane(struct drawing *d, uint32_t lane) {
    uint32_t y = TOP + lane * LANE + BAR / 2;
    buffer_printf(d->svg, "<line x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\"/><text x=\"8\" y=\"%u\">process %llu</text>\n",
                  LEFT, y, WIDTH - RIGHT, y, y + 4, (unsigned long long)d->lanes[lane]);
}

void draw_history(const struct ops_object *object, const bool *marked, struct pool *pool, struct buffer *svg) {
    struct drawing d = {.object = object, .marked = marked, .svg = svg};
    d.lanes = POOL_ARRAY(pool, uint64_t, object->linear.count + 1);
    find_stretch(&d);
    for (uint32_t i = 0; i < object->linear.count; i++)
        if (marked[i]) lane_of(&d, object->ops[i].process);
    uint32_t height = TOP + d.lane_count * LANE + 10;
    buffer_printf(svg,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" role=\"img\" "
                  "aria-label=\"Operations that no order explains\">\n<style>"
                  "svg{background:#fff;color:#1c2430;font:12px sans-serif}text{fill:currentColor}"
                  "line{stroke:currentColor;stroke-opacity:.2}.op{fill:#2f7fd1;fill-opacity:.28;stroke:#2f7fd1}"
                  ".open{fill:none;stroke:#b36b00;stroke-dasharray:4 3}"
                  "@media(prefers-color-scheme:dark){svg{background:#12161c;color:#dfe6ee}}</style>\n",
                  WIDTH, height);
    buffer_printf(svg,
                  "<text x=\"%d\" y=\"18\">line %u</text><text x=\"%d\" y=\"18\" text-anchor=\"end\">line %u</text>\n",
                  LEFT, d.first, WIDTH - RIGHT, d.last - 1);
    for (uint32_t lane = 0; lane < d.lane_count; lane++) draw_lane(&d, lane);
    for (uint32_t i = 0; i < object->linear.count; i++)
        if (marked[i]) draw_bar(&d, i, pool);
    buffer_puts(svg, "</svg>\n");
}
