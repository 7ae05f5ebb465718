/* gnuplot's SVG, made part of a page: a copy with replacements. The colours are those of plots.gp. */
#include "reports/svg.h"

#include <stdlib.h>
#include <string.h>

#include "reports/readable.h"

#define SVG_MOST (32L << 20)

struct replacement {
    const char *from, *to;
};

static const struct replacement replacements[] = {
    {"rgb( 36,  41,  47)", "currentColor"}, /* #24292f, ink */
    {"rgb(36,41,47)", "currentColor"},
    {"rgb(208, 215, 222)", "var(--grid)"},  /* #d0d7de, grid */
    {"rgb( 87,  96, 106)", "var(--quiet)"}, /* #57606a, what is less important */
    {"rgb(87,96,106)", "var(--quiet)"},
    {"fill=\"#ffffff\"", "fill=\"none\""},
    {"color=\"black\"", "color=\"currentColor\""},
    {" id=\"gnuplot_canvas\"", ""},
};

/* The whole file, zero-terminated; NULL if it cannot be read. The caller frees it. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    char *text = NULL;
    long size = -1;

    if (!file) return NULL;
    if (fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (size >= 0 && size < SVG_MOST && fseek(file, 0, SEEK_SET) == 0) text = malloc((size_t)size + 1);
    if (text) text[fread(text, 1, (size_t)size, file)] = 0;
    fclose(file);
    return text;
}

/* The replacement that begins at `at`, NULL if none does. */
static const struct replacement *replacement_at(const char *at) {
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++)
        if (strncmp(at, replacements[i].from, strlen(replacements[i].from)) == 0) return &replacements[i];
    return NULL;
}

static void copy(FILE *page, const char *from, const char *end) {
    while (from < end) {
        const struct replacement *r = replacement_at(from);

        if (r) {
            fputs(r->to, page);
            from += strlen(r->from);
        } else {
            fputc(*from++, page);
        }
    }
}

bool svg_inline(FILE *page, const char *path, const char *label) {
    char *text = read_file(path);
    const char *svg = text ? strstr(text, "<svg") : NULL;
    const char *definitions = svg ? strstr(svg, "<defs>") : NULL;
    const char *after = definitions ? strstr(definitions, "</defs>") : NULL;
    bool whole = after && strstr(after, "</svg>");

    if (whole) {
        fputs("<svg role=\"img\" aria-label=\"", page);
        readable_put(page, READABLE_HTML, label, 0);
        fputc('"', page);
        copy(page, svg + strlen("<svg"), definitions); /* markers of points: no plot has points */
        copy(page, after + strlen("</defs>"), after + strlen(after));
    }
    free(text);
    return whole;
}
